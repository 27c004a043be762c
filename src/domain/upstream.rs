//! An upstream as the journey sees it: a party that vouches for users.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::assurance::Assurance;
use super::error_url::ErrorUrl;
use super::evidence::EvidenceRule;
use super::institution::InstitutionNumber;
use super::login_name::Domain;
use super::privilege::PrivilegeTrust;
use super::text::LocalizedName;

/// The parameters by which services of either protocol say which upstream they mean: by a domain of its, its
/// short name, entityID or issuer. The first that means one that exists counts.
pub const HINT_PARAMETERS: [&str; 4] = ["domain_hint", "kc_idp_hint", "idphint", "aarc_idp_hint"];

/// The short name of a registered upstream: its file name without the ending. Safe in URLs and logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UpstreamId(String);

impl UpstreamId {
    /// Reads a short name: 1–64 of `a–z`, `0–9`, `-`, `_`, `.`.
    pub fn parse(text: &str) -> Option<Self> {
        super::service::is_short_name(text).then(|| Self(text.to_owned()))
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpstreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an upstream is to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpstreamKind {
    /// The central credential store.
    Central,
    /// NemID, MitID or what comes after them.
    NationalEid,
    /// A municipality's or school's own identity provider.
    Local,
}

impl UpstreamKind {
    /// Every kind, by the word that registrations use.
    pub const WORDS: [(&str, Self); 3] = [
        ("central", Self::Central),
        ("national-eid", Self::NationalEid),
        ("local", Self::Local),
    ];

    /// The word that registrations use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::NationalEid => "national-eid",
            Self::Local => "local",
        }
    }
}

/// A domain whose users an upstream vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DomainRule {
    /// The domain, as it stands after the @ of a name.
    pub domain: Domain,
    /// Whether everything under it counts too.
    pub with_subdomains: bool,
}

/// What an upstream's word is good for. Anything else that it says is ignored (C05, DR23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entitlements {
    /// It may identify people by CPR number.
    pub cpr: bool,
    /// It may identify accounts by UNI-ID.
    pub uni_id: bool,
}

/// What the journey needs to know of an upstream.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct UpstreamProfile {
    /// Its short name.
    pub id: UpstreamId,
    /// What it is to users.
    pub kind: UpstreamKind,
    /// What users know it as.
    pub name: LocalizedName,
    /// The domains that route to it.
    pub domains: Vec<DomainRule>,
    /// The scopes that it may assert scoped values in, compared by equality (DR11).
    pub scopes: BTreeSet<Domain>,
    /// What its word is good for.
    pub entitled: Entitlements,
    /// The institutions whose people it may vouch for; empty means everybody, as for the
    /// national eID. A municipality's login cannot speak for another's users (C01).
    pub institutions: BTreeSet<InstitutionNumber>,
    /// The strongest that is believed of it.
    pub ceiling: Assurance,
    /// For whom it may say what somebody may do.
    pub privileges: PrivilegeTrust,
    /// Whom to call when its answers are refused.
    pub contact: Option<String>,
    /// Where its users find help when it has failed them (`errorURL`).
    pub error_url: Option<ErrorUrl>,
    /// It may be used only where every institution that the user acts for is a public-law body.
    pub public_bodies_only: bool,
    /// A strong login by it is one for those who look after an institution (K06): the national eID's is, and
    /// anybody else's where the operator says so.
    pub administrators: bool,
    /// Switched off: every path refuses, also for requests begun before (B13).
    pub enabled: bool,
    /// Left out of the chooser's list, but reachable by domain and hint.
    pub hidden: bool,
    /// Its signed messages are kept as evidence.
    pub evidence: EvidenceRule,
    /// What becomes of the sessions that it vouched for.
    pub sessions: SessionRules,
}

/// What becomes of sessions that an upstream vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    /// Whether later logins may lean on them; otherwise the upstream is asked each time.
    pub shared: bool,
    /// Whether the upstream is told when they end.
    pub told_of_logout: bool,
}
