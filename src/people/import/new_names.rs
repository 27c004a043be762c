//! Names for new accounts: user names that can be remembered, and UNI-IDs for life.
//!
//! A user name is up to four letters of the visible given name (of the alias, where somebody is
//! protected) and four digits: `sofi4821`. Where many are called alike, more digits follow. A
//! UNI-ID is ten letters and digits by chance. Neither says anything of a number or a day of birth,
//! and neither is ever given twice (C11).

use std::collections::HashSet;

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

/// Chooses names that nobody has or had, one pair for each wish.
pub async fn choose(
    wishes: &[Wish<'_>],
    store: &Store,
    entropy: &dyn Entropy,
) -> Result<Vec<Names>, StoreError> {
    let mut user_names: Vec<Option<BareName>> = vec![None; wishes.len()];
    let mut uni_ids: Vec<Option<UniId>> = vec![None; wishes.len()];
    let (mut given_out, mut given_ids) = (HashSet::new(), HashSet::new());
    let mut tries = 0;
    loop {
        let open: Vec<usize> = (0..wishes.len())
            .filter(|place| user_names.get(*place).is_some_and(Option::is_none))
            .collect();
        if open.is_empty() {
            break;
        }
        let offered: Vec<BareName> = open
            .iter()
            .filter_map(|place| wishes.get(*place))
            .filter_map(|wish| match wish.user_name {
                Some(name) if tries == 0 => Some(name.clone()),
                _ => invented(wish.given, digits(tries), entropy),
            })
            .collect();
        let taken = store.taken_user_names(&offered).await?;
        for (place, name) in open.into_iter().zip(offered) {
            if !taken.contains(&name)
                && given_out.insert(name.clone())
                && let Some(slot) = user_names.get_mut(place)
            {
                *slot = Some(name);
            }
        }
        tries += 1;
    }
    let mut tries = 0;
    loop {
        let open: Vec<usize> = (0..wishes.len())
            .filter(|place| uni_ids.get(*place).is_some_and(Option::is_none))
            .collect();
        if open.is_empty() {
            break;
        }
        let offered: Vec<UniId> = open
            .iter()
            .filter_map(|place| wishes.get(*place))
            .filter_map(|wish| match wish.uni_id {
                Some(id) if tries == 0 => Some(id.clone()),
                _ => by_chance(entropy),
            })
            .collect();
        let taken = store.taken_uni_ids(&offered).await?;
        for (place, id) in open.into_iter().zip(offered) {
            if !taken.contains(&id)
                && given_ids.insert(id.clone())
                && let Some(slot) = uni_ids.get_mut(place)
            {
                *slot = Some(id);
            }
        }
        tries += 1;
    }
    let pairs = user_names
        .into_iter()
        .flatten()
        .zip(uni_ids.into_iter().flatten());
    Ok(pairs
        .map(|(user_name, uni_id)| Names { user_name, uni_id })
        .collect())
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
}
