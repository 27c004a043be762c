//! What things are called in deliveries: sources, local ids, school years, names of people.
//!
//! Each is a value that can be kept and shown: bounded in UTF-8 bytes as the incumbent counts, and free of
//! characters that steer a terminal or turn text around (K09).

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::values::danish_date;
use crate::domain::cpr::{Cpr, NotACpr};
pub use crate::domain::import::SourceName;
use crate::domain::text::misleads;

/// The longest identifier, in UTF-8 bytes.
pub const LONGEST_ID: usize = 64;
/// The longest name, in UTF-8 bytes.
pub const LONGEST_NAME: usize = 128;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nothing is there.
    #[error("empty")]
    Empty,
    /// Longer than may be, in UTF-8 bytes.
    #[error("longer than may be")]
    TooLong,
    /// Control characters, or characters that turn the direction of writing.
    #[error("characters that cannot be shown")]
    Characters,
    /// Not of the shape that is asked for.
    #[error("not of the right shape")]
    Shape,
}

/// Text without space around it, or why it is not taken.
pub fn plain(text: &str, longest: usize) -> Result<&str, NotTaken> {
    let text = text.trim();
    if text.is_empty() {
        Err(NotTaken::Empty)
    } else if text.len() > longest {
        Err(NotTaken::TooLong)
    } else if text.chars().any(misleads) {
        Err(NotTaken::Characters)
    } else {
        Ok(text)
    }
}

/// What a source calls a person or a group; means nothing outside of that source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(Box<str>);

impl LocalId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, NotTaken> {
        plain(text, LONGEST_ID).map(|text| Self(text.into()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a CPR number and nothing else, with its hyphen or without: whoever's it is, it is no id.
    pub fn is_cpr_number(&self) -> bool {
        Cpr::parse(&self.0).is_ok()
    }

    /// Whether it reads as a CPR number or as a replacement for one, alone or among other words. Such an id
    /// is never shown.
    pub fn reads_as_number(&self) -> bool {
        reads_as_number(&self.0)
    }
}

impl fmt::Display for LocalId {
    /// Writes the id, or three dots in place of one that reads as a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.reads_as_number() { "…" } else { &self.0 })
    }
}

/// Whether a CPR number or a replacement for one stands in the text as a word of its own, with or without
/// its hyphen. Some ids read so by chance, and are only not shown.
pub fn reads_as_number(text: &str) -> bool {
    let is_number = |text: &str| match Cpr::parse(text) {
        Ok(_) => true,
        Err(NotACpr::Replacement) => text.len() >= 10,
        Err(NotACpr::Shape) => false,
    };
    let mut before = "";
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let halves = before.len() == 6 && word.len() == 4;
        let found = is_number(word) || (halves && is_number(&format!("{before}{word}")));
        before = word;
        found
    })
}

/// A school year, such as 2026-2027.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolYear {
    first: u16,
}

impl SchoolYear {
    /// Reads `YYYY-YYYY`, two years that follow each other.
    pub fn parse(text: &str) -> Result<Self, NotTaken> {
        let (first, second) = text.trim().split_once('-').ok_or(NotTaken::Shape)?;
        let year = |text: &str| {
            let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|_| digits).ok_or(NotTaken::Shape)
        };
        let (first, second) = (year(first)?, year(second)?);
        if second == first + 1 {
            Ok(Self { first })
        } else {
            Err(NotTaken::Shape)
        }
    }

    /// Whether it is over, and nobody can still be about to send it: in September of the year in which it
    /// ended, the next one has begun everywhere.
    pub fn is_over(self, now: Timestamp) -> bool {
        let today = danish_date(now);
        let year = i32::from(self.first) + 1;
        (i32::from(today.year()), today.month()) >= (year, 9)
    }

    /// The one that a day is in: they begin on 1 August.
    pub fn of(day: Date) -> Option<Self> {
        let year = u16::try_from(day.year()).ok()?;
        let first = if day.month() < 8 {
            year.checked_sub(1)?
        } else {
            year
        };
        Some(Self { first })
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:04}", self.first, self.first + 1)
    }
}

/// What a person is called where others can see it: the alias of who is protected (L08, error E15).
///
/// The name behind an alias is not kept, and leaves the reader of a delivery in no way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleName {
    /// Given names, or those of the alias.
    pub given: Box<str>,
    /// Family name, or that of the alias.
    pub family: Box<str>,
    /// Whether this is an alias, since name and address are protected.
    pub protected: bool,
}

impl VisibleName {
    /// What somebody is called who is protected and has no alias: whom it hides, it does not tell apart.
    pub fn hidden() -> Self {
        Self {
            given: "Beskyttet".into(),
            family: "navn".into(),
            protected: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_in_bytes_and_say_what_they_show() {
        assert_eq!(plain("  Åse ", 4), Ok("Åse"));
        assert_eq!(plain("Åsee", 4), Err(NotTaken::TooLong));
        assert_eq!(plain(" \u{a0}", 4), Err(NotTaken::Empty));
        for text in [
            "a\0",
            "a\nb",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{feff}b",
            "a\u{200f}b",
            "\u{1b}[0m",
        ] {
            assert_eq!(plain(text, 64), Err(NotTaken::Characters), "{text:?}");
        }
        assert!(
            plain("نور‌الدین", 64).is_ok(),
            "some names are joined by what is not seen"
        );
    }

    #[test]
    fn an_id_that_is_a_number_is_never_shown() {
        for id in [
            "0102034567",
            "010203-4567",
            "p_010203-4567",
            "6102034567",
            "cpr.0102034567.x",
            "0102037xy4",
        ] {
            let id = LocalId::parse(id).unwrap();
            assert!(id.reads_as_number(), "{}", id.as_str());
            assert_eq!(id.to_string(), "…");
        }
        for id in [
            "4711",
            "elev-0042",
            "3902034567",
            "00102034567",
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            let id = LocalId::parse(id).unwrap();
            assert!(!id.reads_as_number(), "{}", id.as_str());
            assert_eq!(id.to_string(), id.as_str());
        }
    }

    #[test]
    fn a_school_year_is_two_years_that_follow_each_other() {
        assert_eq!(SchoolYear::parse("2026-2027").unwrap().to_string(), "2026-2027");
        for text in [
            "2026",
            "2026-2028",
            "2026/2027",
            "26-27",
            "2027-2026",
            "+026-0027",
            "65535-65536",
        ] {
            assert_eq!(SchoolYear::parse(text), Err(NotTaken::Shape), "{text}");
        }
    }
}
