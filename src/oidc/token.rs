//! The token endpoint: a code becomes tokens, once, for the one who asked.
//!
//! The caller takes the record out of its store before it calls [`CodeRecord::redeem`]:
//! a code is burnt by the first try, right or wrong (E04, E06). Renewing tokens is in `refresh.rs`.

use jiff::Timestamp;
use serde::Serialize;

use super::access_token::scope_text;
use super::backchannel;
use super::client::{Confirmation, Issuer, OidcClient, ResourceUri, Scope};
use super::code::{CodeRecord, TokenRecord};
use super::id_token::{IdTokenClaims, at_hash, validity, without_protocol_claims};
use super::jws::TokenNotSigned;
use super::params::{Parameters, Repeated};
use super::refresh::{self, RefreshRequest, RefreshToken};
use crate::keys::Signer;

/// A request for tokens.
pub enum TokenRequest {
    /// For a code.
    Code(CodeRequest),
    /// For a refresh token.
    Refresh(RefreshRequest),
    /// For what was asked without a browser: the `auth_req_id`.
    Backchannel(String),
}

/// A request to redeem a code.
pub struct CodeRequest {
    /// The authorization code that is redeemed.
    pub code: String,
    redirect_uri: Option<String>,
    verifier: Option<String>,
    resources: Vec<ResourceUri>,
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
    /// Another grant than a code or a refresh token.
    UnsupportedGrantType,
    /// More than was granted.
    InvalidScope,
    /// A resource that was not granted (RFC 8707 §2).
    InvalidTarget,
    /// The client may not ask in this way.
    UnauthorizedClient,
    /// Nobody is logged in whom the hint names (CIBA §13).
    UnknownUserId,
    /// The text for both devices is missing, too long or not plain (CIBA §13).
    InvalidBindingMessage,
    /// Nobody has answered yet (CIBA §11).
    AuthorizationPending,
    /// The same, and asked too often.
    SlowDown,
    /// Nobody answered in time.
    ExpiredToken,
    /// The answer was no.
    AccessDenied,
    /// The proof of possession does not hold, or there is none (RFC 9449 §5).
    InvalidDpopProof,
    /// The proof needs a nonce, which comes along (RFC 9449 §8).
    UseDpopNonce,
    /// What must be remembered cannot be now: status 503, so that clients try again later (M10).
    TemporarilyUnavailable,
    /// Something of ours failed: status 500, so that clients try again.
    ServerError,
}

impl TokenErrorCode {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnknownUserId => "unknown_user_id",
            Self::InvalidBindingMessage => "invalid_binding_message",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::AccessDenied => "access_denied",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }

    /// The HTTP status that goes with it.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::TemporarilyUnavailable => 503,
            Self::ServerError => 500,
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
    /// What the service's developer is told beside the code, where the code alone does not say what to do.
    pub advice: Option<&'static str>,
}

impl TokenRefused {
    /// A refusal, and its reason for the log.
    pub const fn new(code: TokenErrorCode, reason: &'static str) -> Self {
        Self {
            code,
            reason,
            advice: None,
        }
    }

    /// The same, with what the service can do about it.
    #[must_use]
    pub const fn with_advice(self, advice: &'static str) -> Self {
        Self {
            advice: Some(advice),
            ..self
        }
    }

