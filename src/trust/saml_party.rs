//! A SAML service: its metadata, with what our side decides about it in `[saml]`; and what both roles
//! have in common. An identity provider's is in `saml_idp`.
//!
//! Metadata says who, where and by which keys (`saml::metadata` reads it); what must be
//! signed, encrypted and named is ours. Trust in a file comes from whoever put it in the
//! directory; what is fetched is checked by its [`source`].

use jiff::{SignedDuration, Timestamp};

use super::certified::{read_chain, vouched_for};
use super::encrypts::Encrypts;
use super::load::{PartyFile, Terms};
use super::saml_ciphers::read_ciphers;
use super::source::{self, Source, SourceRefusal};
use super::validity::Validity;
use super::written_metadata::WrittenMetadata;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::config::settings::too_large;
use crate::domain::release::SubjectKind;
use crate::keys::SigningAlgorithm;
use crate::saml::metadata::{self, About, CertificateNote, EntityMetadata};
use crate::saml::name_id::NameIdFormat;
use crate::saml::peer::{AssertionEncryption, NameIdRule, NameValue, SamlService, SignWhat};
use crate::saml::xml::{Document, Limits};

/// Metadata that ends sooner than this is warned about.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Reads `[saml]` of a service and the metadata that it names. `subject` is how the service knows
/// users, where its file says so.
pub(super) fn read_service(
    section: &mut Section<'_>,
    file: &PartyFile,
    subject: Option<SubjectKind>,
    terms: &Terms<'_>,
) -> Option<(SamlService, Described)> {
    let metadata = read_metadata(section, file, terms);
    let signed = section.word("requests", &[("signed", true), ("unsigned", false)]);
    let sign = section.word(
        "sign",
        &[
            ("response", SignWhat::Response),
            ("assertion", SignWhat::Assertion),
            ("both", SignWhat::Both),
        ],
    );
    let encrypts = section.get_or("encrypt", Encrypts::Nothing);
    let ciphers = read_ciphers(section);
    let signature = read_signature(section, terms.elliptic.assertions, "assertions-es256");
    let name_ids = read_name_ids(section, subject);
    let name_value = read_name_value(section, &name_ids);
    let chain = read_chain(section, file);
    let tells_upstream = section.get_or("tell_upstream", true);
    let metadata = metadata?;
    let Some(mut role) = metadata.sp else {
        report_missing_role(section, "SPSSODescriptor");
        return None;
    };
    let mut described = Described::new(metadata.about, metadata.valid_until, &role.certificates);
    let entity_id = metadata.entity_id;
    report_keys(section, &role.keys_passed_over);
    if let Some(chain) = chain {
        let (keys, vouched) = vouched_for(section, chain, &role.certified, terms);
        role.keys = keys.or(role.keys);
        described.validity.vouched = Some(vouched);
    }
    role.signs_requests = signed.unwrap_or(role.signs_requests);
    let lacks_encryption_key = matches!(encrypts, Encrypts::Always(_)) && role.encryption.is_none();
    let registered = role.registered(entity_id);
    if registered.is_err() {
        let problem = Problem::error("requests must be signed, but there is no key to check them with");
        section.fault(
            "requests",
            problem.help("get metadata with a signing key, or write requests = \"unsigned\""),
        );
    }
    if lacks_encryption_key {
        let problem = Problem::error("assertions are to be encrypted, but there is no key to encrypt to");
        section.fault(
            "encrypt",
            problem.help(
                "get metadata with an encryption key (RSA), or write encrypt = \"if-possible\" or \"none\"",
            ),
        );
    }
    let mut service = registered.ok().filter(|_| !lacks_encryption_key)?;
    service.encrypt = service
        .encrypt
        .zip(encrypts.what())
        .map(|(encryption, what)| ciphers.applied_to(AssertionEncryption { what, ..encryption }));
    service.sign = sign.unwrap_or_default();
    service.signature = signature?;
    service.name_ids = name_ids;
    service.name_value = name_value;
    service.tells_upstream = tells_upstream;
    Some((service, described))
}

/// What metadata says beside the protocol, for the profile of a party.
pub(super) struct Described {
    /// What the party says about itself.
    pub(super) about: About,
    /// For how long that holds.
    pub(super) validity: Validity,
}

