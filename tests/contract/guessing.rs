//! What is counted of guesses: tries at one thing, and how much of something an hour had.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use portner::domain::account::AccountId;
use portner::domain::actor::{ActorGroup, ActorId};
use portner::store::Store;
use portner::store::attempts::Tries;
use portner::store::ephemeral::StateKey;
use portner::store::people::ActorEntry;
use uuid::Uuid;

use super::bench::{Bench, account, at, school};

const WINDOW: SignedDuration = SignedDuration::from_mins(10);

fn key() -> StateKey {
    StateKey::of("password", &["sofi1234"])
}

/// Counts one more, as often as it takes; whether others came between does not matter.
async fn count_one(store: &Store, now: Timestamp) -> u32 {
    loop {
        let before = store.tries_at(&key(), now).await.unwrap();
        let known = before.unwrap_or_else(|| Tries::none(WINDOW, now));
        let after = Tries {
            in_window: known.in_window + 1,
            in_row: known.in_row + 1,
            not_before: now + SignedDuration::from_secs(i64::from(known.in_row)),
            ..known
        };
        let noted = store.note_tries(&key(), before.as_ref(), &after, now).await;
        if noted.unwrap() {
            return after.in_window;
        }
    }
}

pub(super) async fn of_parallel_tries_each_is_counted(bench: &Bench) {
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (store, now) = (bench.store.clone(), bench.now());
            tokio::spawn(async move { count_one(&store, now).await })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for one in tries {
        numbers.insert(one.await.unwrap());
    }
    assert_eq!(numbers, (1..=50).collect());
    let stale = Tries::none(WINDOW, bench.now());
    let noted = bench
        .store
        .note_tries(&key(), Some(&stale), &stale, bench.now())
        .await;
    assert!(!noted.unwrap(), "somebody has written since");
    let noted = bench.store.note_tries(&key(), None, &stale, bench.now()).await;
    assert!(!noted.unwrap(), "it is not the first any more");
}

pub(super) async fn a_right_try_ends_the_row_and_a_window_ends_all(bench: &Bench) {
    for _ in 0..3 {
        count_one(&bench.store, bench.now()).await;
    }
    let read = async || bench.store.tries_at(&key(), bench.now()).await.unwrap();
    let tries = read().await.unwrap();
    assert_eq!((tries.in_window, tries.in_row), (3, 3));
    assert_eq!(tries.not_before, bench.now() + SignedDuration::from_secs(2));
    assert_eq!(tries.closes_at, bench.now() + WINDOW);

    bench.store.settle_tries(&key(), bench.now()).await.unwrap();
    let tries = read().await.unwrap();
    assert_eq!((tries.in_window, tries.in_row), (2, 0), "two were wrong");
    assert_eq!(tries.not_before, bench.now());

    bench.clock.advance(WINDOW - SignedDuration::from_millis(1));
    assert!(read().await.is_some());
    bench.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(read().await, None);
    assert_eq!(count_one(&bench.store, bench.now()).await, 1, "a new window");
}

pub(super) async fn what_hours_had_adds_up(bench: &Bench) {
    let store = &bench.store;
    assert_eq!(store.count_of_hour("names", 7).await.unwrap(), None);
    for count in [3, 4] {
        store.add_to_hour("names", 7, count).await.unwrap();
    }
    store.add_to_hour("names", 8, 1).await.unwrap();
    store.add_to_hour("guesses", 7, 1).await.unwrap();
    assert_eq!(store.count_of_hour("names", 7).await.unwrap(), Some(7));
    assert_eq!(store.count_of_hour("names", 8).await.unwrap(), Some(1));
    assert_eq!(store.count_of_hour("guesses", 7).await.unwrap(), Some(1));
    for (since, count) in [(6, 8), (7, 8), (8, 1), (9, 0)] {
        assert_eq!(store.count_since("names", since).await.unwrap(), count, "{since}");
    }
}

pub(super) async fn an_account_belongs_where_it_is_active(bench: &Bench) {
    let account = account(1, "sofi1234");
    let actor = |number, until| ActorEntry {
        id: ActorId(Uuid::from_u128(number)),
        group: ActorGroup::Elev,
        institution: school().number,
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        classes: Vec::new(),
        from: None,
        until,
    };
    let end = at("2026-07-01T00:00:00Z");
    bench
        .put_sofie(vec![(
            account.clone(),
            vec![actor(1, Some(end)), actor(2, Some(end))],
        )])
        .await;
    let before = end - SignedDuration::from_secs(1);
    let all = |place| bench.store.institution_at(place);
    let (first, round) = (all(0).await.unwrap(), all(u32::MAX).await.unwrap());
    assert_eq!((first.len(), round.len()), (1, 1), "the list goes round");
    let found = bench.store.institutions_of_account(account.id, before).await;
    assert_eq!(found.unwrap(), [school().number]);
    assert_eq!(
        bench
            .store
            .institutions_of_account(account.id, end)
            .await
            .unwrap(),
        []
    );
    let nobody = AccountId(Uuid::nil());
    assert_eq!(
        bench.store.institutions_of_account(nobody, before).await.unwrap(),
        []
    );
}
