//! Imports that wait for somebody: an administrator who has not delivered them sees what they would change at
//! this moment, and takes them in or throws them away (K05, U66).

use super::{AdminDesk, DeskError, Done, Why};
use crate::domain::audit::AuditEvent;
use crate::domain::desk::{DeskAct, Reason};
use crate::domain::import::{ImportId, ImportRecord, ImportState};
use crate::people::import::held;
use crate::people::import::importer::{Handover, ImportFailed};
use crate::people::import::overview::Overview;
use crate::texts::Words;

impl AdminDesk {
    /// What a held import would change at this moment; nothing where its file is not here.
    ///
    /// # Errors
    /// The database's.
    pub async fn difference(&self, record: &ImportRecord, words: &Words<'_>) -> Done<Option<Overview>> {
        let importer = &self.tools.importer;
        let Some(delivery) = importer.held_delivery(record).await.map_err(failed)? else {
            return Ok(None);
        };
        let seen = importer.preview(&delivery, &held::wish(record), words).await;
        Ok(Some(seen.map_err(failed)?))
    }

    /// Takes in what was held, by somebody who has looked. Says what became of it: what is old news by now is
    /// refused.
    ///
    /// # Errors
    /// Somebody has decided of it, its file is not here, or it would change something else than was shown.
    pub async fn confirm_import(
        &self,
        id: ImportId,
        reason: &Reason,
        words: &Words<'_>,
    ) -> Done<ImportState> {
        self.person_at_it()?;
        let record = self.held_import(id).await?;
        let importer = &self.tools.importer;
        let delivery = importer.held_delivery(&record).await.map_err(failed)?;
        let delivery = delivery.ok_or(DeskError::Cannot(Why::FileGone))?;
        let from = Handover {
            way: record.way,
            by: self.doer().to_string(),
            digest: record.digest,
            speaks_for: None,
            file: None,
            witness: Some(self.decided(DeskAct::ImportConfirmed, id, reason)),
        };
        let outcome = importer
            .import(&delivery, &from, &held::wish(&record), words)
            .await
            .map_err(failed)?;
        Ok(outcome.record.state)
    }

    /// Throws away what was held: nothing of it is ever so, and its file is deleted.
    ///
    /// # Errors
    /// Somebody has decided of it.
    pub async fn discard_import(&self, id: ImportId, reason: &Reason) -> Done {
        self.person_at_it()?;
        let record = self.held_import(id).await?;
        let event = self.decided(DeskAct::ImportDiscarded, id, reason);
        let by = self.doer().to_string();
        if self.tools.store.discard_import(record.id, &by, &event).await? {
            Ok(())
        } else {
            Err(DeskError::Cannot(Why::NothingToDo))
        }
    }

    async fn held_import(&self, id: ImportId) -> Done<ImportRecord> {
        let record = self.tools.store.import_by_id(id).await?;
        let record = record
            .filter(|record| record.institution == *self.here())
            .ok_or(DeskError::NotYours)?;
        if record.state == ImportState::Held {
            Ok(record)
        } else {
            Err(DeskError::Cannot(Why::NothingToDo))
        }
    }

    fn decided(&self, act: DeskAct, id: ImportId, reason: &Reason) -> AuditEvent {
        self.event(act, None, Some(reason.as_str()), Some(id.to_string()))
    }
}

fn failed(error: ImportFailed) -> DeskError {
    match error.into_store() {
        Ok(error) => error.into(),
        Err(ImportFailed::NotHeld) => DeskError::Cannot(Why::NothingToDo),
        Err(ImportFailed::SecondPerson) => DeskError::Cannot(Why::Yourself),
        Err(_) => DeskError::Cannot(Why::ImportChanged),
    }
}
