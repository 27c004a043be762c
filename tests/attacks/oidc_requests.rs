//! Requests that were pushed or signed, and those who would swap, replay or forge them
//! (RFC 9126, RFC 9101; E10).

use std::sync::Arc;

use axum::http::StatusCode;
use portner::keys::Signer;
use portner::oidc::jws::{self, TokenType};
use serde_json::{Value, json};

use super::oidc_codes::assert_refused;
use super::oidc_provider::error_of;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::ORIGIN;
use crate::world::oidc_client::{OidcClient, id_token, json, post_as_program, text_of};
use crate::world::oidc_op::some_key;
use crate::world::visitor::{Visitor, leads_to};

async fn pushed(client: &OidcClient, browser: &Visitor, change: &[(&str, &str)]) -> Page {
    let form = client.asked(change);
    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    client.post(browser, "/oidc/par", &form).await
}

fn by_name(client: &OidcClient, name: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &client.client_id)
        .append_pair("request_uri", name)
        .finish();
    format!("/oidc/authorize?{query}")
}

/// A request on our own page, with no way to the service.
fn assert_on_our_page(page: &Page, why: &str) {
    assert!(page.status.is_client_error(), "{why}: {}", page.status);
    assert_eq!(leads_to(page), None, "{why}");
}

#[tokio::test]
async fn a_pushed_request_logs_in_once_by_its_name() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = pushed(&client, &browser, &[("state", "skubbet"), ("nonce", "n-77")]).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.body);
    assert!(json(&page)["expires_in"].as_i64().unwrap() <= 600);
    let name = text_of(&page, "request_uri");
    // What stands beside the name changes nothing.
    let address = format!(
        "{}&state=ombyttet&redirect_uri=https://ondskab.example",
        by_name(&client, &name)
    );
    let page = browser.get(&address).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let answer = client.answer(&page);
    assert_eq!(answer["state"], "skubbet");
    let tokens = client.redeem(&browser, &answer["code"]).await;
    assert_eq!(id_token(&tokens)["nonce"], "n-77");
    assert_on_our_page(&browser.get(&address).await, "a second time");
}

