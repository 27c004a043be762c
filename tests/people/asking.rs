//! What is asked before it is done, and what a yes is a yes to (K05, DR23).

use std::collections::BTreeSet;

use jiff::SignedDuration;
use portner::domain::import::{ImportState, Reason, SourceName};
use portner::domain::role::Role;
use portner::domain::text::Language;
use portner::people::import::delivery::{Content, Employee, Format, Part, Removal};
use portner::people::import::importer::{ImportFailed, Wish};
use portner::people::import::names::SchoolYear;
use portner::people::import::{report, upkeep};
use portner::texts::{Texts, Wording};

use super::importing::Desk;
use super::school::{School, cpr, local, named, nth_cpr};

fn takes_over(old: &str) -> Wish {
    Wish {
        takes_over: Some(SourceName::parse(old).unwrap()),
        ..Wish::default()
    }
}

#[tokio::test]
async fn a_change_of_system_that_was_held_is_confirmed_as_one_and_as_nothing_else() {
    let desk = Desk::open().await;
    let mut old = School::of(60);
    for n in 0..10 {
        old.person(&format!("E{n:04}")).person.number = cpr(&format!("{:02}02034567", 61 + n));
    }
    desk.give(&old.whole()).await;
    let before = desk.actor(&old, "E0020").await;
    let mut new = old.clone();
    new.source = "NYT SYSTEM";
    let delivery = new.whole();
    let held = desk
        .try_give(&delivery, "ada", &takes_over("TABULEX"))
        .await
        .unwrap();
    assert_eq!(held.record.state, ImportState::Held);
    let texts = Texts::new(Wording::default()).unwrap();
    let told = report::outcome(&held, &texts.in_language(Language::En)).join("\n");
    let command = format!(
        "portner import change-source FILE --from 'TABULEX' --confirm {} --by NAME",
        held.record.id
    );
    assert!(told.contains(&command), "{told}");

    let plain = Wish {
        confirms: Some(held.record.id),
        ..Wish::default()
    };
    let done = desk.try_give(&delivery, "grace", &plain).await;
    assert!(matches!(done, Err(ImportFailed::OtherWish)), "{done:?}");
    assert!(desk.present(&new).await.actors.is_empty());
    let right = Wish {
        confirms: Some(held.record.id),
        ..takes_over("TABULEX")
    };
    let done = desk.try_give(&delivery, "grace", &right).await.unwrap();
    assert_eq!(done.record.state, ImportState::Applied);
    assert_eq!(desk.actor(&new, "E0020").await.account, before.account);
    // Nobody is left to say yes to it once more.
    let again = desk.try_give(&delivery, "grace", &right).await;
    assert!(matches!(again, Err(ImportFailed::NotHeld)), "{again:?}");
    let kept = desk.importer.store.import_by_id(held.record.id).await.unwrap();
    assert_eq!(kept.unwrap().state, ImportState::Applied);
}

#[tokio::test]
async fn a_change_of_system_is_told_by_everybody_of_another_system() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let before = desk.present(&school).await;
    let mut new = school.clone();
    new.source = "NYTSYSTEM";
    for delivery in [new.changes(), new.removals(&["E0001"]), school.whole()] {
        let done = desk.try_give(&delivery, "ada", &takes_over("TABULEX")).await;
        assert!(matches!(done, Err(ImportFailed::NoChangeOfSource)), "{done:?}");
    }
    assert_eq!(desk.present(&school).await, before);
}

#[tokio::test]
async fn a_source_that_nobody_knows_asks_first_where_another_one_tells() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let mut misspelt = school.clone();
    misspelt.source = "Tabulex";
    let delivery = misspelt.whole();
    let held = desk.give(&delivery).await;
    assert_eq!(held.record.state, ImportState::Held);
    let others = vec![SourceName::parse("TABULEX").unwrap()];
    assert_eq!(held.record.reasons, [Reason::NewSource { others }]);
    assert!(desk.present(&misspelt).await.actors.is_empty());
    let wish = Wish {
        confirms: Some(held.record.id),
        ..Wish::default()
    };
    let same = desk.try_give(&delivery, "ada", &wish).await;
    assert!(matches!(same, Err(ImportFailed::SecondPerson)), "{same:?}");
    desk.confirm(&delivery, held.record.id).await;
    // From then on it is known; and the first one always was.
    assert_eq!(
        desk.give(&misspelt.whole()).await.record.state,
        ImportState::Applied
    );
    assert_eq!(
        desk.give(&school.whole()).await.record.state,
        ImportState::Applied
    );
}

