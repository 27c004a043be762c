//! A SAML Response as a whole: which of its parts may bear signatures, and what they have to cover (A03, A06, B14).
//!
//! Not here: Status, Conditions, Subject and everything else that a Response says.

use super::ciphers::AcceptedCiphers;
use super::encryption;
use super::encryption_keys::DecryptionKey;
use super::limits::Limits;
use super::names::{DS, SAML, SAMLP};
use super::signature::{Verified, demand_keys, demand_unique_ids, verify_element};
use super::signature_parts::SignatureParts;
use super::signature_refusal::SignatureRefusal;
use super::tree::{Document, Element};
use super::verifying_key::VerifyingKey;

/// A Response of which everything that is readable here has been verified.
#[derive(Debug, Clone)]
pub struct VerifiedResponse {
    response: Option<Verified>,
    assertion: Option<Verified>,
    assertion_is_signed: bool,
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

    /// Whether the Assertion carries a signature of its own.
    pub fn assertion_is_signed(&self) -> bool {
        self.assertion_is_signed
    }
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
    let assertion = the_assertion(root)?;
    if is_signed(root) {
        let response = verify_element(root, keys, &Limits::MESSAGE)?;
        let (assertion, assertion_is_signed) =
            assertion_of_signed(&response, keys, decryption_keys, accepted)?;
        return Ok(VerifiedResponse {
            response: Some(response),
            assertion,
            assertion_is_signed,
        });
    }
    let assertion = match assertion {
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
        assertion_is_signed: true,
    })
}

/// The Assertion of a Response that is signed itself: covered by that signature, and by its own if it has
/// one, which is told.
fn assertion_of_signed(
    response: &Verified,
    keys: &[VerifyingKey],
    decryption_keys: &[DecryptionKey],
    accepted: AcceptedCiphers,
) -> Result<(Option<Verified>, bool), SignatureRefusal> {
    let Some(found) = the_assertion(response.root())? else {
        return Ok((None, false));
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
        return verify_element(covered.root(), keys, &Limits::MESSAGE).map(|signed| (Some(signed), true));
    }
    Ok((Some(covered), false))
}

/// In a Response, Assertions are children of the Response, and Signatures are children of either (A03).
/// What is elsewhere is there to be taken for something else.
fn demand_usual_places(response: Element<'_>) -> Result<(), SignatureRefusal> {
    if !response.is(SAMLP.uri, "Response") {
        return Err(SignatureRefusal::Structure("not a Response"));
    }
    if !response.children().all(belongs_in_response) {
        return Err(SignatureRefusal::Structure("an element that no Response has"));
    }
    for element in response.descendants() {
        let Some(parent) = element.parent() else { continue };
        let in_response = parent.is_same(response);
        if element.is(SAMLP.uri, "Response") {
            return Err(SignatureRefusal::Structure("a Response in a strange place"));
        }
        if is_assertion(element) && !in_response {
            return Err(SignatureRefusal::Structure("an Assertion in a strange place"));
        }
        if element.is(DS.uri, "Signature") {
            if !in_response && !parent.is(SAML.uri, "Assertion") {
                return Err(SignatureRefusal::Structure("a Signature in a strange place"));
            }
            // Also where nobody is going to verify it: it may be meant for somebody else's eyes.
            SignatureParts::read(element, parent)?;
        }
    }
    Ok(())
}

/// The children of a Response (saml-core §3.3.3).
fn belongs_in_response(child: Element<'_>) -> bool {
    is_assertion(child)
        || child.is(SAML.uri, "Issuer")
        || child.is(DS.uri, "Signature")
        || child.is(SAMLP.uri, "Extensions")
        || child.is(SAMLP.uri, "Status")
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
