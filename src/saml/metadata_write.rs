//! What we publish about ourselves: one signed `EntityDescriptor` with both of our roles.
//!
//! As an identity provider we take requests by Redirect and POST; as a service we take answers by
//! POST. Each role names its own keys, so that neither can speak for the other (DR26). Keys are
//! published before they are used and after they were, so there may be several.

use data_encoding::BASE64;
use jiff::Timestamp;

use super::ids::MessageId;
use super::instant;
use super::metadata::{HTTP_POST, HTTP_REDIRECT, MDUI, SHIBMD, SOAP};
use super::name_id::NameIdFormat;
use super::peer::{EndpointUrl, SamlSelf};
use super::xml::names::{DS, MD, SAMLP, XML};
use super::xml::{CanonicalXml, SigningFailed, WriteRefusal, Writer, sign_enveloped};
use crate::domain::login_name::Domain;
use crate::domain::text::{Language, LocalizedName};
use crate::keys::Signer;

/// Everything that we say about ourselves.
#[derive(Debug, Clone)]
pub struct OwnMetadata<'a> {
    /// Ourselves.
    pub us: &'a SamlSelf,
    /// Names this edition, for its signature.
    pub id: &'a MessageId,
    /// Until when it holds.
    pub valid_until: Timestamp,
    /// Certificates in DER of the keys that our answers to services are signed with, or soon will be.
    pub answer_signing: &'a [Vec<u8>],
    /// Certificates in DER of the keys that our requests to upstreams are signed with, or soon will be.
    pub request_signing: &'a [Vec<u8>],
    /// Certificates in DER of the keys that we decrypt with: the preferred first.
    pub decryption: &'a [Vec<u8>],
    /// Domains that we assert scoped values in.
    pub scopes: &'a [Domain],
    /// What people call us.
    pub name: &'a LocalizedName,
    /// Who is asked when something does not work.
    pub contacts: &'a [Contact],
}

/// Somebody who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// In which matters.
    pub kind: ContactKind,
    /// A name, rather of a desk than of a person.
    pub name: String,
    /// An e-mail address, without `mailto:`.
    pub email: String,
}

/// In which matters somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContactKind {
    /// Configuration and keys.
    Technical,
    /// Users with questions.
    Support,
    /// Incidents. Written as REFEDS has it.
    Security,
}

impl OwnMetadata<'_> {
    /// Writes and signs.
    pub async fn issue(&self, signer: &dyn Signer) -> Result<CanonicalXml, SigningFailed> {
        sign_enveloped(self.document()?, signer).await
    }

    /// The document, not signed.
    pub fn document(&self) -> Result<CanonicalXml, WriteRefusal> {
        let mut writer = Writer::new();
        writer
            .element(MD, "EntityDescriptor")
            .attribute("ID", self.id.as_str())
            .attribute("entityID", self.us.entity_id.as_str())
            .attribute("validUntil", &instant::write(self.valid_until))
            .children(|entity| {
                self.write_idp(entity);
                self.write_sp(entity);
                self.contacts.iter().for_each(|contact| contact.write(entity));
            });
        writer.finish()
    }

    fn write_idp(&self, entity: &mut Writer) {
        entity
            .element(MD, "IDPSSODescriptor")
            .attribute("WantAuthnRequestsSigned", "false")
            .attribute("protocolSupportEnumeration", SAMLP.uri)
            .children(|role| {
                role.element(MD, "Extensions").children(|extensions| {
                    for scope in self.scopes {
                        extensions
                            .element(SHIBMD, "Scope")
                            .attribute("regexp", "false")
                            .text(scope.as_str());
                    }
                    self.write_name(extensions);
                });
                write_keys(role, "signing", self.answer_signing);
                write_keys(role, "encryption", self.decryption);
                self.write_logout(role);
                write_formats(role);
                for binding in [HTTP_REDIRECT, HTTP_POST] {
                    write_endpoint(role, "SingleSignOnService", binding, &self.us.sso);
                }
            });
    }

    fn write_sp(&self, entity: &mut Writer) {
        entity
            .element(MD, "SPSSODescriptor")
            .attribute("AuthnRequestsSigned", "true")
            .attribute("WantAssertionsSigned", "true")
            .attribute("protocolSupportEnumeration", SAMLP.uri)
            .children(|role| {
                role.element(MD, "Extensions")
                    .children(|extensions| self.write_name(extensions));
                write_keys(role, "signing", self.request_signing);
                write_keys(role, "encryption", self.decryption);
                self.write_logout(role);
                write_formats(role);
                role.element(MD, "AssertionConsumerService")
                    .attribute("Binding", HTTP_POST)
                    .attribute("Location", self.us.acs.as_str())
                    .attribute("index", "0")
                    .attribute("isDefault", "true")
                    .empty();
            });
    }

    fn write_name(&self, extensions: &mut Writer) {
        extensions.element(MDUI, "UIInfo").children(|info| {
            for language in Language::ALL {
                let name = self.name.in_language(language);
                info.element(MDUI, "DisplayName")
                    .attribute_ns(XML, "lang", language.tag())
                    .text(name);
            }
        });
    }

    fn write_logout(&self, role: &mut Writer) {
        if let Some(logout) = &self.us.logout {
            for binding in [HTTP_REDIRECT, HTTP_POST] {
                write_endpoint(role, "SingleLogoutService", binding, &logout.front);
            }
            write_endpoint(role, "SingleLogoutService", SOAP, &logout.soap);
        }
    }
}

fn write_formats(role: &mut Writer) {
    for format in [NameIdFormat::Persistent, NameIdFormat::Transient] {
        role.element(MD, "NameIDFormat").text(format.uri());
    }
}

fn write_endpoint(role: &mut Writer, name: &'static str, binding: &str, to: &EndpointUrl) {
    role.element(MD, name)
        .attribute("Binding", binding)
        .attribute("Location", to.as_str())
        .empty();
}

/// The ways to encrypt for us that we prefer, the first most; what else we read is not advertised.
const ENCRYPTION_METHODS: [&str; 3] = [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
];

fn write_keys(role: &mut Writer, usage: &'static str, certificates: &[Vec<u8>]) {
    for certificate in certificates {
        role.element(MD, "KeyDescriptor")
            .attribute("use", usage)
            .children(|descriptor| {
                descriptor.element(DS, "KeyInfo").children(|info| {
                    info.element(DS, "X509Data").children(|data| {
                        data.element(DS, "X509Certificate")
                            .text(&BASE64.encode(certificate));
                    });
                });
                if usage == "encryption" {
                    for method in ENCRYPTION_METHODS {
                        descriptor
                            .element(MD, "EncryptionMethod")
                            .attribute("Algorithm", method)
                            .empty();
                    }
                }
            });
    }
}

/// The namespace of REFEDS for contacts in incidents.
const REMD: super::xml::Namespace = super::xml::Namespace::new("remd", "http://refeds.org/metadata");

impl Contact {
    fn write(&self, entity: &mut Writer) {
        let contact = entity.element(MD, "ContactPerson");
        let contact = match self.kind {
            ContactKind::Technical => contact.attribute("contactType", "technical"),
            ContactKind::Support => contact.attribute("contactType", "support"),
            ContactKind::Security => contact.attribute("contactType", "other").attribute_ns(
                REMD,
                "contactType",
                "http://refeds.org/metadata/contactType/security",
            ),
        };
        contact.children(|person| {
            person.element(MD, "GivenName").text(&self.name);
            person
                .element(MD, "EmailAddress")
                .text(&format!("mailto:{}", self.email));
        });
    }
}
