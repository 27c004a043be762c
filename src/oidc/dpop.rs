//! Proofs of possession (DPoP, RFC 9449): the holder of a token shows that it has the key
//! that the token is bound to.
//!
//! A proof is for one request, one moment and one time. That it counts once is the caller's
//! to see to: it remembers [`Proof::replay_key`].

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use super::client::{Confirmation, Thumbprint};
use super::jwk::{JwsAlgorithm, KeySet, VerificationKey};
use super::jws::{self, TokenType};
use crate::keys::derive::{Label, MasterSecret};

/// How far a client's clock may be off, beyond the life of the nonce in the proof.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// For how long a nonce is given out; it counts for as long again.
const NONCE_PERIOD: i64 = 60;

/// What a proof must be about.
pub struct Expected<'a> {
    /// The algorithms that are believed of the client (FAPI 2.0 §5.4.1).
    pub algorithms: &'a [JwsAlgorithm],
    /// The HTTP method.
    pub method: &'a str,
    /// The address of the endpoint, without query.
    pub url: &'a str,
    /// The token that comes with it, at a protected resource.
    pub access_token: Option<&'a str>,
    /// Our nonces.
    pub nonces: &'a Nonces<'a>,
    /// The moment.
    pub now: Timestamp,
}

/// A proof that holds, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key that was proved.
    pub key: Thumbprint,
    id: String,
    /// Until when it would count.
    pub expires_at: Timestamp,
}

impl Proof {
    /// What is bound to the key.
    pub fn confirmation(&self) -> Confirmation {
        Confirmation::Dpop(self.key.clone())
    }

    /// What the proof is remembered by, so that it does not count twice.
    pub fn replay_key(&self) -> [&str; 2] {
        [self.key.as_str(), &self.id]
    }
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// It is wrong, and why; the client is told `invalid_dpop_proof`.
    #[error("the DPoP proof does not hold: {0}")]
    Invalid(&'static str),
    /// It has no nonce of ours that still counts; the client is given one (RFC 9449 §8).
    #[error("the DPoP proof needs a nonce of ours")]
    NonceNeeded,
    /// Whether it came before cannot be known now; the client tries again later (M10).
    #[error("the DPoP proof cannot be remembered now")]
    StoreAway,
}

#[derive(Deserialize)]
struct Header {
    jwk: serde_json::Value,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Checks a proof (RFC 9449 §4.3).
pub fn check(proof: &str, expected: &Expected<'_>) -> Result<Proof, ProofRefused> {
    const LONGEST: usize = 8 * 1024;
    let wrong = ProofRefused::Invalid;
    if proof.len() > LONGEST {
        return Err(wrong("too_long"));
    }
    let header: Header = jws::peek_header(proof).map_err(|_| wrong("shape"))?;
    let key = VerificationKey::from_jwk(header.jwk).ok_or(wrong("jwk"))?;
    let thumbprint = key.thumbprint().clone();
    let keys: KeySet = std::iter::once(key).collect();
    let verified = jws::verify(proof, &keys, expected.algorithms, TokenType::DpopProof)
        .map_err(|error| wrong(error.reason()))?;
    let claims: Claims = jws::object(&verified.payload).ok_or(wrong("claims"))?;
    if claims.htm != expected.method {
        return Err(wrong("htm"));
    }
    if !is_same_address(&claims.htu, expected.url) {
        return Err(wrong("htu"));
    }
    if claims.jti.is_empty() || claims.jti.len() > 256 {
        return Err(wrong("jti"));
    }
    if !is_bound_to(claims.ath.as_deref(), expected.access_token) {
        return Err(wrong("ath"));
    }
    let now = expected.now.as_second();
    if claims.iat.abs_diff(now) > LEEWAY.as_secs().unsigned_abs() + NONCE_PERIOD.unsigned_abs() {
        return Err(wrong("iat"));
    }
    let nonce = claims.nonce.as_deref();
    if !nonce.is_some_and(|nonce| expected.nonces.admits(nonce, expected.now)) {
        return Err(ProofRefused::NonceNeeded);
    }
    Ok(Proof {
        key: thumbprint,
        id: claims.jti,
        // The nonce is over by then.
        expires_at: expected
            .now
            .saturating_add(SignedDuration::from_secs(2 * NONCE_PERIOD))
            .unwrap_or(Timestamp::MAX),
    })
}

/// Scheme, host, port and path; query and fragment are ignored (RFC 9449 §4.3).
fn is_same_address(claimed: &str, ours: &str) -> bool {
    let normal = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    normal(claimed).is_some_and(|claimed| Some(claimed) == normal(ours))
}

fn is_bound_to(ath: Option<&str>, token: Option<&str>) -> bool {
    match (ath, token) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(ath), Some(token)) => {
            let hash = BASE64URL_NOPAD.encode(digest(&SHA256, token.as_bytes()).as_ref());
            verify_slices_are_equal(ath.as_bytes(), hash.as_bytes()).is_ok()
        }
    }
}

/// Nonces that every node makes alike, so that none is kept: derived of the minute.
#[derive(Debug)]
pub struct Nonces<'a>(pub &'a MasterSecret);

impl Nonces<'_> {
    /// The nonce of this moment.
    pub fn current(&self, now: Timestamp) -> String {
        self.of(now.as_second().div_euclid(NONCE_PERIOD))
    }

    /// This period's, or the one's before it.
    fn admits(&self, nonce: &str, now: Timestamp) -> bool {
        let period = now.as_second().div_euclid(NONCE_PERIOD);
        [period, period.saturating_sub(1)]
            .into_iter()
            .any(|period| verify_slices_are_equal(self.of(period).as_bytes(), nonce.as_bytes()).is_ok())
    }

    fn of(&self, period: i64) -> String {
        self.0.derive_text(Label::DpopNonce, &[&period.to_be_bytes()])
    }
}

#[cfg(test)]
mod tests;
