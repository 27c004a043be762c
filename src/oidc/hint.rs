//! An ID token of ours that comes back as a hint: at login and at logout.
//!
//! It must bear our signature; its age does not matter, since all it does is to name a
//! user and a service (OIDC Core §3.1.2.1, RP-Initiated Logout §2).

use serde::Deserialize;

use super::client::{ClientId, Issuer};
use super::jwk::{JwsAlgorithm, KeySet};
use super::jws::{self, TokenType};

/// Whom a hint names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// The service that the token was for.
    pub client_id: ClientId,
    /// The user, as that service knows them.
    pub subject: String,
    /// The session, as that service knows it.
    pub session: Option<String>,
}

/// It is not an ID token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("id_token_hint is not a token of ours")]
pub struct NotOurToken;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: Option<String>,
}

/// What we sign ID tokens with.
const ALGORITHMS: [JwsAlgorithm; 3] = [JwsAlgorithm::Es256, JwsAlgorithm::Rs256, JwsAlgorithm::Ps256];

impl IdTokenHint {
    /// Reads a hint; `own_keys` are those that we publish.
    pub fn read(token: &str, issuer: &Issuer, own_keys: &KeySet) -> Result<Self, NotOurToken> {
        let verified =
            jws::verify(token, own_keys, &ALGORITHMS, TokenType::IdToken).map_err(|_| NotOurToken)?;
        let claims: Claims = jws::object(&verified.payload).ok_or(NotOurToken)?;
        if claims.iss != issuer.as_str() {
            return Err(NotOurToken);
        }
        Ok(Self {
            client_id: ClientId::parse(&claims.aud).map_err(|_| NotOurToken)?,
            subject: claims.sub,
            session: claims.sid,
        })
    }
}
