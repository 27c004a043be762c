//! A level that ends before its time while its session goes on: those who were told of it hear a logout of
//! that session, and what they were given ends (I09). Sessions that end tell everybody by themselves.
//!
//! Who is slow to hear keeps nobody else waiting: each service is called on a lane of its own.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::participants::{Participant, Party, of_session};
use super::tell;
use crate::domain::approval::{Approval, ApprovalId, EndedWhy};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::refusal::Refused;
use crate::domain::service::ServiceId;
use crate::login::answer::session_index;
use crate::store::ended_approvals::ApprovalUse;
use crate::telemetry::log::chain;
use crate::telemetry::metrics::Notice;
use crate::web::service_api::backchannel;
use crate::web::state::Portner;

/// How many lost relations are looked at in one round.
const IN_A_ROUND: u32 = 500;

/// How many calls one service gets at a time.
const AT_ONCE: usize = 4;

/// One round of all that is looked after, to its end.
pub async fn sweep(portner: &Portner) -> Result<(), Refused> {
    end_lost(portner).await?;
    tell_of_ends(portner, &Lanes::default()).await?.join_all().await;
    backchannel::ping_those_who_wait(portner).await
}

/// Ends levels whose adult is not the pupil's any more.
pub async fn end_lost(portner: &Portner) -> Result<(), Refused> {
    let now = portner.ambient.now();
    for lost in portner.store.approvals_without_relation(now, IN_A_ROUND).await? {
        let event = ended(portner, &lost, now);
        let done = portner.store.end_approval(lost.id, EndedWhy::Relation, &event);
        // One that fails keeps no other from its end: the next round has it again.
        if let Err(error) = done.await {
            tracing::error!(approval = %lost.id.0, error = %chain(&error), "a level could not be ended");
        }
    }
    Ok(())
}

/// Where services are called: one that does not answer fills its own lane and no other's.
#[derive(Debug, Default)]
pub struct Lanes(Mutex<HashMap<ServiceId, Arc<Semaphore>>>);

impl Lanes {
    fn of(&self, service: &ServiceId) -> Arc<Semaphore> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes
            .entry(service.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
        Arc::clone(lane)
    }
}

/// Tells of every end that nobody has told of. What services were given ends before this returns; the calls
/// are under way by then, and may be waited for.
pub async fn tell_of_ends(portner: &Portner, lanes: &Lanes) -> Result<JoinSet<()>, Refused> {
    let mut calls = JoinSet::new();
    for untold in portner.store.untold_approvals(portner.ambient.now()).await? {
        match claim(portner, &untold).await {
            Ok(participants) => {
                for (service, participant) in participants.into_iter().flatten() {
                    let (portner, lane) = (portner.clone(), lanes.of(&service));
                    calls.spawn(async move {
                        let _place = lane.acquire_owned().await;
                        tell::all_directly(&portner, vec![participant]).await;
                    });
                }
            }
            Err(refused) => could_not_tell(untold.id, &refused),
        }
    }
    Ok(calls)
}

/// What those heard of an end who were told of the level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// They answered that it is done.
    pub told: Vec<ServiceId>,
    /// They were called and did not say so.
    pub silent: Vec<ServiceId>,
    /// Nobody can call them.
    pub no_way: Vec<ServiceId>,
}

/// Those who are to hear that this level is over; nothing where somebody else tells them. What they were given
/// ends first: revoking once more does no harm, and a telling that is taken is not tried again.
async fn claim(
    portner: &Portner,
    approval: &Approval,
) -> Result<Option<Vec<(ServiceId, Participant)>>, Refused> {
    let now = portner.ambient.now();
    let uses = portner.store.approval_uses(approval.id).await?;
    for family in uses.iter().filter_map(|one| one.family) {
        portner.store.revoke_family(family, now).await?;
    }
    if !portner.store.take_telling(approval.id, now).await? {
        return Ok(None);
    }
    let services: BTreeSet<ServiceId> = uses.into_iter().map(|one| one.service).collect();
    let mut told = Vec::new();
    for service in services {
        let parts = parts_of(portner, approval, &service).await?;
        told.extend(parts.into_iter().map(|part| (service.clone(), part)));
    }
    Ok(Some(told))
}

/// A service's part in the session that a level was for, under the name that the service has for that session:
/// the part may have gone over to a later session of the same person and browser, which is not meant.
async fn parts_of(
    portner: &Portner,
    approval: &Approval,
    service: &ServiceId,
) -> Result<Vec<Participant>, Refused> {
    let registry = portner.registry();
    let Some((session, known)) = approval.session.zip(registry.service(service)) else {
        return Ok(Vec::new());
    };
    let index = session_index(session, &known.profile, &portner.driver.pseudonyms);
    let holds_it = portner.store.session_of_part(approval.person, service, &index);
    let Some(holds_it) = holds_it.await? else {
        return Ok(Vec::new());
    };
    let mut parts = of_session(portner, holds_it).await?;
    parts.retain(|part| part.party() == Party::Service(service.clone()) && part.is_named(&index));
    Ok(parts)
}

/// Tells those who were told of a level that an adult has just ended, by this name, and says what they heard;
/// nothing where somebody else tells them. What fails is tried again by whoever looks after ends that nobody has
/// told of.
pub async fn tell_now(portner: &Portner, ended: ApprovalId) -> Option<Heard> {
    let told = async {
        let Some(approval) = portner.store.approval(ended).await? else {
            return Ok(None);
        };
        let uses = portner.store.approval_uses(approval.id).await?;
        let Some(participants) = claim(portner, &approval).await? else {
            return Ok(None);
        };
        let participants = participants.into_iter().map(|(_, participant)| participant);
        let told = tell::each_directly(portner, participants.collect()).await;
        Ok(Some(Heard::of(&uses, &told)))
    };
    told.await.unwrap_or_else(|refused: Refused| {
        could_not_tell(ended, &refused);
        None
    })
}

impl Heard {
    /// Of everybody who was told of the level: one that is called several times has heard when all are told.
    fn of(uses: &[ApprovalUse], told: &[(Party, Notice)]) -> Self {
        let mut heard = Self::default();
        let services: BTreeSet<&ServiceId> = uses.iter().map(|one| &one.service).collect();
        for service in services {
            let is_it = |party: &Party| matches!(party, Party::Service(id) if id == service);
            let mut notices = told
                .iter()
                .filter(|(party, _)| is_it(party))
                .map(|(_, notice)| *notice);
            let list = match notices.next() {
                None | Some(Notice::NoWay) => &mut heard.no_way,
                Some(Notice::Done) if notices.all(|notice| notice == Notice::Done) => &mut heard.told,
                Some(_) => &mut heard.silent,
            };
            list.push(service.clone());
        }
        heard
    }
}

fn could_not_tell(approval: ApprovalId, refused: &Refused) {
    let cause = chain(refused);
    tracing::error!(approval = %approval.0, cause, "the services of a level that is over could not be told");
}

fn ended(portner: &Portner, approval: &Approval, now: Timestamp) -> AuditEvent {
    AuditEvent::new(
        portner.ambient.uuid(),
        now,
        AuditAct::Vouched {
            act: VouchAct::Ended,
            approval: approval.id,
            by: approval.given.as_ref().map(|given| given.by.clone()),
            reason: Some(EndedWhy::Relation.word()),
        },
    )
    .asked_by(approval.service.clone())
    .about(approval.person, approval.account)
}
