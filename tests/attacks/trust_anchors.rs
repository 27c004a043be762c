//! Parties without a usable key, and metadata that is over or somebody else's (A02, B24).

use axum::http::StatusCode;
use portner::oidc::jwks::JwkSetDocument;
use serde_json::{Value, json};

use super::Before;
use super::saml_stage::Stage;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::SamlIdp;
use crate::world::visitor::leads_to;

const XML: &str = "metadata/upstreams/lillekoebing.xml";

/// Everything between the two, without them.
fn between<'x>(text: &'x str, from: &str, to: &str) -> &'x str {
    let (_, rest) = text.split_once(from).unwrap();
    rest.split_once(to).unwrap().0
}

/// The metadata of Lillekøbing, which some mishap has left without a key that signatures can be checked with.
fn keyless() -> Vec<(&'static str, String)> {
    let honest = SamlIdp::new("lillekoebing").metadata();
    let certificate = between(&honest, "<ds:X509Certificate>", "</ds:X509Certificate>");
    let descriptor = between(
        &honest,
        "<md:KeyDescriptor use=\"signing\">",
        "</md:KeyDescriptor>",
    );
    let whole = format!("<md:KeyDescriptor use=\"signing\">{descriptor}</md:KeyDescriptor>");
    vec![
        ("no KeyDescriptor", honest.replace(&whole, "")),
        ("an empty KeyDescriptor", honest.replace(descriptor, "")),
        ("an empty certificate", honest.replace(certificate, "")),
        ("blanks for a certificate", honest.replace(certificate, "  \n ")),
        (
            "noise for a certificate",
            honest.replace(certificate, "AAAABBBBCCCC"),
        ),
        (
            "half a certificate",
            honest.replace(certificate, &certificate[..200]),
        ),
        (
            "a key for encryption alone",
            honest.replace("use=\"signing\"", "use=\"encryption\""),
        ),
        (
            "a key by name alone",
            honest.replace(
                descriptor,
                "<ds:KeyInfo><ds:KeyName>noegle</ds:KeyName></ds:KeyInfo>",
            ),
        ),
    ]
}

#[tokio::test]
async fn a02_nobody_is_believed_without_a_key() {
    for (mishap, metadata) in keyless() {
        let mut stage = Stage::set().await;
        stage.world.house.files.put(XML, &metadata);
        let problems = stage.world.house.reload_faulty();
        assert!(problems.stop_logins(), "{mishap} is told to the operator");
        assert!(
            problems.to_string().contains("no usable signing key"),
            "{mishap}: {problems}"
        );

        // An honest answer to a request that was sent before is not taken any more, signed or not.
        for sign in [stage.words().sign, None] {
            let mut words = stage.words();
            words.sign = sign;
            let before = stage.before().await;
            let page = stage.say(&words).await;
            let denied = ("UL-303", "[no_trust_anchor]");
            before
                .assert_denied(&stage.world, &stage.browser, &page, denied, mishap)
                .await;
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{mishap}");
        }
        // And nobody is sent there.
        let mut other = stage.world.visitor();
        let page = stage.world.arrive(&mut other, "skolebroen").await;
        let page = stage
            .world
            .type_name(&mut other, &page, "sofie@lillekoebing.example")
            .await;
        assert!(
            page.refusal_code().is_some() || leads_to(&page).is_none(),
            "{mishap}"
        );
        assert!(!stage.world.lillekoebing.is_asked_by(&page), "{mishap}");
    }
}

#[tokio::test]
async fn a02_an_openid_provider_without_a_key_is_not_asked() {
    let encryption = |world: &Federation| {
        let key = JwkSetDocument::of(&[std::sync::Arc::clone(&world.havnekoebing.signer)]);
        let mut key: Value = serde_json::to_value(key).unwrap();
        key["keys"][0]["use"] = "enc".into();
        key
    };
    let world = Federation::start().await;
    for (mishap, keys) in [
        ("none", json!({ "keys": [] })),
        ("for encryption", encryption(&world)),
        (
            "a shared secret",
            json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "alg": "HS256" }] }),
        ),
        ("an empty one", json!({ "keys": [{}] })),
    ] {
        let world = Federation::start().await;
        world.havnekoebing.serve("/jwks", &keys);
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let before = Before::of(&world, &browser).await;
        let page = world
            .type_name(&mut browser, &page, "sofie@havnekoebing.example")
            .await;
        let denied = ("UL-303", "[no_trust_anchor]");
        before
            .assert_denied(&world, &browser, &page, denied, mishap)
            .await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{mishap}");
        assert_eq!(leads_to(&page), None, "{mishap}");
    }
}

