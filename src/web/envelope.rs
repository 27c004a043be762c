//! What is wrapped around every answer: the host check, the bounds of address and body, the
//! security headers, and a page instead of a stack when something of ours breaks.

use std::error::Error;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;

use super::state::Portner;
use super::visit::Visit;
use super::{headers, refusal_page};
use crate::domain::refusal::{Culprit, Refusal, Refused};

/// Requests for another host are not ours: our origin is configuration, never a header (F08).
pub async fn check_host(
    State(portner): State<Portner>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    let addressed = request.uri().authority().map(ToString::to_string);
    let host = addressed.or_else(|| Some(request.headers().get(HOST)?.to_str().ok()?.to_owned()));
    if host.is_some_and(|host| portner.settings.origin.is_named_by(&host)) {
        next.run(request).await
    } else {
        refusal_page::outside_a_login(&portner, &visit, None, Refusal::WrongHost).await
    }
}

/// Requests that no handler could read end on a page of ours: one with an address that we never
/// spell (ours need no escapes), and one with a body that is too long or breaks off.
pub async fn check_bounds(
    State(portner): State<Portner>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    let refuse =
        async |refused: Refused| refusal_page::outside_a_login(&portner, &visit, None, refused).await;
    if request.uri().path().contains('%') {
        return refuse(Refusal::NoSuchPage.into()).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, portner.settings.limits.http.form_bytes.0).await {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(error) if is_too_long(&error) => {
            let from = sender_at(parts.uri.path());
            refuse(Refusal::TooLarge { from }.because(error)).await
        }
        Err(error) => refuse(Refusal::FormRefused.because(error)).await,
    }
}

/// Who sends browsers to this address: upstreams answer, users fill in our own forms, services ask.
fn sender_at(path: &str) -> Culprit {
    if path.starts_with("/saml/acs/") || path.starts_with("/oidc/callback/") {
        Culprit::Upstream
    } else if path.starts_with("/saml/") || path.starts_with("/oidc/") {
        Culprit::Service
    } else {
        Culprit::User
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<LengthLimitError>)
}

/// Puts the security headers on every answer; pages are never cached.
pub async fn dress(State(portner): State<Portner>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/html"));
    for (name, value) in headers::for_answer(&portner.settings.origin, is_page) {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Runs the request in a task of its own, so that a panic ends this request and nothing else,
/// and a browser that hangs up does not leave a login half done.
pub async fn survive_panics(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "request ended in a panic");
            (StatusCode::INTERNAL_SERVER_ERROR, Refusal::Internal.code()).into_response()
        }
    }
}
