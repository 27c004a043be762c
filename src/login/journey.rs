//! The whole journey, top to bottom: the first blank decides what the visitor sees.
//!
//! Pure: the driver has loaded the [`Facts`], the web layer will perform the [`Step`].

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::adult::{AdultFacts, Waiting};
use super::help::HelpFacts;
use super::identity::AuthenticatedIdentity;
use super::level::{self, Vouched};
use super::may_issue::{Standing, WhyNot, may_issue};
use super::new_secret::Reason;
use super::secret_due::{self, SecretFacts};
use super::step_up::Wishes;
use super::transaction::{ActorChoice, LoginTransaction, Route};
use crate::domain::account::{Account, Person, SecretVersion};
use crate::domain::actor::{Actor, ActorGroup, ActorId};
use crate::domain::assurance::Assurance;
use crate::domain::face::ActingAs;
use crate::domain::institution::LegalForm;
use crate::domain::licence::LicenceRule;
use crate::domain::password_rule::RuleKey;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::{Refusal, SCOPE};
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
    /// To the page on which a pupil waits for an adult to vouch.
    AskAdult,
    /// To our own password page once more, since what was proved is good no longer.
    ProveAnew(Route),
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
    /// Which of these pictures does your teacher show you? (DR17)
    TeacherPicture(Vec<u8>),
    /// Which of your user names? (U11)
    WhichAccount(Vec<AccountRecord>),
    /// As what, at which institution?
    WhichActor(Vec<Actor>),
    /// A new password, before anything else.
    NewSecret(NewSecretAsked),
    /// Do you want to change your password now? It runs out.
    RunsOut {
        /// When it runs out; until then it may be kept for now.
        by: Timestamp,
    },
    /// Have you seen that your password was changed?
    SecretChanged,
    /// Will an adult say yes for you?
    Adult(Box<Waiting>),
}

/// Which new password is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSecretAsked {
    /// The rule that it is made by.
    pub rule: RuleKey,
    /// The secret that was proved, and whose place it takes.
    pub replaces: SecretVersion,
    /// Why it is asked for; it decides whether the user may keep the old one.
    pub reason: Reason,
}

impl NewSecretAsked {
    /// Whether the user may keep the old one instead: who only wishes for another, and who was let in by a
    /// window and knows it after all.
    pub fn may_stay(&self) -> bool {
        match self.reason {
            Reason::Wish => true,
            Reason::Help => self.replaces != SecretVersion::NONE,
            Reason::Due(_) | Reason::RunsOut(_) => false,
        }
    }
}

/// What the driver knows about the blanks that are filled in.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The service that asked, as registered now.
    pub service: &'a ServiceProfile,
    /// The upstream of the route, as registered now; nothing where it is gone.
    pub upstream: Option<&'a UpstreamProfile>,
    /// The affiliations of the account that have a licence, where the service goes by licences.
    pub licensed: BTreeSet<ActorId>,
    /// The person of the identity, with the chosen account or those that the identity reaches.
    pub record: Option<PersonRecord>,
    /// What is asked of a login that goes through a window which a teacher has opened.
    pub help: Option<HelpFacts>,
    /// The secret, where the central store vouched.
    pub secret: Option<SecretFacts>,
    /// Who could prove more of this person; nobody where all who could were asked.
    pub stronger: Option<UpstreamId>,
    /// Whether an adult vouches for them, or could.
    pub adult: AdultFacts,
}

/// A login with every blank filled in: the only thing that an answer is made of.
#[derive(Debug)]
pub struct CompletedLogin {
    /// What was proved.
    pub identity: AuthenticatedIdentity,
    /// The person who logged in.
    pub person: Person,
    /// By which account.
    pub account: Account,
    /// As whom: one affiliation, or all that the service is for.
    pub actors: Vec<Actor>,
    /// Which of these have a licence, where the service goes by licences.
    pub licensed: BTreeSet<ActorId>,
    /// What makes the proof count once, where it came at this very visit.
    pub mark: Option<Mark>,
    /// The level that all of it makes at this moment (DR09).
    pub level: Assurance,
    /// The adult's word in it, where there is one.
    pub vouched: Option<Vouched>,
}

