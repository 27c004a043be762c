//! Back-channel logout: an upstream says that a user has logged out there (D12).
//!
//! A logout token is not an ID token and cannot pass for one, nor the other way round:
//! it has the logout event, and it must not have a nonce (OIDC Back-Channel Logout §2.6).

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::id_token::CLOCK_SKEW;
use super::{RelyingParty, RelyingPartyError};
use crate::oidc::client::OidcUpstream;
use crate::oidc::jwk::KeySet;
use crate::oidc::jws::{self, JwsError, TokenType};
use crate::oidc::logout_token::LOGOUT_EVENT;

/// A logout token is for now: it is not accepted later than this after it was written.
const LONGEST_WAY: SignedDuration = SignedDuration::from_mins(5);

/// Whose sessions at an upstream have ended.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamLogout {
    /// The user, as the upstream knows them: all their sessions, unless one is named.
    pub subject: Option<String>,
    /// The one session.
    pub session: Option<String>,
    /// The token's own name; the caller accepts it once, until [`replay_until`](Self::replay_until).
    pub token_id: String,
    /// Until when the token could be played again.
    pub replay_until: Timestamp,
}

impl std::fmt::Debug for UpstreamLogout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpstreamLogout(..)")
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: Option<i64>,
    jti: String,
    sub: Option<String>,
    sid: Option<String>,
    events: Map<String, Value>,
    nonce: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn has(&self, client_id: &str) -> bool {
        match self {
            Self::One(audience) => audience == client_id,
            Self::Many(audiences) => audiences.iter().any(|audience| audience == client_id),
        }
    }
}

impl RelyingParty {
    /// Checks a logout token that the upstream posted.
    pub async fn read_logout_token(&self, token: &str) -> Result<UpstreamLogout, RelyingPartyError> {
        let now = self.ambient.now();
        let provider = self.provider().await?;
        match check(token, &self.upstream, &provider.keys, now) {
            Err(RelyingPartyError::IdToken { reason: "kid", .. }) => {
                let provider = self.provider.with_new_keys(&self.egress, now).await?;
                check(token, &self.upstream, &provider.keys, now)
            }
            outcome => outcome,
        }
    }
}

fn check(
    token: &str,
    upstream: &OidcUpstream,
    keys: &KeySet,
    now: Timestamp,
) -> Result<UpstreamLogout, RelyingPartyError> {
    let refuse = RelyingPartyError::id_token;
    let algorithms: Vec<_> = upstream.algorithms.iter().copied().collect();
    let verified = jws::verify(token, keys, &algorithms, TokenType::LogoutToken)
        .map_err(|error: JwsError| refuse(error.reason()))?;
    let claims: Claims = jws::object(&verified.payload).ok_or(refuse("token_shape"))?;
    if claims.iss != upstream.issuer.as_str() {
        return Err(refuse("iss"));
    }
    if !claims.aud.has(upstream.client_id.as_str()) {
        return Err(refuse("aud"));
    }
    if claims.nonce.is_some() {
        return Err(refuse("nonce"));
    }
    if !claims.events.get(LOGOUT_EVENT).is_some_and(Value::is_object) {
        return Err(refuse("events"));
    }
    if claims.sub.is_none() && claims.sid.is_none() {
        return Err(refuse("sub"));
    }
    let (second, skew) = (now.as_second(), CLOCK_SKEW.as_secs());
    if claims.iat > second.saturating_add(skew) {
        return Err(refuse("iat"));
    }
    let latest = claims.iat.saturating_add(LONGEST_WAY.as_secs());
    let until = claims
        .exp
        .map_or(latest, |exp| exp.min(latest))
        .saturating_add(skew);
    if until <= second {
        return Err(refuse("exp"));
    }
    Ok(UpstreamLogout {
        subject: claims.sub,
        session: claims.sid,
        token_id: claims.jti,
        replay_until: Timestamp::from_second(until).map_err(|_| refuse("exp"))?,
    })
}
