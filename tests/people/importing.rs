//! Deliveries carried out: what they change, what they must not, and what asks first.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use portner::ambient::{Ambient, ManualClock, OsEntropy};
use portner::config::import::{ImportLimits, ImportSettings};
use portner::domain::history::Change;
use portner::domain::import::{ImportId, ImportState, Reason, SourceName, Way};
use portner::domain::institution::InstitutionNumber;
use portner::domain::stage::Level;
use portner::domain::text::Language;
use portner::keys::vault::CprVault;
use portner::people::import::delivery::Delivery;
use portner::people::import::finding::Fault;
use portner::people::import::importer::{Handover, ImportFailed, Importer, Outcome, Wish};
use portner::people::import::names::LocalId;
use portner::people::import::shown::Standing;
use portner::people::import::upkeep;
use portner::store::present::{Present, PresentActor};
use portner::store::{Store, StoreUrl};
use portner::texts::{Texts, Wording};
use zeroize::Zeroizing;

use super::school::{START, School, cpr, local, nth_cpr};

/// An importer with a database of its own.
pub(super) struct Desk {
    pub(super) importer: Importer,
    pub(super) clock: Arc<ManualClock>,
    texts: Texts,
    pub(super) folder: tempfile::TempDir,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("portner.db").display());
        let clock = Arc::new(ManualClock::at(START.parse().unwrap()));
        let vault = CprVault::new(&Zeroizing::new([1; 32]), &Zeroizing::new([2; 32])).unwrap();
        Self {
            importer: Importer {
                store: Store::open(&StoreUrl::parse(&url).unwrap()).await.unwrap(),
                vault: Arc::new(vault),
                ambient: Ambient::new(Arc::clone(&clock) as _, Arc::new(OsEntropy)),
                limits: ImportLimits::default(),
                keeper: None,
            },
            clock,
            texts: Texts::new(Wording::default()).unwrap(),
            folder,
        }
    }

    pub(super) async fn give(&self, delivery: &Delivery) -> Outcome {
        self.try_give(delivery, "ada", &Wish::default()).await.unwrap()
    }

    pub(super) async fn try_give(
        &self,
        delivery: &Delivery,
        by: &str,
        wish: &Wish,
    ) -> Result<Outcome, ImportFailed> {
        let mut digest = [0; 32];
        let words = format!("{delivery:?}");
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, words.as_bytes());
        digest.copy_from_slice(hash.as_ref());
        let from = Handover {
            way: Way::Command,
            by: by.to_owned(),
            digest,
            speaks_for: None,
            file: None,
            witness: None,
        };
        self.clock.advance(SignedDuration::from_hours(1));
        let words = self.texts.in_language(Language::Da);
        self.importer.import(delivery, &from, wish, &words).await
    }

    /// Confirms what was held, as somebody else.
    pub(super) async fn confirm(&self, delivery: &Delivery, held: ImportId) -> Outcome {
        let wish = Wish {
            confirms: Some(held),
            ..Wish::default()
        };
        self.try_give(delivery, "grace", &wish).await.unwrap()
    }

    pub(super) async fn present(&self, school: &School) -> Present {
        let number = InstitutionNumber::parse(school.number).unwrap();
        let source = SourceName::parse(school.source).unwrap();
        let now = self.importer.ambient.now();
        self.importer.store.present(&number, &source, now).await.unwrap()
    }

    pub(super) async fn actor(&self, school: &School, id: &str) -> PresentActor {
        let present = self.present(school).await;
        let mut actors = present.actors.into_iter();
        actors
            .find(|actor| actor.local_id.as_deref() == Some(id))
            .unwrap()
    }

    pub(super) async fn told(&self, school: &School, id: &str) -> Vec<(Change, String)> {
        let person = self.actor(school, id).await.person.id;
        let entries = self.importer.store.history_of(person, 100).await.unwrap();
        entries
            .into_iter()
            .map(|entry| (entry.what, entry.detail))
            .collect()
    }
}

