//! Random changes to a signed message: elements in other places, other spellings of the same, other namespaces,
//! encodings and orders. Some leave the meaning as it was and the signature right; most do not.
//!
//! Text in, bytes out, from a seed. It knows nothing of Portner, and not even whether what it makes is XML.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Makes messages out of signed ones.
pub(crate) struct Disorder {
    chance: ChaCha8Rng,
}

type Change = fn(&mut Disorder, &mut String, &[String]) -> Option<()>;

/// Those that can leave a signature right stand twice, so that enough is left to be judged.
const CHANGES: [Change; 24] = [
    Disorder::spell_character,
    Disorder::spell_character,
    Disorder::order_of_attributes,
    Disorder::order_of_attributes,
    Disorder::quotes,
    Disorder::quotes,
    Disorder::space_in_tag,
    Disorder::space_in_tag,
    Disorder::unused_declaration,
    Disorder::unused_declaration,
    Disorder::repeated_declaration,
    Disorder::repeated_declaration,
    Disorder::empty_tag,
    Disorder::declaration_of_xml,
    Disorder::space_between,
    Disorder::other_namespace,
    Disorder::other_prefix,
    Disorder::move_element,
    Disorder::copy_element,
    Disorder::drop_element,
    Disorder::borrow_element,
    Disorder::other_name,
    Disorder::insertion,
    Disorder::other_byte,
];

impl Disorder {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            chance: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// One of `honest`, changed in one to four ways; pieces of the others may get into it.
    pub(crate) fn message(&mut self, honest: &[String]) -> Vec<u8> {
        let mut xml = honest[self.below(honest.len())].clone();
        for _ in 0..=self.below(4) {
            let change = CHANGES[self.below(CHANGES.len())];
            // Not every change finds a place.
            let _ = change(self, &mut xml, honest);
        }
        match self.below(40) {
            0 => [&[0xef, 0xbb, 0xbf], xml.as_bytes()].concat(),
            1 => xml.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            2 => xml.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            _ => xml.into_bytes(),
        }
    }

    /// A character as a reference: the same text, unless it is markup.
    fn spell_character(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let at = self.boundary(xml);
        let character = xml[at..].chars().next()?;
        let is_markup = "<>&\"'=/".contains(character);
        if is_markup || in_reference(xml, at) || in_tag(xml, at) && !in_quotes(xml, at) {
            return None;
        }
        let number = u32::from(character);
        let spelt = match self.below(4) {
            0 => format!("&#{number};"),
            1 => format!("&#x{number:X};"),
            2 => format!("&#x000{number:x};"),
            _ => format!("<![CDATA[{character}]]>"),
        };
        xml.replace_range(at..at + character.len_utf8(), &spelt);
        Some(())
    }

    fn order_of_attributes(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let tag = self.start_tag(xml)?;
        let attributes = attributes(xml, &tag);
        let [first, .., last] = attributes.as_slice() else {
            return None;
        };
        let (one, other) = (xml[first.clone()].to_owned(), xml[last.clone()].to_owned());
        xml.replace_range(last.clone(), &one);
        xml.replace_range(first.clone(), &other);
        Some(())
    }

    fn quotes(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let tag = self.start_tag(xml)?;
        let attribute = self.one_of(attributes(xml, &tag))?;
        let swapped: String = xml[attribute.clone()]
            .chars()
            .map(|c| match c {
                '"' => '\'',
                '\'' => '"',
                other => other,
            })
            .collect();
        xml.replace_range(attribute, &swapped);
        Some(())
    }

    fn space_in_tag(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let tag = self.start_tag(xml)?;
        let end = tag.end - if xml[..tag.end].ends_with("/>") { 2 } else { 1 };
        let space = [" ", "\n", "\t", "\r\n "][self.below(4)];
        let at = self
            .one_of(attributes(xml, &tag))
            .filter(|_| self.below(2) == 0)
            .map_or(end, |attribute| attribute.end);
        xml.insert_str(at, space);
        Some(())
    }

    fn unused_declaration(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let declared = [
            " xmlns:unused=\"urn:unused\"",
            " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"",
            " xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
            " xmlns=\"\"",
            " xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"",
        ];
        let declared = declared[self.below(declared.len())];
        self.in_a_tag(xml, declared)
    }

    /// A prefix declared once more, as what it is already, or as something else.
    fn repeated_declaration(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let declared = [
            " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
            " xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
            " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
            " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
        ];
        let declared = declared[self.below(declared.len())];
        self.in_a_tag(xml, declared)
    }

