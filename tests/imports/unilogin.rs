//! The XML: what is taken of it, and every finding with the row that gives it.

use std::process::{Command, Stdio};

use portner::domain::civil_number::{CivilNumber, CivilNumberKind};
use portner::domain::contact::Relation;
use portner::domain::role::Role;
use portner::domain::text::Language;
use portner::people::import::delivery::{Content, Part, Place};
use portner::people::import::finding::{Fault, Shown, Subject, Weight};
use portner::people::import::municipality::Municipality;
use portner::people::import::names::LocalId;
use portner::people::import::{UNILOGIN_SCHEMA, unilogin, write};
use portner::texts::{Texts, Wording};

use super::sample::{SCHOOL, adult, delivery, employee, found, of, person, pupil, read, roster, rows};

#[test]
fn a_school_is_read_as_it_stands() {
    let delivery = read(SCHOOL);
    assert_eq!(found(&delivery), []);
    assert_eq!(delivery.source.as_str(), "eksempelsystem-101001");
    assert_eq!(
        delivery.sent_at.to_string(),
        "2026-11-30T05:00:00Z",
        "Danish time"
    );
    assert_eq!(delivery.institution.name.as_deref(), Some("Lillekøbing Skole"));
    let roster = roster(&delivery);
    assert_eq!((roster.groups.len(), roster.people.len()), (2, 4));
    assert_eq!(roster.groups[1].name.as_ref(), "Kor & band");
    let Part::Student(pupil) = &roster.people[0].part else {
        panic!()
    };
    assert_eq!(pupil.main_group.as_ref().map(LocalId::as_str), Some("3a"));
    assert_eq!(pupil.contacts.len(), 2);
    assert_eq!(
        (pupil.contacts[0].relation, pupil.contacts[0].custody),
        (Relation::Mor, true)
    );
    assert!(pupil.contacts[1].person.name.protected);
    let protected = &roster.people[1].person;
    assert_eq!(
        (protected.name.given.as_ref(), protected.name.protected),
        ("Glimur", true)
    );
    assert_eq!(
        protected.number.as_ref().unwrap().kind,
        CivilNumberKind::Replacement
    );
    let Part::Employee(teacher) = &roster.people[2].part else {
        panic!()
    };
    assert!(teacher.roles.contains(&Role::Lærer) && teacher.roles.contains(&Role::Leder));
    assert_eq!(roster.people[0].at, Place::line(21));
}

#[test]
fn what_is_written_is_read_again() {
    let mut text = Vec::new();
    write::unilogin(&read(SCHOOL), &mut text).unwrap();
    let again = read(std::str::from_utf8(&text).unwrap());
    let mut second = Vec::new();
    write::unilogin(&again, &mut second).unwrap();
    assert_eq!(text, second);
    assert_eq!(again.findings, []);
}

#[test]
fn the_schema_takes_the_school_and_what_we_write() {
    // Where there is no judge, the peers suite has one.
    if Command::new("xmllint").arg("--version").output().is_err() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let schema = dir.path().join("unilogin-import.xsd");
    std::fs::write(&schema, UNILOGIN_SCHEMA).unwrap();
    let made_up = municipality(1, 300);
    let mut written = Vec::new();
    write::unilogin(&made_up.deliveries().next().unwrap(), &mut written).unwrap();
    let gone = delivery("delete", "")
        .replace("<GroupName>3.A</GroupName>", "")
        .into_bytes();
    let wrong = SCHOOL
        .replace("<Role>Elev</Role>", "<Role>Rektor</Role>")
        .into_bytes();
    for (text, fits) in [
        (SCHOOL.as_bytes().to_vec(), true),
        (written, true),
        (gone, true),
        (wrong, false),
    ] {
        let file = dir.path().join("delivery.xml");
        std::fs::write(&file, text).unwrap();
        let judged = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .args([&schema, &file])
            .stderr(Stdio::null())
            .status();
        assert_eq!(judged.unwrap().success(), fits);
    }
}

