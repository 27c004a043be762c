//! The ID token of an upstream: checked by the `openidconnect` crate, with our keys.
//!
//! The crate walks OIDC Core §3.1.3.7; signatures are verified by keys that were parsed
//! once. What the crate leaves to its users is added here: `azp`, `at_hash`, times.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenVerifier, IssuerUrl, JsonWebKey,
    JsonWebKeyAlgorithm, JsonWebKeyId, JsonWebKeySet, Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AcceptedIdToken, RelyingPartyError};
use crate::oidc::client::OidcUpstream;
use crate::oidc::id_token::at_hash;
use crate::oidc::jwk::{JwsAlgorithm, KeySet, VerificationKey};
use crate::oidc::jws;

/// How far the upstream's clock may be off.
pub(super) const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What an ID token must agree with.
pub(super) struct IdTokenExpectation<'a> {
    pub(super) upstream: &'a OidcUpstream,
    pub(super) nonce: &'a str,
    pub(super) access_token: Option<&'a str>,
    pub(super) max_age: Option<u32>,
    pub(super) now: Timestamp,
}

type UpstreamIdToken =
    IdToken<FurtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// Claims that the crate does not look at and we do.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FurtherClaims {
    nbf: Option<i64>,
}

impl AdditionalClaims for FurtherClaims {}

impl IdTokenExpectation<'_> {
    /// Checks everything, and hands out what the token says.
    pub(super) fn check(&self, raw: &str, keys: &KeySet) -> Result<AcceptedIdToken, RelyingPartyError> {
        let token: UpstreamIdToken =
            raw.parse()
                .map_err(|cause: serde_json::Error| RelyingPartyError::IdToken {
                    reason: "token_shape",
                    cause: Some(cause.into()),
                })?;
        let rules = self.verifier(keys)?;
        let nonce = Nonce::new(self.nonce.to_owned());
        let verified = token
            .claims(&rules, &nonce)
            .map_err(|error| RelyingPartyError::IdToken {
                reason: reason_of(&error),
                cause: Some(error.into()),
            })?;
        let auth_time = verified
            .auth_time()
            .and_then(|time| Timestamp::from_second(time.timestamp()).ok());
        let authorized_party = verified.authorized_party().map(|party| party.as_str());
        self.check_party(authorized_party)?;
        self.check_times(
            verified.additional_claims().nbf,
            verified.issue_time().timestamp(),
            auth_time,
        )?;
        let claims: Map<String, Value> =
            jws::peek(raw).map_err(|error| RelyingPartyError::id_token(error.reason()))?;
        // For EdDSA nobody agrees which digest at_hash is made with.
        if !matches!(token.signing_alg(), Ok(CoreJwsSigningAlgorithm::EdDsa)) {
            self.check_at_hash(&claims)?;
        }
        let issued_at = verified.issue_time().timestamp();
        Ok(AcceptedIdToken {
            issued_at: Timestamp::from_second(issued_at).map_err(|_| RelyingPartyError::id_token("iat"))?,
            issuer: self.upstream.issuer.as_str().to_owned(),
            subject: subject(verified.subject())?,
            auth_time,
            acr: verified.auth_context_ref().map(|acr| acr.as_str().to_owned()),
            amr: verified
                .auth_method_refs()
                .map(|methods| methods.iter().map(|method| method.as_str().to_owned()).collect())
                .unwrap_or_default(),
            claims,
            raw: raw.to_owned(),
        })
    }

    fn verifier(&self, keys: &KeySet) -> Result<IdTokenVerifier<'static, ParsedKey>, RelyingPartyError> {
        let issuer = IssuerUrl::new(self.upstream.issuer.as_str().to_owned())
            .map_err(|_| RelyingPartyError::Discovery { check: "issuer" })?;
        let client_id = ClientId::new(self.upstream.client_id.as_str().to_owned());
        let keys = JsonWebKeySet::new(keys.iter().map(ParsedKey::of).collect());
        // An upstream's clock may be ahead of ours: what has just expired still counts.
        let read_at = self.now.saturating_sub(CLOCK_SKEW).unwrap_or(self.now);
        Ok(IdTokenVerifier::new_public_client(client_id, issuer, keys)
            .set_allowed_algs(
                self.upstream
                    .algorithms
                    .iter()
                    .map(|algorithm| core_algorithm(*algorithm)),
            )
            .set_time_fn(move || SystemTime::from(read_at).into()))
    }

    fn check_party(&self, authorized_party: Option<&str>) -> Result<(), RelyingPartyError> {
        if authorized_party.is_some_and(|party| party != self.upstream.client_id.as_str()) {
            return Err(RelyingPartyError::id_token("azp"));
        }
        Ok(())
    }

    fn check_times(
        &self,
        not_before: Option<i64>,
        issued_at: i64,
        auth_time: Option<Timestamp>,
    ) -> Result<(), RelyingPartyError> {
        let latest = self.now.as_second().saturating_add(CLOCK_SKEW.as_secs());
        if not_before.is_some_and(|time| time > latest) {
            return Err(RelyingPartyError::id_token("nbf"));
        }
        if issued_at > latest {
            return Err(RelyingPartyError::IssuedAhead(
                Timestamp::from_second(issued_at).unwrap_or(Timestamp::MAX),
            ));
        }
        if let Some(max_age) = self.max_age {
            let limit = i64::from(max_age).saturating_add(CLOCK_SKEW.as_secs());
            let age = auth_time.map(|time| self.now.as_second().saturating_sub(time.as_second()));
            if age.is_none_or(|age| age > limit) {
                return Err(RelyingPartyError::id_token("auth_time"));
            }
        }
        Ok(())
    }

    /// The other algorithms all go with SHA-256.
    fn check_at_hash(&self, claims: &Map<String, Value>) -> Result<(), RelyingPartyError> {
        let (Some(said), Some(token)) = (claims.get("at_hash"), self.access_token) else {
            return Ok(());
        };
        if said.as_str() == Some(at_hash(token).as_str()) {
            Ok(())
        } else {
            Err(RelyingPartyError::id_token("at_hash"))
        }
    }
}

