//! A level that ends before its time while its session goes on: those who were told of it hear a logout of
//! that session, and what they were given ends (I09). Sessions that end tell everybody by themselves.

use jiff::Timestamp;

use super::participants::{Party, of_session};
use super::tell;
use crate::domain::approval::{Approval, EndedWhy};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::refusal::Refused;
use crate::telemetry::log::chain;
use crate::web::service_api::backchannel;
use crate::web::state::Portner;

/// How many lost relations are looked at in one round.
const IN_A_ROUND: u32 = 500;

/// Ends levels whose adult is not the pupil's any more, and tells of every end that nobody has told of.
pub async fn sweep(portner: &Portner) -> Result<(), Refused> {
    let now = portner.ambient.now();
    for lost in portner.store.approvals_without_relation(now, IN_A_ROUND).await? {
        let event = ended(portner, &lost, now);
        let done = portner.store.end_approval(lost.id, EndedWhy::Relation, &event);
        // One that fails keeps no other from its end: the next round has it again.
        if let Err(error) = done.await {
            tracing::error!(approval = %lost.id.0, error = %chain(&error), "a level could not be ended");
        }
    }
    for untold in portner.store.untold_approvals(now).await? {
        if let Err(refused) = tell_of(portner, &untold).await {
            could_not_tell(&untold, &refused);
        }
    }
    backchannel::ping_those_who_wait(portner).await
}

/// Tells those who were told of this level that it is over, where nobody has done so yet. What they were
/// given ends first: revoking once more does no harm, and a telling that is taken is not tried again.
pub async fn tell_of(portner: &Portner, approval: &Approval) -> Result<(), Refused> {
    let now = portner.ambient.now();
    let uses = portner.store.approval_uses(approval.id).await?;
    for family in uses.iter().filter_map(|one| one.family) {
        portner.store.revoke_family(family, now).await?;
    }
    if !portner.store.take_telling(approval.id, now).await? {
        return Ok(());
    }
    let Some(session) = approval.session else {
        return Ok(());
    };
    let mut participants = of_session(portner, session).await?;
    participants.retain(|participant| match participant.party() {
        Party::Service(id) => uses.iter().any(|one| one.service == id),
        Party::Upstream(_) => false,
    });
    tell::all_directly(portner, participants).await;
    Ok(())
}

/// The same while nobody waits.
pub fn tell_later(portner: &Portner, approval: Approval) {
    let portner = portner.clone();
    tokio::spawn(async move {
        if let Err(refused) = tell_of(&portner, &approval).await {
            could_not_tell(&approval, &refused);
        }
    });
}

fn could_not_tell(approval: &Approval, refused: &Refused) {
    let cause = chain(refused);
    tracing::error!(approval = %approval.id.0, cause, "the services of a level that is over could not be told");
}

fn ended(portner: &Portner, approval: &Approval, now: Timestamp) -> AuditEvent {
    AuditEvent {
        id: portner.ambient.uuid(),
        at: now,
        transaction: None,
        service: Some(approval.service.clone()),
        upstream: None,
        person: Some(approval.person),
        account: Some(approval.account),
        client_prefix: None,
        act: AuditAct::Vouched {
            act: VouchAct::Ended,
            approval: approval.id,
            by: approval.given.as_ref().map(|given| given.by.clone()),
            reason: Some(EndedWhy::Relation.word()),
        },
    }
}
