//! The audit chain.

use jiff::SignedDuration;
use portner::domain::account::{AccountId, PersonId};
use portner::domain::assurance::Assurance;
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::service::ServiceId;
use portner::store::audit::ChainState;
use portner::store::retention::Retention;
use portner::store::writer::Writer;
use uuid::Uuid;

use super::bench::Bench;

pub(super) fn event(bench: &Bench) -> AuditEvent {
    AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: Some("tx".to_owned()),
        service: ServiceId::parse("laering"),
        upstream: None,
        person: Some(PersonId(Uuid::from_u128(1))),
        account: None,
        client_prefix: Some("192.0.2.0/24".to_owned()),
        act: AuditAct::LoginFinished {
            assurance: Assurance::LOWEST,
            released: vec!["uni-id".to_owned()],
        },
    }
}

async fn write(bench: &Bench, writers: &[Writer], count: usize) {
    let events: Vec<_> = (0..count)
        .map(|n| {
            let (writer, event) = (writers[n % writers.len()].clone(), event(bench));
            tokio::spawn(async move { writer.audit(event).await.unwrap() })
        })
        .collect();
    for event in events {
        event.await.unwrap();
    }
}

async fn state(bench: &Bench) -> ChainState {
    bench.store.verify_audit_chain().await.unwrap()
}

async fn is_whole(bench: &Bench, expected: u64) {
    let head = bench.store.audit_head().await.unwrap();
    assert_eq!(state(bench).await, ChainState::Whole { rows: expected, head });
}

pub(super) async fn events_come_back_as_they_were_written(bench: &Bench) {
    let (finished, mut refused) = (event(bench), event(bench));
    refused.act = AuditAct::LoginRefused {
        code: "UL-303",
        reason: "saml.resp.deny[signature]".to_owned(),
    };
    let writer = bench.writer();
    writer.audit(finished.clone()).await.unwrap();
    writer.audit(refused.clone()).await.unwrap();

    let found = bench.store.audit_after(1, 10).await.unwrap();
    assert_eq!((found.len(), found[0].id), (1, refused.id));
    assert_eq!((found[0].sequence, found[0].act.as_str()), (2, "login.refused"));
    assert_eq!(
        (found[0].at, found[0].service.as_deref()),
        (refused.at, Some("laering"))
    );
    assert_eq!(
        (found[0].upstream.as_deref(), found[0].account.as_deref()),
        (None, None)
    );
    let details: serde_json::Value = serde_json::from_str(&found[0].details).unwrap();
    assert_eq!(details["reason"], "saml.resp.deny[signature]");

    let all = bench.store.audit_after(0, 10).await.unwrap();
    assert_eq!(
        all.iter().map(|record| record.id).collect::<Vec<_>>(),
        [finished.id, refused.id]
    );
    assert_eq!(bench.store.audit_after(0, 1).await.unwrap().len(), 1);
}

pub(super) async fn an_accounts_own_past_is_told_the_latest_first(bench: &Bench) {
    let own = AccountId(Uuid::from_u128(7));
    let of = |account, act| AuditEvent {
        account,
        act,
        ..event(bench)
    };
    let writer = bench.writer();
    let finished = || event(bench).act;
    for event in [
        of(Some(own), finished()),
        of(Some(AccountId(Uuid::from_u128(8))), finished()),
        of(None, finished()),
        of(Some(own), AuditAct::Authenticated),
        of(Some(own), AuditAct::LoggedOut),
        of(Some(own), finished()),
    ] {
        writer.audit(event).await.unwrap();
    }
    let places = async |person: u128, before, limit| -> Vec<u64> {
        let acts = ["login.finished", "logout"];
        let whose = (PersonId(Uuid::from_u128(person)), own);
        let found = bench.store.audit_of_account(whose, &acts, before, limit).await;
        found.unwrap().iter().map(|row| row.sequence).collect()
    };
    assert_eq!(places(1, None, 10).await, [6, 5, 1]);
    assert_eq!(places(1, None, 2).await, [6, 5]);
    assert_eq!(places(1, Some(5), 10).await, [1]);
    let of_another_person = places(2, None, 10).await;
    assert!(of_another_person.is_empty(), "the account is not theirs");
}