impl Described {
    pub(super) fn new(
        about: About,
        valid_until: Option<Timestamp>,
        certificates: &[CertificateNote],
    ) -> Self {
        Self {
            about,
            validity: Validity {
                metadata_until: valid_until,
                certificate_until: certificates
                    .iter()
                    .filter_map(|certificate| certificate.until)
                    .max(),
                vouched: None,
            },
        }
    }
}

/// How we sign for a party. Nothing where that wants a key which is not there.
pub(super) fn read_signature(
    section: &mut Section<'_>,
    has_key: bool,
    key: &str,
) -> Option<SigningAlgorithm> {
    let words = [
        ("rsa-sha256", SigningAlgorithm::RsaSha256),
        ("rsa-pss-sha256", SigningAlgorithm::RsaPssSha256),
        ("ecdsa-sha256", SigningAlgorithm::EcdsaP256Sha256),
    ];
    let signature = section.word("signature", &words).unwrap_or_default();
    if signature == SigningAlgorithm::EcdsaP256Sha256 && !has_key {
        let problem = Problem::error(format!("there is no key {key} to sign with"));
        section.fault("signature", problem.help("make one: portner keys new --ecdsa"));
        return None;
    }
    Some(signature)
}

fn read_name_value(section: &mut Section<'_>, name_ids: &NameIdRule) -> NameValue {
    let value = section.word(
        "name_id_value",
        &[
            ("plain", NameValue::Plain),
            ("oiosaml-person", NameValue::OiosamlPerson),
            ("oiosaml-professional", NameValue::OiosamlProfessional),
            ("x509-subject", NameValue::X509Subject),
        ],
    );
    let value = value.unwrap_or_default();
    let is_x509 = name_ids.default == NameIdFormat::X509SubjectName;
    if (value == NameValue::X509Subject) != is_x509 && value != NameValue::Plain {
        let problem = Problem::error("the format of the NameID and what its value looks like do not agree");
        section.fault(
            "name_id_value",
            problem.help("name_id = \"x509-subject\" goes with name_id_value = \"x509-subject\" or \"plain\", and with no other"),
        );
    }
    value
}

/// Federations are read party by party, and no party needs more.
const LARGEST_METADATA: u64 = 16 * 1024 * 1024;

/// The metadata of a party: of the file beside its own, or the last good copy of what was
/// fetched. What is wrong with it or soon will be is told.
pub(super) fn read_metadata(
    section: &mut Section<'_>,
    file: &PartyFile,
    terms: &Terms<'_>,
) -> Option<EntityMetadata> {
    if let Some(given) = &file.given {
        return given.metadata.take();
    }
    if let Some(source) = source::read(section, file).ok()? {
        return read_fetched(section, &source, terms);
    }
    let (document, written) = read_document(section, file)?;
    match metadata::read(document.root(), terms.plain_http(), terms.now) {
        Ok(metadata) => {
            source::compare_names(section, &metadata);
            if let Some(problem) = ends_soon(&metadata, terms.now) {
                section.note(written.at_text(problem, "validUntil"));
            }
            Some(metadata)
        }
        Err(refusal) => {
            section.note(written.refused(refusal, document.root()));
            None
        }
    }
}

fn ends_soon(metadata: &EntityMetadata, now: Timestamp) -> Option<Problem> {
    let until = metadata
        .valid_until
        .filter(|until| until.duration_since(now) < SOON)?;
    let problem = Problem::warning(format!("the metadata expires at {until}"));
    Some(problem.help("ask the party for its next metadata"))
}

