//! The administrators' desk: rights, blocks, first codes, affiliations by hand, and that an
//! institution sees its own alone.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use portner::domain::account::{Account, AccountId, Person, PersonId};
use portner::domain::actor::{ActorGroup, ActorId};
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::desk::{DeskAct, Doer, StrongWays, Tie};
use portner::domain::group::GroupId;
use portner::domain::history::{Change, HistoryEntry};
use portner::domain::institution::{Institution, InstitutionNumber};
use portner::domain::role::Role;
use portner::store::administrators::Withdrawn;
use portner::store::blocks::Block;
use portner::store::credentials::NewSecret;
use portner::store::desk::SecretState;
use portner::store::manual::ManualEntry;
use portner::store::people::{ActorEntry, PersonEntry};
use uuid::Uuid;

use super::bench::{Bench, account, school, sofie};
use super::secrets::secret;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn other() -> InstitutionNumber {
    InstitutionNumber::parse("202001").unwrap()
}

fn here() -> InstitutionNumber {
    school().number
}

fn actor(number: u128, group: ActorGroup, institution: &InstitutionNumber) -> ActorEntry {
    ActorEntry {
        id: ActorId(Uuid::from_u128(number)),
        group,
        institution: institution.clone(),
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        classes: Vec::new(),
        from: None,
        until: None,
    }
}

/// Everybody gets to the desk.
const WAYS: StrongWays = StrongWays {
    by_number: true,
    by_account: true,
};

fn operator() -> Doer {
    Doer::Operator("drift".to_owned())
}

/// The auditor's row about an account.
fn event(bench: &Bench, act: DeskAct, target: &Account) -> AuditEvent {
    AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: Some(target.person),
        account: Some(target.id),
        client_prefix: None,
        act: AuditAct::Desk {
            act,
            institution: here(),
            by: operator(),
            reason: Some("prøve".to_owned()),
            detail: None,
        },
    }
}

/// A pupil of both schools, a teacher here and one elsewhere, each with an account of the number.
async fn schools(bench: &Bench) -> (Account, Account, Account) {
    let elsewhere = Institution {
        number: other(),
        name: "Havneskolen".to_owned(),
        cvr: None,
        legal_form: None,
    };
    bench.store.put_institution(&elsewhere).await.unwrap();
    let pupil = account(1, "sofi1234");
    let classes = vec!["2.B".to_owned()];
    let both = vec![
        ActorEntry {
            classes: classes.clone(),
            ..actor(1, ActorGroup::Elev, &here())
        },
        actor(2, ActorGroup::Elev, &other()),
    ];
    bench.put_sofie(vec![(pupil.clone(), both)]).await;
    let mut staff = Vec::new();
    for (number, name, institution) in [(2, "vera1234", here()), (3, "emil1234", other())] {
        let person = PersonId(Uuid::from_u128(number));
        let account = Account {
            person,
            ..account(number, name)
        };
        let entry = PersonEntry {
            person: Person {
                id: person,
                given_name: name.to_owned(),
                ..sofie()
            },
            cpr: None,
            accounts: vec![(
                account.clone(),
                vec![actor(10 + number, ActorGroup::Medarbejder, &institution)],
            )],
        };
        bench.store.put_person(&entry).await.unwrap();
        staff.push(account);
    }
    (pupil, staff[0].clone(), staff[1].clone())
}

async fn grant(bench: &Bench, who: &Account, institution: &InstitutionNumber) -> bool {
    let event = event(bench, DeskAct::RightGranted, who);
    let id = (bench.ambient.uuid(), who.id);
    let by = operator();
    let granted = bench.store.grant_administrator(id, institution, &by, &event);
    granted.await.unwrap()
}

async fn withdraw(bench: &Bench, who: &Account) -> Withdrawn {
    let event = event(bench, DeskAct::RightWithdrawn, who);
    let (here, by) = (here(), operator());
    let withdrawn = bench
        .store
        .withdraw_administrator(who.id, (&here, WAYS), &by, &event);
    withdrawn.await.unwrap()
}

/// Employs the teacher of the other school here too.
async fn employ_here(bench: &Bench, who: &Account) {
    let (entry, history, event) = by_hand(bench, who, Role::Lærer);
    assert!(
        bench
            .store
            .add_manual_actor(&entry, &history, &event)
            .await
            .unwrap()
    );
}

