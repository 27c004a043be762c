//! Windows for pupils without a password, and whose pupils they are.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use portner::domain::account::{Account, AccountId, Person, PersonId, UniId};
use portner::domain::actor::{ActorGroup, ActorId};
use portner::domain::audit::{AuditAct, AuditEvent, HelpAct};
use portner::domain::desk::Doer;
use portner::domain::login_name::BareName;
use portner::domain::role::Role;
use portner::domain::teacher_help::{
    BeyondHelp, HelpWindow, Helper, PER_HOUR, Place, Reach, TeacherPicture, UNDO, WINDOW, WindowId,
    WindowState,
};
use portner::store::blocks::Block;
use portner::store::credentials::NewSecret;
use portner::store::help_windows::{Learnt, Picked, WindowOwner};
use portner::store::people::{ActorEntry, PersonEntry};
use uuid::Uuid;

use super::bench::{Bench, school};
use super::secrets::secret;

const SECOND: SignedDuration = SignedDuration::from_secs(1);
pub(super) const TEACHER: u128 = 1;
pub(super) const PUPIL: u128 = 2;
pub(super) const OTHERS_PUPIL: u128 = 3;
pub(super) const SUBSTITUTE: u128 = 4;
pub(super) const TEACHING_PUPIL: u128 = 5;
const PEDAGOGUE: u128 = 6;

pub(super) fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(100 + number))
}

pub(super) fn actor(number: u128) -> ActorId {
    ActorId(Uuid::from_u128(200 + number))
}

pub(super) fn entry(number: u128, group: ActorGroup, roles: &[Role], classes: &[&str]) -> ActorEntry {
    ActorEntry {
        id: actor(number),
        group,
        institution: school().number,
        roles: roles.iter().copied().collect(),
        level: None,
        stage_since: None,
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        from: None,
        until: None,
    }
}

pub(super) async fn put(bench: &Bench, number: u128, actors: Vec<ActorEntry>) {
    let name = format!("person{number}");
    let person = PersonId(Uuid::from_u128(number));
    let entry = PersonEntry {
        person: Person {
            id: person,
            given_name: format!("Person {number}"),
            family_name: "Lund".to_owned(),
            protected: false,
        },
        cpr: None,
        accounts: vec![(
            Account {
                id: account(number),
                person,
                user_name: BareName::parse(&name).unwrap(),
                uni_id: UniId::parse(&name).unwrap(),
                cpr_identified: false,
                blocked: false,
            },
            actors,
        )],
    };
    bench.store.put_person(&entry).await.unwrap();
}

/// A school with two classes, a teacher of one of them, and people who are not quite that.
pub(super) async fn a_school(bench: &Bench) {
    bench.store.put_institution(&school()).await.unwrap();
    let (pupil, staff) = (ActorGroup::Elev, ActorGroup::Medarbejder);
    put(
        bench,
        TEACHER,
        vec![entry(TEACHER, staff, &[Role::Lærer, Role::Leder], &["2.B"])],
    )
    .await;
    put(bench, PUPIL, vec![entry(PUPIL, pupil, &[Role::Elev], &["2.B"])]).await;
    put(
        bench,
        OTHERS_PUPIL,
        vec![entry(OTHERS_PUPIL, pupil, &[], &["3.A"])],
    )
    .await;
    put(
        bench,
        SUBSTITUTE,
        vec![entry(SUBSTITUTE, staff, &[Role::Vikar], &["2.B"])],
    )
    .await;
    let also = entry(50, staff, &[Role::Pædagog], &[]);
    put(
        bench,
        TEACHING_PUPIL,
        vec![entry(TEACHING_PUPIL, pupil, &[], &["2.B"]), also],
    )
    .await;
    put(
        bench,
        PEDAGOGUE,
        vec![entry(PEDAGOGUE, staff, &[Role::Lærer], &[])],
    )
    .await;
}

pub(super) fn helper(number: u128, reach: Reach) -> Helper {
    Helper {
        person: PersonId(Uuid::from_u128(number)),
        account: account(number),
        actor: actor(number),
        institution: school().number,
        reach,
    }
}

