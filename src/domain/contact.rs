//! Contact relations: who a child's adults are, and which of them has custody (U27, U63, U67).

use serde::{Deserialize, Serialize};

use super::actor::ActorId;

/// What the adult is to the child (`ContactPerson/relation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Relation {
    /// Mother.
    Mor,
    /// Father.
    Far,
    /// Somebody whom the authorities have appointed.
    Officiel,
    /// Anybody else.
    Andet,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 4] = [Self::Mor, Self::Far, Self::Officiel, Self::Andet];

    /// The spelling of imports and of the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mor => "Mor",
            Self::Far => "Far",
            Self::Officiel => "Officielt tilknyttet person",
            Self::Andet => "Andet",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.as_str() == text)
    }
}

/// One adult of one pupil at one institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// The pupil.
    pub pupil: ActorId,
    /// The adult, as contact person of the same institution.
    pub adult: ActorId,
    /// What the adult is to the child.
    pub relation: Relation,
    /// Whether the adult has custody; only then may they act for the child.
    pub custody: bool,
}
