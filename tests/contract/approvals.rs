//! Questions to adults, and levels that stand on their word.

use jiff::SignedDuration;
use portner::domain::account::PersonId;
use portner::domain::approval::{
    Adult, Approval, ApprovalId, ApprovalState, ConfirmPicture, EndedWhy, Given, LASTS, PER_HOUR, Sign, WAITS,
};
use portner::domain::audit::{AuditAct, AuditEvent, VouchAct};
use portner::domain::service::ServiceId;
use portner::domain::session::SessionId;
use portner::domain::teacher_help::{Place, Reach};
use portner::domain::upstream::UpstreamId;
use portner::store::asking::{AskedBy, Asking};
use portner::store::ended_approvals::ApprovalUse;
use portner::store::grants::{Grant, GrantFamily, Handle, HandleKind, NewGrant, OfflineLogin};
use portner::store::retention::Retention;
use portner::store::writer::{RestsOn, WriteFailed};
use uuid::Uuid;

use super::bench::{Bench, part, school};
use super::help::{OTHERS_PUPIL, PUPIL, TEACHER, TEACHING_PUPIL, a_school, account, helper};
use super::secrets::secret;
use super::sessions::session;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn service() -> ServiceId {
    ServiceId::parse("aula").unwrap()
}

fn asked(bench: &Bench, number: u128, session: u128) -> Approval {
    Approval {
        id: ApprovalId(Uuid::from_u128(number)),
        person: PersonId(Uuid::from_u128(PUPIL)),
        account: account(PUPIL),
        session: Some(SessionId(Uuid::from_u128(session))),
        service: service(),
        place: Place(Some("192.0.2.0/24".to_owned())),
        sign: Sign::Picture(ConfirmPicture::numbered(u16::try_from(number % 750).unwrap()).unwrap()),
        asked_at: bench.now(),
        closes_at: bench.now() + WAITS,
        given: None,
        ended: None,
    }
}

fn given(bench: &Bench) -> Given {
    Given {
        by: Adult::Teacher(helper(TEACHER, Reach::OwnGroups)),
        services: vec![service(), ServiceId::parse("trivsel").unwrap()],
        at: bench.now(),
        not_after: bench.now() + LASTS,
    }
}

fn event(bench: &Bench, act: VouchAct, id: ApprovalId) -> AuditEvent {
    AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        person: Some(PersonId(Uuid::from_u128(PUPIL))),
        account: Some(account(PUPIL)),
        act: AuditAct::Vouched {
            act,
            approval: id,
            by: None,
            reason: None,
        },
        ..super::audit::event(bench)
    }
}

pub(super) async fn ask(bench: &Bench, number: u128, session: u128) -> Approval {
    let asked = asked(bench, number, session);
    let event = event(bench, VouchAct::Asked, asked.id);
    assert_eq!(
        bench.store.ask_approval(&asked, &event).await.unwrap(),
        Asking::Asked
    );
    asked
}

async fn say_yes(bench: &Bench, asked: &Approval) -> Vec<ApprovalId> {
    let about = [(asked.id, asked.account)];
    bench
        .store
        .give_approvals(&about, &given(bench), None, |id| {
            event(bench, VouchAct::Granted, id)
        })
        .await
        .unwrap()
}

async fn counts(bench: &Bench, session: u128) -> usize {
    let found = bench
        .store
        .approvals_of_session(SessionId(Uuid::from_u128(session)), account(PUPIL), bench.now())
        .await;
    found.unwrap().len()
}

async fn acts(bench: &Bench) -> Vec<String> {
    let rows = bench.store.audit_after(0, 1000).await.unwrap();
    rows.into_iter().map(|row| row.act).collect()
}

