//! The headers that keep a page to itself.
//!
//! A pure function of the origin that we are reached at: everything here is fixed text, so
//! that it can be read at a glance and tested without a server. Attacks F06, F07, F10, F11
//! and design rule DR13 (`src/manual/attacks.md`, `references.md`). Not here: cookies, and CORS, which only the endpoints for
//! services have.

use std::collections::BTreeSet;

use http::{HeaderName, HeaderValue, header};

use crate::config::listen::Origin;

/// A header with its fixed value.
pub type Header = (HeaderName, HeaderValue);

/// Two years, as the preload lists ask for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Chromium applies `form-action` also to the redirects that follow a form, and a login ends
/// with a redirect to a service; so every https address must be open to it.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'",
);

/// An origin without https is this very machine, where the services have no https either.
const CSP_LOOPBACK: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; form-action 'self' https: http:; frame-ancestors 'none'; base-uri 'none'",
);

/// What no page of ours needs.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
     geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
);

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const BY_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");

/// The headers of an answer, unless its handler has set them otherwise. Nothing is kept by
/// anyone (F10); a page gets besides what fences it in.
pub fn for_answer(origin: &Origin, is_page: bool) -> Vec<Header> {
    let mut headers = vec![
        (header::CACHE_CONTROL, NO_STORE),
        (header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF),
        (header::REFERRER_POLICY, NO_REFERRER),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            SAME_ORIGIN,
        ),
    ];
    if origin.is_https() {
        headers.push((header::STRICT_TRANSPORT_SECURITY, HSTS));
    }
    if is_page {
        headers.extend([
            (
                header::CONTENT_SECURITY_POLICY,
                if origin.is_https() { CSP } else { CSP_LOOPBACK },
            ),
            (header::X_FRAME_OPTIONS, DENY),
            (HeaderName::from_static("cross-origin-opener-policy"), SAME_ORIGIN),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        ]);
    }
    headers
}

/// What an embedded file sets for itself, packed or not: its name changes with its content, so that it can be
/// kept for good, and caches keep both forms of it apart.
pub const fn for_asset() -> [Header; 2] {
    [(header::CACHE_CONTROL, FOR_EVER), (header::VARY, BY_ENCODING)]
}

/// What the page after a logout says besides: forget what you have kept of us (F10). Cookies
/// are taken back one by one, so that the language and the last login stay.
pub fn for_logged_out() -> Header {
    (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\""),
    )
}

/// What a page says that shows frames of others: these origins and no more.
pub fn with_frames(origin: &Origin, frames: &BTreeSet<String>) -> Header {
    let usual = if origin.is_https() { CSP } else { CSP_LOOPBACK };
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let policy = format!(
        "{}; frame-src {}",
        usual.to_str().unwrap_or_default(),
        frames.join(" ")
    );
    // Origins are plain text, so this is one too; were it not, nothing would be framed.
    let policy = HeaderValue::from_str(&policy).unwrap_or(usual);
    (header::CONTENT_SECURITY_POLICY, policy)
}

/// What an answer says that one other site may show in a frame. It is no page: nothing in it runs.
pub fn framed_by(origin: &str) -> Header {
    let policy = format!("default-src 'none'; frame-ancestors {origin}");
    let policy = HeaderValue::from_str(&policy).unwrap_or(CSP);
    (header::CONTENT_SECURITY_POLICY, policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_header(origin: &str, name: &str) -> Option<String> {
        for_answer(&Origin::parse(origin).unwrap(), true)
            .into_iter()
            .find(|(header, _)| header.as_str() == name)
            .map(|(_, value)| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
        let csp = page_header("https://login.example", "content-security-policy").unwrap();
        assert!(csp.starts_with("default-src 'none'"), "{csp}");
        assert!(!csp.contains("unsafe"), "{csp}");
        assert!(csp.contains("frame-ancestors 'none'"), "{csp}");
    }

    #[test]
    fn forms_may_lead_to_plain_http_only_on_the_machine_itself() {
        let to_http = |origin: &str| {
            page_header(origin, "content-security-policy")
                .unwrap()
                .contains(" http:")
        };
        assert!(to_http("http://127.0.0.1:8080"));
        assert!(!to_http("https://localhost:8443"));
        assert!(!to_http("https://login.example"));
        assert!(
            Origin::parse("http://login.example").is_none(),
            "plain http elsewhere is no origin at all"
        );
    }

    #[test]
    fn hsts_is_promised_only_where_it_can_be_kept() {
        let hsts = "strict-transport-security";
        assert!(page_header("https://login.example", hsts).is_some());
        assert!(page_header("http://127.0.0.1:8080", hsts).is_none());
    }

    #[test]
    fn no_header_stands_twice_and_only_pages_are_fenced_in() {
        let origin = Origin::parse("https://login.example").unwrap();
        for is_page in [true, false] {
            let headers = for_answer(&origin, is_page);
            let mut names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), headers.len());
            assert_eq!(names.contains(&"content-security-policy"), is_page);
            assert!(names.contains(&"x-content-type-options"));
        }
    }

    #[test]
    fn answers_are_not_kept() {
        assert_eq!(
            page_header("https://login.example", "cache-control").unwrap(),
            "no-store"
        );
    }
}
