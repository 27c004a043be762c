//! Thieves of codes and tokens, and clients that are not who they say (E04, E06, E11).

use axum::http::StatusCode;
use portner::oidc::jws::{self, TokenType};
use serde_json::{Value, json};

use super::oidc_provider::error_of;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::ORIGIN;
use crate::world::oidc_client::{OidcClient, SECRET, VERIFIER, challenge_of, json, userinfo};
use crate::world::oidc_op::{some_key, token};
use crate::world::visitor::Visitor;

/// Logs Alma in at a client, and takes the code.
pub(crate) async fn code_for(world: &Federation, client: &OidcClient, browser: &mut Visitor) -> String {
    world.house.wait(jiff::SignedDuration::from_secs(61));
    let page = browser.get(&client.request(&[("prompt", "login")])).await;
    let page = world.log_in_as(browser, &page, "alma1234").await;
    client.answer(&page)["code"].clone()
}

pub(crate) fn assert_refused(page: &Page, error: &str, attack: &str) {
    assert!(
        page.status.is_client_error(),
        "{attack}: {} {}",
        page.status,
        page.body
    );
    assert_eq!(json(page)["error"], error, "{attack}: {}", page.body);
    assert!(!page.body.contains("id_token"), "{attack}");
}

#[tokio::test]
async fn e04_a_code_is_tied_to_the_challenge_and_burnt_by_the_first_try() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    for (attack, change) in [
        (
            "none",
            vec![("code_challenge", ""), ("code_challenge_method", "")],
        ),
        (
            "plain",
            vec![("code_challenge", VERIFIER), ("code_challenge_method", "plain")],
        ),
        ("no method", vec![("code_challenge_method", "")]),
        ("too short", vec![("code_challenge", "abc")]),
    ] {
        let page = browser.get(&client.request(&change)).await;
        assert_eq!(error_of(&page), "invalid_request", "{attack}");
    }
    for (attack, verifier) in [
        ("omitted", None),
        ("another", Some("x".repeat(43))),
        ("the challenge itself", Some(challenge_of(VERIFIER))),
    ] {
        let code = code_for(&world, &client, &mut browser).await;
        let mut form = client.redemption(&code);
        form.retain(|(name, _)| *name != "code_verifier");
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let page = client
            .ask_token(&browser, &form, vec![client.basic(SECRET)])
            .await;
        assert_refused(&page, "invalid_grant", attack);
        let honest = client.redeem(&browser, &code).await;
        assert_refused(&honest, "invalid_grant", "burnt");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e06_of_fifty_redemptions_at_once_one_succeeds_and_is_revoked() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (client, browser, code) = (client.clone(), browser.clone(), code.clone());
            tokio::spawn(async move { client.redeem(&browser, &code).await })
        })
        .collect();
    let mut tokens = Vec::new();
    for one in tries {
        let page = one.await.unwrap();
        if page.status.is_success() {
            tokens.push(json(&page)["access_token"].as_str().unwrap().to_owned());
        } else {
            assert_refused(&page, "invalid_grant", "one of fifty");
        }
    }
    assert_eq!(tokens.len(), 1, "exactly one");
    let told = userinfo(&browser, &tokens[0]).await;
    assert_eq!(
        told.status,
        StatusCode::UNAUTHORIZED,
        "what came of the code is revoked"
    );
    let audit = world.house.audit().await;
    assert!(audit.iter().any(|row| row.act == "op.deny[code_replay]"));
}

#[tokio::test]
async fn e06_a_code_is_for_its_client_address_and_minute() {
    let world = Federation::start().await;
    let (client, other) = (world.client("laesehesten"), world.client("laesehesten-valg"));
    let mut browser = world.visitor();

    let code = code_for(&world, &client, &mut browser).await;
    let page = other.redeem(&browser, &code).await;
    assert_refused(&page, "invalid_grant", "another client");

    let code = code_for(&world, &client, &mut browser).await;
    let mut form = client.redemption(&code);
    form[2].1 = "https://laesehesten.example/andet".to_owned();
    let page = client
        .ask_token(&browser, &form, vec![client.basic(SECRET)])
        .await;
    assert_refused(&page, "invalid_grant", "another address");

    let code = code_for(&world, &client, &mut browser).await;
    world.house.wait(jiff::SignedDuration::from_secs(61));
    let page = client.redeem(&browser, &code).await;
    assert_refused(&page, "invalid_grant", "after a minute");

    for code in ["", "x", "ac_x"] {
        let page = client.redeem(&browser, code).await;
        assert!(page.status.is_client_error(), "{code:?}: {}", page.body);
    }
    let code = code_for(&world, &client, &mut browser).await;
    let page = client.redeem(&browser, &code).await;
    assert!(page.status.is_success(), "the honest way works: {}", page.body);
}

#[tokio::test]
async fn e06_logout_revokes_the_code_and_the_token() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let tokens = client.redeem(&browser, &code).await;
    let access_token = json(&tokens)["access_token"].as_str().unwrap().to_owned();
    assert!(userinfo(&browser, &access_token).await.status.is_success());
    let code = {
        let page = browser.get(&client.request(&[])).await;
        client.answer(&page)["code"].clone()
    };
    let hint = json(&tokens)["id_token"].as_str().unwrap().to_owned();
    browser.get(&format!("/oidc/logout?id_token_hint={hint}")).await;
    assert!(browser.session().is_none());
    assert_refused(
        &client.redeem(&browser, &code).await,
        "invalid_grant",
        "after logout",
    );
    let told = userinfo(&browser, &access_token).await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED, "the token after logout");
}

