//! What a caller proves to have: the key of a DPoP proof, or the certificate of its connection.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::refuse;
use crate::oidc::client::{BindingRule, ClientRules, Confirmation};
use crate::oidc::dpop::{self, Expected, Nonces, Proof, ProofRefused};
use crate::oidc::token::{TokenErrorCode, TokenRefused};
use crate::store::ephemeral::StateKey;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Carries proofs.
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// Carries our nonces.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The proof that came along, if one did, for this endpoint and once, and signed as this client may.
pub async fn dpop(
    portner: &Portner,
    visit: &Visit,
    client: &ClientRules,
    method: &str,
    access_token: Option<&str>,
) -> Result<Option<Proof>, ProofRefused> {
    let mut headers = visit.headers.get_all(DPOP).iter();
    let Some(header) = headers.next() else {
        return Ok(None);
    };
    if headers.next().is_some() {
        return Err(ProofRefused::Invalid("several_proofs"));
    }
    let text = header.to_str().map_err(|_| ProofRefused::Invalid("shape"))?;
    let now = portner.ambient.now();
    let proof = dpop::check(
        text,
        &Expected {
            algorithms: client.algorithms(),
            method,
            url: visit.origin(portner).at(&visit.path).as_str(),
            access_token,
            nonces: &Nonces(&portner.driver.pseudonyms),
            now,
        },
    )?;
    let key = StateKey::of("oidc.dpop", &proof.replay_key());
    let new = portner
        .writer
        .once(key, proof.expires_at.duration_since(now))
        .await;
    match new {
        Ok(true) => Ok(Some(proof)),
        Ok(false) => Err(ProofRefused::Invalid("replayed")),
        // What cannot be remembered may come again, and so is not believed now (M10).
        Err(error) => Err(match refuse::failed(&error).code {
            TokenErrorCode::TemporarilyUnavailable => ProofRefused::StoreAway,
            _ => ProofRefused::Invalid("not_remembered"),
        }),
    }
}

/// What tokens for this client will be bound to, as its registration wants it.
pub async fn of_client(
    portner: &Portner,
    visit: &Visit,
    client: &ClientRules,
) -> Result<Option<Confirmation>, TokenRefused> {
    let proof = dpop(portner, visit, client, "POST", None)
        .await
        .map_err(refused)?;
    let proof = proof.map(|proof| proof.confirmation());
    let certificate = visit
        .certificate
        .as_ref()
        .map(|certificate| certificate.confirmation());
    let missing = |code, reason| TokenRefused::new(code, reason);
    let proof_missing = missing(TokenErrorCode::InvalidDpopProof, "proof_missing");
    match client.binding {
        BindingRule::Free => Ok(proof),
        BindingRule::Dpop => proof.ok_or(proof_missing).map(Some),
        BindingRule::Certificate => certificate
            .ok_or(missing(TokenErrorCode::InvalidRequest, "certificate_missing"))
            .map(Some),
        BindingRule::Either => proof.or(certificate).ok_or(proof_missing).map(Some),
    }
}

/// A refused proof in the words of the token endpoint.
pub fn refused(refused: ProofRefused) -> TokenRefused {
    match refused {
        ProofRefused::Invalid(reason) => TokenRefused::new(TokenErrorCode::InvalidDpopProof, reason),
        ProofRefused::NonceNeeded => TokenRefused::new(TokenErrorCode::UseDpopNonce, "nonce"),
        ProofRefused::StoreAway => TokenRefused::new(TokenErrorCode::TemporarilyUnavailable, "store_away"),
    }
}

/// Gives the caller a nonce for its next proof, where it makes any (RFC 9449 §8.2).
pub fn with_nonce(portner: &Portner, visit: &Visit, mut response: Response) -> Response {
    if visit.headers.contains_key(DPOP) {
        let nonce = Nonces(&portner.driver.pseudonyms).current(portner.ambient.now());
        if let Ok(nonce) = HeaderValue::from_str(&nonce) {
            response.headers_mut().insert(DPOP_NONCE, nonce);
        }
    }
    response
}
