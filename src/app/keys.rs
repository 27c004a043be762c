//! The keys of an installation, from their files to what uses them. Where the files are is
//! `config::keys`; what each key does is `crate::keys`.

use std::sync::Arc;

use super::{CannotStart, because};
use crate::ambient::Ambient;
use crate::cli::installation;
use crate::config::Settings;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::keys::derive::MasterSecret;
use crate::keys::evidence::EvidenceSeal;
use crate::keys::ring::KeyRing;
use crate::keys::saml_keys::SamlKeys;
use crate::keys::seal::Sealer;
use crate::keys::vault::CprVault;
use crate::store::Store;

/// The keys of an installation, read and parsed once.
pub(super) struct Keys {
    pub(super) assertions: SamlKeys,
    pub(super) requests: SamlKeys,
    pub(super) metadata: KeyRing,
    pub(super) tokens_es256: KeyRing,
    pub(super) tokens_rs256: KeyRing,
    pub(super) sealer: Sealer,
    pub(super) vault: Arc<CprVault>,
    pub(super) pseudonyms: Arc<MasterSecret>,
}

/// What helps against a key that cannot be used.
const NEW_KEYS: &str = "make new keys with `portner keys new`";

/// What seals and finds CPR numbers.
fn vault(plan: &KeyPlan) -> Result<CprVault, CannotStart> {
    let secret = |purpose| installation::symmetric_key(plan, purpose).map_err(Box::new);
    let unusable = |error| because("the keys for CPR numbers are of no use", NEW_KEYS)(error);
    let mut vault =
        CprVault::new(&secret(KeyPurpose::CprSeal)?, &secret(KeyPurpose::CprIndex)?).map_err(unusable)?;
    for purpose in [KeyPurpose::CprSealPrevious, KeyPurpose::CprSealNext] {
        if let Ok(key) = secret(purpose) {
            vault = vault.also_opening(&key).map_err(unusable)?;
        }
    }
    Ok(vault)
}

/// The same for a command that brings people in: the database must have been written with these
/// keys.
pub(crate) async fn import_vault(settings: &Settings, store: &Store) -> Result<CprVault, CannotStart> {
    let vault = vault(&settings.keys)?;
    super::key_marks::recognise(&settings.keys, store).await?;
    super::peppers::recognise(&settings.keys, store).await?;
    Ok(vault)
}

impl Keys {
    pub(super) fn read(plan: &KeyPlan, ambient: &Ambient) -> Result<Self, CannotStart> {
        let ring = |purpose| installation::ring(plan, purpose, ambient.now()).map_err(Box::new);
        let saml = |rsa, elliptic| -> Result<_, CannotStart> {
            let ecdsa = installation::ring_if_any(plan, elliptic, ambient.now()).map_err(Box::new)?;
            Ok(SamlKeys::new(ring(rsa)?, ecdsa))
        };
        let (sealing, others) = installation::sealing_keys(plan).map_err(Box::new)?;
        let sealer = Sealer::new(&sealing, &others, ambient.clone())
            .map_err(because("the sealing keys are of no use", NEW_KEYS))?;
        let secret = |purpose| installation::symmetric_key(plan, purpose).map_err(Box::new);
        let vault = vault(plan)?;
        let pseudonyms = MasterSecret::new(secret(KeyPurpose::Pairwise)?.as_slice())
            .map_err(because("the key for pairwise subjects is of no use", NEW_KEYS))?;
        Ok(Self {
            assertions: saml(KeyPurpose::Assertions, KeyPurpose::AssertionsEs256)?,
            requests: saml(KeyPurpose::Requests, KeyPurpose::RequestsEs256)?,
            metadata: ring(KeyPurpose::Metadata)?,
            tokens_es256: ring(KeyPurpose::TokensEs256)?,
            tokens_rs256: ring(KeyPurpose::TokensRs256)?,
            sealer,
            vault: Arc::new(vault),
            pseudonyms: Arc::new(pseudonyms),
        })
    }

    /// What evidence is sealed to, where the settings say so.
    pub(super) fn evidence_seal(settings: &Settings) -> Result<Option<EvidenceSeal>, CannotStart> {
        let seal = settings
            .evidence
            .public_key
            .as_deref()
            .map(installation::evidence_seal);
        seal.transpose().map_err(Box::new)
    }
}
