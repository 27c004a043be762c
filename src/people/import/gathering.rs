//! The rows of one institution, gathered while they are read, and held against each other at the end.
//!
//! What one row cannot know is decided here: two rows with one local id, two people with one number, groups
//! that are not there, and who is protected in one row and not in another.

use std::collections::{BTreeSet, HashMap};

use super::delivery::{
    DeliveredGroup, DeliveredPerson, Part, PersonData, Place, ProtectedRow, Removal, Roster, Student,
};
use super::finding::{Fault, Finding, Shown, Subject};
use super::names::{LocalId, VisibleName};
use super::person::Faults;
use super::refusal::DeliveryRefusal;
use crate::domain::civil_number::CivilNumber;
use crate::domain::group::GroupKind;
use crate::domain::role::Role;

/// No institution has more rows; a municipality has a tenth of it.
pub(super) const MOST_ROWS: usize = 300_000;
/// Beyond this nobody reads on, and nobody should trust the rest.
pub(super) const MOST_FAULTS: usize = 10_000;
/// Unknown fields are told once each, and no more than these.
const MOST_UNKNOWN: usize = 32;

/// The rows of one institution so far.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    groups: Vec<DeliveredGroup>,
    people: Vec<DeliveredPerson>,
    findings: Vec<Finding>,
    /// Where each local id stands first; rows that were refused count too.
    group_ids: HashMap<LocalId, Place>,
    person_ids: HashMap<LocalId, Place>,
    /// Where local ids stand again: none of their rows is taken.
    groups_twice: HashMap<LocalId, Place>,
    people_twice: HashMap<LocalId, Place>,
    unknown: BTreeSet<Box<str>>,
    /// Whom rows say to be protected, with the alias where it is told; rows that were refused count too.
    protected: Vec<(ProtectedRow, Option<VisibleName>)>,
    rows: usize,
}

/// The rows of one institution, held against each other.
#[derive(Debug)]
pub(super) struct Gathered {
    /// What was taken.
    pub(super) roster: Roster,
    /// What was not, and what is to be looked at.
    pub(super) findings: Vec<Finding>,
    /// Whom rows say to be protected.
    pub(super) protected: Vec<ProtectedRow>,
}

/// What is done with groups that the delivery does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherGroups {
    /// The delivery says everything: there are none.
    AreNone,
    /// They may be known from before.
    MayBeKnown,
}

impl Gathering {
    /// Notes one finding.
    pub(super) fn find(&mut self, at: Place, subject: Subject, fault: Fault) -> Result<(), DeliveryRefusal> {
        if self.findings.len() >= MOST_FAULTS {
            return Err(DeliveryRefusal::TooManyFaults { most: MOST_FAULTS });
        }
        self.findings.push(Finding { at, subject, fault });
        Ok(())
    }

    /// Notes a field that the format does not have, the first time.
    pub(super) fn unknown_field(&mut self, at: Place, name: &str) -> Result<(), DeliveryRefusal> {
        if self.unknown.len() >= MOST_UNKNOWN || self.unknown.contains(name) {
            return Ok(());
        }
        self.unknown.insert(name.into());
        self.find(at, Subject::Delivery, Fault::FieldUnknown(Shown::of(name)))
    }

    /// Takes a group, or what is wrong with its row.
    pub(super) fn group(
        &mut self,
        at: Place,
        id: Option<LocalId>,
        group: Option<DeliveredGroup>,
        mut faults: Faults,
    ) -> Result<(), DeliveryRefusal> {
        self.count()?;
        if let Some(id) = id.as_ref().filter(|id| id.is_cpr_number()) {
            self.group_ids.entry(id.clone()).or_insert(at);
            faults.push(Fault::LocalIdIsNumber);
            return self.note(at, &Subject::Nameless, faults);
        }
        if let Some(id) = &id
            && let Some(first) = claim(&mut self.group_ids, &mut self.groups_twice, id, at)
        {
            faults.push(Fault::LocalIdTwice(first));
        }
        let well = id.is_some() && !faults.refuse_row();
        self.note(at, &id.map_or(Subject::Nameless, Subject::Group), faults)?;
        self.groups.extend(group.filter(|_| well));
        Ok(())
    }

