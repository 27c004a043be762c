//! What an upstream vouched for, once every check of its protocol has passed.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::account::{AccountId, SecretVersion, UniId};
use crate::domain::assurance::Assurance;
use crate::domain::eid::CprProof;
use crate::domain::privilege::PrivilegeGroup;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::upstream::UpstreamId;
use crate::store::replay::Mark;

use super::at_upstream::AtUpstream;
use super::transaction::LoginTransaction;

/// Who asserted, which subject, how strongly and when. The strength is as proved by
/// attributes and capped by the upstream's ceiling, never an echoed class reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticatedIdentity {
    /// The upstream that vouched.
    pub upstream: UpstreamId,
    /// What was proved.
    pub assurance: Assurance,
    /// RFC 8176 names of the methods, for `amr`.
    pub methods: Vec<String>,
    /// When the user proved it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub authenticated_at: Timestamp,
    /// Whether the upstream said so. Else it is when its answer came, and the proof may be older:
    /// nobody who asks how old it is may lean on it (E16).
    pub time_is_said: bool,
    /// No session may outlive this (`SessionNotOnOrAfter`, B07).
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub not_after: Option<Timestamp>,
    /// The identity providers behind the answer, nearest last (`AuthenticatingAuthority`).
    pub authorities: Vec<String>,
    /// What the user may do and on behalf of whom, as far as this upstream is believed about that.
    pub privileges: Vec<PrivilegeGroup>,
    /// The upstream's own session, where it has one and we were not leaning on an earlier login.
    pub session: Option<AtUpstream>,
}

/// An identity together with what says whose it is. Never kept: the CPR number goes no
/// further than the look-up.
#[derive(Debug, Clone)]
pub struct UpstreamAnswer {
    /// What is kept of it.
    pub identity: AuthenticatedIdentity,
    /// Whose it is.
    pub claimed: Claimed,
    /// What makes it count once, where the protocol does not (B05).
    pub mark: Option<Mark>,
    /// The signed message that it came by, as it came: for evidence.
    pub message: SignedMessage,
}

/// A message as it came, with everything that is said in it; no log shows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SignedMessage(pub String);

impl fmt::Debug for SignedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedMessage({} bytes)", self.0.len())
    }
}

/// The keys by which an upstream may identify somebody. Never an e-mail address or a name (C04).
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// An account of our own store, whose secret was just proved.
    pub account: Option<AccountId>,
    /// Which of that account's secrets.
    pub secret: Option<SecretVersion>,
    /// The UNI-ID, where the upstream says it and may.
    pub uni_id: Option<UniId>,
    /// What leads to a CPR number.
    pub cpr: Option<CprProof>,
    /// What the upstream sent, by name and never by value: for the log, where nobody is found.
    pub sent: Vec<String>,
}

/// Whoever brings a proof that another login was made of.
pub fn replayed(tx: &LoginTransaction) -> Refused {
    let Some(route) = tx.route() else {
        return Refusal::LoginLost.into();
    };
    let check = "replay".to_owned();
    Refusal::UpstreamAnswerRefused {
        upstream: route.upstream.clone(),
        check,
    }
    .because("the assertion was used in another login")
}
