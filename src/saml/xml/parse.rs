//! From bytes to a [`Document`]: quick-xml finds the pieces, this file holds them to XML 1.0 and xml-names.
//!
//! Everything that quick-xml lets pass is decided here: names, one document element, line ends,
//! attribute normalisation, duplicate attributes, prefixes. The guard has already refused the rest.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};

use super::arena::{Arena, AttributeData, Content, Declaration, ElementData, Node, Span};
use super::chars;
use super::guard::admit;
use super::limits::{Limits, XmlRefusal};
use super::names;
use super::tree::Document;

const NOT_WELL_FORMED: XmlRefusal = XmlRefusal::Malformed("markup");

/// Reads one document. `context` are prefixes that hold around it, as (prefix, uri).
pub(super) fn document(
    bytes: &[u8],
    limits: &Limits,
    context: &[(&str, &str)],
) -> Result<Document, XmlRefusal> {
    let text = admit(bytes, limits)?;
    let mut builder = Builder::new(text.len(), limits)?;
    builder.declare_context(context)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event().map_err(|_| NOT_WELL_FORMED)? {
            Event::Start(tag) => builder.open(&tag)?,
            Event::End(_) => builder.close()?,
            Event::Text(text) => builder.text(&text)?,
            Event::GeneralRef(name) => builder.reference(&name)?,
            Event::Comment(_) => builder.comment()?,
            Event::Eof => return builder.finish(),
            // The guard lets none of these through; saying so twice costs nothing.
            Event::Empty(_) => return Err(NOT_WELL_FORMED),
            Event::CData(_) => return Err(XmlRefusal::Cdata),
            Event::Decl(_) | Event::PI(_) => return Err(XmlRefusal::ProcessingInstruction),
            Event::DocType(_) => return Err(XmlRefusal::DocumentType),
        }
    }
}

/// An element whose end tag has not come yet.
struct Open {
    index: u32,
    scope_before: usize,
    has_comment: bool,
    has_words: bool,
}

struct Builder<'l> {
    arena: Arena,
    limits: &'l Limits,
    open: Vec<Open>,
    /// Declarations that hold at this place, the nearest last.
    scope: Vec<Declaration>,
    /// Where the current run of text began in the pool.
    text_from: Option<u32>,
}

impl<'l> Builder<'l> {
    fn new(length: usize, limits: &'l Limits) -> Result<Self, XmlRefusal> {
        // Text only shrinks on its way into the pool, and spans are 32 bits wide.
        if u32::try_from(length).is_err() {
            return Err(XmlRefusal::Size("bytes"));
        }
        let mut arena = Arena::default();
        arena.pool.reserve(length);
        arena.nodes.reserve(length / 48);
        arena.attributes.reserve(length / 96);
        Ok(Self {
            arena,
            limits,
            open: Vec::with_capacity(16),
            scope: Vec::with_capacity(16),
            text_from: None,
        })
    }

