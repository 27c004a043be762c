//! Roles: what an actor does at its institution, in the words of the import.
//!
//! The group of an actor (Elev, Medarbejder …) says what kind of person it is; the roles say
//! more, and one of them, [`Role::Lærer`], decides who may help pupils (U47).

use serde::{Deserialize, Serialize};

use super::actor::ActorGroup;

/// What somebody does at an institution, more closely than the actor group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// A child in day care.
    Barn,
    /// A pupil.
    Elev,
    /// A student.
    Studerende,
    /// A teacher: the role that Elevadgang asks for.
    Lærer,
    /// A pedagogue.
    Pædagog,
    /// A substitute.
    Vikar,
    /// A manager.
    Leder,
    /// Of the management.
    Ledelse,
    /// Technical and administrative staff.
    Tap,
    /// A consultant.
    Konsulent,
    /// A trainee.
    Praktikant,
    /// Attached in another way.
    Ekstern,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 12] = [
        Self::Barn,
        Self::Elev,
        Self::Studerende,
        Self::Lærer,
        Self::Pædagog,
        Self::Vikar,
        Self::Leder,
        Self::Ledelse,
        Self::Tap,
        Self::Konsulent,
        Self::Praktikant,
        Self::Ekstern,
    ];

    /// The spelling of imports and of the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Barn => "Barn",
            Self::Elev => "Elev",
            Self::Studerende => "Studerende",
            Self::Lærer => "Lærer",
            Self::Pædagog => "Pædagog",
            Self::Vikar => "Vikar",
            Self::Leder => "Leder",
            Self::Ledelse => "Ledelse",
            Self::Tap => "TAP",
            Self::Konsulent => "Konsulent",
            Self::Praktikant => "Praktikant",
            Self::Ekstern => "Ekstern",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The group of actors that may have it.
    pub const fn group(self) -> ActorGroup {
        match self {
            Self::Barn | Self::Elev | Self::Studerende => ActorGroup::Elev,
            Self::Lærer
            | Self::Pædagog
            | Self::Vikar
            | Self::Leder
            | Self::Ledelse
            | Self::Tap
            | Self::Konsulent => ActorGroup::Medarbejder,
            Self::Praktikant | Self::Ekstern => ActorGroup::Ekstern,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("lærer"), None);
    }
}
