//! Finds an upstream by part of its name, as a visitor types it.
//!
//! 10,000 entries are one text of a few hundred kilobytes: reading through it takes less
//! time than any index would save. Letters are folded so that every usual way to write
//! Danish letters finds its name: `ø`, `oe` and `o` are one letter here.

/// Names to search, each with the number that its owner gave it.
#[derive(Debug, Default, Clone)]
pub struct SearchIndex {
    /// All entries, each as ` word word word`.
    text: String,
    /// Where each entry ends in the text, and its number. In the order of the Danish alphabet.
    entries: Vec<(u32, u32)>,
}

/// How well an entry fits; the best comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It begins with what was typed.
    Beginning,
    /// Every typed word begins one of its words.
    Words,
    /// Every typed word is somewhere inside it.
    Inside,
}

impl SearchIndex {
    /// Takes numbered entries: a name to show and sort by, and further words to be found by.
    pub fn new<'a>(entries: impl Iterator<Item = (u32, &'a str, String)>) -> Self {
        let mut sorted: Vec<_> = entries
            .map(|(number, name, more)| (danish_order(name), number, fold(&format!("{name} {more}"))))
            .collect();
        sorted.sort();
        let mut index = Self::default();
        for (_, number, words) in sorted {
            index.text.push(' ');
            index.text.push_str(&words);
            let end = u32::try_from(index.text.len()).unwrap_or(u32::MAX);
            index.entries.push((end, number));
        }
        index
    }

    /// The numbers of the entries that fit `query`, best first, at most `limit`; all entries
    /// fit an empty one. Only what `admit` lets through.
    pub fn find(&self, query: &str, admit: impl Fn(u32) -> bool, limit: usize) -> Vec<u32> {
        let query = Query::new(query);
        let mut found: Vec<(Fit, usize, u32)> = Vec::new();
        let mut start = 0;
        for (place, (end, number)) in self.entries.iter().enumerate() {
            let end = *end as usize;
            let entry = self.text.get(start..end).unwrap_or_default();
            start = end;
            if let Some(fit) = query.fit(entry)
                && admit(*number)
            {
                found.push((fit, place, *number));
            }
        }
        found.sort_unstable();
        found
            .into_iter()
            .take(limit)
            .map(|(_, _, number)| number)
            .collect()
    }

    /// Bytes that the index holds.
    pub fn size(&self) -> usize {
        self.text.len() + self.entries.len() * size_of::<(u32, u32)>()
    }
}

/// What was typed, with a space before it and before each word, as entries have it.
struct Query {
    whole: String,
    words: Vec<String>,
}

impl Query {
    fn new(typed: &str) -> Self {
        let folded = fold(typed);
        Self {
            words: folded.split_whitespace().map(|word| format!(" {word}")).collect(),
            whole: format!(" {folded}"),
        }
    }

    fn fit(&self, entry: &str) -> Option<Fit> {
        let inside = |word: &String| entry.contains(word.trim_start());
        if self.words.is_empty() || entry.starts_with(&self.whole) {
            Some(Fit::Beginning)
        } else if self.words.iter().all(|word| entry.contains(word.as_str())) {
            Some(Fit::Words)
        } else if self.words.iter().all(inside) {
            Some(Fit::Inside)
        } else {
            None
        }
    }
}