fn window(bench: &Bench) -> HelpWindow {
    HelpWindow {
        id: WindowId(bench.ambient.uuid()),
        account: account(PUPIL),
        helper: helper(TEACHER, Reach::OwnGroups),
        place: Place(Some("192.0.2.0/24".to_owned())),
        picture: TeacherPicture {
            number: 7,
            among: vec![1, 4, 7, 9],
        },
        opened_at: bench.now(),
        closes_at: bench.now() + WINDOW,
        refused: 0,
        cancelled_at: None,
        taken_at: None,
        finished_at: None,
        undone_at: None,
    }
}

fn event(bench: &Bench, act: HelpAct) -> AuditEvent {
    AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: Some(PersonId(Uuid::from_u128(PUPIL))),
        account: Some(account(PUPIL)),
        client_prefix: None,
        act: AuditAct::Helped {
            act,
            by: PersonId(Uuid::from_u128(TEACHER)),
            by_account: account(TEACHER),
            institution: school().number,
            window: None,
            reason: None,
        },
    }
}

pub(super) async fn opened(bench: &Bench) -> HelpWindow {
    let window = window(bench);
    let events = [event(bench, HelpAct::WindowOpened)];
    let opened = bench
        .store
        .open_help_windows(std::slice::from_ref(&window), &events);
    assert!(opened.await.unwrap().is_empty());
    window
}

async fn acts(bench: &Bench) -> Vec<String> {
    let rows = bench.store.audit_after(0, 1000).await.unwrap();
    rows.into_iter().map(|row| row.act).collect()
}

pub(super) async fn a_teacher_has_own_pupils_and_an_administrator_all(bench: &Bench) {
    a_school(bench).await;
    let (store, now) = (&bench.store, bench.now());
    let teacher = helper(TEACHER, Reach::OwnGroups);
    let groups = store.helped_pupils(&teacher, now).await.unwrap();
    let seen: Vec<_> = groups
        .iter()
        .flat_map(|group| {
            let name = &group.group.as_ref().unwrap().1;
            group
                .pupils
                .iter()
                .map(move |pupil| (name.as_str(), pupil.account, pupil.beyond_help))
        })
        .collect();
    let staff = Some(BeyondHelp::NotOnlyPupil);
    assert_eq!(
        seen,
        [
            ("2.B", account(PUPIL), None),
            ("2.B", account(TEACHING_PUPIL), staff)
        ]
    );
    let all = store
        .helped_pupils(&helper(TEACHER, Reach::Institution), now)
        .await
        .unwrap();
    let names: Vec<_> = all
        .iter()
        .map(|group| group.group.as_ref().unwrap().1.as_str())
        .collect();
    assert_eq!(names, ["2.B", "3.A"]);

    let may = async |who: u128, reach, pupil: u128| {
        store
            .may_help(&helper(who, reach), account(pupil), bench.now())
            .await
            .unwrap()
    };
    let (own, whole) = (Reach::OwnGroups, Reach::Institution);
    assert!(may(TEACHER, own, PUPIL).await);
    assert!(!may(TEACHER, own, OTHERS_PUPIL).await, "another class");
    assert!(!may(TEACHER, whole, OTHERS_PUPIL).await, "without the right");
    let by = Doer::Operator("drift".to_owned());
    let right = (bench.ambient.uuid(), account(TEACHER));
    let (granted, number) = (event(bench, HelpAct::Denied), school().number);
    let granted = store.grant_administrator(right, &number, &by, &granted);
    assert!(granted.await.unwrap());
    assert!(may(TEACHER, whole, OTHERS_PUPIL).await);
    assert!(!may(TEACHER, own, TEACHING_PUPIL).await, "also staff");
    assert!(!may(TEACHER, own, TEACHER).await, "no pupil");
    assert!(!may(SUBSTITUTE, own, PUPIL).await, "no teacher");
    assert!(!may(PUPIL, whole, OTHERS_PUPIL).await, "a pupil helps nobody");
    let alone = store.groupless(actor(PEDAGOGUE), now).await.unwrap();
    assert_eq!((alone.imported, alone.groups, alone.others), (false, 0, 0));
    assert_eq!(store.groupless(actor(TEACHER), now).await.unwrap().groups, 1);

    store.block_account(account(PUPIL), true).await.unwrap();
    assert!(!may(TEACHER, own, PUPIL).await, "blocked");
    let seen = store.helped_pupils(&teacher, now).await.unwrap();
    assert_eq!(seen[0].pupils[0].beyond_help, Some(BeyondHelp::Blocked));
    store.block_account(account(PUPIL), false).await.unwrap();
    let block = Block {
        account: account(PUPIL),
        institution: school().number,
        through_broker: false,
        by: "operator:drift".to_owned(),
        reason: "mistet tablet".to_owned(),
        at: bench.now(),
    };
    let blocked = event(bench, HelpAct::Denied);
    assert!(store.set_block(&block, &blocked).await.unwrap());
    assert!(
        !may(TEACHER, own, PUPIL).await,
        "blocked from the central login alone"
    );
    let seen = store.helped_pupils(&teacher, bench.now()).await.unwrap();
    assert_eq!(seen[0].pupils[0].beyond_help, Some(BeyondHelp::Blocked));
    assert!(store.lift_block(account(PUPIL), &number, &blocked).await.unwrap());
    assert!(may(TEACHER, own, PUPIL).await);
    let left = ActorEntry {
        until: Some(bench.now()),
        ..entry(TEACHER, ActorGroup::Medarbejder, &[Role::Lærer], &["2.B"])
    };
    put(bench, TEACHER, vec![left]).await;
    assert!(!may(TEACHER, own, PUPIL).await, "left");
    let moved = entry(TEACHER, ActorGroup::Medarbejder, &[Role::Lærer], &["3.A"]);
    put(bench, TEACHER, vec![moved]).await;
    assert!(!may(TEACHER, own, PUPIL).await, "another class now");
}

