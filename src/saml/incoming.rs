//! A message that came in by one of the bindings: parsed, and then believed or not.
//!
//! [`Incoming`] is hearsay: it may be asked whom it claims to be of, in order to look up the keys,
//! and nothing else. [`Incoming::authenticate`] turns it into an [`Authenticated`] message.

use super::binding_post::{self, PostRefusal};
use super::binding_redirect::{self, RedirectRefusal, RedirectSignature};
use super::peer::{EntityId, RequestTrust};
use super::soap;
use super::xml::names::{DS, SAML};
use super::xml::{
    Document, Element, Limits, ShapeRefusal, SignatureRefusal, Verified, XmlRefusal, verify_carried,
    verify_redirect,
};

/// Request or response: under which parameter a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl MessageKind {
    /// The name of its parameter or form field.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// A message that nobody vouches for yet.
#[derive(Debug)]
pub struct Incoming {
    kind: MessageKind,
    document: Document,
    relay_state: Option<String>,
    carrier: Carrier,
}

#[derive(Debug)]
enum Carrier {
    Redirect(Option<RedirectSignature>),
    Post,
    Soap,
}

/// Why bytes from a browser are no message.
#[derive(Debug, thiserror::Error)]
pub enum IncomingRefusal {
    /// The query of the Redirect binding.
    #[error("the query is refused")]
    Redirect(#[from] RedirectRefusal),
    /// The form field of the POST binding.
    #[error("the form is refused")]
    Post(#[from] PostRefusal),
    /// The envelope of the SOAP binding.
    #[error("the envelope is refused")]
    Soap(#[from] ShapeRefusal),
    /// The XML.
    #[error("the XML is refused")]
    Xml(#[from] XmlRefusal),
}

impl IncomingRefusal {
    /// The machine-readable reason for the audit event.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Redirect(refusal) => refusal.reason(),
            Self::Post(refusal) => refusal.reason(),
            Self::Soap(_) => "structure",
            Self::Xml(refusal) => refusal.reason(),
        }
    }

    /// Whether the answer is 413 rather than 400.
    pub fn is_too_large(&self) -> bool {
        self.reason() == "size"
    }
}

impl Incoming {
    /// Reads the query of the Redirect binding, without its `?`.
    pub fn from_redirect(query: &str) -> Result<Self, IncomingRefusal> {
        let message = binding_redirect::read(query)?;
        Ok(Self {
            kind: message.kind,
            document: Document::parse(&message.xml, &Limits::MESSAGE)?,
            relay_state: message.relay_state,
            carrier: Carrier::Redirect(message.signature),
        })
    }

    /// Reads the fields of the POST binding.
    pub fn from_post(
        kind: MessageKind,
        field: &str,
        relay_state: Option<String>,
    ) -> Result<Self, IncomingRefusal> {
        let longest = binding_redirect::LONGEST_RELAY_STATE;
        if relay_state.as_ref().is_some_and(|state| state.len() > longest) {
            return Err(PostRefusal::Size.into());
        }
        let document = Document::parse(&binding_post::read(field)?, &Limits::MESSAGE)?;
        Ok(Self {
            kind,
            document,
            relay_state,
            carrier: Carrier::Post,
        })
    }

    /// Reads the body of the SOAP binding: an envelope with one message in it (saml-bindings §3.2).
    pub fn from_soap(body: &[u8]) -> Result<Self, IncomingRefusal> {
        let document = Document::parse(body, &Limits::MESSAGE)?;
        let message = soap::message(document.root())?;
        let kind = if message.local_name().ends_with("Response") {
            MessageKind::Response
        } else {
            MessageKind::Request
        };
        Ok(Self {
            kind,
            document,
            relay_state: None,
            carrier: Carrier::Soap,
        })
    }

    /// The message itself, inside whatever carries it.
    fn message(&self) -> Element<'_> {
        let root = self.document.root();
        match self.carrier {
            // The envelope was looked through when it came in.
            Carrier::Soap => soap::message(root).unwrap_or(root),
            Carrier::Redirect(_) | Carrier::Post => root,
        }
    }

    /// Request or response.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// What the sender wants back.
    pub fn relay_state(&self) -> Option<&str> {
        self.relay_state.as_deref()
    }

    /// Who the message claims to be of. Good for looking up the party, and for nothing else.
    pub fn claimed_issuer(&self) -> Option<EntityId> {
        let issuer = self.message().child(SAML.uri, "Issuer").ok()??;
        EntityId::parse(issuer.text().ok()?.trim()).ok()
    }

    /// The document, for readers of responses, which verify by themselves.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Checks the signature as far as `trust` demands: one that is there and can be checked must be good.
    pub fn authenticate(self, trust: &RequestTrust) -> Result<Authenticated, SignatureRefusal> {
        let keys = trust.keys();
        let is_signed = self.is_signed();
        if !is_signed && trust.demands_signature() {
            return Err(SignatureRefusal::Unsigned);
        }
        if !is_signed || keys.is_empty() {
            return Ok(Authenticated {
                in_envelope: matches!(self.carrier, Carrier::Soap),
                source: Source::Hearsay(self.document),
            });
        }
        let verified = match self.carrier {
            Carrier::Post | Carrier::Soap => verify_carried(self.message(), keys)?,
            Carrier::Redirect(Some(signature)) => verify_redirect(
                self.document,
                &signature.octets,
                &signature.algorithm,
                &signature.value,
                keys,
            )?,
            Carrier::Redirect(None) => return Err(SignatureRefusal::Unsigned),
        };
        Ok(Authenticated {
            source: Source::Signed(verified),
            in_envelope: false,
        })
    }

    fn is_signed(&self) -> bool {
        match &self.carrier {
            Carrier::Redirect(signature) => signature.is_some(),
            Carrier::Post | Carrier::Soap => self
                .message()
                .children_named(DS.uri, "Signature")
                .next()
                .is_some(),
        }
    }
}

/// A message of a registered party: signed, or admitted without by its registration.
#[derive(Debug)]
pub struct Authenticated {
    source: Source,
    /// The message is inside an envelope.
    in_envelope: bool,
}

#[derive(Debug)]
enum Source {
    Signed(Verified),
    Hearsay(Document),
}

impl Authenticated {
    /// Whether a registered key has signed it.
    pub fn is_signed(&self) -> bool {
        matches!(self.source, Source::Signed(_))
    }

