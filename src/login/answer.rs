//! From a completed login to what the service gets: subject, released facts, context.

use jiff::Timestamp;

use super::facts::{self, Names};
use super::journey::CompletedLogin;
use super::request::LoginRequest;
use crate::domain::account::PersonId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::approval::ApprovalId;
use crate::domain::assurance::{Assurance, Demand, IdentityKind};
use crate::domain::cpr::Cpr;
use crate::domain::face::Face;
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
    /// As what the user acts: what is issued dies with any of them.
    pub acting: Vec<ActorId>,
    /// RFC 8176 methods.
    pub methods: Vec<String>,
    /// When it was proved.
    pub authenticated_at: Timestamp,
    /// The session that the answer rests on: what is issued dies with it.
    pub session: SessionId,
    /// The session's name towards this service (`sid`, `SessionIndex`): tells nothing to another.
    pub session_index: String,
    /// When the session ends at the latest.
    pub session_ends: Timestamp,
    /// Who vouched, nearest last, as the upstream named them.
    pub authorities: Vec<String>,
    /// The adult's word that it rests on, where it rests on one.
    pub vouched: Option<ApprovalId>,
}

/// The user's name towards one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What kind of name it is.
    pub kind: SubjectKind,
    /// The name itself, as it goes to the service.
    pub value: String,
}

/// What an answer is made of beside the login.
#[derive(Debug, Clone, Copy)]
pub struct Ingredients<'a> {
    /// What the service asked.
    pub request: &'a LoginRequest,
    /// The service that gets the answer.
    pub service: &'a ServiceProfile,
    /// What the login rests on.
    pub session: &'a SsoSession,
    /// Makes names that nobody else can make.
    pub pseudonyms: &'a MasterSecret,
    /// The domain that values of ours belong to.
    pub scope: &'a str,
    /// Makes a name that is new at each login.
    pub fresh: [u8; 32],
}

/// Makes the answer. `cpr` is only looked at where the service has a legal basis for it.
pub fn answer(login: &CompletedLogin, with: Ingredients<'_>, cpr: Option<Cpr>) -> LoginAnswer {
    let (service, session, pseudonyms) = (with.service, with.session, with.pseudonyms);
    let identity = identity_told(login, with.request, service);
    let names = Names {
        scope: with.scope,
        pairwise: &pairwise(pseudonyms, &service.sector, login.person.id),
        identity,
    };
    let facts = facts::collect(login, service, names);
    let vouched_until = login.vouched.as_ref().map(|vouched| vouched.not_after);
    LoginAnswer {
        subject: subject(login, with, identity),
        released: service.release.release(&facts, cpr),
        assurance: login.level,
        acting: login.actors.iter().map(|actor| actor.id).collect(),
        methods: login.identity.methods.clone(),
        authenticated_at: login.identity.authenticated_at,
        session: session.id,
        session_index: session_index(session.id, service, pseudonyms),
        // An answer is good for no longer than an adult's word in it (I08).
        session_ends: vouched_until.map_or(session.expires_at, |until| until.min(session.expires_at)),
        vouched: login.vouched.as_ref().map(|vouched| vouched.approval),
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

/// A name that is new at each login, made of bytes that are: never the same twice (saml-core §8.3.8).
pub fn transient(fresh: &[u8; 32]) -> String {
    format!("_{}", data_encoding::HEXLOWER.encode(fresh))
}

/// What a session is called towards one service.
pub fn session_index(session: SessionId, service: &ServiceProfile, pseudonyms: &MasterSecret) -> String {
    let name = pseudonyms.derive(
        Label::SessionIndex,
        &[service.id.as_str().as_bytes(), session.0.as_bytes()],
    );
    data_encoding::BASE64URL_NOPAD.encode(name.get(..18).unwrap_or_default())
}

/// Whether the answer is about a private person or an employee: what was asked for and reached,
/// or else what the user acts as. Employees need an employer that has a number (OIOSAML 3).
fn identity_told(login: &CompletedLogin, request: &LoginRequest, service: &ServiceProfile) -> IdentityKind {
    let demands = request.wanted.demands.iter().chain(&service.wanted.demands);
    let mut asked = demands.filter_map(|demand| match demand {
        Demand::Identity(kind) => Some(*kind),
        _ => None,
    });
    let is_employed = login
        .actors
        .iter()
        .all(|actor| actor.group == ActorGroup::Medarbejder && actor.institution.cvr.is_some());
    asked.next().unwrap_or(if is_employed {
        IdentityKind::Professional
    } else {
        IdentityKind::Person
    })
}

/// The same person under a UUID, one as a private person and another as an employee.
fn oiosaml_name(pseudonyms: &MasterSecret, sector: &str, person: PersonId, identity: IdentityKind) -> String {
    let kind = match identity {
        IdentityKind::Person => "person",
        IdentityKind::Professional => "professional",
    };
    let name = pseudonyms.derive(
        Label::PairwiseSubject,
        &[sector.as_bytes(), person.0.as_bytes(), kind.as_bytes()],
    );
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(name.iter())
        .for_each(|(to, from)| *to = *from);
    let uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    format!("https://data.gov.dk/model/core/eid/{kind}/uuid/{uuid}")
}

fn subject(login: &CompletedLogin, with: Ingredients<'_>, identity: IdentityKind) -> Subject {
    let (service, person) = (with.service, login.person.id);
    let value = match service.subject {
        SubjectKind::Pairwise if service.face == Face::Oiosaml3 => {
            oiosaml_name(with.pseudonyms, &service.sector, person, identity)
        }
        SubjectKind::Pairwise => pairwise(with.pseudonyms, &service.sector, person),
        SubjectKind::UniId => login.account.uni_id.as_str().to_owned(),
        SubjectKind::Transient => transient(&with.fresh),
    };
    Subject {
        kind: service.subject,
        value,
    }
}