/// What another owner's school says of a pupil closes windows, and takes no adult's word away (K01).
pub(super) async fn what_another_owner_says_takes_no_adults_word_away(bench: &Bench) {
    a_school(bench).await;
    let (store, own) = (&bench.store, Reach::OwnGroups);
    let teacher = helper(TEACHER, own);
    let may = async |who: u128, reach, pupil: u128| {
        store
            .may_help(&helper(who, reach), account(pupil), bench.now())
            .await
            .unwrap()
    };
    // To be somebody's adult at another owner's school takes nothing away; at one's own school it does.
    bench
        .tamper(
            "INSERT INTO institutions (number, name) VALUES ('909909', 'Engskolen');
             INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b8', account, 'Kontaktperson', '909909', '' FROM actors WHERE id LIKE '%-0000000000ca'",
        )
        .await;
    assert!(may(TEACHER, own, PUPIL).await, "an adult elsewhere");
    let may_vouch = async || {
        let teacher = helper(TEACHER, own);
        store
            .may_vouch(&teacher, account(PUPIL), bench.now())
            .await
            .unwrap()
    };
    assert!(may_vouch().await);
    bench
        .tamper(
            "INSERT INTO actors (id, account, actor_group, institution, roles, added_by, unconfirmed_since)
             SELECT 'b7', account, 'Medarbejder', '909909', '', 'program:x', 1
             FROM actors WHERE id LIKE '%-0000000000ca'",
        )
        .await;
    assert!(!may(TEACHER, own, PUPIL).await, "a window would open that too");
    let seen = store.helped_pupils(&teacher, bench.now()).await.unwrap();
    assert_eq!(seen[0].pupils[0].beyond_help, Some(BeyondHelp::SaidToBeMore));
    assert!(may_vouch().await, "a word does not");
    bench
        .tamper("UPDATE actors SET added_by = NULL, unconfirmed_since = NULL WHERE id = 'b7'")
        .await;
    assert!(!may_vouch().await, "who works somewhere for certain");
    bench.tamper("DELETE FROM actors WHERE id = 'b7'").await;
    let seen = store.helped_pupils(&teacher, bench.now()).await.unwrap();
    assert_eq!(seen[0].pupils[0].beyond_help, None);
    bench
        .tamper(
            "INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b9', account, 'Kontaktperson', institution, '' FROM actors WHERE id LIKE '%-0000000000ca'",
        )
        .await;
    assert!(
        !may(TEACHER, own, PUPIL).await && !may_vouch().await,
        "an adult here"
    );
    bench.tamper("DELETE FROM actors WHERE id IN ('b8', 'b9')").await;
    assert!(may(TEACHER, own, PUPIL).await);
}

