//! Keys of the parties in these tests, made once per run, and a signer that answers at once.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use portner::keys::{Signer, Signing, SigningAlgorithm};
use portner::saml::xml::{CanonicalXml, VerifyingKey, sign_enveloped};

/// The identity provider's key.
pub(crate) static RSA: LazyLock<TestSigner> = LazyLock::new(TestSigner::rsa);
/// A key that signs with PSS.
pub(crate) static RSA_PSS: LazyLock<TestSigner> = LazyLock::new(|| TestSigner::rsa().with_pss());
/// Somebody else's key.
pub(crate) static OTHER_RSA: LazyLock<TestSigner> = LazyLock::new(TestSigner::rsa);
/// An elliptic key of the identity provider.
pub(crate) static EC: LazyLock<TestSigner> = LazyLock::new(TestSigner::ec);

pub(crate) struct TestSigner {
    key: Key,
    algorithm: SigningAlgorithm,
    spki: Vec<u8>,
    pub(crate) pkcs8: Vec<u8>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl TestSigner {
    fn rsa() -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let spki: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let (spki, pkcs8) = (spki.as_ref().to_vec(), pkcs8.as_ref().to_vec());
        Self {
            key: Key::Rsa(key),
            algorithm: SigningAlgorithm::RsaSha256,
            spki,
            pkcs8,
        }
    }

    fn ec() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let spki: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let pkcs8 = key.to_pkcs8v1().unwrap();
        let (spki, pkcs8) = (spki.as_ref().to_vec(), pkcs8.as_ref().to_vec());
        Self {
            key: Key::Ec(key),
            algorithm: SigningAlgorithm::EcdsaP256Sha256,
            spki,
            pkcs8,
        }
    }

    /// The same key, signing with PSS.
    pub(crate) fn with_pss(&self) -> Self {
        let key = RsaKeyPair::from_pkcs8(&self.pkcs8).unwrap();
        Self {
            key: Key::Rsa(key),
            algorithm: SigningAlgorithm::RsaPssSha256,
            spki: self.spki.clone(),
            pkcs8: self.pkcs8.clone(),
        }
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_spki_der(&self.spki).unwrap()
    }

    pub(crate) fn sign_element(&self, unsigned: CanonicalXml) -> CanonicalXml {
        let mut signing = pin!(sign_enveloped(unsigned, self));
        match signing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(signed) => signed.unwrap(),
            Poll::Pending => unreachable!("the signer answers at once"),
        }
    }

    #[expect(clippy::disallowed_types, reason = "the library's key operations demand it")]
    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = aws_lc_rs::rand::SystemRandom::new();
        match &self.key {
            Key::Rsa(key) => {
                let padding = match self.algorithm {
                    SigningAlgorithm::RsaPssSha256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Key::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
        }
    }
}

impl Signer for TestSigner {
    fn key_id(&self) -> &'static str {
        "test"
    }

    fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &[u8] {
        &self.spki
    }

    fn certificate(&self) -> Option<&[u8]> {
        // Verification must not look at it, so it need not be one.
        Some(b"not a certificate")
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        Box::pin(std::future::ready(Ok(self.signature(message))))
    }
}
