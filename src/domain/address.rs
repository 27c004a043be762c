//! Which addresses may do without TLS. Who may be called at all is `egress/`'s business.

use url::{Host, Url};

/// Whether an address may be plain http.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Never (B19, E03).
    #[default]
    Refused,
    /// On this machine only: for the demo and for developers.
    OnLoopback,
}

impl PlainHttp {
    /// Whether this http address is taken.
    pub fn admits(self, url: &Url) -> bool {
        self == Self::OnLoopback && is_loopback(url)
    }
}

/// Whether the host is this machine by name or number; no name is looked up.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where users are sent by a link on our pages: a web page, and by https unless it is on this machine.
pub fn fit_for_links(url: Url) -> Result<Url, NoLink> {
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(NoLink),
    }
}

/// Not an address for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("users follow this link: it begins with https://")]
pub struct NoLink;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let admits = |plain: PlainHttp, text: &str| plain.admits(&Url::parse(text).unwrap());
        for here in [
            "http://localhost:1/",
            "http://a.localhost/",
            "http://127.9.9.9/",
            "http://[::1]:8080/",
        ] {
            assert!(admits(PlainHttp::OnLoopback, here), "{here}");
            assert!(!admits(PlainHttp::Refused, here), "{here}");
        }
        for elsewhere in ["http://localhost.example/", "http://10.0.0.1/", "http://[::2]/"] {
            assert!(!admits(PlainHttp::OnLoopback, elsewhere), "{elsewhere}");
        }
    }
}
