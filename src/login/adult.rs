//! A login that waits for an adult's word (DR18): the question is put, looked after, given up, or answered by
//! a parent on the same device. What the word is worth is `level.rs`'s; who vouches at a desk, `people/`'s.

use jiff::SignedDuration;

use super::driver::Driver;
use super::identify::Signposts;
use super::identity::{UpstreamAnswer, replayed};
use super::level;
use super::recognise::recognise;
use super::transaction::{AdultNote, LoginTransaction};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::{Actor, ActorGroup};
use crate::domain::approval::{
    Adult, Approval, ApprovalId, ApprovalState, ConfirmPicture, EndedWhy, Given, LASTS, Sign, WAITS,
};
use crate::domain::assurance::{Factors, WantedAssurance};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::own_page::FRESH_SECONDS;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::{ServiceId, ServiceProfile};
use crate::domain::upstream::{UpstreamId, UpstreamKind, UpstreamProfile};
use crate::store::asking::Asking;
use crate::store::replay::Once;
use crate::trust::registry::Registry;

/// Pictures are drawn again, so often at the most, where somebody near has the same: more often than there is need
/// while not every second one is shown.
const DRAWS: u8 = 16;

/// What somebody who waits sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The question, and how it stands; nothing where there were too many lately.
    pub approval: Option<Approval>,
    /// What else there is to say.
    pub note: Option<AdultNote>,
    /// Where an adult, or the pupil, could prove who they are by the national eID.
    pub eid: Option<UpstreamId>,
    /// Whether the pupil could do so alone: the account is tied to the person by CPR.
    pub own_eid: Option<UpstreamId>,
}

/// What somebody who waits does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingAct {
    /// Asks once more.
    Again,
    /// A parent is here, and proves it.
    ParentHere,
    /// Would rather prove it alone.
    OwnEid,
}

/// The services at which an adult's word counts, as registered now (U17).
pub fn enrolled(registry: &Registry) -> Vec<ServiceId> {
    let services = registry.services().map(|service| &service.profile);
    let enrolled = services.filter(|profile| profile.faktor_2 && profile.enabled);
    enrolled.map(|profile| profile.id.clone()).collect()
}

/// The national eID by which somebody on this device is found by CPR alone.
pub fn eid_for_adults(registry: &Registry) -> Option<&UpstreamProfile> {
    let mut eids: Vec<&UpstreamProfile> = registry
        .upstreams_of(UpstreamKind::NationalEid)
        .map(|upstream| &upstream.profile)
        .filter(|profile| profile.enabled && profile.entitled.cpr && !profile.entitled.uni_id)
        .collect();
    eids.sort_by_key(|profile| (profile.hidden, profile.public_bodies_only, profile.id.clone()));
    eids.first().copied()
}

/// Whether an adult's word could be enough for what is asked of this account: it is a pupil, and no more. What
/// another owner's school says unconfirmed takes that from nobody, nor does being somebody's adult: of that the
/// store knows whether it counts.
pub(super) fn could_vouch(service: &ServiceProfile, held: &AccountRecord) -> bool {
    let mut said = held.actors.iter().filter(|actor| !actor.unconfirmed);
    let works = |actor: &Actor| matches!(actor.group, ActorGroup::Medarbejder | ActorGroup::Ekstern);
    service.faktor_2
        && !held.account.blocked
        && held.actors.iter().any(|actor| actor.group == ActorGroup::Elev)
        && !said.any(works)
}

/// Whether anybody's proof together with an adult's word could be enough.
pub(super) fn could_be_met(signposts: &Signposts<'_>, upstream: &UpstreamProfile) -> bool {
    let could = |wanted: &WantedAssurance| wanted.could_be_met_under(&level::with_an_adult(upstream.ceiling));
    signposts.service.faktor_2 && could(&signposts.service.wanted) && could(&signposts.request.wanted)
}

