//! What reading costs grows as the file does: four times the people cost about four times the work, and
//! not sixteen times. Measured in the thread's own CPU time, so that other tests do not count.

use std::fs;
use std::time::Duration;

use portner::people::import::delivery::Delivery;
use portner::people::import::municipality::Municipality;
use portner::people::import::{read, write};

use super::sample::roster;

/// So many people, and four times as many.
const FEW: u32 = 400;
/// Four times the people may cost so many times the work; the least of some tries counts.
const MOST: u32 = 6;
const TRIES: usize = 3;

fn written(people: u32) -> Vec<u8> {
    let made_up = Municipality {
        seed: 1,
        schools: 1,
        people,
        sent_at: "2026-11-30T05:00:00Z".parse().unwrap(),
    };
    let mut file = Vec::new();
    write::unilogin(&made_up.deliveries().next().unwrap(), &mut file).unwrap();
    file
}

fn cost_of_reading(people: u32) -> Duration {
    let file = written(people);
    let tries = (0..TRIES).map(|_| {
        let before = cpu();
        let deliveries: Vec<Delivery> = read(&file[..], None).unwrap();
        let cost = cpu().saturating_sub(before);
        assert_eq!(roster(&deliveries[0]).people.len(), people as usize);
        assert_eq!(deliveries[0].findings, []);
        cost
    });
    tries.min().unwrap()
}

#[test]
fn reading_four_times_the_people_costs_about_four_times_the_work() {
    let (few, many) = (cost_of_reading(FEW), cost_of_reading(4 * FEW));
    assert!(
        many <= few * MOST,
        "{FEW} people {few:?}, four times as many {many:?}"
    );
}

fn cpu() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
