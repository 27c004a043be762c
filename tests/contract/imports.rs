//! What imports write and read: all of it or nothing, people who leave and come back, names that
//! are given once, and finding people among many.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use portner::domain::account::{Account, AccountId, PersonId, UniId};
use portner::domain::actor::{ActorGroup, ActorId};
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::civil_number::{CivilNumber, CivilNumberKind};
use portner::domain::contact::{Contact, Relation};
use portner::domain::cpr::{Cpr, CprIndex};
use portner::domain::group::{GroupId, GroupKind};
use portner::domain::history::{Change, HistoryEntry};
use portner::domain::import::{
    Asked, Counts, DeliveryKind, ImportFinding, ImportId, ImportRecord, ImportState, SourceName, Way,
};
use portner::domain::institution::InstitutionNumber;
use portner::domain::login_name::BareName;
use portner::domain::role::Role;
use portner::domain::search_word::wanted;
use portner::domain::stage::Level;
use portner::keys::vault::CprVault;
use portner::store::changes::{ActorRow, Applying, Changes, GroupRow, Named, NewPerson, Written};
use portner::store::present::Present;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::bench::{Bench, account, at, school};

const PUPIL: ActorId = ActorId(Uuid::from_u128(1001));
const MOTHER: ActorId = ActorId(Uuid::from_u128(1002));
const CLASS: GroupId = GroupId(Uuid::from_u128(2001));

fn vault() -> CprVault {
    CprVault::new(&Zeroizing::new([1; 32]), &Zeroizing::new([2; 32])).unwrap()
}

