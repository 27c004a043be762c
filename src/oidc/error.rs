//! What goes wrong, in the words of OAuth and OpenID Connect.
//!
//! Services get a code and at most a fixed sentence; everything else stays with us.

use crate::domain::refusal::Refusal;

/// Codes of an authorization error response (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthorizationErrorCode {
    /// A parameter is missing, doubled or wrong.
    InvalidRequest,
    /// A scope is wrong; `openid` is missing.
    InvalidScope,
    /// Something else than the code flow.
    UnsupportedResponseType,
    /// The service may not do this.
    UnauthorizedClient,
    /// The user, or we on their behalf, said no.
    AccessDenied,
    /// Something of ours, or further up, failed.
    ServerError,
    /// We cannot do it now; the same request may succeed later.
    TemporarilyUnavailable,
    /// `prompt=none`, and nobody is logged in.
    LoginRequired,
    /// `prompt=none`, and a question is open.
    InteractionRequired,
    /// The level that was asked for as essential was not reached.
    UnmetAuthenticationRequirements,
    /// Request objects are not supported.
    RequestNotSupported,
    /// Nor are those by reference.
    RequestUriNotSupported,
    /// Nor is registration along the way.
    RegistrationNotSupported,
    /// The request object does not hold.
    InvalidRequestObject,
    /// A resource that the service may not have tokens for (RFC 8707 §2).
    InvalidTarget,
}

impl AuthorizationErrorCode {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidTarget => "invalid_target",
        }
    }
}

/// What a service is told of a refusal; nothing where only the user may be told.
pub const fn code_for(refusal: &Refusal) -> Option<AuthorizationErrorCode> {
    use AuthorizationErrorCode as Code;
    Some(match refusal {
        Refusal::NotLinked { .. }
        | Refusal::EmployeeWithoutCpr { .. }
        | Refusal::EidForPublicBodies { .. }
        | Refusal::NoLicence
        | Refusal::NoActors
        | Refusal::AccountBlocked
        | Refusal::NoAccessToService
        | Refusal::UpstreamAnswerRefused { .. }
        | Refusal::UpstreamDeclined { .. } => Code::AccessDenied,
        Refusal::UpstreamRequestFailed { .. } => Code::ServerError,
        Refusal::UpstreamUnreachable { .. }
        | Refusal::UpstreamDisabled { .. }
        | Refusal::UpstreamBusy { .. } => Code::TemporarilyUnavailable,
        Refusal::LevelNotReached | Refusal::LevelUnavailable | Refusal::AnotherPerson { .. } => {
            Code::UnmetAuthenticationRequirements
        }
        Refusal::InteractionNeeded { login: true } => Code::LoginRequired,
        Refusal::InteractionNeeded { login: false } => Code::InteractionRequired,
        Refusal::NoUsableUpstream | Refusal::SubjectNotAvailable => Code::InvalidRequest,
        Refusal::ProxyingForbidden => Code::UnauthorizedClient,
        Refusal::UnknownUserName
        | Refusal::WrongPassword
        | Refusal::MalformedName
        | Refusal::NameNotForService
        | Refusal::TooManyAttempts { .. }
        | Refusal::StrangersWait { .. }
        | Refusal::UnknownDomain { .. }
        | Refusal::UnknownService
        | Refusal::ServiceRequestRefused { .. }
        | Refusal::UnregisteredAddress
        | Refusal::ServiceDisabled
        | Refusal::LoginExpired
        | Refusal::LoginLost
        | Refusal::LoginFinished
        | Refusal::StuckInLoop
        | Refusal::FormRefused
        | Refusal::NoSuchPage
        | Refusal::TooLarge { .. }
        | Refusal::WrongHost
        | Refusal::LogoutRefused
        | Refusal::Overloaded { .. }
        | Refusal::StoreAway { .. }
        | Refusal::Internal => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Audience;

    #[test]
    fn a_service_is_told_exactly_where_the_catalogue_says_so() {
        for refusal in Refusal::samples() {
            let told = code_for(&refusal).is_some();
            assert_eq!(
                told,
                refusal.audience() != Audience::UserOnly,
                "{}",
                refusal.code()
            );
        }
    }
}
