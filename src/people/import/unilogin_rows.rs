//! The rows of `UNILoginImport`: groups, people, and the adults of pupils.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::delivery::{
    DeliveredContact, DeliveredGroup, DeliveredPerson, Employee, Extern, Part, PersonData, Place, Student,
};
use super::finding::{Fault, Field, Shown};
use super::names::{LONGEST_ID, LONGEST_NAME, LocalId};
use super::person::{Faults, PersonTexts, Text};
use super::values::{day, yes_or_no};
use crate::domain::actor::ActorGroup;
use crate::domain::contact::Relation;
use crate::domain::group::GroupKind;
use crate::domain::role::Role;
use crate::domain::stage::Level;
use crate::saml::xml::{Attribute, Element};

/// Nobody is in more groups of one institution.
const MOST_GROUPS: usize = 200;
/// No child has more adults.
const MOST_CONTACTS: usize = 20;

/// What the format has, at any place of a row. Those that are not read are here too: nobody needs to hear
/// that they are not (data minimisation).
const KNOWN: [&str; 46] = [
    "Address",
    "AliasFamilyName",
    "AliasFirstName",
    "BirthDate",
    "CivilRegistrationNumber",
    "CivilRegistrationNumberType",
    "ContactPerson",
    "CountryCode",
    "EmailAddress",
    "Employee",
    "Extern",
    "FamilyName",
    "FirstName",
    "FromDate",
    "Gender",
    "Group",
    "GroupId",
    "GroupLevel",
    "GroupName",
    "GroupType",
    "HomePhoneNumber",
    "InstitutionPerson",
    "Level",
    "Line",
    "LocalPersonId",
    "Location",
    "MainGroupId",
    "MobilePhoneNumber",
    "Occupation",
    "Person",
    "PhotoId",
    "PostalCode",
    "PostalDistrict",
    "Role",
    "ShortName",
    "StreetAddress",
    "Student",
    "StudentNumber",
    "ToDate",
    "UserId",
    "WorkPhoneNumber",
    "accessLevel",
    "childCustody",
    "protected",
    "relation",
    "source",
];

/// The children and attributes of an element.
#[derive(Clone, Copy)]
pub(super) struct Fields<'d> {
    element: Element<'d>,
}

impl<'d> Fields<'d> {
    /// Those of one element.
    pub(super) const fn of(element: Element<'d>) -> Self {
        Self { element }
    }

    /// The names of what the format does not have, anywhere inside.
    pub(super) fn strangers(self, namespace: &str) -> Vec<&'d str> {
        let is_known = |name: &str| KNOWN.contains(&name);
        let mut strangers = Vec::new();
        for element in std::iter::once(self.element).chain(self.element.descendants()) {
            if !is_known(element.local_name()) || element.namespace() != namespace {
                strangers.push(element.local_name());
            }
            let attributes = element.attributes().filter(|attribute| {
                // xsi:schemaLocation and the like are for validators.
                attribute.namespace().is_empty() && !is_known(attribute.local_name())
            });
            strangers.extend(attributes.map(Attribute::local_name));
        }
        strangers
    }

    fn named(self, name: &'static str) -> impl Iterator<Item = Element<'d>> {
        self.element.children_named(self.element.namespace(), name)
    }

    /// The one child of this name; a fault where there are several.
    fn child(self, name: Field, faults: &mut Faults) -> Option<Element<'d>> {
        let mut children = self.named(name);
        let first = children.next();
        if children.next().is_some() {
            faults.push(Fault::FieldRepeated(name));
        }
        first
    }

    /// The text of the one child of this name.
    pub(super) fn one(self, name: Field, faults: &mut Faults) -> Text<'d> {
        let child = self.child(name, faults);
        Text {
            field: name,
            text: child.and_then(|child| text(child, name, faults)),
        }
    }

    /// An attribute.
    fn attribute(self, name: Field) -> Text<'d> {
        Text {
            field: name,
            text: self.element.attribute(name),
        }
    }

    /// The texts of all children of this name.
    fn all(self, name: Field, faults: &mut Faults) -> Vec<Text<'d>> {
        let mut texts = Vec::new();
        for child in self.named(name) {
            let text = text(child, name, faults);
            texts.push(Text { field: name, text });
        }
        texts
    }
}

