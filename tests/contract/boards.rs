//! What a classroom board is made of, and for how long it may be looked at.

use std::collections::HashSet;

use jiff::SignedDuration;
use portner::domain::account::PersonId;
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::board::{Outcome, Seat, stuck};
use portner::domain::desk::{DeskAct, Doer};
use portner::domain::group::GroupId;
use portner::domain::institution::{Institution, InstitutionNumber};
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::teacher_help::{BeyondHelp, HelpWindow, Helper, Place, Reach, WindowId};
use portner::store::writer::RestsOn;
use uuid::Uuid;

use super::approvals::ask;
use super::bench::{Bench, part, school};
use super::help::{
    OTHERS_PUPIL, PUPIL, SUBSTITUTE, TEACHER, TEACHING_PUPIL, a_school, account, helper, opened,
};
use super::secrets::secret;
use super::sessions::session;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// A class by its name.
async fn class(bench: &Bench, name: &str) -> GroupId {
    let all = helper(TEACHER, Reach::Institution);
    let groups = bench.store.helped_pupils(&all, bench.now()).await.unwrap();
    let found = groups.into_iter().filter_map(|group| group.group);
    let (id, _) = found.into_iter().find(|(_, known)| known == name).unwrap();
    id
}

/// A session of somebody, as of now.
async fn logged_in(bench: &Bench, who: u128, number: u8) -> SsoSession {
    let (token, template) = session(bench, number);
    let session = SsoSession {
        person: PersonId(Uuid::from_u128(who)),
        account: account(who),
        ..template
    };
    let begun = RestsOn::New(token, Box::new(session.clone()));
    bench.finish(begun, part(bench, "aula", "_0"), None).await;
    session
}

async fn note(bench: &Bench, who: u128, act: AuditAct) {
    let event = AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: Some(PersonId(Uuid::from_u128(who))),
        account: Some(account(who)),
        client_prefix: Some("192.0.2.0/24".to_owned()),
        act,
    };
    bench.store.append_audit(&[event]).await.unwrap();
}

fn refused(code: &'static str) -> AuditAct {
    AuditAct::LoginRefused {
        code,
        reason: "prøve".to_owned(),
    }
}

