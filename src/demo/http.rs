//! What every party of the demo needs of HTTP: pages with headers, its two files, a cookie,
//! and a shelf for what must be remembered between two requests.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;
use moka::sync::Cache;

use crate::ambient::Ambient;

const STYLE: &str = include_str!("pages/demo.css");
const SCRIPT: &str = include_str!("pages/demo.js");

/// Forms lead to Portner and, by its redirects, to the other parties.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self' http:; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Adds what is the same everywhere.
pub(super) fn dressed(router: Router) -> Router {
    let style = || async { ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) };
    let script = || async { ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) };
    router
        .route("/demo.css", get(style))
        .route("/demo.js", get(script))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
}

/// A page, never kept by anybody.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)];
    match template.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the demo could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A redirect that is followed by GET, whatever led to it.
pub(super) fn see_other(to: &str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(LOCATION, to.to_owned()), (CACHE_CONTROL, "no-store".to_owned())],
    )
        .into_response()
}

/// A cookie for one session of the browser.
pub(super) fn cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

/// Takes a cookie back.
pub(super) fn no_cookie(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0")
}

/// The value of a cookie.
pub(super) fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok());
    cookies
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// A fresh random name.
pub(super) fn ticket(ambient: &Ambient) -> String {
    BASE64URL_NOPAD.encode(&ambient.bytes::<24>())
}

/// Things under tickets, for a while and not too many of them.
#[derive(Clone)]
pub(super) struct Shelf<T: Clone + Send + Sync + 'static> {
    things: Cache<String, T>,
    ambient: Ambient,
}

impl<T: Clone + Send + Sync + 'static> Shelf<T> {
    pub(super) fn new(ambient: &Ambient) -> Self {
        const MOST: u64 = 10_000;
        const LONGEST: Duration = Duration::from_mins(30);
        Self {
            things: Cache::builder().max_capacity(MOST).time_to_live(LONGEST).build(),
            ambient: ambient.clone(),
        }
    }

    /// Puts a thing on the shelf and says under which ticket.
    pub(super) fn put(&self, thing: T) -> String {
        let ticket = ticket(&self.ambient);
        self.things.insert(ticket.clone(), thing);
        ticket
    }

    /// Puts a thing under a name that somebody else gave.
    pub(super) fn put_under(&self, name: &str, thing: T) {
        self.things.insert(name.to_owned(), thing);
    }

    /// Looks at a thing and leaves it there.
    pub(super) fn look(&self, ticket: &str) -> Option<T> {
        self.things.get(ticket)
    }

    /// Takes a thing away: nobody gets it twice.
    pub(super) fn take(&self, ticket: &str) -> Option<T> {
        self.things.remove(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_told_apart_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "a_b=1; b=2; ab=3".parse().unwrap());
        assert_eq!(cookie_of(&headers, "b"), Some("2"));
        assert_eq!(cookie_of(&headers, "c"), None);
    }

    #[test]
    fn what_is_taken_is_gone() {
        let shelf = Shelf::new(&Ambient::system());
        let ticket = shelf.put(7);
        assert_eq!(shelf.look(&ticket), Some(7));
        assert_eq!(shelf.take(&ticket), Some(7));
        assert_eq!(shelf.take(&ticket), None);
    }
}
