//! Logins with a password of the central store (P4), the others beside them (P5), and more of them
//! than there is room for (P7).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Plan;
use crate::broker::Broker;
use crate::journey::Road;
use crate::load::offer;
use crate::machine::{self, ANY_CORE, BROKER_CORE, LOAD_CORE};
use crate::premises::{Crowd, PASSWORD, PEOPLE, Premises};
use crate::provider;
use crate::visitor::{Door, From, Told, Visitor, action, field};
use crate::world::{Client, World};

/// What those who hash are called in /proc.
const THREADS: &str = "password";

/// How a login with a password ended.
enum Ended {
    /// The service got its answer.
    In(Duration),
    /// There was no room; so long after the password was sent.
    Told(Duration),
}

/// Every scene of passwords.
pub(crate) async fn passwords(plan: &Plan) {
    let crowd = Crowd {
        passwords: PEOPLE,
        ..Crowd::default()
    };
    let premises = Premises::write(crowd);
    let world = Arc::new(World::around(&premises));
    provider::open(&premises).await;
    let broker = Broker::start(&premises, BROKER_CORE).await;
    one_core(plan, &world, &broker).await;
    drop(broker);

    let broker = Broker::start(&premises, ANY_CORE).await;
    machine::pin(std::process::id(), ANY_CORE);
    let capacity = both_cores(plan, &world, &broker).await;
    beside(plan, &world, &broker, capacity).await;
    too_many(plan, &world, &broker, capacity).await;
    machine::pin(std::process::id(), LOAD_CORE);
}

/// P4: on a core of its own, saturated.
async fn one_core(plan: &Plan, world: &Arc<World>, broker: &Broker) {
    println!(
        "\n| passwords, one core | logins/s | broker CPU, ms | of it hashing | load average |\n|---|---|---|---|---|"
    );
    for (what, window) in [("warm-up", plan.window / 4), ("saturated", 3 * plan.window)] {
        let load = machine::load_average();
        let (cpu, hashing) = (broker.cpu_time(), machine::cpu_time_of(broker.process(), THREADS));
        let (logins, time) = saturate(world, &broker.door, plan.browsers, window).await;
        let cpu = (broker.cpu_time() - cpu).as_secs_f64();
        let hashing = (machine::cpu_time_of(broker.process(), THREADS) - hashing).as_secs_f64();
        println!(
            "| {what} | {:.0} | {:.1} | {:.1} % | {load} |",
            f64::from(logins) / time.as_secs_f64(),
            cpu * 1e3 / f64::from(logins),
            100.0 * hashing / cpu,
        );
    }
}

/// How many logins with a password go through both cores in a second, the load beside them.
async fn both_cores(plan: &Plan, world: &Arc<World>, broker: &Broker) -> f64 {
    saturate(world, &broker.door, plan.browsers, plan.window / 4).await;
    let (logins, time) = saturate(world, &broker.door, plan.browsers, 2 * plan.window).await;
    let capacity = f64::from(logins) / time.as_secs_f64();
    println!(
        "\nCapacity with both cores, the load on them too: {capacity:.0} logins with a password a second"
    );
    capacity
}

/// P5: federated logins alone, and with the queue for passwords full.
async fn beside(plan: &Plan, world: &Arc<World>, broker: &Broker, capacity: f64) {
    const RATE: u32 = 50;
    println!(
        "\n| federated logins, {RATE}/s on four roads | p50, ms | p99, ms | failures | load average |\n|---|---|---|---|---|"
    );
    let mut before = f64::NAN;
    for round in 0..3 {
        for saturated in [false, true] {
            let stop = Arc::new(AtomicBool::new(false));
            let beside = saturated.then(|| {
                let (world, door) = (Arc::clone(world), broker.door.clone());
                let stop = Arc::clone(&stop);
                tokio::spawn(async move { pour(&world, &door, 2.0 * capacity, &stop).await })
            });
            if saturated {
                // Until the queue is full.
                sleep(Duration::from_secs(4)).await;
            }
            let load = machine::load_average();
            let offered = offer(world, broker, &Road::FOUR, RATE, plan.open_loop / 2).await;
            stop.store(true, Ordering::Relaxed);
            if let Some(beside) = beside {
                beside.await.unwrap();
            }
            let what = if saturated { "queue full" } else { "alone" };
            println!(
                "| {round}: {what} | {:.1} | {:.1} | {} | {load} |",
                offered.p50,
                offered.p99,
                offered.failures.len()
            );
            for failure in offered.failures.iter().take(2) {
                println!("  failed: {failure}");
            }
            if saturated {
                println!("  p99 grows by {:.2}", offered.p99 / before);
            }
            before = offered.p99;
        }
    }
}

