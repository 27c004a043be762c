//! Upstreams that are silent, slow, endless, circling or broken: who waits for them is told, so
//! many and no more wait, and nobody else notices (M09).

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::task::JoinHandle;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_op::{DISCOVERY, Question};
use crate::world::stubborn::{Manner, Stubborn};
use crate::world::visitor::{Visitor, leads_to};

/// So many may wait for one upstream.
const ROOM: usize = 4;

const NEDE: &str = "metadata/upstreams/nede.toml";

/// A federation in which `nede` fails in this manner, slowly enough to look around meanwhile.
async fn with_stubborn(manner: Manner) -> (Federation, Stubborn) {
    let settings = format!("at_once = {ROOM}\nfailures_until_rest = 1000\ntimeout = \"4 s\"\n");
    let world = Federation::start_with(&settings).await;
    let stubborn = Stubborn::start(manner).await;
    let files = &world.house.files;
    files.change(NEDE, "http://127.0.0.1:9\"", &format!("{}\"", stubborn.issuer));
    world.house.reload();
    (world, stubborn)
}

/// Users on their way to `nede`, all at once.
async fn crowd(world: &Federation, users: usize) -> Vec<JoinHandle<Page>> {
    let mut crowd = Vec::new();
    for _ in 0..users {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let form = page.form();
        crowd.push(tokio::spawn(async move {
            browser.submit(&form, &[("name", "sofie@nede.example")]).await
        }));
    }
    crowd
}

async fn logs_in_at_lillekoebing(world: &Federation) -> bool {
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    is_logged_in(&browser.post_from_elsewhere(&asked.acs_path(), &answer).await)
}

/// A page that says who is down, and offers another way.
fn assert_told(page: &Page, code: &str, what: &str) {
    assert_eq!(
        page.refusal_code().as_deref(),
        Some(code),
        "{what}: {}",
        page.body
    );
    assert!(page.body.contains("nede"), "{what}: who is down\n{}", page.body);
    assert!(
        page.body.contains("/name\""),
        "{what}: another way\n{}",
        page.body
    );
    assert_eq!(leads_to(page), None, "{what}");
}

#[tokio::test]
async fn m09_who_waits_for_a_stubborn_upstream_is_told_and_nobody_else_notices() {
    for manner in Manner::ALL {
        let what = format!("{manner:?}");
        let (world, stubborn) = with_stubborn(manner).await;
        let waiting = crowd(&world, 3 * ROOM).await;
        for _ in 0..5 {
            assert!(logs_in_at_lillekoebing(&world).await, "{what}");
        }
        let still_waiting = waiting.iter().filter(|one| !one.is_finished()).count();
        if manner.hangs() {
            assert_eq!(still_waiting, ROOM, "{what}: the others are told at once");
            assert_eq!(stubborn.visits(), 1, "{what}: one asks for all");
            let metrics = world.house.portner.metrics.render();
            for line in [
                format!("portner_upstream_waiting_for_one {ROOM}"),
                format!("portner_upstream_turned_away_total {}", 2 * ROOM),
                "portner_calls_under_way 1".to_owned(),
            ] {
                assert!(metrics.contains(&line), "{what}: {line} is not in\n{metrics}");
            }
        }
        let mut told_to_come_back = 0;
        for one in waiting {
            let page = one.await.unwrap();
            if page.refusal_code().as_deref() == Some("UL-307") {
                assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
                assert_eq!(page.headers["retry-after"], "10", "{what}");
                assert_told(&page, "UL-307", &what);
                told_to_come_back += 1;
            } else {
                assert_told(&page, "UL-302", &what);
            }
        }
        if manner.hangs() {
            assert_eq!(told_to_come_back, 2 * ROOM, "{what}");
        }
        let refused = crowd(&world, 1).await.remove(0);
        if manner.hangs() {
            refused.abort();
        } else {
            assert_told(&refused.await.unwrap(), "UL-302", &what);
        }
    }
}

/// A browser on its way back from Havnekøbing with a code.
async fn back_from_havnekoebing(world: &Federation) -> (Visitor, Question) {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@havnekoebing.example")
        .await;
    let question = world.havnekoebing.read(&page);
    (browser, question)
}

