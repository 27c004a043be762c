//! The ID token that a service gets.
//!
//! What it says about the user was decided before; here it is only written and signed.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use super::jws::{self, TokenNotSigned, TokenType};
use crate::keys::Signer;

/// For how long an ID token is valid: it is read at once.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The claims that the protocol owns; no attribute can take their place.
const PROTOCOL_CLAIMS: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "sid",
];

/// What an ID token says (OIDC Core §2).
#[derive(Debug, Serialize)]
pub struct IdTokenClaims<'a> {
    /// Our own issuer, as this service knows us.
    pub iss: &'a str,
    /// The user, as this service knows them.
    pub sub: &'a str,
    /// The `client_id` of the service.
    pub aud: &'a str,
    /// Until when it may be read, in seconds.
    pub exp: i64,
    /// When it was written, in seconds.
    pub iat: i64,
    /// When the user proved who they are: never later than they did (E16).
    pub auth_time: i64,
    /// What the service sent along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// How strongly, in the spelling that was asked for; never above the evidence (E16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'a str>,
    /// By which methods (RFC 8176).
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub amr: &'a [String],
    /// Ties the access token to this one (OIDC Core §3.1.3.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The session, for logout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
    /// Released attributes under their names on the wire.
    #[serde(flatten)]
    pub attributes: &'a Map<String, Value>,
}

impl IdTokenClaims<'_> {
    /// Signs the token.
    pub async fn sign(&self, signer: &dyn Signer) -> Result<String, TokenNotSigned> {
        jws::sign(signer, TokenType::IdToken, self).await
    }
}

/// From when until when a token written now counts, in seconds.
pub fn validity(now: Timestamp) -> (i64, i64) {
    (
        now.as_second(),
        now.as_second().saturating_add(LIFETIME.as_secs()),
    )
}

/// The left half of the access token's SHA-256. All our algorithms go with that digest.
pub fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    BASE64URL_NOPAD.encode(half)
}

/// Takes out of attributes what the protocol itself says.
pub fn without_protocol_claims(mut attributes: Map<String, Value>) -> Map<String, Value> {
    attributes.retain(|name, _| !PROTOCOL_CLAIMS.contains(&name.as_str()));
    attributes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::keys::testing::p256;
    use crate::oidc::jwk::JwsAlgorithm;
    use crate::oidc::jwks::verification_keys;

    #[tokio::test]
    async fn an_id_token_says_what_it_was_given_and_nothing_else() {
        let attributes = match json!({"uniid": "1000000156", "sub": "somebody else"}) {
            Value::Object(map) => without_protocol_claims(map),
            _ => unreachable!(),
        };
        let claims = IdTokenClaims {
            iss: "https://portner.example",
            sub: "s",
            aud: "laesehest",
            exp: 400,
            iat: 100,
            auth_time: 90,
            nonce: Some("n"),
            acr: None,
            amr: &[],
            at_hash: Some(at_hash("token")),
            sid: None,
            attributes: &attributes,
        };
        let signer = p256("k");
        let token = claims.sign(&*signer).await.unwrap();
        let keys = verification_keys([&signer]);
        let verified = jws::verify(&token, &keys, &[JwsAlgorithm::Es256], TokenType::IdToken).unwrap();
        let said: Value = serde_json::from_slice(&verified.payload).unwrap();
        assert_eq!(
            said,
            json!({"iss": "https://portner.example", "sub": "s", "aud": "laesehest", "exp": 400, "iat": 100,
                   "auth_time": 90, "nonce": "n", "at_hash": at_hash("token"), "uniid": "1000000156"})
        );
    }

    #[test]
    fn at_hash_is_that_of_the_specification() {
        // OIDC Core, appendix A.3.
        assert_eq!(
            at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }
}