fn text<'d>(element: Element<'d>, name: Field, faults: &mut Faults) -> Option<&'d str> {
    let text = element.text().ok();
    if text.is_none() {
        faults.push(Fault::FieldUnreadable(name, Shown::of("<…>")));
    }
    text
}

/// Reads a group.
pub(super) fn group(
    fields: &Fields<'_>,
    at: Place,
    local_id: Option<LocalId>,
    faults: &mut Faults,
) -> Option<DeliveredGroup> {
    let name = fields.one("GroupName", faults).required(LONGEST_NAME, faults);
    let kind = fields.one("GroupType", faults).value(GroupKind::parse, faults);
    let level = fields.one("GroupLevel", faults).dispensable(Level::parse, faults);
    let line = fields.one("Line", faults).optional(LONGEST_NAME, faults);
    let from = fields.one("FromDate", faults).dispensable(day, faults);
    let to = fields.one("ToDate", faults).dispensable(day, faults);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        faults.push(Fault::GroupDates);
    }
    Some(DeliveredGroup {
        at,
        local_id: local_id?,
        name: name?.into(),
        kind: kind?,
        level,
        line: line.map(Into::into),
        from,
        to,
    })
}

/// Reads a person.
pub(super) fn person(
    fields: &Fields<'_>,
    at: Place,
    local_id: Option<LocalId>,
    sent_at: Timestamp,
    faults: &mut Faults,
) -> Option<DeliveredPerson> {
    let person = person_data(fields, sent_at, faults);
    let parts = (
        fields.child("Student", faults).map(Fields::of),
        fields.child("Employee", faults).map(Fields::of),
        fields.child("Extern", faults).map(Fields::of),
    );
    let part = match parts {
        (Some(part), None, None) => {
            let child = person.as_ref();
            student(part, at, child, sent_at, faults).map(Part::Student)
        }
        (None, Some(part), None) => employee(part, faults).map(Part::Employee),
        (None, None, Some(part)) => external(part, faults).map(Part::Extern),
        _ => {
            faults.push(Fault::NotOnePart);
            None
        }
    };
    Some(DeliveredPerson {
        at,
        local_id: local_id?,
        person: person?,
        part: part?,
    })
}

/// Reads the `Person` inside.
fn person_data(fields: &Fields<'_>, sent_at: Timestamp, faults: &mut Faults) -> Option<PersonData> {
    let Some(person) = fields.child("Person", faults).map(Fields::of) else {
        faults.push(Fault::FieldMissing("Person"));
        return None;
    };
    let texts = PersonTexts {
        given: person.one("FirstName", faults),
        family: person.one("FamilyName", faults),
        protected: person.attribute("protected"),
        protection_is_stated: true,
        alias_given: person.one("AliasFirstName", faults),
        alias_family: person.one("AliasFamilyName", faults),
        number: person.one("CivilRegistrationNumber", faults),
        number_kind: person.one("CivilRegistrationNumberType", faults),
        birth_date: person.one("BirthDate", faults),
        uni_id: person.one("UserId", faults),
        user_name: Text {
            field: "UserId",
            text: None,
        },
    };
    texts.read(sent_at, faults)
}