pub(super) async fn a_board_has_its_class_alone_for_those_whose_it_is(bench: &Bench) {
    a_school(bench).await;
    let (store, now) = (&bench.store, bench.now());
    let (second, third) = (class(bench, "2.B").await, class(bench, "3.A").await);
    let of = async |who, reach, group| {
        store
            .helped_pupils_of(&helper(who, reach), group, now)
            .await
            .unwrap()
    };
    let seen = of(TEACHER, Reach::OwnGroups, second).await.unwrap();
    let pupils: Vec<_> = seen
        .pupils
        .iter()
        .map(|one| (one.account, one.beyond_help))
        .collect();
    assert_eq!(
        pupils,
        [
            (account(PUPIL), None),
            (account(TEACHING_PUPIL), Some(BeyondHelp::NotOnlyPupil))
        ]
    );
    assert_eq!(seen.group.unwrap().1, "2.B");
    assert_eq!(of(TEACHER, Reach::OwnGroups, third).await, None, "others' class");
    assert!(of(TEACHER, Reach::Institution, third).await.is_some());
    assert_eq!(of(TEACHER, Reach::Institution, GroupId(Uuid::nil())).await, None);

    let called = async |group| {
        store
            .class_and_school(&school().number, group, now)
            .await
            .unwrap()
    };
    assert_eq!(called(second).await, Some(("2.B".to_owned(), school().name)));
    assert_eq!(called(GroupId(Uuid::nil())).await, None);

    let without = async |group| {
        let found = store
            .without_secret_of(&helper(TEACHER, Reach::OwnGroups), group, now)
            .await;
        found.unwrap().into_keys().collect::<HashSet<_>>()
    };
    assert_eq!(
        without(second).await,
        HashSet::from([account(PUPIL), account(TEACHING_PUPIL)])
    );
    store.put_secret(account(PUPIL), &secret(1, now)).await.unwrap();
    assert_eq!(without(second).await, HashSet::from([account(TEACHING_PUPIL)]));
    assert_eq!(without(third).await, HashSet::from([account(OTHERS_PUPIL)]));

    let window = opened(bench).await;
    let of_group = async |group| {
        let at = school().number;
        let found = store.help_windows_of_group(&at, group, now - MINUTE);
        found
            .await
            .unwrap()
            .into_iter()
            .map(|window| window.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(of_group(second).await, [window.id]);
    assert_eq!(of_group(third).await, []);
    let at = school().number;
    let later = store.help_windows_of_group(&at, second, now + MINUTE);
    assert_eq!(later.await.unwrap(), []);

    // The same pupil at another school: neither sees what the other gives, nor its picture.
    let other = Institution {
        number: InstitutionNumber::parse("909001").unwrap(),
        name: "Andenskolen".to_owned(),
        ..school()
    };
    store.put_institution(&other).await.unwrap();
    let theirs = HelpWindow {
        id: WindowId(bench.ambient.uuid()),
        helper: Helper {
            institution: other.number.clone(),
            ..helper(SUBSTITUTE, Reach::OwnGroups)
        },
        ..window.clone()
    };
    let opened = store.open_help_windows(std::slice::from_ref(&theirs), &[]);
    assert!(opened.await.unwrap().is_empty());
    assert_eq!(of_group(second).await, [window.id]);
    let seen = store.help_windows_of_group(&other.number, second, now - MINUTE);
    let seen: Vec<_> = seen.await.unwrap().into_iter().map(|window| window.id).collect();
    assert_eq!(seen, [theirs.id]);
}

pub(super) async fn what_logins_of_a_class_came_to_is_told_with_who_is_in(bench: &Bench) {
    a_school(bench).await;
    let store = &bench.store;
    let (second, third) = (class(bench, "2.B").await, class(bench, "3.A").await);
    let start = bench.now();
    let head = store.audit_head().await.unwrap().sequence;
    note(bench, PUPIL, refused("UL-102")).await;
    note(bench, OTHERS_PUPIL, refused("UL-102")).await;
    note(bench, TEACHER, refused("UL-102")).await;
    bench.clock.advance(MINUTE);
    note(bench, PUPIL, AuditAct::Authenticated).await;
    note(bench, PUPIL, AuditAct::LoggedOut).await;
    bench.clock.advance(MINUTE);
    note(bench, PUPIL, refused("UL-506")).await;
    let notes = store.logins_of_group(second, start).await.unwrap();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert_eq!(notes[1].outcome, Outcome::In);
    assert_eq!(notes[2].place, Place(Some("192.0.2.0/24".to_owned())));
    assert!(notes.iter().all(|note| note.account == account(PUPIL)));
    assert_eq!(stuck(notes.iter()).unwrap().code, "UL-506");
    assert_eq!(
        store.logins_of_group(second, start + MINUTE).await.unwrap().len(),
        2
    );
    assert_eq!(store.logins_of_group(third, start).await.unwrap().len(), 1);

    let (reached, touched) = store.touched_after(head, 2).await.unwrap();
    assert_eq!(reached, head + 2);
    assert_eq!(touched.len(), 2);
    let (reached, touched) = store.touched_after(reached, 100).await.unwrap();
    assert_eq!(reached, head + 6);
    assert!(touched.contains(&PersonId(Uuid::from_u128(TEACHER))));
    let (again, touched) = store.touched_after(reached, 100).await.unwrap();
    assert_eq!((again, touched.len()), (reached, 0));

    let asked = ask(bench, 1, 9).await;
    let waiting = store.waiting_of_group(second, bench.now()).await.unwrap();
    let since_until = (asked.asked_at, asked.closes_at);
    assert_eq!(
        waiting.into_iter().collect::<Vec<_>>(),
        [(account(PUPIL), since_until)]
    );
    assert!(
        store
            .waiting_of_group(third, bench.now())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .waiting_of_group(second, asked.closes_at)
            .await
            .unwrap()
            .is_empty()
    );

    let session = logged_in(bench, PUPIL, 1).await;
    logged_in(bench, OTHERS_PUPIL, 2).await;
    let now = bench.now();
    let inside = store.sessions_of_group(second, now, now - IDLE).await.unwrap();
    assert_eq!(inside.into_iter().collect::<Vec<_>>(), [(account(PUPIL), now)]);
    let idle = store.sessions_of_group(second, now, now).await.unwrap();
    assert!(idle.is_empty(), "it was not used since");
    let over = store
        .sessions_of_group(second, session.expires_at, now - IDLE)
        .await;
    assert!(over.unwrap().is_empty());
    store.end_session(session.id, now).await.unwrap();
    let ended = store.sessions_of_group(second, now, now - IDLE).await.unwrap();
    assert!(ended.is_empty());
}

pub(super) async fn whoever_hammers_at_one_pupil_hides_no_other(bench: &Bench) {
    a_school(bench).await;
    let store = &bench.store;
    let second = class(bench, "2.B").await;
    let start = bench.now();
    note(bench, TEACHING_PUPIL, refused("UL-506")).await;
    bench.clock.advance(MINUTE);
    let event = |_| AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: Some(PersonId(Uuid::from_u128(PUPIL))),
        account: Some(account(PUPIL)),
        client_prefix: None,
        act: refused("UL-102"),
    };
    let hammered: Vec<AuditEvent> = (0..2_001).map(event).collect();
    store.append_audit(&hammered).await.unwrap();
    let notes = store.logins_of_group(second, start).await.unwrap();
    let of = |who| notes.iter().filter(move |note| note.account == account(who));
    assert_eq!(stuck(of(TEACHING_PUPIL)).unwrap().code, "UL-506");
    assert_eq!(stuck(of(PUPIL)).unwrap().times, 100, "so many are counted");
}

pub(super) async fn a_seat_holds_as_long_as_everything_behind_it(bench: &Bench) {
    a_school(bench).await;
    let store = &bench.store;
    let (second, third) = (class(bench, "2.B").await, class(bench, "3.A").await);
    let open = logged_in(bench, TEACHER, 1).await;
    let other = logged_in(bench, SUBSTITUTE, 2).await;
    let now = bench.now();
    let seat = |session: SessionId, who, reach, group| Seat {
        session,
        helper: helper(who, reach),
        group,
    };
    let holds = async |seat: &Seat, now, since| store.seat_holds(seat, now, since).await.unwrap();
    let good = seat(open.id, TEACHER, Reach::OwnGroups, second);
    assert!(holds(&good, now, now - IDLE).await);
    assert!(!holds(&good, now, now).await, "a session that was not used since");
    assert!(!holds(&good, open.expires_at, now - IDLE).await);
    for bad in [
        seat(open.id, TEACHER, Reach::OwnGroups, third),
        seat(open.id, SUBSTITUTE, Reach::OwnGroups, second),
        seat(other.id, SUBSTITUTE, Reach::OwnGroups, second),
        seat(other.id, TEACHER, Reach::OwnGroups, second),
        seat(open.id, TEACHER, Reach::Institution, second),
        seat(SessionId(Uuid::nil()), TEACHER, Reach::OwnGroups, second),
    ] {
        assert!(!holds(&bad, now, now - IDLE).await, "{bad:?}");
    }
    let by = Doer::Operator("drift".to_owned());
    let event = AuditEvent {
        id: bench.ambient.uuid(),
        at: now,
        transaction: None,
        service: None,
        upstream: None,
        person: None,
        account: None,
        client_prefix: None,
        act: AuditAct::Desk {
            act: DeskAct::RightGranted,
            institution: school().number,
            by: by.clone(),
            reason: None,
            detail: None,
        },
    };
    let id = (bench.ambient.uuid(), account(TEACHER));
    assert!(
        store
            .grant_administrator(id, &school().number, &by, &event)
            .await
            .unwrap()
    );
    let administrator = seat(open.id, TEACHER, Reach::Institution, third);
    assert!(holds(&administrator, now, now - IDLE).await);
    store.end_session(open.id, now).await.unwrap();
    assert!(!holds(&good, now, now - IDLE).await);
    assert!(!holds(&administrator, now, now - IDLE).await);
}
