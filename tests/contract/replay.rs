//! The group-commit writer, seen through its replay marks.

use std::time::Duration;

use jiff::SignedDuration;
use portner::store::ephemeral::StateKey;
use portner::store::replay::{Mark, Once, Owner};
use portner::store::writer::{FinishedLogin, Pace, RestsOn, WriteFailed, Writer};

use super::bench::{Bench, part};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn key(number: usize) -> StateKey {
    StateKey::of("saml.assertion", &["lillekoebing", &number.to_string()])
}

/// How many of `count` parallel callers, spread over the writers, are told they are first.
async fn firsts(writers: &[Writer], count: usize, key: impl Fn(usize) -> StateKey) -> usize {
    let tries: Vec<_> = (0..count)
        .map(|n| {
            let (writer, key) = (writers[n % writers.len()].clone(), key(n));
            tokio::spawn(async move { writer.once(key, HOUR).await.unwrap() })
        })
        .collect();
    let mut firsts = 0;
    for one in tries {
        firsts += usize::from(one.await.unwrap());
    }
    firsts
}

pub(super) async fn a_mark_is_first_once_of_fifty_in_parallel(bench: &Bench) {
    let writer = bench.writer();
    assert_eq!(firsts(&[writer], 50, |_| key(1)).await, 1);
}

pub(super) async fn two_writers_agree_on_who_was_first(bench: &Bench) {
    let writers = [bench.writer(), bench.writer()];
    assert_eq!(firsts(&writers, 200, |n| key(n / 4)).await, 50);
}

pub(super) async fn an_owner_is_known_again_and_others_replay(bench: &Bench) {
    let writer = bench.writer();
    let (mine, other) = (Owner::of("mine"), Owner::of("other"));
    let by = async |number, owner| writer.mark(mark(bench, number, owner)).await.unwrap();
    assert_eq!(by(1, mine).await, Once::First);
    assert_eq!(by(1, mine).await, Once::SameOwner);
    assert_eq!(by(1, other).await, Once::Replayed);
    assert!(!writer.once(key(1), HOUR).await.unwrap());
    assert!(writer.once(key(2), HOUR).await.unwrap());
    assert_eq!(by(2, Owner::NOBODY).await, Once::Replayed);
}

pub(super) async fn a_mark_that_is_forgotten_can_be_made_again(bench: &Bench) {
    let writer = bench.writer();
    for number in [1, 2] {
        assert!(writer.once(key(number), HOUR).await.unwrap());
    }
    bench.store.forget_mark(&key(1)).await.unwrap();
    bench.store.forget_mark(&key(3)).await.unwrap();
    assert!(writer.once(key(1), HOUR).await.unwrap());
    assert!(!writer.once(key(1), HOUR).await.unwrap(), "once more");
    assert!(!writer.once(key(2), HOUR).await.unwrap(), "another's stays");
}

fn mark(bench: &Bench, number: usize, owner: Owner) -> Mark {
    Mark {
        key: key(number),
        owner,
        expires_at: bench.now() + HOUR,
    }
}

/// Sessions whose number is the last digit of their id.
fn login(bench: &Bench, number: u8, proof: usize) -> FinishedLogin {
    let (token, session) = super::sessions::session(bench, number);
    FinishedLogin {
        vouched: None,
        mark: Some(mark(bench, proof, Owner::of(&number.to_string()))),
        by_secret: None,
        ..bench.login(
            RestsOn::New(token, Box::new(session)),
            part(bench, "aula", "_0"),
            None,
        )
    }
}

