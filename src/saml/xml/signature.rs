//! Decides what may be believed: the only place that makes a [`Verified`].
//!
//! One narrow profile of XML Signature (saml-core §5.4), and no other: a Signature that is a direct
//! child of what it signs, one Reference to its parent's own ID, the enveloped transform and
//! exclusive canonicalisation, keys of the registered party only. The order of checks is part of
//! the design: ids (A08), then structure (A03, A18, A20), then algorithms (A23), then the signature
//! value, then the digest. Not here: what the signed elements mean.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;

use super::c14n;
use super::encryption::{self, AcceptedCiphers, DecryptionFailed, DecryptionKey};
use super::guard::{Limits, XmlRefusal};
use super::names::{DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DS, SAML, SAMLP};
use super::signature_parts::SignatureParts;
use super::tree::{Attribute, Document, Element, ShapeRefusal};
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
        if !self.covers(encrypted) {
            return Err(DecryptionFailed.into());
        }
        let document = encryption::decrypt_within(encrypted, keys, accepted)?;
        Ok(Self {
            document: Arc::new(document),
            index: 0,
            proof: self.proof,
        })
    }

    /// Another element that the same signature covers, as a document of its own.
    fn narrowed_to(&self, element: Element<'_>) -> Option<Self> {
        self.covers(element).then(|| Self {
            index: element.index,
            ..self.clone()
        })
    }

    fn covers(&self, element: Element<'_>) -> bool {
        let mut around = Some(element);
        while let Some(candidate) = around {
            if candidate.is_same(self.root()) {
                return true;
            }
            around = candidate.parent();
        }
        false
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
    demand_keys(keys)?;
    demand_unique_ids(element.document_element())?;
    verify_element(element, keys, &Limits::METADATA)
}

/// Verifies a whole message that is signed itself: AuthnRequest, LogoutRequest, LogoutResponse by POST.
/// There may be no other Signature anywhere in it.
///
/// # Errors
/// [`SignatureRefusal`].
pub fn verify_message(document: &Document, keys: &[VerifyingKey]) -> Result<Verified, SignatureRefusal> {
    demand_keys(keys)?;
    let root = document.root();
    demand_unique_ids(root)?;
    let mut signatures = root
        .descendants()
        .filter(|element| element.is(DS.uri, "Signature"));
    if signatures.any(|signature| !signature.parent().is_some_and(|parent| parent.is_same(root))) {
        return Err(SignatureRefusal::Structure("a Signature in a strange place"));
    }
    verify_element(root, keys, &Limits::MESSAGE)
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
    demand_keys(keys)?;
    demand_unique_ids(message.root())?;
    let algorithm =
        SignatureAlgorithm::from_uri(algorithm_uri).ok_or(SignatureRefusal::Algorithm("signature"))?;
    let proof = prove(keys, algorithm, signed_octets, signature)?;
    Ok(Verified {
        document: Arc::new(message),
        index: 0,
        proof,
    })
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
    demand_keys(keys)?;
    let root = document.root();
    demand_unique_ids(root)?;
    demand_usual_places(root)?;
    if is_signed(root) {
        let response = verify_element(root, keys, &Limits::MESSAGE)?;
        let assertion = assertion_of_signed(&response, keys, decryption_keys, accepted)?;
        return Ok(VerifiedResponse {
            response: Some(response),
            assertion,
        });
    }
    let assertion = match the_assertion(root)? {
        None => return Err(SignatureRefusal::Unsigned),
        Some(plain) if plain.is(SAML.uri, "Assertion") => verify_element(plain, keys, &Limits::MESSAGE)?,
        Some(encrypted) => {
            let decrypted = encryption::decrypt(encrypted, decryption_keys)?;
            demand_lone_assertion(decrypted.root())?;
            verify_element(decrypted.root(), keys, &Limits::MESSAGE)?
        }
    };
    Ok(VerifiedResponse {
        response: None,
        assertion: Some(assertion),
    })
}

/// The Assertion of a Response that is signed itself: covered by that signature, and by its own if it has one.
fn assertion_of_signed(
    response: &Verified,
    keys: &[VerifyingKey],
    decryption_keys: &[DecryptionKey],
    accepted: AcceptedCiphers,
) -> Result<Option<Verified>, SignatureRefusal> {
    let Some(found) = the_assertion(response.root())? else {
        return Ok(None);
    };
    let covered = if found.is(SAML.uri, "Assertion") {
        response
            .narrowed_to(found)
            .ok_or(SignatureRefusal::Structure("Assertion"))?
    } else {
        let decrypted = response.decrypt(found, decryption_keys, accepted)?;
        demand_lone_assertion(decrypted.root())?;
        decrypted
    };
    if is_signed(covered.root()) {
        return verify_element(covered.root(), keys, &Limits::MESSAGE).map(Some);
    }
    Ok(Some(covered))
}

fn demand_keys(keys: &[VerifyingKey]) -> Result<(), SignatureRefusal> {
    if keys.is_empty() {
        Err(SignatureRefusal::NoTrustAnchor)
    } else {
        Ok(())
    }
}

