//! The keys in metadata: each certificate is a bag around a key, and nothing else of it counts (B26).

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::super::peer::{AssertionEncryption, EncryptWhat};
use super::super::xml::names::{DIGEST_SHA1, DIGEST_SHA256, DS, MD, MGF1_SHA1, MGF1_SHA256, XENC11};
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

/// What an `EncryptionMethod` says of the key's transport, where we can do it. Without parameters `rsa-oaep` is
/// taken for SHA-256 throughout; a digest of SHA-256 with a mask of SHA-1 is nothing that our library offers.
fn key_transport(method: Element<'_>) -> Option<KeyTransport> {
    let parameter = |namespace: &str, name| {
        let mut parameters = method.children_named(namespace, name);
        parameters
            .next()
            .and_then(|parameter| parameter.attribute("Algorithm"))
    };
    let digest = parameter(DS.uri, "DigestMethod");
    let mask = parameter(XENC11.uri, "MGF");
    let is_sha1 =
        |algorithm: Option<&str>| algorithm.is_none_or(|uri| uri == DIGEST_SHA1 || uri == MGF1_SHA1);
    match method.attribute("Algorithm")? {
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => {
            is_sha1(digest).then_some(KeyTransport::OaepSha1)
        }
        "http://www.w3.org/2009/xmlenc11#rsa-oaep" => match (digest, mask) {
            (None, None) | (Some(DIGEST_SHA256), Some(MGF1_SHA256)) => Some(KeyTransport::OaepSha256),
            (digest, mask) if is_sha1(digest) && is_sha1(mask) => Some(KeyTransport::OaepSha1),
            _ => None,
        },
        _ => None,
    }
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
    let transport = descriptor
        .children_named(MD.uri, "EncryptionMethod")
        .find_map(key_transport);
    EncryptionMethod {
        content: content.unwrap_or_default(),
        transport: transport.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::xml::{Document, Limits};
    use super::*;

    #[test]
    fn the_keys_transport_is_one_that_both_can_do() {
        let transport = |methods: &str| {
            let text = format!(
                "<md:KeyDescriptor xmlns:md=\"{}\" xmlns:ds=\"{}\" xmlns:e=\"{}\">{methods}</md:KeyDescriptor>",
                MD.uri, DS.uri, XENC11.uri
            );
            let document = Document::parse(text.as_bytes(), &Limits::METADATA).unwrap();
            encryption_method(document.root()).transport
        };
        let oaep = |inside: &str| {
            let uri = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
            format!("<md:EncryptionMethod Algorithm=\"{uri}\">{inside}</md:EncryptionMethod>")
        };
        let (digest, mask) = (
            |uri| format!("<ds:DigestMethod Algorithm=\"{uri}\"/>"),
            |uri| format!("<e:MGF Algorithm=\"{uri}\"/>"),
        );
        let old = "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>";
        let all_of_256 = digest(DIGEST_SHA256) + &mask(MGF1_SHA256);
        // SHA-256 with a mask of SHA-1, which is what a missing MGF means beside a digest.
        let mixed = [digest(DIGEST_SHA256), digest(DIGEST_SHA256) + &mask(MGF1_SHA1)];
        assert_eq!(transport(""), KeyTransport::OaepSha1);
        assert_eq!(transport(&oaep("")), KeyTransport::OaepSha256);
        assert_eq!(transport(&oaep(&all_of_256)), KeyTransport::OaepSha256);
        assert_eq!(transport(&oaep(&digest(DIGEST_SHA1))), KeyTransport::OaepSha1);
        for mixed in mixed {
            assert_eq!(transport(&oaep(&mixed)), KeyTransport::OaepSha1, "{mixed}");
            let both = oaep(&mixed) + &oaep(&all_of_256);
            assert_eq!(
                transport(&both),
                KeyTransport::OaepSha256,
                "the next that both can do"
            );
        }
        assert_eq!(
            transport(&format!("{old}{}", oaep(&all_of_256))),
            KeyTransport::OaepSha1
        );
    }
}
