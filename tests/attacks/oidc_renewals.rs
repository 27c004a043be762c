//! What was given out for long, and is taken back: by the operator, by the client, or because it
//! turned up in the wrong hands (E06, E12, E13).

use jiff::SignedDuration;

use super::oidc_codes::{assert_refused, code_for};
use super::oidc_tokens::tokens_for;
use crate::world::federation::Federation;
use crate::world::oidc_client::{SECRET, json, text_of, userinfo};

const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access")];

/// A token that outlives its session is asked what a login is asked (E13).
#[tokio::test]
async fn e12_e13_offline_access_ends_with_what_it_stands_on() {
    for (what, line) in [
        ("affiliation", ""),
        ("other groups", "groups = [\"Medarbejder\"]"),
        ("other upstreams", "upstreams = [\"nede\"]"),
    ] {
        let world = Federation::start().await;
        let client = world.client("altid");
        let mut browser = world.visitor();
        let first = tokens_for(&world, &client, &mut browser, &OFFLINE).await;
        if what == "affiliation" {
            world
                .house
                .execute(
                    "UPDATE actors SET active_until = 1
                     WHERE account = (SELECT id FROM accounts WHERE user_name = 'alma1234')",
                )
                .await;
        } else {
            world.decide("services/altid", line);
        }
        let token = text_of(&first, "refresh_token");
        let page = client.renew(&browser, &token, &[]).await;
        assert_refused(&page, "invalid_grant", what);
        let audit = world.house.audit().await;
        let why = audit.iter().rev().find(|row| row.act == "op.deny").unwrap();
        assert!(why.details.contains("may_not_issue"), "{what}: {}", why.details);
    }
}

#[tokio::test]
async fn e12_offline_access_that_is_taken_back_ends() {
    let world = Federation::start().await;
    let client = world.client("altid");
    let mut browser = world.visitor();
    let first = tokens_for(&world, &client, &mut browser, &OFFLINE).await;
    let file = "metadata/services/altid.toml";
    let offline = "refresh_tokens = \"offline\"\nrefresh_lifetime = \"48 h\"\n";
    let session = "refresh_tokens = \"session\"\n";
    world.house.files.change(file, offline, session);
    world.house.reload();
    let token = text_of(&first, "refresh_token");
    let page = client.renew(&browser, &token, &[]).await;
    assert_refused(&page, "invalid_grant", "taken back");
    world.house.files.change(file, session, offline);
    world.house.reload();
    let page = client.renew(&browser, &token, &[]).await;
    assert_refused(&page, "invalid_grant", "and stays so");
}

/// A client that never saw the answer to its renewal gives back the older token.
#[tokio::test]
async fn e12_who_gives_back_an_older_refresh_token_gives_back_all() {
    let world = Federation::start().await;
    let (client, other) = (world.client("fornyer"), world.client("api"));
    let mut browser = world.visitor();
    let first = tokens_for(&world, &client, &mut browser, &[]).await;
    let old = text_of(&first, "refresh_token");
    let second = client.renew(&browser, &old, &[]).await;
    let new = text_of(&second, "refresh_token");
    let others = other.post(&browser, "/oidc/revoke", &[("token", &new)]).await;
    assert!(others.status.is_success());
    let access_token = text_of(&second, "access_token");
    assert!(userinfo(&browser, &access_token).await.status.is_success());
    let page = client.post(&browser, "/oidc/revoke", &[("token", &old)]).await;
    assert!(page.status.is_success(), "{}", page.body);
    let page = client.renew(&browser, &new, &[]).await;
    assert_refused(&page, "invalid_grant", "the younger one");
    assert!(!userinfo(&browser, &access_token).await.status.is_success());
}

/// A code in another client's hands has leaked: its owner gets nothing for it either, and the
/// auditor reads why.
#[tokio::test]
async fn e06_a_code_in_another_clients_hands_is_nobodys_any_more() {
    let world = Federation::start().await;
    let (client, other) = (world.client("laesehesten"), world.client("laesehesten-valg"));
    let mut browser = world.visitor();
    let code = code_for(&world, &client, &mut browser).await;
    let form = client.redemption(&code);
    let page = other.ask_token(&browser, &form, vec![other.basic(SECRET)]).await;
    assert_refused(&page, "invalid_grant", "another client");
    let audit = world.house.audit().await;
    let why = audit.iter().rev().find(|row| row.act == "op.deny").unwrap();
    assert!(why.details.contains("other_client"), "{}", why.details);
    let page = client.redeem(&browser, &code).await;
    assert_refused(&page, "invalid_grant", "it has leaked");
    world.house.wait(SignedDuration::from_secs(1));
    let code = code_for(&world, &client, &mut browser).await;
    let page = client.redeem(&browser, &code).await;
    assert!(json(&page)["access_token"].is_string(), "the next login is good");
}
