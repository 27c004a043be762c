//! Reads OneRoster 1.2 in its CSV binding: a zip of tables, whole (`bulk`) (U65).
//!
//! A zip may hold several schools; each is a delivery of its own. What Danish logins need and OneRoster does
//! not have stands in extension columns, which the standard lets begin with `metadata.`: see the manual.
//! Passwords in `users.csv` are not looked at.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use jiff::Timestamp;
use jiff::civil::Date;

use super::csv::Table;
use super::delivery::{Content, DeliveredGroup, DeliveredInstitution, Delivery, Format, Place};
use super::finding::{Fault, Shown, Subject};
use super::gathering::{Gathering, MOST_ROWS, OtherGroups};
use super::names::{LONGEST_NAME, SchoolYear, SourceName, plain};
use super::oneroster_people::{People, SchoolView};
use super::person::{Faults, Text};
use super::refusal::DeliveryRefusal;
use super::values::{danish_date, day, moment, whole};
use super::zip::{Archive, Unpacked};
use crate::domain::group::GroupKind;
use crate::domain::institution::InstitutionNumber;
use crate::domain::stage::Level;

const MANIFEST: &str = "manifest.csv";
const ORGS: &str = "orgs.csv";
const CLASSES: &str = "classes.csv";
const SESSIONS: &str = "academicSessions.csv";

/// No zip has more rows: several in each table for each of the people of a large municipality.
const MOST_ROWS_OF_ZIP: usize = 8 * MOST_ROWS;
/// With more rows that are of nobody knows which school, nobody should trust the rest.
const MOST_BROKEN: usize = 100;
/// No zip has more schools: a municipality has a tenth of it.
const MOST_SCHOOLS: usize = 1_000;

/// The tables that must be there, and whole.
const NEEDED: [&str; 5] = [
    "file.orgs",
    "file.users",
    "file.roles",
    "file.classes",
    "file.enrollments",
];

/// A table of the zip.
pub(super) type ZipTable<'z> = Table<Unpacked<'z>>;

/// Reads the deliveries of all schools in a zip, in the order of their numbers.
pub fn read(reader: impl Read) -> Result<Vec<Delivery>, DeliveryRefusal> {
    let bytes = whole(reader)?;
    let archive = Archive::read(&bytes)?;
    let head = Head::read(&archive)?;
    let mut rows = RowCount::default();
    let mut schools = schools(&archive, &mut rows)?;
    if schools.is_empty() {
        return Err(DeliveryRefusal::Head { field: ORGS });
    }
    let mut broken = Vec::new();
    read_classes(&archive, &mut schools, &mut rows, &mut broken)?;
    let people = {
        let ids = schools.keys().map(String::as_str).collect();
        People::read(&archive, head.today(), &ids, rows, broken)?
    };
    let mut deliveries = Vec::new();
    let by_number: BTreeMap<InstitutionNumber, String> = schools
        .iter()
        .map(|(id, school)| (school.institution.number.clone(), id.clone()))
        .collect();
    if by_number.len() < schools.len() {
        return Err(DeliveryRefusal::Head { field: "identifier" });
    }
    for id in by_number.into_values() {
        if let Some(school) = schools.remove(&id) {
            deliveries.push(school.deliver(&id, &people, &head)?);
        }
    }
    if let Some(first) = deliveries.first_mut() {
        first.findings.extend(people.homeless());
    }
    Ok(deliveries)
}

/// When a zip says that it was written.
pub(super) fn sent_at(reader: impl Read) -> Option<Timestamp> {
    let bytes = whole(reader).ok()?;
    let archive = Archive::read(&bytes).ok()?;
    Head::read(&archive).ok().map(|head| head.sent_at)
}

/// Opens a table that must be there.
pub(super) fn table<'z>(
    archive: &Archive<'z>,
    file: &'static str,
    columns: &[&'static str],
) -> Result<ZipTable<'z>, DeliveryRefusal> {
    let unpacked = archive.open(file).ok_or(DeliveryRefusal::File { file })?;
    Table::new(unpacked, ',', file, true, columns)
}

/// What the zip as a whole says.
struct Head {
    source: SourceName,
    sent_at: Timestamp,
    school_year: SchoolYear,
}

