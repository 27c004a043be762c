//! Logins under a burden: with the assertion encrypted, with very many parties loaded, and while the
//! metadata of a large federation is taken in.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::ETAG;
use axum::response::IntoResponse;
use jiff::SignedDuration;
use portner::ambient::Ambient;
use portner::keys::file::{FileSigner, RsaPadding};
use portner::keys::generate::{KeyKind, generate};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::Plan;
use crate::broker::Broker;
use crate::floor::Floor;
use crate::journey::{Connections, Road};
use crate::load::{Offered, offer, saturate};
use crate::machine::{self, ANY_CORE, BROKER_CORE, LOAD_CORE};
use crate::premises::{Crowd, Premises};
use crate::scenes::everybody;
use crate::world::World;
use crate::{aggregate, provider, report};

/// A login with its assertion encrypted on both ways, beside the same without.
pub(crate) async fn encrypted(plan: &Plan, floor: &Floor) {
    let (_premises, world, broker) = everybody(Crowd::default(), BROKER_CORE).await;
    println!("{}", report::LOGINS_HEAD);
    let mut micros = Vec::new();
    for road in [Road::SamlToSaml, Road::SamlToSamlEncrypted] {
        let load = machine::load_average();
        let taken = saturate(
            &world,
            &broker,
            road,
            Connections::Fresh,
            plan.browsers,
            plan.window,
        )
        .await;
        println!(
            "{}",
            report::logins(road, Connections::Fresh, &taken, floor, &load)
        );
        micros.push(taken.micros);
    }
    println!(
        "\nEncryption: {:.0} µs more, of which {:.0} are the floor (one key unwrapped, one wrapped)",
        micros[1] - micros[0],
        Road::encryption(floor)
    );
}

/// The four roads with three parties of each kind, and among 2,000 services and 10,000 upstreams.
pub(crate) async fn crowded(plan: &Plan) {
    println!(
        "\n| parties | {} | at rest, MB | under load, MB | load average |\n|---|---|---|---|---|---|---|---|",
        Road::FOUR.map(|road| format!("{}, µs", road.name())).join(" | ")
    );
    let large = Crowd {
        upstreams: 10_000,
        services: 2_000,
        ..Crowd::default()
    };
    let mut few = Vec::new();
    for crowd in [Crowd::default(), large] {
        let load = machine::load_average();
        let (_premises, world, broker) = everybody(crowd, BROKER_CORE).await;
        let at_rest = broker.resident();
        let mut micros = Vec::new();
        for road in Road::FOUR {
            let taken = saturate(
                &world,
                &broker,
                road,
                Connections::Fresh,
                plan.browsers,
                plan.window,
            )
            .await;
            micros.push(taken.micros);
        }
        let told: Vec<_> = micros.iter().map(|micros| format!("{micros:.0}")).collect();
        println!(
            "| {} upstreams, {} services | {} | {at_rest:.0} | {:.0} | {load} |",
            crowd.upstreams + 4,
            crowd.services + 4,
            told.join(" | "),
            broker.resident(),
        );
        if few.is_empty() {
            few = micros;
        } else {
            let ratios: Vec<_> = micros
                .iter()
                .zip(&few)
                .map(|(many, few)| format!("{:.2}", many / few))
                .collect();
            println!("\nAmong many, times as much: {}", ratios.join(", "));
        }
    }
}

/// Entities that make a feed of 90 MB.
const ENTITIES: usize = 14_300;
/// What is offered beside the feed.
const RATE: u32 = 50;

