//! A store that is pulled away while Portner runs: nobody is let in on what cannot be
//! remembered, everybody is told, and logins go on when it is back, with no restart (M10).

use std::path::PathBuf;

use axum::http::StatusCode;
use portner::app::readiness::can_serve;
use portner::oidc::client_auth::ASSERTION_TYPE;
use portner::oidc::jws::{self, TokenType};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::oidc_codes::code_for;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{ORIGIN, PASSWORD};
use crate::world::oidc_client::{json, text_of, userinfo};

fn assert_away(page: &Page, what: &str) {
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-902"),
        "{what}: {}",
        page.body
    );
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
    assert_eq!(page.headers["retry-after"], "10", "{what}");
    assert!(!is_logged_in(page), "{what}");
    for word in ["sqlx", "SQLITE", "portner.db", "panicked"] {
        assert!(!page.body.contains(word), "{what}: {word}");
    }
}

/// Moves the database's files out of reach.
fn pull_away(world: &Federation) -> impl Fn() {
    let names = ["portner.db", "portner.db-wal", "portner.db-shm"];
    let files: Vec<(PathBuf, PathBuf)> = names
        .iter()
        .map(|name| {
            let aside = format!("{name}.aside");
            (world.house.files.path(name), world.house.files.path(&aside))
        })
        .filter(|(here, _)| here.exists())
        .collect();
    for (here, aside) in &files {
        std::fs::rename(here, aside).unwrap();
    }
    move || {
        for (here, aside) in &files {
            std::fs::rename(aside, here).unwrap();
        }
    }
}

#[tokio::test]
async fn m10_a_store_that_is_pulled_away_lets_nobody_in_and_is_taken_up_when_it_is_back() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut with_code = world.visitor();
    let code = code_for(&world, &client, &mut with_code).await;
    let mut by_password = world.visitor();
    let page = world.arrive(&mut by_password, "skolebroen").await;
    let password_page = world.type_name(&mut by_password, &page, "alma1234").await;
    let mut by_answer = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut by_answer, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let audited = world.house.audit().await.len();
    assert!(can_serve(&world.house.portner).await);

    let put_back = pull_away(&world);
    assert!(!can_serve(&world.house.portner).await, "health says so");
    let page = by_password
        .submit(&password_page.form(), &[("password", PASSWORD)])
        .await;
    assert_away(&page, "a password");
    let page = by_answer.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_away(&page, "an assertion, with no memory of those that were seen");
    let session = by_answer.session().cloned();
    assert_eq!(session, None, "no session");
    let page = world.arrive(&mut with_code, "skolebroen").await;
    assert_away(&page, "an earlier login, which may have been ended");
    let page = client.redeem(&with_code, &code).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.body);
    assert_eq!(json(&page)["error"], "temporarily_unavailable");
    assert_eq!(page.headers["retry-after"], "10");
    for calm in ["/", "/support", "/status", "/saml/metadata", "/oidc/jwks"] {
        assert_eq!(world.visitor().get(calm).await.status, StatusCode::OK, "{calm}");
    }

    put_back();
    assert!(can_serve(&world.house.portner).await);
    assert_eq!(
        world.house.audit().await.len(),
        audited,
        "nothing was done meanwhile"
    );
    let page = by_answer.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(
        is_logged_in(&page),
        "the same answer, which was never taken: {}",
        page.body
    );
    let mut again = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut again, "skolebroen").await;
    let page = again.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(!is_logged_in(&page), "and counts once");
    assert!(client.redeem(&with_code, &code).await.status.is_success());
    let page = world.arrive(&mut with_code, "skolebroen").await;
    assert!(is_logged_in(&page), "{}", page.body);
    let mut fresh = world.visitor();
    let page = world.arrive(&mut fresh, "skolebroen").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut fresh, &page, "alma1234").await
    ));
}

#[tokio::test]
async fn m10_a_store_that_another_program_holds_lets_nobody_in_meanwhile() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let options = SqliteConnectOptions::new().filename(world.house.files.path("portner.db"));
    let mut other = options.connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_away(&page, "held by another");
    other.execute("ROLLBACK").await.unwrap();
    drop(other);
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(is_logged_in(&page), "{}", page.body);
}

/// To programs a store that is away is no attack and no dead token: they come again later.
#[tokio::test]
async fn m10_a_store_that_is_away_is_no_word_against_anybody() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let tokens = client.redeem(&browser, &code).await;
    let access_token = text_of(&tokens, "access_token");
    let asked = client.asked(&[]);
    let asked: Vec<_> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let pushed = client.post(&browser, "/oidc/par", &asked).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", "laesehesten")
        .append_pair("request_uri", &text_of(&pushed, "request_uri"))
        .finish();
    let by_key = world.client("noegle");
    let mut elsewhere = world.visitor();
    let code = code_for(&world, &by_key, &mut elsewhere).await;
    let now = world.house.now().as_second();
    let claims = serde_json::json!({
        "iss": "noegle", "sub": "noegle", "aud": ORIGIN, "jti": "en", "iat": now, "exp": now + 60,
    });
    let assertion = jws::sign(&*world.client_key, TokenType::ClientAssertion, &claims).await;
    let mut form = by_key.redemption(&code);
    form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
    form.push(("client_assertion", assertion.unwrap()));

    let put_back = pull_away(&world);
    let told = |page: &Page, what: &str| {
        assert_eq!(
            page.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{what}: {}",
            page.body
        );
        assert_eq!(page.headers["retry-after"], "10", "{what}");
    };
    let page = by_key.ask_token(&browser, &form, vec![]).await;
    told(&page, "an assertion");
    assert_eq!(json(&page)["error"], "temporarily_unavailable");
    let page = userinfo(&browser, &access_token).await;
    told(&page, "an access token");
    assert!(
        !page.headers.contains_key("www-authenticate"),
        "the token is not bad"
    );
    let page = browser.clone().get(&format!("/oidc/authorize?{query}")).await;
    assert_away(&page, "a pushed request");

    put_back();
    let page = userinfo(&browser, &access_token).await;
    assert!(page.status.is_success(), "{}", page.body);
    let page = by_key.ask_token(&browser, &form, vec![]).await;
    assert!(page.status.is_success(), "the same assertion: {}", page.body);
    let page = browser.get(&format!("/oidc/authorize?{query}")).await;
    assert!(is_logged_in(&page), "the same pushed request: {}", page.body);
}
