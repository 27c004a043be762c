//! Which certificate a client proves who it is by (RFC 8705 §2), as its `[oidc]` table says.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use data_encoding::BASE64;
use jiff::SignedDuration;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use super::certified::{read_chain, vouchers};
use super::load::{PartyFile, Terms};
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::keys::chain::{Authorities, Revocation};
use crate::oidc::client_certificate::{
    CertificateName, CertificateRule, ClientCertificate, DistinguishedName, Vouchers,
};

/// `tls_client_auth`: the authorities of this client, and the one name that its certificate has. Where
/// what they have taken back counts as well, all of it is in `[oidc.chain]`.
pub(super) fn read_vouched(
    section: &mut Section<'_>,
    file: &PartyFile,
    terms: &Terms<'_>,
) -> Option<CertificateRule> {
    const ROOTS: &str = "tls_client_auth_authorities";
    let vouchers = if section.has("chain") {
        if section.has(ROOTS) {
            let problem = Problem::error("who vouches for this client is said in two places");
            section.fault(
                ROOTS,
                problem.help("keep `roots` of [oidc.chain], and remove this line"),
            );
        }
        let chain = read_chain(section, file);
        chain.map(|chain| vouchers(section, chain, terms))
    } else {
        let roots: Option<String> = section.require(
            ROOTS,
            "the file beside this one with the certificates of who vouches for this client (PEM)",
        );
        let roots = roots.and_then(|name| contents(section, ROOTS, &name, file));
        let read = |roots: Vec<u8>| {
            let authorities = Authorities::read(&roots, &[], Revocation::Unchecked, SignedDuration::ZERO);
            section.checked(ROOTS, authorities)
        };
        let authorities = roots.and_then(read);
        authorities.map(|authorities| Vouchers {
            authorities,
            lists: Vec::new(),
        })
    };
    let name = read_name(section);
    Some(CertificateRule::Vouched {
        vouchers: Arc::new(vouchers?),
        name: name?,
    })
}

/// Exactly one of the names of RFC 8705 §2.1.2.
fn read_name(section: &mut Section<'_>) -> Option<CertificateName> {
    const SUBJECT: &str = "tls_client_auth_subject_dn";
    let subject: Option<String> = section.get(SUBJECT);
    let written = subject.is_some();
    let subject = subject.and_then(|text| section.checked(SUBJECT, DistinguishedName::parse(&text)));
    let dns: Option<String> = section.get("tls_client_auth_san_dns");
    let uri: Option<String> = section.get("tls_client_auth_san_uri");
    let ip: Option<IpAddr> = section.get("tls_client_auth_san_ip");
    let email: Option<String> = section.get("tls_client_auth_san_email");
    let given = [
        subject.map(CertificateName::Subject),
        dns.map(CertificateName::Dns),
        uri.map(CertificateName::Uri),
        ip.map(CertificateName::Ip),
        email.map(CertificateName::Email),
    ];
    let mut names = given.into_iter().flatten();
    match (names.next(), names.next()) {
        (Some(name), None) => Some(name),
        // A faulty subject has been told already.
        (None, _) if written => None,
        _ => {
            let problem = Problem::error("this client's certificate needs exactly one name");
            section.fault(
                "authentication",
                problem.help("write tls_client_auth_subject_dn = \"CN=client,O=Example,C=DK\" or one of tls_client_auth_san_dns, _uri, _ip and _email"),
            );
            None
        }
    }
}

/// `self_signed_tls_client_auth`: the certificates themselves, in PEM or in the `x5c` of a JWK Set.
pub(super) fn read_registered(
    section: &mut Section<'_>,
    jwks: Option<&str>,
    file: &PartyFile,
) -> Option<CertificateRule> {
    let pem: Option<String> = section.get("certificates");
    let mut known = BTreeSet::new();
    if let Some(name) = &pem {
        let pem = contents(section, "certificates", name, file)?;
        let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        known.extend(certificates.map(|certificate| certificate.as_ref().to_vec()));
    }
    if let Some(name) = jwks {
        known.extend(first_of_x5c(&contents(section, "jwks", name, file)?));
    }
    known.retain(|der| ClientCertificate::of_der(der, []).is_some());
    if known.is_empty() {
        let problem = Problem::error("this client has no certificate");
        let key = if pem.is_some() {
            "certificates"
        } else {
            "authentication"
        };
        section.fault(
            key,
            problem.help("add certificates = \"name.crt.pem\", a file beside this one with the client's certificate; or jwks with x5c"),
        );
        return None;
    }
    Some(CertificateRule::Registered(known))
}

/// The certificates around the keys of a JWK Set (RFC 7517 §4.7).
fn first_of_x5c(json: &[u8]) -> Vec<Vec<u8>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Key>,
    }
    #[derive(Deserialize)]
    struct Key {
        #[serde(default)]
        x5c: Vec<String>,
    }
    let set: Option<Set> = serde_json::from_slice(json).ok();
    let keys = set.map(|set| set.keys).unwrap_or_default();
    let first = |key: Key| BASE64.decode(key.x5c.first()?.as_bytes()).ok();
    keys.into_iter().filter_map(first).collect()
}

fn contents(section: &Section<'_>, key: &str, name: &str, file: &PartyFile) -> Option<Vec<u8>> {
    let read = std::fs::read(file.beside(name));
    let unreadable = |error: std::io::Error| {
        let problem = Problem::error(format!("{name} cannot be read: {error}"));
        section.fault(key, problem.help("put the file beside this one"));
    };
    read.map_err(unreadable).ok()
}
