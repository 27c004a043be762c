//! Signing and verifying, in all the ways that are allowed.

use data_encoding::BASE64;
use portner::keys::Signer;
use portner::saml::xml::names::{DS, MD, SAML, SAMLP};
use portner::saml::xml::{
    AcceptedCiphers, Document, Limits, SignatureAlgorithm, Verified, VerifyingKey, Writer, verify,
    verify_message, verify_redirect, verify_response,
};

use super::keys::{EC, OTHER_RSA, RSA, TestSigner};
use super::messages::{self, Layers, PERSON};

fn parse(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap()
}

#[test]
fn what_is_signed_verifies_and_stays_canonical() {
    for signer in [&*RSA, &*EC, &RSA.with_pss()] {
        for signed in messages::ALL {
            let xml = messages::response(signed, 1, signer);
            let document = parse(&xml);
            assert_eq!(document.root().canonical(usize::MAX).unwrap(), xml);
            let response =
                verify_response(&document, &[signer.verifying_key()], &[], AcceptedCiphers::Gcm).unwrap();
            assert_eq!(response.response().is_some(), signed != Layers::Assertion);
            let assertion = response.assertion().unwrap();
            assert!(assertion.root().is(SAML.uri, "Assertion"));
            assert!(
                assertion
                    .root()
                    .descendants()
                    .any(|element| element.text() == Ok(PERSON))
            );
        }
    }
}

#[test]
fn the_signature_stands_where_the_schemas_want_it() {
    let response = parse(&messages::response(Layers::Both, 1, &RSA));
    let second = |element: portner::saml::xml::Element<'_>| {
        element
            .children()
            .nth(1)
            .is_some_and(|child| child.is(DS.uri, "Signature"))
    };
    assert!(second(response.root()));
    assert!(second(
        response.root().required_child(SAML.uri, "Assertion").unwrap()
    ));

    let metadata = parse(&metadata(&RSA));
    assert!(metadata.root().children().next().unwrap().is(DS.uri, "Signature"));
}

fn metadata(signer: &TestSigner) -> String {
    let mut writer = Writer::new();
    writer
        .element(MD, "EntityDescriptor")
        .attribute("ID", "_m")
        .attribute("entityID", "https://login.example")
        .children(|entity| {
            entity.element(MD, "SPSSODescriptor").children(|role| {
                // Before Issuer-like names of other places the Signature does not move.
                role.element(SAML, "Issuer").text("x");
                role.element(MD, "KeyDescriptor")
                    .children(|key| key.element(DS, "KeyInfo").empty());
            });
        });
    signer.sign_element(writer.finish().unwrap()).into_string()
}

#[test]
fn metadata_verifies_with_verify() {
    let document = parse(&metadata(&EC));
    let keys = [RSA.verifying_key(), EC.verifying_key()];
    let verified = verify(document.root(), &keys).unwrap();
    assert_eq!(
        (verified.key(), verified.algorithm()),
        (1, SignatureAlgorithm::EcdsaSha256)
    );
    assert_eq!(
        verified.root().attribute("entityID"),
        Some("https://login.example")
    );
}

fn request() -> portner::saml::xml::CanonicalXml {
    let mut writer = Writer::new();
    writer
        .element(SAMLP, "AuthnRequest")
        .attribute("ID", "_q1")
        .children(|request| {
            request.element(SAML, "Issuer").text("https://aula.example");
        });
    writer.finish().unwrap()
}

#[test]
fn messages_bear_one_signature_at_their_root() {
    let keys = [RSA.verifying_key()];
    let reason = |xml: &str| {
        verify_message(&parse(xml), &keys)
            .err()
            .map(|refusal| refusal.reason())
    };
    let signed = RSA.sign_element(request()).into_string();
    assert_eq!(reason(&signed), None);
    assert_eq!(reason(request().as_str()), Some("unsigned"));
    assert_eq!(
        reason(&messages::response(Layers::Both, 1, &RSA)),
        Some("structure")
    );
    let signature =
        &signed[signed.find("<ds:Signature ").unwrap()..signed.find("</samlp:AuthnRequest>").unwrap()];
    let hidden = signed.replacen(
        signature,
        &format!("<samlp:Extensions>{signature}</samlp:Extensions>"),
        1,
    );
    assert_eq!(reason(&hidden), Some("structure"));
}

