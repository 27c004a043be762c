//! By which words an affiliation is found: those of the visible name, the user name, and what the
//! source calls the person. Compared by their beginnings, in lower case.

use std::collections::BTreeSet;

/// The most bytes of a word that count.
const LONGEST: usize = 48;

/// The words of some texts. A name of two parts (`Lund-Nielsen`) is found by each and by both.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        for whole in text.split_whitespace() {
            found.extend(word(whole));
            found.extend(whole.split(['-', '\'', '.']).filter_map(word));
        }
    }
    found
}

/// The words that somebody looks for; all of them must fit.
pub fn wanted(text: &str) -> Vec<String> {
    let words: BTreeSet<_> = text.split_whitespace().filter_map(word).collect();
    words.into_iter().collect()
}

fn word(text: &str) -> Option<String> {
    let mut folded = text.to_lowercase();
    let mut end = folded.len().min(LONGEST);
    while !folded.is_char_boundary(end) {
        end -= 1;
    }
    folded.truncate(end);
    (!folded.is_empty()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_every_word() {
        let found = words(["Åse Marie", "Lund-Nielsen", "aase4711"]);
        let expected = ["aase4711", "lund", "lund-nielsen", "marie", "nielsen", "åse"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        assert_eq!(wanted("  LUND-Nielsen åse"), ["lund-nielsen", "åse"]);
        assert_eq!(wanted(" \t"), Vec::<String>::new());
    }

    #[test]
    fn words_are_bounded_at_a_character() {
        let long = "å".repeat(40);
        assert_eq!(wanted(&long), ["å".repeat(24)]);
    }
}
