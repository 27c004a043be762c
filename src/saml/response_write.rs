//! Our answers to services: who the user is, or why there is no answer.
//!
//! Written with the canonical writer, so that no value can become markup (B21); signed after that,
//! and encrypted in between where the service wants it. Not here: what the service may know.

use jiff::{SignedDuration, Timestamp};

use super::assertion::AttributeValue;
use super::ids::MessageId;
use super::instant;
use super::name_id::NameId;
use super::peer::{EncryptWhat, EndpointUrl, EntityId, SamlService};
use super::status::{Failure, Status};
use super::xml::names::{SAML, SAMLP};
use super::xml::{
    CanonicalXml, EncryptionFailed, SigningFailed, WriteRefusal, Writer, encrypt, sign_enveloped,
};
use crate::ambient::Entropy;
use crate::keys::Signer;

/// Services whose clocks are a little behind shall not find the answer to be from the future.
const VALID_BEFORE: SignedDuration = SignedDuration::from_secs(30);
/// How long an answer may be on its way.
const VALID_FOR: SignedDuration = SignedDuration::from_mins(5);

/// An answer that logs a user in at a service.
#[derive(Debug, Clone)]
pub struct LoginResponse<'a> {
    /// Ourselves, as the service knows us.
    pub issuer: &'a EntityId,
    /// The service.
    pub service: &'a SamlService,
    /// Which of its addresses.
    pub acs: &'a EndpointUrl,
    /// The identifier of its request.
    pub in_response_to: &'a str,
    /// Identifies the Response.
    pub response_id: &'a MessageId,
    /// Identifies the Assertion.
    pub assertion_id: &'a MessageId,
    /// When the answer is written.
    pub issue_instant: Timestamp,
    /// Who the user is, to this service.
    pub subject: &'a NameId,
    /// When they proved it.
    pub authn_instant: Timestamp,
    /// Names their session with us, for logout.
    pub session_index: &'a str,
    /// When that session ends.
    pub session_not_on_or_after: Timestamp,
    /// How sure we are: see [`super::authn_context::answer`].
    pub class_ref: &'a str,
    /// Who vouched, from the nearest on; empty where that is not told (eGov-085).
    pub authenticating_authorities: &'a [EntityId],
    /// What else the service may know.
    pub attributes: &'a [IssuedAttribute],
}

/// An attribute as it goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedAttribute {
    /// Its name on the wire.
    pub name: String,
    /// What kind of name that is.
    pub name_format: AttributeNameFormat,
    /// A name for people.
    pub friendly_name: Option<String>,
    /// Its values, in order. Personal data.
    pub values: Vec<AttributeValue>,
}

impl std::fmt::Debug for IssuedAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssuedAttribute({}, {} values)", self.name, self.values.len())
    }
}

/// Kinds of attribute names (saml-core §8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AttributeNameFormat {
    /// Names that are URIs.
    #[default]
    Uri,
    /// Plain names, as OIOSAML 2 and older services have them.
    Basic,
    /// Left open.
    Unspecified,
}

impl AttributeNameFormat {
    /// Its identifier.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Uri => "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
            Self::Basic => "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
            Self::Unspecified => "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
        }
    }
}

/// An answer that logs nobody in.
#[derive(Debug, Clone)]
pub struct FailureResponse<'a> {
    /// Ourselves, as the service knows us.
    pub issuer: &'a EntityId,
    /// Where the answer goes.
    pub acs: &'a EndpointUrl,
    /// The identifier of the request.
    pub in_response_to: &'a str,
    /// Identifies the Response.
    pub response_id: &'a MessageId,
    /// When the answer is written.
    pub issue_instant: Timestamp,
    /// Why nobody is logged in, as the service hears it.
    pub failure: &'a Failure,
}

/// Why an answer could not be made. None of these is the user's fault.
#[derive(Debug, thiserror::Error)]
pub enum IssueFailed {
    /// A value cannot be written in XML.
    #[error("the answer could not be written")]
    Writing(#[from] WriteRefusal),
    /// The key could not sign.
    #[error("the answer could not be signed")]
    Signing(#[from] SigningFailed),
    /// The service's key could not encrypt.
    #[error("the answer could not be encrypted")]
    Encryption(#[from] EncryptionFailed),
}

impl LoginResponse<'_> {
    /// Writes, signs and encrypts as the service is registered.
    pub async fn issue(
        &self,
        signer: &dyn Signer,
        entropy: &dyn Entropy,
    ) -> Result<CanonicalXml, IssueFailed> {
        let sealed = |what: EncryptWhat, element: &CanonicalXml| match &self.service.encrypt {
            Some(encryption) if encryption.what == what => {
                encrypt(element, &encryption.to, encryption.method, entropy).map(Some)
            }
            _ => Ok(None),
        };
        let name = sealed(EncryptWhat::NameId, &self.subject.alone()?)?;
        let mut assertion = self.assertion_with(name.as_ref())?;
        if self.service.sign.assertion() {
            assertion = sign_enveloped(assertion, signer).await?;
        }
        let encrypted = sealed(EncryptWhat::Assertion, &assertion)?;
        let response = self
            .envelope()
            .write(&Status::Success, |response| match &encrypted {
                Some(encrypted) => {
                    response
                        .element(SAML, "EncryptedAssertion")
                        .children(|element| element.embed(encrypted));
                }
                None => response.embed(&assertion),
            })?;
        Ok(if self.service.sign.response() {
            sign_enveloped(response, signer).await?
        } else {
            response
        })
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            issuer: self.issuer,
            acs: self.acs,
            in_response_to: self.in_response_to,
            id: self.response_id,
            issue_instant: self.issue_instant,
        }
    }

    /// The assertion, not signed, with the name in the clear.
    pub fn assertion(&self) -> Result<CanonicalXml, WriteRefusal> {
        self.assertion_with(None)
    }

    fn assertion_with(&self, encrypted_name: Option<&CanonicalXml>) -> Result<CanonicalXml, WriteRefusal> {
        let mut writer = Writer::new();
        writer
            .element(SAML, "Assertion")
            .attribute("ID", self.assertion_id.as_str())
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &instant::write(self.issue_instant))
            .children(|assertion| {
                assertion.element(SAML, "Issuer").text(self.issuer.as_str());
                self.write_subject(assertion, encrypted_name);
                self.write_conditions(assertion);
                self.write_authn_statement(assertion);
                self.write_attributes(assertion);
            });
        writer.finish()
    }

