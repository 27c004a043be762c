//! The one gate before everything that is given out on the strength of a login (DR08): an answer, an
//! earlier session that is leaned on, a page of our own, a code, a renewal, what userinfo and
//! introspection tell.
//!
//! Pure, and about now: whoever asks has loaded person, account, licences and secret as they are at this
//! moment. What a login asks the user in between is the journey's.

use std::collections::BTreeSet;

use super::journey::{admitted, may_come_by};
use super::secret_due::SecretFacts;
use crate::domain::actor::{Actor, ActorId};
use crate::domain::assurance::Assurance;
use crate::domain::person_record::AccountRecord;
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceProfile;
use crate::domain::upstream::UpstreamProfile;

/// What something is to be given out on the strength of, as it is now.
#[derive(Debug)]
pub struct Standing<'a> {
    /// Who vouched, as registered now.
    pub upstream: Option<&'a UpstreamProfile>,
    /// The account, with what it is.
    pub held: &'a AccountRecord,
    /// Its affiliations that have a licence, where the service goes by licences.
    pub licensed: &'a BTreeSet<ActorId>,
    /// What was proved, as far as it is believed now; nothing where that is not kept.
    pub level: Option<&'a Assurance>,
    /// The secret, where the central store vouched.
    pub secret: Option<&'a SecretFacts>,
}

/// Why nothing is given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// The service is switched off or gone.
    Service,
    /// Who vouched is switched off or gone, or not asked for this service any more.
    Upstream,
    /// Who vouched speaks for institutions that the account has nothing to do with (C01).
    Reach,
    /// No login of this account would be let in.
    Account(Refusal),
    /// What the user acted as has ended.
    Role,
    /// More has to be proved.
    Level,
    /// The password must be changed before anything else (G14).
    Secret,
    /// The state's login is for the people of public-law bodies.
    PublicBodies,
}

impl WhyNot {
    /// What the auditor reads.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Service => "may_not_issue[service]",
            Self::Upstream => "may_not_issue[upstream]",
            Self::Reach => "may_not_issue[scope]",
            Self::Account(_) => "may_not_issue[account]",
            Self::Role => "may_not_issue[role]",
            Self::Level => "may_not_issue[level]",
            Self::Secret => "may_not_issue[must_change]",
            Self::PublicBodies => "may_not_issue[public_bodies]",
        }
    }
}

/// As what the account may be told of: the affiliations that it acted as, all of them and no others;
/// everything that the service is for where none are named.
pub fn may_issue(
    service: &ServiceProfile,
    standing: &Standing<'_>,
    acting: &[ActorId],
) -> Result<Vec<Actor>, WhyNot> {
    if !service.enabled {
        return Err(WhyNot::Service);
    }
    let upstream = standing.upstream.filter(|upstream| upstream.enabled);
    let upstream = upstream.filter(|upstream| service.upstreams.admits(&upstream.id));
    let Some(upstream) = upstream else {
        return Err(WhyNot::Upstream);
    };
    // What keeps the account from the service whoever vouches is told first.
    admitted(service, standing.held, standing.licensed).map_err(WhyNot::Account)?;
    let reached = standing.held.clone().within(&upstream.institutions);
    let reached = reached.ok_or(WhyNot::Reach)?;
    let mut actors = admitted(service, &reached, standing.licensed).map_err(WhyNot::Account)?;
    if standing.secret.is_some_and(SecretFacts::comes_before_everything) {
        return Err(WhyNot::Secret);
    }
    if standing
        .level
        .is_some_and(|level| !service.wanted.is_met_by(level))
    {
        return Err(WhyNot::Level);
    }
    if !acting.is_empty() {
        actors.retain(|actor| acting.contains(&actor.id));
        if actors.len() != acting.len() {
            return Err(WhyNot::Role);
        }
    }
    if !may_come_by(Some(upstream), &actors) {
        return Err(WhyNot::PublicBodies);
    }
    Ok(actors)
}
