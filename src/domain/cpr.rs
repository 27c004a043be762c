//! The Danish civil registration number.
//!
//! A [`Cpr`] cannot be printed, compared in passing or serialised: whoever needs the
//! digits asks for them by [`Cpr::expose`], which is easy to search for (DR21). There is
//! no modulus-11 test: numbers without it are valid since 2007 (CPR-kontoret, "Personnumre uden kontrolciffer").

use std::fmt;

use jiff::civil::Date;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A CPR number: ten digits whose first six are a date. Replacement numbers are none.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Cpr([u8; 10]);

impl Cpr {
    /// Reads `DDMMYYNNNN` or `DDMMYY-NNNN`. Days 61–91 (replacement numbers) are refused
    /// here: they identify nobody outside the body that issued them.
    pub fn parse(text: &str) -> Result<Self, NotACpr> {
        let mut digits = [0; 10];
        let mut filled = 0;
        if is_replacement(text.trim()) {
            return Err(NotACpr::Replacement);
        }
        for (position, byte) in text.trim().bytes().enumerate() {
            match byte {
                b'0'..=b'9' => *digits.get_mut(filled).ok_or(NotACpr::Shape)? = byte,
                b'-' if position == 6 => continue,
                _ => return Err(NotACpr::Shape),
            }
            filled += 1;
        }
        let cpr = Self(digits);
        if filled == 10 && cpr.date().is_some() {
            Ok(cpr)
        } else {
            Err(NotACpr::Shape)
        }
    }

    /// Whether the last digit is the one that the others ask for. Numbers without it are given
    /// out since 2007: worth asking whether it was mistyped, never worth turning anybody away.
    pub fn fits_modulus_11(&self) -> bool {
        const WEIGHTS: [u32; 10] = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
        let digits = self.0.iter().map(|digit| u32::from(digit - b'0'));
        let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        sum.is_multiple_of(11)
    }

    /// The ten digits. Only the vault, the index and the release of CPR to a service with
    /// legal basis may call this.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The day of birth, with the century that the seventh digit tells.
    pub fn date_of_birth(&self) -> Date {
        // Only numbers with a date exist.
        self.date().unwrap_or_default()
    }

    fn date(&self) -> Option<Date> {
        let number = |range: std::ops::Range<usize>| {
            self.0
                .get(range)
                .into_iter()
                .flatten()
                .fold(0u16, |n, digit| n * 10 + u16::from(digit - b'0'))
        };
        let (day, month, year, series) = (number(0..2), number(2..4), number(4..6), number(6..7));
        let year = i16::try_from(century(series, year) + year).ok()?;
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }
}

/// The century that the seventh digit and the year stand for.
fn century(series: u16, year: u16) -> u16 {
    match (series, year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (4 | 9, _) | (5..=8, ..=57) => 2000,
        _ => 1800,
    }
}

impl fmt::Debug for Cpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cpr(redacted)")
    }
}

/// Whether it is one of the numbers that are given to those who have no CPR number: a day that is
/// 60 too late, or letters in the running number (X-eCPR, D-eCPR).
fn is_replacement(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let Some((date, rest)) = plain.split_first_chunk::<6>() else {
        return false;
    };
    let are_digits = date.iter().all(u8::is_ascii_digit);
    let late_day = (b'6'..=b'9').contains(&date[0]) && rest.iter().all(u8::is_ascii_digit);
    let letters = rest.iter().all(u8::is_ascii_alphanumeric) && rest.iter().any(u8::is_ascii_alphabetic);
    rest.len() == 4 && are_digits && (late_day || letters)
}

/// The text is not a CPR number. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACpr {
    /// Not ten digits that begin with a date.
    #[error("not a CPR number")]
    Shape,
    /// It is known by those alone who gave it out (CPR-kontoret, "Erstatningspersonnumre").
    #[error("a replacement number, which identifies nobody outside the body that gave it out")]
    Replacement,
}

/// The keyed hash by which a person is found without the number being readable in the
/// database: HMAC-SHA-256 under a key that is kept outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CprIndex(pub [u8; 32]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_digits_with_a_date_are_a_cpr_number_with_or_without_the_dash() {
        assert_eq!(Cpr::parse("010203-4567"), Cpr::parse("0102034567"));
        assert!(Cpr::parse("2902044567").is_ok(), "2004 was a leap year");
    }

    #[test]
    fn what_is_no_date_or_too_long_or_too_short_is_refused() {
        for text in [
            "3102034567",
            "0113034567",
            "010203456",
            "01020345678",
            "0102-034567",
            "610203456a",
            "6102034567",
            "",
            "010203--4567",
        ] {
            assert!(Cpr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_without_modulus_11_is_accepted() {
        assert!(Cpr::parse("0101651111").is_ok());
    }

    #[test]
    fn modulus_11_is_a_hint_at_a_typing_error_and_no_more() {
        let fits = |text| Cpr::parse(text).unwrap().fits_modulus_11();
        assert!(fits("0702614082"), "the last digit is right");
        assert!(!fits("0702614083"));
        assert!(!fits("0101651111"), "and yet a number");
    }

    #[test]
    fn a_replacement_number_is_told_from_a_slip() {
        for text in ["6102034567", "910203-4567", "0102031AB2", "010203-7XY4"] {
            assert_eq!(Cpr::parse(text), Err(NotACpr::Replacement), "{text}");
        }
        for text in ["3102034567", "01020345678", "sofie@x.dk"] {
            assert_eq!(Cpr::parse(text), Err(NotACpr::Shape), "{text}");
        }
    }

    #[test]
    fn the_seventh_digit_and_the_year_make_the_century() {
        for (series, year, expected) in [
            (0, 36, 1900),
            (3, 99, 1900),
            (4, 36, 2000),
            (4, 37, 1900),
            (9, 36, 2000),
            (9, 99, 1900),
            (5, 57, 2000),
            (5, 58, 1800),
            (8, 0, 2000),
            (8, 99, 1800),
        ] {
            assert_eq!(century(series, year), expected, "{series} {year:02}");
        }
    }

    #[test]
    fn a_number_tells_the_day_of_birth() {
        for (number, day) in [
            ("0102034567", "2003-02-01"),
            ("0102031567", "1903-02-01"),
            ("2902244567", "2024-02-29"),
            ("0101651111", "1965-01-01"),
        ] {
            assert_eq!(Cpr::parse(number).unwrap().date_of_birth().to_string(), day);
        }
    }

    #[test]
    fn debug_shows_no_digit() {
        let shown = format!("{:?}", Cpr::parse("0102034567"));
        assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    }
}
