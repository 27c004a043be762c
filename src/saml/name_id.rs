//! Names of people in SAML: `NameID` with its format and qualifiers (saml-core §2.2.3, §8.3).
//!
//! A value may be a CPR number or a UNI-ID, so it never shows in `Debug`. Not here: what a
//! value means; that depends on who vouches (`domain::upstream::Entitlements`).

use std::fmt;

use super::xml::{CanonicalXml, Element, ShapeRefusal, WriteRefusal, Writer, names::SAML};

/// How a name is to be understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NameIdFormat {
    /// Left open.
    Unspecified,
    /// A name that lasts, for one service only.
    Persistent,
    /// A name for one session.
    Transient,
    /// An e-mail address.
    EmailAddress,
    /// `C=DK,O=…,CN=…,Serial=…`, as KOMBIT's Context Handler has it.
    X509SubjectName,
    /// The name of a party.
    Entity,
    /// Announces a name that is encrypted.
    Encrypted,
    /// A format without a meaning to Portner.
    Other(String),
}

impl NameIdFormat {
    const KNOWN: [(Self, &'static str); 7] = [
        (
            Self::Unspecified,
            "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        ),
        (
            Self::Persistent,
            "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        ),
        (
            Self::Transient,
            "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        ),
        (
            Self::EmailAddress,
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        ),
        (
            Self::X509SubjectName,
            "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
        ),
        (Self::Entity, "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"),
        (
            Self::Encrypted,
            "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
        ),
    ];

    /// Reads an identifier. Some peers write `SAML:2.0:nameid-format:unspecified`, which is taken for what it means.
    pub fn from_uri(uri: &str) -> Self {
        let uri = uri.trim();
        if uri == "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified" {
            return Self::Unspecified;
        }
        Self::KNOWN
            .into_iter()
            .find(|(_, known)| *known == uri)
            .map_or_else(|| Self::Other(uri.to_owned()), |(format, _)| format)
    }

    /// Its identifier.
    pub fn uri(&self) -> &str {
        match self {
            Self::Other(uri) => uri,
            known => Self::KNOWN
                .iter()
                .find(|(format, _)| format == known)
                .map_or("", |(_, uri)| uri),
        }
    }
}

/// A name of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct NameId {
    /// How to understand it.
    pub format: NameIdFormat,
    /// Who gave the name, where that is said.
    pub name_qualifier: Option<String>,
    /// For whom, where that is said.
    pub sp_name_qualifier: Option<String>,
    /// The name itself. Personal data.
    pub value: String,
}

impl fmt::Debug for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameId")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl NameId {
    /// A name without qualifiers.
    pub fn new(format: NameIdFormat, value: impl Into<String>) -> Self {
        Self {
            format,
            name_qualifier: None,
            sp_name_qualifier: None,
            value: value.into(),
        }
    }

    /// Reads a `saml:NameID` element. White space around the value is not part of it.
    pub(super) fn read(element: Element<'_>) -> Result<Self, ShapeRefusal> {
        let value = element.text()?.trim();
        if value.is_empty() {
            return Err(ShapeRefusal::Missing("text of NameID"));
        }
        let own = |name| element.attribute(name).map(str::to_owned);
        Ok(Self {
            format: element
                .attribute("Format")
                .map_or(NameIdFormat::Unspecified, NameIdFormat::from_uri),
            name_qualifier: own("NameQualifier"),
            sp_name_qualifier: own("SPNameQualifier"),
            value: value.to_owned(),
        })
    }

    /// The element by itself, for encryption.
    pub(super) fn alone(&self) -> Result<CanonicalXml, WriteRefusal> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.finish()
    }

    /// Writes a `saml:NameID` element.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer
            .element(SAML, "NameID")
            .attribute("Format", self.format.uri())
            .optional_attribute("NameQualifier", self.name_qualifier.as_deref())
            .optional_attribute("SPNameQualifier", self.sp_name_qualifier.as_deref())
            .text(&self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_format_is_read_back_from_its_uri() {
        for (format, uri) in NameIdFormat::KNOWN {
            assert_eq!(NameIdFormat::from_uri(uri), format);
            assert_eq!(format.uri(), uri);
        }
        assert_eq!(NameIdFormat::from_uri("urn:x").uri(), "urn:x");
    }

    #[test]
    fn debug_never_shows_the_value() {
        let name = NameId::new(NameIdFormat::Persistent, "0101701234");
        let shown = format!("{name:?}");
        assert!(shown.contains("Persistent") && !shown.contains("0101701234"));
    }
}
