//! People, accounts, roles, and the secrets and tries that belong to an account.

use std::collections::BTreeSet;

use portner::credentials::argon2::{Cost, Hashing, PasswordHash};
use portner::domain::account::{Account, AccountId, PersonId, UniId};
use portner::domain::actor::{ActorGroup, ActorId};
use portner::domain::cpr::CprIndex;
use portner::domain::login_name::BareName;
use portner::domain::person_record::{AccountRecord, PersonRecord};
use portner::domain::role::Role;
use portner::domain::stage::Level;
use portner::keys::vault::SealedCpr;
use portner::store::StoreError;
use portner::store::people::{ActorEntry, PersonEntry};
use uuid::Uuid;

use super::bench::{Bench, account, at, school, sofie};

pub(super) async fn an_account_is_found_by_name_uni_id_and_id(bench: &Bench) {
    let account = account(1, "sofi1234");
    bench.put_sofie(vec![(account.clone(), Vec::new())]).await;
    let store = &bench.store;
    let by_name = store.account_by_user_name(&account.user_name).await.unwrap();
    assert_eq!(by_name.as_ref(), Some(&account));
    let expected = Some(record(vec![held(&account)]));
    let now = bench.now();
    assert_eq!(
        store.record_by_uni_id(&account.uni_id, now).await.unwrap(),
        expected
    );
    assert_eq!(store.record_of_account(account.id, now).await.unwrap(), expected);

    let nobody = BareName::parse("ukendt").unwrap();
    assert_eq!(store.account_by_user_name(&nobody).await.unwrap(), None);
    let nobody = UniId::parse("ukendt").unwrap();
    assert_eq!(store.record_by_uni_id(&nobody, now).await.unwrap(), None);
    let nobody = AccountId(Uuid::nil());
    assert_eq!(store.record_of_account(nobody, now).await.unwrap(), None);
}

fn record(accounts: Vec<AccountRecord>) -> PersonRecord {
    PersonRecord {
        person: sofie(),
        accounts,
    }
}

/// An account without affiliations.
fn held(account: &Account) -> AccountRecord {
    AccountRecord {
        account: account.clone(),
        actors: Vec::new(),
    }
}

/// The account as it is kept now.
async fn kept(bench: &Bench, id: AccountId) -> Option<Account> {
    let record = bench.store.record_of_account(id, bench.now()).await.unwrap()?;
    record.account(id).map(|held| held.account.clone())
}

pub(super) async fn only_accounts_tied_to_the_cpr_number_are_found_by_it(bench: &Bench) {
    let (mut tied, loose) = (account(1, "sofi1234"), account(2, "sofi5678"));
    tied.cpr_identified = true;
    let (sealed, index) = (SealedCpr::from_bytes(vec![1, 2, 3]), CprIndex([7; 32]));
    let mut entry = PersonEntry {
        person: sofie(),
        cpr: Some((sealed.clone(), index)),
        accounts: vec![(tied.clone(), Vec::new()), (loose, Vec::new())],
    };
    bench.store.put_person(&entry).await.unwrap();
    let (store, now) = (&bench.store, bench.now());
    let expected = Some(record(vec![held(&tied)]));
    assert_eq!(store.record_by_cpr(&index, now).await.unwrap(), expected);
    let other = CprIndex([8; 32]);
    assert_eq!(store.record_by_cpr(&other, now).await.unwrap(), None);
    assert_eq!(store.sealed_cpr_of(sofie().id).await.unwrap(), Some(sealed));
    assert_eq!(store.record_of_person(sofie().id, now).await.unwrap(), expected);
    let nobody = PersonId(Uuid::nil());
    assert_eq!(store.record_of_person(nobody, now).await.unwrap(), None);

    entry.cpr = None;
    bench.store.put_person(&entry).await.unwrap();
    assert_eq!(store.record_by_cpr(&index, now).await.unwrap(), None);
    assert_eq!(bench.store.sealed_cpr_of(sofie().id).await.unwrap(), None);
}

fn actor(number: u128, group: ActorGroup) -> ActorEntry {
    ActorEntry {
        id: ActorId(Uuid::from_u128(number)),
        group,
        institution: school().number,
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        classes: Vec::new(),
        from: None,
        until: None,
    }
}

async fn groups_at(bench: &Bench, account: AccountId, moment: &str) -> BTreeSet<ActorGroup> {
    let record = bench
        .store
        .record_of_account(account, at(moment))
        .await
        .unwrap()
        .unwrap();
    let [held] = record.accounts.as_slice() else {
        panic!("one account, once: {record:?}")
    };
    let actors = held.actors.clone();
    assert!(
        actors
            .iter()
            .all(|actor| actor.institution == school() && actor.account == account)
    );
    actors.into_iter().map(|actor| actor.group).collect()
}

