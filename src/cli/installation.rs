//! Everything that the operator's files say, read together: what `serve` starts from and
//! what `check` reports on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::ambient::Clock;
use crate::config::attributes::Vocabularies;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::notices::Notices;
use crate::config::password_rules;
use crate::config::problem::{Problem, Problems};
use crate::config::releases::ReleaseRules;
use crate::config::school_networks::SchoolNetworks;
use crate::config::secret::SecretSource;
use crate::config::settings::{Files, Settings, load_source};
use crate::domain::password_rule::PasswordRules;
use crate::keys::evidence::EvidenceSeal;
use crate::keys::file::{FileSigner, RsaPadding};
use crate::keys::pkcs11::{self, TokenKeyError, TokenSigner};
use crate::keys::ring::KeyRing;
use crate::keys::seal::SealingKeyBytes;
use crate::keys::{Signer, SigningAlgorithm};
use crate::saml::xml::DecryptionKey;
use crate::trust::shelf::Shelf;
use crate::trust::{self, EllipticKeys, Registry, Terms};
use crate::upstreams::saml::Decryption;

use super::Place;

/// Where the rules of passwords are, unless the settings name another file.
const USUAL_PASSWORD_RULES: &str = "config/password-rules.toml";
/// Where the networks of schools are, unless the settings name another file.
const USUAL_SCHOOL_NETWORKS: &str = "config/school-networks.toml";

/// Where notices to users are, unless the settings name another directory.
const USUAL_NOTICES: &str = "config/notices";

/// The operator's files.
#[derive(Debug)]
pub struct Installation {
    /// The settings.
    pub settings: Settings,
    /// What facts are called.
    pub vocabularies: Vocabularies,
    /// The parties; faulty ones are left out.
    pub registry: Registry,
    /// What kind of password fits whom.
    pub password_rules: PasswordRules,
    /// Which networks are schools'.
    pub schools: SchoolNetworks,
    /// What users are told.
    pub notices: Notices,
}

impl Installation {
    /// Reads everything. Without settings there is nothing; other faults come along as problems.
    pub fn read(place: &Place, clock: &dyn Clock) -> (Option<Self>, Problems) {
        match Settings::load(&place.config) {
            Ok(settings) => {
                let (installation, problems) = Self::of(settings, clock);
                (Some(installation), problems)
            }
            Err(problems) => (None, problems),
        }
    }

    /// Reads what these settings name.
    pub fn of(settings: Settings, clock: &dyn Clock) -> (Self, Problems) {
        Self::again(settings, clock, None)
    }

    /// Reads anew what may change while Portner runs: parties that have become faulty stay as
    /// they are `held`.
    pub fn again(settings: Settings, clock: &dyn Clock, held: Option<&Registry>) -> (Self, Problems) {
        let mut problems = Problems::default();
        let vocabularies = load_source(&settings.files.attributes)
            .and_then(|source| Vocabularies::parse(&source))
            .unwrap_or_else(|faults| {
                problems.append(faults);
                Vocabularies::default()
            });
        let releases = load_source(&settings.files.releases)
            .and_then(|source| ReleaseRules::parse(&source))
            .unwrap_or_else(|faults| {
                problems.append(faults);
                ReleaseRules::default()
            });
        let terms = Terms {
            origin: &settings.origin,
            vocabularies: &vocabularies,
            releases: &releases,
            request_signer: signer(&settings.keys, KeyPurpose::Requests).ok(),
            elliptic: EllipticKeys {
                assertions: is_there(&settings.keys, KeyPurpose::AssertionsEs256),
                requests: is_there(&settings.keys, KeyPurpose::RequestsEs256),
            },
            plain_http_on_loopback: settings.egress.private_addresses,
            now: clock.now(),
            shelf: Shelf::at(&settings.files.trust),
            held,
            lists: std::cell::RefCell::default(),
        };
        let (mut registry, faults) = trust::load(&settings.files.metadata, &terms);
        registry.open_own_pages(&settings.origin);
        problems.append(faults);
        let password_rules = read_password_rules(&settings.files).unwrap_or_else(|faults| {
            problems.append(faults);
            PasswordRules::default()
        });
        let schools = read_school_networks(&settings.files).unwrap_or_else(|faults| {
            problems.append(faults);
            SchoolNetworks::default()
        });
        let (notices, faults) = match notices_directory(&settings.files) {
            Some(directory) => Notices::load(&directory),
            None => (Notices::default(), Problems::default()),
        };
        problems.append(faults);
        let installation = Self {
            notices: notices.after(&settings.presentation.notices),
            settings,
            vocabularies,
            registry,
            password_rules,
            schools,
        };
        (installation, problems)
    }
}

/// The directory that the settings name for notices, or the one that is usual if it is there.
pub fn notices_directory(files: &Files) -> Option<PathBuf> {
    let usual = Path::new(USUAL_NOTICES);
    let named = files.notices.clone();
    named.or_else(|| usual.exists().then(|| usual.to_owned()))
}

