//! From the texts of a row to a person: what every format has in common.
//!
//! The name behind an alias goes no further than the texts that are handed in.

use jiff::Timestamp;

use super::delivery::{DeliveredNumber, PersonData};
use super::finding::{Fault, Field, Shown, Weight};
use super::names::{LONGEST_ID, LONGEST_NAME, LocalId, NotTaken, VisibleName, plain, reads_as_number};
use super::values::{birth_date, yes_or_no};
use crate::domain::account::UniId;
use crate::domain::civil_number::{CivilNumber, CivilNumberKind};
use crate::domain::login_name::BareName;

/// A field with its text, where the row has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'r> {
    /// What the format calls the field.
    pub(super) field: Field,
    /// What stands there.
    pub(super) text: Option<&'r str>,
}

/// What is wrong with one row, as it is being read, and whom it says to be protected.
#[derive(Debug, Default, Clone)]
pub(super) struct Faults {
    /// What is wrong.
    pub(super) all: Vec<Fault>,
    /// Whom the row says to be protected: said whether the row is taken or not.
    pub(super) protected: Vec<SaidProtected>,
}

/// Somebody whom a row says to have their name and address protected.
#[derive(Debug, Clone)]
pub(super) struct SaidProtected {
    /// The number that they are registered by, where it can be read.
    pub(super) number: Option<CivilNumber>,
    /// What they are called instead, where the row tells.
    pub(super) alias: Option<VisibleName>,
    /// Whether it is an adult of the person whose row it is.
    pub(super) is_contact: bool,
    /// What the source calls the adult, where it does.
    pub(super) contact_id: Option<LocalId>,
}

impl Faults {
    /// Notes a fault.
    pub(super) fn push(&mut self, fault: Fault) {
        self.all.push(fault);
    }

    /// Takes over what an adult's own texts gave: the adult is left out where they are refused, and the child
    /// stays.
    pub(super) fn of_contact(&mut self, own: Self, contact_id: Option<&LocalId>) {
        self.all.extend(own.all.into_iter().map(Fault::of_contact));
        self.protected
            .extend(own.protected.into_iter().map(|said| SaidProtected {
                is_contact: true,
                contact_id: contact_id.cloned(),
                ..said
            }));
    }

    /// Whether one of them refuses the row.
    pub(super) fn refuse_row(&self) -> bool {
        self.all.iter().any(|fault| fault.weight() == Weight::RowRefused)
    }

    /// Notes why a text of a field that must be there is not taken.
    fn not_taken(&mut self, text: Text<'_>, why: NotTaken) {
        self.push(match why {
            NotTaken::Empty => Fault::FieldMissing(text.field),
            NotTaken::TooLong => Fault::FieldTooLong(text.field),
            NotTaken::Characters => Fault::FieldCharacters(text.field),
            NotTaken::Shape => Fault::FieldUnreadable(text.field, Shown::of(text.text.unwrap_or_default())),
        });
    }
}

impl<'r> Text<'r> {
    /// The text without space around it; nothing where there is nothing.
    pub(super) fn said(self) -> Option<&'r str> {
        self.text.map(str::trim).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub(super) fn required(self, longest: usize, faults: &mut Faults) -> Option<&'r str> {
        let text = self.text.ok_or(NotTaken::Empty);
        text.and_then(|text| plain(text, longest))
            .map_err(|why| faults.not_taken(self, why))
            .ok()
    }

    /// A text that may be missing, but not be wrong.
    pub(super) fn optional(self, longest: usize, faults: &mut Faults) -> Option<&'r str> {
        self.said()?;
        self.required(longest, faults)
    }

    /// An id that must be there.
    pub(super) fn id(self, faults: &mut Faults) -> Option<LocalId> {
        self.required(LONGEST_ID, faults)
            .and_then(|text| LocalId::parse(text).ok())
    }

    /// A value that the row cannot do without.
    pub(super) fn value<T>(self, read: impl FnOnce(&str) -> Option<T>, faults: &mut Faults) -> Option<T> {
        let Some(text) = self.said() else {
            faults.push(Fault::FieldMissing(self.field));
            return None;
        };
        let value = read(text);
        if value.is_none() {
            faults.push(Fault::FieldUnreadable(self.field, Shown::of(text)));
        }
        value
    }

    /// A value that the row can do without; one that cannot be read is left out.
    pub(super) fn dispensable<T>(
        self,
        read: impl FnOnce(&str) -> Option<T>,
        faults: &mut Faults,
    ) -> Option<T> {
        let text = self.said()?;
        let value = read(text);
        if value.is_none() {
            faults.push(Fault::FieldIgnored(self.field, Shown::of(text)));
        }
        value
    }
}

