//! Requests as services send them, good and hostile, and the request that we send ourselves.

use super::*;
use crate::saml::authn_request_write::{AuthnQuestion, Outbound, onward};
use crate::saml::ids::MessageId;
use crate::saml::incoming::{Incoming, MessageKind};
use crate::saml::peer::{RequestTrust, SignWhat, SsoEndpoints, TrustedKeys};
use crate::saml::testing::{NOON, TestKey, entity, idp, lines, now, service, us};

const GOOD: &str = "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
    xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_1\" Version=\"2.0\" \
    IssueInstant=\"2026-08-12T12:00:00Z\" Destination=\"https://login.example/saml/sso\" \
    AssertionConsumerServiceURL=\"https://matematik.example/acs\"><saml:Issuer>https://matematik.example</saml:Issuer>\
    </samlp:AuthnRequest>";

fn read_by(xml: &str, service: &SamlService) -> Result<AuthnRequest, RequestRefusal> {
    let field = data_encoding::BASE64.encode(xml.as_bytes());
    let incoming = Incoming::from_post(MessageKind::Request, &field, None).unwrap();
    accept(&incoming.authenticate(&service.requests).unwrap(), service, &us())
}

fn read(xml: &str) -> Result<AuthnRequest, RequestRefusal> {
    read_by(xml, &service(SignWhat::Both))
}

fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replace(from, to)
}

#[test]
fn a_plain_request_asks_for_nothing_in_particular() {
    let request = read(GOOD).unwrap();
    assert_eq!(request.id, "_1");
    assert_eq!(request.acs.url.as_str(), "https://matematik.example/acs");
    assert!(!request.force_authn && !request.is_passive && !request.is_signed);
    assert_eq!(request.context, None);
    assert_eq!(request.scoping, Scoping::default());
}

#[test]
fn each_broken_rule_gives_its_reason() {
    let acs = "AssertionConsumerServiceURL=\"https://matematik.example/acs\"";
    for (from, to, reason) in [
        ("Version=\"2.0\"", "Version=\"1.1\"", "version"),
        ("samlp:AuthnRequest", "samlp:LogoutRequest", "version"),
        ("https://matematik.example</", "https://dansk.example</", "issuer"),
        (
            "<saml:Issuer>https://matematik.example</saml:Issuer>",
            "",
            "structure",
        ),
        ("login.example/saml/sso", "other.example/saml/sso", "destination"),
        (
            acs,
            "AssertionConsumerServiceURL=\"https://matematik.example/acs/\"",
            "acs",
        ),
        (acs, "AssertionConsumerServiceURL=\"javascript:alert(1)\"", "acs"),
        (acs, "AssertionConsumerServiceIndex=\"7\"", "acs"),
        (acs, "AssertionConsumerServiceIndex=\"-1\"", "acs"),
        (
            acs,
            "AssertionConsumerServiceIndex=\"7\" AssertionConsumerServiceURL=\"https://matematik.example/acs\"",
            "acs",
        ),
        (
            "ID=\"_1\"",
            "ID=\"_1\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:PAOS\"",
            "binding",
        ),
        ("ID=\"_1\"", "ID=\"_1\" IsPassive=\"yes\"", "structure"),
        ("ID=\"_1\"", "", "structure"),
        (
            "IssueInstant=\"2026-08-12T12:00:00Z\"",
            "IssueInstant=\"now\"",
            "structure",
        ),
    ] {
        assert_eq!(
            read(&with(from, to)).unwrap_err().reason(),
            reason,
            "{from} → {to}"
        );
    }
}

/// What is signed says where it goes (saml-bindings §3.5.5.2); what is not need not.
#[test]
fn a_signed_request_names_its_destination() {
    let service = service(SignWhat::Both);
    let bare = with(" Destination=\"https://login.example/saml/sso\"", "");
    let reason = |xml: &str, is_signed| {
        let document = crate::saml::testing::document(xml);
        let checked = check_envelope(document.root(), is_signed, &service, &us());
        checked.err().map(RequestRefusal::reason)
    };
    assert_eq!(reason(GOOD, true), None);
    assert_eq!(reason(&bare, false), None);
    assert_eq!(reason(&bare, true), Some("destination"));
    let other = with("login.example/saml/sso", "other.example/saml/sso");
    assert_eq!(reason(&other, true), Some("destination"));
}

