//! Codes and tokens.

use jiff::SignedDuration;
use portner::domain::account::{AccountId, PersonId};
use portner::domain::assurance::Assurance;
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::upstream::UpstreamId;
use portner::store::grants::{
    Consumption, Exchange, Grant, GrantFamily, Handle, HandleKind, NewGrant, OfflineLogin,
};
use portner::store::sessions::TokenHash;
use portner::store::writer::{RestsOn, Writer};
use uuid::Uuid;

use super::bench::{Bench, account, part, sofie};
use super::secrets::secret;

const FAMILY: GrantFamily = GrantFamily(Uuid::from_u128(5));
const SESSION: SessionId = SessionId(Uuid::from_u128(6));

fn grant(bench: &Bench) -> Grant {
    Grant {
        family: FAMILY,
        session: Some(SESSION),
        login: None,
        bound_to: "laering".to_owned(),
        payload: vec![0, 1, 255],
        issued_at: bench.now(),
        expires_at: bench.now() + SignedDuration::from_mins(1),
    }
}

async fn issued(bench: &Bench, kind: HandleKind) -> Handle {
    let handle = Handle::new(kind, &bench.ambient);
    let new = NewGrant {
        handle: again(&handle, kind),
        grant: grant(bench),
    };
    let session = RestsOn::New(TokenHash([6; 32]), Box::new(session(bench)));
    bench
        .finish(session, part(bench, "laering", "_6"), Some(new))
        .await;
    handle
}

fn session(bench: &Bench) -> SsoSession {
    SsoSession {
        id: SESSION,
        person: PersonId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(1)),
        upstream: UpstreamId::parse("lillekoebing").unwrap(),
        assurance: Assurance::LOWEST,
        methods: Vec::new(),
        authorities: Vec::new(),
        privileges: Vec::new(),
        authenticated_at: bench.now(),
        time_is_said: true,
        last_used: bench.now(),
        expires_at: bench.now() + SignedDuration::from_hours(10),
    }
}

/// Hands a handle in for nothing.
async fn used_up(bench: &Bench, handle: &Handle, kind: HandleKind, by: &str) -> Consumption {
    handed_in(&bench.writer(), again(handle, kind), by, Vec::new()).await
}

async fn handed_in(writer: &Writer, handle: Handle, by: &str, gives: Vec<NewGrant>) -> Consumption {
    let exchange = Exchange {
        handle,
        bound_to: by.to_owned(),
        gives,
    };
    writer.exchange(exchange).await.unwrap()
}

fn again(handle: &Handle, kind: HandleKind) -> Handle {
    Handle::parse(kind, handle.expose()).unwrap()
}

pub(super) async fn a_code_is_granted_once_of_fifty_and_then_known_as_replayed(bench: &Bench) {
    let kind = HandleKind::AuthorizationCode;
    let code = issued(bench, kind).await;
    let writers = [bench.writer(), bench.writer()];
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let (writer, code) = (writers[n % 2].clone(), again(&code, kind));
            tokio::spawn(async move { handed_in(&writer, code, "laering", Vec::new()).await })
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
    let late = used_up(bench, &code, kind, "laering").await;
    assert_eq!(
        late,
        Consumption::Replayed(FAMILY),
        "reuse is seen as such after the end, too"
    );
}

pub(super) async fn a_handle_is_good_for_its_kind_holder_and_time_alone(bench: &Bench) {
    let kind = HandleKind::RefreshToken;
    let token = issued(bench, kind).await;
    let (store, now) = (&bench.store, bench.now());
    let given = grant(bench);
    let found = store.find_grant(&token, now).await.unwrap().unwrap();
    assert_eq!(found.grant, given);
    let stranger = Handle::new(kind, &bench.ambient);
    assert_eq!(store.find_grant(&stranger, now).await.unwrap(), None);

    let refused = used_up(bench, &token, kind, "bibliotek").await;
    assert_eq!(refused, Consumption::Refused, "another client's");
    bench.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(store.find_grant(&token, bench.now()).await.unwrap(), None);
    let refused = used_up(bench, &token, kind, "laering").await;
    assert_eq!(refused, Consumption::Refused, "run out");
    bench.clock.advance(SignedDuration::from_mins(-1));
    let granted = used_up(bench, &token, kind, "laering").await;
    assert_eq!(granted, Consumption::Granted(given), "refusals use nothing up");
    assert_eq!(store.find_grant(&token, now).await.unwrap(), None, "used up");
}

