//! Writes XML that is canonical by construction, so that signing and encrypting need no parse.
//!
//! Escaping, the order of attributes and the place of namespace declarations are decided here and
//! nowhere else (DR04, B21). Not here: which elements a message has.

use super::chars;
use super::names::{self, Namespace};

/// Builds one element with everything inside.
///
/// ```
/// use portner::saml::xml::{Writer, names::{SAML, SAMLP}};
/// let mut writer = Writer::new();
/// writer.element(SAMLP, "Response").attribute("ID", "_1").children(|response| {
///     response.element(SAML, "Issuer").text("https://login.example");
/// });
/// let message = writer.finish()?;
/// # Ok::<(), portner::saml::xml::WriteRefusal>(())
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    /// Namespaces whose declarations hold at this place, the nearest last.
    rendered: Vec<Namespace>,
    /// Every namespace declared anywhere.
    declared: Vec<Namespace>,
    depth: usize,
    id: Option<String>,
    signature_place: Option<usize>,
    fault: Option<WriteRefusal>,
}

/// What was to be written cannot be written as XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteRefusal {
    /// A value holds a control character or another that XML cannot carry, not even as a reference.
    #[error("a value holds a character that XML cannot carry")]
    IllegalCharacter,
    /// There is no document element, or more than one.
    #[error("not exactly one document element")]
    NotOneElement,
    /// An embedded element declares a prefix that already holds around it, so the whole would not be canonical.
    #[error("an embedded element repeats a namespace declaration")]
    RepeatedDeclaration,
    /// One tag has the same attribute twice.
    #[error("an attribute is written twice")]
    RepeatedAttribute,
}

/// One element in canonical form, as a [`Writer`], [`super::sign_enveloped`] or [`super::encrypt`] made it.
#[derive(Clone)]
pub struct CanonicalXml {
    pub(super) xml: String,
    pub(super) declared: Vec<Namespace>,
    pub(super) id: Option<String>,
    pub(super) signature_place: Option<usize>,
}

impl CanonicalXml {
    /// The text, without XML declaration.
    pub fn as_str(&self) -> &str {
        &self.xml
    }

    /// The text, without XML declaration.
    pub fn into_string(self) -> String {
        self.xml
    }

    /// The `ID` of the element.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl std::fmt::Debug for CanonicalXml {
    /// Tells the length only: messages hold personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CanonicalXml({} bytes)", self.xml.len())
    }
}

impl Writer {
    /// An empty writer.
    pub fn new() -> Self {
        Self {
            out: String::with_capacity(8 * 1024),
            ..Self::default()
        }
    }

    /// Begins an element; what is called on the returned value decides what is in it.
    pub fn element(&mut self, namespace: Namespace, local_name: &'static str) -> ElementWriter<'_, 'static> {
        ElementWriter {
            writer: self,
            namespace,
            local_name,
            attributes: Vec::new(),
        }
    }

    /// Puts in an element that is finished, signed or encrypted already, byte by byte.
    pub fn embed(&mut self, element: &CanonicalXml) {
        if element
            .declared
            .iter()
            .any(|inner| self.rendered.iter().any(|outer| outer.prefix == inner.prefix))
        {
            self.fail(WriteRefusal::RepeatedDeclaration);
        }
        if self.depth == 0 {
            self.fail(WriteRefusal::NotOneElement);
        }
        self.out.push_str(&element.xml);
        for namespace in &element.declared {
            self.remember(*namespace);
        }
    }

    /// The element that was written.
    ///
    /// # Errors
    /// The first [`WriteRefusal`] that was met on the way.
    pub fn finish(self) -> Result<CanonicalXml, WriteRefusal> {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.out.is_empty() => Err(WriteRefusal::NotOneElement),
            None => Ok(CanonicalXml {
                xml: self.out,
                declared: self.declared,
                id: self.id,
                signature_place: self.signature_place,
            }),
        }
    }

    fn fail(&mut self, fault: WriteRefusal) {
        self.fault.get_or_insert(fault);
    }

    fn check(&mut self, text: &str) {
        if chars::check_characters(text).is_err() {
            self.fail(WriteRefusal::IllegalCharacter);
        }
    }

    fn remember(&mut self, namespace: Namespace) {
        if !self.declared.contains(&namespace) {
            self.declared.push(namespace);
        }
    }

    fn push_name(&mut self, namespace: Namespace, local_name: &str) {
        self.out.push_str(namespace.prefix);
        self.out.push(':');
        self.out.push_str(local_name);
    }

    /// Declares what the tag uses visibly and what does not hold yet, in order of prefixes.
    fn push_declarations(&mut self, used: impl Iterator<Item = Namespace>) {
        let from = self.rendered.len();
        for namespace in used {
            let holds = self
                .rendered
                .iter()
                .rev()
                .find(|known| known.prefix == namespace.prefix);
            if namespace.prefix != names::XML.prefix && holds != Some(&namespace) {
                self.rendered.push(namespace);
            }
        }
        if let Some(new) = self.rendered.get_mut(from..) {
            new.sort_unstable_by_key(|namespace| namespace.prefix);
        }
        for at in from..self.rendered.len() {
            let Some(namespace) = self.rendered.get(at).copied() else {
                break;
            };
            self.out.push_str(" xmlns:");
            self.out.push_str(namespace.prefix);
            self.out.push_str("=\"");
            chars::push_attribute_value(&mut self.out, namespace.uri);
            self.out.push('"');
            self.remember(namespace);
        }
    }
}

