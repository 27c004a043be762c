//! A private key from a PEM file, parsed once and held in memory.
//!
//! PKCS#8 alone: it says what kind of key it is. Reading the file itself, and who may
//! read it, is the configuration's work.

use std::future::ready;
use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_cert::der::{Decode, Encode};

use super::public::PublicNumbers;
use super::{SignFailed, Signer, Signing, SigningAlgorithm};

/// A key that lives in this process.
pub struct FileSigner {
    key_id: String,
    algorithm: SigningAlgorithm,
    public_key: Vec<u8>,
    certificate: Option<Vec<u8>>,
    private: Arc<PrivateKey>,
}

enum PrivateKey {
    Rsa(rsa::KeyPair),
    P256(EcdsaKeyPair),
}

/// How an RSA key is to sign; a P-256 key has no choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RsaPadding {
    /// What SAML peers and old services understand.
    #[default]
    Pkcs1,
    /// What FAPI wants.
    Pss,
}

impl RsaPadding {
    /// The key id for this padding: a key that signs in two ways has two ids, so that whoever verifies never
    /// has to guess which.
    pub(super) fn key_id(self, of_the_key: &str) -> String {
        const PSS: &str = "-pss";
        let bare = of_the_key.strip_suffix(PSS).unwrap_or(of_the_key);
        match self {
            Self::Pkcs1 => bare.to_owned(),
            Self::Pss => format!("{bare}{PSS}"),
        }
    }
}

/// Why a key file is of no use. Says nothing of what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// No PKCS#8 block.
    #[error("no PKCS#8 private key (-----BEGIN PRIVATE KEY-----) in the file")]
    NoPrivateKey,
    /// A kind or size that Portner does not sign with.
    #[error("the private key is neither RSA of 2048 to 4096 bits nor P-256")]
    UnsupportedKey,
    /// No X.509 certificate.
    #[error("no certificate (-----BEGIN CERTIFICATE-----) in the file")]
    NoCertificate,
    /// The certificate is about another key.
    #[error("the certificate does not belong to the private key")]
    OtherCertificate,
}

impl FileSigner {
    /// Reads a private key, and a certificate that must belong to it. The key id is the RFC
    /// 7638 thumbprint unless another is given.
    pub fn from_pem(
        private_key: &[u8],
        certificate: Option<&[u8]>,
        key_id: Option<String>,
        padding: RsaPadding,
    ) -> Result<Self, KeyFileError> {
        let pkcs8 =
            PrivatePkcs8KeyDer::from_pem_slice(private_key).map_err(|_| KeyFileError::NoPrivateKey)?;
        let (private, public_key) = parse_private(pkcs8.secret_pkcs8_der())?;
        let numbers = PublicNumbers::from_spki(&public_key).ok_or(KeyFileError::UnsupportedKey)?;
        let certificate = certificate.map(|pem| certificate_of(pem, &numbers)).transpose()?;
        Ok(Self {
            key_id: key_id.unwrap_or_else(|| numbers.thumbprint()),
            algorithm: match (&private, padding) {
                (PrivateKey::P256(_), _) => SigningAlgorithm::EcdsaP256Sha256,
                (PrivateKey::Rsa(_), RsaPadding::Pkcs1) => SigningAlgorithm::RsaSha256,
                (PrivateKey::Rsa(_), RsaPadding::Pss) => SigningAlgorithm::RsaPssSha256,
            },
            public_key,
            certificate,
            private: Arc::new(private),
        })
    }