    /// The message itself; where it is signed, exactly what was signed.
    pub(super) fn root(&self) -> Element<'_> {
        match &self.source {
            Source::Signed(verified) => verified.root(),
            Source::Hearsay(document) => {
                let root = document.root();
                // What comes by another binding inside of an envelope is no message.
                let inside = self.in_envelope.then(|| soap::message(root).ok()).flatten();
                inside.unwrap_or(root)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;
    use crate::saml::peer::TrustedKeys;
    use crate::saml::testing::TestKey;

    const REQUEST: &str =
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_1\"/>";

    fn posted(xml: &str) -> Result<Incoming, IncomingRefusal> {
        Incoming::from_post(
            MessageKind::Request,
            &BASE64.encode(xml.as_bytes()),
            Some("r".to_owned()),
        )
    }

    #[test]
    fn a_message_tells_what_it_is_before_it_is_believed() {
        let message = posted(REQUEST).unwrap();
        assert_eq!(message.message().local_name(), "AuthnRequest");
        assert_eq!(
            (message.kind(), message.relay_state()),
            (MessageKind::Request, Some("r"))
        );
        assert_eq!(message.claimed_issuer(), None);
        let other = posted(&REQUEST.replace("AuthnRequest", "LogoutRequest")).unwrap();
        assert_eq!(other.message().local_name(), "LogoutRequest");
    }

    #[test]
    fn each_binding_gives_its_own_reason() {
        for (refusal, reason) in [
            (Incoming::from_redirect("x").unwrap_err(), "no_message"),
            (posted("<a>").unwrap_err(), "malformed"),
            (
                Incoming::from_post(MessageKind::Request, "!", None).unwrap_err(),
                "encoding",
            ),
        ] {
            assert_eq!(refusal.reason(), reason);
            assert!(!refusal.is_too_large());
        }
        let huge = IncomingRefusal::from(PostRefusal::Size);
        assert!(huge.is_too_large() && huge.reason() == "size");
    }

    /// B20: no signature is none, however the message came.
    #[test]
    fn who_must_sign_is_not_believed_without() {
        let keys = TrustedKeys::new(vec![TestKey::new().verifying()]).unwrap();
        let refused = posted(REQUEST)
            .unwrap()
            .authenticate(&RequestTrust::Signed(keys.clone()));
        assert_eq!(refused.unwrap_err().reason(), "unsigned");
        let admitted = posted(REQUEST)
            .unwrap()
            .authenticate(&RequestTrust::Unsigned(Some(keys)));
        assert!(!admitted.unwrap().is_signed());
    }
}