#[test]
fn a_redirect_is_verified_by_its_octets() {
    let octets = b"SAMLRequest=fZ&RelayState=x&SigAlg=y";
    let signature = signature_over(&RSA, octets);
    let check = |octets: &[u8], uri: &str, signature: &[u8], keys: &[VerifyingKey]| {
        let message = parse(request().as_str());
        verify_redirect(message, octets, uri, signature, keys).map_err(|refusal| refusal.reason())
    };
    let uri = SignatureAlgorithm::RsaSha256.uri();
    let keys = [OTHER_RSA.verifying_key(), RSA.verifying_key()];
    let verified: Verified = check(octets, uri, &signature, &keys).unwrap();
    assert_eq!(
        (verified.key(), verified.root().attribute("ID")),
        (1, Some("_q1"))
    );
    assert_eq!(
        check(b"SAMLRequest=fZ&RelayState=z&SigAlg=y", uri, &signature, &keys).err(),
        Some("signature")
    );
    assert_eq!(check(octets, uri, b"", &keys).err(), Some("signature"));
    assert_eq!(check(octets, uri, &signature, &[]).err(), Some("no_trust_anchor"));
    let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    assert_eq!(check(octets, sha1, &signature, &keys).err(), Some("alg"));
}

fn signature_over(signer: &TestSigner, message: &[u8]) -> Vec<u8> {
    let mut signing = signer.sign(message);
    match signing
        .as_mut()
        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    {
        std::task::Poll::Ready(signature) => signature.unwrap(),
        std::task::Poll::Pending => unreachable!("the signer answers at once"),
    }
}

#[test]
fn keys_come_from_certificates_too() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["idp.example".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&pair).unwrap();
    let key = VerifyingKey::from_certificate_der(certificate.der()).unwrap();
    assert_eq!(
        key.spki_der(),
        rcgen::PublicKeyData::subject_public_key_info(&pair)
    );
    for length in 0..certificate.der().len() {
        assert!(VerifyingKey::from_certificate_der(&certificate.der()[..length]).is_err());
    }
    assert_eq!(
        VerifyingKey::from_spki_der(b"\x30\x00").unwrap_err().to_string(),
        "not a public key"
    );
    let ed25519 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let spki = rcgen::PublicKeyData::subject_public_key_info(&ed25519);
    assert!(VerifyingKey::from_spki_der(&spki).is_err());
}

/// Whitespace in Base64, as many signers write it, and a Signature in another place than the schema's.
#[test]
fn harmless_differences_in_writing_are_read() {
    let xml = messages::response(Layers::Response, 1, &RSA);
    let start = xml.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let broken = format!(
        "{}\n  {}&#13;\n{}",
        &xml[..start],
        &xml[start..start + 64],
        &xml[start + 64..]
    );
    let keys = [RSA.verifying_key()];
    assert!(verify_response(&parse(&broken), &keys, &[], AcceptedCiphers::Gcm).is_ok());

    let end = xml.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let begin = xml.find("<ds:Signature ").unwrap();
    let moved = format!("{}{}", &xml[..begin], &xml[end..]);
    let moved = moved.replace(
        "</samlp:Response>",
        &format!("{}</samlp:Response>", &xml[begin..end]),
    );
    assert!(verify_response(&parse(&moved), &keys, &[], AcceptedCiphers::Gcm).is_ok());
}

/// The certificate goes into KeyInfo as it is.
#[test]
fn key_info_holds_the_certificate() {
    let xml = messages::response(Layers::Response, 1, &RSA);
    let certificate = BASE64.encode(RSA.certificate().unwrap());
    assert!(xml.contains(&format!("<ds:X509Certificate>{certificate}</ds:X509Certificate>")));
}
