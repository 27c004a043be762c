//! Picture passwords for those who do not read yet (U36): pictures in order, of thirty-six.
//!
//! They are assigned, never chosen, so that each order is as likely as another. On the page a
//! picture stands for nothing but a token that is new with each page (G12, DR16); which picture
//! a token means is known here alone.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::Password;
use super::chance;
use crate::ambient::Entropy;
use crate::keys::derive::{Label, MasterSecret};

/// One of the thirty-six pictures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picture(u8);

impl Picture {
    /// How many there are: a grid of six by six, 1.68 million orders of four (ASVS 6.5.4).
    pub const COUNT: u8 = 36;

    /// Every picture.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// The one of this number, if there is one.
    pub const fn numbered(number: u8) -> Option<Self> {
        if number < Self::COUNT {
            Some(Self(number))
        } else {
            None
        }
    }

    /// One picture among so many others, all different; each set of them is as likely as another,
    /// and each of the set is as likely to be the one.
    pub fn one_among(count: usize, entropy: &dyn Entropy) -> (Self, Vec<Self>) {
        let mut left: Vec<Self> = Self::all().collect();
        let mut drawn = Vec::with_capacity(count);
        while drawn.len() < count && !left.is_empty() {
            let bound = u16::try_from(left.len()).unwrap_or(u16::MAX);
            drawn.push(left.swap_remove(usize::from(chance::below(bound, entropy))));
        }
        let right = drawn.first().copied().unwrap_or(Self(0));
        // Numbers in order tell nothing of which was drawn first.
        drawn.sort_unstable();
        (right, drawn)
    }

    /// Which drawing shows it.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A picture is part of somebody's password as soon as it is picked.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Picture(redacted)")
    }
}

/// Pictures in order: a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence(Vec<Picture>);

impl Sequence {
    /// So many pictures, each as likely as another and as often as chance will have it.
    pub fn assign(count: u8, entropy: &dyn Entropy) -> Self {
        let draw = |_| {
            let drawn = chance::below(u16::from(Picture::COUNT), entropy);
            Picture(u8::try_from(drawn).unwrap_or_default())
        };
        Self((0..count).map(draw).collect())
    }

    /// What was picked, in order.
    pub fn picked(pictures: Vec<Picture>) -> Self {
        Self(pictures)
    }

    /// The pictures, in order, for the page that shows them to their holder.
    pub fn pictures(&self) -> &[Picture] {
        &self.0
    }

    /// The same as something to hash; nothing that can be typed is the same (it has a control
    /// character in it, which no form field of one line sends).
    pub fn to_password(&self) -> Password {
        let numbers = self
            .0
            .iter()
            .fold(String::from("pictures\u{1e}"), |text, picture| {
                text + &format!("{:02}.", picture.0)
            });
        Password::short(Zeroizing::new(numbers))
    }
}

/// Thirty-six pictures in the order of one page, each behind a token of that page.
pub struct Grid<'a> {
    secret: &'a MasterSecret,
    nonce: [u8; 16],
}

impl<'a> Grid<'a> {
    /// A page's grid. `secret` belongs to one login, `nonce` to one page of it: the same two
    /// give the same grid again.
    pub const fn new(secret: &'a MasterSecret, nonce: [u8; 16]) -> Self {
        Self { secret, nonce }
    }

    /// The pictures in the order of the page, each with its token.
    pub fn cells(&self) -> Vec<(Picture, String)> {
        let mut cells: Vec<_> = Picture::all()
            .map(|picture| (picture, self.token(picture)))
            .collect();
        // Tokens are as random as anything: their order is one that nobody can foresee.
        cells.sort_by(|(_, one), (_, other)| one.cmp(other));
        cells
    }

