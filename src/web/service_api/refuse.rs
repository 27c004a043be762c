//! Refusals in the words of OAuth: JSON, a status, and a line in the log with the reason.

use axum::Json;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{caller, denied};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::oidc::params::Parameters;
use crate::oidc::token::{TokenErrorCode, TokenRefused};
use crate::store::StoreError;
use crate::store::writer::WriteFailed;
use crate::telemetry::log::chain;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Refuses, and leaves a row for the auditor. A proof that only needs a nonce is no refusal:
/// every client meets that once a minute.
pub(super) async fn denied(
    portner: &Portner,
    visit: &Visit,
    form: &Parameters,
    refused: &TokenRefused,
) -> Response {
    use TokenErrorCode as Code;
    // Whoever has to ask again, or is told how it stands, was refused nothing.
    if matches!(
        refused.code,
        Code::AuthorizationPending | Code::SlowDown | Code::ExpiredToken | Code::AccessDenied
    ) {
        return answer(visit, refused);
    }
    denied_aloud(portner, visit, form, refused).await
}

/// The same where the word that a client is told elsewhere of how things stand is a refusal.
pub(super) async fn denied_aloud(
    portner: &Portner,
    visit: &Visit,
    form: &Parameters,
    refused: &TokenRefused,
) -> Response {
    let service = caller::named_service(portner, visit, form);
    if refused.code != TokenErrorCode::UseDpopNonce {
        let why = (refused.code.as_str(), refused.reason);
        denied::tell_auditor(portner, visit, service.as_ref(), why).await;
    }
    tracing::warn!(
        reference = %visit.reference,
        service.id = service.as_ref().map(ServiceId::as_str),
        client.id = caller::given_name(visit, form),
        error = refused.code.as_str(),
        reason = refused.reason,
        "client refused"
    );
    answer(visit, refused)
}

/// The answer to a request that no endpoint could read, under the status that says why.
pub fn unread(portner: &Portner, visit: &Visit, (status, refused): (StatusCode, &Refused)) -> Response {
    portner.metrics.refused(&refused.refusal);
    tracing::warn!(
        reference = %visit.reference,
        refusal.code = refused.refusal.code(),
        status = status.as_u16(),
        "a request of a client could not be read"
    );
    let refused = TokenRefused::new(TokenErrorCode::InvalidRequest, "unread");
    let mut response = answer(visit, &refused);
    *response.status_mut() = status;
    response
}

/// The answer to a client that gets nothing.
fn answer(visit: &Visit, refused: &TokenRefused) -> Response {
    let status = StatusCode::from_u16(refused.code.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(refused.document())).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("10"));
    }
    // RFC 6749 §5.2: a challenge answers those who came by that header. To others it would hide
    // the error: libraries read no further, and browsers ask the user for a password.
    if status == StatusCode::UNAUTHORIZED && visit.headers.contains_key(AUTHORIZATION) {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    }
    response
}

/// A success that nobody keeps.
pub(super) fn nothing_kept(document: impl serde::Serialize) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(document)).into_response()
}

/// Something of ours failed; the log has what.
pub(super) fn failed(error: &(dyn std::error::Error + 'static)) -> TokenRefused {
    tracing::error!(error = chain(error), "endpoint failed");
    if is_store_away(error) {
        TokenRefused::new(TokenErrorCode::TemporarilyUnavailable, "store_away")
    } else {
        TokenRefused::new(TokenErrorCode::ServerError, "internal")
    }
}

fn is_store_away(error: &(dyn std::error::Error + 'static)) -> bool {
    let by_refusal = error
        .downcast_ref::<Refused>()
        .is_some_and(|refused| matches!(refused.refusal, Refusal::StoreAway { .. }));
    let by_store = error.downcast_ref::<StoreError>();
    let by_writer = error.downcast_ref::<WriteFailed>();
    by_refusal
        || by_store.is_some_and(StoreError::is_unavailable)
        || by_writer.is_some_and(|failed| failed.is_away() || matches!(failed, WriteFailed::Overloaded))
}
