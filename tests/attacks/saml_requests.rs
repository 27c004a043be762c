//! Hostile SAML services: requests that are forged, or ask for the answer elsewhere (B19, B20, B23).

use data_encoding::BASE64;
use url::form_urlencoded;

use super::Before;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::answer_in;
use crate::world::saml_sp::RequestWords;
use crate::world::visitor::{Visitor, leads_to};
use crate::xml::mutator::editing::unsigned;

pub(crate) const SERVICE: &str = "skolebroen";

pub(crate) fn words(world: &Federation) -> RequestWords {
    RequestWords::of(world.service(SERVICE), world.house.now())
}

pub(crate) async fn signed(world: &Federation, words: &RequestWords) -> String {
    words.signed_url(world.service(SERVICE).signer()).await
}

pub(crate) async fn assert_denied(world: &Federation, url: &str, denied: (&str, &str), attack: &str) {
    let mut browser = world.visitor();
    let before = Before::of(world, &browser).await;
    let page = browser.get(url).await;
    before.assert_denied(world, &browser, &page, denied, attack).await;
    assert_eq!(leads_to(&page), None, "{attack}: sent on");
    assert!(!page.body.contains("ondskab"), "{attack} is shown");
}

pub(crate) async fn assert_form_denied(
    world: &Federation,
    form: &[(String, String)],
    denied: (&str, &str),
    attack: &str,
) {
    let mut browser = world.visitor();
    let before = Before::of(world, &browser).await;
    let page = browser.post_from_elsewhere("/saml/sso", form).await;
    before.assert_denied(world, &browser, &page, denied, attack).await;
}

pub(crate) async fn assert_taken(mut browser: Visitor, url: &str) {
    let page = browser.get(url).await;
    assert!(page.url.path().ends_with("/name"), "{}: {}", page.url, page.body);
}

type Change = fn(&mut RequestWords);

#[tokio::test]
async fn b19_the_answer_goes_to_a_registered_address_alone() {
    let world = Federation::start().await;
    let elsewhere = [
        "https://ondskab.example/acs",
        "https://skolebroen.example/acs/",
        "https://skolebroen.example/ACS",
        "https://skolebroen.example/acs?x=1",
        "https://skolebroen.example/acs#x",
        "https://skolebroen.example:443/acs",
        "https://skolebroen.example/../acs",
        "https://skolebroen.example@ondskab.example/acs",
        "http://skolebroen.example/acs",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://skolebroen.example/acs",
        "data:text/html,ondskab",
        "//ondskab.example/acs",
        " https://skolebroen.example/acs",
        "",
    ];
    for url in elsewhere {
        let mut words = words(&world);
        words.acs_url = Some(url.to_owned());
        let denied = ("UL-503", "not registered");
        assert_denied(&world, &signed(&world, &words).await, denied, url).await;
    }
    for index in [
        "7",
        "-1",
        "0x1",
        "65536",
        "99999999999999999999",
        "",
        "javascript:",
    ] {
        for url in [None, Some("https://skolebroen.example/acs".to_owned())] {
            let mut words = words(&world);
            words.acs_index = Some(index.to_owned());
            words.acs_url = url;
            words.binding = None;
            let denied = ("UL-503", "not registered");
            assert_denied(&world, &signed(&world, &words).await, denied, index).await;
        }
    }
    for binding in [
        "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
        "urn:oasis:names:tc:SAML:2.0:bindings:PAOS",
        "",
    ] {
        let mut words = words(&world);
        words.binding = Some(binding.to_owned());
        // The service is told, at its own address and by the binding that there is.
        let page = world.visitor().get(&signed(&world, &words).await).await;
        let (to, answer, _) = answer_in(&page);
        assert_eq!(to.as_str(), "https://skolebroen.example/acs", "{binding}");
        assert!(
            answer.contains("status:UnsupportedBinding"),
            "{binding}: {answer}"
        );
        assert!(!is_logged_in(&page), "{binding}");
    }
}

#[tokio::test]
async fn b19_metadata_with_such_an_address_is_not_registered() {
    let xml = "metadata/services/skolebroen.xml";
    for address in [
        "http://skolebroen.example/acs",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@skolebroen.example/acs",
        "https://skolebroen.example/acs#x",
        "/acs",
        "",
    ] {
        let world = Federation::start().await;
        let url = signed(&world, &words(&world)).await;
        let place = "Location=\"https://skolebroen.example/acs\"";
        world
            .house
            .files
            .change(xml, place, &format!("Location=\"{address}\""));
        let problems = world.house.reload_faulty();
        assert!(problems.stop_logins(), "{address} is told to the operator");
        assert_denied(&world, &url, ("UL-501", "UL-501"), address).await;
    }
}

