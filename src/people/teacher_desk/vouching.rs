//! A teacher vouches for pupils who wait for it: one, several, or all that are to be seen (DR18, U54, U55).
//!
//! Only what waits can be given, and only by those whose pupils they are at that moment (I01, I06, I07). What
//! another has said yes to, or the pupil has given up, is left alone; what is not theirs is refused like what
//! does not exist.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Asked, NotDone, TeacherDesk, all};
use crate::domain::account::PersonId;
use crate::domain::approval::{Adult, Approval, ApprovalId, ApprovalState, EndedWhy, Given, LASTS};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::group::GroupId;
use crate::domain::service::ServiceId;
use crate::domain::session::SessionId;
use crate::domain::teacher_help::{BeyondHelp, HelpedPupil, Place};
use crate::store::helped_pupils::HelpedGroup;
use crate::store::{Store, StoreError};

/// A pupil of this desk who waits, or whom somebody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchedPupil {
    /// The question, with the picture that the pupil sees.
    pub approval: Approval,
    /// The pupil who asks.
    pub pupil: HelpedPupil,
    /// In which of the desk's groups.
    pub groups: Vec<GroupId>,
    /// Where else somebody is who has logged in as the same pupil.
    pub elsewhere: Elsewhere,
}

/// What there is of a pupil at the same time in another session than the one that asks: only one of them can be
/// the pupil's (I07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nothing.
    Nothing,
    /// A session that goes on.
    Session,
    /// Another question.
    Question,
}

impl VouchedPupil {
    /// Whether the pupil sits where this is.
    pub fn sits_at(&self, place: &Place) -> bool {
        self.approval.place.is_where(place)
    }

    /// Whether it is ticked before anybody has looked: whoever sits beside the teacher, once.
    pub fn is_beyond_doubt(&self, place: &Place) -> bool {
        self.sits_at(place) && self.elsewhere == Elsewhere::Nothing
    }
}

/// What became of saying yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vouched {
    /// For how many.
    pub given: usize,
    /// How many of the chosen had given up, or were helped by another, in the meantime.
    pub gone: usize,
}

impl TeacherDesk {
    /// This desk's pupils who wait for an adult at this moment, the longest first. `idle` is for how long a
    /// session counts that nobody uses.
    pub async fn waiting(&self, idle: SignedDuration) -> Result<Vec<VouchedPupil>, StoreError> {
        let mut waiting = self.own_waiting().await?;
        look_elsewhere(&self.store, &mut waiting, idle, self.ambient.now()).await?;
        Ok(waiting)
    }

    async fn own_waiting(&self) -> Result<Vec<VouchedPupil>, StoreError> {
        let now = self.ambient.now();
        let asked = self
            .store
            .waiting_approvals_at(&self.helper.institution, now)
            .await?;
        self.own_among(asked).await
    }

    /// Those for whom somebody vouches at this moment, whoever it was.
    pub async fn vouched_for(&self) -> Result<Vec<VouchedPupil>, StoreError> {
        let now = self.ambient.now();
        let standing = self
            .store
            .standing_approvals_at(&self.helper.institution, now)
            .await?;
        self.own_among(standing).await
    }