pub(super) async fn of_two_logins_by_one_proof_nothing_is_written_of_the_second(bench: &Bench) {
    let writer = bench.writer();
    let (one, other) = tokio::join!(writer.login(login(bench, 1, 1)), writer.login(login(bench, 2, 1)),);
    assert_eq!((one.unwrap(), other.unwrap()), (Once::First, Once::Replayed));
    assert_eq!(writer.login(login(bench, 1, 1)).await.unwrap(), Once::SameOwner);
    assert_eq!(writer.login(login(bench, 3, 1)).await.unwrap(), Once::Replayed);
    assert_eq!(writer.login(login(bench, 3, 2)).await.unwrap(), Once::First);
    let kept = async |number| {
        let (token, _) = super::sessions::session(bench, number);
        bench
            .store
            .session_by_token(&token, bench.now())
            .await
            .unwrap()
            .is_some()
    };
    assert_eq!((kept(1).await, kept(2).await, kept(3).await), (true, false, true));
    assert_eq!(
        bench.store.audit_head().await.unwrap().sequence,
        3,
        "none for the replays"
    );
}

pub(super) async fn a_mark_that_ran_out_can_be_made_again(bench: &Bench) {
    let writer = bench.writer();
    assert!(writer.once(key(1), HOUR).await.unwrap());
    bench.clock.advance(HOUR - SignedDuration::from_millis(1));
    assert!(!writer.once(key(1), HOUR).await.unwrap());
    bench.clock.advance(SignedDuration::from_millis(1));
    assert!(writer.once(key(1), HOUR).await.unwrap());
}

pub(super) async fn two_hundred_rows_take_few_commits(bench: &Bench) {
    let writer = bench.writer();
    assert_eq!(firsts(std::slice::from_ref(&writer), 200, key).await, 200);
    let written = writer.written();
    assert_eq!(written.rows, 200);
    assert!(
        written.commits <= 20,
        "ten rows a commit at the least: {written:?}"
    );
}

pub(super) async fn rows_fail_closed_when_the_database_is_gone(bench: &Bench) {
    let writer = bench.writer();
    bench.store.close().await;
    let failed = writer.once(key(1), HOUR).await;
    assert!(matches!(failed, Err(WriteFailed::Commit(_))), "{failed:?}");
}

pub(super) async fn a_full_queue_refuses_at_once(bench: &Bench) {
    let writer = bench.writer_at(Pace {
        queue: 1,
        largest: 1,
        ..Pace::default()
    });
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let writer = writer.clone();
            tokio::spawn(async move { writer.once(key(n), HOUR).await })
        })
        .collect();
    let (mut written, mut refused) = (0, 0);
    for one in tries {
        match one.await.unwrap() {
            Ok(true) => written += 1,
            Err(WriteFailed::Overloaded) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        written >= 1 && refused >= 1,
        "{written} written, {refused} refused"
    );
}

pub(super) async fn a_mark_that_nobody_waited_for_locks_nobody_out(bench: &Bench) {
    let slow = bench.writer_at(Pace {
        interval: Duration::from_millis(200),
        patience: Duration::from_millis(100),
        ..Pace::default()
    });
    slow.once(key(1), HOUR).await.unwrap();
    let late = slow.once(key(2), HOUR).await;
    assert!(matches!(late, Err(WriteFailed::TooSlow)), "{late:?}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(bench.writer().once(key(2), HOUR).await.unwrap());
}

pub(super) async fn a_mark_outlives_a_restart(bench: &Bench) {
    assert!(bench.writer().once(key(1), HOUR).await.unwrap());
    bench.store.close().await;
    let reopened = bench.opened_again().await;
    let writer = Writer::start(reopened, bench.ambient.clone(), Pace::default());
    assert!(!writer.once(key(1), HOUR).await.unwrap());
}

pub(super) async fn a_database_that_comes_back_is_taken_up_with_all_that_was_seen(bench: &Bench) {
    let writer = bench.writer();
    assert!(writer.once(key(1), HOUR).await.unwrap());
    bench.cut_off().await;
    // Who meets a connection that has died is told, and the next one is served.
    let mut taken = None;
    for _ in 0..100 {
        match writer.once(key(2), HOUR).await {
            Ok(first) => {
                taken = Some(first);
                break;
            }
            Err(failed) => assert!(failed.is_away(), "{failed:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(taken, Some(true));
    assert!(
        !writer.once(key(1), HOUR).await.unwrap(),
        "what was seen stays seen"
    );
    assert!(bench.store.is_reachable().await);
}