/// A start tag in the making. Ends with [`text`](Self::text), [`children`](Self::children) or [`empty`](Self::empty).
#[must_use = "nothing is written before text, children or empty is called"]
pub struct ElementWriter<'w, 'v> {
    writer: &'w mut Writer,
    namespace: Namespace,
    local_name: &'static str,
    attributes: Vec<WrittenAttribute<'v>>,
}

struct WrittenAttribute<'v> {
    namespace: Option<Namespace>,
    local_name: &'static str,
    value: &'v str,
}

impl<'w, 'v> ElementWriter<'w, 'v> {
    /// Adds an attribute without namespace. The order of calls does not matter.
    pub fn attribute<'n>(self, local_name: &'static str, value: &'n str) -> ElementWriter<'w, 'n>
    where
        'v: 'n,
    {
        self.with(None, local_name, value)
    }

    /// Adds an attribute without namespace where there is a value.
    pub fn optional_attribute<'n>(
        self,
        local_name: &'static str,
        value: Option<&'n str>,
    ) -> ElementWriter<'w, 'n>
    where
        'v: 'n,
    {
        match value {
            Some(value) => self.with(None, local_name, value),
            None => self,
        }
    }

    /// Adds an attribute of a namespace, such as `xml:lang`.
    pub fn attribute_ns<'n>(
        self,
        namespace: Namespace,
        local_name: &'static str,
        value: &'n str,
    ) -> ElementWriter<'w, 'n>
    where
        'v: 'n,
    {
        self.with(Some(namespace), local_name, value)
    }

    /// Writes the element with text in it.
    pub fn text(self, text: &str) {
        self.content(|writer| {
            writer.check(text);
            chars::push_text(&mut writer.out, text);
        });
    }

    /// Writes the element with the elements that `write` writes.
    pub fn children(self, write: impl FnOnce(&mut Writer)) {
        self.content(write);
    }

    /// Writes the element with nothing in it.
    pub fn empty(self) {
        self.content(|_| {});
    }

    fn with<'n>(
        self,
        namespace: Option<Namespace>,
        local_name: &'static str,
        value: &'n str,
    ) -> ElementWriter<'w, 'n>
    where
        'v: 'n,
    {
        let mut attributes: Vec<WrittenAttribute<'n>> = self.attributes;
        attributes.push(WrittenAttribute {
            namespace,
            local_name,
            value,
        });
        ElementWriter {
            writer: self.writer,
            namespace: self.namespace,
            local_name: self.local_name,
            attributes,
        }
    }

    fn content(mut self, write: impl FnOnce(&mut Writer)) {
        let rendered_before = self.writer.rendered.len();
        let is_root = self.writer.depth == 0;
        if is_root && !self.writer.out.is_empty() {
            self.writer.fail(WriteRefusal::NotOneElement);
        }
        // A Signature follows the Issuer where there is one, else it comes first (saml-core §5.4, saml-metadata §2.3.2).
        let is_issuer = self.namespace == names::SAML && self.local_name == "Issuer";
        let moves_signature = is_issuer && self.writer.signature_place == Some(self.writer.out.len());
        self.start_tag();
        let Self {
            writer,
            namespace,
            local_name,
            attributes,
        } = self;
        if is_root {
            let id = attributes
                .iter()
                .find(|a| a.namespace.is_none() && a.local_name == "ID");
            writer.id = id.map(|attribute| attribute.value.to_owned());
            writer.signature_place = Some(writer.out.len());
        }
        writer.depth += 1;
        write(writer);
        writer.depth -= 1;
        writer.out.push_str("</");
        writer.push_name(namespace, local_name);
        writer.out.push('>');
        writer.rendered.truncate(rendered_before);
        if moves_signature {
            writer.signature_place = Some(writer.out.len());
        }
    }

    fn start_tag(&mut self) {
        let key = |a: &WrittenAttribute<'_>| (a.namespace.map_or("", |n| n.uri), a.local_name);
        self.attributes.sort_unstable_by_key(key);
        if self
            .attributes
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if key(one) == key(other)))
        {
            self.writer.fail(WriteRefusal::RepeatedAttribute);
        }
        self.writer.out.push('<');
        self.writer.push_name(self.namespace, self.local_name);
        let of_attributes = self.attributes.iter().filter_map(|attribute| attribute.namespace);
        self.writer
            .push_declarations(std::iter::once(self.namespace).chain(of_attributes));
        for attribute in &self.attributes {
            self.writer.check(attribute.value);
            self.writer.out.push(' ');
            match attribute.namespace {
                Some(namespace) => self.writer.push_name(namespace, attribute.local_name),
                None => self.writer.out.push_str(attribute.local_name),
            }
            self.writer.out.push_str("=\"");
            chars::push_attribute_value(&mut self.writer.out, attribute.value);
            self.writer.out.push('"');
        }
        self.writer.out.push('>');
    }
}