#[tokio::test]
async fn a_pushed_request_is_its_clients_own_and_for_a_moment() {
    let world = Federation::start().await;
    let (client, other) = (world.client("laesehesten"), world.client("laesehesten-valg"));
    let mut browser = world.visitor();
    let name = text_of(&pushed(&client, &browser, &[]).await, "request_uri");
    assert_on_our_page(&browser.get(&by_name(&other, &name)).await, "another client");
    let page = browser.get(&by_name(&client, &name)).await;
    assert!(
        page.url.path().ends_with("/name"),
        "nobody used it up: {}",
        page.url
    );
    let name = text_of(&pushed(&client, &browser, &[]).await, "request_uri");
    world.house.wait(jiff::SignedDuration::from_secs(91));
    assert_on_our_page(&browser.get(&by_name(&client, &name)).await, "too late");
    for guess in ["x", "ptp_x", "", "ptc_AAAA"] {
        let name = format!("urn:ietf:params:oauth:request_uri:{guess}");
        assert_on_our_page(&browser.get(&by_name(&client, &name)).await, guess);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_pushed_request_is_told_at_once() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let browser = world.visitor();
    for (change, error) in [
        (("redirect_uri", "https://ondskab.example/"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "profile"), "invalid_scope"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (
            ("request_uri", "urn:ietf:params:oauth:request_uri:x"),
            "invalid_request",
        ),
        (("request", "x.y.z"), "request_not_supported"),
        (("resource", "https://api.example"), "invalid_target"),
        (("client_id", "laesehesten-valg"), "invalid_client"),
    ] {
        assert_refused(&pushed(&client, &browser, &[change]).await, error, change.0);
    }
    let form = client.asked(&[]);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let nobody = post_as_program(&browser, "/oidc/par", vec![], body).await;
    assert_refused(&nobody, "invalid_client", "without the secret");
    assert_eq!(world.house.count("grants").await, 0, "nothing is kept of it");
    let audit = world.house.audit().await;
    let denied = audit.iter().filter(|row| row.act == "op.deny");
    assert_eq!(denied.count(), 9, "each leaves a row");
}

async fn signed(
    key: &Arc<dyn Signer>,
    client: &OidcClient,
    world: &Federation,
    change: &[(&str, Value)],
) -> String {
    let mut claims = json!({
        "iss": client.client_id, "aud": ORIGIN, "exp": world.house.now().as_second() + 300,
    });
    for (name, value) in client.asked(&[("state", "underskrevet")]) {
        claims[name] = json!(value);
    }
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    jws::sign(&**key, TokenType::RequestObject, &claims)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_signed_request_counts_and_what_stands_beside_it_does_not() {
    let world = Federation::start().await;
    let client = world.client("underskriver");
    let mut browser = world.visitor();
    let object = signed(&world.client_key, &client, &world, &[]).await;
    let page = browser
        .get(&client.request(&[("request", &object), ("state", "ombyttet")]))
        .await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert_eq!(client.answer(&page)["state"], "underskrevet");

    let unsigned = browser.get(&client.request(&[])).await;
    assert_eq!(error_of(&unsigned), "invalid_request", "this client must sign");
}

#[tokio::test]
async fn a_forged_request_object_is_refused() {
    let world = Federation::start().await;
    let client = world.client("underskriver");
    let mut browser = world.visitor();
    let key = Arc::clone(&world.client_key);
    let stranger = some_key();
    let now = world.house.now().as_second();
    let none = json!({ "alg": "none" });
    let claims =
        json!({ "iss": "underskriver", "client_id": "underskriver", "aud": ORIGIN, "exp": now + 60 });
    let assertion = jws::sign(&*key, TokenType::LogoutToken, &claims).await.unwrap();
    let forged = [
        ("another's key", signed(&stranger, &client, &world, &[]).await),
        (
            "unsigned",
            crate::world::oidc_op::token(&none, &claims, |_| Vec::new()),
        ),
        ("another kind of token", assertion),
        (
            "another audience",
            signed(&key, &client, &world, &[("aud", json!("https://andet.example"))]).await,
        ),
        (
            "another issuer",
            signed(&key, &client, &world, &[("iss", json!("laesehesten"))]).await,
        ),
        (
            "over",
            signed(&key, &client, &world, &[("exp", json!(now - 61))]).await,
        ),
        (
            "for ever",
            signed(&key, &client, &world, &[("exp", json!(now + 86_400))]).await,
        ),
        (
            "without an end",
            signed(&key, &client, &world, &[("exp", Value::Null)]).await,
        ),
        (
            "nested",
            signed(
                &key,
                &client,
                &world,
                &[("request_uri", json!("https://x.example"))],
            )
            .await,
        ),
        (
            "one that would pass as an assertion",
            signed(&key, &client, &world, &[("sub", json!("underskriver"))]).await,
        ),
        ("rubbish", "x.y.z".to_owned()),
    ];
    for (attack, object) in forged {
        let page = browser.get(&client.request(&[("request", &object)])).await;
        assert_eq!(error_of(&page), "invalid_request_object", "{attack}");
    }
    // An address that was not registered is not believed because it was signed.
    let elsewhere = [("redirect_uri", json!("https://ondskab.example/"))];
    let object = signed(&key, &client, &world, &elsewhere).await;
    let page = browser.get(&client.request(&[("request", &object)])).await;
    assert_on_our_page(&page, "signed, but not registered");
}

#[tokio::test]
async fn a_fapi_client_pushes_or_gets_nothing() {
    let world = Federation::start().await;
    let client = world.client("bank");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    assert_eq!(error_of(&page), "invalid_request");
}

/// A service that knows us by the incumbent's name signs its requests for that name.
#[tokio::test]
async fn a_signed_request_is_for_whom_its_service_knows_us_as() {
    let world = Federation::start_changed(|files| {
        let file = "metadata/services/underskriver.toml";
        files.change(file, "release = \"learning\"\n", "face = \"unilogin\"\n");
    })
    .await;
    let client = world.client("underskriver");
    let mut browser = world.visitor();
    let key = Arc::clone(&world.client_key);
    let realm = json!(format!("{ORIGIN}/auth/realms/broker"));
    let right = signed(&key, &client, &world, &[("aud", realm)]).await;
    let page = browser.get(&client.request(&[("request", &right)])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert_eq!(client.answer(&page)["state"], "underskrevet");
    let wrong = signed(&key, &client, &world, &[("aud", json!(ORIGIN))]).await;
    let page = browser.get(&client.request(&[("request", &wrong)])).await;
    assert_eq!(error_of(&page), "invalid_request_object", "another name");
}
