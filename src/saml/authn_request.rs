//! "Who is this?": the `AuthnRequest` (saml-core §3.4.1), as services send it to us.
//!
//! [`accept`] turns an authenticated message into an [`AuthnRequest`] that names only registered
//! addresses. What we ask upstreams is in `authn_request_write.rs`. Not here: whether the request
//! can be granted.

use jiff::Timestamp;

use super::authn_context::RequestedAuthnContext;
use super::incoming::Authenticated;
use super::instant;
use super::name_id::{NameId, NameIdFormat};
use super::peer::{AcsEndpoint, EntityId, SamlSelf, SamlService};
use super::xml::names::{SAML, SAMLP};
use super::xml::{Element, ShapeRefusal};

const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// A service asks who the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// Its identifier, which the answer repeats.
    pub id: String,
    /// When it says that it was made.
    pub issue_instant: Timestamp,
    /// Where the answer goes: always a registered address (B19).
    pub acs: AcsEndpoint,
    /// The user must prove anew who they are.
    pub force_authn: bool,
    /// The user must not be disturbed.
    pub is_passive: bool,
    /// The kind of name that is asked for.
    pub name_id_format: Option<NameIdFormat>,
    /// Whose name for the user is asked for, where that is said (`SPNameQualifier`).
    pub name_qualifier: Option<String>,
    /// How sure the service wants to be.
    pub context: Option<RequestedAuthnContext>,
    /// What it says about brokers.
    pub scoping: Scoping,
    /// Whom it expects: a hint, never proof.
    pub subject_hint: Option<NameId>,
    /// Whether a registered key has signed the request.
    pub is_signed: bool,
}

/// `samlp:Scoping`: what a service says about who may vouch, and through how many hands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scoping {
    /// The identity providers that may vouch; empty means any.
    pub idp_list: Vec<EntityId>,
    /// How many brokers may still stand between; 0 forbids what we do (SAML core §3.4.1.5).
    pub proxy_count: Option<u32>,
    /// For whom the service asks, if it is a broker itself.
    pub requester_ids: Vec<EntityId>,
}

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// Not an AuthnRequest of SAML 2.0.
    #[error("not an AuthnRequest of SAML 2.0")]
    Version,
    /// The Issuer is not the party whose keys were used (B20).
    #[error("the Issuer is another party")]
    Issuer,
    /// Addressed to somebody else, or signed without saying to whom (saml-bindings §3.4.5.2).
    #[error("the Destination is another address")]
    Destination,
    /// The answer should go to an address that is not registered (B19).
    #[error("the AssertionConsumerService is not registered")]
    Acs,
    /// The answer should go by another binding than HTTP-POST.
    #[error("the answer is asked for by another binding than HTTP-POST")]
    Binding,
    /// An attribute holds what its type does not allow.
    #[error("{0} has no legal value")]
    Value(&'static str),
    /// Built otherwise than the schema says.
    #[error("the structure is not that of an AuthnRequest")]
    Structure(#[from] ShapeRefusal),
}

impl RequestRefusal {
    /// The machine-readable reason of table B.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Issuer => "issuer",
            Self::Destination => "destination",
            Self::Acs => "acs",
            Self::Binding => "binding",
            Self::Value(_) | Self::Structure(_) => "structure",
        }
    }
}

/// Reads the request of `service`, with whose registration it was authenticated.
pub fn accept(
    message: &Authenticated,
    service: &SamlService,
    us: &SamlSelf,
) -> Result<AuthnRequest, RequestRefusal> {
    let root = message.root();
    check_envelope(root, message.is_signed(), service, us)?;
    let policy = root.child(SAMLP.uri, "NameIDPolicy")?;
    let context = root.child(SAMLP.uri, "RequestedAuthnContext")?;
    let issue_instant = root.required_attribute("IssueInstant")?;
    Ok(AuthnRequest {
        id: message_id(root)?,
        issue_instant: instant::read(issue_instant).ok_or(RequestRefusal::Value("IssueInstant"))?,
        acs: by_post(root).and_then(|()| acs(root, service))?,
        force_authn: boolean(root, "ForceAuthn")?,
        is_passive: boolean(root, "IsPassive")?,
        name_id_format: policy
            .and_then(|policy| policy.attribute("Format"))
            .map(NameIdFormat::from_uri),
        name_qualifier: policy
            .and_then(|policy| policy.attribute("SPNameQualifier"))
            .map(str::to_owned),
        context: context.map(RequestedAuthnContext::read).transpose()?,
        scoping: scoping(root)?,
        subject_hint: subject_hint(root)?,
        is_signed: message.is_signed(),
    })
}

