//! Codes and tokens.

use jiff::SignedDuration;
use portner::domain::session::SessionId;
use portner::store::grants::{Consumption, Grant, GrantFamily, Handle, HandleKind};
use uuid::Uuid;

use super::bench::Bench;

const FAMILY: GrantFamily = GrantFamily(Uuid::from_u128(5));
const SESSION: SessionId = SessionId(Uuid::from_u128(6));

fn grant(bench: &Bench) -> Grant {
    Grant {
        family: FAMILY,
        session: Some(SESSION),
        bound_to: "laering".to_owned(),
        payload: vec![0, 1, 255],
        issued_at: bench.now(),
        expires_at: bench.now() + SignedDuration::from_mins(1),
    }
}

async fn issued(bench: &Bench, kind: HandleKind) -> Handle {
    let handle = Handle::new(kind, &bench.ambient);
    bench.store.issue_grant(&handle, &grant(bench)).await.unwrap();
    handle
}

fn again(handle: &Handle, kind: HandleKind) -> Handle {
    Handle::parse(kind, handle.expose()).unwrap()
}

pub(super) async fn a_code_is_granted_once_of_fifty_and_then_known_as_replayed(bench: &Bench) {
    let code = issued(bench, HandleKind::AuthorizationCode).await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (store, now) = (bench.store.clone(), bench.now());
            let code = again(&code, HandleKind::AuthorizationCode);
            tokio::spawn(async move { store.consume_grant(&code, "laering", now).await.unwrap() })
        })
        .collect();
    let (mut granted, mut replayed) = (0, 0);
    for one in tries {
        match one.await.unwrap() {
            Consumption::Granted(found) => {
                assert_eq!(found, grant(bench));
                granted += 1;
            }
            Consumption::Replayed(family) => {
                assert_eq!(family, FAMILY);
                replayed += 1;
            }
            Consumption::Refused => panic!("a code that is there was refused"),
        }
    }
    assert_eq!((granted, replayed), (1, 49));

    bench.clock.advance(SignedDuration::from_mins(5));
    let late = bench
        .store
        .consume_grant(&code, "laering", bench.now())
        .await
        .unwrap();
    assert_eq!(
        late,
        Consumption::Replayed(FAMILY),
        "reuse is seen as such after the end, too"
    );
}

pub(super) async fn a_handle_is_good_for_its_kind_holder_and_time_alone(bench: &Bench) {
    let token = issued(bench, HandleKind::RefreshToken).await;
    let (store, now) = (&bench.store, bench.now());
    assert_eq!(store.find_grant(&token, now).await.unwrap(), Some(grant(bench)));
    let stranger = Handle::new(HandleKind::RefreshToken, &bench.ambient);
    assert_eq!(store.find_grant(&stranger, now).await.unwrap(), None);

    let refused = store.consume_grant(&token, "bibliotek", now).await.unwrap();
    assert_eq!(refused, Consumption::Refused, "another client's");
    let end = now + SignedDuration::from_mins(1);
    assert_eq!(store.find_grant(&token, end).await.unwrap(), None);
    let refused = store.consume_grant(&token, "laering", end).await.unwrap();
    assert_eq!(refused, Consumption::Refused, "run out");
    let granted = store.consume_grant(&token, "laering", now).await.unwrap();
    assert_eq!(
        granted,
        Consumption::Granted(grant(bench)),
        "refusals use nothing up"
    );
    assert_eq!(store.find_grant(&token, now).await.unwrap(), None, "used up");
}

pub(super) async fn a_revoked_family_takes_members_that_come_later_too(bench: &Bench) {
    let before = issued(bench, HandleKind::AccessToken).await;
    bench.store.revoke_family(FAMILY, bench.now()).await.unwrap();
    bench.store.revoke_family(FAMILY, bench.now()).await.unwrap();
    let after = issued(bench, HandleKind::AccessToken).await;
    for token in [before, after] {
        assert_eq!(bench.store.find_grant(&token, bench.now()).await.unwrap(), None);
        let refused = bench
            .store
            .consume_grant(&token, "laering", bench.now())
            .await
            .unwrap();
        assert_eq!(refused, Consumption::Refused);
    }
}

pub(super) async fn logout_revokes_what_the_session_gave_out(bench: &Bench) {
    let token = issued(bench, HandleKind::AccessToken).await;
    let other = SessionId(Uuid::from_u128(7));
    assert_eq!(
        bench
            .store
            .revoke_grants_of_session(other, bench.now())
            .await
            .unwrap(),
        0
    );
    assert!(
        bench
            .store
            .find_grant(&token, bench.now())
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        bench
            .store
            .revoke_grants_of_session(SESSION, bench.now())
            .await
            .unwrap(),
        1
    );
    assert_eq!(bench.store.find_grant(&token, bench.now()).await.unwrap(), None);
}
