//! Namespaces of SAML and of XML security, each with the one prefix that Portner writes for it.

/// A namespace together with the prefix under which it is written.
///
/// Reading never looks at prefixes; writing always uses the same one, so that what is written is canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespace {
    /// The prefix that the writer uses, never empty.
    pub prefix: &'static str,
    /// The namespace name.
    pub uri: &'static str,
}

impl Namespace {
    /// Joins a prefix and a namespace name.
    pub const fn new(prefix: &'static str, uri: &'static str) -> Self {
        Self { prefix, uri }
    }
}

/// Assertions (saml-core-2.0 §1.3).
pub const SAML: Namespace = Namespace::new("saml", "urn:oasis:names:tc:SAML:2.0:assertion");
/// Protocol messages (saml-core-2.0 §1.3).
pub const SAMLP: Namespace = Namespace::new("samlp", "urn:oasis:names:tc:SAML:2.0:protocol");
/// Metadata (saml-metadata-2.0 §1.1).
pub const MD: Namespace = Namespace::new("md", "urn:oasis:names:tc:SAML:2.0:metadata");
/// XML Signature (xmldsig-core §1.3).
pub const DS: Namespace = Namespace::new("ds", "http://www.w3.org/2000/09/xmldsig#");
/// XML Encryption (xmlenc-core §1.3).
pub const XENC: Namespace = Namespace::new("xenc", "http://www.w3.org/2001/04/xmlenc#");
/// XML Encryption 1.1 (xmlenc-core1 §1.3).
pub const XENC11: Namespace = Namespace::new("xenc11", "http://www.w3.org/2009/xmlenc11#");
/// `xml:lang` and its like; bound without a declaration (xml-names §3).
pub const XML: Namespace = Namespace::new("xml", "http://www.w3.org/XML/1998/namespace");
/// `xsi:type` and its like.
pub const XSI: Namespace = Namespace::new("xsi", "http://www.w3.org/2001/XMLSchema-instance");

/// Bound to the prefix `xmlns`, may be declared by nobody (xml-names §3).
pub(super) const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";
/// Exclusive canonicalisation 1.0 without comments: the only one that is used or accepted.
pub(super) const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The enveloped-signature transform.
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// SHA-1, inside RSA-OAEP only, where its weakness does not matter.
pub(in crate::saml) const DIGEST_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
/// Accepted in a Reference (A23), as are the next two. We write this one.
pub(in crate::saml) const DIGEST_SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const DIGEST_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
pub(super) const DIGEST_SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
/// The mask generation of RSA-OAEP with SHA-1.
pub(in crate::saml) const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
/// The same with SHA-256.
pub(in crate::saml) const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
