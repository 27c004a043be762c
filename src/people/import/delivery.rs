//! One delivery of a source system, as data: what it says of one institution, whatever the format.
//!
//! Pure. What is not here is not read: addresses, telephone numbers, e-mail, photos, gender, occupation and
//! the student number decide nothing in a login, so that they are left where they are. The name behind an
//! alias is not here either.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::finding::{Finding, Subject, Weight};
use super::names::{LocalId, SchoolYear, SourceName, VisibleName};
use crate::domain::account::UniId;
use crate::domain::civil_number::{CivilNumber, CivilNumberKind};
use crate::domain::contact::Relation;
use crate::domain::group::GroupKind;
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::BareName;
use crate::domain::role::Role;
use crate::domain::stage::Level;

/// Everything that one source says of one institution at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The identity of the import. Whether it may speak for the institution is not decided here.
    pub source: SourceName,
    /// The form in which it came.
    pub format: Format,
    /// When the source says that it sent this (`sourceDateTime`); newer than the last one, or it is old news.
    pub sent_at: Timestamp,
    /// The school year that it is about.
    pub school_year: SchoolYear,
    /// The institution, of which every row is.
    pub institution: DeliveredInstitution,
    /// What it says.
    pub content: Content,
    /// What could not be taken as it stands, in the order of the file.
    pub findings: Vec<Finding>,
    /// Whom rows say to be protected, those that were not taken among them (L08).
    pub protected: Vec<ProtectedRow>,
}

/// Somebody whom a row says to have their name and address protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedRow {
    /// Where the row stands.
    pub at: Place,
    /// What the source calls them; nothing of an adult, who is in the row of a child.
    pub local_id: Option<LocalId>,
    /// What the source calls them as somebody's adult, where it does.
    pub contact_id: Option<LocalId>,
    /// The number that they are registered by, where it can be read.
    pub number: Option<CivilNumber>,
}

/// The form of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The XML of Danish administrative systems (`UNILoginImport`).
    UniloginXml,
    /// OneRoster 1.2, as a zip of CSV files.
    OneRosterCsv,
    /// The CSV of old, for moving in once; never as a running import (U69).
    MigrationCsv,
}

/// What an institution is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredInstitution {
    /// Its number.
    pub number: InstitutionNumber,
    /// Its name, where the source tells.
    pub name: Option<Box<str>>,
}

/// How much a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Everybody: who is not in it, and of whom no row was refused, has left.
    Whole(Roster),
    /// New and changed groups and people, each of them whole; nothing is said of the others.
    Changes(Roster),
    /// Who has left.
    Removals(Removals),
}

/// Groups and people, in the order of the file. No two groups have one local id, and no two people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// Classes and other groups; may be empty.
    pub groups: Vec<DeliveredGroup>,
    /// Everybody whose row could be read; may be empty.
    pub people: Vec<DeliveredPerson>,
}

/// Who and what is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removals {
    /// Groups that are no more.
    pub groups: Vec<Removal>,
    /// People who have left.
    pub people: Vec<Removal>,
}

/// One that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Where the row stands.
    pub at: Place,
    /// Who or what.
    pub local_id: LocalId,
}

/// A class or another group, as the source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredGroup {
    /// Where the row stands.
    pub at: Place,
    /// What the source calls it.
    pub local_id: LocalId,
    /// What people call it: `2.B`.
    pub name: Box<str>,
    /// What it is for.
    pub kind: GroupKind,
    /// How far its members have come.
    pub level: Option<Level>,
    /// The line of study, where there are several.
    pub line: Option<Box<str>>,
    /// Its first day.
    pub from: Option<Date>,
    /// Its last day, not before the first.
    pub to: Option<Date>,
}

/// A person at the institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredPerson {
    /// Where the row stands.
    pub at: Place,
    /// What the source calls them; never has their number in it.
    pub local_id: LocalId,
    /// Who they are.
    pub person: PersonData,
    /// What they are there.
    pub part: Part,
}

/// Who somebody is, as far as logins need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonData {
    /// The name to be shown.
    pub name: VisibleName,
    /// The number that they are registered by.
    pub number: Option<DeliveredNumber>,
    /// The day of birth, where the source tells.
    pub birth_date: Option<Date>,
    /// The UNI-ID that they have already, for moving in; never a reason to change one.
    pub uni_id: Option<UniId>,
    /// The user name that they have already, for moving in; never a reason to change one.
    pub user_name: Option<BareName>,
}

/// A number with what the source says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredNumber {
    /// The CPR number, or what the source has in its place.
    pub number: CivilNumber,
    /// Its kind; `Replacement` for every replacement number, whatever the source called it.
    pub kind: CivilNumberKind,
}