fn municipality(schools: u32, people_each: u32) -> Municipality {
    Municipality {
        seed: 7,
        schools,
        people: schools * people_each,
        sent_at: "2026-11-30T05:00:00Z".parse().unwrap(),
    }
}

#[test]
fn a_made_up_municipality_is_whole_and_always_the_same() {
    let made_up = municipality(3, 400);
    let mut numbers = std::collections::HashSet::new();
    for (first, second) in made_up.deliveries().zip(made_up.deliveries()) {
        assert_eq!(first, second);
        let mut text = Vec::new();
        write::unilogin(&first, &mut text).unwrap();
        let read = read(std::str::from_utf8(&text).unwrap());
        assert_eq!(read.findings, []);
        assert_eq!(roster(&read).people.len(), 400);
        for person in &roster(&read).people {
            let number = person.person.number.clone().unwrap();
            assert!(numbers.insert(number.number), "nobody has the number of another");
            if let Some(born) = person.person.birth_date {
                assert!((2008..=2020).contains(&born.year()));
            }
        }
    }
    assert_eq!(numbers.len(), 1_200);
}

#[test]
fn a_made_up_municipality_is_as_one_could_be() {
    use portner::domain::stage::Stage;
    let mut stages = std::collections::BTreeSet::new();
    let mut kinds = std::collections::BTreeSet::new();
    let mut people = 0;
    for delivery in municipality(9, 501).deliveries() {
        let roster = roster(&delivery);
        people += roster.people.len();
        kinds.extend(roster.groups.iter().map(|group| group.kind));
        let mut sizes = std::collections::BTreeMap::<_, u32>::new();
        let (mut employed, mut protected, mut adults, mut with_custody) = (0, 0, 0, 0);
        for person in &roster.people {
            let protects = person.person.name.protected;
            protected += u32::from(protects);
            match &person.part {
                Part::Student(student) => {
                    stages.extend(student.level.stage());
                    *sizes.entry(student.main_group.clone().unwrap()).or_default() += 1;
                    adults += student.contacts.len();
                    with_custody += student.contacts.iter().filter(|one| one.custody).count();
                }
                Part::Employee(_) | Part::Extern(_) => employed += 1,
            }
        }
        assert!(sizes.values().all(|size| (9..=27).contains(size)), "{sizes:?}");
        assert!(
            sizes.values().collect::<std::collections::BTreeSet<_>>().len() > 3,
            "{sizes:?}"
        );
        assert_eq!(employed, roster.people.len() / 10);
        assert!((1..=30).contains(&protected), "{protected}");
        assert!(
            adults > 400 && with_custody > 350 && with_custody < adults,
            "{adults} {with_custody}"
        );
    }
    assert_eq!(people, 9 * 501);
    assert_eq!(
        stages.into_iter().collect::<Vec<_>>(),
        [
            Stage::Indskoling,
            Stage::Mellemtrin,
            Stage::Udskoling,
            Stage::Ungdomsuddannelse
        ]
    );
    assert!(kinds.len() >= 6, "{kinds:?}");
}

/// No number is one that a living person can have: a year to come, 1858, or a day that there is not.
#[test]
fn nobody_has_a_number_of_a_made_up_municipality() {
    for delivery in municipality(8, 300).deliveries() {
        for number in delivery.numbers() {
            match number {
                CivilNumber::Cpr(cpr) => {
                    let born = cpr.date_of_birth().year();
                    assert!(born == 1858 || (2037..=2056).contains(&born), "{born}");
                }
                CivilNumber::Replacement(replacement) => {
                    let day: u32 = replacement.expose()[..2].parse().unwrap();
                    assert!((61..=91).contains(&day), "{day}");
                }
            }
        }
    }
}

/// One row in a school that is otherwise well, and what is found of it.
fn faults_of(row: &str) -> Vec<Fault> {
    let delivery = read(&rows(row));
    delivery
        .findings
        .into_iter()
        .map(|finding| finding.fault)
        .collect()
}