fn subject(subject: &str) -> Result<String, RelyingPartyError> {
    if subject.is_empty() || subject.len() > 255 {
        return Err(RelyingPartyError::id_token("sub"));
    }
    Ok(subject.to_owned())
}

fn reason_of(error: &ClaimsVerificationError) -> &'static str {
    use SignatureVerificationError as Signature;
    match error {
        ClaimsVerificationError::Expired(_) => "exp",
        ClaimsVerificationError::InvalidAudience(_) => "aud",
        ClaimsVerificationError::InvalidIssuer(_) => "iss",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::InvalidSubject(_) => "sub",
        ClaimsVerificationError::InvalidAuthTime(_) => "auth_time",
        ClaimsVerificationError::InvalidAuthContext(_) => "acr",
        ClaimsVerificationError::Unsupported(_) => "typ",
        ClaimsVerificationError::SignatureVerification(signature) => match signature {
            Signature::DisallowedAlg(_) | Signature::UnsupportedAlg(_) | Signature::NoSignature => "alg",
            Signature::NoMatchingKey | Signature::AmbiguousKeyId(_) => "kid",
            _ => "signature",
        },
        _ => "id_token",
    }
}

const fn core_algorithm(algorithm: JwsAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        JwsAlgorithm::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        JwsAlgorithm::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        JwsAlgorithm::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        JwsAlgorithm::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
    }
}

fn own_algorithm(algorithm: &CoreJwsSigningAlgorithm) -> Option<JwsAlgorithm> {
    JwsAlgorithm::ALL
        .into_iter()
        .find(|own| core_algorithm(*own) == *algorithm)
}

/// One of our parsed keys in the shape that the crate works with.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ParsedKey {
    id: Option<JsonWebKeyId>,
    kind: CoreJsonWebKeyType,
    /// Nothing for a key that was not made by [`ParsedKey::of`]: such a key verifies nothing.
    #[serde(skip)]
    key: Option<VerificationKey>,
}

impl ParsedKey {
    fn of(key: &VerificationKey) -> Self {
        let kind = if key.can_verify(JwsAlgorithm::Es256) {
            CoreJsonWebKeyType::EllipticCurve
        } else if key.can_verify(JwsAlgorithm::EdDsa) {
            CoreJsonWebKeyType::OctetKeyPair
        } else {
            CoreJsonWebKeyType::RSA
        };
        Self {
            id: key.key_id().map(|id| JsonWebKeyId::new(id.to_owned())),
            kind,
            key: Some(key.clone()),
        }
    }
}

impl JsonWebKey for ParsedKey {
    type KeyUse = CoreJsonWebKeyUse;
    type SigningAlgorithm = CoreJwsSigningAlgorithm;

    fn key_id(&self) -> Option<&JsonWebKeyId> {
        self.id.as_ref()
    }

    fn key_type(&self) -> &CoreJsonWebKeyType {
        &self.kind
    }

    fn key_use(&self) -> Option<&CoreJsonWebKeyUse> {
        None
    }

    fn signing_alg(&self) -> JsonWebKeyAlgorithm<&CoreJwsSigningAlgorithm> {
        JsonWebKeyAlgorithm::Unspecified
    }

    /// Shared secrets sign nothing here (D04).
    fn new_symmetric(_: Vec<u8>) -> Self {
        Self {
            id: None,
            kind: CoreJsonWebKeyType::Symmetric,
            key: None,
        }
    }

    fn verify_signature(
        &self,
        algorithm: &CoreJwsSigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureVerificationError> {
        let wrong = || SignatureVerificationError::CryptoError("the signature is wrong".to_owned());
        let algorithm = own_algorithm(algorithm).ok_or_else(wrong)?;
        let key = self.key.as_ref().ok_or_else(wrong)?;
        key.verifies(algorithm, message, signature)
            .then_some(())
            .ok_or_else(wrong)
    }

    fn hash_bytes(&self, bytes: &[u8], _: &CoreJwsSigningAlgorithm) -> Result<Vec<u8>, String> {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Ok(hash.as_ref().to_vec())
    }
}
