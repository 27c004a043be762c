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
use super::ciphers::AcceptedCiphers;
use super::encryption::{self, DecryptionFailed};
use super::encryption_keys::DecryptionKey;
use super::limits::Limits;
use super::names::{DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DS};
use super::signature_parts::SignatureParts;
use super::signature_refusal::SignatureRefusal;
use super::tree::{Attribute, Document, Element};
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
pub(super) struct Proof {
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
    pub(super) fn narrowed_to(&self, element: Element<'_>) -> Option<Self> {
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

/// Verifies the Signature that is a direct child of `element`. For metadata, where signed elements nest;
/// messages go through [`verify_message`] or [`super::verify_response`], which are stricter.
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
    verify_carried(document.root(), keys)
}

/// The same for a message that is carried inside another element, as in a SOAP envelope: there may be no
/// other Signature in the whole document.
///
/// # Errors
/// [`SignatureRefusal`].
pub fn verify_carried(message: Element<'_>, keys: &[VerifyingKey]) -> Result<Verified, SignatureRefusal> {
    demand_keys(keys)?;
    let root = message.document_element();
    demand_unique_ids(root)?;
    let mut signatures = root
        .descendants()
        .filter(|element| element.is(DS.uri, "Signature"));
    if signatures.any(|signature| !signature.parent().is_some_and(|parent| parent.is_same(message))) {
        return Err(SignatureRefusal::Structure("a Signature in a strange place"));
    }
    verify_element(message, keys, &Limits::MESSAGE)
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

pub(super) fn demand_keys(keys: &[VerifyingKey]) -> Result<(), SignatureRefusal> {
    if keys.is_empty() {
        Err(SignatureRefusal::NoTrustAnchor)
    } else {
        Ok(())
    }
}

/// No value may identify two elements, whatever the attribute is called: verifiers and readers that know
/// different names of ID attributes would find different elements (A08).
pub(super) fn demand_unique_ids(root: Element<'_>) -> Result<(), SignatureRefusal> {
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
pub(super) fn names_an_id(local_name: &str) -> bool {
    local_name.eq_ignore_ascii_case("id")
        || ["AssertionID", "RequestID", "ResponseID"]
            .iter()
            .any(|name| local_name.eq_ignore_ascii_case(name))
}

/// The heart: one element, its own Signature, the registered keys.
pub(super) fn verify_element(
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
pub(super) fn prove(
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

pub(super) fn digest_algorithm(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri {
        DIGEST_SHA256 => Some(&digest::SHA256),
        DIGEST_SHA384 => Some(&digest::SHA384),
        DIGEST_SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}
