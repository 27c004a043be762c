//! An upstream's answer: believed, or declined, or not believed.
//!
//! One road: outline → status → signature → envelope → assertion. What comes out as
//! [`Answer::LoggedIn`] was read from signed bytes alone (DR02). Not here: replay (B05), which
//! the caller asks its memory about with [`AcceptedAssertion::assertion_id`].

use super::assertion::{self, AcceptedAssertion};
use super::checks::{self, Denied, Expected};
use super::peer::AssertionSecrecy;
use super::status::{Failure, Status};
use super::xml::names::SAML;
use super::xml::{Document, verify_response};

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
    let verified = verify_response(document, keys, expected.decryption_keys, expected.idp.ciphers)?;
    let envelope = verified.response().map_or(received, |response| response.root());
    checks::hold(&checks::OF_RESPONSE, envelope, expected)?;
    if verified.response().is_some() {
        checks::is_addressed(envelope)?;
    }
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

#[cfg(test)]
mod tests;