/// What somebody is at the institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A child, pupil or student.
    Student(Student),
    /// Somebody employed.
    Employee(Employee),
    /// Attached without employment.
    Extern(Extern),
}

/// A child, pupil or student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student {
    /// `Barn`, `Elev` or `Studerende`.
    pub role: Role,
    /// How far they have come.
    pub level: Level,
    /// Their class: a `Hovedgruppe`, where the delivery has the group. An `Elev` always has one.
    pub main_group: Option<LocalId>,
    /// Further groups, without the class.
    pub groups: BTreeSet<LocalId>,
    /// The adults of this child; may be empty.
    pub contacts: Vec<DeliveredContact>,
}

/// Somebody employed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// What they do; never empty.
    pub roles: BTreeSet<Role>,
    /// The initials that the school knows them by.
    pub short_name: Option<Box<str>>,
    /// Their groups: the classes that they teach, and teams.
    pub groups: BTreeSet<LocalId>,
}

/// Somebody attached without employment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extern {
    /// `Praktikant` or `Ekstern`.
    pub role: Role,
    /// The groups that they belong to; may be empty.
    pub groups: BTreeSet<LocalId>,
}

/// An adult of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredContact {
    /// Where the row stands.
    pub at: Place,
    /// What the source calls them, where it does. Without it, the person's number says who it is: one of
    /// the two is always there.
    pub local_id: Option<LocalId>,
    /// Who they are.
    pub person: PersonData,
    /// What they are to the child.
    pub relation: Relation,
    /// Whether they have custody; false where the source does not say.
    pub custody: bool,
    /// What the school lets them see, from 0 to 9, where the source tells; nothing is decided by it.
    pub access: Option<u8>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file inside of the delivery, where that has several.
    pub file: Option<&'static str>,
    /// The line, from 1.
    pub line: u32,
}

impl Place {
    /// A line of the only file.
    pub const fn line(line: u32) -> Self {
        Self { file: None, line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file {
            Some(file) => write!(f, "{file}:{}", self.line),
            None => self.line.fmt(f),
        }
    }
}

impl Roster {
    /// Whom its rows say to be protected.
    pub fn protected(&self) -> Vec<ProtectedRow> {
        let mut rows = Vec::new();
        for row in &self.people {
            let contacts = row.part.contacts();
            let number = |person: &PersonData| person.number.as_ref().map(|number| number.number.clone());
            if row.person.name.protected {
                rows.push(ProtectedRow {
                    at: row.at,
                    local_id: Some(row.local_id.clone()),
                    contact_id: None,
                    number: number(&row.person),
                });
            }
            let protected = contacts.iter().filter(|contact| contact.person.name.protected);
            rows.extend(protected.map(|contact| ProtectedRow {
                at: row.at,
                local_id: None,
                contact_id: contact.local_id.clone(),
                number: number(&contact.person),
            }));
        }
        rows
    }
}

impl Part {
    /// The adults, of a pupil.
    pub const fn contacts(&self) -> &[DeliveredContact] {
        match self {
            Self::Student(student) => student.contacts.as_slice(),
            Self::Employee(_) | Self::Extern(_) => &[],
        }
    }
}

impl Delivery {
    /// The groups and people, where it says any.
    pub const fn roster(&self) -> Option<&Roster> {
        match &self.content {
            Content::Whole(roster) | Content::Changes(roster) => Some(roster),
            Content::Removals(_) => None,
        }
    }

    /// The numbers of everybody in it, of their adults too.
    pub fn numbers(&self) -> impl Iterator<Item = &CivilNumber> {
        let people = self.roster().map_or(&[][..], |roster| roster.people.as_slice());
        people.iter().flat_map(|row| {
            let contacts = row.part.contacts().iter().map(|contact| &contact.person);
            let everybody = std::iter::once(&row.person).chain(contacts);
            everybody.filter_map(|person| Some(&person.number.as_ref()?.number))
        })
    }

    /// The people of whom a row was refused. They are in the source, so that nobody takes them for gone.
    pub fn refused_people(&self) -> BTreeSet<&LocalId> {
        self.refused().filter_map(Subject::person).collect()
    }

    /// The groups of which a row was refused. They are in the source, so that nobody takes them for gone.
    pub fn refused_groups(&self) -> BTreeSet<&LocalId> {
        self.refused().filter_map(Subject::group).collect()
    }

    /// Whether a row was refused of which nobody can say whose it is: who seems to be gone may be there.
    pub fn has_nameless_rows(&self) -> bool {
        self.refused().any(|subject| *subject == Subject::Nameless)
    }

    fn refused(&self) -> impl Iterator<Item = &Subject> {
        self.findings
            .iter()
            .filter(|finding| finding.fault.weight() == Weight::RowRefused)
            .map(|finding| &finding.subject)
    }
}
