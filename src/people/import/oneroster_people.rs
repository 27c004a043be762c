//! The people of a OneRoster zip: users, what they are where, and which classes they are in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;

use super::csv::Record;
use super::delivery::{DeliveredContact, DeliveredPerson, Employee, Extern, Part, Place, Student};
use super::finding::{Fault, Finding, Shown, Subject};
use super::gathering::{Gathering, MOST_ROWS};
use super::names::LocalId;
use super::oneroster::{RowCount, note_broken, table};
use super::oneroster_users::{CUSTODY, User, user};
use super::person::Faults;
use super::refusal::DeliveryRefusal;
use super::values::{danish_moment, day};
use super::zip::Archive;
use crate::domain::contact::Relation;
use crate::domain::group::GroupKind;
use crate::domain::role::Role;
use crate::domain::stage::{Level, Stage};

const USERS: &str = "users.csv";
const ROLES: &str = "roles.csv";
const ENROLLMENTS: &str = "enrollments.csv";
const DEMOGRAPHICS: &str = "demographics.csv";
/// More rows without a home are not told one by one.
const MOST_HOMELESS: usize = 100;

/// What somebody is at one school.
#[derive(Debug, Default, Clone)]
struct Posts {
    is_student: bool,
    is_external: bool,
    employed: BTreeSet<Role>,
}

/// Everybody in the zip.
pub(super) struct People {
    users: Vec<User>,
    by_key: HashMap<Box<str>, usize>,
    /// What they are, by user and school.
    posts: HashMap<(Box<str>, Box<str>), Posts>,
    /// Their classes, and whether each is the first among several.
    classes: HashMap<Box<str>, Vec<(Box<str>, bool)>>,
    has_custody: bool,
    /// Who is something where: users by school, in the order of the file.
    by_school: HashMap<Box<str>, Vec<usize>>,
    /// Rows that could not be told apart, of every school.
    broken: Vec<Place>,
    rows: RowCount,
    orgs: BTreeMap<Box<str>, Place>,
    homeless: Vec<Finding>,
}

/// The school that is being asked for.
pub(super) struct SchoolView<'s> {
    pub(super) id: &'s str,
    pub(super) classes: &'s HashMap<String, GroupKind>,
}

impl People {
    /// Reads the tables; what begins later or is over on that day does not count.
    pub(super) fn read(
        archive: &Archive<'_>,
        today: Date,
        schools: &HashSet<&str>,
        rows: RowCount,
        broken: Vec<Place>,
    ) -> Result<Self, DeliveryRefusal> {
        let mut people = Self {
            users: Vec::new(),
            by_key: HashMap::new(),
            posts: HashMap::new(),
            classes: HashMap::new(),
            has_custody: false,
            by_school: HashMap::new(),
            broken,
            rows,
            orgs: BTreeMap::new(),
            homeless: Vec::new(),
        };
        let born = birth_dates(archive, &mut people.rows)?;
        people.read_users(archive, today, &born)?;
        people.read_roles(archive, today, schools)?;
        people.read_enrollments(archive, today)?;
        people.sort_by_school();
        Ok(people)
    }

    fn read_users(
        &mut self,
        archive: &Archive<'_>,
        today: Date,
        born: &HashMap<Box<str>, Box<str>>,
    ) -> Result<(), DeliveryRefusal> {
        let now = danish_moment(today.at(23, 59, 59, 0)).ok_or(DeliveryRefusal::Head { field: USERS })?;
        let columns = [
            "sourcedId",
            "enabledUser",
            "givenName",
            "familyName",
            "grades",
            "agentSourcedIds",
        ];
        let mut table = table(archive, USERS, &columns)?;
        self.has_custody = table.has(CUSTODY);
        while let Some(row) = table.next()? {
            self.rows.one()?;
            let row = match row {
                Ok(row) => row,
                Err(at) => {
                    note_broken(&mut self.broken, at)?;
                    continue;
                }
            };
            let Some(key) = row.get("sourcedId") else {
                note_broken(&mut self.broken, row.at)?;
                continue;
            };
            // Who may not use anything is not there.
            if row.get("enabledUser") == Some("false") {
                continue;
            }
            let user = user(row, key, born.get(key).map(AsRef::as_ref), now);
            self.by_key.entry(key.into()).or_insert(self.users.len());
            self.users.push(user);
            if self.users.len() > MOST_ROWS {
                return Err(DeliveryRefusal::TooManyRows { most: MOST_ROWS });
            }
        }
        Ok(())
    }

