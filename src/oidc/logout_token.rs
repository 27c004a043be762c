//! The logout token: how we tell a service, program to program, that a session has ended
//! (OIDC Back-Channel Logout §2.4).
//!
//! It is no ID token and cannot pass for one: it has a type and an event of its own, and no
//! nonce. What upstreams send us is read in `rp/logout_token.rs`.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::jws::{self, TokenNotSigned, TokenType};
use crate::keys::Signer;

/// The event that makes a token a logout token.
pub const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token is read at once.
const LIFETIME: SignedDuration = SignedDuration::from_mins(2);

/// What a logout token says.
#[derive(Debug, Clone, Copy)]
pub struct LogoutToken<'a> {
    /// Our own issuer, as that service knows us.
    pub issuer: &'a str,
    /// The `client_id` of the service that is told.
    pub client_id: &'a str,
    /// The user, as that service knows them.
    pub subject: &'a str,
    /// The session, as that service knows it; nothing ends all that it has of the user.
    pub session: Option<&'a str>,
    /// Names this token, once.
    pub id: &'a str,
    /// When it is written.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    iat: i64,
    exp: i64,
    jti: &'a str,
    events: Value,
}

impl LogoutToken<'_> {
    /// Signs the token.
    pub async fn sign(&self, signer: &dyn Signer) -> Result<String, TokenNotSigned> {
        let now = self.now.as_second();
        let claims = Claims {
            iss: self.issuer,
            aud: self.client_id,
            sub: self.subject,
            sid: self.session,
            iat: now,
            exp: now.saturating_add(LIFETIME.as_secs()),
            jti: self.id,
            events: json!({LOGOUT_EVENT: {}}),
        };
        jws::sign(signer, TokenType::LogoutToken, &claims).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::p256;
    use crate::oidc::jwk::JwsAlgorithm;
    use crate::oidc::jwks::verification_keys;

    #[tokio::test]
    async fn a_logout_token_is_one_and_nothing_else() {
        let signer = p256("k");
        let token = LogoutToken {
            issuer: "https://portner.example",
            client_id: "laesehest",
            subject: "s",
            session: Some("1"),
            id: "t",
            now: Timestamp::from_second(100).unwrap(),
        };
        let token = token.sign(&*signer).await.unwrap();
        let keys = verification_keys([&signer]);
        let read = |kind| jws::verify(&token, &keys, &[JwsAlgorithm::Es256], kind);
        let said: Value = serde_json::from_slice(&read(TokenType::LogoutToken).unwrap().payload).unwrap();
        assert_eq!(
            said,
            json!({"iss": "https://portner.example", "aud": "laesehest", "sub": "s", "sid": "1", "iat": 100,
                   "exp": 220, "jti": "t",
                   "events": {"http://schemas.openid.net/event/backchannel-logout": {}}})
        );
        assert!(read(TokenType::IdToken).is_err(), "it passes for no ID token");
    }
}
