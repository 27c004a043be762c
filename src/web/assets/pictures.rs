//! The drawings of picture passwords, for pages to put into their own HTML (U36, G12).
//!
//! They are never fetched under names of their own: what a browser asks for, and in what order,
//! would tell which pictures a password may have. Not here: which picture stands where on a
//! page, which `credentials/pictures.rs` decides.

use crate::credentials::pictures::Picture;

/// A drawing and what it shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The key of its name among the texts: the one word that a child says for it.
    pub name: &'static str,
    /// An `<svg>` of 96 by 96 units on no background. It has neither size nor identifiers, so
    /// that a page may have it at any size and as often as it likes.
    pub svg: &'static str,
}

const fn row(name: &'static str, svg: &'static str) -> Drawing {
    Drawing { name, svg }
}

/// In the order of [`Picture::number`].
static DRAWINGS: [Drawing; 36] = [
    row("picture-00", include_str!("pictures/00.svg")),
    row("picture-01", include_str!("pictures/01.svg")),
    row("picture-02", include_str!("pictures/02.svg")),
    row("picture-03", include_str!("pictures/03.svg")),
    row("picture-04", include_str!("pictures/04.svg")),
    row("picture-05", include_str!("pictures/05.svg")),
    row("picture-06", include_str!("pictures/06.svg")),
    row("picture-07", include_str!("pictures/07.svg")),
    row("picture-08", include_str!("pictures/08.svg")),
    row("picture-09", include_str!("pictures/09.svg")),
    row("picture-10", include_str!("pictures/10.svg")),
    row("picture-11", include_str!("pictures/11.svg")),
    row("picture-12", include_str!("pictures/12.svg")),
    row("picture-13", include_str!("pictures/13.svg")),
    row("picture-14", include_str!("pictures/14.svg")),
    row("picture-15", include_str!("pictures/15.svg")),
    row("picture-16", include_str!("pictures/16.svg")),
    row("picture-17", include_str!("pictures/17.svg")),
    row("picture-18", include_str!("pictures/18.svg")),
    row("picture-19", include_str!("pictures/19.svg")),
    row("picture-20", include_str!("pictures/20.svg")),
    row("picture-21", include_str!("pictures/21.svg")),
    row("picture-22", include_str!("pictures/22.svg")),
    row("picture-23", include_str!("pictures/23.svg")),
    row("picture-24", include_str!("pictures/24.svg")),
    row("picture-25", include_str!("pictures/25.svg")),
    row("picture-26", include_str!("pictures/26.svg")),
    row("picture-27", include_str!("pictures/27.svg")),
    row("picture-28", include_str!("pictures/28.svg")),
    row("picture-29", include_str!("pictures/29.svg")),
    row("picture-30", include_str!("pictures/30.svg")),
    row("picture-31", include_str!("pictures/31.svg")),
    row("picture-32", include_str!("pictures/32.svg")),
    row("picture-33", include_str!("pictures/33.svg")),
    row("picture-34", include_str!("pictures/34.svg")),
    row("picture-35", include_str!("pictures/35.svg")),
];

/// The drawing of a picture.
pub fn of(picture: Picture) -> Drawing {
    DRAWINGS
        .get(usize::from(picture.number()))
        .copied()
        .unwrap_or_default()
}