pub(super) async fn an_affiliation_keeps_its_roles_level_and_stage(bench: &Bench) {
    let account = account(1, "sofi1234");
    let pupil = ActorEntry {
        roles: BTreeSet::from([Role::Elev]),
        level: Level::parse("3"),
        stage_since: Some(at("2024-07-31T22:00:00Z")),
        ..actor(1, ActorGroup::Elev)
    };
    let teacher = ActorEntry {
        roles: BTreeSet::from([Role::Lærer, Role::Leder]),
        ..actor(2, ActorGroup::Medarbejder)
    };
    bench
        .put_sofie(vec![(account.clone(), vec![pupil.clone(), teacher.clone()])])
        .await;
    let now = at("2026-07-01T00:00:00Z");
    let record = bench
        .store
        .record_of_account(account.id, now)
        .await
        .unwrap()
        .unwrap();
    for actor in &record.accounts[0].actors {
        let put = if actor.group == ActorGroup::Elev {
            &pupil
        } else {
            &teacher
        };
        assert_eq!(
            (&actor.roles, actor.level, actor.stage_since),
            (&put.roles, put.level, put.stage_since)
        );
    }
    assert_eq!(record.accounts[0].actors.len(), 2);
}

pub(super) async fn actors_are_active_from_their_first_moment_to_just_before_their_last(bench: &Bench) {
    let account = account(1, "sofi1234");
    let pupil = ActorEntry {
        until: Some(at("2026-07-01T00:00:00Z")),
        ..actor(1, ActorGroup::Elev)
    };
    let employee = ActorEntry {
        from: Some(at("2026-07-01T00:00:00Z")),
        ..actor(2, ActorGroup::Medarbejder)
    };
    bench
        .put_sofie(vec![(account.clone(), vec![pupil, employee])])
        .await;
    let before = groups_at(bench, account.id, "2026-06-30T23:59:59.999Z").await;
    assert_eq!(before, BTreeSet::from([ActorGroup::Elev]));
    let after = groups_at(bench, account.id, "2026-07-01T00:00:00Z").await;
    assert_eq!(after, BTreeSet::from([ActorGroup::Medarbejder]));
}

pub(super) async fn putting_a_person_again_replaces_roles_and_keeps_accounts(bench: &Bench) {
    let (one, other) = (account(1, "sofi1234"), account(2, "sofi5678"));
    let roles = vec![actor(1, ActorGroup::Elev), actor(2, ActorGroup::Ekstern)];
    bench
        .put_sofie(vec![(one.clone(), roles), (other.clone(), Vec::new())])
        .await;
    bench
        .put_sofie(vec![(one.clone(), vec![actor(1, ActorGroup::Kontaktperson)])])
        .await;
    let groups = groups_at(bench, one.id, "2026-01-15T08:00:00Z").await;
    assert_eq!(groups, BTreeSet::from([ActorGroup::Kontaktperson]));
    assert_eq!(kept(bench, other.id).await, Some(other));
}

pub(super) async fn a_name_that_is_taken_is_a_conflict_and_nothing_of_the_person_stays(bench: &Bench) {
    let taken = account(1, "sofi1234");
    bench.put_sofie(vec![(taken.clone(), Vec::new())]).await;
    let (free, mut clash) = (account(2, "mads1234"), account(3, "mads5678"));
    clash.user_name = taken.user_name;
    let entry = PersonEntry {
        person: sofie(),
        cpr: None,
        accounts: vec![(free.clone(), Vec::new()), (clash, Vec::new())],
    };
    let error = bench.store.put_person(&entry).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    assert!(!format!("{error:?}").contains("sofi1234"), "{error:?}");
    assert_eq!(kept(bench, free.id).await, None);
}

pub(super) async fn a_blocked_account_is_seen_as_such(bench: &Bench) {
    let account = account(1, "sofi1234");
    bench.put_sofie(vec![(account.clone(), Vec::new())]).await;
    for blocked in [true, false] {
        assert!(bench.store.block_account(account.id, blocked).await.unwrap());
        assert_eq!(kept(bench, account.id).await.map(|a| a.blocked), Some(blocked));
    }
    assert!(
        !bench
            .store
            .block_account(AccountId(Uuid::nil()), true)
            .await
            .unwrap()
    );
}

pub(super) fn some_hash(seed: u8) -> PasswordHash {
    let cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    Hashing::new(cost, None)
        .unwrap()
        .decoy(&[seed; 16], &[seed; 32])
        .unwrap()
}

pub(super) async fn a_password_hash_is_replaced_and_renewed_only_if_unchanged(bench: &Bench) {
    let id = account(1, "sofi1234").id;
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    let store = &bench.store;
    assert_eq!(store.password_hash_of(id).await.unwrap(), None);
    for number in [1, 2] {
        let secret = super::secrets::secret(number, bench.now());
        store.put_secret(id, &secret).await.unwrap();
    }
    assert_eq!(store.password_hash_of(id).await.unwrap(), Some(some_hash(2)));
    assert!(
        !store
            .renew_password_hash(id, &some_hash(1), &some_hash(3))
            .await
            .unwrap()
    );
    assert!(
        store
            .renew_password_hash(id, &some_hash(2), &some_hash(4))
            .await
            .unwrap()
    );
    assert_eq!(store.password_hash_of(id).await.unwrap(), Some(some_hash(4)));
}

pub(super) async fn what_cannot_be_read_is_an_error_without_the_value(bench: &Bench) {
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    bench
        .tamper("UPDATE accounts SET uni_id = '0102034567-0102034567'")
        .await;
    let found = bench
        .store
        .record_of_account(account(1, "sofi1234").id, bench.now())
        .await;
    let error = found.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                column: "accounts.uni_id"
            }
        ),
        "{error:?}"
    );
}
