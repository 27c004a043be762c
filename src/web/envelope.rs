//! What is wrapped around every answer: the host check, the bounds of address and body, the
//! security headers, and a page instead of a stack when something of ours breaks.

use std::error::Error;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;

use super::state::Portner;
use super::visit::Visit;
use super::{api, deliveries, headers, refusal_page, service_api};
use crate::config::listen::Origin;
use crate::domain::refusal::{Culprit, Refusal};
use crate::telemetry::metrics::TimedStep;

/// Runs a request in a task of its own, so that a panic ends this request and nothing else,
/// and a browser that hangs up does not leave a login half done. Every answer is dressed.
pub async fn around(State(portner): State<Portner>, request: Request, next: Next) -> Response {
    let house = portner.clone();
    let step = timed_step(&request);
    let begun = Instant::now();
    let answered = tokio::spawn(within_bounds(portner, request, next)).await;
    let mut response = answered.unwrap_or_else(|error| {
        tracing::error!(%error, "request ended in a panic");
        (StatusCode::INTERNAL_SERVER_ERROR, Refusal::Internal.code()).into_response()
    });
    if let Some(step) = step {
        house.metrics.step_took(step, begun.elapsed());
    }
    dress(&house.settings.origin, &mut response);
    response
}

/// The step of a login that a request is, where its time is worth knowing.
fn timed_step(request: &Request) -> Option<TimedStep> {
    let path = request.uri().path();
    match path {
        "/saml/sso" | "/oidc/authorize" => Some(TimedStep::Request),
        "/oidc/token" => Some(TimedStep::Token),
        _ if path.starts_with("/saml/acs/") || path.starts_with("/oidc/callback/") => {
            Some(TimedStep::UpstreamAnswer)
        }
        _ if request.method() == Method::POST
            && path.starts_with("/login/")
            && path.ends_with("/password") =>
        {
            Some(TimedStep::Password)
        }
        _ => None,
    }
}

/// Requests that no handler could read end on a page of ours: one for another host, since our
/// origin is configuration and never a header (F08); one with an address that we never spell
/// (ours need no escapes); and one with a body that is too long or breaks off.
async fn within_bounds(portner: Portner, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(visit) = Visit::from_request_parts(&mut parts, &portner).await;
    if parts.headers.get_all(HOST).iter().count() > 1 {
        return two_hosts(&portner, &visit);
    }
    if has_too_large_a_head(&portner, &parts) {
        return too_large_a_head(&portner, &visit);
    }
    let refused = if !is_for_us(&portner, &parts) {
        Refusal::WrongHost.into()
    } else if parts.uri.path().contains('%') && api::is_below(parts.uri.path()) {
        return api::no_such_place(&portner, &visit);
    } else if parts.uri.path().contains('%') {
        Refusal::NoSuchPage.into()
    } else {
        let most = if deliveries::is_one(&parts) {
            match deliveries::room(&portner, &visit) {
                Ok(room) => {
                    // Until the handler is done with it.
                    parts.extensions.insert(room);
                    deliveries::Room::BYTES
                }
                Err(answer) => return *answer,
            }
        } else if api::is_below(parts.uri.path()) {
            api::MOST_BYTES
        } else {
            portner.settings.limits.http.form_bytes.0
        };
        match to_bytes(body, most).await {
            Ok(body) => {
                // The handler's visit is this one: one reference for the whole request.
                parts.extensions.insert(visit);
                return next.run(Request::from_parts(parts, Body::from(body))).await;
            }
            Err(error) if is_too_long(&error) && deliveries::is_one(&parts) => return deliveries::too_long(),
            Err(error) if api::is_below(parts.uri.path()) => {
                return if is_too_long(&error) {
                    api::too_long(&portner, &visit)
                } else {
                    api::unreadable(&portner, &visit)
                };
            }
            Err(error) if service_api::is_for_clients(parts.uri.path()) => {
                let from = Culprit::Service;
                let (status, refused) = if is_too_long(&error) {
                    let refused = Refusal::TooLarge { from }.because(error);
                    (StatusCode::PAYLOAD_TOO_LARGE, refused)
                } else {
                    (StatusCode::BAD_REQUEST, Refusal::FormRefused.because(error))
                };
                return service_api::refuse::unread(&portner, &visit, (status, &refused));
            }
            Err(error) if is_too_long(&error) => {
                let from = sender_at(parts.uri.path());
                Refusal::TooLarge { from }.because(error)
            }
            Err(error) => Refusal::FormRefused.because(error),
        }
    };
    if !is_of_a_login(parts.uri.path()) {
        return refusal_page::of_no_login(&portner, &visit, &refused);
    }
    refusal_page::outside_a_login(&portner, &visit, None, refused).await
}

