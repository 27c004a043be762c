//! Everything that could be said of a user at one login; the service's release rule takes most
//! of it away again.
//!
//! Facts come from the directory, from what was proved, and from the acting actors: what the
//! user is elsewhere, or has no licence for, is not among them.

use super::journey::CompletedLogin;
use crate::domain::actor::{Actor, ActorGroup};
use crate::domain::assurance::{Assurance, Factors, IdentityKind, NsisLevel};
use crate::domain::attribute::{Attribute, AttributeSet};
use crate::domain::face::Face;
use crate::domain::licence::LicenceRule;
use crate::domain::privilege::{PrivilegeGroup, ScopeKind};
use crate::domain::release::{Affiliation, Facts};
use crate::domain::service::ServiceProfile;

/// What facts are made of beside the login itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    /// The domain that values of ours belong to.
    pub(super) scope: &'a str,
    /// The sector's own name for the user.
    pub(super) pairwise: &'a str,
    /// Whether the answer is about a private person or an employee.
    pub(super) identity: IdentityKind,
}

/// Collects the facts.
pub(super) fn collect(login: &CompletedLogin, service: &ServiceProfile, names: Names<'_>) -> Facts {
    let mut facts = AttributeSet::default();
    add_person(&mut facts, login);
    add_actors(&mut facts, login, service, names.identity);
    add_entitlement(&mut facts, login, service);
    add_levels(&mut facts, login.level);
    if let Some(vouched) = &login.vouched {
        facts.add(Attribute::VouchedBy, vouched.kind.word());
    }
    add_scoped(&mut facts, login, names);
    facts.add(Attribute::Upstream, login.identity.upstream.as_str());
    Facts {
        attributes: facts,
        affiliations: affiliations(&told(login, service)),
        privileges: privileges(login),
    }
}

fn add_person(facts: &mut AttributeSet, login: &CompletedLogin) {
    let person = &login.person;
    facts.add(Attribute::UniId, login.account.uni_id.as_str());
    facts.add(Attribute::GivenName, &person.given_name);
    facts.add(Attribute::FamilyName, &person.family_name);
    let both = format!("{} {}", person.given_name, person.family_name);
    facts.add(Attribute::DisplayName, both.trim());
}

fn add_actors(
    facts: &mut AttributeSet,
    login: &CompletedLogin,
    service: &ServiceProfile,
    identity: IdentityKind,
) {
    for actor in &login.actors {
        add_new(facts, Attribute::ActorGroup, actor.group.as_str());
    }
    let is_oio_person = service.face == Face::Oiosaml3 && identity == IdentityKind::Person;
    // A private person has no employer (OIOSAML 3).
    for actor in told(login, service).into_iter().filter(|_| !is_oio_person) {
        let number = actor.institution.number.as_str();
        if add_new(facts, Attribute::InstitutionNumber, number) {
            facts.add(Attribute::InstitutionName, &actor.institution.name);
        }
        if let Some(cvr) = &actor.institution.cvr {
            add_new(facts, Attribute::Cvr, cvr);
        }
    }
    if service.licence != LicenceRule::NotAsked {
        let has = login
            .actors
            .iter()
            .any(|actor| login.licensed.contains(&actor.id));
        facts.add(Attribute::HasLicence, if has { "true" } else { "false" });
    }
}

/// Access to the service, under the name that it has agreed on with its licensers.
fn add_entitlement(facts: &mut AttributeSet, login: &CompletedLogin, service: &ServiceProfile) {
    let has_access = service.licence == LicenceRule::NotAsked || !login.licensed.is_empty();
    if let Some(entitlement) = service.entitlement.as_ref().filter(|_| has_access) {
        facts.add(Attribute::Entitlement, entitlement);
    }
}

/// What the user may do on behalf of those for whom they act; not what they may do elsewhere.
fn privileges(login: &CompletedLogin) -> Vec<PrivilegeGroup> {
    let acts_for = |cvr: &str| {
        let mut employers = login
            .actors
            .iter()
            .filter_map(|actor| actor.institution.cvr.as_deref());
        employers.any(|known| known == cvr)
    };
    let groups = login.identity.privileges.iter();
    groups
        .filter(|group| group.scope.kind != ScopeKind::Cvr || acts_for(&group.scope.value))
        .cloned()
        .collect()
}

/// The acting actors whose institutions the service hears of: where it goes by licences, those
/// that have one (as the incumbent fills `institution_ids`).
fn told<'a>(login: &'a CompletedLogin, service: &ServiceProfile) -> Vec<&'a Actor> {
    let counts =
        |actor: &&Actor| service.licence == LicenceRule::NotAsked || login.licensed.contains(&actor.id);
    login.actors.iter().filter(counts).collect()
}

fn affiliations(actors: &[&Actor]) -> Vec<Affiliation> {
    let mut found: Vec<Affiliation> = Vec::new();
    for actor in actors {
        let number = &actor.institution.number;
        match found.iter_mut().find(|known| known.number == *number) {
            Some(known) => known.groups.push(actor.group),
            None => found.push(Affiliation {
                number: number.clone(),
                name: Some(actor.institution.name.clone()),
                groups: vec![actor.group],
            }),
        }
    }
    found
}

fn add_levels(facts: &mut AttributeSet, held: Assurance) {
    let unilogin = match (held.factors, held.adult_verified) {
        (Factors::Two, _) => "ToFaktor",
        (Factors::One, true) => "VoksenVerificeret",
        (Factors::One, false) => "EnFaktor",
    };
    facts.add(Attribute::UniloginLoa, unilogin);
    facts.add(
        Attribute::AssuranceLevel,
        if held.factors == Factors::Two { "3" } else { "2" },
    );
    if let Some(level) = held.nsis {
        let spelling = match level {
            NsisLevel::Low => "Low",
            NsisLevel::Substantial => "Substantial",
            NsisLevel::High => "High",
        };
        facts.add(Attribute::NsisLevel, spelling);
    }
}

/// What is said at our scope, which our metadata names as ours (`shibmd:Scope`).
fn add_scoped(facts: &mut AttributeSet, login: &CompletedLogin, names: Names<'_>) {
    let scope = names.scope;
    for word in login.actors.iter().flat_map(|actor| in_eduperson(actor.group)) {
        if add_new(facts, Attribute::Affiliation, word) {
            facts.add(Attribute::ScopedAffiliation, format!("{word}@{scope}"));
        }
    }
    let first = login
        .actors
        .first()
        .and_then(|actor| in_eduperson(actor.group).first());
    facts.add(Attribute::PrimaryAffiliation, *first.unwrap_or(&"affiliate"));
    let principal = format!("{}@{scope}", login.account.uni_id.as_str());
    facts.add(Attribute::PrincipalName, principal.as_str());
    facts.add(Attribute::SubjectId, principal);
    facts.add(Attribute::PairwiseId, format!("{}@{scope}", names.pairwise));
    facts.add(Attribute::HomeOrganisation, scope);
}

/// What a group of actors is in eduPerson. Parents and guests are no members.
const fn in_eduperson(group: ActorGroup) -> &'static [&'static str] {
    match group {
        ActorGroup::Elev => &["student", "member"],
        ActorGroup::Medarbejder => &["employee", "member"],
        ActorGroup::Ekstern | ActorGroup::Kontaktperson => &["affiliate"],
    }
}

/// Adds a value that is not there yet, and says whether it did.
fn add_new(facts: &mut AttributeSet, attribute: Attribute, value: &str) -> bool {
    let is_new = !facts.values(attribute).iter().any(|known| known == value);
    if is_new {
        facts.add(attribute, value);
    }
    is_new
}
