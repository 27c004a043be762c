//! Writes a delivery as `UNILoginImport`: for demonstration data and for tests. What was read is written so
//! that it is read again as it was, without findings.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::delivery::{
    Content, DeliveredContact, DeliveredGroup, DeliveredPerson, Delivery, Part, PersonData, Removal,
};
use super::names::LocalId;
use super::unilogin::Kind;
use crate::domain::account::UniId;
use crate::domain::civil_number::CivilNumber;
use crate::domain::stage::Level;

/// One row, as text.
#[derive(Default)]
struct Xml(String);

impl Xml {
    /// `<name>text</name>`, where there is a text.
    fn field(&mut self, depth: usize, name: &str, text: Option<&str>) {
        let Some(text) = text else { return };
        self.0.extend(std::iter::repeat_n("  ", depth));
        let _ = writeln!(self.0, "<{name}>{}</{name}>", escaped(text));
    }

    /// A line of markup.
    fn line(&mut self, depth: usize, markup: &str) {
        self.0.extend(std::iter::repeat_n("  ", depth));
        self.0.push_str(markup);
        self.0.push('\n');
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Writes all of it, a row at a time.
pub fn unilogin(delivery: &Delivery, mut out: impl Write) -> io::Result<()> {
    let kind = match delivery.content {
        Content::Whole(_) => Kind::Whole,
        Content::Changes(_) => Kind::Changes,
        Content::Removals(_) => Kind::Removals,
    };
    let mut head = Xml::default();
    head.line(0, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    head.line(
        0,
        &format!(
            "<UNILoginImport source=\"{}\" sourceDateTime=\"{}\" schoolYear=\"{}\" kind=\"{}\">",
            escaped(delivery.source.as_str()),
            delivery.sent_at,
            delivery.school_year,
            kind.as_str()
        ),
    );
    head.line(1, "<Institution>");
    head.field(2, "InstitutionNumber", Some(delivery.institution.number.as_str()));
    head.field(2, "InstitutionName", delivery.institution.name.as_deref());
    out.write_all(head.0.as_bytes())?;
    match &delivery.content {
        Content::Whole(roster) | Content::Changes(roster) => {
            for row in roster
                .groups
                .iter()
                .map(group)
                .chain(roster.people.iter().map(person))
            {
                out.write_all(row.0.as_bytes())?;
            }
        }
        Content::Removals(removals) => {
            for row in &removals.groups {
                out.write_all(removal("Group", "GroupId", row).0.as_bytes())?;
            }
            for row in &removals.people {
                out.write_all(removal("InstitutionPerson", "LocalPersonId", row).0.as_bytes())?;
            }
        }
    }
    out.write_all(b"  </Institution>\n</UNILoginImport>\n")
}

fn removal(element: &str, id: &str, removal: &Removal) -> Xml {
    let mut xml = Xml::default();
    xml.line(2, &format!("<{element}>"));
    xml.field(3, id, Some(removal.local_id.as_str()));
    xml.line(2, &format!("</{element}>"));
    xml
}

fn group(group: &DeliveredGroup) -> Xml {
    let mut xml = Xml::default();
    xml.line(2, "<Group>");
    xml.field(3, "GroupId", Some(group.local_id.as_str()));
    xml.field(3, "GroupName", Some(&group.name));
    xml.field(3, "GroupType", Some(group.kind.as_str()));
    xml.field(3, "GroupLevel", group.level.map(Level::as_text).as_deref());
    xml.field(3, "Line", group.line.as_deref());
    xml.field(
        3,
        "FromDate",
        group.from.as_ref().map(ToString::to_string).as_deref(),
    );
    xml.field(3, "ToDate", group.to.as_ref().map(ToString::to_string).as_deref());
    xml.line(2, "</Group>");
    xml
}

fn person(row: &DeliveredPerson) -> Xml {
    let mut xml = Xml::default();
    xml.line(2, "<InstitutionPerson>");
    xml.field(3, "LocalPersonId", Some(row.local_id.as_str()));
    data(&mut xml, 3, &row.person);
    let element = row.part.element();
    xml.line(3, &format!("<{element}>"));
    match &row.part {
        Part::Student(student) => {
            xml.field(4, "Role", Some(student.role.as_str()));
            xml.field(4, "Level", Some(&student.level.as_text()));
            let class = student.main_group.as_ref();
            xml.field(4, "MainGroupId", class.map(LocalId::as_str));
            groups(&mut xml, &row.part);
            for adult in &student.contacts {
                contact(&mut xml, adult);
            }
        }
        Part::Employee(employee) => {
            for role in &employee.roles {
                xml.field(4, "Role", Some(role.as_str()));
            }
            xml.field(4, "ShortName", employee.short_name.as_deref());
            groups(&mut xml, &row.part);
        }
        Part::Extern(external) => {
            xml.field(4, "Role", Some(external.role.as_str()));
            groups(&mut xml, &row.part);
        }
    }
    xml.line(3, &format!("</{element}>"));
    xml.line(2, "</InstitutionPerson>");
    xml
}

fn groups(xml: &mut Xml, part: &Part) {
    for group in part.groups() {
        xml.field(4, "GroupId", Some(group.as_str()));
    }
}

fn contact(xml: &mut Xml, adult: &DeliveredContact) {
    let access = adult.access.map(|access| format!(" accessLevel=\"{access}\""));
    xml.line(
        4,
        &format!(
            "<ContactPerson relation=\"{}\" childCustody=\"{}\"{}>",
            adult.relation.as_str(),
            adult.custody,
            access.unwrap_or_default()
        ),
    );
    data(xml, 5, &adult.person);
    xml.line(4, "</ContactPerson>");
}

fn data(xml: &mut Xml, depth: usize, person: &PersonData) {
    let name = &person.name;
    xml.line(depth, &format!("<Person protected=\"{}\">", name.protected));
    let (given, family) = if name.protected {
        ("AliasFirstName", "AliasFamilyName")
    } else {
        ("FirstName", "FamilyName")
    };
    xml.field(depth + 1, given, Some(&name.given));
    xml.field(depth + 1, family, Some(&name.family));
    xml.field(depth + 1, "UserId", person.uni_id.as_ref().map(UniId::as_str));
    if let Some(number) = &person.number {
        let text = match &number.number {
            CivilNumber::Cpr(cpr) => cpr.expose(),
            CivilNumber::Replacement(replacement) => replacement.expose(),
        };
        xml.field(depth + 1, "CivilRegistrationNumber", Some(text));
        xml.field(
            depth + 1,
            "CivilRegistrationNumberType",
            Some(number.kind.as_str()),
        );
    }
    let birth_date = person.birth_date.as_ref().map(ToString::to_string);
    xml.field(depth + 1, "BirthDate", birth_date.as_deref());
    xml.line(depth, "</Person>");
}
