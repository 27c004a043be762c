//! Passwords that everybody tries first: the list of those found in breaches, and what anybody
//! would guess of a Danish pupil (G11).
//!
//! Capitals make no difference. Of a password is looked at the whole, and what is left of it
//! without digits and signs at its beginning and end, up to four of each (`12fodbold!`). It is
//! common if any of these is on the list, as it stands or with signs read as the letters that
//! they look like (`k0de0rd`), once or twice; is one of the words of assigned passwords; is a
//! run of the keyboard or the alphabet; or is a few letters again and again. So is what is all
//! digits. Nothing is looked for in the middle: a common word among others does no harm.
//!
//! The list is kept as hashes of 35 bits (`common.bin`): none on it is missed, and one password
//! in ten thousand at the most is taken for one by mistake. Where it comes from is told in
//! `LICENSES.md` beside this file, and `tests/common-passwords.mjs` makes it anew. Not here:
//! what a password must have, which `domain/password_rule` says.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// Differences of sorted hashes, in Golomb–Rice code.
const LIST: &[u8] = include_bytes!("common.bin");

/// So much of a hash is kept.
const HASH_BITS: u32 = 35;

/// So many bits of a difference are written as they are; what is above, as so many ones.
const RICE_BITS: usize = 19;

/// The most digits or signs at one end that do not make another password of a word.
const TRIMMED: usize = 4;

/// What is left without them is looked at if it has so many letters.
const SHORTEST_CORE: usize = 4;

/// So much that comes again and again is no password, whatever it is.
const LONGEST_ECHO: usize = 4;

