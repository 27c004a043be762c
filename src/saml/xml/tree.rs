//! A read-only tree of one document: names expanded to their namespaces, text whole, nothing else kept.
//!
//! [`Document`] owns the tree, [`Element`] is a handle into it that is copied freely. How bytes
//! become a tree is in `parse.rs`; what may be believed of a tree is decided in `signature.rs`.

use std::fmt;

use super::arena::{Arena, Content, Declaration, ElementData, NO_ELEMENT};
use super::c14n;
use super::limits::{Limits, XmlRefusal};
use super::parse;

/// One well-formed document that passed the guard. By itself it proves nothing about who wrote it.
pub struct Document {
    pub(super) arena: Arena,
}

impl Document {
    /// Reads `bytes` within `limits`.
    ///
    /// # Errors
    /// [`XmlRefusal`], with the reason that rows A12, A14, A27 and A28 ask for.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, XmlRefusal> {
        parse::document(bytes, limits, &[])
    }

    /// The document element.
    pub fn root(&self) -> Element<'_> {
        Element {
            arena: &self.arena,
            index: 0,
        }
    }
}

impl fmt::Debug for Document {
    /// Tells the outline only: messages hold personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?}, {} nodes)", self.root(), self.arena.nodes.len())
    }
}

/// An element of a [`Document`].
#[derive(Clone, Copy)]
pub struct Element<'d> {
    arena: &'d Arena,
    pub(super) index: u32,
}

/// An attribute of an [`Element`]. Namespace declarations are not attributes.
#[derive(Clone, Copy)]
pub struct Attribute<'d> {
    pub(super) prefix: &'d str,
    pub(super) namespace: &'d str,
    pub(super) local_name: &'d str,
    pub(super) value: &'d str,
}

impl<'d> Attribute<'d> {
    /// The namespace name; empty for attributes without prefix.
    pub fn namespace(self) -> &'d str {
        self.namespace
    }

    /// The name without prefix.
    pub fn local_name(self) -> &'d str {
        self.local_name
    }

    /// The value after normalisation (xml §3.3.3), references resolved.
    pub fn value(self) -> &'d str {
        self.value
    }
}

