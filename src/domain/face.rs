//! The faces: in which tradition a service wants to hear of a login.
//!
//! A face is one word in a service's file that stands for a vocabulary, a release rule, what
//! the user is known by and how many roles are told at once; each of these can still be
//! decided by a line of its own. The wire is written in `services/words.rs`.

use serde::{Deserialize, Serialize};

/// A tradition that services are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Face {
    /// Portner's own: what the registration says, and nothing is implied.
    #[default]
    Own,
    /// The incumbent of the school sector, as its services have known it.
    Unilogin,
    /// The incumbent's light form: an institution number and a name that says nothing.
    Light,
    /// OIOSAML 3: public services outside the schools.
    Oiosaml3,
    /// eduPerson and SCHAC, as WAYF and eduGAIN use them.
    EduPerson,
}

impl Face {
    /// Every face, by the word that registrations use.
    pub const WORDS: [(&str, Self); 5] = [
        ("own", Self::Own),
        ("unilogin", Self::Unilogin),
        ("letvaegt", Self::Light),
        ("oiosaml-3", Self::Oiosaml3),
        ("eduperson", Self::EduPerson),
    ];

    /// The word that registrations use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Unilogin => "unilogin",
            Self::Light => "letvaegt",
            Self::Oiosaml3 => "oiosaml-3",
            Self::EduPerson => "eduperson",
        }
    }

    /// The vocabulary of `config/attributes.toml` that it speaks.
    pub const fn vocabulary(self) -> &'static str {
        match self {
            Self::Own | Self::Unilogin => "unilogin",
            Self::Light => "letvaegt",
            Self::Oiosaml3 => "oiosaml-3",
            Self::EduPerson => "eduperson",
        }
    }

    /// The rule of `config/releases.toml` that its services usually have.
    pub const fn release(self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::Unilogin => Some("unilogin"),
            Self::Light => Some("letvaegt"),
            Self::Oiosaml3 => Some("oiosaml-3"),
            Self::EduPerson => Some("eduperson"),
        }
    }

    /// Whether its services know the provider by the incumbent's path below our origin.
    pub const fn is_of_the_incumbent(self) -> bool {
        matches!(self, Self::Unilogin | Self::Light)
    }
}

/// How much of what a user is reaches a service at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ActingAs {
    /// Everything that the service is for.
    #[default]
    Everything,
    /// One group of actors, wherever the user belongs to it: the incumbent's selected actor.
    OneGroup,
    /// The user acts as one affiliation, which they choose.
    OneActor,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_face() {
        for (word, face) in Face::WORDS {
            assert_eq!(face.word(), word);
        }
    }
}
