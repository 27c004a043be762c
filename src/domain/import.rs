//! Imports from schools' systems: what one is known by, what became of it, and what it changed.
//!
//! What a delivery says is read elsewhere; here is what is remembered of it. Nothing here holds a
//! number or a name of a person (L01, L08).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::institution::InstitutionNumber;
use super::role::Role;
use super::text::misleads;

/// One delivery that was taken in, held back or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImportId(pub Uuid);

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a school's system calls itself (`source`). Together with the institution it says whose
/// local ids are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceName(String);

impl SourceName {
    /// Reads a name of 1 to 64 bytes on one line, as it looks.
    pub fn parse(text: &str) -> Result<Self, NotASource> {
        let text = text.trim();
        if text.is_empty() || text.len() > 64 || text.chars().any(misleads) {
            Err(NotASource)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name, as the source writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SourceName {
    type Error = NotASource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<SourceName> for String {
    fn from(source: SourceName) -> Self {
        source.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A source's name has 1 to 64 bytes on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a source's name has 1 to 64 bytes on one line")]
pub struct NotASource;

/// How much a delivery speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryKind {
    /// Everybody: who is not in it has left (`importerXml`).
    Full,
    /// Those who are new or changed (`importerDeltaXml`).
    Delta,
    /// Those who have left (`importerSletXml`).
    Removal,
}

impl DeliveryKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Full, Self::Delta, Self::Removal];

    /// The word of the database and of reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Delta => "delta",
            Self::Removal => "removal",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// It holds.
    Applied,
    /// It would change more than limits let through unasked: somebody is to confirm it.
    Held,
    /// It was refused whole; nothing of it holds.
    Refused,
    /// It was held until a later delivery of the same source was applied.
    Overtaken,
    /// It was held until somebody threw it away.
    Discarded,
}

impl ImportState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Applied,
        Self::Held,
        Self::Refused,
        Self::Overtaken,
        Self::Discarded,
    ];

    /// The word of the database and of reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Held => "held",
            Self::Refused => "refused",
            Self::Overtaken => "overtaken",
            Self::Discarded => "discarded",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// By which way a delivery came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// An operator's command.
    Command,
    /// A file in the watched folder.
    Folder,
    /// A request of the school's system.
    Http,
    /// Nobody delivered anything: a source or an affiliation was too old.
    Upkeep,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Command, Self::Folder, Self::Http, Self::Upkeep];

    /// The word of the database and of reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Folder => "folder",
            Self::Http => "http",
            Self::Upkeep => "upkeep",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }
}

/// How many of each; people count once for each local id, adults once for each institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// People whom the source did not tell of before.
    pub added: u64,
    /// People of whom something changed.
    pub changed: u64,
    /// People who had left and came back.
    pub restored: u64,
    /// People who left.
    pub left: u64,
    /// People of whom nothing changed.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub refused: u64,
    /// Adults who were added, or came back.
    pub contacts_added: u64,
    /// Adults who are nobody's contact any more.
    pub contacts_left: u64,
    /// Groups that were added, changed or came back.
    pub groups_put: u64,
    /// Groups that are no more.
    pub groups_left: u64,
    /// People whose affiliation waits to be confirmed, since they are another owner's too.
    #[serde(default)]
    pub unconfirmed: u64,
}

impl Counts {
    /// Whether nothing at all is changed.
    pub const fn is_nothing(&self) -> bool {
        self.added == 0
            && self.changed == 0
            && self.restored == 0
            && self.left == 0
            && self.contacts_added == 0
            && self.contacts_left == 0
            && self.groups_put == 0
            && self.groups_left == 0
    }
}

