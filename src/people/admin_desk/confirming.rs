//! Affiliations that wait to be confirmed, since the person is another owner's too: two administrators who say
//! that somebody is theirs confirm it (K01). The person's own choice at a login does, too; that is `login`'s.

use super::{AdminDesk, DeskError, Done, Who, Why};
use crate::domain::actor::ActorId;
use crate::domain::desk::{DeskAct, Reason};
use crate::domain::history::Change;
use crate::store::StoreError;
use crate::store::unconfirmed::{Vouched, Waiting};

impl AdminDesk {
    /// That an affiliation waits, and who has vouched for it.
    pub(super) async fn waiting(&self, actor: ActorId) -> Result<Option<(Waiting, Option<Who>)>, StoreError> {
        let waiting = self
            .tools
            .store
            .unconfirmed_here(self.here(), actor, self.now())
            .await?;
        let Some(waiting) = waiting else {
            return Ok(None);
        };
        let by = match &waiting.vouched_by {
            Some(account) => Some(self.who(&format!("account:{account}")).await?),
            None => None,
        };
        Ok(Some((waiting, by)))
    }

    /// Says that somebody whom a source tells of is this institution's. The second administrator who says so
    /// confirms it; says whether that was this one.
    ///
    /// # Errors
    /// Nothing waits, it is one's own affiliation, or one has said so already.
    pub async fn vouch(&self, actor: ActorId, reason: &Reason) -> Done<bool> {
        let oneself = self.person_at_it()?;
        let known = self.load(actor).await?;
        let store = &self.tools.store;
        let own = store.record_of_account(oneself, self.now()).await?;
        if own.is_some_and(|own| own.person.id == known.person.id) {
            return Err(DeskError::Cannot(Why::Yourself));
        }
        let waiting = store.unconfirmed_here(self.here(), actor, self.now()).await?;
        if waiting.is_none() {
            return Err(DeskError::Cannot(Why::NothingToDo));
        }
        let event = |act| self.event(act, Some(&known.account), Some(reason.as_str()), None);
        let first = event(DeskAct::AffiliationVouched);
        let second = event(DeskAct::AffiliationConfirmed);
        let entry = self.history(
            (&known.account, actor),
            Change::Confirmed,
            "at the desk".to_owned(),
        );
        let said = store.vouch_for_affiliation((self.here(), actor), oneself, &entry, (&first, &second));
        match said.await? {
            Vouched::First => Ok(false),
            Vouched::Confirmed => Ok(true),
            Vouched::Again => Err(DeskError::Cannot(Why::SaidAlready)),
            Vouched::Nothing => Err(DeskError::Cannot(Why::NothingToDo)),
        }
    }
}
