//! OpenID providers that describe themselves: what was learnt outlives a restart, and what would
//! send users, codes or tokens elsewhere waits for an operator.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::sources::portner;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::House;
use crate::world::oidc_op::{DISCOVERY, OidcProvider, some_key};
use crate::world::visitor::{Visitor, leads_to};

/// Where users are sent who type a name of Havnekøbing; the page's code where they are not.
async fn sent_to(world: &Federation, house: &House) -> String {
    let (_, url) = world.request_of("skolebroen", |_| {}).await;
    let mut browser = Visitor::at(house);
    let page = browser.get(&url).await;
    let page = browser
        .submit(&page.form(), &[("name", "sofie@havnekoebing.example")])
        .await;
    leads_to(&page).map_or_else(|| page.refusal_code().unwrap_or_default(), |url| url.to_string())
}

/// Whether Sofie gets in through Havnekøbing.
async fn lets_in(world: &Federation, house: &House) -> bool {
    let (_, url) = world.request_of("skolebroen", |_| {}).await;
    let mut browser = Visitor::at(house);
    let page = browser.get(&url).await;
    let page = browser
        .submit(&page.form(), &[("name", "sofie@havnekoebing.example")])
        .await;
    if leads_to(&page).is_none() {
        return false;
    }
    let op = &world.havnekoebing;
    let question = op.read(&page);
    let mut claims = op.claims(&question, house.now());
    claims["uniid"] = "1000001201".into();
    op.will_say(&claims).await;
    is_logged_in(&browser.get(&op.way_back(&question)).await)
}

/// The description with one member otherwise.
fn changed(op: &OidcProvider, name: &str, value: impl Into<Value>) -> Value {
    let mut description = op.description();
    description[name] = value.into();
    description
}

/// An hour later everything is asked for anew.
fn an_hour_later(house: &House) {
    house.wait(SignedDuration::from_mins(61));
}