/// Where a request is answered that [`accept`] does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// Its identifier, which the answer repeats.
    pub request_id: String,
    /// A registered address.
    pub acs: AcsEndpoint,
}

/// Where a request that is not in order can be answered nevertheless: it is of this service, to us, has a
/// name, and wants its answer at a registered address (saml-core §3.2.2).
pub fn way_back(message: &Authenticated, service: &SamlService, us: &SamlSelf) -> Option<WayBack> {
    let root = message.root();
    check_envelope(root, message.is_signed(), service, us).ok()?;
    Some(WayBack {
        request_id: message_id(root).ok()?,
        acs: acs(root, service).ok()?,
    })
}

fn check_envelope(
    root: Element<'_>,
    is_signed: bool,
    service: &SamlService,
    us: &SamlSelf,
) -> Result<(), RequestRefusal> {
    if !root.is(SAMLP.uri, "AuthnRequest") || root.attribute("Version") != Some("2.0") {
        return Err(RequestRefusal::Version);
    }
    if root.required_child(SAML.uri, "Issuer")?.text()?.trim() != service.entity_id.as_str() {
        return Err(RequestRefusal::Issuer);
    }
    match root.attribute("Destination") {
        Some(destination) if destination == us.sso.as_str() => Ok(()),
        None if !is_signed => Ok(()),
        _ => Err(RequestRefusal::Destination),
    }
}

fn message_id(root: Element<'_>) -> Result<String, RequestRefusal> {
    let id = root.required_attribute("ID")?;
    if (1..=256).contains(&id.len()) {
        Ok(id.to_owned())
    } else {
        Err(RequestRefusal::Value("ID"))
    }
}

fn by_post(root: Element<'_>) -> Result<(), RequestRefusal> {
    match root.attribute("ProtocolBinding") {
        None | Some(HTTP_POST) => Ok(()),
        Some(_) => Err(RequestRefusal::Binding),
    }
}

/// The registered address that the request means. One that it does not know is never answered (B19).
fn acs(root: Element<'_>, service: &SamlService) -> Result<AcsEndpoint, RequestRefusal> {
    let by_url = root
        .attribute("AssertionConsumerServiceURL")
        .map(|url| service.acs.with_url(url));
    let by_index = root.attribute("AssertionConsumerServiceIndex").map(|index| {
        index
            .trim()
            .parse()
            .ok()
            .and_then(|index| service.acs.with_index(index))
    });
    let meant = match (by_url, by_index) {
        (None, None) => service.acs.default_endpoint(),
        (Some(meant), None) | (None, Some(meant)) => meant,
        (Some(by_url), Some(by_index)) => by_url.filter(|endpoint| by_index == Some(*endpoint)),
    };
    meant.cloned().ok_or(RequestRefusal::Acs)
}

fn boolean(root: Element<'_>, name: &'static str) -> Result<bool, RequestRefusal> {
    match root.attribute(name).map(str::trim) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(RequestRefusal::Value(name)),
    }
}

fn scoping(root: Element<'_>) -> Result<Scoping, RequestRefusal> {
    let Some(scoping) = root.child(SAMLP.uri, "Scoping")? else {
        return Ok(Scoping::default());
    };
    let entity = |text: &str| EntityId::parse(text.trim()).map_err(|_| RequestRefusal::Value("Scoping"));
    let mut read = Scoping::default();
    if let Some(list) = scoping.child(SAMLP.uri, "IDPList")? {
        for entry in list.children_named(SAMLP.uri, "IDPEntry") {
            read.idp_list
                .push(entity(entry.required_attribute("ProviderID")?)?);
        }
    }
    if let Some(count) = scoping.attribute("ProxyCount") {
        read.proxy_count = Some(
            count
                .trim()
                .parse()
                .map_err(|_| RequestRefusal::Value("ProxyCount"))?,
        );
    }
    for requester in scoping.children_named(SAMLP.uri, "RequesterID") {
        read.requester_ids.push(entity(requester.text()?)?);
    }
    Ok(read)
}

/// The name in `saml:Subject`, if there is a plain one. Its confirmations and encrypted names are no hints.
fn subject_hint(root: Element<'_>) -> Result<Option<NameId>, RequestRefusal> {
    let Some(subject) = root.child(SAML.uri, "Subject")? else {
        return Ok(None);
    };
    Ok(subject.child(SAML.uri, "NameID")?.map(NameId::read).transpose()?)
}

#[cfg(test)]
mod tests;
