//! How a request ended: the status codes of SAML (saml-core §3.2.2.2) and what each refusal becomes.

use super::authn_request::RequestRefusal;
use super::xml::{Element, ShapeRefusal, Writer, names::SAMLP};
use crate::domain::refusal::Refusal;

const PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:status:";

/// Who is to blame, at the top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The sender of the request.
    Requester,
    /// The one who answers.
    Responder,
    /// The versions of SAML differ.
    VersionMismatch,
}

/// What went wrong, at the second level.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The user could not be authenticated.
    AuthnFailed,
    /// A requested attribute cannot be given.
    InvalidAttrNameOrValue,
    /// The kind of name that was asked for cannot be given.
    InvalidNameIdPolicy,
    /// The level that was asked for cannot be reached.
    NoAuthnContext,
    /// None of the listed identity providers can be reached.
    NoAvailableIdp,
    /// The user would have had to be asked.
    NoPassive,
    /// None of the listed identity providers is supported.
    NoSupportedIdp,
    /// Not everybody could be logged out.
    PartialLogout,
    /// The request does not permit a broker.
    ProxyCountExceeded,
    /// The request is understood and not granted.
    RequestDenied,
    /// The request is not understood.
    RequestUnsupported,
    /// The user is not known.
    UnknownPrincipal,
    /// The binding is not supported.
    UnsupportedBinding,
    /// A code without a meaning to Portner, at most 200 characters of it.
    Other(String),
}

impl Reason {
    const KNOWN: [(Self, &'static str); 13] = [
        (Self::AuthnFailed, "AuthnFailed"),
        (Self::InvalidAttrNameOrValue, "InvalidAttrNameOrValue"),
        (Self::InvalidNameIdPolicy, "InvalidNameIDPolicy"),
        (Self::NoAuthnContext, "NoAuthnContext"),
        (Self::NoAvailableIdp, "NoAvailableIDP"),
        (Self::NoPassive, "NoPassive"),
        (Self::NoSupportedIdp, "NoSupportedIDP"),
        (Self::PartialLogout, "PartialLogout"),
        (Self::ProxyCountExceeded, "ProxyCountExceeded"),
        (Self::RequestDenied, "RequestDenied"),
        (Self::RequestUnsupported, "RequestUnsupported"),
        (Self::UnknownPrincipal, "UnknownPrincipal"),
        (Self::UnsupportedBinding, "UnsupportedBinding"),
    ];

    fn from_uri(uri: &str) -> Self {
        let name = uri.strip_prefix(PREFIX);
        Self::KNOWN
            .into_iter()
            .find(|(_, known)| name == Some(*known))
            .map_or_else(
                || Self::Other(uri.chars().take(200).collect()),
                |(reason, _)| reason,
            )
    }

    fn uri(&self) -> String {
        match self {
            Self::Other(uri) => uri.clone(),
            known => format!("{PREFIX}{}", known.name()),
        }
    }

    /// How SAML calls it, without its prefix; foreign text where SAML has no name.
    pub fn name(&self) -> &str {
        match self {
            Self::Other(uri) => uri,
            known => Self::KNOWN
                .iter()
                .find(|(reason, _)| reason == known)
                .map_or("", |(_, name)| name),
        }
    }
}

/// The status of an answer that does not log anybody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Who is to blame.
    pub blame: Blame,
    /// What went wrong, where that is said.
    pub reason: Option<Reason>,
    /// What the sender adds in words, at most 500 characters. Foreign text: for the log, never for a page.
    pub message: Option<String>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// As it should.
    Success,
    /// The user is logged out here, and somebody else did not answer (saml-core §3.2.2.2 `PartialLogout`).
    Partial,
    /// It went wrong, for this reason.
    Failure(Failure),
}

impl Failure {
    /// A failure without words.
    pub const fn new(blame: Blame, reason: Reason) -> Self {
        Self {
            blame,
            reason: Some(reason),
            message: None,
        }
    }

    /// What a service is told of a request of its that is not in order.
    pub fn of_request(refusal: RequestRefusal) -> Self {
        let unsupported = refusal == RequestRefusal::Binding;
        Self {
            blame: Blame::Requester,
            reason: unsupported.then_some(Reason::UnsupportedBinding),
            message: Some(refusal.to_string()),
        }
    }

