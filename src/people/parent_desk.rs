//! What a parent may do for children who wait for an adult, on any device: see them, with the picture that
//! is on the child's screen, say yes or no, and take it back (U63).
//!
//! A desk exists for somebody whom the national eID has just found by CPR. Custody is asked for at each act,
//! of what the schools say at that moment (H12).

use jiff::SignedDuration;

use crate::ambient::Ambient;
use crate::domain::account::{AccountId, PersonId};
use crate::domain::approval::{Adult, Approval, ApprovalId, ApprovalState, EndedWhy, Given, LASTS};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::service::ServiceId;
use crate::domain::session::SessionId;
use crate::domain::teacher_help::HelpedPupil;
use crate::people::teacher_desk::vouching::{Elsewhere, Vouched, VouchedPupil, look_elsewhere};
use crate::people::teacher_desk::{Asked, NotDone};
use crate::store::{Store, StoreError};

/// The desk of one parent.
#[derive(Debug, Clone)]
pub struct ParentDesk {
    /// Where people, and questions to adults, are kept.
    pub store: Store,
    /// Time.
    pub ambient: Ambient,
    /// The parent.
    pub person: PersonId,
    /// The account that is tied to them by CPR.
    pub account: AccountId,
}

impl ParentDesk {
    /// Children who wait, and those for whom this parent vouches. `idle` is for how long a session counts that
    /// nobody uses.
    pub async fn look(
        &self,
        idle: SignedDuration,
    ) -> Result<(Vec<VouchedPupil>, Vec<VouchedPupil>), StoreError> {
        let now = self.ambient.now();
        let (mut waiting, mut vouched) = (Vec::new(), Vec::new());
        for ward in self.store.wards_of(self.person, now).await? {
            let Some(pupil) = self.child(ward.account).await? else {
                continue;
            };
            let asked = self.store.waiting_approvals_of(ward.account, now).await?;
            let of = |approval: Approval| VouchedPupil {
                approval,
                pupil: pupil.clone(),
                groups: Vec::new(),
                elsewhere: Elsewhere::Nothing,
            };
            waiting.extend(asked.into_iter().map(of));
            let given = self.store.standing_approvals_of(ward.account, now).await?;
            let own = given.into_iter().filter(|approval| self.gave(approval));
            vouched.extend(own.map(of));
        }
        look_elsewhere(&self.store, &mut waiting, idle, now).await?;
        Ok((waiting, vouched))
    }

    /// Says yes to those of these who still wait, at these services.
    pub async fn vouch(
        &self,
        chosen: &[ApprovalId],
        services: &[ServiceId],
        session: SessionId,
        asked: &Asked,
    ) -> Result<Vouched, NotDone> {
        if chosen.is_empty() {
            return Err(NotDone::Nobody);
        }
        let mut found = Vec::with_capacity(chosen.len());
        for id in chosen {
            found.push(self.own(*id).await?);
        }
        let now = self.ambient.now();
        let given = Given {
            by: self.adult(),
            services: services.to_vec(),
            at: now,
            not_after: now.saturating_add(LASTS).unwrap_or(now),
        };
        let ids: Vec<_> = found.iter().map(|one| (one.id, one.account)).collect();
        let event = |id: ApprovalId| {
            let of = found.iter().find(|one| one.id == id);
            self.event(VouchAct::Granted, id, of, asked)
        };
        let done = self
            .store
            .give_approvals(&ids, &given, Some(session), event)
            .await?;
        if done.is_empty() {
            return Err(NotDone::Stale);
        }
        Ok(Vouched {
            given: done.len(),
            gone: ids.len().saturating_sub(done.len()),
        })
    }

    /// Says no to a child who waits. What somebody has said yes to in the meantime stands.
    pub async fn say_no(&self, id: ApprovalId, asked: &Asked) -> Result<(), NotDone> {
        let found = self.own(id).await?;
        let waits = found.state(self.ambient.now()) == ApprovalState::Waiting;
        self.end(&found, waits, (VouchAct::Refused, EndedWhy::Denied), asked)
            .await
    }

    /// Takes back what this parent gave, and nobody else.
    pub async fn take_back(&self, id: ApprovalId, asked: &Asked) -> Result<(), NotDone> {
        let found = self.own(id).await?;
        let stands = found.state(self.ambient.now()) == ApprovalState::Standing && self.gave(&found);
        self.end(&found, stands, (VouchAct::Revoked, EndedWhy::Revoked), asked)
            .await
    }

    async fn end(
        &self,
        found: &Approval,
        is_theirs_to_end: bool,
        (act, why): (VouchAct, EndedWhy),
        asked: &Asked,
    ) -> Result<(), NotDone> {
        let event = self.event(act, found.id, Some(found), asked);
        if is_theirs_to_end && self.store.end_approval(found.id, why, &event).await? {
            Ok(())
        } else {
            Err(NotDone::Stale)
        }
    }

    /// A question of a child of whom they have custody at this moment; else nobody's.
    async fn own(&self, id: ApprovalId) -> Result<Approval, NotDone> {
        let found = self.store.approval(id).await?.ok_or(NotDone::NotYours)?;
        let wards = self.store.wards_of(self.person, self.ambient.now()).await?;
        let is_own = wards.iter().any(|ward| ward.account == found.account);
        if is_own && found.person != self.person {
            Ok(found)
        } else {
            Err(NotDone::NotYours)
        }
    }

    async fn child(&self, account: AccountId) -> Result<Option<HelpedPupil>, StoreError> {
        let record = self.store.record_of_account(account, self.ambient.now()).await?;
        Ok(record.and_then(|record| {
            let held = record.account(account)?;
            Some(HelpedPupil {
                account,
                person: record.person.id,
                given_name: record.person.given_name.clone(),
                family_name: record.person.family_name.clone(),
                user_name: held.account.user_name.to_string(),
                beyond_help: None,
            })
        }))
    }

    const fn adult(&self) -> Adult {
        Adult::Parent {
            person: self.person,
            account: self.account,
        }
    }

    fn gave(&self, approval: &Approval) -> bool {
        let given = approval.given.as_ref();
        given.is_some_and(|given| given.by.person() == self.person)
    }

    fn event(&self, act: VouchAct, id: ApprovalId, about: Option<&Approval>, asked: &Asked) -> AuditEvent {
        AuditEvent::new(
            asked.reference,
            self.ambient.now(),
            AuditAct::Vouched {
                act,
                approval: id,
                by: Some(self.adult()),
                reason: None,
            },
        )
        .asked_by(about.map(|about| about.service.clone()))
        .about(about.map(|about| about.person), about.map(|about| about.account))
        .from_network(asked.place.0.clone())
    }
}