    fn read_roles(
        &mut self,
        archive: &Archive<'_>,
        today: Date,
        schools: &HashSet<&str>,
    ) -> Result<(), DeliveryRefusal> {
        let mut table = table(archive, ROLES, &["userSourcedId", "role", "orgSourcedId"])?;
        while let Some(row) = table.next()? {
            self.rows.one()?;
            let row = match row {
                Ok(row) => row,
                Err(at) => {
                    note_broken(&mut self.broken, at)?;
                    continue;
                }
            };
            let (Some(user), Some(org)) = (row.get("userSourcedId"), row.get("orgSourcedId")) else {
                note_broken(&mut self.broken, row.at)?;
                continue;
            };
            if !is_current(row, today) {
                continue;
            }
            let role = row.get("role").unwrap_or_default();
            if !schools.contains(org) {
                // A parent may be noted at the municipality; nobody works or learns there.
                if self.orgs.len() < MOST_HOMELESS {
                    self.orgs.entry(org.into()).or_insert(row.at);
                }
                continue;
            }
            let posts = self.posts.entry((user.into(), org.into())).or_default();
            match role {
                "student" => posts.is_student = true,
                "teacher" => drop(posts.employed.insert(Role::Lærer)),
                "aide" => drop(posts.employed.insert(Role::Pædagog)),
                "counselor" => drop(posts.employed.insert(Role::Konsulent)),
                "principal" => drop(posts.employed.insert(Role::Leder)),
                // Rights of administrators are granted here and come from no file (K05).
                "siteAdministrator" | "systemAdministrator" | "districtAdministrator" => {
                    posts.employed.insert(Role::Tap);
                }
                "proctor" => posts.is_external = true,
                "parent" | "guardian" | "relative" => {}
                _ => {
                    let subject = LocalId::parse(user).map_or(Subject::Nameless, Subject::Person);
                    let fault = Fault::RoleUnknown(Shown::of(role));
                    self.note_homeless(row.at, subject, fault);
                }
            }
        }
        Ok(())
    }

    /// Each school looks at its own people alone.
    fn sort_by_school(&mut self) {
        let mut schools_of: HashMap<&str, Vec<&str>> = HashMap::new();
        for (user, school) in self.posts.keys() {
            schools_of.entry(user).or_default().push(school);
        }
        for (place, user) in self.users.iter().enumerate() {
            for school in schools_of.get(&*user.key).into_iter().flatten() {
                self.by_school.entry((*school).into()).or_default().push(place);
            }
        }
    }

    fn note_homeless(&mut self, at: Place, subject: Subject, fault: Fault) {
        if self.homeless.len() < MOST_HOMELESS {
            self.homeless.push(Finding { at, subject, fault });
        }
    }

    fn read_enrollments(&mut self, archive: &Archive<'_>, today: Date) -> Result<(), DeliveryRefusal> {
        let mut table = table(archive, ENROLLMENTS, &["classSourcedId", "userSourcedId", "role"])?;
        while let Some(row) = table.next()? {
            self.rows.one()?;
            let row = match row {
                Ok(row) => row,
                Err(at) => {
                    note_broken(&mut self.broken, at)?;
                    continue;
                }
            };
            let (Some(user), Some(class)) = (row.get("userSourcedId"), row.get("classSourcedId")) else {
                note_broken(&mut self.broken, row.at)?;
                continue;
            };
            if is_current(row, today) {
                let is_first = row.get("primary") == Some("true");
                let classes = self.classes.entry(user.into()).or_default();
                classes.push((class.into(), is_first));
            }
        }
        Ok(())
    }

    /// Rows that belong to no school of the zip, and roles that are none.
    pub(super) fn homeless(&self) -> Vec<Finding> {
        let orgs = self.orgs.iter().take(MOST_HOMELESS).map(|(org, at)| Finding {
            at: *at,
            subject: Subject::Delivery,
            fault: Fault::OrgUnknown(Shown::of(org)),
        });
        orgs.chain(self.homeless.iter().cloned()).collect()
    }

    /// Hands over everybody who is something at a school.
    pub(super) fn at(&self, view: &SchoolView<'_>, gathering: &mut Gathering) -> Result<(), DeliveryRefusal> {
        for at in &self.broken {
            gathering.find(*at, Subject::Nameless, Fault::RowLength)?;
        }
        let mut has_contacts = false;
        let here = self.by_school.get(view.id).map_or(&[][..], Vec::as_slice);
        for user in here.iter().filter_map(|place| self.users.get(*place)) {
            let key = (user.key.clone(), Box::from(view.id));
            let Some(posts) = self.posts.get(&key) else {
                continue;
            };
            let mut faults = user.faults.clone();
            let Some(part) = self.part(user, posts, view, &mut faults) else {
                if !faults.all.is_empty() {
                    gathering.person(user.at, user.id.clone(), None, faults)?;
                }
                continue;
            };
            if let Part::Student(student) = &part {
                has_contacts |= !student.contacts.is_empty();
            }
            let person = match (user.id.clone(), user.person.clone()) {
                (Some(local_id), Some(person)) => Some(DeliveredPerson {
                    at: user.at,
                    local_id,
                    person,
                    part,
                }),
                _ => None,
            };
            gathering.person(user.at, user.id.clone(), person, faults)?;
        }
        if has_contacts && !self.has_custody {
            let at = Place {
                file: Some(USERS),
                line: 1,
            };
            gathering.find(at, Subject::Delivery, Fault::CustodyMissing)?;
        }
        Ok(())
    }

