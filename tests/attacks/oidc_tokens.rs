//! Thieves of tokens that live longer: refresh tokens, tokens for resources, and those who
//! look into them or give them back (E12, E13, E15).

use axum::http::StatusCode;
use jiff::SignedDuration;
use portner::domain::account::PersonId;
use portner::oidc::jws;
use serde_json::Value;

use super::oidc_codes::assert_refused;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::oidc_client::{OidcClient, id_token, json, post_as_program, text_of, userinfo};
use crate::world::visitor::Visitor;

/// Logs Alma in at a client with these changes to its request, and takes the tokens.
pub(crate) async fn tokens_for(
    world: &Federation,
    client: &OidcClient,
    browser: &mut Visitor,
    change: &[(&str, &str)],
) -> Page {
    let page = browser.get(&client.request(change)).await;
    let page = world.log_in_as(browser, &page, "alma1234").await;
    let tokens = client.redeem(browser, &client.answer(&page)["code"]).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    tokens
}

/// Alma, logged in with a client, and the tokens that it got.
struct Held {
    world: Federation,
    client: OidcClient,
    browser: Visitor,
    tokens: Page,
}

impl Held {
    async fn by(client: &str, change: &[(&str, &str)]) -> Self {
        let world = Federation::start().await;
        let client = world.client(client);
        let mut browser = world.visitor();
        let tokens = tokens_for(&world, &client, &mut browser, change).await;
        Self {
            world,
            client,
            browser,
            tokens,
        }
    }
}

async fn is_good(browser: &Visitor, access_token: &str) -> bool {
    userinfo(browser, access_token).await.status.is_success()
}

#[tokio::test]
async fn e12_a_refresh_token_works_once_and_its_second_use_ends_the_family() {
    let Held {
        world,
        client,
        browser,
        tokens: first,
    } = Held::by("fornyer", &[]).await;
    let old = text_of(&first, "refresh_token");
    world.house.wait(SignedDuration::from_mins(6));
    assert!(
        !is_good(&browser, &text_of(&first, "access_token")).await,
        "five minutes are over"
    );

    let second = client.renew(&browser, &old, &[]).await;
    assert!(second.status.is_success(), "{}", second.body);
    let new = text_of(&second, "refresh_token");
    assert_ne!(new, old);
    let renewed = id_token(&second);
    let original = id_token(&first);
    for same in ["iss", "sub", "aud", "auth_time", "acr", "sid"] {
        assert_eq!(renewed[same], original[same], "{same}");
    }
    assert!(
        renewed["nonce"].is_null(),
        "a nonce is for the login that sent it"
    );
    let access_token = text_of(&second, "access_token");
    assert!(is_good(&browser, &access_token).await);

    // The thief comes with the old one; now nobody has anything.
    assert_refused(
        &client.renew(&browser, &old, &[]).await,
        "invalid_grant",
        "the old one",
    );
    assert_refused(
        &client.renew(&browser, &new, &[]).await,
        "invalid_grant",
        "the new one after that",
    );
    assert!(!is_good(&browser, &access_token).await, "nor is userinfo given");
    let audit = world.house.audit().await;
    assert!(audit.iter().any(|row| row.act == "op.deny[refresh_replay]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e12_of_twenty_renewals_at_once_at_most_one_succeeds() {
    let Held {
        client,
        browser,
        tokens: first,
        world: _world,
    } = Held::by("fornyer", &[]).await;
    let token = text_of(&first, "refresh_token");
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (client, browser, token) = (client.clone(), browser.clone(), token.clone());
            tokio::spawn(async move { client.renew(&browser, &token, &[]).await })
        })
        .collect();
    let mut given = Vec::new();
    for one in tries {
        let page = one.await.unwrap();
        if page.status.is_success() {
            given.push(text_of(&page, "refresh_token"));
        }
    }
    assert_eq!(given.len(), 1, "exactly one");
    assert_refused(
        &client.renew(&browser, &given[0], &[]).await,
        "invalid_grant",
        "revoked",
    );
}

