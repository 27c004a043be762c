//! The Danish civil registration number.
//!
//! A [`Cpr`] cannot be printed, compared in passing or serialised: whoever needs the
//! digits asks for them by [`Cpr::expose`], which is easy to search for (DR21). There is
//! no modulus-11 test: numbers without it are valid since 2007 (CPR-kontoret, "Personnumre uden kontrolciffer").

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A CPR number: ten digits whose first six are a date.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Cpr([u8; 10]);

impl Cpr {
    /// Reads `DDMMYYNNNN` or `DDMMYY-NNNN`. Days 61–91 (replacement numbers) are refused
    /// here: they identify nobody outside the body that issued them.
    pub fn parse(text: &str) -> Result<Self, NotACpr> {
        let mut digits = [0; 10];
        let mut filled = 0;
        for (position, byte) in text.trim().bytes().enumerate() {
            match byte {
                b'0'..=b'9' => *digits.get_mut(filled).ok_or(NotACpr)? = byte,
                b'-' if position == 6 => continue,
                _ => return Err(NotACpr),
            }
            filled += 1;
        }
        let cpr = Self(digits);
        if filled == 10 && cpr.has_a_date() {
            Ok(cpr)
        } else {
            Err(NotACpr)
        }
    }

    /// The ten digits. Only the vault, the index and the release of CPR to a service with
    /// legal basis may call this.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn has_a_date(&self) -> bool {
        let number = |range: std::ops::Range<usize>| {
            self.0
                .get(range)
                .into_iter()
                .flatten()
                .fold(0u16, |n, digit| n * 10 + u16::from(digit - b'0'))
        };
        let (day, month, year, series) = (number(0..2), number(2..4), number(4..6), number(6..7));
        let year = i16::try_from(century(series, year) + year).unwrap_or_default();
        let (Ok(day), Ok(month)) = (i8::try_from(day), i8::try_from(month)) else {
            return false;
        };
        jiff::civil::Date::new(year, month, day).is_ok()
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

/// The text is not a CPR number. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a CPR number")]
pub struct NotACpr;

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
    fn debug_shows_no_digit() {
        let shown = format!("{:?}", Cpr::parse("0102034567"));
        assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    }
}
