//! Sessions and who took part in them.

use jiff::SignedDuration;
use portner::domain::account::{AccountId, PersonId};
use portner::domain::assurance::{Assurance, Factors, NsisLevel};
use portner::domain::privilege::{PrivilegeGroup, PrivilegeScope};
use portner::domain::service::ServiceId;
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::upstream::UpstreamId;
use portner::store::sessions::TokenHash;
use portner::store::writer::{RestsOn, WriteFailed};
use uuid::Uuid;

use super::bench::{Bench, part};

const PERSON: PersonId = PersonId(Uuid::from_u128(1));

pub(super) fn session(bench: &Bench, number: u8) -> (TokenHash, SsoSession) {
    let session = SsoSession {
        id: SessionId(Uuid::from_u128(number.into())),
        person: PERSON,
        account: AccountId(Uuid::from_u128(2)),
        upstream: UpstreamId::parse("lillekoebing").unwrap(),
        assurance: Assurance {
            nsis: Some(NsisLevel::Substantial),
            factors: Factors::Two,
            ..Assurance::LOWEST
        },
        methods: vec!["pwd".to_owned(), "otp".to_owned()],
        authorities: vec!["https://idp.lillekoebing.example".to_owned()],
        privileges: vec![PrivilegeGroup {
            scope: PrivilegeScope::parse("urn:dk:gov:saml:cvrNumberIdentifier:12345678").unwrap(),
            privileges: vec!["urn:dk:skole:indberetter".to_owned()],
            constraints: std::collections::BTreeMap::from([("trin".to_owned(), "4".to_owned())]),
        }],
        authenticated_at: bench.now(),
        time_is_said: number % 2 == 1,
        last_used: bench.now(),
        expires_at: bench.now() + SignedDuration::from_hours(10),
    };
    (TokenHash([number; 32]), session)
}

async fn opened(bench: &Bench, number: u8) -> (TokenHash, SsoSession) {
    let (token, session) = session(bench, number);
    let begun = RestsOn::New(token, Box::new(session.clone()));
    bench.finish(begun, part(bench, "aula", "_0"), None).await;
    (token, session)
}

pub(super) async fn a_session_is_found_by_its_token_until_it_ends(bench: &Bench) {
    let (token, session) = opened(bench, 1).await;
    let (store, now) = (&bench.store, bench.now());
    assert_eq!(
        store.session_by_token(&token, now).await.unwrap(),
        Some(session.clone())
    );
    assert_eq!(
        store.session_by_token(&TokenHash([9; 32]), now).await.unwrap(),
        None
    );
    assert_eq!(
        store.session_by_token(&token, session.expires_at).await.unwrap(),
        None
    );

    assert!(store.end_session(session.id, now).await.unwrap());
    assert!(!store.end_session(session.id, now).await.unwrap(), "it had ended");
    assert_eq!(store.session_by_token(&token, now).await.unwrap(), None);
}

pub(super) async fn a_session_is_used_outside_logins_too(bench: &Bench) {
    let (token, session) = opened(bench, 1).await;
    let (store, now) = (&bench.store, bench.now());
    let later = now + SignedDuration::from_mins(5);
    store.use_session(session.id, later).await.unwrap();
    store.use_session(session.id, now).await.unwrap();
    let found = store.session_by_token(&token, now).await.unwrap().unwrap();
    assert_eq!(found.last_used, later, "of two notes the later one stays");
}

pub(super) async fn a_touch_never_goes_back_in_time(bench: &Bench) {
    let (token, session) = opened(bench, 1).await;
    let later = bench.now() + SignedDuration::from_mins(5);
    let used = || RestsOn::Earlier(session.id);
    let writer = bench.writer();
    bench.clock.advance(SignedDuration::from_mins(5));
    writer
        .login(bench.login(used(), part(bench, "aula", "_0"), None))
        .await
        .unwrap();
    bench.clock.advance(SignedDuration::from_mins(-5));
    writer
        .login(bench.login(used(), part(bench, "aula", "_0"), None))
        .await
        .unwrap();
    let found = bench.store.session_by_token(&token, later).await.unwrap();
    assert_eq!(found.map(|session| session.last_used), Some(later));
}

