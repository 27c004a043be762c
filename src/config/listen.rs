//! Where Portner is reached: its one public origin, its sockets, and the proxies it believes.
//!
//! The origin is configuration and never taken from a request (DR14, F08). The sockets
//! themselves are `web/serve.rs`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use http::HeaderName;
use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use super::file::{FromToml, Section, Wrong, text};
use super::mutual_tls::{self, MutualTls};
use super::problem::Problem;
use super::secret::SecretSource;
use crate::domain::address::is_loopback;

/// The one public address of this installation, such as `https://login.lillekøbing.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

impl Origin {
    /// Reads an origin: https, or http on loopback only; nothing after the host and port.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let safe = match url.scheme() {
            "https" => true,
            "http" => is_loopback(&url),
            _ => false,
        };
        (bare && safe && url.has_host()).then_some(Self(url))
    }

    /// The address of `path` here.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// The origin as browsers spell it in `Origin` headers: without the slash at the end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether browsers reach this origin by https.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether a request's `Host` (or `:authority`) is this origin's; every other is refused with 421 (F08).
    pub fn is_named_by(&self, host: &str) -> bool {
        let here = self.0.host_str().unwrap_or_default();
        let with_port = self.0.port_or_known_default();
        match host
            .strip_suffix(|c: char| c.is_ascii_digit())
            .map(|_| host.rsplit_once(':'))
        {
            Some(Some((name, port))) if !port.contains(']') => {
                name.eq_ignore_ascii_case(here) && port.parse().ok() == with_port
            }
            _ => host.eq_ignore_ascii_case(here) && self.0.port().is_none(),
        }
    }

    /// The port that callers come to.
    pub fn port(&self) -> Option<u16> {
        self.0.port_or_known_default()
    }

    /// The host, in its comparable form.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl fmt::Display for Origin {
    /// Without the slash at the end, as `Origin` headers and issuers have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromToml for Origin {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let expected = "a public origin: https, or http on loopback, and nothing after the host and port";
        text(
            value,
            expected,
            "\"https://login.lillekøbing.example\"",
            Self::parse,
        )
    }
}

/// The sockets, and how what comes in through them is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// Where browsers, services and upstreams come in.
    pub public: Vec<SocketAddr>,
    /// Where health and metrics are; nowhere if absent.
    pub admin: Option<SocketAddr>,
    /// What protects the public sockets.
    pub transport: Transport,
    /// Where programs show client certificates; nowhere if absent.
    pub mutual_tls: Option<MutualTls>,
}

/// What protects the public sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// TLS in this process; proxies may still stand in front.
    Tls {
        /// Where certificate and key are.
        files: TlsFiles,
        /// Whose `X-Forwarded-For` is believed.
        proxies: TrustedProxies,
    },
    /// A proxy ends TLS; nobody else may connect.
    BehindProxy(TrustedProxies),
    /// Plain http to this machine alone.
    Loopback,
}

impl Transport {
    /// Whose `X-Forwarded-For` is believed.
    pub fn proxies(&self) -> &TrustedProxies {
        static NOBODY: TrustedProxies = TrustedProxies {
            networks: Vec::new(),
            certificate_header: None,
        };
        match self {
            Self::Tls { proxies, .. } | Self::BehindProxy(proxies) => proxies,
            Self::Loopback => &NOBODY,
        }
    }
}

/// Where certificate chain and private key are; both are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM, the server's certificate first.
    pub certificate: PathBuf,
    /// PEM, PKCS#8.
    pub key: SecretSource,
}

/// Proxies whose word about the client is believed: its address, and its certificate where a
/// header for that is named. Empty by default (DR14).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    certificate_header: Option<HeaderName>,
}

impl TrustedProxies {
    /// Believes these networks.
    pub fn new(networks: Vec<Network>) -> Self {
        Self {
            networks,
            certificate_header: None,
        }
    }

    /// The same, with what they say of certificates in this header.
    #[must_use]
    pub fn with_certificates_in(self, header: Option<HeaderName>) -> Self {
        Self {
            certificate_header: header,
            ..self
        }
    }

    /// The header that they put client certificates in.
    pub const fn certificate_header(&self) -> Option<&HeaderName> {
        self.certificate_header.as_ref()
    }

    /// Whether `address` is one of them.
    pub fn include(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

/// A network such as `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `address` or `address/prefix`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
        };
        let address: IpAddr = address.parse().ok()?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(widest);
        (prefix <= widest).then_some(Self { address, prefix })
    }

    /// Whether it has a shorter prefix than these, of IPv4 and IPv6.
    pub const fn is_wider_than(&self, (v4, v6): (u8, u8)) -> bool {
        self.prefix < if self.address.is_ipv4() { v4 } else { v6 }
    }

    /// Whether some address lies in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }

    /// Whether it is one address alone.
    pub fn is_one_address(&self) -> bool {
        self.prefix == if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// Whether `address` lies in this network. IPv4 in IPv6 clothes counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(v4) => (32_u32, u128::from(u32::from(v4))),
            IpAddr::V6(v6) => (128, u128::from(v6)),
        };
        let ((width, ours), (their_width, theirs)) = (bits(self.address), bits(address));
        let ignored = width.saturating_sub(u32::from(self.prefix));
        width == their_width
            && ours.checked_shr(ignored).unwrap_or(0) == theirs.checked_shr(ignored).unwrap_or(0)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromToml for Network {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "an address or network",
            "\"10.0.0.7\" or \"10.0.0.0/24\"",
            Self::parse,
        )
    }
}

