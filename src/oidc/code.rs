//! What is kept behind an authorization code, until the service comes for it.
//!
//! The whole answer is decided before the code goes out; the token endpoint only hands it
//! over. Kept in the ephemeral store or sealed into the code itself; that a code works
//! once is the keeper's promise, not this file's (E06).

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::{ClientId, Confirmation, RedirectUri, ResourceUri, Scope, Thumbprint};
use super::pkce::CodeChallenge;
use crate::domain::actor::ActorId;

/// A code is for the next second; a minute is generous (E06).
pub const CODE_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// For how long userinfo answers after a login.
pub const ACCESS_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// Everything that a code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRecord {
    /// The client that it was made for: nobody else may redeem it.
    pub client_id: ClientId,
    /// Where the code went.
    pub redirect_uri: RedirectUri,
    /// What the code is tied to.
    pub challenge: Option<CodeChallenge>,
    /// What the service wants to find in the ID token.
    pub nonce: Option<String>,
    /// Until when it may be redeemed.
    pub expires_at: Timestamp,
    /// When the session ends at the latest: what is renewed within it ends with it.
    pub session_ends: Timestamp,
    /// What access tokens may be for; none means userinfo.
    pub resources: Vec<ResourceUri>,
    /// The key that the code is tied to (RFC 9449 §10).
    pub dpop_key: Option<Thumbprint>,
    /// What the service will be told.
    pub answer: GrantedAnswer,
}

/// What an access token or a refresh token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Who has it.
    pub client_id: ClientId,
    /// What it is for; none means userinfo. Of a refresh token: what its tokens may be for.
    pub resources: Vec<ResourceUri>,
    /// What whoever uses it must prove to have.
    pub confirmation: Option<Confirmation>,
    /// The login that it came of.
    pub answer: GrantedAnswer,
}

/// What a service is told of a login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedAnswer {
    /// The user, as this service knows them.
    pub subject: String,
    /// The session, as this service knows it.
    pub session: Option<String>,
    /// When the user proved who they are.
    pub authenticated_at: Timestamp,
    /// How strongly they proved it, in the spelling that the service asked for.
    pub acr: String,
    /// By which methods.
    pub amr: Vec<String>,
    /// What was granted.
    pub scopes: BTreeSet<Scope>,
    /// Released attributes for the ID token, by their names on the wire.
    pub id_token: ClaimMap,
    /// Released attributes for userinfo, by their names on the wire.
    pub userinfo: ClaimMap,
    /// As what the user acted: what is handed over dies with any of them (F14). Kept last with the login,
    /// so that what was kept before there were such things can be read.
    pub acting: Vec<ActorId>,
    /// The login that it was, as the log and the evidence have it.
    pub login: Option<String>,
}

impl fmt::Debug for GrantedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrantedAnswer(..)")
    }
}

/// Claims by name. Kept as JSON text, so that compact binary formats can carry it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ClaimMap(pub Map<String, Value>);

impl From<ClaimMap> for String {
    fn from(claims: ClaimMap) -> Self {
        Value::Object(claims.0).to_string()
    }
}

impl TryFrom<String> for ClaimMap {
    type Error = serde_json::Error;

    fn try_from(json: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&json).map(Self)
    }
}

impl fmt::Debug for ClaimMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::oidc::testing::record;

    #[test]
    fn a_record_survives_being_kept() {
        let record = record();
        let bytes = postcard::to_stdvec(&record).unwrap();
        assert_eq!(postcard::from_bytes::<super::CodeRecord>(&bytes).unwrap(), record);
    }

    #[test]
    fn what_is_known_of_the_user_stays_out_of_the_log() {
        let text = format!("{:?}", record());
        assert!(!text.contains("1000000156"), "{text}");
    }
}