#[tokio::test]
async fn the_same_again_changes_nothing_not_even_history() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    let first = school.whole();
    assert_eq!(desk.give(&first).await.record.state, ImportState::Applied);
    let before = (desk.present(&school).await, desk.told(&school, "E0001").await);
    let again = desk.give(&first).await;
    assert!(again.again);
    let later = desk.give(&school.whole()).await;
    assert!(
        !later.again && later.overview.counts.is_nothing(),
        "{:?}",
        later.overview
    );
    assert_eq!(later.overview.counts.unchanged, 22);
    let mut after = (desk.present(&school).await, desk.told(&school, "E0001").await);
    after.0.version = before.0.version;
    after.0.last = before.0.last;
    assert_eq!(before, after);
    // What came in between makes the first one old news.
    let old = desk.give(&first).await;
    assert_eq!(old.record.state, ImportState::Refused);
    assert!(matches!(old.record.reasons[0], Reason::NotNewer { .. }));
}

#[tokio::test]
async fn changes_are_written_and_told_and_nothing_else() {
    let desk = Desk::open().await;
    let mut school = School::of(30);
    desk.give(&school.whole()).await;
    let others = desk.actor(&school, "E0002").await;
    school.class("1B", "4");
    let pupil = school.student("E0001");
    pupil.level = Level::parse("4").unwrap();
    pupil.main_group = Some(local("1B"));
    school.person("E0001").person.name.given = "Sofie".into();
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(outcome.overview.counts.changed, 1);
    let after = desk.actor(&school, "E0001").await;
    assert_eq!(after.level, Level::parse("4"));
    assert_eq!(after.person.given_name, "Sofie");
    assert_eq!(
        after.stage_since,
        Some(outcome.record.received_at),
        "a new stage begins"
    );
    assert_eq!(desk.actor(&school, "E0002").await, others);
    let told = desk.told(&school, "E0001").await;
    assert!(told.contains(&(Change::Level, "3 -> 4".to_owned())), "{told:?}");
    for what in [Change::Stage, Change::Memberships, Change::Name] {
        assert!(
            told.iter().any(|(change, _)| *change == what),
            "{what:?} in {told:?}"
        );
    }
    let moved = outcome
        .overview
        .classes
        .iter()
        .find(|class| class.name == "1B")
        .unwrap();
    assert_eq!((moved.after, moved.moved_in), (1, 1));
    // The same stage goes on where only the grade is another one.
    school.student("E0001").level = Level::parse("5").unwrap();
    desk.give(&school.whole()).await;
    assert_eq!(desk.actor(&school, "E0001").await.stage_since, after.stage_since);
}

#[tokio::test]
async fn more_than_five_per_cent_ask_first_and_somebody_else_says_yes() {
    let desk = Desk::open().await;
    let mut school = School::of(100);
    desk.give(&school.whole()).await;
    for n in [1, 12, 23, 34, 45] {
        school.without(&format!("E{n:04}"));
    }
    let five = desk.give(&school.whole()).await;
    assert_eq!(
        five.record.state,
        ImportState::Applied,
        "5 of 110 are not many: {:?}",
        five.record.reasons
    );
    for n in [2, 13, 24, 35, 46, 57] {
        school.without(&format!("E{n:04}"));
    }
    let delivery = school.whole();
    let held = desk.give(&delivery).await;
    assert_eq!(held.record.state, ImportState::Held);
    assert!(
        held.record
            .reasons
            .contains(&Reason::PeopleLeave { left: 11, of: 110 })
    );
    assert_eq!(
        desk.actor(&school_with(&school), "E0002").await.gone_at,
        None,
        "nothing was changed"
    );
    // Held once, however often it comes.
    assert_eq!(desk.give(&delivery).await.record.id, held.record.id);

    let wish = Wish {
        confirms: Some(held.record.id),
        ..Wish::default()
    };
    let same = desk.try_give(&delivery, " Ada ", &wish).await;
    assert!(matches!(same, Err(ImportFailed::SecondPerson)), "{same:?}");
    let other_file = school.whole();
    let wrong = desk.try_give(&other_file, "grace", &wish).await;
    assert!(matches!(wrong, Err(ImportFailed::NotHeld)), "{wrong:?}");
    let done = desk.confirm(&delivery, held.record.id).await;
    assert_eq!(done.record.state, ImportState::Applied);
    let kept = desk
        .importer
        .store
        .import_by_id(held.record.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (kept.delivered_by.as_str(), kept.decided_by.as_deref()),
        ("ada", Some("grace"))
    );
    assert!(desk.actor(&school, "E0002").await.gone_at.is_some());
}

