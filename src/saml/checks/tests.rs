//! Each rule against an assertion that breaks it and nothing else. Signatures are not asked for here.

use jiff::SignedDuration;

use super::*;
use crate::saml::peer::{SignWhat, Skew};
use crate::saml::testing::{FakeAnswer, NOON, REQUEST_ID, TestKey, document, idp, us};

struct Bench {
    idp: SamlIdp,
    us: SamlSelf,
    now: Timestamp,
    authenticated_since: Option<Timestamp>,
}

impl Bench {
    fn new() -> Self {
        Self {
            idp: idp(&TestKey::new()),
            us: us(),
            now: NOON,
            authenticated_since: None,
        }
    }

    fn reason(&self, rules: &[Rule], xml: &str) -> Option<&'static str> {
        let expected = Expected {
            idp: &self.idp,
            us: &self.us,
            received_at: &self.us.acs,
            request_id: REQUEST_ID,
            authenticated_since: self.authenticated_since,
            now: self.now,
            decryption_keys: &[],
        };
        hold(rules, document(xml).root(), &expected)
            .err()
            .map(|denied| denied.reason())
    }

    fn assertion(&self, xml: &str) -> Option<&'static str> {
        self.reason(&OF_ASSERTION, xml)
    }
}

fn good() -> String {
    FakeAnswer::new(SignWhat::Both).assertion()
}

/// Replaces what is there exactly once or more, so that a test cannot pass because it changed nothing.
fn with(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in {xml}");
    xml.replace(from, to)
}

#[test]
fn a_good_assertion_passes_every_rule() {
    assert_eq!(Bench::new().assertion(&good()), None);
}

#[test]
fn each_broken_rule_gives_its_reason() {
    let ours = "https://login.example/saml";
    let acs = "Recipient=\"https://login.example/saml/acs/lillekoebing\"";
    let audience = "<saml:AudienceRestriction><saml:Audience>https://login.example/saml</saml:Audience></saml:AudienceRestriction>";
    let other = audience.replace(ours, "https://other.example");
    let issuer = "<saml:Issuer>https://idp.lillekoebing.example</saml:Issuer>";
    let in_response_to = " InResponseTo=\"_request\"";
    let ends = " NotOnOrAfter=\"2026-08-12T12:05:00.000Z\"";
    let cases: [(&str, &str, &str); 24] = [
        (" Version=\"2.0\"", " Version=\"1.1\"", "version"),
        (issuer, "", "issuer"),
        (
            issuer,
            "<saml:Issuer>https://idp.storeby.example</saml:Issuer>",
            "issuer",
        ),
        (
            issuer,
            "<saml:Issuer Format=\"urn:x\">https://idp.lillekoebing.example</saml:Issuer>",
            "issuer",
        ),
        (audience, "", "audience"),
        (audience, &other, "audience"),
        (audience, &format!("{audience}{other}"), "audience"),
        (
            audience,
            "<saml:AudienceRestriction></saml:AudienceRestriction>",
            "audience",
        ),
        (ours, "https://login.example/saml/", "recipient"),
        (acs, "", "recipient"),
        (
            acs,
            "Recipient=\"https://LOGIN.example/saml/acs/lillekoebing\"",
            "recipient",
        ),
        (
            acs,
            "Recipient=\"https://login.example/saml/acs/storeby\"",
            "recipient",
        ),
        (in_response_to, "", "in_response_to"),
        (in_response_to, " InResponseTo=\"_other\"", "in_response_to"),
        (ends, "", "time"),
        (ends, " NotOnOrAfter=\"soon\"", "time"),
        (ends, " NotOnOrAfter=\"2026-08-12T11:50:00.000Z\"", "time"),
        (
            " IssueInstant=\"2026-08-12T12:00:00.000Z\"",
            " IssueInstant=\"2026-08-12T11:40:00.000Z\"",
            "time",
        ),
        (
            " NotBefore=\"2026-08-12T11:59:30.000Z\"",
            " NotBefore=\"2026-08-12T12:04:00.000Z\"",
            "time",
        ),
        (
            " AuthnInstant=\"2026-08-12T12:00:00.000Z\"",
            " AuthnInstant=\"2026-08-12T12:04:00.000Z\"",
            "time",
        ),
        (
            " SessionNotOnOrAfter=\"2026-08-12T20:00:00.000Z\"",
            " SessionNotOnOrAfter=\"2026-08-12T11:50:00.000Z\"",
            "time",
        ),
        ("cm:bearer", "cm:holder-of-key", "confirmation"),
        (
            "<saml:AudienceRestriction>",
            "<x:Moon xmlns:x=\"urn:x\"></x:Moon><saml:AudienceRestriction>",
            "condition",
        ),
        ("saml:AuthnStatement", "saml:AuthzStatement", "authn_statement"),
    ];
    let bench = Bench::new();
    for (from, to, reason) in cases {
        assert_eq!(
            bench.assertion(&with(&good(), from, to)),
            Some(reason),
            "{from} → {to}"
        );
    }
}

