//! Which certificate a request's client has shown: in the handshake with us, or to a listed
//! proxy that says so in a header. What anybody else writes there is nothing.

use std::net::IpAddr;
use std::sync::Arc;

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName};
use percent::decoded;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::config::listen::TrustedProxies;
use crate::oidc::client_certificate::ClientCertificate;

/// The certificate of a request's client, in its request's extensions.
#[derive(Debug, Clone)]
pub struct ShownCertificate(pub Arc<ClientCertificate>);

impl ShownCertificate {
    /// That of a handshake.
    pub(super) fn of_handshake(certificates: Option<&[CertificateDer<'_>]>) -> Option<Self> {
        let (leaf, between) = certificates?.split_first()?;
        let between = between.iter().map(|der| der.as_ref().to_vec());
        ClientCertificate::of_der(leaf, between).map(|shown| Self(Arc::new(shown)))
    }

    /// What a listed proxy wrote into the configured header (RFC 9440), and into `Client-Cert-Chain`.
    pub(super) fn of_proxy(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> Option<Self> {
        let header = proxies.certificate_header()?;
        if !proxies.include(peer) {
            return None;
        }
        let mut lines = headers.get_all(header).iter();
        let line = lines.next()?;
        // A second line is somebody else's.
        let read = match lines.next() {
            None => line.to_str().ok().and_then(certificate),
            Some(_) => None,
        };
        let shown = read.and_then(|leaf| ClientCertificate::of_der(&leaf, chain(headers)));
        if shown.is_none() {
            tracing::warn!(%header, "the client certificate of a proxy's header cannot be read");
        }
        shown.map(|shown| Self(Arc::new(shown)))
    }
}

/// A byte sequence of RFC 9440, or PEM with percent signs as nginx writes it.
fn certificate(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if let Some(bytes) = byte_sequence(text) {
        return Some(bytes);
    }
    let pem = decoded(text)?;
    Some(CertificateDer::from_pem_slice(&pem).ok()?.as_ref().to_vec())
}

fn byte_sequence(text: &str) -> Option<Vec<u8>> {
    let encoded = text.strip_prefix(':')?.strip_suffix(':')?;
    BASE64.decode(encoded.as_bytes()).ok()
}

fn chain(headers: &HeaderMap) -> Vec<Vec<u8>> {
    const CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
    let lines = headers
        .get_all(CHAIN)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .filter_map(|item| byte_sequence(item.trim()))
        .collect()
}

mod percent {
    /// Undoes percent encoding; `+` stands for itself, as base64 has it.
    pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            if *byte == b'%' {
                let (digits, after) = after.split_at_checked(2)?;
                let digits = std::str::from_utf8(digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            } else {
                bytes.push(*byte);
            }
        }
        Some(bytes)
    }
}

/// Takes any certificate whose key the client has. Whose it is, is the client's registration to
/// say: each client has authorities of its own, or certificates that nobody vouches for.
#[derive(Debug)]
pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        // Clients that prove themselves otherwise may come here too.
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        ClientCertificate::of_der(certificate, [])
            .map(|_| ClientCertVerified::assertion())
            .ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::listen::Network;

    use super::*;

    fn shown(peer: &str, headers: &[(&'static str, String)], header: Option<&'static str>) -> bool {
        let proxies = TrustedProxies::new(vec![Network::parse("10.0.0.0/8").unwrap()])
            .with_certificates_in(header.map(HeaderName::from_static));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        ShownCertificate::of_proxy(peer.parse().unwrap(), &map, &proxies).is_some()
    }

    #[test]
    fn only_a_listed_proxy_is_believed_and_only_in_the_configured_header() {
        let key = rcgen::generate_simple_self_signed(vec!["klient.example".to_owned()]).unwrap();
        let rfc = format!(":{}:", BASE64.encode(key.cert.der()));
        let pem = key
            .cert
            .pem()
            .replace(' ', "%20")
            .replace('\n', "%0A")
            .replace('+', "%2B");
        let set = Some("client-cert");
        for value in [&rfc, &pem] {
            let header = [("client-cert", value.clone())];
            assert!(shown("10.0.0.1", &header, set), "{value}");
            assert!(!shown("192.0.2.7", &header, set), "a stranger");
            assert!(!shown("10.0.0.1", &header, None), "nothing is configured");
            assert!(!shown("10.0.0.1", &header, Some("x-cert")), "another header");
            let twice = [("client-cert", value.clone()), ("client-cert", value.clone())];
            assert!(!shown("10.0.0.1", &twice, set), "one of them is the client's own");
        }
        for nonsense in [
            "",
            ":",
            "::",
            ":AAAA:",
            "%",
            "%2",
            "x",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert!(
                !shown("10.0.0.1", &[("client-cert", nonsense.to_owned())], set),
                "{nonsense}"
            );
        }
    }
}
