//! A yes to what was held: to the very same file and the same wish, of what would still change as it was shown,
//! and by somebody else than who delivered it (K05).

use super::asked::{Handover, ImportFailed, Job};
use super::importer::Importer;
use crate::domain::import::{ImportRecord, ImportState, Reason};

/// What stands between the name that somebody types on a command line and the user of the system.
pub const AS_USER: &str = " (as ";

impl Importer {
    /// The import that this one is a yes to, where it is one.
    pub(super) async fn confirmed(&self, job: Job<'_>) -> Result<Option<ImportRecord>, ImportFailed> {
        let Some(id) = job.wish.confirms else {
            return Ok(None);
        };
        let held = self.store.import_by_id(id).await?;
        let held = held.filter(|held| {
            held.state == ImportState::Held
                && held.institution == job.delivery.institution.number
                && held.source == job.delivery.source
                && held.digest == job.from.digest
        });
        let held = held.ok_or(ImportFailed::NotHeld)?;
        // A change of system that was held is no plain import of somebody new.
        if held.asked == job.wish.asked() {
            Ok(Some(held))
        } else {
            Err(ImportFailed::OtherWish)
        }
    }

    pub(super) fn may_confirm(
        &self,
        held: &ImportRecord,
        reasons: &[Reason],
        from: &Handover,
    ) -> Result<(), ImportFailed> {
        if reasons.iter().any(|reason| !held.reasons.contains(reason)) {
            return Err(ImportFailed::OtherReasons);
        }
        let wants_another = self.limits.second_person && reasons.iter().any(Reason::wants_a_second_person);
        if wants_another && typed(&held.delivered_by) == typed(&from.by) {
            return Err(ImportFailed::SecondPerson);
        }
        Ok(())
    }
}

/// A name as it was typed, without what the system says of whoever typed it.
fn typed(name: &str) -> String {
    let typed = name.split_once(AS_USER).map_or(name, |(typed, _)| typed);
    typed.trim().to_lowercase()
}