pub(super) async fn of_fifty_adults_at_once_one_says_yes_to_a_pupil_who_waits(bench: &Bench) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    let waiting = bench
        .store
        .waiting_approvals_at(&school().number, bench.now())
        .await;
    assert_eq!(waiting.unwrap(), std::slice::from_ref(&asked));
    let own = bench
        .store
        .waiting_approvals_of(account(PUPIL), bench.now())
        .await;
    assert_eq!(own.unwrap().len(), 1);
    let tries = (0..50).map(|_| {
        let (store, given, asked) = (bench.store.clone(), given(bench), asked.clone());
        let event = event(bench, VouchAct::Granted, asked.id);
        tokio::spawn(async move {
            let about = [(asked.id, asked.account)];
            store
                .give_approvals(&about, &given, None, |_| event.clone())
                .await
                .unwrap()
        })
    });
    let mut yes = 0;
    for one in tries.collect::<Vec<_>>() {
        yes += one.await.unwrap().len();
    }
    assert_eq!(yes, 1);
    let rows = acts(bench).await;
    assert_eq!(rows.iter().filter(|act| *act == "stepup.granted").count(), 1);
    let standing = bench
        .store
        .standing_approvals_at(&school().number, bench.now())
        .await;
    assert_eq!(standing.unwrap().len(), 1);
    let own = bench
        .store
        .standing_approvals_of(account(PUPIL), bench.now())
        .await;
    assert_eq!(own.unwrap().len(), 1);
    let found = bench.store.approval(asked.id).await.unwrap().unwrap();
    assert_eq!(found.given, Some(given(bench)));
    let waiting = bench
        .store
        .waiting_approvals_at(&school().number, bench.now())
        .await;
    assert_eq!(waiting.unwrap(), []);
}

pub(super) async fn a_level_is_for_one_session_and_account_and_for_two_hours(bench: &Bench) {
    a_school(bench).await;
    let (token, mut own) = session(bench, 9);
    (own.account, own.person) = (account(PUPIL), PersonId(Uuid::from_u128(PUPIL)));
    let asked = ask(bench, 1, 9).await;
    assert_eq!(counts(bench, 9).await, 0, "nobody has said yes");
    say_yes(bench, &asked).await;
    assert_eq!(counts(bench, 9).await, 1, "also before the session has begun");
    assert_eq!(counts(bench, 10).await, 0, "another session");
    let others = bench
        .store
        .approvals_of_session(SessionId(Uuid::from_u128(9)), account(TEACHER), bench.now())
        .await;
    assert_eq!(others.unwrap(), [], "another account");
    let begun = RestsOn::New(token, Box::new(own.clone()));
    bench.finish(begun, part(bench, "aula", "_0"), None).await;
    bench.clock.advance(SECOND * 7199);
    assert_eq!(counts(bench, 9).await, 1);
    bench.clock.advance(SECOND);
    assert_eq!(counts(bench, 9).await, 0, "to the second");
    bench.clock.advance(SECOND * -7200);
    assert_eq!(counts(bench, 9).await, 1);
    bench.store.end_session(own.id, bench.now()).await.unwrap();
    assert_eq!(counts(bench, 9).await, 0, "nobody is logged in");
    let standing = bench
        .store
        .standing_approvals_at(&school().number, bench.now())
        .await;
    assert_eq!(standing.unwrap(), []);
}

fn code(bench: &Bench, family: GrantFamily, session: SessionId) -> (Handle, NewGrant) {
    let secret = [7; 32];
    let grant = Grant {
        family,
        session: Some(session),
        login: None,
        bound_to: "aula".to_owned(),
        payload: vec![1],
        issued_at: bench.now(),
        expires_at: bench.now() + SignedDuration::from_hours(9),
    };
    let handle = || Handle::from_bytes(HandleKind::AuthorizationCode, &secret);
    (
        handle(),
        NewGrant {
            handle: handle(),
            grant,
        },
    )
}

/// A login that rests on the word of an adult, with a code.
async fn told(bench: &Bench, asked: &Approval) -> (Handle, SessionId) {
    let (token, mut own) = session(bench, 9);
    (own.account, own.person) = (account(PUPIL), PersonId(Uuid::from_u128(PUPIL)));
    let family = GrantFamily(Uuid::from_u128(70));
    let (handle, code) = code(bench, family, own.id);
    let id = own.id;
    let mut login = bench.login(
        RestsOn::New(token, Box::new(own)),
        part(bench, "aula", "_0"),
        Some(code),
    );
    login.vouched = Some(ApprovalUse {
        approval: asked.id,
        service: service(),
        family: Some(family),
    });
    bench.writer().login(login).await.unwrap();
    (handle, id)
}

