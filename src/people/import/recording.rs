//! What is remembered of imports, and told of them.

use super::asked::{Handover, ImportFailed, Job};
use super::delivery::Content;
use super::importer::{Importer, Outcome};
use super::overview::Overview;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::import::{Counts, DeliveryKind, ImportId, ImportRecord, ImportState, Reason};

impl Importer {
    /// Remembers what was held or refused; one that was held, unless something was decided of it meanwhile.
    pub(super) async fn note(
        &self,
        record: ImportRecord,
        overview: Overview,
    ) -> Result<Outcome, ImportFailed> {
        let event = self.event(&record);
        let noted = self.store.note_import(&record, &overview.findings, &event);
        if !noted.await? {
            return Err(ImportFailed::NotHeld);
        }
        tell(&record);
        Ok(Outcome {
            record,
            overview,
            again: false,
        })
    }

    /// Refuses a delivery whole: nothing of what it would have changed is so.
    pub(super) async fn refuse(
        &self,
        mut record: ImportRecord,
        reason: Reason,
        overview: Overview,
    ) -> Result<Outcome, ImportFailed> {
        record.state = ImportState::Refused;
        record.reasons = vec![reason];
        record.counts = Counts {
            refused: record.counts.refused,
            ..Counts::default()
        };
        self.note(record, overview).await
    }

    /// Holds a delivery back; one that is held already is not held twice.
    pub(super) async fn hold(
        &self,
        mut record: ImportRecord,
        overview: Overview,
        from: &Handover,
    ) -> Result<Outcome, ImportFailed> {
        record.state = ImportState::Held;
        let held = self.store.import_of_file(
            &record.institution,
            &record.source,
            &record.digest,
            ImportState::Held,
        );
        // Held for something else, it is something else that somebody looks at.
        if let Some(held) = held.await?.filter(|held| held.asked == record.asked) {
            record.id = held.id;
            record.delivered_by = held.delivered_by;
            record.received_at = held.received_at;
        }
        let outcome = self.note(record, overview).await?;
        self.keep(from).await?;
        Ok(outcome)
    }

    pub(super) async fn again(&self, record: ImportRecord) -> Result<Outcome, ImportFailed> {
        let overview = Overview {
            findings: self.store.import_findings(record.id).await?,
            ..Overview::default()
        };
        Ok(Outcome {
            record,
            overview,
            again: true,
        })
    }

    pub(super) fn record(&self, job: Job<'_>, counts: Counts) -> ImportRecord {
        let Job {
            delivery, from, wish, ..
        } = job;
        ImportRecord {
            id: ImportId(self.ambient.uuid()),
            institution: delivery.institution.number.clone(),
            source: delivery.source.clone(),
            kind: match delivery.content {
                Content::Whole(_) => DeliveryKind::Full,
                Content::Changes(_) => DeliveryKind::Delta,
                Content::Removals(_) => DeliveryKind::Removal,
            },
            sent_at: delivery.sent_at,
            received_at: self.ambient.now(),
            delivered_by: from.by.clone(),
            way: from.way,
            digest: from.digest,
            state: ImportState::Applied,
            counts,
            reasons: Vec::new(),
            asked: wish.asked(),
            decided_at: None,
            decided_by: None,
        }
    }

    pub(super) fn event(&self, record: &ImportRecord) -> AuditEvent {
        AuditEvent {
            id: self.ambient.uuid(),
            at: self.ambient.now(),
            transaction: None,
            service: None,
            upstream: None,
            person: None,
            account: None,
            client_prefix: None,
            act: AuditAct::Import {
                import: record.id,
                state: record.state,
                institution: record.institution.clone(),
                source: record.source.clone(),
                counts: record.counts,
            },
        }
    }
}

/// For the operators' log: what, where and how many, and nobody by name.
pub(super) fn tell(record: &ImportRecord) {
    let counts = &record.counts;
    tracing::info!(
        import.id = %record.id,
        import.state = record.state.word(),
        import.kind = record.kind.word(),
        import.way = record.way.word(),
        institution = %record.institution,
        source = %record.source,
        added = counts.added,
        changed = counts.changed,
        restored = counts.restored,
        left = counts.left,
        refused = counts.refused,
        unconfirmed = counts.unconfirmed,
        "people were delivered"
    );
}
