//! New key pairs with self-signed certificates: for `portner keys new` and for the demo.
//!
//! The certificate is an envelope that SAML metadata asks for. Peers trust the key in it
//! because they were given it, not because of anything that the certificate says.

use std::time::SystemTime;

use jiff::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256,
    RsaKeySize, SerialNumber,
};
use zeroize::Zeroizing;

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