/// Only for its number and source.
fn school_with(school: &School) -> School {
    School::new(school.number, school.source)
}

#[tokio::test]
async fn an_empty_class_and_a_role_for_many_ask_first() {
    let desk = Desk::open().await;
    let mut school = School::of(200);
    desk.give(&school.whole()).await;
    // One class moves on whole: that is a new school year, and asks nobody.
    school.class("ny", "4");
    for n in 0..10 {
        school.student(&format!("E{n:04}")).main_group = Some(local("ny"));
    }
    assert_eq!(
        desk.give(&school.whole()).await.record.state,
        ImportState::Applied
    );
    for n in 10..20 {
        school.without(&format!("E{n:04}"));
    }
    let held = desk.give(&school.whole()).await;
    assert!(
        held.record.reasons.contains(&Reason::ClassEmptied {
            class: "1A".to_owned(),
            pupils: 10
        }),
        "{:?}",
        held.record.reasons
    );

    let mut many = School::of(40);
    many.number = "909002";
    many.people
        .retain(|person| person.local_id.as_str().starts_with('E'));
    desk.give(&many.whole()).await;
    for n in 0..7 {
        let id = format!("E{n:04}");
        let person = many.person(&id).person.clone();
        many.without(&id);
        many.teacher(&id, &nth_cpr(n), &[]);
        many.person(&id).person = person;
    }
    let held = desk.give(&many.whole()).await;
    let asks = |reason: &Reason| matches!(reason, Reason::RoleGained { by: 7, .. });
    assert!(held.record.reasons.iter().any(asks), "{:?}", held.record.reasons);
}

#[tokio::test]
async fn numbers_say_who_it_is_and_contradictions_are_refused() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let before = desk.actor(&school, "E0001").await;
    school.person("E0001").person.number = cpr(&nth_cpr(7000));
    let refused = desk.give(&school.whole()).await;
    let finding = &refused.overview.findings[0];
    assert!(
        finding.what.starts_with("Ikke forventet CPR til localPersonID"),
        "{finding:?}"
    );
    assert!(finding.refused && finding.subject.as_deref() == Some("E0001"));
    assert_eq!(
        desk.actor(&school, "E0001").await,
        before,
        "whoever it is stays as they are"
    );

    let wish = Wish {
        reidentifies: Some(local("E0001")),
        ..Wish::default()
    };
    let done = desk.try_give(&school.whole(), "ada", &wish).await.unwrap();
    assert_eq!(done.record.state, ImportState::Applied);
    let after = desk.actor(&school, "E0001").await;
    assert_eq!(
        (after.person.id, after.account),
        (before.person.id, before.account)
    );
    assert_ne!(after.person.cpr, before.person.cpr);

    // Somebody else's number is nobody's to take, not even so.
    school.person("E0001").person.number = cpr(&nth_cpr(2));
    let wish = Wish {
        reidentifies: Some(local("E0001")),
        ..Wish::default()
    };
    let refused = desk.try_give(&school.whole(), "ada", &wish).await.unwrap();
    assert_eq!(refused.overview.findings[0].code, "number-of-another");
    assert_eq!(desk.actor(&school, "E0001").await.person.cpr, after.person.cpr);
}

#[tokio::test]
async fn a_number_after_a_replacement_keeps_the_person() {
    let desk = Desk::open().await;
    let mut school = School::of(10);
    school.person("E0001").person.number = cpr("6102034567");
    desk.give(&school.whole()).await;
    let before = desk.actor(&school, "E0001").await;
    assert!(before.person.replacement.is_some() && before.person.cpr.is_none());
    school.person("E0001").person.number = cpr(&nth_cpr(7000));
    desk.give(&school.whole()).await;
    let after = desk.actor(&school, "E0001").await;
    assert_eq!(after.person.id, before.person.id);
    assert!(after.person.replacement.is_none() && after.person.cpr.is_some());
    let now = desk.importer.ambient.now();
    let found = desk
        .importer
        .store
        .record_by_cpr(&after.person.cpr.unwrap(), now)
        .await
        .unwrap();
    assert_eq!(found.unwrap().accounts.len(), 1, "an eID leads there from now on");
}

