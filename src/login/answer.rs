//! From a completed login to what the service gets: subject, released facts, context.

use jiff::Timestamp;

use super::journey::CompletedLogin;
use crate::domain::account::{Account, Person, PersonId};
use crate::domain::actor::Actor;
use crate::domain::assurance::{Assurance, Factors, NsisLevel};
use crate::domain::attribute::{Attribute, AttributeSet};
use crate::domain::cpr::Cpr;
use crate::domain::release::{ReleasedAttributes, SubjectKind};
use crate::domain::service::ServiceProfile;
use crate::domain::session::{SessionId, SsoSession};
use crate::keys::derive::{Label, MasterSecret};

/// What the service's protocol module puts on the wire.
#[derive(Debug)]
pub struct LoginAnswer {
    /// How the service gets to know the user.
    pub subject: Subject,
    /// The facts that it may have.
    pub released: ReleasedAttributes,
    /// What was proved.
    pub assurance: Assurance,
    /// RFC 8176 methods.
    pub methods: Vec<String>,
    /// When it was proved.
    pub authenticated_at: Timestamp,
    /// The session that it rests on: what is given out ends with it.
    pub session: SessionId,
    /// The session's name towards this service (`sid`, `SessionIndex`): tells nothing to another.
    pub session_index: String,
    /// When the session ends at the latest.
    pub session_ends: Timestamp,
    /// Who vouched, nearest last, as the upstream named them.
    pub authorities: Vec<String>,
}

/// The user's name towards one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What kind of name it is.
    pub kind: SubjectKind,
    /// The name.
    pub value: String,
}

/// Makes the answer. `cpr` is only looked at where the service has a legal basis for it.
pub fn answer(
    login: &CompletedLogin,
    service: &ServiceProfile,
    session: &SsoSession,
    cpr: Option<Cpr>,
    pseudonyms: &MasterSecret,
    fresh: [u8; 32],
) -> LoginAnswer {
    let facts = facts(&login.person, &login.account, &login.actors, login);
    LoginAnswer {
        subject: subject(service, login, pseudonyms, fresh),
        released: service.release.release(&facts, cpr),
        assurance: login.identity.assurance,
        methods: login.identity.methods.clone(),
        authenticated_at: login.identity.authenticated_at,
        session: session.id,
        session_index: session_index(session, service, pseudonyms),
        session_ends: session.expires_at,
        authorities: login.identity.authorities.clone(),
    }
}

/// The pairwise name of a person in a sector: survives a new school, a new account and a new
/// identity provider, and leads neither back to the person nor across to another sector (E14).
pub fn pairwise(pseudonyms: &MasterSecret, sector: &str, person: PersonId) -> String {
    let name = pseudonyms.derive(Label::PairwiseSubject, &[sector.as_bytes(), person.0.as_bytes()]);
    data_encoding::BASE32_NOPAD
        .encode(name.as_slice())
        .to_ascii_lowercase()
}

/// What a session is called towards one service.
pub fn session_index(session: &SsoSession, service: &ServiceProfile, pseudonyms: &MasterSecret) -> String {
    let name = pseudonyms.derive(
        Label::SessionIndex,
        &[service.id.as_str().as_bytes(), session.id.0.as_bytes()],
    );
    data_encoding::BASE64URL_NOPAD.encode(name.get(..18).unwrap_or_default())
}

fn subject(
    service: &ServiceProfile,
    login: &CompletedLogin,
    pseudonyms: &MasterSecret,
    fresh: [u8; 32],
) -> Subject {
    let value = match service.subject {
        SubjectKind::Pairwise => pairwise(pseudonyms, &service.sector, login.person.id),
        SubjectKind::UniId => login.account.uni_id.as_str().to_owned(),
        SubjectKind::Transient => format!("_{}", data_encoding::HEXLOWER.encode(&fresh)),
    };
    Subject {
        kind: service.subject,
        value,
    }
}

/// Everything that could be said of the user; the release rule takes most of it away again.
fn facts(person: &Person, account: &Account, actors: &[Actor], login: &CompletedLogin) -> AttributeSet {
    let mut facts = AttributeSet::default();
    facts.add(Attribute::UniId, account.uni_id.as_str());
    facts.add(Attribute::GivenName, &person.given_name);
    facts.add(Attribute::FamilyName, &person.family_name);
    facts.add(
        Attribute::DisplayName,
        format!("{} {}", person.given_name, person.family_name).trim(),
    );
    for actor in actors {
        let group = actor.group.as_str();
        if !facts
            .values(Attribute::ActorGroup)
            .iter()
            .any(|known| known == group)
        {
            facts.add(Attribute::ActorGroup, group);
        }
        if !facts
            .values(Attribute::InstitutionNumber)
            .iter()
            .any(|known| known == actor.institution.number.as_str())
        {
            facts.add(Attribute::InstitutionNumber, actor.institution.number.as_str());
            facts.add(Attribute::InstitutionName, &actor.institution.name);
        }
        if let Some(cvr) = &actor.institution.cvr
            && !facts.values(Attribute::Cvr).contains(cvr)
        {
            facts.add(Attribute::Cvr, cvr);
        }
    }
    add_levels(&mut facts, &login.identity.assurance);
    facts.add(Attribute::Upstream, login.identity.upstream.as_str());
    facts
}

fn add_levels(facts: &mut AttributeSet, held: &Assurance) {
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