fn by_hand(bench: &Bench, who: &Account, role: Role) -> (ManualEntry, HistoryEntry, AuditEvent) {
    let id = ActorId(bench.ambient.uuid());
    let entry = ManualEntry {
        id,
        account: who.id,
        institution: here(),
        role,
        until: bench.now() + DAY * 30,
        by: Doer::Account(AccountId(Uuid::from_u128(102))),
        written_as: who.user_name.to_string(),
    };
    (
        entry,
        history(bench, who, id),
        event(bench, DeskAct::AffiliationAdded, who),
    )
}

fn history(bench: &Bench, who: &Account, actor: ActorId) -> HistoryEntry {
    HistoryEntry {
        id: bench.ambient.uuid(),
        person: who.person,
        actor: Some(actor),
        institution: Some(here()),
        source: None,
        import: None,
        at: bench.now(),
        what: Change::Term,
        detail: String::new(),
    }
}

pub(super) async fn the_right_is_for_those_employed_there_and_somebody_always_has_it(bench: &Bench) {
    let (pupil, vera, emil) = schools(bench).await;
    let (store, now) = (&bench.store, bench.now());
    assert!(!grant(bench, &pupil, &here()).await, "a pupil is not employed");
    assert!(!grant(bench, &emil, &here()).await, "employed elsewhere");
    assert_eq!(
        store.audit_head().await.unwrap().sequence,
        0,
        "what was not done left no row"
    );
    assert!(grant(bench, &vera, &here()).await);
    assert!(!grant(bench, &vera, &here()).await, "once is enough");
    let theirs = store.administered_by(vera.id, now).await.unwrap();
    assert_eq!(theirs, [school()]);
    assert_eq!(store.administered_by(emil.id, now).await.unwrap(), []);
    let known = store.administrators_of(&here(), now).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known[0].account, known[0].given_by.as_str()),
        (vera.id, "operator:drift")
    );
    assert_eq!(store.administrators_of(&other(), now).await.unwrap(), []);

    assert_eq!(withdraw(bench, &vera).await, Withdrawn::WouldBeLast);
    assert_eq!(withdraw(bench, &emil).await, Withdrawn::NotOne);
    assert_eq!(store.administrators_of(&here(), now).await.unwrap(), known);
    employ_here(bench, &emil).await;
    assert!(grant(bench, &emil, &here()).await);
    assert_eq!(withdraw(bench, &vera).await, Withdrawn::Done);
    assert_eq!(store.administered_by(vera.id, now).await.unwrap(), []);
    assert_eq!(withdraw(bench, &emil).await, Withdrawn::WouldBeLast);
    assert!(grant(bench, &vera, &here()).await, "it can be given again");
    let later = now + DAY * 31;
    let left = store.administrators_of(&here(), later).await.unwrap();
    assert_eq!(
        left.len(),
        1,
        "who is employed no more has the right no more: {left:?}"
    );
}

pub(super) async fn of_two_who_take_the_right_from_one_another_one_keeps_it(bench: &Bench) {
    let (_, vera, emil) = schools(bench).await;
    employ_here(bench, &emil).await;
    assert!(grant(bench, &vera, &here()).await && grant(bench, &emil, &here()).await);
    let (one, two) = tokio::join!(withdraw(bench, &vera), withdraw(bench, &emil));
    let mut both = [one, two].map(|outcome| format!("{outcome:?}"));
    both.sort();
    assert_eq!(both, ["Done", "WouldBeLast"]);
    let left = bench.store.administrators_of(&here(), bench.now()).await.unwrap();
    assert_eq!(left.len(), 1);
}

