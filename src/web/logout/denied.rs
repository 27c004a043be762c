//! Logout messages that must not be obeyed (B23, D12): the session that they are about stays.

use std::fmt;

use crate::domain::refusal::{Refusal, Refused};

/// Why a logout message is denied, in the words of the log.
#[derive(Debug)]
pub struct Denied {
    /// What messages of this kind are called in the log.
    kind: &'static str,
    reason: &'static str,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.deny[{}]", self.kind, self.reason)
    }
}

impl std::error::Error for Denied {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

const SAML: &str = "saml.slo";
const OIDC: &str = "oidc.logout";

/// A SAML message, denied by this check.
pub fn denied(reason: &'static str) -> Refused {
    of_kind(SAML, reason, None)
}

/// A message of OpenID Connect, denied by this check.
pub fn oidc_denied(reason: &'static str) -> Refused {
    of_kind(OIDC, reason, None)
}

/// A message of OpenID Connect, denied by this check, which says more.
pub fn oidc_denied_because(
    reason: &'static str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Refused {
    of_kind(OIDC, reason, Some(cause.into()))
}

fn of_kind(
    kind: &'static str,
    reason: &'static str,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
) -> Refused {
    Refusal::LogoutRefused.because(Denied { kind, reason, cause })
}

/// A SAML message, denied by this check, which says more.
pub fn denied_because(
    reason: &'static str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Refused {
    of_kind(SAML, reason, Some(cause.into()))
}