fn id(text: &str) -> LocalId {
    LocalId::parse(text).unwrap()
}

#[test]
fn every_fault_of_a_row_is_found_and_named() {
    let plain = person("Zabo", "0102375001");
    let well = pupil("e1", &plain, "");
    let teacher = |roles: &str| employee("m1", &person("Ybbur", "0102585001"), roles);
    let bend = |from: &str, to: &str| well.replace(from, to);
    assert_eq!(faults_of(&well), []);
    for (row, expected) in [
        (
            bend("<FirstName>Zabo</FirstName>", ""),
            Fault::FieldMissing("FirstName"),
        ),
        (bend(" protected=\"false\"", ""), Fault::FieldMissing("protected")),
        (bend("<Level>3</Level>", ""), Fault::FieldMissing("Level")),
        (
            bend("<Level>3</Level>", "<Level>12</Level>"),
            Fault::FieldUnreadable("Level", Shown::of("12")),
        ),
        (
            bend("<Level>3</Level>", "<Level>3</Level><Level>4</Level>"),
            Fault::FieldRepeated("Level"),
        ),
        (
            bend("<Role>Elev</Role>", "<Role>Lærer</Role>"),
            Fault::FieldUnreadable("Role", Shown::of("Lærer")),
        ),
        (bend("Zabo", &"å".repeat(65)), Fault::FieldTooLong("FirstName")),
        (bend("Zabo", "Za\u{202e}bo"), Fault::FieldCharacters("FirstName")),
        (bend("Zabo", "Za&#x85;bo"), Fault::FieldCharacters("FirstName")),
        (
            bend("<LocalPersonId>e1", "<LocalPersonId>0102375001"),
            Fault::LocalIdIsNumber,
        ),
        (bend("0102375001", "3102375001"), Fault::NumberUnreadable),
        (bend("0102375001", "ukendt"), Fault::NumberUnreadable),
        (
            bend("<MainGroupId>3a", "<MainGroupId>9x"),
            Fault::MainGroupUnknown(id("9x")),
        ),
        (
            bend("<MainGroupId>3a", "<MainGroupId>kor"),
            Fault::MainGroupKind(id("kor")),
        ),
        (bend("<MainGroupId>3a</MainGroupId>", ""), Fault::MainGroupMissing),
        (
            bend("<Student>", "<Extern><Role>Ekstern</Role></Extern><Student>"),
            Fault::NotOnePart,
        ),
        (
            bend("protected=\"false\"", "protected=\"true\""),
            Fault::AliasMissing,
        ),
        (
            bend("protected=\"false\"", "protected=\"ja\""),
            Fault::FieldUnreadable("protected", Shown::of("ja")),
        ),
        (teacher(""), Fault::NoRole),
    ] {
        let found = faults_of(&row);
        assert_eq!(found, std::slice::from_ref(&expected), "{row}");
        assert_eq!(expected.weight(), Weight::RowRefused);
        assert_eq!(roster(&read(&rows(&row))).people, [], "{row}");
    }
    for (row, expected) in [
        (
            bend("</Person>", "<BirthDate>2099-01-01</BirthDate></Person>"),
            Fault::FieldIgnored("BirthDate", Shown::of("2099-01-01")),
        ),
        (
            bend("</Person>", "<BirthDate>2016-02-01</BirthDate></Person>"),
            Fault::NumberContradictsBirth,
        ),
        (
            bend("</Person>", "<Skostørrelse>31</Skostørrelse></Person>"),
            Fault::FieldUnknown(Shown::of("Skostørrelse")),
        ),
        (
            bend(
                "0102375001</CivilRegistrationNumber>",
                "6102174001</CivilRegistrationNumber><CivilRegistrationNumberType>CPR_VERIFIED</CivilRegistrationNumberType>",
            ),
            Fault::NumberIsReplacement,
        ),
        (
            bend("</MainGroupId>", "</MainGroupId><GroupId>væk</GroupId>"),
            Fault::GroupUnknown(id("væk")),
        ),
        (
            teacher("<Role>Lærer</Role><Role>Kok</Role>"),
            Fault::RoleUnknown(Shown::of("Kok")),
        ),
    ] {
        let delivery = read(&rows(&row));
        let found: Vec<_> = delivery
            .findings
            .iter()
            .map(|finding| finding.fault.clone())
            .collect();
        assert_eq!(found, [expected], "{row}");
        assert_eq!(roster(&delivery).people.len(), 1, "{row}");
    }
}

