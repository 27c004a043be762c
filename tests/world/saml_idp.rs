//! A municipality's SAML login that says whatever a test wants it to say.
//!
//! [`SamlIdp::words`] gives an honest answer as a form; a test changes what it likes and has it
//! signed. Everything is written with Portner's writer, so that the mutator can cut it up.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use portner::ambient::{Ambient, OsEntropy};
use portner::keys::Signer;
use portner::keys::file::{FileSigner, RsaPadding};
use portner::keys::generate::{KeyKind, generate};
use portner::saml::peer::{AssertionEncryption, SignWhat};
use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::xml::{CanonicalXml, Writer, encrypt, sign_enveloped};
use portner::saml::{Incoming, MessageKind};
use url::Url;

use super::browser::Page;
use super::html;
use super::visitor::leads_to;

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
pub(crate) const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

/// An identity provider.
pub(crate) struct SamlIdp {
    pub(crate) entity_id: String,
    pub(crate) sso: String,
    pub(crate) signer: Arc<dyn Signer>,
}

/// What Portner asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) request_id: String,
    pub(crate) acs: String,
    pub(crate) relay_state: String,
    /// Portner's name.
    pub(crate) by: String,
    /// The `<Subject>`.
    pub(crate) subject: Option<String>,
}

impl Asked {
    /// The path that the answer goes to.
    pub(crate) fn acs_path(&self) -> String {
        Url::parse(&self.acs).unwrap().path().to_owned()
    }
}

/// Every word of an answer.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) response_issuer: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) recipient: Option<String>,
    pub(crate) response_in_response_to: Option<String>,
    pub(crate) in_response_to: Option<String>,
    /// One restriction each.
    pub(crate) audiences: Vec<Vec<String>>,
    pub(crate) issued: Timestamp,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) confirmation_ends: Option<Timestamp>,
    pub(crate) conditions_end: Option<Timestamp>,
    pub(crate) session_ends: Option<Timestamp>,
    pub(crate) authn_instant: Timestamp,
    pub(crate) name_id: String,
    pub(crate) name_id_format: String,
    pub(crate) attributes: Vec<(String, Vec<String>)>,
    pub(crate) class_ref: String,
    /// Who authenticated, where it is a broker itself.
    pub(crate) authorities: Vec<String>,
    pub(crate) number: String,
    pub(crate) sign: Option<SignWhat>,
    pub(crate) status: String,
    /// Why not, where it says so.
    pub(crate) status_reason: Option<String>,
}

impl SamlIdp {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            entity_id: format!("https://idp.{name}.example"),
            sso: format!("https://idp.{name}.example/sso"),
            signer: rsa_key_of(name),
        }
    }

    pub(crate) fn metadata(&self) -> String {
        let certificate = BASE64.encode(self.signer.certificate().unwrap());
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"{}\">\
             <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
             <md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}\
             </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
             <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
             Location=\"{}\"/></md:IDPSSODescriptor></md:EntityDescriptor>",
            self.entity_id, self.sso
        )
    }

    /// Whether this is where Portner sends the browser.
    pub(crate) fn is_asked_by(&self, page: &Page) -> bool {
        leads_to(page).is_some_and(|url| url.as_str().starts_with(&self.sso))
    }

    /// Reads the request that Portner sends the browser with.
    pub(crate) fn read(&self, page: &Page) -> Asked {
        let url = leads_to(page).unwrap_or_else(|| panic!("{} leads nowhere\n{}", page.url, page.body));
        assert!(url.as_str().starts_with(&self.sso), "sent to {url}");
        let incoming = Incoming::from_redirect(url.query().unwrap()).unwrap();
        let root = incoming.document().root();
        let text = |parent: portner::saml::xml::Element<'_>, name| {
            let found = parent.descendants().find(|child| child.is(SAML.uri, name))?;
            Some(found.text().unwrap().to_owned())
        };
        Asked {
            request_id: root.attribute("ID").unwrap().to_owned(),
            acs: root.attribute("AssertionConsumerServiceURL").unwrap().to_owned(),
            relay_state: incoming.relay_state().unwrap_or_default().to_owned(),
            by: text(root, "Issuer").unwrap(),
            subject: text(root, "NameID"),
        }
    }

    /// The honest answer that this is the user.
    pub(crate) fn words(&self, asked: &Asked, user: &str, now: Timestamp) -> Words {
        let later = |minutes| Some(now + SignedDuration::from_mins(minutes));
        Words {
            response_issuer: Some(self.entity_id.clone()),
            issuer: Some(self.entity_id.clone()),
            destination: Some(asked.acs.clone()),
            recipient: Some(asked.acs.clone()),
            response_in_response_to: Some(asked.request_id.clone()),
            in_response_to: Some(asked.request_id.clone()),
            audiences: vec![vec![asked.by.clone()]],
            issued: now,
            not_before: Some(now - SignedDuration::from_secs(30)),
            confirmation_ends: later(5),
            conditions_end: later(5),
            session_ends: later(8 * 60),
            authn_instant: now,
            name_id: user.to_owned(),
            name_id_format: PERSISTENT.to_owned(),
            attributes: Vec::new(),
            class_ref: UNSPECIFIED.to_owned(),
            authorities: Vec::new(),
            number: HEXLOWER.encode(&Ambient::system().bytes::<12>()),
            sign: Some(SignWhat::Both),
            status: SUCCESS.to_owned(),
            status_reason: None,
        }
    }

    /// The form that a browser brings to Portner.
    pub(crate) async fn form(&self, words: &Words, asked: &Asked) -> Vec<(String, String)> {
        form(&words.signed_by(&*self.signer).await, asked)
    }

    /// The honest answer, ready to be posted.
    pub(crate) async fn log_in(&self, asked: &Asked, user: &str, now: Timestamp) -> Vec<(String, String)> {
        self.form(&self.words(asked, user, now), asked).await
    }
}