/// Whether logins pass this address, so that whatever is refused at it may be an attack on one.
fn is_of_a_login(path: &str) -> bool {
    ["/login/", "/saml/", "/oidc/", "/auth/realms/", "/.well-known/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

/// More headers than this are refused; browsers send about twenty.
const MOST_HEADERS: usize = 64;

/// Whether address and headers are more than a browser of ours ever sends. What is larger still does not get
/// so far: the connection answers it without a page.
fn has_too_large_a_head(portner: &Portner, parts: &Parts) -> bool {
    let headers = parts.headers.iter();
    let bytes: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let target = parts
        .uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    parts.headers.len() > MOST_HEADERS || bytes + target > portner.settings.limits.http.header_bytes.0
}

/// A page under the status that says that it is the headers (RFC 6585 §5).
fn too_large_a_head(portner: &Portner, visit: &Visit) -> Response {
    let refused = Refusal::TooLarge { from: Culprit::User }.because("the head of the request is too large");
    let mut response = refusal_page::of_no_login(portner, visit, &refused);
    *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    response
}

/// What stands before us may have believed the other one (RFC 9112 §3.2).
fn two_hosts(portner: &Portner, visit: &Visit) -> Response {
    let refused = Refusal::WrongHost.because("the request names two hosts");
    let mut response = refusal_page::of_no_login(portner, visit, &refused);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// Whether the request names our origin, or the one for programs with certificates and an
/// endpoint that they use: no page is ever shown there.
fn is_for_us(portner: &Portner, parts: &Parts) -> bool {
    host_of(parts).is_some_and(|host| portner.settings.origin.is_named_by(host))
        || (is_at_mutual_tls(portner, parts) && service_api::is_for_programs(parts.uri.path()))
}

/// Whether the request names the origin for programs with certificates.
pub fn is_at_mutual_tls(portner: &Portner, parts: &Parts) -> bool {
    let mutual = portner.settings.listen.mutual_tls.as_ref();
    mutual.is_some_and(|mutual| host_of(parts).is_some_and(|host| mutual.origin.is_named_by(host)))
}

fn host_of(parts: &Parts) -> Option<&str> {
    let addressed = parts.uri.authority().map(Authority::as_str);
    addressed.or_else(|| parts.headers.get(HOST)?.to_str().ok())
}

/// Who sends browsers to this address: upstreams answer, users fill in our own forms, services ask.
fn sender_at(path: &str) -> Culprit {
    if path.starts_with("/saml/acs/") || path.starts_with("/oidc/callback/") {
        Culprit::Upstream
    } else if ["/saml/", "/oidc/", "/auth/realms/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
    {
        Culprit::Service
    } else {
        Culprit::User
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<LengthLimitError>)
}

/// Puts the security headers on; pages are never cached.
fn dress(origin: &Origin, response: &mut Response) {
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/html"));
    let extra = headers::for_answer(origin, is_page);
    response.headers_mut().reserve(extra.len());
    for (name, value) in extra {
        response.headers_mut().entry(name).or_insert(value);
    }
}
