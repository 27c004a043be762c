//! Encrypting and decrypting, and that failures tell nothing (B14, B15).

use aws_lc_rs::cipher::{AES_128, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use data_encoding::BASE64;
use portner::ambient::OsEntropy;
use portner::saml::xml::names::{DS, SAML, SAMLP, XENC};
use portner::saml::xml::{
    AcceptedCiphers, CanonicalXml, ContentCipher, DecryptionKey, Document, EncryptionKey, EncryptionMethod,
    KeyTransport, Limits, VerifiedResponse, Writer, decrypt, encrypt, verify_response,
};
use std::sync::LazyLock;

use super::keys::RSA;
use super::messages::{self, PERSON};

/// Ours to decrypt with, and another of ours.
static KEYS: LazyLock<[Pair; 2]> = LazyLock::new(|| [Pair::new(), Pair::new()]);

struct Pair {
    public: Vec<u8>,
    private: Vec<u8>,
}

impl Pair {
    fn new() -> Self {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
        Self {
            public: public.as_ref().to_vec(),
            private: private.as_ref().to_vec(),
        }
    }

    fn encryption(&self) -> EncryptionKey {
        EncryptionKey::from_spki_der(&self.public).unwrap()
    }

    fn decryption(&self) -> DecryptionKey {
        DecryptionKey::from_pkcs8_der(&self.private).unwrap()
    }
}

const METHODS: [EncryptionMethod; 3] = [
    EncryptionMethod {
        content: ContentCipher::Aes128Gcm,
        transport: KeyTransport::OaepSha1,
    },
    EncryptionMethod {
        content: ContentCipher::Aes256Gcm,
        transport: KeyTransport::OaepSha1,
    },
    EncryptionMethod {
        content: ContentCipher::Aes256Gcm,
        transport: KeyTransport::OaepSha256,
    },
];

fn encrypted_assertion(assertion: &CanonicalXml, method: EncryptionMethod) -> CanonicalXml {
    let data = encrypt(assertion, &KEYS[0].encryption(), method, &OsEntropy).unwrap();
    let mut writer = Writer::new();
    writer
        .element(SAML, "EncryptedAssertion")
        .children(|outer| outer.embed(&data));
    writer.finish().unwrap()
}

fn parse(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap()
}

fn receive(xml: &str, accepted: AcceptedCiphers) -> Result<VerifiedResponse, &'static str> {
    let keys = [KEYS[1].decryption(), KEYS[0].decryption()];
    verify_response(&parse(xml), &[RSA.verifying_key()], &keys, accepted).map_err(|refusal| refusal.reason())
}

fn names_the_person(response: &VerifiedResponse) -> bool {
    let assertion = response.assertion().unwrap().root();
    assertion.is(SAML.uri, "Assertion")
        && assertion
            .descendants()
            .any(|element| element.text() == Ok(PERSON))
}

#[test]
fn every_method_comes_back() {
    for method in METHODS {
        let xml = encrypted_assertion(&messages::assertion(1), method).into_string();
        assert!(!xml.contains(PERSON));
        let document = parse(&xml);
        assert_eq!(document.root().canonical(usize::MAX).unwrap(), xml);
        let decrypted = decrypt(document.root(), &[KEYS[1].decryption(), KEYS[0].decryption()]).unwrap();
        let plain = messages::assertion(1).into_string();
        assert_eq!(decrypted.root().canonical(usize::MAX).unwrap(), plain);
        assert!(decrypt(document.root(), &[KEYS[1].decryption()]).is_err());
        assert!(decrypt(document.root(), &[]).is_err());
    }
}

#[test]
fn an_encrypted_assertion_is_verified_inside_or_outside() {
    let signed = RSA.sign_element(messages::assertion(1));
    let inside = messages::response_around(1, &encrypted_assertion(&signed, METHODS[0]));
    let response = receive(inside.as_str(), AcceptedCiphers::Gcm).unwrap();
    assert!(response.response().is_none() && names_the_person(&response));

    let bare = messages::response_around(1, &encrypted_assertion(&messages::assertion(1), METHODS[0]));
    let outside = RSA.sign_element(bare.clone());
    let response = receive(outside.as_str(), AcceptedCiphers::Gcm).unwrap();
    assert!(response.response().is_some() && names_the_person(&response));

    // B14: anyone can encrypt to us.
    assert_eq!(
        receive(bare.as_str(), AcceptedCiphers::Gcm).err(),
        Some("unsigned")
    );
}

