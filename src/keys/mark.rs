//! What a secret key is recognised by without being kept: derived from it under a label of its
//! own, so that it tells whether two keys are one and nothing else. Who keeps marks and what
//! follows from a strange one is not here.

use std::fmt;

use zeroize::Zeroizing;

use super::derive::{Label, MasterSecret, ShortMasterSecret};

/// The mark of one key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyMark([u8; 32]);

impl KeyMark {
    /// The mark of this key in this purpose: the same key has another one elsewhere.
    pub fn of(key: &Zeroizing<[u8; 32]>, purpose: &str) -> Result<Self, ShortMasterSecret> {
        let secret = MasterSecret::new(key.as_slice())?;
        Ok(Self(*secret.derive(Label::KeyMark, &[purpose.as_bytes()])))
    }

    /// Takes stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self).ok()
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMark(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_one_key_in_one_purpose() {
        let mark = |byte, purpose| KeyMark::of(&Zeroizing::new([byte; 32]), purpose).unwrap();
        assert_eq!(mark(1, "pairwise"), mark(1, "pairwise"));
        assert_ne!(mark(1, "pairwise"), mark(2, "pairwise"));
        assert_ne!(mark(1, "pairwise"), mark(1, "cpr-index"));
        let kept = KeyMark::from_bytes(mark(1, "pairwise").as_bytes());
        assert_eq!(kept, Some(mark(1, "pairwise")));
        assert_eq!(KeyMark::from_bytes(&[1; 31]), None);
    }
}
