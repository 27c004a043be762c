//! How long a municipality takes, what it holds in memory, how long logins wait meanwhile, and how quickly
//! somebody is found. With every test a small one is taken; the goals are those of a large one, which
//! `PORTNER_LARGE=yes cargo test --release --test main people::speed -- --nocapture` measures.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portner::people::import::municipality::Municipality;
use portner::store::ephemeral::StateKey;
use portner::store::writer::{Pace, Writer};

use super::importing::Desk;
use super::school::START;

/// `large` where a large municipality is asked for.
fn size(small: usize, large: usize) -> usize {
    std::env::var_os("PORTNER_LARGE").map_or(small, |_| large)
}

/// The made-up municipality as its schools send it at a moment: the one that `portner import made-up` writes.
fn municipality(sent_at: &str) -> Municipality {
    let schools = u32::try_from(size(2, 40)).unwrap();
    Municipality {
        seed: 1,
        schools,
        people: schools * 750,
        sent_at: sent_at.parse().unwrap(),
    }
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_municipality_of_thirty_thousand() {
    let desk = Desk::open().await;
    let store = desk.importer.store.clone();
    let writer = Writer::start(store, desk.importer.ambient.clone(), Pace::default());
    let logins = tokio::spawn(async move {
        let (mut longest, mut number) = (Duration::ZERO, 0_u32);
        loop {
            let begun = Instant::now();
            let key = StateKey::of("speed", &[&number.to_string()]);
            writer.once(key, SignedDuration::from_hours(1)).await.unwrap();
            longest = longest.max(begun.elapsed());
            number += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            LONGEST.store(
                u64::try_from(longest.as_millis()).unwrap(),
                std::sync::atomic::Ordering::Relaxed,
            );
        }
    });
    let mut people = 0;
    let begun = Instant::now();
    for delivery in municipality(START).deliveries() {
        let outcome = desk.give(&delivery).await;
        people += outcome.overview.counts.added;
    }
    let first = begun.elapsed();
    let begun = Instant::now();
    desk.clock.advance(SignedDuration::from_hours(2));
    for delivery in municipality("2026-02-01T05:00:00Z").deliveries() {
        assert!(desk.give(&delivery).await.overview.counts.is_nothing());
    }
    let again = begun.elapsed();
    logins.abort();
    println!(
        "{people} people (and as many adults): first {first:?}, again {again:?}, peak {} MiB, longest wait of a login {} ms",
        peak_memory(),
        LONGEST.load(std::sync::atomic::Ordering::Relaxed)
    );
    assert!(first < Duration::from_secs(20), "{first:?}");
}

/// So many people of one institution, each with two names of some hundred, a user name and a local id.
const A_MILLION: &str = "PRAGMA foreign_keys = OFF;
    INSERT INTO institutions (number, name) VALUES ('909001', 'S');
    CREATE TEMP TABLE n (n INTEGER PRIMARY KEY);
    WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < $LAST)
        INSERT INTO n SELECT n FROM c;
    CREATE TEMP TABLE x AS SELECT n,
        '00000000-0000-8000-8000-' || substr('000000000000', 1, 12 - length(n)) || n AS id,
        'fornavn' || (n * 7919 % 300) AS given, 'efternavn' || (n * 104729 % 701) AS family,
        'navn' || n AS user_name FROM n;
    INSERT INTO people (id, given_name, family_name, protected) SELECT id, given, family, FALSE FROM x;
    INSERT INTO accounts (id, person, user_name, uni_id, cpr_identified, blocked)
        SELECT id, id, user_name, 'u' || (1000000 + n), TRUE, FALSE FROM x;
    INSERT INTO actors (id, account, actor_group, institution, source, local_id)
        SELECT id, id, 'Elev', '909001', 'S', 'e' || n FROM x;
    INSERT INTO search_words SELECT '909001', CAST(given AS BLOB), id FROM x;
    INSERT INTO search_words SELECT '909001', CAST(family AS BLOB), id FROM x;
    INSERT INTO search_words SELECT '909001', CAST(user_name AS BLOB), id FROM x;
    INSERT INTO search_words SELECT '909001', CAST('e' || n AS BLOB), id FROM x;
    ANALYZE;";

#[tokio::test]
async fn one_of_a_million_is_found_at_once() {
    use sqlx::ConnectOptions as _;
    let desk = Desk::open().await;
    let file = desk.folder.path().join("portner.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut database = options.connect().await.unwrap();
    let people = A_MILLION.replace("$LAST", &(size(20_000, 1_000_000) - 1).to_string());
    sqlx::raw_sql(sqlx::AssertSqlSafe(people))
        .execute(&mut database)
        .await
        .unwrap();
    let number = portner::domain::institution::InstitutionNumber::parse("909001").unwrap();
    let mut slowest = Duration::ZERO;
    for text in [
        "fornavn7",
        "f",
        "fornavn7 efternavn13",
        "efternavn699 fornavn299",
        "fornavn1 e4711",
        "navn31415",
        "e999999",
        "fornavn7 ukendt",
        "ukendt",
    ] {
        let wanted = portner::domain::search_word::wanted(text);
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..20 {
            let begun = Instant::now();
            found = desk
                .importer
                .store
                .search_people((&number, None), &wanted, 50)
                .await
                .unwrap()
                .len();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        println!(
            "{text}: {found} found in {:?} (slowest {:?})",
            times[10], times[19]
        );
        slowest = slowest.max(times[10]);
    }
    assert!(slowest < Duration::from_millis(20), "{slowest:?}");
}

static LONGEST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
