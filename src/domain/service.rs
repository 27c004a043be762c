//! A service as the journey sees it: the same for SAML and OpenID Connect.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::actor::ActorGroup;
use super::assurance::WantedAssurance;
use super::error_url::ErrorUrl;
use super::evidence::EvidenceRule;
use super::face::{ActingAs, Face};
use super::licence::LicenceRule;
use super::release::{ReleaseRule, SubjectKind};
use super::text::LocalizedName;
use super::upstream::UpstreamId;

/// The short name of a registered service: its file name without the ending. Safe in URLs and logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceId(String);

impl ServiceId {
    /// Reads a short name: 1–64 of `a–z`, `0–9`, `-`, `_`, `.`.
    pub fn parse(text: &str) -> Option<Self> {
        is_short_name(text).then(|| Self(text.to_owned()))
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` can name a party in URLs, cookies, file names and logs.
pub(crate) fn is_short_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
        && !text.starts_with('.')
}

/// Which upstreams may vouch for users of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AllowedUpstreams {
    /// Every registered one.
    #[default]
    All,
    /// These upstreams may vouch and no other.
    Only(BTreeSet<UpstreamId>),
}

impl AllowedUpstreams {
    /// Whether this upstream may vouch.
    pub fn admits(&self, upstream: &UpstreamId) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(upstream),
        }
    }
}

/// What the journey needs to know of a service.
#[derive(Debug, Clone)]
pub struct ServiceProfile {
    /// Its short name.
    pub id: ServiceId,
    /// What users know it as.
    pub name: LocalizedName,
    /// Where a login at this service begins: the one way forward from every dead end.
    pub start_url: Url,
    /// Services of one sector know a user by the same pairwise subject.
    pub sector: String,
    /// How it gets to know the user.
    pub subject: SubjectKind,
    /// What it may have.
    pub release: ReleaseRule,
    /// Who may vouch.
    pub upstreams: AllowedUpstreams,
    /// The least that it always asks for.
    pub wanted: WantedAssurance,
    /// Whether an adult's word counts here: "Unilogin Faktor 2" is switched on for it (U17).
    pub faktor_2: bool,
    /// Which actor groups it is for; empty means all (E8).
    pub admitted_groups: BTreeSet<ActorGroup>,
    /// The tradition in which it hears of logins.
    pub face: Face,
    /// How much of what a user is it gets at once; where it is not everything, the user chooses.
    pub acting_as: ActingAs,
    /// What it makes of licences.
    pub licence: LicenceRule,
    /// Where it explains to those without one how to get it (`missingLicenseUrl`).
    pub missing_licence_url: Option<Url>,
    /// The value of `eduPersonEntitlement` that stands for access to it.
    pub entitlement: Option<String>,
    /// Whom to call when its requests are refused.
    pub contact: Option<String>,
    /// Where its users find help when it has failed them (`errorURL`).
    pub error_url: Option<ErrorUrl>,
    /// Switched off: every path refuses (B13).
    pub enabled: bool,
    /// Whether its logins may lean on earlier ones in the same browser.
    pub single_sign_on: bool,
    /// Signed messages exchanged with it are kept as evidence.
    pub evidence: EvidenceRule,
}

impl ServiceProfile {
    /// Whether the service is for this group of actors.
    pub fn admits_group(&self, group: ActorGroup) -> bool {
        self.admitted_groups.is_empty() || self.admitted_groups.contains(&group)
    }
}
