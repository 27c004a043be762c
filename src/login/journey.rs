//! The whole journey, top to bottom: the first blank decides what the visitor sees.
//!
//! Pure: the driver has loaded the [`Facts`], the web layer will perform the [`Step`].

use jiff::Timestamp;

use super::identity::AuthenticatedIdentity;
use super::step_up::Wishes;
use super::transaction::{ActorChoice, LoginTransaction, Route};
use crate::domain::account::{Account, Person};
use crate::domain::actor::Actor;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceProfile;
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
use crate::store::replay::Mark;

/// A browser that comes by more often than this in one login goes round in circles (M13).
const MOST_VISITS: u8 = 60;

/// What the visitor sees next.
#[derive(Debug)]
pub enum Step {
    /// A page with a question.
    Ask(Question),
    /// Somebody else's login, or our own password page.
    LeaveFor(Route),
    /// Back to this upstream or on to another, which shall prove more of the same person.
    StepUp(UpstreamId),
    /// The service gets its answer.
    Answer(Box<CompletedLogin>),
    /// It cannot go on.
    Refuse(Refusal),
}

/// A question that only the user can answer.
#[derive(Debug)]
pub enum Question {
    /// Who are you, or where do you log in?
    Who,
    /// Which of your user names? (U11)
    WhichAccount(Vec<AccountRecord>),
    /// As what, at which institution?
    WhichActor(Vec<Actor>),
}

/// What the driver knows about the blanks that are filled in.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who asked.
    pub service: &'a ServiceProfile,
    /// The upstream of the route, as registered now; nothing where it is gone.
    pub upstream: Option<&'a UpstreamProfile>,
    /// The person of the identity, with the chosen account or those that the identity reaches.
    pub record: Option<PersonRecord>,
    /// Who could prove more of this person; nobody where all who could were asked.
    pub stronger: Option<UpstreamId>,
}

/// A login with every blank filled in: the only thing that an answer is made of.
#[derive(Debug)]
pub struct CompletedLogin {
    /// What was proved.
    pub identity: AuthenticatedIdentity,
    /// Who.
    pub person: Person,
    /// By which account.
    pub account: Account,
    /// As whom: one affiliation, or all that the service is for.
    pub actors: Vec<Actor>,
    /// What makes the proof count once, where it came at this very visit.
    pub mark: Option<Mark>,
}

/// Looks for the first blank.
pub fn next(tx: &LoginTransaction, facts: &Facts<'_>, now: Timestamp) -> Step {
    let step = visit(tx, facts, now);
    match step {
        Step::Ask(_) | Step::LeaveFor(_) | Step::StepUp(_) if tx.request().passive => {
            Step::Refuse(Refusal::InteractionNeeded {
                login: tx.identity().is_none() || matches!(step, Step::StepUp(_)),
            })
        }
        step => step,
    }
}

fn visit(tx: &LoginTransaction, facts: &Facts<'_>, now: Timestamp) -> Step {
    let refuse = Step::Refuse;
    if !facts.service.enabled {
        return refuse(Refusal::ServiceDisabled);
    }
    if tx.is_expired(now) {
        return refuse(Refusal::LoginExpired);
    }
    if tx.visits() > MOST_VISITS {
        return refuse(Refusal::StuckInLoop);
    }
    let Some(route) = tx.route() else {
        return Step::Ask(Question::Who);
    };
    if let Some(refusal) = why_not_usable(route, facts) {
        return refuse(refusal);
    }
    let Some(identity) = tx.identity() else {
        return Step::LeaveFor(route.clone());
    };
    let Some(record) = facts.record.as_ref().filter(|record| !record.accounts.is_empty()) else {
        return refuse(Refusal::NotLinked {
            upstream: route.upstream.clone(),
        });
    };
    let Some(held) = tx.account().and_then(|id| record.account(id)) else {
        return Step::Ask(Question::WhichAccount(record.accounts.clone()));
    };
    if held.account.blocked {
        return refuse(Refusal::AccountBlocked);
    }
    if held.actors.is_empty() {
        return refuse(Refusal::NoActors);
    }
    let admitted: Vec<Actor> = held
        .actors
        .iter()
        .filter(|actor| facts.service.admits_group(actor.group))
        .cloned()
        .collect();
    if admitted.is_empty() {
        return refuse(Refusal::NoAccessToService);
    }
    // Before the question as whom: a step-up would ask it again.
    if !wishes(tx, facts.service).are_met_by(&identity.assurance) {
        return match &facts.stronger {
            Some(upstream) => Step::StepUp(upstream.clone()),
            None => refuse(Refusal::LevelNotReached),
        };
    }
    let Some(actors) = chosen_actors(tx, facts, &admitted) else {
        return Step::Ask(Question::WhichActor(admitted));
    };
    Step::Answer(Box::new(CompletedLogin {
        identity: identity.clone(),
        person: record.person.clone(),
        account: held.account.clone(),
        actors,
        mark: None,
    }))
}

/// The upstream may have been switched off, or the service narrowed, since the route was taken (B13, pain 22).
fn why_not_usable(route: &Route, facts: &Facts<'_>) -> Option<Refusal> {
    let upstream = route.upstream.clone();
    match facts.upstream {
        None => Some(Refusal::UpstreamDisabled { upstream }),
        Some(profile) if !profile.enabled => Some(Refusal::UpstreamDisabled { upstream }),
        Some(_) if !facts.service.upstreams.admits(&upstream) => Some(Refusal::NoUsableUpstream),
        Some(_) => None,
    }
}

/// A choice that is no longer open to the user counts as none.
fn chosen_actors(tx: &LoginTransaction, facts: &Facts<'_>, admitted: &[Actor]) -> Option<Vec<Actor>> {
    if !facts.service.one_actor {
        return Some(admitted.to_vec());
    }
    if let [only] = admitted {
        return Some(vec![only.clone()]);
    }
    match tx.actor()? {
        ActorChoice::One(id) => admitted
            .iter()
            .find(|actor| actor.id == *id)
            .map(|actor| vec![actor.clone()]),
        ActorChoice::All => None,
    }
}

/// What is wanted of this login.
pub fn wishes<'a>(tx: &'a LoginTransaction, service: &'a ServiceProfile) -> Wishes<'a> {
    Wishes {
        standing: &service.wanted,
        now: &tx.request().wanted,
    }
}