pub(super) async fn what_was_given_out_ends_with_the_adults_word(bench: &Bench) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    say_yes(bench, &asked).await;
    let (handle, _) = told(bench, &asked).await;
    let found = bench
        .store
        .find_grant(&handle, bench.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.level_ends, Some(bench.now() + LASTS));
    let uses = bench.store.approval_uses(asked.id).await.unwrap();
    assert_eq!(uses.len(), 2, "what outlives the session too: {uses:?}");
    let again = ApprovalUse { ..uses[0].clone() };
    bench.store.note_approval_use(&again, bench.now()).await.unwrap();
    let later = bench.now() + LASTS;
    assert!(
        bench.store.find_grant(&handle, later).await.unwrap().is_none(),
        "two hours"
    );
    let back = event(bench, VouchAct::Revoked, asked.id);
    let store = &bench.store;
    assert!(
        store
            .end_approval(asked.id, EndedWhy::Revoked, &back)
            .await
            .unwrap()
    );
    assert!(
        !store
            .end_approval(asked.id, EndedWhy::Revoked, &back)
            .await
            .unwrap()
    );
    assert!(
        store.find_grant(&handle, bench.now()).await.unwrap().is_none(),
        "taken back"
    );
    assert_eq!(counts(bench, 9).await, 0);
    let untold = store.untold_approvals(bench.now()).await.unwrap();
    assert_eq!(untold.len(), 1);
    assert!(store.take_telling(asked.id, bench.now()).await.unwrap());
    assert!(
        !store.take_telling(asked.id, bench.now()).await.unwrap(),
        "one tells"
    );
    assert_eq!(store.untold_approvals(bench.now()).await.unwrap(), []);
}

pub(super) async fn a_word_that_was_taken_back_finishes_no_login(bench: &Bench) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    say_yes(bench, &asked).await;
    let back = event(bench, VouchAct::Revoked, asked.id);
    bench
        .store
        .end_approval(asked.id, EndedWhy::Revoked, &back)
        .await
        .unwrap();
    let (token, own) = session(bench, 9);
    let id = own.id;
    let mut login = bench.login(
        RestsOn::New(token, Box::new(own)),
        part(bench, "aula", "_0"),
        None,
    );
    login.vouched = Some(ApprovalUse {
        approval: asked.id,
        service: service(),
        family: None,
    });
    let refused = bench.writer().login(login).await;
    assert!(matches!(refused, Err(WriteFailed::SessionOver)), "{refused:?}");
    assert_eq!(bench.store.session_by_id(id, bench.now()).await.unwrap(), None);
}

pub(super) async fn a_changed_secret_ends_what_was_asked_given_and_said(bench: &Bench) {
    a_school(bench).await;
    // Of the pupil: a question, and a level.
    let first = ask(bench, 1, 9).await;
    say_yes(bench, &first).await;
    ask(bench, 2, 10).await;
    let change = |number: u128| {
        let event = super::audit::event(bench);
        let new = secret(9, bench.now());
        async move {
            bench
                .store
                .hand_out_secret(account(number), &new, 5, &event)
                .await
        }
    };
    change(PUPIL).await.unwrap();
    assert_eq!(counts(bench, 9).await, 0);
    assert_eq!(
        bench
            .store
            .waiting_approvals_of(account(PUPIL), bench.now())
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        bench.store.untold_approvals(bench.now()).await.unwrap(),
        [],
        "the end of the sessions tells"
    );
    // Of the adult: what was given to others.
    bench.clock.advance(SECOND);
    let third = ask(bench, 3, 11).await;
    say_yes(bench, &third).await;
    change(TEACHER).await.unwrap();
    assert_eq!(counts(bench, 11).await, 0);
    let untold = bench.store.untold_approvals(bench.now()).await.unwrap();
    assert_eq!(untold.len(), 1);
    assert_eq!(
        untold[0].state(bench.now()),
        ApprovalState::Ended(EndedWhy::Account)
    );
    assert!(acts(bench).await.contains(&"stepup.ended".to_owned()));
}