pub(super) async fn all_sessions_of_a_person_end_together(bench: &Bench) {
    opened(bench, 1).await;
    opened(bench, 2).await;
    assert_eq!(
        bench.store.sessions_of(PERSON, bench.now()).await.unwrap().len(),
        2
    );
    assert_eq!(bench.store.end_sessions_of(PERSON, bench.now()).await.unwrap(), 2);
    assert_eq!(
        bench.store.sessions_of(PERSON, bench.now()).await.unwrap(),
        vec![]
    );
}

pub(super) async fn who_took_part_is_remembered_once_each(bench: &Bench) {
    let (_, session) = opened(bench, 1).await;
    let first = part(bench, "aula", "_0");
    bench.clock.advance(SignedDuration::from_secs(1));
    let second = part(bench, "bibliotek", "_2");
    for part in [second.clone(), part(bench, "aula", "_0")] {
        bench.finish(RestsOn::Earlier(session.id), part, None).await;
    }
    assert_eq!(
        bench.store.participations(session.id).await.unwrap(),
        vec![first, second]
    );
}

pub(super) async fn a_login_finished_twice_leaves_one_session(bench: &Bench) {
    let (token, session) = opened(bench, 1).await;
    opened(bench, 1).await;
    let found = bench.store.sessions_of(PERSON, bench.now()).await.unwrap();
    assert_eq!(found, vec![session.clone()]);
    let by_token = bench.store.session_by_token(&token, bench.now()).await.unwrap();
    assert_eq!(by_token, Some(session));
}

pub(super) async fn a_login_that_cannot_be_written_fails_nobody_else(bench: &Bench) {
    let writer = bench.writer();
    let gone = RestsOn::Earlier(SessionId(Uuid::from_u128(99)));
    let (token, session) = session(bench, 1);
    let begun = RestsOn::New(token, Box::new(session));
    let (lost, kept) = tokio::join!(
        writer.login(bench.login(gone, part(bench, "aula", "_0"), None)),
        writer.login(bench.login(begun, part(bench, "aula", "_0"), None)),
    );
    assert!(matches!(lost, Err(WriteFailed::Commit(_))), "{lost:?}");
    kept.unwrap();
    assert_eq!(
        bench.store.audit_head().await.unwrap().sequence,
        1,
        "of the one that was kept"
    );
}

pub(super) async fn a_service_finds_the_sessions_of_its_subject(bench: &Bench) {
    let (_, one) = opened(bench, 1).await;
    let (_, other) = opened(bench, 2).await;
    let part_one = part(bench, "laering", "_1");
    bench
        .finish(RestsOn::Earlier(one.id), part_one.clone(), None)
        .await;
    bench
        .finish(RestsOn::Earlier(other.id), part(bench, "laering", "_2"), None)
        .await;

    let found = async |service: &str, index: Option<&str>| -> Vec<SessionId> {
        let service = ServiceId::parse(service).unwrap();
        let subject = &part_one.subject;
        let found = bench
            .store
            .sessions_of_subject(&service, subject, index, bench.now())
            .await;
        found.unwrap().into_iter().map(|session| session.id).collect()
    };
    assert_eq!(found("laering", None).await, [one.id, other.id]);
    assert_eq!(found("laering", Some("_2")).await, [other.id]);
    assert_eq!(found("laering", Some("_3")).await, []);
    assert_eq!(found("laering", Some("")).await, []);
    assert_eq!(found("bibliotek", None).await, []);
    bench.store.end_session(one.id, bench.now()).await.unwrap();
    assert_eq!(found("laering", None).await, [other.id]);
}

pub(super) async fn who_is_logged_in_as_somebody_is_found_by_person(bench: &Bench) {
    let mut opened = Vec::new();
    for number in 1..=3 {
        let (token, own) = session(bench, number);
        opened.push((own.account, own.id));
        let begun = RestsOn::New(token, Box::new(own));
        bench.finish(begun, part(bench, "aula", "_0"), None).await;
    }
    let (_, ended) = opened.pop().unwrap();
    bench.store.end_session(ended, bench.now()).await.unwrap();
    let before = bench.now() - SignedDuration::from_mins(30);
    let found = async |person, used_after| {
        let people = [person];
        let found = bench.store.sessions_of_people(&people, used_after, bench.now());
        found.await.unwrap()
    };
    assert_eq!(found(PERSON, before).await, opened);
    assert_eq!(found(PERSON, bench.now()).await, [], "nobody has used them since");
    let nobody = PersonId(Uuid::from_u128(99));
    assert_eq!(found(nobody, before).await, []);
}
