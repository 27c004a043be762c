//! A SAML service that asks whatever a test wants it to ask, by either binding.
//!
//! [`RequestWords::of`] gives an honest request; a test changes what it likes and has it sent.

use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use portner::ambient::Ambient;
use portner::domain::address::PlainHttp;
use portner::keys::Signer;
use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::xml::{CanonicalXml, Writer, sign_enveloped};
use portner::saml::{EndpointUrl, MessageKind, binding_redirect};

use super::house::ORIGIN;
use super::saml_peer::SamlPeer;

pub(crate) const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// Every word of a request.
#[derive(Clone)]
pub(crate) struct RequestWords {
    /// The message's name: `AuthnRequest` unless a test says otherwise.
    pub(crate) message: &'static str,
    pub(crate) id: String,
    pub(crate) issuer: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) issued: Timestamp,
    pub(crate) acs_url: Option<String>,
    pub(crate) acs_index: Option<String>,
    pub(crate) binding: Option<String>,
    pub(crate) provider_name: Option<String>,
    pub(crate) is_passive: bool,
    pub(crate) relay_state: Option<String>,
}

impl RequestWords {
    /// What the service would honestly ask.
    pub(crate) fn of(service: &SamlPeer, now: Timestamp) -> Self {
        Self {
            message: "AuthnRequest",
            id: format!("_{}", HEXLOWER.encode(&Ambient::system().bytes::<16>())),
            issuer: Some(service.us.entity_id.as_str().to_owned()),
            destination: Some(format!("{ORIGIN}/saml/sso")),
            issued: now,
            acs_url: Some(service.us.acs.as_str().to_owned()),
            acs_index: None,
            binding: Some(HTTP_POST.to_owned()),
            provider_name: None,
            is_passive: false,
            relay_state: Some("retur".to_owned()),
        }
    }

    /// The address that a browser is sent to, signed.
    pub(crate) async fn signed_url(&self, signer: &dyn Signer) -> String {
        let (to, xml) = (sso(), self.xml());
        let relay_state = self.relay_state.as_deref();
        let sent = binding_redirect::signed_url(&to, MessageKind::Request, &xml, relay_state, signer);
        sent.await.unwrap()
    }

    /// The same without a signature.
    pub(crate) fn unsigned_url(&self) -> String {
        let relay_state = self.relay_state.as_deref();
        binding_redirect::unsigned_url(&sso(), MessageKind::Request, &self.xml(), relay_state)
    }

    /// The form that a browser is made to post, signed where somebody signs.
    pub(crate) async fn form(&self, signer: Option<&dyn Signer>) -> Vec<(String, String)> {
        let xml = match signer {
            Some(signer) => sign_enveloped(self.xml(), signer).await.unwrap(),
            None => self.xml(),
        };
        self.form_of(xml.as_str())
    }

    /// The form with this message in it.
    pub(crate) fn form_of(&self, xml: &str) -> Vec<(String, String)> {
        let mut form = vec![("SAMLRequest".to_owned(), BASE64.encode(xml.as_bytes()))];
        let relay_state = self.relay_state.clone();
        form.extend(relay_state.map(|state| ("RelayState".to_owned(), state)));
        form
    }

    /// The message itself.
    pub(crate) fn xml(&self) -> CanonicalXml {
        let mut writer = Writer::new();
        writer
            .element(SAMLP, self.message)
            .attribute("ID", &self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &self.issued.to_string())
            .optional_attribute("Destination", self.destination.as_deref())
            .optional_attribute("AssertionConsumerServiceURL", self.acs_url.as_deref())
            .optional_attribute("AssertionConsumerServiceIndex", self.acs_index.as_deref())
            .optional_attribute("ProtocolBinding", self.binding.as_deref())
            .optional_attribute("ProviderName", self.provider_name.as_deref())
            .optional_attribute("IsPassive", self.is_passive.then_some("true"))
            .children(|request| {
                if let Some(issuer) = &self.issuer {
                    request.element(SAML, "Issuer").text(issuer);
                }
            });
        writer.finish().unwrap()
    }
}

fn sso() -> EndpointUrl {
    EndpointUrl::parse(&format!("{ORIGIN}/saml/sso"), PlainHttp::Refused).unwrap()
}
