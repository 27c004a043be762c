//! Hostile OpenID services: what they ask for (table E).

use std::collections::BTreeSet;

use portner::domain::address::PlainHttp;
use portner::oidc::client::RedirectUri;
use serde_json::json;

use super::Before;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_client::{SECRET, id_token, json, userinfo};
use crate::world::visitor::leads_to;

/// The error that goes back to the service.
pub(crate) fn error_of(page: &Page) -> String {
    let url = leads_to(page).unwrap_or_else(|| panic!("leads nowhere: {}", page.body));
    let found = url.query_pairs().find(|(name, _)| name == "error");
    found
        .unwrap_or_else(|| panic!("no error in {url}"))
        .1
        .into_owned()
}

#[tokio::test]
async fn e01_an_unregistered_address_gets_nothing() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    for address in [
        "https://ondskab.example/callback",
        "https://laesehesten.example/callback/",
        "https://laesehesten.example/Callback",
        "https://laesehesten.example/callback?x=1",
        "https://laesehesten.example/callback#x",
        "https://laesehesten.example@ondskab.example/callback",
        "https://laesehesten.example.ondskab.example/callback",
        "http://laesehesten.example/callback",
        "https://laesehesten.example:443/callback",
        "https://laesehesten.example/callback/../callback",
        "//ondskab.example/callback",
        "javascript:alert(1)",
    ] {
        let mut browser = world.visitor();
        let before = Before::of(&world, &browser).await;
        let page = browser.get(&client.request(&[("redirect_uri", address)])).await;
        before
            .assert_denied(&world, &browser, &page, ("UL-503", "UL-503"), address)
            .await;
        assert_eq!(leads_to(&page), None, "{address}");
        assert!(!page.body.contains("ondskab"), "{address} on our page");
    }
    let mut browser = world.visitor();
    let twice = format!("{}&redirect_uri=https://ondskab.example", client.request(&[]));
    let page = browser.get(&twice).await;
    assert!(
        page.status.is_client_error() && leads_to(&page).is_none(),
        "twice"
    );
}

#[test]
fn e03_no_address_with_a_trick_can_be_registered() {
    for address in [
        "https://*.laesehesten.example/callback",
        "https://laesehesten.example/*",
        "https://laesehesten.example/callback#x",
        "http://laesehesten.example/callback",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://laesehesten.example/callback?code=1",
        "https://laesehesten.example/callback?state=1",
        "https://laesehesten.example/callback?iss=1",
        "https://user:pass@laesehesten.example/callback",
        "/callback",
    ] {
        assert!(
            RedirectUri::parse(address, PlainHttp::Refused).is_err(),
            "{address}"
        );
    }
}

#[tokio::test]
async fn e09_there_is_no_other_flow_than_the_code_flow() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    for kind in [
        "token",
        "id_token",
        "code token",
        "code id_token",
        "none",
        "CODE",
        "code code",
    ] {
        let page = browser.get(&client.request(&[("response_type", kind)])).await;
        assert_eq!(error_of(&page), "unsupported_response_type", "{kind}");
    }
    for mode in ["fragment", "query.jwt", "web_message"] {
        let page = browser.get(&client.request(&[("response_mode", mode)])).await;
        assert_eq!(error_of(&page), "invalid_request", "{mode}");
    }
    for grant in ["password", "client_credentials", "implicit", "refresh_token"] {
        let form = [("grant_type", grant.to_owned()), ("code", "x".to_owned())];
        let page = client
            .ask_token(&browser, &form, vec![client.basic(SECRET)])
            .await;
        assert!(page.status.is_client_error(), "{grant}: {}", page.body);
    }
    assert_eq!(world.house.count("sessions").await, 0);
}

#[tokio::test]
async fn e10_nothing_is_fetched_because_a_request_says_so() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let trap = format!("{}/faelde", world.havnekoebing.issuer);
    for (name, error) in [
        ("request_uri", "request_uri_not_supported"),
        ("request", "request_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        let page = browser.get(&client.request(&[(name, &trap)])).await;
        assert_eq!(error_of(&page), error);
    }
    for name in ["jwks_uri", "sector_identifier_uri", "logo_uri"] {
        browser.get(&client.request(&[(name, &trap)])).await;
    }
    assert_eq!(world.havnekoebing.asked("/faelde"), 0);
}