/// How an adult stops being the pupil's: what ends it, and what mends it. The teacher is `…65` as an account and
/// `…c9` as an affiliation, the pupil `…66` and `…ca`.
const ENDS_OF_A_RELATION: [(&str, &str, &str); 12] = [
    (
        "a blocked adult",
        "UPDATE accounts SET blocked = TRUE WHERE id LIKE '%-000000000065'",
        "UPDATE accounts SET blocked = FALSE WHERE id LIKE '%-000000000065'",
    ),
    (
        "an adult whose account is closed",
        "UPDATE accounts SET closed_at = 1 WHERE id LIKE '%-000000000065'",
        "UPDATE accounts SET closed_at = NULL WHERE id LIKE '%-000000000065'",
    ),
    (
        "an adult who has left",
        "UPDATE actors SET active_until = 1 WHERE id LIKE '%-0000000000c9'",
        "UPDATE actors SET active_until = NULL WHERE id LIKE '%-0000000000c9'",
    ),
    (
        "an adult who is no teacher any more",
        "UPDATE actors SET roles = 'Pædagog' WHERE id LIKE '%-0000000000c9'",
        "UPDATE actors SET roles = 'Lærer' WHERE id LIKE '%-0000000000c9'",
    ),
    (
        "a class that is gone",
        "UPDATE school_groups SET gone_at = 1",
        "UPDATE school_groups SET gone_at = NULL",
    ),
    (
        "a group that is no class",
        "UPDATE school_groups SET kind = 'Team'",
        "UPDATE school_groups SET kind = 'Hovedgruppe'",
    ),
    (
        "a blocked pupil",
        "UPDATE accounts SET blocked = TRUE WHERE id LIKE '%-000000000066'",
        "UPDATE accounts SET blocked = FALSE WHERE id LIKE '%-000000000066'",
    ),
    (
        "a pupil whose account is closed",
        "UPDATE accounts SET closed_at = 1 WHERE id LIKE '%-000000000066'",
        "UPDATE accounts SET closed_at = NULL WHERE id LIKE '%-000000000066'",
    ),
    (
        "a pupil who has left",
        "UPDATE actors SET active_until = 1 WHERE id LIKE '%-0000000000ca'",
        "UPDATE actors SET active_until = NULL WHERE id LIKE '%-0000000000ca'",
    ),
    (
        "a pupil who works somewhere",
        "INSERT INTO actors (id, account, actor_group, institution, roles)
         SELECT 'b1', account, 'Medarbejder', institution, '' FROM actors WHERE id LIKE '%-0000000000ca'",
        "DELETE FROM actors WHERE id = 'b1'",
    ),
    (
        "another owner's pupil",
        "INSERT INTO institutions (number, name) VALUES ('909909', 'Engskolen');
         INSERT INTO actors (id, account, actor_group, institution, roles)
         SELECT 'b2', account, 'Elev', '909909', '' FROM actors WHERE id LIKE '%-0000000000ca';
         UPDATE actors SET unconfirmed_since = 1 WHERE id LIKE '%-0000000000ca'",
        "UPDATE actors SET unconfirmed_since = NULL WHERE id LIKE '%-0000000000ca'",
    ),
    (
        "a guest",
        "UPDATE actors SET added_by = 'operator:drift' WHERE id LIKE '%-0000000000ca'",
        "UPDATE actors SET added_by = NULL WHERE id LIKE '%-0000000000ca'",
    ),
];

pub(super) async fn an_adult_who_is_not_the_pupils_any_more_is_found(bench: &Bench) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    say_yes(bench, &asked).await;
    let lost = async || {
        bench
            .store
            .approvals_without_relation(bench.now(), 10)
            .await
            .unwrap()
    };
    let helper = helper(TEACHER, Reach::OwnGroups);
    let helps = async || {
        let may = bench.store.may_help(&helper, account(PUPIL), bench.now()).await;
        may.unwrap()
    };
    for (what, ends, mends) in ENDS_OF_A_RELATION {
        assert!(lost().await.is_empty() && helps().await, "before: {what}");
        bench.tamper(ends).await;
        assert_eq!((lost().await.len(), helps().await), (1, false), "{what}");
        bench.tamper(mends).await;
    }
    let parent = ask(bench, 2, 10).await;
    let custody = Given {
        by: Adult::Parent {
            person: PersonId(Uuid::from_u128(TEACHER)),
            account: account(TEACHER),
        },
        ..given(bench)
    };
    let about = [(parent.id, parent.account)];
    let yes = bench
        .store
        .give_approvals(&about, &custody, None, |id| event(bench, VouchAct::Granted, id));
    assert_eq!(yes.await.unwrap().len(), 1);
    let lost = lost().await;
    assert_eq!(lost.len(), 1, "somebody without custody: {lost:?}");
    assert_eq!(lost[0].id, parent.id);
}