impl Driver {
    /// The question of this login, put now where it is not yet, and how it stands.
    pub(super) async fn wait_for_adult(
        &self,
        registry: &Registry,
        tx: &mut LoginTransaction,
        record: Option<&PersonRecord>,
    ) -> Result<Waiting, Refused> {
        tx.rest();
        let (Some(person), Some(account)) = (tx.person(), tx.account()) else {
            return Err(Refusal::Internal.because("nobody waits"));
        };
        let found = self.store.approval(tx.approval()).await;
        let approval = match found.map_err(Refused::from)? {
            Some(found) => Some(found),
            None => self.ask(tx, person, account).await?,
        };
        let held = record.and_then(|record| record.account(account));
        let eid = eid_for_adults(registry).map(|profile| profile.id.clone());
        Ok(Waiting {
            approval,
            note: tx.adult_note(),
            own_eid: eid
                .clone()
                .filter(|_| held.is_some_and(|held| held.account.cpr_identified)),
            eid,
        })
    }

    /// Puts the question, with a picture that nobody else shows who waits at the pupil's schools, nor the pupil
    /// elsewhere (I07).
    async fn ask(
        &self,
        tx: &LoginTransaction,
        person: PersonId,
        account: AccountId,
    ) -> Result<Option<Approval>, Refused> {
        let now = self.ambient.now();
        for _ in 0..DRAWS {
            let asked = Approval {
                id: tx.approval(),
                person,
                account,
                session: Some(tx.session()),
                service: tx.request().service.clone(),
                place: tx.place(),
                sign: Sign::Picture(ConfirmPicture::drawn(self.ambient.bytes())),
                asked_at: now,
                closes_at: now.saturating_add(WAITS).unwrap_or(now),
                given: None,
                ended: None,
            };
            let event = self.adult_event(tx, &asked, VouchAct::Asked, None);
            match self.store.ask_approval(&asked, &event).await? {
                Asking::SameSign => {}
                Asking::TooMany => return Ok(None),
                // What is kept counts: another visit may have been quicker.
                Asking::Asked => return self.store.approval(asked.id).await.map_err(Refused::from),
            }
        }
        Ok(None)
    }

    /// How the question of a login stands, without moving anything: for a page that looks by itself.
    pub async fn still_waits(&self, tx: &LoginTransaction) -> Result<bool, Refused> {
        let found = self.store.approval(tx.approval()).await.map_err(Refused::from)?;
        let now = self.ambient.now();
        Ok(found.is_some_and(|found| found.state(now) == ApprovalState::Waiting))
    }

    /// Gives a question up that nobody has answered.
    pub async fn give_up_waiting(&self, tx: &LoginTransaction, why: EndedWhy) -> Result<(), Refused> {
        let found = self.store.approval(tx.approval()).await.map_err(Refused::from)?;
        if let Some(found) = found.filter(|found| found.given.is_none()) {
            let event = self.adult_event(tx, &found, VouchAct::Cancelled, None);
            let ended = self.store.end_approval(found.id, why, &event).await;
            ended.map_err(Refused::from)?;
        }
        Ok(())
    }

    /// Takes in what somebody who waits does.
    pub(super) async fn take_in_waiting(
        &self,
        signposts: &Signposts<'_>,
        tx: &mut LoginTransaction,
        act: WaitingAct,
    ) -> Result<(), Refused> {
        tx.take_up_again(None);
        if tx.identity().is_none() || tx.account().is_none() || !signposts.service.faktor_2 {
            return Ok(());
        }
        let eid = eid_for_adults(signposts.registry).map(|profile| profile.id.clone());
        match (act, eid) {
            (WaitingAct::Again, _) => {
                self.give_up_waiting(tx, EndedWhy::AskedAnew).await?;
                tx.ask_adult_anew();
            }
            (WaitingAct::ParentHere, Some(eid)) => tx.set_aside(eid),
            (WaitingAct::OwnEid, Some(eid)) if signposts.may_use(&eid) => tx.step_up(eid),
            (WaitingAct::ParentHere | WaitingAct::OwnEid, _) => {}
        }
        Ok(())
    }