#[test]
fn what_was_encrypted_goes_by_the_same_rules() {
    let secret = |text: &str| {
        let xml = messages::assertion(1).into_string().replacen(PERSON, text, 1);
        let encrypted = sealed_by_hand(xml.as_bytes(), Cipher::Gcm);
        messages::response_around(1, &envelope(&encrypted)).into_string()
    };
    assert_eq!(
        receive(&secret("rektor<!-- -->"), AcceptedCiphers::Gcm).err(),
        Some("comment")
    );
    assert_eq!(
        receive(&secret("&rektor;"), AcceptedCiphers::Gcm).err(),
        Some("dtd")
    );
    assert_eq!(
        receive(&secret("<x ID=\"_a1\"/>"), AcceptedCiphers::Gcm).err(),
        Some("dup_id")
    );
    for nested in [
        "<saml:Assertion ID=\"_b\"/>",
        "<saml:EncryptedAssertion/>",
        "<x:Response xmlns:x=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>",
        "<x:Signature xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\"/>",
    ] {
        assert_eq!(
            receive(&secret(nested), AcceptedCiphers::Gcm).err(),
            Some("structure"),
            "{nested}"
        );
    }
    assert_eq!(
        receive(&secret("rektor"), AcceptedCiphers::Gcm).err(),
        Some("unsigned")
    );
}

/// B15: CBC is for those who are listed, and only where a signature covers it.
#[test]
fn cbc_is_read_under_a_verified_signature_only() {
    let signed = RSA.sign_element(messages::assertion(1)).into_string();
    let response = messages::response_around(1, &envelope(&sealed_by_hand(signed.as_bytes(), Cipher::Cbc)));
    assert_eq!(
        receive(response.as_str(), AcceptedCiphers::GcmAndCbc).err(),
        Some("decryption")
    );
    let covered = RSA.sign_element(response);
    assert_eq!(
        receive(covered.as_str(), AcceptedCiphers::Gcm).err(),
        Some("decryption")
    );
    assert!(names_the_person(
        &receive(covered.as_str(), AcceptedCiphers::GcmAndCbc).unwrap()
    ));
}

/// B15: whatever is wrong, the answer is the same.
#[test]
fn failures_are_all_alike() {
    let honest = encrypted_assertion(&messages::assertion(1), METHODS[2]).into_string();
    let change = |from: &str, to: &str| {
        let changed = honest.replacen(from, to, 1);
        assert_ne!(changed, honest, "{from}");
        changed
    };
    let flipped = |tag: usize| {
        let mut at = honest
            .match_indices("<xenc:CipherValue>")
            .map(|(at, _)| at + "<xenc:CipherValue>".len());
        let at = at.nth(tag).unwrap() + 40;
        let letter = if honest[at..].starts_with('A') { "B" } else { "A" };
        format!("{}{letter}{}", &honest[..at], &honest[at + 1..])
    };
    let documents = [
        flipped(0),
        flipped(1),
        change("#aes256-gcm", "#aes128-gcm"),
        change("2009/xmlenc11#aes256-gcm", "2001/04/xmlenc#aes256-cbc"),
        change("2009/xmlenc11#aes256-gcm", "2001/04/xmlenc#tripledes-cbc"),
        change("2009/xmlenc11#rsa-oaep", "2001/04/xmlenc#rsa-1_5"),
        change("2009/xmlenc11#rsa-oaep", "2001/04/xmlenc#rsa-oaep-mgf1p"),
        change("mgf1sha256", "mgf1sha1"),
        change("xmlenc#Element", "xmlenc#Content"),
        change("<ds:KeyInfo", "<ds:KeyName").replacen("</ds:KeyInfo", "</ds:KeyName", 1),
        change("<xenc:CipherValue>", "<xenc:CipherValue>*"),
        change(
            "<xenc:CipherData>",
            "<xenc:CipherData><xenc:CipherReference URI=\"file:///etc/passwd\"/>",
        )
        .replacen("xenc:CipherValue", "xenc:CipherNothing", 2),
    ];
    for document in documents {
        let refusal = decrypt(parse(&document).root(), &[KEYS[0].decryption()]).unwrap_err();
        let texts = (refusal.reason(), refusal.to_string(), format!("{refusal:?}"));
        assert_eq!(
            texts,
            (
                "decryption",
                "not decrypted".to_owned(),
                "Decryption(DecryptionFailed)".to_owned()
            )
        );
    }
}

/// Plaintexts that some encryptors cut out of a document rely on the declarations around them.
#[test]
fn prefixes_of_the_surroundings_hold_inside() {
    let encrypted = sealed_by_hand(b"<saml:NameID>sofie</saml:NameID>", Cipher::Gcm);
    let document = parse(envelope(&encrypted).as_str());
    let decrypted = decrypt(document.root(), &[KEYS[0].decryption()]).unwrap();
    assert!(decrypted.root().is(SAML.uri, "NameID"));
    assert_eq!(
        decrypted.root().canonical(usize::MAX).unwrap(),
        "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">sofie</saml:NameID>"
    );
}