#[tokio::test]
async fn what_was_held_is_written_at_the_moment_of_the_yes() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    let all = school.people.clone();
    school.people.truncate(20);
    let delivery = school.whole();
    let held = desk.give(&delivery).await;
    desk.clock.advance(SignedDuration::from_hours(24 * 5));
    let done = desk.confirm(&delivery, held.record.id).await;
    let gone = all.last().unwrap().local_id.as_str();
    let gone = desk.actor(&school, gone).await;
    assert_eq!(gone.gone_at, done.record.decided_at);
    assert_eq!(gone.gone_at, Some(desk.importer.ambient.now()));
}

#[tokio::test]
async fn five_per_cent_each_night_are_not_five_per_cent() {
    let desk = Desk::open().await;
    let mut school = School::of(100);
    desk.give(&school.whole()).await;
    let remove = async |school: &mut School, ids: &[&str]| {
        let removal = school.removals(ids);
        desk.give(&removal).await.record
    };
    let first = remove(&mut school, &["E0001", "E0012", "E0023"]).await;
    assert_eq!(first.state, ImportState::Applied, "{:?}", first.reasons);
    let second = remove(&mut school, &["E0002", "E0013", "E0024"]).await;
    assert_eq!(second.state, ImportState::Held);
    let asked = Reason::PeopleLeave { left: 6, of: 110 };
    assert!(second.reasons.contains(&asked), "{:?}", second.reasons);
    // A week later, it is a few again; and whoever takes nobody away is not asked.
    desk.clock.advance(SignedDuration::from_hours(24 * 8));
    school.sent_at += SignedDuration::from_hours(24 * 8);
    let later = remove(&mut school, &["E0002", "E0013", "E0024"]).await;
    assert_eq!(later.state, ImportState::Applied, "{:?}", later.reasons);
}

#[tokio::test]
async fn a_class_that_is_taken_away_is_empty() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    let mut removal = school.removals(&[]);
    let Content::Removals(removals) = &mut removal.content else {
        panic!("a removal")
    };
    removals.groups.push(Removal {
        at: portner::people::import::delivery::Place::line(2),
        local_id: local("1A"),
    });
    let held = desk.give(&removal).await;
    assert_eq!(held.record.state, ImportState::Held);
    let emptied = Reason::ClassEmptied {
        class: "1A".to_owned(),
        pupils: 10,
    };
    assert_eq!(held.record.reasons, [emptied]);
    let there = desk.present(&school).await.groups;
    assert!(there.iter().all(|group| group.gone_at.is_none()));
}

fn leader() -> Part {
    Part::Employee(Employee {
        roles: BTreeSet::from([Role::Leder]),
        short_name: None,
        groups: BTreeSet::new(),
    })
}

#[tokio::test]
async fn a_role_by_another_local_id_or_after_coming_back_is_gained_all_the_same() {
    let desk = Desk::open().await;
    let mut school = School::of(100);
    desk.give(&school.whole()).await;
    let gains = |by: u64| Reason::RoleGained {
        role: Role::Leder,
        by,
        of: 118,
    };
    for n in 0..8 {
        school.put(&format!("M{n}"), named("Elev", cpr(&nth_cpr(n))), leader());
    }
    let held = desk.give(&school.whole()).await;
    assert_eq!(
        held.record.reasons,
        [gains(8)],
        "whoever they are, they are pupils"
    );
    // Somebody whom nobody knows gains nothing.
    for n in 0..8 {
        school.person(&format!("M{n}")).person.number = cpr(&nth_cpr(9000 + n));
    }
    let done = desk.give(&school.whole()).await;
    assert_eq!(
        done.record.state,
        ImportState::Applied,
        "{:?}",
        done.record.reasons
    );

    // The same at a school that never told of them: what they are elsewhere counts.
    let mut other = School::new("909002", "ANDEN");
    other.class("3A", "3");
    for n in 0..8 {
        other.put(&format!("M{n}"), named("Elev", cpr(&nth_cpr(n))), leader());
    }
    let held = desk.give(&other.whole()).await;
    let asks = |reason: &Reason| matches!(reason, Reason::RoleGained { by: 8, .. });
    assert!(held.record.reasons.iter().any(asks), "{:?}", held.record.reasons);
    for n in 0..8 {
        other.person(&format!("M{n}")).person.number = cpr(&nth_cpr(9000 + n));
    }
    let done = desk.give(&other.whole()).await;
    assert_eq!(
        done.record.state,
        ImportState::Applied,
        "they are leaders already"
    );
}

#[tokio::test]
async fn custody_for_many_asks_first() {
    let desk = Desk::open().await;
    let mut school = School::of(100);
    for n in 0..100 {
        school.student(&format!("E{n:04}")).contacts[0].custody = false;
    }
    desk.give(&school.whole()).await;
    for n in 0..5 {
        school.student(&format!("E{n:04}")).contacts[0].custody = true;
    }
    let few = desk.give(&school.whole()).await;
    assert_eq!(few.record.state, ImportState::Applied, "{:?}", few.record.reasons);
    for n in 5..15 {
        school.student(&format!("E{n:04}")).contacts[0].custody = true;
    }
    let many = desk.give(&school.whole()).await;
    assert_eq!(many.record.reasons, [Reason::CustodyGained { by: 10, of: 100 }]);
}

