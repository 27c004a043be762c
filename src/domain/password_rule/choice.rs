//! A password of one's own choice: what it must be, and what it must not have to do with its
//! holder. Whether it is a common one, and whether it was used before, is asked elsewhere.

use serde::{Deserialize, Serialize};

/// What somebody may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnChoice {
    /// Letters at the least.
    pub shortest: u8,
    /// Letters at the most.
    pub longest: u8,
    /// Whether capital and small letters and digits are asked for.
    pub mixed: bool,
    /// From this many letters on nothing is asked but length.
    pub long_enough: u8,
}

impl OwnChoice {
    /// Eight letters or more.
    pub const MILD: Self = Self {
        shortest: 8,
        longest: 64,
        mixed: false,
        long_enough: 16,
    };
    /// Eight letters or more, with capital and small ones and digits.
    pub const STRICT: Self = Self {
        mixed: true,
        ..Self::MILD
    };
}

/// What a password must not have to do with.
#[derive(Debug, Clone, Copy)]
pub struct AboutHolder<'a> {
    /// The holder's names, one word or more each.
    pub names: &'a [&'a str],
    /// The name that they log in with.
    pub user_name: &'a str,
}

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChoiceProblem {
    /// Fewer letters than this.
    TooShort(u8),
    /// More letters than this.
    TooLong(u8),
    /// No capital letter.
    NoCapital,
    /// No small letter.
    NoSmall,
    /// No digit.
    NoDigit,
    /// It has something in it that no keyboard writes into a field for a password.
    Control,
    /// It has the holder's own name in it.
    OwnName,
    /// It has a season in it.
    Season,
    /// It is one of those that everybody tries first.
    Common,
    /// It was one of the last.
    UsedBefore,
}

/// Words that every guesser tries, in both languages.
const SEASONS: [&str; 10] = [
    "forår", "foraar", "sommer", "efterår", "efteraar", "vinter", "spring", "summer", "autumn", "winter",
];

/// Shorter names are in too many words.
const SHORTEST_NAME: usize = 3;

impl OwnChoice {
    /// Everything that is wrong with the password, as far as it and its holder tell.
    pub fn problems(&self, password: &str, about: AboutHolder<'_>) -> Vec<ChoiceProblem> {
        let letters = password.chars().count();
        let lower = password.to_lowercase();
        let is_long = letters >= usize::from(self.long_enough);
        let asks = |wanted: fn(char) -> bool| self.mixed && !is_long && !password.chars().any(wanted);
        [
            (
                letters < usize::from(self.shortest),
                ChoiceProblem::TooShort(self.shortest),
            ),
            (
                letters > usize::from(self.longest),
                ChoiceProblem::TooLong(self.longest),
            ),
            (asks(char::is_uppercase), ChoiceProblem::NoCapital),
            (asks(char::is_lowercase), ChoiceProblem::NoSmall),
            (asks(|letter| letter.is_ascii_digit()), ChoiceProblem::NoDigit),
            (password.chars().any(char::is_control), ChoiceProblem::Control),
            (has_name(&lower, about), ChoiceProblem::OwnName),
            (
                SEASONS.iter().any(|season| lower.contains(season)),
                ChoiceProblem::Season,
            ),
        ]
        .into_iter()
        .filter_map(|(is_so, problem)| is_so.then_some(problem))
        .collect()
    }
}

fn has_name(lower: &str, about: AboutHolder<'_>) -> bool {
    let names = about.names.iter().flat_map(|name| name.split([' ', '-', '\'']));
    names
        .chain([about.user_name])
        .map(str::to_lowercase)
        .any(|name| name.chars().count() >= SHORTEST_NAME && lower.contains(&name))
}