/// Logins while a feed of 90 MB is fetched, verified and served, beside the same without.
pub(crate) async fn refresh(plan: &Plan, rounds: u32) {
    let mut premises = Premises::write(Crowd::default());
    let federation = Federation::open(&mut premises).await;
    let world = Arc::new(World::around(&premises));
    provider::open(&premises).await;
    federation.go_on.add_permits(1);
    let broker = Broker::start(&premises, ANY_CORE).await;
    federation.is_asked().await;
    served(&premises, &broker, 1).await;
    machine::pin(std::process::id(), ANY_CORE);
    offer(&world, &broker, &Road::FOUR, RATE, Duration::from_secs(2)).await;
    println!(
        "\n| a feed of {} MB; {RATE} logins/s on four roads | p50, ms | p99, ms | failures | broker cores | MB | load average |\n|---|---|---|---|---|---|---|",
        federation.bytes / 1_000_000
    );
    // At least as long as the whole of it takes.
    let window = (plan.open_loop / 2).max(Duration::from_secs(8));
    for round in 0..rounds {
        // It asks again within a minute, and waits for the answer while the others are measured.
        federation.is_asked().await;
        let load = machine::load_average();
        let alone = offer(&world, &broker, &Road::FOUR, RATE, window).await;
        line(&format!("{round}: alone"), &alone, &load);
        let (before, load) = (broker.resident(), machine::load_average());
        federation.go_on.add_permits(1);
        let beside = offer(&world, &broker, &Road::FOUR, RATE, window);
        let (beside, ()) = tokio::join!(beside, served(&premises, &broker, round + 2));
        line(&format!("{round}: while it is taken in"), &beside, &load);
        println!(
            "  p99 grows by {:.2}; {:.0} MB more at the highest since the start",
            beside.p99 / alone.p99,
            machine::highest(broker.process()) - before
        );
    }
    machine::pin(std::process::id(), LOAD_CORE);
}

fn line(what: &str, offered: &Offered, load: &str) {
    println!(
        "| {what} | {:.1} | {:.1} | {} | {:.2} | {:.0} | {load} |",
        offered.p50,
        offered.p99,
        offered.failures.len(),
        offered.cores,
        offered.resident
    );
    for failure in offered.failures.iter().take(2) {
        println!("  failed: {failure}");
    }
}

/// Waits until what was fetched is on the shelf, has the parties read anew, and waits for that.
async fn served(premises: &Premises, broker: &Broker, times: u32) {
    let copy = premises.path("trust/feeds/fed.xml");
    let fresh = || copy.metadata().and_then(|copy| copy.modified()).ok();
    let read_anew = || {
        let log = std::fs::read_to_string(premises.path("log")).unwrap_or_default();
        log.matches("the parties were read anew").count()
    };
    let (before, known) = (fresh(), read_anew());
    let done = timeout(Duration::from_mins(2), async {
        while fresh().is_none() || (times > 1 && fresh() == before) {
            sleep(Duration::from_millis(50)).await;
        }
        machine::hang_up(broker.process());
        while read_anew() == known {
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(
        done.await.is_ok(),
        "the feed was not taken:\n{}",
        std::fs::read_to_string(premises.path("log")).unwrap_or_default()
    );
}

/// Whoever publishes a large feed, and answers when it is let.
struct Federation {
    bytes: usize,
    asked: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Federation {
    async fn open(premises: &mut Premises) -> Self {
        let pair = generate(KeyKind::Rsa2048, "federation", &Ambient::system()).unwrap();
        let (key, certificate) = (pair.private_key.as_bytes(), pair.certificate.as_bytes());
        let signer = FileSigner::from_pem(key, Some(certificate), None, RsaPadding::Pkcs1).unwrap();
        let ends = Ambient::system().now() + SignedDuration::from_hours(7 * 24);
        let feed = aggregate::aggregate(ENTITIES).replace(aggregate::VALID_UNTIL, &ends.to_string());
        let feed = Bytes::from(crate::signing::sign(&feed, &signer).await);
        let (asked, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let bytes = feed.len();
        let (telling, waiting) = (Arc::clone(&asked), Arc::clone(&go_on));
        let routes = Router::new().fallback(move || {
            let (feed, telling, waiting) = (feed.clone(), Arc::clone(&telling), Arc::clone(&waiting));
            async move {
                telling.add_permits(1);
                waiting.acquire().await.unwrap().forget();
                Ok::<_, Infallible>(([(ETAG, "\"hver gang en ny\"")], feed).into_response())
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/feed.xml", listener.local_addr().unwrap());
        tokio::spawn(provider::serve(listener, routes));
        premises.put_feed(&url, &pair.certificate);
        Self { bytes, asked, go_on }
    }

    async fn is_asked(&self) {
        self.asked.acquire().await.unwrap().forget();
    }
}
