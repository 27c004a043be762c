//! The keys of an installation, from their files to what uses them. Where the files are is
//! `config::keys`; what each key does is `crate::keys`.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{CannotStart, because};
use crate::ambient::Ambient;
use crate::cli::installation;
use crate::config::Settings;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::keys::Signer;
use crate::keys::derive::MasterSecret;
use crate::keys::evidence::EvidenceSeal;
use crate::keys::seal::Sealer;
use crate::keys::vault::CprVault;
use crate::saml::xml::DecryptionKey;

/// The keys of an installation, read and parsed once.
pub(super) struct Keys {
    pub(super) assertions: Arc<dyn Signer>,
    pub(super) requests: Arc<dyn Signer>,
    pub(super) metadata: Arc<dyn Signer>,
    pub(super) decryption: Arc<dyn Signer>,
    decryption_pem: Zeroizing<Vec<u8>>,
    pub(super) tokens_es256: Arc<dyn Signer>,
    pub(super) tokens_rs256: Arc<dyn Signer>,
    seal_current: Zeroizing<[u8; 32]>,
    seal_previous: Option<Zeroizing<[u8; 32]>>,
    pub(super) vault: Arc<CprVault>,
    pub(super) pseudonyms: Arc<MasterSecret>,
}

/// What helps against a key that cannot be used.
const NEW_KEYS: &str = "make new keys with `portner keys new`";

impl Keys {
    pub(super) fn read(plan: &KeyPlan) -> Result<Self, CannotStart> {
        let signer = |purpose| installation::signer(plan, purpose).map_err(Box::new);
        let secret = |purpose| installation::symmetric_key(plan, purpose).map_err(Box::new);
        let unusable = |error| because("the keys for CPR numbers are of no use", NEW_KEYS)(error);
        let mut vault =
            CprVault::new(&secret(KeyPurpose::CprSeal)?, &secret(KeyPurpose::CprIndex)?).map_err(unusable)?;
        for purpose in [KeyPurpose::CprSealPrevious, KeyPurpose::CprSealNext] {
            if let Ok(key) = secret(purpose) {
                vault = vault.also_opening(&key).map_err(unusable)?;
            }
        }
        let pseudonyms = MasterSecret::new(secret(KeyPurpose::Pairwise)?.as_slice())
            .map_err(because("the key for pairwise subjects is of no use", NEW_KEYS))?;
        Ok(Self {
            assertions: signer(KeyPurpose::Assertions)?,
            requests: signer(KeyPurpose::Requests)?,
            metadata: signer(KeyPurpose::Metadata)?,
            decryption: signer(KeyPurpose::Decryption)?,
            decryption_pem: installation::read(plan, KeyPurpose::Decryption).map_err(Box::new)?,
            tokens_es256: signer(KeyPurpose::TokensEs256)?,
            tokens_rs256: signer(KeyPurpose::TokensRs256)?,
            seal_current: secret(KeyPurpose::SealCurrent)?,
            seal_previous: secret(KeyPurpose::SealPrevious).ok(),
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

    pub(super) fn sealer(&self, ambient: &Ambient) -> Result<Sealer, CannotStart> {
        Sealer::new(&self.seal_current, self.seal_previous.as_ref(), ambient.clone())
            .map_err(because("the sealing keys are of no use", NEW_KEYS))
    }

    pub(super) fn decryption_key(&self) -> Result<DecryptionKey, CannotStart> {
        let pem = std::str::from_utf8(&self.decryption_pem).unwrap_or_default();
        DecryptionKey::from_pkcs8_pem(pem).map_err(because(
            "the decryption key is of no use",
            "it must be RSA in PKCS#8",
        ))
    }
}
