//! What could not be taken of a delivery as it stands: a closed catalogue.
//!
//! A finding says where, whose row by its local id, what is wrong, and how to mend it in the source system.
//! It never holds a CPR number, nor the name of anybody.

use std::collections::BTreeMap;

use super::delivery::Place;
use super::names::{LocalId, reads_as_number};
use crate::domain::import::ImportFinding;
use crate::domain::text::misleads;
use crate::texts::Words;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where it stands.
    pub at: Place,
    /// Whose row it is.
    pub subject: Subject,
    /// What is wrong.
    pub fault: Fault,
}

/// Whose row something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The delivery as such.
    Delivery,
    /// A group.
    Group(LocalId),
    /// A person, or one of their adults.
    Person(LocalId),
    /// A row without an id that could be told.
    Nameless,
}

impl Subject {
    /// The person.
    pub const fn person(&self) -> Option<&LocalId> {
        match self {
            Self::Person(id) => Some(id),
            _ => None,
        }
    }

    /// The group.
    pub const fn group(&self) -> Option<&LocalId> {
        match self {
            Self::Group(id) => Some(id),
            _ => None,
        }
    }
}

/// What a finding means for its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// The row was taken; this should be looked at.
    Note,
    /// The row was taken without the part that is wrong.
    PartLeftOut,
    /// The row was not taken: whoever it is about stays as they are.
    RowRefused,
}

/// A field of a row, by the name that the format gives it (`FirstName`, `givenName`, `fornavn`).
pub type Field = &'static str;

/// A value as it was found, where it may be repeated: short, plain, and without a number of anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(Box<str>);

impl Shown {
    /// What may be repeated of a value.
    pub fn of(value: &str) -> Self {
        const LONGEST: usize = 32;
        let fits = value.chars().count() <= LONGEST && !value.chars().any(misleads);
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        // Any longer number may be somebody's, whatever field it has slipped into.
        if fits && digits <= 5 && !reads_as_number(value) {
            Self(value.into())
        } else {
            Self("…".into())
        }
    }

    /// The value as it may be told: `…` where it could be somebody's number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A field that must be there is not.
    FieldMissing(Field),
    /// A field that may stand once stands again.
    FieldRepeated(Field),
    /// A field is longer than may be, in UTF-8 bytes.
    FieldTooLong(Field),
    /// A field has control characters, or some that turn the direction of writing.
    FieldCharacters(Field),
    /// A field that the row cannot do without has a value that is none of its values.
    FieldUnreadable(Field, Shown),
    /// A field that the row can do without has a value that is none of its values; it is left out.
    FieldIgnored(Field, Shown),
    /// An element, attribute or column that the format does not have; said once for each.
    FieldUnknown(Shown),
    /// A row with too many groups, roles or adults.
    TooMany(Field),
    /// A person who is not exactly one of student, employee and extern.
    NotOnePart,
    /// The local id reads as a CPR number.
    LocalIdIsNumber,
    /// Another row has the same local id.
    LocalIdTwice(Place),
    /// A CPR number that is none, nor a replacement for one.
    NumberUnreadable,
    /// A replacement number that the source says is a CPR number; it is taken as a replacement.
    NumberIsReplacement,
    /// Another person of the same kind, or of another name, has the same CPR number.
    NumberTwice(Place),
    /// The day of birth is not the one of the CPR number.
    NumberContradictsBirth,
    /// Name and address are protected, and there is no alias (error E15).
    AliasMissing,
    /// Another row says that this person is protected; its alias is used here too.
    ProtectedElsewhere(Place),
    /// A role that is none, or that the kind of person cannot have; it is left out.
    RoleUnknown(Shown),
    /// No role is left.
    NoRole,
    /// The class is no group of the delivery.
    MainGroupUnknown(LocalId),
    /// The class is a group, but none of the kind `Hovedgruppe`.
    MainGroupKind(LocalId),
    /// A pupil without a class.
    MainGroupMissing,
    /// A group that the delivery does not have; the membership is left out.
    GroupUnknown(LocalId),
    /// The last day of a group is before its first.
    GroupDates,
    /// The source does not say whether an adult has custody: taken as no.
    CustodyMissing,
    /// What an adult is to the child is not said in a known word: taken as `Andet`.
    RelationUnknown(Shown),
    /// An adult with neither number nor local id; left out, since nobody could log in as them.
    ContactNameless,
    /// An adult with the child's own number; left out.
    ContactIsChild,
    /// An adult who stands twice at one child; the second is left out.
    ContactTwice,
    /// Something that concerns an adult cannot be read, so that the adult is left out.
    ContactUnreadable(Field),
    /// Name and address of an adult are protected, and there is no alias; left out (error E15).
    ContactAliasMissing,
    /// A row of an institution that is not in the delivery (K01).
    OtherInstitution(Shown),
    /// A role at an organisation that is no school of the delivery; the role is left out.
    OrgUnknown(Shown),
    /// A record with more or fewer fields than its table has columns.
    RowLength,
    /// A person or class that another file of the delivery does not have.
    ReferenceUnknown(Field, LocalId),
}