/// Looks for the first blank.
pub fn next(tx: &LoginTransaction, facts: &Facts<'_>, now: Timestamp) -> Step {
    let step = visit(tx, facts, now);
    match step {
        Step::Ask(_) | Step::LeaveFor(_) | Step::StepUp(_) | Step::AskAdult | Step::ProveAnew(_)
            if tx.request().passive =>
        {
            let proves_more = matches!(step, Step::StepUp(_) | Step::AskAdult | Step::ProveAnew(_));
            Step::Refuse(Refusal::InteractionNeeded {
                login: tx.identity().is_none() || proves_more,
            })
        }
        // Whoever logs in anew, and otherwise, may prove more: the service is told so, not the user.
        Step::Refuse(Refusal::LevelNotReached) if tx.request().passive => {
            Step::Refuse(Refusal::InteractionNeeded { login: true })
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
    if tx.visits() > MOST_VISITS || tx.is_at_its_last_hop() {
        return refuse(Refusal::StuckInLoop);
    }
    let Some(route) = tx.route() else {
        return Step::Ask(Question::Who);
    };
    if let Some(refusal) = why_not_usable(route, facts) {
        return refuse(refusal);
    }
    let Some(identity) = tx.identity() else {
        return match &facts.help {
            Some(HelpFacts::Pick(among)) => Step::Ask(Question::TeacherPicture(among.clone())),
            Some(HelpFacts::NewSecret(asked)) => Step::Ask(Question::NewSecret(*asked)),
            Some(HelpFacts::Changed) => Step::Ask(Question::SecretChanged),
            None => Step::LeaveFor(route.clone()),
        };
    };
    let Some(record) = facts.record.as_ref().filter(|record| !record.accounts.is_empty()) else {
        return refuse(Refusal::NotLinked {
            upstream: route.upstream.clone(),
        });
    };
    let Some(held) = tx.account().and_then(|id| record.account(id)) else {
        return Step::Ask(Question::WhichAccount(record.accounts.clone()));
    };
    if let Err(refusal) = may_come_at_all(held) {
        return refuse(refusal);
    }
    // Before anything is said of the service: whoever logs in has a password that is good.
    if let Some(secret) = &facts.secret
        && let Some(first) = secret_due::comes_first(tx, secret, &held.account.user_name, now)
    {
        return first;
    }
    let mut admitted = match admitted(facts.service, held, &facts.licensed) {
        Ok(admitted) => admitted,
        Err(refusal) => return refuse(refusal),
    };
    // Before the question as whom: a step-up would ask it again.
    let wishes = wishes(tx, facts.service);
    if !wishes.are_met_by(&identity.assurance) {
        let vouched = facts.adult.vouched.as_ref();
        // A teacher's word is for what the pupil is at that school, and nowhere else.
        admitted.retain(|actor| vouched.is_some_and(|vouched| is_for(vouched, actor)));
        if admitted.is_empty() || !wishes.are_met_by(&level::at(identity.assurance, vouched, now)) {
            return prove_more(wishes, identity, facts);
        }
    }
    let Some(actors) = chosen_actors(tx, facts, &admitted) else {
        return Step::Ask(Question::WhichActor(choices(facts, admitted)));
    };
    let vouched = facts.adult.vouched.as_ref();
    let vouched = vouched.filter(|vouched| actors.iter().any(|actor| is_for(vouched, actor)));
    let level = level::at(identity.assurance, vouched, now);
    let standing = Standing {
        upstream: facts.upstream,
        held,
        licensed: &facts.licensed,
        level: Some(&level),
        secret: facts.secret.as_ref(),
    };
    let acting: Vec<ActorId> = actors.iter().map(|actor| actor.id).collect();
    let actors = match may_issue(facts.service, &standing, &acting) {
        Ok(actors) => actors,
        Err(why) => return refuse(why_not_issued(why, route)),
    };
    Step::Answer(Box::new(CompletedLogin {
        level,
        vouched: vouched.cloned(),
        identity: identity.clone(),
        person: record.person.clone(),
        account: held.account.clone(),
        actors,
        licensed: facts.licensed.clone(),
        mark: None,
    }))
}

/// What comes where more is asked for than was proved: an adult's word, where that could be enough; else
/// somebody who can prove more.
fn prove_more(wishes: Wishes<'_>, identity: &AuthenticatedIdentity, facts: &Facts<'_>) -> Step {
    if facts.adult.may_wait && wishes.are_met_by(&level::with_an_adult(identity.assurance)) {
        return Step::AskAdult;
    }
    match &facts.stronger {
        Some(upstream) => Step::StepUp(upstream.clone()),
        None => Step::Refuse(Refusal::LevelNotReached),
    }
}

/// Whether an adult's word is about what somebody is here.
pub(super) fn is_for(vouched: &Vouched, actor: &Actor) -> bool {
    vouched
        .institution
        .as_ref()
        .is_none_or(|at| *at == actor.institution.number)
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

/// What the gate says that nothing above has said in its own way before.
fn why_not_issued(why: WhyNot, route: &Route) -> Refusal {
    let upstream = route.upstream.clone();
    match why {
        WhyNot::Service => Refusal::ServiceDisabled,
        WhyNot::Upstream => Refusal::UpstreamDisabled { upstream },
        WhyNot::Reach => Refusal::UpstreamAnswerRefused {
            upstream,
            check: SCOPE.to_owned(),
        },
        WhyNot::Account(refusal) => refusal,
        WhyNot::Role => Refusal::NoActors,
        WhyNot::Level => Refusal::LevelNotReached,
        WhyNot::Secret => Refusal::InteractionNeeded { login: true },
        WhyNot::PublicBodies => Refusal::EidForPublicBodies { upstream },
    }
}

/// A choice that is no longer open to the user counts as none.
fn chosen_actors(tx: &LoginTransaction, facts: &Facts<'_>, admitted: &[Actor]) -> Option<Vec<Actor>> {
    let of_group = |group| admitted.iter().filter(move |actor| actor.group == group);
    let chosen = || match tx.actor()? {
        ActorChoice::One(id) => admitted.iter().find(|actor| actor.id == *id),
        ActorChoice::All => None,
    };
    match facts.service.acting_as {
        ActingAs::Everything => Some(admitted.to_vec()),
        ActingAs::OneGroup => {
            let group = match groups(admitted).as_slice() {
                [only] => *only,
                _ => chosen()?.group,
            };
            Some(of_group(group).cloned().collect())
        }
        ActingAs::OneActor => match admitted {
            [only] => Some(vec![only.clone()]),
            _ => chosen().map(|actor| vec![actor.clone()]),
        },
    }
}

/// What the user chooses from: one affiliation stands for its group where the group is meant.
fn choices(facts: &Facts<'_>, admitted: Vec<Actor>) -> Vec<Actor> {
    if facts.service.acting_as != ActingAs::OneGroup {
        return admitted;
    }
    // Its name is theirs: whoever chooses it acts for all of them.
    let stands_for = |group| {
        let same = || admitted.iter().filter(|actor| actor.group == group);
        let names: Vec<_> = same().map(|actor| actor.institution.name.as_str()).collect();
        let mut first = same().next().cloned()?;
        first.institution.name = names.join(", ");
        Some(first)
    };
    groups(&admitted).into_iter().filter_map(stands_for).collect()
}

fn groups(actors: &[Actor]) -> Vec<ActorGroup> {
    let groups: BTreeSet<_> = actors.iter().map(|actor| actor.group).collect();
    groups.into_iter().collect()
}

/// What keeps an account from coming to any service.
const fn may_come_at_all(held: &AccountRecord) -> Result<(), Refusal> {
    if held.account.blocked {
        return Err(Refusal::AccountBlocked);
    }
    if held.actors.is_empty() {
        return Err(Refusal::NoActors);
    }
    Ok(())
}

/// As what this account may come to this service at all, whatever it proved. Asked at a login,
/// and again where something is given out on the strength of one long after it (DR08).
///
/// Only what has a licence is offered at all, so that nobody acts as what would be stopped.
pub fn admitted(
    service: &ServiceProfile,
    held: &AccountRecord,
    licensed: &BTreeSet<ActorId>,
) -> Result<Vec<Actor>, Refusal> {
    may_come_at_all(held)?;
    let mut admitted: Vec<Actor> = held
        .actors
        .iter()
        .filter(|actor| service.admits_group(actor.group))
        .cloned()
        .collect();
    if admitted.is_empty() {
        return Err(Refusal::NoAccessToService);
    }
    if service.licence == LicenceRule::Required {
        admitted.retain(|actor| licensed.contains(&actor.id));
    }
    if admitted.is_empty() {
        return Err(Refusal::NoLicence);
    }
    Ok(admitted)
}

/// A login that the state provides may be for the people of public-law bodies alone. Decided by
/// what the user acts as; an institution that nobody has told the form of is none.
pub fn may_come_by(upstream: Option<&UpstreamProfile>, acting: &[Actor]) -> bool {
    let is_public = |actor: &Actor| actor.institution.legal_form == Some(LegalForm::Public);
    !upstream.is_some_and(|upstream| upstream.public_bodies_only) || acting.iter().all(is_public)
}

/// What is wanted of this login.
pub fn wishes<'a>(tx: &'a LoginTransaction, service: &'a ServiceProfile) -> Wishes<'a> {
    Wishes {
        standing: &service.wanted,
        now: &tx.request().wanted,
    }
}
