//! The `AuthnRequest` that we send to an upstream: for whom we ask, how sure we want to be, and
//! whom the user said they are (SAML core §§3.4.1, 3.4.1.5).

use jiff::Timestamp;

use super::MessageKind;
use super::authn_context::RequestedAuthnContext;
use super::authn_request::Scoping;
use super::binding_post::{self, PostForm};
use super::binding_redirect;
use super::ids::MessageId;
use super::instant;
use super::name_id::NameId;
use super::peer::{EndpointUrl, SamlIdp, SamlSelf, SsoEndpoints};
use super::xml::names::{SAML, SAMLP};
use super::xml::{CanonicalXml, SigningFailed, WriteRefusal, Writer, sign_enveloped};
use crate::keys::{SignFailed, Signer};

/// A request to an upstream.
#[derive(Debug, Clone)]
pub struct AuthnQuestion<'a> {
    /// Ourselves, as this upstream knows us.
    pub us: &'a SamlSelf,
    /// The upstream.
    pub idp: &'a SamlIdp,
    /// The identifier, which the answer must repeat.
    pub id: &'a MessageId,
    /// When the request is written.
    pub issue_instant: Timestamp,
    /// The user must prove anew who they are.
    pub force_authn: bool,
    /// The user must not be disturbed.
    pub is_passive: bool,
    /// Whom the user said they are, such as `bruger@domain`.
    pub subject: Option<&'a NameId>,
    /// How sure we want to be.
    pub context: Option<&'a RequestedAuthnContext>,
    /// For whom we ask; [`onward`] makes it of the service's own. Nothing hides the service (eGov-081).
    pub scoping: Option<&'a Scoping>,
}

/// A message on its way: the browser is sent to an address, or posts a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// Redirect to this address.
    Redirect(String),
    /// Post this form.
    Post(PostForm),
}

/// Why a request could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AskFailed {
    /// A value cannot be written in XML.
    #[error("the request could not be written")]
    Writing(#[from] WriteRefusal),
    /// The message could not be signed.
    #[error("the request could not be signed")]
    Signing(#[from] SigningFailed),
    /// The address could not be signed.
    #[error("the address could not be signed")]
    Key(#[from] SignFailed),
}

/// What of a service's scoping is handed on: one broker fewer, and the service among those who ask.
/// The list of identity providers has done its work here. Nothing where brokering is forbidden.
pub fn onward(asked: &Scoping, service: &super::EntityId) -> Option<Scoping> {
    let proxy_count = match asked.proxy_count {
        Some(0) => return None,
        count => count.map(|count| count - 1),
    };
    let mut requester_ids = asked.requester_ids.clone();
    requester_ids.push(service.clone());
    Some(Scoping {
        idp_list: Vec::new(),
        proxy_count,
        requester_ids,
    })
}

impl AuthnQuestion<'_> {
    /// Makes the message and its way: by Redirect where the upstream takes it (saml2int), else by POST.
    pub async fn send(&self, relay_state: Option<&str>, signer: &dyn Signer) -> Result<Outbound, AskFailed> {
        let message = self.message()?;
        match &self.idp.sso {
            SsoEndpoints::Redirect(to) | SsoEndpoints::Both { redirect: to, .. } => {
                let kind = MessageKind::Request;
                Ok(Outbound::Redirect(if self.idp.sign_requests {
                    binding_redirect::signed_url(to, kind, &message, relay_state, signer).await?
                } else {
                    binding_redirect::unsigned_url(to, kind, &message, relay_state)
                }))
            }
            SsoEndpoints::Post(to) => {
                let message = if self.idp.sign_requests {
                    sign_enveloped(message, signer).await?
                } else {
                    message
                };
                Ok(Outbound::Post(binding_post::write(
                    to.clone(),
                    MessageKind::Request,
                    &message,
                    relay_state,
                )))
            }
        }
    }

    /// The message, not signed.
    pub fn message(&self) -> Result<CanonicalXml, WriteRefusal> {
        let mut writer = Writer::new();
        let issue_instant = instant::write(self.issue_instant);
        let flag = |set: bool| set.then_some("true");
        writer
            .element(SAMLP, "AuthnRequest")
            .attribute("ID", self.id.as_str())
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &issue_instant)
            .attribute("Destination", self.destination().as_str())
            .attribute("AssertionConsumerServiceURL", self.us.acs.as_str())
            .attribute(
                "ProtocolBinding",
                "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
            )
            .optional_attribute("ForceAuthn", flag(self.force_authn))
            .optional_attribute("IsPassive", flag(self.is_passive))
            .children(|request| self.content(request));
        writer.finish()
    }

    fn content(&self, request: &mut Writer) {
        request.element(SAML, "Issuer").text(self.us.entity_id.as_str());
        if let Some(subject) = self.subject {
            request
                .element(SAML, "Subject")
                .children(|element| subject.write(element));
        }
        let policy = request
            .element(SAMLP, "NameIDPolicy")
            .attribute("AllowCreate", "true");
        match &self.idp.ask_name_id {
            Some(format) => policy.attribute("Format", format.uri()).empty(),
            None => policy.empty(),
        }
        if let Some(context) = self.context {
            context.write(request);
        }
        if let Some(scoping) = self.scoping {
            write_scoping(scoping, request);
        }
    }

    fn destination(&self) -> &EndpointUrl {
        match &self.idp.sso {
            SsoEndpoints::Redirect(to) | SsoEndpoints::Post(to) | SsoEndpoints::Both { redirect: to, .. } => {
                to
            }
        }
    }
}

fn write_scoping(scoping: &Scoping, request: &mut Writer) {
    let count = scoping.proxy_count.map(|count| count.to_string());
    request
        .element(SAMLP, "Scoping")
        .optional_attribute("ProxyCount", count.as_deref())
        .children(|element| {
            if !scoping.idp_list.is_empty() {
                element.element(SAMLP, "IDPList").children(|list| {
                    for idp in &scoping.idp_list {
                        list.element(SAMLP, "IDPEntry")
                            .attribute("ProviderID", idp.as_str())
                            .empty();
                    }
                });
            }
            for requester in &scoping.requester_ids {
                element.element(SAMLP, "RequesterID").text(requester.as_str());
            }
        });
}
