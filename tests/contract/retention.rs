//! What is purged when.

use jiff::SignedDuration;
use portner::domain::account::{AccountId, PersonId};
use portner::domain::assurance::Assurance;
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::upstream::UpstreamId;
use portner::store::attempts::Tries;
use portner::store::ephemeral::StateKey;
use portner::store::grants::{Consumption, Exchange, Grant, GrantFamily, Handle, HandleKind, NewGrant};
use portner::store::retention::{Purged, Retention};
use portner::store::sessions::TokenHash;
use portner::store::writer::RestsOn;
use uuid::Uuid;

use super::bench::{Bench, part};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn what_is_over_is_forgotten_and_what_is_not_stays(bench: &Bench) {
    let (store, keep) = (&bench.store, Retention::default());
    let code = fill(bench).await;
    bench.clock.advance(SignedDuration::from_mins(35));

    let purged = store.purge(&keep, bench.now()).await.unwrap();
    assert_eq!(
        purged,
        Purged {
            attempts: 1,
            hours: 1,
            ..Purged::default()
        },
        "all else is kept for a while"
    );
    let reused = bench.writer().exchange(hand_in(code)).await.unwrap();
    assert!(matches!(reused, Consumption::Replayed(_)), "{reused:?}");

    bench.clock.advance(keep.replay + HOUR);
    assert_eq!(store.purge(&keep, bench.now()).await.unwrap().replay, 1);
    bench.clock.advance(keep.grants + HOUR);
    assert_eq!(
        store.purge(&keep, bench.now()).await.unwrap().grants,
        2,
        "the code and its family"
    );
    bench.clock.advance(keep.sessions + HOUR);
    assert_eq!(store.purge(&keep, bench.now()).await.unwrap().sessions, 1);
    assert_eq!(store.purge(&keep, bench.now()).await.unwrap(), Purged::default());
}

/// One of each, all over after half an hour; the code is used and its family revoked.
async fn fill(bench: &Bench) -> Handle {
    let (store, now) = (&bench.store, bench.now());
    let end = now + SignedDuration::from_mins(30);
    store
        .note_tries(
            &StateKey::of("password", &["x"]),
            None,
            &Tries::none(HOUR / 2, now),
            now,
        )
        .await
        .unwrap();
    // Hours are kept for weeks, so that this one is old already.
    store.add_to_hour("names", 0, 1).await.unwrap();
    assert!(
        bench
            .writer()
            .once(StateKey::of("saml.assertion", &["x"]), HOUR / 2)
            .await
            .unwrap()
    );
    let session = SsoSession {
        id: SessionId(Uuid::from_u128(1)),
        person: PersonId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(1)),
        upstream: UpstreamId::parse("lillekoebing").unwrap(),
        assurance: Assurance::LOWEST,
        methods: Vec::new(),
        authorities: Vec::new(),
        privileges: Vec::new(),
        authenticated_at: now,
        time_is_said: true,
        last_used: now,
        expires_at: end,
    };
    let grant = Grant {
        family: GrantFamily(Uuid::from_u128(1)),
        session: Some(session.id),
        login: None,
        bound_to: "laering".to_owned(),
        payload: Vec::new(),
        issued_at: now,
        expires_at: end,
    };
    let code = Handle::new(HandleKind::AuthorizationCode, &bench.ambient);
    let (again, family) = (code.expose().to_owned(), grant.family);
    let new = NewGrant { handle: code, grant };
    let begun = RestsOn::New(TokenHash([1; 32]), Box::new(session));
    bench.finish(begun, part(bench, "laering", "_1"), Some(new)).await;
    let code = || Handle::parse(HandleKind::AuthorizationCode, &again).unwrap();
    bench.writer().exchange(hand_in(code())).await.unwrap();
    store.revoke_family(family, now).await.unwrap();
    code()
}

fn hand_in(handle: Handle) -> Exchange {
    Exchange {
        handle,
        bound_to: "laering".to_owned(),
        gives: Vec::new(),
    }
}