impl Head {
    fn read(archive: &Archive<'_>) -> Result<Self, DeliveryRefusal> {
        let mut properties = HashMap::new();
        let mut manifest = table(archive, MANIFEST, &["propertyName", "value"])?;
        while let Some(row) = manifest.next()? {
            let Ok(row) = row else { continue };
            if let (Some(name), Some(value)) = (row.get("propertyName"), row.get("value")) {
                properties.insert(name.to_owned(), value.to_owned());
            }
        }
        let property = |name: &str| properties.get(name).map(String::as_str);
        if property("oneroster.version") != Some("1.2") {
            return Err(DeliveryRefusal::Head {
                field: "oneroster.version",
            });
        }
        for field in NEEDED {
            if property(field) != Some("bulk") {
                return Err(DeliveryRefusal::Head { field });
            }
        }
        let source = property("source.systemCode").or_else(|| property("source.systemName"));
        let source = source.and_then(|name| SourceName::parse(name).ok());
        let sent_at = match property("metadata.sourceDateTime") {
            Some(text) => moment(text),
            None => archive.packed_at(MANIFEST),
        };
        let sent_at = sent_at.ok_or(DeliveryRefusal::Head {
            field: "metadata.sourceDateTime",
        })?;
        Ok(Self {
            source: source.ok_or(DeliveryRefusal::Head {
                field: "source.systemCode",
            })?,
            sent_at,
            school_year: school_year(archive, danish_date(sent_at))?,
        })
    }

    fn today(&self) -> Date {
        danish_date(self.sent_at)
    }
}

/// The school year of the day, where the zip tells; otherwise the one that begins on 1 August.
fn school_year(archive: &Archive<'_>, today: Date) -> Result<SchoolYear, DeliveryRefusal> {
    let usual = SchoolYear::of(today).ok_or(DeliveryRefusal::Head { field: "schoolYear" })?;
    if archive.open(SESSIONS).is_none() {
        return Ok(usual);
    }
    let mut sessions = table(archive, SESSIONS, &["type", "startDate", "endDate", "schoolYear"])?;
    while let Some(row) = sessions.next()? {
        let Ok(row) = row else { continue };
        let date = |column| row.get(column).and_then(day);
        let (Some(start), Some(end)) = (date("startDate"), date("endDate")) else {
            continue;
        };
        if row.get("type") != Some("schoolYear") || !(start..=end).contains(&today) {
            continue;
        }
        // The standard names a school year after the calendar year in which it ends.
        let last = row.get("schoolYear").and_then(|year| year.parse::<u16>().ok());
        let year = last.map(|last| format!("{:04}-{last:04}", last.saturating_sub(1)));
        let year = year.and_then(|year| SchoolYear::parse(&year).ok());
        return year.ok_or(DeliveryRefusal::Head { field: "schoolYear" });
    }
    Ok(usual)
}

/// The rows of all tables of a zip so far: each takes room, whatever it says (K02).
#[derive(Debug, Default)]
pub(super) struct RowCount(usize);

impl RowCount {
    /// Counts one more.
    pub(super) fn one(&mut self) -> Result<(), DeliveryRefusal> {
        self.0 += 1;
        if self.0 > MOST_ROWS_OF_ZIP {
            Err(DeliveryRefusal::TooManyRows {
                most: MOST_ROWS_OF_ZIP,
            })
        } else {
            Ok(())
        }
    }
}

/// Notes a row that could not be told apart: it may be of any school, and is told of each.
pub(super) fn note_broken(broken: &mut Vec<Place>, at: Place) -> Result<(), DeliveryRefusal> {
    if broken.len() >= MOST_BROKEN {
        return Err(DeliveryRefusal::TooManyFaults { most: MOST_BROKEN });
    }
    broken.push(at);
    Ok(())
}

/// A school, and what its rows say.
struct School {
    institution: DeliveredInstitution,
    gathering: Gathering,
    /// Kinds of its classes, by their ids.
    classes: HashMap<String, GroupKind>,
}

