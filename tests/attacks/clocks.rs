//! Clocks of others that are off by more than two seconds are told before they break a login (M10).

use jiff::SignedDuration;

use crate::world::canary;
use crate::world::federation::{Federation, is_logged_in};

const OFF: &str = "clocks differ";

fn warnings(of: &str) -> usize {
    let party = format!("party=\"{of}\"");
    let log = canary::logged();
    log.lines()
        .filter(|line| line.contains(OFF) && line.contains(&party))
        .count()
}

/// Logs in by Lillekøbing, whose clock shows this many milliseconds more than ours.
async fn log_in_with_clock(world: &Federation, ahead: i64) -> bool {
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let its_time = world.house.now() + SignedDuration::from_millis(ahead);
    let answer = world.lillekoebing.log_in(&asked, "1000001201", its_time).await;
    is_logged_in(&browser.post_from_elsewhere(&asked.acs_path(), &answer).await)
}

fn gauge(world: &Federation, role: &str, party: &str) -> Option<f64> {
    let metrics = world.house.portner.metrics.render();
    let series = format!("portner_clock_ahead_seconds{{role=\"{role}\",party=\"{party}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&series))?;
    line.parse().ok()
}

#[tokio::test]
async fn m10_an_identity_providers_clock_that_is_off_is_told_once_an_hour() {
    let world = Federation::start().await;
    assert!(log_in_with_clock(&world, 1_900).await);
    assert_eq!(
        (
            warnings("lillekoebing"),
            gauge(&world, "upstream", "lillekoebing")
        ),
        (0, None)
    );
    for _ in 0..3 {
        assert!(log_in_with_clock(&world, 3_000).await, "told, not refused");
    }
    assert_eq!(warnings("lillekoebing"), 1);
    assert_eq!(gauge(&world, "upstream", "lillekoebing"), Some(3.0));
    let shown = world.house.portner.trust.text();
    assert!(shown.contains("clock     upstream lillekoebing: +3 s"), "{shown}");
    world.house.wait(SignedDuration::from_mins(61));
    assert!(log_in_with_clock(&world, 3_000).await);
    assert_eq!(warnings("lillekoebing"), 2);
    assert!(log_in_with_clock(&world, 0).await);
    assert_eq!(gauge(&world, "upstream", "lillekoebing"), None, "set right");
    // One slow browser is no clock; five in a row are.
    for _ in 0..4 {
        assert!(log_in_with_clock(&world, -20_000).await);
    }
    assert_eq!(gauge(&world, "upstream", "lillekoebing"), None);
    assert!(log_in_with_clock(&world, -10_000).await);
    assert_eq!(gauge(&world, "upstream", "lillekoebing"), Some(-10.0));
    // What is off too far to be believed is told as well.
    assert!(!log_in_with_clock(&world, 3_600_000).await);
    assert_eq!(gauge(&world, "upstream", "lillekoebing"), Some(3_600.0));
}

#[tokio::test]
async fn m10_the_clocks_of_openid_providers_and_of_services_are_watched() {
    let world = Federation::start().await;
    for (ahead, believed, shown) in [(0, true, None), (10, true, Some(10.0)), (120, false, Some(120.0))] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world
            .type_name(&mut browser, &page, "sofie@havnekoebing.example")
            .await;
        let question = world.havnekoebing.read(&page);
        let its_time = world.house.now() + SignedDuration::from_secs(ahead);
        let mut claims = world.havnekoebing.claims(&question, its_time);
        claims["auth_time"] = world.house.now().as_second().into();
        claims["uniid"] = "1000001201".into();
        world.havnekoebing.will_say(&claims).await;
        let page = browser.get(&world.havnekoebing.way_back(&question)).await;
        assert_eq!(is_logged_in(&page), believed, "{ahead}: {}", page.body);
        assert_eq!(gauge(&world, "upstream", "havnekoebing"), shown);
    }
    assert_eq!(gauge(&world, "service", "skolebroen"), None);
    let early = world.house.now() + SignedDuration::from_secs(5);
    let (_, url) = world
        .request_of("skolebroen", |question| question.issue_instant = early)
        .await;
    world.visitor().get(&url).await;
    assert_eq!(gauge(&world, "service", "skolebroen"), Some(5.0));
    assert_eq!(warnings("skolebroen"), 1);
}

/// Three who err alike do not err: ours is off, and that is told apart from each of theirs.
#[tokio::test]
async fn m10_our_own_clock_that_is_off_is_told_as_ours() {
    let world = Federation::start().await;
    let ours = || canary::logged().matches("our own clock is off").count();
    let asks = async |service: &str, ahead: i64| {
        let its_time = world.house.now() + SignedDuration::from_secs(ahead);
        let (_, url) = world
            .request_of(service, |question| question.issue_instant = its_time)
            .await;
        world.visitor().get(&url).await;
    };
    // Two, and one that errs the other way, or long before: nobody's word against ours.
    asks("skolebroen", 60).await;
    world.house.wait(SignedDuration::from_mins(11));
    asks("skolebroen-valg", 62).await;
    asks("skolebroen-voksne", 61).await;
    assert_eq!(ours(), 0);
    asks("skolebroen", 60).await;
    assert_eq!(ours(), 1);
    asks("skolebroen-oio", 60).await;
    assert_eq!(ours(), 1, "once an hour");
    world.house.wait(SignedDuration::from_mins(61));
    for service in ["skolebroen", "skolebroen-valg", "skolebroen-voksne"] {
        asks(service, 60).await;
    }
    assert_eq!(ours(), 2);
}
