//! Secrets: what is known of them, how one takes the place of another, and rules for one pupil.

use jiff::{SignedDuration, Timestamp};
use portner::domain::account::{AccountId, SecretVersion};
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::password_rule::{PupilRule, RuleKey, SecretForm};
use portner::domain::support_case::{CaseId, SupportCase};
use portner::store::credentials::NewSecret;
use portner::store::pupil_rules::SetRule;
use portner::store::retention::Retention;
use portner::store::writer::{FinishedLogin, RestsOn, WriteFailed};
use uuid::Uuid;

use super::bench::{Bench, account, part, school};
use super::directory::some_hash;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A secret whose hash has this number.
pub(super) fn secret(number: u8, made_at: Timestamp) -> NewSecret {
    NewSecret {
        hash: some_hash(number),
        form: SecretForm::Text,
        made_under: None,
        made_at,
        one_time_until: None,
    }
}

async fn sofie(bench: &Bench) -> AccountId {
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    account(1, "sofi1234").id
}

/// The act of the event with this number, if it is in the audit trail.
async fn written(bench: &Bench, number: u128) -> Option<String> {
    let rows = bench.store.audit_after(0, 100).await.unwrap();
    let row = rows.into_iter().find(|row| row.id == Uuid::from_u128(number));
    row.map(|row| row.act)
}

fn event(bench: &Bench, number: u128) -> AuditEvent {
    AuditEvent {
        id: Uuid::from_u128(number),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: None,
        account: None,
        client_prefix: None,
        act: AuditAct::PasswordChanged { rule: "udskoling" },
    }
}

pub(super) async fn what_is_known_of_a_secret_is_kept_with_it(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    assert_eq!(store.secret_of(id).await.unwrap(), None);
    let code = NewSecret {
        form: SecretForm::Pictures,
        made_under: Some(RuleKey::Indskoling),
        one_time_until: Some(bench.now() + HOUR),
        ..secret(1, bench.now())
    };
    store.put_secret(id, &code).await.unwrap();
    let kept = store.secret_of(id).await.unwrap().unwrap();
    assert_eq!(kept.hash, some_hash(1));
    assert_eq!(kept.form, SecretForm::Pictures);
    assert_eq!(kept.made_under, Some(RuleKey::Indskoling));
    assert_eq!(kept.made_at, bench.now());
    assert!(kept.one_time);
    assert_eq!(kept.expires_at, Some(bench.now() + HOUR));
    assert_eq!((kept.told_at, kept.pupil_rule), (None, None));

    store.note_told(id, kept.version, bench.now()).await.unwrap();
    let told = store.secret_of(id).await.unwrap().unwrap();
    assert_eq!(told.told_at, Some(bench.now()));
    store.put_secret(id, &secret(2, bench.now())).await.unwrap();
    let next = store.secret_of(id).await.unwrap().unwrap();
    assert_eq!(
        (next.one_time, next.expires_at, next.told_at),
        (false, None, None)
    );
    assert_ne!(next.version, kept.version, "a proof by the other is none");
    store.note_told(id, kept.version, bench.now()).await.unwrap();
    let untold = store.secret_of(id).await.unwrap().unwrap();
    assert_eq!(untold.told_at, None, "that was said of another secret");
}

pub(super) async fn a_change_takes_the_place_of_one_secret_alone_and_ends_the_rest(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    store.put_secret(id, &secret(1, bench.now())).await.unwrap();
    let before = store.secret_of(id).await.unwrap().unwrap().version;
    let change = async |from, number: u8| {
        let secret = NewSecret {
            made_under: Some(RuleKey::Udskoling),
            ..secret(number, bench.now())
        };
        let event = event(bench, u128::from(number));
        store
            .change_secret(id, Some(from), &secret, 5, &event)
            .await
            .unwrap()
    };
    let strange = SecretVersion(before.0 + 7);
    assert_eq!(change(strange, 2).await, None);
    assert_eq!(store.password_hash_of(id).await.unwrap(), Some(some_hash(1)));
    assert!(written(bench, 2).await.is_none());

    let after = change(before, 3).await.unwrap();
    assert_ne!(after, before);
    assert_eq!(store.password_hash_of(id).await.unwrap(), Some(some_hash(3)));
    assert_eq!(store.former_hashes_of(id).await.unwrap(), [some_hash(1)]);
    assert_eq!(written(bench, 3).await.as_deref(), Some("password.changed"));
    assert_eq!(change(before, 4).await, None, "that one is gone");
}

