//! What reading costs: 30,000 people of one institution, the most that anybody sends at once.
//!
//! `cargo test --release --test main -- --ignored --exact --nocapture imports::speed::thirty_thousand_people_are_read_in_bounds`

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use portner::people::import::municipality::Municipality;
use portner::people::import::{read, write};

use super::sample::roster;

/// Says that this process is to write the municipality, so that writing does not count.
const WRITER: &str = "PORTNER_WRITES_A_MUNICIPALITY";
const NAME: &str = "imports::speed::thirty_thousand_people_are_read_in_bounds";

#[test]
#[ignore = "a measurement, to be run by itself"]
fn thirty_thousand_people_are_read_in_bounds() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("municipality.xml");
    #[expect(
        clippy::disallowed_methods,
        reason = "how a process tells its child what to do"
    )]
    if std::env::var(WRITER).is_ok() {
        let made_up = Municipality {
            seed: 1,
            schools: 1,
            people_each: 30_000,
            sent_at: "2026-11-30T05:00:00Z".parse().unwrap(),
        };
        let mut file = BufWriter::new(File::create(path).unwrap());
        write::unilogin(&made_up.deliveries().next().unwrap(), &mut file).unwrap();
        file.flush().unwrap();
        return;
    }
    let writer = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", NAME])
        .env(WRITER, "1")
        .status();
    assert!(writer.unwrap().success());
    let megabytes = fs::metadata(&path).unwrap().len() >> 20;
    let before = cpu();
    let deliveries = read(File::open(&path).unwrap(), None).unwrap();
    let cpu = cpu().saturating_sub(before);
    let most = most_resident_megabytes();
    assert_eq!(roster(&deliveries[0]).people.len(), 30_000);
    assert_eq!(deliveries[0].findings, []);
    println!("{megabytes} MB of XML: {cpu:?} of CPU, at most {most} MB in memory");
    assert!(cpu < Duration::from_secs(20) && most < 150);
}

fn cpu() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn most_resident_megabytes() -> u64 {
    let told = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