/// The rules of the file that the settings name, or of the one that is usual if it is there.
fn read_password_rules(files: &Files) -> Result<PasswordRules, Problems> {
    let usual = Path::new(USUAL_PASSWORD_RULES);
    let file = files.password_rules.as_deref();
    match file.or_else(|| usual.exists().then_some(usual)) {
        Some(file) => load_source(file).and_then(|source| password_rules::parse(&source)),
        None => Ok(PasswordRules::default()),
    }
}

/// The networks of the file that the settings name, or of the one that is usual if it is there.
fn read_school_networks(files: &Files) -> Result<SchoolNetworks, Problems> {
    let usual = Path::new(USUAL_SCHOOL_NETWORKS);
    let file = files.school_networks.as_deref();
    match file.or_else(|| usual.exists().then_some(usual)) {
        Some(file) => load_source(file).and_then(|source| SchoolNetworks::parse(&source)),
        None => Ok(SchoolNetworks::default()),
    }
}

/// The key pair for a purpose. Its file holds the PKCS#8 key and, where the purpose wants one,
/// the certificate.
pub fn signer(plan: &KeyPlan, purpose: KeyPurpose) -> Result<Arc<dyn Signer>, Problem> {
    let pem = read(plan, purpose)?;
    if pkcs11::names_a_token(&pem) {
        return TokenSigner::open(&pem, purpose.has_certificate(), RsaPadding::Pkcs1)
            .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
            .map_err(|error| in_token(plan, purpose, &error));
    }
    let certificate = purpose.has_certificate().then_some(pem.as_slice());
    let signer = FileSigner::from_pem(&pem, certificate, None, RsaPadding::Pkcs1)
        .map_err(|error| unusable(plan, purpose, &error.to_string()))?;
    if purpose.is_elliptic() && signer.algorithm() != SigningAlgorithm::EcdsaP256Sha256 {
        return Err(unusable(plan, purpose, "the key is not on P-256"));
    }
    Ok(Arc::new(signer))
}

fn in_token(plan: &KeyPlan, purpose: KeyPurpose, error: &TokenKeyError) -> Problem {
    let source = plan.source(purpose);
    let text = error.to_string();
    let help = if text.contains("PIN") {
        "correct the file with the PIN; a token locks itself after a few wrong ones"
    } else {
        "`portner keys from-token` writes that file; see \"Keys in a token\" in src/manual/keys.md"
    };
    Problem::error(format!("keys.{}: {source}: {text}", purpose.as_str())).help(help)
}

/// For how long a retired key is published: longer than any token, session or metadata of ours
/// that it signed, and any cache of our keys.
const RETIRED_PUBLISHED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The keys for a purpose: the current one, the next where there is one, and those that were
/// retired lately.
pub fn ring(plan: &KeyPlan, purpose: KeyPurpose, now: Timestamp) -> Result<KeyRing, Problem> {
    let at = |path| signer(&plan.with_file(purpose, path), purpose);
    let next = plan.next_file(purpose).filter(|path| path.exists());
    let mut retired = Vec::new();
    for (since, path) in plan.retired_files(purpose) {
        if now.duration_since(since) < RETIRED_PUBLISHED {
            retired.push(at(path)?);
        }
    }
    Ok(KeyRing::of(
        signer(plan, purpose)?,
        next.map(at).transpose()?,
        retired,
    ))
}

/// The same for keys that an installation need not have.
pub fn ring_if_any(plan: &KeyPlan, purpose: KeyPurpose, now: Timestamp) -> Result<Option<KeyRing>, Problem> {
    is_there(plan, purpose)
        .then(|| ring(plan, purpose, now))
        .transpose()
}

/// Whether there is a key for a purpose; whether it is of any use is another question.
pub fn is_there(plan: &KeyPlan, purpose: KeyPurpose) -> bool {
    match plan.source(purpose) {
        SecretSource::File(path) => path.exists(),
        _ => true,
    }
}

/// Whether a Portner that runs will take the keys of this purpose as they are in their files.
pub fn looked_at(plan: &KeyPlan, purpose: KeyPurpose, now: Timestamp) -> Result<(), Problem> {
    match purpose {
        KeyPurpose::Decryption => decryption(plan).map(drop),
        KeyPurpose::SealCurrent => sealing_keys(plan).map(drop),
        _ => ring(plan, purpose, now).map(drop),
    }
}

/// The purposes whose RSA key has fewer than the 3072 bits that OIOSAML wants.
pub fn small_keys(plan: &KeyPlan) -> Vec<&'static str> {
    const SPKI_OF_3072_BITS: usize = 384;
    KeyPurpose::ALL
        .into_iter()
        .filter(|purpose| purpose.has_certificate() && !purpose.is_elliptic())
        .filter(|purpose| {
            let signer = signer(plan, *purpose);
            signer.is_ok_and(|signer| signer.public_key().len() < SPKI_OF_3072_BITS)
        })
        .map(KeyPurpose::as_str)
        .collect()
}

