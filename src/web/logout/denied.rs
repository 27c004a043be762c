//! Logout messages that must not be obeyed (B23, D12): the session that they are about stays.

use std::fmt;

use crate::domain::refusal::{Refusal, Refused};

/// Why a logout message is denied, in the words of the log.
#[derive(Debug)]
pub struct Denied {
    reason: &'static str,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "saml.slo.deny[{}]", self.reason)
    }
}

impl std::error::Error for Denied {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// Denied by this check.
pub fn denied(reason: &'static str) -> Refused {
    Refusal::LogoutRefused.because(Denied { reason, cause: None })
}

/// Denied by this check, which says more.
pub fn denied_because(
    reason: &'static str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Refused {
    let cause = Some(cause.into());
    Refusal::LogoutRefused.because(Denied { reason, cause })
}
