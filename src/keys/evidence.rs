//! Sealing evidence to a public key: whoever runs the server can add to it and prove that it is
//! whole, and only whoever holds the other half, elsewhere, can read it.
//!
//! HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and AES-256-GCM; each piece has an
//! ephemeral key of its own and is bound to its label. Key files hold 64 hexadecimal digits.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey};
use zeroize::Zeroizing;

use crate::domain::evidence::EvidenceLabel;

/// What the seal is for, so that the key pair could not be misled into another use.
const INFO: &[u8] = b"portner evidence 1";
/// First byte of every piece: which suite the rest follows.
const LAYOUT: u8 = 1;
/// Of X25519: keys, and what carries the ephemeral one.
const KEY_BYTES: usize = 32;

/// The public half of the key for evidence: it seals, and cannot open.
#[derive(Clone)]
pub struct EvidenceSeal(HpkePublicKey);

impl EvidenceSeal {
    /// Reads the public key of a file.
    pub fn parse(text: &str) -> Result<Self, NotAnEvidenceKey> {
        Ok(Self(HpkePublicKey(key_bytes(text)?.to_vec())))
    }

    /// Seals one message under its label.
    pub fn seal(&self, label: &EvidenceLabel, message: &[u8]) -> Result<Vec<u8>, EvidenceDoesNotSeal> {
        let (carried, sealed) = DH_KEM_X25519_HKDF_SHA256_AES_256
            .seal(INFO, &label.bytes(), message, &self.0)
            .map_err(|_| EvidenceDoesNotSeal)?;
        Ok([[LAYOUT].as_slice(), &carried.0, &sealed].concat())
    }
}

impl fmt::Debug for EvidenceSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvidenceSeal")
    }
}

/// Opens: the half that no server has.
pub struct EvidenceKey(HpkePrivateKey);

impl EvidenceKey {
    /// Reads the private key of a file.
    pub fn parse(text: &str) -> Result<Self, NotAnEvidenceKey> {
        Ok(Self(HpkePrivateKey::from(key_bytes(text)?.to_vec())))
    }

    /// A new pair as the text of two files: the private half, and the public one.
    pub fn generate() -> Result<(Zeroizing<String>, String), EvidenceDoesNotSeal> {
        let (public, private) = DH_KEM_X25519_HKDF_SHA256_AES_256
            .generate_key_pair()
            .map_err(|_| EvidenceDoesNotSeal)?;
        let private = Zeroizing::new(HEXLOWER.encode(private.secret_bytes()) + "\n");
        Ok((private, HEXLOWER.encode(&public.0) + "\n"))
    }

    /// Opens what was sealed to this pair under this label.
    pub fn open(&self, label: &EvidenceLabel, sealed: &[u8]) -> Result<Vec<u8>, EvidenceDoesNotOpen> {
        let rest = sealed.strip_prefix(&[LAYOUT]).ok_or(EvidenceDoesNotOpen)?;
        let (carried, sealed) = rest.split_first_chunk::<KEY_BYTES>().ok_or(EvidenceDoesNotOpen)?;
        DH_KEM_X25519_HKDF_SHA256_AES_256
            .open(
                &EncapsulatedSecret(carried.to_vec()),
                INFO,
                &label.bytes(),
                sealed,
                &self.0,
            )
            .map_err(|_| EvidenceDoesNotOpen)
    }
}

impl fmt::Debug for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvidenceKey(redacted)")
    }
}

fn key_bytes(text: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, NotAnEvidenceKey> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let digits = text.trim().as_bytes();
    // The decoder wants a buffer of the right length.
    if digits.len() != 2 * KEY_BYTES {
        return Err(NotAnEvidenceKey);
    }
    let whole = HEXLOWER_PERMISSIVE.decode_mut(digits, &mut *key);
    whole.map(|_| key).map_err(|_| NotAnEvidenceKey)
}

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key for evidence has 64 hexadecimal digits")]
pub struct NotAnEvidenceKey;

/// The message could not be sealed, so whatever needed that does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("evidence could not be sealed: the public key is of no use")]
pub struct EvidenceDoesNotSeal;

/// Another key, another label, or altered bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the evidence does not open: it was sealed to another key, or altered")]
pub struct EvidenceDoesNotOpen;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn label(party: &str) -> EvidenceLabel {
        EvidenceLabel {
            id: Uuid::from_u128(7),
            at: Timestamp::UNIX_EPOCH,
            login: None,
            party: party.to_owned(),
            kind: "id-token-sent".to_owned(),
        }
    }

    fn pair() -> (EvidenceKey, EvidenceSeal) {
        let (private, public) = EvidenceKey::generate().unwrap();
        (
            EvidenceKey::parse(&private).unwrap(),
            EvidenceSeal::parse(&public).unwrap(),
        )
    }

    #[test]
    fn what_is_sealed_opens_with_the_other_half_and_its_label_alone() {
        let (key, seal) = pair();
        let sealed = seal.seal(&label("service/a"), b"<Response/>").unwrap();
        assert!(!sealed.windows(9).any(|part| part == b"<Response"));
        assert_eq!(
            key.open(&label("service/a"), &sealed).as_deref(),
            Ok(b"<Response/>".as_slice())
        );
        assert_eq!(key.open(&label("service/b"), &sealed), Err(EvidenceDoesNotOpen));
        let (other, _) = pair();
        assert_eq!(other.open(&label("service/a"), &sealed), Err(EvidenceDoesNotOpen));
        assert_ne!(sealed, seal.seal(&label("service/a"), b"<Response/>").unwrap());
    }

    #[test]
    fn altered_or_cut_bytes_do_not_open() {
        let (key, seal) = pair();
        let sealed = seal.seal(&label("service/a"), b"<Response/>").unwrap();
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(key.open(&label("service/a"), &altered).is_err(), "{position}");
            assert!(key.open(&label("service/a"), &sealed[..position]).is_err());
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for text in ["", "zz", &"a".repeat(63), &"g".repeat(64)] {
            assert!(EvidenceSeal::parse(text).is_err() && EvidenceKey::parse(text).is_err());
        }
    }
}
