//! The headers that keep a page to itself.
//!
//! A pure function of the origin that we are reached at: everything here is fixed text, so
//! that it can be read at a glance and tested without a server. Rows F06, F07, F10, F11 and
//! DR13 of the security bar. Not here: cookies, and CORS, which only the endpoints for
//! services have.

use http::HeaderName;
use http::HeaderValue;
use http::header;
use url::{Host, Url};

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

/// On a developer's own machine the services have no https either.
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

/// The headers of every HTML page.
pub fn for_pages(origin: &Url) -> Vec<Header> {
    let csp = if is_plain_loopback(origin) {
        CSP_LOOPBACK
    } else {
        CSP
    };
    let mut headers = for_everything(origin);
    headers.extend([
        (header::CONTENT_SECURITY_POLICY, csp),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    headers
}

/// The headers of the embedded files, whose names change with their content.
pub fn for_assets(origin: &Url) -> Vec<Header> {
    let mut headers = for_everything(origin);
    headers.extend([
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ]);
    headers
}

/// What the page after a logout says besides: forget what you have kept of us (F10). Cookies
/// are taken back one by one, so that the language and the last login stay.
pub fn for_logged_out() -> Header {
    (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\""),
    )
}

fn for_everything(origin: &Url) -> Vec<Header> {
    let mut headers = vec![
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    if origin.scheme() == "https" {
        headers.push((header::STRICT_TRANSPORT_SECURITY, HSTS));
    }
    headers
}

/// Whether we are reached without TLS on the machine itself.
fn is_plain_loopback(origin: &Url) -> bool {
    let loopback = match origin.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    origin.scheme() == "http" && loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_header(origin: &str, name: &str) -> Option<String> {
        for_pages(&origin.parse().unwrap())
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
        assert!(to_http("http://localhost:8080"));
        assert!(to_http("http://[::1]:8080"));
        assert!(!to_http("https://localhost:8443"));
        assert!(!to_http("http://login.example"));
        assert!(!to_http("https://login.example"));
    }

    #[test]
    fn hsts_is_promised_only_where_it_can_be_kept() {
        let hsts = "strict-transport-security";
        assert!(page_header("https://login.example", hsts).is_some());
        assert!(page_header("http://127.0.0.1:8080", hsts).is_none());
    }

    #[test]
    fn pages_are_not_kept_and_assets_are() {
        let origin = "https://login.example".parse().unwrap();
        assert_eq!(
            page_header("https://login.example", "cache-control").unwrap(),
            "no-store"
        );
        assert!(
            for_assets(&origin)
                .iter()
                .any(|(_, value)| value.to_str().unwrap().ends_with("immutable"))
        );
    }
}
