//! One gate before everything that is given out: whoever is blocked, logged out, throttled or
//! switched off gets nothing more on any path (B13, E12, E13, F14).

use axum::http::StatusCode;
use portner::domain::account::AccountId;
use portner::domain::login_name::BareName;

use super::oidc_codes::{assert_refused, code_for};
use super::oidc_provider::error_of;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::oidc_client::{OidcClient, json, userinfo};
use crate::world::visitor::Visitor;

/// What a user left behind when all was well: a session, a code that nobody redeemed, a token.
struct Left {
    world: Federation,
    browser: Visitor,
    client: OidcClient,
    code: String,
    access_token: String,
}

impl Left {
    async fn by_alma() -> Self {
        let world = Federation::start().await;
        let client = world.client("laesehesten");
        let mut browser = world.visitor();
        let code = code_for(&world, &client, &mut browser).await;
        let tokens = client.redeem(&browser, &code).await;
        let access_token = json(&tokens)["access_token"].as_str().unwrap().to_owned();
        assert!(userinfo(&browser, &access_token).await.status.is_success());
        let page = browser.get(&client.request(&[])).await;
        let code = client.answer(&page)["code"].clone();
        Self {
            world,
            browser,
            client,
            code,
            access_token,
        }
    }

    /// Nothing of what was left is good for anything.
    async fn assert_worth_nothing(&mut self, why: &str) {
        let page = self.client.redeem(&self.browser, &self.code).await;
        assert!(page.status.is_client_error(), "{why}: the code: {}", page.body);
        assert!(!page.body.contains("token\""), "{why}: {}", page.body);
        let told = userinfo(&self.browser, &self.access_token).await;
        assert_eq!(told.status, StatusCode::UNAUTHORIZED, "{why}: the token");
        assert!(!told.body.contains("sub"), "{why}: {}", told.body);
        for form in [
            vec![
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", self.access_token.clone()),
            ],
            vec![
                ("grant_type", "authorization_code".to_owned()),
                ("code", self.access_token.clone()),
            ],
        ] {
            let secret = self.client.basic(crate::world::oidc_client::SECRET);
            let page = self.client.ask_token(&self.browser, &form, vec![secret]).await;
            assert!(page.status.is_client_error(), "{why}: {}", page.body);
        }
        let page = self.browser.get(&self.client.request(&[])).await;
        assert!(!is_logged_in(&page), "{why}: the session at the service");
        let page = self.world.arrive(&mut self.browser, "skolebroen").await;
        assert!(!is_logged_in(&page), "{why}: the session at another service");
    }
}

async fn account_of(world: &Federation, name: &str) -> AccountId {
    let name = BareName::parse(name).unwrap();
    let found = world.house.portner.store.account_by_user_name(&name).await;
    found.unwrap().unwrap().id
}

#[tokio::test]
async fn f14_e13_a_blocked_account_is_blocked_at_once_and_everywhere() {
    let mut left = Left::by_alma().await;
    let alma = account_of(&left.world, "alma1234").await;
    let store = &left.world.house.portner.store;
    store.block_account(alma, true).await.unwrap();
    left.assert_worth_nothing("blocked").await;
    let page = left.world.arrive(&mut left.browser, "skolebroen").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-203"));
    let (_, url) = left
        .world
        .request_of("skolebroen", |question| question.force_authn = true)
        .await;
    left.world.house.wait(jiff::SignedDuration::from_secs(61));
    let page = left.browser.get(&url).await;
    let page = left.world.log_in_as(&mut left.browser, &page, "alma1234").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-203"), "by the password");
}

#[tokio::test]
async fn f12_e12_what_was_given_out_dies_with_the_session() {
    let mut left = Left::by_alma().await;
    let page = left.browser.get("/oidc/logout").await;
    let mut other_tab = left.browser.clone();
    left.browser.submit(&page.form(), &[]).await;
    assert!(left.browser.session().is_none());
    left.assert_worth_nothing("logged out").await;
    let page = left.world.arrive(&mut other_tab, "skolebroen").await;
    assert!(!is_logged_in(&page), "a cookie that was kept");
}