#[tokio::test]
async fn e15_nothing_beyond_registration_is_given() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let claims = json!({
        "id_token": { "cpr": { "essential": true }, "family_name": null, "email": null },
        "userinfo": { "cpr": null, "family_name": null },
    });
    let request = client.request(&[
        ("scope", "openid profile email cpr ssn offline_access"),
        ("claims", &claims.to_string()),
    ]);
    let page = browser.get(&request).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let code = client.answer(&page)["code"].clone();
    let tokens = client.redeem(&browser, &code).await;
    assert!(json(&tokens)["refresh_token"].is_null());
    let registered: BTreeSet<&str> = [
        "given_name",
        "aktoer_gruppe",
        "institution_ids",
        "institution_names",
        "unilogin_loa",
        "nsis_loa",
        // The same facts under their long names, and what is about nobody.
        "dk:unilogin:aktoergruppe",
        "dk:unilogin:loa",
        "spec_ver",
        "https://data:gov:dk/model/core/specVersion",
    ]
    .into();
    let protocol: BTreeSet<&str> = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "at_hash",
        "sid",
    ]
    .into();
    let access_token = json(&tokens)["access_token"].as_str().unwrap().to_owned();
    for told in [id_token(&tokens), json(&userinfo(&browser, &access_token).await)] {
        for name in told.as_object().unwrap().keys() {
            assert!(
                registered.contains(name.as_str()) || protocol.contains(name.as_str()),
                "{name} was given"
            );
        }
    }
}

#[tokio::test]
async fn e16_freshness_and_level_are_true_or_refused() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let first = client.redeem(&browser, &client.answer(&page)["code"]).await;
    let logged_in_at = id_token(&first)["auth_time"].as_i64().unwrap();
    let subject = id_token(&first)["sub"].clone();
    world.house.wait(jiff::SignedDuration::from_mins(10));

    // A later login that leans on the session says when it was proved.
    let page = browser.get(&client.request(&[])).await;
    let leaned = client.redeem(&browser, &client.answer(&page)["code"]).await;
    assert_eq!(id_token(&leaned)["auth_time"], logged_in_at);
    assert_eq!(id_token(&leaned)["sub"], subject);

    for change in [
        ("prompt", "login"),
        ("max_age", "60"),
        ("max_age", "0"),
        ("prompt", "select_account"),
    ] {
        let page = browser.clone().get(&client.request(&[change])).await;
        assert!(!is_logged_in(&page), "{change:?} is asked for anew");
        assert!(page.url.path().ends_with("/name"), "{change:?}: {}", page.url);
    }
    let stale = browser
        .get(&client.request(&[("prompt", "none"), ("max_age", "60")]))
        .await;
    assert_eq!(error_of(&stale), "login_required");

    // Another level than was proved: asked for anew, and refused when it cannot be had.
    // What nobody here could give is told at once; what somebody could takes a user to be asked.
    for (acr, told) in [
        ("dk:unilogin:loa:ToFaktor", "login_required"),
        (
            "https://data.gov.dk/concept/core/nsis/loa/High",
            "unmet_authentication_requirements",
        ),
        ("hvad-som-helst", "unmet_authentication_requirements"),
    ] {
        let page = browser.clone().get(&client.request(&[("acr_values", acr)])).await;
        assert!(!is_logged_in(&page), "{acr}");
        let quiet = [("acr_values", acr), ("prompt", "none")];
        let page = browser.clone().get(&client.request(&quiet)).await;
        assert_eq!(error_of(&page), told, "{acr}");
    }

    // Whom a hint means that nobody can read, nobody knows: the user proves it again, or is not here.
    let hint = json(&first)["id_token"].as_str().unwrap().to_owned();
    let unreadable = hint.replacen('.', ".A", 1);
    for hint in [unreadable.as_str(), "x.y.z", "x"] {
        let change = [("id_token_hint", hint), ("prompt", "none")];
        let page = browser.clone().get(&client.request(&change)).await;
        assert_eq!(error_of(&page), "login_required", "{hint}");
        let page = browser.clone().get(&client.request(&change[..1])).await;
        assert!(!is_logged_in(&page), "{hint}");
    }
    let readable = [("id_token_hint", hint.as_str()), ("prompt", "none")];
    let page = browser.clone().get(&client.request(&readable)).await;
    assert!(is_logged_in(&page), "the honest hint");

    // Another user than the service names.
    let hint = json(&first)["id_token"].as_str().unwrap().to_owned();
    let page = browser
        .get(&client.request(&[("prompt", "login"), ("id_token_hint", &hint)]))
        .await;
    let page = world.log_in_as(&mut browser, &page, "sofi1234").await;
    assert_eq!(error_of(&page), "login_required");
}