fn student(
    fields: Fields<'_>,
    at: Place,
    child: Option<&PersonData>,
    sent_at: Timestamp,
    faults: &mut Faults,
) -> Option<Student> {
    let role = fields
        .one("Role", faults)
        .value(|text| role_of(ActorGroup::Elev, text), faults);
    let level = fields.one("Level", faults).value(Level::parse, faults);
    let main_group = fields.one("MainGroupId", faults);
    let main_group = main_group.said().and_then(|_| main_group.id(faults));
    let mut groups = groups(fields, faults);
    if let Some(class) = &main_group {
        groups.remove(class);
    }
    let mut contacts: Vec<DeliveredContact> = Vec::new();
    for element in fields.named("ContactPerson").take(MOST_CONTACTS + 1) {
        let Some(contact) = contact(Fields::of(element), at, sent_at, faults) else {
            continue;
        };
        // Whatever the source says of its kind: the number is whose it is.
        let number = contact.person.civil_number();
        if child.is_some_and(|child| number.is_some() && child.civil_number() == number) {
            faults.push(Fault::ContactIsChild);
        } else if contacts.iter().any(|other| other.person.civil_number() == number) {
            faults.push(Fault::ContactTwice);
        } else {
            contacts.push(contact);
        }
    }
    if fields.named("ContactPerson").count() > MOST_CONTACTS {
        faults.push(Fault::TooMany("ContactPerson"));
    }
    Some(Student {
        role: role?,
        level: level?,
        main_group,
        groups,
        contacts,
    })
}

/// Reads an adult. What is wrong with one adult leaves the adult out, and never the child.
fn contact(
    fields: Fields<'_>,
    at: Place,
    sent_at: Timestamp,
    faults: &mut Faults,
) -> Option<DeliveredContact> {
    let mut own = Faults::default();
    let person = person_data(&fields, sent_at, &mut own);
    let is_refused = own.refuse_row();
    faults.of_contact(own, None);
    let person = person.filter(|_| !is_refused)?;
    if person.number.is_none() {
        faults.push(Fault::ContactNameless);
        return None;
    }
    let relation = match fields.attribute("relation").said() {
        Some(text) => Relation::parse(text).unwrap_or_else(|| {
            faults.push(Fault::RelationUnknown(Shown::of(text)));
            Relation::Andet
        }),
        None => Relation::Andet,
    };
    let custody = fields.attribute("childCustody");
    let custody = custody.said().and_then(yes_or_no).unwrap_or_else(|| {
        faults.push(Fault::CustodyMissing);
        false
    });
    let access = fields.attribute("accessLevel").dispensable(access, faults);
    Some(DeliveredContact {
        at,
        local_id: None,
        person,
        relation,
        custody,
        access,
    })
}

fn access(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ => None,
    }
}

fn employee(fields: Fields<'_>, faults: &mut Faults) -> Option<Employee> {
    let roles = employee_roles(fields.all("Role", faults).into_iter(), faults);
    let short_name = fields.one("ShortName", faults).optional(LONGEST_ID, faults);
    let groups = groups(fields, faults);
    Some(Employee {
        roles: roles?,
        short_name: short_name.map(Into::into),
        groups,
    })
}

/// The roles that are known; one that is not is left out, and none is a fault.
pub(super) fn employee_roles<'r>(
    texts: impl Iterator<Item = Text<'r>>,
    faults: &mut Faults,
) -> Option<BTreeSet<Role>> {
    let mut roles = BTreeSet::new();
    for text in texts.filter_map(Text::said) {
        match role_of(ActorGroup::Medarbejder, text) {
            Some(role) => {
                roles.insert(role);
            }
            None => faults.push(Fault::RoleUnknown(Shown::of(text))),
        }
    }
    if roles.is_empty() {
        faults.push(Fault::NoRole);
        return None;
    }
    Some(roles)
}

fn external(fields: Fields<'_>, faults: &mut Faults) -> Option<Extern> {
    let role = fields
        .one("Role", faults)
        .value(|text| role_of(ActorGroup::Ekstern, text), faults);
    let groups = groups(fields, faults);
    Some(Extern { role: role?, groups })
}

/// A role that this group of actors may have.
pub(super) fn role_of(group: ActorGroup, text: &str) -> Option<Role> {
    Role::parse(text).filter(|role| role.group() == group)
}

fn groups(fields: Fields<'_>, faults: &mut Faults) -> BTreeSet<LocalId> {
    let texts = fields.all("GroupId", faults);
    if texts.len() > MOST_GROUPS {
        faults.push(Fault::TooMany("GroupId"));
    }
    let texts = texts.into_iter().take(MOST_GROUPS);
    texts.filter_map(|text| text.id(faults)).collect()
}