    fn begins(&self) -> String {
        instant::write(
            self.issue_instant
                .saturating_sub(VALID_BEFORE)
                .unwrap_or(Timestamp::MIN),
        )
    }

    fn ends(&self) -> String {
        instant::write(
            self.issue_instant
                .saturating_add(VALID_FOR)
                .unwrap_or(Timestamp::MAX),
        )
    }

    fn write_subject(&self, assertion: &mut Writer, encrypted_name: Option<&CanonicalXml>) {
        assertion.element(SAML, "Subject").children(|subject| {
            match encrypted_name {
                Some(encrypted) => subject
                    .element(SAML, "EncryptedID")
                    .children(|element| element.embed(encrypted)),
                None => self.subject.write(subject),
            }
            let confirmation = subject.element(SAML, "SubjectConfirmation");
            confirmation
                .attribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
                .children(|confirmation| {
                    confirmation
                        .element(SAML, "SubjectConfirmationData")
                        .attribute("InResponseTo", self.in_response_to)
                        .attribute("NotOnOrAfter", &self.ends())
                        .attribute("Recipient", self.acs.as_str())
                        .empty();
                });
        });
    }

    fn write_conditions(&self, assertion: &mut Writer) {
        assertion
            .element(SAML, "Conditions")
            .attribute("NotBefore", &self.begins())
            .attribute("NotOnOrAfter", &self.ends())
            .children(|conditions| {
                conditions
                    .element(SAML, "AudienceRestriction")
                    .children(|restriction| {
                        restriction
                            .element(SAML, "Audience")
                            .text(self.service.entity_id.as_str());
                    });
            });
    }

    fn write_authn_statement(&self, assertion: &mut Writer) {
        assertion
            .element(SAML, "AuthnStatement")
            .attribute("AuthnInstant", &instant::write(self.authn_instant))
            .attribute("SessionIndex", self.session_index)
            .attribute(
                "SessionNotOnOrAfter",
                &instant::write(self.session_not_on_or_after),
            )
            .children(|statement| {
                statement.element(SAML, "AuthnContext").children(|context| {
                    context.element(SAML, "AuthnContextClassRef").text(self.class_ref);
                    for authority in self.authenticating_authorities {
                        context
                            .element(SAML, "AuthenticatingAuthority")
                            .text(authority.as_str());
                    }
                });
            });
    }

    /// The schema wants at least one attribute in a statement, so without any there is none.
    fn write_attributes(&self, assertion: &mut Writer) {
        if self.attributes.is_empty() {
            return;
        }
        assertion
            .element(SAML, "AttributeStatement")
            .children(|statement| {
                for attribute in self.attributes {
                    statement
                        .element(SAML, "Attribute")
                        .attribute("Name", &attribute.name)
                        .attribute("NameFormat", attribute.name_format.uri())
                        .optional_attribute("FriendlyName", attribute.friendly_name.as_deref())
                        .children(|element| {
                            for value in &attribute.values {
                                let element = element.element(SAML, "AttributeValue");
                                match value {
                                    AttributeValue::Text(text) => element.text(text),
                                    AttributeValue::Name(name) => {
                                        element.children(|inside| name.write(inside));
                                    }
                                }
                            }
                        });
                }
            });
    }
}

impl FailureResponse<'_> {
    /// Writes and signs. A failure is always signed: there is nothing else to sign.
    pub async fn issue(&self, signer: &dyn Signer) -> Result<CanonicalXml, IssueFailed> {
        Ok(sign_enveloped(self.message()?, signer).await?)
    }

    /// The message, not signed.
    pub fn message(&self) -> Result<CanonicalXml, WriteRefusal> {
        let envelope = Envelope {
            issuer: self.issuer,
            acs: self.acs,
            in_response_to: self.in_response_to,
            id: self.response_id,
            issue_instant: self.issue_instant,
        };
        envelope.write(&Status::Failure(self.failure.clone()), |_| {})
    }
}

/// What every Response has around its content.
struct Envelope<'a> {
    issuer: &'a EntityId,
    acs: &'a EndpointUrl,
    in_response_to: &'a str,
    id: &'a MessageId,
    issue_instant: Timestamp,
}

impl Envelope<'_> {
    fn write(
        &self,
        status: &Status,
        content: impl FnOnce(&mut Writer),
    ) -> Result<CanonicalXml, WriteRefusal> {
        let mut writer = Writer::new();
        writer
            .element(SAMLP, "Response")
            .attribute("ID", self.id.as_str())
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &instant::write(self.issue_instant))
            .attribute("Destination", self.acs.as_str())
            .attribute("InResponseTo", self.in_response_to)
            .children(|response| {
                response.element(SAML, "Issuer").text(self.issuer.as_str());
                status.write(response);
                content(response);
            });
        writer.finish()
    }
}

#[cfg(test)]
mod tests;
