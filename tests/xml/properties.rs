//! Properties of the reader and the writer on documents that nobody thought of.

use std::fmt::Write;

use portner::saml::xml::names::{SAML, SAMLP, XML, XSI};
use portner::saml::xml::{Document, Element, Limits, Namespace, WriteRefusal, Writer};
use proptest::prelude::*;

/// An element as a model, from which both XML and expectations come.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    name: usize,
    attributes: Vec<(usize, String)>,
    content: Vec<Content>,
}

#[derive(Debug, Clone)]
enum Content {
    Text(String),
    Element(Model),
}

const NAMES: [(Namespace, &str); 4] = [
    (SAML, "Issuer"),
    (SAML, "Subject"),
    (SAMLP, "Status"),
    (SAMLP, "x"),
];
const ATTRIBUTES: [(Option<Namespace>, &str); 6] = [
    (None, "ID"),
    (None, "Name"),
    (Some(XML), "lang"),
    (Some(XSI), "type"),
    (Some(SAML), "Name"),
    (None, "a"),
];

/// Text of all that XML can carry, rich in what is special.
fn text() -> impl Strategy<Value = String> {
    "([&<>\"'\r\n\t ]|[a-zæøå]|\\]\\]>|[\u{a0}-\u{2fff}]|\u{fffd}|\u{1f600}){1,12}"
}

pub(crate) fn model() -> impl Strategy<Value = Model> {
    let attributes = || prop::collection::btree_map(0..ATTRIBUTES.len(), text(), 0..4);
    let leaf = (
        0..NAMES.len(),
        attributes(),
        prop::collection::vec(text().prop_map(Content::Text), 0..2),
    );
    let leaf = leaf.prop_map(|(name, attributes, content)| Model {
        name,
        attributes: attributes.into_iter().collect(),
        content,
    });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let piece = prop_oneof![text().prop_map(Content::Text), inner.prop_map(Content::Element)];
        (0..NAMES.len(), attributes(), prop::collection::vec(piece, 0..4)).prop_map(
            |(name, attributes, content)| Model {
                name,
                attributes: attributes.into_iter().collect(),
                content,
            },
        )
    })
}

impl Model {
    /// Through the writer, which has no mixed content: text beside elements is left out.
    fn write(&self, writer: &mut Writer) {
        let (namespace, local_name) = NAMES[self.name];
        let mut element = writer.element(namespace, local_name);
        // The writer is to bring them into order itself.
        for (attribute, value) in self.attributes.iter().rev() {
            element = match ATTRIBUTES[*attribute] {
                (Some(namespace), name) => element.attribute_ns(namespace, name, value),
                (None, name) => element.attribute(name, value),
            };
        }
        match self.content.as_slice() {
            [Content::Text(text)] => element.text(text),
            pieces => element.children(|writer| {
                for piece in pieces {
                    if let Content::Element(child) = piece {
                        child.write(writer);
                    }
                }
            }),
        }
    }

    /// By hand, as wildly as XML allows: declarations where they are not needed, default namespaces, either
    /// quote, references, white space in tags, empty-element tags, line ends of all kinds.
    pub(crate) fn wild_xml(&self, seed: u64) -> String {
        let mut wild = Wild {
            out: String::new(),
            state: seed | 1,
        };
        wild.element(self, true);
        wild.out
    }
}

struct Wild {
    out: String,
    state: u64,
}

impl Wild {
    fn chance(&mut self, of: u64) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.is_multiple_of(of)
    }

    fn element(&mut self, model: &Model, is_root: bool) {
        let (namespace, local_name) = NAMES[model.name];
        let by_default = self.chance(3);
        let name = if by_default {
            local_name.to_owned()
        } else {
            format!("{}:{local_name}", namespace.prefix)
        };
        write!(self.out, "<{name}").unwrap();
        if by_default {
            self.declaration("xmlns", namespace.uri);
        } else if is_root || self.chance(2) {
            self.declaration(&format!("xmlns:{}", namespace.prefix), namespace.uri);
        }
        for (attribute, value) in &model.attributes {
            let (namespace, local_name) = ATTRIBUTES[*attribute];
            let name = match namespace {
                Some(namespace) => format!("{}:{local_name}", namespace.prefix),
                None => local_name.to_owned(),
            };
            self.space();
            let quote = if self.chance(2) { '"' } else { '\'' };
            write!(self.out, "{name}={quote}").unwrap();
            self.characters(value, true);
            self.out.push(quote);
        }
        if is_root {
            for namespace in [SAML, SAMLP, XSI] {
                let name = format!("xmlns:{}", namespace.prefix);
                if !self.out.contains(&format!("{name}=")) {
                    self.declaration(&name, namespace.uri);
                }
            }
        }
        if model.content.is_empty() && self.chance(2) {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        for piece in &model.content {
            match piece {
                Content::Text(text) => self.characters(text, false),
                Content::Element(child) => self.element(child, false),
            }
        }
        write!(self.out, "</{name}").unwrap();
        if self.chance(3) {
            self.out.push(' ');
        }
        self.out.push('>');
    }

    fn declaration(&mut self, name: &str, uri: &str) {
        self.space();
        write!(self.out, "{name}=\"{uri}\"").unwrap();
    }

    fn space(&mut self) {
        let space = if self.chance(4) { "\n\t " } else { " " };
        self.out.push_str(space);
    }

    fn characters(&mut self, text: &str, quoted: bool) {
        for character in text.chars() {
            let special = matches!(character, '&' | '<' | '>' | '"' | '\'');
            let literal = !(special || character == '\r' || quoted && self.chance(2));
            if literal && !self.chance(6) {
                self.out.push(character);
            } else if character == '\r' && self.chance(2) {
                self.out.push_str("\r\n");
            } else if character == '&' && self.chance(2) {
                self.out.push_str("&amp;");
            } else {
                write!(self.out, "&#x{:x};", u32::from(character)).unwrap();
            }
        }
    }
}