#[test]
fn what_is_wrong_with_an_adult_leaves_the_child() {
    let mother = person("Vælma", "0102585001");
    let full = "relation=\"Mor\" childCustody=\"true\"";
    let protected = mother.replace("protected=\"false\"", "protected=\"true\"");
    for (contacts, expected, kept) in [
        (adult(full, &mother), vec![], 1),
        (adult("relation=\"Mor\"", &mother), vec![Fault::CustodyMissing], 1),
        (
            adult("relation=\"Tante\" childCustody=\"true\"", &mother),
            vec![Fault::RelationUnknown(Shown::of("Tante"))],
            1,
        ),
        (
            adult(
                full,
                "<Person protected=\"false\"><FirstName>A</FirstName><FamilyName>B</FamilyName></Person>",
            ),
            vec![Fault::ContactNameless],
            0,
        ),
        (
            adult(full, &person("Vælma", "0102375001")),
            vec![Fault::ContactIsChild],
            0,
        ),
        (adult(full, &mother).repeat(2), vec![Fault::ContactTwice], 1),
        (adult(full, &protected), vec![Fault::ContactAliasMissing], 0),
        (
            adult(full, &mother.replace("Vælma", "")),
            vec![Fault::ContactUnreadable("FirstName")],
            0,
        ),
    ] {
        let delivery = read(&rows(&pupil("e1", &person("Zabo", "0102375001"), &contacts)));
        let found: Vec<_> = found(&delivery).into_iter().map(|(_, fault)| fault).collect();
        assert_eq!(found, expected, "{contacts}");
        let Part::Student(student) = &of(&delivery, "e1").unwrap().part else {
            panic!()
        };
        assert_eq!(student.contacts.len(), kept, "{contacts}");
        assert!(student.contacts.iter().all(|adult| adult.custody) || expected == [Fault::CustodyMissing]);
    }
}

#[test]
fn rows_that_contradict_each_other_are_both_refused() {
    let (one, two) = (person("Zabo", "0102375001"), person("Kvimo", "0202375002"));
    let twice = read(&rows(&(pupil("e1", &one, "") + &pupil("e1", &two, ""))));
    assert_eq!(
        found(&twice),
        [
            ("e1".to_owned(), Fault::LocalIdTwice(Place::line(7))),
            ("e1".to_owned(), Fault::LocalIdTwice(Place::line(6))),
        ]
    );
    assert_eq!(roster(&twice).people, []);
    assert!(
        twice.refused_people().contains(&id("e1")),
        "the person is not gone"
    );

    let same = read(&rows(
        &(pupil("e1", &one, "") + &pupil("e2", &person("Kvimo", "010237-5001"), "")),
    ));
    assert_eq!(
        found(&same),
        [
            ("e1".to_owned(), Fault::NumberTwice(Place::line(7))),
            ("e2".to_owned(), Fault::NumberTwice(Place::line(6))),
        ]
    );
    let pupil_and_trainee = pupil("e1", &one, "")
        + &pupil("x1", &one, "").replace(
            "<Student><Role>Elev</Role><Level>3</Level><MainGroupId>3a</MainGroupId></Student>",
            "<Extern><Role>Praktikant</Role></Extern>",
        );
    assert_eq!(
        found(&read(&rows(&pupil_and_trainee))),
        [],
        "one human may be two things"
    );
}

