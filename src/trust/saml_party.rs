//! A SAML party: its metadata, with what our side decides about it in `[saml]`.
//!
//! Metadata says who, where and by which keys; what must be signed, encrypted and named is
//! ours. Trust in the file comes from whoever put it in the directory: signatures on it are
//! the business of feeds, not of this reader.

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};

use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::domain::address::PlainHttp;
use crate::saml::name_id::NameIdFormat;
use crate::saml::peer::{
    AcsEndpoint, AcsEndpoints, AssertionEncryption, AssertionSecrecy, EndpointUrl, EntityId, LogoutEndpoints,
    NameIdRule, RequestTrust, SamlIdp, SamlService, SignWhat, Skew, SsoEndpoints, TrustedKeys,
};
use crate::saml::xml::names::{DS, MD};
use crate::saml::xml::{
    AcceptedCiphers, ContentCipher, Document, Element, EncryptionKey, EncryptionMethod, KeyTransport, Limits,
    VerifyingKey,
};

use super::load::{PartyFile, Terms};

const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// Metadata that ends sooner than this is warned about.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Reads `[saml]` of a service and the metadata that it names.
pub(super) fn read_service(
    section: &mut Section<'_>,
    file: &PartyFile,
    terms: &Terms<'_>,
) -> Option<SamlService> {
    let document = read_document(section, file);
    let signed = section.word("requests", &[("signed", true), ("unsigned", false)]);
    let sign = section.word(
        "sign",
        &[
            ("response", SignWhat::Response),
            ("assertion", SignWhat::Assertion),
            ("both", SignWhat::Both),
        ],
    );
    let encrypt = section.get_or("encrypt", false);
    let method = read_encryption_method(section);
    let name_ids = read_name_ids(section);
    let document = document?;
    let reader = Metadata::open(section, &document, "SPSSODescriptor", terms)?;
    let keys = TrustedKeys::new(reader.signing_keys()).ok();
    let signed = signed.unwrap_or_else(|| reader.says("AuthnRequestsSigned"));
    let requests = match (signed, keys) {
        (true, Some(keys)) => Some(RequestTrust::Signed(keys)),
        (false, keys) => Some(RequestTrust::Unsigned(keys)),
        (true, None) => {
            reader.fault(
                "requests",
                "requests must be signed, but there is no key to check them with",
                "get metadata with a signing key, or write requests = \"unsigned\"",
            );
            None
        }
    };
    let encryption = match encrypt.then(|| reader.encryption_key()) {
        None => None,
        Some(Some(to)) => Some(AssertionEncryption { to, method }),
        Some(None) => {
            reader.fault(
                "encrypt",
                "assertions are to be encrypted, but there is no key to encrypt to",
                "get metadata with an encryption key (RSA), or remove encrypt = true",
            );
            return None;
        }
    };
    Some(SamlService {
        entity_id: reader.entity_id()?,
        acs: reader.acs()?,
        requests: requests?,
        sign: sign.unwrap_or_default(),
        encrypt: encryption,
        name_ids,
        logout: reader.logout(),
    })
}

/// Reads `[saml]` of an identity provider and the metadata that it names.
pub(super) fn read_idp(section: &mut Section<'_>, file: &PartyFile, terms: &Terms<'_>) -> Option<SamlIdp> {
    let document = read_document(section, file);
    let sign_requests = section.get_or("sign_requests", true);
    let ask_name_id = read_format(section, "ask_name_id");
    let secrecy = section.word(
        "assertions",
        &[
            ("any", AssertionSecrecy::Optional),
            ("encrypted", AssertionSecrecy::Required),
        ],
    );
    let skew: Option<SignedDuration> = section.get("clock_skew");
    let ciphers = read_cbc_exception(section, terms.now);
    let document = document?;
    let reader = Metadata::open(section, &document, "IDPSSODescriptor", terms)?;
    let keys = TrustedKeys::new(reader.signing_keys());
    if keys.is_err() {
        reader.fault(
            "metadata",
            "it has no usable signing key, so no answer of this upstream can be checked",
            "get metadata with a KeyDescriptor for signing (RSA of at least 2048 bits, or P-256)",
        );
    }
    Some(SamlIdp {
        entity_id: reader.entity_id()?,
        sso: reader.sso()?,
        keys: keys.ok()?,
        sign_requests,
        ask_name_id,
        assertions: secrecy.unwrap_or_default(),
        ciphers,
        skew: skew.map_or_else(Skew::default, Skew::of),
        logout: reader.logout(),
    })
}

fn read_document(section: &mut Section<'_>, file: &PartyFile) -> Option<Document> {
    let name: Option<String> = section.get("metadata");
    let name = name.unwrap_or_else(|| format!("{}.xml", file.short_name));
    let problem = match std::fs::read(file.beside(&name)) {
        Ok(bytes) => match Document::parse(&bytes, &Limits::METADATA) {
            Ok(document) => return Some(document),
            Err(refusal) => Problem::error(format!("{name} is not metadata that is read: {refusal}"))
                .help("ask the party for its metadata anew; nothing in it is mended here"),
        },
        Err(error) => Problem::error(format!("{name} cannot be read: {error}"))
            .help("put the party's SAML metadata beside this file, or add an [oidc] table"),
    };
    section.fault("metadata", problem);
    None
}