#[tokio::test]
async fn b20_a_service_that_signs_is_believed_by_its_signature_alone() {
    let world = Federation::start().await;
    let forged = ("UL-502", "[request_signature]");
    let (own, other) = (world.service(SERVICE), world.service("skolebroen-valg"));
    let honest = words(&world);
    let url = signed(&world, &honest).await;
    let sig_alg = "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23ecdsa-sha256";
    let mut named = vec![
        ("unsigned".to_owned(), honest.unsigned_url()),
        (
            "another's key".to_owned(),
            honest.signed_url(other.signer()).await,
        ),
        (
            "another's name".to_owned(),
            RequestWords::of(other, world.house.now())
                .signed_url(own.signer())
                .await,
        ),
        (
            "the identity provider's key".to_owned(),
            honest.signed_url(&*world.lillekoebing.signer).await,
        ),
    ];
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "none",
        "",
    ] {
        let encoded: String = form_urlencoded::byte_serialize(algorithm.as_bytes()).collect();
        assert!(url.contains(sig_alg), "{url}");
        named.push((algorithm.to_owned(), url.replace(sig_alg, &encoded)));
    }
    let (before, _) = url.rsplit_once('=').unwrap();
    for value in ["", "AAAA", &BASE64.encode(&[0; 64])] {
        let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        named.push((format!("Signature {value:?}"), format!("{before}={value}")));
    }
    for (attack, url) in &named {
        assert_denied(&world, url, forged, &format!("B20 {attack}")).await;
    }
    let changes: [(&str, Change, (&str, &str)); 5] = [
        ("no Issuer", |words| words.issuer = None, ("UL-501", "")),
        (
            "an unknown Issuer",
            |words| words.issuer = Some("https://ondskab.example".to_owned()),
            ("UL-501", ""),
        ),
        (
            "another Destination",
            |words| words.destination = Some("https://ondskab.example/sso".to_owned()),
            ("UL-502", "[destination]"),
        ),
        (
            "no Destination",
            |words| words.destination = None,
            ("UL-502", "[destination]"),
        ),
        (
            "a logout request",
            |words| words.message = "LogoutRequest",
            ("UL-502", "[version]"),
        ),
    ];
    for (attack, change, denied) in changes {
        let mut words = honest.clone();
        change(&mut words);
        assert_denied(&world, &signed(&world, &words).await, denied, attack).await;
    }
    assert_taken(world.visitor(), &url).await;
}

#[tokio::test]
async fn b20_a_posted_request_is_what_was_signed() {
    let world = Federation::start().await;
    let forged = ("UL-502", "[request_signature]");
    let honest = words(&world);
    let own = world.service(SERVICE).signer();
    let xml = portner::saml::xml::sign_enveloped(honest.xml(), own)
        .await
        .unwrap();
    let xml = xml.as_str();
    let acs = "https://skolebroen.example/acs";
    let evil = xml.replace(acs, "https://ondskab.example/acs");
    let plain = honest.xml();
    let wrapped = xml.replacen(
        "</samlp:AuthnRequest>",
        &format!("<samlp:Extensions>{xml}</samlp:Extensions></samlp:AuthnRequest>"),
        1,
    );
    for (attack, xml) in [
        ("unsigned", plain.as_str().to_owned()),
        ("changed", evil.clone()),
        ("the signature taken out", unsigned(xml)),
        ("wrapped", wrapped),
        (
            "another's within",
            plain.as_str().replacen(
                "</saml:Issuer>",
                &format!("</saml:Issuer><samlp:Extensions>{xml}</samlp:Extensions>"),
                1,
            ),
        ),
    ] {
        assert_form_denied(
            &world,
            &honest.form_of(&xml),
            forged,
            &format!("B20 posted, {attack}"),
        )
        .await;
    }
    let other = honest.form(Some(world.service("skolebroen-valg").signer())).await;
    assert_form_denied(&world, &other, forged, "B20 posted, another's key").await;
}

/// A service that need not sign is not disbelieved for it; what it signs must be right all the same.
#[tokio::test]
async fn b20_a_signature_that_nobody_demanded_must_be_right() {
    let world = Federation::start().await;
    let file = "metadata/services/skolebroen.toml";
    world
        .house
        .files
        .change(file, "requests = \"signed\"", "requests = \"unsigned\"");
    world.house.reload();
    let honest = words(&world);
    assert_taken(world.visitor(), &honest.unsigned_url()).await;
    let stranger = &*world.lillekoebing.signer;
    let forged = ("UL-502", "[request_signature]");
    assert_denied(&world, &honest.signed_url(stranger).await, forged, "B20").await;
    let form = honest.form(Some(stranger)).await;
    assert_form_denied(&world, &form, forged, "B20 posted").await;
    let mut words = honest;
    words.acs_url = Some("https://ondskab.example/acs".to_owned());
    let unregistered = ("UL-503", "not registered");
    assert_denied(&world, &words.unsigned_url(), unregistered, "B19 unsigned").await;
}

/// Logout messages have an address of their own: anywhere else they end nobody's session.
#[tokio::test]
async fn b23_no_logout_message_ends_a_session_elsewhere() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, SERVICE).await;
    assert!(is_logged_in(
        &world.log_in_as(&mut browser, &page, "alma1234").await
    ));
    let sessions = world.house.snapshot().await;
    let service = world.service(SERVICE);
    for message in ["LogoutRequest", "LogoutResponse"] {
        let mut words = RequestWords::of(service, world.house.now());
        words.message = message;
        browser.get(&words.signed_url(service.signer()).await).await;
        browser.get(&words.unsigned_url()).await;
        let form = words.form(Some(service.signer())).await;
        for place in ["/saml/sso", "/saml/acs/lillekoebing", "/oidc/logout"] {
            browser.post_from_elsewhere(place, &form).await;
        }
    }
    assert_eq!(world.house.snapshot().await, sessions);
    let page = world.arrive(&mut browser, SERVICE).await;
    assert!(is_logged_in(&page), "still logged in");
}
