//! What is remembered of imports: when, from where, what became of them, and what was wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::row::row;
use super::{Store, StoreError, Tx, audit, held, millis, on, runs, timestamp, uuid, within};
use crate::domain::audit::AuditEvent;
use crate::domain::import::{
    Asked, Counts, DeliveryKind, ImportFinding, ImportId, ImportRecord, ImportState, SourceName, Way,
};
use crate::domain::institution::InstitutionNumber;

macro_rules! imports_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, institution, source, kind, sent_at, received_at, delivered_by, way, digest,
                state, counts, reasons, decided_at, decided_by, takes_over, reidentifies, moves_in
             FROM imports ",
            $condition
        )
    };
}

impl Store {
    /// Remembers a delivery that was held or refused, with a row for the auditor. Nothing of it holds.
    /// Says whether it is so: what was decided of a held one meanwhile stays.
    pub async fn note_import(
        &self,
        record: &ImportRecord,
        findings: &[ImportFinding],
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writing.begin().await?;
        if !put_import(&mut tx, record).await? {
            return Ok(false);
        }
        put_findings(&mut tx, record.id, findings).await?;
        held::forget_decided(&mut tx).await?;
        audit::append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The other sources that tell of people of this institution.
    pub async fn sources_beside(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
    ) -> Result<Vec<SourceName>, StoreError> {
        const SQL: &str = "SELECT s.source FROM import_sources s WHERE s.institution = $1 AND s.source <> $2
            AND EXISTS (SELECT 1 FROM actors r WHERE r.institution = s.institution
                AND r.source = s.source AND r.gone_at IS NULL) ORDER BY s.source";
        let names: Vec<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .fetch_all(db)
            .await)?;
        let name =
            |name: String| SourceName::parse(&name).map_err(|_| StoreError::corrupt("import_sources.source"));
        names.into_iter().map(name).collect()
    }

    /// How many people, and how many adults, left by imports of this source since that moment without
    /// anybody having been asked.
    pub async fn left_unasked(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
        since: Timestamp,
    ) -> Result<(u64, u64), StoreError> {
        const SQL: &str = "SELECT counts FROM imports WHERE institution = $1 AND source = $2
            AND received_at > $3 AND state = $4 AND decided_at IS NULL AND way <> $5";
        let all: Vec<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .bind(millis(since))
            .bind(ImportState::Applied.word())
            .bind(Way::Upkeep.word())
            .fetch_all(db)
            .await)?;
        let mut left = (0_u64, 0_u64);
        for counts in all {
            let counts: Counts =
                serde_json::from_str(&counts).map_err(|_| StoreError::corrupt("imports.counts"))?;
            left.0 = left.0.saturating_add(counts.left);
            left.1 = left.1.saturating_add(counts.contacts_left);
        }
        Ok(left)
    }

    /// The import with this id; nothing where there is none.
    pub async fn import_by_id(&self, id: ImportId) -> Result<Option<ImportRecord>, StoreError> {
        const SQL: &str = imports_where!("WHERE id = $1");
        let row: Option<RecordRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db).await)?;
        row.map(ImportRecord::try_from).transpose()
    }

    /// The latest imports, newest first; of one institution, or of all.
    pub async fn imports(
        &self,
        institution: Option<&InstitutionNumber>,
        limit: u32,
    ) -> Result<Vec<ImportRecord>, StoreError> {
        const SQL: &str = imports_where!(
            "WHERE institution = COALESCE($1, institution) ORDER BY received_at DESC, id DESC LIMIT $2"
        );
        let rows: Vec<RecordRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.map(InstitutionNumber::as_str))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(ImportRecord::try_from).collect()
    }

    /// The latest delivery of these very bytes that is in this state.
    pub async fn import_of_file(
        &self,
        institution: &InstitutionNumber,
        source: &SourceName,
        digest: &[u8; 32],
        state: ImportState,
    ) -> Result<Option<ImportRecord>, StoreError> {
        const SQL: &str = imports_where!(
            "WHERE institution = $1 AND source = $2 AND digest = $3 AND state = $4
             ORDER BY received_at DESC, id DESC LIMIT 1"
        );
        let row: Option<RecordRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(source.as_str())
            .bind(digest.as_slice())
            .bind(state.word())
            .fetch_optional(db)
            .await)?;
        row.map(ImportRecord::try_from).transpose()
    }

    /// What was wrong with the rows of an import, in the order of the file.
    pub async fn import_findings(&self, id: ImportId) -> Result<Vec<ImportFinding>, StoreError> {
        const SQL: &str = "SELECT file, line, subject, code, said, what, remedy, refused FROM import_findings
            WHERE import = $1 ORDER BY place";
        let rows: Vec<FindingRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.to_string()).fetch_all(db).await)?;
        let finding = |row: FindingRow| {
            let said = row.said.as_deref().map(serde_json::from_str).transpose();
            Ok(ImportFinding {
                file: row.file,
                line: row.line.and_then(|line| u64::try_from(line).ok()),
                subject: row.subject,
                code: row.code,
                values: said.map_err(|_| StoreError::corrupt("import_findings.said"))?,
                what: row.what,
                remedy: row.remedy,
                refused: row.refused,
            })
        };
        rows.into_iter().map(finding).collect()
    }

    /// Forgets imports that came before this moment and are no source's latest one. Says how many.
    pub async fn purge_imports(&self, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM imports WHERE received_at < $1
            AND NOT EXISTS (SELECT 1 FROM import_sources s WHERE s.import = imports.id)";
        let gone = on!(self.writing, db => sqlx::query(SQL)
            .bind(millis(before))
            .execute(db)
            .await?
            .rows_affected());
        Ok(gone)
    }
}

