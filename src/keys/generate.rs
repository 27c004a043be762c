//! New key pairs with self-signed certificates: for `portner keys new` and for the demo.
//!
//! The certificate is an envelope that SAML metadata asks for. Peers trust the key in it
//! because they were given it, not because of anything that the certificate says.

use std::time::SystemTime;

use jiff::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256,
    PublicKeyData, RsaKeySize, SerialNumber,
};
use x509_cert::der::asn1::{AnyRef, UintRef};
use x509_cert::der::{Decode, Encode, Tag};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

use super::pkcs11::TokenSigner;
use super::{SignFailed, Signer, SigningAlgorithm};
use crate::ambient::Ambient;

/// What kind of key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// P-256: for tokens, and for TLS.
    P256,
    /// RSA with 2048 bits: what every SAML peer understands.
    Rsa2048,
    /// RSA with 3072 bits: what OIOSAML asks for. Signing costs three times as much.
    Rsa3072,
}

/// A new key pair, in PEM.
pub struct GeneratedKey {
    /// PKCS#8; wiped when dropped.
    pub private_key: Zeroizing<String>,
    /// X.509, self-signed.
    pub certificate: String,
}

/// The library could not make the key or the certificate.
#[derive(Debug, thiserror::Error)]
#[error("the key pair could not be made")]
pub struct GenerateFailed(#[source] rcgen::Error);

/// For how long the certificate says that it is valid.
const YEARS: i32 = 10;

/// Makes a key pair whose certificate names `common_name`.
pub fn generate(kind: KeyKind, common_name: &str, ambient: &Ambient) -> Result<GeneratedKey, GenerateFailed> {
    let pair = match kind {
        KeyKind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyKind::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
    }
    .map_err(GenerateFailed)?;
    let certificate = certificate(common_name, ambient)
        .self_signed(&pair)
        .map_err(GenerateFailed)?;
    Ok(GeneratedKey {
        private_key: Zeroizing::new(pair.serialize_pem()),
        certificate: certificate.pem(),
    })
}

/// Has a key in a token sign a certificate for itself, as those of `generate` do.
pub fn certify(key: &TokenSigner, common_name: &str, ambient: &Ambient) -> Result<String, GenerateFailed> {
    let subject_key = subject_key(key).ok_or(GenerateFailed(rcgen::Error::UnsupportedSignatureAlgorithm))?;
    let remote = Remote { key, subject_key };
    let certificate = certificate(common_name, ambient)
        .self_signed(&remote)
        .map_err(GenerateFailed)?;
    Ok(certificate.pem())
}

/// A key that signs elsewhere, as the library wants to see it.
struct Remote<'a> {
    key: &'a TokenSigner,
    subject_key: Vec<u8>,
}

fn subject_key(key: &TokenSigner) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef::from_der(key.public_key()).ok()?;
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec)
}

impl PublicKeyData for Remote<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.subject_key
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.key.algorithm() {
            SigningAlgorithm::EcdsaP256Sha256 => &PKCS_ECDSA_P256_SHA256,
            SigningAlgorithm::RsaSha256 | SigningAlgorithm::RsaPssSha256 => &PKCS_RSA_SHA256,
        }
    }
}

impl rcgen::SigningKey for Remote<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let failed = |error: SignFailed| {
            tracing::error!(%error, "no certificate could be made");
            rcgen::Error::RemoteKeyError
        };
        let signature = self.key.sign_blocking(message).map_err(failed)?;
        if self.key.algorithm() != SigningAlgorithm::EcdsaP256Sha256 {
            return Ok(signature);
        }
        // X.509 wants the two numbers in a sequence.
        sequence_of_halves(&signature).ok_or(rcgen::Error::RemoteKeyError)
    }
}

fn sequence_of_halves(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(32)?;
    let mut numbers = UintRef::new(r).ok()?.to_der().ok()?;
    numbers.extend(UintRef::new(s).ok()?.to_der().ok()?);
    AnyRef::new(Tag::Sequence, &numbers).ok()?.to_der().ok()
}

fn certificate(common_name: &str, ambient: &Ambient) -> CertificateParams {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.serial_number = Some(SerialNumber::from_slice(&ambient.bytes::<16>()));
    let (not_before, not_after) = validity(ambient.now());
    params.not_before = SystemTime::from(not_before).into();
    params.not_after = SystemTime::from(not_after).into();
    params
}

/// From a day ago, for peers whose clock is behind.
fn validity(now: Timestamp) -> (Timestamp, Timestamp) {
    let hours = |hours: i64| jiff::SignedDuration::from_hours(hours);
    let start = now.saturating_sub(hours(24)).unwrap_or(now);
    let end = now
        .saturating_add(hours(i64::from(YEARS) * 365 * 24))
        .unwrap_or(now);
    (start, end)
}
