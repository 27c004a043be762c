//! Loads: a closed loop that saturates the broker, and an open one at a fixed rate, whose
//! clock starts when a login should have begun and not when somebody had time for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::broker::Broker;
use crate::journey::{Connections, Player, Road};
use crate::premises::PEOPLE;
use crate::visitor::Door;
use crate::world::World;

/// What a closed loop came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saturated {
    /// Broker CPU for one login: the middle one of three windows.
    pub(crate) micros: f64,
    /// The least and the most of the windows.
    pub(crate) range: (f64, f64),
    /// Logins a second by the clock on the wall.
    pub(crate) per_second: f64,
    /// Resident memory at the end, in megabytes.
    pub(crate) resident: f64,
}

/// Plays logins with so many browsers at once, in three windows after a short warm-up.
pub(crate) async fn saturate(
    world: &Arc<World>,
    broker: &Broker,
    road: Road,
    connections: Connections,
    browsers: usize,
    window: Duration,
) -> Saturated {
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let next = Arc::new(AtomicU32::new(0));
    let mut players = JoinSet::new();
    for _ in 0..browsers {
        let (world, door) = (Arc::clone(world), broker.door.clone());
        let (done, stop, next) = (Arc::clone(&done), Arc::clone(&stop), Arc::clone(&next));
        players.spawn(async move {
            let mut player = Player::new(&world, &door, connections);
            while !stop.load(Ordering::Relaxed) {
                let person = next.fetch_add(1, Ordering::Relaxed) % PEOPLE;
                if let Err(what) = player.play(road, person).await {
                    panic!("{}: {what}", road.name());
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    sleep(window / 4).await;
    let mut windows = Vec::new();
    for _ in 0..3 {
        let (before, cpu_before, begun) = (done.load(Ordering::Relaxed), broker.cpu_time(), Instant::now());
        sleep(window).await;
        let logins = (done.load(Ordering::Relaxed) - before) as f64;
        let cpu = (broker.cpu_time() - cpu_before).as_secs_f64();
        windows.push((cpu / logins * 1e6, logins / begun.elapsed().as_secs_f64()));
    }
    let resident = broker.resident();
    stop.store(true, Ordering::Relaxed);
    while let Some(player) = players.join_next().await {
        player.expect("one failed login voids the run");
    }
    windows.sort_by(|one, other| one.0.total_cmp(&other.0));
    Saturated {
        micros: windows[1].0,
        range: (windows[0].0, windows[2].0),
        per_second: windows[1].1,
        resident,
    }
}

/// What an open loop came to.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) logins: usize,
    pub(crate) failures: Vec<String>,
    /// Milliseconds from the intended beginning to the checked answer.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Cores that the broker used.
    pub(crate) cores: f64,
    pub(crate) resident: f64,
    pub(crate) rows_per_commit: f64,
}

/// Offers `rate` logins a second on all roads in turn, each by a browser of its own.
pub(crate) async fn offer(
    world: &Arc<World>,
    broker: &Broker,
    roads: &[Road],
    rate: u32,
    time: Duration,
) -> Offered {
    let logins = (f64::from(rate) * time.as_secs_f64()) as u32;
    let durable_before = broker.durable().await;
    let (begun, cpu_before) = (Instant::now(), broker.cpu_time());
    let mut running = JoinSet::new();
    for number in 0..logins {
        let intended = begun + time * number / logins;
        sleep_until(intended).await;
        let road = roads[number as usize % roads.len()];
        running.spawn(one(
            Arc::clone(world),
            broker.door.clone(),
            road,
            number % PEOPLE,
            intended,
        ));
    }
    let mut taken = Vec::new();
    let mut failures = Vec::new();
    while let Some(login) = running.join_next().await {
        match login.unwrap() {
            Ok(time) => taken.push(time),
            Err(what) => failures.push(what),
        }
    }
    let cores = (broker.cpu_time() - cpu_before).as_secs_f64() / begun.elapsed().as_secs_f64();
    let durable = broker.durable().await;
    taken.sort_unstable();
    let at = |share: f64| {
        let place = ((taken.len() as f64 * share) as usize).min(taken.len().saturating_sub(1));
        taken
            .get(place)
            .map_or(f64::NAN, |time: &Duration| time.as_secs_f64() * 1e3)
    };
    Offered {
        logins: taken.len(),
        p50: at(0.50),
        p99: at(0.99),
        cores,
        resident: broker.resident(),
        rows_per_commit: (durable.rows - durable_before.rows) as f64
            / (durable.commits - durable_before.commits) as f64,
        failures,
    }
}

async fn one(
    world: Arc<World>,
    door: Door,
    road: Road,
    person: u32,
    intended: Instant,
) -> Result<Duration, String> {
    let mut player = Player::new(&world, &door, Connections::Fresh);
    player
        .play(road, person)
        .await
        .map_err(|what| format!("{}: {what}", road.name()))?;
    Ok(intended.elapsed())
}