/// A message is built otherwise than its schema says. All of these are `[structure]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShapeRefusal {
    /// An element that may be there once is there more often.
    #[error("more than one {0}")]
    Repeated(&'static str),
    /// An element that must be there is not.
    #[error("no {0}")]
    Missing(&'static str),
    /// An attribute that must be there is not.
    #[error("no attribute {0}")]
    MissingAttribute(&'static str),
    /// An element that holds text holds elements.
    #[error("elements where text is expected")]
    NotText,
}

impl ShapeRefusal {
    /// The machine-readable reason of table A.
    pub fn reason(&self) -> &'static str {
        "structure"
    }
}

impl<'d> Element<'d> {
    pub(super) fn at(document: &'d Document, index: u32) -> Self {
        Self {
            arena: &document.arena,
            index,
        }
    }

    /// The namespace name; empty where there is none.
    pub fn namespace(self) -> &'d str {
        self.arena.text(self.data().namespace)
    }

    /// The name without prefix.
    pub fn local_name(self) -> &'d str {
        self.arena.text(self.data().local_name)
    }

    /// Whether this is `local_name` of `namespace`, whatever the prefix.
    pub fn is(self, namespace: &str, local_name: &str) -> bool {
        self.local_name() == local_name && self.namespace() == namespace
    }

    /// The value of an attribute without namespace.
    pub fn attribute(self, local_name: &str) -> Option<&'d str> {
        self.attribute_ns("", local_name)
    }

    /// The value of an attribute without namespace.
    ///
    /// # Errors
    /// [`ShapeRefusal::MissingAttribute`].
    pub fn required_attribute(self, local_name: &'static str) -> Result<&'d str, ShapeRefusal> {
        self.attribute(local_name)
            .ok_or(ShapeRefusal::MissingAttribute(local_name))
    }

    /// The value of an attribute of `namespace`.
    pub fn attribute_ns(self, namespace: &str, local_name: &str) -> Option<&'d str> {
        self.attributes()
            .find(|attribute| attribute.local_name == local_name && attribute.namespace == namespace)
            .map(Attribute::value)
    }

    /// All attributes, in the order in which they were written.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'d>> {
        self.arena.attributes_in(&self.data().attributes)
    }

    /// The element children.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> {
        self.content().filter_map(|piece| match piece {
            Piece::Element(element) => Some(element),
            Piece::Text(_) => None,
        })
    }

    /// The element children of one name.
    pub fn children_named(self, namespace: &str, local_name: &str) -> impl Iterator<Item = Element<'d>> {
        self.children()
            .filter(move |child| child.is(namespace, local_name))
    }

    /// The one child of this name, if there is one.
    ///
    /// # Errors
    /// [`ShapeRefusal::Repeated`] where there are several: nobody may choose among them by position (A26).
    pub fn child(
        self,
        namespace: &str,
        local_name: &'static str,
    ) -> Result<Option<Element<'d>>, ShapeRefusal> {
        let mut found = self.children_named(namespace, local_name);
        let first = found.next();
        if found.next().is_some() {
            Err(ShapeRefusal::Repeated(local_name))
        } else {
            Ok(first)
        }
    }

    /// The one child of this name.
    ///
    /// # Errors
    /// [`ShapeRefusal::Missing`], [`ShapeRefusal::Repeated`].
    pub fn required_child(
        self,
        namespace: &str,
        local_name: &'static str,
    ) -> Result<Element<'d>, ShapeRefusal> {
        self.child(namespace, local_name)?
            .ok_or(ShapeRefusal::Missing(local_name))
    }

    /// The whole text of an element that holds text alone; empty where it holds nothing. White space is kept.
    ///
    /// # Errors
    /// [`ShapeRefusal::NotText`] where there are elements inside: part of a text is never an answer (A14).
    pub fn text(self) -> Result<&'d str, ShapeRefusal> {
        let mut pieces = self.content();
        match (pieces.next(), pieces.next()) {
            (None, _) => Ok(""),
            (Some(Piece::Text(text)), None) => Ok(text),
            _ => Err(ShapeRefusal::NotText),
        }
    }

    /// All elements inside this one, in document order, without itself.
    pub fn descendants(self) -> impl Iterator<Item = Element<'d>> {
        let arena = self.arena;
        (self.index + 1..self.end())
            .filter(move |index| arena.element(*index).is_some())
            .map(move |index| Element { arena, index })
    }

    /// The element around this one.
    pub fn parent(self) -> Option<Element<'d>> {
        let parent = self.arena.nodes.get(self.index as usize)?.parent;
        (self.index != 0).then_some(Element {
            arena: self.arena,
            index: parent,
        })
    }

    /// The element in exclusive canonical form, as it would be digested.
    ///
    /// # Errors
    /// [`XmlRefusal::Size`] where that is beyond `most_bytes`.
    pub fn canonical(self, most_bytes: usize) -> Result<String, XmlRefusal> {
        c14n::canonical(self, None, &[], most_bytes)
    }

    /// Whether `other` is the same element of the same document.
    pub fn is_same(self, other: Element<'_>) -> bool {
        self.index == other.index && std::ptr::eq(self.arena, other.arena)
    }

    /// The document element above this one.
    pub(super) fn document_element(self) -> Element<'d> {
        Element {
            arena: self.arena,
            index: 0,
        }
    }

    pub(super) fn prefix(self) -> &'d str {
        self.arena.text(self.data().prefix)
    }

    /// Namespace declarations of this very tag, as (prefix, uri).
    pub(super) fn declared(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let arena = self.arena;
        self.declarations()
            .iter()
            .map(move |d| (arena.text(d.prefix), arena.text(d.uri)))
    }

    /// Everything that is declared here or above and not hidden, nearest first, as (prefix, uri).
    pub(super) fn namespaces_in_scope(self) -> Vec<(&'d str, &'d str)> {
        let mut scope: Vec<(&str, &str)> = Vec::new();
        let mut around = Some(self);
        let arena = self.arena;
        let inherited = arena
            .context
            .iter()
            .map(|d| (arena.text(d.prefix), arena.text(d.uri)));
        while let Some(element) = around {
            for (prefix, uri) in element.declared() {
                if !scope.iter().any(|(seen, _)| *seen == prefix) {
                    scope.push((prefix, uri));
                }
            }
            around = element.parent();
        }
        for (prefix, uri) in inherited {
            if !scope.iter().any(|(seen, _)| *seen == prefix) {
                scope.push((prefix, uri));
            }
        }
        scope
    }

    /// Child elements and text, in order.
    pub(super) fn content(self) -> impl Iterator<Item = Piece<'d>> {
        let (arena, end) = (self.arena, self.end());
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let node = arena.nodes.get(next as usize).filter(|_| next < end)?;
            let index = std::mem::replace(&mut next, node.end);
            Some(match node.content {
                Content::Text(span) => Piece::Text(arena.text(span)),
                Content::Element(_) => Piece::Element(Element { arena, index }),
            })
        })
    }

    fn declarations(self) -> &'d [Declaration] {
        self.arena
            .declarations
            .get(self.data().declarations.clone())
            .unwrap_or_default()
    }

    fn end(self) -> u32 {
        self.arena
            .nodes
            .get(self.index as usize)
            .map_or(0, |node| node.end)
    }

    fn data(self) -> &'d ElementData {
        self.arena.element(self.index).unwrap_or(&NO_ELEMENT)
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.namespace(), self.local_name())
    }
}

/// A child of an element.
pub(super) enum Piece<'d> {
    Element(Element<'d>),
    Text(&'d str),
}