/// K07: who has the right and is blocked, or gets to the desk by no way, is nobody to fall back on.
pub(super) async fn the_last_administrator_who_can_come_keeps_the_right_and_the_employment(bench: &Bench) {
    let (_, vera, emil) = schools(bench).await;
    let (entry, told, row) = by_hand(bench, &emil, Role::Lærer);
    let added = bench.store.add_manual_actor(&entry, &told, &row).await;
    assert!(added.unwrap());
    assert!(grant(bench, &vera, &here()).await && grant(bench, &emil, &here()).await);
    let end = async |ways: StrongWays| {
        let (here, told) = (here(), history(bench, &emil, entry.id));
        let row = event(bench, DeskAct::AffiliationEnded, &emil);
        let at = (entry.id, emil.id);
        let ended = bench.store.end_manual_actor_at(at, (&here, ways), &told, &row);
        ended.await.unwrap()
    };
    let nobody_comes = StrongWays::default();
    assert_eq!(end(nobody_comes).await, Withdrawn::WouldBeLast);
    let event = event(bench, DeskAct::Blocked, &vera);
    let block = Block {
        account: vera.id,
        institution: here(),
        through_broker: true,
        by: operator().to_string(),
        reason: "misbrug".to_owned(),
        at: bench.now(),
    };
    assert!(bench.store.set_block(&block, &event).await.unwrap());
    let known = bench.store.administrators_of(&here(), bench.now()).await.unwrap();
    let can_come: Vec<_> = known.iter().map(|one| one.can_come(WAYS)).collect();
    assert_eq!(can_come.iter().filter(|can| **can).count(), 1, "{known:?}");
    assert_eq!(withdraw(bench, &emil).await, Withdrawn::WouldBeLast);
    assert_eq!(end(WAYS).await, Withdrawn::WouldBeLast);
    assert!(bench.store.lift_block(vera.id, &here(), &event).await.unwrap());
    assert_eq!(bench.store.institution(&here()).await.unwrap(), Some(school()));
    assert_eq!(end(WAYS).await, Withdrawn::Done);
}

pub(super) async fn a_block_is_its_institutions_alone_and_survives_a_seed(bench: &Bench) {
    let (pupil, ..) = schools(bench).await;
    let store = &bench.store;
    store.put_secret(pupil.id, &secret(1, bench.now())).await.unwrap();
    let mut block = Block {
        account: pupil.id,
        institution: here(),
        through_broker: false,
        by: operator().to_string(),
        reason: "misbrug".to_owned(),
        at: bench.now(),
    };
    let event = |act| event(bench, act, &pupil);
    let held = async || {
        store
            .record_of_account(pupil.id, bench.now())
            .await
            .unwrap()
            .unwrap()
    };
    let blocked = async || held().await.accounts[0].account.blocked;
    assert_eq!(store.block_of(pupil.id).await.unwrap(), None);
    assert!(store.set_block(&block, &event(DeskAct::Blocked)).await.unwrap());
    assert_eq!(store.block_of(pupil.id).await.unwrap().as_ref(), Some(&block));
    assert!(store.secret_of(pupil.id).await.unwrap().unwrap().blocked);
    assert!(!blocked().await, "others may still vouch");
    block.through_broker = true;
    assert!(store.set_block(&block, &event(DeskAct::Blocked)).await.unwrap());
    assert!(blocked().await);
    let theirs = Block {
        institution: other(),
        through_broker: false,
        ..block.clone()
    };
    assert!(!store.set_block(&theirs, &event(DeskAct::Blocked)).await.unwrap());
    assert!(
        !store
            .lift_block(pupil.id, &other(), &event(DeskAct::Unblocked))
            .await
            .unwrap()
    );
    schools(bench).await;
    assert!(blocked().await, "a directory that is loaded again lifts nothing");
    assert!(
        store
            .lift_block(pupil.id, &here(), &event(DeskAct::Unblocked))
            .await
            .unwrap()
    );
    assert!(
        !store
            .lift_block(pupil.id, &here(), &event(DeskAct::Unblocked))
            .await
            .unwrap()
    );
    assert!(!blocked().await);
    assert!(!store.secret_of(pupil.id).await.unwrap().unwrap().blocked);
    assert_eq!(store.audit_head().await.unwrap().sequence, 3);
}

