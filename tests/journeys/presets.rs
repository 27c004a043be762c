//! A preset in a party's file, and what changes on the wire by that one line.

use portner::saml::Incoming;
use portner::saml::peer::SignWhat;
use portner::saml::xml::{AcceptedCiphers, Document, Limits, verify_response};
use url::Url;

use crate::trust::sources::portner as command;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::answer_in;
use crate::world::visitor::leads_to;
use crate::xml::judges;

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

const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// Skolebroen and Lillekøbing want to be signed for with ECDSA, and there are keys for that.
async fn with_elliptic_keys() -> Federation {
    Federation::start_with_own_keys_changed(|files| {
        let made = command(files, &["keys", "new", "--ecdsa"]);
        assert_eq!(made.matches("-es256.pem").count(), 2, "{made}");
        for party in ["services/skolebroen", "upstreams/lillekoebing"] {
            files.add(
                &format!("metadata/{party}.toml"),
                "signature = \"ecdsa-sha256\"\n",
            );
        }
    })
    .await
}

/// What `service` is sent after Lillekøbing's honest answer.
async fn told(world: &Federation, service: &str) -> String {
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, service).await;
    let form = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &form).await;
    answer_in(&page).1
}

/// The certificate of a key file, in a file of its own: what a peer would have from our metadata.
fn certificate_of(world: &Federation, key: &str) -> std::path::PathBuf {
    let text = std::fs::read_to_string(world.house.files.path("keys").join(key)).unwrap();
    let begins = text.find("-----BEGIN CERTIFICATE-----").unwrap();
    let file = world.house.files.path(&format!("{key}.crt"));
    std::fs::write(&file, &text[begins..]).unwrap();
    file
}

fn xmlsec1_verifies(world: &Federation, xml: &str, key: &str) -> bool {
    let document = world.house.files.path("answer.xml");
    std::fs::write(&document, xml).unwrap();
    let mut xmlsec1 = std::process::Command::new("xmlsec1");
    xmlsec1.arg("--verify").args(judges::IDS).arg("--pubkey-cert-pem");
    xmlsec1.arg(certificate_of(world, key)).arg(document);
    xmlsec1.output().unwrap().status.success()
}

#[tokio::test]
async fn who_wants_ecdsa_is_signed_for_with_a_key_of_its_own_and_nobody_else_notices() {
    let world = with_elliptic_keys().await;
    // Lillekøbing verifies the request by what our metadata says; so do the services their answers.
    let (url, _) = asked(&world, "skolebroen").await;
    let algorithm = url.query_pairs().find(|(name, _)| name == "SigAlg").unwrap().1;
    assert_eq!(algorithm, ECDSA);
    let xml = told(&world, "skolebroen").await;
    assert_eq!(xml.matches(ECDSA).count(), 2, "{xml}");
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let portner = world
        .service("skolebroen")
        .portner_as_idp(world.portner_metadata());
    let verified = verify_response(&document, portner.keys.as_slice(), &[], AcceptedCiphers::Gcm).unwrap();
    assert!(verified.response().is_some() && verified.assertion_is_signed());
    if judges::installed("xmlsec1") {
        assert!(xmlsec1_verifies(&world, &xml, "assertions-es256.pem"));
        assert!(!xmlsec1_verifies(
            &world,
            &xml.replace("1000001201", "1000001202"),
            "assertions-es256.pem"
        ));
        assert!(
            !xmlsec1_verifies(&world, &xml, "requests-es256.pem"),
            "each role has keys of its own"
        );
    }
    let others = told(&world, "skolebroen-valg").await;
    assert!(
        !others.contains(ECDSA) && others.contains("rsa-sha256"),
        "{others}"
    );
}

/// Keycloak keeps one certificate of ours, the last of its role: for whom we sign with ECDSA, that one.
#[tokio::test]
async fn our_metadata_has_both_keys_and_last_the_one_that_its_reader_meets() {
    let world = with_elliptic_keys().await;
    let certificates = async |target: &str| {
        let xml = world.visitor().get(target).await.body;
        let role = xml.split("<md:SPSSODescriptor").nth(1).unwrap().to_owned();
        let keys = role.split("<md:KeyDescriptor use=\"signing\">").skip(1);
        keys.map(|key| {
            let certificate = key.split("<ds:X509Certificate>").nth(1).unwrap();
            certificate.split('<').next().unwrap().to_owned()
        })
        .collect::<Vec<String>>()
    };
    let lillekoebing = certificates("/saml/metadata/lillekoebing").await;
    let storkoebing = certificates("/saml/metadata/storkoebing").await;
    assert_eq!((lillekoebing.len(), storkoebing.len()), (2, 2));
    assert_eq!(lillekoebing[0], storkoebing[1]);
    let elliptic = std::fs::read_to_string(certificate_of(&world, "requests-es256.pem")).unwrap();
    let elliptic: String = elliptic.lines().filter(|line| !line.starts_with("---")).collect();
    assert_eq!(lillekoebing[1], elliptic);
    assert_eq!(certificates("/saml/metadata").await, storkoebing);
}

#[tokio::test]
async fn who_wants_ecdsa_is_not_served_without_such_a_key_and_is_as_soon_as_it_is_there() {
    let world = Federation::start_with_own_keys().await;
    let path = "metadata/services/skolebroen.toml";
    world.house.files.add(path, "signature = \"ecdsa-sha256\"\n");
    let told_of = crate::world::house::told(&world.house.reload_faulty());
    assert!(
        told_of.contains("no key assertions-es256 to sign with"),
        "{told_of}"
    );
    // Nothing is signed by a key that it did not ask for.
    let page = world.arrive(&mut world.visitor(), "skolebroen").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-501"), "{}", page.body);
    command(&world.house.files, &["keys", "new", "--ecdsa"]);
    assert!(
        portner::app::rotation::read_anew(&world.house.portner)
            .faults
            .is_empty()
    );
    world.house.reload();
    assert!(told(&world, "skolebroen").await.contains(ECDSA));
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