/// The digest that `metadata diff` shows for Havnekøbing.
fn digest(house: &House) -> String {
    let shown = portner(&house.files, &["metadata", "diff", "havnekoebing"]);
    let command = "portner metadata accept upstreams/havnekoebing ";
    let (_, rest) = shown.split_once(command).unwrap_or_else(|| panic!("{shown}"));
    rest.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_learnt_of_a_provider_counts_after_a_restart_while_it_is_silent() {
    let world = Federation::start().await;
    assert!(lets_in(&world, &world.house).await);
    let asked = world.havnekoebing.asked(DISCOVERY);
    let restarted = world.house.restarted().await;
    assert!(lets_in(&world, &restarted).await);
    assert_eq!(world.havnekoebing.asked(DISCOVERY), asked, "it is young enough");

    // Overdue, and neither description nor keys can be had.
    for path in [DISCOVERY, "/jwks"] {
        let trouble = StatusCode::INTERNAL_SERVER_ERROR;
        world.havnekoebing.serve_status(path, trouble, &json!({}));
    }
    an_hour_later(&restarted);
    let again = restarted.restarted().await;
    assert!(lets_in(&world, &again).await);
    assert!(
        world.havnekoebing.asked(DISCOVERY) > asked,
        "it was asked for anew"
    );
    let told = portner(&again.files, &["metadata", "sources"]);
    assert!(told.contains("upstreams/havnekoebing: fetched at"), "{told}");
    assert!(told.contains("it does not answer 200 there"), "{told}");
}

/// A provider that nobody has learnt anything of is let in by nobody's old keys.
#[tokio::test]
async fn what_was_learnt_of_one_provider_is_nothing_of_another() {
    let world = Federation::start().await;
    assert!(lets_in(&world, &world.house).await);
    let another = OidcProvider::start().await;
    another.serve_status(DISCOVERY, StatusCode::INTERNAL_SERVER_ERROR, &json!({}));
    let file = "metadata/upstreams/havnekoebing.toml";
    let own = &world.havnekoebing.issuer;
    world.house.files.change(file, own, &another.issuer);
    let restarted = world.house.restarted().await;
    assert_eq!(sent_to(&world, &restarted).await, "UL-302");
}

#[tokio::test]
async fn d09_whatever_would_send_logins_elsewhere_waits_also_after_a_restart() {
    let lies = [
        ("authorization_endpoint", "- users are sent to"),
        ("token_endpoint", "- codes are redeemed at"),
        ("jwks_uri", "- keys are at"),
        ("userinfo_endpoint", "- userinfo is at"),
        ("end_session_endpoint", "+ logouts go to"),
    ];
    for (name, line) in lies {
        let world = Federation::start().await;
        assert!(lets_in(&world, &world.house).await);
        let op = &world.havnekoebing;
        // By another name of the same machine: the description itself comes from where it should.
        let elsewhere = format!("{}/evil", op.issuer.replace("127.0.0.1", "localhost"));
        op.serve(DISCOVERY, &changed(op, name, elsewhere.clone()));
        an_hour_later(&world.house);
        // A restart in the middle is no first meeting.
        for house in [&world.house, &world.house.restarted().await] {
            assert!(lets_in(&world, house).await, "{name}: as it was");
            assert!(!sent_to(&world, house).await.contains("evil"), "{name}");
            let shown = portner(&house.files, &["metadata", "diff"]);
            assert!(
                shown.contains(line) && shown.contains(&elsewhere),
                "{name}: {shown}"
            );
        }
        assert_eq!(op.asked("/evil"), 0, "{name}: nobody called there");

        // The provider takes it back, and nothing waits any more.
        op.serve(DISCOVERY, &op.description());
        an_hour_later(&world.house);
        assert!(lets_in(&world, &world.house).await);
        let shown = portner(&world.house.files, &["metadata", "diff"]);
        assert!(shown.contains("nothing waits"), "{name}: {shown}");
    }
}

/// Paths at the same host wait as well: one host has many tenants.
#[tokio::test]
async fn d09_an_operator_accepts_what_was_shown_and_it_counts_at_once() {
    let world = Federation::start().await;
    assert!(lets_in(&world, &world.house).await);
    let op = &world.havnekoebing;
    let moved = format!("{}/nyt", op.issuer);
    op.serve(DISCOVERY, &changed(op, "authorization_endpoint", moved.clone()));
    an_hour_later(&world.house);
    assert!(!sent_to(&world, &world.house).await.starts_with(&moved));
    let shown = digest(&world.house);
    assert_eq!(shown.len(), 32);

    // What has come since then is not what was looked at.
    let evil = format!("{}/ondt", op.issuer);
    op.serve(DISCOVERY, &changed(op, "authorization_endpoint", evil.clone()));
    an_hour_later(&world.house);
    assert!(!sent_to(&world, &world.house).await.starts_with(&evil));
    let refused = portner(
        &world.house.files,
        &["metadata", "accept", "havnekoebing", &shown],
    );
    assert!(
        refused.contains("is not what that digest was shown of"),
        "{refused}"
    );
    assert!(!sent_to(&world, &world.house).await.contains("ondt"));

    op.serve(DISCOVERY, &changed(op, "authorization_endpoint", moved.clone()));
    // On a thread of its own: the provider answers on this one.
    let files = std::sync::Arc::clone(&world.house.files);
    let refresh = move || portner(&files, &["metadata", "refresh", "havnekoebing"]);
    let refreshed = tokio::task::spawn_blocking(refresh).await.unwrap();
    assert!(refreshed.contains("a change waits"), "{refreshed}");
    let shown = digest(&world.house);
    let accepted = portner(
        &world.house.files,
        &["metadata", "accept", "havnekoebing", &shown],
    );
    assert!(
        accepted.contains("accepted for upstreams/havnekoebing"),
        "{accepted}"
    );
    assert!(
        accepted.contains(&format!("+ users are sent to {moved}")),
        "{accepted}"
    );
    assert!(sent_to(&world, &world.house).await.starts_with(&moved), "at once");
    assert!(
        sent_to(&world, &world.house.restarted().await)
            .await
            .starts_with(&moved)
    );
}

/// A first description with addresses at other hosts, as large providers have it, is looked at once.
#[tokio::test]
async fn d09_a_first_description_with_strangers_waits_and_serves_when_it_is_accepted() {
    let world = Federation::start().await;
    let op = &world.havnekoebing;
    let graph = format!("{}/userinfo", op.issuer.replace("127.0.0.1", "localhost"));
    op.serve(DISCOVERY, &changed(op, "userinfo_endpoint", graph));
    assert_eq!(sent_to(&world, &world.house).await, "UL-302");
    assert_eq!(sent_to(&world, &world.house.restarted().await).await, "UL-302");
    let shown = portner(&world.house.files, &["metadata", "diff", "havnekoebing"]);
    assert!(
        shown.contains("it has addresses at other hosts than its own"),
        "{shown}"
    );
    let shown = digest(&world.house);
    portner(
        &world.house.files,
        &["metadata", "accept", "havnekoebing", &shown],
    );
    assert!(lets_in(&world, &world.house).await);
    an_hour_later(&world.house);
    assert!(
        lets_in(&world, &world.house.restarted().await).await,
        "it is not asked about again"
    );
}

/// Keys are the provider's own matter: from the address that is known they change without anybody's leave.
#[tokio::test]
async fn keys_of_a_provider_change_without_an_operator() {
    let mut world = Federation::start().await;
    assert!(lets_in(&world, &world.house).await);
    let old = std::sync::Arc::clone(&world.havnekoebing.signer);
    world.havnekoebing.signer = some_key();
    world
        .havnekoebing
        .publish(&[std::sync::Arc::clone(&world.havnekoebing.signer)]);
    world.house.wait(SignedDuration::from_mins(1));
    let restarted = world.house.restarted().await;
    assert!(
        lets_in(&world, &restarted).await,
        "a key that is not known is looked for"
    );
    assert!(portner(&restarted.files, &["metadata", "diff"]).contains("nothing waits"));
    // And the old one is nobody's any more, also after another restart.
    world.havnekoebing.signer = old;
    an_hour_later(&restarted);
    assert!(!lets_in(&world, &restarted.restarted().await).await);
}

/// A promise that is taken back would let answers of others pass for its own (D03).
#[tokio::test]
async fn d03_a_provider_that_no_longer_names_itself_waits() {
    let world = Federation::start().await;
    assert!(lets_in(&world, &world.house).await);
    let op = &world.havnekoebing;
    let promise = "authorization_response_iss_parameter_supported";
    op.serve(DISCOVERY, &changed(op, promise, false));
    an_hour_later(&world.house);
    assert!(lets_in(&world, &world.house).await);
    let shown = portner(&world.house.files, &["metadata", "diff"]);
    assert!(shown.contains("- names itself in every answer"), "{shown}");
    let told = world.house.portner.trust.text();
    assert!(
        !told.contains("havnekoebing: fetched"),
        "told with the sources: {told}"
    );
    portner::app::fetch_sources(&world.house.portner, portner::trust::fetch::Which::Due).await;
    let told = world.house.portner.trust.text();
    assert!(
        told.contains("upstreams/havnekoebing") && told.contains("a change waits since"),
        "{told}"
    );
    let metrics = world.house.portner.metrics.render();
    assert!(
        metrics.contains("portner_metadata_sources{state=\"quarantined\"} 1"),
        "{metrics}"
    );
}
