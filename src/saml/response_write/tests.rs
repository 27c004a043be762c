//! What goes out, read again: by our own reader, and by eye in a snapshot.

use proptest::prelude::*;

use super::*;
use crate::saml::checks::Expected;
use crate::saml::peer::SignWhat;
use crate::saml::response::{self, Answer};
use crate::saml::status::{Blame, Reason};
use crate::saml::testing::{
    FakeAnswer, NOON, REQUEST_ID, TestKey, attribute, document, entity, idp, lines, url, us,
};

/// Characters that XML can carry, those with a meaning in it among them.
fn any_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("</saml:AttributeValue>".to_owned()),
            Just("<!--".to_owned()),
            Just("]]>".to_owned()),
            Just("&lt;&#x3c;".to_owned()),
            "[<>&\"'\r\n\t a-zæøå😀]{1,5}",
        ],
        1..6,
    )
    .prop_map(|pieces| pieces.concat())
    .prop_filter("surrounding space is not part of a value", |text| {
        text.trim() == text && !text.is_empty()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_value_becomes_markup(
        subject in any_text(), name in any_text(), values in proptest::collection::vec(any_text(), 1..3),
    ) {
        let key = TestKey::new();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let mut answer = FakeAnswer::new(SignWhat::Both);
        answer.subject.value.clone_from(&subject);
        answer.attributes = vec![attribute(&name, &values)];
        let xml = answer.xml(&key);
        let (us, idp) = (us(), idp(&key));
        let expected = Expected {
            idp: &idp,
            us: &us,
            received_at: &us.acs,
            request_id: REQUEST_ID,
            authenticated_since: None,
            now: NOON,
            decryption_keys: &[],
        };
        match response::accept(&document(xml.as_str()), &expected) {
            Ok(Answer::LoggedIn(accepted)) => {
                prop_assert_eq!(accepted.name_id.value, subject);
                prop_assert_eq!(accepted.attributes.texts(&name), values);
                prop_assert_eq!(accepted.attributes.names().count(), 1);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}

#[test]
fn a_character_that_xml_cannot_carry_is_refused_rather_than_dropped() {
    let mut answer = FakeAnswer::new(SignWhat::Both);
    answer.subject.value = "a\u{0}b".to_owned();
    let (response_id, assertion_id) = (MessageId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
    let written = answer.response(&response_id, &assertion_id).assertion();
    assert_eq!(written.unwrap_err(), WriteRefusal::IllegalCharacter);
}

#[test]
fn exactly_what_is_registered_is_signed() {
    let key = TestKey::new();
    for (sign, count) in [
        (SignWhat::Response, 1),
        (SignWhat::Assertion, 1),
        (SignWhat::Both, 2),
    ] {
        let xml = FakeAnswer::new(sign).xml(&key).into_string();
        assert_eq!(xml.matches("<ds:Signature ").count(), count, "{sign:?}");
        let (head, _) = xml.split_at(xml.find("<saml:Assertion").unwrap());
        assert_eq!(head.contains("<ds:Signature "), sign.response(), "{sign:?}");
    }
}

#[test]
fn an_assertion_looks_like_this() {
    let mut answer = FakeAnswer::new(SignWhat::Both);
    answer.attributes = vec![
        attribute("dk:unilogin:uniid", &["1000000156"]),
        attribute("tom", &[]),
    ];
    insta::assert_snapshot!(lines(&answer.assertion()), @r#"
    <saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_02020202020202020202020202020202" IssueInstant="2026-08-12T12:00:00.000Z" Version="2.0">
    <saml:Issuer>https://idp.lillekoebing.example</saml:Issuer>
    <saml:Subject>
    <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">1000000156</saml:NameID>
    <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
    <saml:SubjectConfirmationData InResponseTo="_request" NotOnOrAfter="2026-08-12T12:05:00.000Z" Recipient="https://login.example/saml/acs/lillekoebing">
    </saml:SubjectConfirmationData>
    </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="2026-08-12T11:59:30.000Z" NotOnOrAfter="2026-08-12T12:05:00.000Z">
    <saml:AudienceRestriction>
    <saml:Audience>https://login.example/saml</saml:Audience>
    </saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant="2026-08-12T12:00:00.000Z" SessionIndex="_session" SessionNotOnOrAfter="2026-08-12T20:00:00.000Z">
    <saml:AuthnContext>
    <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>
    </saml:AuthnContext>
    </saml:AuthnStatement>
    <saml:AttributeStatement>
    <saml:Attribute Name="dk:unilogin:uniid" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">
    <saml:AttributeValue>1000000156</saml:AttributeValue>
    </saml:Attribute>
    <saml:Attribute Name="tom" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">
    </saml:Attribute>
    </saml:AttributeStatement>
    </saml:Assertion>
    "#);
}

#[test]
fn a_failure_looks_like_this() {
    let failure = Failure {
        message: Some("UL-401".to_owned()),
        ..Failure::new(Blame::Responder, Reason::NoAuthnContext)
    };
    let response = FailureResponse {
        issuer: &entity("https://login.example/saml"),
        acs: &url("https://matematik.example/acs"),
        in_response_to: "_1",
        response_id: &MessageId::from_bytes([3; 16]),
        issue_instant: NOON,
        failure: &failure,
    };
    insta::assert_snapshot!(lines(response.message().unwrap().as_str()), @r#"
    <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="https://matematik.example/acs" ID="_03030303030303030303030303030303" InResponseTo="_1" IssueInstant="2026-08-12T12:00:00.000Z" Version="2.0">
    <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://login.example/saml</saml:Issuer>
    <samlp:Status>
    <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder">
    <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext">
    </samlp:StatusCode>
    </samlp:StatusCode>
    <samlp:StatusMessage>UL-401</samlp:StatusMessage>
    </samlp:Status>
    </samlp:Response>
    "#);
}
