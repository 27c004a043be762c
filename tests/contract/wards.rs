//! Whose children are whose: custody now, at a school where both are active, and nothing else.

use std::collections::BTreeSet;

use portner::domain::account::{Account, AccountId, Person, PersonId};
use portner::domain::actor::{ActorGroup, ActorId};
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::history::{Change, HistoryEntry};
use portner::domain::institution::InstitutionNumber;
use portner::store::people::{ActorEntry, PersonEntry};
use portner::store::unconfirmed::Vouched;
use portner::store::wards::Ward;
use uuid::Uuid;

use super::bench::{Bench, account, school, sofie};

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

fn parent(number: u128, name: &str, cpr_identified: bool) -> (Person, Account) {
    let person = Person {
        id: PersonId(Uuid::from_u128(number)),
        given_name: "Bente".to_owned(),
        family_name: "Dahl".to_owned(),
        protected: false,
    };
    let account = Account {
        person: person.id,
        cpr_identified,
        ..account(number, name)
    };
    (person, account)
}

/// Sofie and her mother, with what is written here of the two.
async fn family(bench: &Bench, child: ActorEntry, adult: ActorEntry) -> PersonId {
    bench.put_sofie(vec![(account(1, "sofi1234"), vec![child])]).await;
    let (person, own) = parent(50, "bent1234", true);
    let entry = PersonEntry {
        cpr: None,
        accounts: vec![(own, vec![adult])],
        person: person.clone(),
    };
    bench.store.put_person(&entry).await.unwrap();
    person.id
}

async fn wards(bench: &Bench, adult: PersonId) -> Vec<Ward> {
    bench.store.wards_of(adult, bench.now()).await.unwrap()
}

const CUSTODY: &str = "INSERT INTO contacts (pupil, adult, relation, custody)
    VALUES ('00000000-0000-0000-0000-0000000001f5', '00000000-0000-0000-0000-0000000001f6', 'Mor', TRUE)";

pub(super) async fn custody_counts_while_it_lasts_and_for_nobody_else(bench: &Bench) {
    let (child, adult) = (
        actor(501, ActorGroup::Elev),
        actor(502, ActorGroup::Kontaktperson),
    );
    let mother = family(bench, child, adult).await;
    assert_eq!(wards(bench, mother).await, []);
    bench.tamper(CUSTODY).await;
    let sofi = Ward {
        person: sofie().id,
        account: AccountId(Uuid::from_u128(101)),
    };
    assert_eq!(wards(bench, mother).await, [sofi]);
    assert_eq!(
        wards(bench, sofie().id).await,
        [],
        "the other way round it is nothing"
    );
    for (change, back) in [
        (
            "UPDATE contacts SET custody = FALSE",
            "UPDATE contacts SET custody = TRUE",
        ),
        (
            "UPDATE people SET protected = TRUE WHERE given_name = 'Sofie'",
            "UPDATE people SET protected = FALSE",
        ),
        (
            "UPDATE accounts SET cpr_identified = FALSE WHERE user_name = 'bent1234'",
            "UPDATE accounts SET cpr_identified = TRUE WHERE user_name = 'bent1234'",
        ),
        (
            "UPDATE accounts SET blocked = TRUE WHERE user_name = 'bent1234'",
            "UPDATE accounts SET blocked = FALSE",
        ),
        (
            "UPDATE actors SET active_until = 1 WHERE actor_group = 'Elev'",
            "UPDATE actors SET active_until = NULL",
        ),
        (
            "UPDATE actors SET active_until = 1 WHERE actor_group = 'Kontaktperson'",
            "UPDATE actors SET active_until = NULL",
        ),
    ] {
        bench.tamper(change).await;
        assert_eq!(wards(bench, mother).await, [], "{change}");
        bench.tamper(back).await;
        assert_eq!(wards(bench, mother).await, [sofi], "{back}");
    }
    bench
        .tamper("UPDATE accounts SET blocked = TRUE WHERE user_name = 'sofi1234'")
        .await;
    assert_eq!(
        wards(bench, mother).await,
        [sofi],
        "whoever is blocked is still a child"
    );
}