pub(super) async fn of_fifty_logins_one_goes_through_a_window(bench: &Bench) {
    a_school(bench).await;
    let window = opened(bench).await;
    let tries = (0..50_u8).map(|number| {
        let (store, event, id) = (bench.store.clone(), event(bench, HelpAct::WindowUsed), window.id);
        tokio::spawn(async move {
            let owner = WindowOwner([number; 32]);
            let taken = store.take_help_window(id, owner, &event).await.unwrap();
            taken.then_some(owner)
        })
    });
    let mut through = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        through.extend(one.await.unwrap());
    }
    let [owner] = through.as_slice() else {
        panic!("{} went through", through.len())
    };
    let used = event(bench, HelpAct::WindowUsed);
    let again = bench.store.take_help_window(window.id, *owner, &used);
    assert!(again.await.unwrap(), "the same login again");
    assert!(
        bench
            .store
            .has_taken_help_window(window.id, *owner)
            .await
            .unwrap()
    );
    let other = WindowOwner([99; 32]);
    assert!(!bench.store.has_taken_help_window(window.id, other).await.unwrap());
    let used = acts(bench).await.into_iter().filter(|act| act == "reset.used");
    assert_eq!(used.count(), 1);
}

pub(super) async fn a_window_is_open_for_three_hundred_seconds(bench: &Bench) {
    a_school(bench).await;
    for (seconds, goes) in [(299, true), (300, false), (301, false)] {
        let window = opened(bench).await;
        bench.clock.advance(SECOND * seconds);
        let used = event(bench, HelpAct::WindowUsed);
        let taken = bench
            .store
            .take_help_window(window.id, WindowOwner([1; 32]), &used)
            .await;
        assert_eq!(taken.unwrap(), goes, "{seconds}");
        let window = opened(bench).await;
        bench.clock.advance(SECOND * seconds);
        let (used, refused) = (
            event(bench, HelpAct::WindowUsed),
            event(bench, HelpAct::PickRefused),
        );
        let mine = (window.id, WindowOwner([1; 32]));
        let picked = bench
            .store
            .pick_help_window(mine, 7, (&used, &refused))
            .await
            .unwrap();
        let expected = if goes { Picked::Through } else { Picked::Closed };
        assert_eq!(picked, expected, "{seconds}");
        bench.clock.advance(SignedDuration::from_hours(1));
    }
}

pub(super) async fn however_many_pictures_are_picked_at_once_two_wrong_ones_are_borne(bench: &Bench) {
    a_school(bench).await;
    let window = opened(bench).await;
    let tries = [1, 4, 9, 1, 4, 9, 1, 4].map(|number| {
        let (store, id) = (bench.store.clone(), window.id);
        let (used, refused) = (
            event(bench, HelpAct::WindowUsed),
            event(bench, HelpAct::PickRefused),
        );
        tokio::spawn(async move {
            let mine = (id, WindowOwner([number; 32]));
            store
                .pick_help_window(mine, number, (&used, &refused))
                .await
                .unwrap()
        })
    });
    let mut wrong = 0;
    for one in tries {
        wrong += u32::from(one.await.unwrap() == Picked::Wrong);
    }
    assert_eq!(wrong, 2);
    let (used, refused) = (
        event(bench, HelpAct::WindowUsed),
        event(bench, HelpAct::PickRefused),
    );
    let mine = (window.id, WindowOwner([5; 32]));
    let late = bench
        .store
        .pick_help_window(mine, 7, (&used, &refused))
        .await
        .unwrap();
    assert_eq!(late, Picked::Closed, "the right one too");
    let kept = bench.store.help_window(window.id).await.unwrap().unwrap();
    assert_eq!((kept.refused, kept.state(bench.now())), (2, WindowState::Open));
    let taken = bench
        .store
        .take_help_window(window.id, WindowOwner([6; 32]), &used)
        .await;
    assert!(taken.unwrap(), "from the teacher's network it is open still");
}

