//! The rows of table A that concern XML and signatures: every attack document is refused, for the reason asked for.

use std::time::{Duration, Instant};

use aws_lc_rs::{digest, hmac};
use data_encoding::BASE64;
use portner::keys::Signer;
use portner::saml::xml::names::SAML;
use portner::saml::xml::{
    AcceptedCiphers, Document, KeyRefusal, Limits, SignatureRefusal, VerifiedResponse, VerifyingKey,
    verify_response,
};

use super::keys::{EC, OTHER_RSA, RSA, TestSigner};
use super::messages::{self, Layers, PERSON};
use super::mutator;

/// What the program does with a Response that it receives.
fn receive(xml: &str, keys: &[VerifyingKey]) -> Result<VerifiedResponse, &'static str> {
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).map_err(|refusal| refusal.reason())?;
    verify_response(&document, keys, &[], AcceptedCiphers::Gcm).map_err(|refusal| refusal.reason())
}

fn person(response: &VerifiedResponse) -> String {
    let assertion = response.assertion().unwrap().root();
    let subject = assertion.required_child(SAML.uri, "Subject").unwrap();
    subject
        .required_child(SAML.uri, "NameID")
        .unwrap()
        .text()
        .unwrap()
        .to_owned()
}

fn refuses_all_mutants(signer: &TestSigner, layers: Layers) {
    let keys = [signer.verifying_key()];
    let (honest, other) = (
        messages::response(layers, 1, signer),
        messages::response(layers, 2, signer),
    );
    assert_eq!(person(&receive(&honest, &keys).unwrap()), PERSON);
    let mut wrong = Vec::new();
    let mutants = mutator::mutants(&honest, &other);
    assert!(mutants.len() > 120, "{}", mutants.len());
    for mutant in mutants {
        assert_ne!(
            mutant.xml, honest,
            "{} {} changes nothing",
            mutant.row, mutant.name
        );
        let outcome = receive(&mutant.xml, &keys)
            .map(|accepted| person(&accepted))
            .err();
        if outcome != Some(mutant.reason) {
            wrong.push(format!(
                "{} {}: {outcome:?}, not {}",
                mutant.row, mutant.name, mutant.reason
            ));
        }
    }
    assert!(wrong.is_empty(), "{layers:?}\n{}", wrong.join("\n"));
}

#[test]
fn every_mutant_of_a_signed_response_is_refused() {
    refuses_all_mutants(&RSA, Layers::Response);
}

#[test]
fn every_mutant_of_a_signed_assertion_is_refused() {
    refuses_all_mutants(&RSA, Layers::Assertion);
    refuses_all_mutants(&EC, Layers::Assertion);
}

#[test]
fn every_mutant_of_a_doubly_signed_response_is_refused() {
    refuses_all_mutants(&RSA, Layers::Both);
}

/// A02.
#[test]
fn without_a_registered_key_nothing_is_verified() {
    for signed in messages::ALL {
        let honest = messages::response(signed, 1, &RSA);
        assert_eq!(receive(&honest, &[]).err(), Some("no_trust_anchor"));
    }
}

/// A21: the key that a message brings along is not looked at, be it right or wrong.
#[test]
fn key_info_decides_nothing() {
    let honest = messages::response(Layers::Response, 1, &RSA);
    let documents = mutator::other_key_infos(&honest);
    assert_eq!(documents.len(), 6);
    for document in documents {
        assert_eq!(
            person(&receive(&document, &[RSA.verifying_key()]).unwrap()),
            PERSON
        );
        assert_eq!(
            receive(&document, &[OTHER_RSA.verifying_key()]).err(),
            Some("signature")
        );
    }
}

/// A22, and several registered keys.
#[test]
fn only_a_registered_key_counts() {
    for signed in messages::ALL {
        let foreign = messages::response(signed, 1, &OTHER_RSA);
        let registered = [RSA.verifying_key(), EC.verifying_key()];
        assert_eq!(receive(&foreign, &registered).err(), Some("signature"));
        for (number, keys) in [[&*OTHER_RSA, &*EC], [&*EC, &*OTHER_RSA]].iter().enumerate() {
            let keys = keys.map(TestSigner::verifying_key);
            let response = receive(&foreign, &keys).unwrap();
            assert_eq!(response.assertion().unwrap().key(), number);
        }
    }
}

/// A22 with both layers: the outer signature of one party does not lend itself to the inner one of another.
#[test]
fn a_foreign_signature_inside_a_signed_response_is_refused() {
    let assertion = OTHER_RSA.sign_element(messages::assertion(1));
    let response = RSA.sign_element(messages::response_around(1, &assertion));
    assert_eq!(
        receive(response.as_str(), &[RSA.verifying_key()]).err(),
        Some("signature")
    );
}