pub(super) async fn a_login_by_a_secret_that_was_changed_meanwhile_is_none(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    store.put_secret(id, &secret(1, bench.now())).await.unwrap();
    let proved = store.secret_of(id).await.unwrap().unwrap().version;
    let writer = bench.writer();
    let login = |number, by_secret| {
        let (token, session) = super::sessions::session(bench, number);
        FinishedLogin {
            vouched: None,
            by_secret,
            ..bench.login(
                RestsOn::New(token, Box::new(session)),
                part(bench, "aula", "_0"),
                None,
            )
        }
    };
    writer.login(login(1, Some((id, proved)))).await.unwrap();
    let next = secret(2, bench.now());
    let changed = store
        .change_secret(id, Some(proved), &next, 5, &event(bench, 1))
        .await;
    let version = changed.unwrap().unwrap();
    let over = writer.login(login(2, Some((id, proved)))).await;
    assert!(matches!(over, Err(WriteFailed::SessionOver)), "{over:?}");
    let (token, _) = super::sessions::session(bench, 2);
    assert_eq!(store.session_by_token(&token, bench.now()).await.unwrap(), None);
    writer.login(login(3, Some((id, version)))).await.unwrap();
    let nobody = AccountId(Uuid::from_u128(99));
    assert!(writer.login(login(4, Some((nobody, version)))).await.is_err());
}

pub(super) async fn of_changes_at_the_same_time_one_is_made(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    store.put_secret(id, &secret(1, bench.now())).await.unwrap();
    let from = store.secret_of(id).await.unwrap().unwrap().version;
    let changes = (2..12_u8).map(|number| {
        let (store, event) = (store.clone(), event(bench, u128::from(number)));
        let secret = secret(number, bench.now());
        tokio::spawn(async move {
            store
                .change_secret(id, Some(from), &secret, 5, &event)
                .await
                .unwrap()
        })
    });
    let mut made = 0;
    for change in changes.collect::<Vec<_>>() {
        made += u32::from(change.await.unwrap().is_some());
    }
    assert_eq!(made, 1);
    assert_eq!(store.former_hashes_of(id).await.unwrap(), [some_hash(1)]);
}

pub(super) async fn the_first_secret_of_an_account_is_the_first(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    let first = async |number: u8| {
        let (secret, event) = (secret(number, bench.now()), event(bench, u128::from(number)));
        store.change_secret(id, None, &secret, 5, &event).await.unwrap()
    };
    assert!(first(1).await.is_some());
    assert_eq!(first(2).await, None, "it has one now");
    assert_eq!(store.password_hash_of(id).await.unwrap(), Some(some_hash(1)));
    assert!(written(bench, 2).await.is_none());
    assert!(store.former_hashes_of(id).await.unwrap().is_empty());
}

pub(super) async fn the_last_hashes_are_remembered_and_no_more(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    let hand_out = async |number: u8| {
        let code = NewSecret {
            one_time_until: Some(bench.now() + HOUR),
            ..secret(number, bench.now())
        };
        let event = event(bench, 100 + u128::from(number));
        store.hand_out_secret(id, &code, 3, &event).await.unwrap();
    };
    hand_out(1).await;
    assert!(store.secret_of(id).await.unwrap().unwrap().one_time);
    for number in 2..8 {
        let from = store.secret_of(id).await.unwrap().unwrap().version;
        let event = event(bench, u128::from(number));
        let made = store
            .change_secret(id, Some(from), &secret(number, bench.now()), 3, &event)
            .await;
        assert!(made.unwrap().is_some());
    }
    let last = [6, 5, 4].map(some_hash);
    assert_eq!(store.former_hashes_of(id).await.unwrap(), last);
    hand_out(9).await;
    assert_eq!(
        store.former_hashes_of(id).await.unwrap(),
        [7, 6, 5].map(some_hash)
    );
    hand_out(10).await;
    let still = store.former_hashes_of(id).await.unwrap();
    assert_eq!(
        still,
        [7, 6, 5].map(some_hash),
        "a code is nobody's former password"
    );
}

