//! Public keys of other parties, and the algorithms that they may sign with.
//!
//! Keys come from the party's own registration, never from a message (DR03, A21). Dates and names in
//! certificates decide nothing (B26); whoever registers a certificate may warn about them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::rsa::{PublicEncryptingKey, PublicKey};
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use jiff::Timestamp;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{AnyRef, Decode, Encode, SliceReader, Tag, Tagged};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::Validity;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// The signature algorithms that are accepted (A23). Anything else, SHA-1 above all, is refused as `[alg]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// RSASSA-PSS with SHA-256, MGF1 and salt to match (RFC 9231 §2.3.10).
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 and salt to match.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 and salt to match.
    RsaPssSha512,
    /// ECDSA with SHA-256; the key must be on P-256.
    EcdsaSha256,
    /// ECDSA with SHA-384; the key must be on P-384.
    EcdsaSha384,
}

impl SignatureAlgorithm {
    /// Every algorithm, with the preferred first: for `md:SigningMethod` in metadata.
    pub const ALL: [Self; 8] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
    ];

    /// Its identifier in XML (RFC 9231).
    pub const fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::RsaPssSha256 => "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
            Self::RsaPssSha384 => "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
            Self::RsaPssSha512 => "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        }
    }

    /// The accepted algorithm with this identifier.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::EcdsaSha256 => KeyKind::P256,
            Self::EcdsaSha384 => KeyKind::P384,
            _ => KeyKind::Rsa,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::RsaSha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::RsaSha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::RsaSha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::RsaPssSha384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::RsaPssSha512 => &signature::RSA_PSS_2048_8192_SHA512,
            Self::EcdsaSha256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::EcdsaSha384 => &signature::ECDSA_P384_SHA384_FIXED,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
}

/// Why a key cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// Not an X.509 certificate in DER.
    #[error("not an X.509 certificate")]
    NotACertificate(#[source] x509_cert::der::Error),
    /// Not a SubjectPublicKeyInfo, or not one that fits its algorithm.
    #[error("not a public key")]
    NotAKey,
    /// Not a private RSA key in PKCS#8.
    #[error("not a private RSA key in PKCS#8")]
    NotAPrivateKey,
    /// Neither RSA nor ECDSA on P-256 or P-384.
    #[error("a kind of key that is not accepted")]
    Unsupported,
    /// RSA of fewer than 2048 or more than 8192 bits (A23).
    #[error("an RSA key of another size than 2048 to 8192 bits")]
    Size,
}

impl KeyRefusal {
    /// The machine-readable reason of table A.
    pub fn reason(&self) -> &'static str {
        "alg"
    }
}

/// A public key that signatures are verified with. Parsed once, when it is first used, and shared
/// freely: most keys of a federation never are, and a parsed one takes kilobytes.
#[derive(Clone)]
pub struct VerifyingKey {
    kind: KeyKind,
    spki: Arc<[u8]>,
    /// Parsed for the algorithm that is usual for its kind.
    usual: Arc<OnceLock<Option<ParsedPublicKey>>>,
}

impl VerifyingKey {
    /// The key of an X.509 certificate in DER. Nothing else of the certificate is looked at (B26).
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn from_certificate_der(der: &[u8]) -> Result<Self, KeyRefusal> {
        Self::from_spki_der(&spki_of_certificate(der)?)
    }

    /// The key of a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyRefusal> {
        let kind = kind_of(der)?;
        if kind == KeyKind::Rsa {
            accepted_rsa_key(der)?;
        }
        // That it can be parsed is a condition of being registered.
        ParsedPublicKey::new(usual_algorithm(kind).verification(), der).map_err(|_| KeyRefusal::NotAKey)?;
        Ok(Self {
            kind,
            spki: der.into(),
            usual: Arc::default(),
        })
    }

    /// SubjectPublicKeyInfo in DER: equal keys have equal ones.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Whether `signature` over `message` is of this key. ECDSA signatures are `r ‖ s`.
    pub(super) fn is_signature(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        if algorithm.kind() != self.kind {
            return false;
        }
        if algorithm == usual_algorithm(self.kind) {
            let parse = || ParsedPublicKey::new(algorithm.verification(), &self.spki).ok();
            let key = self.usual.get_or_init(parse).as_ref();
            return key.is_some_and(|key| key.verify_sig(message, signature).is_ok());
        }
        ParsedPublicKey::new(algorithm.verification(), &self.spki)
            .is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({:?})", self.kind)
    }
}