    fn part(&self, user: &User, posts: &Posts, view: &SchoolView<'_>, faults: &mut Faults) -> Option<Part> {
        let classes = self.classes.get(&user.key).map_or(&[][..], Vec::as_slice);
        let here = |class: &str| view.classes.get(class).copied();
        let mine: Vec<_> = classes
            .iter()
            .filter_map(|(class, first)| Some((LocalId::parse(class).ok()?, here(class)?, *first)))
            .collect();
        let mut groups: BTreeSet<LocalId> = mine.iter().map(|(id, _, _)| id.clone()).collect();
        if posts.is_student && (posts.is_external || !posts.employed.is_empty()) {
            faults.push(Fault::NotOnePart);
            return None;
        }
        if posts.is_student {
            let Some(level) = user.level else {
                faults.push(Fault::FieldMissing("grades"));
                return None;
            };
            let homes = mine.iter().filter(|(_, kind, _)| *kind == GroupKind::Hovedgruppe);
            let main_group = homes
                .max_by_key(|(_, _, first)| *first)
                .map(|(id, _, _)| id.clone());
            if let Some(main) = &main_group {
                groups.remove(main);
            }
            return Some(Part::Student(Student {
                role: student_role(level),
                level,
                main_group,
                groups,
                contacts: self.contacts(user, faults),
            }));
        }
        if !posts.employed.is_empty() {
            return Some(Part::Employee(Employee {
                roles: posts.employed.clone(),
                short_name: None,
                groups,
            }));
        }
        posts.is_external.then_some(Part::Extern(Extern {
            role: Role::Ekstern,
            groups,
        }))
    }

    fn contacts(&self, child: &User, faults: &mut Faults) -> Vec<DeliveredContact> {
        const MOST: usize = 20;
        if child.agents.len() > MOST {
            faults.push(Fault::TooMany("agentSourcedIds"));
        }
        let mut contacts: Vec<DeliveredContact> = Vec::new();
        for agent in child.agents.iter().take(MOST) {
            let Some(adult) = self.by_key.get(agent).and_then(|index| self.users.get(*index)) else {
                if let Ok(id) = LocalId::parse(agent) {
                    faults.push(Fault::ReferenceUnknown("agentSourcedIds", id));
                }
                continue;
            };
            let own = adult.faults.clone();
            let shows_number = match (&adult.id, &adult.person) {
                (Some(id), Some(person)) if person.number.is_some() => person.has_number_in(id.as_str()),
                (Some(id), _) => id.reads_as_number(),
                (None, _) => true,
            };
            let is_refused = own.refuse_row() || shows_number;
            faults.of_contact(own, adult.id.as_ref().filter(|_| !shows_number));
            let Some(person) = adult.person.clone().filter(|_| !is_refused) else {
                continue;
            };
            let number = person.civil_number();
            let is_child = child.key == adult.key || (number.is_some() && number == child.number());
            if is_child {
                faults.push(Fault::ContactIsChild);
            } else if contacts.iter().any(|contact| contact.local_id == adult.id) {
                faults.push(Fault::ContactTwice);
            } else {
                contacts.push(DeliveredContact {
                    at: adult.at,
                    local_id: adult.id.clone(),
                    person,
                    relation: adult.relation.unwrap_or(Relation::Andet),
                    custody: adult.custody_of.contains(&child.key),
                    access: None,
                });
            }
        }
        contacts
    }
}

/// What a student is called by how far they have come.
fn student_role(level: Level) -> Role {
    match (level, level.stage()) {
        (Level::DayCare, _) => Role::Barn,
        (_, Some(Stage::Ungdomsuddannelse)) => Role::Studerende,
        _ => Role::Elev,
    }
}

/// Whether a row holds on a day, by its `beginDate` and `endDate`. A date that cannot be read bounds nothing.
fn is_current(row: Record<'_>, today: Date) -> bool {
    let date = |column| row.get(column).and_then(day);
    date("beginDate").is_none_or(|begin| begin <= today) && date("endDate").is_none_or(|end| today <= end)
}

/// The days of birth, by user; the table may be missing.
fn birth_dates(
    archive: &Archive<'_>,
    rows: &mut RowCount,
) -> Result<HashMap<Box<str>, Box<str>>, DeliveryRefusal> {
    let mut born = HashMap::new();
    if archive.open(DEMOGRAPHICS).is_none() {
        return Ok(born);
    }
    let mut table = table(archive, DEMOGRAPHICS, &["sourcedId", "birthDate"])?;
    while let Some(row) = table.next()? {
        rows.one()?;
        let Ok(row) = row else { continue };
        if let (Some(user), Some(date)) = (row.get("sourcedId"), row.get("birthDate")) {
            born.insert(user.into(), date.into());
        }
    }
    Ok(born)
}