pub(super) async fn of_two_schools_the_one_that_says_no_is_believed(bench: &Bench) {
    let (child, adult) = (
        actor(501, ActorGroup::Elev),
        actor(502, ActorGroup::Kontaktperson),
    );
    let mother = family(bench, child, adult).await;
    bench.tamper(CUSTODY).await;
    assert_eq!(wards(bench, mother).await.len(), 1);
    bench
        .tamper(
            "INSERT INTO institutions (number, name) VALUES ('101002', 'Engskolen');
             INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b0000000-0000-0000-0000-000000000001', account, actor_group, '101002', '' FROM actors
             WHERE actor_group = 'Elev';
             INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b0000000-0000-0000-0000-000000000002', account, actor_group, '101002', '' FROM actors
             WHERE actor_group = 'Kontaktperson';
             INSERT INTO contacts (pupil, adult, relation, custody) VALUES
             ('b0000000-0000-0000-0000-000000000001', 'b0000000-0000-0000-0000-000000000002', 'Mor', FALSE)",
        )
        .await;
    assert_eq!(wards(bench, mother).await, []);
    bench
        .tamper("UPDATE actors SET active_until = 1 WHERE institution = '101002'")
        .await;
    assert_eq!(
        wards(bench, mother).await.len(),
        1,
        "that school has nothing to say any more"
    );
}

pub(super) async fn a_birth_date_is_what_the_school_tells(bench: &Bench) {
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    let born = || async { bench.store.birth_date_of(sofie().id).await.unwrap() };
    assert_eq!(born().await, None);
    bench.tamper("UPDATE people SET birth_date = '2018-05-04'").await;
    assert_eq!(born().await, Some("2018-05-04".parse().unwrap()));
    let nobody = PersonId(Uuid::from_u128(999));
    assert_eq!(bench.store.birth_date_of(nobody).await.unwrap(), None);
}

/// Nobody else has had the child for long: it is confirmed, and so it stays if the other comes back (K01).
pub(super) async fn whom_nobody_else_has_is_confirmed_in_time(bench: &Bench) {
    let (child, adult) = (
        actor(501, ActorGroup::Elev),
        actor(502, ActorGroup::Kontaktperson),
    );
    family(bench, child, adult).await;
    bench
        .tamper(
            "INSERT INTO institutions (number, name) VALUES ('101002', 'Engskolen');
             INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b0000000-0000-0000-0000-000000000001', account, actor_group, '101002', '' FROM actors
             WHERE actor_group = 'Elev';
             UPDATE actors SET unconfirmed_since = 1 WHERE id = '00000000-0000-0000-0000-0000000001f5'",
        )
        .await;
    let waiting = ActorId(Uuid::from_u128(501));
    let store = &bench.store;
    let confirmed = async || store.confirm_those_left_alone(bench.now()).await.unwrap();
    assert_eq!(confirmed().await, 0);
    assert!(store.waits_to_be_confirmed(waiting).await.unwrap());
    bench
        .tamper("UPDATE actors SET active_until = 1, gone_at = 1 WHERE institution = '101002'")
        .await;
    assert_eq!((confirmed().await, confirmed().await), (1, 0), "once");
    assert!(!store.waits_to_be_confirmed(waiting).await.unwrap());
    bench
        .tamper("UPDATE actors SET active_until = NULL, gone_at = NULL WHERE institution = '101002'")
        .await;
    let here = school().number;
    assert_eq!(
        store.unconfirmed_here(&here, waiting, bench.now()).await.unwrap(),
        None
    );
}