/// The texts that say who somebody is.
#[derive(Debug)]
pub(super) struct PersonTexts<'r> {
    pub(super) given: Text<'r>,
    pub(super) family: Text<'r>,
    /// Whether name and address are protected; a format that must say so says so by `protection_is_stated`.
    pub(super) protected: Text<'r>,
    pub(super) protection_is_stated: bool,
    pub(super) alias_given: Text<'r>,
    pub(super) alias_family: Text<'r>,
    pub(super) number: Text<'r>,
    pub(super) number_kind: Text<'r>,
    pub(super) birth_date: Text<'r>,
    pub(super) uni_id: Text<'r>,
    pub(super) user_name: Text<'r>,
}

impl PersonTexts<'_> {
    /// The person; nothing where something that must be there is not.
    pub(super) fn read(&self, sent_at: Timestamp, faults: &mut Faults) -> Option<PersonData> {
        let name = self.name(faults);
        let number = self.number(faults);
        if self.says_protected() {
            faults.protected.push(SaidProtected {
                number: number.as_ref().map(|number| number.number.clone()),
                alias: name.clone(),
                is_contact: false,
                contact_id: None,
            });
        }
        let birth_date = self
            .birth_date
            .dispensable(|text| birth_date(text, sent_at), faults);
        if let (Some(told), Some(CivilNumber::Cpr(cpr))) = (birth_date, number.as_ref().map(|n| &n.number))
            && told != cpr.date_of_birth()
        {
            faults.push(Fault::NumberContradictsBirth);
        }
        let uni_id = self.uni_id.dispensable(|text| UniId::parse(text).ok(), faults);
        let user_name = self.user_name.dispensable(user_name, faults);
        Some(PersonData {
            name: name?,
            number,
            birth_date,
            uni_id,
            user_name,
        })
    }

    fn says_protected(&self) -> bool {
        self.protected.said().and_then(yes_or_no) == Some(true)
    }

    fn name(&self, faults: &mut Faults) -> Option<VisibleName> {
        let protected = if self.protection_is_stated || self.protected.said().is_some() {
            self.protected.value(yes_or_no, faults)?
        } else {
            false
        };
        if protected && self.alias_given.said().is_none() && self.alias_family.said().is_none() {
            faults.push(Fault::AliasMissing);
            return None;
        }
        let (given, family) = if protected {
            (self.alias_given, self.alias_family)
        } else {
            (self.given, self.family)
        };
        let (given, family) = (
            given.required(LONGEST_NAME, faults),
            family.required(LONGEST_NAME, faults),
        );
        Some(VisibleName {
            given: given?.into(),
            family: family?.into(),
            protected,
        })
    }

    /// The number; a fault that refuses the row where one stands there that cannot be read.
    fn number(&self, faults: &mut Faults) -> Option<DeliveredNumber> {
        let told = self.number_kind.dispensable(CivilNumberKind::parse, faults);
        let told = told.unwrap_or(CivilNumberKind::Unknown);
        let text = self.number.said()?;
        let Ok(number) = CivilNumber::parse(text, told) else {
            faults.push(Fault::NumberUnreadable);
            return None;
        };
        let kind = match number {
            CivilNumber::Cpr(_) => told,
            CivilNumber::Replacement(_) => {
                if matches!(told, CivilNumberKind::Verified | CivilNumberKind::Unverified) {
                    faults.push(Fault::NumberIsReplacement);
                }
                CivilNumberKind::Replacement
            }
        };
        Some(DeliveredNumber { number, kind })
    }
}

impl PersonData {
    /// Whether the text has this person's number in it, with or without hyphens.
    pub(super) fn has_number_in(&self, text: &str) -> bool {
        let digits = match self.number.as_ref().map(|number| &number.number) {
            None => return false,
            Some(CivilNumber::Cpr(cpr)) => cpr.expose(),
            Some(CivilNumber::Replacement(replacement)) => replacement.expose(),
        };
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        plain.to_ascii_uppercase().contains(digits)
    }
}

/// A user name: letters and digits as the incumbent gives them, never a number of anybody.
fn user_name(text: &str) -> Option<BareName> {
    let text = plain(text, LONGEST_ID).ok()?;
    let name = BareName::parse(text).ok()?;
    (!reads_as_number(name.as_str())).then_some(name)
}