    fn declare_context(&mut self, context: &[(&str, &str)]) -> Result<(), XmlRefusal> {
        for (prefix, uri) in context {
            let declaration = Declaration {
                prefix: self.keep(prefix)?,
                uri: self.keep(uri)?,
            };
            self.arena.context.push(declaration);
            self.scope.push(declaration);
        }
        Ok(())
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlRefusal> {
        self.end_text()?;
        if self.open.is_empty() && !self.arena.nodes.is_empty() {
            return Err(XmlRefusal::Malformed("more than one document element"));
        }
        let scope_before = self.scope.len();
        let written: Vec<Attribute<'_>> = tag
            .attributes()
            .with_checks(false)
            .collect::<Result<_, _>>()
            .map_err(|_| XmlRefusal::Malformed("attribute"))?;
        let declarations = self.declare(&written)?;
        let attributes = self.attributes(&written)?;
        let (prefix, local_name) = self.name(tag.name().0)?;
        let namespace = self.resolve(prefix)?;
        let element = ElementData {
            prefix,
            local_name,
            namespace,
            attributes,
            declarations,
        };
        let index = self.push(Content::Element(element))?;
        self.open.push(Open {
            index,
            scope_before,
            has_comment: false,
            has_words: false,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlRefusal> {
        self.end_text()?;
        let open = self.open.pop().ok_or(NOT_WELL_FORMED)?;
        if open.has_comment && open.has_words {
            return Err(XmlRefusal::Comment);
        }
        self.scope.truncate(open.scope_before);
        let end = self.next_index()?;
        if let Some(node) = self.arena.nodes.get_mut(open.index as usize) {
            node.end = end;
        }
        Ok(())
    }

    /// Text as quick-xml cuts it: without references, which come as pieces of their own.
    fn text(&mut self, raw: &str) -> Result<(), XmlRefusal> {
        let blank = raw.chars().all(chars::is_space);
        let Some(around) = self.open.last_mut() else {
            return if blank {
                Ok(())
            } else {
                Err(XmlRefusal::Malformed("text outside of the document element"))
            };
        };
        around.has_words |= !blank;
        self.begin_text()?;
        push_with_unix_line_ends(&mut self.arena.pool, raw);
        Ok(())
    }

    fn reference(&mut self, name: &str) -> Result<(), XmlRefusal> {
        let around = self
            .open
            .last_mut()
            .ok_or(XmlRefusal::Malformed("text outside of the document element"))?;
        around.has_words = true;
        let character = chars::referenced(name)?;
        self.begin_text()?;
        self.arena.pool.push(character);
        Ok(())
    }

    fn comment(&mut self) -> Result<(), XmlRefusal> {
        if !self.limits.comments {
            return Err(XmlRefusal::Comment);
        }
        if let Some(around) = self.open.last_mut() {
            around.has_comment = true;
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, XmlRefusal> {
        if !self.open.is_empty() || self.arena.nodes.is_empty() {
            return Err(XmlRefusal::Malformed("no whole document element"));
        }
        Ok(Document { arena: self.arena })
    }

    /// Namespace declarations come first: they hold for the tag that bears them.
    fn declare(&mut self, written: &[Attribute<'_>]) -> Result<Range<usize>, XmlRefusal> {
        let start = self.arena.declarations.len();
        for attribute in written {
            let prefix = match attribute.key.0 {
                "xmlns" => "",
                name => match name.strip_prefix("xmlns:") {
                    Some(prefix) if chars::is_ncname(prefix) => prefix,
                    Some(_) => return Err(XmlRefusal::Malformed("prefix")),
                    None => continue,
                },
            };
            let prefix = self.keep(prefix)?;
            let uri = self.keep_value(&attribute.value)?;
            self.check_declaration(prefix, uri)?;
            if self
                .arena
                .declarations
                .iter()
                .skip(start)
                .any(|d| self.same(d.prefix, prefix))
            {
                return Err(XmlRefusal::Malformed("duplicate attribute"));
            }
            self.arena.declarations.push(Declaration { prefix, uri });
            self.scope.push(Declaration { prefix, uri });
            if self.scope.len() > self.limits.declarations_in_scope {
                return Err(XmlRefusal::Size("namespace declarations in scope"));
            }
        }
        Ok(start..self.arena.declarations.len())
    }

    /// xml-names §2.2 and §3: what may not be declared.
    fn check_declaration(&self, prefix: Span, uri: Span) -> Result<(), XmlRefusal> {
        let (prefix, uri) = (self.arena.text(prefix), self.arena.text(uri));
        let undeclares = uri.is_empty() && !prefix.is_empty();
        let reserved = matches!(prefix, "xml" | "xmlns") || uri == names::XML.uri || uri == names::XMLNS_URI;
        // Canonicalisation is undefined for relative namespace names (xml-c14n §1.3), and others refuse what is no URI.
        let no_name = !uri.is_empty() && !chars::is_absolute_uri(uri);
        if undeclares || reserved || no_name {
            Err(XmlRefusal::Malformed("namespace declaration"))
        } else {
            Ok(())
        }
    }

    fn attributes(&mut self, written: &[Attribute<'_>]) -> Result<Range<usize>, XmlRefusal> {
        let start = self.arena.attributes.len();
        for attribute in written {
            let name = attribute.key.0;
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let (prefix, local_name) = self.name(name)?;
            // The default namespace is not for attributes (xml-names §6.2).
            let namespace = if prefix.start == prefix.end {
                Span::default()
            } else {
                self.resolve(prefix)?
            };
            let value = self.keep_value(&attribute.value)?;
            let twice = self.arena.attributes.iter().skip(start).any(|other| {
                self.same(other.local_name, local_name) && self.same(other.namespace, namespace)
            });
            if twice {
                return Err(XmlRefusal::Malformed("duplicate attribute"));
            }
            self.arena.attributes.push(AttributeData {
                prefix,
                local_name,
                namespace,
                value,
            });
        }
        Ok(start..self.arena.attributes.len())
    }

    /// Splits a qualified name into prefix and local name.
    fn name(&mut self, name: &str) -> Result<(Span, Span), XmlRefusal> {
        let (prefix, local_name) = name.split_once(':').unwrap_or(("", name));
        let prefixed = name.len() != local_name.len();
        if !chars::is_ncname(local_name) || (prefixed && !chars::is_ncname(prefix)) {
            return Err(XmlRefusal::Malformed("name"));
        }
        let whole = self.keep(name)?;
        let prefix = Span {
            start: whole.start,
            end: whole.start + u32::try_from(prefix.len()).unwrap_or(0),
        };
        Ok((
            prefix,
            Span {
                start: prefix.end + u32::from(prefixed),
                end: whole.end,
            },
        ))
    }

    fn resolve(&mut self, prefix: Span) -> Result<Span, XmlRefusal> {
        let wanted = self.arena.text(prefix);
        if wanted == names::XML.prefix {
            return self.keep(names::XML.uri);
        }
        match self
            .scope
            .iter()
            .rev()
            .find(|declaration| self.arena.text(declaration.prefix) == wanted)
        {
            Some(declaration) => Ok(declaration.uri),
            None if wanted.is_empty() => Ok(Span::default()),
            None => Err(XmlRefusal::Malformed("prefix without declaration")),
        }
    }

    fn begin_text(&mut self) -> Result<(), XmlRefusal> {
        if self.text_from.is_none() {
            self.text_from = Some(self.position()?);
        }
        Ok(())
    }

    fn end_text(&mut self) -> Result<(), XmlRefusal> {
        if let Some(start) = self.text_from.take() {
            let end = self.position()?;
            if start < end {
                self.push(Content::Text(Span { start, end }))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, content: Content) -> Result<u32, XmlRefusal> {
        let index = self.next_index()?;
        let parent = self.open.last().map_or(0, |open| open.index);
        self.arena.nodes.push(Node {
            parent,
            end: index + 1,
            content,
        });
        Ok(index)
    }

    fn next_index(&self) -> Result<u32, XmlRefusal> {
        u32::try_from(self.arena.nodes.len()).map_err(|_| XmlRefusal::Size("nodes"))
    }

    fn position(&self) -> Result<u32, XmlRefusal> {
        u32::try_from(self.arena.pool.len()).map_err(|_| XmlRefusal::Size("bytes"))
    }

    fn keep(&mut self, text: &str) -> Result<Span, XmlRefusal> {
        let start = self.position()?;
        self.arena.pool.push_str(text);
        Ok(Span {
            start,
            end: self.position()?,
        })
    }

    /// Normalises an attribute's value: literal white space becomes a space, references stand for themselves.
    fn keep_value(&mut self, raw: &str) -> Result<Span, XmlRefusal> {
        let start = self.position()?;
        let special = |c| matches!(c, '&' | '\t' | '\n' | '\r');
        let mut rest = raw;
        while let Some(at) = rest.find(special) {
            let (plain, tail) = rest.split_at(at);
            self.arena.pool.push_str(plain);
            if let Some(name) = tail.strip_prefix('&') {
                let (character, after) = chars::reference(name)?;
                self.arena.pool.push(character);
                rest = after;
            } else {
                self.arena.pool.push(' ');
                rest = tail
                    .strip_prefix("\r\n")
                    .or_else(|| tail.get(1..))
                    .unwrap_or_default();
            }
        }
        self.arena.pool.push_str(rest);
        Ok(Span {
            start,
            end: self.position()?,
        })
    }

    fn same(&self, one: Span, other: Span) -> bool {
        self.arena.text(one) == self.arena.text(other)
    }
}

/// XML 1.0 §2.11: every line end is one line feed.
fn push_with_unix_line_ends(pool: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some((line, after)) = rest.split_once('\r') {
        pool.push_str(line);
        pool.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    pool.push_str(rest);
}
