//! What is measured, scene by scene, each with a broker of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::Plan;
use crate::broker::Broker;
use crate::floor::Floor;
use crate::journey::{Connections, Player, Road};
use crate::load::{offer, saturate};
use crate::machine::{self, ANY_CORE, BROKER_CORE, LOAD_CORE};
use crate::premises::{Crowd, Premises};
use crate::visitor::Visitor;
use crate::world::World;
use crate::{provider, report};

/// CPU per login, saturated (P1, P2).
pub(crate) async fn logins(plan: &Plan, floor: &Floor) {
    let (_premises, world, broker) = everybody(Crowd::default(), BROKER_CORE).await;
    println!("{}", report::LOGINS_HEAD);
    let fresh = Road::FOUR.into_iter().chain([Road::SamlToSamlAllSigned]);
    let runs = fresh
        .map(|road| (road, Connections::Fresh))
        .chain([(Road::OidcToOidc, Connections::Kept)]);
    for (road, connections) in runs {
        let load = machine::load_average();
        let saturated = saturate(&world, &broker, road, connections, plan.browsers, plan.window).await;
        println!("{}", report::logins(road, connections, &saturated, floor, &load));
    }
}

/// Memory at rest and time to the first page, small and large.
pub(crate) async fn rest() {
    println!(
        "\n| parties | memory at rest, MB | start to first page, ms (three starts) | load average |\n|---|---|---|---|"
    );
    for crowd in [
        Crowd::default(),
        Crowd {
            upstreams: 500,
            services: 2_000,
            ..Crowd::default()
        },
    ] {
        let premises = Premises::write(crowd);
        let mut starts = Vec::new();
        let mut resident = 0.0;
        for _ in 0..3 {
            let broker = Broker::start(&premises, ANY_CORE).await;
            starts.push(broker.started_in.as_millis());
            sleep(Duration::from_secs(2)).await;
            resident = broker.resident();
        }
        starts.sort_unstable();
        println!(
            "| {} upstreams, {} services | {resident:.1} | {starts:?} | {} |",
            crowd.upstreams + 4,
            crowd.services + 4,
            machine::load_average()
        );
    }
}

/// CPU per search of the chooser among 10,000 upstreams.
pub(crate) async fn search() {
    const SEARCHES: u32 = 200;
    let crowd = Crowd {
        upstreams: 10_000,
        ..Crowd::default()
    };
    let (_premises, world, broker) = everybody(crowd, BROKER_CORE).await;
    let mut browser = Visitor::arrive(&broker.door).await.unwrap();
    let (path, _) = world.client.ask();
    let page = browser.get_page(&path).await.unwrap();
    let chooser = crate::visitor::action(&page).unwrap().replace("/name", "/choose");
    println!(
        "\n| search in 10,000 upstreams | page, KB | broker CPU, µs | load average |\n|---|---|---|---|"
    );
    for query in ["", "k", "skole 42", "øster", "vesterstrand", "findes ikke"] {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let path = format!("{chooser}?q={encoded}");
        let mut size = browser.get_page(&path).await.unwrap().len();
        let before = broker.cpu_time();
        for _ in 0..SEARCHES {
            size = browser.get_page(&path).await.unwrap().len();
        }
        let micros = (broker.cpu_time() - before).as_secs_f64() * 1e6 / f64::from(SEARCHES);
        println!(
            "| “{query}” | {} | {micros:.0} | {} |",
            size / 1024,
            machine::load_average()
        );
    }
    println!(
        "\nStart to first page with 10,000 upstreams: {} ms; resident {:.0} MB",
        broker.started_in.as_millis(),
        broker.resident()
    );
}

/// The national morning (P6), and rows per commit at 500 logins a second (P9).
pub(crate) async fn morning(plan: &Plan) {
    let (_premises, world, broker) = everybody(Crowd::default(), ANY_CORE).await;
    machine::pin(std::process::id(), ANY_CORE);
    // Warm-up: connections to the provider, prepared statements, pages.
    offer(&world, &broker, &Road::FOUR, 100, Duration::from_secs(1)).await;
    println!("\n{}", report::OFFERED_HEAD);
    for (what, rate, time) in [
        ("500 logins/s, all four roads", 500, plan.open_loop / 2),
        (
            "600 logins/s, all four roads: the national morning",
            600,
            plan.open_loop,
        ),
    ] {
        let load = machine::load_average();
        let offered = offer(&world, &broker, &Road::FOUR, rate, time).await;
        println!("{}", report::offered(what, &offered, &load));
        for failure in offered.failures.iter().take(3) {
            println!("  failed: {failure}");
        }
    }
    machine::pin(std::process::id(), LOAD_CORE);
}

/// A steady load to look at with a profiler: tells the process and keeps it busy, on all
/// roads or on those that are named (`saml-oidc`), with `kept` connections or new ones.
pub(crate) async fn profile(plan: &Plan, asked: &[&str]) {
    let (_premises, world, broker) = everybody(Crowd::default(), BROKER_CORE).await;
    println!("broker: process {}", broker.process());
    let connections = if asked.contains(&"kept") {
        Connections::Kept
    } else {
        Connections::Fresh
    };
    let named = |road: &Road| asked.contains(&road.slug());
    let some = Road::FOUR.iter().any(named);
    for road in Road::FOUR.into_iter().filter(|road| !some || named(road)) {
        let saturated = saturate(&world, &broker, road, connections, plan.browsers, plan.window).await;
        println!("{}: {:.0} µs", road.name(), saturated.micros);
    }
}

/// Files, parties and a broker, with one login on every road to see that all is well.
pub(crate) async fn everybody(crowd: Crowd, cores: &str) -> (Premises, Arc<World>, Broker) {
    let premises = Premises::write(crowd);
    let world = Arc::new(World::around(&premises));
    provider::open(&premises).await;
    let broker = Broker::start(&premises, cores).await;
    for road in Road::FOUR
        .into_iter()
        .chain([Road::SamlToSamlAllSigned, Road::SamlToSamlEncrypted])
    {
        let mut player = Player::new(&world, &broker.door, Connections::Fresh);
        if let Err(what) = player.play(road, 7).await {
            let log = std::fs::read_to_string(premises.path("log")).unwrap_or_default();
            panic!("{}: {what}\n{log}", road.name());
        }
    }
    (premises, world, broker)
}
