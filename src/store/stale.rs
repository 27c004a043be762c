//! What has become old: sources that nothing came from for long, and affiliations that somebody
//! wrote here and nobody has confirmed since (U72).

use jiff::Timestamp;

use super::changes::{close_idle, history};
use super::{Store, StoreError, millis, on, timestamp, uuid, within};
use crate::ambient::Ambient;
use crate::domain::account::PersonId;
use crate::domain::actor::ActorId;
use crate::domain::history::{Change, HistoryEntry};
use crate::domain::import::{ImportId, SourceName};
use crate::domain::institution::InstitutionNumber;

/// A source at an institution, and when it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// The institution that it tells of.
    pub institution: InstitutionNumber,
    /// The name of the source.
    pub source: SourceName,
    /// The latest import that was applied.
    pub import: ImportId,
    /// When the source wrote it.
    pub sent_at: Timestamp,
    /// When it was applied, or somebody last said that it still holds.
    pub applied_at: Timestamp,
    /// When it was warned of its age.
    pub warned_at: Option<Timestamp>,
}

/// An affiliation that somebody wrote here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualActor {
    /// The affiliation.
    pub actor: ActorId,
    /// The person whose it is.
    pub person: PersonId,
    /// The institution where it is.
    pub institution: InstitutionNumber,
    /// When somebody last said that it holds.
    pub kept_at: Timestamp,
    /// When it was warned of its age.
    pub warned_at: Option<Timestamp>,
}

impl Store {
    /// Every source that has told of people who are there, by institution.
    pub async fn import_sources(&self) -> Result<Vec<SourceState>, StoreError> {
        const SQL: &str = "SELECT institution, source, import, sent_at, applied_at, warned_at
            FROM import_sources s WHERE EXISTS (SELECT 1 FROM actors r WHERE r.institution = s.institution
                AND r.source = s.source AND r.gone_at IS NULL) ORDER BY institution, source";
        let rows: Vec<(String, String, String, i64, i64, Option<i64>)> = on!(self.reading, db =>
            sqlx::query_as(SQL).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(institution, source, import, sent_at, applied_at, warned_at)| {
                Ok(SourceState {
                    institution: number("import_sources.institution", &institution)?,
                    source: SourceName::parse(&source)
                        .map_err(|_| StoreError::corrupt("import_sources.source"))?,
                    import: ImportId(uuid("import_sources.import", &import)?),
                    sent_at: timestamp("import_sources.sent_at", sent_at)?,
                    applied_at: timestamp("import_sources.applied_at", applied_at)?,
                    warned_at: warned_at
                        .map(|at| timestamp("import_sources.warned_at", at))
                        .transpose()?,
                })
            })
            .collect()
    }

    /// Remembers that a source's age was told.
    pub async fn note_source_warning(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE import_sources SET warned_at = $3 WHERE institution = $1 AND source = $2";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .bind(millis(now))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Somebody says that what the source told still holds. Says whether there is such a source.
    pub async fn keep_source(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE import_sources SET applied_at = $3, warned_at = NULL
            WHERE institution = $1 AND source = $2";
        let changed = on!(self.writing, db => sqlx::query(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(changed > 0)
    }

    /// Counts the time of affiliations that were written here from now on, where nobody has said yet
    /// since when they hold. Says how many.
    pub async fn begin_manual_actors(&self, now: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE actors SET kept_at = $1
            WHERE source IS NULL AND gone_at IS NULL AND kept_at IS NULL";
        let begun = on!(self.writing, db => sqlx::query(SQL)
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(begun)
    }

    /// Remembers that these were warned of, where they were not before.
    pub async fn note_manual_warning(&self, before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE actors SET warned_at = $2
            WHERE source IS NULL AND gone_at IS NULL AND kept_at < $1
            AND (warned_at IS NULL OR warned_at < kept_at)";
        let warned = on!(self.writing, db => sqlx::query(SQL)
            .bind(millis(before))
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(warned)
    }

    /// Affiliations that were written here and last confirmed before this moment.
    pub async fn manual_actors_before(&self, before: Timestamp) -> Result<Vec<ManualActor>, StoreError> {
        const SQL: &str = "SELECT r.id, a.person, r.institution, r.kept_at, r.warned_at FROM actors r
            JOIN accounts a ON a.id = r.account
            WHERE r.source IS NULL AND r.gone_at IS NULL AND r.kept_at < $1 ORDER BY r.institution, r.id";
        let rows: Vec<(String, String, String, i64, Option<i64>)> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(millis(before)).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(actor, person, institution, kept_at, warned_at)| {
                Ok(ManualActor {
                    actor: ActorId(uuid("actors.id", &actor)?),
                    person: PersonId(uuid("accounts.person", &person)?),
                    institution: number("actors.institution", &institution)?,
                    kept_at: timestamp("actors.kept_at", kept_at)?,
                    warned_at: warned_at
                        .map(|at| timestamp("actors.warned_at", at))
                        .transpose()?,
                })
            })
            .collect()
    }

    /// Ends an affiliation that was written here, unless somebody has confirmed it in the meantime.
    pub async fn end_manual_actor(&self, old: &ManualActor, ambient: &Ambient) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE actors SET gone_at = $3, active_until = $3
            WHERE id = $1 AND source IS NULL AND gone_at IS NULL AND kept_at = $2";
        let now = ambient.now();
        let mut tx = self.writing.begin().await?;
        let changed = within!(tx, db => sqlx::query(SQL)
            .bind(old.actor.0.to_string())
            .bind(millis(old.kept_at))
            .bind(millis(now))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if changed == 0 {
            return Ok(false);
        }
        close_idle(&mut tx, now, &[old.actor]).await?;
        let entry = HistoryEntry {
            id: ambient.uuid(),
            person: old.person,
            actor: Some(old.actor),
            institution: Some(old.institution.clone()),
            source: None,
            import: None,
            at: now,
            what: Change::Left,
            detail: String::new(),
        };
        history(&mut tx, &[entry]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn number(column: &'static str, text: &str) -> Result<InstitutionNumber, StoreError> {
    InstitutionNumber::parse(text).map_err(|_| StoreError::corrupt(column))
}