/// Remembers an import, or what became of one that was held. Says whether it is so: what was decided of
/// it meanwhile stays.
pub(super) async fn put_import(tx: &mut Tx, record: &ImportRecord) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO imports (id, institution, source, kind, sent_at, received_at,
            delivered_by, way, digest, state, counts, reasons, decided_at, decided_by, takes_over,
            reidentifies, moves_in)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, counts = excluded.counts,
            reasons = excluded.reasons, decided_at = excluded.decided_at, decided_by = excluded.decided_by
        WHERE imports.state = 'held'";
    let counts = serde_json::to_string(&record.counts).unwrap_or_default();
    let reasons = serde_json::to_string(&record.reasons).unwrap_or_default();
    let written = within!(*tx, db => sqlx::query(SQL)
        .bind(record.id.to_string())
        .bind(record.institution.as_str())
        .bind(record.source.as_str())
        .bind(record.kind.word())
        .bind(millis(record.sent_at))
        .bind(millis(record.received_at))
        .bind(&record.delivered_by)
        .bind(record.way.word())
        .bind(record.digest.as_slice())
        .bind(record.state.word())
        .bind(counts)
        .bind(reasons)
        .bind(record.decided_at.map(millis))
        .bind(&record.decided_by)
        .bind(record.asked.takes_over.as_ref().map(SourceName::as_str))
        .bind(&record.asked.reidentifies)
        .bind(record.asked.moves_in)
        .execute(&mut *db)
        .await?
        .rows_affected());
    Ok(written > 0)
}

/// Remembers what was wrong; of an import that was held, in the place of what was said then.
pub(super) async fn put_findings(
    tx: &mut Tx,
    import: ImportId,
    findings: &[ImportFinding],
) -> Result<(), StoreError> {
    const FORGET: &str = "DELETE FROM import_findings WHERE import = $1";
    within!(*tx, db => sqlx::query(FORGET)
        .bind(import.to_string())
        .execute(&mut *db)
        .await
        .map(drop))?;
    let places: Vec<(i64, &ImportFinding)> = (0..).zip(findings).collect();
    for run in runs::of(&places) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new(
                "INSERT INTO import_findings (import, place, line, subject, code, what, remedy, refused,
                    file, said) ",
            );
            query.push_values(run, |mut values, (place, finding)| {
                values
                    .push_bind(import.to_string())
                    .push_bind(*place)
                    .push_bind(finding.line.and_then(|line| i64::try_from(line).ok()))
                    .push_bind(finding.subject.clone())
                    .push_bind(finding.code.clone())
                    .push_bind(finding.what.clone())
                    .push_bind(finding.remedy.clone())
                    .push_bind(finding.refused)
                    .push_bind(finding.file.clone())
                    .push_bind(finding.values.as_ref().map(written_values));
            });
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