#[tokio::test]
async fn e12_another_client_gets_nothing_and_ends_the_family() {
    let world = Federation::start().await;
    let (client, other) = (world.client("fornyer"), world.client("altid"));
    let mut browser = world.visitor();
    let first = tokens_for(&world, &client, &mut browser, &[]).await;
    let token = text_of(&first, "refresh_token");
    assert_refused(
        &other.renew(&browser, &token, &[]).await,
        "invalid_grant",
        "another client",
    );
    assert_refused(
        &client.renew(&browser, &token, &[]).await,
        "invalid_grant",
        "it has leaked",
    );
    for rubbish in ["", "ptr_x", "x", &text_of(&first, "access_token")] {
        let page = client.renew(&browser, rubbish, &[]).await;
        assert!(page.status.is_client_error(), "{rubbish}");
    }
    let page = post_as_program(
        &browser,
        "/oidc/token",
        vec![],
        format!("grant_type=refresh_token&refresh_token={token}&client_id=fornyer"),
    )
    .await;
    assert_refused(&page, "invalid_client", "without the secret");
}

#[tokio::test]
async fn e12_who_is_blocked_logged_out_or_switched_off_renews_nothing() {
    for what in [
        "logout",
        "blocked",
        "service",
        "upstream",
        "session over",
        "affiliation over",
        "other upstreams",
        "other groups",
        "no licence",
    ] {
        let Held {
            world,
            client,
            mut browser,
            tokens: first,
        } = Held::by("fornyer", &[]).await;
        let token = text_of(&first, "refresh_token");
        match what {
            "logout" => {
                let hint = text_of(&first, "id_token");
                browser.get(&format!("/oidc/logout?id_token_hint={hint}")).await;
            }
            "blocked" => {
                world
                    .house
                    .execute("UPDATE accounts SET blocked = 1 WHERE user_name = 'alma1234'")
                    .await;
            }
            "service" => {
                let file = "metadata/services/fornyer.toml";
                world
                    .house
                    .files
                    .change(file, "[oidc]", "enabled = false\n[oidc]");
                world.house.reload();
            }
            "upstream" => {
                let file = "metadata/upstreams/central.toml";
                world
                    .house
                    .files
                    .change(file, "kind = ", "enabled = false\nkind = ");
                world.house.reload();
            }
            "affiliation over" => {
                world
                    .house
                    .execute(
                        "UPDATE actors SET active_until = 1
                         WHERE account = (SELECT id FROM accounts WHERE user_name = 'alma1234')",
                    )
                    .await;
            }
            "other upstreams" => world.decide("services/fornyer", "upstreams = [\"nede\"]"),
            "other groups" => world.decide("services/fornyer", "groups = [\"Medarbejder\"]"),
            "no licence" => world.decide("services/fornyer", "licence = \"required\""),
            _ => world.house.wait(SignedDuration::from_hours(11)),
        }
        let page = client.renew(&browser, &token, &[]).await;
        let error = if what == "service" {
            "invalid_client"
        } else {
            "invalid_grant"
        };
        assert_refused(&page, error, what);
    }
}

#[tokio::test]
async fn e12_offline_access_outlives_the_session_but_not_the_account_or_its_time() {
    let Held {
        world,
        client,
        mut browser,
        tokens: first,
    } = Held::by("altid", &[("scope", "openid offline_access")]).await;
    let hint = text_of(&first, "id_token");
    let code_family_token = text_of(&first, "access_token");
    browser.get(&format!("/oidc/logout?id_token_hint={hint}")).await;
    assert!(
        !is_good(&browser, &code_family_token).await,
        "the session's token ends with it"
    );
    let second = client
        .renew(&browser, &text_of(&first, "refresh_token"), &[])
        .await;
    assert!(second.status.is_success(), "{}", second.body);
    assert!(is_good(&browser, &text_of(&second, "access_token")).await);
    world.house.wait(SignedDuration::from_hours(40));
    let third = client
        .renew(&browser, &text_of(&second, "refresh_token"), &[])
        .await;
    assert!(third.status.is_success(), "{}", third.body);
    world
        .house
        .execute("UPDATE accounts SET blocked = 1 WHERE user_name = 'alma1234'")
        .await;
    let access_token = text_of(&third, "access_token");
    assert!(!is_good(&browser, &access_token).await, "blocked");
    world
        .house
        .execute("UPDATE accounts SET blocked = 0 WHERE user_name = 'alma1234'")
        .await;
    world.house.wait(SignedDuration::from_hours(9));
    let late = client
        .renew(&browser, &text_of(&third, "refresh_token"), &[])
        .await;
    assert_refused(&late, "invalid_grant", "renewing does not put off the end");
}