pub(super) async fn a_first_code_is_read_until_it_is_used_and_replaces_no_password(bench: &Bench) {
    let (pupil, vera, _) = schools(bench).await;
    let store = &bench.store;
    let code = |number| NewSecret {
        one_time_until: Some(bench.now() + DAY * 14),
        ..secret(number, bench.now())
    };
    let put = async |who: &Account, number: u8| {
        let event = event(bench, DeskAct::CodeMade, who);
        store
            .put_first_code(who.id, &code(number), &[number], &event)
            .await
            .unwrap()
    };
    let read = async |who: &Account| {
        let event = event(bench, DeskAct::CodeViewed, who);
        store.read_first_code(who.id, &event).await.unwrap()
    };
    let state = async || {
        let known = store
            .affiliation_here(&here(), ActorId(Uuid::from_u128(1)), bench.now())
            .await;
        known.unwrap().unwrap().secret.unwrap()
    };
    assert_eq!((state().await, read(&pupil).await), (SecretState::None, None));
    assert!(put(&pupil, 1).await);
    assert!(!put(&pupil, 2).await, "there is one that holds");
    assert_eq!(state().await, SecretState::Readable(bench.now() + DAY * 14));
    assert_eq!(read(&pupil).await, Some(vec![1]));
    let rows = store.audit_after(0, 10).await.unwrap();
    let acts: Vec<_> = rows.iter().map(|row| row.act.as_str()).collect();
    assert_eq!(
        acts,
        ["admin.code_made", "admin.code_viewed"],
        "each viewing has its row"
    );

    store.hide_first_code(pupil.id).await.unwrap();
    assert_eq!(read(&pupil).await, None);
    assert_eq!(state().await, SecretState::Handed(bench.now() + DAY * 14));
    assert!(put(&pupil, 3).await, "who never came further gets another one");
    bench.clock.advance(DAY * 14);
    assert_eq!(read(&pupil).await, None);
    assert!(matches!(state().await, SecretState::RanOut(_)));
    assert!(put(&pupil, 4).await);
    assert_eq!(read(&pupil).await, Some(vec![4]));

    store.put_secret(pupil.id, &secret(5, bench.now())).await.unwrap();
    assert_eq!((state().await, read(&pupil).await), (SecretState::Own, None));
    assert!(!put(&pupil, 6).await, "a password is nobody's to replace");
    // Whoever runs the installation handed a code to somebody who had a password.
    store.put_secret(vera.id, &secret(7, bench.now())).await.unwrap();
    let event = event(bench, DeskAct::CodeMade, &vera);
    store.hand_out_secret(vera.id, &code(8), 5, &event).await.unwrap();
    assert!(!put(&vera, 9).await, "that one is not the school's to take");
}

pub(super) async fn an_affiliation_by_hand_is_added_prolonged_and_ended(bench: &Bench) {
    let (pupil, _, emil) = schools(bench).await;
    let store = &bench.store;
    let (entry, told, row) = by_hand(bench, &emil, Role::Vikar);
    assert!(store.add_manual_actor(&entry, &told, &row).await.unwrap());
    let (again, told, row) = by_hand(bench, &emil, Role::Leder);
    assert!(
        !store.add_manual_actor(&again, &told, &row).await.unwrap(),
        "employed here already"
    );
    let found = store
        .search_people((&here(), None), &["emil".to_owned()], 5)
        .await
        .unwrap();
    assert_eq!(found.len(), 1, "is found at once");
    let known = store.manual_actors_of(&here(), bench.now()).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].roles, [Role::Vikar]);
    for (who, institution, is_theirs) in [
        (&emil, here(), false),
        (&emil, other(), true),
        (&pupil, here(), true),
    ] {
        let of_owner = store.is_of_owner(who.id, &institution, bench.now()).await;
        assert_eq!(of_owner.unwrap(), is_theirs, "{} at {institution}", who.user_name);
    }
    assert!(known[0].is_by_hand() && known[0].is_active(bench.now()));
    assert_eq!(store.manual_actors_of(&other(), bench.now()).await.unwrap(), []);

    let (mine, theirs) = ((entry.id, &here()), (entry.id, &other()));
    let until = bench.now() + DAY * 60;
    let told = || history(bench, &emil, entry.id);
    let row = || event(bench, DeskAct::AffiliationEnded, &emil);
    assert!(
        !store
            .prolong_manual_actor(theirs, until, &told(), &row())
            .await
            .unwrap()
    );
    assert!(
        store
            .prolong_manual_actor(mine, until, &told(), &row())
            .await
            .unwrap()
    );
    let known = store
        .affiliation_here(&here(), entry.id, bench.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(known.until, Some(until));
    // A directory that is loaded again knows nothing of it, and leaves it alone.
    schools(bench).await;
    assert_eq!(
        store.manual_actors_of(&here(), bench.now()).await.unwrap().len(),
        1
    );
    let (its, at) = ((entry.id, emil.id), other());
    let end = async |at: &InstitutionNumber| {
        let (told, row) = (told(), row());
        let ended = store.end_manual_actor_at(its, (at, WAYS), &told, &row);
        ended.await.unwrap()
    };
    assert_eq!(end(&at).await, Withdrawn::NotOne);
    assert_eq!(end(&here()).await, Withdrawn::Done);
    assert_eq!(end(&here()).await, Withdrawn::NotOne);
    assert!(
        !store
            .prolong_manual_actor(mine, until, &told(), &row())
            .await
            .unwrap()
    );
    let ties = store.ties_of(emil.id, bench.now()).await.unwrap();
    assert_eq!(ties.len(), 1, "the other school still has him");
    assert_eq!(store.history_of(emil.person, 9).await.unwrap().len(), 3);
    let of_sofie = store.ties_of(pupil.id, bench.now()).await.unwrap();
    assert_eq!(of_sofie.len(), 2);
}

