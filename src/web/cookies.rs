//! Reading and setting cookies. All of ours are host-only, `HttpOnly` and `SameSite=Lax`;
//! over https they carry the `__Host-` prefix (DR13). What is in them is not known here.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The cookies that the browser sent, in its order.
#[derive(Debug, Clone, Default)]
pub struct CookieJar(Vec<(String, String)>);

impl CookieJar {
    /// Reads every `Cookie` header.
    pub fn read(headers: &HeaderMap) -> Self {
        let pairs = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let pairs = pairs
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The value of a cookie; the first where a browser sent two.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The names that begin with `prefix`.
    pub fn names_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(move |name| name.starts_with(prefix))
    }

    /// Whether the browser sent none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How cookies are named and marked at our origin.
#[derive(Debug, Clone, Copy)]
pub struct CookieStyle {
    /// The origin is https. Over loopback http, for the demo and tests, browsers refuse
    /// the `__Host-` prefix.
    pub secure: bool,
}

impl CookieStyle {
    /// The full name of one of our cookies.
    pub fn name(self, base: &str) -> String {
        if self.secure {
            format!("__Host-{base}")
        } else {
            format!("portner-{base}")
        }
    }

    /// A `Set-Cookie` value. Without `max_age` (seconds) the cookie ends with the browser's session.
    pub fn set(self, base: &str, value: &str, max_age: Option<u32>) -> Option<HeaderValue> {
        let age = max_age
            .map(|seconds| format!("; Max-Age={seconds}"))
            .unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(base);
        HeaderValue::from_str(&format!(
            "{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"
        ))
        .ok()
    }

    /// A `Set-Cookie` value that takes the cookie away.
    pub fn clear(self, base: &str) -> Option<HeaderValue> {
        self.set(base, "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_from_every_header_and_odd_ones_are_passed_over() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; broken; b=x=y"));
        headers.append(COOKIE, HeaderValue::from_static("a=2"));
        let jar = CookieJar::read(&headers);
        assert_eq!(
            (jar.get("a"), jar.get("b"), jar.get("broken")),
            (Some("1"), Some("x=y"), None)
        );
    }

    #[test]
    fn https_cookies_are_bound_to_the_host() {
        let set = CookieStyle { secure: true }.set("session", "v", Some(5)).unwrap();
        assert_eq!(
            set,
            "__Host-session=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=5"
        );
    }
}