/// Why an import is held back or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Many people would be gone (K05).
    PeopleLeave {
        /// How many of the source's people were here and would be gone.
        left: u64,
        /// Of how many.
        of: u64,
    },
    /// Many adults would be gone.
    AdultsLeave {
        /// How many of the source's adults were here and would be gone.
        left: u64,
        /// Of how many.
        of: u64,
    },
    /// A class would have no pupils any more, and they are not in another one.
    ClassEmptied {
        /// What people call it.
        class: String,
        /// How many it has.
        pupils: u64,
    },
    /// Many who were there before would have a role that they had not.
    RoleGained {
        /// The role that they would have.
        role: Role,
        /// How many people would gain it.
        by: u64,
        /// Of how many.
        of: u64,
    },
    /// Many adults of pupils who were there before would have custody that they had not.
    CustodyGained {
        /// How many adults would gain it.
        by: u64,
        /// Of how many pupils.
        of: u64,
    },
    /// Many rows of people cannot be taken: what is wrong with them may be wrong with the others too.
    RowsRefused {
        /// How many.
        refused: u64,
        /// Of how many rows of people.
        of: u64,
    },
    /// A source that has told nothing before speaks for an institution of which others tell (K05).
    NewSource {
        /// Who tells of it so far.
        others: Vec<SourceName>,
    },
    /// It is about a school year that is over.
    YearOver {
        /// The school year of the delivery, such as `2026-2027`.
        year: String,
    },
    /// The source has sent something later already.
    NotNewer {
        /// When the source wrote what was applied last.
        last: Timestamp,
    },
    /// It says that it was written at a moment that is still to come: the next one would be old news.
    FromTheFuture {
        /// When it says that it was written.
        sent: Timestamp,
    },
    /// None of its people's rows could be taken.
    NothingTaken {
        /// How many rows were refused.
        refused: u64,
    },
    /// Whoever delivered it may not speak for this institution (K01).
    OtherInstitution,
    /// It could not be read, or not be trusted.
    Unreadable {
        /// Why, in one word.
        reason: String,
    },
}

impl Reason {
    /// Whether a second person is to look (K05).
    pub const fn wants_a_second_person(&self) -> bool {
        matches!(
            self,
            Self::PeopleLeave { .. }
                | Self::AdultsLeave { .. }
                | Self::ClassEmptied { .. }
                | Self::RoleGained { .. }
                | Self::CustodyGained { .. }
                | Self::RowsRefused { .. }
                | Self::NewSource { .. }
        )
    }
}

/// What is asked of an import beyond taking it in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The source whose people it takes over (U70).
    pub takes_over: Option<SourceName>,
    /// The local id of the one person whose CPR number may be another one (error E14).
    pub reidentifies: Option<String>,
    /// Whether new people keep the UNI-IDs and user names that the file has of them.
    pub moves_in: bool,
}

/// What an administrator is told of one import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRecord {
    /// Names this import.
    pub id: ImportId,
    /// The institution that it speaks of.
    pub institution: InstitutionNumber,
    /// The source that speaks.
    pub source: SourceName,
    /// How much it speaks of.
    pub kind: DeliveryKind,
    /// When the source wrote it (`sourceDateTime`).
    pub sent_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// Who delivered it: a person or a system, in the operator's words.
    pub delivered_by: String,
    /// By which way it came.
    pub way: Way,
    /// SHA-256 over the file as it came.
    pub digest: [u8; 32],
    /// What became of it.
    pub state: ImportState,
    /// What it changed, or would change.
    pub counts: Counts,
    /// Why it was held or refused; empty where it was not.
    pub reasons: Vec<Reason>,
    /// What was asked of it: whoever confirms it asks for the same.
    pub asked: Asked,
    /// When it was confirmed or decided.
    pub decided_at: Option<Timestamp>,
    /// Who confirmed it.
    pub decided_by: Option<String>,
}

/// Something that is wrong with a row, in words for whoever mends the source system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFinding {
    /// The file, where a delivery has several.
    pub file: Option<String>,
    /// The line of the file.
    pub line: Option<u64>,
    /// Of whom or what: the source's local id, never a number or a name.
    pub subject: Option<String>,
    /// What kind of fault it is, in one word.
    pub code: String,
    /// The values that its texts name. Nothing: only the words of whoever delivered were kept.
    pub values: Option<BTreeMap<String, String>>,
    /// What is wrong, in the words of whoever delivered.
    pub what: String,
    /// What to do about it in the source system, likewise.
    pub remedy: String,
    /// Whether the row was left out.
    pub refused: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for kind in DeliveryKind::ALL {
            assert_eq!(DeliveryKind::parse(kind.word()), Some(kind));
        }
        for state in ImportState::ALL {
            assert_eq!(ImportState::parse(state.word()), Some(state));
        }
        for way in Way::ALL {
            assert_eq!(Way::parse(way.word()), Some(way));
        }
    }

    #[test]
    fn a_source_has_a_name_on_one_line() {
        assert_eq!(SourceName::parse(" TABULEX ").unwrap().as_str(), "TABULEX");
        for text in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert_eq!(SourceName::parse(text), Err(NotASource), "{text}");
        }
    }
}
