//! Portner's own pages: who comes to them has logged in as to any service, and is looked at anew at
//! every request (DR08, F14, I06).

use jiff::SignedDuration;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::visitor::Visitor;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Alma, with a password of the central store, logs in to her own page.
async fn alma_at_her_page(world: &Federation, browser: &mut Visitor, address: &str) -> Page {
    let first = browser.get(address).await;
    assert!(first.body.contains("name=\"name\""), "{}", first.body);
    world.log_in_as(browser, &first, "alma1234").await
}

fn shows_alma(page: &Page) -> bool {
    page.status == 200 && page.body.contains("Alma Lund") && page.body.contains("alma1234")
}

#[tokio::test]
async fn whoever_logs_in_comes_to_the_page_that_was_asked_for() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = alma_at_her_page(&world, &mut browser, "/min-side?lang=en").await;
    assert!(shows_alma(&page), "{}", page.body);
    assert!(page.body.contains("Who am I?") && page.body.contains("Bakkeskolen"));
    let page = browser.get("/min-side?lang=da").await;
    assert!(
        page.body.contains("Hvem er jeg?"),
        "no second login: {}",
        page.body
    );
}

#[tokio::test]
async fn a_login_at_a_service_is_one_here_too_and_the_other_way_round() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let first = world.arrive(&mut browser, "skolebroen").await;
    let page = world.log_in_as(&mut browser, &first, "alma1234").await;
    assert!(is_logged_in(&page));
    assert!(shows_alma(&browser.get("/min-side").await));

    let mut other = world.visitor();
    alma_at_her_page(&world, &mut other, "/min-side").await;
    assert!(is_logged_in(&world.arrive(&mut other, "skolebroen").await));
}

#[tokio::test]
async fn whoever_uses_the_page_stays_and_whoever_does_not_is_asked_again() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    alma_at_her_page(&world, &mut browser, "/min-side").await;
    for _ in 0..4 {
        world.house.wait(MINUTE * 20);
        assert!(shows_alma(&browser.get("/min-side").await), "it is in use");
    }
    world.house.wait(MINUTE * 31);
    let page = browser.get("/min-side").await;
    assert!(page.body.contains("name=\"name\""), "{}", page.body);
}

#[tokio::test]
async fn what_changed_since_the_login_counts_at_the_next_request() {
    for (change, expected) in [
        ("UPDATE accounts SET blocked = TRUE", Some("UL-203")),
        ("UPDATE sessions SET ended_at = 1", None),
    ] {
        let world = Federation::start().await;
        let mut browser = world.visitor();
        alma_at_her_page(&world, &mut browser, "/min-side").await;
        world.house.execute(change).await;
        let page = browser.get("/min-side").await;
        assert!(!page.body.contains("Alma"), "{change}: {}", page.body);
        assert_eq!(page.refusal_code().as_deref(), expected, "{change}");
    }
}

#[tokio::test]
async fn a_proof_for_one_service_alone_is_none_here_until_it_is_made_here() {
    let world = Federation::start_changed(|files| {
        files.add("metadata/upstreams/central.toml", "\nsingle_sign_on = false\n");
    })
    .await;
    let mut browser = world.visitor();
    let first = world.arrive(&mut browser, "skolebroen").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut browser, &first, "alma1234").await
    ));
    let page = alma_at_her_page(&world, &mut browser, "/min-side").await;
    assert!(shows_alma(&page), "{}", page.body);
    assert!(
        shows_alma(&browser.get("/min-side").await),
        "and not at every request"
    );
}

#[tokio::test]
async fn nobody_is_told_of_a_logout_for_our_own_pages() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    alma_at_her_page(&world, &mut browser, "/min-side").await;
    let ask = browser.get("/logout").await;
    let receipt = browser.submit(&ask.form(), &[]).await;
    assert!(!receipt.body.contains("Min side"), "{}", receipt.body);
    assert!(browser.get("/min-side").await.body.contains("name=\"name\""));
}

#[tokio::test]
async fn whoever_cannot_come_in_is_let_out_at_the_front() {
    let world = Federation::start().await;
    world.house.execute("UPDATE accounts SET blocked = TRUE").await;
    let mut browser = world.visitor();
    let refused = alma_at_her_page(&world, &mut browser, "/min-side").await;
    assert_eq!(
        refused.refusal_code().as_deref(),
        Some("UL-203"),
        "{}",
        refused.body
    );
    let out = browser.submit(&refused.form(), &[]).await;
    assert_eq!((out.status.as_u16(), out.url.path()), (200, "/"), "{}", out.body);
}
