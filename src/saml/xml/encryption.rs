//! XML Encryption as SAML uses it: one element becomes an `EncryptedData` with its `EncryptedKey`, and back.
//!
//! AES-GCM and RSA-OAEP. RSA with PKCS#1 v1.5 is not here and never will be; AES-CBC is read only under a
//! verified signature (B15). What was decrypted is foreign XML again and goes through the guard.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use data_encoding::BASE64;
use x509_cert::der::SecretDocument;
use zeroize::Zeroizing;

use super::guard::Limits;
use super::names::{DIGEST_SHA1, DIGEST_SHA256, DS, XENC, XENC11};
use super::parse;
use super::signature::SignatureRefusal;
use super::signature_parts::decode_base64;
use super::tree::{Document, Element, ShapeRefusal};
use super::verifying_key::{KeyRefusal, accepted_rsa_key, spki_of_certificate};
use super::writer::{CanonicalXml, Writer};
use crate::ambient::Entropy;

const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
const AES256_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const AES128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const AES256_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
const OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
const TYPE_ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";

/// EncryptedKeys that are tried at most: each costs an RSA operation per own key.
const MOST_ENCRYPTED_KEYS: usize = 8;
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

impl From<ShapeRefusal> for DecryptionFailed {
    fn from(_: ShapeRefusal) -> Self {
        Self
    }
}

/// Encryption failed, which only a broken key or library can bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("could not be encrypted")]
pub struct EncryptionFailed;

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

    /// Reads a private key in PKCS#8 PEM (`BEGIN PRIVATE KEY`).
    ///
    /// # Errors
    /// [`KeyRefusal::NotAPrivateKey`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyRefusal> {
        match SecretDocument::from_pem(pem) {
            Ok(("PRIVATE KEY", der)) => Self::from_pkcs8_der(der.as_bytes()),
            _ => Err(KeyRefusal::NotAPrivateKey),
        }
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
    element: &CanonicalXml,
    to: &EncryptionKey,
    method: EncryptionMethod,
    entropy: &dyn Entropy,
) -> Result<CanonicalXml, EncryptionFailed> {
    let mut content_key = Zeroizing::new([0; 32]);
    entropy.fill(&mut *content_key);
    let content_key = content_key.get(..method.content.key_bytes()).unwrap_or_default();

    let encrypted_key = method.transport.wrap(content_key, to)?;
    let content = method
        .content
        .seal(element.as_str().as_bytes(), content_key, entropy)?;
    let mut writer = Writer::new();
    write_encrypted_data(
        &mut writer,
        method,
        &BASE64.encode(&encrypted_key),
        &BASE64.encode(&content),
    );
    writer.finish().map_err(|_| EncryptionFailed)
}

fn write_encrypted_data(writer: &mut Writer, method: EncryptionMethod, encrypted_key: &str, content: &str) {
    writer
        .element(XENC, "EncryptedData")
        .attribute("Type", TYPE_ELEMENT)
        .children(|data| {
            data.element(XENC, "EncryptionMethod")
                .attribute("Algorithm", method.content.uri())
                .empty();
            data.element(DS, "KeyInfo").children(|key_info| {
                key_info.element(XENC, "EncryptedKey").children(|key| {
                    let transport = key.element(XENC, "EncryptionMethod");
                    match method.transport {
                        KeyTransport::OaepSha1 => {
                            transport.attribute("Algorithm", OAEP_MGF1P).children(|oaep| {
                                oaep.element(DS, "DigestMethod")
                                    .attribute("Algorithm", DIGEST_SHA1)
                                    .empty();
                            })
                        }
                        KeyTransport::OaepSha256 => transport.attribute("Algorithm", OAEP).children(|oaep| {
                            oaep.element(DS, "DigestMethod")
                                .attribute("Algorithm", DIGEST_SHA256)
                                .empty();
                            oaep.element(XENC11, "MGF")
                                .attribute("Algorithm", MGF1_SHA256)
                                .empty();
                        }),
                    }
                    write_cipher_data(key, encrypted_key);
                });
            });
            write_cipher_data(data, content);
        });
}

fn write_cipher_data(writer: &mut Writer, value: &str) {
    writer
        .element(XENC, "CipherData")
        .children(|data| data.element(XENC, "CipherValue").text(value));
}

/// Decrypts what no signature vouches for yet: `encrypted` is the element around `xenc:EncryptedData`,
/// or that itself. GCM only. The document that comes out proves nothing until it is verified (B14).
///
/// # Errors
/// [`SignatureRefusal::Decryption`] for every cause the same, or [`SignatureRefusal::Xml`] where the plaintext
/// is refused by the guard.
pub fn decrypt(encrypted: Element<'_>, keys: &[DecryptionKey]) -> Result<Document, SignatureRefusal> {
    decrypt_within(encrypted, keys, AcceptedCiphers::Gcm)
}

/// As [`decrypt`], with the ciphers that the caller may accept because a signature covers `encrypted`.
/// The plaintext may use the prefixes that are declared around it (xmlenc-core §4.5.2).
pub(super) fn decrypt_within(
    encrypted: Element<'_>,
    keys: &[DecryptionKey],
    accepted: AcceptedCiphers,
) -> Result<Document, SignatureRefusal> {
    let plaintext = plaintext(encrypted, keys, accepted)?;
    let context = encrypted.namespaces_in_scope();
    Ok(parse::document(&plaintext, &Limits::MESSAGE, &context)?)
}

