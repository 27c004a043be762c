//! The right to look after the institution: an administrator gives it, and takes it back as long as
//! somebody is left who has it (U73, K07).

use super::{AdminDesk, DeskError, Done, Why};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::desk::{DeskAct, Reason};
use crate::store::StoreError;
use crate::store::administrators::{Administrator, Withdrawn};

impl AdminDesk {
    /// Everybody who has the right here and may use it, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn administrators(&self) -> Result<Vec<Administrator>, StoreError> {
        self.tools.store.administrators_of(self.here(), self.now()).await
    }

    /// Gives somebody the right, who is employed here.
    ///
    /// # Errors
    /// They are not employed here but guests, or have it.
    pub async fn grant(&self, actor: ActorId, reason: &Reason) -> Done {
        self.person_at_it()?;
        let who = self.load(actor).await?;
        if who.group != ActorGroup::Medarbejder || who.unconfirmed || !who.is_active(self.now()) {
            return Err(DeskError::Cannot(Why::NotEmployed));
        }
        let event = self.event(
            DeskAct::RightGranted,
            Some(&who.account),
            Some(reason.as_str()),
            None,
        );
        let id = (self.tools.ambient.uuid(), who.account.id);
        let given = self
            .tools
            .store
            .grant_administrator(id, self.here(), &self.doer(), &event)
            .await?;
        given.then_some(()).ok_or(DeskError::Cannot(Why::NothingToDo))
    }

    /// Whether an administrator gets to this desk in fact: who is blocked, or has no way to prove two
    /// factors, looks after nobody (K07).
    pub fn can_come(&self, one: &Administrator) -> bool {
        one.can_come(self.ways())
    }

    /// Takes the right back; also one's own, as long as somebody else has it who can come.
    ///
    /// # Errors
    /// Nobody else could look after the institution, or they have it not.
    pub async fn withdraw(&self, actor: ActorId, reason: &Reason) -> Done {
        self.person_at_it()?;
        let who = self.load(actor).await?;
        let event = self.event(
            DeskAct::RightWithdrawn,
            Some(&who.account),
            Some(reason.as_str()),
            None,
        );
        let withdrawn = self
            .tools
            .store
            .withdraw_administrator(who.account.id, (self.here(), self.ways()), &self.doer(), &event)
            .await?;
        match withdrawn {
            Withdrawn::Done => Ok(()),
            Withdrawn::NotOne => Err(DeskError::Cannot(Why::NothingToDo)),
            Withdrawn::WouldBeLast => Err(DeskError::Cannot(Why::LastAdministrator)),
        }
    }
}