fn canonical(xml: &str) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    document.root().canonical(usize::MAX).unwrap()
}

proptest! {
    #[test]
    fn the_canonical_form_is_a_fixed_point(model in model(), seed: u64) {
        let once = canonical(&model.wild_xml(seed));
        prop_assert_eq!(canonical(&once), once);
    }

    #[test]
    fn the_writer_writes_canonical_form(model in model()) {
        let mut writer = Writer::new();
        model.write(&mut writer);
        let written = writer.finish().unwrap().into_string();
        prop_assert_eq!(canonical(&written), written);
    }

    /// B21: what goes in comes out, and makes no element or attribute that was not asked for.
    #[test]
    fn values_survive_writing_and_reading(name in text(), value in text()) {
        let mut writer = Writer::new();
        writer.element(SAML, "Attribute").attribute("Name", &name).children(|attribute| {
            attribute.element(SAML, "AttributeValue").text(&value);
        });
        let written = writer.finish().unwrap().into_string();
        let document = Document::parse(written.as_bytes(), &Limits::MESSAGE).unwrap();
        let attribute = document.root();
        prop_assert_eq!(attribute.attribute("Name"), Some(name.as_str()));
        prop_assert_eq!(attribute.attributes().count(), 1);
        prop_assert_eq!(attribute.descendants().count(), 1);
        prop_assert_eq!(attribute.child(SAML.uri, "AttributeValue").unwrap().unwrap().text(), Ok(value.as_str()));
    }

    /// A30.
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let _ = Document::parse(&bytes, &Limits::MESSAGE);
        let _ = Document::parse(&bytes, &Limits::METADATA);
    }

    /// A30, nearer to XML; and what is accepted has a canonical form that is accepted.
    #[test]
    fn no_soup_of_markup_makes_the_reader_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<a>", "</a>", "<b:a xmlns:b='u:'>", "</b:a>", "<a/>", "<", ">", "&", "&amp;", "&#x41;", "&#0;", "\"",
                "'", "=", " x='1'", "<!--", "-->", "<![CDATA[", "]]>", "<?xml version='1.0'?>", "<!DOCTYPE a>", "æ",
                "\r\n", ":", "xmlns=''", "<a b='c' d=\"e\">", "/", "\u{0}", "\u{feff}",
            ]),
            0..24,
        )
    ) {
        let soup = pieces.concat();
        for limits in [Limits::MESSAGE, Limits::METADATA] {
            if let Ok(document) = Document::parse(soup.as_bytes(), &limits) {
                let once = document.root().canonical(usize::MAX).unwrap();
                prop_assert_eq!(canonical(&once), once);
            }
        }
    }
}

#[test]
fn what_xml_cannot_carry_is_not_written() {
    for character in ['\u{0}', '\u{b}', '\u{1f}', '\u{ffff}'] {
        let mut writer = Writer::new();
        writer.element(SAML, "Issuer").text(&format!("a{character}b"));
        assert_eq!(writer.finish().unwrap_err(), WriteRefusal::IllegalCharacter);
        let mut writer = Writer::new();
        writer
            .element(SAML, "Issuer")
            .attribute("Format", &character.to_string())
            .empty();
        assert_eq!(writer.finish().unwrap_err(), WriteRefusal::IllegalCharacter);
    }
}

#[test]
fn the_writer_refuses_what_would_not_be_canonical() {
    let issuer = || {
        let mut writer = Writer::new();
        writer.element(SAML, "Issuer").text("x");
        writer.finish().unwrap()
    };
    let mut around = Writer::new();
    around
        .element(SAML, "Assertion")
        .children(|assertion| assertion.embed(&issuer()));
    assert_eq!(around.finish().unwrap_err(), WriteRefusal::RepeatedDeclaration);

    let mut twice = Writer::new();
    twice.element(SAML, "Issuer").text("x");
    twice.element(SAML, "Issuer").text("x");
    assert_eq!(twice.finish().unwrap_err(), WriteRefusal::NotOneElement);

    let mut repeated = Writer::new();
    repeated
        .element(SAML, "Issuer")
        .attribute("Format", "x")
        .attribute("Format", "y")
        .empty();
    assert_eq!(repeated.finish().unwrap_err(), WriteRefusal::RepeatedAttribute);
    assert_eq!(Writer::new().finish().unwrap_err(), WriteRefusal::NotOneElement);
}

