//! Telling everybody who can be called, in parallel and under one deadline (B23).

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::messages;
use super::participants::{Participant, Party, Way};
use super::progress::Outcome;
use crate::telemetry::metrics::Notice;
use crate::web::state::Portner;

/// Tells each of these directly, and says of each whether it answered that it is done. Nobody
/// waits longer than the deadline, however many are slow.
pub async fn directly(portner: &Portner, participants: Vec<Participant>) -> Vec<(Participant, bool)> {
    let settings = portner.settings.logout;
    let deadline = Instant::now() + settings.deadline;
    let mut calls = JoinSet::new();
    for (number, participant) in participants.iter().cloned().enumerate() {
        let portner = portner.clone();
        calls.spawn(async move { (number, one(&portner, &participant, settings.answer).await) });
    }
    let mut done = vec![false; participants.len()];
    while let Ok(Some(answered)) = timeout_at(deadline, calls.join_next()).await {
        if let Ok((number, is_done)) = answered
            && let Some(place) = done.get_mut(number)
        {
            *place = is_done;
        }
    }
    participants.into_iter().zip(done).collect()
}

async fn one(portner: &Portner, participant: &Participant, patience: Duration) -> bool {
    let party = participant.party();
    let party = party.id();
    match timeout(patience, messages::call(portner, participant)).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            let cause = crate::telemetry::log::chain(&*error);
            tracing::warn!(party, cause, "not told of a logout");
            false
        }
        Err(_) => {
            tracing::warn!(party, cause = "no answer in time", "not told of a logout");
            false
        }
    }
}

/// Tells everybody directly, where there is no browser; says whether nobody was left out.
pub async fn all_directly(portner: &Portner, participants: Vec<Participant>) -> bool {
    let told = each_directly(portner, participants).await;
    told.iter().all(|(party, notice)| match notice {
        Notice::Done => true,
        // Upstreams have their own ways to end sessions; a service that is not told is not logged out.
        Notice::NoWay => matches!(party, Party::Upstream(_)),
        _ => false,
    })
}

/// The same; says of each what came of it.
pub async fn each_directly(portner: &Portner, participants: Vec<Participant>) -> Vec<(Party, Notice)> {
    let (callable, others): (Vec<_>, Vec<_>) = participants
        .into_iter()
        .partition(|participant| participant.ways().contains(&Way::Directly));
    let called = directly(portner, callable).await.into_iter();
    let told = called.map(|(participant, is_done)| {
        let notice = if is_done { Notice::Done } else { Notice::Silent };
        (participant.party(), notice)
    });
    let others = others
        .iter()
        .map(|participant| (participant.party(), Notice::NoWay));
    let everybody: Vec<_> = told.chain(others).collect();
    for (party, notice) in &everybody {
        portner.metrics.logout_told(party.role(), *notice);
    }
    everybody
}

/// Tells directly whom it can, and says what is left for the browser.
pub async fn first(
    portner: &Portner,
    participants: Vec<Participant>,
) -> (Vec<(Party, Outcome)>, Vec<Participant>) {
    let (callable, mut left): (Vec<_>, Vec<_>) = participants
        .into_iter()
        .partition(|participant| participant.ways().contains(&Way::Directly));
    let mut told = Vec::new();
    for (participant, done) in directly(portner, callable).await {
        if done {
            told.push((participant.party(), Outcome::Done));
        } else if participant.ways().len() > 1 {
            left.push(participant);
        } else {
            told.push((participant.party(), Outcome::Silent));
        }
    }
    (told, left)
}