#[tokio::test]
async fn one_person_at_two_schools_has_one_account_and_neither_speaks_for_the_other() {
    let desk = Desk::open().await;
    let mut first = School::of(20);
    desk.give(&first.whole()).await;
    let mut second = School::new("909002", "ANDEN");
    second.class("3A", "3");
    second.pupil("X1", &nth_cpr(1), "3A", "3");
    second.person("X1").person.name.given = "Anderledes".into();
    // That another school tells of the pupil too is all that is new.
    let kept = async |school: &School| {
        let mut present = desk.present(school).await;
        for actor in &mut present.actors {
            actor.person.elsewhere.told = false;
            actor.person.elsewhere.anothers = false;
        }
        present
    };
    let before = kept(&first).await;
    desk.give(&second.whole()).await;
    let (here, there) = (desk.actor(&first, "E0001").await, desk.actor(&second, "X1").await);
    assert_eq!((here.person.id, here.account), (there.person.id, there.account));
    assert_eq!(
        there.person.given_name, "Elev",
        "the first school says what they are called"
    );
    second.people.clear();
    second.groups.clear();
    let held = desk.give(&second.whole()).await;
    let removal = desk
        .try_give(&second.removals(&["X1"]), "ada", &Wish::default())
        .await
        .unwrap();
    assert_eq!(
        (held.record.state, removal.record.state),
        (ImportState::Held, ImportState::Held)
    );
    assert_eq!(
        kept(&first).await,
        before,
        "nothing of another institution changes"
    );

    // Whoever speaks for one school does not speak for another.
    let own = BTreeSet::from([InstitutionNumber::parse("909002").unwrap()]);
    let from = Handover {
        way: Way::Http,
        by: "ANDEN".to_owned(),
        digest: [9; 32],
        speaks_for: Some(own),
        file: None,
        witness: None,
    };
    let words = desk.texts.in_language(Language::Da);
    let foreign = first.whole();
    let refused = desk
        .importer
        .import(&foreign, &from, &Wish::default(), &words)
        .await
        .unwrap();
    assert_eq!(refused.record.reasons, [Reason::OtherInstitution]);
    assert_eq!(kept(&first).await, before);
}

#[tokio::test]
async fn who_is_protected_is_an_alias_everywhere() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let person = &mut school.person("E0003").person;
    person.name.given = "Alias".into();
    person.name.protected = true;
    let mut other = School::new("909002", "ANDEN");
    other.class("3A", "3");
    other.pupil("X1", &nth_cpr(3), "3A", "3");
    desk.give(&school.whole()).await;
    desk.give(&other.whole()).await;
    for (school, id) in [(&school, "E0003"), (&other, "X1")] {
        let actor = desk.actor(school, id).await;
        assert!(actor.person.protected);
        assert_eq!(actor.person.given_name, "Alias");
    }
    // Protected from today, and nobody has written an alias: the row is refused, the name is hidden.
    school.refuse_without_alias("E0004");
    desk.give(&school.whole()).await;
    let actor = desk.actor(&school, "E0004").await;
    assert!(actor.person.protected && actor.gone_at.is_none());
    assert_eq!(actor.person.given_name, "Beskyttet");
    let number = InstitutionNumber::parse("909001").unwrap();
    let wanted = ["testrup".to_owned()];
    let found = desk
        .importer
        .store
        .search_people((&number, None), &wanted, 100)
        .await
        .unwrap();
    assert!(
        found.iter().all(|one| one.local_id.as_deref() != Some("E0004")),
        "nor found by it"
    );
}

#[tokio::test]
async fn adults_go_with_their_last_child_and_keep_what_could_not_be_read() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    let custody = |present: &Present| present.contacts.iter().filter(|one| one.custody).count();
    assert_eq!(custody(&desk.present(&school).await), 40);
    school.student("E0001").contacts[0].custody = false;
    school.without("E0002");
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(
        (
            outcome.overview.counts.left,
            outcome.overview.counts.contacts_left
        ),
        (1, 1)
    );
    assert_eq!(
        custody(&desk.present(&school).await),
        39,
        "the relation of who left waits"
    );
    school.student("E0003").contacts.clear();
    school.finding("E0003", Fault::ContactUnreadable("FirstName"));
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(outcome.overview.counts.contacts_left, 0);
    school.findings.clear();
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(outcome.overview.counts.contacts_left, 1);
}

