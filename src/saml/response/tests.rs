//! Whole answers, signed as identity providers sign them, and what comes of them.

use super::*;
use crate::ambient::OsEntropy;
use crate::saml::assertion::AttributeValue;
use crate::saml::ids::MessageId;
use crate::saml::name_id::{NameId, NameIdFormat};
use crate::saml::peer::{SamlIdp, SignWhat};
use crate::saml::response_write::{FailureResponse, IssuedAttribute};
use crate::saml::status::{Blame, Reason};
use crate::saml::testing::{
    FakeAnswer, NOON, REQUEST_ID, TestKey, attribute, document, encryption_pair, entity, idp, now, us,
};
use crate::saml::xml::names::SAMLP;
use crate::saml::xml::{DecryptionKey, EncryptionKey, EncryptionMethod, Writer, encrypt, sign_enveloped};

fn judge(idp: &SamlIdp, xml: &str) -> Result<Answer, Denied> {
    judge_with(&[], idp, xml)
}

fn judge_with(decryption_keys: &[DecryptionKey], idp: &SamlIdp, xml: &str) -> Result<Answer, Denied> {
    let us = us();
    let expected = Expected {
        idp,
        us: &us,
        received_at: &us.acs,
        request_id: REQUEST_ID,
        authenticated_since: None,
        now: NOON,
        decryption_keys,
    };
    accept(&document(xml), &expected)
}

fn logged_in(idp: &SamlIdp, xml: &str) -> AcceptedAssertion {
    match judge(idp, xml).unwrap() {
        Answer::LoggedIn(assertion) => *assertion,
        Answer::Declined(failure) => panic!("{failure:?}"),
    }
}

fn reason(idp: &SamlIdp, xml: &str) -> &'static str {
    judge(idp, xml).unwrap_err().reason()
}

#[test]
fn an_answer_is_believed_however_it_is_signed() {
    let key = TestKey::new();
    for sign in [SignWhat::Response, SignWhat::Assertion, SignWhat::Both] {
        let mut answer = FakeAnswer::new(sign);
        answer.attributes.push(attribute("hold", &["2.a", "2.b", ""]));
        let accepted = logged_in(&idp(&key), answer.xml(&key).as_str());
        assert_eq!(accepted.name_id.value, "1000000156", "{sign:?}");
        assert_eq!(accepted.name_id.format, NameIdFormat::Persistent);
        assert_eq!(accepted.attributes.texts("hold"), ["2.a", "2.b"]);
        assert_eq!(accepted.session_index.as_deref(), Some("_session"));
        assert_eq!(accepted.authn_instant, NOON);
        assert_eq!(
            accepted.not_on_or_after,
            NOON + jiff::SignedDuration::from_mins(5)
        );
        assert_eq!(accepted.assertion_id, MessageId::from_bytes([2; 16]).as_str());
    }
}

