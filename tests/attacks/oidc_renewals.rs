//! What was given out for long, and is taken back: by the operator, by the client, or because it
//! turned up in the wrong hands (E06, E12, E13).

use jiff::SignedDuration;

use super::oidc_codes::{assert_refused, code_for};
use super::oidc_tokens::tokens_for;
use crate::world::browser::Page;
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

const TORA: &str = "[[person]]\ngiven-name = \"Tora\"\nfamily-name = \"To\"\n[[person.account]]\n\
    user-name = \"tora1234\"\nuni-id = \"1000009902\"\npassword = \"demo-kode-42\"\n\
    [[person.account.actor]]\ngroup = \"medarbejder\"\ninstitution = \"101001\"\n\
    [[person.account.actor]]\ngroup = \"medarbejder\"\ninstitution = \"202001\"\n";

/// What is renewed says what the login said: it ends with the affiliation that the user came in with, also
/// where there is another, and not with that other.
#[tokio::test]
async fn e13_a_renewal_ends_with_the_affiliation_that_the_user_came_in_with() {
    for ends_own in [false, true] {
        let world = Federation::start_with_people(TORA).await;
        world.decide("services/altid", "one_actor = true");
        let client = world.client("altid");
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&OFFLINE)).await;
        let roles = world.log_in_as(&mut browser, &page, "tora1234").await;
        let form = roles.form();
        let choice = form.fields.iter().find(|field| field.name == "actor").unwrap();
        let page = browser.submit(&form, &[("actor", &choice.value)]).await;
        let tokens = client.redeem(&browser, &client.answer(&page)["code"]).await;
        let told = crate::world::oidc_client::id_token(&tokens)["institution_ids"].to_string();
        let (own, other) = (
            "UPDATE actors SET active_until = 1 WHERE institution = '101001' AND account =
             (SELECT id FROM accounts WHERE user_name = 'tora1234')",
            "UPDATE actors SET active_until = 1 WHERE institution = '202001' AND account =
             (SELECT id FROM accounts WHERE user_name = 'tora1234')",
        );
        let is_first = told.contains("101001");
        assert_ne!(is_first, told.contains("202001"), "one of them: {told}");
        let ending = if is_first == ends_own { own } else { other };
        world.house.execute(ending).await;
        let page = client
            .renew(&browser, &text_of(&tokens, "refresh_token"), &[])
            .await;
        if ends_own {
            assert_refused(&page, "invalid_grant", "its own");
        } else {
            assert!(page.status.is_success(), "the other: {}", page.body);
        }
    }
}

/// What outlives a session and what does not came of one login, and go together when the client gives them back.
#[tokio::test]
async fn e12_an_offline_token_that_is_given_back_takes_the_first_access_token_along() {
    let world = Federation::start().await;
    let client = world.client("altid");
    let (mut browser, mut other) = (world.visitor(), world.visitor());
    let first = tokens_for(&world, &client, &mut browser, &OFFLINE).await;
    let second = tokens_for(&world, &client, &mut other, &OFFLINE).await;
    let of = |tokens: &Page, kind: &str| text_of(tokens, kind);
    for tokens in [&first, &second] {
        let token = of(tokens, "access_token");
        assert!(userinfo(&browser, &token).await.status.is_success());
    }
    let token = of(&first, "refresh_token");
    let page = client.post(&browser, "/oidc/revoke", &[("token", &token)]).await;
    assert!(page.status.is_success(), "{}", page.body);
    let token = of(&first, "access_token");
    assert!(!userinfo(&browser, &token).await.status.is_success(), "at once");
    let token = of(&second, "access_token");
    assert!(
        userinfo(&other, &token).await.status.is_success(),
        "another login's stays"
    );
    let page = client.renew(&other, &of(&second, "refresh_token"), &[]).await;
    assert!(page.status.is_success(), "{}", page.body);
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
