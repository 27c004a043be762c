//! Why a login at an upstream failed, with the reasons that the attacks of table D ask for.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::refusal::NO_TRUST_ANCHOR;
use crate::egress::EgressError;
use crate::oidc::jwk::JwkSetError;
use crate::oidc::jws::TokenNotSigned;

/// Why there is no accepted ID token. Shows nothing of what the tokens said.
#[derive(Debug, thiserror::Error)]
pub enum RelyingPartyError {
    /// Absent, another browser's, or not ours at all (D01).
    #[error("the state is not the one that was sent")]
    State,
    /// The answer is another provider's (D03).
    #[error("the answer names another issuer, or none where one was promised")]
    MixUp,
    /// Parameters are missing or doubled.
    #[error("the answer is not an authorization response")]
    Callback,
    /// The upstream did not log the user in.
    #[error("the upstream answered {code}")]
    Declined {
        /// Its error code; unknown ones are called `other`.
        code: &'static str,
    },
    /// The token endpoint said no.
    #[error("the token endpoint answered {status} with {code}")]
    TokenEndpoint {
        /// The HTTP status.
        status: u16,
        /// The error code; unknown ones are called `other`.
        code: &'static str,
    },
    /// The token endpoint's answer is not one.
    #[error("the token endpoint's answer cannot be read")]
    TokenAnswer,
    /// There is no ID token in it.
    #[error("the token endpoint gave no ID token")]
    NoIdToken,
    /// A check of the ID token failed (D02, D04, D08).
    #[error("the ID token does not pass the check {reason}")]
    IdToken {
        /// The check, in one word for the log.
        reason: &'static str,
        /// What the verifier said.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The ID token is of a time that is still to come.
    #[error("the ID token was issued at {0}, which is still to come")]
    IssuedAhead(Timestamp),
    /// Userinfo is about somebody else (D08).
    #[error("userinfo is about another user")]
    UserinfoSubject,
    /// Userinfo did not answer properly.
    #[error("userinfo cannot be read")]
    Userinfo,
    /// The provider's own description is not good (D09).
    #[error("{}", of_discovery(.check))]
    Discovery {
        /// The check, in one word for the log.
        check: &'static str,
    },
    /// Its keys are not good.
    #[error("the provider's keys cannot be used")]
    Keys(#[source] JwkSetError),
    /// It cannot be reached.
    #[error("the provider cannot be reached")]
    Unreachable(#[from] EgressError),
    /// Found out by somebody who asked at the same time.
    #[error(transparent)]
    Shared(Arc<RelyingPartyError>),
    /// Our own key failed us.
    #[error("our client assertion could not be made")]
    Assertion(#[source] TokenNotSigned),
}

/// What is wrong with a provider's description of itself.
fn of_discovery(check: &str) -> String {
    const PLACE: &str = "/.well-known/openid-configuration after the issuer";
    match check {
        "status" => format!("the provider has no configuration at {PLACE}: it does not answer 200 there"),
        "document" => format!("what the provider has at {PLACE} is no configuration"),
        "issuer" => format!("the provider's configuration at {PLACE} names another issuer"),
        "endpoint_host" => {
            "the provider's configuration has addresses at other hosts than the issuer's".to_owned()
        }
        "jwks_status" => {
            "the provider's keys are not at its jwks_uri: it does not answer 200 there".to_owned()
        }
        other => format!("the provider's configuration is not taken: {other}"),
    }
}

/// What a provider says of a code that is not one, is used up or has run out.
const INVALID_GRANT: &str = "invalid_grant";

impl RelyingPartyError {
    /// Whether the browser brought a code that the provider does not take. It says nothing of the
    /// provider: anybody can make one up.
    pub fn is_bad_code(&self) -> bool {
        matches!(self, Self::TokenEndpoint { code, .. } if *code == INVALID_GRANT)
    }

    /// Whether it was the provider itself that spoke, over its own connection, and not whatever
    /// a browser brought.
    pub const fn is_its_own_word(&self) -> bool {
        matches!(
            self,
            Self::NoIdToken
                | Self::IdToken { .. }
                | Self::IssuedAhead(_)
                | Self::UserinfoSubject
                | Self::Keys(_)
        )
    }

    /// The reason for the log and the upstream's people.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::State => "state",
            Self::MixUp => "iss_parameter",
            Self::Callback => "callback",
            Self::Declined { code } => code,
            Self::TokenEndpoint { .. } if self.is_bad_code() => INVALID_GRANT,
            Self::TokenEndpoint { .. } => "token_endpoint",
            Self::TokenAnswer => "token_answer",
            Self::NoIdToken => "id_token",
            Self::IdToken { reason, .. } => reason,
            Self::IssuedAhead(_) => "iat",
            Self::UserinfoSubject => "userinfo_sub",
            Self::Userinfo => "userinfo",
            Self::Discovery { .. } => "discovery",
            Self::Keys(JwkSetError::NoUsableKey) => NO_TRUST_ANCHOR,
            Self::Keys(_) => "jwks",
            Self::Unreachable(_) => "unreachable",
            Self::Shared(found) => found.reason(),
            Self::Assertion(_) => "assertion",
        }
    }

    /// What it is, whoever found out.
    pub fn itself(&self) -> &Self {
        match self {
            Self::Shared(found) => found.itself(),
            found => found,
        }
    }

    pub(super) const fn id_token(reason: &'static str) -> Self {
        Self::IdToken { reason, cause: None }
    }
}

/// Error codes that may be repeated in logs; whatever else an upstream writes may not.
pub(super) fn known_code(code: &str) -> &'static str {
    const KNOWN: [&str; 15] = [
        "access_denied",
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
        "unmet_authentication_requirements",
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "server_error",
        "temporarily_unavailable",
    ];
    KNOWN.into_iter().find(|known| *known == code).unwrap_or("other")
}