#[tokio::test]
async fn deltas_and_removals_speak_of_those_they_name() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    let mut delta = School::new(school.number, school.source);
    delta.sent_at = school.sent_at;
    delta.pupil("N1", &nth_cpr(7000), "0A", "3");
    let outcome = desk.give(&delta.changes()).await;
    assert_eq!(
        (outcome.overview.counts.added, outcome.overview.counts.left),
        (1, 0)
    );
    let removal = delta.removals(&["N1", "ukendt"]);
    let outcome = desk.give(&removal).await;
    assert_eq!(
        (outcome.overview.counts.left, outcome.overview.counts.refused),
        (1, 1)
    );
    let back = desk.give(&delta.changes()).await;
    assert_eq!(back.overview.counts.restored, 1);
    assert_eq!(desk.present(&school).await.actors.len(), 40 + 4 + 40 + 1);
}

#[tokio::test]
async fn a_change_of_source_keeps_accounts_and_shows_whom_it_cannot() {
    let desk = Desk::open().await;
    let mut old = School::of(60);
    old.person("E0002").person.number = cpr("6102034567");
    desk.give(&old.whole()).await;
    let before = desk.actor(&old, "E0001").await;
    let mut new = old.clone();
    new.source = "NYTSYSTEM";
    for person in &mut new.people {
        let renamed = format!("ny-{}", person.local_id.as_str());
        person.local_id = LocalId::parse(&renamed).unwrap();
    }
    let wish = Wish {
        takes_over: Some(SourceName::parse("TABULEX").unwrap()),
        ..Wish::default()
    };
    let delivery = new.whole();
    let words = desk.texts.in_language(Language::Da);
    let seen = desk.importer.preview(&delivery, &wish, &words).await.unwrap();
    assert_eq!(
        (seen.counts.added, seen.counts.left, seen.counts.contacts_left),
        (1, 1, 0),
        "{seen:?}"
    );
    assert!(seen.reasons.is_empty(), "{:?}", seen.reasons);
    let done = desk.try_give(&delivery, "ada", &wish).await.unwrap();
    assert_eq!(done.record.state, ImportState::Applied);
    let after = desk.actor(&new, "ny-E0001").await;
    assert_eq!(
        (after.id, after.account, after.person.id),
        (before.id, before.account, before.person.id)
    );
    assert_eq!(after.memberships, before.memberships, "the class goes on");
    let again = desk.give(&new.whole()).await;
    assert!(again.overview.counts.is_nothing(), "{:?}", again.overview.counts);
    let left = desk.present(&old).await;
    assert!(
        left.actors.iter().all(|actor| actor.gone_at.is_some()),
        "nobody is left behind alive"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_nothing_is_lost() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    let mut one = School::new(school.number, school.source);
    one.sent_at = school.sent_at;
    one.pupil("N1", &nth_cpr(7000), "0A", "3");
    let mut other = School::new(school.number, "SFO");
    other.sent_at = school.sent_at + SignedDuration::from_hours(1);
    other.pupil("N2", &nth_cpr(7000), "0A", "3");
    other.class("0A", "3");
    let (one_says, other_says) = (one.changes(), other.whole());
    // Both are known there, so that nobody is asked about either.
    let known = School::new(school.number, "SFO").changes();
    let held = desk.give(&known).await;
    desk.confirm(&known, held.record.id).await;
    let (first, second) = tokio::join!(desk.give(&one_says), desk.give(&other_says));
    assert_eq!(
        (first.record.state, second.record.state),
        (ImportState::Applied, ImportState::Applied)
    );
    let (first, second) = (desk.actor(&one, "N1").await, desk.actor(&other, "N2").await);
    assert_eq!(first.person.id, second.person.id, "one number, one person");
    assert_eq!(first.account, second.account);
    assert_eq!(desk.present(&school).await.version, 4);
}

#[tokio::test]
async fn whether_somebody_is_in_the_latest_import_and_why_not() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    school.without("E0002");
    school.person("E0003").person.number = cpr(&nth_cpr(7000));
    school.without("E0005");
    school.finding("E0005", Fault::AliasMissing);
    let outcome = desk.give(&school.whole()).await;
    let standing = async |text: &str| {
        let shown = desk.importer.shown(&outcome.record, text).await.unwrap();
        shown.into_iter().map(|one| one.standing).collect::<Vec<_>>()
    };
    assert_eq!(standing("e0001").await, [Standing::Present]);
    assert_eq!(standing("E0002").await, [Standing::Gone]);
    assert!(
        matches!(standing("E0003").await.as_slice(), [Standing::Refused(finding)] if finding.code == "number-contradicts")
    );
    assert!(
        matches!(standing("E0005").await.as_slice(), [Standing::Refused(finding)] if finding.code == "alias-missing")
    );
    assert_eq!(standing("E9999").await, [Standing::Unknown]);

    // The answer is that of the latest import, whichever one is open, and says what was wrong in this one.
    school.sent_at += SignedDuration::from_hours(1);
    school.person("E0003").person.number = None;
    let later = desk.give(&school.whole()).await;
    assert_eq!(later.record.state, ImportState::Applied, "{later:?}");
    let shown = desk.importer.shown(&outcome.record, "E0003").await.unwrap();
    let [one] = shown.as_slice() else {
        panic!("{shown:?}")
    };
    assert_eq!(one.standing, Standing::Present, "its row was taken since");
    assert!(one.refused_here.is_some(), "and was not taken then");
    let shown = desk.importer.shown(&later.record, "E0003").await.unwrap();
    assert_eq!(shown[0].refused_here, None);
}

