//! Cutting and pasting in XML that is written as Portner writes it: prefixes fixed, no line breaks.

use std::ops::Range;

pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Whether the Response itself is signed, and not its Assertion alone.
pub(crate) fn signs_response(honest: &str) -> bool {
    honest.find("<ds:Signature") < honest.find("<saml:Assertion")
}

/// Without any Signature.
pub(crate) fn unsigned(xml: &str) -> String {
    let mut xml = xml.to_owned();
    while xml.contains("<ds:Signature ") {
        xml = replace(&xml, "ds:Signature", "");
    }
    xml
}

/// Another ID, another person.
pub(crate) fn evil_copy(element: &str) -> String {
    let id = element.split_once("ID=\"").unwrap().1.split_once('"').unwrap().0;
    let person = slice(element, "saml:NameID");
    let text = person.split_once('>').unwrap().1;
    element
        .replacen(&format!("ID=\"{id}\""), "ID=\"_ond\"", 1)
        .replacen(person, &person.replacen(text, "rektor</saml:NameID>", 1), 1)
        .replace("ID=\"_a", "ID=\"_ond_a")
}

/// Where the first `tag` element is. Elements of that name must not nest.
pub(crate) fn range(xml: &str, tag: &str) -> Range<usize> {
    let start = [" ", ">"]
        .iter()
        .filter_map(|next| xml.find(&format!("<{tag}{next}")))
        .min()
        .unwrap();
    let close = format!("</{tag}>");
    let end = start + xml[start..].find(&close).unwrap() + close.len();
    start..end
}

pub(crate) fn slice<'x>(xml: &'x str, tag: &str) -> &'x str {
    &xml[range(xml, tag)]
}

pub(crate) fn replace(xml: &str, tag: &str, replacement: &str) -> String {
    let mut changed = xml.to_owned();
    changed.replace_range(range(xml, tag), replacement);
    changed
}

pub(crate) fn attribute(xml: &str, tag: &str, name: &str) -> String {
    let after = slice(xml, tag).split_once(&format!(" {name}=\"")).unwrap().1;
    after.split_once('"').unwrap().0.to_owned()
}

pub(crate) fn insert(xml: &str, at: usize, what: &str) -> String {
    let (before, after) = xml.split_at(at);
    format!("{before}{what}{after}")
}

/// `what` behind the Issuer of the first `tag`.
pub(crate) fn after_issuer(xml: &str, tag: &str, what: &str) -> String {
    let element = range(xml, tag);
    let issuer = "</saml:Issuer>";
    let at = element.start + xml[element].find(issuer).unwrap() + issuer.len();
    insert(xml, at, what)
}

/// `what` in front of the last letter of the text in the first `tag`.
pub(crate) fn in_text(xml: &str, tag: &str, what: &str) -> String {
    let end = range(xml, tag).end - tag.len() - "</>".len();
    insert(xml, end - 1, what)
}

/// In front of the last letter of every text.
pub(crate) fn places_in_text(xml: &str) -> impl Iterator<Item = usize> {
    let ends = xml.match_indices("</").map(|(at, _)| at);
    ends.filter(|at| !xml[..*at].ends_with('>')).map(|at| at - 1)
}