/// The keys that seal: the current one, and the others that open, for as long as they are there.
pub fn sealing_keys(plan: &KeyPlan) -> Result<(SealingKeyBytes, Vec<SealingKeyBytes>), Problem> {
    let purpose = KeyPurpose::SealCurrent;
    let next = plan.next_file(purpose).filter(|path| path.exists());
    let retired = plan.retired_files(purpose).into_iter().map(|(_, path)| path);
    let mut others = Vec::new();
    for path in next.into_iter().chain(retired) {
        others.push(symmetric_key(&plan.with_file(purpose, path), purpose)?);
    }
    others.extend(symmetric_key(plan, KeyPurpose::SealPrevious).ok());
    Ok((symmetric_key(plan, purpose)?, others))
}

/// The keys that open what upstreams encrypt to us: the current one, the next, and those that
/// were retired, for as long as their files are there.
pub fn decryption(plan: &KeyPlan) -> Result<Decryption, Problem> {
    let purpose = KeyPurpose::Decryption;
    let next = plan.next_file(purpose).filter(|path| path.exists());
    let retired = plan.retired_files(purpose).into_iter().map(|(_, path)| path);
    let told = next.iter().count() + 1;
    let others = next
        .into_iter()
        .chain(retired)
        .map(|path| plan.with_file(purpose, path));
    let mut decryption = Decryption {
        keys: Vec::new(),
        certificates: Vec::new(),
        key_ids: Vec::new(),
    };
    for (number, plan) in std::iter::once(plan.clone()).chain(others).enumerate() {
        let signer = signer(&plan, purpose)?;
        decryption.keys.push(decryption_key(&plan)?);
        decryption.key_ids.push(signer.key_id().to_owned());
        // The retired open, but nobody is to encrypt to them any more.
        if let (true, Some(certificate)) = (number < told, signer.certificate()) {
            decryption.certificates.push(certificate.to_vec());
        }
    }
    // A retired key is still told apart from the one that took over.
    decryption.key_ids.push(told.to_string());
    Ok(decryption)
}

/// The key that opens what upstreams encrypt to us.
pub fn decryption_key(plan: &KeyPlan) -> Result<DecryptionKey, Problem> {
    let purpose = KeyPurpose::Decryption;
    // The certificate stands in the same file, and must belong to the key.
    signer(plan, purpose)?;
    let pem = read(plan, purpose)?;
    DecryptionKey::from_pkcs8_pem(&pem)
        .map_err(|_| unusable(plan, purpose, "only an RSA key of at least 2048 bits can decrypt"))
}

/// The 32 secret bytes for a purpose. Its file holds them as 64 hexadecimal digits.
pub fn symmetric_key(plan: &KeyPlan, purpose: KeyPurpose) -> Result<Zeroizing<[u8; 32]>, Problem> {
    let text = read(plan, purpose)?;
    let mut key = Zeroizing::new([0; 32]);
    let digits = text.trim_ascii();
    let faulty = || unusable(plan, purpose, "a key of this kind has 64 hexadecimal digits");
    // The decoder wants a buffer of the right length.
    if digits.len() != 64 {
        return Err(faulty());
    }
    data_encoding::HEXLOWER_PERMISSIVE
        .decode_mut(digits, &mut *key)
        .map_err(|_| faulty())?;
    Ok(key)
}

/// What evidence is sealed to: the public half of a pair whose other half is elsewhere.
pub fn evidence_seal(path: &Path) -> Result<EvidenceSeal, Problem> {
    let faulty = |why: &dyn std::fmt::Display| {
        Problem::error(format!("evidence.public_key: {}: {why}", path.display())).help(
            "`portner evidence new-key DIRECTORY` makes a pair; evidence.pub comes here, evidence.key never does",
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| faulty(&error))?;
    EvidenceSeal::parse(&text).map_err(|error| faulty(&error))
}

/// The PEM of a purpose, for keys that do more than sign.
pub fn read(plan: &KeyPlan, purpose: KeyPurpose) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let secret = plan.source(purpose).read();
    secret
        .map(|secret| Zeroizing::new(secret.expose().to_vec()))
        .map_err(|error| {
            Problem::error(format!("keys.{}: {error}", purpose.as_str())).help(error.remedy_for_key())
        })
}

fn unusable(plan: &KeyPlan, purpose: KeyPurpose, why: &str) -> Problem {
    let source = plan.source(purpose);
    Problem::error(format!("keys.{}: {source} is of no use: {why}", purpose.as_str()))
        .help("`portner keys new` makes a key where there is none; it never replaces one")
}
