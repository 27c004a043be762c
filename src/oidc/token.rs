//! The token endpoint: a code becomes tokens, once, for the one who asked.
//!
//! The caller takes the record out of its store before it calls [`CodeRecord::redeem`]:
//! a code is burnt by the first try, right or wrong (E04, E06).

use jiff::Timestamp;
use serde::Serialize;

use super::client::{ClientId, Issuer, Scope};
use super::code::{ACCESS_TOKEN_LIFETIME, CodeRecord, GrantedAnswer};
use super::id_token::{IdTokenClaims, at_hash, validity, without_protocol_claims};
use super::jws::TokenNotSigned;
use super::params::{Parameters, Repeated};
use crate::keys::Signer;

/// A request to redeem a code.
pub struct TokenRequest {
    /// The code.
    pub code: String,
    redirect_uri: Option<String>,
    verifier: Option<String>,
}

/// Error codes of the token endpoint (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenErrorCode {
    /// A parameter is missing, doubled or wrong.
    InvalidRequest,
    /// The client did not prove who it is: status 401.
    InvalidClient,
    /// The code is not good, or not good for this client.
    InvalidGrant,
    /// Another grant than a code.
    UnsupportedGrantType,
}

impl TokenErrorCode {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }

    /// The HTTP status that goes with it.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            _ => 400,
        }
    }
}

/// Why no tokens are given. The service gets the code; the reason is for the log (table E).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token request is refused: {reason}")]
pub struct TokenRefused {
    /// What the service is told.
    pub code: TokenErrorCode,
    /// What the operator is told.
    pub reason: &'static str,
}

impl TokenRefused {
    pub(super) const fn new(code: TokenErrorCode, reason: &'static str) -> Self {
        Self { code, reason }
    }

    /// What the service is told, as a JSON document.
    pub fn document(&self) -> TokenErrorDocument {
        TokenErrorDocument {
            error: self.code.as_str(),
        }
    }
}

impl From<Repeated> for TokenRefused {
    fn from(_: Repeated) -> Self {
        Self::new(TokenErrorCode::InvalidRequest, "repeated_parameter")
    }
}

/// The JSON of a refusal.
#[derive(Debug, Serialize)]
pub struct TokenErrorDocument {
    error: &'static str,
}

/// The JSON of success (OIDC Core §3.1.3.3).
#[derive(Serialize)]
pub struct TokenDocument {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    id_token: String,
    scope: String,
}

impl TokenDocument {
    /// What it says about the user, signed.
    pub fn id_token(&self) -> &str {
        &self.id_token
    }
}

impl TokenRequest {
    /// Reads the form.
    pub fn read(parameters: &Parameters) -> Result<Self, TokenRefused> {
        use TokenErrorCode as Code;
        match parameters.one("grant_type")? {
            Some("authorization_code") => {}
            None => return Err(TokenRefused::new(Code::InvalidRequest, "grant_type")),
            Some(_) => return Err(TokenRefused::new(Code::UnsupportedGrantType, "grant_type")),
        }
        let owned = |name| parameters.one(name).map(|value| value.map(str::to_owned));
        Ok(Self {
            code: owned("code")?.ok_or(TokenRefused::new(Code::InvalidRequest, "code"))?,
            redirect_uri: owned("redirect_uri")?,
            verifier: owned("code_verifier")?,
        })
    }
}

impl CodeRecord {
    /// Hands out the answer if `client`, which has proved who it is, is the one who asked.
    pub fn redeem(
        self,
        client: &ClientId,
        request: &TokenRequest,
        now: Timestamp,
    ) -> Result<RedeemedCode, TokenRefused> {
        let refuse = |reason| Err(TokenRefused::new(TokenErrorCode::InvalidGrant, reason));
        if self.client_id != *client {
            return refuse("other_client");
        }
        if now >= self.expires_at {
            return refuse("code_expired");
        }
        if request.redirect_uri.as_deref() != Some(self.redirect_uri.as_str()) {
            return refuse("redirect_uri");
        }
        match (&self.challenge, &request.verifier) {
            (Some(challenge), Some(verifier)) if challenge.is_answered_by(verifier) => {}
            (None, None) => {}
            (Some(_), None) => return refuse("verifier_missing"),
            // A verifier for nothing means that the request was tampered with on its way (E04).
            (None, Some(_)) => return refuse("verifier_unexpected"),
            (Some(_), Some(_)) => return refuse("verifier_wrong"),
        }
        Ok(RedeemedCode {
            client_id: self.client_id,
            nonce: self.nonce,
            answer: self.answer,
        })
    }
}

/// A code that passed every check: the only thing that tokens are made of.
#[derive(Debug)]
pub struct RedeemedCode {
    client_id: ClientId,
    nonce: Option<String>,
    answer: GrantedAnswer,
}

