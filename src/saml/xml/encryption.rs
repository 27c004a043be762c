//! XML Encryption as SAML uses it: one element becomes an `EncryptedData` with its `EncryptedKey`, and back.
//!
//! AES-GCM and RSA-OAEP. RSA with PKCS#1 v1.5 is not here and never will be; AES-CBC is read only under a
//! verified signature (B15). What was decrypted is foreign XML again and goes through the guard.

use std::fmt;

use super::tree::{Document, Element};
use super::verifying_key::KeyRefusal;
use super::writer::CanonicalXml;
use crate::ambient::Entropy;

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentCipher {
    /// AES-128-GCM: what SAML2Int asks for.
    #[default]
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
}

/// How the content's key is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyTransport {
    /// `rsa-oaep-mgf1p` with SHA-1 throughout, which is safe in OAEP and understood by all.
    #[default]
    OaepSha1,
    /// XML Encryption 1.1 `rsa-oaep` with SHA-256 throughout.
    OaepSha256,
}

/// How to encrypt for a party; the default unless its metadata says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncryptionMethod {
    /// How the content is encrypted.
    pub content: ContentCipher,
    /// How the content's key is encrypted.
    pub transport: KeyTransport,
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

/// Anything that goes wrong in decryption. There is one of it and it says nothing (B15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("could not be decrypted")]
pub struct DecryptionFailed;

/// Encryption failed, which only a broken key or library can bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("could not be encrypted")]
pub struct EncryptionFailed;

/// A party's public RSA key to encrypt to. Parsed once.
pub struct EncryptionKey {}

impl EncryptionKey {
    /// The key of an X.509 certificate in DER.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn from_certificate_der(der: &[u8]) -> Result<Self, KeyRefusal> {
        Self::from_spki_der(&super::verifying_key::spki_of_certificate(der)?)
    }

    /// The key of a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn from_spki_der(_der: &[u8]) -> Result<Self, KeyRefusal> {
        Err(KeyRefusal::NotAKey)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey")
    }
}

/// One of our own private RSA keys for decryption, separate from those for signing (DR26). Parsed once.
pub struct DecryptionKey {}

impl DecryptionKey {
    /// Reads a private key in PKCS#8 DER.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn from_pkcs8_der(_der: &[u8]) -> Result<Self, KeyRefusal> {
        Err(KeyRefusal::NotAPrivateKey)
    }

    /// Reads a private key in PKCS#8 PEM (`BEGIN PRIVATE KEY`).
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn from_pkcs8_pem(_pem: &str) -> Result<Self, KeyRefusal> {
        Err(KeyRefusal::NotAPrivateKey)
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey")
    }
}

/// Encrypts `element` to an `xenc:EncryptedData` that holds the `xenc:EncryptedKey` in its KeyInfo.
/// Embed the answer in `saml:EncryptedAssertion`, `EncryptedID` or `EncryptedAttribute`.
///
/// # Errors
/// [`EncryptionFailed`].
pub fn encrypt(
    _element: &CanonicalXml,
    _to: &EncryptionKey,
    _method: EncryptionMethod,
    _entropy: &dyn Entropy,
) -> Result<CanonicalXml, EncryptionFailed> {
    Err(EncryptionFailed)
}

/// Decrypts what no signature vouches for yet: `encrypted` is the element around `xenc:EncryptedData`,
/// or that itself. GCM only. The document that comes out proves nothing until it is verified (B14).
///
/// # Errors
/// [`DecryptionFailed`], for every cause the same.
pub fn decrypt(_encrypted: Element<'_>, _keys: &[DecryptionKey]) -> Result<Document, DecryptionFailed> {
    Err(DecryptionFailed)
}