/// Made once per run and party, since RSA keys are slow to make.
fn rsa_key_of(name: &str) -> Arc<dyn Signer> {
    static KEYS: LazyLock<Mutex<BTreeMap<String, Arc<dyn Signer>>>> = LazyLock::new(Mutex::default);
    let make = || -> Arc<dyn Signer> {
        let pair = generate(KeyKind::Rsa2048, name, &Ambient::system()).unwrap();
        let (key, certificate) = (pair.private_key.as_bytes(), pair.certificate.as_bytes());
        Arc::new(FileSigner::from_pem(key, Some(certificate), None, RsaPadding::Pkcs1).unwrap())
    };
    Arc::clone(KEYS.lock().unwrap().entry(name.to_owned()).or_insert_with(make))
}

/// A message as a form.
pub(crate) fn form(xml: &str, asked: &Asked) -> Vec<(String, String)> {
    vec![
        (
            MessageKind::Response.parameter().to_owned(),
            BASE64.encode(xml.as_bytes()),
        ),
        ("RelayState".to_owned(), asked.relay_state.clone()),
    ]
}

/// The message of a form that Portner sends a service, not believed, to look into.
pub(crate) fn answer_in(page: &Page) -> (Url, String, Option<String>) {
    let form = html::forms(&page.body).into_iter().next();
    let form = form.unwrap_or_else(|| panic!("no form at {}\n{}", page.url, page.body));
    let value = |name: &str| {
        let field = form.fields.iter().find(|field| field.name == name);
        field.map(|field| field.value.clone())
    };
    let message =
        value("SAMLResponse").unwrap_or_else(|| panic!("no SAMLResponse at {}\n{}", page.url, page.body));
    let xml = String::from_utf8(BASE64.decode(message.as_bytes()).unwrap()).unwrap();
    (Url::parse(&form.action).unwrap(), xml, value("RelayState"))
}

impl Words {
    /// Signed as said.
    pub(crate) async fn signed_by(&self, signer: &dyn Signer) -> String {
        let mut assertion = self.assertion();
        if self.sign.is_some_and(SignWhat::assertion) {
            assertion = sign_enveloped(assertion, signer).await.unwrap();
        }
        self.enveloped(signer, |response| response.embed(&assertion))
            .await
    }

    /// The assertion encrypted for Portner; signed as said, within and without.
    pub(crate) async fn encrypted_for(&self, to: &AssertionEncryption, signer: &dyn Signer) -> String {
        let mut assertion = self.assertion();
        if self.sign.is_some_and(SignWhat::assertion) {
            assertion = sign_enveloped(assertion, signer).await.unwrap();
        }
        let encrypted = encrypt(&assertion, &to.to, to.method, &OsEntropy).unwrap();
        self.enveloped(signer, |response| {
            response
                .element(SAML, "EncryptedAssertion")
                .children(|element| element.embed(&encrypted));
        })
        .await
    }

    /// A status and nobody.
    pub(crate) async fn declined_by(&self, signer: &dyn Signer) -> String {
        self.enveloped(signer, |_| {}).await
    }

