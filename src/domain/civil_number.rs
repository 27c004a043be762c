//! The number that a person is registered by, with its kind (`CivilRegistrationNumberType`).
//!
//! A CPR number identifies a person everywhere; a replacement number identifies nobody outside
//! the school that gave it, so that nothing ever links people by it.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::cpr::{Cpr, NotACpr};

/// A person's number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CivilNumber {
    /// A CPR number.
    Cpr(Cpr),
    /// A number in the shape of one, valid at the school alone.
    Replacement(ReplacementNumber),
}

/// A number that stands in for a CPR number where there is none: a day that is 60 too late, or
/// letters after the date, or one that a school made up and says so.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct ReplacementNumber(String);

impl ReplacementNumber {
    /// The characters. As secret as a CPR number: it carries a birth date.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ReplacementNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReplacementNumber(redacted)")
    }
}

/// What the source says of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CivilNumberKind {
    /// Checked against the CPR register.
    Verified,
    /// A CPR number that the source has not checked with the state's register.
    Unverified,
    /// Given by the school itself.
    Replacement,
    /// The source does not say.
    Unknown,
}

impl CivilNumberKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Verified, Self::Unverified, Self::Replacement, Self::Unknown];

    /// The spelling of imports and of the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "CPR_VERIFIED",
            Self::Unverified => "CPR_UNVERIFIED",
            Self::Replacement => "CPR_REPLACEMENT_ID",
            Self::Unknown => "CPR_UNKNOWN_TYPE",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl CivilNumber {
    /// Reads a number of the kind that the source says. A number that says of itself that it is
    /// a replacement is one, whatever the source calls it; one that the source calls a
    /// replacement is one, however real it looks (schools abroad were told to make such).
    pub fn parse(text: &str, kind: CivilNumberKind) -> Result<Self, NotACpr> {
        let text = text.trim();
        match Cpr::parse(text) {
            Ok(cpr) if kind != CivilNumberKind::Replacement => Ok(Self::Cpr(cpr)),
            Ok(_) | Err(NotACpr::Replacement) => {
                let plain = text.chars().filter(|letter| *letter != '-').collect::<String>();
                Ok(Self::Replacement(ReplacementNumber(plain.to_ascii_uppercase())))
            }
            Err(NotACpr::Shape) => Err(NotACpr::Shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: CivilNumberKind) -> Result<CivilNumber, NotACpr> {
        CivilNumber::parse(text, kind)
    }

    #[test]
    fn a_number_is_what_it_says_or_what_the_source_says_of_it() {
        use CivilNumberKind::{Replacement, Unknown, Unverified, Verified};
        for kind in [Verified, Unverified, Unknown] {
            assert!(matches!(read("010203-4567", kind), Ok(CivilNumber::Cpr(_))));
        }
        for (text, kind) in [
            ("6102034567", Verified),
            ("010203-7xy4", Unknown),
            ("0102034567", Replacement),
        ] {
            assert!(
                matches!(read(text, kind), Ok(CivilNumber::Replacement(_))),
                "{text}"
            );
        }
        assert_eq!(read("3102034567", Replacement), Err(NotACpr::Shape));
    }

    #[test]
    fn spellings_of_one_replacement_number_are_one() {
        let first = read("010203-7xy4", CivilNumberKind::Unknown);
        assert_eq!(first, read(" 0102037XY4", CivilNumberKind::Replacement));
        assert!(!format!("{first:?}").contains("7XY4"));
    }
}