pub(super) async fn what_a_code_is_exchanged_for_is_given_out_to_the_first_alone(bench: &Bench) {
    let code = issued(bench, HandleKind::AuthorizationCode).await;
    let kind = HandleKind::AccessToken;
    let tokens: Vec<_> = (0..20).map(|_| Handle::new(kind, &bench.ambient)).collect();
    let writer = bench.writer();
    let tries: Vec<_> = tokens
        .iter()
        .map(|token| {
            let gives = vec![NewGrant {
                handle: again(token, kind),
                grant: grant(bench),
            }];
            let (writer, code) = (writer.clone(), again(&code, HandleKind::AuthorizationCode));
            tokio::spawn(async move { handed_in(&writer, code, "laering", gives).await })
        })
        .collect();
    let mut granted = Vec::new();
    for (token, one) in tokens.iter().zip(tries) {
        if let Consumption::Granted(_) = one.await.unwrap() {
            granted.push(token.expose());
        }
    }
    let mut good = Vec::new();
    for token in &tokens {
        if bench
            .store
            .find_grant(token, bench.now())
            .await
            .unwrap()
            .is_some()
        {
            good.push(token.expose());
        }
    }
    assert_eq!(granted.len(), 1);
    assert_eq!(good, granted);
}

pub(super) async fn a_login_vouches_for_what_came_of_it_while_it_is_open_and_nobody_is_blocked(
    bench: &Bench,
) {
    let sofie = account(1, "sofi1234");
    bench.put_sofie(vec![(sofie.clone(), Vec::new())]).await;
    let mut session = session(bench);
    session.account = sofie.id;
    session.expires_at = bench.now() + SignedDuration::from_secs(30);
    let token = Handle::new(HandleKind::AccessToken, &bench.ambient);
    let new = NewGrant {
        handle: again(&token, HandleKind::AccessToken),
        grant: grant(bench),
    };
    let begun = RestsOn::New(TokenHash([6; 32]), Box::new(session.clone()));
    bench.finish(begun, part(bench, "laering", "_6"), Some(new)).await;

    let store = &bench.store;
    let voucher = async |now| store.find_grant(&token, now).await.unwrap().unwrap().vouched_by;
    let (now, upstream) = (bench.now(), Some(session.upstream.clone()));
    assert_eq!(voucher(now).await, upstream);
    assert_eq!(voucher(session.expires_at).await, None, "over");
    store.block_account(sofie.id, true).await.unwrap();
    assert_eq!(voucher(now).await, None, "blocked");
    store.block_account(sofie.id, false).await.unwrap();
    assert_eq!(voucher(now).await, upstream);
    store.end_session(session.id, now).await.unwrap();
    assert_eq!(voucher(now).await, None, "ended");
}

