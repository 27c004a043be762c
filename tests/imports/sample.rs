//! Deliveries to be bent: a small school, written by hand, with a place for what a test puts in.

use portner::people::import::delivery::{Content, DeliveredPerson, Delivery, Roster};
use portner::people::import::finding::{Fault, Subject};
use portner::people::import::refusal::DeliveryRefusal;
use portner::people::import::unilogin;

/// The small school that is in the repository, as suppliers may look at it.
pub(super) const SCHOOL: &str = include_str!("school.xml");

/// A delivery with these rows.
pub(super) fn rows(rows: &str) -> String {
    delivery("full", rows)
}

/// A delivery of a kind.
pub(super) fn delivery(kind: &str, rows: &str) -> String {
    format!(
        "<UNILoginImport source=\"tabulex-101001\" sourceDateTime=\"2026-11-30T06:00:00\" \
         schoolYear=\"2026-2027\" kind=\"{kind}\">\n<Institution>\n\
         <InstitutionNumber>101001</InstitutionNumber>\n\
         <Group><GroupId>3a</GroupId><GroupName>3.A</GroupName><GroupType>Hovedgruppe</GroupType>\
         <GroupLevel>3</GroupLevel></Group>\n\
         <Group><GroupId>kor</GroupId><GroupName>Kor</GroupName><GroupType>Hold</GroupType></Group>\n\
         {rows}\n</Institution>\n</UNILoginImport>"
    )
}

/// A pupil of 3.A; `person` and `student` go where they say.
pub(super) fn pupil(id: &str, person: &str, student: &str) -> String {
    format!(
        "<InstitutionPerson><LocalPersonId>{id}</LocalPersonId>{person}<Student><Role>Elev</Role>\
         <Level>3</Level><MainGroupId>3a</MainGroupId>{student}</Student></InstitutionPerson>\n"
    )
}

/// An employee with a role.
pub(super) fn employee(id: &str, person: &str, roles: &str) -> String {
    format!(
        "<InstitutionPerson><LocalPersonId>{id}</LocalPersonId>{person}<Employee>{roles}</Employee>\
         </InstitutionPerson>\n"
    )
}

/// Somebody with a number.
pub(super) fn person(given: &str, number: &str) -> String {
    format!(
        "<Person protected=\"false\"><FirstName>{given}</FirstName><FamilyName>Nøkkelund</FamilyName>\
         <CivilRegistrationNumber>{number}</CivilRegistrationNumber></Person>"
    )
}

/// An adult.
pub(super) fn adult(attributes: &str, person: &str) -> String {
    format!("<ContactPerson {attributes}>{person}</ContactPerson>")
}

/// Reads what must be readable.
pub(super) fn read(xml: &str) -> Delivery {
    unilogin::read(xml.as_bytes(), None).unwrap()
}

/// Why something is refused whole.
pub(super) fn refusal(xml: impl AsRef<[u8]>) -> DeliveryRefusal {
    unilogin::read(xml.as_ref(), None).unwrap_err()
}

/// The people of a whole delivery.
pub(super) fn roster(delivery: &Delivery) -> &Roster {
    let Content::Whole(roster) = &delivery.content else {
        panic!("not whole")
    };
    roster
}

/// The person of a local id.
pub(super) fn of<'d>(delivery: &'d Delivery, id: &str) -> Option<&'d DeliveredPerson> {
    let people = &roster(delivery).people;
    people.iter().find(|person| person.local_id.as_str() == id)
}

/// What is found, as (local id, fault).
pub(super) fn found(delivery: &Delivery) -> Vec<(String, Fault)> {
    let subject = |subject: &Subject| match subject {
        Subject::Delivery => "delivery".to_owned(),
        Subject::Nameless => "nameless".to_owned(),
        Subject::Group(id) | Subject::Person(id) => id.to_string(),
    };
    delivery
        .findings
        .iter()
        .map(|finding| (subject(&finding.subject), finding.fault.clone()))
        .collect()
}
