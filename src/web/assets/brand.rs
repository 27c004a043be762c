//! An installation's own colour, as a stylesheet of a few variables.
//!
//! The operator names one colour; the rest is made from it so that text stays readable
//! whatever it is (WCAG 2.2, 1.4.3). Not here: the operator's logo, which is a file.

use crate::config::presentation::Colour;

/// The least contrast of text against its background.
const READABLE: f64 = 4.5;

/// The text colour of `portner.css`.
const INK: Rgb = Rgb([0x1b, 0x24, 0x26]);
const WHITE: Rgb = Rgb([0xff; 3]);
const BLACK: Rgb = Rgb([0; 3]);

/// The stylesheet of one installation, under a name that changes with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandStylesheet {
    /// The hashed name: what follows [`PREFIX`](super::PREFIX) in the path.
    pub name: String,
    /// The content.
    pub css: String,
}

impl BrandStylesheet {
    /// The stylesheet that puts `colour` where Portner's own green is.
    pub fn new(colour: &Colour) -> Self {
        let gate = Rgb::of(colour);
        let link = if gate.contrast(WHITE) >= READABLE {
            gate
        } else {
            INK
        };
        let css = format!(
            ":root {{\n  --gate: {gate};\n  --on-gate: {on_gate};\n  --pane: {pane};\n  --link: {link};\n  --gate-dark: {dark};\n  --gate-pale: {pale};\n}}\n",
            gate = gate.hex(),
            on_gate = gate.text_on_it().hex(),
            pane = gate.mixed_with(WHITE, 35).hex(),
            link = link.hex(),
            dark = link.mixed_with(BLACK, 35).hex(),
            pale = gate.mixed_with(WHITE, 90).hex(),
        );
        Self {
            name: super::hashed_name("brand.css", css.as_bytes()),
            css,
        }
    }

    /// The path under which it is served.
    pub fn url(&self) -> String {
        format!("{}{}", super::PREFIX, self.name)
    }
}

/// A colour by its parts: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    fn of(colour: &Colour) -> Self {
        let value = u32::from_str_radix(colour.as_str().trim_start_matches('#'), 16).unwrap_or_default();
        let [_, red, green, blue] = value.to_be_bytes();
        Self([red, green, blue])
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// This colour with so many hundredths of another.
    fn mixed_with(self, other: Self, hundredths: u16) -> Self {
        let mix = |mine: u8, its: u8| {
            let sum = u16::from(mine) * (100 - hundredths) + u16::from(its) * hundredths;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [or, og, ob]) = (self.0, other.0);
        Self([mix(r, or), mix(g, og), mix(b, ob)])
    }

    /// White where that is readable, else black: one of the two always is.
    fn text_on_it(self) -> Self {
        if self.contrast(WHITE) >= READABLE {
            WHITE
        } else {
            BLACK
        }
    }

    /// The contrast of WCAG 2.2: 1 (none) to 21 (black on white).
    fn contrast(self, other: Self) -> f64 {
        let (mine, its) = (self.luminance() + 0.05, other.luminance() + 0.05);
        mine.max(its) / mine.min(its)
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn contrast_is_that_of_the_recommendation() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
        assert!((Rgb([0x76; 3]).contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn a_bright_colour_gets_dark_text() {
        let css = BrandStylesheet::new(&Colour::parse("#ffd400").unwrap()).css;
        assert!(css.contains("--gate: #ffd400"), "{css}");
        assert!(css.contains("--on-gate: #000000"), "{css}");
        assert!(css.contains("--link: #1b2426"), "{css}");
    }

    proptest! {
        #[test]
        fn text_is_readable_whatever_the_colour(parts in any::<[u8; 3]>()) {
            let gate = Rgb(parts);
            prop_assert!(gate.contrast(gate.text_on_it()) >= READABLE, "{gate:?}");
        }
    }
}