#[tokio::test]
async fn last_years_file_asks_first_and_the_form_of_old_is_for_moving_in() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    let mut old = school.whole();
    old.school_year = SchoolYear::parse("2024-2025").unwrap();
    let held = desk.give(&old).await;
    assert_eq!(
        held.record.reasons,
        [Reason::YearOver {
            year: "2024-2025".to_owned()
        }]
    );
    let mut moving = school.whole();
    moving.format = Format::MigrationCsv;
    assert_eq!(desk.give(&moving).await.record.state, ImportState::Applied);
    let mut again = school.whole();
    again.format = Format::MigrationCsv;
    let done = desk.try_give(&again, "ada", &Wish::default()).await;
    assert!(matches!(done, Err(ImportFailed::MovedIn)), "{done:?}");
}

#[tokio::test]
async fn names_come_from_a_file_only_where_somebody_moves_in() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    let id = portner::domain::account::UniId::parse("abcd1234").unwrap();
    school.person("E0001").person.uni_id = Some(id.clone());
    let outcome = desk.give(&school.whole()).await;
    let told: Vec<_> = outcome
        .overview
        .findings
        .iter()
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(told, ["names-not-kept"]);
    let taken = async || {
        let ids = [id.clone()];
        desk.importer.store.taken_uni_ids(&ids).await.unwrap().len()
    };
    assert_eq!(taken().await, 0);
    let mut second = School::of_at(20, "909002", 400);
    second.person("E0001").person.uni_id = Some(id.clone());
    let wish = Wish {
        moves_in: true,
        ..Wish::default()
    };
    let done = desk.try_give(&second.whole(), "ada", &wish).await.unwrap();
    assert_eq!((done.record.state, taken().await), (ImportState::Applied, 1));
}

#[tokio::test]
async fn a_local_id_that_is_used_again_is_not_the_same_child() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    school.person("E0001").person.number = cpr("6102034567");
    school.person("E0001").person.birth_date = Some("2012-02-01".parse().unwrap());
    desk.give(&school.whole()).await;
    let before = desk.actor(&school, "E0001").await;
    let first = school.person("E0001").clone();
    school.without("E0001");
    desk.give(&school.whole()).await;
    let mut other = first.clone();
    other.person.number = cpr("6202034567");
    other.person.birth_date = Some("2019-02-01".parse().unwrap());
    school.people.push(other);
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(outcome.overview.findings[0].code, "local-id-reused");
    assert!(desk.actor(&school, "E0001").await.gone_at.is_some());
    // The same child with another stand-in, or with a real number at last, is the same child.
    school.person("E0001").person.birth_date = first.person.birth_date;
    desk.give(&school.whole()).await;
    assert_eq!(desk.actor(&school, "E0001").await.person.id, before.person.id);
    school.person("E0001").person.number = cpr(&nth_cpr(7000));
    school.person("E0001").person.birth_date = Some("2012-01-08".parse().unwrap());
    desk.give(&school.whole()).await;
    let after = desk.actor(&school, "E0001").await;
    assert_eq!((after.person.id, after.gone_at), (before.person.id, None));
    assert!(after.person.cpr.is_some());
}

#[tokio::test]
async fn rows_are_counted_and_not_what_is_wrong_with_them() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    school.finding("E9991", portner::people::import::finding::Fault::NoRole);
    school.finding("E9991", portner::people::import::finding::Fault::NotOnePart);
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(outcome.overview.counts.refused, 1);
}

#[tokio::test]
async fn a_source_without_people_is_not_looked_at_for_ever() {
    let desk = Desk::open().await;
    let mut school = School::of(10);
    desk.give(&school.whole()).await;
    let settings = portner::config::import::ImportSettings {
        deliverers: Vec::new(),
        folder: None,
        limits: portner::config::import::ImportLimits::default(),
        grace_days: 366,
        stale_days: 365,
        warning_days: 30,
    };
    let (store, ambient) = (&desk.importer.store, &desk.importer.ambient);
    let after = async |days: i64| {
        desk.clock.advance(SignedDuration::from_hours(24 * days));
        upkeep::round(store, &settings, ambient).await.unwrap()
    };
    after(336).await;
    assert_eq!(after(31).await.closed.len(), 1);
    let kept = after(340).await;
    assert!(kept.warned.is_empty() && kept.closed.is_empty(), "{kept:?}");
}