#[test]
fn an_identifier_is_there_and_not_endless() {
    let id = |length: usize| read(&with("ID=\"_1\"", &format!("ID=\"{}\"", "a".repeat(length))));
    assert_eq!(id(256).unwrap().id.len(), 256);
    for length in [0, 257] {
        assert_eq!(id(length).unwrap_err().reason(), "structure", "{length}");
    }
}

#[test]
fn an_address_may_be_named_by_its_number_or_not_at_all() {
    let acs = " AssertionConsumerServiceURL=\"https://matematik.example/acs\"";
    for to in ["", " AssertionConsumerServiceIndex=\"0\""] {
        assert_eq!(
            read(&with(acs, to)).unwrap().acs.url.as_str(),
            "https://matematik.example/acs"
        );
    }
}

#[test]
fn everything_that_we_ask_upstreams_is_read_as_it_was_meant() {
    let key = TestKey::new();
    let subject = NameId::new(NameIdFormat::Unspecified, "anna@lillekøbing.example");
    let context = RequestedAuthnContext {
        comparison: crate::domain::assurance::Comparison::Minimum,
        class_refs: vec!["https://data.gov.dk/concept/core/nsis/loa/Substantial".to_owned()],
    };
    let asked = Scoping {
        proxy_count: Some(3),
        ..Scoping::default()
    };
    let scoping = onward(&asked, &entity("https://matematik.example")).unwrap();
    let id = MessageId::from_bytes([7; 16]);
    let (us_here, mut upstream) = (us(), idp(&key));
    upstream.ask_name_id = Some(NameIdFormat::Persistent);

    // The upstream is played by ourselves, so its address is ours.
    for sso in [SsoEndpoints::Redirect(us().sso), SsoEndpoints::Post(us().sso)] {
        upstream.sso = sso;
        let question = AuthnQuestion {
            us: &us_here,
            idp: &upstream,
            id: &id,
            issue_instant: NOON,
            force_authn: true,
            is_passive: true,
            subject: Some(&subject),
            context: Some(&context),
            scoping: Some(&scoping),
        };
        let incoming = match now(question.send(Some("relay & <state>"), &key)).unwrap() {
            Outbound::Redirect(url) => Incoming::from_redirect(url.split_once('?').unwrap().1).unwrap(),
            Outbound::Post(form) => {
                let [(name, message), (_, relay_state)] = form.fields.as_slice() else {
                    panic!()
                };
                assert_eq!(*name, "SAMLRequest");
                Incoming::from_post(MessageKind::Request, message, Some(relay_state.clone())).unwrap()
            }
        };
        assert_eq!(incoming.relay_state(), Some("relay & <state>"));
        assert_eq!(incoming.claimed_issuer(), Some(us().entity_id));
        let we_as_service = SamlService {
            requests: RequestTrust::Signed(TrustedKeys::new(vec![key.verifying()]).unwrap()),
            ..crate::saml::testing::us_as_service(SignWhat::Both)
        };
        let message = incoming.authenticate(&we_as_service.requests).unwrap();
        let request = accept(&message, &we_as_service, &us()).unwrap();
        assert!(request.is_signed && request.force_authn && request.is_passive);
        assert_eq!(request.id, id.as_str());
        assert_eq!(request.issue_instant, NOON);
        assert_eq!(request.name_id_format, Some(NameIdFormat::Persistent));
        assert_eq!(request.subject_hint.as_ref(), Some(&subject));
        assert_eq!(request.context.as_ref(), Some(&context));
        assert_eq!(request.scoping.proxy_count, Some(2));
        assert_eq!(
            request.scoping.requester_ids,
            [entity("https://matematik.example")]
        );
    }
}