fn plaintext(
    encrypted: Element<'_>,
    keys: &[DecryptionKey],
    accepted: AcceptedCiphers,
) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
    let data = match encrypted.is(XENC.uri, "EncryptedData") {
        true => encrypted,
        false => encrypted.required_child(XENC.uri, "EncryptedData")?,
    };
    if data.attribute("Type").is_some_and(|kind| kind != TYPE_ELEMENT) {
        return Err(DecryptionFailed);
    }
    let cipher = ReadCipher::accepted(method_uri(data)?, accepted)?;
    let content = cipher_value(data)?;
    for encrypted_key in encrypted_keys(encrypted, data)? {
        let (algorithm, wrapped) = (oaep_of(encrypted_key)?, cipher_value(encrypted_key)?);
        for key in keys {
            if let Ok(content_key) = key.unwrap(algorithm, &wrapped)
                && let Ok(plaintext) = cipher.open(&content, &content_key)
            {
                return Ok(plaintext);
            }
        }
    }
    Err(DecryptionFailed)
}

/// EncryptedKeys in the KeyInfo of `data`, then those beside it (saml-core §2.3.4).
fn encrypted_keys<'d>(
    encrypted: Element<'d>,
    data: Element<'d>,
) -> Result<Vec<Element<'d>>, DecryptionFailed> {
    let key_info = data.child(DS.uri, "KeyInfo")?;
    let within = key_info
        .into_iter()
        .flat_map(|info| info.children_named(XENC.uri, "EncryptedKey"));
    let keys: Vec<_> = within
        .chain(encrypted.children_named(XENC.uri, "EncryptedKey"))
        .collect();
    if keys.len() > MOST_ENCRYPTED_KEYS {
        Err(DecryptionFailed)
    } else {
        Ok(keys)
    }
}

fn method_uri(element: Element<'_>) -> Result<&str, DecryptionFailed> {
    Ok(element
        .required_child(XENC.uri, "EncryptionMethod")?
        .required_attribute("Algorithm")?)
}

fn cipher_value(element: Element<'_>) -> Result<Vec<u8>, DecryptionFailed> {
    let data = element.required_child(XENC.uri, "CipherData")?;
    decode_base64(data.required_child(XENC.uri, "CipherValue")?.text()?).ok_or(DecryptionFailed)
}

/// RSA-OAEP and nothing else. Its digest and MGF1's must agree, which is all that the library offers.
fn oaep_of(encrypted_key: Element<'_>) -> Result<&'static OaepAlgorithm, DecryptionFailed> {
    let method = encrypted_key.required_child(XENC.uri, "EncryptionMethod")?;
    let parameter = |namespace: &str, name| -> Result<Option<&str>, DecryptionFailed> {
        Ok(method
            .child(namespace, name)?
            .map(|child| child.required_attribute("Algorithm"))
            .transpose()?)
    };
    if method.child(XENC.uri, "OAEPparams")?.is_some() {
        return Err(DecryptionFailed);
    }
    let digest = parameter(DS.uri, "DigestMethod")?.unwrap_or(DIGEST_SHA1);
    let mask = parameter(XENC11.uri, "MGF")?.unwrap_or(MGF1_SHA1);
    match (method.required_attribute("Algorithm")?, digest, mask) {
        (OAEP_MGF1P | OAEP, DIGEST_SHA1, MGF1_SHA1) => Ok(&OAEP_SHA1_MGF1SHA1),
        (OAEP, DIGEST_SHA256, MGF1_SHA256) => Ok(&OAEP_SHA256_MGF1SHA256),
        _ => Err(DecryptionFailed),
    }
}

impl DecryptionKey {
    fn unwrap(
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

impl KeyTransport {
    fn wrap(self, content_key: &[u8], to: &EncryptionKey) -> Result<Vec<u8>, EncryptionFailed> {
        let algorithm = match self {
            Self::OaepSha1 => &OAEP_SHA1_MGF1SHA1,
            Self::OaepSha256 => &OAEP_SHA256_MGF1SHA256,
        };
        let mut buffer = vec![0; to.0.ciphertext_size()];
        let wrapped =
            to.0.encrypt(algorithm, content_key, &mut buffer, None)
                .map_err(|_| EncryptionFailed)?;
        Ok(wrapped.to_vec())
    }
}

impl ContentCipher {
    fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => AES128_GCM,
            Self::Aes256Gcm => AES256_GCM,
        }
    }

    fn key_bytes(self) -> usize {
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
    fn seal(self, plaintext: &[u8], key: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, EncryptionFailed> {
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
enum ReadCipher {
    Gcm(ContentCipher),
    Cbc(&'static cipher::Algorithm),
}

impl ReadCipher {
    fn accepted(uri: &str, accepted: AcceptedCiphers) -> Result<Self, DecryptionFailed> {
        match (uri, accepted) {
            (AES128_GCM, _) => Ok(Self::Gcm(ContentCipher::Aes128Gcm)),
            (AES256_GCM, _) => Ok(Self::Gcm(ContentCipher::Aes256Gcm)),
            (AES128_CBC, AcceptedCiphers::GcmAndCbc) => Ok(Self::Cbc(&cipher::AES_128)),
            (AES256_CBC, AcceptedCiphers::GcmAndCbc) => Ok(Self::Cbc(&cipher::AES_256)),
            _ => Err(DecryptionFailed),
        }
    }

    fn open(self, sealed: &[u8], key: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        match self {
            Self::Gcm(cipher) => cipher.open(sealed, key),
            Self::Cbc(algorithm) => open_cbc(algorithm, sealed, key),
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