/// Either the login is refused, or whoever took the word back finds that it was told (I09).
pub(super) async fn a_word_that_is_taken_back_at_the_same_moment_finishes_no_login_that_nobody_hears_of(
    bench: &Bench,
) {
    a_school(bench).await;
    let writer = bench.writer();
    for number in 1..=PER_HOUR {
        let asked = ask(bench, number.into(), number.into()).await;
        say_yes(bench, &asked).await;
        let (token, own) = session(bench, u8::try_from(number).unwrap());
        let mut login = bench.login(
            RestsOn::New(token, Box::new(own)),
            part(bench, "aula", "_0"),
            None,
        );
        login.vouched = Some(ApprovalUse {
            approval: asked.id,
            service: service(),
            family: None,
        });
        let back = event(bench, VouchAct::Revoked, asked.id);
        let taking_back = async {
            let ended = bench.store.end_approval(asked.id, EndedWhy::Revoked, &back).await;
            assert!(ended.unwrap());
            bench.store.approval_uses(asked.id).await.unwrap()
        };
        let (finished, told) = tokio::join!(writer.login(login), taking_back);
        assert!(
            finished.is_err() || told.len() == 1,
            "{number}: {finished:?}, {told:?}"
        );
    }
}

/// An app that lies still until the question is forgotten finds its token dead all the same (I08).
pub(super) async fn what_was_given_out_on_an_adults_word_stays_dead_when_old_questions_are_forgotten(
    bench: &Bench,
) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    say_yes(bench, &asked).await;
    let store = &bench.store;
    let family = GrantFamily(Uuid::from_u128(70));
    told(bench, &asked).await;
    let lasting = || Handle::from_bytes(HandleKind::RefreshToken, &[8; 32]);
    let offline = Grant {
        family: family.beyond_session(),
        session: None,
        login: Some(OfflineLogin {
            account: account(PUPIL),
            upstream: UpstreamId::parse("lillekoebing").unwrap(),
        }),
        bound_to: "aula".to_owned(),
        payload: vec![1],
        issued_at: bench.now(),
        expires_at: bench.now() + SignedDuration::from_hours(30 * 24),
    };
    let offline = NewGrant {
        handle: lasting(),
        grant: offline,
    };
    bench.writer().issue(vec![offline]).await.unwrap();
    let found = async || store.find_grant(&lasting(), bench.now()).await.unwrap().is_some();
    assert!(found().await, "while the word counts");
    bench.clock.advance(LASTS);
    assert!(!found().await, "after two hours");
    bench.clock.advance(SignedDuration::from_hours(8 * 24));
    store.purge(&Retention::default(), bench.now()).await.unwrap();
    assert!(!found().await, "when the question would be forgotten");
}

pub(super) async fn a_logout_ends_what_was_asked_and_given(bench: &Bench) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    say_yes(bench, &asked).await;
    let (handle, session) = told(bench, &asked).await;
    let waits = ask(bench, 2, 9).await;
    let store = &bench.store;
    store.end_session(session, bench.now()).await.unwrap();
    assert_eq!(counts(bench, 9).await, 0);
    assert!(store.find_grant(&handle, bench.now()).await.unwrap().is_none());
    let at = store.waiting_approvals_at(&school().number, bench.now()).await;
    assert_eq!(at.unwrap(), []);
    let of = store.waiting_approvals_of(account(PUPIL), bench.now()).await;
    assert_eq!(of.unwrap(), []);
    assert_eq!(say_yes(bench, &waits).await, [], "nobody waits there any more");
}

/// Whoever changes a stolen password ends the thief's session, and then nothing is given by it (I09).
pub(super) async fn an_adult_who_is_logged_out_at_that_moment_says_yes_to_nobody(bench: &Bench) {
    a_school(bench).await;
    let asked = ask(bench, 1, 9).await;
    let (token, mut own) = session(bench, 20);
    own.account = account(TEACHER);
    let id = own.id;
    let login = bench.login(
        RestsOn::New(token, Box::new(own)),
        part(bench, "elevadgang", "_0"),
        None,
    );
    bench.writer().login(login).await.unwrap();
    let yes = async || {
        let about = [(asked.id, asked.account)];
        let given = given(bench);
        let granted = |id| event(bench, VouchAct::Granted, id);
        let done = bench.store.give_approvals(&about, &given, Some(id), granted);
        done.await.unwrap()
    };
    bench.store.end_session(id, bench.now()).await.unwrap();
    assert_eq!(yes().await, []);
    assert_eq!(bench.store.approval(asked.id).await.unwrap(), Some(asked.clone()));
}

