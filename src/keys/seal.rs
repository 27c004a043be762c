//! Small pieces of state that leave this process and come back unread and unchanged:
//! cookies, relay states, codes.
//!
//! AES-256-GCM-SIV, which forgives a repeated nonce; two keys, so that rotation breaks
//! no login in flight. The purpose is authenticated along, so that a cookie cannot be
//! played as a code. Whether a piece may come back twice is for the receiver to decide.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::ambient::Ambient;

/// The bytes of one sealing key; wiped when dropped.
pub type SealingKeyBytes = Zeroizing<[u8; 32]>;

/// What is sealed. A piece opens only under the purpose that it was sealed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealPurpose {
    /// A login in flight.
    Transaction,
    /// An authorization code.
    Code,
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// A pushed authorization request.
    PushedRequest,
    /// A login that a service asked for without a browser.
    BackchannelRequest,
    /// What an upstream calls its own session of a user.
    UpstreamSession,
    /// A logout in flight.
    Logout,
    /// A refusal, to be shown again.
    Stopped,
    /// The receipt of a logout, to be shown again.
    Receipt,
    /// What a browser remembers of having logged in.
    Device,
    /// A new password in the making, with the national eID.
    Recovery,
    /// A code for a first login, while it can be read.
    FirstCode,
    /// The file of a delivery that waits for somebody.
    HeldFile,
}

impl SealPurpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Transaction => b"portner transaction 1",
            Self::Code => b"portner code 1",
            Self::AccessToken => b"portner access token 1",
            Self::RefreshToken => b"portner refresh token 1",
            Self::PushedRequest => b"portner pushed request 1",
            Self::BackchannelRequest => b"portner backchannel request 1",
            Self::UpstreamSession => b"portner upstream session 1",
            Self::Logout => b"portner logout 1",
            Self::Stopped => b"portner stopped 1",
            Self::Receipt => b"portner receipt 1",
            Self::Device => b"portner device 1",
            Self::Recovery => b"portner recovery 1",
            Self::FirstCode => b"portner first code 1",
            Self::HeldFile => b"portner held file 1",
        }
    }
}

/// Seals with the current key, and opens with every key that it holds: the one to come, which
/// another node may seal with already, and those before. Clones share them.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<RwLock<Arc<SealingKeys>>>,
    ambient: Ambient,
}

struct SealingKeys {
    current: LessSafeKey,
    others: Vec<LessSafeKey>,
}

impl SealingKeys {
    fn parse(current: &SealingKeyBytes, others: &[SealingKeyBytes]) -> Result<Arc<Self>, SealFailed> {
        Ok(Arc::new(Self {
            current: parse(current)?,
            others: others.iter().map(parse).collect::<Result<_, _>>()?,
        }))
    }
}

/// It was not sealed here, or not for this, or not with a key that is still held. No more is
/// said: the difference would help nobody honest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value could not be opened")]
pub struct NotOurs;

/// The library could not seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value could not be sealed")]
pub struct SealFailed;

impl Sealer {
    /// Takes the key that seals, and the others that open.
    pub fn new(
        current: &SealingKeyBytes,
        others: &[SealingKeyBytes],
        ambient: Ambient,
    ) -> Result<Self, SealFailed> {
        let keys = SealingKeys::parse(current, others)?;
        Ok(Self {
            keys: Arc::new(RwLock::new(keys)),
            ambient,
        })
    }

    /// Goes on with these keys, and so does every clone.
    pub fn replace(&self, current: &SealingKeyBytes, others: &[SealingKeyBytes]) -> Result<(), SealFailed> {
        let keys = SealingKeys::parse(current, others)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn keys(&self) -> Arc<SealingKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Seals `plain`: nonce, ciphertext, tag. 28 bytes longer than what went in.
    pub fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<Vec<u8>, SealFailed> {
        let nonce: [u8; NONCE_LEN] = self.ambient.bytes();
        let mut body = plain.to_vec();
        self.keys()
            .current
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.label()),
                &mut body,
            )
            .map_err(|_| SealFailed)?;
        Ok([&nonce[..], &body].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose.
    pub fn open(&self, purpose: SealPurpose, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        let keys = self.keys();
        std::iter::once(&keys.current)
            .chain(&keys.others)
            .find_map(|key| open_with(key, purpose, sealed))
            .ok_or(NotOurs)
    }

    /// Like [`seal`](Self::seal), as base64url without padding.
    pub fn seal_text(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, SealFailed> {
        Ok(BASE64URL_NOPAD.encode(&self.seal(purpose, plain)?))
    }

    /// Opens what [`seal_text`](Self::seal_text) made.
    pub fn open_text(&self, purpose: SealPurpose, sealed: &str) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| NotOurs)?;
        self.open(purpose, &bytes)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

fn parse(key: &SealingKeyBytes) -> Result<LessSafeKey, SealFailed> {
    UnboundKey::new(&AES_256_GCM_SIV, key.as_slice())
        .map(LessSafeKey::new)
        .map_err(|_| SealFailed)
}

fn open_with(key: &LessSafeKey, purpose: SealPurpose, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(purpose.label()), &mut body)
        .ok()?
        .len();
    body.truncate(length);
    Some(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealer(current: u8, previous: Option<u8>) -> Sealer {
        let key = |byte| Zeroizing::new([byte; 32]);
        let previous: Vec<_> = previous.map(key).into_iter().collect();
        Sealer::new(&key(current), &previous, Ambient::system()).unwrap()
    }

    #[test]
    fn the_previous_key_still_opens_and_an_older_one_does_not() {
        let sealed = sealer(1, None)
            .seal_text(SealPurpose::Transaction, b"in flight")
            .unwrap();
        let opened = sealer(2, Some(1))
            .open_text(SealPurpose::Transaction, &sealed)
            .unwrap();
        assert_eq!(*opened, b"in flight");
        assert_eq!(
            sealer(3, Some(2)).open_text(SealPurpose::Transaction, &sealed),
            Err(NotOurs)
        );
    }

    #[test]
    fn a_piece_opens_for_its_own_purpose_alone() {
        let sealer = sealer(1, None);
        let code = sealer.seal(SealPurpose::Code, b"x").unwrap();
        assert_eq!(sealer.open(SealPurpose::AccessToken, &code), Err(NotOurs));
    }

    #[test]
    fn two_seals_of_one_value_differ() {
        let sealer = sealer(1, None);
        let seal = || sealer.seal(SealPurpose::Code, b"same").unwrap();
        assert_ne!(seal(), seal());
    }

    proptest! {
        #[test]
        fn what_was_sealed_comes_back(plain in proptest::collection::vec(any::<u8>(), 0..600)) {
            let sealer = sealer(1, None);
            let sealed = sealer.seal_text(SealPurpose::Transaction, &plain).unwrap();
            let opened = sealer.open_text(SealPurpose::Transaction, &sealed).unwrap();
            prop_assert_eq!(&*opened, &plain);
        }

        #[test]
        fn one_changed_bit_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..60),
                                      at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let sealer = sealer(1, None);
            let mut sealed = sealer.seal(SealPurpose::Transaction, &plain).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(sealer.open(SealPurpose::Transaction, &sealed), Err(NotOurs));
        }

        #[test]
        fn rubbish_is_refused(text in ".{0,80}") {
            prop_assert_eq!(sealer(1, None).open_text(SealPurpose::Code, &text), Err(NotOurs));
        }
    }
}
