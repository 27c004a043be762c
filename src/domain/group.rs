//! Groups at an institution: classes, year groups, teams (`Group` of the import).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::institution::InstitutionNumber;
use super::stage::Level;

/// One group at one institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub Uuid);

/// What a group is for (`GroupType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GroupKind {
    /// The class that a pupil belongs to; what makes a teacher the teacher of a pupil (U47).
    Hovedgruppe,
    /// Everybody of one year.
    Årgang,
    /// A line of study.
    Retning,
    /// Pupils who are taught something together.
    Hold,
    /// After-school care.
    Sfo,
    /// Staff who work together.
    Team,
    /// Anything else.
    Andet,
}

impl GroupKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Hovedgruppe,
        Self::Årgang,
        Self::Retning,
        Self::Hold,
        Self::Sfo,
        Self::Team,
        Self::Andet,
    ];

    /// The spelling of imports and of the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hovedgruppe => "Hovedgruppe",
            Self::Årgang => "Årgang",
            Self::Retning => "Retning",
            Self::Hold => "Hold",
            Self::Sfo => "SFO",
            Self::Team => "Team",
            Self::Andet => "Andet",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A group as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group.
    pub id: GroupId,
    /// The institution whose group it is.
    pub institution: InstitutionNumber,
    /// What the institution calls it: `2.B`.
    pub name: String,
    /// What it is for.
    pub kind: GroupKind,
    /// How far its members have come, where the school tells.
    pub level: Option<Level>,
    /// Active from this moment; `None`: always was.
    pub from: Option<Timestamp>,
    /// Active until just before this moment; `None`: for good.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in GroupKind::ALL {
            assert_eq!(GroupKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(GroupKind::parse("hold"), None);
    }
}
