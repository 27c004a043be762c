//! Exclusive XML canonicalisation 1.0 without comments, of one element (xml-exc-c14n).
//!
//! Not here: inclusive canonicalisation, which no peer needs whom we want to understand.

use super::chars;
use super::guard::XmlRefusal;
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
        for piece in element.content() {
            match piece {
                Piece::Text(text) => chars::push_text(&mut self.out, text),
                Piece::Element(child) if self.without == Some(child.index) => {}
                Piece::Element(child) => {
                    let listed: Vec<_> = match self.inclusive {
                        [] => Vec::new(),
                        prefixes => child
                            .declared()
                            .filter(|(prefix, _)| prefixes.contains(prefix))
                            .collect(),
                    };
                    self.element(child, &listed)?;
                }
            }
        }
        self.out.push_str("</");
        self.name(element.prefix(), element.local_name());
        self.out.push('>');
        self.rendered.truncate(rendered_before);
        Ok(())
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
