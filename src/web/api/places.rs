//! Everything that programs may ask of the desk, in one list: what is served is found in it, and the test
//! walks it as everybody.

use axum::http::Method;
use uuid::Uuid;

use super::problem::Stop;
use crate::config::api::DeskScope;

/// Something that a program may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiPlace {
    /// Whom these words find.
    People,
    /// One person.
    Person,
    /// Reads or makes a person's code.
    Code,
    /// Sets another password rule, or lets the stage's hold again.
    Rule,
    /// Blocks a pupil.
    Block,
    /// Lifts the block.
    Unblock,
    /// The groups that have pupils.
    Classes,
    /// The pupils of one.
    Class,
    /// Their codes.
    ClassCodes,
    /// Staff without a password of their own.
    Newcomers,
    /// Their codes.
    NewcomerCodes,
    /// The affiliations by hand.
    ByHand,
    /// One more.
    AddByHand,
    /// Moves the last day of one.
    Prolong,
    /// Ends one.
    End,
    /// The imports.
    Imports,
    /// One import.
    Import,
    /// The administrators.
    Administrators,
}

impl ApiPlace {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::People,
        Self::Person,
        Self::Code,
        Self::Rule,
        Self::Block,
        Self::Unblock,
        Self::Classes,
        Self::Class,
        Self::ClassCodes,
        Self::Newcomers,
        Self::NewcomerCodes,
        Self::ByHand,
        Self::AddByHand,
        Self::Prolong,
        Self::End,
        Self::Imports,
        Self::Import,
        Self::Administrators,
    ];

    /// Its address, as the manual and the auditor have it.
    pub const fn path(self) -> &'static str {
        match self {
            Self::People => "/api/v1/institutions/{institution}/people",
            Self::Person => "/api/v1/institutions/{institution}/people/{id}",
            Self::Code => "/api/v1/institutions/{institution}/people/{id}/code",
            Self::Rule => "/api/v1/institutions/{institution}/people/{id}/rule",
            Self::Block => "/api/v1/institutions/{institution}/people/{id}/block",
            Self::Unblock => "/api/v1/institutions/{institution}/people/{id}/unblock",
            Self::Classes => "/api/v1/institutions/{institution}/classes",
            Self::Class => "/api/v1/institutions/{institution}/classes/{id}",
            Self::ClassCodes => "/api/v1/institutions/{institution}/classes/{id}/codes",
            Self::Newcomers => "/api/v1/institutions/{institution}/newcomers",
            Self::NewcomerCodes => "/api/v1/institutions/{institution}/newcomers/codes",
            Self::ByHand | Self::AddByHand => "/api/v1/institutions/{institution}/affiliations",
            Self::Prolong => "/api/v1/institutions/{institution}/affiliations/{id}/prolong",
            Self::End => "/api/v1/institutions/{institution}/affiliations/{id}/end",
            Self::Imports => "/api/v1/institutions/{institution}/imports",
            Self::Import => "/api/v1/institutions/{institution}/imports/{id}",
            Self::Administrators => "/api/v1/institutions/{institution}/administrators",
        }
    }

    /// What a program must be allowed for it.
    pub const fn scope(self) -> DeskScope {
        match self {
            Self::People
            | Self::Person
            | Self::Classes
            | Self::Class
            | Self::Newcomers
            | Self::ByHand
            | Self::Administrators => DeskScope::ReadPeople,
            Self::Imports | Self::Import => DeskScope::ReadImports,
            Self::Code | Self::ClassCodes | Self::NewcomerCodes => DeskScope::ReadCodes,
            Self::AddByHand | Self::Prolong | Self::End => DeskScope::WriteAffiliations,
            Self::Block | Self::Unblock => DeskScope::WriteBlocks,
            Self::Rule => DeskScope::WriteRules,
        }
    }

    /// Whether something is sent to it, and how it is asked for: looking is by GET and changes nothing.
    pub const fn takes_json(self) -> bool {
        match self {
            Self::People
            | Self::Person
            | Self::Classes
            | Self::Class
            | Self::Newcomers
            | Self::ByHand
            | Self::Imports
            | Self::Import
            | Self::Administrators => false,
            Self::Code
            | Self::Rule
            | Self::Block
            | Self::Unblock
            | Self::ClassCodes
            | Self::NewcomerCodes
            | Self::AddByHand
            | Self::Prolong
            | Self::End => true,
        }
    }
}

/// A request, read.
pub(super) struct Asked<'a> {
    pub(super) place: ApiPlace,
    /// The institution, as it was written.
    pub(super) number: &'a str,
    /// What the address names behind it; what is no id is nobody's.
    pub(super) id: Uuid,
}

impl<'a> Asked<'a> {
    /// Finds what is asked for.
    pub(super) fn read(method: &Method, path: &'a str) -> Result<Self, Stop> {
        // Whoever looks without wanting to read looks all the same.
        let method = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let mut stop = Stop::NoSuchPlace;
        for place in ApiPlace::ALL {
            let Some((number, id)) = fits(place.path(), path) else {
                continue;
            };
            let wanted = if place.takes_json() {
                Method::POST
            } else {
                Method::GET
            };
            if *method == wanted {
                return Ok(Self {
                    place,
                    number,
                    id: id.and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_default(),
                });
            }
            stop = Stop::OtherMethod(wanted);
        }
        Err(stop)
    }
}

/// The institution and the id of an address, where it is one of these.
fn fits<'a>(pattern: &str, path: &'a str) -> Option<(&'a str, Option<&'a str>)> {
    let mut parts = path.split('/');
    let (mut number, mut id) = ("", None);
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        match wanted {
            "{institution}" => number = part,
            "{id}" => id = Some(part),
            _ if wanted != part => return None,
            _ => {}
        }
    }
    parts.next().is_none().then_some((number, id))
}
