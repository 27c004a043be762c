//! `GET /oidc/jwks`: the keys that our tokens verify with; current, next and retired alike.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use crate::oidc::jwks::JwkSetDocument;
use crate::web::state::Portner;

/// The set.
pub async fn get(State(portner): State<Portner>) -> Response {
    let document = JwkSetDocument::of(portner.services.oidc.published_keys());
    ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response()
}