#[test]
fn a_service_that_signs_is_not_believed_without_or_with_another_key() {
    let (key, other) = (TestKey::new(), TestKey::new());
    let signed = RequestTrust::Signed(TrustedKeys::new(vec![key.verifying()]).unwrap());
    let incoming = |xml: &str| {
        Incoming::from_post(
            MessageKind::Request,
            &data_encoding::BASE64.encode(xml.as_bytes()),
            None,
        )
        .unwrap()
    };
    assert_eq!(
        incoming(GOOD).authenticate(&signed).unwrap_err().reason(),
        "unsigned"
    );

    let upstream = idp(&key);
    let question = AuthnQuestion {
        us: &us(),
        idp: &upstream,
        id: &MessageId::from_bytes([7; 16]),
        issue_instant: NOON,
        force_authn: false,
        is_passive: false,
        subject: None,
        context: None,
        scoping: None,
    };
    let query = |key: &TestKey| match now(question.send(None, key)).unwrap() {
        Outbound::Redirect(url) => url.split_once('?').unwrap().1.to_owned(),
        Outbound::Post(_) => panic!(),
    };
    let judge = |query: &str| {
        Incoming::from_redirect(query)
            .unwrap()
            .authenticate(&signed)
            .map(|m| m.is_signed())
    };
    assert!(judge(&query(&key)).unwrap());
    assert_eq!(judge(&query(&other)).unwrap_err().reason(), "signature");
    assert!(
        judge(&format!("{}&RelayState=x", query(&key))).is_err(),
        "relay state is signed as well"
    );
    let upper = query(&key).replace("%2F", "%2f");
    assert!(
        upper == query(&key) || judge(&upper).is_err(),
        "the octets are signed, not what they mean"
    );
}

#[test]
fn a_service_may_forbid_brokers_and_each_broker_counts() {
    let scoping = |proxy_count| Scoping {
        proxy_count,
        ..Scoping::default()
    };
    let us = entity("https://matematik.example");
    assert_eq!(onward(&scoping(Some(0)), &us), None);
    assert_eq!(onward(&scoping(Some(1)), &us).unwrap().proxy_count, Some(0));
    assert_eq!(onward(&scoping(None), &us).unwrap().proxy_count, None);
}

#[test]
fn scoping_is_read() {
    let scoping = "<samlp:Scoping ProxyCount=\"1\"><samlp:IDPList><samlp:IDPEntry \
        ProviderID=\"https://idp.lillekoebing.example\"/></samlp:IDPList><samlp:RequesterID>https://a.example\
        </samlp:RequesterID></samlp:Scoping></samlp:AuthnRequest>";
    let request = read(&with("</samlp:AuthnRequest>", scoping)).unwrap();
    assert_eq!(
        request.scoping.idp_list,
        [entity("https://idp.lillekoebing.example")]
    );
    assert_eq!(request.scoping.proxy_count, Some(1));
    assert_eq!(request.scoping.requester_ids, [entity("https://a.example")]);
}

#[test]
fn a_request_to_an_upstream_looks_like_this() {
    let asked = Scoping {
        proxy_count: Some(2),
        ..Scoping::default()
    };
    let scoping = onward(&asked, &entity("https://matematik.example"));
    let upstream = idp(&TestKey::new());
    let question = AuthnQuestion {
        us: &us(),
        idp: &upstream,
        id: &MessageId::from_bytes([7; 16]),
        issue_instant: NOON,
        force_authn: true,
        is_passive: false,
        subject: Some(&NameId::new(
            NameIdFormat::Unspecified,
            "anna@lillekøbing.example",
        )),
        context: Some(&RequestedAuthnContext {
            comparison: crate::domain::assurance::Comparison::Minimum,
            class_refs: vec!["dk:unilogin:loa:ToFaktor".to_owned()],
        }),
        scoping: scoping.as_ref(),
    };
    insta::assert_snapshot!(lines(question.message().unwrap().as_str()), @r#"
    <samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" AssertionConsumerServiceURL="https://login.example/saml/acs/lillekoebing" Destination="https://idp.lillekoebing.example/sso" ForceAuthn="true" ID="_07070707070707070707070707070707" IssueInstant="2026-08-12T12:00:00.000Z" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Version="2.0">
    <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://login.example/saml</saml:Issuer>
    <saml:Subject xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
    <saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">anna@lillekøbing.example</saml:NameID>
    </saml:Subject>
    <samlp:NameIDPolicy AllowCreate="true">
    </samlp:NameIDPolicy>
    <samlp:RequestedAuthnContext Comparison="minimum">
    <saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">dk:unilogin:loa:ToFaktor</saml:AuthnContextClassRef>
    </samlp:RequestedAuthnContext>
    <samlp:Scoping ProxyCount="1">
    <samlp:RequesterID>https://matematik.example</samlp:RequesterID>
    </samlp:Scoping>
    </samlp:AuthnRequest>
    "#);
}
