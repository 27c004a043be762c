//! Which scripts of other origins may read our answers: those of registered services, where
//! programs ask, and nobody else anywhere (F11). Cookies never come along.

use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::trust::registry::ServiceProtocol;
use crate::web::state::Portner;

/// Answers a browser that asks before it sends.
pub async fn preflight(State(portner): State<Portner>, headers: HeaderMap) -> Response {
    let methods = (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
    let names = (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, dpop");
    let response = (
        StatusCode::NO_CONTENT,
        [methods, names, (ACCESS_CONTROL_MAX_AGE, "600")],
    )
        .into_response();
    allow(&portner, &headers, response)
}

/// Lets the script read the answer, if its origin is a registered one.
pub fn allow(portner: &Portner, headers: &HeaderMap, mut response: Response) -> Response {
    response
        .headers_mut()
        .append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = headers
        .get(ORIGIN)
        .filter(|origin| is_registered(portner, origin))
    {
        response
            .headers_mut()
            .insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("dpop-nonce, www-authenticate"),
        );
    }
    response
}

fn is_registered(portner: &Portner, origin: &HeaderValue) -> bool {
    portner
        .registry()
        .services()
        .filter(|service| service.profile.enabled)
        .any(|service| match &service.protocol {
            ServiceProtocol::Oidc(client) => client
                .web_origins
                .iter()
                .any(|known| known.as_str().as_bytes() == origin.as_bytes()),
            ServiceProtocol::Saml(_) | ServiceProtocol::Own(_) => false,
        })
}