impl Fault {
    /// What it means for its row.
    pub const fn weight(&self) -> Weight {
        match self {
            Self::FieldMissing(_)
            | Self::FieldRepeated(_)
            | Self::FieldTooLong(_)
            | Self::FieldCharacters(_)
            | Self::FieldUnreadable(..)
            | Self::TooMany(_)
            | Self::NotOnePart
            | Self::LocalIdIsNumber
            | Self::LocalIdTwice(_)
            | Self::NumberUnreadable
            | Self::NumberTwice(_)
            | Self::AliasMissing
            | Self::NoRole
            | Self::MainGroupUnknown(_)
            | Self::MainGroupKind(_)
            | Self::MainGroupMissing
            | Self::GroupDates
            | Self::OtherInstitution(_)
            | Self::RowLength => Weight::RowRefused,
            Self::FieldIgnored(..)
            | Self::RoleUnknown(_)
            | Self::GroupUnknown(_)
            | Self::CustodyMissing
            | Self::ContactNameless
            | Self::ContactIsChild
            | Self::ContactTwice
            | Self::ContactUnreadable(_)
            | Self::ContactAliasMissing
            | Self::OrgUnknown(_)
            | Self::ReferenceUnknown(..) => Weight::PartLeftOut,
            Self::FieldUnknown(_)
            | Self::NumberIsReplacement
            | Self::NumberContradictsBirth
            | Self::ProtectedElsewhere(_)
            | Self::RelationUnknown(_) => Weight::Note,
        }
    }

    /// The same, where it concerns an adult: the adult is left out, and the child stays.
    #[must_use]
    pub fn of_contact(self) -> Self {
        match self {
            Self::FieldMissing(field)
            | Self::FieldRepeated(field)
            | Self::FieldTooLong(field)
            | Self::FieldCharacters(field)
            | Self::FieldUnreadable(field, _) => Self::ContactUnreadable(field),
            Self::AliasMissing => Self::ContactAliasMissing,
            Self::NumberUnreadable => Self::ContactUnreadable("CPR"),
            other => other,
        }
    }

