//! A logout on its way through the browser: sealed in a cookie, so that the server keeps
//! nothing of it, or in the store where there are too many to tell for a cookie. What it says of people is only where they are in the store.

use axum::http::HeaderValue;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::participants::{Participant, Party};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::session::SessionId;
use crate::domain::upstream::UpstreamId;
use crate::keys::seal::SealPurpose;
use crate::login::at_upstream::AtUpstream;
use crate::store::ephemeral::StateKey;
use crate::telemetry::metrics::Notice;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// The base name of the cookie.
const COOKIE: &str = "logout";
/// After this nobody comes back any more.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Cookies end at 4,096 bytes with name and attributes.
const LONGEST_COOKIE: usize = 3_000;
/// Marks a cookie value that only names a parked one.
const PARKED: &str = "p.";

/// How far a logout has come.
#[derive(Debug, Serialize, Deserialize)]
pub struct Logout {
    /// Names it in messages; comes back as `RelayState` or `state`.
    pub id: String,
    /// When it began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub begun_at: Timestamp,
    /// Who gets the answer.
    pub asker: Asker,
    /// Those whom the browser is still to be led past, the last one first.
    pub stops: Vec<Stop>,
    /// The one that the browser is at, and the message that it brought there.
    pub underway: Option<(Party, String)>,
    /// What became of those that were told.
    pub told: Vec<(Party, Outcome)>,
    /// Frames that the receipt has to show.
    pub frames: Vec<(ServiceId, String)>,
    /// A session at an eID that is none of ours to end, and is to end all the same.
    pub lent: Option<(UpstreamId, Option<AtUpstream>)>,
}

/// Who asked, and so who gets an answer at the end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Asker {
    /// The visitor, at our own page; or an OpenID client that wants no answer.
    Visitor(Option<ServiceId>),
    /// An OpenID client, with the registered address that it wants the browser at.
    Client(ServiceId, String),
    /// A SAML service, with the request's id and what it wants back.
    Service(ServiceId, String, Option<String>),
    /// A SAML upstream, likewise.
    Upstream(UpstreamId, String, Option<String>),
    /// A login of this service's that goes on at this address, once the eID is left by whoever is there.
    Login(ServiceId, String),
    /// A SAML party that is done and wants no answer (`aslo:Asynchronous`): the visitor stays with us.
    Unanswered(Party),
}

/// Where somebody is found in the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stop {
    session: Uuid,
    place: usize,
}

/// What became of telling somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// They said that it is done.
    Done,
    /// They were told in a frame, and nobody hears what came of it.
    Framed,
    /// They did not answer, or not that it is done.
    Silent,
    /// They have no way to be told.
    NoWay,
}

impl Outcome {
    /// How it is counted.
    pub const fn notice(self) -> Notice {
        match self {
            Self::Done => Notice::Done,
            Self::Framed => Notice::Framed,
            Self::Silent => Notice::Silent,
            Self::NoWay => Notice::NoWay,
        }
    }
}

impl Stop {
    /// Where this participant is found again.
    pub fn of(participant: &Participant) -> Self {
        Self {
            session: participant.session.0,
            place: participant.place,
        }
    }

    /// Which session.
    pub fn session(&self) -> SessionId {
        SessionId(self.session)
    }

    /// Which of its participants.
    pub fn place(&self) -> usize {
        self.place
    }
}

impl Logout {
    /// Nobody has been told yet.
    pub fn begin(portner: &Portner, asker: Asker) -> Self {
        Self {
            id: BASE64URL_NOPAD.encode(&portner.ambient.bytes::<16>()),
            begun_at: portner.ambient.now(),
            asker,
            stops: Vec::new(),
            underway: None,
            told: Vec::new(),
            frames: Vec::new(),
            lent: None,
        }
    }

    /// Whether everybody who could not be skipped has been told: all services, and those upstreams
    /// that are told at all.
    pub fn is_whole(&self) -> bool {
        self.told.iter().all(|(party, outcome)| match outcome {
            Outcome::Done | Outcome::Framed => true,
            Outcome::NoWay => matches!(party, Party::Upstream(_)),
            Outcome::Silent => false,
        })
    }

    /// Whether the time for telling is over.
    pub fn is_late(&self, portner: &Portner) -> bool {
        let taken = portner.ambient.now().duration_since(self.begun_at);
        taken.unsigned_abs() >= portner.settings.logout.deadline
    }

    /// The `Set-Cookie` value that keeps it.
    pub async fn keep(&self, portner: &Portner) -> Result<Option<HeaderValue>, Refused> {
        let plain = postcard::to_stdvec(self).map_err(|error| Refusal::Internal.because(error))?;
        let sealed = portner.sealer.seal(SealPurpose::Logout, &plain);
        let sealed = sealed.map_err(|error| Refusal::Internal.because(error))?;
        let mut value = BASE64URL_NOPAD.encode(&sealed);
        if value.len() > LONGEST_COOKIE {
            let ticket = BASE64URL_NOPAD.encode(&portner.ambient.bytes::<16>());
            let until = portner.ambient.now().saturating_add(LIFETIME);
            let parked = portner
                .store
                .park(&parking_place(&ticket), &sealed, until.unwrap_or(Timestamp::MAX))
                .await;
            parked.map_err(|error| Refusal::Overloaded { retry_after: 30 }.because(error))?;
            value = format!("{PARKED}{ticket}");
        }
        let lifetime = u32::try_from(LIFETIME.as_secs()).ok();
        Ok(portner.cookies().set(COOKIE, &value, lifetime))
    }

    /// The logout that this browser has on its way, if it is whole and of now.
    pub async fn load(portner: &Portner, visit: &Visit) -> Option<Self> {
        let value = visit.cookies.get(&portner.cookies().name(COOKIE))?;
        let sealed = match value.strip_prefix(PARKED) {
            Some(ticket) => {
                let now = portner.ambient.now();
                portner.store.parked(&parking_place(ticket), now).await.ok()??
            }
            None => BASE64URL_NOPAD.decode(value.as_bytes()).ok()?,
        };
        let plain = portner.sealer.open(SealPurpose::Logout, &sealed).ok()?;
        let logout: Self = postcard::from_bytes(&plain).ok()?;
        let age = portner.ambient.now().duration_since(logout.begun_at);
        (age < LIFETIME).then_some(logout)
    }

    /// Whether the browser brought one at all.
    pub fn is_there(portner: &Portner, visit: &Visit) -> bool {
        let value = visit.cookies.get(&portner.cookies().name(COOKIE));
        value.is_some_and(|value| !value.is_empty())
    }

    /// Forgets what was kept for this browser's logout: it is over.
    pub async fn clear(portner: &Portner, visit: &Visit) {
        let value = visit.cookies.get(&portner.cookies().name(COOKIE));
        if let Some(ticket) = value.and_then(|value| value.strip_prefix(PARKED)) {
            // What stays runs out by itself.
            if let Err(error) = portner.store.unpark(&parking_place(ticket)).await {
                tracing::warn!(%error, "a finished logout could not be forgotten");
            }
        }
    }

    /// The `Set-Cookie` value that takes it from the browser.
    pub fn forget(portner: &Portner) -> Option<HeaderValue> {
        portner.cookies().clear(COOKIE)
    }
}

fn parking_place(ticket: &str) -> StateKey {
    StateKey::of("logout.parked", &[ticket])
}
