//! `GET /oidc/jwks`: the keys that our tokens verify with, and `GET /oidc/client/jwks`: those that
//! we prove ourselves to upstreams with. Current, next and retired alike.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::cors;
use crate::oidc::jwks::JwkSetDocument;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// The set for services, and for pages of theirs.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let response = published(&JwkSetDocument::of(portner.services.oidc.published_keys()));
    cors::allow(&portner, &visit.headers, response)
}

/// The set for upstreams that know us by `private_key_jwt`, as our `jwks_uri` there.
pub async fn as_client(State(portner): State<Portner>) -> Response {
    published(&JwkSetDocument::of(
        portner.upstreams.saml.signers.rsa.published(),
    ))
}

fn published(document: &JwkSetDocument) -> Response {
    ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response()
}
