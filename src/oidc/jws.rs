//! Compact JWS: signing with our keys, and verifying what others signed.
//!
//! The verifier decides on algorithm, type and key; the token merely has to agree. A
//! header that brings a key or an address of one changes nothing, and a `crit` that we do
//! not know is a refusal (D04, RFC 7515 §4.1.11, RFC 8725 §3.1).

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::jwk::{JwsAlgorithm, KeySet};
use crate::keys::{SignFailed, Signer, SigningAlgorithm};

/// No honest token is longer.
const MAX_TOKEN_LENGTH: usize = 64 * 1024;

/// What a token is, so that none can be taken for another (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// An ID token.
    IdToken,
    /// Userinfo (OIDC Core §5.3.2).
    Userinfo,
    /// An assertion by which a client proves who it is (RFC 7523).
    ClientAssertion,
    /// A logout token (OIDC Back-Channel Logout §2.4).
    LogoutToken,
    /// An access token for a resource (RFC 9068 §2.1).
    AccessToken,
    /// An authorization request (RFC 9101 §10.8).
    RequestObject,
    /// A proof of possession (RFC 9449 §4.2).
    DpopProof,
}

impl TokenType {
    /// The `typ` that we write.
    const fn written(self) -> &'static str {
        match self {
            Self::IdToken | Self::Userinfo | Self::ClientAssertion => "JWT",
            Self::LogoutToken => "logout+jwt",
            Self::AccessToken => "at+jwt",
            Self::RequestObject => "oauth-authz-req+jwt",
            Self::DpopProof => "dpop+jwt",
        }
    }

    /// Whether a token with this `typ` may be one of these. Old providers write none, or `JWT`;
    /// kinds that came later never had that excuse.
    fn admits(self, typ: Option<&str>) -> bool {
        let Some(typ) = typ.map(str::to_ascii_lowercase) else {
            return !self.is_always_named();
        };
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        (typ == "jwt" && !self.is_always_named())
            || match self {
                Self::IdToken | Self::Userinfo => false,
                Self::ClientAssertion => typ == "client-authentication+jwt",
                Self::LogoutToken | Self::AccessToken | Self::RequestObject | Self::DpopProof => {
                    typ == self.written()
                }
            }
    }

    const fn brings_its_key(self) -> bool {
        matches!(self, Self::DpopProof)
    }

    const fn is_always_named(self) -> bool {
        matches!(self, Self::AccessToken | Self::DpopProof)
    }
}

/// What a verified token said, and under which key.
#[derive(Debug)]
pub struct VerifiedJws {
    /// The bytes that were signed for.
    pub payload: Vec<u8>,
    /// How they were signed.
    pub algorithm: JwsAlgorithm,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is not a compact JWS with a JSON header.
    #[error("the token is not a compact JWS")]
    Shape,
    /// Its algorithm is not on the list.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// It is a token of another kind.
    #[error("the token is of another type")]
    Type,
    /// It demands something that nobody here knows.
    #[error("the token has critical headers")]
    Critical,
    /// No key with its id, or none of the right kind.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
}

impl JwsError {
    /// The reason for the log and the upstream's people (attacks of table D).
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Shape => "token_shape",
            Self::Algorithm => "alg",
            Self::Type => "typ",
            Self::Critical => "crit",
            Self::UnknownKey => "kid",
            Self::Signature => "signature",
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    cty: Option<String>,
    crit: Option<serde_json::Value>,
}

/// Verifies a token and hands out what it says.
pub fn verify(
    token: &str,
    keys: &KeySet,
    algorithms: &[JwsAlgorithm],
    token_type: TokenType,
) -> Result<VerifiedJws, JwsError> {
    let parts = Parts::of(token)?;
    let header: Header = object(&parts.header).ok_or(JwsError::Shape)?;
    let algorithm = JwsAlgorithm::parse(&header.alg)
        .filter(|algorithm| algorithms.contains(algorithm))
        .ok_or(JwsError::Algorithm)?;
    if header.crit.is_some() {
        return Err(JwsError::Critical);
    }
    if header.cty.is_some() || !token_type.admits(header.typ.as_deref()) {
        return Err(JwsError::Type);
    }
    // Where the header brings the one key along, its `kid` names nothing.
    let key_id = header.kid.as_deref().filter(|_| !token_type.brings_its_key());
    let mut candidates = keys.candidates(key_id, algorithm).peekable();
    candidates.peek().ok_or(JwsError::UnknownKey)?;
    if !candidates.any(|key| key.verifies(algorithm, parts.signed.as_bytes(), &parts.signature)) {
        return Err(JwsError::Signature);
    }
    Ok(VerifiedJws {
        payload: parts.payload,
        algorithm,
    })
}

/// What a token says without anybody having looked at the signature: to find out whom to ask, no more.
pub fn peek<T: for<'de> Deserialize<'de>>(token: &str) -> Result<T, JwsError> {
    object(&Parts::of(token)?.payload).ok_or(JwsError::Shape)
}

/// What a token's header says, for kinds whose header brings the key along.
pub(super) fn peek_header<T: for<'de> Deserialize<'de>>(token: &str) -> Result<T, JwsError> {
    object(&Parts::of(token)?.header).ok_or(JwsError::Shape)
}

/// Reads a JSON object. A derived reader alone would take an array for one as well.
pub(super) fn object<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Option<T> {
    if json.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(json).ok()
}