/// A23: the public key as a secret of HMAC, computed rightly.
#[test]
fn hmac_with_the_public_key_is_refused() {
    let honest = messages::response(Layers::Response, 1, &RSA);
    let forged = honest.replace("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256");
    let document = Document::parse(forged.as_bytes(), &Limits::MESSAGE).unwrap();
    let signed_info = document
        .root()
        .descendants()
        .find(|e| e.local_name() == "SignedInfo")
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, RSA.public_key());
    let tag = hmac::sign(&key, signed_info.canonical(usize::MAX).unwrap().as_bytes());
    let value = document
        .root()
        .descendants()
        .find(|e| e.local_name() == "SignatureValue")
        .unwrap();
    let forged = forged.replace(value.text().unwrap(), &BASE64.encode(tag.as_ref()));
    assert_eq!(receive(&forged, &[RSA.verifying_key()]).err(), Some("alg"));
}

/// A23: small keys are refused when they are registered, so that none can be there at run time.
#[test]
fn keys_that_are_too_small_are_not_registered() {
    // SubjectPublicKeyInfo of RSA with a modulus of 1024 bits.
    let modulus = [&[0x00, 0xc3][..], &[0x5b; 126], &[0x0d]].concat();
    let rsa_key = der(0x30, &[der(0x02, &modulus), der(0x02, &[1, 0, 1])].concat());
    let algorithm = der(
        0x30,
        &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0],
    );
    let spki = der(
        0x30,
        &[algorithm, der(0x03, &[&[0][..], &rsa_key].concat())].concat(),
    );
    let refusal = VerifyingKey::from_spki_der(&spki).unwrap_err();
    assert!(matches!(refusal, KeyRefusal::Size), "{refusal}");
    assert_eq!(refusal.reason(), "alg");
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(content.len()).unwrap() {
        short @ 0..=127 => vec![short],
        long => vec![0x81, long],
    };
    [&[tag][..], &length, content].concat()
}

/// A26: what is read is what was digested, and nothing else is within reach.
#[test]
fn the_consumer_gets_the_digested_bytes() {
    let honest = messages::response(Layers::Assertion, 1, &RSA);
    let response = receive(&honest, &[RSA.verifying_key()]).unwrap();
    assert!(response.response().is_none());
    let assertion = response.assertion().unwrap().root();
    assert!(assertion.parent().is_none());
    let canonical = assertion.canonical(usize::MAX).unwrap();
    assert_eq!(canonical, messages::assertion(1).into_string());
    let digest = BASE64.encode(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    assert!(honest.contains(&format!("<ds:DigestValue>{digest}</ds:DigestValue>")));
}

/// A28: refusing costs less than 50 ms, here with a program that is not optimised.
#[test]
fn size_attacks_are_refused_quickly() {
    let honest = messages::response(Layers::Response, 1, &RSA);
    let keys = [RSA.verifying_key()];
    for mutant in mutator::mutants(&honest, &honest)
        .into_iter()
        .filter(|mutant| mutant.row == "A28")
    {
        let best = fastest(|| assert!(receive(&mutant.xml, &keys).is_err()));
        assert!(best < Duration::from_millis(50), "{}: {best:?}", mutant.name);
    }
}

/// A28: what fits the caps and is as dear as possible to resolve still is cheap.
#[test]
fn the_dearest_admitted_documents_are_cheap() {
    let declarations = |from: u32| {
        (from..from + 16)
            .map(|n| format!(" xmlns:p{n}=\"u:{}\"", "x".repeat(500)))
            .collect::<String>()
    };
    let attributes: String = (0..60).map(|n| format!(" p0:a{n}=\"\"")).collect();
    let inside = format!("<p1:x{attributes}/>").repeat(300);
    let xml = format!("<r{}><r{}>{inside}</r></r>", declarations(0), declarations(16));
    let best = fastest(|| {
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        assert!(document.root().canonical(Limits::MESSAGE.bytes).is_err());
    });
    assert!(best < Duration::from_secs(1), "{best:?}");
}

/// The fastest of several runs: other programs of a busy machine only ever make one slower.
fn fastest(mut run: impl FnMut()) -> Duration {
    let times = (0..8).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap()
}

#[test]
fn an_unsigned_error_message_is_not_believed() {
    let honest = messages::response(Layers::Assertion, 1, &RSA);
    let start = honest.find("<saml:Assertion").unwrap();
    let end = honest.find("</samlp:Response>").unwrap();
    let refusal = honest[..start].to_owned() + &honest[end..];
    assert_eq!(receive(&refusal, &[RSA.verifying_key()]).err(), Some("unsigned"));
}

/// Who debugs sees who signed what and how, and nothing of what was signed (L01).
#[test]
fn debug_tells_of_the_proof_and_of_no_person() {
    let honest = messages::response(Layers::Response, 1, &RSA);
    let response = receive(&honest, &[RSA.verifying_key()]).unwrap();
    let told = format!("{response:?}");
    assert!(told.contains("RsaSha256") && !told.contains(PERSON), "{told}");
}

#[test]
fn reasons_are_those_of_the_catalogue() {
    let reasons = [
        (SignatureRefusal::NoTrustAnchor, "no_trust_anchor"),
        (SignatureRefusal::Unsigned, "unsigned"),
        (SignatureRefusal::AssertionCount, "assertion_count"),
        (SignatureRefusal::DuplicateId, "dup_id"),
    ];
    for (refusal, reason) in reasons {
        assert_eq!(refusal.reason(), reason);
    }
}
