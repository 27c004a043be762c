//! The keys that one of our roles in SAML signs with: RSA, which every peer understands, and P-256
//! for the parties that are registered to want it.
//!
//! Which party wants what is said in its registration. Where the keys are kept is `config::keys`.

use std::sync::{Arc, OnceLock};

use super::file::RsaPadding;
use super::ring::KeyRing;
use super::{Signer, SigningAlgorithm};

/// The keys of a role. Clones share them.
#[derive(Debug, Clone)]
pub struct SamlKeys {
    /// Every installation has these.
    pub rsa: KeyRing,
    /// An installation may get these while it runs.
    ecdsa: Arc<OnceLock<KeyRing>>,
}

/// A party is registered to be signed for with a P-256 key, and there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no P-256 key to sign with for this party")]
pub struct NoEllipticKey;

impl SamlKeys {
    /// The keys of a role.
    pub fn new(rsa: KeyRing, ecdsa: Option<KeyRing>) -> Self {
        Self {
            rsa,
            ecdsa: Arc::new(ecdsa.map_or_else(OnceLock::new, OnceLock::from)),
        }
    }

    /// The P-256 keys, where there are any.
    pub fn ecdsa(&self) -> Option<&KeyRing> {
        self.ecdsa.get()
    }

    /// Takes over P-256 keys as they are in their files now; says whether that changed anything.
    pub fn take_over_ecdsa(&self, fresh: &KeyRing) -> bool {
        match self.ecdsa.get() {
            Some(held) => held.take_over(fresh),
            None => self.ecdsa.set(fresh.clone()).is_ok(),
        }
    }

    /// The key that signs now for somebody who wants this algorithm.
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Result<Arc<dyn Signer>, NoEllipticKey> {
        let rsa = |padding| {
            let current = self.rsa.current();
            current.padded(padding).unwrap_or_else(|| Arc::clone(&current))
        };
        match algorithm {
            SigningAlgorithm::RsaSha256 => Ok(rsa(RsaPadding::Pkcs1)),
            SigningAlgorithm::RsaPssSha256 => Ok(rsa(RsaPadding::Pss)),
            SigningAlgorithm::EcdsaP256Sha256 => {
                let ring = self.ecdsa().ok_or(NoEllipticKey)?;
                Ok(Arc::clone(&ring.current()))
            }
        }
    }

    /// Every key that peers should know. Those that most of them meet come last: some keep one alone, the
    /// last that they are told.
    pub fn published(&self) -> impl Iterator<Item = Arc<dyn Signer>> {
        let ecdsa = self.ecdsa().into_iter().flat_map(KeyRing::published);
        ecdsa.chain(self.rsa.published())
    }

    /// Those whose signatures peers may meet from now on; last, the one that signs for whoever wants
    /// `preferred`.
    pub fn in_use(&self, preferred: SigningAlgorithm) -> Vec<Arc<dyn Signer>> {
        let mut ecdsa: Vec<_> = self.ecdsa().into_iter().flat_map(KeyRing::in_use).collect();
        let mut rsa: Vec<_> = self.rsa.in_use().collect();
        if preferred == SigningAlgorithm::EcdsaP256Sha256 {
            rsa.append(&mut ecdsa);
            rsa
        } else {
            ecdsa.append(&mut rsa);
            ecdsa
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::p256;

    fn ids(keys: impl IntoIterator<Item = Arc<dyn Signer>>) -> Vec<String> {
        keys.into_iter().map(|key| key.key_id().to_owned()).collect()
    }

    #[test]
    fn who_keeps_one_key_keeps_the_one_that_signs_for_them() {
        let (old, new) = (p256("rsa"), p256("curve"));
        let keys = SamlKeys::new(KeyRing::new(old), Some(KeyRing::new(new)));
        assert_eq!(ids(keys.published()), ["curve", "rsa"]);
        assert_eq!(ids(keys.in_use(SigningAlgorithm::RsaSha256)), ["curve", "rsa"]);
        assert_eq!(
            ids(keys.in_use(SigningAlgorithm::EcdsaP256Sha256)),
            ["rsa", "curve"]
        );
    }

    #[test]
    fn nothing_is_signed_by_another_key_instead_and_a_new_one_is_taken_while_we_run() {
        let keys = SamlKeys::new(KeyRing::new(p256("rsa")), None);
        let held = keys.clone();
        let wanted = SigningAlgorithm::EcdsaP256Sha256;
        assert_eq!(held.signer(wanted).err(), Some(NoEllipticKey));
        let ring = KeyRing::new(p256("curve"));
        assert!(keys.take_over_ecdsa(&ring));
        assert_eq!(held.signer(wanted).unwrap().key_id(), "curve");
        assert!(!keys.take_over_ecdsa(&ring));
        assert!(keys.take_over_ecdsa(&KeyRing::new(p256("another"))));
        assert_eq!(held.signer(wanted).unwrap().key_id(), "another");
    }
}
