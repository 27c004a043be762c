//! Reads the CSV of old, once, for a school that moves in (U69). It is never a running import: a delivery
//! that came by it is marked as such, and refused where its source has told something already.
//! `portner import migrate` brings it in.
//!
//! One table with semicolons, in UTF-8 or Windows-1252; the columns are in the manual. The file says nothing
//! of itself, so that whoever brings it in says what it is of.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use jiff::Timestamp;

use super::csv::{Record, Table};
use super::delivery::{
    Content, DeliveredGroup, DeliveredInstitution, DeliveredPerson, Delivery, Employee, Extern, Format, Part,
    Place, Student,
};
use super::encoding::windows_1252;
use super::finding::{Fault, Subject};
use super::gathering::{Gathering, OtherGroups};
use super::names::{LONGEST_ID, LocalId, SchoolYear, SourceName};
use super::person::{Faults, PersonTexts, Text};
use super::refusal::DeliveryRefusal;
use super::unilogin_rows::{employee_roles, role_of};
use super::values::whole;
use crate::domain::actor::ActorGroup;
use crate::domain::group::GroupKind;
use crate::domain::institution::InstitutionNumber;
use crate::domain::stage::Level;

const FILE: &str = "csv";
const COLUMNS: [&str; 6] = ["lokalt_id", "fornavn", "efternavn", "rolle", "trin", "klasse"];

/// What the file is of, as whoever brings it in says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The identity of the import; another than that of any running one.
    pub source: SourceName,
    /// When the list was made.
    pub sent_at: Timestamp,
    /// The school year.
    pub school_year: SchoolYear,
    /// The institution.
    pub institution: InstitutionNumber,
}

/// Reads the list, which is everybody.
pub fn read(reader: impl Read, origin: Origin) -> Result<Delivery, DeliveryRefusal> {
    let bytes = whole(reader)?;
    let text = text(bytes)?;
    let mut table = Table::new(text.as_bytes(), ';', FILE, false, &COLUMNS)?;
    let mut gathering = Gathering::default();
    let mut groups: BTreeMap<LocalId, DeliveredGroup> = BTreeMap::new();
    while let Some(row) = table.next()? {
        match row {
            Err(at) => gathering.find(at, Subject::Nameless, Fault::RowLength)?,
            Ok(row) => person(row, &origin, &mut groups, &mut gathering)?,
        }
    }
    for (id, group) in groups {
        gathering.group(group.at, Some(id), Some(group), Faults::default())?;
    }
    let gathered = gathering.finish(OtherGroups::AreNone)?;
    Ok(Delivery {
        source: origin.source,
        format: Format::MigrationCsv,
        sent_at: origin.sent_at,
        school_year: origin.school_year,
        institution: DeliveredInstitution {
            number: origin.institution,
            name: None,
        },
        content: Content::Whole(gathered.roster),
        findings: gathered.findings,
        protected: gathered.protected,
    })
}

/// UTF-8 where it is, otherwise Windows-1252.
fn text(bytes: Vec<u8>) -> Result<String, DeliveryRefusal> {
    String::from_utf8(bytes).or_else(|error| {
        let mut line = 1;
        let mut text = String::with_capacity(error.as_bytes().len());
        for byte in error.as_bytes() {
            text.push(windows_1252(*byte).ok_or(DeliveryRefusal::Encoding { line })?);
            line += u32::from(*byte == b'\n');
        }
        Ok(text)
    })
}

fn person(
    row: Record<'_>,
    origin: &Origin,
    groups: &mut BTreeMap<LocalId, DeliveredGroup>,
    gathering: &mut Gathering,
) -> Result<(), DeliveryRefusal> {
    let mut faults = Faults::default();
    let id = row.text("lokalt_id").id(&mut faults);
    let texts = PersonTexts {
        given: row.text("fornavn"),
        family: row.text("efternavn"),
        protected: Text {
            field: "beskyttet",
            text: row.get("beskyttet").map(yes_or_no_in_danish),
        },
        protection_is_stated: false,
        alias_given: row.text("alias_fornavn"),
        alias_family: row.text("alias_efternavn"),
        number: row.text("cpr"),
        number_kind: Text {
            field: "cpr",
            text: None,
        },
        birth_date: row.text("fødselsdato"),
        uni_id: row.text("uni_id"),
        user_name: row.text("brugernavn"),
    };
    let person = texts.read(origin.sent_at, &mut faults);
    let part = part(row, groups, &mut faults);
    let person = match (id.clone(), person, part) {
        (Some(local_id), Some(person), Some(part)) => Some(DeliveredPerson {
            at: row.at,
            local_id,
            person,
            part,
        }),
        _ => None,
    };
    gathering.person(row.at, id, person, faults)
}

fn yes_or_no_in_danish(text: &str) -> &str {
    match text {
        "ja" | "Ja" | "J" => "true",
        "nej" | "Nej" | "N" => "false",
        other => other,
    }
}

fn part(
    row: Record<'_>,
    groups: &mut BTreeMap<LocalId, DeliveredGroup>,
    faults: &mut Faults,
) -> Option<Part> {
    let role = row.text("rolle");
    let level = row.text("trin").dispensable(Level::parse, faults);
    let class = row
        .text("klasse")
        .optional(LONGEST_ID / 2, faults)
        .and_then(|name| named(row.at, name, GroupKind::Hovedgruppe, level, groups));
    let teams: BTreeSet<LocalId> = row
        .list("hold")
        .filter_map(|name| named(row.at, name, GroupKind::Hold, None, groups))
        .collect();
    let said = role.said().unwrap_or_default();
    if let Some(role) = role_of(ActorGroup::Elev, said) {
        let Some(level) = level else {
            faults.push(Fault::FieldMissing("trin"));
            return None;
        };
        return Some(Part::Student(Student {
            role,
            level,
            main_group: class,
            groups: teams,
            contacts: Vec::new(),
        }));
    }
    let groups = teams.into_iter().chain(class).collect();
    if let Some(role) = role_of(ActorGroup::Ekstern, said) {
        return Some(Part::Extern(Extern { role, groups }));
    }
    let roles = row.list("rolle").map(|role| Text {
        field: "rolle",
        text: Some(role),
    });
    Some(Part::Employee(Employee {
        roles: employee_roles(roles, faults)?,
        short_name: row.text("initialer").optional(LONGEST_ID, faults).map(Into::into),
        groups,
    }))
}

/// A group by its name, which is all that the list has of it.
fn named(
    at: Place,
    name: &str,
    kind: GroupKind,
    level: Option<Level>,
    groups: &mut BTreeMap<LocalId, DeliveredGroup>,
) -> Option<LocalId> {
    let id = LocalId::parse(&format!("{} {name}", kind.as_str())).ok()?;
    groups.entry(id.clone()).or_insert_with(|| DeliveredGroup {
        at,
        local_id: id.clone(),
        name: name.into(),
        kind,
        level,
        line: None,
        from: None,
        to: None,
    });
    Some(id)
}
