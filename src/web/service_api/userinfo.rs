//! `/oidc/userinfo`: what was released of the user, for the bearer of an access token.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::caller::authorization;
use super::{cors, gate, kept, proof, refuse};
use crate::oidc::client::Confirmation;
use crate::oidc::code::TokenRecord;
use crate::oidc::dpop::ProofRefused;
use crate::oidc::params::Parameters;
use crate::oidc::token::TokenErrorCode;
use crate::oidc::userinfo::{BearerRefused, Scheme, document, presented_token, signed_document};
use crate::store::StoreError;
use crate::store::grants::{Handle, HandleKind};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// By GET: the token is in the header.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    answer(&portner, &visit, "GET", None).await
}

/// By POST: the token is in the header or in the form.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    answer(
        &portner,
        &visit,
        "POST",
        Some(&Parameters::new(posted.fields().iter().cloned())),
    )
    .await
}

async fn answer(portner: &Portner, visit: &Visit, method: &str, form: Option<&Parameters>) -> Response {
    let response = match granted(portner, visit, method, form).await {
        Ok(granted) => told(portner, &granted).await,
        Err(refused) => {
            tracing::info!(reference = %visit.reference, reason = %refused, "userinfo refused");
            let status = StatusCode::from_u16(refused.http_status()).unwrap_or(StatusCode::UNAUTHORIZED);
            let said = if status == StatusCode::SERVICE_UNAVAILABLE {
                (RETRY_AFTER, HeaderValue::from_static("10"))
            } else {
                (WWW_AUTHENTICATE, HeaderValue::from_static(refused.challenge()))
            };
            (status, [said]).into_response()
        }
    };
    let response = proof::with_nonce(portner, visit, response);
    cors::allow(portner, &visit.headers, response)
}

/// What was released, in the form that the client registered: JSON, or signed.
async fn told(portner: &Portner, record: &TokenRecord) -> Response {
    let registry = portner.registry();
    let client = registry.service_by_client_id(record.client_id().as_str());
    let wanted = client.and_then(|(service, client)| Some((service, client.userinfo_algorithm?)));
    let Some((service, algorithm)) = wanted else {
        return refuse::nothing_kept(document(&record.answer));
    };
    let face = &portner.services.oidc;
    let signer = face.signer(algorithm);
    let issuer = face.issuer_of(service);
    match signed_document(&record.answer, issuer, record.client_id(), &*signer).await {
        Ok(token) => (
            [(CONTENT_TYPE, "application/jwt"), (CACHE_CONTROL, "no-store")],
            token,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "userinfo could not be signed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn granted(
    portner: &Portner,
    visit: &Visit,
    method: &str,
    form: Option<&Parameters>,
) -> Result<TokenRecord, BearerRefused> {
    let (scheme, token) = presented_token(authorization(&visit.headers), form)?;
    let kind = HandleKind::AccessToken;
    let handle = Handle::parse(kind, &token).ok_or(BearerRefused::InvalidToken)?;
    let now = portner.ambient.now();
    let found = portner.store.find_grant(&handle, now).await;
    let found = found
        .map_err(|error| away(&error))?
        .ok_or(BearerRefused::InvalidToken)?;
    let grant = &found.grant;
    let record: TokenRecord = kept::open(portner, kind, grant).map_err(|_| BearerRefused::InvalidToken)?;
    let stands = gate::may_issue(portner, &found, &record.answer.acting, now).await;
    if let Err(why) = stands.map_err(|error| away(&error))? {
        tracing::info!(reference = %visit.reference, reason = why.word(), "userinfo is not told any more");
        return Err(BearerRefused::InvalidToken);
    }
    match (&record.confirmation, scheme) {
        (Some(Confirmation::Dpop(key)), Scheme::Dpop) => {
            let registry = portner.registry();
            let (_, client) = registry
                .service_by_client_id(&grant.bound_to)
                .ok_or(BearerRefused::InvalidToken)?;
            let proof = proof::dpop(portner, visit, &client.rules, method, Some(&token)).await;
            let proof = proof.map_err(refused)?.ok_or(BearerRefused::NotProved)?;
            if proof.key != *key {
                return Err(BearerRefused::NotProved);
            }
        }
        (Some(Confirmation::Certificate(bound)), Scheme::Bearer) => {
            let shown = visit.certificate.as_ref().map(|shown| shown.thumbprint());
            if shown.as_ref() != Some(bound) {
                return Err(BearerRefused::OtherCertificate);
            }
        }
        (None, Scheme::Bearer) => {}
        (Some(Confirmation::Dpop(_)), Scheme::Bearer) => return Err(BearerRefused::NotProved),
        (Some(Confirmation::Certificate(_)) | None, Scheme::Dpop) => return Err(BearerRefused::InvalidToken),
    }
    Ok(record)
}

fn away(error: &StoreError) -> BearerRefused {
    match refuse::failed(error).code {
        TokenErrorCode::TemporarilyUnavailable => BearerRefused::StoreAway,
        _ => BearerRefused::InvalidToken,
    }
}

const fn refused(refused: ProofRefused) -> BearerRefused {
    match refused {
        ProofRefused::Invalid(reason) => BearerRefused::InvalidProof(reason),
        ProofRefused::NonceNeeded => BearerRefused::UseNonce,
        ProofRefused::StoreAway => BearerRefused::StoreAway,
    }
}