#[test]
fn the_reader_is_strict_where_its_parser_is_lenient() {
    let refused = [
        "",
        " ",
        "<a></b>",
        "<a/><a/>",
        "<a/>x",
        "x<a/>",
        "<a>",
        "<a/>&amp;",
        "<1a/>",
        "<a:b:c xmlns:a='u:'/>",
        "<a:b/>",
        "<a b:c=''/>",
        "<:a/>",
        "<a:/>",
        "<a b='1' b='2'/>",
        "<a xmlns:b='u:' xmlns:c='u:' b:d='' c:d=''/>",
        "<a xmlns:b='u:' xmlns:b='v:'/>",
        "<a xmlns='u:' xmlns='u:'/>",
        "<a xmlns:b=''/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:xmlns='u:'/>",
        "<a xmlns:b='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "\u{feff}\u{feff}<a/>",
        "<?xml version='1.0'?>\u{feff}<a/>",
        "<a xmlns='relative'/>",
        "<a xmlns='1:a'/>",
        "<a xmlns=':a'/>",
        "<a xmlns='u_v:a'/>",
        "<a xmlns='urn:a '/>",
        "<a xmlns=' urn:a'/>",
        "<a xmlns='urn:æ'/>",
        "<a xmlns='urn:&lt;'/>",
        "<a xmlns='urn:[a]'/>",
        "<a xmlns='urn:%4'/>",
        "<a xmlns='urn:%zz'/>",
        "<a xmlns='urn:a#b#c'/>",
        "<a xmlns='http:///a'/>",
        "<a xmlns='http://a:b/'/>",
        "<a xmlns='http://a:99999/'/>",
        "<a xmlns='http://a@b/'/>",
        "<a xmlns:b='urn:a b'/>",
        "<a b/>",
        "<a b=c/>",
        "<a 1b=''/>",
        "<a =''/>",
        "< a/>",
        "<a></ a>",
        "<a></a b=''>",
        "<a b='&#xD;&#x0;'/>",
        "<a>&#+65;</a>",
        "<a>&#x;</a>",
        "<a>&#X41;</a>",
    ];
    for xml in refused {
        let outcome = Document::parse(xml.as_bytes(), &Limits::MESSAGE);
        assert!(outcome.is_err(), "{xml}");
        assert_eq!(outcome.unwrap_err().reason(), "malformed", "{xml}");
    }
}

#[test]
fn names_of_namespaces_are_uris_as_they_are_in_use() {
    for name in [
        "urn:oasis:names:tc:SAML:2.0:assertion",
        "http://www.w3.org/2001/04/xmlenc#",
        "https://data.gov.dk/model/core/eid/privilege?a=b&amp;c=%C3%A6",
        "http://localhost:8080/x~y/(z)",
        "http://a.example",
        "x+y-z.1:a",
    ] {
        let xml = format!("<a xmlns='{name}'/>");
        assert!(
            Document::parse(xml.as_bytes(), &Limits::MESSAGE).is_ok(),
            "{name}"
        );
    }
}

#[test]
fn line_ends_and_white_space_are_normalised_as_xml_says() {
    let xml = "<a b='1\r\n2\t3\n4&#13;&#10;&#9;5'>x\r\ny\rz&#13;</a>";
    assert_eq!(
        canonical(xml),
        "<a b=\"1 2 3 4&#xD;&#xA;&#x9;5\">x\ny\nz&#xD;</a>"
    );
}

#[test]
fn metadata_holds_comments_beside_elements_but_not_beside_text() {
    let parse = |xml: &str| Document::parse(xml.as_bytes(), &Limits::METADATA);
    let document = parse("<!-- a --><a> <!-- b --> <b>c</b><!-- d --></a><!-- e -->").unwrap();
    assert_eq!(
        document.root().canonical(usize::MAX).unwrap(),
        "<a>  <b>c</b></a>"
    );
    for xml in [
        "<a>rektor<!-- -->.example</a>",
        "<a>rektor<!-- --></a>",
        "<a><!-- -->rektor</a>",
        "<a>&#65;<!-- --></a>",
    ] {
        assert_eq!(parse(xml).unwrap_err().reason(), "comment", "{xml}");
    }
}

#[test]
fn children_and_text_are_never_chosen_by_position() {
    let document = Document::parse(b"<a><b/><b/><c>x<d/></c><e>y</e><f/></a>", &Limits::MESSAGE).unwrap();
    let root = document.root();
    assert!(root.child("", "b").is_err());
    assert!(root.required_child("", "g").is_err());
    assert!(root.child("", "g").unwrap().is_none());
    assert!(root.required_child("", "c").unwrap().text().is_err());
    assert_eq!(root.required_child("", "e").unwrap().text(), Ok("y"));
    assert_eq!(root.required_child("", "f").unwrap().text(), Ok(""));
    let names: Vec<_> = root.descendants().map(Element::local_name).collect();
    assert_eq!(names, ["b", "b", "c", "d", "e", "f"]);
}