    /// The key of its texts.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::FieldMissing(_) => "import-field-missing",
            Self::FieldRepeated(_) => "import-field-repeated",
            Self::FieldTooLong(_) => "import-field-too-long",
            Self::FieldCharacters(_) => "import-field-characters",
            Self::FieldUnreadable(..) => "import-field-unreadable",
            Self::FieldIgnored(..) => "import-field-ignored",
            Self::FieldUnknown(_) => "import-field-unknown",
            Self::TooMany(_) => "import-too-many",
            Self::NotOnePart => "import-not-one-part",
            Self::LocalIdIsNumber => "import-local-id-is-number",
            Self::LocalIdTwice(_) => "import-local-id-twice",
            Self::NumberUnreadable => "import-number-unreadable",
            Self::NumberIsReplacement => "import-number-is-replacement",
            Self::NumberTwice(_) => "import-number-twice",
            Self::NumberContradictsBirth => "import-number-contradicts-birth",
            Self::AliasMissing => "import-alias-missing",
            Self::ProtectedElsewhere(_) => "import-protected-elsewhere",
            Self::RoleUnknown(_) => "import-role-unknown",
            Self::NoRole => "import-no-role",
            Self::MainGroupUnknown(_) => "import-main-group-unknown",
            Self::MainGroupKind(_) => "import-main-group-kind",
            Self::MainGroupMissing => "import-main-group-missing",
            Self::GroupUnknown(_) => "import-group-unknown",
            Self::GroupDates => "import-group-dates",
            Self::CustodyMissing => "import-custody-missing",
            Self::RelationUnknown(_) => "import-relation-unknown",
            Self::ContactNameless => "import-contact-nameless",
            Self::ContactIsChild => "import-contact-is-child",
            Self::ContactTwice => "import-contact-twice",
            Self::ContactUnreadable(_) => "import-contact-unreadable",
            Self::ContactAliasMissing => "import-contact-alias-missing",
            Self::OtherInstitution(_) => "import-other-institution",
            Self::OrgUnknown(_) => "import-org-unknown",
            Self::RowLength => "import-row-length",
            Self::ReferenceUnknown(..) => "import-reference-unknown",
        }
    }

    /// The values that its texts name: `$field`, `$value`, `$group`, `$place`.
    pub(super) fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::FieldMissing(field)
            | Self::FieldRepeated(field)
            | Self::FieldTooLong(field)
            | Self::FieldCharacters(field)
            | Self::TooMany(field)
            | Self::ContactUnreadable(field) => vec![("field", (*field).to_owned())],
            Self::FieldUnreadable(field, value) | Self::FieldIgnored(field, value) => {
                vec![("field", (*field).to_owned()), ("value", value.0.to_string())]
            }
            Self::FieldUnknown(value)
            | Self::RoleUnknown(value)
            | Self::RelationUnknown(value)
            | Self::OtherInstitution(value)
            | Self::OrgUnknown(value) => vec![("value", value.0.to_string())],
            Self::LocalIdTwice(place) | Self::NumberTwice(place) | Self::ProtectedElsewhere(place) => {
                vec![("place", place.to_string())]
            }
            Self::MainGroupUnknown(group) | Self::MainGroupKind(group) | Self::GroupUnknown(group) => {
                vec![("group", group.to_string())]
            }
            Self::ReferenceUnknown(field, id) => {
                vec![("field", (*field).to_owned()), ("value", id.to_string())]
            }
            Self::NotOnePart
            | Self::LocalIdIsNumber
            | Self::NumberUnreadable
            | Self::NumberIsReplacement
            | Self::NumberContradictsBirth
            | Self::AliasMissing
            | Self::NoRole
            | Self::MainGroupMissing
            | Self::GroupDates
            | Self::CustodyMissing
            | Self::ContactNameless
            | Self::ContactIsChild
            | Self::ContactTwice
            | Self::ContactAliasMissing
            | Self::RowLength => Vec::new(),
        }
    }
}

/// A finding in words. Plain text, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingWords {
    /// What is wrong, and what was done about it.
    pub what: String,
    /// How to mend it in the source system.
    pub mend: String,
}

impl Finding {
    /// What is said of it in one language.
    pub fn words(&self, words: &Words<'_>) -> FindingWords {
        let (key, values) = (self.fault.key(), self.fault.values());
        FindingWords {
            what: words.say_all(key, &values),
            mend: words.say_all(&format!("{key}.mend"), &values),
        }
    }
}

/// The values of a text, as they are kept.
pub(super) fn kept(values: Vec<(&'static str, String)>) -> BTreeMap<String, String> {
    let kept = values.into_iter();
    kept.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What is said of a finding that was kept, in the language of whoever reads it; where only words were
/// kept, in those of whoever delivered.
pub fn said(kept: &ImportFinding, words: &Words<'_>) -> FindingWords {
    const NAMES: [&str; 4] = ["field", "value", "group", "place"];
    let key = format!("import-{}", kept.code);
    let Some(values) = kept.values.as_ref().filter(|_| words.knows(&key)) else {
        return FindingWords {
            what: kept.what.clone(),
            mend: kept.remedy.clone(),
        };
    };
    let named = |name: &'static str| values.get(name).map(|value| (name, value.clone()));
    let values: Vec<_> = NAMES.into_iter().filter_map(named).collect();
    FindingWords {
        what: words.say_all(&key, &values),
        mend: words.say_all(&format!("{key}.mend"), &values),
    }
}