/// What is said about how somebody logged in, and what `Debug` keeps to itself.
#[test]
fn a_broker_names_who_authenticated() {
    let key = TestKey::new();
    let behind = [entity("https://bag.example")];
    let answer = FakeAnswer::new(SignWhat::Assertion);
    let (response_id, assertion_id) = (MessageId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
    let mut response = answer.response(&response_id, &assertion_id);
    response.authenticating_authorities = &behind;
    let xml = now(response.issue(&key, &OsEntropy)).unwrap();
    let accepted = logged_in(&idp(&key), xml.as_str());
    assert_eq!(accepted.authenticating_authorities, behind);
    let shown = format!("{accepted:?}");
    assert!(
        shown.contains("idp.lillekoebing.example") && !shown.contains("1000000156"),
        "{shown}"
    );
}

/// An answer as another product writes it: the name is encrypted by itself.
fn with_encrypted_name(key: &TestKey, to: &EncryptionKey, name: &'static str) -> String {
    let mut writer = Writer::new();
    writer.element(SAML, name).text("1000000156");
    let method = EncryptionMethod::default();
    let secret = encrypt(&writer.finish().unwrap(), to, method, &OsEntropy).unwrap();
    let noon = NOON.to_string();
    let soon = (NOON + jiff::SignedDuration::from_mins(5)).to_string();
    let mut writer = Writer::new();
    let root = writer.element(SAML, "Assertion").attribute("ID", "_a");
    let root = root.attribute("Version", "2.0").attribute("IssueInstant", &noon);
    root.children(|assertion| {
        assertion
            .element(SAML, "Issuer")
            .text("https://idp.lillekoebing.example");
        assertion.element(SAML, "Subject").children(|subject| {
            subject
                .element(SAML, "EncryptedID")
                .children(|id| id.embed(&secret));
            let confirmation = subject.element(SAML, "SubjectConfirmation");
            let bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
            confirmation.attribute("Method", bearer).children(|confirmation| {
                let data = confirmation.element(SAML, "SubjectConfirmationData");
                let data = data
                    .attribute("InResponseTo", REQUEST_ID)
                    .attribute("NotOnOrAfter", &soon);
                data.attribute("Recipient", us().acs.as_str()).empty();
            });
        });
        assertion.element(SAML, "Conditions").children(|conditions| {
            conditions
                .element(SAML, "AudienceRestriction")
                .children(|restriction| {
                    restriction
                        .element(SAML, "Audience")
                        .text(us().entity_id.as_str());
                });
        });
        let statement = assertion.element(SAML, "AuthnStatement");
        statement.attribute("AuthnInstant", &noon).children(|statement| {
            statement.element(SAML, "AuthnContext").empty();
        });
    });
    let signed = now(sign_enveloped(writer.finish().unwrap(), key)).unwrap();
    let mut writer = Writer::new();
    let root = writer
        .element(SAMLP, "Response")
        .attribute("ID", "_r")
        .attribute("Version", "2.0");
    root.attribute("InResponseTo", REQUEST_ID).children(|response| {
        response.element(SAMLP, "Status").children(|status| {
            let code = status.element(SAMLP, "StatusCode");
            code.attribute("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")
                .empty();
        });
        response.embed(&signed);
    });
    writer.finish().unwrap().into_string()
}

#[test]
fn an_encrypted_name_is_read_and_nothing_else_is_a_name() {
    let key = TestKey::new();
    let (encryption, decryption) = encryption_pair();
    let keys = [decryption];
    let judged = |xml: &str| judge_with(&keys, &idp(&key), xml);
    match judged(&with_encrypted_name(&key, &encryption.to, "NameID")) {
        Ok(Answer::LoggedIn(accepted)) => assert_eq!(accepted.name_id.value, "1000000156"),
        other => panic!("{other:?}"),
    }
    let other = with_encrypted_name(&key, &encryption.to, "BaseID");
    assert_eq!(judged(&other).unwrap_err().reason(), "subject");
}

#[test]
fn another_key_or_no_signature_is_not_believed() {
    let (key, other) = (TestKey::new(), TestKey::new());
    for sign in [SignWhat::Response, SignWhat::Assertion, SignWhat::Both] {
        let xml = FakeAnswer::new(sign).xml(&other);
        assert_eq!(reason(&idp(&key), xml.as_str()), "signature", "{sign:?}");
    }
    let bare = FakeAnswer::new(SignWhat::Both).assertion();
    let unsigned = format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_r\" Version=\"2.0\" \
         InResponseTo=\"_request\"><samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>{bare}</samlp:Response>"
    );
    assert_eq!(reason(&idp(&key), &unsigned), "unsigned");
}

#[test]
fn what_was_changed_after_signing_is_not_believed() {
    let key = TestKey::new();
    for sign in [SignWhat::Response, SignWhat::Assertion, SignWhat::Both] {
        let xml = FakeAnswer::new(sign).xml(&key).into_string();
        assert_eq!(
            reason(&idp(&key), &xml.replace("1000000156", "1000000157")),
            "signature",
            "{sign:?}"
        );
    }
}

#[test]
fn an_envelope_around_a_signed_assertion_can_only_be_refused() {
    let key = TestKey::new();
    let xml = FakeAnswer::new(SignWhat::Assertion).xml(&key).into_string();
    let (head, tail) = xml.split_at(xml.find("<saml:Assertion").unwrap());
    let forged = |from, to| format!("{}{tail}", head.replace(from, to));
    assert_eq!(
        reason(&idp(&key), &forged("/acs/lillekoebing", "/acs/storeby")),
        "recipient"
    );
    assert_eq!(
        reason(&idp(&key), &forged("_request", "_other")),
        "in_response_to"
    );
    assert_eq!(
        reason(&idp(&key), &forged("idp.lillekoebing", "idp.storeby")),
        "issuer"
    );
}

