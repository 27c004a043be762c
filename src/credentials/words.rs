//! The words that assigned passwords are made of: short, Danish, in everyday use, spelt with
//! a–z alone, so that they can be typed on any keyboard.
//!
//! 4,096 of them or more, so that two have 24 bits (G11). Children of ten read and write them:
//! whoever adds one leaves out what is rude, cruel, sad or frightening, what has to do with
//! drink, illness, faith, origin or the body, names and brands, English and other words with a
//! spelling of their own, and the second of two that sound or look the same (`ferie` or
//! `ferier`, not both). Words may not make an unkind one where two of them meet either; those
//! pairs are few, and `are_unkind_together` finds them.

use std::sync::LazyLock;

use zeroize::Zeroizing;

use super::chance;
use crate::ambient::Entropy;

/// One word a line, in the order of the alphabet.
const LIST: &str = include_str!("words.txt");

/// What no child should find in a password. Only looked for where two words meet.
const UNKIND: [&str; 21] = [
    "allah", "anal", "anus", "bitch", "cock", "fisse", "fuck", "hitler", "hore", "jesus", "knep", "kusse",
    "lort", "luder", "nazi", "neger", "nigg", "penis", "pik", "porn", "shit",
];

static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| LIST.lines().collect());

/// A word; each is as likely as another.
pub(super) fn draw(entropy: &dyn Entropy) -> &'static str {
    let bound = u16::try_from(WORDS.len()).unwrap_or(u16::MAX);
    let drawn = usize::from(chance::below(bound, entropy));
    WORDS.get(drawn).copied().unwrap_or_default()
}

/// Whether two words make an unkind one where they meet.
pub(super) fn are_unkind_together(one: &str, other: &str) -> bool {
    let joined = Zeroizing::new(format!("{one}{other}"));
    UNKIND.iter().any(|unkind| {
        joined
            .match_indices(unkind)
            .any(|(at, _)| at < one.len() && at + unkind.len() > one.len())
    })
}

/// Every word.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

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

    #[test]
    fn two_words_have_twenty_four_bits_even_where_pairs_are_spelt_alike() {
        // Pairs such as "bil" with "vejskilt" and "bilvej" with "skilt" are one password.
        let words: HashSet<&str> = WORDS.iter().copied().collect();
        let alike: usize = WORDS
            .iter()
            .flat_map(|word| (3..word.len()).map(move |at| word.split_at(at)))
            .filter(|(start, _)| words.contains(start))
            .map(|(_, rest)| {
                let follows = |word: &&&str| word.strip_prefix(rest).is_some_and(|end| words.contains(end));
                WORDS.iter().filter(follows).count()
            })
            .sum();
        assert!(alike > 1000, "they are still counted: {alike}");
        assert!(WORDS.len() * WORDS.len() - alike >= 1 << 24, "{alike}");
    }

    #[test]
    fn words_that_are_unkind_where_they_meet_are_found() {
        assert!(are_unkind_together("solskin", "egern"));
        assert!(are_unkind_together("trip", "ikon"));
        assert!(
            !are_unkind_together("kanal", "tur"),
            "within one word it is another"
        );
        assert!(!are_unkind_together("sol", "hat"));
        let count = |word: &&str| UNKIND.iter().filter(|unkind| word.contains(**unkind)).count();
        let within: usize = WORDS.iter().map(count).sum();
        assert!(within < 5, "kanal, rimord and the like: {within}");
    }
}
