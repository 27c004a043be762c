//! Exclusive XML canonicalisation 1.0 without comments, of one element (xml-exc-c14n).
//!
//! Not here: inclusive canonicalisation, which no peer needs whom we want to understand.

use super::chars;
use super::limits::XmlRefusal;
use super::names;
use super::tree::{Attribute, Element, Piece};

/// The canonical form of `element`.
///
/// `without` is left out with everything inside (the enveloped-signature transform).
/// `inclusive` are the prefixes of an InclusiveNamespaces PrefixList, the empty one for `#default`.
///
/// # Errors
/// [`XmlRefusal::Size`] beyond `most_bytes`: a long namespace name that many siblings use is written for each.
pub(super) fn canonical(
    element: Element<'_>,
    without: Option<Element<'_>>,
    inclusive: &[&str],
    most_bytes: usize,
) -> Result<String, XmlRefusal> {
    let mut writer = Canonicaliser {
        out: String::with_capacity(4096),
        most_bytes,
        rendered: Vec::with_capacity(16),
        without: without.map(|element| element.index),
        inclusive,
    };
    let in_scope: Vec<_> = if inclusive.is_empty() {
        Vec::new()
    } else {
        element.namespaces_in_scope()
    };
    let inherited: Vec<_> = in_scope
        .into_iter()
        .filter(|(prefix, _)| inclusive.contains(prefix))
        .collect();
    writer.element(element, &inherited)?;
    Ok(writer.out)
}

/// What stands around a piece of a document that streams by: the declarations that its canonical
/// form has written so far and that hold there, the nearest last.
#[derive(Debug, Clone, Default)]
pub(super) struct Around(Vec<(String, String)>);

impl Around {
    /// The start tag of `group`, its end tag, and what stands around everything inside.
    /// `group` is a document of its own; `inclusive` as for [`canonical`].
    pub(super) fn group(&self, group: Element<'_>, inclusive: &[&str]) -> (String, String, Self) {
        let mut writer = self.writer(inclusive, usize::MAX);
        writer.start_tag(group, &listed_by(group, inclusive));
        let start = std::mem::take(&mut writer.out);
        writer.end_tag(group);
        let written = writer.rendered.iter();
        let inside = written.map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned()));
        (start, std::mem::take(&mut writer.out), Self(inside.collect()))
    }

    /// The canonical form of a whole element at this place.
    ///
    /// # Errors
    /// As [`canonical`].
    pub(super) fn element(
        &self,
        element: Element<'_>,
        inclusive: &[&str],
        most_bytes: usize,
    ) -> Result<String, XmlRefusal> {
        let mut writer = self.writer(inclusive, most_bytes);
        writer.element(element, &listed_by(element, inclusive))?;
        Ok(writer.out)
    }

    fn writer<'d>(&'d self, inclusive: &'d [&'d str], most_bytes: usize) -> Canonicaliser<'d> {
        Canonicaliser {
            out: String::with_capacity(16 * 1024),
            most_bytes,
            rendered: self
                .0
                .iter()
                .map(|(prefix, uri)| (prefix.as_str(), uri.as_str()))
                .collect(),
            without: None,
            inclusive,
        }
    }
}

/// The declarations of a tag that a PrefixList asks for.
fn listed_by<'d>(element: Element<'d>, inclusive: &[&str]) -> Vec<(&'d str, &'d str)> {
    if inclusive.is_empty() {
        return Vec::new();
    }
    element
        .declared()
        .filter(|(prefix, _)| inclusive.contains(prefix))
        .collect()
}

struct Canonicaliser<'d> {
    out: String,
    most_bytes: usize,
    /// Declarations that are written and hold at this place, as (prefix, uri), the nearest last.
    rendered: Vec<(&'d str, &'d str)>,
    without: Option<u32>,
    inclusive: &'d [&'d str],
}

impl<'d> Canonicaliser<'d> {
    /// The guard's cap on depth bounds the recursion.
    fn element(&mut self, element: Element<'d>, listed: &[(&'d str, &'d str)]) -> Result<(), XmlRefusal> {
        if self.out.len() > self.most_bytes {
            return Err(XmlRefusal::Size("bytes in canonical form"));
        }
        let rendered_before = self.rendered.len();
        self.start_tag(element, listed);
        for piece in element.content() {
            match piece {
                Piece::Text(text) => chars::push_text(&mut self.out, text),
                Piece::Element(child) if self.without == Some(child.index) => {}
                Piece::Element(child) => {
                    let listed = listed_by(child, self.inclusive);
                    self.element(child, &listed)?;
                }
            }
        }
        self.end_tag(element);
        self.rendered.truncate(rendered_before);
        Ok(())
    }

