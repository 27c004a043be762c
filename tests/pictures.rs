//! The drawings of picture passwords: all there, harmless wherever a page puts them, and each
//! with a name of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use portner::credentials::pictures::Picture;
use portner::domain::text::Language;
use portner::texts::{Texts, Wording};
use portner::web::assets::pictures::{self, Drawing};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The largest that a drawing may be, in bytes: a page has thirty-six of them.
const LARGEST: usize = 1500;

/// Shapes alone: nothing that acts, refers, or is told apart by a name.
const ELEMENTS: [&str; 6] = ["svg", "g", "path", "circle", "ellipse", "rect"];
const ATTRIBUTES: [&str; 19] = [
    "xmlns",
    "viewBox",
    "fill",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "transform",
    "d",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "x",
    "y",
    "width",
    "height",
];

fn drawings() -> Vec<Drawing> {
    Picture::all().map(pictures::of).collect()
}

/// An element's name and its attributes.
type Element = (String, Vec<(String, String)>);

/// Every element of a drawing; a fault if there is anything else in it.
fn elements(svg: &str) -> Result<Vec<Element>, String> {
    let mut reader = Reader::from_str(svg);
    let mut found = Vec::new();
    let element = |start: &BytesStart<'_>| -> Result<Element, String> {
        let name = start.name().as_ref().to_owned();
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.map_err(|fault| fault.to_string())?;
            Ok((attribute.key.as_ref().to_owned(), attribute.value.into_owned()))
        });
        Ok((name, attributes.collect::<Result<Vec<_>, String>>()?))
    };
    loop {
        match reader.read_event().map_err(|fault| fault.to_string())? {
            Event::Start(start) | Event::Empty(start) => found.push(element(&start)?),
            Event::End(_) => {}
            Event::Text(text) if text.trim().is_empty() => {}
            Event::Eof => return Ok(found),
            other => return Err(format!("{other:?}")),
        }
    }
}

/// What is wrong with a drawing, if anything.
fn fault(svg: &str) -> Option<String> {
    if svg.len() > LARGEST {
        return Some(format!("{} bytes", svg.len()));
    }
    let elements = match elements(svg) {
        Ok(elements) => elements,
        Err(fault) => return Some(fault),
    };
    for (name, attributes) in &elements {
        if !ELEMENTS.contains(&name.as_str()) {
            return Some(format!("<{name}>"));
        }
        for (attribute, value) in attributes {
            let is_colour = value.len() <= 7
                && value
                    .strip_prefix('#')
                    .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let is_plain = value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " .-()".contains(c));
            let is_namespace = attribute == "xmlns" && value == "http://www.w3.org/2000/svg";
            if !ATTRIBUTES.contains(&attribute.as_str())
                || value.contains("url")
                || !(is_colour || is_plain || is_namespace)
            {
                return Some(format!("{attribute}={value}"));
            }
        }
    }
    let (root, attributes) = elements.first()?;
    let has = |name: &str, value: &str| attributes.contains(&(name.to_owned(), value.to_owned()));
    (root != "svg" || !has("viewBox", "0 0 96 96") || !has("xmlns", "http://www.w3.org/2000/svg"))
        .then(|| format!("{root}: {attributes:?}"))
}

#[test]
fn each_picture_is_drawn_and_no_drawing_is_without_a_picture() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets/pictures");
    let files: BTreeSet<String> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> = Picture::all()
        .map(|picture| format!("{:02}.svg", picture.number()))
        .collect();
    assert_eq!(files, expected);
    for picture in Picture::all() {
        let number = picture.number();
        let drawing = pictures::of(picture);
        let file = fs::read_to_string(directory.join(format!("{number:02}.svg"))).unwrap();
        assert_eq!(drawing.svg, file, "{number}");
        assert_eq!(drawing.name, format!("picture-{number:02}"));
    }
    let different: BTreeSet<&str> = drawings().iter().map(|drawing| drawing.svg).collect();
    assert_eq!(different.len(), 36);
}

#[test]
fn a_drawing_is_small_and_has_nothing_but_shapes() {
    for drawing in drawings() {
        assert_eq!(fault(drawing.svg), None, "{}", drawing.name);
    }
    let wrong = |inside: &str| {
        fault(&format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">{inside}</svg>"#
        ))
        .is_some()
    };
    assert!(!wrong(r##"<path d="M1 2z" fill="#20262e"/>"##));
    for inside in [
        "<script/>",
        "<title>sol</title>",
        "sol",
        "<!-- sol -->",
        "<?sol?>",
        r#"<path id="sol"/>"#,
        r#"<path class="sol"/>"#,
        r#"<path onclick="x"/>"#,
        r#"<path fill="url(#x)"/>"#,
        r#"<use href="x"/>"#,
        r#"<path fill="https://a.example/"/>"#,
        &" ".repeat(LARGEST),
    ] {
        assert!(wrong(inside), "{inside}");
    }
}

/// How bright a colour is, from 0 to 1 (WCAG 2.2, relative luminance).
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// Shapes are enough for those who see no colours: every outline stands out from a white tile.
#[test]
fn every_drawing_has_a_dark_outline() {
    for drawing in drawings() {
        let elements = elements(drawing.svg).unwrap();
        let (_, root) = &elements[0];
        let (_, ink) = root.iter().find(|(name, _)| name == "stroke").unwrap();
        let contrast = 1.05 / (luminance(ink) + 0.05);
        assert!(contrast >= 3.0, "{}: {ink} has {contrast:.1}", drawing.name);
    }
}

#[test]
fn each_picture_has_one_word_of_its_own() {
    let texts = Texts::new(Wording::default()).expect("texts");
    for language in Language::ALL {
        let words = texts.in_language(language);
        let names: BTreeSet<String> = drawings().iter().map(|drawing| words.say(drawing.name)).collect();
        assert_eq!(names.len(), 36, "{}", language.tag());
        for name in names {
            assert!(
                name.chars().all(|c| c.is_lowercase() || c == '-')
                    && (2..=12).contains(&name.chars().count()),
                "{name}"
            );
        }
    }
}
