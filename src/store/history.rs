//! What changed of a person, when, and by which source.

use jiff::Timestamp;

use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, uuid};
use crate::domain::account::PersonId;
use crate::domain::actor::ActorId;
use crate::domain::history::{Change, HistoryEntry};
use crate::domain::import::{ImportId, SourceName};
use crate::domain::institution::InstitutionNumber;

impl Store {
    /// The latest changes of a person, newest first.
    pub async fn history_of(&self, person: PersonId, limit: u32) -> Result<Vec<HistoryEntry>, StoreError> {
        const SQL: &str = "SELECT id, person, actor, institution, source, import, at, what, detail
            FROM people_history WHERE person = $1 ORDER BY at DESC, id DESC LIMIT $2";
        let rows: Vec<EntryRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(person.0.to_string())
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(HistoryEntry::try_from).collect()
    }

    /// Forgets what changed before this moment. Says how much.
    pub async fn purge_history(&self, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM people_history WHERE at < $1";
        let gone = on!(self.writing, db => sqlx::query(SQL)
            .bind(millis(before))
            .execute(db)
            .await?
            .rows_affected());
        Ok(gone)
    }
}

row! {
    struct EntryRow {
        id: String,
        person: String,
        actor: Option<String>,
        institution: Option<String>,
        source: Option<String>,
        import: Option<String>,
        at: i64,
        what: String,
        detail: String,
    }
}

impl TryFrom<EntryRow> for HistoryEntry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let id = |column, text: Option<String>| text.map(|text| uuid(column, &text)).transpose();
        Ok(Self {
            id: uuid("people_history.id", &row.id)?,
            person: PersonId(uuid("people_history.person", &row.person)?),
            actor: id("people_history.actor", row.actor)?.map(ActorId),
            institution: row
                .institution
                .map(|number| {
                    InstitutionNumber::parse(&number)
                        .map_err(|_| StoreError::corrupt("people_history.institution"))
                })
                .transpose()?,
            source: row
                .source
                .map(|source| {
                    SourceName::parse(&source).map_err(|_| StoreError::corrupt("people_history.source"))
                })
                .transpose()?,
            import: id("people_history.import", row.import)?.map(ImportId),
            at: timestamp("people_history.at", row.at)?,
            what: Change::parse(&row.what).ok_or(StoreError::corrupt("people_history.what"))?,
            detail: row.detail,
        })
    }
}