    /// Takes in what an adult has proved on the pupil's device: they vouch, if they have custody at this
    /// moment. Whatever it was, the login goes on as the pupil's.
    pub(super) async fn take_in_parent(
        &self,
        signposts: &Signposts<'_>,
        tx: &mut LoginTransaction,
        answer: UpstreamAnswer,
    ) -> Result<(), Refused> {
        let routed = tx.route().map(|route| route.upstream.clone());
        let upstream = signposts
            .registry
            .upstream(&answer.identity.upstream)
            .filter(|upstream| routed.as_ref() == Some(&upstream.profile.id));
        let adult = match upstream {
            Some(upstream) => self.adult_of(&upstream.profile, &answer).await?,
            None => None,
        };
        if let Some(mark) = answer.mark {
            // Before anything comes of it: nobody vouches twice by one proof, not in the same login either.
            match self.writer.mark(mark).await? {
                Once::First => {}
                Once::SameOwner => {
                    tx.take_up_again(None);
                    return Ok(());
                }
                Once::Replayed => return Err(replayed(tx)),
            }
        }
        tx.take_up_again(Some(AdultNote::NotAParent));
        let (Some(Adult::Parent { person, account }), Some(pupil)) = (adult, tx.account()) else {
            return Ok(());
        };
        if Some(person) == tx.person() || !self.has_custody(person, pupil).await? {
            tracing::info!(login.id = %tx.id(), "somebody without custody would vouch");
            return Ok(());
        }
        let now = self.ambient.now();
        let given = Given {
            by: Adult::Parent { person, account },
            services: enrolled(signposts.registry),
            at: now,
            not_after: now.saturating_add(LASTS).unwrap_or(now),
        };
        let found = self.store.approval(tx.approval()).await.map_err(Refused::from)?;
        let Some(found) = found else { return Ok(()) };
        let event = |_: ApprovalId| self.adult_event(tx, &found, VouchAct::Granted, Some(given.by.clone()));
        let asked = [(found.id, pupil)];
        let done = self.store.give_approvals(&asked, &given, None, event).await;
        if !done.map_err(Refused::from)?.is_empty() {
            tx.fill_adult_note(None);
        }
        Ok(())
    }

    /// Whom the eID has found by CPR, by a proof of now.
    async fn adult_of(
        &self,
        upstream: &UpstreamProfile,
        answer: &UpstreamAnswer,
    ) -> Result<Option<Adult>, Refused> {
        let now = self.ambient.now();
        let age = now.duration_since(answer.identity.authenticated_at);
        let is_fresh =
            answer.identity.time_is_said && age <= SignedDuration::from_secs(i64::from(FRESH_SECONDS));
        let is_strong = answer.identity.assurance.factors == Factors::Two;
        if upstream.kind != UpstreamKind::NationalEid || !is_fresh || !is_strong {
            return Ok(None);
        }
        let found = recognise(&self.store, &self.vault, upstream, &answer.claimed, now).await;
        let found = match found {
            Ok(found) => found,
            Err(refused) if refused.refusal.may_pass() => return Err(refused),
            Err(_) => return Ok(None),
        };
        let tied = found.accounts.iter().find(|held| held.account.cpr_identified);
        Ok(tied.map(|held| Adult::Parent {
            person: found.person.id,
            account: held.account.id,
        }))
    }

    /// The adult's word for this login, and whether one could be enough at all.
    pub(super) async fn adult_facts(
        &self,
        signposts: &Signposts<'_>,
        tx: &LoginTransaction,
        record: Option<&PersonRecord>,
    ) -> Result<AdultFacts, Refused> {
        let held = record
            .zip(tx.account())
            .and_then(|(record, id)| record.account(id));
        let may_wait = held.is_some_and(|held| could_vouch(signposts.service, held));
        Ok(AdultFacts {
            vouched: if may_wait {
                self.vouched(tx, signposts.service).await?
            } else {
                None
            },
            may_wait,
        })
    }

    fn adult_event(
        &self,
        tx: &LoginTransaction,
        about: &Approval,
        act: VouchAct,
        by: Option<Adult>,
    ) -> AuditEvent {
        AuditEvent::new(
            self.ambient.uuid(),
            self.ambient.now(),
            AuditAct::Vouched {
                act,
                approval: about.id,
                by,
                reason: None,
            },
        )
        .in_login(tx.id().to_string())
        .asked_by(about.service.clone())
        .vouched_by(tx.route().map(|route| route.upstream.clone()))
        .about(about.person, about.account)
        .from_network(tx.place().0)
    }
}

/// What the journey knows of adults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdultFacts {
    /// The word that counts at this moment.
    pub vouched: Option<level::Vouched>,
    /// Whether an adult's word is looked for at all.
    pub may_wait: bool,
}
