//! Every page and form of the administrators' desk, in one list: the router is built of it, and so is
//! the test that walks it as everybody.

/// A page or a form of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeskPlace {
    /// Which institution?
    Choose,
    /// The overview with the search.
    Front,
    /// One person.
    Person,
    /// Reads or makes a person's code.
    Code,
    /// Sets another password rule, or lets the stage's hold again.
    Rule,
    /// Blocks, changes the block, or lifts it.
    Block,
    /// Gives or takes back the administrator right.
    Right,
    /// Prolongs or ends an affiliation by hand.
    Affiliation,
    /// The pupils of a class.
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
    /// The imports.
    Imports,
    /// One import.
    Import,
    /// Takes in an import that was held, or throws it away.
    DecideImport,
    /// The administrators.
    Administrators,
}

impl DeskPlace {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Choose,
        Self::Front,
        Self::Person,
        Self::Code,
        Self::Rule,
        Self::Block,
        Self::Right,
        Self::Affiliation,
        Self::Class,
        Self::ClassCodes,
        Self::Newcomers,
        Self::NewcomerCodes,
        Self::ByHand,
        Self::AddByHand,
        Self::Imports,
        Self::Import,
        Self::DecideImport,
        Self::Administrators,
    ];

    /// Its address, as the router and the auditor have it.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Choose => "/administration",
            Self::Front => "/administration/{institution}",
            Self::Person => "/administration/{institution}/person/{id}",
            Self::Code => "/administration/{institution}/person/{id}/kode",
            Self::Rule => "/administration/{institution}/person/{id}/regel",
            Self::Block => "/administration/{institution}/person/{id}/spaerring",
            Self::Right => "/administration/{institution}/person/{id}/rettighed",
            Self::Affiliation => "/administration/{institution}/person/{id}/tilknytning",
            Self::Class => "/administration/{institution}/klasse/{id}",
            Self::ClassCodes => "/administration/{institution}/klasse/{id}/koder",
            Self::Newcomers => "/administration/{institution}/nye",
            Self::NewcomerCodes => "/administration/{institution}/nye/koder",
            Self::ByHand | Self::AddByHand => "/administration/{institution}/tilknytninger",
            Self::Imports => "/administration/{institution}/importer",
            Self::Import => "/administration/{institution}/importer/{id}",
            Self::DecideImport => "/administration/{institution}/importer/{id}/afgoer",
            Self::Administrators => "/administration/{institution}/administratorer",
        }
    }

    /// The fields of its form beside the token; `None`: it is a page, and nothing is sent to it.
    pub const fn fields(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Choose
            | Self::Front
            | Self::Person
            | Self::Class
            | Self::Newcomers
            | Self::ByHand
            | Self::Imports
            | Self::Import
            | Self::Administrators => None,
            Self::Code | Self::ClassCodes | Self::NewcomerCodes => Some(&[]),
            Self::Rule => Some(&["rule", "reason"]),
            Self::Block => Some(&["do", "through-broker", "reason"]),
            Self::Right | Self::DecideImport => Some(&["do", "reason"]),
            Self::Affiliation => Some(&["do", "last-day", "reason"]),
            Self::AddByHand => Some(&["name", "role", "last-day", "reason", "employs-pupil"]),
        }
    }

    /// Whether it asks for a proof of the last quarter of an hour: what it does, it does to many at once.
    pub const fn wants_fresh_proof(self) -> bool {
        matches!(self, Self::DecideImport)
    }

    /// The page that a form stands on, by the address that it is sent to.
    pub fn page_of(self, address: &str) -> &str {
        match self {
            Self::Code
            | Self::Rule
            | Self::Block
            | Self::Right
            | Self::Affiliation
            | Self::ClassCodes
            | Self::NewcomerCodes
            | Self::DecideImport => address.rsplit_once('/').map_or(address, |(page, _)| page),
            _ => address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::own_page::OwnPage;

    #[test]
    fn every_place_is_below_its_page_and_every_form_stands_on_a_page() {
        for place in DeskPlace::ALL {
            assert!(place.path().starts_with(OwnPage::Administration.path()));
            if place.fields().is_some() {
                let page = place.page_of(place.path());
                let stands = DeskPlace::ALL
                    .iter()
                    .any(|other| other.path() == page && other.fields().is_none());
                assert!(stands, "{place:?}");
            }
        }
    }
}