#[test]
fn an_answer_for_another_request_or_party_is_not_believed() {
    let key = TestKey::new();
    let mut stolen = FakeAnswer::new(SignWhat::Both);
    stolen.in_response_to = "_another".to_owned();
    assert_eq!(reason(&idp(&key), stolen.xml(&key).as_str()), "in_response_to");

    let mut for_other = FakeAnswer::new(SignWhat::Both);
    for_other.to.entity_id = entity("https://other.example");
    assert_eq!(reason(&idp(&key), for_other.xml(&key).as_str()), "audience");

    let mut of_other = FakeAnswer::new(SignWhat::Both);
    of_other.issuer = entity("https://idp.storeby.example");
    assert_eq!(reason(&idp(&key), of_other.xml(&key).as_str()), "issuer");
}

#[test]
fn an_identity_provider_that_must_encrypt_and_does_not_is_refused() {
    let key = TestKey::new();
    let idp = SamlIdp {
        assertions: AssertionSecrecy::Required,
        ..idp(&key)
    };
    assert_eq!(
        reason(&idp, FakeAnswer::new(SignWhat::Both).xml(&key).as_str()),
        "not_encrypted"
    );
}

#[test]
fn a_failure_is_declined_if_it_answers_our_request() {
    let key = TestKey::new();
    let failure = Failure::new(Blame::Responder, Reason::AuthnFailed);
    let answer = |in_response_to| {
        let response = FailureResponse {
            issuer: &idp(&key).entity_id,
            acs: &us().acs,
            in_response_to,
            response_id: &MessageId::from_bytes([3; 16]),
            issue_instant: NOON,
            failure: &failure,
        };
        now(response.issue(&key)).unwrap().into_string()
    };
    match judge(&idp(&key), &answer(REQUEST_ID)).unwrap() {
        Answer::Declined(declined) => assert_eq!(declined, failure),
        Answer::LoggedIn(_) => panic!("nobody is logged in"),
    }
    assert_eq!(reason(&idp(&key), &answer("_other")), "in_response_to");
}

#[test]
fn names_as_values_are_read() {
    let key = TestKey::new();
    let targeted_id = "urn:oid:1.3.6.1.4.1.5923.1.1.1.10";
    let name = NameId {
        name_qualifier: Some("https://idp.lillekoebing.example".to_owned()),
        ..NameId::new(NameIdFormat::Persistent, "opaque")
    };
    let mut answer = FakeAnswer::new(SignWhat::Both);
    answer.attributes = vec![IssuedAttribute {
        values: vec![AttributeValue::Name(name.clone())],
        ..attribute(targeted_id, &[])
    }];
    let accepted = logged_in(&idp(&key), answer.xml(&key).as_str());
    assert!(matches!(accepted.attributes.values(targeted_id), [AttributeValue::Name(read)] if *read == name));
}

#[test]
fn an_encrypted_assertion_is_believed_if_something_around_or_in_it_is_signed() {
    let key = TestKey::new();
    let (encryption, decryption) = encryption_pair();
    let idp = SamlIdp {
        assertions: AssertionSecrecy::Required,
        ..idp(&key)
    };
    let mut answer = FakeAnswer::new(SignWhat::Both);
    answer.to.encrypt = Some(encryption);
    let decryption_keys = [decryption];
    for sign in [SignWhat::Response, SignWhat::Assertion, SignWhat::Both] {
        answer.to.sign = sign;
        let xml = answer.xml(&key).into_string();
        assert!(!xml.contains("1000000156") && xml.contains("EncryptedAssertion"));
        match judge_with(&decryption_keys, &idp, &xml) {
            Ok(Answer::LoggedIn(accepted)) => assert_eq!(accepted.name_id.value, "1000000156", "{sign:?}"),
            other => panic!("{sign:?}: {other:?}"),
        }
        assert_eq!(reason(&idp, &xml), "decryption", "{sign:?}: without our key");
    }
}

#[test]
fn anyone_can_encrypt_to_us_so_encryption_proves_nothing() {
    let key = TestKey::new();
    let (encryption, decryption) = encryption_pair();
    let mut answer = FakeAnswer::new(SignWhat::Response);
    answer.to.encrypt = Some(encryption);
    let xml = answer.xml(&key).into_string();
    let (start, end) = (
        xml.find("<ds:Signature ").unwrap(),
        xml.find("</ds:Signature>").unwrap(),
    );
    let unsigned = format!("{}{}", &xml[..start], &xml[end + "</ds:Signature>".len()..]);
    let judged = judge_with(&[decryption], &idp(&key), &unsigned);
    assert_eq!(judged.unwrap_err().reason(), "unsigned");
}
