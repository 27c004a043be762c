//! The keys in metadata: each certificate is a bag around a key, and nothing else of it counts (B26).

use super::super::peer::AssertionEncryption;
use super::super::xml::names::{DS, MD};
use super::super::xml::{
    ContentCipher, Element, EncryptionKey, EncryptionMethod, KeyTransport, VerifyingKey,
};

/// Every key for signing that can be used, and why others cannot. A descriptor without `use` is
/// for both (saml-metadata §2.4.1.1).
pub(super) fn signing_keys(role: Element<'_>) -> (Vec<VerifyingKey>, Vec<&'static str>) {
    let mut usable = Vec::new();
    let mut passed_over = Vec::new();
    for (_, der) in certificates(role, "signing") {
        match VerifyingKey::from_certificate_der(&der) {
            Ok(key) => usable.push(key),
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
