//! The picture that a waiting pupil and the adult both see: a row of one shape above a row of another,
//! drawn from its number (DR18).
//!
//! Shapes and how many there are tell them apart; colour only helps. None looks like a picture of a picture
//! password, so that no child takes it for one.

use std::fmt::Write as _;

use crate::domain::approval::ConfirmPicture;

/// A place for one shape, in units of the drawing.
const STEP: u16 = 40;

/// Each shape within 40 by 40 units: what so many of it are called, its outline, and its colour.
const SHAPES: [(&str, &str, &str); 6] = [
    (
        "confirm-shape-0",
        "<circle cx=\"20\" cy=\"20\" r=\"15\"/>",
        "#1b5faa",
    ),
    ("confirm-shape-1", "<path d=\"M20 4 37 35H3Z\"/>", "#a3371b"),
    ("confirm-shape-2", "<path d=\"M6 6h28v28H6Z\"/>", "#2d6a2d"),
    (
        "confirm-shape-3",
        "<path d=\"m20 3 4.9 11.2 12.1 1.2-9.1 8 2.7 11.9L20 29l-10.6 6.3 2.7-11.9-9.1-8 12.1-1.2Z\"/>",
        "#8a5a00",
    ),
    (
        "confirm-shape-4",
        "<path d=\"M20 35 6 21a9 9 0 0 1 14-11 9 9 0 0 1 14 11Z\"/>",
        "#9c1f5c",
    ),
    (
        "confirm-shape-5",
        "<path d=\"M14 4h12v10h10v12H26v10H14V26H4V14h10Z\"/>",
        "#4b3a93",
    ),
];

/// The key of what so many of a shape are called.
pub fn name_of(shape: u16) -> &'static str {
    SHAPES.get(usize::from(shape)).map_or("", |(name, ..)| name)
}

/// The drawing: an `<svg>` without size and without identifiers, so that it may stand anywhere and often.
pub fn svg(picture: ConfirmPicture) -> String {
    let mut drawn =
        String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 88\" focusable=\"false\">");
    for (row, (shape, count)) in (0u16..).zip(picture.rows()) {
        let (_, path, colour) = SHAPES
            .get(usize::from(shape))
            .copied()
            .unwrap_or(("", "", "#000"));
        let left = (200 - count * STEP) / 2;
        for place in 0..count {
            let (x, y) = (left + place * STEP, row * 44 + 2);
            // Writing to a text fails never.
            write!(
                drawn,
                "<g fill=\"{colour}\" transform=\"translate({x} {y})\">{path}</g>"
            )
            .ok();
        }
    }
    drawn.push_str("</svg>");
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_shapes_are_drawn_as_the_picture_has() {
        for number in [0, 1, 77, 749] {
            let picture = ConfirmPicture::numbered(number).unwrap();
            let [(_, above), (_, below)] = picture.rows();
            assert_eq!(
                svg(picture).matches("<g ").count(),
                usize::from(above + below),
                "{number}"
            );
        }
    }
}