pub(super) async fn questions_have_an_end_in_number_and_time(bench: &Bench) {
    a_school(bench).await;
    for number in 0..u128::from(PER_HOUR) {
        ask(bench, 100 + number, 9).await;
    }
    let again = asked(bench, 100, 9);
    let event_again = event(bench, VouchAct::Asked, again.id);
    let store = &bench.store;
    assert_eq!(
        store.ask_approval(&again, &event_again).await.unwrap(),
        Asking::Asked,
        "the same"
    );
    let more = asked(bench, 999, 9);
    let event_more = event(bench, VouchAct::Asked, more.id);
    assert_eq!(
        store.ask_approval(&more, &event_more).await.unwrap(),
        Asking::TooMany
    );
    assert_eq!(store.approval(more.id).await.unwrap(), None);
    bench.clock.advance(WAITS);
    assert_eq!(say_yes(bench, &again).await, [], "too late");
    assert_eq!(
        store
            .waiting_approvals_at(&school().number, bench.now())
            .await
            .unwrap(),
        []
    );
    let late = event(bench, VouchAct::Cancelled, again.id);
    assert!(
        !store
            .end_approval(again.id, EndedWhy::Cancelled, &late)
            .await
            .unwrap()
    );
    bench.clock.advance(SignedDuration::from_hours(8 * 24));
    let purged = store.purge(&Retention::default(), bench.now()).await.unwrap();
    assert_eq!(purged.help, u64::from(PER_HOUR));
}

fn by(bench: &Bench, secret: u8, session: u128) -> AskedBy {
    let handle = Handle::from_bytes(HandleKind::BackchannelRequest, &[secret; 32]);
    AskedBy {
        handle: NewGrant {
            handle,
            grant: Grant {
                family: GrantFamily(bench.ambient.uuid()),
                session: Some(SessionId(Uuid::from_u128(session))),
                login: None,
                bound_to: "aula".to_owned(),
                payload: vec![1],
                issued_at: bench.now(),
                expires_at: bench.now() + WAITS,
            },
        },
        ping: Some(vec![secret]),
        per_hour: 2,
    }
}

/// A question that a service puts is there with what it is asked by, or not at all.
pub(super) async fn a_service_has_its_question_and_its_handle_or_neither(bench: &Bench) {
    a_school(bench).await;
    let (token, mut own) = session(bench, 9);
    (own.account, own.person) = (account(PUPIL), PersonId(Uuid::from_u128(PUPIL)));
    let begun = RestsOn::New(token, Box::new(own));
    bench.finish(begun, part(bench, "aula", "_0"), None).await;
    let ask = async |number: u8, text: &str| {
        let mut asked = asked(bench, number.into(), 9);
        asked.sign = Sign::Message(text.to_owned());
        let event = event(bench, VouchAct::Asked, asked.id);
        let by = by(bench, number, 9);
        let asking = bench.store.ask_approval_by(&asked, &event, &by).await.unwrap();
        let handle = Handle::from_bytes(HandleKind::BackchannelRequest, &[number; 32]);
        let found = bench.store.find_grant(&handle, bench.now()).await.unwrap();
        let kept = bench.store.approval(asked.id).await.unwrap();
        assert_eq!((found.is_some(), kept.is_some()), {
            let is_there = asking == Asking::Asked;
            (is_there, is_there)
        });
        asking
    };
    assert_eq!(ask(1, "AB 12").await, Asking::Asked);
    assert_eq!(ask(2, "a-b  l2").await, Asking::SameSign);
    assert_eq!(ask(3, "AB 13").await, Asking::Asked);
    assert_eq!(ask(4, "AB 14").await, Asking::TooMany, "of this service");
    bench.clock.advance(WAITS);
    let mut told = bench.store.take_pings(bench.now()).await.unwrap();
    told.sort_unstable();
    assert_eq!(told, [vec![1], vec![3]]);
    let none: [Vec<u8>; 0] = [];
    assert_eq!(bench.store.take_pings(bench.now()).await.unwrap(), none, "once");
}

