//! More targets: what a school's system, or somebody in its place, delivers.

use std::fmt::Write as _;

use jiff::Timestamp;
use portner::domain::institution::InstitutionNumber;
use portner::domain::text::misleads;
use portner::people::import::delivery::{Content, DeliveredPerson, Delivery, Part};
use portner::people::import::names::{LocalId, SchoolYear, SourceName};
use portner::people::import::refusal::DeliveryRefusal;
use portner::people::import::{migration, oneroster, read, unilogin, write};

use super::Target;
use super::targets::{Verdict, judged};
use crate::imports::{honest_tables, honest_zip};

/// The XML. What is taken of it holds what every delivery promises, and is read again when we write it.
pub(super) const UNILOGIN: Target = Target {
    name: "unilogin_import",
    run: unilogin_import,
    fresh: Vec::new,
    words: &[
        "<InstitutionPerson><LocalPersonId>",
        "<Person protected=\"true\">",
        "<AliasFirstName>Z</AliasFirstName>",
        "<ContactPerson relation=\"Mor\" childCustody=\"1\">",
        "<MainGroupId>3a</MainGroupId>",
        "<CivilRegistrationNumber>6102174004",
        "<CivilRegistrationNumberType>CPR_REPLACEMENT_ID",
        " kind=\"delta\"",
        " kind=\"delete\"",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
        " xmlns=\"urn:x:y\"",
        "</Institution><Institution>",
        "<!-- -->",
        "&#xD;",
        "\u{202e}",
    ],
};

fn unilogin_import(input: &[u8]) -> Verdict {
    let outcome = read(input, None);
    let Ok(delivery) = unilogin::read(input, None) else {
        return judged(outcome);
    };
    keeps_its_promises(&delivery);
    if delivery.findings.is_empty() {
        let mut text = Vec::new();
        write::unilogin(&delivery, &mut text).unwrap();
        let again = unilogin::read(text.as_slice(), None).unwrap();
        let mut second = Vec::new();
        write::unilogin(&again, &mut second).unwrap();
        assert_eq!(again.findings, [], "what was well is well again");
        assert_eq!(text, second, "what was taken is taken again");
    }
    verdict(&delivery)
}

/// The zip of OneRoster, and its tables by themselves: a changed byte inside of a zip never reaches them.
pub(super) const ONEROSTER: Target = Target {
    name: "oneroster",
    run: oneroster_import,
    fresh: || vec![honest_zip(&honest_tables()), tables_as_text()],
    words: &[
        "PK\u{1}\u{2}",
        "PK\u{3}\u{4}",
        "PK\u{5}\u{6}",
        "\"",
        "\"\"",
        ",",
        "\r\n",
        ",true,",
        "homeroom",
        "metadata.dk.protected",
        "../",
    ],
};

/// All tables in one text, with lines of `=====` between them.
fn tables_as_text() -> Vec<u8> {
    let mut text = Vec::new();
    for (name, content) in honest_tables() {
        text.extend(format!("\n====={name}\n").bytes());
        text.extend(content);
    }
    text
}

fn oneroster_import(input: &[u8]) -> Verdict {
    let mut tables: Vec<(String, Vec<u8>)> = Vec::new();
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=====") {
            Some(name) => tables.push((
                String::from_utf8_lossy(name.trim_ascii()).into_owned(),
                Vec::new(),
            )),
            None => {
                if let Some((_, content)) = tables.last_mut() {
                    content.extend(line);
                }
            }
        }
    }
    tables.truncate(60);
    tables.retain(|(name, _)| name.len() < 60);
    let packed = honest_zip(&tables);
    let mut verdict = judged(oneroster::read(input).map(drop));
    match oneroster::read(packed.as_slice()) {
        Err(refusal) => verdict += &judged::<(), _>(Err(refusal)),
        Ok(deliveries) => {
            for delivery in &deliveries {
                keeps_its_promises(delivery);
                verdict += &self::verdict(delivery);
            }
        }
    }
    verdict
}

/// The list of old.
pub(super) const MIGRATION: Target = Target {
    name: "migration_csv",
    run: migration_csv,
    fresh: Vec::new,
    words: &[
        ";",
        "\"",
        "\r\n",
        "Elev",
        "Lærer,Leder",
        ";ja;",
        "\u{feff}",
        "0102375001",
    ],
};

fn migration_csv(input: &[u8]) -> Verdict {
    let origin = migration::Origin {
        source: SourceName::parse("flytning").unwrap(),
        sent_at: Timestamp::UNIX_EPOCH,
        school_year: SchoolYear::parse("1969-1970").unwrap(),
        institution: InstitutionNumber::parse("101001").unwrap(),
    };
    let read: Result<Delivery, DeliveryRefusal> = migration::read(input, origin);
    match read {
        Ok(delivery) => {
            keeps_its_promises(&delivery);
            verdict(&delivery)
        }
        Err(refusal) => judged::<(), _>(Err(refusal)),
    }
}

fn verdict(delivery: &Delivery) -> Verdict {
    let mut verdict = String::new();
    let mut keys: Vec<_> = delivery
        .findings
        .iter()
        .map(|finding| finding.fault.key())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        write!(verdict, " {key}").unwrap();
    }
    verdict
}

/// What the model says of every delivery.
fn keeps_its_promises(delivery: &Delivery) {
    let Content::Whole(roster) = &delivery.content else {
        return;
    };
    let mut ids: Vec<_> = roster.people.iter().map(|person| &person.local_id).collect();
    let people = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), people, "a local id is one person's");
    let is_shown =
        |person: &DeliveredPerson| person.person.number.is_some() || !person.local_id.reads_as_number();
    assert!(roster.people.iter().all(is_shown), "no id is a number");
    let refused = delivery.refused_people();
    for person in &roster.people {
        assert!(!refused.contains(&person.local_id), "taken and refused");
        assert!(person.everybody().all(|(_, data)| {
            let name = &data.name;
            [&name.given, &name.family]
                .iter()
                .all(|text| !text.is_empty() && !text.contains(misleads))
        }));
        part_is_whole(delivery, person);
    }
}

fn part_is_whole(delivery: &Delivery, person: &DeliveredPerson) {
    let roster = delivery.roster().unwrap();
    let is_there = |id: &LocalId| {
        roster.groups.iter().any(|group| group.local_id == *id) || delivery.refused_groups().contains(id)
    };
    assert!(person.part.groups().iter().all(is_there), "groups are there");
    if let Part::Student(student) = &person.part {
        assert!(student.main_group.iter().all(is_there), "the class is there");
        assert!(
            student
                .contacts
                .iter()
                .all(|adult| adult.local_id.is_some() || adult.person.number.is_some()),
            "an adult is somebody"
        );
    }
    if let Part::Employee(employee) = &person.part {
        assert!(!employee.roles.is_empty());
    }
}
