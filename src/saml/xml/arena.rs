//! How a tree lies in memory: a list of nodes in document order and one string that holds all names and texts.

use std::ops::Range;

use super::tree::Attribute;

/// All nodes in document order, all strings in one pool.
#[derive(Default)]
pub(super) struct Arena {
    pub(super) pool: String,
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<AttributeData>,
    pub(super) declarations: Vec<Declaration>,
    /// Declarations that hold around the document element: those of the place an encrypted element came from.
    pub(super) context: Vec<Declaration>,
}

/// A place in [`Arena::pool`].
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

pub(super) struct Node {
    pub(super) parent: u32,
    /// Index after the last node inside this one, so the next sibling.
    pub(super) end: u32,
    pub(super) content: Content,
}

pub(super) enum Content {
    Element(ElementData),
    Text(Span),
}

pub(super) struct ElementData {
    pub(super) prefix: Span,
    pub(super) local_name: Span,
    pub(super) namespace: Span,
    pub(super) attributes: Range<usize>,
    pub(super) declarations: Range<usize>,
}

/// Stands in where an index is wrong, which the construction rules out: it has no name that anyone asks for.
pub(super) static NO_ELEMENT: ElementData = ElementData {
    prefix: Span { start: 0, end: 0 },
    local_name: Span { start: 0, end: 0 },
    namespace: Span { start: 0, end: 0 },
    attributes: 0..0,
    declarations: 0..0,
};

pub(super) struct AttributeData {
    pub(super) prefix: Span,
    pub(super) local_name: Span,
    pub(super) namespace: Span,
    pub(super) value: Span,
}

#[derive(Clone, Copy)]
pub(super) struct Declaration {
    pub(super) prefix: Span,
    pub(super) uri: Span,
}

impl Arena {
    pub(super) fn text(&self, span: Span) -> &str {
        self.pool
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    pub(super) fn attributes_in(&self, range: &Range<usize>) -> impl Iterator<Item = Attribute<'_>> {
        self.attributes
            .get(range.clone())
            .unwrap_or_default()
            .iter()
            .map(|attribute| Attribute {
                prefix: self.text(attribute.prefix),
                namespace: self.text(attribute.namespace),
                local_name: self.text(attribute.local_name),
                value: self.text(attribute.value),
            })
    }

    pub(super) fn element(&self, index: u32) -> Option<&ElementData> {
        match &self.nodes.get(index as usize)?.content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        }
    }
}
