//! The bindings in the hands of hostile SAML services: parameters that are doubled or spelled
//! otherwise, streams that blow up (B17, B18).

use std::io::Write;

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use url::form_urlencoded;

use super::alone::{is_alone, resident_kib};
use super::saml_requests::{SERVICE, assert_denied, assert_form_denied, assert_taken, signed, words};
use crate::world::federation::Federation;

#[tokio::test]
async fn b17_every_parameter_of_a_redirect_is_there_once_and_as_it_was_signed() {
    let world = Federation::start().await;
    let url = signed(&world, &words(&world)).await;
    let (address, query) = url.split_once('?').unwrap();
    let doubled = ("UL-502", "[duplicate_parameter]");
    for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature"] {
        let pair = query
            .split('&')
            .find(|pair| pair.starts_with(&format!("{name}=")))
            .unwrap();
        let other = format!("{name}=andet");
        let disguised = format!("%{:X}{}", name.as_bytes()[0], &pair[1..]);
        for (attack, query) in [
            ("the same again", format!("{query}&{pair}")),
            ("another behind", format!("{query}&{other}")),
            ("another in front", format!("{other}&{query}")),
            ("in disguise", query.replacen(pair, &disguised, 1)),
            ("in disguise besides", format!("{query}&{disguised}")),
        ] {
            let attack = format!("B17 {name} {attack}");
            assert_denied(&world, &format!("{address}?{query}"), doubled, &attack).await;
        }
    }
    let forged = ("UL-502", "[request_signature]");
    let reencoded = |from: &str, to: &str| {
        assert!(query.contains(from), "{from} in {query}");
        format!("{address}?{}", query.replacen(from, to, 1))
    };
    let message = query.split('&').next().unwrap().split_once('=').unwrap().1;
    let first = format!("%{:02X}{}", message.as_bytes()[0], &message[1..]);
    for (attack, url, denied) in [
        (
            "both kinds of message",
            format!("{url}&SAMLResponse={message}"),
            doubled,
        ),
        (
            "the request as an answer",
            reencoded("SAMLRequest=", "SAMLResponse="),
            ("UL-502", "[no_message]"),
        ),
        (
            "RelayState spelled with an escape",
            reencoded("RelayState=retur", "RelayState=%72etur"),
            forged,
        ),
        (
            "another RelayState",
            reencoded("RelayState=retur", "RelayState=andet"),
            forged,
        ),
        ("no RelayState", reencoded("&RelayState=retur", ""), forged),
        ("small hexadecimal digits", reencoded("%3A", "%3a"), forged),
        ("the message with an escape", reencoded(message, &first), forged),
        (
            "no SigAlg",
            reencoded(query.split('&').nth(2).unwrap(), "x=y"),
            forged,
        ),
        (
            "no Signature",
            reencoded(query.split('&').nth(3).unwrap(), "x=y"),
            forged,
        ),
    ] {
        assert_denied(&world, &url, denied, &format!("B17 {attack}")).await;
    }
    assert_taken(world.visitor(), &url).await;
}

#[tokio::test]
async fn b17_every_field_of_a_form_is_there_once() {
    let world = Federation::start().await;
    let words = words(&world);
    let honest = words.form(Some(world.service(SERVICE).signer())).await;
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for (attack, more) in [
        ("two requests", field("SAMLRequest", &honest[0].1)),
        ("two RelayStates", field("RelayState", "andet")),
        ("an answer too", field("SAMLResponse", &honest[0].1)),
    ] {
        let form: Vec<_> = honest.iter().cloned().chain([more]).collect();
        assert_form_denied(&world, &form, ("UL-502", "[duplicate_parameter]"), attack).await;
    }
    let page = world.visitor().post_from_elsewhere("/saml/sso", &honest).await;
    assert!(page.url.path().ends_with("/name"), "{}", page.body);
}

