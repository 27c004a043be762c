//! Access tokens for resources: signed, so that a resource can read them by itself (RFC 9068).
//!
//! Tokens for our own userinfo are not of this kind: they are handles that mean nothing to
//! anybody else. Neither can be taken for the other, or for an ID token.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::{Issuer, ResourceUri, Scope};
use super::code::TokenRecord;
use super::jwk::{JwsAlgorithm, KeySet};
use super::jws::{self, TokenNotSigned, TokenType};
use crate::keys::Signer;

/// What an access token says (RFC 9068 §2.2). Nothing of the user but a name.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    exp: i64,
    iat: i64,
    jti: &'a str,
    client_id: &'a str,
    scope: String,
    auth_time: i64,
    acr: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Value>,
}

/// One resource as text, several as a list: some libraries read nothing else.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

impl<'a> Audience<'a> {
    pub(super) fn of(resources: &'a [ResourceUri], issuer: &'a Issuer) -> Self {
        match resources {
            [] => Self::One(issuer.as_str()),
            [one] => Self::One(one.as_str()),
            several => Self::Several(several.iter().map(ResourceUri::as_str).collect()),
        }
    }
}

/// Scopes as they are written: words with a space between.
pub fn scope_text<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> String {
    let words: Vec<_> = scopes.into_iter().map(Scope::as_str).collect();
    words.join(" ")
}

/// Signs an access token for the record's resources. `id` is what we know it by.
pub async fn sign(
    record: &TokenRecord,
    issuer: &Issuer,
    id: &str,
    validity: (Timestamp, Timestamp),
    signer: &dyn Signer,
) -> Result<String, TokenNotSigned> {
    let answer = &record.answer;
    let claims = Claims {
        iss: issuer.as_str(),
        sub: &answer.subject,
        aud: Audience::of(&record.resources, issuer),
        exp: validity.1.as_second(),
        iat: validity.0.as_second(),
        jti: id,
        client_id: record.client_id.as_str(),
        scope: scope_text(&answer.scopes),
        auth_time: answer.authenticated_at.as_second(),
        acr: &answer.acr,
        amr: &answer.amr,
        cnf: record
            .confirmation
            .as_ref()
            .map(super::client::Confirmation::claim),
    };
    jws::sign(signer, TokenType::AccessToken, &claims).await
}

/// The id of an access token that we signed; nothing for what is not one.
pub fn id_of(token: &str, own_keys: &KeySet) -> Option<TokenId> {
    #[derive(Deserialize)]
    struct Named {
        jti: String,
    }
    const ALGORITHMS: [JwsAlgorithm; 3] = [JwsAlgorithm::Es256, JwsAlgorithm::Rs256, JwsAlgorithm::Ps256];
    let verified = jws::verify(token, own_keys, &ALGORITHMS, TokenType::AccessToken).ok()?;
    jws::object::<Named>(&verified.payload).map(|named| TokenId(named.jti))
}

/// What we know a signed access token by.
pub struct TokenId(String);

impl TokenId {
    /// The id as it stands in the token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenId(..)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::address::PlainHttp;
    use crate::keys::testing::p256;
    use crate::oidc::client::{Confirmation, Thumbprint};
    use crate::oidc::jwks::verification_keys;
    use crate::oidc::testing::record;

    #[tokio::test]
    async fn a_token_says_whom_for_what_and_under_which_key_and_no_more() {
        let code = record();
        let kept = TokenRecord {
            client_id: code.client_id,
            resources: vec![ResourceUri::parse("https://api.example").unwrap()],
            confirmation: Some(Confirmation::Dpop(Thumbprint::of_digest(&[1; 32]))),
            answer: code.answer,
        };
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let signer = p256("k");
        let token = sign(&kept, &issuer, "id", (at(1_000), at(1_300)), &*signer)
            .await
            .unwrap();
        let keys = verification_keys([&signer]);
        assert_eq!(id_of(&token, &keys).unwrap().as_str(), "id");
        let claims: Value = jws::peek(&token).unwrap();
        assert_eq!(
            claims,
            json!({"iss": "https://portner.example", "sub": "pairwise", "aud": "https://api.example",
                   "exp": 1_300, "iat": 1_000, "jti": "id", "client_id": "laesehest", "scope": "openid",
                   "auth_time": 990, "acr": "dk:unilogin:loa:EnFaktor", "amr": ["pwd"],
                   "cnf": {"jkt": Thumbprint::of_digest(&[1; 32]).as_str()}})
        );
        let as_id_token = jws::verify(&token, &keys, &JwsAlgorithm::ALL, TokenType::IdToken);
        assert_eq!(as_id_token.err(), Some(jws::JwsError::Type));
        let id_token = jws::sign(&*signer, TokenType::IdToken, &claims).await.unwrap();
        assert!(id_of(&id_token, &keys).is_none());
    }
}