    /// Takes a person, or what is wrong with their row.
    pub(super) fn person(
        &mut self,
        at: Place,
        id: Option<LocalId>,
        person: Option<DeliveredPerson>,
        mut faults: Faults,
    ) -> Result<(), DeliveryRefusal> {
        self.count()?;
        // Whoever is kept under an id can be found by it: it must not be the number that is sealed beside it.
        let is_number = |id: &LocalId| match person.as_ref().map(|person| &person.person) {
            Some(data) if data.number.is_some() => id.is_cpr_number() || data.has_number_in(id.as_str()),
            _ => id.reads_as_number(),
        };
        if id.as_ref().is_some_and(is_number) {
            faults.push(Fault::LocalIdIsNumber);
            self.note(at, &Subject::Nameless, faults)?;
            return Ok(());
        }
        if let Some(id) = &id
            && let Some(first) = claim(&mut self.person_ids, &mut self.people_twice, id, at)
        {
            faults.push(Fault::LocalIdTwice(first));
        }
        let well = id.is_some() && !faults.refuse_row();
        self.note(at, &id.map_or(Subject::Nameless, Subject::Person), faults)?;
        self.people.extend(person.filter(|_| well));
        Ok(())
    }

    /// Takes a row of who or what is gone; nothing where it was named before.
    pub(super) fn removal(
        &mut self,
        at: Place,
        id: Option<LocalId>,
        subject: fn(LocalId) -> Subject,
        faults: Faults,
    ) -> Result<Option<Removal>, DeliveryRefusal> {
        self.count()?;
        let named = id.clone().map_or(Subject::Nameless, subject);
        let ids = match named {
            Subject::Group(_) => &mut self.group_ids,
            _ => &mut self.person_ids,
        };
        let is_new = id.filter(|id| ids.insert(id.clone(), at).is_none());
        let well = !faults.refuse_row();
        self.note(at, &named, faults)?;
        Ok(is_new.filter(|_| well).map(|local_id| Removal { at, local_id }))
    }

    /// Counts a row, known or not.
    pub(super) fn count(&mut self) -> Result<(), DeliveryRefusal> {
        self.rows += 1;
        if self.rows > MOST_ROWS {
            Err(DeliveryRefusal::TooManyRows { most: MOST_ROWS })
        } else {
            Ok(())
        }
    }

    fn note(&mut self, at: Place, subject: &Subject, faults: Faults) -> Result<(), DeliveryRefusal> {
        for said in faults.protected {
            let own = subject.person().filter(|_| !said.is_contact).cloned();
            self.protected.push((
                ProtectedRow {
                    at,
                    local_id: own,
                    contact_id: said.contact_id,
                    number: said.number,
                },
                said.alias,
            ));
        }
        for fault in faults.all {
            self.find(at, subject.clone(), fault)?;
        }
        Ok(())
    }

    /// Holds the rows against each other.
    pub(super) fn finish(mut self, others: OtherGroups) -> Result<Gathered, DeliveryRefusal> {
        self.drop_twice()?;
        self.check_numbers()?;
        self.shield_protected()?;
        self.check_groups(others)?;
        let Self {
            mut groups,
            mut people,
            mut findings,
            protected,
            ..
        } = self;
        findings.sort_by_key(|finding| finding.at);
        groups.shrink_to_fit();
        people.shrink_to_fit();
        Ok(Gathered {
            roster: Roster { groups, people },
            findings,
            protected: protected.into_iter().map(|(row, _)| row).collect(),
        })
    }

