//! A preset in a party's file, and what changes on the wire by that one line.

use portner::saml::Incoming;
use portner::saml::peer::SignWhat;
use portner::saml::xml::{AcceptedCiphers, Document, Limits, verify_response};
use url::Url;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::answer_in;
use crate::world::visitor::leads_to;

const SOFIE: &str = "sofie@lillekoebing.example";
const LILLEKOEBING: &str = "upstreams/lillekoebing";
const SERVICE: &str = "services/skolebroen";

/// Where a browser is sent for Lillekøbing, and the request that it brings.
async fn asked(world: &Federation, service: &str) -> (Url, String) {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, service).await;
    let page = world.type_name(&mut browser, &page, SOFIE).await;
    let url = leads_to(&page).unwrap();
    let incoming = Incoming::from_redirect(url.query().unwrap()).unwrap();
    let xml = incoming.document().root().canonical(usize::MAX).unwrap();
    (url, xml)
}

/// What the service is sent after Lillekøbing's honest answer, signed in these places.
async fn answered(world: &Federation, sign: SignWhat) -> Page {
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    words.sign = Some(sign);
    let form = world.lillekoebing.form(&words, &asked).await;
    browser.post_from_elsewhere(&asked.acs_path(), &form).await
}

#[tokio::test]
async fn entra_and_ad_fs_are_asked_as_they_want_to_be_asked() {
    for (preset, parameter) in [("entra", "login_hint"), ("adfs", "username")] {
        let world = Federation::start().await;
        world.decide(LILLEKOEBING, &format!("preset = \"{preset}\""));
        let (url, xml) = asked(&world, "skolebroen-streng").await;
        assert!(
            !xml.contains("<saml:Subject>") && !xml.contains("Scoping"),
            "{xml}"
        );
        assert!(
            url.query_pairs()
                .any(|(name, value)| name == parameter && value == SOFIE)
        );
        // Entra ID decides for itself; AD FS knows one word for it, and compares exactly.
        assert_eq!(
            xml.contains("multipleauthn</saml:AuthnContextClassRef>"),
            preset == "adfs",
            "{xml}"
        );
        assert_eq!(xml.contains("Comparison=\"exact\""), preset == "adfs", "{xml}");
    }
}

#[tokio::test]
async fn each_deviation_from_a_preset_is_one_line() {
    let world = Federation::start_with_saml("scoping = true\n").await;
    world.decide(LILLEKOEBING, "preset = \"entra\"");
    let (_, xml) = asked(&world, "skolebroen").await;
    assert!(
        xml.contains("Scoping") && !xml.contains("<saml:Subject>"),
        "{xml}"
    );
}

#[tokio::test]
async fn a_peer_must_sign_where_its_profile_says() {
    for (preset, enough) in [("saml2int", SignWhat::Response), ("adfs", SignWhat::Assertion)] {
        let world = Federation::start().await;
        world.decide(LILLEKOEBING, &format!("preset = \"{preset}\""));
        for sign in [SignWhat::Response, SignWhat::Assertion, SignWhat::Both] {
            let page = answered(&world, sign).await;
            let good = sign == enough || sign == SignWhat::Both;
            assert_eq!(is_logged_in(&page), good, "{preset} {sign:?}: {}", page.body);
            if !good {
                assert_eq!(page.refusal_code().as_deref(), Some("UL-303"));
            }
        }
    }
}

#[tokio::test]
async fn a_service_of_the_public_sector_gets_what_oiosaml_3_asks_for() {
    let world = Federation::start().await;
    world
        .house
        .files
        .add("metadata/services/skolebroen.toml", "encrypt = \"none\"\n");
    world.decide(SERVICE, "preset = \"oiosaml-3.0.3\"");
    let (_, xml, _) = answer_in(&answered(&world, SignWhat::Both).await);
    assert!(
        xml.contains(">https://data.gov.dk/model/core/eid/person/uuid/"),
        "{xml}"
    );
    assert!(
        xml.contains("Name=\"https://data.gov.dk/model/core/specVersion\""),
        "{xml}"
    );
    assert!(xml.contains(">OIO-SAML-3.0<"), "{xml}");
    assert_eq!(xml.matches("<ds:Signature ").count(), 1);
    assert!(xml.find("<ds:Signature ") > xml.find("<saml:Assertion "), "{xml}");
}

#[tokio::test]
async fn the_encryption_of_a_profile_needs_a_key_to_encrypt_to() {
    let world = Federation::start().await;
    let path = "metadata/services/skolebroen.toml";
    let before = std::fs::read_to_string(world.house.files.path(path)).unwrap();
    world
        .house
        .files
        .put(path, &format!("preset = \"oiosaml-3.0.3\"\n{before}"));
    let problems = world.house.reload_faulty();
    let told = crate::world::house::told(&problems);
    assert!(
        told.contains("assertions are to be encrypted, but there is no key"),
        "{told}"
    );
}

#[tokio::test]
async fn answers_and_requests_are_signed_with_pss_where_a_peer_wants_that() {
    let world = Federation::start_with_saml("signature = \"rsa-pss-sha256\"\n").await;
    let (url, _) = asked(&world, "skolebroen").await;
    let pss = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "SigAlg" && value == pss)
    );
    let path = "metadata/services/skolebroen.toml";
    world.house.files.add(path, "signature = \"rsa-pss-sha256\"\n");
    world.house.reload();

    let mut browser = world.visitor();
    let (_, url) = world.request_of("skolebroen", |_| {}).await;
    let page = browser.get(&url).await;
    let page = world.type_name(&mut browser, &page, SOFIE).await;
    let asked = world.lillekoebing.read(&page);
    let form = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &form).await;
    let (_, xml, _) = answer_in(&page);
    assert_eq!(xml.matches(pss).count(), 2, "{xml}");
    let portner = world
        .service("skolebroen")
        .portner_as_idp(world.portner_metadata());
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let verified = verify_response(&document, portner.keys.as_slice(), &[], AcceptedCiphers::Gcm).unwrap();
    assert!(verified.response().is_some() && verified.assertion_is_signed());
}

#[tokio::test]
async fn an_openid_preset_says_what_its_tokens_are_signed_with() {
    let world = Federation::start().await;
    let page = {
        let path = "metadata/upstreams/havnekoebing.toml";
        world.house.files.change(path, "algorithms = [\"ES256\"]\n", "");
        world.decide("upstreams/havnekoebing", "preset = \"entra\"");
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen-streng").await;
        let page = world
            .type_name(&mut browser, &page, "eva@havnekoebing.example")
            .await;
        let url = leads_to(&page).unwrap();
        assert!(!url.query_pairs().any(|(name, _)| name == "acr_values"), "{url}");
        let question = world.havnekoebing.read(&page);
        let mut claims = world.havnekoebing.claims(&question, world.house.now());
        claims["uniid"] = "1000001201".into();
        world.havnekoebing.will_say(&claims).await;
        browser.get(&world.havnekoebing.way_back(&question)).await
    };
    assert_eq!(page.refusal_code().as_deref(), Some("UL-303"), "{}", page.body);
}