pub(super) async fn another_window_takes_the_place_of_one_and_not_without_end(bench: &Bench) {
    a_school(bench).await;
    let store = &bench.store;
    let first = opened(bench).await;
    bench.clock.advance(SECOND);
    let second = opened(bench).await;
    assert_eq!(
        store.last_help_window(account(PUPIL)).await.unwrap().as_ref(),
        Some(&second)
    );
    let first = store.help_window(first.id).await.unwrap().unwrap();
    assert_eq!(first.state(bench.now()), WindowState::Cancelled);
    let all = store
        .help_windows_at(&school().number, second.opened_at - SECOND)
        .await
        .unwrap();
    let ids: Vec<_> = all.iter().map(|window| window.id).collect();
    assert_eq!(ids, [second.id, first.id]);
    assert_eq!(store.last_help_window(account(TEACHER)).await.unwrap(), None);
    for _ in 2..PER_HOUR {
        opened(bench).await;
    }
    let one_more = window(bench);
    let event = event(bench, HelpAct::WindowOpened);
    let refused = store.open_help_windows(&[one_more], &[event]).await.unwrap();
    assert_eq!(refused, [account(PUPIL)]);
    let opened = acts(bench).await.into_iter().filter(|act| act == "reset.opened");
    assert_eq!(opened.count(), usize::try_from(PER_HOUR).unwrap());
}

fn learnt<'a>(window: &HelpWindow, owner: WindowOwner, secret: &'a NewSecret) -> Learnt<'a> {
    Learnt {
        window: window.id,
        owner,
        account: window.account,
        from: None,
        secret,
        remembered: 5,
    }
}

async fn finish(bench: &Bench, learnt: &Learnt<'_>) -> bool {
    let finished = event(bench, HelpAct::WindowFinished);
    let changed = AuditEvent {
        act: AuditAct::PasswordChanged { rule: "indskoling" },
        ..event(bench, HelpAct::WindowFinished)
    };
    let made = bench
        .store
        .finish_help_window(learnt, [&finished, &changed])
        .await;
    made.unwrap().is_some()
}

pub(super) async fn a_learnt_secret_is_kept_once_and_dies_when_it_was_not_the_pupil(bench: &Bench) {
    a_school(bench).await;
    let (store, owner, stranger) = (&bench.store, WindowOwner([1; 32]), WindowOwner([2; 32]));
    let window = opened(bench).await;
    let used = event(bench, HelpAct::WindowUsed);
    assert!(store.take_help_window(window.id, owner, &used).await.unwrap());
    let new = secret(1, bench.now());
    assert!(
        !finish(bench, &learnt(&window, stranger, &new)).await,
        "another login"
    );
    assert!(
        finish(bench, &learnt(&window, owner, &new)).await,
        "the pupil had none before"
    );
    assert!(!finish(bench, &learnt(&window, owner, &new)).await, "once");
    let version = store.secret_of(account(PUPIL)).await.unwrap().unwrap().version;
    let cancel = event(bench, HelpAct::WindowCancelled);
    assert!(
        !store.cancel_help_window(window.id, &cancel).await.unwrap(),
        "done is done"
    );

    // A second window, for one who had a secret: only the one that was there is replaced.
    let window = opened(bench).await;
    assert!(store.take_help_window(window.id, owner, &used).await.unwrap());
    let next = secret(2, bench.now());
    assert!(
        !finish(bench, &learnt(&window, owner, &next)).await,
        "there is one"
    );
    let of_version = Learnt {
        from: Some(version),
        ..learnt(&window, owner, &next)
    };
    assert!(finish(bench, &of_version).await);

    let undone = event(bench, HelpAct::WindowUndone);
    let before = store.secret_of(account(PUPIL)).await.unwrap().unwrap();
    bench.clock.advance(UNDO - SECOND);
    let undone = AuditEvent {
        at: bench.now(),
        ..undone
    };
    assert!(store.undo_help_window(window.id, &undone).await.unwrap());
    assert!(!store.undo_help_window(window.id, &undone).await.unwrap(), "once");
    let after = store.secret_of(account(PUPIL)).await.unwrap().unwrap();
    assert_eq!(after.expires_at, Some(bench.now()), "it opens nothing");
    assert_ne!(after.version, before.version, "no proof of it counts");
}