    /// The first row of an id that stands twice was taken before the second came.
    fn drop_twice(&mut self) -> Result<(), DeliveryRefusal> {
        if self.groups_twice.is_empty() && self.people_twice.is_empty() {
            return Ok(());
        }
        let twice = std::mem::take(&mut self.groups_twice);
        for group in std::mem::take(&mut self.groups) {
            match twice.get(&group.local_id) {
                None => self.groups.push(group),
                Some(again) => {
                    let fault = Fault::LocalIdTwice(*again);
                    self.find(group.at, Subject::Group(group.local_id), fault)?;
                }
            }
        }
        let twice = std::mem::take(&mut self.people_twice);
        for person in std::mem::take(&mut self.people) {
            match twice.get(&person.local_id) {
                None => self.people.push(person),
                Some(again) => {
                    let fault = Fault::LocalIdTwice(*again);
                    self.find(person.at, Subject::Person(person.local_id), fault)?;
                }
            }
        }
        Ok(())
    }

    /// One CPR number is one person: the same kind twice, or two names, is nobody that we can tell.
    fn check_numbers(&mut self) -> Result<(), DeliveryRefusal> {
        let mut first: HashMap<&CivilNumber, usize> = HashMap::new();
        let mut refused: HashMap<usize, Place> = HashMap::new();
        for (index, person) in self.people.iter().enumerate() {
            let Some(number) = person.person.cpr() else {
                continue;
            };
            let Some(other) = first.get(number).copied() else {
                first.insert(number, index);
                continue;
            };
            if let Some(before) = self.people.get(other)
                && !is_one_human(before, person)
            {
                refused.entry(other).or_insert(person.at);
                refused.insert(index, before.at);
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        for (index, person) in std::mem::take(&mut self.people).into_iter().enumerate() {
            match refused.get(&index) {
                None => self.people.push(person),
                Some(place) => {
                    let fault = Fault::NumberTwice(*place);
                    self.find(person.at, Subject::Person(person.local_id), fault)?;
                }
            }
        }
        Ok(())
    }

    /// Whoever is protected in one row is protected in all, though that row be refused: parents stand at each
    /// of their children, and teachers may be parents of the school (L08). Without an alias nobody sees a name.
    fn shield_protected(&mut self) -> Result<(), DeliveryRefusal> {
        let mut protected: HashMap<CivilNumber, (Place, VisibleName)> = HashMap::new();
        let (told, untold): (Vec<_>, Vec<_>) = self.protected.iter().partition(|(_, alias)| alias.is_some());
        for (row, alias) in told.into_iter().chain(untold) {
            if let Some(number @ CivilNumber::Cpr(_)) = &row.number {
                let alias = || (row.at, alias.clone().unwrap_or_else(VisibleName::hidden));
                protected.entry(number.clone()).or_insert_with(alias);
            }
        }
        if protected.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        for row in &mut self.people {
            let id = row.local_id.clone();
            for (at, person) in row.everybody_mut() {
                let known = person.cpr().and_then(|number| protected.get(number));
                if let Some((place, alias)) = known.filter(|_| !person.name.protected) {
                    person.name = alias.clone();
                    found.push((at, id.clone(), *place));
                }
            }
        }
        for (at, id, place) in found {
            self.find(at, Subject::Person(id), Fault::ProtectedElsewhere(place))?;
        }
        Ok(())
    }

    fn check_groups(&mut self, others: OtherGroups) -> Result<(), DeliveryRefusal> {
        let kinds: HashMap<&LocalId, GroupKind> = self
            .groups
            .iter()
            .map(|group| (&group.local_id, group.kind))
            .collect();
        // A group whose row was refused is in the source all the same.
        let is_there = |id: &LocalId| others == OtherGroups::MayBeKnown || self.group_ids.contains_key(id);
        let mut found = Vec::new();
        let mut people = std::mem::take(&mut self.people);
        people.retain_mut(|row| {
            let mut faults = Faults::default();
            if let Part::Student(student) = &row.part {
                check_main_group(student, &kinds, is_there, &mut faults);
            }
            row.part.groups_mut().retain(|group| {
                let there = is_there(group);
                if !there {
                    faults.push(Fault::GroupUnknown(group.clone()));
                }
                there
            });
            let well = !faults.refuse_row();
            found.extend(
                faults
                    .all
                    .into_iter()
                    .map(|fault| (row.at, row.local_id.clone(), fault)),
            );
            well
        });
        self.people = people;
        for (at, id, fault) in found {
            self.find(at, Subject::Person(id), fault)?;
        }
        Ok(())
    }
}

fn check_main_group(
    student: &Student,
    kinds: &HashMap<&LocalId, GroupKind>,
    is_there: impl Fn(&LocalId) -> bool,
    faults: &mut Faults,
) {
    match &student.main_group {
        None if student.role == Role::Elev => faults.push(Fault::MainGroupMissing),
        None => {}
        Some(group) => match kinds.get(group) {
            Some(GroupKind::Hovedgruppe) => {}
            Some(_) => faults.push(Fault::MainGroupKind(group.clone())),
            None if is_there(group) => {}
            None => faults.push(Fault::MainGroupUnknown(group.clone())),
        },
    }
}

/// Claims an id for a row; the place of the row that has it already, if there is one.
fn claim(
    ids: &mut HashMap<LocalId, Place>,
    twice: &mut HashMap<LocalId, Place>,
    id: &LocalId,
    at: Place,
) -> Option<Place> {
    if let Some(first) = ids.get(id) {
        twice.entry(id.clone()).or_insert(at);
        return Some(*first);
    }
    ids.insert(id.clone(), at);
    None
}

/// Whether two rows with one CPR number may be the same human: of different kinds, with one name.
fn is_one_human(one: &DeliveredPerson, other: &DeliveredPerson) -> bool {
    let one_is_hidden = one.person.name.protected != other.person.name.protected;
    let same_name = one_is_hidden || one.person.name == other.person.name;
    same_name && std::mem::discriminant(&one.part) != std::mem::discriminant(&other.part)
}

impl PersonData {
    /// The number that they are registered by, whatever the source says of its kind.
    pub fn civil_number(&self) -> Option<&CivilNumber> {
        self.number.as_ref().map(|number| &number.number)
    }

    /// The CPR number, if it is one. Replacement numbers tell nobody apart for certain.
    pub fn cpr(&self) -> Option<&CivilNumber> {
        self.civil_number()
            .filter(|number| matches!(number, CivilNumber::Cpr(_)))
    }
}

impl DeliveredPerson {
    /// The person, and their adults, each with the place of the row.
    pub fn everybody(&self) -> impl Iterator<Item = (Place, &PersonData)> {
        let contacts = self.part.contacts().iter();
        let contacts = contacts.map(|contact| (contact.at, &contact.person));
        std::iter::once((self.at, &self.person)).chain(contacts)
    }

    fn everybody_mut(&mut self) -> impl Iterator<Item = (Place, &mut PersonData)> {
        let contacts = match &mut self.part {
            Part::Student(student) => student.contacts.as_mut_slice(),
            Part::Employee(_) | Part::Extern(_) => &mut [],
        };
        let contacts = contacts
            .iter_mut()
            .map(|contact| (contact.at, &mut contact.person));
        std::iter::once((self.at, &mut self.person)).chain(contacts)
    }
}

impl Part {
    /// The groups, without a student's class.
    pub const fn groups(&self) -> &BTreeSet<LocalId> {
        match self {
            Self::Student(student) => &student.groups,
            Self::Employee(employee) => &employee.groups,
            Self::Extern(external) => &external.groups,
        }
    }

    const fn groups_mut(&mut self) -> &mut BTreeSet<LocalId> {
        match self {
            Self::Student(student) => &mut student.groups,
            Self::Employee(employee) => &mut employee.groups,
            Self::Extern(external) => &mut external.groups,
        }
    }
}
