//! XML Encryption as SAML uses it: one element becomes an `EncryptedData` with its `EncryptedKey`, and back.
//!
//! AES-GCM and RSA-OAEP. RSA with PKCS#1 v1.5 is not here and never will be; AES-CBC is read only under a
//! verified signature (B15). What was decrypted is foreign XML again and goes through the guard.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::ciphers::{AcceptedCiphers, ContentCipher, ReadCipher};
use super::encryption_keys::{DecryptionKey, EncryptionKey};
use super::limits::Limits;
use super::names::{DIGEST_SHA1, DIGEST_SHA256, DS, MGF1_SHA1, MGF1_SHA256, XENC, XENC11};
use super::parse;
use super::signature_parts::decode_base64;
use super::signature_refusal::SignatureRefusal;
use super::tree::{Document, Element, ShapeRefusal};
use super::writer::{CanonicalXml, Writer};
use crate::ambient::Entropy;

const OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const TYPE_ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";

/// EncryptedKeys that are tried at most: each costs an RSA operation per own key.
const MOST_ENCRYPTED_KEYS: usize = 8;

/// What is opened with where no key came out of the EncryptedKey.
const NOBODYS_KEY: [u8; 32] = [0; 32];

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
                    method.transport.write_method(key);
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
    let data = if encrypted.is(XENC.uri, "EncryptedData") {
        encrypted
    } else {
        encrypted.required_child(XENC.uri, "EncryptedData")?
    };
    if data.attribute("Type").is_some_and(|kind| kind != TYPE_ELEMENT) {
        return Err(DecryptionFailed);
    }
    let cipher = ReadCipher::accepted(method_uri(data)?, accepted)?;
    let content = cipher_value(data)?;
    for encrypted_key in encrypted_keys(encrypted, data)? {
        let (algorithm, wrapped) = (oaep_of(encrypted_key)?, cipher_value(encrypted_key)?);
        for key in keys {
            let unwrapped = key.unwrap(algorithm, &wrapped).ok();
            let content_key = unwrapped.filter(|key| key.len() == cipher.key_bytes());
            // Nobody's key stands in for one that did not come out, so that both failures take as long.
            let nobodys = NOBODYS_KEY.get(..cipher.key_bytes()).unwrap_or_default();
            let key = content_key.as_ref().map_or(nobodys, |key| key.as_slice());
            let opened = cipher.open(&content, key);
            if let (Some(_), Ok(plaintext)) = (&content_key, opened) {
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

impl KeyTransport {
    fn write_method(self, writer: &mut Writer) {
        let (uri, digest) = match self {
            Self::OaepSha1 => (OAEP_MGF1P, DIGEST_SHA1),
            Self::OaepSha256 => (OAEP, DIGEST_SHA256),
        };
        writer
            .element(XENC, "EncryptionMethod")
            .attribute("Algorithm", uri)
            .children(|oaep| {
                oaep.element(DS, "DigestMethod")
                    .attribute("Algorithm", digest)
                    .empty();
                if self == Self::OaepSha256 {
                    oaep.element(XENC11, "MGF")
                        .attribute("Algorithm", MGF1_SHA256)
                        .empty();
                }
            });
    }

    fn wrap(self, content_key: &[u8], to: &EncryptionKey) -> Result<Vec<u8>, EncryptionFailed> {
        let algorithm = match self {
            Self::OaepSha1 => &OAEP_SHA1_MGF1SHA1,
            Self::OaepSha256 => &OAEP_SHA256_MGF1SHA256,
        };
        to.wrap(algorithm, content_key)
    }
}
