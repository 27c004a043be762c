//! Decides what may be believed: the only place that makes a [`Verified`].
//!
//! One narrow profile of XML Signature (saml-core §5.4), and no other: a Signature that is a direct
//! child of what it signs, one Reference to its parent's own ID, the enveloped transform and
//! exclusive canonicalisation, keys of the registered party only. The order of checks is part of
//! the design: ids (A08), then structure (A03, A18, A20), then algorithms (A23), then the signature
//! value, then the digest. Not here: what the signed elements mean.

use std::fmt;
use std::sync::Arc;

use super::encryption::{AcceptedCiphers, DecryptionFailed, DecryptionKey};
use super::guard::{Limits, XmlRefusal};
use super::tree::{Document, Element, ShapeRefusal};
use super::verifying_key::{SignatureAlgorithm, VerifyingKey};

/// An element that a registered key has signed, in a document parsed again from exactly the canonical
/// bytes that were digested (DR02, A26). There is no other way to one than through this file.
#[derive(Clone)]
pub struct Verified {
    document: Arc<Document>,
    index: u32,
    proof: Proof,
}

/// Which key signed, and how.
#[derive(Debug, Clone, Copy)]
struct Proof {
    key: usize,
    algorithm: SignatureAlgorithm,
}

impl Verified {
    /// The signed element: Response, Assertion, AuthnRequest, LogoutRequest, EntityDescriptor…
    pub fn root(&self) -> Element<'_> {
        Element::at(&self.document, self.index)
    }

    /// Which of the keys that were given has signed: for telling operators that an old key is still in use.
    pub fn key(&self) -> usize {
        self.proof.key
    }

    /// The algorithm of the signature.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.proof.algorithm
    }

    /// Decrypts the `EncryptedID`, `EncryptedAttribute` or `EncryptedAssertion` that is `encrypted`, an element
    /// inside of this one. What was encrypted under a signature is as good as signed.
    ///
    /// # Errors
    /// [`SignatureRefusal::Decryption`] for all failures of decryption alike, also where `encrypted` is of
    /// another document; [`SignatureRefusal::Xml`] where the plaintext is refused by the guard (B14).
    pub fn decrypt(
        &self,
        encrypted: Element<'_>,
        keys: &[DecryptionKey],
        accepted: AcceptedCiphers,
    ) -> Result<Self, SignatureRefusal> {
        let _ = (encrypted, keys, accepted);
        Err(SignatureRefusal::Unsigned)
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({:?}, {:?})", self.root(), self.proof)
    }
}

/// A Response of which everything that is readable here has been verified.
#[derive(Debug, Clone)]
pub struct VerifiedResponse {
    response: Option<Verified>,
    assertion: Option<Verified>,
}

impl VerifiedResponse {
    /// The Response, where it is signed itself. `None` where the Assertion alone is signed: then Status,
    /// Destination, InResponseTo and Issuer of the Response are unsigned, and may be looked at in the
    /// received document for no other purpose than to refuse.
    pub fn response(&self) -> Option<&Verified> {
        self.response.as_ref()
    }

    /// The one Assertion, decrypted if it was encrypted. `None` in a signed Response without one, as when
    /// the login failed. Its signature, if it has one, is verified also where the Response is signed.
    pub fn assertion(&self) -> Option<&Verified> {
        self.assertion.as_ref()
    }
}

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

/// Verifies the Signature that is a direct child of `element`. For metadata, where signed elements nest;
/// messages go through [`verify_message`] or [`verify_response`], which are stricter.
///
/// # Errors
/// [`SignatureRefusal`].
pub fn verify(element: Element<'_>, keys: &[VerifyingKey]) -> Result<Verified, SignatureRefusal> {
    let _ = (element, keys);
    Err(SignatureRefusal::Unsigned)
}

/// Verifies a whole message that is signed itself: AuthnRequest, LogoutRequest, LogoutResponse by POST.
/// There may be no other Signature anywhere in it.
///
/// # Errors
/// [`SignatureRefusal`].
pub fn verify_message(document: &Document, keys: &[VerifyingKey]) -> Result<Verified, SignatureRefusal> {
    verify(document.root(), keys)
}

/// Verifies a message of the Redirect binding, whose signature stands in the URL (saml-bindings §3.4.4.1).
///
/// `signed_octets` is `SAMLRequest=…&RelayState=…&SigAlg=…` byte for byte as it came (B17), and `message`
/// must have been inflated from the very `SAMLRequest` or `SAMLResponse` therein: the caller vouches for that.
///
/// # Errors
/// [`SignatureRefusal`].
pub fn verify_redirect(
    message: Document,
    signed_octets: &[u8],
    algorithm_uri: &str,
    signature: &[u8],
    keys: &[VerifyingKey],
) -> Result<Verified, SignatureRefusal> {
    let _ = (message, signed_octets, algorithm_uri, signature, keys);
    Err(SignatureRefusal::Unsigned)
}

/// Verifies a Response: signed itself, or its one Assertion, or both; decrypts the Assertion if need be.
///
/// # Errors
/// [`SignatureRefusal`]. An unsigned Response without an Assertion is [`SignatureRefusal::Unsigned`]: such an
/// error message of an identity provider cannot be believed, and its Status may only be shown as hearsay.
pub fn verify_response(
    document: &Document,
    keys: &[VerifyingKey],
    decryption_keys: &[DecryptionKey],
    accepted: AcceptedCiphers,
) -> Result<VerifiedResponse, SignatureRefusal> {
    let _ = (document, keys, decryption_keys, accepted, Limits::MESSAGE);
    Err(SignatureRefusal::Unsigned)
}