/// P7: twice as many as there is room for.
async fn too_many(plan: &Plan, world: &Arc<World>, broker: &Broker, capacity: f64) {
    let rate = 2.0 * capacity;
    let time = plan.open_loop;
    let count = (rate * time.as_secs_f64()) as u32;
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..count {
        sleep_until(begun + time * number / count).await;
        let (world, door) = (Arc::clone(world), broker.door.clone());
        running.spawn(async move { log_in(&world, &door, number % PEOPLE).await });
    }
    let (mut done, mut told, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(one) = running.join_next().await {
        match one.unwrap() {
            Ok(Ended::In(time)) => done.push(time),
            Ok(Ended::Told(time)) => told.push(time),
            Err(what) => failures.push(what),
        }
    }
    let per_second = done.len() as f64 / begun.elapsed().as_secs_f64();
    told.sort_unstable();
    done.sort_unstable();
    let at = |times: &[Duration], share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    println!(
        "\n| offered | done/s | of capacity | done p50, ms | told | told p50, ms | told p99, ms | failures | load average |\n|---|---|---|---|---|---|---|---|---|\n| {rate:.0}/s | {per_second:.0} | {:.0} % | {:.0} | {} | {:.1} | {:.1} | {} | {} |",
        100.0 * per_second / capacity,
        at(&done, 0.5),
        told.len(),
        at(&told, 0.5),
        at(&told, 0.99),
        failures.len(),
        machine::load_average(),
    );
    for failure in failures.iter().take(3) {
        println!("  failed: {failure}");
    }
}

/// As many as go through with so many browsers; the first mistake voids the run.
async fn saturate(world: &Arc<World>, door: &Door, browsers: usize, window: Duration) -> (u32, Duration) {
    let (next, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let begun = Instant::now();
    let mut players = JoinSet::new();
    for _ in 0..browsers {
        let (world, door) = (Arc::clone(world), door.clone());
        let (next, done) = (Arc::clone(&next), Arc::clone(&done));
        players.spawn(async move {
            while begun.elapsed() < window {
                let person = next.fetch_add(1, Ordering::Relaxed) % PEOPLE;
                match log_in(&world, &door, person).await {
                    Ok(Ended::In(_)) => drop(done.fetch_add(1, Ordering::Relaxed)),
                    Ok(Ended::Told(_)) => panic!("no room for {browsers} browsers"),
                    Err(what) => panic!("{what}"),
                }
            }
        });
    }
    while let Some(player) = players.join_next().await {
        player.expect("one failed login voids the run");
    }
    (done.load(Ordering::Relaxed), begun.elapsed())
}

/// Logins at a steady rate until told to stop, whatever becomes of them.
async fn pour(world: &Arc<World>, door: &Door, rate: f64, stop: &AtomicBool) {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        sleep_until(begun + Duration::from_secs_f64(f64::from(number) / rate)).await;
        let (world, door) = (Arc::clone(world), door.clone());
        running.spawn(async move { log_in(&world, &door, number % PEOPLE).await.is_ok() });
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
}

/// A login at an OpenID client by name and password.
async fn log_in(world: &World, door: &Door, person: u32) -> Told<Ended> {
    let begun = Instant::now();
    let client = &world.client;
    let mut browser = Visitor::arrive(door).await?;
    let (path, asked) = client.ask();
    let page = browser.get_page(&path).await?;
    let name = format!("elev{person:05}");
    let fields = [("form", field(&page, "form")?), ("name", name.as_str())];
    let next = browser
        .post(action(&page)?, From::OwnPage, &fields)
        .await?
        .redirect()?;
    let page = browser.get_page(&next).await?;
    let fields = [("form", field(&page, "form")?), ("password", PASSWORD)];
    let sent = Instant::now();
    let answer = browser.post(action(&page)?, From::OwnPage, &fields).await?;
    if answer.status == 503 {
        return Ok(Ended::Told(sent.elapsed()));
    }
    let code = client.code(&answer.redirect()?, &asked)?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", Client::REDIRECT_URI),
        ("code_verifier", &asked.verifier),
    ];
    let mut caller = Visitor::arrive(door).await?;
    let tokens = caller
        .call("/oidc/token", &Client::basic(), &fields)
        .await?
        .page()?;
    client.check(&tokens, &asked, person)?;
    Ok(Ended::In(begun.elapsed()))
}
