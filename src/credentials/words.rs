//! The words that assigned passwords are made of: short, Danish, in everyday use, spelt with
//! a–z alone, so that they can be typed on any keyboard.
//!
//! 4,096 of them or more, so that two have 24 bits (G11).

use std::sync::LazyLock;

use super::chance;
use crate::ambient::Entropy;

/// One word a line, in the order of the alphabet.
const LIST: &str = include_str!("words.txt");

static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| LIST.lines().collect());

/// A word; each is as likely as another.
pub(super) fn draw(entropy: &dyn Entropy) -> &'static str {
    let bound = u16::try_from(WORDS.len()).unwrap_or(u16::MAX);
    let drawn = usize::from(chance::below(bound, entropy));
    WORDS.get(drawn).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_words_and_each_is_short_plain_and_there_once() {
        assert!(WORDS.len() >= 4096, "{}", WORDS.len());
        for word in WORDS.iter() {
            assert!((3..=8).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
        assert!(
            WORDS.is_sorted_by(|one, other| one < other),
            "in order, none twice"
        );
    }
}