/// What waits to be confirmed gives no custody, until somebody confirms it or nobody else has the child.
#[expect(clippy::too_many_lines, reason = "one story, from the first word to the last")]
pub(super) async fn what_nobody_has_confirmed_gives_no_custody(bench: &Bench) {
    let (child, adult) = (
        actor(501, ActorGroup::Elev),
        actor(502, ActorGroup::Kontaktperson),
    );
    let mother = family(bench, child, adult).await;
    bench.tamper(CUSTODY).await;
    let waiting = ActorId(Uuid::from_u128(501));
    let (store, here) = (&bench.store, school().number);
    let waits = async || store.unconfirmed_here(&here, waiting, bench.now()).await.unwrap();
    assert_eq!(
        (waits().await, store.waits_to_be_confirmed(waiting).await.unwrap()),
        (None, false)
    );
    bench
        .tamper(
            "INSERT INTO institutions (number, name) VALUES ('101002', 'Engskolen');
             INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b0000000-0000-0000-0000-000000000001', account, actor_group, '101002', '' FROM actors
             WHERE actor_group = 'Elev';
             UPDATE actors SET unconfirmed_since = 1 WHERE id = '00000000-0000-0000-0000-0000000001f5'",
        )
        .await;
    assert!(waits().await.is_some() && store.waits_to_be_confirmed(waiting).await.unwrap());
    let schools = store
        .schools_of_account(AccountId(Uuid::from_u128(101)), bench.now())
        .await
        .unwrap();
    let schools: Vec<_> = schools.iter().map(InstitutionNumber::as_str).collect();
    assert_eq!(
        schools,
        ["101002"],
        "what waits does not say how somebody logs in"
    );
    assert_eq!(wards(bench, mother).await, []);
    let entry = |bench: &Bench| HistoryEntry {
        id: bench.ambient.uuid(),
        person: sofie().id,
        actor: Some(waiting),
        institution: Some(school().number),
        source: None,
        import: None,
        at: bench.now(),
        what: Change::Confirmed,
        detail: String::new(),
    };
    let event = |bench: &Bench| AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: Some(sofie().id),
        account: None,
        client_prefix: None,
        act: AuditAct::AffiliationConfirmed {
            actor: waiting,
            institution: school().number,
        },
    };
    let confirm = async || {
        let (entry, event) = (entry(bench), event(bench));
        store.confirm_affiliation(waiting, &entry, &event).await.unwrap()
    };
    assert!(confirm().await && !confirm().await, "once");
    assert_eq!(wards(bench, mother).await.len(), 1);

    // By two who have the right, and by nobody twice.
    bench
        .tamper(
            "UPDATE actors SET unconfirmed_since = 1 WHERE id = '00000000-0000-0000-0000-0000000001f5';
             INSERT INTO people (id, given_name, family_name, protected) VALUES ('v', 'Vera', 'V', FALSE), ('w', 'Walter', 'W', FALSE);
             INSERT INTO accounts (id, person, user_name, uni_id, cpr_identified, blocked) VALUES
             ('d0000000-0000-0000-0000-000000000001', 'v', 'vera1234', 'vera1234', FALSE, FALSE),
             ('d0000000-0000-0000-0000-000000000002', 'v', 'vera5678', 'vera5678', FALSE, FALSE),
             ('d0000000-0000-0000-0000-000000000003', 'w', 'walt1234', 'walt1234', FALSE, FALSE);
             INSERT INTO administrators (id, institution, account, given_by, given_at)
             SELECT 'e' || user_name, (SELECT institution FROM actors WHERE id = '00000000-0000-0000-0000-0000000001f5'), id, 'x', 1
             FROM accounts WHERE user_name IN ('vera1234', 'vera5678', 'walt1234')",
        )
        .await;
    let vouch = async |number: u128| {
        let by = AccountId(Uuid::from_u128(
            0xd000_0000_0000_0000_0000_0000_0000_0000 + number,
        ));
        let (entry, first, second) = (entry(bench), event(bench), event(bench));
        let vouched = store.vouch_for_affiliation((&here, waiting), by, &entry, (&first, &second));
        vouched.await.unwrap()
    };
    assert_eq!(vouch(1).await, Vouched::First);
    assert_eq!(
        (vouch(1).await, vouch(2).await),
        (Vouched::Again, Vouched::Again),
        "by no account of theirs"
    );
    assert_eq!(wards(bench, mother).await, []);
    assert_eq!(vouch(3).await, Vouched::Confirmed);
    assert_eq!(
        (vouch(3).await, wards(bench, mother).await.len()),
        (Vouched::Nothing, 1)
    );

    // Of two first words at the same moment, one is the second.
    for round in 0..8 {
        bench
            .tamper(
                "UPDATE actors SET unconfirmed_since = 1, vouched_by = NULL
                 WHERE id = '00000000-0000-0000-0000-0000000001f5'",
            )
            .await;
        let (one, other) = tokio::join!(vouch(1), vouch(3));
        let both = [one, other];
        assert!(
            both.contains(&Vouched::First) && both.contains(&Vouched::Confirmed),
            "{round}: {both:?}"
        );
    }
}