/// Those of a directory that is older than the search (migration 14).
#[tokio::test]
async fn who_was_there_before_there_were_search_words_is_found_after_a_round_of_upkeep() {
    use sqlx::ConnectOptions as _;
    let desk = Desk::open().await;
    let mut school = School::of(10);
    desk.give(&school.whole()).await;
    let file = desk.folder.path().join("portner.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut database = options.connect().await.unwrap();
    sqlx::raw_sql("DELETE FROM search_words")
        .execute(&mut database)
        .await
        .unwrap();
    let number = InstitutionNumber::parse(school.number).unwrap();
    let wanted = portner::domain::search_word::wanted("e0001");
    let found = async || {
        let found = desk.importer.store.search_people((&number, None), &wanted, 10);
        found.await.unwrap().len()
    };
    assert_eq!(found().await, 0);
    upkeep::round(
        &desk.importer.store,
        &ImportSettings {
            deliverers: Vec::new(),
            folder: None,
            limits: ImportLimits::default(),
            grace_days: 366,
            stale_days: 365,
            warning_days: 30,
        },
        &desk.importer.ambient,
    )
    .await
    .unwrap();
    assert_eq!(found().await, 1);
}

#[tokio::test]
async fn how_every_source_stands_is_told_in_numbers() {
    use portner::people::import::numbers;
    use portner::telemetry::metrics::Metrics;
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    for id in ["E0001", "E0012", "E0023"] {
        school.without(id);
    }
    let held = desk.give(&school.whole()).await;
    assert_eq!(held.record.state, ImportState::Held);
    let now = desk.importer.ambient.now() + SignedDuration::from_hours(2);
    let metrics = Metrics::default();
    let sources = numbers::of_sources(&desk.importer.store, now).await.unwrap();
    metrics.sources_stand(&sources);
    let told = metrics.render();
    let of = format!("institution=\"{}\",source=\"{}\"", school.number, school.source);
    for line in [
        format!("portner_import_age_seconds{{{of}}} 10800.0"),
        format!("portner_import_rows{{{of},outcome=\"added\"}} 44"),
        format!("portner_imports_held{{{of}}} 1"),
    ] {
        assert!(told.contains(&line), "{line}: {told}");
    }
    metrics.sources_stand(&[]);
    assert!(
        !metrics.render().contains(school.number),
        "what is gone is not told"
    );
}

#[tokio::test]
async fn old_sources_are_warned_of_and_closed_and_who_left_is_forgotten() {
    let desk = Desk::open().await;
    let mut school = School::of(10);
    desk.give(&school.whole()).await;
    let settings = ImportSettings {
        deliverers: Vec::new(),
        folder: None,
        limits: ImportLimits::default(),
        grace_days: 366,
        stale_days: 365,
        warning_days: 30,
    };
    let (store, ambient) = (&desk.importer.store, &desk.importer.ambient);
    let after = async |days: i64| {
        desk.clock.advance(SignedDuration::from_hours(24 * days));
        upkeep::round(store, &settings, ambient).await.unwrap()
    };
    let kept = after(300).await;
    assert!(kept.warned.is_empty() && kept.closed.is_empty());
    let kept = after(36).await;
    assert_eq!((kept.warned.len(), kept.closed.len()), (1, 0));
    assert!(after(1).await.warned.is_empty(), "once");
    let kept = after(30).await;
    assert_eq!(kept.closed.len(), 1);
    let gone = |actor: &PresentActor| actor.gone_at.is_some();
    assert!(desk.present(&school).await.actors.iter().all(gone));
    let kept = after(360).await;
    assert_eq!(kept.forgotten.accounts, 0);
    let kept = after(10).await;
    assert_eq!((kept.forgotten.accounts, kept.forgotten.people), (21, 21));
    assert!(desk.present(&school).await.actors.is_empty());
    // Somebody new of the same number is somebody new, with other names.
    let back = desk.give(&school.whole()).await;
    assert_eq!(back.overview.counts.added, 11);
}

#[tokio::test]
async fn a_source_that_is_kept_is_not_closed() {
    let desk = Desk::open().await;
    let mut school = School::of(10);
    desk.give(&school.whole()).await;
    let settings = ImportSettings {
        deliverers: Vec::new(),
        folder: None,
        limits: ImportLimits::default(),
        grace_days: 366,
        stale_days: 365,
        warning_days: 30,
    };
    let (store, ambient) = (&desk.importer.store, &desk.importer.ambient);
    desk.clock.advance(SignedDuration::from_hours(24 * 340));
    assert_eq!(
        upkeep::round(store, &settings, ambient)
            .await
            .unwrap()
            .warned
            .len(),
        1
    );
    let (number, source) = (
        InstitutionNumber::parse("909001").unwrap(),
        SourceName::parse("TABULEX").unwrap(),
    );
    assert!(store.keep_source(&number, &source, ambient.now()).await.unwrap());
    desk.clock.advance(SignedDuration::from_hours(24 * 40));
    let kept = upkeep::round(store, &settings, ambient).await.unwrap();
    assert!(kept.warned.is_empty() && kept.closed.is_empty());
}

#[tokio::test]
async fn a_moment_that_is_still_to_come_shuts_nothing_out() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let mut early = school.whole();
    early.sent_at = early
        .sent_at
        .saturating_add(SignedDuration::from_hours(24 * 365))
        .unwrap();
    let refused = desk.give(&early).await;
    assert_eq!(refused.record.state, ImportState::Refused);
    assert!(matches!(refused.record.reasons[0], Reason::FromTheFuture { .. }));
    assert_eq!(
        desk.give(&school.whole()).await.record.state,
        ImportState::Applied
    );
}