    fn empty_tag(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let at = self.one_of(xml.match_indices("></").map(|(at, _)| at).collect())?;
        let end = at + xml[at..].find("</")? + xml[at..].split_once("</")?.1.find('>')? + 3;
        xml.replace_range(at..end, "/>");
        Some(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the others of the list")]
    fn declaration_of_xml(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let declarations = [
            "<?xml version=\"1.0\"?>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<?xml version='1.0' encoding='utf-8' standalone='no'?>",
            "<?xml version=\"1.1\"?>",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
            "<?xml version=\"1.0\" encoding=\"UTF-7\"?>",
            "<?xml-stylesheet href=\"x\"?>",
            "\n",
        ];
        xml.insert_str(0, declarations[self.below(declarations.len())]);
        Some(())
    }

    fn space_between(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let space = ["\n", "\r\n", " ", "\t", "\r", "\u{a0}", "\u{2028}"][self.below(7)];
        let places = xml.match_indices('<').map(|(at, _)| at).chain([xml.len()]);
        let at = self.one_of(places.collect())?;
        xml.insert_str(at, space);
        Some(())
    }

    /// A namespace that looks like the one that it was.
    fn other_namespace(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let at = self.one_of(xml.match_indices("xmlns").map(|(at, _)| at).collect())?;
        let value = at + xml[at..].find(['"', '\''])? + 1;
        let end = value + xml[value..].find(['"', '\''])?;
        let changed = match self.below(4) {
            0 => format!("{} ", &xml[value..end]),
            1 => xml[value..end].to_uppercase(),
            2 => "urn:x".to_owned(),
            _ => xml[value..end].replacen(':', "&#58;", 1),
        };
        xml.replace_range(value..end, &changed);
        Some(())
    }

    /// The prefix of one element, in its start, its end, or both.
    fn other_prefix(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let element = self.element(xml)?;
        let name = name_at(xml, element.start)?;
        let local = name.rsplit(':').next()?.to_owned();
        let prefixes = ["", "saml:", "samlp:", "ds:", "x:"];
        let other = format!("{}{local}", prefixes[self.below(prefixes.len())]);
        let name = name.to_owned();
        if let Some(at) = xml[element.clone()]
            .rfind(&format!("</{name}"))
            .filter(|_| self.below(5) != 0)
        {
            let at = element.start + at + 2;
            xml.replace_range(at..at + name.len(), &other);
        }
        xml.replace_range(element.start + 1..=element.start + name.len(), &other);
        Some(())
    }

    fn move_element(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let element = self.element(xml)?;
        let moved: String = xml.drain(element).collect();
        self.put(xml, &moved)
    }

    /// The same once more, as it is or with other IDs and another name in it.
    fn copy_element(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let element = self.element(xml)?;
        let mut copy = xml[element].to_owned();
        if self.below(2) == 0 {
            copy = copy.replace(" ID=\"_", " ID=\"_copy").replace("sofie", "rektor");
        }
        self.put(xml, &copy)
    }

    fn drop_element(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let element = self.element(xml)?;
        xml.replace_range(element, "");
        Some(())
    }

    /// An element of another message, beside or instead of one of this.
    fn borrow_element(&mut self, xml: &mut String, honest: &[String]) -> Option<()> {
        let other = &honest[self.below(honest.len())];
        let borrowed = self.element(other)?;
        if self.below(2) == 0 {
            return self.put(xml, &other[borrowed]);
        }
        let name = name_at(other, borrowed.start)?;
        let start = xml.find(&format!("<{name}"))?;
        let own = element_at(xml, start)?;
        xml.replace_range(own, &other[borrowed]);
        Some(())
    }

    /// Another person, identifier or reference.
    fn other_name(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let names = [
            ("sofie@", "rektor@"),
            ("sofie@", "sofie@x."),
            (" ID=\"_r", " ID=\"_x"),
            (" ID=\"_a", " ID=\"_r"),
            ("URI=\"#_a", "URI=\"#_r"),
            ("URI=\"#_r", "URI=\"#_a"),
            ("URI=\"#_", "URI=\"_"),
            (" ID=", " Id="),
            (" ID=", " xml:id="),
        ];
        let (from, to) = names[self.below(names.len())];
        let at = self.one_of(xml.match_indices(from).map(|(at, _)| at).collect())?;
        xml.replace_range(at..at + from.len(), to);
        Some(())
    }

    fn insertion(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let inserted = [
            "<!-- -->",
            "<?x y?>",
            "<![CDATA[]]>",
            "&amp;",
            "&x;",
            "&#0;",
            "<x/>",
            "<!DOCTYPE x [<!ATTLIST saml:Assertion ID ID #IMPLIED>]>",
            "\u{200b}",
            "\u{feff}",
            "rektor",
        ];
        let at = match self.below(3) {
            0 => xml.find("sofie")? + self.below(6),
            1 => 0,
            _ => self.boundary(xml),
        };
        xml.insert_str(at, inserted[self.below(inserted.len())]);
        Some(())
    }

    fn other_byte(&mut self, xml: &mut String, _: &[String]) -> Option<()> {
        let at = self.boundary(xml);
        let length = xml[at..].chars().next()?.len_utf8();
        let other = char::from(b' ' + u8::try_from(self.below(95)).ok()?);
        match self.below(3) {
            0 => xml.replace_range(at..at + length, ""),
            1 => xml.replace_range(at..at + length, other.encode_utf8(&mut [0; 4])),
            _ => xml.insert(at, other),
        }
        Some(())
    }

    fn in_a_tag(&mut self, xml: &mut String, what: &str) -> Option<()> {
        let tag = self.start_tag(xml)?;
        let name = name_at(xml, tag.start)?.len();
        xml.insert_str(tag.start + 1 + name, what);
        Some(())
    }

    /// Before or after any tag.
    fn put(&mut self, xml: &mut String, what: &str) -> Option<()> {
        let before = xml.match_indices('<').map(|(at, _)| at);
        let after = xml.match_indices('>').map(|(at, _)| at + 1);
        let at = self.one_of(before.chain(after).collect())?;
        xml.insert_str(at, what);
        Some(())
    }

    fn element(&mut self, xml: &str) -> Option<Range<usize>> {
        let tag = self.start_tag(xml)?;
        element_at(xml, tag.start)
    }

    fn start_tag(&mut self, xml: &str) -> Option<Range<usize>> {
        let starts = xml
            .match_indices('<')
            .map(|(at, _)| at)
            .filter(|at| xml[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
        let start = self.one_of(starts.collect())?;
        Some(start..start + xml[start..].find('>')? + 1)
    }

    /// Somewhere between two characters.
    fn boundary(&mut self, xml: &str) -> usize {
        let mut at = self.below(xml.len() + 1);
        while !xml.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn one_of<T>(&mut self, mut all: Vec<T>) -> Option<T> {
        if all.is_empty() {
            return None;
        }
        let chosen = self.below(all.len());
        Some(all.swap_remove(chosen))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.chance.next_u64()).unwrap_or_default() % bound
    }
}

/// The name after `<`.
fn name_at(xml: &str, start: usize) -> Option<&str> {
    let rest = xml.get(start + 1..)?;
    Some(&rest[..rest.find([' ', '>', '/', '\n', '\t', '\r'])?])
}

/// The whole element that starts here, by counting tags of its name.
fn element_at(xml: &str, start: usize) -> Option<Range<usize>> {
    let name = name_at(xml, start)?;
    let (opening, closing) = (format!("<{name}"), format!("</{name}"));
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        let rest = &xml[at..];
        let end = at + rest.find('>')? + 1;
        if rest.starts_with(&closing) {
            depth = depth.checked_sub(1)?;
        } else if rest.starts_with(&opening) && !xml[..end].ends_with("/>") {
            depth += 1;
        }
        if depth == 0 {
            return Some(start..end);
        }
        at = end + xml[end..].find('<')?;
    }
}

/// `name="value"` of a start tag, one by one.
fn attributes(xml: &str, tag: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = tag.start + name_at(xml, tag.start).map_or(0, str::len) + 1;
    while let Some(equals) = xml.get(at..tag.end).and_then(|rest| rest.find('=')) {
        let value = at + equals + 1;
        let Some(quote) = xml[value..].chars().next() else {
            break;
        };
        let Some(length) = xml[value + quote.len_utf8()..].find(quote) else {
            break;
        };
        let end = value + length + 2 * quote.len_utf8();
        let blank = xml[at..].len() - xml[at..].trim_start().len();
        if end > tag.end {
            break;
        }
        found.push(at + blank..end);
        at = end;
    }
    found
}

fn in_tag(xml: &str, at: usize) -> bool {
    xml[..at].rfind('<') > xml[..at].rfind('>')
}

fn in_quotes(xml: &str, at: usize) -> bool {
    let tag = xml[..at].rfind('<').unwrap_or_default();
    !xml[tag..at].matches('"').count().is_multiple_of(2)
}

fn in_reference(xml: &str, at: usize) -> bool {
    xml[..at]
        .rfind('&')
        .is_some_and(|start| !xml[start..at].contains(';'))
}