/// Of many who would show the same at one school at the same moment, one does.
pub(super) async fn nobody_shows_what_another_at_the_school_shows(bench: &Bench) {
    a_school(bench).await;
    let pupils = [PUPIL, OTHERS_PUPIL, TEACHING_PUPIL];
    for sign in [
        Sign::Picture(ConfirmPicture::numbered(7).unwrap()),
        Sign::Message("AB 12".to_owned()),
    ] {
        let tries = pupils.map(|pupil| {
            let mut asked = asked(bench, bench.ambient.uuid().as_u128(), 9);
            (asked.person, asked.account) = (PersonId(Uuid::from_u128(pupil)), account(pupil));
            asked.sign = sign.clone();
            let (store, event) = (bench.store.clone(), event(bench, VouchAct::Asked, asked.id));
            tokio::spawn(async move { store.ask_approval(&asked, &event).await.unwrap() })
        });
        let mut shown = 0;
        for one in tries {
            shown += usize::from(one.await.unwrap() == Asking::Asked);
        }
        assert_eq!(shown, 1, "{sign:?}");
    }
}

/// One row that cannot be read keeps no other from its end.
pub(super) async fn a_row_that_cannot_be_read_keeps_no_other_from_its_end(bench: &Bench) {
    a_school(bench).await;
    for number in 1..=3 {
        let asked = ask(bench, number, number).await;
        say_yes(bench, &asked).await;
        if number != 2 {
            let back = event(bench, VouchAct::Revoked, asked.id);
            let ended = bench.store.end_approval(asked.id, EndedWhy::Revoked, &back).await;
            assert!(ended.unwrap());
        }
    }
    bench
        .tamper("UPDATE approvals SET services = 'Ø?' WHERE id LIKE '%-000000000001'")
        .await;
    let untold = bench.store.untold_approvals(bench.now()).await.unwrap();
    let ids: Vec<_> = untold.iter().map(|one| one.id.0.as_u128()).collect();
    assert_eq!(ids, [3]);
    bench
        .tamper("UPDATE accounts SET blocked = TRUE WHERE id LIKE '%-000000000065'")
        .await;
    let lost = bench
        .store
        .approvals_without_relation(bench.now(), 10)
        .await
        .unwrap();
    assert_eq!(lost.len(), 1);
}

/// Logins that rest on an adult's word, and the change of the pupil's password, at the same moment: neither fails
/// for the other's sake.
pub(super) async fn a_changed_secret_and_logins_on_an_adults_word_wait_for_each_other(bench: &Bench) {
    a_school(bench).await;
    let writer = bench.writer();
    for round in 1..=12_u8 {
        let asked = ask(bench, round.into(), round.into()).await;
        say_yes(bench, &asked).await;
        let (token, mut own) = session(bench, round);
        (own.account, own.person) = (account(PUPIL), PersonId(Uuid::from_u128(PUPIL)));
        let id = own.id;
        let begun = RestsOn::New(token, Box::new(own));
        bench.finish(begun, part(bench, "aula", "_0"), None).await;
        bench.clock.advance(SECOND);
        let logins = (0..4).map(|number| {
            let mut login = bench.login(
                RestsOn::Earlier(id),
                part(bench, "aula", &format!("_{number}")),
                None,
            );
            login.vouched = Some(ApprovalUse {
                approval: asked.id,
                service: service(),
                family: None,
            });
            let writer = writer.clone();
            tokio::spawn(async move { writer.login(login).await })
        });
        let logins: Vec<_> = logins.collect();
        let (store, new) = (bench.store.clone(), secret(9, bench.now()));
        let change = super::audit::event(bench);
        let change =
            tokio::spawn(async move { store.hand_out_secret(account(PUPIL), &new, 5, &change).await });
        change.await.unwrap().unwrap();
        for login in logins {
            let login = login.await.unwrap();
            let is_fine = matches!(login, Ok(_) | Err(WriteFailed::SessionOver));
            assert!(is_fine, "{round}: {login:?}");
        }
        bench.clock.advance(SignedDuration::from_mins(61));
    }
}
