//! What was given out is asked, each time something comes of it, what a login would be asked now (DR08): by
//! whom somebody came and how far that one speaks, as what, how strongly, and whether a password must be
//! changed first (C01, E12, E13, F14, G14).

use axum::http::StatusCode;

use super::oidc_codes::assert_refused;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::oidc_client::{OidcClient, json, text_of, userinfo};
use crate::world::visitor::Visitor;

/// Somebody who works in two municipalities, and is a grown-up with a password.
const NORA: &str = "[[person]]\nid = \"00000000-0000-4000-8000-000000000008\"\ngiven-name = \"Nora\"\n\
    family-name = \"W\"\n[[person.account]]\nuser-name = \"nora1234\"\nuni-id = \"1000001209\"\n\
    [[person.account.actor]]\ngroup = \"medarbejder\"\ninstitution = \"101001\"\n\
    [[person.account.actor]]\ngroup = \"medarbejder\"\ninstitution = \"202001\"\n";

const LEFT_LILLEKOEBING: &str = "UPDATE actors SET active_until = 1 WHERE institution = '101001' AND account IN \
     (SELECT id FROM accounts WHERE user_name = 'nora1234')";

const ALL_PASSWORDS_ARE_OLD: &str = "UPDATE passwords SET changed_at = 0";

const LONG: [(&str, &str); 1] = [("scope", "openid offline_access")];

/// A service that was told of somebody: a code that it has not come for yet, and tokens.
struct Told {
    client: OidcClient,
    browser: Visitor,
    tokens: Page,
    code: String,
}

impl Told {
    /// Nora by Lillekøbing; where she is asked as what, it is as an employee of the school elsewhere.
    async fn of_nora(world: &Federation, client: &str) -> Self {
        let client = world.client(client);
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&LONG)).await;
        let page = world
            .type_name(&mut browser, &page, "nora@lillekoebing.example")
            .await;
        let asked = world.lillekoebing.read(&page);
        let now = world.house.now();
        let answer = world.lillekoebing.log_in(&asked, "1000001209", now).await;
        let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
        let page = as_elsewhere(&mut browser, page).await;
        Self::after(client, browser, &page).await
    }

    async fn of_alma(world: &Federation, client: &str) -> Self {
        let client = world.client(client);
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&LONG)).await;
        let page = world.log_in_as(&mut browser, &page, "alma1234").await;
        Self::after(client, browser, &page).await
    }

    async fn after(client: OidcClient, mut browser: Visitor, page: &Page) -> Self {
        let tokens = client.redeem(&browser, &client.answer(page)["code"]).await;
        assert!(tokens.status.is_success(), "{}", tokens.body);
        let page = browser.get(&client.request(&LONG)).await;
        let page = as_elsewhere(&mut browser, page).await;
        let code = client.answer(&page)["code"].clone();
        Self {
            client,
            browser,
            tokens,
            code,
        }
    }

    /// Nothing comes of any of it; the auditor reads why.
    async fn assert_worth_nothing(&self, world: &Federation, reason: &str) {
        let (client, browser) = (&self.client, &self.browser);
        let what = format!("{} {reason}", client.client_id);
        let access = text_of(&self.tokens, "access_token");
        let told = userinfo(browser, &access).await;
        assert_eq!(told.status, StatusCode::UNAUTHORIZED, "{what}: userinfo");
        let looked = client
            .post(browser, "/oidc/introspect", &[("token", &access)])
            .await;
        assert_eq!(json(&looked)["active"], false, "{what}: {}", looked.body);
        let page = client.redeem(browser, &self.code).await;
        assert_refused(&page, "invalid_grant", &what);
        assert_reason(world, reason, &what).await;
        let page = client
            .renew(browser, &text_of(&self.tokens, "refresh_token"), &[])
            .await;
        assert_refused(&page, "invalid_grant", &what);
        assert_reason(world, reason, &what).await;
    }

    async fn assert_good(&self) {
        let page = self
            .client
            .renew(&self.browser, &text_of(&self.tokens, "refresh_token"), &[])
            .await;
        assert!(page.status.is_success(), "{}", page.body);
        let told = userinfo(&self.browser, &text_of(&page, "access_token")).await;
        assert!(told.status.is_success(), "{}", told.body);
    }
}