#[test]
fn two_bearers_or_two_statements_are_one_too_many() {
    let xml = good();
    let doubled = |name: &str| {
        let start = xml.find(&format!("<saml:{name}")).unwrap();
        let closing = format!("</saml:{name}>");
        let end = xml.find(&closing).unwrap() + closing.len();
        format!("{}{}{}", &xml[..end], &xml[start..end], &xml[end..])
    };
    let bench = Bench::new();
    assert_eq!(
        bench.assertion(&doubled("SubjectConfirmation")),
        Some("confirmation")
    );
    assert_eq!(
        bench.assertion(&doubled("AuthnStatement")),
        Some("authn_statement")
    );
    assert_eq!(bench.assertion(&doubled("Conditions")), Some("structure"));
    assert_eq!(bench.assertion(&doubled("Issuer")), Some("structure"));
}

#[test]
fn the_clock_may_be_off_by_the_skew_and_no_more() {
    let at = |seconds: i64| {
        let bench = Bench {
            now: NOON + SignedDuration::from_secs(seconds),
            ..Bench::new()
        };
        bench.assertion(&good())
    };
    assert_eq!(at(-180), None);
    assert_eq!(at(-181), Some("time"));
    assert_eq!(at(5 * 60 + 179), None);
    assert_eq!(at(5 * 60 + 180), Some("time"));
}

#[test]
fn an_assertion_that_gives_itself_a_long_life_lives_ten_minutes() {
    let forever = with(
        &good(),
        " NotOnOrAfter=\"2026-08-12T12:05:00.000Z\"",
        " NotOnOrAfter=\"2030-01-01T00:00:00Z\"",
    );
    let exact = |minutes| Bench {
        idp: SamlIdp {
            skew: Skew::of(SignedDuration::ZERO),
            ..idp(&TestKey::new())
        },
        now: NOON + SignedDuration::from_mins(minutes),
        ..Bench::new()
    };
    assert_eq!(exact(9).assertion(&forever), None);
    assert_eq!(exact(10).assertion(&forever), Some("time"));
}

#[test]
fn a_login_from_before_is_not_fresh() {
    let since = |seconds: i64| Bench {
        authenticated_since: Some(NOON + SignedDuration::from_secs(seconds)),
        ..Bench::new()
    };
    assert_eq!(since(180).assertion(&good()), None, "within the skew");
    assert_eq!(since(181).assertion(&good()), Some("not_fresh"));
}

#[test]
fn the_envelope_is_checked_as_well() {
    let key = TestKey::new();
    let xml = FakeAnswer::new(SignWhat::Both).xml(&key).into_string();
    let bench = Bench {
        idp: idp(&key),
        ..Bench::new()
    };
    let reason = |xml: &str| bench.reason(&OF_RESPONSE, xml);
    assert_eq!(reason(&xml), None);
    let start = |from, to| {
        let (head, tail) = xml.split_at(xml.find("<saml:Assertion").unwrap());
        format!("{}{tail}", with(head, from, to))
    };
    let destination = " Destination=\"https://login.example/saml/acs/lillekoebing\"";
    assert_eq!(
        reason(&start(destination, "")),
        Some("recipient"),
        "signed, so it must say to whom"
    );
    assert_eq!(
        reason(&start("/acs/lillekoebing\"", "/acs/storeby\"")),
        Some("recipient")
    );
    assert_eq!(
        reason(&start(" InResponseTo=\"_request\"", "")),
        Some("in_response_to")
    );
    assert_eq!(
        reason(&start("InResponseTo=\"_request\"", "InResponseTo=\"_other\"")),
        Some("in_response_to")
    );
    assert_eq!(reason(&start("idp.lillekoebing", "idp.storeby")), Some("issuer"));
    assert_eq!(
        reason(&start("Version=\"2.0\"", "Version=\"2.1\"")),
        Some("version")
    );
}

#[test]
fn nothing_but_a_response_and_an_assertion_is_measured() {
    let bench = Bench::new();
    let response = FakeAnswer::new(SignWhat::Assertion)
        .xml(&TestKey::new())
        .into_string();
    let other = with(&response, "samlp:Response", "samlp:ArtifactResponse");
    assert_eq!(bench.reason(&OF_RESPONSE, &other), Some("structure"));
    assert_eq!(
        bench.assertion(&with(&good(), "saml:Assertion", "saml:Evidence")),
        Some("structure")
    );
}

#[test]
fn a_signed_envelope_says_where_it_goes() {
    let envelope = |xml| {
        is_addressed(document(xml).root())
            .err()
            .map(|denied| denied.reason())
    };
    assert_eq!(envelope("<a/>"), Some("recipient"));
    assert_eq!(envelope("<a Destination=\"https://login.example\"/>"), None);
}

#[test]
fn only_size_is_answered_as_size() {
    assert!(Denied::from(XmlRefusal::Size("bytes")).is_too_large());
    assert!(!Denied::Audience.is_too_large());
}

#[test]
fn every_rule_says_where_it_comes_from() {
    let sources: Vec<_> = sources().collect();
    assert_eq!(sources.len(), OF_RESPONSE.len() + OF_ASSERTION.len());
    assert!(sources.iter().all(|source| !source.is_empty()));
    assert!(sources.contains(&"B01"));
}