#[tokio::test]
async fn what_names_nobody_is_no_plain_import() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let before = desk.present(&school).await;
    let mut new = school.clone();
    new.source = "NYTSYSTEM";
    let misspelt = Wish {
        takes_over: Some(SourceName::parse("TABULX").unwrap()),
        ..Wish::default()
    };
    let words = desk.texts.in_language(Language::Da);
    let seen = desk.importer.preview(&new.whole(), &misspelt, &words).await;
    assert!(matches!(seen, Err(ImportFailed::NothingToTakeOver)));
    let done = desk.try_give(&new.whole(), "ada", &misspelt).await;
    assert!(matches!(done, Err(ImportFailed::NothingToTakeOver)));
    let nobody = Wish {
        reidentifies: Some(local("E9999")),
        ..Wish::default()
    };
    let done = desk.try_give(&school.whole(), "ada", &nobody).await;
    assert!(matches!(done, Err(ImportFailed::NobodyToReidentify)));
    assert_eq!(desk.present(&school).await, before);
    assert!(desk.present(&new).await.actors.is_empty());
}

#[tokio::test]
async fn a_file_that_was_applied_confirms_no_other() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    let first = school.whole();
    desk.give(&first).await;
    school.people.truncate(20);
    let held = desk.give(&school.whole()).await;
    assert_eq!(held.record.state, ImportState::Held);
    let wish = Wish {
        confirms: Some(held.record.id),
        ..Wish::default()
    };
    let done = desk.try_give(&first, "grace", &wish).await;
    assert!(matches!(done, Err(ImportFailed::NotHeld)), "{done:?}");
}