pub(super) async fn a_window_that_was_taken_back_or_overtaken_makes_nothing(bench: &Bench) {
    a_school(bench).await;
    let (store, owner) = (&bench.store, WindowOwner([1; 32]));
    let new = secret(1, bench.now());
    let window = opened(bench).await;
    let used = event(bench, HelpAct::WindowUsed);
    assert!(store.take_help_window(window.id, owner, &used).await.unwrap());
    let cancel = event(bench, HelpAct::WindowCancelled);
    assert!(store.cancel_help_window(window.id, &cancel).await.unwrap());
    assert!(!store.cancel_help_window(window.id, &cancel).await.unwrap());
    assert!(!finish(bench, &learnt(&window, owner, &new)).await);
    assert!(!store.take_help_window(window.id, owner, &used).await.unwrap());

    // Whoever gets a password in another way needs no window any more.
    let window = opened(bench).await;
    let event = event(bench, HelpAct::Denied);
    store
        .hand_out_secret(account(PUPIL), &new, 5, &event)
        .await
        .unwrap();
    assert!(!store.take_help_window(window.id, owner, &used).await.unwrap());

    // A day later it is too late to say that it was not the pupil.
    let version = store.secret_of(account(PUPIL)).await.unwrap().unwrap().version;
    let window = opened(bench).await;
    assert!(store.take_help_window(window.id, owner, &used).await.unwrap());
    let of_version = Learnt {
        from: Some(version),
        ..learnt(&window, owner, &new)
    };
    assert!(finish(bench, &of_version).await);
    bench.clock.advance(UNDO);
    let late = super::help::event(bench, HelpAct::WindowUndone);
    assert!(!store.undo_help_window(window.id, &late).await.unwrap());
    store.append_audit(&[late]).await.unwrap();
    assert_eq!(acts(bench).await.last().map(String::as_str), Some("reset.undone"));
    let known: BTreeSet<_> = acts(bench).await.into_iter().collect();
    assert!(known.contains("reset.cancelled") && known.contains("password.changed"));
}

/// What is known of windows that ended by something else.
async fn ended(bench: &Bench) -> Vec<(Option<String>, String)> {
    let rows = bench.store.audit_after(0, 1000).await.unwrap().into_iter();
    rows.filter(|row| row.act == "reset.cancelled")
        .map(|row| (row.account, row.details))
        .collect()
}

