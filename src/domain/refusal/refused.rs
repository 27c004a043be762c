//! A refusal together with its cause, which the log gets and nobody else.

use std::fmt;

use super::Refusal;
use crate::domain::account::{Account, AccountId, PersonId};

/// A refusal on its way to page, service and log: with the cause, which stays here.
#[derive(Debug)]
pub struct Refused {
    /// What the user and the service are told.
    pub refusal: Refusal,
    /// What the operator is told: the whole chain, free of personal data.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Whether it is certain that what is refused came from the upstream: only then does it speak
    /// against the upstream. A browser can bring anything.
    pub is_upstreams_word: bool,
    /// Whose login it was, where that is known before anything is proved: for the auditor, and for
    /// whoever helps them. Nobody else is told.
    pub whose: Option<(PersonId, AccountId)>,
}

impl Refused {
    /// Says at which account it was tried.
    #[must_use]
    pub fn at(mut self, account: Option<&Account>) -> Self {
        self.whose = account.map(|account| (account.person, account.id));
        self
    }

    /// Says whether what is refused is the upstream's own word.
    #[must_use]
    pub const fn said_by_upstream(mut self, is_so: bool) -> Self {
        self.is_upstreams_word = is_so;
        self
    }
}

impl Refusal {
    /// Keeps the cause for the log.
    pub fn because(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Refused {
        Refused {
            refusal: self,
            cause: Some(cause.into()),
            is_upstreams_word: false,
            whose: None,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            cause: None,
            is_upstreams_word: false,
            whose: None,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.refusal.code())
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