fn usual_algorithm(kind: KeyKind) -> SignatureAlgorithm {
    match kind {
        KeyKind::Rsa => SignatureAlgorithm::RsaSha256,
        KeyKind::P256 => SignatureAlgorithm::EcdsaSha256,
        KeyKind::P384 => SignatureAlgorithm::EcdsaSha384,
    }
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1). The fields before it are stepped over unread:
/// certificates in the wild have serial numbers and names that a strict reader refuses.
pub(super) fn spki_of_certificate(der: &[u8]) -> Result<Vec<u8>, KeyRefusal> {
    read_spki(der).map_err(KeyRefusal::NotACertificate)
}

/// When a certificate in DER ends (RFC 5280 §4.1.2.5), read as leniently as its key.
pub fn certificate_end(der: &[u8]) -> Option<Timestamp> {
    let certificate = AnyRef::from_der(der).ok()?;
    let tbs_certificate = AnyRef::decode(&mut SliceReader::new(certificate.value()).ok()?).ok()?;
    let mut fields = SliceReader::new(tbs_certificate.value()).ok()?;
    let first = AnyRef::decode(&mut fields).ok()?;
    // serial number, signature, issuer
    for _ in 0..if first.tag().is_context_specific() { 3 } else { 2 } {
        AnyRef::decode(&mut fields).ok()?;
    }
    let validity = Validity::decode(&mut fields).ok()?;
    let seconds = validity.not_after.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn read_spki(der: &[u8]) -> Result<Vec<u8>, x509_cert::der::Error> {
    let certificate = AnyRef::from_der(der)?;
    certificate.tag().assert_eq(Tag::Sequence)?;
    let tbs_certificate = AnyRef::decode(&mut SliceReader::new(certificate.value())?)?;
    tbs_certificate.tag().assert_eq(Tag::Sequence)?;
    let mut fields = SliceReader::new(tbs_certificate.value())?;
    let first = AnyRef::decode(&mut fields)?;
    let has_version = first.tag().is_context_specific();
    // serial number, signature, issuer, validity, subject
    for _ in 0..if has_version { 5 } else { 4 } {
        AnyRef::decode(&mut fields)?;
    }
    let spki = AnyRef::decode(&mut fields)?;
    spki.tag().assert_eq(Tag::Sequence)?;
    spki.to_der()
}

/// An RSA key of a size that is accepted, ready to encrypt to.
pub(super) fn accepted_rsa_key(spki: &[u8]) -> Result<PublicEncryptingKey, KeyRefusal> {
    // The one parser takes 2048 to 8192 bits only; the other has no opinion on sizes.
    PublicEncryptingKey::from_der(spki).map_err(|_| match PublicKey::from_der(spki) {
        Ok(_) => KeyRefusal::Size,
        Err(_) => KeyRefusal::NotAKey,
    })
}

fn kind_of(spki: &[u8]) -> Result<KeyKind, KeyRefusal> {
    let parsed = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| KeyRefusal::NotAKey)?;
    if parsed.algorithm.oid == RSA {
        return Ok(KeyKind::Rsa);
    }
    match parsed.algorithm.parameters_oid() {
        Ok(P256) if parsed.algorithm.oid == EC => Ok(KeyKind::P256),
        Ok(P384) if parsed.algorithm.oid == EC => Ok(KeyKind::P384),
        _ => Err(KeyRefusal::Unsupported),
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair,
    };

    use super::*;

    /// The object identifier `id-ecPublicKey`, as DER has it.
    const EC_IN_DER: [u8; 9] = [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

    fn pair(curve: &'static EcdsaSigningAlgorithm) -> (EcdsaKeyPair, Vec<u8>) {
        let pair = EcdsaKeyPair::generate(curve).unwrap();
        let spki = pair.public_key().as_der().unwrap().as_ref().to_vec();
        (pair, spki)
    }

    fn refusal(spki: &[u8]) -> KeyRefusal {
        VerifyingKey::from_spki_der(spki).unwrap_err()
    }

    /// SubjectPublicKeyInfo of RSA with a modulus of so many bits, a multiple of eight.
    fn rsa(bits: usize) -> Vec<u8> {
        let modulus = [&[0x00, 0xc3], &*vec![0x5b; bits / 8 - 2], &[0x0d]].concat();
        let numbers = [der(0x02, &modulus), der(0x02, &[1, 0, 1])].concat();
        let algorithm = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
        let key = [&[0], &*der(0x30, &numbers)].concat();
        der(0x30, &[der(0x30, &algorithm), der(0x03, &key)].concat())
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len().to_be_bytes();
        let length = match content.len() {
            ..128 => &length[7..],
            128..256 => &[0x81, length[7]],
            _ => &[0x82, length[6], length[7]],
        };
        [&[tag], length, content].concat()
    }

    #[test]
    #[expect(clippy::disallowed_types, reason = "the key operation demands it")]
    fn both_curves_verify_what_they_sign() {
        let random = aws_lc_rs::rand::SystemRandom::new();
        for (curve, algorithm, other) in [
            (
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                SignatureAlgorithm::EcdsaSha256,
                SignatureAlgorithm::EcdsaSha384,
            ),
            (
                &ECDSA_P384_SHA384_FIXED_SIGNING,
                SignatureAlgorithm::EcdsaSha384,
                SignatureAlgorithm::EcdsaSha256,
            ),
        ] {
            let (pair, spki) = pair(curve);
            let key = VerifyingKey::from_spki_der(&spki).unwrap();
            let signature = pair.sign(&random, b"word").unwrap();
            assert!(key.is_signature(algorithm, b"word", signature.as_ref()));
            assert!(!key.is_signature(algorithm, b"other", signature.as_ref()));
            assert!(!key.is_signature(other, b"word", signature.as_ref()));
            assert!(!key.is_signature(SignatureAlgorithm::RsaSha256, b"word", signature.as_ref()));
        }
    }

    /// A23: a curve belongs to ECDSA, whatever else a key of that curve may be for.
    #[test]
    fn a_curve_alone_makes_no_key() {
        for curve in [&ECDSA_P256_SHA256_FIXED_SIGNING, &ECDSA_P384_SHA384_FIXED_SIGNING] {
            let (_, mut spki) = pair(curve);
            let at = spki.windows(9).position(|bytes| bytes == EC_IN_DER).unwrap();
            spki[at + 8] = 2;
            assert!(matches!(refusal(&spki), KeyRefusal::Unsupported));
        }
    }

    /// A23.
    #[test]
    fn rsa_keys_have_2048_to_8192_bits() {
        for bits in [1024, 2040, 8200, 16_384] {
            assert!(matches!(refusal(&rsa(bits)), KeyRefusal::Size), "{bits}");
        }
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let spki = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
        let mut key = spki.as_ref().to_vec();
        assert_eq!(
            format!("{:?}", VerifyingKey::from_spki_der(&key).unwrap()),
            "VerifyingKey(Rsa)"
        );
        // The modulus is no number any more.
        let modulus = key.windows(2).position(|bytes| bytes == [0x02, 0x82]).unwrap();
        key[modulus] = 0x03;
        assert!(matches!(refusal(&key), KeyRefusal::NotAKey));
    }
}