/// Chooses the school of the other municipality, where there is a choice.
async fn as_elsewhere(browser: &mut Visitor, page: Page) -> Page {
    let Some((before, _)) = page.body.split_once("Havneskolen") else {
        return page;
    };
    let (_, chosen) = before.rsplit_once("name=\"actor\" value=\"").unwrap();
    let chosen = chosen.split('"').next().unwrap().to_owned();
    browser.submit(&page.form(), &[("actor", &chosen)]).await
}

async fn assert_reason(world: &Federation, reason: &str, what: &str) {
    let audit = world.house.audit().await;
    let row = audit.iter().rev().find(|row| row.act == "op.deny").unwrap();
    assert!(row.details.contains(reason), "{what}: {}", row.details);
}

/// A municipality speaks for its own: whoever has left it, and is still somebody elsewhere, is not
/// vouched for by what it said before (C01).
#[tokio::test]
async fn c01_tokens_do_not_outlive_the_reach_of_who_vouched() {
    for client in ["fornyer", "altid"] {
        let world = Federation::start_with_people(NORA).await;
        // As many affiliations as there are: nothing but the reach has ended with the one.
        world.decide(&format!("services/{client}"), "one_actor = true");
        let told = Told::of_nora(&world, client).await;
        world.house.execute(LEFT_LILLEKOEBING).await;
        told.assert_worth_nothing(&world, "may_not_issue[scope]").await;
    }
}

/// An affiliation that ended is told to nobody any more, also where others stand (F14).
#[tokio::test]
async fn f14_a_role_that_has_ended_is_told_to_nobody() {
    for client in ["fornyer", "altid"] {
        let world = Federation::start_with_people(NORA).await;
        // At her own school, since a municipality's login speaks of no other.
        let one_more = "INSERT INTO actors (id, account, actor_group, institution, roles) \
             SELECT 'c1000000-0000-4000-8000-000000000001', id, 'Ekstern', '101001', '' FROM accounts \
             WHERE user_name = 'nora1234'";
        world.house.execute(one_more).await;
        let told = Told::of_nora(&world, client).await;
        let other = "UPDATE actors SET active_until = 1 WHERE actor_group = 'Ekstern'";
        world.house.execute(other).await;
        told.assert_worth_nothing(&world, "may_not_issue[role]").await;
    }
}

/// Whoever has one more affiliation than before keeps what they have.
#[tokio::test]
async fn f14_what_ended_elsewhere_ends_nothing_here() {
    for client in ["fornyer", "altid"] {
        let world = Federation::start_with_people(NORA).await;
        world.decide(&format!("services/{client}"), "one_actor = true");
        let told = Told::of_nora(&world, client).await;
        told.assert_good().await;
    }
}

/// A password that must be changed stops logins and sessions, and what came of them too (G14, E13).
#[tokio::test]
async fn e13_g14_a_password_that_must_be_changed_stops_tokens() {
    for client in ["fornyer", "altid"] {
        let world = Federation::start().await;
        let told = Told::of_alma(&world, client).await;
        world.house.execute(ALL_PASSWORDS_ARE_OLD).await;
        told.assert_worth_nothing(&world, "may_not_issue[must_change]")
            .await;
    }
}

/// Whom somebody else vouched for has no password of ours to change.
#[tokio::test]
async fn g14_a_password_of_ours_stops_nobody_who_came_without_it() {
    let world = Federation::start_with_people(NORA).await;
    let told = Told::of_nora(&world, "altid").await;
    world.house.execute(ALL_PASSWORDS_ARE_OLD).await;
    told.assert_good().await;
}

/// A service that asks for more than it did is not told on the strength of less (DR08).
#[tokio::test]
async fn e12_a_level_that_is_asked_for_now_was_not_proved_then() {
    let world = Federation::start().await;
    let told = Told::of_alma(&world, "fornyer").await;
    world.decide("services/fornyer", "wanted = [\"two-factors\"]");
    told.assert_worth_nothing(&world, "may_not_issue[level]").await;
}

/// The rule holds for pages of our own too: a password that is due is changed before they open.
#[tokio::test]
async fn g14_a_password_that_must_be_changed_closes_our_own_pages() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    world.log_in_as(&mut browser, &page, "alma1234").await;
    let page = browser.get("/min-side").await;
    assert!(page.url.path().starts_with("/min-side"), "{}", page.url);
    world.house.execute(ALL_PASSWORDS_ARE_OLD).await;
    let page = browser.get("/min-side").await;
    assert!(page.url.path().contains("/login/"), "{}: {}", page.url, page.body);
}