pub(super) async fn two_writers_make_one_chain(bench: &Bench) {
    write(bench, &[bench.writer(), bench.writer()], 100).await;
    is_whole(bench, 100).await;
}

pub(super) async fn an_untouched_chain_is_whole_before_and_after_a_purge(bench: &Bench) {
    is_whole(bench, 0).await;
    let writers = [bench.writer()];
    // More than one page, and its last page full.
    write(bench, &writers, 1000).await;
    is_whole(bench, 1000).await;
    bench
        .clock
        .advance(Retention::default().audit + SignedDuration::from_secs(1));
    write(bench, &writers, 3).await;
    let purged = bench
        .store
        .purge(&Retention::default(), bench.now())
        .await
        .unwrap();
    assert_eq!(purged.audit, 1000);
    is_whole(bench, 3).await;
    write(bench, &writers, 1).await;
    is_whole(bench, 4).await;
}

pub(super) async fn nul_in_a_strangers_text_fails_nobody(bench: &Bench) {
    let mut strange = event(bench);
    strange.transaction = Some("a\0b".to_owned());
    strange.act = AuditAct::LoginRefused {
        code: "UL-303",
        reason: "\0".to_owned(),
    };
    let writer = bench.writer();
    let (one, other) = tokio::join!(writer.audit(strange), writer.audit(event(bench)));
    one.unwrap();
    other.unwrap();
    is_whole(bench, 2).await;
}

pub(super) async fn an_altered_row_is_named(bench: &Bench) {
    write(bench, &[bench.writer()], 5).await;
    bench
        .tamper("UPDATE audit SET person = NULL WHERE sequence = 3")
        .await;
    assert_eq!(state(bench).await, ChainState::BrokenAt { sequence: 3 });
}

pub(super) async fn a_missing_row_is_named(bench: &Bench) {
    write(bench, &[bench.writer()], 5).await;
    bench.tamper("DELETE FROM audit WHERE sequence = 2").await;
    assert_eq!(state(bench).await, ChainState::BrokenAt { sequence: 2 });
}

pub(super) async fn a_cut_off_end_is_named(bench: &Bench) {
    write(bench, &[bench.writer()], 5).await;
    bench.tamper("DELETE FROM audit WHERE sequence > 3").await;
    assert_eq!(state(bench).await, ChainState::BrokenAt { sequence: 4 });
}

pub(super) async fn the_hash_of_a_row_is_told_as_long_as_it_is_there(bench: &Bench) {
    let writers = [bench.writer()];
    write(bench, &writers, 4).await;
    let head = bench.store.audit_head().await.unwrap();
    let at = async |sequence| bench.store.audit_hash_at(sequence).await.unwrap();
    assert_eq!(at(4).await, Some(head.hash.clone()));
    assert_ne!(at(3).await, at(4).await);
    assert_eq!(at(5).await, None);
    bench
        .clock
        .advance(Retention::default().audit + SignedDuration::from_secs(1));
    write(bench, &writers, 1).await;
    let purged = bench.store.purge(&Retention::default(), bench.now()).await;
    assert_eq!(purged.unwrap().audit, 4);
    assert_eq!(at(3).await, None, "forgotten");
    assert_eq!(at(4).await, Some(head.hash), "the last one that was");
}

pub(super) async fn a_hash_of_another_row_does_not_fit(bench: &Bench) {
    write(bench, &[bench.writer()], 5).await;
    // A hash that was right somewhere else.
    bench
        .tamper("UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 1) WHERE sequence = 2")
        .await;
    assert_eq!(state(bench).await, ChainState::BrokenAt { sequence: 2 });
}
