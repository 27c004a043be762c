//! A school that delivers its people, as a test wants them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use portner::domain::civil_number::{CivilNumber, CivilNumberKind};
use portner::domain::contact::Relation;
use portner::domain::group::GroupKind;
use portner::domain::institution::InstitutionNumber;
use portner::domain::role::Role;
use portner::domain::stage::Level;
use portner::people::import::delivery::{
    Content, DeliveredContact, DeliveredGroup, DeliveredInstitution, DeliveredNumber, DeliveredPerson,
    Delivery, Employee, Format, Part, PersonData, Place, ProtectedRow, Removal, Removals, Roster, Student,
};
use portner::people::import::finding::{Fault, Finding, Subject};
use portner::people::import::names::{LocalId, SchoolYear, SourceName, VisibleName};

pub(crate) const START: &str = "2026-02-01T04:00:00Z";

/// A school as its administrative system knows it.
#[derive(Debug, Clone)]
pub(crate) struct School {
    pub(crate) number: &'static str,
    pub(crate) source: &'static str,
    pub(crate) sent_at: Timestamp,
    pub(crate) groups: Vec<DeliveredGroup>,
    pub(crate) people: Vec<DeliveredPerson>,
    pub(crate) findings: Vec<Finding>,
    /// Whom rows that were refused say to be protected.
    pub(crate) protected: Vec<ProtectedRow>,
}

pub(crate) fn local(id: &str) -> LocalId {
    LocalId::parse(id).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "as a delivery has it")]
pub(crate) fn cpr(text: &str) -> Option<DeliveredNumber> {
    let kind = CivilNumberKind::Verified;
    let number = CivilNumber::parse(text, kind).unwrap();
    let kind = match number {
        CivilNumber::Cpr(_) => kind,
        CivilNumber::Replacement(_) => CivilNumberKind::Replacement,
    };
    Some(DeliveredNumber { number, kind })
}

/// The CPR number of the n-th person; none fits modulus 11 by intent.
pub(crate) fn nth_cpr(n: usize) -> String {
    format!("{:02}{:02}10{:04}", n % 28 + 1, n / 28 % 12 + 1, 4000 + n / 336)
}

pub(crate) fn named(given: &str, number: Option<DeliveredNumber>) -> PersonData {
    PersonData {
        name: VisibleName {
            given: given.into(),
            family: "Testrup".into(),
            protected: false,
        },
        number,
        birth_date: None,
        uni_id: None,
        user_name: None,
    }
}

impl School {
    pub(crate) fn new(number: &'static str, source: &'static str) -> Self {
        Self {
            number,
            source,
            sent_at: START.parse().unwrap(),
            groups: Vec::new(),
            people: Vec::new(),
            findings: Vec::new(),
            protected: Vec::new(),
        }
    }

    /// A school of this many pupils in classes of ten, with a mother each, and one teacher a class.
    pub(crate) fn of(pupils: usize) -> Self {
        Self::of_at(pupils, "909001", 0)
    }

    /// The same at another school, with numbers of other people from `first` on.
    pub(crate) fn of_at(pupils: usize, number: &'static str, first: usize) -> Self {
        let mut school = Self::new(number, "TABULEX");
        for n in 0..pupils {
            let class = format!("{}A", n / 10);
            if n % 10 == 0 {
                school.class(&class, "3");
                school.teacher(
                    &format!("L{}", n / 10),
                    &nth_cpr(first + 5000 + n / 10),
                    &[&class],
                );
            }
            school.pupil(&format!("E{n:04}"), &nth_cpr(first + n), &class, "3");
            school.mother(&format!("E{n:04}"), &nth_cpr(first + 10_000 + n), true);
        }
        school
    }

    pub(crate) fn class(&mut self, name: &str, level: &str) {
        self.groups.push(DeliveredGroup {
            at: Place::line(1),
            local_id: local(name),
            name: name.into(),
            kind: GroupKind::Hovedgruppe,
            level: Level::parse(level),
            line: None,
            from: None,
            to: None,
        });
    }

