//! Evidence of messages: sealed, chained, purged.

use jiff::SignedDuration;
use portner::domain::evidence::EvidenceLabel;
use portner::store::audit::ChainState;
use portner::store::evidence::SealedEvidence;
use portner::store::retention::Retention;

use super::bench::Bench;

fn piece(bench: &Bench, login: Option<&str>) -> SealedEvidence {
    SealedEvidence {
        label: EvidenceLabel {
            id: bench.ambient.uuid(),
            at: bench.now(),
            login: login.map(str::to_owned),
            party: "upstream/lillekoebing".to_owned(),
            kind: "saml-response-received".to_owned(),
        },
        sealed: bench.ambient.bytes::<40>().to_vec(),
    }
}

async fn write(bench: &Bench, count: usize) {
    let writers = [bench.writer(), bench.writer()];
    let written = (0..count).map(|n| {
        let (writer, piece) = (writers[n % 2].clone(), piece(bench, None));
        tokio::spawn(async move { writer.evidence(piece).await.unwrap() })
    });
    for one in written.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

async fn rows(bench: &Bench) -> Option<u64> {
    match bench.store.verify_evidence_chain().await.unwrap() {
        ChainState::Whole { rows, .. } => Some(rows),
        ChainState::BrokenAt { .. } => None,
    }
}

pub(super) async fn evidence_comes_back_as_it_was_written(bench: &Bench) {
    let (one, other) = (piece(bench, Some("tx")), piece(bench, None));
    let writer = bench.writer();
    writer.evidence(one.clone()).await.unwrap();
    writer.evidence(other.clone()).await.unwrap();
    let kept = bench.store.evidence_after(0, 10).await.unwrap();
    let pieces: Vec<_> = kept.iter().map(|record| record.evidence.clone()).collect();
    assert_eq!(pieces, [one, other]);
    assert_eq!(
        kept.iter().map(|record| record.sequence).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(bench.store.evidence_after(1, 10).await.unwrap().len(), 1);
}

pub(super) async fn the_chain_of_evidence_is_whole_before_and_after_a_purge(bench: &Bench) {
    assert_eq!(rows(bench).await, Some(0));
    // More than one page, and its last page full.
    write(bench, 400).await;
    assert_eq!(rows(bench).await, Some(400));
    bench
        .clock
        .advance(Retention::default().evidence + SignedDuration::from_secs(1));
    write(bench, 3).await;
    let purged = bench.store.purge(&Retention::default(), bench.now()).await;
    assert_eq!(purged.unwrap().evidence, 400);
    assert_eq!(rows(bench).await, Some(3));
    write(bench, 1).await;
    assert_eq!(rows(bench).await, Some(4));
}

pub(super) async fn evidence_that_was_tampered_with_is_named(bench: &Bench) {
    for (tamper, first) in [
        ("UPDATE evidence SET party = 'service/x' WHERE sequence = 4", 4),
        ("UPDATE evidence SET sealed = hash WHERE sequence = 3", 3),
        ("DELETE FROM evidence WHERE sequence = 2", 2),
    ] {
        if first == 4 {
            write(bench, 5).await;
        }
        bench.tamper(tamper).await;
        let state = bench.store.verify_evidence_chain().await.unwrap();
        assert_eq!(state, ChainState::BrokenAt { sequence: first });
    }
}

pub(super) async fn evidence_that_is_cut_off_is_named(bench: &Bench) {
    write(bench, 5).await;
    bench.tamper("DELETE FROM evidence WHERE sequence > 3").await;
    let state = bench.store.verify_evidence_chain().await.unwrap();
    assert_eq!(state, ChainState::BrokenAt { sequence: 4 });
}
