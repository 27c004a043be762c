//! Why a signature is not believed, in the words of table A.

use super::encryption::DecryptionFailed;
use super::limits::XmlRefusal;
use super::tree::ShapeRefusal;

/// Why nothing of a document may be believed. [`reason`](Self::reason) is what the audit event says.
#[derive(Debug, thiserror::Error)]
pub enum SignatureRefusal {
    /// The caller has no key to verify with (A02): 503 and an alarm, never a login.
    #[error("no key is registered for the party")]
    NoTrustAnchor,
    /// What must be signed is not (A01, B14).
    #[error("no signature")]
    Unsigned,
    /// A Signature that is not exactly the profile, or an Assertion or Signature in a strange place (A03, A18, A20).
    #[error("the signature's structure: {0}")]
    Structure(&'static str),
    /// Not at most one Assertion, encrypted or not (A06).
    #[error("more than one assertion")]
    AssertionCount,
    /// One ID twice (A08).
    #[error("an ID stands twice")]
    DuplicateId,
    /// An algorithm that is not on the list (A23).
    #[error("the {0} algorithm is not accepted")]
    Algorithm(&'static str),
    /// No registered key has made this signature, or the content is not what was signed (A21, A22).
    #[error("the signature is not of a registered key")]
    Signature,
    /// What was decrypted or signed is not XML that is read.
    #[error("the content is refused")]
    Xml(#[from] XmlRefusal),
    /// An Assertion that could not be decrypted; no further detail exists, so that there is no oracle (B15).
    #[error("not decrypted")]
    Decryption(#[from] DecryptionFailed),
}

impl SignatureRefusal {
    /// The machine-readable reason of table A, for the audit event.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoTrustAnchor => "no_trust_anchor",
            Self::Unsigned => "unsigned",
            Self::Structure(_) => "structure",
            Self::AssertionCount => "assertion_count",
            Self::DuplicateId => "dup_id",
            Self::Algorithm(_) => "alg",
            Self::Signature => "signature",
            Self::Xml(refusal) => refusal.reason(),
            Self::Decryption(_) => "decryption",
        }
    }
}

impl From<ShapeRefusal> for SignatureRefusal {
    fn from(refusal: ShapeRefusal) -> Self {
        Self::Structure(match refusal {
            ShapeRefusal::Repeated(name)
            | ShapeRefusal::Missing(name)
            | ShapeRefusal::MissingAttribute(name) => name,
            ShapeRefusal::NotText => "elements where text is expected",
        })
    }
}