pub(super) async fn an_institution_sees_its_own_people_alone(bench: &Bench) {
    let (pupil, vera, emil) = schools(bench).await;
    let (store, now) = (&bench.store, bench.now());
    let [ours, theirs] = [1, 2].map(|number| ActorId(Uuid::from_u128(number)));
    let seen = store.affiliation_here(&here(), ours, now).await.unwrap().unwrap();
    assert_eq!((&seen.account, seen.group), (&pupil, ActorGroup::Elev));
    assert!(!seen.is_by_hand(), "those who run Portner wrote it");
    let nobodys = ActorId(Uuid::from_u128(999));
    for actor in [theirs, nobodys] {
        assert_eq!(store.affiliation_here(&here(), actor, now).await.unwrap(), None);
        assert_eq!(store.groups_of_actor(&here(), actor).await.unwrap(), []);
        assert_eq!(store.contacts_of_pupil(&here(), actor).await.unwrap(), (0, 0));
    }
    let all = store
        .affiliations_of_person(&here(), pupil.person, now)
        .await
        .unwrap();
    assert_eq!(all.iter().map(|one| one.actor).collect::<Vec<_>>(), [ours]);
    assert_eq!(
        store
            .affiliations_of_person(&here(), emil.person, now)
            .await
            .unwrap(),
        []
    );
    let ties = store.ties_of(pupil.id, now).await.unwrap();
    let tie = |institution| Tie {
        institution,
        group: ActorGroup::Elev,
        unconfirmed: false,
    };
    assert_eq!(ties, [tie(here()), tie(other())]);

    let groups = store.groups_here(&here(), now).await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].name.as_str(), groups[0].pupils), ("2.B", 1));
    assert_eq!(store.groups_here(&other(), now).await.unwrap(), []);
    let class = groups[0].id;
    assert_eq!(store.groups_of_actor(&here(), ours).await.unwrap()[0].id, class);
    let pupils = store.pupils_in(&here(), class, now).await.unwrap();
    assert_eq!(pupils.iter().map(|one| one.actor).collect::<Vec<_>>(), [ours]);
    assert_eq!(store.pupils_in(&other(), class, now).await.unwrap(), []);
    let unknown = GroupId(Uuid::from_u128(998));
    assert_eq!(store.pupils_in(&here(), unknown, now).await.unwrap(), []);

    let new = store.newcomers(&here(), now, 9).await.unwrap();
    assert_eq!(
        new.iter().map(|one| one.account.id).collect::<Vec<_>>(),
        [vera.id]
    );
    store.put_secret(vera.id, &secret(1, now)).await.unwrap();
    assert_eq!(store.newcomers(&here(), now, 9).await.unwrap(), []);
}

pub(super) async fn refusals_of_a_person_are_told_newest_first_for_as_long_as_wanted(bench: &Bench) {
    let (pupil, vera, _) = schools(bench).await;
    let store = &bench.store;
    let start = bench.now();
    for (code, who) in [("UL-102", &pupil), ("UL-203", &vera), ("UL-203", &pupil)] {
        let refused = AuditEvent {
            at: bench.now(),
            act: AuditAct::LoginRefused {
                code,
                reason: "prøve".to_owned(),
            },
            ..event(bench, DeskAct::Denied, who)
        };
        store.append_audit(std::slice::from_ref(&refused)).await.unwrap();
        bench.clock.advance(DAY);
    }
    let viewed = event(bench, DeskAct::PersonViewed, &pupil);
    store.append_audit(std::slice::from_ref(&viewed)).await.unwrap();
    let told = async |since, limit| {
        let told = store.refused_logins_of(pupil.person, since, limit).await.unwrap();
        told.into_iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert_eq!(told(start, 9).await, ["UL-203", "UL-102"]);
    assert_eq!(told(start, 1).await, ["UL-203"]);
    assert_eq!(told(start + DAY, 9).await, ["UL-203"]);
}