#[tokio::test]
async fn b13_e12_a_service_that_is_switched_off_gets_nothing_more() {
    let mut left = Left::by_alma().await;
    let file = "metadata/services/laesehesten.toml";
    left.world
        .house
        .files
        .change(file, "name = ", "enabled = false\nname = ");
    left.world.house.reload();
    let told = userinfo(&left.browser, &left.access_token).await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED, "the token");
    let page = left.client.redeem(&left.browser, &left.code).await;
    assert_refused(&page, "invalid_client", "the code");
    let page = left.browser.get(&left.client.request(&[])).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-504"));
}

#[tokio::test]
async fn b13_e12_a_service_that_is_gone_gets_nothing_more() {
    let left = Left::by_alma().await;
    let file = left.world.house.files.path("metadata/services/laesehesten.toml");
    std::fs::remove_file(file).unwrap();
    left.world.house.reload();
    let told = userinfo(&left.browser, &left.access_token).await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED, "the token");
    let page = left.client.redeem(&left.browser, &left.code).await;
    assert_refused(&page, "invalid_client", "the code");
}

#[tokio::test]
async fn b13_e13_a_login_that_is_switched_off_vouches_for_nothing_more() {
    let mut left = Left::by_alma().await;
    let file = "metadata/upstreams/central.toml";
    left.world
        .house
        .files
        .change(file, "kind = ", "enabled = false\nkind = ");
    left.world.house.reload();
    left.assert_worth_nothing("the login is off").await;
}

#[tokio::test]
async fn e13_who_is_throttled_is_throttled_at_every_service() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let mut page = world.type_name(&mut browser, &page, "alma1234").await;
    for _ in 0..7 {
        page = browser.submit(&page.form(), &[("password", "forkert")]).await;
    }
    for protocol in ["SAML", "OpenID Connect"] {
        let mut other = world.visitor();
        let first = if protocol == "SAML" {
            world.arrive(&mut other, "skolebroen-valg").await
        } else {
            other.get(&client.request(&[])).await
        };
        let page = world.log_in_as(&mut other, &first, "alma1234").await;
        assert_eq!(
            page.refusal_code().as_deref(),
            Some("UL-104"),
            "{protocol}: {}",
            page.body
        );
        assert!(!is_logged_in(&page) && other.session().is_none(), "{protocol}");
    }
    // There is no second way to hand a password in.
    let form = [
        ("grant_type", "password".to_owned()),
        ("username", "alma1234".to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let secret = client.basic(crate::world::oidc_client::SECRET);
    let page = client.ask_token(&browser, &form, vec![secret]).await;
    assert!(page.status.is_client_error(), "{}", page.body);
}

/// E14: nobody recognises a user by comparing names with another service.
#[tokio::test]
async fn e14_two_services_know_one_user_by_two_names() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let mut names = Vec::new();
    for id in ["laesehesten", "laesehesten-valg"] {
        let client = world.client(id);
        let code = code_for(&world, &client, &mut browser).await;
        let tokens = client.redeem(&browser, &code).await;
        let claims = crate::world::oidc_client::id_token(&tokens);
        let name = claims["sub"].as_str().unwrap().to_owned();
        for known in ["alma1234", "1000001203", "00000000"] {
            assert!(!name.contains(known), "{name}");
        }
        assert!(name.len() >= 26, "not to be guessed: {name}");
        names.extend([name, claims["sid"].as_str().unwrap().to_owned()]);
    }
    assert_ne!(names[0], names[2]);
    assert_ne!(names[1], names[3]);
}

/// E13: a question that must not disturb the user is no way round either.
#[tokio::test]
async fn e13_a_silent_request_gives_a_blocked_user_nothing() {
    let mut left = Left::by_alma().await;
    let alma = account_of(&left.world, "alma1234").await;
    let store = &left.world.house.portner.store;
    store.block_account(alma, true).await.unwrap();
    let page = left
        .browser
        .get(&left.client.request(&[("prompt", "none")]))
        .await;
    assert!(!is_logged_in(&page));
    if crate::world::visitor::leads_to(&page).is_some() {
        assert_ne!(error_of(&page), "");
    }
}
