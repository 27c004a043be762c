//! `[listen.mutual_tls]`: where programs reach Portner with a client certificate (RFC 8705).
//!
//! An origin of its own, so that no browser is ever asked for a certificate. TLS ends here, on
//! sockets of its own, or at a listed proxy that hands the certificate on in a header.

use std::net::SocketAddr;
use std::path::PathBuf;

use http::HeaderName;

use super::file::Section;
use super::listen::{Origin, TlsFiles};
use super::problem::Problem;
use super::secret::SecretSource;

/// Where programs with certificates come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutualTls {
    /// What they reach it by.
    pub origin: Origin,
    /// The sockets that end TLS here; none where a proxy does.
    pub sockets: Option<MutualSockets>,
    /// The header that listed proxies put the certificate in (RFC 9440), where they do.
    pub header: Option<HeaderName>,
}

/// Sockets that ask for client certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutualSockets {
    /// The addresses that are listened on, with their ports.
    pub addresses: Vec<SocketAddr>,
    /// Portner's own certificate there.
    pub files: TlsFiles,
}

/// Reads `[listen.mutual_tls]`. `tls` is what browsers are met with, `proxies` whether any is listed.
pub(super) fn read(
    listen: &mut Section<'_>,
    main: Option<&Origin>,
    tls: Option<&TlsFiles>,
    proxies: bool,
) -> Option<MutualTls> {
    let written = listen.has("mutual_tls");
    listen.table("mutual_tls", |section| {
        if !written {
            return None;
        }
        let origin: Option<Origin> = section.require(
            "origin",
            "where clients with certificates come in, such as \"https://mtls.login.example\"",
        );
        if origin.as_ref().is_some_and(|origin| !origin.is_https()) {
            let problem = Problem::error("certificates are shown over https alone");
            section.fault("origin", problem.help("write the origin with https://"));
        }
        if origin.is_some() && origin.as_ref() == main {
            let problem = Problem::error("this is the origin that browsers come to");
            section.fault(
                "origin",
                problem.help("give it another host or port: browsers would ask people for a certificate"),
            );
        }
        let sockets = read_sockets(section, tls);
        let header = read_header(section, proxies);
        if sockets.is_none() && !section.has("addresses") && header.is_none() && !section.has("header") {
            let problem = Problem::error("nothing here takes client certificates");
            section.fault(
                "origin",
                problem.help("add addresses = [\"[::]:8443\"], or header = \"client-cert\" where a listed proxy ends TLS"),
            );
        }
        Some(MutualTls {
            origin: origin?,
            sockets,
            header,
        })
    })
}

fn read_sockets(section: &mut Section<'_>, tls: Option<&TlsFiles>) -> Option<MutualSockets> {
    let addresses: Vec<SocketAddr> = section.get_or("addresses", Vec::new());
    let certificate: Option<PathBuf> = section.get("certificate");
    let key: Option<SecretSource> = section.get("key");
    if addresses.is_empty() {
        return None;
    }
    let own = certificate
        .zip(key)
        .map(|(certificate, key)| TlsFiles { certificate, key });
    let files = own.or_else(|| tls.cloned());
    if files.is_none() {
        let problem = Problem::error("there is no certificate for these addresses");
        section.fault(
            "addresses",
            problem.help("add certificate and key here, or [listen.tls]"),
        );
    }
    Some(MutualSockets {
        addresses,
        files: files?,
    })
}

fn read_header(section: &mut Section<'_>, proxies: bool) -> Option<HeaderName> {
    let written: Option<String> = section.get("header");
    let name = section.checked("header", HeaderName::try_from(written?.to_ascii_lowercase()))?;
    if !proxies {
        let problem = Problem::error("certificates in a header are believed of listed proxies alone");
        section.fault("header", problem.help("list the proxy in listen.trusted_proxies"));
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;
    use crate::config::problem::Source;

    fn faults(listen: &str, mutual: &str) -> String {
        let text = format!(
            "origin = \"https://login.example\"\n[listen]\n{listen}\n[listen.mutual_tls]\n{mutual}\n"
        );
        match Settings::parse(&Source::new("portner.toml", &text)) {
            Ok(settings) => {
                assert!(settings.listen.mutual_tls.is_some());
                String::new()
            }
            Err(problems) => problems.to_string(),
        }
    }

    const PROXY: &str = "trusted_proxies = [\"10.0.0.1\"]";
    const TLS: &str = "tls = { certificate = \"a.crt\", key = { file = \"a.key\" } }";

    #[test]
    fn certificates_come_by_sockets_of_their_own_or_by_a_listed_proxy() {
        let origin = "origin = \"https://mtls.login.example\"\n";
        let by = |listen: &str, how: &str| faults(listen, &format!("{origin}{how}"));
        assert_eq!(by(TLS, "addresses = [\"127.0.0.1:8443\"]"), "");
        assert_eq!(by(PROXY, "header = \"Client-Cert\""), "");
        assert!(by(TLS, "header = \"Client-Cert\"").contains("listed proxies alone"));
        assert!(by(PROXY, "addresses = [\"127.0.0.1:8443\"]").contains("no certificate for these"));
        assert!(by(TLS, "").contains("nothing here takes client certificates"));
        let at = |origin: &str| {
            faults(
                TLS,
                &format!("origin = \"{origin}\"\naddresses = [\"127.0.0.1:8443\"]"),
            )
        };
        assert!(at("https://login.example").contains("that browsers come to"));
        assert!(at("http://localhost:8443").contains("over https alone"));
        assert_eq!(at("https://login.example:8443"), "");
    }
}
