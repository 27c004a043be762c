//! An upstream's answer: believed, or declined, or not believed.
//!
//! One road: outline → status → signature → envelope → assertion. What comes out as
//! [`Answer::LoggedIn`] was read from signed bytes alone (DR02). Not here: replay (B05), which
//! the caller asks its memory about with [`AcceptedAssertion::assertion_id`].

use super::assertion::{self, AcceptedAssertion};
use super::checks::{self, Denied, Expected};
use super::peer::{AssertionSecrecy, WantedSignatures};
use super::status::{Failure, Status};
use super::xml::names::SAML;
use super::xml::{Document, VerifiedResponse, verify_response};

/// What an upstream says.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The user is logged in.
    LoggedIn(Box<AcceptedAssertion>),
    /// The user is not. Often unsigned, and harmless: it opens nothing.
    Declined(Failure),
}

/// Judges an answer against the request that waits for it.
pub fn accept(document: &Document, expected: &Expected<'_>) -> Result<Answer, Denied> {
    let received = document.root();
    if let Status::Failure(failure) = Status::read(received)? {
        checks::hold(&checks::OF_RESPONSE, received, expected)?;
        return Ok(Answer::Declined(failure));
    }
    let keys = expected.idp.keys.as_slice();
    let verified = verify_response(
        document,
        keys,
        expected.decryption_keys,
        expected.idp.ciphers(expected.now),
    )?;
    let envelope = verified.response().map_or(received, |response| response.root());
    checks::hold(&checks::OF_RESPONSE, envelope, expected)?;
    if verified.response().is_some() {
        checks::is_addressed(envelope)?;
    }
    demand_signatures(expected.idp.signed, &verified)?;
    if expected.idp.assertions == AssertionSecrecy::Required {
        // Looked for in what was received: it can only lead to a refusal.
        received
            .child(SAML.uri, "EncryptedAssertion")?
            .ok_or(Denied::NotEncrypted)?;
    }
    let assertion = verified
        .assertion()
        .ok_or(Denied::Structure("Response without Assertion"))?;
    checks::hold(&checks::OF_ASSERTION, assertion.root(), expected)?;
    Ok(Answer::LoggedIn(Box::new(assertion::read(assertion, expected)?)))
}

/// The signatures that this peer is registered to give, all of them verified before.
fn demand_signatures(wanted: WantedSignatures, verified: &VerifiedResponse) -> Result<(), Denied> {
    let WantedSignatures::At(what) = wanted else {
        return Ok(());
    };
    let has_response = verified.response().is_some() || !what.response();
    let has_assertion = verified.assertion_is_signed() || !what.assertion();
    if has_response && has_assertion {
        Ok(())
    } else {
        Err(Denied::LacksSignature)
    }
}

#[cfg(test)]
mod tests;
