//! Names for new accounts: user names that can be remembered, and UNI-IDs for life.
//!
//! A user name is up to four letters of the visible given name (of the alias, where somebody is
//! protected) and four digits: `sofi4821`. Where many are called alike, more digits follow. A
//! UNI-ID is ten letters and digits by chance. Neither says anything of a number or a day of birth,
//! and neither is ever given twice (C11).

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use crate::ambient::Entropy;
use crate::domain::account::UniId;
use crate::domain::login_name::BareName;
use crate::store::{Store, StoreError};

/// Letters and digits that nobody mixes up.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many digits a user name has at first, and at most.
const DIGITS: (u32, u32) = (4, 9);
/// After so many tries with names that were taken, a digit more is used.
const TRIES: u32 = 3;

/// What a new account is wanted to be called.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// The visible given name.
    pub given: &'a str,
    /// The user name that they have already, for moving in.
    pub user_name: Option<&'a BareName>,
    /// The UNI-ID that they have already, for moving in.
    pub uni_id: Option<&'a UniId>,
}

/// The names of one new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// What is typed on the login page.
    pub user_name: BareName,
    /// What services know the account by.
    pub uni_id: UniId,
}

/// Chooses names that nobody has or had, one pair for each wish, in the same order.
pub async fn choose(
    wishes: &[Wish<'_>],
    store: &Store,
    entropy: &dyn Entropy,
) -> Result<Vec<Names>, StoreError> {
    let user_names = untaken(
        wishes,
        |wish, tries| match wish.user_name {
            Some(name) if tries == 0 => Some(name.clone()),
            _ => invented(wish.given, digits(tries), entropy),
        },
        |offered| async move { store.taken_user_names(&offered).await },
    );
    let user_names = user_names.await?;
    let uni_ids = untaken(
        wishes,
        |wish, tries| match wish.uni_id {
            Some(id) if tries == 0 => Some(id.clone()),
            _ => by_chance(entropy),
        },
        |offered| async move { store.taken_uni_ids(&offered).await },
    );
    let pairs = user_names.into_iter().zip(uni_ids.await?);
    Ok(pairs
        .map(|(user_name, uni_id)| Names { user_name, uni_id })
        .collect())
}

/// A value for each wish, in the same order: no two alike, and none that somebody has or had. `offer` makes a
/// candidate at each try, or none, and `taken` says which candidates are somebody's already.
async fn untaken<W, T, F>(
    wishes: &[W],
    offer: impl Fn(&W, u32) -> Option<T>,
    taken: impl Fn(Vec<T>) -> F,
) -> Result<Vec<T>, StoreError>
where
    T: Clone + Eq + Hash,
    F: Future<Output = Result<HashSet<T>, StoreError>>,
{
    let mut chosen: BTreeMap<usize, T> = BTreeMap::new();
    let mut given = HashSet::new();
    let mut tries = 0;
    while chosen.len() < wishes.len() {
        // A candidate keeps its place: where one place has none, the others must not move up.
        let offered: Vec<(usize, T)> = wishes
            .iter()
            .enumerate()
            .filter(|(place, _)| !chosen.contains_key(place))
            .filter_map(|(place, wish)| Some((place, offer(wish, tries)?)))
            .collect();
        let taken = taken(offered.iter().map(|(_, value)| value.clone()).collect()).await?;
        for (place, value) in offered {
            if !taken.contains(&value) && given.insert(value.clone()) {
                chosen.insert(place, value);
            }
        }
        tries += 1;
    }
    Ok(chosen.into_values().collect())
}

const fn digits(tries: u32) -> u32 {
    let more = DIGITS.0 + tries / TRIES;
    if more < DIGITS.1 { more } else { DIGITS.1 }
}

fn invented(given: &str, digits: u32, entropy: &dyn Entropy) -> Option<BareName> {
    let mut letters: String = given.chars().flat_map(plain).take(4).collect();
    let missing = 4 - letters.len().min(4);
    let mut chance = [0; 16];
    entropy.fill(&mut chance);
    let (for_letters, for_digits) = chance.split_at(4);
    letters.extend(
        for_letters
            .iter()
            .take(missing)
            .map(|byte| char::from(b'a' + byte % 24)),
    );
    let number = for_digits
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let width = usize::try_from(digits).unwrap_or(4);
    BareName::parse(&format!("{letters}{:0width$}", number % 10_u64.pow(digits))).ok()
}

/// A letter as it can be typed on every keyboard.
fn plain(letter: char) -> impl Iterator<Item = char> {
    let folded: String = match letter.to_lowercase().next().unwrap_or(letter) {
        'æ' | 'ä' => "ae".to_owned(),
        'ø' | 'ö' => "oe".to_owned(),
        'å' => "aa".to_owned(),
        'é' | 'è' | 'ê' | 'ë' => "e".to_owned(),
        'á' | 'à' | 'â' | 'ã' => "a".to_owned(),
        'í' | 'ì' | 'î' | 'ï' | 'ı' => "i".to_owned(),
        'ó' | 'ò' | 'ô' | 'õ' => "o".to_owned(),
        'ú' | 'ù' | 'û' | 'ü' => "u".to_owned(),
        'ñ' => "n".to_owned(),
        'ç' | 'č' | 'ć' => "c".to_owned(),
        'š' | 'ş' => "s".to_owned(),
        'ž' => "z".to_owned(),
        'ð' => "d".to_owned(),
        other if other.is_ascii_lowercase() => other.to_string(),
        _ => String::new(),
    };
    folded.chars().collect::<Vec<_>>().into_iter()
}

fn by_chance(entropy: &dyn Entropy) -> Option<UniId> {
    let mut bytes = [0; 10];
    entropy.fill(&mut bytes);
    let text: String = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect();
    UniId::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::OsEntropy;

    #[test]
    fn a_user_name_is_made_of_letters_that_every_keyboard_has() {
        for (given, begins) in [
            ("Sofie Amalie", "sofi"),
            ("Åse", "aase"),
            ("Øjvind", "oejv"),
            ("Bo", "bo"),
            ("نور", ""),
            ("O'Neil", "onei"),
        ] {
            let name = invented(given, 4, &OsEntropy).unwrap();
            assert!(name.as_str().starts_with(begins), "{given}: {name}");
            assert_eq!(name.as_str().len(), 8, "{given}: {name}");
            let (letters, digits) = name.as_str().split_at(4);
            assert!(letters.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
        }
        assert_eq!(invented("Sofie", 6, &OsEntropy).unwrap().as_str().len(), 10);
    }

    #[test]
    fn where_names_run_out_they_get_longer() {
        assert_eq!([0, 2, 3, 8, 9].map(digits), [4, 4, 5, 6, 7]);
        assert_eq!(digits(1000), 9);
    }

    #[test]
    fn a_uni_id_has_ten_characters() {
        let ids: HashSet<_> = (0..1000).filter_map(|_| by_chance(&OsEntropy)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.as_str().len() == 10));
    }

    #[tokio::test]
    async fn whoever_gets_no_candidate_at_first_takes_nobody_elses_place() {
        let offer = |wish: &u32, tries: u32| match (*wish, tries) {
            (1, 0) => None,
            (1 | 2, _) => Some(wish * 10 + tries),
            _ => Some(7 + tries),
        };
        let taken = |offered: Vec<u32>| async move {
            let taken = offered.into_iter().filter(|value| *value == 20);
            Ok(taken.collect::<HashSet<_>>())
        };
        let chosen = untaken(&[1, 2, 3, 4], offer, taken).await.unwrap();
        assert_eq!(chosen, [11, 21, 7, 8]);
    }
}
