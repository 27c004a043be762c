//! Names in two languages, which language a visitor reads, and what a text that somebody writes may not hold.

use serde::{Deserialize, Serialize};

/// The languages that Portner speaks. Danish is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Danish.
    #[default]
    Da,
    /// English.
    En,
}

impl Language {
    /// Every language, Danish first.
    pub const ALL: [Self; 2] = [Self::Da, Self::En];

    /// The BCP 47 tag, as in `lang` attributes and `ui_locales`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }

    /// Reads a BCP 47 tag such as `da`, `da-DK` or `EN_gb`; other languages are nothing.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// A display name in Danish and, where it differs, in English.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocalizedName {
    da: String,
    en: Option<String>,
}

impl LocalizedName {
    /// A name that is the same in both languages.
    pub fn new(da: impl Into<String>) -> Self {
        Self {
            da: da.into(),
            en: None,
        }
    }

    /// Adds the English form.
    #[must_use]
    pub fn with_english(mut self, en: impl Into<String>) -> Self {
        self.en = Some(en.into());
        self
    }

    /// The name in `language`; Danish where there is no other.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Da => &self.da,
            Language::En => self.en.as_deref().unwrap_or(&self.da),
        }
    }

    /// Every distinct form of the name, for searching.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.da.as_str()).chain(self.en.as_deref())
    }
}

/// What is shown of a name that a stranger gives, at most.
const LONGEST_GIVEN: usize = 128;

/// A name that a stranger gave, fit for a log line: bounded, and without control characters.
pub fn given(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_GIVEN)
        .collect()
}

/// Whether a character hides, breaks lines, or turns around what stands beside it.
pub const fn misleads(letter: char) -> bool {
    matches!(
        letter,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether there are ten digits in a row, whatever stands between the sixth and the seventh: a text that may name
/// somebody by CPR number is not kept (L01).
pub fn holds_a_number_of_a_person(text: &str) -> bool {
    let mut row = 0;
    for letter in text.chars() {
        match letter {
            digit if digit.is_numeric() => row += 1,
            ' ' | '-' | '.' | '/' if row == 6 => {}
            _ => row = 0,
        }
        if row >= 10 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_name_stays_on_one_line_and_short() {
        assert_eq!(given("a\r\nb\u{1b}[0m\0"), "ab[0m");
        assert_eq!(given(&"å".repeat(200)).chars().count(), LONGEST_GIVEN);
    }

    #[test]
    fn language_tags_are_read_by_their_primary_subtag() {
        assert_eq!(Language::from_tag("da-DK"), Some(Language::Da));
        assert_eq!(Language::from_tag("EN_gb"), Some(Language::En));
        assert_eq!(Language::from_tag("sv"), None);
    }

    #[test]
    fn a_name_without_english_is_danish_everywhere() {
        let name = LocalizedName::new("Lillekøbing Kommune");
        assert_eq!(name.in_language(Language::En), "Lillekøbing Kommune");
        let name = name.with_english("Municipality of Lillekøbing");
        assert_eq!(name.in_language(Language::En), "Municipality of Lillekøbing");
    }
}