fn read_encryption_method(section: &mut Section<'_>) -> EncryptionMethod {
    let content = section.word(
        "cipher",
        &[
            ("aes128-gcm", ContentCipher::Aes128Gcm),
            ("aes256-gcm", ContentCipher::Aes256Gcm),
        ],
    );
    let transport = section.word(
        "key_transport",
        &[
            ("oaep-sha1", KeyTransport::OaepSha1),
            ("oaep-sha256", KeyTransport::OaepSha256),
        ],
    );
    EncryptionMethod {
        content: content.unwrap_or_default(),
        transport: transport.unwrap_or_default(),
    }
}

fn read_name_ids(section: &mut Section<'_>) -> NameIdRule {
    let default = read_format(section, "name_id").unwrap_or(NameIdFormat::Persistent);
    let also: Vec<String> = section.get_or("also_name_ids", Vec::new());
    let also = also.iter().filter_map(|word| {
        let format = format_of(word);
        if format.is_none() {
            section.fault("also_name_ids", unknown_format(word));
        }
        format
    });
    NameIdRule {
        default,
        also: also.collect(),
    }
}

fn read_format(section: &mut Section<'_>, key: &'static str) -> Option<NameIdFormat> {
    let word: String = section.get(key)?;
    let format = format_of(&word);
    if format.is_none() {
        section.fault(key, unknown_format(&word));
    }
    format
}

fn format_of(word: &str) -> Option<NameIdFormat> {
    match word {
        "persistent" => Some(NameIdFormat::Persistent),
        "transient" => Some(NameIdFormat::Transient),
        "unspecified" => Some(NameIdFormat::Unspecified),
        "email" => Some(NameIdFormat::EmailAddress),
        "x509-subject" => Some(NameIdFormat::X509SubjectName),
        uri if uri.starts_with("urn:") => Some(NameIdFormat::from_uri(uri)),
        _ => None,
    }
}

fn unknown_format(word: &str) -> Problem {
    Problem::error(format!("{word} is no kind of NameID"))
        .help("write \"persistent\", \"transient\", \"unspecified\", \"email\", \"x509-subject\" or a URN")
}

/// CBC is taken only as a named exception that ends by itself (DR30).
fn read_cbc_exception(section: &mut Section<'_>, now: Timestamp) -> AcceptedCiphers {
    if !section.has("accept_cbc") {
        return AcceptedCiphers::Gcm;
    }
    let until: Option<Timestamp> = section.table("accept_cbc", |exception| {
        let owner: Option<String> = exception.require("owner", "who answers for this exception");
        let reason: Option<String> = exception.require("reason", "why it is needed");
        let until = exception.require("until", "when it ends");
        owner.and(reason).and(until)
    });
    match until {
        Some(until) if now < until => {
            let problem = Problem::warning(format!("AES-CBC is accepted from this upstream until {until}"));
            section.fault("accept_cbc", problem.help("move it to AES-GCM before then"));
            AcceptedCiphers::GcmAndCbc
        }
        Some(_) => {
            let problem = Problem::error("this exception has ended");
            section.fault(
                "accept_cbc",
                problem.help("remove it; the upstream must encrypt with AES-GCM now"),
            );
            AcceptedCiphers::Gcm
        }
        None => AcceptedCiphers::Gcm,
    }
}

/// One role of one party's metadata.
struct Metadata<'s, 'f, 'd> {
    section: &'s Section<'f>,
    root: Element<'d>,
    role: Element<'d>,
    plain: PlainHttp,
}

impl<'s, 'f, 'd> Metadata<'s, 'f, 'd> {
    /// Finds the role; reports what has expired.
    fn open(section: &'s Section<'f>, document: &'d Document, role: &str, terms: &Terms<'_>) -> Option<Self> {
        let root = document.root();
        let found = root.children_named(MD.uri, role).next();
        let (true, Some(role_element)) = (root.is(MD.uri, "EntityDescriptor"), found) else {
            let problem = Problem::error(format!("the metadata has no EntityDescriptor with {role}"));
            section.fault(
                "metadata",
                problem.help("this file must describe one party, in the role that it is registered for"),
            );
            return None;
        };
        let reader = Self {
            section,
            root,
            role: role_element,
            plain: terms.plain_http(),
        };
        reader.check_age(terms.now);
        Some(reader)
    }

    fn check_age(&self, now: Timestamp) {
        for element in [self.root, self.role] {
            let Some(text) = element.attribute("validUntil") else {
                continue;
            };
            match text.parse::<Timestamp>() {
                Ok(until) if until <= now => self.fault(
                    "metadata",
                    &format!("the metadata expired at {until}"),
                    "ask the party for its current metadata",
                ),
                Ok(until) if until.duration_since(now) < SOON => {
                    let problem = Problem::warning(format!("the metadata expires at {until}"));
                    self.section
                        .fault("metadata", problem.help("ask the party for its next metadata"));
                }
                Ok(_) => {}
                Err(_) => self.fault(
                    "metadata",
                    "validUntil is not a moment",
                    "ask the party for correct metadata",
                ),
            }
        }
    }