    /// What a service is told of a refusal; nothing where it is told nothing (architecture: page only).
    pub fn of(refusal: &Refusal) -> Option<Self> {
        let (blame, reason) = match refusal {
            Refusal::NotLinked { .. } | Refusal::EmployeeWithoutCpr { .. } => {
                (Blame::Responder, Reason::UnknownPrincipal)
            }
            Refusal::NoActors
            | Refusal::AccountBlocked
            | Refusal::NoAccessToService
            | Refusal::NoLicence
            | Refusal::EidForPublicBodies { .. } => (Blame::Responder, Reason::RequestDenied),
            Refusal::UpstreamRequestFailed { .. }
            | Refusal::UpstreamAnswerRefused { .. }
            | Refusal::UpstreamUnreachable { .. }
            | Refusal::UpstreamDeclined { .. }
            | Refusal::UpstreamDisabled { .. }
            | Refusal::UpstreamBusy { .. } => (Blame::Responder, Reason::AuthnFailed),
            Refusal::LevelNotReached | Refusal::LevelUnavailable | Refusal::AnotherPerson { .. } => {
                (Blame::Responder, Reason::NoAuthnContext)
            }
            Refusal::InteractionNeeded { .. } => (Blame::Responder, Reason::NoPassive),
            Refusal::NoUsableUpstream => (Blame::Responder, Reason::NoSupportedIdp),
            Refusal::ProxyingForbidden => (Blame::Responder, Reason::ProxyCountExceeded),
            Refusal::SubjectNotAvailable => (Blame::Requester, Reason::InvalidNameIdPolicy),
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
        };
        // The code lets the service's support and ours speak of the same thing; it names nobody.
        Some(Self {
            message: Some(refusal.code().to_owned()),
            ..Self::new(blame, reason)
        })
    }
}

impl Status {
    /// Reads the `samlp:Status` of an answer.
    pub(super) fn read(answer: Element<'_>) -> Result<Self, ShapeRefusal> {
        let status = answer.required_child(SAMLP.uri, "Status")?;
        let top = status.required_child(SAMLP.uri, "StatusCode")?;
        let second = top.child(SAMLP.uri, "StatusCode")?;
        let message = status
            .child(SAMLP.uri, "StatusMessage")?
            .map(Element::text)
            .transpose()?;
        let reason = second
            .map(|code| code.required_attribute("Value"))
            .transpose()?
            .map(Reason::from_uri);
        let blame = match top.required_attribute("Value")?.strip_prefix(PREFIX) {
            Some("Success") if reason == Some(Reason::PartialLogout) => return Ok(Self::Partial),
            Some("Success") => return Ok(Self::Success),
            Some("Requester") => Blame::Requester,
            Some("VersionMismatch") => Blame::VersionMismatch,
            _ => Blame::Responder,
        };
        Ok(Self::Failure(Failure {
            blame,
            reason,
            message: message.map(|text| text.trim().chars().take(500).collect()),
        }))
    }

    /// Writes a `samlp:Status`.
    pub(super) fn write(&self, writer: &mut Writer) {
        let top = match self {
            Self::Success | Self::Partial => "Success",
            Self::Failure(failure) => match failure.blame {
                Blame::Requester => "Requester",
                Blame::Responder => "Responder",
                Blame::VersionMismatch => "VersionMismatch",
            },
        };
        let failure = match self {
            Self::Success | Self::Partial => None,
            Self::Failure(failure) => Some(failure),
        };
        let reason = match self {
            Self::Partial => Some(&Reason::PartialLogout),
            Self::Success | Self::Failure(_) => failure.and_then(|failure| failure.reason.as_ref()),
        };
        writer.element(SAMLP, "Status").children(|status| {
            let code = format!("{PREFIX}{top}");
            status
                .element(SAMLP, "StatusCode")
                .attribute("Value", &code)
                .children(|code| {
                    if let Some(reason) = reason {
                        code.element(SAMLP, "StatusCode")
                            .attribute("Value", &reason.uri())
                            .empty();
                    }
                });
            if let Some(message) = failure.and_then(|failure| failure.message.as_deref()) {
                status.element(SAMLP, "StatusMessage").text(message);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Audience;
    use crate::saml::xml::{Document, Limits};

    #[test]
    fn services_are_told_of_exactly_those_refusals_that_are_for_them() {
        for refusal in Refusal::samples() {
            let told = refusal.audience() != Audience::UserOnly;
            assert_eq!(Failure::of(&refusal).is_some(), told, "{refusal:?}");
        }
    }

    #[test]
    fn every_status_is_read_back() {
        let other = Reason::Other("urn:example:tired".to_owned());
        let reasons = Reason::KNOWN.into_iter().map(|(reason, _)| reason).chain([other]);
        for reason in reasons {
            let failure = Failure {
                message: Some("<&>".to_owned()),
                ..Failure::new(Blame::Requester, reason)
            };
            let status = Status::Failure(failure);
            let mut writer = Writer::new();
            writer
                .element(SAMLP, "Response")
                .children(|response| status.write(response));
            let xml = writer.finish().unwrap();
            let document = Document::parse(xml.as_str().as_bytes(), &Limits::MESSAGE).unwrap();
            assert_eq!(Status::read(document.root()).unwrap(), status);
        }
    }
}