/// The last good copy of a source, verified again. That there is none yet is nobody's fault: the
/// party is served as soon as it was fetched.
fn read_fetched(section: &Section<'_>, source: &Source, terms: &Terms<'_>) -> Option<EntityMetadata> {
    let place = terms.shelf.place(&source.name);
    let problem = match place.good() {
        Ok(Some(bytes)) => match source.open(&bytes, terms.plain_http(), terms.now) {
            Ok(metadata) => {
                if let Some(problem) = ends_soon(&metadata, terms.now) {
                    section.fault("metadata_url", problem);
                }
                return Some(metadata);
            }
            // Nor is it served as it was before: that would rest on the word of a pin that is withdrawn.
            Err(SourceRefusal::Signature(refusal)) => Problem::warning(format!(
                "the last good copy of {} is not signed by the pinned key ({refusal}): the party is not served",
                source.url
            ))
            .help("`portner metadata refresh` fetches it anew"),
            Err(refusal) => {
                let why = crate::telemetry::log::chain(&refusal);
                Problem::error(format!(
                    "the last good copy of {} is not taken: {why}",
                    source.url
                ))
                .help("`portner metadata refresh` fetches it anew")
            }
        },
        Ok(None) => Problem::warning(format!(
            "{} was not fetched yet: the party is not served",
            source.url
        ))
        .help("`portner serve` fetches it by itself, `portner metadata refresh` now"),
        Err(error) => Problem::error(format!("{} cannot be read: {error}", place.good_path().display()))
            .help("let the user that Portner runs as read and write there"),
    };
    section.fault("metadata_url", problem);
    None
}

/// The metadata as parsed, and as written for showing what is wrong with it where it stands.
fn read_document(section: &mut Section<'_>, file: &PartyFile) -> Option<(Document, WrittenMetadata)> {
    let name: Option<String> = section.get("metadata");
    let name = name.unwrap_or_else(|| format!("{}.xml", file.short_name));
    if let Some(problem) = too_large(&file.beside(&name), LARGEST_METADATA) {
        section.fault("metadata", problem);
        return None;
    }
    let problem = match std::fs::read(file.beside(&name)) {
        Ok(bytes) => match Document::parse(&bytes, &Limits::METADATA) {
            Ok(document) => return Some((document, WrittenMetadata::new(&file.beside(&name), &bytes))),
            Err(refusal) => Problem::error(format!("{name} is not metadata that is read: {refusal}"))
                .help("ask the party for its metadata anew; nothing in it is mended here"),
        },
        Err(error) => Problem::error(format!("{name} cannot be read: {error}"))
            .help("put the party's SAML metadata beside this file, or add an [oidc] table"),
    };
    section.fault("metadata", problem);
    None
}

pub(super) fn report_missing_role(section: &Section<'_>, role: &str) {
    let problem = Problem::error(format!("the metadata has no EntityDescriptor with {role}"));
    section.fault(
        "metadata",
        problem.help("this file must describe one party, in the role that it is registered for"),
    );
}

pub(super) fn report_keys(section: &Section<'_>, passed_over: &[&'static str]) {
    for reason in passed_over {
        let problem = Problem::warning(format!("a signing key is passed over: {reason}"));
        section.fault(
            "metadata",
            problem.help("usable are RSA keys of at least 2048 bits and P-256"),
        );
    }
}

fn read_name_ids(section: &mut Section<'_>, subject: Option<SubjectKind>) -> NameIdRule {
    let is_transient = subject == Some(SubjectKind::Transient);
    let usual = if is_transient {
        NameIdFormat::Transient
    } else {
        NameIdFormat::Persistent
    };
    let default = read_format(section, "name_id").unwrap_or(usual);
    if subject.is_some() && is_transient != (default == NameIdFormat::Transient) {
        let problem = Problem::error("subject and name_id do not agree whether names last");
        let help = "leave name_id out: subject = \"transient\" says that names are new at every login";
        section.fault("name_id", problem.help(help));
    }
    let also: Vec<String> = section.get_or("also_name_ids", Vec::new());
    let also = also.iter().filter_map(|word| {
        let format = format_of(word);
        if format.is_none() {
            section.fault("also_name_ids", unknown_format(word));
        }
        format
    });
    let also: Vec<NameIdFormat> = also.collect();
    if default == NameIdFormat::Transient && also.iter().any(|format| *format != default) {
        let problem =
            Problem::error("a service whose names are new at every login can ask for no other kind");
        section.fault("also_name_ids", problem.help("remove also_name_ids"));
    }
    NameIdRule { default, also }
}

pub(super) fn read_format(section: &mut Section<'_>, key: &'static str) -> Option<NameIdFormat> {
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
