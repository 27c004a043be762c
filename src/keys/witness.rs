//! The key that checkpoints of the audit trail are signed with, outside of the database that they are about.
//!
//! Ed25519; files hold 64 hexadecimal digits, as those of evidence do. Who reads the trail needs the public
//! half alone.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

/// Of a seed, and of a public key.
const KEY_BYTES: usize = 32;

/// The private half of the key for checkpoints of the audit trail (Ed25519).
pub struct WitnessKey(Ed25519KeyPair);

impl WitnessKey {
    /// Reads the private half.
    pub fn parse(text: &str) -> Result<Self, NotAWitnessKey> {
        let seed = Zeroizing::new(key_bytes(text)?);
        Ed25519KeyPair::from_seed_unchecked(&*seed)
            .map(Self)
            .map_err(|_| NotAWitnessKey)
    }

    /// A pair made of random bytes, as the text of two files: the private half, and the public one.
    pub fn pair(seed: &[u8; KEY_BYTES]) -> Result<(Zeroizing<String>, String), NotAWitnessKey> {
        let private = Zeroizing::new(HEXLOWER.encode(seed) + "\n");
        let public = Self::parse(&private)?.public();
        Ok((private, public))
    }

    /// The public half, as the text of a file.
    pub fn public(&self) -> String {
        HEXLOWER.encode(self.0.public_key().as_ref()) + "\n"
    }

    /// Signs the words of one line.
    pub fn sign(&self, words: &str) -> Vec<u8> {
        self.0.sign(words.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WitnessKey")
    }
}

/// The public half, for whoever reads the trail elsewhere.
#[derive(Debug, Clone)]
pub struct WitnessPublic([u8; KEY_BYTES]);

impl WitnessPublic {
    /// Reads the public half.
    pub fn parse(text: &str) -> Result<Self, NotAWitnessKey> {
        key_bytes(text).map(Self)
    }

    /// Whether this key signed these words.
    pub fn has_signed(&self, words: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(words.as_bytes(), signature)
            .is_ok()
    }
}

fn key_bytes(text: &str) -> Result<[u8; KEY_BYTES], NotAWitnessKey> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
    let bytes = Zeroizing::new(bytes.map_err(|_| NotAWitnessKey)?);
    bytes.as_slice().try_into().map_err(|_| NotAWitnessKey)
}

/// A file that holds no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key for checkpoints: 64 hexadecimal digits are wanted")]
pub struct NotAWitnessKey;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_signed_is_known_by_the_public_half() {
        let (private, public) = WitnessKey::pair(&[7; 32]).unwrap();
        let (_, other) = WitnessKey::pair(&[8; 32]).unwrap();
        let signature = WitnessKey::parse(&private).unwrap().sign("fire rækker");
        let public = WitnessPublic::parse(&public).unwrap();
        assert!(public.has_signed("fire rækker", &signature));
        assert!(!public.has_signed("fem rækker", &signature));
        assert!(!public.has_signed("fire rækker", &signature[..63]));
        assert!(
            !WitnessPublic::parse(&other)
                .unwrap()
                .has_signed("fire rækker", &signature)
        );
        for other in ["", "abc", &"0".repeat(63), &"g".repeat(64)] {
            assert!(WitnessKey::parse(other).is_err() && WitnessPublic::parse(other).is_err());
        }
        let key = WitnessKey::parse(&private).unwrap();
        assert!(!format!("{key:?}").contains(private.trim()));
    }
}
