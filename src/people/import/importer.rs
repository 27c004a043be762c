//! Carrying deliveries out: planned outside of any transaction, held where limits say so, written
//! in one (DR23). Of two at once, the second is planned anew from what the first left (K05).

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::asked::Job;
use super::delivery::Delivery;
use super::looking::Seen;
use super::materialise::{Workshop, materialise};
use super::overview::Overview;
use super::plan::Plan;
use super::recording::tell;
use super::sense;
use crate::ambient::Ambient;
use crate::config::import::ImportLimits;
use crate::domain::import::{Counts, ImportRecord, ImportState, Reason};
use crate::keys::seal::Sealer;
use crate::keys::vault::CprVault;
use crate::store::Store;
use crate::store::changes::{Applying, Written};
use crate::texts::Words;

pub use super::asked::{Handover, ImportFailed, Wish};

/// How often a delivery is planned anew when something else was changed meanwhile.
const ATTEMPTS: u32 = 5;

/// Carries deliveries out.
#[derive(Clone)]
pub struct Importer {
    /// Where people are kept.
    pub store: Store,
    /// What seals and finds numbers.
    pub vault: Arc<CprVault>,
    /// Time and chance.
    pub ambient: Ambient,
    /// What asks before it is done.
    pub limits: ImportLimits,
    /// What files are sealed with that wait for somebody; nothing: none is kept.
    pub keeper: Option<Sealer>,
}

impl fmt::Debug for Importer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Importer")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What is remembered of it.
    pub record: ImportRecord,
    /// What it changes, or would.
    pub overview: Overview,
    /// Whether these very bytes had been applied before: nothing was written at all.
    pub again: bool,
}

impl Importer {
    /// Shows what a delivery would change; writes nothing.
    pub async fn preview(
        &self,
        delivery: &Delivery,
        wish: &Wish,
        words: &Words<'_>,
    ) -> Result<Overview, ImportFailed> {
        sense::is_possible(delivery, wish)?;
        let seen = self.look(delivery, wish).await?;
        sense::names_what_is_there(delivery, wish, &seen.present, seen.has_old_source())?;
        let (_, overview) = self.planned(delivery, &seen, wish, words);
        Ok(overview)
    }

    /// Carries a delivery out, or holds it back, or refuses it. Once, however often it comes.
    pub async fn import(
        &self,
        delivery: &Delivery,
        from: &Handover,
        wish: &Wish,
        words: &Words<'_>,
    ) -> Result<Outcome, ImportFailed> {
        let job = Job {
            delivery,
            from,
            wish,
            words,
        };
        if !from.may_speak_for(&delivery.institution.number) {
            let record = self.record(job, Counts::default());
            return self
                .refuse(record, Reason::OtherInstitution, Overview::default())
                .await;
        }
        sense::is_possible(delivery, wish)?;
        if let Some(record) = self.applied_already(job).await? {
            return self.again(record).await;
        }
        for _ in 0..ATTEMPTS {
            if let Some(outcome) = self.attempt(job).await? {
                return Ok(outcome);
            }
        }
        Err(ImportFailed::Busy)
    }

    /// These very bytes, where they were applied and nothing since: then they are no old news.
    async fn applied_already(&self, job: Job<'_>) -> Result<Option<ImportRecord>, ImportFailed> {
        if *job.wish != Wish::default() {
            return Ok(None);
        }
        let (number, source) = (&job.delivery.institution.number, &job.delivery.source);
        let applied = self
            .store
            .import_of_file(number, source, &job.from.digest, ImportState::Applied);
        let Some(record) = applied.await? else {
            return Ok(None);
        };
        let last = self.store.last_import(number, source).await?;
        Ok(last
            .is_some_and(|last| last.import == record.id)
            .then_some(record))
    }

    /// Carries it out as things are at this moment; nothing where they became different meanwhile.
    async fn attempt(&self, job: Job<'_>) -> Result<Option<Outcome>, ImportFailed> {
        // Each time anew: somebody else may have decided of it.
        let held = self.confirmed(job).await?;
        let seen = self.look(job.delivery, job.wish).await?;
        sense::names_what_is_there(job.delivery, job.wish, &seen.present, seen.has_old_source())?;
        let (plan, overview) = self.planned(job.delivery, &seen, job.wish, job.words);
        let mut record = self.record(job, overview.counts);
        if let Some(held) = &held {
            record.id = held.id;
            record.delivered_by.clone_from(&held.delivered_by);
            record.received_at = held.received_at;
            record.decided_at = Some(self.ambient.now());
            record.decided_by = Some(job.from.by.clone());
        }
        if let Some(reason) = self.refusal(job, &seen, &overview) {
            return self.refuse(record, reason, overview).await.map(Some);
        }
        record.reasons.clone_from(&overview.reasons);
        match &held {
            Some(held) => self.may_confirm(held, &overview.reasons, job.from)?,
            None if overview.reasons.is_empty() => {}
            None => return self.hold(record, overview, job.from).await.map(Some),
        }
        let written = self.write(job, &seen, &plan, (&record, &overview)).await?;
        if written == Written::Outdated {
            return Ok(None);
        }
        tell(&record);
        Ok(Some(Outcome {
            record,
            overview,
            again: false,
        }))
    }

    /// Why it is refused whole, where it is.
    fn refusal(&self, job: Job<'_>, seen: &Seen, overview: &Overview) -> Option<Reason> {
        let last = seen.present.last.as_ref();
        let is_old = last.filter(|last| !is_newer(job.delivery, last.sent_at, job.wish));
        sense::is_from_the_future(job.delivery, self.ambient.now())
            .or(is_old.map(|last| Reason::NotNewer { last: last.sent_at }))
            .or(sense::has_nothing_to_take(job.delivery, &overview.counts))
    }

    async fn write(
        &self,
        job: Job<'_>,
        seen: &Seen,
        plan: &Plan<'_>,
        (record, overview): (&ImportRecord, &Overview),
    ) -> Result<Written, ImportFailed> {
        let shop = Workshop {
            store: &self.store,
            vault: &self.vault,
            ambient: &self.ambient,
            institution: &job.delivery.institution.number,
            source: &job.delivery.source,
            import: record.id,
            moves_in: job.wish.moves_in(job.delivery),
        };
        let changes = materialise(plan, shop).await?;
        let name = job.delivery.institution.name.as_deref();
        let event = self.event(record);
        let import = Applying {
            record,
            findings: &overview.findings,
            version: seen.present.version,
            institution_name: name.filter(|_| seen.present.institution.is_none()),
            takes_over: job.wish.takes_over.as_ref(),
            changes: &changes,
            event: &event,
            also: job.from.witness.as_ref(),
        };
        match self.store.apply_import(&import).await {
            // A name or a number that was free has been taken meanwhile.
            Err(error) if error.is_conflict() => Ok(Written::Outdated),
            written => Ok(written?),
        }
    }
}

/// A re-identification comes with the file that said the other number.
fn is_newer(delivery: &Delivery, last: Timestamp, wish: &Wish) -> bool {
    delivery.sent_at > last || (wish.reidentifies.is_some() && delivery.sent_at == last)
}
