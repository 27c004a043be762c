//! Two locks on every form of ours: where the browser says the request comes from, and a
//! token that only this login's own pages carry (F05, DR13).

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue};

/// Whether the browser says that another site sent this request. A browser that says
/// nothing is held to the token alone.
pub fn is_from_elsewhere(headers: &HeaderMap, own_origin: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    match headers.get(ORIGIN).map(HeaderValue::as_bytes) {
        // Our own pages send `null` too, since they send no referrer.
        None | Some(b"null") => false,
        Some(origin) => origin != own_origin.as_bytes(),
    }
}

/// Compares two tokens without telling how far they agree.
pub fn same_token(expected: &str, given: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://login.example";

    fn from_elsewhere(name: &'static str, value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        is_from_elsewhere(&headers, OWN)
    }

    #[test]
    fn fetch_metadata_decides_where_it_is_sent_and_origin_where_it_is_not() {
        assert!(!from_elsewhere("sec-fetch-site", "same-origin"));
        assert!(
            from_elsewhere("sec-fetch-site", "same-site"),
            "another port or subdomain is not us"
        );
        assert!(from_elsewhere("sec-fetch-site", "cross-site"));
        assert!(!from_elsewhere("origin", OWN));
        assert!(from_elsewhere("origin", "https://evil.example"));
    }
}