pub(super) async fn a_rule_for_one_pupil_is_set_and_lifted(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    store.put_secret(id, &secret(1, bench.now())).await.unwrap();
    assert_eq!(store.pupil_rule_of(id).await.unwrap(), None);
    let mut set = SetRule {
        account: id,
        rule: RuleKey::Indskoling,
        by: "bente".to_owned(),
        reason: "kan ikke læse endnu".to_owned(),
        at: bench.now(),
    };
    store.set_pupil_rule(&set, &event(bench, 1)).await.unwrap();
    assert_eq!(store.pupil_rule_of(id).await.unwrap().as_ref(), Some(&set));
    set.rule = RuleKey::Mellemtrin;
    store.set_pupil_rule(&set, &event(bench, 2)).await.unwrap();
    let seen = store.secret_of(id).await.unwrap().unwrap().pupil_rule;
    let expected = PupilRule {
        key: RuleKey::Mellemtrin,
        since: bench.now(),
    };
    assert_eq!(seen, Some(expected));
    assert!(store.lift_pupil_rule(id, &event(bench, 3)).await.unwrap());
    assert!(!store.lift_pupil_rule(id, &event(bench, 4)).await.unwrap());
    assert_eq!(
        store.audit_head().await.unwrap().sequence,
        3,
        "what did nothing left nothing"
    );
    assert_eq!(store.secret_of(id).await.unwrap().unwrap().pupil_rule, None);
}

pub(super) async fn a_support_case_ends_in_one_code(bench: &Bench) {
    let (id, store) = (sofie(bench).await, &bench.store);
    store.put_secret(id, &secret(1, bench.now())).await.unwrap();
    let case = SupportCase {
        id: CaseId(Uuid::from_u128(70)),
        account: id,
        institution: school().number,
        opened_by: "Anna".to_owned(),
        opened_at: bench.now(),
        issued: None,
    };
    assert_eq!(store.support_case(case.id).await.unwrap(), None);
    store.open_support_case(&case, &event(bench, 71)).await.unwrap();
    assert_eq!(store.support_case(case.id).await.unwrap().as_ref(), Some(&case));
    let code = NewSecret {
        one_time_until: Some(bench.now() + HOUR),
        ..secret(2, bench.now())
    };
    let issues = (0..8_u8).map(|number| {
        let (store, case, code) = (store.clone(), case.clone(), code.clone());
        let (event, now) = (event(bench, 80 + u128::from(number)), bench.now());
        tokio::spawn(async move {
            let by = format!("Bo {number}");
            let issued = store.issue_for_support_case(&case, (&by, now), &code, 5, &event);
            issued.await.unwrap()
        })
    });
    let mut made = 0;
    for issue in issues.collect::<Vec<_>>() {
        made += u32::from(issue.await.unwrap());
    }
    assert_eq!(made, 1);
    let kept = store.secret_of(id).await.unwrap().unwrap();
    assert!(kept.one_time && kept.hash == some_hash(2));
    assert_eq!(store.former_hashes_of(id).await.unwrap(), [some_hash(1)]);
    let ended = store.support_case(case.id).await.unwrap().unwrap();
    assert!(ended.issued.is_some_and(|(by, _)| by.starts_with("Bo ")));
    bench.clock.advance(HOUR * 24 * 31);
    let purged = store.purge(&Retention::default(), bench.now()).await.unwrap();
    assert_eq!(purged.support, 1);
    assert_eq!(store.support_case(case.id).await.unwrap(), None);
}
