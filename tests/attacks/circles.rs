//! Upstreams that ask us whom we asked, and services that forget what they were told: such
//! circles end in a page (M13).

use axum::http::StatusCode;
use jiff::SignedDuration;
use portner::saml::{EntityId, Scoping};

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::ORIGIN;
use crate::world::visitor::{Visitor, leads_to};

fn ourselves() -> String {
    format!("{ORIGIN}/saml/metadata")
}

fn assert_stopped(page: &Page) {
    assert_eq!(page.refusal_code().as_deref(), Some("UL-604"), "{}", page.body);
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert_eq!(leads_to(page), None);
}

#[tokio::test]
async fn m13_a_request_that_was_made_to_answer_ours_goes_no_further() {
    let world = Federation::start().await;
    for (requester, stops) in [(ourselves(), true), ("https://andre.example".to_owned(), false)] {
        let scoping = Scoping {
            requester_ids: vec![
                EntityId::parse("https://skole.example").unwrap(),
                EntityId::parse(&requester).unwrap(),
            ],
            ..Scoping::default()
        };
        let (_, url) = world
            .request_of("skolebroen", |question| {
                // A test's few bytes may stay until the end.
                question.scoping = Some(Box::leak(Box::new(scoping)));
            })
            .await;
        let page = world.visitor().get(&url).await;
        if stops {
            assert_stopped(&page);
        } else {
            assert!(page.url.path().ends_with("/name"), "{}: {}", page.url, page.body);
        }
    }
}

#[tokio::test]
async fn m13_nobody_is_believed_who_had_it_from_us() {
    let world = Federation::start().await;
    for (authority, stops) in [(ourselves(), true), ("https://andre.example".to_owned(), false)] {
        let mut browser = world.visitor();
        let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
        let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
        words.authorities = vec!["https://idp.example".to_owned(), authority];
        let answer = world.lillekoebing.form(&words, &asked).await;
        let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
        assert_eq!(!is_logged_in(&page), stops, "{}", page.body);
        if stops {
            assert_eq!(page.refusal_code().as_deref(), Some("UL-303"));
            let audit = world.house.audit().await;
            assert!(audit.last().unwrap().details.contains("[loop]"), "{audit:?}");
        }
    }
}

/// A service that sends the browser on to Lillekøbing without a page in between.
async fn sent_on(world: &Federation, browser: &mut Visitor) -> Page {
    let client = world.client("laesehesten");
    browser.get(&client.request(&[("idphint", "lillekoebing")])).await
}

#[tokio::test]
async fn m13_an_upstream_that_asks_us_in_turn_ends_in_a_page() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    for turn in 1..=5 {
        let page = sent_on(&world, &mut browser).await;
        assert!(
            world.lillekoebing.is_asked_by(&page),
            "turn {turn}: {}",
            page.body
        );
    }
    assert_stopped(&sent_on(&world, &mut browser).await);
    assert!(
        world
            .lillekoebing
            .is_asked_by(&sent_on(&world, &mut world.visitor()).await),
        "another browser is not concerned"
    );
    for _ in 0..12 {
        world.house.wait(SignedDuration::from_secs(8));
        let page = sent_on(&world, &mut browser).await;
        assert!(
            world.lillekoebing.is_asked_by(&page),
            "slowly is no circle: {}",
            page.body
        );
    }
}

#[tokio::test]
async fn m13_a_service_that_forgets_what_it_was_told_is_answered_five_times() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut browser, &page, "alma1234").await
    ));
    for turn in 1..=5 {
        assert!(
            is_logged_in(&world.arrive(&mut browser, "skolebroen").await),
            "turn {turn}"
        );
    }
    assert_stopped(&world.arrive(&mut browser, "skolebroen").await);
    let page = browser.get(&world.client("laesehesten").request(&[])).await;
    assert!(
        is_logged_in(&page),
        "another service is not concerned: {}",
        page.body
    );
    for _ in 0..10 {
        let silent = world.client("laesehesten").request(&[("prompt", "none")]);
        assert!(
            is_logged_in(&browser.get(&silent).await),
            "asking silently is no circle"
        );
    }
}
