//! What logging out everywhere asks of the store.

use portner::domain::service::ServiceId;
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::upstream::UpstreamId;
use portner::store::replaced::{Replaced, Successor};
use portner::store::upstream_sessions::{Meant, UpstreamSession};
use portner::store::writer::{FinishedLogin, RestsOn, WriteFailed};
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
async fn opened(bench: &Bench, number: u8, behind: UpstreamSession, before: Option<SessionId>) -> SsoSession {
    let (token, session) = super::sessions::session(bench, number);
    let begun = RestsOn::New(token, Box::new(session.clone()));
    let login = FinishedLogin {
        vouched: None,
        at_upstream: vec![behind],
        replaces: before.map(|session| Replaced {
            session,
            by: Successor::SamePerson,
        }),
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
    let open = bench.store.session_by_id(first.id, bench.now()).await.unwrap();
    assert_eq!(open, None, "in the same commit");
    let aula = ServiceId::parse("aula").unwrap();
    let held_by = async |index| {
        let found = bench.store.session_of_part(second.person, &aula, index);
        found.await.unwrap()
    };
    assert_eq!(held_by("_1").await, Some(second.id), "whoever has its part now");
    assert_eq!(held_by("_3").await, None);
    // Who comes too late takes nothing, and whoever has ended already is nobody's to end.
    let third = opened(bench, 3, at_upstream(1, Some(13)), Some(first.id)).await;
    assert_eq!(bench.store.participations(third.id).await.unwrap().len(), 1);
}

/// Another person sits there now: what was is over, for the auditor too, and nothing goes over to them.
pub(super) async fn a_session_that_another_person_follows_hands_nothing_on(bench: &Bench) {
    let first = opened(bench, 1, at_upstream(1, Some(11)), None).await;
    let (token, session) = super::sessions::session(bench, 2);
    let begun = RestsOn::New(token, Box::new(session.clone()));
    let told = super::audit::event(bench);
    let rows = bench.store.audit_after(0, 100).await.unwrap().len();
    let login = FinishedLogin {
        replaces: Some(Replaced {
            session: first.id,
            by: Successor::Another(Box::new(told)),
        }),
        ..bench.login(begun, part(bench, "aula", "_2"), None)
    };
    bench.writer().login(login).await.unwrap();
    assert_eq!(bench.store.participations(first.id).await.unwrap().len(), 1);
    assert_eq!(bench.store.participations(session.id).await.unwrap().len(), 1);
    let open = bench.store.session_by_id(first.id, bench.now()).await.unwrap();
    assert_eq!(open, None);
    assert_eq!(bench.store.audit_after(0, 100).await.unwrap().len(), rows + 2);
}

/// A login that is not written ends nothing: neither one whose proof was seen before, nor one whose session is over.
pub(super) async fn a_login_that_is_refused_ends_nobodys_session(bench: &Bench) {
    let first = opened(bench, 1, at_upstream(1, Some(11)), None).await;
    let over = opened(bench, 2, at_upstream(2, Some(12)), None).await;
    bench.store.end_session(over.id, bench.now()).await.unwrap();
    let login = |session| FinishedLogin {
        replaces: Some(Replaced {
            session: first.id,
            by: Successor::SamePerson,
        }),
        ..bench.login(session, part(bench, "aula", "_9"), None)
    };
    let refused = bench.writer().login(login(RestsOn::Earlier(over.id))).await;
    assert!(matches!(refused, Err(WriteFailed::SessionOver)), "{refused:?}");
    let (token, _) = super::sessions::session(bench, 2);
    let refused = bench
        .writer()
        .login(login(RestsOn::New(token, Box::new(over))))
        .await;
    assert!(matches!(refused, Err(WriteFailed::SessionOver)), "{refused:?}");
    let open = bench.store.session_by_id(first.id, bench.now()).await.unwrap();
    assert!(open.is_some());
    assert_eq!(bench.store.participations(first.id).await.unwrap().len(), 1);
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
