//! RSA keys of XML Encryption: those of others to encrypt to, our own to decrypt with.

use std::fmt;

use aws_lc_rs::rsa::{
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::encryption::{DecryptionFailed, EncryptionFailed};
use super::verifying_key::{KeyRefusal, accepted_rsa_key, spki_of_certificate};

/// A party's public RSA key to encrypt to. Parsed once.
pub struct EncryptionKey(OaepPublicEncryptingKey);

impl EncryptionKey {
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
        let key = accepted_rsa_key(der)?;
        OaepPublicEncryptingKey::new(key)
            .map(Self)
            .map_err(|_| KeyRefusal::NotAKey)
    }
}

impl EncryptionKey {
    /// Encrypts the key of some content.
    pub(super) fn wrap(
        &self,
        algorithm: &'static OaepAlgorithm,
        content_key: &[u8],
    ) -> Result<Vec<u8>, EncryptionFailed> {
        let mut buffer = vec![0; self.0.ciphertext_size()];
        let wrapped = self
            .0
            .encrypt(algorithm, content_key, &mut buffer, None)
            .map_err(|_| EncryptionFailed)?;
        Ok(wrapped.to_vec())
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey")
    }
}

/// One of our own private RSA keys for decryption, separate from those for signing (DR26). Parsed once.
pub struct DecryptionKey(OaepPrivateDecryptingKey);

impl DecryptionKey {
    /// Reads a private key in PKCS#8 DER.
    ///
    /// # Errors
    /// [`KeyRefusal::NotAPrivateKey`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyRefusal> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| KeyRefusal::NotAPrivateKey)?;
        OaepPrivateDecryptingKey::new(key)
            .map(Self)
            .map_err(|_| KeyRefusal::NotAPrivateKey)
    }

    /// Reads the private key of a PEM file (`BEGIN PRIVATE KEY`); its certificate may stand beside it.
    ///
    /// # Errors
    /// [`KeyRefusal::NotAPrivateKey`].
    pub fn from_pkcs8_pem(pem: &[u8]) -> Result<Self, KeyRefusal> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| KeyRefusal::NotAPrivateKey)?;
        Self::from_pkcs8_der(key.secret_pkcs8_der())
    }
}

impl DecryptionKey {
    /// Decrypts the key of some content.
    pub(super) fn unwrap(
        &self,
        algorithm: &'static OaepAlgorithm,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        let mut buffer = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let key = self
            .0
            .decrypt(algorithm, wrapped, &mut buffer, None)
            .map_err(|_| DecryptionFailed)?;
        Ok(Zeroizing::new(key.to_vec()))
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey")
    }
}
