//! The thirty-six pictures of picture passwords, for every page that asks for some of them.
//!
//! Whoever sees the page learns which pictures there are and what they are called, which is the
//! same for everybody, and how many were picked so far; not which. What stands for a picture is
//! another thing on each page (G12).

use super::Page;
use crate::credentials::pictures::Picture;
use crate::web::assets::pictures;

/// The most pictures that a password has.
pub const MOST_PICTURES: usize = 8;

/// A grid. The fields are `grid`, `place` and `picks`, the buttons `pick` and `do`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureGrid {
    /// Which page it is, for those who read what was picked on it.
    pub nonce: String,
    /// How many were picked already.
    pub picked: usize,
    /// How many there are to pick for most people.
    pub slots: usize,
    /// The pictures to pick from, in an order that is new with each page.
    pub cells: Vec<Cell>,
}

/// A picture that can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What stands for it on this page.
    pub token: String,
    /// What people call it.
    pub name: String,
    /// The drawing, as SVG to be put into the page.
    pub svg: &'static str,
}

impl Cell {
    /// A picture, in the visitor's language.
    pub fn of(picture: Picture, token: String, page: &Page<'_>) -> Self {
        let drawing = pictures::of(picture);
        Self {
            token,
            name: page.say(drawing.name),
            svg: drawing.svg,
        }
    }
}

impl PictureGrid {
    /// Whether each place has been filled.
    pub fn places(&self) -> impl Iterator<Item = bool> {
        (0..self.slots.max(self.picked)).map(|place| place < self.picked)
    }

    /// How many were picked, in words, for each number that there can be.
    pub fn in_words(&self, page: &Page<'_>) -> String {
        let words: Vec<_> = (0..=MOST_PICTURES)
            .map(|count| page.say_count("pictures-picked", "count", count))
            .collect();
        words.join("|")
    }

    /// A grid on which so many were picked.
    pub(super) fn sample(picked: usize, page: &Page<'_>) -> Self {
        let cells = Picture::all().enumerate();
        Self {
            nonce: "sample-page".to_owned(),
            picked,
            slots: 4,
            cells: cells
                .map(|(number, picture)| Cell::of(picture, format!("sample-{number}"), page))
                .collect(),
        }
    }
}
