//! Whose children are whose: custody now, at a school where both are active, and nothing else.

use std::collections::BTreeSet;

use portner::domain::account::{Account, AccountId, Person, PersonId};
use portner::domain::actor::{ActorGroup, ActorId};
use portner::store::people::{ActorEntry, PersonEntry};
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
