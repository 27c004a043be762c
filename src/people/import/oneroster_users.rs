//! The users of a OneRoster zip, one row each: who they are, wherever they belong.

use jiff::Timestamp;

use super::csv::Record;
use super::delivery::{PersonData, Place};
use super::names::LocalId;
use super::oneroster::level_of;
use super::person::{Faults, PersonTexts, Text};
use crate::domain::civil_number::CivilNumber;
use crate::domain::contact::Relation;
use crate::domain::stage::Level;

/// Whose custody somebody has: ids of children, with commas between them.
pub(super) const CUSTODY: &str = "metadata.dk.custodyOf";

/// A user of the zip, wherever they belong.
pub(super) struct User {
    pub(super) at: Place,
    pub(super) id: Option<LocalId>,
    pub(super) key: Box<str>,
    pub(super) person: Option<PersonData>,
    pub(super) faults: Faults,
    pub(super) level: Option<Level>,
    pub(super) relation: Option<Relation>,
    pub(super) agents: Vec<Box<str>>,
    pub(super) custody_of: Vec<Box<str>>,
}

impl User {
    pub(super) fn number(&self) -> Option<&CivilNumber> {
        self.person.as_ref().and_then(PersonData::civil_number)
    }
}

/// Reads one row.
pub(super) fn user(row: Record<'_>, key: &str, born: Option<&str>, now: Timestamp) -> User {
    let mut faults = Faults::default();
    let id = row.text("sourcedId").id(&mut faults);
    let texts = PersonTexts {
        given: row.text("givenName"),
        family: row.text("familyName"),
        protected: row.text("metadata.dk.protected"),
        protection_is_stated: false,
        alias_given: row.text("metadata.dk.aliasGivenName"),
        alias_family: row.text("metadata.dk.aliasFamilyName"),
        number: row.text("metadata.dk.cpr"),
        number_kind: row.text("metadata.dk.cprType"),
        birth_date: Text {
            field: "birthDate",
            text: born,
        },
        uni_id: row.text("metadata.dk.uniId"),
        user_name: row.text("metadata.dk.userName"),
    };
    let person = texts.read(now, &mut faults);
    let level = level_of(row.text("grades"), &mut faults);
    let relation = row
        .text("metadata.dk.relation")
        .dispensable(Relation::parse, &mut faults);
    User {
        at: row.at,
        id,
        key: key.into(),
        person,
        faults,
        level,
        relation,
        agents: row.list("agentSourcedIds").map(Into::into).collect(),
        custody_of: row.list(CUSTODY).map(Into::into).collect(),
    }
}
