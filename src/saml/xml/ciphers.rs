//! The symmetric ciphers of XML Encryption: AES-GCM both ways, AES-CBC for reading where that is allowed (B15).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use super::encryption::{DecryptionFailed, EncryptionFailed};
use crate::ambient::Entropy;

const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
const AES256_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const AES128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const AES256_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
const CBC_BLOCK: usize = 16;

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentCipher {
    /// AES-128-GCM: what SAML2Int asks for.
    #[default]
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
}

/// Which ciphers are read under a verified signature. Without one it is always GCM alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AcceptedCiphers {
    /// AES-GCM.
    #[default]
    Gcm,
    /// AES-CBC too: for a party that is listed with owner, reason and end date (DR30).
    GcmAndCbc,
}

impl ContentCipher {
    pub(super) fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => AES128_GCM,
            Self::Aes256Gcm => AES256_GCM,
        }
    }

    pub(super) fn key_bytes(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm => 32,
        }
    }

    fn key(self, bytes: &[u8]) -> Option<LessSafeKey> {
        let algorithm = match self {
            Self::Aes128Gcm => &AES_128_GCM,
            Self::Aes256Gcm => &AES_256_GCM,
        };
        UnboundKey::new(algorithm, bytes).ok().map(LessSafeKey::new)
    }

    /// Nonce, ciphertext, tag. The key is used once, so any nonce is new to it.
    pub(super) fn seal(
        self,
        plaintext: &[u8],
        key: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, EncryptionFailed> {
        let key = self.key(key).ok_or(EncryptionFailed)?;
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plaintext.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| EncryptionFailed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(self, sealed: &[u8], key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self
            .key(key)?
            .open_in_place(nonce, Aad::empty(), &mut buffer)
            .ok()?
            .len();
        buffer.truncate(length);
        Some(buffer)
    }
}

/// A cipher that content may come in.
#[derive(Clone, Copy)]
pub(super) enum ReadCipher {
    Gcm(ContentCipher),
    Cbc {
        algorithm: &'static cipher::Algorithm,
        key_bytes: usize,
    },
}

impl ReadCipher {
    pub(super) fn accepted(uri: &str, accepted: AcceptedCiphers) -> Result<Self, DecryptionFailed> {
        match (uri, accepted) {
            (AES128_GCM, _) => Ok(Self::Gcm(ContentCipher::Aes128Gcm)),
            (AES256_GCM, _) => Ok(Self::Gcm(ContentCipher::Aes256Gcm)),
            (AES128_CBC, AcceptedCiphers::GcmAndCbc) => Ok(Self::Cbc {
                algorithm: &cipher::AES_128,
                key_bytes: 16,
            }),
            (AES256_CBC, AcceptedCiphers::GcmAndCbc) => Ok(Self::Cbc {
                algorithm: &cipher::AES_256,
                key_bytes: 32,
            }),
            _ => Err(DecryptionFailed),
        }
    }

    pub(super) fn key_bytes(self) -> usize {
        match self {
            Self::Gcm(cipher) => cipher.key_bytes(),
            Self::Cbc { key_bytes, .. } => key_bytes,
        }
    }

    pub(super) fn open(self, sealed: &[u8], key: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        match self {
            Self::Gcm(cipher) => cipher.open(sealed, key),
            Self::Cbc { algorithm, .. } => open_cbc(algorithm, sealed, key),
        }
        .ok_or(DecryptionFailed)
    }
}

/// Initial vector, ciphertext; the last byte tells how many bytes are padding, which may be of any value
/// (xmlenc-core §5.2).
fn open_cbc(algorithm: &'static cipher::Algorithm, sealed: &[u8], key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (vector, ciphertext) = sealed.split_first_chunk::<CBC_BLOCK>()?;
    let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = key
        .decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(*vector)))
        .ok()?
        .len();
    let padding = usize::from(*buffer.get(length.checked_sub(1)?)?);
    if !(1..=CBC_BLOCK).contains(&padding) {
        return None;
    }
    buffer.truncate(length.checked_sub(padding)?);
    Some(buffer)
}
