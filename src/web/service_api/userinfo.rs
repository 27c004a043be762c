//! `/oidc/userinfo`: what was released of the user, for the bearer of an access token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{cors, gate};
use crate::keys::seal::SealPurpose;
use crate::oidc::code::GrantedAnswer;
use crate::oidc::params::Parameters;
use crate::oidc::userinfo::{BearerRefused, bearer_token, document};
use crate::store::grants::{Handle, HandleKind};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// By GET: the token is in the header.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    answer(&portner, &visit, None).await
}

/// By POST: the token is in the header or in the form.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    answer(
        &portner,
        &visit,
        Some(&Parameters::new(posted.fields().iter().cloned())),
    )
    .await
}

async fn answer(portner: &Portner, visit: &Visit, form: Option<&Parameters>) -> Response {
    let response = match granted(portner, visit, form).await {
        Ok(granted) => ([(CACHE_CONTROL, "no-store")], Json(document(&granted))).into_response(),
        Err(refused) => {
            tracing::info!(reference = %visit.reference, reason = %refused, "userinfo refused");
            let status = StatusCode::from_u16(refused.http_status()).unwrap_or(StatusCode::UNAUTHORIZED);
            (
                status,
                [(WWW_AUTHENTICATE, HeaderValue::from_static(refused.challenge()))],
            )
                .into_response()
        }
    };
    cors::allow(portner, &visit.headers, response)
}

async fn granted(
    portner: &Portner,
    visit: &Visit,
    form: Option<&Parameters>,
) -> Result<GrantedAnswer, BearerRefused> {
    let header = visit
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = bearer_token(header, form)?;
    let handle = Handle::parse(HandleKind::AccessToken, &token).ok_or(BearerRefused::InvalidToken)?;
    let found = portner.store.find_grant(&handle, portner.ambient.now()).await;
    let found = found
        .ok()
        .flatten()
        .filter(|found| gate::may_issue(portner, found));
    let grant = found.ok_or(BearerRefused::InvalidToken)?.grant;
    let plain = portner.sealer.open(SealPurpose::AccessToken, &grant.payload);
    let plain = plain.map_err(|_| BearerRefused::InvalidToken)?;
    postcard::from_bytes(&plain).map_err(|_| BearerRefused::InvalidToken)
}
