//! Queries as they should be, and as nobody honest sends them.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use proptest::prelude::*;

use super::*;
use crate::domain::address::PlainHttp;
use crate::saml::xml::{Writer, names::SAMLP};

fn message(text: &str) -> CanonicalXml {
    let mut writer = Writer::new();
    writer
        .element(SAMLP, "AuthnRequest")
        .attribute("ID", "_1")
        .text(text);
    writer.finish().unwrap()
}

fn endpoint() -> EndpointUrl {
    EndpointUrl::parse("https://idp.example/sso?tenant=7", PlainHttp::Refused).unwrap()
}

fn query_of(text: &str, relay_state: Option<&str>) -> String {
    let url = unsigned_url(&endpoint(), MessageKind::Request, &message(text), relay_state);
    url.split_once('?').unwrap().1.to_owned()
}

fn with_deflated(bytes: &[u8]) -> Result<RedirectMessage, RedirectRefusal> {
    read(&format!("SAMLRequest={}", encode(&BASE64.encode(bytes))))
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in "[ -~æøå€]{0,3000}", relay_state in proptest::option::of(".{0,200}")) {
        let read = read(&query_of(&text, relay_state.as_deref())).unwrap();
        prop_assert_eq!(read.xml, message(&text).into_string().into_bytes());
        prop_assert_eq!(read.relay_state, relay_state);
    }

    #[test]
    fn any_query_gives_a_message_or_a_reason(query in "(SAMLRequest=|SAMLResponse=|&|SigAlg=|%|[ -~]){0,60}") {
        let _ = read(&query);
    }

    #[test]
    fn any_stream_gives_a_message_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = with_deflated(&bytes);
    }
}

#[test]
fn each_parameter_is_there_once_and_spelled_plainly() {
    let good = query_of("x", Some("r"));
    for (more, parameter) in [
        ("&SAMLRequest=x", "SAMLRequest"),
        ("&RelayState=", "RelayState"),
        ("&RelayState", "RelayState"),
        ("&SAML%52equest=x", "SAMLRequest"),
        ("&SAMLResponse=x", "SAMLRequest or SAMLResponse"),
    ] {
        assert_eq!(
            read(&format!("{good}{more}")).unwrap_err(),
            RedirectRefusal::Ambiguous(parameter),
            "{more}"
        );
    }
    assert_eq!(
        read(&format!("{good}&SigAlg=x")).unwrap_err(),
        RedirectRefusal::HalfSigned
    );
    assert_eq!(
        read(&format!("{good}&SAMLEncoding=x")).unwrap_err(),
        RedirectRefusal::Encoding
    );
    assert_eq!(read("RelayState=x").unwrap_err(), RedirectRefusal::NoMessage);
}

#[test]
fn the_signed_octets_are_those_that_came() {
    let value = encode(&BASE64.encode(&deflate(b"<a/>")));
    let odd = format!("Signature=AAAA&SigAlg=urn%3aX&x=1&RelayState=a%2fb+c&SAMLRequest={value}");
    let signature = read(&odd).unwrap().signature.unwrap();
    let expected = format!("SAMLRequest={value}&RelayState=a%2fb+c&SigAlg=urn%3aX");
    assert_eq!(String::from_utf8(signature.octets).unwrap(), expected);
    assert_eq!(signature.algorithm, "urn:X");
}

#[test]
fn a_bomb_is_refused_and_a_large_honest_message_is_not() {
    assert_eq!(
        with_deflated(&deflate(&vec![b'a'; 50 * 1024 * 1024])).unwrap_err(),
        RedirectRefusal::Size
    );
    assert_eq!(
        with_deflated(&deflate(&vec![b'a'; 120 * 1024])).unwrap_err(),
        RedirectRefusal::Size
    );
    let count_to = |end: u32| (0..end).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    let honest = count_to(20_000);
    assert!(honest.len() > 100 * 1024 && honest.len() < LARGEST);
    assert_eq!(
        with_deflated(&deflate(honest.as_bytes())).unwrap().xml,
        honest.as_bytes()
    );
    let over = count_to(30_000);
    assert_eq!(
        with_deflated(&deflate(over.as_bytes())).unwrap_err(),
        RedirectRefusal::Size
    );
}

#[test]
fn nothing_may_follow_or_be_missing_from_the_stream() {
    let whole = deflate(b"<a>some text that is long enough to cut</a>");
    assert!(with_deflated(&whole).is_ok());
    let mut longer = whole.clone();
    longer.push(0);
    assert!(with_deflated(&longer).is_err());
    assert!(with_deflated(&whole[..whole.len() - 2]).is_err());
    assert!(with_deflated(b"").is_err());
}

/// B18: the last that is taken, and the first that is not.
#[test]
fn each_cap_is_where_it_is_said_to_be() {
    let unsuspicious = 8 * 1024;
    assert!(with_deflated(&deflate(&vec![b'a'; unsuspicious])).is_ok());
    let over = with_deflated(&deflate(&vec![b'a'; unsuspicious + 1]));
    assert_eq!(over.unwrap_err(), RedirectRefusal::Size);

    let numbers: Vec<_> = (0..30_000).map(|number: u32| number.to_string()).collect();
    let mut honest = numbers.join(" ");
    honest.truncate(128 * 1024 + 1);
    let over = with_deflated(&deflate(honest.as_bytes()));
    assert_eq!(over.unwrap_err(), RedirectRefusal::Size);
    honest.truncate(128 * 1024);
    assert!(with_deflated(&deflate(honest.as_bytes())).is_ok());

    let field = |length| from_base64(&"A".repeat(length), "x").map(|bytes| bytes.len());
    assert_eq!(field(128 * 1024), Ok(96 * 1024));
    assert_eq!(field(128 * 1024 + 4), Err(RedirectRefusal::Size));

    let state = |length: usize| read(&query_of("x", Some(&"r".repeat(length))));
    assert_eq!(state(4 * 1024).unwrap().relay_state.unwrap().len(), 4 * 1024);
    assert_eq!(state(4 * 1024 + 1).unwrap_err(), RedirectRefusal::Size);
}

#[test]
fn reasons_are_those_of_the_catalogue() {
    for (refusal, reason) in [
        (RedirectRefusal::Ambiguous("x"), "duplicate_parameter"),
        (RedirectRefusal::NoMessage, "no_message"),
        (RedirectRefusal::HalfSigned, "request_signature"),
        (RedirectRefusal::Encoding, "encoding"),
        (RedirectRefusal::Malformed("x"), "encoding"),
        (RedirectRefusal::Size, "size"),
    ] {
        assert_eq!(refusal.reason(), reason);
    }
}
