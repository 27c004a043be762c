//! Logout messages as they are written and as they are believed.

use super::*;
use crate::saml::binding_redirect;
use crate::saml::incoming::{Incoming, MessageKind};
use crate::saml::name_id::NameIdFormat;
use crate::saml::peer::{RequestTrust, TrustedKeys};
use crate::saml::testing::{NOON, TestKey, entity, lines, now, url};

struct Bench {
    key: TestKey,
    sender: EntityId,
    here: EndpointUrl,
    id: MessageId,
}

impl Bench {
    fn new() -> Self {
        Self {
            key: TestKey::new(),
            sender: entity("https://matematik.example"),
            here: url("https://login.example/saml/slo"),
            id: MessageId::from_bytes([5; 16]),
        }
    }

    fn head(&self) -> LogoutHead<'_> {
        LogoutHead {
            issuer: &self.sender,
            destination: Some(&self.here),
            id: &self.id,
            issue_instant: NOON,
        }
    }

    fn carried(&self, kind: MessageKind, message: &CanonicalXml) -> Authenticated {
        let url = now(binding_redirect::signed_url(
            &self.here, kind, message, None, &self.key,
        ))
        .unwrap();
        let trust = RequestTrust::Signed(TrustedKeys::new(vec![self.key.verifying()]).unwrap());
        Incoming::from_redirect(url.split_once('?').unwrap().1)
            .unwrap()
            .authenticate(&trust)
            .unwrap()
    }

    fn expected(&self) -> LogoutExpected<'_> {
        LogoutExpected {
            sender: &self.sender,
            received_at: &self.here,
            through_browser: true,
            skew: Skew::default(),
            now: NOON,
            decryption_keys: &[],
        }
    }
}

#[test]
fn a_request_is_read_as_it_was_meant() {
    let bench = Bench::new();
    let name = NameId::new(NameIdFormat::Persistent, "opaque");
    let message = bench.carried(
        MessageKind::Request,
        &bench.head().request(&name, Some("_s")).unwrap(),
    );
    let request = accept_request(&message, &bench.expected()).unwrap();
    assert_eq!(request.name_id, name);
    assert_eq!(request.session_indexes, ["_s"]);
    assert!(!request.asynchronous);
    assert_eq!(request.id, bench.id.as_str());

    let refused = |expected: LogoutExpected<'_>| accept_request(&message, &expected).unwrap_err();
    let (other, elsewhere) = (entity("https://dansk.example"), url("https://login.example/slo"));
    assert_eq!(
        refused(LogoutExpected {
            sender: &other,
            ..bench.expected()
        }),
        LogoutRefusal::Issuer
    );
    let there = LogoutExpected {
        received_at: &elsewhere,
        ..bench.expected()
    };
    assert_eq!(refused(there), LogoutRefusal::Destination);
    let late = NOON + SignedDuration::from_mins(8);
    assert_eq!(
        refused(LogoutExpected {
            now: late,
            ..bench.expected()
        }),
        LogoutRefusal::Time
    );
    let early = NOON - SignedDuration::from_mins(4);
    assert_eq!(
        refused(LogoutExpected {
            now: early,
            ..bench.expected()
        }),
        LogoutRefusal::Time
    );
    assert_eq!(
        accept_response(&message, "_1", &bench.expected()),
        Err(LogoutRefusal::Version)
    );
}

#[test]
fn a_response_belongs_to_its_request() {
    let bench = Bench::new();
    let status = Status::Partial;
    let message = bench.carried(
        MessageKind::Response,
        &bench.head().response("_1", &status).unwrap(),
    );
    assert_eq!(
        accept_response(&message, "_1", &bench.expected()).unwrap().status,
        status
    );
    assert_eq!(
        accept_response(&message, "_2", &bench.expected()),
        Err(LogoutRefusal::InResponseTo)
    );
}

#[test]
fn a_request_looks_like_this() {
    let bench = Bench::new();
    let name = NameId::new(NameIdFormat::Persistent, "opaque");
    let message = bench.head().request(&name, Some("_s")).unwrap();
    insta::assert_snapshot!(lines(message.as_str()), @r#"
    <samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="https://login.example/saml/slo" ID="_05050505050505050505050505050505" IssueInstant="2026-08-12T12:00:00.000Z" NotOnOrAfter="2026-08-12T12:05:00.000Z" Version="2.0">
    <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://matematik.example</saml:Issuer>
    <saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">opaque</saml:NameID>
    <samlp:SessionIndex>_s</samlp:SessionIndex>
    </samlp:LogoutRequest>
    "#);
}

#[test]
fn an_unsigned_request_throws_nobody_out() {
    let bench = Bench::new();
    let name = NameId::new(NameIdFormat::Persistent, "opaque");
    let message = bench.head().request(&name, None).unwrap();
    let field = data_encoding::BASE64.encode(message.as_str().as_bytes());
    let incoming = Incoming::from_post(MessageKind::Request, &field, None).unwrap();
    let message = incoming.authenticate(&RequestTrust::Unsigned(None)).unwrap();
    assert_eq!(
        accept_request(&message, &bench.expected()),
        Err(LogoutRefusal::Unsigned)
    );
}