#[test]
fn who_is_protected_once_is_protected_everywhere() {
    let hidden = "<Person protected=\"true\"><FirstName>Ægte</FirstName><FamilyName>Navn</FamilyName>\
                  <AliasFirstName>Fnugus</AliasFirstName><AliasFamilyName>Tågebodam</AliasFamilyName>\
                  <CivilRegistrationNumber>0102585001</CivilRegistrationNumber></Person>";
    let open = person("Ægte", "0102585001");
    let contact = adult("relation=\"Far\" childCustody=\"true\"", &open);
    let delivery = read(&rows(
        &(pupil("e1", &person("Zabo", "0102375001"), &contact)
            + &employee("m1", hidden, "<Role>Lærer</Role>")),
    ));
    assert_eq!(
        found(&delivery),
        [("e1".to_owned(), Fault::ProtectedElsewhere(Place::line(7)))]
    );
    let everything = format!("{delivery:?}");
    assert!(
        everything.contains("Fnugus") && !everything.contains("Ægte"),
        "{everything}"
    );
}

#[test]
fn changes_and_removals_say_no_more_than_they_say() {
    let row = pupil("e1", &person("Zabo", "0102375001"), "<GroupId>andet</GroupId>");
    let changes = read(&delivery(
        "delta",
        &row.replace("<MainGroupId>3a", "<MainGroupId>4b"),
    ));
    assert_eq!(found(&changes), [], "groups may be known from before");
    assert!(matches!(&changes.content, Content::Changes(roster) if roster.people.len() == 1));

    let gone = "<InstitutionPerson><LocalPersonId>e1</LocalPersonId></InstitutionPerson>";
    let removals = read(&delivery("delete", &(gone.repeat(2) + &row.replace("e1", "e2"))));
    let Content::Removals(removals) = &removals.content else {
        panic!()
    };
    let ids: Vec<_> = removals
        .people
        .iter()
        .map(|removal| removal.local_id.as_str())
        .collect();
    assert_eq!((ids, removals.groups.len()), (vec!["e1", "e2"], 2));
}

#[test]
fn findings_are_told_in_both_languages_and_never_with_a_number_or_a_name() {
    let texts = Texts::new(Wording::default()).unwrap();
    let wrong = pupil("0102375001", &person("Zabo", "0102375001"), "")
        + &pupil("e1", &person("Zabo", "0102375009"), "").replace("<Level>3", "<Level>0102375009")
        + &pupil("e2", &person("Zabo", "010237-500"), "")
        + &pupil("e3", &person("Zabo\u{202e}", "0102375003"), "")
            .replace("<MainGroupId>3a", "<MainGroupId>0102375003")
        + &pupil("e4", &person("Zabo", "0102375004"), "").replace("\"false\"", "\"true\"");
    let delivery = read(&rows(&wrong));
    assert_eq!(delivery.findings.len(), 5);
    assert!(delivery.has_nameless_rows());
    assert_eq!(delivery.findings[0].subject, Subject::Nameless);
    for language in Language::ALL {
        for finding in &delivery.findings {
            let words = finding.words(&texts.in_language(language));
            let all = format!("{} {}", words.what, words.mend);
            assert!(
                !all.contains("import-") && !all.contains("0102") && !all.contains("Zabo"),
                "{all}"
            );
        }
    }
}

#[test]
fn the_way_and_the_file_do_not_contradict_each_other() {
    let silent = SCHOOL.replace(" kind=\"full\"", "");
    assert!(unilogin::read(silent.as_bytes(), None).is_err());
    assert!(unilogin::read(silent.as_bytes(), Some(unilogin::Kind::Changes)).is_ok());
    assert!(unilogin::read(SCHOOL.as_bytes(), Some(unilogin::Kind::Whole)).is_ok());
    assert!(unilogin::read(SCHOOL.as_bytes(), Some(unilogin::Kind::Changes)).is_err());
}