    pub(crate) fn pupil(&mut self, id: &str, number: &str, class: &str, level: &str) {
        self.put(
            id,
            named("Elev", cpr(number)),
            Part::Student(Student {
                role: Role::Elev,
                level: Level::parse(level).unwrap(),
                main_group: Some(local(class)),
                groups: BTreeSet::new(),
                contacts: Vec::new(),
            }),
        );
    }

    pub(crate) fn teacher(&mut self, id: &str, number: &str, classes: &[&str]) {
        self.put(
            id,
            named("Lærke", cpr(number)),
            Part::Employee(Employee {
                roles: BTreeSet::from([Role::Lærer]),
                short_name: None,
                groups: classes.iter().map(|class| local(class)).collect(),
            }),
        );
    }

    pub(crate) fn put(&mut self, id: &str, person: PersonData, part: Part) {
        self.people.push(DeliveredPerson {
            at: Place::line(u32::try_from(self.people.len()).unwrap() + 2),
            local_id: local(id),
            person,
            part,
        });
    }

    pub(crate) fn mother(&mut self, child: &str, number: &str, custody: bool) {
        let at = self.person(child).at;
        let contact = DeliveredContact {
            at,
            local_id: None,
            person: named("Mor", cpr(number)),
            relation: Relation::Mor,
            custody,
            access: None,
        };
        self.student(child).contacts.push(contact);
    }

    pub(crate) fn person(&mut self, id: &str) -> &mut DeliveredPerson {
        let mut people = self.people.iter_mut();
        people.find(|person| person.local_id.as_str() == id).unwrap()
    }

    pub(crate) fn student(&mut self, id: &str) -> &mut Student {
        match &mut self.person(id).part {
            Part::Student(student) => student,
            other => panic!("no pupil: {other:?}"),
        }
    }

    pub(crate) fn without(&mut self, id: &str) {
        let before = self.people.len();
        self.people.retain(|person| person.local_id.as_str() != id);
        assert_eq!(self.people.len() + 1, before, "{id} was there");
    }

    pub(crate) fn finding(&mut self, id: &str, fault: Fault) {
        self.findings.push(Finding {
            at: Place::line(3),
            subject: Subject::Person(local(id)),
            fault,
        });
    }

    /// Somebody is protected, and there is no alias: the row is refused.
    pub(crate) fn refuse_without_alias(&mut self, id: &str) {
        let number = self.person(id).person.civil_number().cloned();
        self.without(id);
        self.finding(id, Fault::AliasMissing);
        self.protected.push(ProtectedRow {
            at: Place::line(3),
            local_id: Some(local(id)),
            contact_id: None,
            number,
        });
    }

    /// Everything that the school says now, an hour later than before.
    pub(crate) fn whole(&mut self) -> Delivery {
        let roster = self.roster();
        self.delivery(Content::Whole(roster))
    }

    pub(crate) fn changes(&mut self) -> Delivery {
        let roster = self.roster();
        self.delivery(Content::Changes(roster))
    }

    pub(crate) fn removals(&mut self, people: &[&str]) -> Delivery {
        let people = people.iter().map(|id| Removal {
            at: Place::line(2),
            local_id: local(id),
        });
        self.delivery(Content::Removals(Removals {
            groups: Vec::new(),
            people: people.collect(),
        }))
    }

    fn roster(&self) -> Roster {
        Roster {
            groups: self.groups.clone(),
            people: self.people.clone(),
        }
    }

    fn delivery(&mut self, content: Content) -> Delivery {
        self.sent_at += SignedDuration::from_hours(1);
        Delivery {
            source: SourceName::parse(self.source).unwrap(),
            format: Format::UniloginXml,
            sent_at: self.sent_at,
            school_year: SchoolYear::parse("2026-2027").unwrap(),
            institution: DeliveredInstitution {
                number: InstitutionNumber::parse(self.number).unwrap(),
                name: Some("Prøveskolen".into()),
            },
            protected: match &content {
                Content::Whole(roster) | Content::Changes(roster) => {
                    let told = self.protected.iter().cloned();
                    roster.protected().into_iter().chain(told).collect()
                }
                Content::Removals(_) => Vec::new(),
            },
            content,
            findings: self.findings.clone(),
        }
    }
}