/// What a service wants back travels in the login; a long one is parked, where there is room for some.
#[tokio::test]
async fn b17_a_relay_state_has_an_end_by_either_binding() {
    let world = Federation::start().await;
    let honest = words(&world).form(Some(world.service(SERVICE).signer())).await;
    let with = |length: usize| {
        let mut form: Vec<_> = honest
            .iter()
            .filter(|field| field.0 != "RelayState")
            .cloned()
            .collect();
        form.push(("RelayState".to_owned(), "r".repeat(length)));
        form
    };
    for length in [4097, 500_000] {
        let attack = format!("B17 a RelayState of {length} bytes");
        assert_form_denied(&world, &with(length), ("UL-607", "larger than is read"), &attack).await;
    }
    let page = world
        .visitor()
        .post_from_elsewhere("/saml/sso", &with(4096))
        .await;
    assert!(page.url.path().ends_with("/name"), "{}", page.body);
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn redirect_of(stream: &[u8]) -> String {
    let message: String = form_urlencoded::byte_serialize(BASE64.encode(stream).as_bytes()).collect();
    format!("/saml/sso?SAMLRequest={message}")
}

/// Streams that are no honest message, and what is said of each.
fn bad_streams(honest: &[u8]) -> Vec<(&'static str, Vec<u8>, (&'static str, &'static str))> {
    let (bomb, encoding) = (("UL-607", "larger than is read"), ("UL-502", "[encoding]"));
    let stream = deflated(honest);
    let nested = deflated(&deflated(&vec![b'a'; 10_000_000]));
    vec![
        ("a megabyte of zeros", deflated(&vec![0; 1_000_000]), bomb),
        ("a hundred megabytes", deflated(&vec![b' '; 100_000_000]), bomb),
        (
            "just over the ratio",
            deflated(&[honest, &vec![b' '; 60_000]].concat()),
            bomb,
        ),
        ("a bomb in a bomb", nested, bomb),
        ("a byte behind", [stream.as_slice(), b"x"].concat(), encoding),
        ("a stream behind", [stream.as_slice(), &stream].concat(), encoding),
        ("cut off", stream[..stream.len() - 3].to_vec(), encoding),
        ("nothing", Vec::new(), encoding),
        ("noise", vec![0xff; 4_000], encoding),
        (
            "with a zlib head",
            [b"\x78\x9c".as_slice(), &stream].concat(),
            encoding,
        ),
    ]
}

#[tokio::test]
async fn b18_a_bomb_or_a_broken_stream_is_refused() {
    let world = Federation::start().await;
    let honest = words(&world).xml();
    for (attack, stream, denied) in bad_streams(honest.as_str().as_bytes()) {
        let url = redirect_of(&stream);
        // Longer than any address that a server takes.
        if url.len() > 60_000 {
            continue;
        }
        assert_denied(&world, &url, denied, &format!("B18 {attack}")).await;
    }
    let large = vec![("SAMLRequest".to_owned(), "A".repeat(400_000))];
    assert_form_denied(&world, &large, ("UL-607", ""), "B18 a large form").await;
}

/// How much memory thousands of bad streams may leave behind.
const MOST_LEFT_KIB: u64 = 4 * 1024;

#[tokio::test]
async fn b18_memory_stays_flat_under_bombs() {
    if !is_alone("attacks::saml_bindings::b18_memory_stays_flat_under_bombs") {
        return;
    }
    let world = Federation::start().await;
    let honest = words(&world).xml();
    let urls: Vec<_> = bad_streams(honest.as_str().as_bytes())
        .iter()
        .map(|(_, stream, _)| redirect_of(stream))
        .filter(|url| url.len() < 60_000)
        .collect();
    let mut browser = world.visitor();
    let mut round = async |times: usize| {
        for _ in 0..times {
            for url in &urls {
                assert!(browser.get_once(url).await.status.is_client_error());
            }
        }
    };
    round(10).await;
    let before = resident_kib();
    round(60).await;
    let left = resident_kib().saturating_sub(before);
    assert!(left < MOST_LEFT_KIB, "{left} KiB more than before");
}
