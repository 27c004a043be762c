//! Actors ("aktører"): what a person is, at an institution.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::account::AccountId;
use super::institution::Institution;
use super::role::Role;
use super::stage::Level;

/// One affiliation or contact relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActorId(pub Uuid);

/// The four groups of actors, spelled as services know them (`aktoer_gruppe`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorGroup {
    /// A pupil or student.
    Elev,
    /// Somebody employed by the institution.
    Medarbejder,
    /// Attached without employment: trainee, external examiner.
    Ekstern,
    /// A parent, guardian or other contact person of a pupil.
    Kontaktperson,
}

impl ActorGroup {
    /// Every group.
    pub const ALL: [Self; 4] = [Self::Elev, Self::Medarbejder, Self::Ekstern, Self::Kontaktperson];

    /// The wire spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Elev => "Elev",
            Self::Medarbejder => "Medarbejder",
            Self::Ekstern => "Ekstern",
            Self::Kontaktperson => "Kontaktperson",
        }
    }

    /// Reads the wire spelling, whatever its case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|group| group.as_str().eq_ignore_ascii_case(text))
    }
}

/// One account in one role at one institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The affiliation.
    pub id: ActorId,
    /// The account that holds it.
    pub account: AccountId,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// The institution where it is.
    pub institution: Institution,
    /// What they do there, more closely; all of the group.
    pub roles: BTreeSet<Role>,
    /// How far a pupil has come, where the school tells.
    pub level: Option<Level>,
    /// Since when a pupil is at the present stage, where that is known.
    pub stage_since: Option<Timestamp>,
    /// Whether it gives its institution no say over the account, which is another owner's (K01).
    pub unconfirmed: bool,
}