#[test]
fn an_element_of_another_document_is_not_decrypted_as_verified() {
    let outside = RSA.sign_element(messages::response_around(
        1,
        &encrypted_assertion(&messages::assertion(1), METHODS[0]),
    ));
    let response = receive(outside.as_str(), AcceptedCiphers::Gcm).unwrap();
    let unsigned = parse(outside.as_str());
    let foreign = unsigned
        .root()
        .required_child(SAML.uri, "EncryptedAssertion")
        .unwrap();
    let verified = response.response().unwrap();
    let own = verified
        .root()
        .required_child(SAML.uri, "EncryptedAssertion")
        .unwrap();
    let keys = [KEYS[0].decryption()];
    assert!(verified.decrypt(own, &keys, AcceptedCiphers::Gcm).is_ok());
    assert!(verified.decrypt(foreign, &keys, AcceptedCiphers::Gcm).is_err());
    assert!(verified.root().is(SAMLP.uri, "Response"));
}

#[test]
fn private_keys_come_from_pem() {
    let pem = pem_of(&KEYS[0].private);
    assert!(DecryptionKey::from_pkcs8_pem(pem.as_bytes()).is_ok());
    assert!(DecryptionKey::from_pkcs8_pem(pem.replace("PRIVATE", "RSA PRIVATE").as_bytes()).is_err());
    assert!(DecryptionKey::from_pkcs8_pem(b"").is_err());
}

fn pem_of(der: &[u8]) -> String {
    let lines: Vec<_> = BASE64
        .encode(der)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

#[derive(Clone, Copy)]
enum Cipher {
    Gcm,
    Cbc,
}

/// As another party might encrypt: any bytes, the EncryptedKey beside the EncryptedData.
fn sealed_by_hand(plaintext: &[u8], cipher: Cipher) -> (String, String, &'static str) {
    let key = [7; 16];
    let (content, uri) = match cipher {
        Cipher::Gcm => {
            use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
            let sealing = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
            let mut sealed = plaintext.to_vec();
            sealing
                .seal_in_place_append_tag(Nonce::assume_unique_for_key([1; 12]), Aad::empty(), &mut sealed)
                .unwrap();
            (
                [&[1; 12][..], &sealed].concat(),
                "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            )
        }
        Cipher::Cbc => {
            let encrypting = EncryptingKey::cbc(UnboundCipherKey::new(&AES_128, &key).unwrap()).unwrap();
            let padding = 16 - plaintext.len() % 16;
            let mut padded = plaintext.to_vec();
            padded.resize(plaintext.len() + padding - 1, 0xaa);
            padded.push(u8::try_from(padding).unwrap());
            let vector = aws_lc_rs::cipher::EncryptionContext::Iv128(FixedLength::from([2; 16]));
            encrypting.less_safe_encrypt(&mut padded, vector).unwrap();
            (
                [&[2; 16][..], &padded].concat(),
                "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            )
        }
    };
    let public = PublicEncryptingKey::from_der(&KEYS[0].public).unwrap();
    let oaep = OaepPublicEncryptingKey::new(public).unwrap();
    let mut wrapped = vec![0; oaep.ciphertext_size()];
    oaep.encrypt(&OAEP_SHA1_MGF1SHA1, &key, &mut wrapped, None)
        .unwrap();
    (BASE64.encode(&content), BASE64.encode(&wrapped), uri)
}

fn envelope((content, key, uri): &(String, String, &'static str)) -> CanonicalXml {
    let mut writer = Writer::new();
    let value = |writer: &mut Writer, value: &str| {
        writer
            .element(XENC, "CipherData")
            .children(|data| data.element(XENC, "CipherValue").text(value));
    };
    writer.element(SAML, "EncryptedAssertion").children(|outer| {
        outer.element(XENC, "EncryptedData").children(|data| {
            data.element(XENC, "EncryptionMethod")
                .attribute("Algorithm", uri)
                .empty();
            data.element(DS, "KeyInfo").children(|info| {
                info.element(DS, "RetrievalMethod")
                    .attribute("URI", "#_key")
                    .empty();
            });
            value(data, content);
        });
        outer
            .element(XENC, "EncryptedKey")
            .attribute("Id", "_key")
            .children(|encrypted_key| {
                let oaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
                encrypted_key
                    .element(XENC, "EncryptionMethod")
                    .attribute("Algorithm", oaep)
                    .empty();
                value(encrypted_key, key);
            });
    });
    writer.finish().unwrap()
}
