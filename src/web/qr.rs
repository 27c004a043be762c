//! QR codes as drawings for a page: an address in, lines of an inline SVG out.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The light margin around a code, in modules, without which readers do not find it.
const QUIET: usize = 4;

/// A drawing of this text; nothing where it is too long for a code.
pub fn drawing(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row
                .iter()
                .skip(x)
                .take_while(|module| **module == Color::Dark)
                .count();
            if run > 0 {
                // Writing to memory does not fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    Some(Drawing {
        side: width + 2 * QUIET,
        path,
    })
}

/// A code, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// How many modules it is wide and high, with its margin.
    pub side: usize,
    /// The dark modules, as the path of an SVG.
    pub path: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path paints.
    fn painted(drawing: &Drawing) -> Vec<(usize, usize)> {
        let mut painted = Vec::new();
        for run in drawing.path.split('M').skip(1) {
            let (at, rest) = run.split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let length: usize = rest.split('v').next().unwrap().parse().unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            painted.extend((x..x + length).map(|x| (x, y)));
        }
        painted
    }

    #[test]
    fn the_drawing_has_the_three_corners_and_a_margin() {
        let drawing = drawing("https://login.example/skole/101001/abc").unwrap();
        let painted = painted(&drawing);
        let is_dark = |x: usize, y: usize| painted.contains(&(x, y));
        let far = drawing.side - QUIET - 7;
        for (left, top) in [(QUIET, QUIET), (far, QUIET), (QUIET, far)] {
            for step in 0..7 {
                assert!(is_dark(left + step, top) && is_dark(left, top + step));
                assert!(is_dark(left + step, top + 6) && is_dark(left + 6, top + step));
            }
            assert!(!is_dark(left + 1, top + 1) && is_dark(left + 3, top + 3));
        }
        let inside = QUIET..drawing.side - QUIET;
        assert!(
            painted
                .iter()
                .all(|(x, y)| inside.contains(x) && inside.contains(y))
        );
    }

    #[test]
    fn what_fits_in_no_code_is_none() {
        assert_eq!(drawing(&"x".repeat(5_000)), None);
    }
}