/// No value may identify two elements, whatever the attribute is called: verifiers and readers that know
/// different names of ID attributes would find different elements (A08).
fn demand_unique_ids(root: Element<'_>) -> Result<(), SignatureRefusal> {
    let mut ids: Vec<&str> = Vec::new();
    for element in std::iter::once(root).chain(root.descendants()) {
        ids.extend(
            element
                .attributes()
                .filter(|a| names_an_id(a.local_name()))
                .map(Attribute::value),
        );
    }
    ids.sort_unstable();
    if ids
        .windows(2)
        .any(|pair| matches!(pair, [one, other] if one == other))
    {
        return Err(SignatureRefusal::DuplicateId);
    }
    Ok(())
}

/// `ID`, `Id`, `id`, `xml:id`, and SAML 1's own names for them.
fn names_an_id(local_name: &str) -> bool {
    local_name.eq_ignore_ascii_case("id")
        || ["AssertionID", "RequestID", "ResponseID"]
            .iter()
            .any(|name| local_name.eq_ignore_ascii_case(name))
}

/// In a Response, Assertions are children of the Response, and Signatures are children of either (A03).
/// What is elsewhere is there to be taken for something else.
fn demand_usual_places(response: Element<'_>) -> Result<(), SignatureRefusal> {
    if !response.is(SAMLP.uri, "Response") {
        return Err(SignatureRefusal::Structure("not a Response"));
    }
    for element in response.descendants() {
        let Some(parent) = element.parent() else { continue };
        let in_response = parent.is_same(response);
        if is_assertion(element) && !in_response {
            return Err(SignatureRefusal::Structure("an Assertion in a strange place"));
        }
        if element.is(SAMLP.uri, "Response") {
            return Err(SignatureRefusal::Structure("a Response in a strange place"));
        }
        if element.is(DS.uri, "Signature") {
            if !in_response && !parent.is(SAML.uri, "Assertion") {
                return Err(SignatureRefusal::Structure("a Signature in a strange place"));
            }
            // Also of those that nobody is going to verify: two Signatures, one of them for somebody else's eyes.
            SignatureParts::read(element, parent)?;
        }
    }
    Ok(())
}

/// The only Assertion or EncryptedAssertion of a Response (A06).
fn the_assertion(response: Element<'_>) -> Result<Option<Element<'_>>, SignatureRefusal> {
    let mut assertions = response.children().filter(|child| is_assertion(*child));
    let first = assertions.next();
    if assertions.next().is_some() {
        Err(SignatureRefusal::AssertionCount)
    } else {
        Ok(first)
    }
}

fn is_assertion(element: Element<'_>) -> bool {
    element.is(SAML.uri, "Assertion") || element.is(SAML.uri, "EncryptedAssertion")
}

/// What came out of an EncryptedAssertion goes by the same rules as what came in the open (B14).
fn demand_lone_assertion(root: Element<'_>) -> Result<(), SignatureRefusal> {
    demand_unique_ids(root)?;
    if !root.is(SAML.uri, "Assertion") {
        return Err(SignatureRefusal::Structure("not an Assertion"));
    }
    let strange = |element: Element<'_>| {
        is_assertion(element)
            || element.is(SAMLP.uri, "Response")
            || (element.is(DS.uri, "Signature")
                && !element.parent().is_some_and(|parent| parent.is_same(root)))
    };
    if root.descendants().any(strange) {
        return Err(SignatureRefusal::Structure("an element in a strange place"));
    }
    Ok(())
}

fn is_signed(element: Element<'_>) -> bool {
    element.children_named(DS.uri, "Signature").next().is_some()
}

/// The heart: one element, its own Signature, the registered keys.
fn verify_element(
    element: Element<'_>,
    keys: &[VerifyingKey],
    limits: &Limits,
) -> Result<Verified, SignatureRefusal> {
    let signature = element
        .child(DS.uri, "Signature")?
        .ok_or(SignatureRefusal::Unsigned)?;
    let parts = SignatureParts::read(signature, element)?;

    let algorithm = SignatureAlgorithm::from_uri(parts.signature_method)
        .ok_or(SignatureRefusal::Algorithm("signature"))?;
    let digest_algorithm =
        digest_algorithm(parts.digest_method).ok_or(SignatureRefusal::Algorithm("digest"))?;

    let signed_info = c14n::canonical(parts.signed_info, None, &parts.signed_info_prefixes, limits.bytes)?;
    let proof = prove(keys, algorithm, signed_info.as_bytes(), &parts.signature_value)?;

    let content = c14n::canonical(element, Some(signature), &parts.content_prefixes, limits.bytes)?;
    let digest = digest::digest(digest_algorithm, content.as_bytes());
    if digest.as_ref() != parts.digest_value {
        return Err(SignatureRefusal::Signature);
    }
    let document = Document::parse(content.as_bytes(), limits)?;
    Ok(Verified {
        document: Arc::new(document),
        index: 0,
        proof,
    })
}

/// Which of `keys` has made `signature` over `message`.
fn prove(
    keys: &[VerifyingKey],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<Proof, SignatureRefusal> {
    keys.iter()
        .position(|key| key.is_signature(algorithm, message, signature))
        .map(|key| Proof { key, algorithm })
        .ok_or(SignatureRefusal::Signature)
}

fn digest_algorithm(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri {
        DIGEST_SHA256 => Some(&digest::SHA256),
        DIGEST_SHA384 => Some(&digest::SHA384),
        DIGEST_SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}