fn written_values(values: &BTreeMap<String, String>) -> String {
    serde_json::json!(values).to_string()
}

/// From now on this is the latest import of its source.
pub(super) async fn put_source(tx: &mut Tx, record: &ImportRecord) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO import_sources (institution, source, sent_at, import, applied_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (institution, source) DO UPDATE SET
        sent_at = excluded.sent_at, import = excluded.import, applied_at = excluded.applied_at,
        warned_at = NULL";
    let applied_at = record.decided_at.unwrap_or(record.received_at);
    within!(*tx, db => sqlx::query(SQL)
        .bind(record.institution.as_str())
        .bind(record.source.as_str())
        .bind(millis(record.sent_at))
        .bind(record.id.to_string())
        .bind(millis(applied_at))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

/// Nothing comes from this source any more.
pub(super) async fn forget_source(
    tx: &mut Tx,
    institution: &InstitutionNumber,
    source: &SourceName,
) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM import_sources WHERE institution = $1 AND source = $2";
    within!(*tx, db => sqlx::query(SQL)
        .bind(institution.as_str())
        .bind(source.as_str())
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

/// What was held of this source is answered by what was applied.
pub(super) async fn overtake(tx: &mut Tx, record: &ImportRecord) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE imports SET state = $4, decided_at = $5
        WHERE institution = $1 AND source = $2 AND state = $3 AND sent_at <= $6";
    within!(*tx, db => sqlx::query(SQL)
        .bind(record.institution.as_str())
        .bind(record.source.as_str())
        .bind(ImportState::Held.word())
        .bind(ImportState::Overtaken.word())
        .bind(millis(record.decided_at.unwrap_or(record.received_at)))
        .bind(millis(record.sent_at))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

row! {
    struct FindingRow {
        file: Option<String>,
        line: Option<i64>,
        subject: Option<String>,
        code: String,
        said: Option<String>,
        what: String,
        remedy: String,
        refused: bool,
    }
}

row! {
    struct RecordRow {
        id: String,
        institution: String,
        source: String,
        kind: String,
        sent_at: i64,
        received_at: i64,
        delivered_by: String,
        way: String,
        digest: Vec<u8>,
        state: String,
        counts: String,
        reasons: String,
        decided_at: Option<i64>,
        decided_by: Option<String>,
        takes_over: Option<String>,
        reidentifies: Option<String>,
        moves_in: bool,
    }
}

impl TryFrom<RecordRow> for ImportRecord {
    type Error = StoreError;

    fn try_from(row: RecordRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ImportId(uuid("imports.id", &row.id)?),
            institution: InstitutionNumber::parse(&row.institution)
                .map_err(|_| StoreError::corrupt("imports.institution"))?,
            source: SourceName::parse(&row.source).map_err(|_| StoreError::corrupt("imports.source"))?,
            kind: DeliveryKind::parse(&row.kind).ok_or(StoreError::corrupt("imports.kind"))?,
            sent_at: timestamp("imports.sent_at", row.sent_at)?,
            received_at: timestamp("imports.received_at", row.received_at)?,
            delivered_by: row.delivered_by,
            way: Way::parse(&row.way).ok_or(StoreError::corrupt("imports.way"))?,
            digest: row
                .digest
                .try_into()
                .map_err(|_| StoreError::corrupt("imports.digest"))?,
            state: ImportState::parse(&row.state).ok_or(StoreError::corrupt("imports.state"))?,
            counts: serde_json::from_str::<Counts>(&row.counts)
                .map_err(|_| StoreError::corrupt("imports.counts"))?,
            reasons: serde_json::from_str(&row.reasons)
                .map_err(|_| StoreError::corrupt("imports.reasons"))?,
            decided_at: row
                .decided_at
                .map(|at| timestamp("imports.decided_at", at))
                .transpose()?,
            decided_by: row.decided_by,
            asked: Asked {
                takes_over: row
                    .takes_over
                    .map(|name| {
                        SourceName::parse(&name).map_err(|_| StoreError::corrupt("imports.takes_over"))
                    })
                    .transpose()?,
                reidentifies: row.reidentifies,
                moves_in: row.moves_in,
            },
        })
    }
}