#[tokio::test]
async fn e12_a_reused_code_ends_what_outlives_the_session_too() {
    let world = Federation::start().await;
    let client = world.client("altid");
    let mut browser = world.visitor();
    let page = browser
        .get(&client.request(&[("scope", "openid offline_access")]))
        .await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let code = client.answer(&page)["code"].clone();
    let first = client.redeem(&browser, &code).await;
    assert_refused(&client.redeem(&browser, &code).await, "invalid_grant", "again");
    let token = text_of(&first, "refresh_token");
    assert_refused(
        &client.renew(&browser, &token, &[]).await,
        "invalid_grant",
        "of that code",
    );
}

#[tokio::test]
async fn e12_offline_access_is_for_those_registered_for_it() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let client = world.client("fornyer");
    let tokens = tokens_for(
        &world,
        &client,
        &mut browser,
        &[("scope", "openid offline_access")],
    )
    .await;
    assert_eq!(json(&tokens)["scope"], "openid");
    world.house.wait(SignedDuration::from_hours(11));
    let page = client
        .renew(&browser, &text_of(&tokens, "refresh_token"), &[])
        .await;
    assert_refused(&page, "invalid_grant", "the session is over");
    let plain = world.client("laesehesten");
    let mut browser = world.visitor();
    let tokens = tokens_for(
        &world,
        &plain,
        &mut browser,
        &[("scope", "openid offline_access")],
    )
    .await;
    assert!(json(&tokens)["refresh_token"].is_null());
}

#[tokio::test]
async fn e15_a_renewal_narrows_and_never_widens() {
    let api = ("resource", "https://api.example");
    let Held {
        world,
        client,
        browser,
        tokens,
    } = Held::by("fornyer", &[api]).await;
    let token = text_of(&tokens, "refresh_token");
    let wider = [("scope", "openid profile")];
    assert_refused(
        &client.renew(&browser, &token, &wider).await,
        "invalid_scope",
        "scope",
    );
    let other = [("resource", "https://andet.example")];
    assert_refused(
        &client.renew(&browser, &token, &other).await,
        "invalid_target",
        "resource",
    );
    let same = client.renew(&browser, &token, &[api, ("scope", "openid")]).await;
    assert!(same.status.is_success(), "{}", same.body);

    // What the operator takes back is not given again.
    let file = "metadata/services/fornyer.toml";
    world
        .house
        .files
        .change(file, "release = \"learning\"", "release = \"platform\"");
    world.house.reload();
    let renewed = client
        .renew(&browser, &text_of(&same, "refresh_token"), &[])
        .await;
    assert!(id_token(&tokens)["given_name"].is_string());
    assert!(id_token(&renewed)["given_name"].is_null(), "{}", renewed.body);
    assert!(id_token(&renewed)["aktoer_gruppe"].is_string(), "the rest is");
}

