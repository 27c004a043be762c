//! A refusal together with its cause, which the log gets and nobody else.

use std::fmt;

use super::Refusal;

/// A refusal on its way to page, service and log: with the cause, which stays here.
#[derive(Debug)]
pub struct Refused {
    /// What the user and the service are told.
    pub refusal: Refusal,
    /// What the operator is told: the whole chain, free of personal data.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Refusal {
    /// Keeps the cause for the log.
    pub fn because(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Refused {
        Refused {
            refusal: self,
            cause: Some(cause.into()),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, cause: None }
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
