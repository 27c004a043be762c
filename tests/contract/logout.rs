//! What logging out everywhere asks of the store.

use portner::domain::service::ServiceId;
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::upstream::UpstreamId;
use portner::store::upstream_sessions::{Meant, UpstreamSession};
use portner::store::writer::{FinishedLogin, RestsOn};
use uuid::Uuid;

use super::bench::{Bench, part};

fn lillekoebing() -> UpstreamId {
    UpstreamId::parse("lillekoebing").unwrap()
}

fn at_upstream(subject: u8, index: Option<u8>) -> UpstreamSession {
    UpstreamSession {
        upstream: lillekoebing(),
        subject: [subject; 32],
        index: index.map(|index| [index; 32]),
        sealed: vec![subject, 0, 255],
    }
}

/// A session with this session at Lillekøbing behind it.
async fn opened(
    bench: &Bench,
    number: u8,
    behind: UpstreamSession,
    inherits: Option<SessionId>,
) -> SsoSession {
    let (token, session) = super::sessions::session(bench, number);
    let begun = RestsOn::New(token, Box::new(session.clone()));
    let login = FinishedLogin {
        vouched: None,
        at_upstream: vec![behind],
        inherits,
        ..bench.login(begun, part(bench, "aula", &format!("_{number}")), None)
    };
    bench.writer().login(login).await.unwrap();
    session
}

pub(super) async fn an_upstream_finds_the_sessions_that_it_means(bench: &Bench) {
    let one = opened(bench, 1, at_upstream(1, Some(11)), None).await;
    let other = opened(bench, 2, at_upstream(1, Some(12)), None).await;
    let nameless = opened(bench, 3, at_upstream(2, None), None).await;
    let found = async |upstream: &UpstreamId, meant| {
        bench
            .store
            .sessions_at_upstream(upstream, &meant, bench.now())
            .await
            .unwrap()
    };
    let here = lillekoebing();
    assert_eq!(found(&here, Meant::Subject([1; 32])).await, [one.id, other.id]);
    assert_eq!(found(&here, Meant::Index([12; 32])).await, [other.id]);
    assert_eq!(found(&here, Meant::Both([1; 32], [11; 32])).await, [one.id]);
    assert_eq!(found(&here, Meant::Both([2; 32], [11; 32])).await, []);
    assert_eq!(found(&here, Meant::Subject([2; 32])).await, [nameless.id]);
    // What is a user's name is no session's.
    assert_eq!(found(&here, Meant::Subject([11; 32])).await, []);
    let elsewhere = UpstreamId::parse("storkoebing").unwrap();
    assert_eq!(found(&elsewhere, Meant::Subject([1; 32])).await, []);

    assert_eq!(
        bench.store.upstream_sessions(one.id).await.unwrap(),
        [at_upstream(1, Some(11))]
    );
    bench.store.end_session(one.id, bench.now()).await.unwrap();
    assert_eq!(found(&here, Meant::Subject([1; 32])).await, [other.id]);
}

pub(super) async fn a_session_that_takes_anothers_place_has_its_participants(bench: &Bench) {
    let first = opened(bench, 1, at_upstream(1, Some(11)), None).await;
    let second = opened(bench, 2, at_upstream(1, Some(12)), Some(first.id)).await;
    assert_eq!(bench.store.participations(first.id).await.unwrap(), []);
    let parts = bench.store.participations(second.id).await.unwrap();
    let indexes: Vec<_> = parts.iter().map(|part| part.session_index.as_str()).collect();
    assert_eq!(indexes, ["_1", "_2"]);
    assert_eq!(bench.store.upstream_sessions(second.id).await.unwrap().len(), 2);
}

pub(super) async fn a_part_is_remembered_when_its_session_is_over(bench: &Bench) {
    let session = opened(bench, 1, at_upstream(1, None), None).await;
    assert_eq!(
        bench.store.session_by_id(session.id, bench.now()).await.unwrap(),
        Some(session.clone())
    );
    bench.store.end_session(session.id, bench.now()).await.unwrap();
    assert_eq!(
        bench.store.session_by_id(session.id, bench.now()).await.unwrap(),
        None
    );
    let nobody = SessionId(Uuid::from_u128(99));
    assert_eq!(
        bench.store.session_by_id(nobody, bench.now()).await.unwrap(),
        None
    );

    let (aula, bibliotek) = (
        ServiceId::parse("aula").unwrap(),
        ServiceId::parse("bibliotek").unwrap(),
    );
    let took_part = async |service: &ServiceId, index| {
        let subject = "sofie at aula";
        bench.store.took_part(service, subject, index).await.unwrap()
    };
    assert!(took_part(&aula, Some("_1")).await && took_part(&aula, None).await);
    assert!(!took_part(&aula, Some("_2")).await && !took_part(&aula, Some("")).await);
    assert!(!took_part(&bibliotek, None).await);
}