/// Lower case without accents; Danish letters and their substitutes become one; everything
/// that is no letter or digit parts words.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        let letter = plain(letter);
        let last = folded.chars().next_back();
        match (last, letter) {
            // oe = ø, ae = æ and aa = å are told from o, a and a by nobody who types in a hurry.
            (Some('o' | 'a'), 'e') | (Some('a'), 'a') | (Some(' ') | None, ' ') => {}
            _ => folded.push(letter),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn plain(letter: char) -> char {
    match letter {
        'æ' | 'å' | 'ä' | 'á' | 'à' | 'â' | 'ã' => 'a',
        'ø' | 'ö' | 'ó' | 'ò' | 'ô' | 'õ' => 'o',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ð' => 'd',
        'ñ' => 'n',
        'ç' => 'c',
        other if other.is_alphanumeric() => other,
        _ => ' ',
    }
}

/// A key that sorts as Danish dictionaries do: æ, ø and å (also written aa) after z.
fn danish_order(name: &str) -> String {
    let lower = name.to_lowercase().replace("aa", "å");
    lower
        .chars()
        .map(|letter| match letter {
            'æ' | 'ä' => '{',
            'ø' | 'ö' => '|',
            'å' => '}',
            other => plain(other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 6] = [
        "Aabenrå Friskole",
        "Lillekøbing Kommune",
        "Ålsgårde Skole",
        "Østerlund Kommune",
        "Nørre Lillekær Gymnasium",
        "Zebraskolen",
    ];

    fn found(query: &str) -> Vec<&'static str> {
        let entries = (0..)
            .zip(NAMES)
            .map(|(number, name)| (number, name, String::new()));
        SearchIndex::new(entries)
            .find(query, |_| true, 10)
            .into_iter()
            .map(|number| NAMES[number as usize])
            .collect()
    }

    #[test]
    fn every_way_to_write_a_danish_letter_finds_the_name() {
        for query in [
            "lillekøbing",
            "LILLEKOEBING",
            "lillekobing",
            " lillekö ",
            "kommune lille",
        ] {
            assert_eq!(found(query).first(), Some(&"Lillekøbing Kommune"), "{query}");
        }
        assert_eq!(found("alsgaarde"), ["Ålsgårde Skole"]);
        assert_eq!(found("åbenraa"), ["Aabenrå Friskole"]);
    }

    #[test]
    fn the_beginning_comes_before_words_and_words_before_the_inside() {
        assert_eq!(
            found("lille"),
            ["Lillekøbing Kommune", "Nørre Lillekær Gymnasium"]
        );
        assert_eq!(
            found("skole"),
            ["Ålsgårde Skole", "Zebraskolen", "Aabenrå Friskole"]
        );
    }

    #[test]
    fn an_empty_query_finds_all_in_the_order_of_the_alphabet() {
        let all = [
            "Lillekøbing Kommune",
            "Nørre Lillekær Gymnasium",
            "Zebraskolen",
            "Østerlund Kommune",
            "Aabenrå Friskole",
            "Ålsgårde Skole",
        ];
        assert_eq!(found(" "), all);
    }

    #[test]
    fn what_is_not_admitted_is_not_found() {
        let index = SearchIndex::new([(7, "Lillekøbing", String::new())].into_iter());
        assert!(index.find("lille", |number| number != 7, 10).is_empty());
        assert!(index.find("", |_| true, 0).is_empty());
    }

    #[test]
    fn ten_thousand_names_are_searched_quickly() {
        let names: Vec<String> = (0..10_000).map(|n| format!("Kommune {n} i Østerlund")).collect();
        let entries = (0..)
            .zip(&names)
            .map(|(number, name)| (number, name.as_str(), format!("nr{number}.example")));
        let index = SearchIndex::new(entries);
        assert!(index.size() < 1 << 20, "{} bytes", index.size());
        let begun = std::time::Instant::now();
        assert_eq!(index.find("oesterlund 9999", |_| true, 20), [9999]);
        // The goal is 5 ms; a test build without optimisation on a busy machine gets more.
        assert!(begun.elapsed().as_millis() < 150, "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "[a-zæøåéÆØÅ .-]{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_name_is_found_by_any_beginning_of_it(name in "[a-zæøå]{1,12}( [a-zæøå]{1,12}){0,3}", cut in 0usize..40) {
            let index = SearchIndex::new([(1, name.as_str(), String::new())].into_iter());
            let query: String = name.chars().take(cut).collect();
            prop_assert_eq!(index.find(&query, |_| true, 1), vec![1]);
        }
    }
}