    async fn enveloped(&self, signer: &dyn Signer, content: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer::new();
        writer
            .element(SAMLP, "Response")
            .attribute("ID", &format!("_r{}", self.number))
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &self.issued.to_string())
            .optional_attribute("Destination", self.destination.as_deref())
            .optional_attribute("InResponseTo", self.response_in_response_to.as_deref())
            .children(|response| {
                if let Some(issuer) = &self.response_issuer {
                    response.element(SAML, "Issuer").text(issuer);
                }
                response.element(SAMLP, "Status").children(|status| {
                    let code = status
                        .element(SAMLP, "StatusCode")
                        .attribute("Value", &self.status);
                    match &self.status_reason {
                        Some(reason) => code.children(|code| {
                            code.element(SAMLP, "StatusCode")
                                .attribute("Value", reason)
                                .empty();
                        }),
                        None => code.empty(),
                    }
                });
                content(response);
            });
        let response = writer.finish().unwrap();
        let response = if self.sign.is_some_and(SignWhat::response) {
            sign_enveloped(response, signer).await.unwrap()
        } else {
            response
        };
        response.into_string()
    }

    fn assertion(&self) -> CanonicalXml {
        let mut writer = Writer::new();
        writer
            .element(SAML, "Assertion")
            .attribute("ID", &format!("_a{}", self.number))
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &self.issued.to_string())
            .children(|assertion| {
                if let Some(issuer) = &self.issuer {
                    assertion.element(SAML, "Issuer").text(issuer);
                }
                self.write_subject(assertion);
                self.write_conditions(assertion);
                self.write_authn_statement(assertion);
                self.write_attributes(assertion);
            });
        writer.finish().unwrap()
    }

    fn write_subject(&self, assertion: &mut Writer) {
        let ends = self.confirmation_ends.map(|at| at.to_string());
        assertion.element(SAML, "Subject").children(|subject| {
            subject
                .element(SAML, "NameID")
                .attribute("Format", &self.name_id_format)
                .text(&self.name_id);
            subject
                .element(SAML, "SubjectConfirmation")
                .attribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
                .children(|confirmation| {
                    confirmation
                        .element(SAML, "SubjectConfirmationData")
                        .optional_attribute("Recipient", self.recipient.as_deref())
                        .optional_attribute("NotOnOrAfter", ends.as_deref())
                        .optional_attribute("InResponseTo", self.in_response_to.as_deref())
                        .empty();
                });
        });
    }

    fn write_conditions(&self, assertion: &mut Writer) {
        let (begin, end) = (self.not_before, self.conditions_end);
        let (begin, end) = (begin.map(|at| at.to_string()), end.map(|at| at.to_string()));
        assertion
            .element(SAML, "Conditions")
            .optional_attribute("NotBefore", begin.as_deref())
            .optional_attribute("NotOnOrAfter", end.as_deref())
            .children(|conditions| {
                for audiences in &self.audiences {
                    conditions
                        .element(SAML, "AudienceRestriction")
                        .children(|restriction| {
                            for audience in audiences {
                                restriction.element(SAML, "Audience").text(audience);
                            }
                        });
                }
            });
    }

    fn write_authn_statement(&self, assertion: &mut Writer) {
        let session_ends = self.session_ends.map(|at| at.to_string());
        assertion
            .element(SAML, "AuthnStatement")
            .attribute("AuthnInstant", &self.authn_instant.to_string())
            .attribute("SessionIndex", &format!("s{}", self.number))
            .optional_attribute("SessionNotOnOrAfter", session_ends.as_deref())
            .children(|statement| {
                statement.element(SAML, "AuthnContext").children(|context| {
                    context
                        .element(SAML, "AuthnContextClassRef")
                        .text(&self.class_ref);
                    for authority in &self.authorities {
                        context.element(SAML, "AuthenticatingAuthority").text(authority);
                    }
                });
            });
    }

    fn write_attributes(&self, assertion: &mut Writer) {
        if self.attributes.is_empty() {
            return;
        }
        assertion
            .element(SAML, "AttributeStatement")
            .children(|statement| {
                for (name, values) in &self.attributes {
                    statement
                        .element(SAML, "Attribute")
                        .attribute("Name", name)
                        .children(|attribute| {
                            for value in values {
                                attribute.element(SAML, "AttributeValue").text(value);
                            }
                        });
                }
            });
    }
}