pub(super) async fn windows_end_with_the_secret_of_who_opened_them(bench: &Bench) {
    a_school(bench).await;
    let store = &bench.store;
    let first = opened(bench).await;
    bench.clock.advance(SECOND);
    let second = opened(bench).await;
    let pupil = Some(account(PUPIL).0.to_string());
    let rows = ended(bench).await;
    assert_eq!(rows.len(), 1, "the auditor sees that another took its place");
    assert_eq!(rows[0].0, pupil);
    assert!(rows[0].1.contains("superseded") && rows[0].1.contains(&first.id.0.to_string()));

    let event = AuditEvent {
        person: Some(PersonId(Uuid::from_u128(TEACHER))),
        account: Some(account(TEACHER)),
        act: AuditAct::PasswordChanged { rule: "voksen" },
        ..event(bench, HelpAct::Denied)
    };
    let new = secret(1, bench.now());
    store
        .change_secret(account(TEACHER), None, &new, 5, &event)
        .await
        .unwrap()
        .unwrap();
    let kept = store.help_window(second.id).await.unwrap().unwrap();
    assert_eq!(kept.state(bench.now()), WindowState::Cancelled);
    let rows = ended(bench).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].0, pupil, "in the pupil's past");
    assert!(rows[1].1.contains("password.changed") && rows[1].1.contains(&second.id.0.to_string()));

    // One that ran out has ended already.
    let third = opened(bench).await;
    bench.clock.advance(WINDOW);
    let event = AuditEvent {
        at: bench.now(),
        ..event
    };
    store
        .hand_out_secret(account(TEACHER), &new, 5, &event)
        .await
        .unwrap();
    let kept = store.help_window(third.id).await.unwrap().unwrap();
    assert_eq!(kept.state(bench.now()), WindowState::RanOut);
    assert_eq!(ended(bench).await.len(), 2);
}

pub(super) async fn pupils_without_a_secret_are_told_with_all_their_schools(bench: &Bench) {
    a_school(bench).await;
    let (store, teacher) = (&bench.store, helper(TEACHER, Reach::OwnGroups));
    let found = store.without_secret(&teacher, bench.now()).await.unwrap();
    let here = BTreeSet::from([school().number]);
    assert_eq!(found.get(&account(PUPIL)), Some(&here));
    assert_eq!(found.get(&account(OTHERS_PUPIL)), Some(&here));
    assert_eq!(found.get(&account(SUBSTITUTE)), None, "no pupil");
    let handed = event(bench, HelpAct::Denied);
    store
        .hand_out_secret(account(PUPIL), &secret(1, bench.now()), 5, &handed)
        .await
        .unwrap();
    let found = store.without_secret(&teacher, bench.now()).await.unwrap();
    assert_eq!(found.get(&account(PUPIL)), None);
}

pub(super) async fn two_teachers_who_open_for_the_same_pupils_both_get_through(bench: &Bench) {
    a_school(bench).await;
    for _ in 0..PER_HOUR / 2 {
        let tries = [[PUPIL, OTHERS_PUPIL], [OTHERS_PUPIL, PUPIL]].map(|pupils| {
            let (store, windows) = (
                bench.store.clone(),
                pupils.map(|pupil| HelpWindow {
                    account: account(pupil),
                    ..window(bench)
                }),
            );
            let events = pupils.map(|pupil| AuditEvent {
                account: Some(account(pupil)),
                ..event(bench, HelpAct::WindowOpened)
            });
            tokio::spawn(async move { store.open_help_windows(&windows, &events).await })
        });
        for one in tries {
            assert!(one.await.unwrap().unwrap().is_empty());
        }
    }
}

pub(super) async fn a_learnt_secret_and_a_changed_one_never_wait_for_each_other(bench: &Bench) {
    a_school(bench).await;
    let new = secret(1, bench.now());
    let handed = event(bench, HelpAct::Denied);
    let store = &bench.store;
    store
        .hand_out_secret(account(PUPIL), &new, 5, &handed)
        .await
        .unwrap();
    for _ in 0..PER_HOUR {
        let window = opened(bench).await;
        let owner = WindowOwner([1; 32]);
        let used = event(bench, HelpAct::WindowUsed);
        assert!(store.take_help_window(window.id, owner, &used).await.unwrap());
        let from = store
            .secret_of(account(PUPIL))
            .await
            .unwrap()
            .map(|it| it.version);
        let finishing = async {
            let of_version = Learnt {
                from,
                ..learnt(&window, owner, &new)
            };
            finish(bench, &of_version).await
        };
        let changing = store.change_secret(account(PUPIL), from, &new, 5, &handed);
        let (finished, changed) = tokio::join!(finishing, changing);
        assert_ne!(finished, changed.unwrap().is_some(), "one of them");
    }
}