    fn entity_id(&self) -> Option<EntityId> {
        let text = self.root.attribute("entityID").unwrap_or_default();
        self.section.checked("metadata", EntityId::parse(text))
    }

    fn says(&self, attribute: &str) -> bool {
        matches!(self.role.attribute(attribute).map(str::trim), Some("true" | "1"))
    }

    fn acs(&self) -> Option<AcsEndpoints> {
        let endpoints = self
            .role
            .children_named(MD.uri, "AssertionConsumerService")
            .filter(|element| element.attribute("Binding") == Some(POST))
            .enumerate()
            .filter_map(|(place, element)| {
                let index = element
                    .attribute("index")
                    .and_then(|index| index.trim().parse().ok());
                Some(AcsEndpoint {
                    url: self.url(element, "Location")?,
                    index: index.or_else(|| u16::try_from(place).ok())?,
                    is_default: matches!(element.attribute("isDefault"), Some("true" | "1")),
                })
            });
        self.section
            .checked("metadata", AcsEndpoints::new(endpoints.collect()))
    }

    fn sso(&self) -> Option<SsoEndpoints> {
        let at = |binding| self.endpoint("SingleSignOnService", binding);
        match (at(REDIRECT), at(POST)) {
            (Some(redirect), Some(post)) => Some(SsoEndpoints::Both { redirect, post }),
            (Some(redirect), None) => Some(SsoEndpoints::Redirect(redirect)),
            (None, Some(post)) => Some(SsoEndpoints::Post(post)),
            (None, None) => {
                self.fault(
                    "metadata",
                    "there is no SingleSignOnService by HTTP-Redirect or HTTP-POST that can be used",
                    "ask the party for metadata with an https address for logins",
                );
                None
            }
        }
    }

    fn logout(&self) -> LogoutEndpoints {
        let response = self
            .role
            .children_named(MD.uri, "SingleLogoutService")
            .find(|element| element.attribute("ResponseLocation").is_some());
        LogoutEndpoints {
            redirect: self.endpoint("SingleLogoutService", REDIRECT),
            post: self.endpoint("SingleLogoutService", POST),
            response: response.and_then(|element| self.url(element, "ResponseLocation")),
        }
    }

    fn endpoint(&self, name: &str, binding: &str) -> Option<EndpointUrl> {
        let element = self
            .role
            .children_named(MD.uri, name)
            .find(|element| element.attribute("Binding") == Some(binding))?;
        self.url(element, "Location")
    }

    fn url(&self, element: Element<'_>, attribute: &str) -> Option<EndpointUrl> {
        let text = element.attribute(attribute).unwrap_or_default();
        let parsed = EndpointUrl::parse(text, self.plain);
        if let Err(error) = &parsed {
            self.fault(
                "metadata",
                &format!("{} {text}: {error}", element.local_name()),
                "every address must be https; ask the party for correct metadata",
            );
        }
        parsed.ok()
    }

    /// Keys that can be used; a key without `use` serves both ends (saml-metadata §2.4.1.1).
    fn signing_keys(&self) -> Vec<VerifyingKey> {
        let keys = self.certificates("signing").into_iter();
        keys.filter_map(|der| match VerifyingKey::from_certificate_der(&der) {
            Ok(key) => Some(key),
            Err(refusal) => {
                let problem = Problem::warning(format!("a signing key is passed over: {}", refusal.reason()));
                self.section.fault(
                    "metadata",
                    problem.help("usable are RSA keys of at least 2048 bits and P-256"),
                );
                None
            }
        })
        .collect()
    }

    fn encryption_key(&self) -> Option<EncryptionKey> {
        let certificates = self.certificates("encryption");
        certificates
            .iter()
            .find_map(|der| EncryptionKey::from_certificate_der(der).ok())
    }

    fn certificates(&self, purpose: &str) -> Vec<Vec<u8>> {
        let descriptors = self.role.children_named(MD.uri, "KeyDescriptor");
        let mut found = Vec::new();
        for descriptor in
            descriptors.filter(|element| element.attribute("use").is_none_or(|used| used == purpose))
        {
            let certificates = descriptor
                .descendants()
                .filter(|element| element.is(DS.uri, "X509Certificate"));
            for certificate in certificates {
                let text: String = certificate
                    .text()
                    .unwrap_or_default()
                    .split_whitespace()
                    .collect();
                match BASE64.decode(text.as_bytes()) {
                    Ok(der) => found.push(der),
                    Err(_) => self.fault(
                        "metadata",
                        "an X509Certificate is not base64",
                        "ask the party for correct metadata",
                    ),
                }
            }
        }
        found
    }

    fn fault(&self, key: &str, message: &str, help: &str) {
        self.section.fault(key, Problem::error(message).help(help));
    }
}