    fn sign_now(&self, message: &[u8]) -> Option<Vec<u8>> {
        #[expect(
            clippy::disallowed_types,
            reason = "the salt and nonce of a signature are the library's own"
        )]
        let random = aws_lc_rs::rand::SystemRandom::new();
        match &*self.private {
            PrivateKey::P256(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            PrivateKey::Rsa(pair) => {
                let padding = match self.algorithm {
                    SigningAlgorithm::RsaPssSha256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

impl Signer for FileSigner {
    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        Box::pin(ready(self.sign_now(message).ok_or_else(|| SignFailed {
            key_id: self.key_id.clone(),
            reason: "the cryptographic library refused".to_owned(),
        })))
    }

    fn padded(&self, padding: RsaPadding) -> Option<Arc<dyn Signer>> {
        let algorithm = match (&*self.private, padding) {
            (PrivateKey::P256(_), _) => return None,
            (PrivateKey::Rsa(_), RsaPadding::Pkcs1) => SigningAlgorithm::RsaSha256,
            (PrivateKey::Rsa(_), RsaPadding::Pss) => SigningAlgorithm::RsaPssSha256,
        };
        (algorithm != self.algorithm).then(|| -> Arc<dyn Signer> {
            Arc::new(Self {
                key_id: padding.key_id(&self.key_id),
                algorithm,
                public_key: self.public_key.clone(),
                certificate: self.certificate.clone(),
                private: Arc::clone(&self.private),
            })
        })
    }
}

fn parse_private(pkcs8: &[u8]) -> Result<(PrivateKey, Vec<u8>), KeyFileError> {
    const BITS_2048: usize = 256;
    const BITS_4096: usize = 512;
    if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8) {
        let spki = pair
            .public_key()
            .as_der()
            .map_err(|_| KeyFileError::UnsupportedKey)?;
        return Ok((PrivateKey::P256(pair), spki.as_ref().to_vec()));
    }
    let pair = rsa::KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyFileError::UnsupportedKey)?;
    if !(BITS_2048..=BITS_4096).contains(&pair.public_modulus_len()) {
        return Err(KeyFileError::UnsupportedKey);
    }
    let spki = pair
        .public_key()
        .as_der()
        .map_err(|_| KeyFileError::UnsupportedKey)?;
    Ok((PrivateKey::Rsa(pair), spki.as_ref().to_vec()))
}

pub(super) fn certificate_of(pem: &[u8], key: &PublicNumbers) -> Result<Vec<u8>, KeyFileError> {
    let der = CertificateDer::from_pem_slice(pem).map_err(|_| KeyFileError::NoCertificate)?;
    let certificate = x509_cert::Certificate::from_der(&der).map_err(|_| KeyFileError::NoCertificate)?;
    let spki = certificate
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .map_err(|_| KeyFileError::NoCertificate)?;
    if PublicNumbers::from_spki(&spki).as_ref() != Some(key) {
        return Err(KeyFileError::OtherCertificate);
    }
    Ok(der.to_vec())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
        VerificationAlgorithm,
    };

    use super::*;
    use crate::ambient::Ambient;
    use crate::keys::generate::{KeyKind, generate};

    async fn signs(kind: KeyKind, padding: RsaPadding, algorithm: &'static dyn VerificationAlgorithm) {
        let pair = generate(kind, "Portner test", &Ambient::system()).unwrap();
        let signer = FileSigner::from_pem(
            pair.private_key.as_bytes(),
            Some(pair.certificate.as_bytes()),
            None,
            padding,
        )
        .unwrap();
        let signature = signer.sign(b"message").await.unwrap();
        let public = UnparsedPublicKey::new(algorithm, signer.public_key().to_vec());
        assert!(public.verify(b"message", &signature).is_ok());
        assert!(public.verify(b"massage", &signature).is_err());
        assert!(signer.certificate().is_some());
    }

    #[tokio::test]
    async fn every_kind_of_key_signs_what_its_public_half_verifies() {
        signs(KeyKind::P256, RsaPadding::Pkcs1, &ECDSA_P256_SHA256_FIXED).await;
        signs(KeyKind::Rsa2048, RsaPadding::Pkcs1, &RSA_PKCS1_2048_8192_SHA256).await;
        signs(KeyKind::Rsa2048, RsaPadding::Pss, &RSA_PSS_2048_8192_SHA256).await;
    }

    #[test]
    fn a_certificate_of_another_key_is_refused() {
        let ambient = Ambient::system();
        let one = generate(KeyKind::P256, "one", &ambient).unwrap();
        let other = generate(KeyKind::P256, "other", &ambient).unwrap();
        let read = |key: &str, certificate: &str| {
            FileSigner::from_pem(
                key.as_bytes(),
                Some(certificate.as_bytes()),
                None,
                RsaPadding::Pkcs1,
            )
        };
        assert_eq!(
            read(&one.private_key, &other.certificate).err(),
            Some(KeyFileError::OtherCertificate)
        );
        assert_eq!(read("", &one.certificate).err(), Some(KeyFileError::NoPrivateKey));
        assert_eq!(
            read(&one.private_key, "").err(),
            Some(KeyFileError::NoCertificate)
        );
    }
}