impl RedeemedCode {
    /// What the service is told; the access token stands for its userinfo half.
    pub fn answer(&self) -> &GrantedAnswer {
        &self.answer
    }

    /// Writes the tokens. `access_token` is made and kept by the caller.
    pub async fn tokens(
        &self,
        issuer: &Issuer,
        access_token: String,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<TokenDocument, TokenNotSigned> {
        let (iat, exp) = validity(now);
        let attributes = without_protocol_claims(self.answer.id_token.0.clone());
        let claims = IdTokenClaims {
            iss: issuer.as_str(),
            sub: &self.answer.subject,
            aud: self.client_id.as_str(),
            exp,
            iat,
            auth_time: self.answer.authenticated_at.as_second(),
            nonce: self.nonce.as_deref(),
            acr: Some(&self.answer.acr),
            amr: &self.answer.amr,
            at_hash: Some(at_hash(&access_token)),
            sid: self.answer.session.as_deref(),
            attributes: &attributes,
        };
        let scopes: Vec<_> = self.answer.scopes.iter().map(Scope::as_str).collect();
        Ok(TokenDocument {
            id_token: claims.sign(signer).await?,
            access_token,
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            scope: scopes.join(" "),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::address::PlainHttp;
    use crate::keys::testing::p256;
    use crate::oidc::testing::{VERIFIER, client, record};
    use crate::oidc::{jwk::JwsAlgorithm, jwks, jws};

    const GOOD: [(&str, &str); 4] = [
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("redirect_uri", "https://laesehest.example/cb"),
        ("code_verifier", VERIFIER),
    ];

    fn request(changes: &[(&str, &str)]) -> Result<TokenRequest, TokenRefused> {
        let kept = GOOD
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        TokenRequest::read(&Parameters::new(kept.chain(changes).copied()))
    }

    fn reason(record: CodeRecord, changes: &[(&str, &str)], second: i64) -> &'static str {
        let now = Timestamp::from_second(second).unwrap();
        let refused = record.redeem(&client().client_id, &request(changes).unwrap(), now);
        let refused = refused.expect_err("redeemed");
        assert_eq!(refused.code, TokenErrorCode::InvalidGrant);
        refused.reason
    }

    #[tokio::test]
    async fn a_code_becomes_tokens() {
        let redeemed = record()
            .redeem(
                &client().client_id,
                &request(&[]).unwrap(),
                Timestamp::from_second(1_000).unwrap(),
            )
            .unwrap();
        let signer = p256("k");
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        let now = Timestamp::from_second(1_000).unwrap();
        let document = redeemed
            .tokens(&issuer, "at".to_owned(), &*signer, now)
            .await
            .unwrap();
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["token_type"], "Bearer");
        let keys = jwks::verification_keys([&signer]);
        let token = json["id_token"].as_str().unwrap();
        let verified = jws::verify(token, &keys, &[JwsAlgorithm::Es256], jws::TokenType::IdToken).unwrap();
        let claims: Value = serde_json::from_slice(&verified.payload).unwrap();
        assert_eq!(claims["aud"], "laesehest");
        assert_eq!(claims["nonce"], "n-1");
        assert_eq!(claims["uniid"], "1000000156");
        assert_eq!(claims["auth_time"], 990);
    }

    #[test]
    fn a_code_is_for_the_one_who_asked() {
        assert_eq!(
            reason(record(), &[("code_verifier", "")], 1_000),
            "verifier_missing"
        );
        let other_verifier = "x".repeat(43);
        let wrong = [("code_verifier", other_verifier.as_str())];
        assert_eq!(reason(record(), &wrong, 1_000), "verifier_wrong");
        let elsewhere = [("redirect_uri", "https://laesehest.example/other")];
        assert_eq!(reason(record(), &elsewhere, 1_000), "redirect_uri");
        assert_eq!(reason(record(), &[("redirect_uri", "")], 1_000), "redirect_uri");
        assert_eq!(reason(record(), &[], 1_060), "code_expired");
        let mut without_challenge = record();
        without_challenge.challenge = None;
        assert_eq!(reason(without_challenge, &[], 1_000), "verifier_unexpected");
        let mut others = record();
        others.client_id = ClientId::parse("other").unwrap();
        assert_eq!(reason(others, &[], 1_000), "other_client");
    }

    #[test]
    fn other_grants_do_not_exist() {
        for grant in ["refresh_token", "password", "client_credentials"] {
            let refused = request(&[("grant_type", grant)]).err().unwrap();
            assert_eq!(refused.code, TokenErrorCode::UnsupportedGrantType, "{grant}");
        }
        let twice = request(&[("code", "a"), ("code", "b")]).err().unwrap();
        assert_eq!(twice.code, TokenErrorCode::InvalidRequest);
    }
}
