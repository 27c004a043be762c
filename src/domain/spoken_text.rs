//! A text that a service shows a pupil, and an adult compares with the one beside the pupil's name (I07). Two people
//! say it aloud to one another; it is no secret.
//!
//! What looks the same is the same: an eye does not tell a Cyrillic letter from a Latin one, nor two spaces from one.

use std::ops::RangeInclusive;

use super::text::holds_a_number_of_a_person;

/// How long it is: long enough to tell two apart, short enough to be said aloud.
const LENGTH: RangeInclusive<usize> = 4..=40;

/// How many letters and digits there are at the least.
const SPOKEN: usize = 2;

/// Words of the pictures that pupils wait with who come by a browser: a text that speaks of them would be taken for
/// one.
const PICTURED: [&str; 24] = [
    "cirkel",
    "cirkler",
    "trekant",
    "trekanter",
    "firkant",
    "firkanter",
    "stjerne",
    "stjerner",
    "hjerte",
    "hjerter",
    "kryds",
    "krydser",
    "circle",
    "circles",
    "triangle",
    "triangles",
    "square",
    "squares",
    "star",
    "stars",
    "heart",
    "hearts",
    "cross",
    "crosses",
];

/// A text that two people can compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenText(String);

impl SpokenText {
    /// Reads it, with one space where there are several. Only Danish letters, digits and `- . : #` may be in it; no
    /// number of a person, and none of the words that pictures are said with (L01).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let spoken = text.chars().filter(|c| is_spoken(*c)).count();
        let is_plain = |c: char| is_spoken(c) || matches!(c, ' ' | '-' | '.' | ':' | '#');
        let fits = LENGTH.contains(&text.chars().count())
            && spoken >= SPOKEN
            && text.chars().all(is_plain)
            && !speaks_of_a_picture(&text)
            && !holds_a_number_of_a_person(&text);
        fits.then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an eye tells from other texts: without case, spaces and signs, and with one letter for those that look alike.
pub fn look(text: &str) -> String {
    let mut look = String::with_capacity(text.len());
    for letter in text.to_lowercase().chars().filter(|c| c.is_alphanumeric()) {
        match letter {
            'o' | 'ø' => look.push('0'),
            'i' | 'l' => look.push('1'),
            'z' => look.push('2'),
            's' => look.push('5'),
            'b' => look.push('8'),
            'å' => look.push('a'),
            'æ' => look.push_str("ae"),
            other => look.push(other),
        }
    }
    look
}

const fn is_spoken(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, 'æ' | 'ø' | 'å' | 'Æ' | 'Ø' | 'Å')
}

fn speaks_of_a_picture(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic());
    words.any(|word| PICTURED.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_aloud_and_looks_like_no_picture() {
        for good in [
            "K7-42",
            "blå hest 7",
            "AB 12",
            "Ø: 9.3",
            "#4711",
            "a".repeat(40).as_str(),
        ] {
            assert_eq!(SpokenText::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(SpokenText::parse("  AB \t 12 ").unwrap().as_str(), "AB 12");
        let cyrillic = "\u{410}B 12";
        let wide = "AB\u{ff11}2";
        for bad in [
            "",
            "K7-",
            "   7   ",
            "....",
            "-- -",
            "010203-4567",
            "<b>x</b>",
            "AB_12",
            cyrillic,
            wide,
            "A\u{301}B 12",
            "AB\u{200b}12",
            "3 stjerner over 2 cirkler",
            "Stjerne 7",
            "2 HEARTS",
            "kryds-4",
            "\u{661}\u{662}34",
            "a".repeat(41).as_str(),
        ] {
            assert_eq!(SpokenText::parse(bad), None, "{bad}");
        }
        // Only whole words are a picture's.
        assert!(SpokenText::parse("start 42").is_some());
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (one, other) in [
            ("AB 12", "ab  12"),
            ("AB 12", "A-B.12"),
            ("K0-42", "KO-42"),
            ("K0-42", "kø 42"),
            ("Il-77", "11-77"),
            ("SB-22", "58-2Z"),
            ("hår 4", "HAR4"),
            ("æble", "aeb1e"),
        ] {
            assert_eq!(look(one), look(other), "{one} {other}");
        }
        assert_ne!(look("K7-42"), look("K7-43"));
    }
}
