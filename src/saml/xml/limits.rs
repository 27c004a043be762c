//! How much foreign XML is read, and the reasons why some is not.

/// How much XML is read, and whether comments are. Exceeding a cap is refused before anything is built (A28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Attributes in one tag, namespace declarations included.
    pub attributes_in_tag: usize,
    /// Namespace declarations in one tag.
    pub declarations_in_tag: usize,
    /// Namespace declarations that hold at one place of the document.
    pub declarations_in_scope: usize,
    /// Elements and runs of text.
    pub nodes: usize,
    /// Bytes from `<` to `>`.
    pub tag_bytes: usize,
    /// Comments are dropped instead of refused, unless one stands beside text.
    pub comments: bool,
}

impl Limits {
    /// For messages of the SAML protocol: 256 KiB, no comment.
    pub const MESSAGE: Self = Self {
        bytes: 256 * 1024,
        depth: 32,
        attributes_in_tag: 64,
        declarations_in_tag: 16,
        declarations_in_scope: 64,
        nodes: 4_096,
        tag_bytes: 16 * 1024,
        comments: false,
    };

    /// For one party of a federation: 4 MiB, otherwise as all metadata.
    pub const ENTITY: Self = Self {
        bytes: 4 * 1024 * 1024,
        nodes: 400_000,
        ..Self::METADATA
    };

    /// For one row of a large document that nobody signs: 256 KiB, comments admitted beside elements.
    pub const ROW: Self = Self {
        bytes: 256 * 1024,
        depth: 16,
        attributes_in_tag: 16,
        declarations_in_tag: 8,
        declarations_in_scope: 16,
        nodes: 4_096,
        tag_bytes: 8 * 1024,
        comments: true,
    };

    /// For metadata of one party: 64 MiB, comments admitted beside elements but never beside text.
    pub const METADATA: Self = Self {
        bytes: 64 * 1024 * 1024,
        depth: 48,
        attributes_in_tag: 64,
        declarations_in_tag: 48,
        declarations_in_scope: 128,
        nodes: 4_000_000,
        tag_bytes: 16 * 1024,
        comments: true,
    };
}

/// Why bytes are not read as XML. The wording is for the log; nothing of the input is repeated in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlRefusal {
    /// A cap of [`Limits`] is exceeded (A28). Answered with 413.
    #[error("more {0} than is read")]
    Size(&'static str),
    /// A document type or another markup declaration (A12, A27).
    #[error("a document type declaration")]
    DocumentType,
    /// A reference to an entity that XML does not predefine (A12).
    #[error("a reference to an entity that is not predefined")]
    Entity,
    /// A comment where none may stand (A14).
    #[error("a comment")]
    Comment,
    /// A CDATA section.
    #[error("a CDATA section")]
    Cdata,
    /// A processing instruction, or a declaration that is not in the first place.
    #[error("a processing instruction")]
    ProcessingInstruction,
    /// Not UTF-8, or declared to be something else.
    #[error("not UTF-8")]
    Encoding,
    /// Not well-formed, or not well-formed with namespaces.
    #[error("not well-formed: {0}")]
    Malformed(&'static str),
}

impl XmlRefusal {
    /// The machine-readable reason of table A, for the audit event.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Size(_) => "size",
            Self::DocumentType | Self::Entity => "dtd",
            Self::Comment => "comment",
            Self::Cdata => "cdata",
            Self::ProcessingInstruction => "processing_instruction",
            Self::Encoding => "encoding",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether the answer is 413 rather than 400 (A28).
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Size(_))
    }
}