/// The schools, by their ids; other orgs are around them and say nothing.
fn schools(archive: &Archive<'_>, rows: &mut RowCount) -> Result<HashMap<String, School>, DeliveryRefusal> {
    const REFUSED: DeliveryRefusal = DeliveryRefusal::Head { field: "identifier" };
    let mut schools = HashMap::new();
    let mut orgs = table(archive, ORGS, &["sourcedId", "name", "type", "identifier"])?;
    while let Some(row) = orgs.next()? {
        rows.one()?;
        let Ok(row) = row else { return Err(REFUSED) };
        if row.get("type") != Some("school") {
            continue;
        }
        let number = row
            .get("identifier")
            .and_then(|text| InstitutionNumber::parse(text).ok());
        let id = row.get("sourcedId").ok_or(REFUSED)?;
        let name = row.get("name").and_then(|name| plain(name, LONGEST_NAME).ok());
        let school = School {
            institution: DeliveredInstitution {
                number: number.ok_or(REFUSED)?,
                name: name.map(Into::into),
            },
            gathering: Gathering::default(),
            classes: HashMap::new(),
        };
        if schools.insert(id.to_owned(), school).is_some() {
            return Err(REFUSED);
        }
        if schools.len() > MOST_SCHOOLS {
            return Err(DeliveryRefusal::TooManyRows { most: MOST_SCHOOLS });
        }
    }
    Ok(schools)
}

fn read_classes(
    archive: &Archive<'_>,
    schools: &mut HashMap<String, School>,
    rows: &mut RowCount,
    broken: &mut Vec<Place>,
) -> Result<(), DeliveryRefusal> {
    let columns = ["sourcedId", "title", "classType", "schoolSourcedId"];
    let mut classes = table(archive, CLASSES, &columns)?;
    while let Some(row) = classes.next()? {
        rows.one()?;
        let row = match row {
            Ok(row) => row,
            Err(at) => {
                note_broken(broken, at)?;
                continue;
            }
        };
        let mut faults = Faults::default();
        let id = row.text("sourcedId").id(&mut faults);
        let Some(school) = row.get("schoolSourcedId").and_then(|id| schools.get_mut(id)) else {
            let value = Shown::of(row.get("schoolSourcedId").unwrap_or_default());
            let subject = id.map_or(Subject::Nameless, Subject::Group);
            if let Some(school) = schools.values_mut().next() {
                school
                    .gathering
                    .find(row.at, subject, Fault::OtherInstitution(value))?;
            }
            continue;
        };
        let name = row.text("title").required(LONGEST_NAME, &mut faults);
        let kind = row.text("classType").value(class_kind, &mut faults);
        let level = level_of(row.text("grades"), &mut faults);
        if let (Some(id), Some(kind)) = (&id, kind) {
            school.classes.insert(id.as_str().to_owned(), kind);
        }
        let group = match (id.clone(), name, kind) {
            (Some(local_id), Some(name), Some(kind)) => Some(DeliveredGroup {
                at: row.at,
                local_id,
                name: name.into(),
                kind,
                level,
                line: None,
                from: None,
                to: None,
            }),
            _ => None,
        };
        school.gathering.group(row.at, id, group, faults)?;
    }
    Ok(())
}

fn class_kind(text: &str) -> Option<GroupKind> {
    match text {
        "homeroom" => Some(GroupKind::Hovedgruppe),
        "scheduled" => Some(GroupKind::Hold),
        _ => None,
    }
}

/// One level for somebody or something that has exactly one.
pub(super) fn level_of(grades: Text<'_>, faults: &mut Faults) -> Option<Level> {
    if grades.said().is_some_and(|text| text.contains(',')) {
        return Some(Level::Other);
    }
    grades.dispensable(level, faults)
}

/// A level as Danish imports spell it, or in the words of CEDS, which the standard asks for.
pub(super) fn level(text: &str) -> Option<Level> {
    let danish = match text {
        "IT" | "PR" | "PK" | "TK" | "PS" => "DT",
        "KG" => "0",
        "11" => "U1",
        "12" => "U2",
        "13" => "U3",
        "AE" => "VU",
        "UG" | "Other" => "Andet",
        _ => match text.strip_prefix('0') {
            Some(digit) if digit.len() == 1 => digit,
            _ => text,
        },
    };
    Level::parse(danish)
}

impl School {
    fn deliver(mut self, id: &str, people: &People, head: &Head) -> Result<Delivery, DeliveryRefusal> {
        let view = SchoolView {
            id,
            classes: &self.classes,
        };
        people.at(&view, &mut self.gathering)?;
        let gathered = self.gathering.finish(OtherGroups::AreNone)?;
        Ok(Delivery {
            source: head.source.clone(),
            format: Format::OneRosterCsv,
            sent_at: head.sent_at,
            school_year: head.school_year,
            institution: self.institution,
            content: Content::Whole(gathered.roster),
            findings: gathered.findings,
            protected: gathered.protected,
        })
    }
}
