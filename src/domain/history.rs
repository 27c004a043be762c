//! The history of a person: each change of what we know of them, with its moment and the source that told it.

use jiff::Timestamp;
use uuid::Uuid;

use super::account::PersonId;
use super::actor::ActorId;
use super::import::{ImportId, SourceName};
use super::institution::InstitutionNumber;

/// One change of what is known of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Names this change.
    pub id: Uuid,
    /// The person who changed.
    pub person: PersonId,
    /// Of which affiliation.
    pub actor: Option<ActorId>,
    /// The institution where it changed; nothing where it is not of one.
    pub institution: Option<InstitutionNumber>,
    /// By which source.
    pub source: Option<SourceName>,
    /// By which import.
    pub import: Option<ImportId>,
    /// When it was changed here.
    pub at: Timestamp,
    /// What kind of change it is.
    pub what: Change,
    /// More closely, such as `3 -> 4`; never a number or a name of a person.
    pub detail: String,
}

/// What may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The affiliation began.
    Added,
    /// The affiliation ended; what belongs to it is kept for a while.
    Left,
    /// The affiliation goes on as it was.
    Restored,
    /// What services call the person.
    Name,
    /// Name and address protection.
    Protection,
    /// The number that the person is registered by, or its kind.
    Number,
    /// The day of birth.
    BirthDate,
    /// The kind of affiliation.
    Group,
    /// What they do there.
    Roles,
    /// How far a pupil has come.
    Level,
    /// The stage of school that a pupil is at.
    Stage,
    /// Classes and other groups.
    Memberships,
    /// Who a pupil's adults are, or who of them has custody.
    Contacts,
    /// When the affiliation begins or ends.
    Term,
    /// Which source tells of the affiliation, or what it calls it.
    Source,
    /// The account was closed for good, and its names are never given again.
    Purged,
    /// Somebody confirmed the affiliation, which another owner's person got.
    Confirmed,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 17] = [
        Self::Added,
        Self::Left,
        Self::Restored,
        Self::Name,
        Self::Protection,
        Self::Number,
        Self::BirthDate,
        Self::Group,
        Self::Roles,
        Self::Level,
        Self::Stage,
        Self::Memberships,
        Self::Contacts,
        Self::Term,
        Self::Source,
        Self::Purged,
        Self::Confirmed,
    ];

    /// The word of the database and of reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Left => "left",
            Self::Restored => "restored",
            Self::Name => "name",
            Self::Protection => "protection",
            Self::Number => "number",
            Self::BirthDate => "birth-date",
            Self::Group => "group",
            Self::Roles => "roles",
            Self::Level => "level",
            Self::Stage => "stage",
            Self::Memberships => "memberships",
            Self::Contacts => "contacts",
            Self::Term => "term",
            Self::Source => "source",
            Self::Purged => "purged",
            Self::Confirmed => "confirmed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for change in Change::ALL {
            assert_eq!(Change::parse(change.word()), Some(change));
        }
    }
}