#[tokio::test]
async fn m09_after_a_rest_one_goes_first_and_it_heals_by_itself() {
    let settings = "failures_until_rest = 2\nrest = \"400 ms\"\n";
    let world = Federation::start_with(settings).await;
    let op = &world.havnekoebing;
    let come_back =
        async |(mut browser, question): (Visitor, Question)| browser.get(&op.way_back(&question)).await;
    let mut users = Vec::new();
    for _ in 0..10 {
        users.push(back_from_havnekoebing(&world).await);
    }
    op.serve_status(
        "/token",
        StatusCode::INTERNAL_SERVER_ERROR,
        &serde_json::json!({}),
    );
    for _ in 0..2 {
        let page = come_back(users.pop().unwrap()).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-304"));
    }
    let page = come_back(users.pop().unwrap()).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-304"));
    assert_eq!(op.asked("/token"), 2, "it is left alone");
    let metrics = world.house.portner.metrics.render();
    for line in [
        "portner_hosts_resting 1",
        "portner_calls_total{end=\"server-error\"} 2",
        "portner_calls_total{end=\"resting\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }

    tokio::time::sleep(Duration::from_millis(500)).await;
    let first = users.pop().unwrap();
    let mut claims = op.claims(&first.1, world.house.now());
    claims["uniid"] = "1000001201".into();
    op.will_say(&claims).await;
    op.hang("/token");
    let (mut browser, question) = first;
    let way_back = op.way_back(&question);
    let probe = tokio::spawn(async move { browser.get(&way_back).await });
    op.was_asked("/token", 3).await;
    // However long the first one takes, the others do not follow.
    tokio::time::sleep(Duration::from_millis(600)).await;
    for user in users.drain(..4) {
        let page = come_back(user).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-304"));
    }
    assert_eq!(op.asked("/token"), 3, "exactly one goes first");
    op.release("/token");
    assert!(is_logged_in(&probe.await.unwrap()), "the first one is through");
    let (browser, question) = users.pop().unwrap();
    let mut claims = op.claims(&question, world.house.now());
    claims["uniid"] = "1000001201".into();
    op.will_say(&claims).await;
    assert!(
        is_logged_in(&come_back((browser, question)).await),
        "and so is everybody"
    );
    assert!(
        world
            .house
            .portner
            .metrics
            .render()
            .contains("portner_hosts_resting 0")
    );
}

#[tokio::test]
async fn m09_a_visitor_who_leaves_neither_hides_a_failure_nor_makes_room() {
    let settings = "failures_until_rest = 2\ntimeout = \"300 ms\"\nrest = \"60 s\"\n";
    let world = Federation::start_with(settings).await;
    let op = &world.havnekoebing;
    let mut users = Vec::new();
    for _ in 0..3 {
        users.push(back_from_havnekoebing(&world).await);
    }
    op.hang("/token");
    let (mut last, question) = users.pop().unwrap();
    for (number, (mut browser, question)) in users.into_iter().enumerate() {
        let way_back = op.way_back(&question);
        let impatient = tokio::spawn(async move { browser.get(&way_back).await });
        op.was_asked("/token", number + 1).await;
        impatient.abort();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let page = last.get(&op.way_back(&question)).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-304"));
    assert_eq!(
        op.asked("/token"),
        2,
        "it is left alone, though nobody waited to see it fail"
    );
}

#[tokio::test]
async fn m09_a_start_asks_nobody_and_needs_nobody() {
    let silent = Stubborn::start(Manner::Silent).await;
    let world = Federation::start_changed(|files| {
        for upstream in ["havnekoebing", "mitid", "erhverv", "nede"] {
            let path = format!("metadata/upstreams/{upstream}.toml");
            let before = std::fs::read_to_string(files.path(&path)).unwrap();
            let lines: Vec<String> = before
                .lines()
                .map(|line| match line.strip_prefix("issuer = ") {
                    Some(_) => format!("issuer = \"{}/{upstream}\"", silent.issuer),
                    None => line.to_owned(),
                })
                .collect();
            files.put(&path, &(lines.join("\n") + "\n"));
        }
        let metadata = format!("metadata_url = \"{}/metadata\"\n", silent.issuer);
        std::fs::remove_file(files.path("metadata/upstreams/storkoebing.xml")).unwrap();
        files.add("metadata/upstreams/storkoebing.toml", &metadata);
    })
    .await;
    assert!(portner::app::readiness::can_serve(&world.house.portner).await);
    assert!(logs_in_at_lillekoebing(&world).await);
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut browser, &page, "alma1234").await
    ));
    assert_eq!(silent.visits(), 0, "nobody was asked for what no login needed");
}

#[tokio::test]
async fn m09_a_dead_upstream_never_leads_to_a_weaker_login() {
    let world = Federation::start_with("timeout = \"300 ms\"\n").await;
    world.mitid.hang(DISCOVERY);
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen-streng").await;
    let page = world
        .type_name(&mut browser, &page, "emil@storkoebing.example")
        .await;
    let asked = world.storkoebing.read(&page);
    let answer = world
        .storkoebing
        .log_in(&asked, "0201851001", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-302"), "{}", page.body);
    assert!(
        !is_logged_in(&page),
        "one factor is not two because the other is down"
    );
}

/// Milliseconds that healthy logins take, sorted.
async fn taken_by(world: &Federation, logins: usize) -> Vec<f64> {
    let mut taken = Vec::new();
    for _ in 0..logins {
        let begun = Instant::now();
        assert!(logs_in_at_lillekoebing(world).await);
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    taken.sort_by(f64::total_cmp);
    taken
}

/// Shows its figures with `--nocapture`; they are in the chapter about speed.
#[tokio::test]
async fn m09_a_crowd_at_a_dead_upstream_costs_the_others_nothing() {
    const LOGINS: usize = 40;
    let world = Federation::start_with("at_once = 256\ntimeout = \"60 s\"\n").await;
    let silent = Stubborn::start(Manner::Silent).await;
    let files = &world.house.files;
    files.change(NEDE, "http://127.0.0.1:9\"", &format!("{}\"", silent.issuer));
    world.house.reload();
    let before = taken_by(&world, LOGINS).await;
    let waiting = crowd(&world, 256).await;
    while !world
        .house
        .portner
        .metrics
        .render()
        .contains("portner_upstream_waiting 256")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let meanwhile = taken_by(&world, LOGINS).await;
    assert!(
        waiting.iter().all(|one| !one.is_finished()),
        "all of them still wait"
    );
    let (middle, last) = (LOGINS / 2, LOGINS - 1);
    eprintln!(
        "healthy logins, ms: median {:.1}, worst {:.1}; with 256 waiting for a dead upstream: {:.1}, {:.1}",
        before[middle], before[last], meanwhile[middle], meanwhile[last]
    );
    // Neighbours on the same machine move this by a half; a broker that waits moves it by thousands.
    assert!(
        meanwhile[middle] < 3.0 * before[middle],
        "{before:?}\n{meanwhile:?}"
    );
    for one in waiting {
        one.abort();
    }
}