pub(super) async fn a_revoked_family_takes_members_that_come_later_too(bench: &Bench) {
    let before = issued(bench, HandleKind::AccessToken).await;
    bench.store.revoke_family(FAMILY, bench.now()).await.unwrap();
    bench.store.revoke_family(FAMILY, bench.now()).await.unwrap();
    let after = issued(bench, HandleKind::AccessToken).await;
    for token in [before, after] {
        assert_eq!(bench.store.find_grant(&token, bench.now()).await.unwrap(), None);
        let refused = used_up(bench, &token, HandleKind::AccessToken, "laering").await;
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

pub(super) async fn what_outlives_a_session_stands_on_the_account_and_ends_with_the_person(bench: &Bench) {
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    let login = OfflineLogin {
        account: account(1, "sofi1234").id,
        upstream: UpstreamId::parse("lillekoebing").unwrap(),
    };
    let family = FAMILY.beyond_session();
    assert_ne!(family, FAMILY);
    let kind = HandleKind::RefreshToken;
    let handle = Handle::new(kind, &bench.ambient);
    let row = NewGrant {
        handle: again(&handle, kind),
        grant: Grant {
            family,
            session: None,
            login: Some(login.clone()),
            ..grant(bench)
        },
    };
    bench.writer().issue(vec![row]).await.unwrap();
    let (store, now) = (&bench.store, bench.now());
    let found = store.find_grant(&handle, now).await.unwrap().unwrap();
    assert_eq!(found.grant.login, Some(login.clone()));
    assert_eq!(found.vouched_by, Some(login.upstream.clone()));
    assert_eq!(found.account, Some(login.account));
    let kept = store.offline_logins_of(login.account, now).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].until > now && kept[0].used <= now);
    let elsewhere = store
        .revoke_offline_grants_at(login.account, "en-anden", now)
        .await;
    assert_eq!(elsewhere.unwrap(), 0, "another client's");
    let revoked = store.revoke_offline_grants_of(sofie().id, now).await.unwrap();
    assert_eq!(revoked, 1);
    assert_eq!(store.find_grant(&handle, now).await.unwrap(), None);
    assert_eq!(store.offline_logins_of(login.account, now).await.unwrap(), []);

    // The same of one account, and of nobody else's.
    let handle = Handle::new(kind, &bench.ambient);
    let row = NewGrant {
        handle: again(&handle, kind),
        grant: Grant {
            family: family.beyond_session(),
            session: None,
            login: Some(login.clone()),
            ..grant(bench)
        },
    };
    bench.writer().issue(vec![row]).await.unwrap();
    let other = account(2, "noor1234").id;
    assert_eq!(
        store.revoke_offline_grants_of_account(other, now).await.unwrap(),
        0
    );
    assert!(store.find_grant(&handle, now).await.unwrap().is_some());
    let revoked = store.revoke_offline_grants_of_account(login.account, now).await;
    assert_eq!(revoked.unwrap(), 1);
    assert_eq!(store.find_grant(&handle, now).await.unwrap(), None);
}

pub(super) async fn a_code_that_is_redeemed_while_the_secret_changes_gives_nothing_that_lasts(bench: &Bench) {
    let sofie = account(1, "sofi1234");
    bench.put_sofie(vec![(sofie.clone(), Vec::new())]).await;
    let code = Handle::new(HandleKind::AuthorizationCode, &bench.ambient);
    let new = NewGrant {
        handle: again(&code, HandleKind::AuthorizationCode),
        grant: grant(bench),
    };
    let mut session = session(bench);
    session.account = sofie.id;
    let begun = RestsOn::New(TokenHash([6; 32]), Box::new(session));
    bench.finish(begun, part(bench, "laering", "_6"), Some(new)).await;
    let store = &bench.store;
    let found = store.find_grant(&code, bench.now()).await.unwrap().unwrap();
    assert!(found.vouched_by.is_some(), "asked before the change");

    let event = AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: None,
        account: Some(sofie.id),
        client_prefix: None,
        act: AuditAct::LoggedOut,
    };
    store
        .hand_out_secret(sofie.id, &secret(1, bench.now()), 5, &event)
        .await
        .unwrap();
    let kind = HandleKind::RefreshToken;
    let token = Handle::new(kind, &bench.ambient);
    let lasting = NewGrant {
        handle: again(&token, kind),
        grant: Grant {
            family: FAMILY.beyond_session(),
            session: None,
            login: Some(OfflineLogin {
                account: sofie.id,
                upstream: UpstreamId::parse("lillekoebing").unwrap(),
            }),
            ..grant(bench)
        },
    };
    let answer = handed_in(&bench.writer(), code, "laering", vec![lasting]).await;
    assert_eq!(answer, Consumption::Refused);
    assert_eq!(store.find_grant(&token, bench.now()).await.unwrap(), None);
    // Not even where the exchange came first.
    let late = NewGrant {
        handle: again(&token, kind),
        grant: Grant {
            family: FAMILY.beyond_session(),
            session: None,
            ..grant(bench)
        },
    };
    bench.writer().issue(vec![late]).await.unwrap();
    assert_eq!(store.find_grant(&token, bench.now()).await.unwrap(), None);
}
