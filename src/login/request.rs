//! What any service asks for, in words that no protocol owns.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::domain::assurance::WantedAssurance;
use crate::domain::service::ServiceId;
use crate::domain::text::Language;
use crate::domain::upstream::UpstreamId;

/// One request for a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The service that asks.
    pub service: ServiceId,
    /// How sure the service wants to be.
    pub wanted: WantedAssurance,
    /// How fresh the proof must be.
    pub freshness: Freshness,
    /// The user must not be disturbed (`IsPassive`, `prompt=none`).
    pub passive: bool,
    /// What the service believes about the user.
    pub hints: Hints,
    /// The language that the service asked for.
    pub language: Option<Language>,
    /// How the answer finds its way back: the service's own protocol module wrote it, and
    /// nobody else reads it.
    pub reply: ReplyContext,
}

/// How old a proof may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Freshness {
    /// A new proof is wanted whatever there is (`ForceAuthn`, `prompt=login`).
    pub force: bool,
    /// The user wants to choose again who to be (`prompt=select_account`).
    pub choose_again: bool,
    /// No older than this many seconds (`max_age`).
    pub max_age_seconds: Option<u32>,
}

impl Freshness {
    /// The oldest proof that will do.
    pub fn max_age(&self) -> Option<SignedDuration> {
        self.max_age_seconds
            .map(|seconds| SignedDuration::from_secs(i64::from(seconds)))
    }
}

/// What a service believes about who the user is and where they log in. Never trusted
/// further than a choice of the user's own would be: always intersected with what the
/// service may use.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hints {
    /// The name that the user may want to log in with (`login_hint`, `<Subject>`).
    pub login_name: Option<String>,
    /// The upstream meant ([`HINT_PARAMETERS`](crate::domain::upstream::HINT_PARAMETERS)), resolved to one
    /// that exists.
    pub upstream: Option<UpstreamId>,
    /// Only these upstreams (`IDPList`); nothing means no such wish.
    pub only: Option<Vec<UpstreamId>>,
    /// How many more brokers the service allows (`ProxyCount`).
    pub proxy_count: Option<u32>,
    /// Who asked the service, nearest last (`RequesterID`).
    pub requesters: Vec<String>,
}

/// Bytes that only the protocol module that wrote them can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyContext(pub Vec<u8>);
