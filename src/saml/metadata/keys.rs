//! The keys in metadata: each certificate is a bag around a key, and nothing else of it counts (B26).

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::super::peer::{AssertionEncryption, EncryptWhat};
use super::super::xml::names::{DS, MD};
use super::super::xml::{
    ContentCipher, Element, EncryptionKey, EncryptionMethod, KeyTransport, VerifyingKey, certificate_end,
};

/// A certificate in metadata, as people compare it and as calendars want it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertificateNote {
    /// What its key is for: `signing`, `encryption`, or both where nothing is said.
    pub usage: Option<String>,
    /// SHA-256 over the certificate: what others call its fingerprint.
    pub sha256: [u8; 32],
    /// When it ends. Decides nothing (B26).
    pub until: Option<Timestamp>,
}

impl fmt::Display for CertificateNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usage = self.usage.as_deref().unwrap_or("signing and encryption");
        write!(f, "{usage}, sha256 {}", HEXLOWER.encode(&self.sha256))?;
        match self.until {
            Some(until) => write!(f, ", until {}", until.strftime("%F")),
            None => Ok(()),
        }
    }
}

/// Every certificate of a role.
pub(super) fn certificate_notes(role: Element<'_>) -> Vec<CertificateNote> {
    ["signing", "encryption"]
        .into_iter()
        .flat_map(|usage| certificates(role, usage))
        .map(|(descriptor, der)| {
            let digest = digest::digest(&digest::SHA256, &der);
            CertificateNote {
                usage: descriptor.attribute("use").map(str::to_owned),
                sha256: digest.as_ref().try_into().unwrap_or_default(),
                until: certificate_end(&der),
            }
        })
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// A key with the certificate that it came in, for parties whose profile wants that looked at.
#[derive(Debug, Clone)]
pub struct CertifiedKey {
    /// The key.
    pub key: VerifyingKey,
    /// X.509, in DER.
    pub certificate: Vec<u8>,
}

/// Every key for signing that can be used, and why others cannot. A descriptor without `use` is
/// for both (saml-metadata §2.4.1.1).
pub(super) fn signing_keys(role: Element<'_>) -> (Vec<CertifiedKey>, Vec<&'static str>) {
    let mut usable = Vec::new();
    let mut passed_over = Vec::new();
    for (_, der) in certificates(role, "signing") {
        match VerifyingKey::from_certificate_der(&der) {
            Ok(key) => usable.push(CertifiedKey {
                key,
                certificate: der,
            }),
            Err(refusal) => passed_over.push(refusal.reason()),
        }
    }
    (usable, passed_over)
}

/// How to encrypt for a service: to the first key that can be used, in the first way that both know.
pub(super) fn encryption(role: Element<'_>) -> Option<AssertionEncryption> {
    certificates(role, "encryption").find_map(|(descriptor, der)| {
        let to = EncryptionKey::from_certificate_der(&der).ok()?;
        Some(AssertionEncryption {
            what: EncryptWhat::default(),
            to,
            method: encryption_method(descriptor),
        })
    })
}

/// Descriptors of keys for one use, with the certificate that comes first in each.
fn certificates<'d>(role: Element<'d>, usage: &'static str) -> impl Iterator<Item = (Element<'d>, Vec<u8>)> {
    role.children_named(MD.uri, "KeyDescriptor")
        .filter(move |descriptor| descriptor.attribute("use").is_none_or(|stated| stated == usage))
        .filter_map(|descriptor| {
            let certificate = descriptor
                .descendants()
                .find(|element| element.is(DS.uri, "X509Certificate"))?;
            let base64: Vec<u8> = certificate
                .text()
                .ok()?
                .bytes()
                .filter(|b| !b.is_ascii_whitespace())
                .collect();
            Some((descriptor, data_encoding::BASE64.decode(&base64).ok()?))
        })
}

fn encryption_method(descriptor: Element<'_>) -> EncryptionMethod {
    let stated: Vec<&str> = descriptor
        .children_named(MD.uri, "EncryptionMethod")
        .filter_map(|method| method.attribute("Algorithm"))
        .collect();
    let content = stated.iter().find_map(|algorithm| match *algorithm {
        "http://www.w3.org/2009/xmlenc11#aes128-gcm" => Some(ContentCipher::Aes128Gcm),
        "http://www.w3.org/2009/xmlenc11#aes256-gcm" => Some(ContentCipher::Aes256Gcm),
        _ => None,
    });
    let transport = stated.iter().find_map(|algorithm| match *algorithm {
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => Some(KeyTransport::OaepSha1),
        "http://www.w3.org/2009/xmlenc11#rsa-oaep" => Some(KeyTransport::OaepSha256),
        _ => None,
    });
    EncryptionMethod {
        content: content.unwrap_or_default(),
        transport: transport.unwrap_or_default(),
    }
}