    /// Vouches for those of these who still wait, at these services, by a session that is open still.
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
        let waiting = self.own_waiting().await?;
        let mut groups = None;
        let mut found: Vec<&VouchedPupil> = Vec::with_capacity(chosen.len());
        let mut gone = 0;
        for id in chosen {
            match waiting.iter().find(|one| one.approval.id == *id) {
                Some(one) if found.iter().all(|known| known.approval.id != *id) => found.push(one),
                Some(_) => {}
                None => {
                    let groups = match &mut groups {
                        Some(groups) => groups,
                        none => none.insert(self.pupils().await?),
                    };
                    self.own_approval(*id, groups, asked).await?;
                    gone += 1;
                }
            }
        }
        let now = self.ambient.now();
        let given = Given {
            by: Adult::Teacher(self.helper.clone()),
            services: services.to_vec(),
            at: now,
            not_after: now.saturating_add(LASTS).unwrap_or(now),
        };
        let ids: Vec<_> = found
            .iter()
            .map(|one| (one.approval.id, one.approval.account))
            .collect();
        let event = |id: ApprovalId| {
            let of = found.iter().find(|one| one.approval.id == id);
            self.vouch_event(VouchAct::Granted, id, of.map(|one| &one.approval), asked)
        };
        let done = self
            .store
            .give_approvals(&ids, &given, Some(session), event)
            .await?;
        if done.is_empty() {
            return Err(NotDone::Stale);
        }
        tracing::info!(
            institution.number = %self.helper.institution,
            helper.account = %self.helper.account,
            pupils = done.len(),
            "an adult vouches for pupils"
        );
        Ok(Vouched {
            given: done.len(),
            gone: gone + found.len() - done.len(),
        })
    }

    /// Says no to one who waits.
    pub async fn say_no(&self, id: ApprovalId, asked: &Asked) -> Result<(), NotDone> {
        self.end_one(id, (VouchAct::Refused, EndedWhy::Denied), asked)
            .await
            .map(drop)
    }

    /// Takes back what a parent gave, or anybody of this institution: never what another school did.
    pub async fn take_back(&self, id: ApprovalId, asked: &Asked) -> Result<Approval, NotDone> {
        self.end_one(id, (VouchAct::Revoked, EndedWhy::Revoked), asked)
            .await
    }

    async fn end_one(
        &self,
        id: ApprovalId,
        (act, why): (VouchAct, EndedWhy),
        asked: &Asked,
    ) -> Result<Approval, NotDone> {
        let found = self.own_approval(id, &self.pupils().await?, asked).await?;
        let wanted = match act {
            VouchAct::Refused => ApprovalState::Waiting,
            _ => ApprovalState::Standing,
        };
        if found.state(self.ambient.now()) != wanted {
            return Err(NotDone::Stale);
        }
        let event = self.vouch_event(act, id, Some(&found), asked);
        if self.store.end_approval(id, why, &event).await? {
            Ok(found)
        } else {
            Err(NotDone::Stale)
        }
    }

    /// A question of one of this desk's pupils, however it stands; else nobody's (I01).
    async fn own_approval(
        &self,
        id: ApprovalId,
        groups: &[HelpedGroup],
        asked: &Asked,
    ) -> Result<Approval, NotDone> {
        let found = self.store.approval(id).await?;
        let is_of_here = |found: &Approval| {
            let by = found.given.as_ref().and_then(|given| given.by.institution());
            by.is_none_or(|by| *by == self.helper.institution)
        };
        let found = found
            .filter(|found| is_of_here(found) && all(groups).any(|pupil| pupil.account == found.account));
        if let Some(found) = found {
            return Ok(found);
        }
        self.note_denied(asked).await?;
        Err(NotDone::NotYours)
    }

    async fn own_among(&self, approvals: Vec<Approval>) -> Result<Vec<VouchedPupil>, StoreError> {
        if approvals.is_empty() {
            return Ok(Vec::new());
        }
        let groups = self.pupils().await?;
        let own = approvals.into_iter().filter_map(|approval| {
            let pupil = all(&groups).find(|pupil| pupil.account == approval.account)?;
            may_be_vouched_for(pupil).then(|| VouchedPupil {
                groups: groups_of(&groups, pupil),
                pupil: pupil.clone(),
                elsewhere: Elsewhere::Nothing,
                approval,
            })
        });
        Ok(own.collect())
    }

    fn vouch_event(
        &self,
        act: VouchAct,
        id: ApprovalId,
        about: Option<&Approval>,
        asked: &Asked,
    ) -> AuditEvent {
        AuditEvent::new(
            asked.reference,
            self.ambient.now(),
            AuditAct::Vouched {
                act,
                approval: id,
                by: Some(Adult::Teacher(self.helper.clone())),
                reason: None,
            },
        )
        .asked_by(about.map(|about| about.service.clone()))
        .about(about.map(|about| about.person), about.map(|about| about.account))
        .from_network(asked.place.0.clone())
    }
}

/// Says of each of those who wait what else there is of the same pupil at this moment.
pub(in crate::people) async fn look_elsewhere(
    store: &Store,
    waiting: &mut [VouchedPupil],
    idle: SignedDuration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let people: BTreeSet<PersonId> = waiting.iter().map(|one| one.approval.person).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let used_after = now.saturating_sub(idle).unwrap_or(Timestamp::MIN);
    let open = store.sessions_of_people(&people, used_after, now).await?;
    let asked_in: Vec<_> = waiting
        .iter()
        .map(|one| (one.approval.account, one.approval.session))
        .collect();
    for one in waiting {
        let (account, session) = (one.approval.account, one.approval.session);
        let asks = asked_in
            .iter()
            .any(|(of, from)| *of == account && *from != session);
        let goes_on = open.iter().any(|(of, id)| *of == account && Some(*id) != session);
        one.elsewhere = match (asks, goes_on) {
            (true, _) => Elsewhere::Question,
            (false, true) => Elsewhere::Session,
            (false, false) => Elsewhere::Nothing,
        };
    }
    Ok(())
}

/// Whoever logs in at a login of their school's own may be vouched for too, and so may whom another owner calls
/// more than a pupil; who is more for certain, or blocked, or the one who would do it, may not (DR10).
fn may_be_vouched_for(pupil: &HelpedPupil) -> bool {
    matches!(
        pupil.beyond_help,
        None | Some(BeyondHelp::LocalLogin | BeyondHelp::SaidToBeMore)
    )
}

fn groups_of(groups: &[HelpedGroup], pupil: &HelpedPupil) -> Vec<GroupId> {
    let has = |group: &&HelpedGroup| group.pupils.iter().any(|one| one.account == pupil.account);
    let ids = groups.iter().filter(has).filter_map(|group| group.group.as_ref());
    ids.map(|(id, _)| *id).collect()
}
