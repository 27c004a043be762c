//! The userinfo endpoint: the rest of what was released, for the bearer of an access token.
//!
//! What the token stands for is the keeper's to know; here it is only found in the
//! request, and the answer written.

use serde_json::{Map, Value};

use super::client::{ClientId, Issuer};
use super::code::GrantedAnswer;
use super::jws::{self, TokenNotSigned, TokenType};
use super::params::Parameters;
use crate::keys::Signer;

/// Why userinfo is not given (RFC 6750 §3.1, RFC 9449 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerRefused {
    /// No token at all: status 401, and no error code, as the RFC wants it.
    #[error("no access token came along")]
    Missing,
    /// More than one, or in a shape that nobody can read: status 400.
    #[error("the access token came twice or is malformed")]
    InvalidRequest,
    /// Unknown, expired or revoked: status 401.
    #[error("the access token is not good")]
    InvalidToken,
    /// Bound to a key or a certificate that was not proved: status 401.
    #[error("the access token is bound to what was not proved")]
    NotProved,
    /// Bound to another certificate than that of the connection, or there is none: status 401.
    #[error("the access token is bound to a certificate that was not presented")]
    OtherCertificate,
    /// The DPoP proof does not hold: status 401.
    #[error("the DPoP proof does not hold: {0}")]
    InvalidProof(&'static str),
    /// The DPoP proof needs a nonce of ours: status 401.
    #[error("the DPoP proof needs a nonce of ours")]
    UseNonce,
    /// Whether the token is good cannot be known now: status 503, and no word against it (M10).
    #[error("the store is away")]
    StoreAway,
}

impl BearerRefused {
    /// The HTTP status.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::StoreAway => 503,
            _ => 401,
        }
    }

    /// The `WWW-Authenticate` header.
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::Missing | Self::StoreAway => "Bearer",
            Self::InvalidRequest => r#"Bearer error="invalid_request""#,
            Self::InvalidToken | Self::OtherCertificate => r#"Bearer error="invalid_token""#,
            Self::NotProved => r#"DPoP error="invalid_token", algs="ES256 EdDSA PS256 RS256""#,
            Self::InvalidProof(_) => r#"DPoP error="invalid_dpop_proof", algs="ES256 EdDSA PS256 RS256""#,
            Self::UseNonce => r#"DPoP error="use_dpop_nonce", algs="ES256 EdDSA PS256 RS256""#,
        }
    }
}

/// How a token was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever bears it.
    Bearer,
    /// With a proof of possession beside it.
    Dpop,
}

/// Finds the token in the header or, for POST, in the form. Never in the query (RFC 9700 §4.3.2).
pub fn presented_token(
    authorization: Option<&str>,
    form: Option<&Parameters>,
) -> Result<(Scheme, String), BearerRefused> {
    let in_form = match form.map(|form| form.one("access_token")) {
        None | Some(Ok(None)) => None,
        Some(Ok(Some(token))) => Some((Scheme::Bearer, token)),
        Some(Err(_)) => return Err(BearerRefused::InvalidRequest),
    };
    let in_header = authorization.and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        let scheme = if scheme.eq_ignore_ascii_case("bearer") {
            Scheme::Bearer
        } else if scheme.eq_ignore_ascii_case("dpop") {
            Scheme::Dpop
        } else {
            return None;
        };
        Some((scheme, token.trim()))
    });
    let (scheme, token) = match (in_header, in_form) {
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Err(BearerRefused::Missing),
        (Some(_), Some(_)) => return Err(BearerRefused::InvalidRequest),
    };
    if is_b64token(token) {
        Ok((scheme, token.to_owned()))
    } else {
        Err(BearerRefused::InvalidRequest)
    }
}

fn is_b64token(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= 4096
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// The document: released claims, and `sub`, which always equals the ID token's (OIDC Core §5.3.2).
pub fn document(answer: &GrantedAnswer) -> Map<String, Value> {
    let mut claims = answer.userinfo.0.clone();
    claims.insert("sub".to_owned(), Value::from(answer.subject.as_str()));
    claims
}

/// The same signed, for a client that wants it so: it says besides who says it and to whom.
pub async fn signed_document(
    answer: &GrantedAnswer,
    issuer: &Issuer,
    client: &ClientId,
    signer: &dyn Signer,
) -> Result<String, TokenNotSigned> {
    let mut claims = document(answer);
    claims.insert("iss".to_owned(), Value::from(issuer.as_str()));
    claims.insert("aud".to_owned(), Value::from(client.as_str()));
    jws::sign(signer, TokenType::Userinfo, &claims).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::testing::record;

    #[test]
    fn a_token_is_found_in_header_or_form() {
        let bearer = || Ok((Scheme::Bearer, "abc".to_owned()));
        assert_eq!(presented_token(Some("Bearer abc"), None), bearer());
        assert_eq!(presented_token(Some("bearer abc"), None), bearer());
        let dpop = presented_token(Some("DPoP abc"), None);
        assert_eq!(dpop, Ok((Scheme::Dpop, "abc".to_owned())));
        let form = Parameters::new([("access_token", "abc")]);
        assert_eq!(presented_token(None, Some(&form)), bearer());
    }

    #[test]
    fn two_tokens_or_none_are_refused() {
        let form = Parameters::new([("access_token", "abc")]);
        assert_eq!(
            presented_token(Some("Bearer abc"), Some(&form)),
            Err(BearerRefused::InvalidRequest)
        );
        assert_eq!(
            presented_token(Some("Basic abc"), None),
            Err(BearerRefused::Missing)
        );
        assert_eq!(presented_token(None, None), Err(BearerRefused::Missing));
        assert_eq!(
            presented_token(Some("Bearer a b"), None),
            Err(BearerRefused::InvalidRequest)
        );
    }

    #[test]
    fn the_subject_is_that_of_the_login_whatever_the_claims_say() {
        let mut answer = record().answer;
        answer
            .userinfo
            .0
            .insert("sub".to_owned(), Value::from("somebody else"));
        let document = document(&answer);
        assert_eq!(document["sub"], "pairwise");
        assert_eq!(document["uniid"], "1000000156");
    }
}