/// Reads `[listen]`. Whether it goes with the origin is said where that is known.
pub(super) fn read(section: &mut Section<'_>, origin: Option<&Origin>) -> Listening {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let public = section.get_or("public", vec![default]);
    if public.is_empty() {
        section.fault(
            "public",
            Problem::error("listen.public names no address").help("write for example [\"[::]:443\"]"),
        );
    }
    let admin = section.get("admin");
    if admin.is_some_and(|admin| public.contains(&admin)) {
        let problem = Problem::error("listen.admin is also a public address");
        section.fault(
            "admin",
            problem.help("health and metrics need a port of their own, such as 127.0.0.1:9100"),
        );
    }
    let networks: Vec<Network> = section.get_or("trusted_proxies", Vec::new());
    let tls = read_tls(section);
    let mutual_tls = mutual_tls::read(section, origin, tls.as_ref(), !networks.is_empty());
    let header = mutual_tls.as_ref().and_then(|mutual| mutual.header.clone());
    let proxies = TrustedProxies::new(networks).with_certificates_in(header);
    Listening {
        mutual_tls,
        transport: transport(section, origin, tls, proxies, &public),
        public,
        admin,
    }
}

fn read_tls(section: &mut Section<'_>) -> Option<TlsFiles> {
    let written = section.has("tls");
    section.table("tls", |tls| {
        if !written {
            return None;
        }
        let certificate = tls.require("certificate", "the PEM file with the certificate chain");
        let key = tls.require(
            "key",
            "where the private key is, such as { file = \"certs/broker.key\" }",
        );
        Some(TlsFiles {
            certificate: certificate?,
            key: key?,
        })
    })
}

fn transport(
    section: &Section<'_>,
    origin: Option<&Origin>,
    tls: Option<TlsFiles>,
    proxies: TrustedProxies,
    public: &[SocketAddr],
) -> Transport {
    let is_https = origin.map(Origin::is_https);
    if let Some(files) = tls {
        if is_https == Some(false) {
            let problem = Problem::error("listen.tls is set, but the origin is http");
            section.fault("tls", problem.help("write the origin with https://"));
        }
        return Transport::Tls { files, proxies };
    }
    if !proxies.networks.is_empty() {
        return Transport::BehindProxy(proxies);
    }
    if is_https == Some(true) && !section.has("tls") {
        let problem = Problem::error("the origin is https, but nothing here speaks TLS");
        section.fault(
            "public",
            problem.help("add [listen.tls] with certificate and key, or list the proxy that ends TLS in listen.trusted_proxies"),
        );
    }
    if is_https == Some(false) && public.iter().any(|address| !address.ip().is_loopback()) {
        let problem = Problem::error("listen.public is open to the network without TLS");
        section.fault(
            "public",
            problem.help("listen on 127.0.0.1, or use an https origin"),
        );
    }
    Transport::Loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_https_or_loopback_and_nothing_more() {
        for good in [
            "https://login.example",
            "http://localhost:8080",
            "http://127.0.0.1:1/",
            "http://demo.localhost",
        ] {
            assert!(Origin::parse(good).is_some(), "{good}");
        }
        for bad in [
            "http://login.example",
            "https://login.example/path",
            "https://a@login.example",
            "login.example",
            "https://x.example/?a",
        ] {
            assert!(Origin::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_its_own_name_and_port_name_an_origin() {
        let plain = Origin::parse("https://login.example").unwrap();
        assert!(plain.is_named_by("login.example"));
        assert!(plain.is_named_by("LOGIN.example:443"));
        assert!(!plain.is_named_by("login.example:8443"));
        assert!(!plain.is_named_by("login.example.evil.example"));
        assert!(!plain.is_named_by(""));
        let port = Origin::parse("http://[::1]:8080").unwrap();
        assert!(port.is_named_by("[::1]:8080"));
        assert!(!port.is_named_by("[::1]"));
    }

    #[test]
    fn networks_contain_by_prefix_whatever_clothes_an_address_wears() {
        let network = Network::parse("10.1.0.0/16").unwrap();
        assert!(network.contains("10.1.200.3".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.0.1".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(
            Network::parse("0.0.0.0/0")
                .unwrap()
                .contains("192.0.2.1".parse().unwrap())
        );
        assert!(!Network::parse("::1").unwrap().contains("::2".parse().unwrap()));
        assert!(Network::parse("10.0.0.0/33").is_none());
    }
}