/// A provider whose keys vanish keeps those that it had: nobody becomes unchecked by that.
#[tokio::test]
async fn a02_keys_that_vanish_leave_the_last_good_ones() {
    let world = Federation::start().await;
    let log_in = async |claims: fn(&mut Value)| {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world
            .type_name(&mut browser, &page, "sofie@havnekoebing.example")
            .await;
        let question = world.havnekoebing.read(&page);
        let mut said = world.havnekoebing.claims(&question, world.house.now());
        said["uniid"] = "1000001201".into();
        claims(&mut said);
        world.havnekoebing.will_say(&said).await;
        browser.get(&world.havnekoebing.way_back(&question)).await
    };
    assert!(is_logged_in(&log_in(|_| {}).await));
    world.havnekoebing.serve("/jwks", &json!({ "keys": [] }));
    world.house.wait(jiff::SignedDuration::from_mins(61));
    assert!(is_logged_in(&log_in(|_| {}).await), "its old key still counts");
    let page = log_in(|claims| claims["nonce"] = "andet".into()).await;
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-303"),
        "and is still checked"
    );
}

#[tokio::test]
async fn b24_metadata_that_is_over_or_another_partys_registers_nobody() {
    let honest = SamlIdp::new("lillekoebing").metadata();
    let until =
        |moment: &str| honest.replacen(" entityID=", &format!(" validUntil=\"{moment}\" entityID="), 1);
    let faulty = [
        ("over", until("2027-02-28T23:59:59Z")),
        ("over to the second", until("2027-03-01T08:00:00Z")),
        ("at no time", until("snart")),
        (
            "two parties",
            format!(
                "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{honest}{honest}\
                 </md:EntitiesDescriptor>"
            ),
        ),
        (
            "no address that is https",
            honest.replace("Location=\"https:", "Location=\"http:"),
        ),
        (
            "an address with script",
            honest.replace(
                "Location=\"https://idp.lillekoebing.example/sso\"",
                "Location=\"javascript:x\"",
            ),
        ),
        (
            "an entity declaration",
            format!("<!DOCTYPE x [<!ENTITY e \"x\">]>{honest}"),
        ),
        (
            "another role",
            honest.replace("IDPSSODescriptor", "SPSSODescriptor"),
        ),
    ];
    for (fault, metadata) in faulty {
        let mut stage = Stage::set().await;
        stage.world.house.files.put(XML, &metadata);
        assert!(stage.world.house.reload_faulty().stop_logins(), "{fault}");
        let before = stage.before().await;
        let page = stage.say(&stage.words()).await;
        let denied = ("UL-303", "[no_trust_anchor]");
        before
            .assert_denied(&stage.world, &stage.browser, &page, denied, fault)
            .await;
    }
}

/// Another party's metadata under the name of one that is registered: the name stays with the first, and
/// whoever's key is which is told to the operator.
#[tokio::test]
async fn b24_a_name_that_is_taken_stays_with_whom_has_it() {
    let mut stage = Stage::set().await;
    let files = &stage.world.house.files;
    let own = std::fs::read_to_string(files.path("metadata/upstreams/lillekoebing.toml")).unwrap();
    let evil = SamlIdp::new("ondskab");
    let evil_metadata = evil.metadata().replace(
        "entityID=\"https://idp.ondskab.example\"",
        "entityID=\"https://idp.lillekoebing.example\"",
    );
    files.put(
        "metadata/upstreams/ondskab.toml",
        &own.replace("lillekoebing.example", "ondskab.example"),
    );
    files.put("metadata/upstreams/ondskab.xml", &evil_metadata);
    let problems = stage.world.house.reload_faulty();
    assert!(problems.stop_logins() && problems.to_string().contains("belongs to lillekoebing"));

    let words = stage.words();
    let before = stage.before().await;
    let page = stage.post(&evil.form(&words, &stage.asked).await).await;
    let denied = ("UL-303", "[signature]");
    before
        .assert_denied(&stage.world, &stage.browser, &page, denied, "B24")
        .await;
    stage.assert_honest_answer_counts().await;
}

/// A domain is one upstream's: who claims another's is told, and users of the domain go where they went.
#[tokio::test]
async fn b24_a_domain_that_is_taken_stays_with_whom_has_it() {
    let world = Federation::start().await;
    let files = &world.house.files;
    let own = std::fs::read_to_string(files.path("metadata/upstreams/lillekoebing.toml")).unwrap();
    files.put("metadata/upstreams/ondskab.toml", &own);
    files.put(
        "metadata/upstreams/ondskab.xml",
        &SamlIdp::new("ondskab").metadata(),
    );
    assert!(world.house.reload_faulty().stop_logins());
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@lillekoebing.example")
        .await;
    assert!(world.lillekoebing.is_asked_by(&page));
}