    /// The pictures behind the first tokens of these, and of no more than `most`: whoever sends more has not
    /// picked them on a page, and costs nothing.
    pub fn pictures<'t>(&self, tokens: impl Iterator<Item = &'t str>, most: usize) -> Vec<Picture> {
        let cells = self.cells();
        let behind = |token: &str| {
            let same = |known: &str| verify_slices_are_equal(known.as_bytes(), token.as_bytes()).is_ok();
            cells
                .iter()
                .find(|(_, known)| same(known))
                .map(|(picture, _)| *picture)
        };
        tokens.take(most).filter_map(behind).collect()
    }

    fn token(&self, picture: Picture) -> String {
        let derived = self
            .secret
            .derive(Label::PictureToken, &[&self.nonce, &[picture.0]]);
        let (token, _) = derived.split_at(12);
        BASE64URL_NOPAD.encode(token)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::super::chance::tests::{Seeded, chi_square};
    use super::*;

    fn secret() -> MasterSecret {
        MasterSecret::new(&[7; 32]).unwrap()
    }

    #[test]
    fn sequences_are_assigned_without_a_favourite() {
        let entropy = Seeded::new(36);
        for place in 0..4 {
            let mut counts = HashMap::new();
            for _ in 0..18_000 {
                let sequence = Sequence::assign(4, &entropy);
                assert_eq!(sequence.pictures().len(), 4);
                let picture = sequence.pictures()[place].number();
                *counts.entry(u16::from(picture)).or_default() += 1;
            }
            // 35 degrees of freedom: beyond 66.6 one time in a thousand.
            let chi = chi_square(&counts, 36);
            assert!(chi < 66.6, "{place}: {chi}");
        }
    }

    #[test]
    fn one_among_nine_is_any_of_them() {
        let entropy = Seeded::new(9);
        let mut places = HashMap::new();
        for _ in 0..9_000 {
            let (right, among) = Picture::one_among(9, &entropy);
            assert_eq!(among.iter().collect::<BTreeSet<_>>().len(), 9);
            let place = among.iter().position(|one| *one == right).unwrap();
            *places.entry(u16::try_from(place).unwrap()).or_default() += 1;
        }
        // 8 degrees of freedom: beyond 26.1 one time in a thousand.
        let chi = chi_square(&places, 9);
        assert!(chi < 26.1, "{chi}");
    }

    #[test]
    fn a_page_tells_a_picture_by_nothing_that_another_page_has() {
        let secret = secret();
        let (one, other) = (Grid::new(&secret, [1; 16]), Grid::new(&secret, [2; 16]));
        let tokens = |grid: &Grid<'_>| -> BTreeSet<String> {
            grid.cells().into_iter().map(|(_, token)| token).collect()
        };
        assert_eq!(tokens(&one).len(), 36);
        assert!(tokens(&one).is_disjoint(&tokens(&other)));
        let order = |grid: &Grid<'_>| {
            grid.cells()
                .into_iter()
                .map(|(picture, _)| picture)
                .collect::<Vec<_>>()
        };
        assert_ne!(order(&one), order(&other));
        assert_eq!(order(&one), order(&Grid::new(&secret, [1; 16])), "the page again");
    }

    #[test]
    fn each_place_of_the_page_is_as_likely_for_a_picture() {
        let secret = secret();
        let mut counts = HashMap::new();
        for page in 0..7_200_u32 {
            let mut nonce = [0; 16];
            nonce[..4].copy_from_slice(&page.to_le_bytes());
            let cells = Grid::new(&secret, nonce).cells();
            let place = cells
                .iter()
                .position(|(picture, _)| picture.number() == 0)
                .unwrap();
            *counts.entry(u16::try_from(place).unwrap()).or_default() += 1;
        }
        let chi = chi_square(&counts, 36);
        assert!(chi < 66.6, "{chi}");
    }

    #[test]
    fn a_token_means_its_picture_on_its_page_alone() {
        let (secret, strange) = (secret(), MasterSecret::new(&[8; 32]).unwrap());
        let grid = Grid::new(&secret, [1; 16]);
        let behind = |grid: &Grid<'_>, token: &str| grid.pictures([token].into_iter(), 4);
        for (picture, token) in grid.cells() {
            assert_eq!(behind(&grid, &token), [picture]);
            assert_eq!(behind(&Grid::new(&secret, [2; 16]), &token), []);
            assert_eq!(behind(&Grid::new(&strange, [1; 16]), &token), []);
        }
        assert_eq!(behind(&grid, "7"), []);
        assert_eq!(behind(&grid, ""), []);
    }

    #[test]
    fn of_more_tokens_than_anybody_picks_the_rest_is_not_looked_at() {
        let secret = secret();
        let grid = Grid::new(&secret, [1; 16]);
        let (picture, token) = grid.cells().swap_remove(7);
        let late = ["a", "a", "a", token.as_str()];
        assert_eq!(grid.pictures(late.into_iter(), 4), [picture]);
        assert_eq!(grid.pictures(late.into_iter(), 3), []);
    }

    #[test]
    fn sequences_differ_as_passwords_if_they_differ_at_all() {
        let sequence = |numbers: &[u8]| Sequence::picked(numbers.iter().map(|n| Picture(*n)).collect());
        let texts: BTreeSet<Vec<u8>> = [
            sequence(&[1, 2, 3, 4]),
            sequence(&[2, 1, 3, 4]),
            sequence(&[12, 3, 4]),
            sequence(&[1, 23, 4]),
            sequence(&[1, 2, 3]),
        ]
        .iter()
        .map(|sequence| sequence.to_password().as_bytes().to_vec())
        .collect();
        assert_eq!(texts.len(), 5);
        assert!(!format!("{:?}", sequence(&[31])).contains("31"));
    }
}