fn source() -> SourceName {
    SourceName::parse("TABULEX").unwrap()
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn cpr() -> Cpr {
    Cpr::parse("0102154567").unwrap()
}

pub(super) fn record(bench: &Bench, state: ImportState) -> ImportRecord {
    ImportRecord {
        id: ImportId(bench.ambient.uuid()),
        institution: school().number,
        source: source(),
        kind: DeliveryKind::Full,
        sent_at: bench.now(),
        received_at: bench.now(),
        delivered_by: "ada".to_owned(),
        way: Way::Command,
        digest: [7; 32],
        state,
        counts: Counts {
            added: 2,
            ..Counts::default()
        },
        reasons: Vec::new(),
        asked: Asked {
            takes_over: Some(SourceName::parse("GAMMEL").unwrap()),
            reidentifies: Some("E1".to_owned()),
            moves_in: true,
        },
        decided_at: None,
        decided_by: None,
    }
}

pub(super) fn event(bench: &Bench, record: &ImportRecord) -> AuditEvent {
    AuditEvent {
        id: bench.ambient.uuid(),
        at: bench.now(),
        transaction: None,
        service: None,
        upstream: None,
        person: None,
        account: None,
        client_prefix: None,
        act: AuditAct::Import {
            import: record.id,
            state: record.state,
            institution: record.institution.clone(),
            source: record.source.clone(),
            counts: record.counts,
        },
    }
}

/// A pupil of 3.A with a CPR number, and the pupil's mother with a replacement number.
#[expect(clippy::too_many_lines, reason = "two people with all that they can have")]
fn two_people(bench: &Bench) -> Changes {
    let CivilNumber::Replacement(replacement) =
        CivilNumber::parse("6102804567", CivilNumberKind::Replacement).unwrap()
    else {
        panic!("a replacement number")
    };
    let entropy = bench.ambient.entropy();
    let (vault, pupil, mother) = (vault(), person(1), person(2));
    let named = |person, given: &str| Named {
        by_source: true,
        person,
        given_name: given.to_owned(),
        family_name: "Lund-Nielsen".to_owned(),
        protected: false,
    };
    let held = |number, person, name, tied| Account {
        person,
        cpr_identified: tied,
        ..account(number, name)
    };
    let actor = |id, account, group| ActorRow {
        id,
        account: AccountId(Uuid::from_u128(account)),
        group,
        local_id: None,
        contact_id: None,
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        unconfirmed: false,
    };
    Changes {
        people: vec![
            NewPerson {
                named: named(pupil, "Sofie"),
                birth_date: Some("2015-02-01".parse().unwrap()),
                number_kind: Some(CivilNumberKind::Verified),
            },
            NewPerson {
                named: named(mother, "Åse"),
                birth_date: None,
                number_kind: Some(CivilNumberKind::Replacement),
            },
        ],
        cprs: vec![(
            pupil,
            vault.seal(&cpr(), pupil, entropy).unwrap(),
            vault.index(&cpr()),
        )],
        replacements: vec![(
            mother,
            vault.seal_replacement(&replacement, mother, entropy).unwrap(),
        )],
        accounts: vec![
            held(1, pupil, "sofi1234", true),
            held(2, mother, "aase1234", false),
        ],
        actors: vec![
            ActorRow {
                local_id: Some("E1".to_owned()),
                roles: BTreeSet::from([Role::Elev]),
                level: Level::parse("3"),
                stage_since: Some(bench.now()),
                unconfirmed: false,
                ..actor(PUPIL, 101, ActorGroup::Elev)
            },
            ActorRow {
                contact_id: Some("K1".to_owned()),
                ..actor(MOTHER, 102, ActorGroup::Kontaktperson)
            },
        ],
        groups: vec![GroupRow {
            id: CLASS,
            local_id: "3A".to_owned(),
            name: "3.A".to_owned(),
            kind: GroupKind::Hovedgruppe,
            level: Level::parse("3"),
            line: None,
            from: Some(at("2025-07-31T22:00:00Z")),
            until: None,
        }],
        joined: vec![(PUPIL, CLASS)],
        contacts: vec![Contact {
            pupil: PUPIL,
            adult: MOTHER,
            relation: Relation::Mor,
            custody: true,
        }],
        found_anew: vec![PUPIL, MOTHER],
        history: vec![HistoryEntry {
            id: bench.ambient.uuid(),
            person: pupil,
            actor: Some(PUPIL),
            institution: Some(school().number),
            source: Some(source()),
            import: None,
            at: bench.now(),
            what: Change::Added,
            detail: "Elev".to_owned(),
        }],
        ..Changes::default()
    }
}

async fn apply(bench: &Bench, version: i64, changes: &Changes) -> (ImportRecord, Written) {
    let record = record(bench, ImportState::Applied);
    let event = event(bench, &record);
    let import = Applying {
        record: &record,
        findings: &[],
        version,
        institution_name: Some("Lillekøbing Skole"),
        takes_over: None,
        changes,
        event: &event,
        also: None,
    };
    let written = bench.store.apply_import(&import).await.unwrap();
    (record, written)
}

async fn present(bench: &Bench) -> Present {
    bench
        .store
        .present(&school().number, &source(), bench.now())
        .await
        .unwrap()
}

pub(super) async fn an_import_is_written_whole_and_read_back(bench: &Bench) {
    assert_eq!(present(bench).await, Present::default());
    let (record, written) = apply(bench, 0, &two_people(bench)).await;
    assert_eq!(written, Written::Whole);
    let kept = present(bench).await;
    assert_eq!(kept.version, 1);
    assert_eq!(kept.institution.unwrap().name, "Lillekøbing Skole");
    assert_eq!(kept.last.unwrap().import, record.id);
    let [pupil, mother] = kept.actors.as_slice() else {
        panic!("{:?}", kept.actors)
    };
    assert_eq!((pupil.id, pupil.local_id.as_deref()), (PUPIL, Some("E1")));
    assert_eq!(pupil.person.cpr, Some(vault().index(&cpr())));
    assert_eq!(pupil.person.birth_date, Some("2015-02-01".parse().unwrap()));
    assert_eq!(pupil.memberships, BTreeSet::from([CLASS]));
    assert_eq!(pupil.stage_since, Some(bench.now()));
    assert!(pupil.person.here.named);
    assert_eq!(mother.contact_id.as_deref(), Some("K1"));
    assert!(mother.person.replacement.is_some() && mother.person.cpr.is_none());
    assert_eq!(kept.groups[0].from, Some(at("2025-07-31T22:00:00Z")));
    assert_eq!(kept.contacts[0].relation, Relation::Mor);
    assert!(kept.contacts[0].custody);

    let last = bench
        .store
        .last_import(&school().number, &source())
        .await
        .unwrap();
    assert_eq!(last.unwrap().sent_at, record.sent_at);
    let told = bench.store.history_of(person(1), 10).await.unwrap();
    assert_eq!((told.len(), told[0].what), (1, Change::Added));
    assert_eq!(bench.store.purge_history(bench.now()).await.unwrap(), 0);
    let later = bench.now() + SignedDuration::from_secs(1);
    assert_eq!(bench.store.purge_history(later).await.unwrap(), 1);
}

pub(super) async fn of_two_imports_from_one_state_the_second_finds_out(bench: &Bench) {
    let changes = two_people(bench);
    assert_eq!(apply(bench, 0, &changes).await.1, Written::Whole);
    let nothing = Changes::default();
    assert_eq!(apply(bench, 0, &nothing).await.1, Written::Outdated);
    let both = tokio::join!(apply(bench, 1, &nothing), apply(bench, 1, &nothing));
    let written = BTreeSet::from([both.0.1 == Written::Whole, both.1.1 == Written::Whole]);
    assert_eq!(written, BTreeSet::from([false, true]));
    assert_eq!(present(bench).await.version, 2);
}

pub(super) async fn an_import_that_cannot_be_written_leaves_nothing(bench: &Bench) {
    bench.put_sofie(vec![(account(9, "aase1234"), Vec::new())]).await;
    let mut changes = two_people(bench);
    changes.people.remove(0);
    let record = record(bench, ImportState::Applied);
    let event = event(bench, &record);
    let import = Applying {
        record: &record,
        findings: &[],
        version: 0,
        institution_name: None,
        takes_over: None,
        changes: &changes,
        event: &event,
        also: None,
    };
    let failed = bench.store.apply_import(&import).await.unwrap_err();
    assert!(
        failed.is_conflict(),
        "the user name is somebody else's: {failed:?}"
    );
    let kept = present(bench).await;
    assert_eq!((kept.version, kept.actors.len(), kept.last), (0, 0, None));
    assert_eq!(bench.store.import_by_id(record.id).await.unwrap(), None);
}

pub(super) async fn people_are_found_by_their_number_alone(bench: &Bench) {
    apply(bench, 0, &two_people(bench)).await;
    let index = vault().index(&cpr());
    let many: Vec<CprIndex> = (0..100).map(|n| CprIndex([n; 32])).chain([index]).collect();
    let elsewhere = SourceName::parse("ANDEN").unwrap();
    let number = InstitutionNumber::parse("101002").unwrap();
    let found = bench
        .store
        .people_by_cpr(&many, (&number, &elsewhere), bench.now())
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let known = &found[&index];
    assert_eq!(known.person.id, person(1));
    assert_eq!(known.account, Some(AccountId(Uuid::from_u128(101))));
    assert!(
        !known.person.here.named,
        "another source says what they are called"
    );

    let gone = Changes {
        gone: vec![PUPIL],
        ..Changes::default()
    };
    apply(bench, 1, &gone).await;
    let found = bench
        .store
        .people_by_cpr(&many, (&number, &elsewhere), bench.now())
        .await
        .unwrap();
    assert!(found[&index].person.here.named, "nobody else does any more");
}

pub(super) async fn who_leaves_loses_access_at_once_and_comes_back_whole(bench: &Bench) {
    apply(bench, 0, &two_people(bench)).await;
    let pupil = AccountId(Uuid::from_u128(101));
    let active = async || {
        let record = bench
            .store
            .record_of_account(pupil, bench.now())
            .await
            .unwrap()
            .unwrap();
        record.account(pupil).unwrap().actors.len()
    };
    assert_eq!(active().await, 1);
    let gone = Changes {
        gone: vec![PUPIL],
        ..Changes::default()
    };
    apply(bench, 1, &gone).await;
    assert_eq!(active().await, 0);
    let kept = present(bench).await;
    assert_eq!(kept.actors[0].gone_at, Some(bench.now()));
    assert_eq!(
        kept.actors[0].memberships,
        BTreeSet::from([CLASS]),
        "what belongs to it stays"
    );

    bench.clock.advance(SignedDuration::from_hours(24 * 30));
    let mut back = Changes::default();
    back.actors.push(two_people(bench).actors.swap_remove(0));
    apply(bench, 2, &back).await;
    assert_eq!(active().await, 1);
    let grace = bench.now() + SignedDuration::from_hours(1);
    let forgotten = bench.store.forget_leavers(grace, &bench.ambient).await.unwrap();
    assert_eq!(forgotten.accounts, 0, "nobody is closed any more");
}

pub(super) async fn who_is_gone_for_long_is_forgotten_but_never_their_names(bench: &Bench) {
    apply(bench, 0, &two_people(bench)).await;
    let names = [
        BareName::parse("sofi1234").unwrap(),
        BareName::parse("fri0000").unwrap(),
    ];
    let ids = [
        UniId::parse("sofi1234").unwrap(),
        UniId::parse("fri0000").unwrap(),
    ];
    let taken = async || {
        let names = bench.store.taken_user_names(&names).await.unwrap();
        (names.len(), bench.store.taken_uni_ids(&ids).await.unwrap().len())
    };
    assert_eq!(taken().await, (1, 1));
    let gone = Changes {
        gone: vec![PUPIL],
        ..Changes::default()
    };
    apply(bench, 1, &gone).await;
    let left_at = bench.now();
    let none = bench.store.forget_leavers(left_at, &bench.ambient).await.unwrap();
    assert_eq!(none.accounts, 0, "the grace is not over");
    let later = left_at + SignedDuration::from_secs(1);
    let forgotten = bench.store.forget_leavers(later, &bench.ambient).await.unwrap();
    assert_eq!((forgotten.accounts, forgotten.people), (1, 1));
    assert_eq!(bench.store.sealed_cpr_of(person(1)).await.unwrap(), None);
    assert_eq!(bench.store.account_by_user_name(&names[0]).await.unwrap(), None);
    assert_eq!(taken().await, (1, 1), "a name is given once");
    let told = bench.store.history_of(person(1), 10).await.unwrap();
    assert!(told.iter().any(|entry| entry.what == Change::Purged));
    assert_eq!(present(bench).await.actors.len(), 1, "the mother is still there");
}

async fn a_file_waits_for_as_long_as_its_import(bench: &Bench, held: &ImportRecord) {
    let store = &bench.store;
    let now = bench.ambient.now();
    let keep =
        async |digest: &[u8; 32], sealed: &[u8]| store.keep_held_file(digest, sealed, now).await.unwrap();
    let kept = async |digest: &[u8; 32]| store.held_file(digest).await.unwrap();
    for sealed in [b"et", b"to"] {
        keep(&held.digest, sealed).await;
        assert_eq!(kept(&held.digest).await.as_deref(), Some(&sealed[..]));
    }
    assert_eq!(store.forget_held_files(now).await.unwrap(), 0);
    let mut others = [record(bench, ImportState::Held), record(bench, ImportState::Held)];
    // Two schools of one file, each of which decides for itself.
    for other in &mut others {
        other.digest = [77; 32];
    }
    let digest = [77; 32];
    keep(&digest, b"x").await;
    assert_eq!(kept(&digest).await, None, "there is no such import");
    for other in &others {
        let noted = store.note_import(other, &[], &event(bench, other)).await;
        assert!(noted.unwrap());
    }
    keep(&digest, b"x").await;
    let discard = async |import: &ImportRecord| {
        let event = event(bench, import);
        store
            .discard_import(import.id, "account:x", &event)
            .await
            .unwrap()
    };
    let [first, second] = &others;
    assert!(discard(first).await);
    assert!(!discard(first).await, "somebody has decided of it");
    assert_eq!(
        kept(&digest).await.as_deref(),
        Some(&b"x"[..]),
        "the other one waits"
    );
    assert!(discard(second).await);
    assert_eq!(kept(&digest).await, None);
    let known = store.import_by_id(first.id).await.unwrap().unwrap();
    assert_eq!(
        (known.state, known.decided_by.as_deref()),
        (ImportState::Discarded, Some("account:x"))
    );
    keep(&digest, b"x").await;
    assert_eq!(kept(&digest).await, None, "it waits for nobody");
    assert_eq!(kept(&held.digest).await.as_deref(), Some(&b"to"[..]));
    let later = now.checked_add(SignedDuration::from_secs(1)).unwrap();
    assert_eq!(store.forget_held_files(later).await.unwrap(), 1);
    bench.clock.advance(SignedDuration::from_secs(1));
}

pub(super) async fn deliveries_are_remembered_with_what_was_wrong(bench: &Bench) {
    let held = record(bench, ImportState::Held);
    let finding = ImportFinding {
        file: Some("users.csv".to_owned()),
        line: Some(12),
        subject: Some("E1".to_owned()),
        code: "number-contradicts".to_owned(),
        values: Some([("group".to_owned(), "2.B".to_owned())].into()),
        what: "Ikke forventet CPR til localPersonID".to_owned(),
        remedy: "Ret".to_owned(),
        refused: true,
    };
    let many: Vec<_> = std::iter::repeat_n(finding, 70).collect();
    bench
        .store
        .note_import(&held, &many, &event(bench, &held))
        .await
        .unwrap();
    assert_eq!(
        bench.store.import_by_id(held.id).await.unwrap(),
        Some(held.clone())
    );
    assert_eq!(bench.store.import_findings(held.id).await.unwrap(), many);
    a_file_waits_for_as_long_as_its_import(bench, &held).await;
    // What was decided of it stays, whoever comes a moment later.
    let mut refused = held.clone();
    refused.state = ImportState::Refused;
    assert!(
        bench
            .store
            .note_import(&refused, &[], &event(bench, &refused))
            .await
            .unwrap()
    );
    let again = bench.store.note_import(&held, &many, &event(bench, &held)).await;
    assert!(!again.unwrap(), "it is not held any more");
    assert_eq!(
        bench.store.import_by_id(held.id).await.unwrap(),
        Some(refused.clone())
    );
    let late = Applying {
        record: &held,
        findings: &[],
        version: 0,
        institution_name: None,
        takes_over: None,
        changes: &Changes::default(),
        event: &event(bench, &held),
        also: None,
    };
    assert_eq!(bench.store.apply_import(&late).await.unwrap(), Written::Outdated);
    bench.clock.advance(SignedDuration::from_secs(1));
    let held = record(bench, ImportState::Held);
    assert!(
        bench
            .store
            .note_import(&held, &many, &event(bench, &held))
            .await
            .unwrap()
    );
    let (here, whose) = (school().number, source());
    let of_file = async |state| {
        let found = bench.store.import_of_file(&here, &whose, &[7; 32], state).await;
        found.unwrap().map(|record| record.id)
    };
    assert_eq!(of_file(ImportState::Held).await, Some(held.id));
    assert_eq!(of_file(ImportState::Applied).await, None);

    bench.clock.advance(SignedDuration::from_hours(1));
    let (applied, _) = apply(bench, 0, &Changes::default()).await;
    let listed = bench.store.imports(Some(&school().number), 10).await.unwrap();
    let others = listed.iter().filter(|one| one.state != ImportState::Discarded);
    let states: Vec<_> = others.map(|one| (one.id, one.state)).collect();
    assert_eq!(
        states,
        [
            (applied.id, ImportState::Applied),
            (held.id, ImportState::Overtaken),
            (refused.id, ImportState::Refused)
        ]
    );
    let other = InstitutionNumber::parse("999999").unwrap();
    assert_eq!(bench.store.imports(Some(&other), 10).await.unwrap(), []);
    assert_eq!(bench.store.imports(None, 1).await.unwrap().len(), 1);

    let purged = bench
        .store
        .purge_imports(bench.now() + SignedDuration::from_hours(1))
        .await;
    assert_eq!(purged.unwrap(), 4, "the latest of a source stays");
    assert_eq!(bench.store.import_findings(held.id).await.unwrap(), []);
}

pub(super) async fn people_are_found_by_beginnings_of_words_at_their_institution(bench: &Bench) {
    apply(bench, 0, &two_people(bench)).await;
    let found = async |text: &str| -> Vec<ActorId> {
        let found = bench
            .store
            .search_people((&school().number, None), &wanted(text), 10)
            .await
            .unwrap();
        found.into_iter().map(|one| one.actor).collect()
    };
    assert_eq!(found("sof").await, [PUPIL]);
    assert_eq!(found("ÅSE lund").await, [MOTHER]);
    assert_eq!(found("niel").await, [PUPIL, MOTHER]);
    assert_eq!(found("lund niel sofi1").await, [PUPIL]);
    assert_eq!(found("e1").await, [PUPIL]);
    assert_eq!(found("sof åse").await, []);
    assert_eq!(found("ofie").await, []);
    assert_eq!(found("").await, []);
    let other = InstitutionNumber::parse("101002").unwrap();
    let elsewhere = bench
        .store
        .search_people((&other, None), &wanted("sof"), 10)
        .await
        .unwrap();
    assert_eq!(elsewhere, []);
    // Of one source: those of another do not take its place among the first.
    let of = async |source: &str| {
        let source = SourceName::parse(source).unwrap();
        let of_source = (&school().number, Some(&source));
        let found = bench
            .store
            .search_people(of_source, &wanted("niel sofi1"), 1)
            .await;
        found.unwrap().len()
    };
    assert_eq!((of("TABULEX").await, of("IST").await), (1, 0));
    let (number, words) = (school().number, wanted("sofi"));
    let known = bench.store.search_people((&number, None), &words, 1);
    let uni_id = known.await.unwrap().remove(0).uni_id;
    let by_uni_id = async |at: &InstitutionNumber| {
        let found = bench.store.actors_by_uni_id(at, &uni_id).await.unwrap();
        found.into_iter().map(|one| one.actor).collect::<Vec<_>>()
    };
    assert_eq!(by_uni_id(&school().number).await, [PUPIL]);
    assert_eq!(by_uni_id(&other).await, []);
    assert_eq!(
        bench.store.index_unfound(10).await.unwrap(),
        0,
        "everybody is found"
    );
}

pub(super) async fn what_is_old_is_told_kept_and_ended(bench: &Bench) {
    let (record, _) = apply(bench, 0, &two_people(bench)).await;
    let sources = async || bench.store.import_sources().await.unwrap();
    let [state] = sources().await.try_into().unwrap();
    assert_eq!((state.import, state.warned_at), (record.id, None));
    let (here, whose) = (school().number, source());
    bench
        .store
        .note_source_warning(&here, &whose, bench.now())
        .await
        .unwrap();
    assert_eq!(sources().await[0].warned_at, Some(bench.now()));
    bench.clock.advance(SignedDuration::from_hours(1));
    assert!(bench.store.keep_source(&here, &whose, bench.now()).await.unwrap());
    assert_eq!(
        (sources().await[0].applied_at, sources().await[0].warned_at),
        (bench.now(), None)
    );
    let nobody = SourceName::parse("ANDEN").unwrap();
    assert!(
        !bench
            .store
            .keep_source(&here, &nobody, bench.now())
            .await
            .unwrap()
    );

    let written = ActorId(Uuid::from_u128(77));
    let entry = portner::store::people::ActorEntry {
        id: written,
        group: ActorGroup::Medarbejder,
        institution: here,
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        classes: Vec::new(),
        from: None,
        until: None,
    };
    let held = Account {
        person: person(1),
        ..account(5, "haandskrevet")
    };
    let by_hand = portner::store::people::PersonEntry {
        person: portner::domain::account::Person {
            id: person(1),
            given_name: "Sofie".to_owned(),
            family_name: "Lund".to_owned(),
            protected: false,
        },
        cpr: None,
        accounts: vec![(held.clone(), vec![entry])],
    };
    bench.store.put_person(&by_hand).await.unwrap();
    let later = bench.now() + SignedDuration::from_secs(1);
    assert_eq!(bench.store.manual_actors_before(later).await.unwrap(), []);
    assert_eq!(bench.store.begin_manual_actors(bench.now()).await.unwrap(), 1);
    assert_eq!(bench.store.begin_manual_actors(later).await.unwrap(), 0, "once");
    assert_eq!(
        bench.store.note_manual_warning(bench.now(), later).await.unwrap(),
        0
    );
    assert_eq!(bench.store.note_manual_warning(later, later).await.unwrap(), 1);
    let warned = bench.store.manual_actors_before(later).await.unwrap();
    assert_eq!((warned.len(), warned[0].warned_at), (1, Some(later)));
    let before = async |moment: Timestamp| bench.store.manual_actors_before(moment).await.unwrap();
    assert_eq!(before(bench.now()).await, []);
    let [old] = before(bench.now() + SignedDuration::from_secs(1))
        .await
        .try_into()
        .unwrap();
    assert_eq!(old.warned_at, Some(later));
    let mut outdated = old.clone();
    outdated.kept_at = at("2020-01-01T00:00:00Z");
    assert!(
        !bench
            .store
            .end_manual_actor(&outdated, &bench.ambient)
            .await
            .unwrap()
    );
    assert!(bench.store.end_manual_actor(&old, &bench.ambient).await.unwrap());
    let record = bench
        .store
        .record_of_account(held.id, bench.now())
        .await
        .unwrap()
        .unwrap();
    assert!(record.account(held.id).unwrap().actors.is_empty());
}

/// What an import of a school changes, planned from what is there.
async fn apply_at(bench: &Bench, number: &str, changes: &Changes) -> Written {
    let number = InstitutionNumber::parse(number).unwrap();
    let version = bench
        .store
        .present(&number, &source(), bench.now())
        .await
        .unwrap()
        .version;
    let record = ImportRecord {
        institution: number,
        ..record(bench, ImportState::Applied)
    };
    let event = event(bench, &record);
    let import = Applying {
        record: &record,
        findings: &[],
        version,
        institution_name: None,
        takes_over: None,
        changes,
        event: &event,
        also: None,
    };
    bench.store.apply_import(&import).await.unwrap()
}

/// The pupil's affiliation at the n-th of two schools.
fn of_pupil(number: u128) -> ActorRow {
    ActorRow {
        id: ActorId(Uuid::from_u128(3000 + number)),
        account: AccountId(Uuid::from_u128(101)),
        group: ActorGroup::Elev,
        local_id: Some("E7".to_owned()),
        contact_id: None,
        roles: BTreeSet::from([Role::Elev]),
        level: Level::parse("3"),
        stage_since: None,
        unconfirmed: false,
    }
}

pub(super) async fn of_two_schools_at_once_each_sees_what_the_other_did(bench: &Bench) {
    apply(bench, 0, &two_people(bench)).await;
    let schools = ["101002", "101003"];
    let begin = |n: u128| Changes {
        actors: vec![of_pupil(n)],
        ..Changes::default()
    };
    let end = |n: u128| Changes {
        gone: vec![of_pupil(n).id],
        ..Changes::default()
    };
    apply_at(bench, schools[0], &begin(0)).await;
    apply_at(bench, schools[1], &Changes::default()).await;
    let gone = Changes {
        gone: vec![PUPIL],
        ..Changes::default()
    };
    apply(bench, 1, &gone).await;
    for round in 0..12_u128 {
        let (there, here) = (round % 2, (round + 1) % 2);
        let at = |n: u128| schools[usize::try_from(n).unwrap()];
        let (goes, comes) = (end(there), begin(here));
        let both = tokio::join!(
            apply_at(bench, at(there), &goes),
            apply_at(bench, at(here), &comes)
        );
        assert_eq!(both, (Written::Whole, Written::Whole));
        bench.clock.advance(SignedDuration::from_secs(1));
        let forgotten = bench.store.forget_leavers(bench.now(), &bench.ambient).await;
        assert_eq!(forgotten.unwrap().accounts, 0, "{round}: active is not closed");
    }
    // At both, then at neither: whoever is the last to end it closes it.
    apply_at(bench, schools[1], &begin(1)).await;
    let (first, second) = (end(0), end(1));
    tokio::join!(
        apply_at(bench, schools[0], &first),
        apply_at(bench, schools[1], &second)
    );
    bench.clock.advance(SignedDuration::from_secs(1));
    let forgotten = bench.store.forget_leavers(bench.now(), &bench.ambient).await;
    assert_eq!(forgotten.unwrap().accounts, 1);
}

pub(super) async fn who_tells_of_a_school_and_who_left_unasked_is_known(bench: &Bench) {
    apply(bench, 0, &two_people(bench)).await;
    let (here, whose) = (school().number, source());
    let other = SourceName::parse("ANDEN").unwrap();
    assert_eq!(bench.store.sources_beside(&here, &whose).await.unwrap(), []);
    assert_eq!(
        bench.store.sources_beside(&here, &other).await.unwrap(),
        std::slice::from_ref(&whose)
    );
    let leave = async |decided: bool, way: Way| {
        let mut left = record(bench, ImportState::Applied);
        left.counts.left = 3;
        left.counts.contacts_left = 2;
        left.way = way;
        left.decided_at = decided.then(|| bench.now());
        let noted = bench.store.note_import(&left, &[], &event(bench, &left)).await;
        assert!(noted.unwrap());
    };
    let since = bench.now() - SignedDuration::from_secs(1);
    leave(false, Way::Folder).await;
    leave(false, Way::Command).await;
    leave(true, Way::Command).await;
    leave(false, Way::Upkeep).await;
    let left = async |since| bench.store.left_unasked(&here, &whose, since).await.unwrap();
    assert_eq!(left(since).await, (6, 4));
    assert_eq!(left(bench.now()).await, (0, 0), "that was before");
    // With nobody left, a source is nobody to be asked about, and none that becomes old.
    let all = Changes {
        gone: vec![PUPIL, MOTHER],
        ..Changes::default()
    };
    apply(bench, 1, &all).await;
    assert_eq!(bench.store.sources_beside(&here, &other).await.unwrap(), []);
    assert_eq!(bench.store.import_sources().await.unwrap(), []);
}

pub(super) async fn whoever_is_written_by_hand_keeps_what_imports_protect(bench: &Bench) {
    let mut changes = two_people(bench);
    changes.people[0].named.protected = true;
    "Alias".clone_into(&mut changes.people[0].named.given_name);
    changes.protections.push((person(1), true));
    apply(bench, 0, &changes).await;
    let uuid = portner::keys::vault::CprUuidIndex([5; 32]);
    bench.store.remember_cpr_uuid(&uuid, person(1)).await.unwrap();
    let by_hand = |protected, cpr: &str| {
        let number = Cpr::parse(cpr).unwrap();
        let sealed = vault().seal(&number, person(1), bench.ambient.entropy());
        portner::store::people::PersonEntry {
            person: portner::domain::account::Person {
                id: person(1),
                given_name: "Sofie".to_owned(),
                family_name: "Lund".to_owned(),
                protected,
            },
            cpr: Some((sealed.unwrap(), vault().index(&number))),
            accounts: Vec::new(),
        }
    };
    let shown = async || {
        let pupil = present(bench).await.actors.swap_remove(0).person;
        (pupil.given_name, pupil.protected)
    };
    bench
        .store
        .put_person(&by_hand(false, "0102154567"))
        .await
        .unwrap();
    assert_eq!(shown().await, ("Alias".to_owned(), true));
    let known = async || bench.store.person_by_cpr_uuid(&uuid).await.unwrap();
    assert_eq!(known().await, Some(person(1)), "the number is the same");
    // Another number, and whoever came in by the old one is out.
    bench
        .store
        .put_person(&by_hand(false, "0202154567"))
        .await
        .unwrap();
    assert_eq!(known().await, None);
    // Once the source does not say so any more, what is written by hand holds.
    let free = Changes {
        protections: vec![(person(1), false)],
        ..Changes::default()
    };
    apply(bench, 1, &free).await;
    bench
        .store
        .put_person(&by_hand(true, "0202154567"))
        .await
        .unwrap();
    assert_eq!(shown().await, ("Sofie".to_owned(), true));
    assert!(present(bench).await.actors[0].person.elsewhere.protected);
    bench
        .store
        .put_person(&by_hand(false, "0202154567"))
        .await
        .unwrap();
    assert_eq!(shown().await, ("Sofie".to_owned(), false));
}

pub(super) async fn whoever_is_written_by_hand_again_is_open_again(bench: &Bench) {
    bench.put_sofie(Vec::new()).await;
    let entry = portner::store::people::ActorEntry {
        id: ActorId(Uuid::from_u128(88)),
        group: ActorGroup::Elev,
        institution: school().number,
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        classes: Vec::new(),
        from: None,
        until: Some(bench.now()),
    };
    let held = account(5, "haandskrevet");
    bench.put_sofie(vec![(held.clone(), vec![entry.clone()])]).await;
    let imported = Changes {
        actors: vec![ActorRow {
            account: held.id,
            ..of_pupil(0)
        }],
        ..Changes::default()
    };
    apply_at(bench, school().number.as_str(), &imported).await;
    let gone = Changes {
        gone: vec![of_pupil(0).id],
        ..Changes::default()
    };
    apply_at(bench, school().number.as_str(), &gone).await;
    bench.clock.advance(SignedDuration::from_hours(1));
    let until = Some(bench.now() + SignedDuration::from_hours(24));
    let again = portner::store::people::ActorEntry { until, ..entry };
    bench.put_sofie(vec![(held, vec![again])]).await;
    let forgotten = bench.store.forget_leavers(bench.now(), &bench.ambient).await;
    assert_eq!(forgotten.unwrap().accounts, 0, "it is not closed any more");
}