    fn start_tag(&mut self, element: Element<'d>, listed: &[(&'d str, &'d str)]) {
        let mut attributes: Vec<Attribute<'d>> = element.attributes().collect();
        attributes.sort_unstable_by_key(|a| (a.namespace(), a.local_name()));
        self.out.push('<');
        self.name(element.prefix(), element.local_name());
        self.namespaces(element, &attributes, listed);
        for attribute in &attributes {
            self.out.push(' ');
            self.name(attribute.prefix, attribute.local_name());
            self.out.push_str("=\"");
            chars::push_attribute_value(&mut self.out, attribute.value());
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn end_tag(&mut self, element: Element<'d>) {
        self.out.push_str("</");
        self.name(element.prefix(), element.local_name());
        self.out.push('>');
    }

    /// Writes the declarations that the tag uses visibly, or that are `listed`, unless they already hold.
    fn namespaces(
        &mut self,
        element: Element<'d>,
        attributes: &[Attribute<'d>],
        listed: &[(&'d str, &'d str)],
    ) {
        let own = (element.prefix(), element.namespace());
        let of_attributes = attributes.iter().map(|a| (a.prefix, a.namespace()));
        let used = std::iter::once(own).chain(of_attributes.filter(|(prefix, _)| !prefix.is_empty()));
        let from = self.rendered.len();
        for (prefix, uri) in used.chain(listed.iter().copied()) {
            if prefix != names::XML.prefix && self.holds(prefix) != uri {
                self.rendered.push((prefix, uri));
            }
        }
        if let Some(new) = self.rendered.get_mut(from..) {
            new.sort_unstable_by_key(|(prefix, _)| *prefix);
        }
        for (prefix, uri) in self.rendered.get(from..).unwrap_or_default() {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            chars::push_attribute_value(&mut self.out, uri);
            self.out.push('"');
        }
    }

    /// What `prefix` stands for in the output so far; nothing and the empty name are the same.
    fn holds(&self, prefix: &str) -> &'d str {
        self.rendered
            .iter()
            .rev()
            .find(|(known, _)| *known == prefix)
            .map_or("", |(_, uri)| uri)
    }

    fn name(&mut self, prefix: &str, local_name: &str) {
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(local_name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::xml::{Document, Limits};

    fn child_of(xml: &str, inclusive: &[&str]) -> String {
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        let child = document.root().children().next().unwrap();
        canonical(child, None, inclusive, usize::MAX).unwrap()
    }

    /// The examples of xml-exc-c14n §2.2 and what follows from §3.
    #[test]
    fn declarations_stand_where_they_are_used() {
        let xml = "<n0:pdu xmlns:n0='http://a.example' xmlns:n3='ftp://c.example' xml:lang='da'>\
                   <n1:elem2 xmlns:n1='http://b.example' xml:lang='en'><n3:stuff/><n3:stuff n0:z='1' a='2'/>\
                   </n1:elem2></n0:pdu>";
        assert_eq!(
            child_of(xml, &[]),
            "<n1:elem2 xmlns:n1=\"http://b.example\" xml:lang=\"en\">\
             <n3:stuff xmlns:n3=\"ftp://c.example\"></n3:stuff>\
             <n3:stuff xmlns:n0=\"http://a.example\" xmlns:n3=\"ftp://c.example\" a=\"2\" n0:z=\"1\"></n3:stuff>\
             </n1:elem2>"
        );
    }

    #[test]
    fn a_default_namespace_is_declared_and_undeclared() {
        let xml = "<r><a xmlns='u:1' b='2'><c xmlns=''><d xmlns='u:1'/></c></a></r>";
        assert_eq!(
            child_of(xml, &[]),
            "<a xmlns=\"u:1\" b=\"2\"><c xmlns=\"\"><d xmlns=\"u:1\"></d></c></a>"
        );
    }

    #[test]
    fn listed_prefixes_are_inherited_and_written_unused() {
        let xml =
            "<r xmlns='u:0' xmlns:x='u:1' xmlns:y='u:2'><z:a xmlns:z='u:3'><z:b xmlns:x='u:4'/></z:a></r>";
        assert_eq!(
            child_of(xml, &["x", "", "none"]),
            "<z:a xmlns=\"u:0\" xmlns:x=\"u:1\" xmlns:z=\"u:3\"><z:b xmlns:x=\"u:4\"></z:b></z:a>"
        );
        assert_eq!(child_of(xml, &[]), "<z:a xmlns:z=\"u:3\"><z:b></z:b></z:a>");
    }

    #[test]
    fn output_is_capped() {
        let xml = format!(
            "<r xmlns:x='u:{}'><a>{}</a></r>",
            "y".repeat(1_000),
            "<x:b/>".repeat(100)
        );
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        let refusal = canonical(document.root(), None, &[], 10_000).unwrap_err();
        assert!(refusal.is_too_large());
        // What is written so far may fill the cap before the last element begins.
        let document = Document::parse(b"<a><b/></a>", &Limits::MESSAGE).unwrap();
        assert!(canonical(document.root(), None, &[], 3).is_ok());
        assert!(canonical(document.root(), None, &[], 2).is_err());
    }
}