#[tokio::test]
async fn a_token_for_a_resource_is_signed_for_it_alone() {
    let world = Federation::start().await;
    let client = world.client("fornyer");
    let mut browser = world.visitor();
    let page = browser
        .get(&client.request(&[("resource", "https://ondskab.example")]))
        .await;
    assert_eq!(super::oidc_provider::error_of(&page), "invalid_target");
    let tokens = tokens_for(
        &world,
        &client,
        &mut browser,
        &[("resource", "https://api.example")],
    )
    .await;
    let access_token = text_of(&tokens, "access_token");
    let claims: Value = jws::peek(&access_token).unwrap();
    assert_eq!(claims["aud"], "https://api.example");
    assert_eq!(claims["client_id"], "fornyer");
    assert!(claims["given_name"].is_null(), "nothing of the user but a name");
    assert!(!is_good(&browser, &access_token).await, "it is not for userinfo");

    let api = world.client("api");
    let seen = api
        .post(&browser, "/oidc/introspect", &[("token", &access_token)])
        .await;
    let seen = json(&seen);
    assert_eq!(seen["active"], true, "{seen}");
    assert_eq!(seen["aud"], "https://api.example");
    assert_eq!(seen["sub"], id_token(&tokens)["sub"]);
}

#[tokio::test]
async fn nobody_looks_into_what_is_none_of_their_business() {
    let world = Federation::start().await;
    let (client, api) = (world.client("fornyer"), world.client("api"));
    let mut browser = world.visitor();
    let tokens = tokens_for(&world, &client, &mut browser, &[]).await;
    let (access_token, refresh) = (
        text_of(&tokens, "access_token"),
        text_of(&tokens, "refresh_token"),
    );
    let id = text_of(&tokens, "id_token");
    let look = async |who: &OidcClient, token: &str| {
        let page = who.post(&browser, "/oidc/introspect", &[("token", token)]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        json(&page)
    };
    assert_eq!(look(&client, &access_token).await["active"], true);
    assert_eq!(look(&client, &refresh).await["active"], true);
    for (who, token, why) in [
        (&api, &access_token, "another's, not for it"),
        (&api, &refresh, "another's refresh token"),
        (&client, &id, "an ID token"),
        (&client, &"x".to_owned(), "rubbish"),
    ] {
        let seen = look(who, token).await;
        assert_eq!(seen, serde_json::json!({ "active": false }), "{why}");
    }
    let body = format!("token={access_token}&client_id=app");
    let public = post_as_program(&browser, "/oidc/introspect", vec![], body).await;
    assert_refused(&public, "invalid_client", "a public client");
    let nobody = post_as_program(
        &browser,
        "/oidc/introspect",
        vec![],
        format!("token={access_token}"),
    )
    .await;
    assert_refused(&nobody, "invalid_client", "nobody");

    // Another's revocation changes nothing; one's own ends it.
    let page = api.post(&browser, "/oidc/revoke", &[("token", &refresh)]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(look(&client, &refresh).await["active"], true);
    client
        .post(&browser, "/oidc/revoke", &[("token", &access_token)])
        .await;
    assert_eq!(look(&client, &access_token).await["active"], false);
    assert!(!is_good(&browser, &access_token).await);
    let renewed = client.renew(&browser, &refresh, &[]).await;
    let (second, again) = (
        text_of(&renewed, "access_token"),
        text_of(&renewed, "refresh_token"),
    );
    client.post(&browser, "/oidc/revoke", &[("token", &again)]).await;
    assert!(
        !is_good(&browser, &second).await,
        "a refresh token takes its family along"
    );
    assert_refused(
        &client.renew(&browser, &again, &[]).await,
        "invalid_grant",
        "given back",
    );
}

#[tokio::test]
async fn e12_who_ends_all_sessions_ends_what_outlives_them() {
    let Held {
        world,
        client,
        browser,
        tokens,
    } = Held::by("altid", &[("scope", "openid offline_access")]).await;
    let store = &world.house.portner.store;
    let audit = world.house.audit().await;
    let person = audit.iter().rev().find_map(|row| row.person.as_deref()).unwrap();
    let person = PersonId(person.parse().unwrap());
    store.end_sessions_of(person, world.house.now()).await.unwrap();
    let page = client
        .renew(&browser, &text_of(&tokens, "refresh_token"), &[])
        .await;
    assert_refused(&page, "invalid_grant", "after a changed secret");
}
