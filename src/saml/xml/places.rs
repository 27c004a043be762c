//! What is declared around a piece of a document, so that the piece can be read as a document of its own.

use super::limits::{Limits, XmlRefusal};
use super::parse;
use super::tree::{Document, Element};

/// The declarations that hold at a place, each prefix once.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Vec<(String, String)>);

impl Places {
    /// What holds inside of an element at this place.
    pub(super) fn inside(&self, element: Element<'_>) -> Self {
        let mut inside = self.0.clone();
        for (prefix, uri) in element.declared() {
            inside.retain(|(known, _)| known != prefix);
            inside.push((prefix.to_owned(), uri.to_owned()));
        }
        Self(inside)
    }

    /// A whole element at this place.
    pub(super) fn element(&self, text: &str, limits: &Limits) -> Result<Document, XmlRefusal> {
        let context: Vec<_> = self
            .0
            .iter()
            .map(|(prefix, uri)| (prefix.as_str(), uri.as_str()))
            .collect();
        parse::document(text.as_bytes(), limits, &context)
    }

    /// The start tag of an element at this place, as an element without content.
    pub(super) fn start_tag(&self, tag: &str, limits: &Limits) -> Result<Document, XmlRefusal> {
        let open = tag.strip_suffix('>').ok_or(XmlRefusal::Malformed("tag"))?;
        self.element(&format!("{open}/>"), limits)
    }
}