    /// What the service is told, as a JSON document.
    pub fn document(&self) -> TokenErrorDocument {
        TokenErrorDocument {
            error: self.code.as_str(),
            error_description: self.advice,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'static str>,
}

/// The JSON of success (OIDC Core §3.1.3.3).
#[derive(Serialize)]
pub struct TokenDocument {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

impl TokenDocument {
    /// What it says about the user, signed; a renewal may say nothing.
    pub fn id_token(&self) -> Option<&str> {
        self.id_token.as_deref()
    }
}

impl TokenRequest {
    /// Reads the form.
    pub fn read(parameters: &Parameters) -> Result<Self, TokenRefused> {
        use TokenErrorCode as Code;
        match parameters.one("grant_type")? {
            Some("authorization_code") => CodeRequest::read(parameters).map(Self::Code),
            Some("refresh_token") => RefreshRequest::read(parameters).map(Self::Refresh),
            Some(backchannel::GRANT_TYPE) => {
                let id = parameters.one("auth_req_id")?;
                let missing = TokenRefused::new(Code::InvalidRequest, "auth_req_id");
                Ok(Self::Backchannel(id.ok_or(missing)?.to_owned()))
            }
            None => Err(TokenRefused::new(Code::InvalidRequest, "grant_type")),
            Some(_) => Err(TokenRefused::new(Code::UnsupportedGrantType, "grant_type")),
        }
    }
}

impl CodeRequest {
    fn read(parameters: &Parameters) -> Result<Self, TokenRefused> {
        let owned = |name| parameters.one(name).map(|value| value.map(str::to_owned));
        Ok(Self {
            code: owned("code")?.ok_or(TokenRefused::new(TokenErrorCode::InvalidRequest, "code"))?,
            redirect_uri: owned("redirect_uri")?,
            verifier: owned("code_verifier")?,
            resources: refresh::resources(parameters)?,
        })
    }
}

impl CodeRecord {
    /// Hands out the answer if `client`, which has proved who it is, is the one who asked.
    /// `proved` is what the tokens will be bound to.
    pub fn redeem(
        self,
        client: &OidcClient,
        request: &CodeRequest,
        proved: Option<&Confirmation>,
        now: Timestamp,
    ) -> Result<Issuance, TokenRefused> {
        let refuse = |reason| Err(TokenRefused::new(TokenErrorCode::InvalidGrant, reason));
        if self.client_id != client.client_id {
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
        let key = self.dpop_key.clone().map(Confirmation::Dpop);
        if key.is_some() && key.as_ref() != proved {
            return refuse("other_key");
        }
        let renewal = refresh::life_of(&self, client.rules.refresh, now);
        let record = TokenRecord {
            client_id: self.client_id,
            resources: refresh::narrowed(&self.resources, &request.resources)?,
            confirmation: proved.cloned(),
            answer: self.answer,
        };
        // A confidential client proves who it is at each renewal; a public one has its key alone.
        let renewing = TokenRecord {
            resources: self.resources,
            confirmation: record.confirmation.clone().filter(|_| client.is_public()),
            ..record.clone()
        };
        Ok(Issuance {
            nonce: self.nonce,
            record,
            renewal: renewal.map(|life| (life, renewing)),
        })
    }
}

/// What passed every check: the only thing that tokens are made of.
#[derive(Debug)]
pub struct Issuance {
    /// What the service wants to find in the ID token; nothing at a renewal.
    pub nonce: Option<String>,
    /// What the access token stands for.
    pub record: TokenRecord,
    /// The refresh token that comes along, and what it stands for.
    pub renewal: Option<(RefreshToken, TokenRecord)>,
}

/// The tokens that the caller made and keeps.
pub struct MadeTokens {
    /// For userinfo or a resource.
    pub access_token: String,
    /// For more of them.
    pub refresh_token: Option<String>,
    /// Until when the access token is good, and the ID token at the most.
    pub good_until: Timestamp,
}

impl Issuance {
    /// Writes the answer.
    pub async fn document(
        &self,
        issuer: &Issuer,
        made: MadeTokens,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<TokenDocument, TokenNotSigned> {
        let answer = &self.record.answer;
        let (iat, exp) = validity(now);
        let exp = exp.min(made.good_until.as_second());
        let attributes = without_protocol_claims(answer.id_token.0.clone());
        let claims = IdTokenClaims {
            iss: issuer.as_str(),
            sub: &answer.subject,
            aud: self.record.client_id.as_str(),
            exp,
            iat,
            auth_time: answer.authenticated_at.as_second(),
            nonce: self.nonce.as_deref(),
            acr: Some(&answer.acr),
            amr: &answer.amr,
            at_hash: Some(at_hash(&made.access_token)),
            sid: answer.session.as_deref(),
            attributes: &attributes,
        };
        // A renewal that asked for less than `openid` asked for no ID token.
        let id_token = if answer.scopes.contains(&Scope::openid()) {
            Some(claims.sign(signer).await?)
        } else {
            None
        };
        Ok(TokenDocument {
            id_token,
            access_token: made.access_token,
            refresh_token: made.refresh_token,
            token_type: Confirmation::token_type(self.record.confirmation.as_ref()),
            expires_in: made.good_until.duration_since(now).as_secs(),
            scope: scope_text(&answer.scopes),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::address::PlainHttp;
    use crate::keys::testing::p256;
    use crate::oidc::client::{ClientId, Thumbprint};
    use crate::oidc::testing::{VERIFIER, client, record};
    use crate::oidc::{jwk::JwsAlgorithm, jwks, jws};

    const GOOD: [(&str, &str); 4] = [
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("redirect_uri", "https://laesehest.example/cb"),
        ("code_verifier", VERIFIER),
    ];

    fn request(changes: &[(&str, &str)]) -> Result<CodeRequest, TokenRefused> {
        let kept = GOOD
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        match TokenRequest::read(&Parameters::new(kept.chain(changes).copied()))? {
            TokenRequest::Code(code) => Ok(code),
            _ => panic!("no code"),
        }
    }

    fn reason(record: CodeRecord, changes: &[(&str, &str)], second: i64) -> &'static str {
        let now = Timestamp::from_second(second).unwrap();
        let refused = record.redeem(&client(), &request(changes).unwrap(), None, now);
        let refused = refused.expect_err("redeemed");
        assert_eq!(refused.code, TokenErrorCode::InvalidGrant);
        refused.reason
    }

    #[tokio::test]
    async fn a_code_becomes_tokens() {
        let redeemed = record()
            .redeem(
                &client(),
                &request(&[]).unwrap(),
                None,
                Timestamp::from_second(1_000).unwrap(),
            )
            .unwrap();
        let signer = p256("k");
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        let now = Timestamp::from_second(1_000).unwrap();
        assert!(redeemed.renewal.is_none(), "no refresh token without a rule");
        let made = MadeTokens {
            access_token: "at".to_owned(),
            refresh_token: None,
            good_until: Timestamp::from_second(1_300).unwrap(),
        };
        let document = redeemed.document(&issuer, made, &*signer, now).await.unwrap();
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
        let mut tied = record();
        tied.dpop_key = Some(Thumbprint::of_digest(&[1; 32]));
        assert_eq!(reason(tied, &[], 1_000), "other_key");
        let mut others = record();
        others.client_id = ClientId::parse("other").unwrap();
        assert_eq!(reason(others, &[], 1_000), "other_client");
    }

    #[test]
    fn other_grants_do_not_exist() {
        for grant in ["implicit", "password", "client_credentials"] {
            let refused = request(&[("grant_type", grant)]).err().unwrap();
            assert_eq!(refused.code, TokenErrorCode::UnsupportedGrantType, "{grant}");
        }
        let twice = request(&[("code", "a"), ("code", "b")]).err().unwrap();
        assert_eq!(twice.code, TokenErrorCode::InvalidRequest);
    }
}
