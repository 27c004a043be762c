//! What went wrong in a login, as its pages tell it: a form that led nowhere, or an end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::refusal::Refusal;

/// What was sent and led nowhere, for the page that asks for it once more. The answer to a
/// form is a redirect to that page, so that going back or reloading never sends it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mishap {
    /// Where it happened.
    pub at: MishapAt,
    /// Why it led nowhere.
    pub refusal: Refusal,
}

/// Which form it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MishapAt {
    /// The one for a name, with what was typed there.
    Name(String),
    /// The one for a password.
    Password,
    /// One in which one of several was to be chosen, and none was.
    Choice,
}

impl Mishap {
    /// What was typed is kept for mending, up to this many letters; no name is that long.
    const LONGEST: usize = 200;

    /// A name that led nowhere.
    pub fn of_name(typed: &str, refusal: Refusal) -> Self {
        Self {
            at: MishapAt::Name(typed.chars().take(Self::LONGEST).collect()),
            refusal,
        }
    }

    /// A form that was sent with nothing chosen.
    pub const fn of_choice() -> Self {
        Self {
            at: MishapAt::Choice,
            refusal: Refusal::FormRefused,
        }
    }

    /// A password that was not taken.
    pub fn of_password(refusal: Refusal) -> Self {
        Self {
            at: MishapAt::Password,
            refusal,
        }
    }
}

/// Why a login could not go on, as its page says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Why it could not go on.
    pub refusal: Refusal,
    /// What the log knows it by.
    pub reference: Uuid,
    /// When it stopped.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}