struct Parts<'a> {
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    signed: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(JwsError::Shape);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Shape)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Shape)?;
        // Strict: one spelling only, no padding, no further dot.
        let decode = |part: &str| {
            BASE64URL_NOPAD
                .decode(part.as_bytes())
                .map_err(|_| JwsError::Shape)
        };
        Ok(Self {
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signed,
        })
    }
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenNotSigned {
    /// The claims have no JSON form.
    #[error("the claims could not be written as JSON")]
    Claims(#[source] serde_json::Error),
    /// The key did not sign.
    #[error("the token could not be signed")]
    Signer(#[from] SignFailed),
}

/// Signs claims as a compact JWS.
pub async fn sign<C: Serialize + Sync>(
    signer: &dyn Signer,
    token_type: TokenType,
    claims: &C,
) -> Result<String, TokenNotSigned> {
    #[derive(Serialize)]
    struct Written<'a> {
        alg: &'static str,
        typ: &'static str,
        kid: &'a str,
    }
    let header = Written {
        alg: algorithm_of(signer).as_str(),
        typ: token_type.written(),
        kid: signer.key_id(),
    };
    let header = serde_json::to_vec(&header).map_err(TokenNotSigned::Claims)?;
    let claims = serde_json::to_vec(claims).map_err(TokenNotSigned::Claims)?;
    let mut token = BASE64URL_NOPAD.encode(&header);
    token.push('.');
    BASE64URL_NOPAD.encode_append(&claims, &mut token);
    let signature = signer.sign(token.as_bytes()).await?;
    token.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut token);
    Ok(token)
}

/// The JWS name of how a key of ours signs.
pub fn algorithm_of(signer: &dyn Signer) -> JwsAlgorithm {
    match signer.algorithm() {
        SigningAlgorithm::RsaSha256 => JwsAlgorithm::Rs256,
        SigningAlgorithm::RsaPssSha256 => JwsAlgorithm::Ps256,
        SigningAlgorithm::EcdsaP256Sha256 => JwsAlgorithm::Es256,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::keys::testing::{p256, rsa};
    use crate::oidc::jwks::verification_keys;

    /// A token with a header of one's own choice, properly signed.
    async fn forged(signer: &dyn Signer, header: serde_json::Value) -> String {
        let part = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let input = format!("{}.{}", part(&header), part(&json!({"sub": "x"})));
        let signature = signer.sign(input.as_bytes()).await.unwrap();
        format!("{input}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn check(token: &str, keys: &KeySet) -> Result<VerifiedJws, JwsError> {
        verify(token, keys, &JwsAlgorithm::ALL, TokenType::IdToken)
    }

    #[tokio::test]
    async fn our_own_tokens_verify() {
        for signer in [p256("a"), rsa("b")] {
            let keys = verification_keys([&signer]);
            let token = sign(&*signer, TokenType::IdToken, &json!({"sub": "x"}))
                .await
                .unwrap();
            let verified = check(&token, &keys).unwrap();
            assert_eq!(verified.payload, br#"{"sub":"x"}"#);
            assert_eq!(verified.algorithm, algorithm_of(&*signer));
        }
    }

    #[tokio::test]
    async fn the_header_chooses_nothing() {
        let signer = p256("a");
        let keys = verification_keys([&signer]);
        let cases = [
            (json!({"alg": "none"}), JwsError::Algorithm),
            (json!({"alg": "HS256", "kid": "a"}), JwsError::Algorithm),
            (json!({"alg": "es256", "kid": "a"}), JwsError::Algorithm),
            (json!({"alg": "RS256", "kid": "a"}), JwsError::UnknownKey),
            (json!({"alg": "ES256", "kid": "b"}), JwsError::UnknownKey),
            (
                json!({"alg": "ES256", "kid": "a", "crit": ["x"]}),
                JwsError::Critical,
            ),
            (
                json!({"alg": "ES256", "kid": "a", "crit": []}),
                JwsError::Critical,
            ),
            (
                json!({"alg": "ES256", "kid": "a", "typ": "at+jwt"}),
                JwsError::Type,
            ),
            (
                json!({"alg": "ES256", "kid": "a", "typ": "logout+jwt"}),
                JwsError::Type,
            ),
            (json!({"alg": "ES256", "kid": "a", "cty": "JWT"}), JwsError::Type),
            (json!({"kid": "a"}), JwsError::Shape),
            (json!(["ES256", null, "a", null, null]), JwsError::Shape),
        ];
        for (header, expected) in cases {
            let token = forged(&*signer, header.clone()).await;
            assert_eq!(check(&token, &keys).err(), Some(expected), "{header}");
        }
        assert!(check(&forged(&*signer, json!({"alg": "ES256"})).await, &keys).is_ok());
    }

    #[tokio::test]
    async fn an_algorithm_off_the_list_is_refused_although_the_key_is_known() {
        let signer = rsa("a");
        let token = sign(&*signer, TokenType::IdToken, &json!({})).await.unwrap();
        let keys = verification_keys([&signer]);
        let verified = verify(&token, &keys, &[JwsAlgorithm::Es256], TokenType::IdToken);
        assert_eq!(verified.err(), Some(JwsError::Algorithm));
    }

    #[tokio::test]
    async fn another_key_under_the_same_id_does_not_verify() {
        let token = sign(&*p256("a"), TokenType::IdToken, &json!({})).await.unwrap();
        let keys = verification_keys([&p256("a")]);
        assert_eq!(check(&token, &keys).err(), Some(JwsError::Signature));
    }

    #[test]
    fn the_example_of_rfc_8037_verifies() {
        let key =
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let keys = KeySet::from_json(key.as_bytes()).unwrap();
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3\
                     AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(
            check(token, &keys).unwrap().payload,
            b"Example of Ed25519 signing"
        );
    }

    proptest! {
        #[test]
        fn rubbish_never_verifies(token in "[A-Za-z0-9_.=-]{0,80}") {
            prop_assert!(check(&token, &KeySet::default()).is_err());
        }
    }
}