/// Neighbours on the keyboard and in the alphabet.
const ROWS: [&str; 6] = [
    "1234567890",
    "qwertyuiopå",
    "asdfghjklæø",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyzæøå",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

static HASHES: LazyLock<Vec<u64>> = LazyLock::new(|| unpack(LIST));

/// Whether everybody would try it first.
pub fn is_common(password: &str) -> bool {
    let text = Zeroizing::new(password.to_lowercase());
    // Room enough, so that no copy is left behind when it grows.
    let mut lower = Zeroizing::new(Vec::with_capacity(text.len()));
    lower.extend(text.chars());
    let is_numbers = lower.iter().all(char::is_ascii_digit);
    is_numbers || cores(&lower).into_iter().any(is_common_core)
}

/// The password, and what is left of it without digits and signs at its ends.
fn cores(lower: &[char]) -> BTreeSet<&[char]> {
    let extra = |letter: &&char| !letter.is_alphabetic();
    let run = |count: usize| if count > TRIMMED { 0 } else { count };
    let before = run(lower.iter().take_while(extra).count());
    let after = lower.iter().rev().take_while(extra).count().min(TRIMMED);
    let mut found = BTreeSet::from([lower]);
    for from in [0, before] {
        for cut in 0..=after {
            let core = lower.get(from..lower.len().saturating_sub(cut));
            found.extend(core.filter(|core| core.len() >= SHORTEST_CORE));
        }
    }
    found
}

fn is_common_core(core: &[char]) -> bool {
    let half = core.len() / 2;
    let twice = match core.split_at_checked(half) {
        Some((one, other)) if one == other && half > 0 => Some(one),
        _ => None,
    };
    is_run(core)
        || is_echo(core)
        || [Some(core), twice]
            .into_iter()
            .flatten()
            .any(|core| readings(core).any(|text| is_listed(&text)))
}

/// What a guesser reads in it: itself, and with signs read as the letters they look like.
fn readings(core: &[char]) -> impl Iterator<Item = Zeroizing<String>> {
    let read = |one: char| -> Zeroizing<String> {
        let letter = |sign: &char| match sign {
            '0' => 'o',
            '1' => one,
            '!' => 'i',
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => *other,
        };
        Zeroizing::new(core.iter().map(letter).collect())
    };
    let plain = Zeroizing::new(core.iter().collect::<String>());
    let has_signs = core.iter().any(|sign| "01!3€4@5$7".contains(*sign));
    let read = has_signs.then(|| [read('i'), read('l')]);
    [plain].into_iter().chain(read.into_iter().flatten())
}

/// Neighbours in a row, forwards or backwards.
fn is_run(core: &[char]) -> bool {
    let forwards: Zeroizing<String> = Zeroizing::new(core.iter().collect());
    let backwards: Zeroizing<String> = Zeroizing::new(core.iter().rev().collect());
    core.len() >= SHORTEST_CORE
        && ROWS
            .iter()
            .any(|row| row.contains(forwards.as_str()) || row.contains(backwards.as_str()))
}

/// A few letters again and again, the last time perhaps not to the end.
fn is_echo(core: &[char]) -> bool {
    (1..=LONGEST_ECHO).any(|length| {
        let again = core.iter().skip(length);
        core.len() >= 2 * length && core.iter().zip(again).all(|(one, other)| one == other)
    })
}

fn is_listed(text: &str) -> bool {
    HASHES.binary_search(&hash(text)).is_ok()
}

/// The first bits of the SHA-256 of a text.
fn hash(text: &str) -> u64 {
    let first = digest(&SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .take(8)
        .fold(0, |number, byte| (number << 8) | u64::from(*byte));
    first >> (u64::BITS - HASH_BITS)
}

/// The hashes, in order.
fn unpack(packed: &[u8]) -> Vec<u64> {
    let mut bits = packed
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1 == 1));
    let mut hashes = Vec::with_capacity(packed.len() * 8 / 20);
    let mut last = 0_u64;
    loop {
        // What fills the last byte is ones: a difference that never ends.
        let mut above = 0_u64;
        loop {
            match bits.next() {
                Some(true) => above += 1,
                Some(false) => break,
                None => return hashes,
            }
        }
        let below = bits
            .by_ref()
            .take(RICE_BITS)
            .fold(0, |number, bit| (number << 1) | u64::from(bit));
        last += (above << RICE_BITS) | below;
        hashes.push(last);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::{Duration, Instant};

    use super::super::chance::tests::Seeded;
    use super::super::words;
    use super::*;
    use crate::ambient::Entropy as _;

    /// What is on the list besides the breached ones.
    const OWN: &str = include_str!("common-danish.txt");

    fn own() -> impl Iterator<Item = &'static str> {
        OWN.lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    #[test]
    fn the_list_is_whole_and_in_order() {
        assert!(HASHES.len() > 50_000, "{}", HASHES.len());
        assert!(HASHES.is_sorted_by(|one, other| one < other));
        assert_eq!(HASHES.last().unwrap() >> HASH_BITS, 0);
        assert!(LIST.len() < 150_000, "{}", LIST.len());
    }

    #[test]
    fn all_that_the_list_was_made_of_is_found() {
        let rebuild = "tests/common-passwords.mjs makes the list anew";
        for word in own() {
            assert!(is_listed(word), "{word}: {rebuild}");
        }
        for word in words::all() {
            assert!(is_listed(word), "{word}: {rebuild}");
        }
        // Some of each part of the breached ones.
        for word in [
            "password",
            "football",
            "iloveyou",
            "princess",
            "sunshine",
            "trustno1",
            "starwars",
            "brondby",
            "danmark",
            "chester123",
            "1q2w3e4r",
            "jordan23",
            "bhrh0h2oof6xbqjeh",
            "voxstrange",
            "87654321vv",
        ] {
            assert!(is_listed(word), "{word}");
        }
    }

    #[test]
    fn a_common_word_stays_common_in_disguise() {
        for password in [
            "Fodbold123",
            "FODBOLD!",
            "12fodbold34",
            "f0db0ld2026",
            "K0de0rd!23",
            "Adgangskode1",
            "adg4ngsk0d3",
            "brøndby1964",
            "broendby1964",
            "Brondby1964",
            "hesthest",
            "kodeordkodeord",
            "p@$$w0rd",
            "Elefant1234",
            "aaaaaaaa",
            "abcabcab",
            "12121212",
            "qwertyui",
            "poiuytre",
            "ertyuiopå1",
            "asdfghjkl123",
            "Abcd1234",
            "20150423",
            "87654321",
            "1qaz2wsx3edc",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn an_honest_password_is_not_common() {
        for password in [
            "Koen5spiser",
            "min hest er gul",
            "fodbold og kage i haven",
            "Grøn!tromme7sover",
            "kodeord er kedelige ting",
            "xV7-qw2L.ae",
            "Trold12345678Bro",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }

    /// One in ten thousand at the most, of those that nobody has ever used.
    #[test]
    fn hardly_any_random_password_is_taken_for_a_common_one() {
        let entropy = Seeded::new(2026);
        let mut mistaken = 0;
        for _ in 0..20_000 {
            let mut bytes = [0; 12];
            entropy.fill(&mut bytes);
            // Letters and many digits and signs: the most that is looked up.
            let alphabet = b"abcdefghijklmnopqrstuvwxyz0134570134570134!$@";
            let text: String = bytes
                .iter()
                .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
                .collect();
            mistaken += u32::from(is_common(&text));
        }
        assert!(mistaken <= 2, "{mistaken}");
    }

    /// Two words may happen to be one that everybody knows; that is rare, and then it is right.
    #[test]
    fn hardly_any_assigned_password_is_common() {
        let entropy = Seeded::new(11);
        let mut found = HashSet::new();
        for _ in 0..10_000 {
            let joined = format!("{}{}", words::draw(&entropy), words::draw(&entropy));
            if is_common(&joined) || is_common(&format!("{joined}47")) {
                found.insert(joined);
            }
        }
        assert!(found.len() <= 3, "{found:?}");
    }

    #[test]
    fn the_question_costs_next_to_nothing() {
        assert!(!is_common("Grøn!tromme7sover"), "and the list is unpacked");
        let started = Instant::now();
        for _ in 0..100 {
            assert!(!is_common("123!0134xyv$@0135"));
        }
        // Without optimisation, on a busy machine: a fiftieth of what a hash costs.
        assert!(
            started.elapsed() < Duration::from_millis(500),
            "{:?}",
            started.elapsed()
        );
    }
}