#[tokio::test]
async fn e11_a_client_proves_who_it_is_in_its_registered_way() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let form = client.redemption(&code);
    let with = |more: &[(&'static str, &str)]| {
        let mut form = form.clone();
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        form
    };
    let id = client.client_id.as_str();
    let wrong = [
        ("nothing", form.clone(), vec![]),
        ("its name alone", with(&[("client_id", id)]), vec![]),
        ("a wrong secret", form.clone(), vec![client.basic("forkert")]),
        ("an empty secret", form.clone(), vec![client.basic("")]),
        (
            "the secret in the form",
            with(&[("client_id", id), ("client_secret", SECRET)]),
            vec![],
        ),
        (
            "another's name in the form",
            with(&[("client_id", "laesehesten-valg")]),
            vec![client.basic(SECRET)],
        ),
    ];
    for (attack, form, headers) in wrong {
        let challenged = !headers.is_empty();
        let page = client.ask_token(&browser, &form, headers).await;
        assert_refused(&page, "invalid_client", attack);
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{attack}");
        let challenge = page.headers.get("www-authenticate");
        assert_eq!(challenge.is_some(), challenged, "{attack}: {challenge:?}");
    }
    let query = format!("/oidc/token?client_id={id}&client_secret={SECRET}");
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form)
        .finish();
    let page = crate::world::oidc_client::post_as_program(&browser, &query, vec![], body).await;
    assert!(page.status.is_client_error(), "in the query: {}", page.body);
    let honest = client.redeem(&browser, &code).await;
    assert!(
        honest.status.is_success(),
        "nobody burnt the code: {}",
        honest.body
    );
}

#[tokio::test]
async fn e11_an_assertion_counts_once_for_us_alone_and_signed() {
    let world = Federation::start().await;
    let client = world.client("noegle");
    let mut browser = world.visitor();
    let now = world.house.now().as_second() + 61;
    let claims = |change: &[(&str, Value)]| {
        let mut claims = json!({
            "iss": "noegle", "sub": "noegle", "aud": ORIGIN, "jti": "en",
            "iat": now, "exp": now + 60,
        });
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        claims
    };
    let key = std::sync::Arc::clone(&world.client_key);
    let signed = async |claims: Value| {
        jws::sign(&*key, TokenType::ClientAssertion, &claims)
            .await
            .unwrap()
    };
    let code = code_for(&world, &client, &mut browser).await;
    let redeem = async |code: &str, assertion: &str| {
        let mut form = client.redemption(code);
        let kind = portner::oidc::client_auth::ASSERTION_TYPE;
        form.push(("client_assertion_type", kind.to_owned()));
        form.push(("client_assertion", assertion.to_owned()));
        client.ask_token(&browser.clone(), &form, vec![]).await
    };
    let none = json!({ "alg": "none" });
    let stranger = some_key();
    let wrong = [
        ("unsigned", token(&none, &claims(&[]), |_| Vec::new())),
        (
            "another's key",
            jws::sign(&*stranger, TokenType::ClientAssertion, &claims(&[]))
                .await
                .unwrap(),
        ),
        (
            "for the token endpoint",
            signed(claims(&[("aud", json!(format!("{ORIGIN}/oidc/token")))])).await,
        ),
        (
            "for two",
            signed(claims(&[("aud", json!([ORIGIN, "https://andet.example"]))])).await,
        ),
        ("over", signed(claims(&[("exp", json!(now - 120))])).await),
        ("for ever", signed(claims(&[("exp", json!(now + 86_400))])).await),
        ("without a name", signed(claims(&[("jti", Value::Null)])).await),
        (
            "a request object",
            signed(claims(&[
                ("client_id", json!("noegle")),
                ("response_type", json!("code")),
            ]))
            .await,
        ),
        (
            "of another issuer",
            signed(claims(&[("iss", json!("laesehesten"))])).await,
        ),
    ];
    for (attack, assertion) in wrong {
        assert_refused(&redeem(&code, &assertion).await, "invalid_client", attack);
    }
    let honest = signed(claims(&[])).await;
    let page = redeem(&code, &honest).await;
    assert!(page.status.is_success(), "{}", page.body);
    assert_refused(&redeem("x", &honest).await, "invalid_client", "used before");
}

/// Every refusal leaves one row that says who asked and why not (L06); a flood leaves a count.
#[tokio::test]
async fn l06_a_refused_token_is_audited() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let refused = async || {
        let audit = world.house.audit().await;
        audit
            .into_iter()
            .filter(|row| row.act == "op.deny")
            .map(|row| {
                let details: Value = serde_json::from_str(&row.details).unwrap();
                let text = |name: &str| details[name].as_str().unwrap().to_owned();
                (row.service.unwrap_or_default(), text("error"), text("reason"))
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(refused().await, []);

    client
        .ask_token(&browser, &client.redemption(&code), vec![client.basic("forkert")])
        .await;
    let rows = refused().await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let (service, error, reason) = &rows[0];
    assert_eq!(
        (service.as_str(), error.as_str()),
        ("laesehesten", "invalid_client")
    );
    assert!(!reason.is_empty());

    client.redeem(&browser, "findes-ikke").await;
    let rows = refused().await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(
        rows[1],
        (
            "laesehesten".to_owned(),
            "invalid_grant".to_owned(),
            "unknown_code".to_owned()
        )
    );

    for _ in 0..40 {
        client.redeem(&browser, "findes-ikke").await;
    }
    assert_eq!(refused().await.len(), 11, "ten of a kind have a row");
    world.house.wait(jiff::SignedDuration::from_mins(2));
    client.redeem(&browser, "findes-ikke").await;
    let audit = world.house.audit().await;
    let more = audit.iter().find(|row| row.act == "refused.more").unwrap();
    assert!(more.details.contains("\"times\":31"), "{}", more.details);
}
