//! What cannot be taken of a delivery beside what is there already. What is wrong with a row by
//! itself is a [`Finding`](super::finding::Finding).

use super::delivery::Place;
use super::finding::kept;
use super::names::LocalId;
use crate::domain::import::ImportFinding;
use crate::texts::Words;

/// One row, or a part of one, that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    /// Where it stands.
    pub at: Place,
    /// Whose row it is.
    pub who: Who,
    /// Why the row cannot be taken.
    pub why: Why,
}

/// Whose row something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The delivery as such.
    Delivery,
    /// A group.
    Group(LocalId),
    /// A person, or one of their adults.
    Person(LocalId),
}

/// Why it is not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The person is known by another CPR number (error E14).
    NumberContradicts,
    /// The CPR number is somebody else's, who is known too.
    NumberOfAnother,
    /// The person is somebody's elsewhere too: another number here would take the person away there.
    NumberElsewhere,
    /// The local id was given to somebody else: number and name, or day of birth, are other ones.
    LocalIdReused,
    /// An adult is known by another CPR number, or theirs is somebody else's; the adult stays as
    /// they are.
    AdultNumberContradicts,
    /// The class is neither in the delivery nor known.
    ClassUnknown(LocalId),
    /// A group that is neither in the delivery nor known; the person is taken without it.
    GroupUnknown(LocalId),
    /// Somebody or something is to be removed that nobody knows.
    NotKnown,
    /// The file has names of new people, and nobody has said that they move in: they get others.
    NamesNotKept,
    /// Some rows could not be told apart, so that nobody is taken for gone.
    NobodyLeaves,
    /// The person is another owner's too: the row is taken, and waits to be confirmed.
    Unconfirmed,
}

impl Why {
    /// The same of an adult, whose child's row is taken all the same.
    #[must_use]
    pub fn of_an_adult(self) -> Self {
        match self {
            Self::NumberContradicts | Self::NumberOfAnother | Self::NumberElsewhere | Self::LocalIdReused => {
                Self::AdultNumberContradicts
            }
            other => other,
        }
    }

    /// Whether the row is left out as a whole.
    pub const fn refuses_the_row(&self) -> bool {
        matches!(
            self,
            Self::NumberContradicts
                | Self::NumberOfAnother
                | Self::NumberElsewhere
                | Self::LocalIdReused
                | Self::ClassUnknown(_)
                | Self::NotKnown
        )
    }

    /// The key of its texts, and its code in reports.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NumberContradicts => "import-number-contradicts",
            Self::NumberOfAnother => "import-number-of-another",
            Self::LocalIdReused => "import-local-id-reused",
            Self::NumberElsewhere => "import-number-elsewhere",
            Self::AdultNumberContradicts => "import-adult-number-contradicts",
            Self::ClassUnknown(_) => "import-class-unknown",
            Self::GroupUnknown(_) => "import-group-not-known",
            Self::NotKnown => "import-not-known",
            Self::NamesNotKept => "import-names-not-kept",
            Self::NobodyLeaves => "import-nobody-leaves",
            Self::Unconfirmed => "import-unconfirmed",
        }
    }
}

impl Objection {
    /// What is kept and shown of it.
    pub fn told(&self, words: &Words<'_>) -> ImportFinding {
        let key = self.why.key();
        let values = match &self.why {
            Why::ClassUnknown(group) | Why::GroupUnknown(group) => vec![("group", group.to_string())],
            _ => Vec::new(),
        };
        ImportFinding {
            file: self.at.file.map(str::to_owned),
            line: Some(u64::from(self.at.line)),
            subject: match &self.who {
                Who::Delivery => None,
                Who::Group(id) | Who::Person(id) => Some(id.to_string()),
            },
            code: key.trim_start_matches("import-").to_owned(),
            what: words.say_all(key, &values),
            remedy: words.say_all(&format!("{key}.mend"), &values),
            values: Some(kept(values)),
            refused: self.why.refuses_the_row(),
        }
    }
}
