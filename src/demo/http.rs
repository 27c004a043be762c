//! What every party of the demo needs of HTTP: pages with headers, its two files, a cookie,
//! and a shelf for what must be remembered between two requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askama::Template;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};

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
pub(super) struct Shelf<T> {
    things: Arc<Mutex<HashMap<String, Shelved<T>>>>,
    ambient: Ambient,
}

#[derive(Clone)]
struct Shelved<T> {
    since: Timestamp,
    thing: T,
}

impl<T: Clone> Shelf<T> {
    const MOST: usize = 10_000;
    const LONGEST: SignedDuration = SignedDuration::from_mins(30);

    pub(super) fn new(ambient: &Ambient) -> Self {
        Self {
            things: Arc::default(),
            ambient: ambient.clone(),
        }
    }

    /// Puts a thing on the shelf and says under which ticket.
    pub(super) fn put(&self, thing: T) -> String {
        let ticket = ticket(&self.ambient);
        self.put_under(&ticket, thing);
        ticket
    }

    /// Puts a thing under a name that somebody else gave.
    pub(super) fn put_under(&self, name: &str, thing: T) {
        let since = self.ambient.now();
        let mut things = self.things();
        if things.len() >= Self::MOST {
            make_room(&mut things, since - Self::LONGEST);
        }
        things.insert(name.to_owned(), Shelved { since, thing });
    }

    /// Looks at a thing and leaves it there.
    pub(super) fn look(&self, ticket: &str) -> Option<T> {
        let found = self.things().get(ticket).cloned();
        self.still_good(found)
    }

    /// Takes a thing away: nobody gets it twice.
    pub(super) fn take(&self, ticket: &str) -> Option<T> {
        let taken = self.things().remove(ticket);
        self.still_good(taken)
    }

    fn still_good(&self, shelved: Option<Shelved<T>>) -> Option<T> {
        let oldest = self.ambient.now() - Self::LONGEST;
        shelved.filter(|it| it.since > oldest).map(|it| it.thing)
    }

    fn things(&self) -> MutexGuard<'_, HashMap<String, Shelved<T>>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops what is older than `oldest`, or else the one that has lain longest.
fn make_room<T>(things: &mut HashMap<String, Shelved<T>>, oldest: Timestamp) {
    let before = things.len();
    things.retain(|_, it| it.since > oldest);
    if things.len() < before {
        return;
    }
    let longest = things.iter().min_by_key(|(_, it)| it.since);
    if let Some(name) = longest.map(|(name, _)| name.clone()) {
        things.remove(&name);
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

    #[test]
    fn a_full_shelf_drops_what_has_lain_longest() {
        let since = |seconds| Shelved {
            since: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
            thing: (),
        };
        let shelf =
            |old, young| HashMap::from([("old".to_owned(), since(old)), ("young".to_owned(), since(young))]);
        let oldest = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10);
        for mut things in [shelf(5, 20), shelf(11, 12)] {
            make_room(&mut things, oldest);
            assert_eq!(things.into_keys().collect::<Vec<_>>(), ["young"]);
        }
    }
}
