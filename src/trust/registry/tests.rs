//! A registry of the size of a nation.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::domain::address::PlainHttp;
use crate::domain::assurance::Assurance;
use crate::domain::text::LocalizedName;
use crate::domain::upstream::{DomainRule, Entitlements, SessionRules};
use crate::saml::peer::{EndpointUrl, EntityId, SsoEndpoints, TrustedKeys};
use crate::saml::xml::VerifyingKey;

use super::*;

fn upstream(number: usize, key: &VerifyingKey) -> Upstream {
    let domain = format!("kommune{number}.example");
    let id = UpstreamId::parse(&format!("kommune{number}")).unwrap();
    let sso = EndpointUrl::parse(&format!("https://idp.{domain}/sso"), PlainHttp::Refused).unwrap();
    let idp = SamlIdp {
        encrypt: None,
        entity_id: EntityId::parse(&format!("https://idp.{domain}/metadata")).unwrap(),
        sso: SsoEndpoints::Redirect(sso),
        keys: TrustedKeys::new(vec![key.clone()]).unwrap(),
        sign_requests: true,
        signature: crate::keys::SigningAlgorithm::default(),
        signed: crate::saml::peer::WantedSignatures::default(),
        ask_name_id: None,
        hints: crate::saml::peer::RequestHints::default(),
        assertions: crate::saml::peer::AssertionSecrecy::default(),
        cbc_until: None,
        skew: crate::saml::peer::Skew::default(),
        logout: crate::saml::peer::LogoutEndpoints::default(),
    };
    let rule = DomainRule {
        domain: Domain::parse(&domain).unwrap(),
        with_subdomains: true,
    };
    Upstream {
        levels: LevelWords::default(),
        profile: UpstreamProfile {
            id,
            kind: UpstreamKind::Local,
            name: LocalizedName::new(format!("Østerkøbing Kommune nr. {number}")),
            scopes: BTreeSet::from([rule.domain.clone()]),
            domains: vec![rule],
            entitled: Entitlements::default(),
            institutions: BTreeSet::new(),
            ceiling: Assurance::LOWEST,
            contact: None,
            privileges: crate::domain::privilege::PrivilegeTrust::Nobody,
            error_url: None,
            public_bodies_only: false,
            administrators: false,
            enabled: true,
            sessions: SessionRules {
                shared: true,
                told_of_logout: true,
            },
            hidden: false,
            evidence: crate::domain::evidence::EvidenceRule::default(),
        },
        protocol: UpstreamProtocol::Saml(Arc::new(idp), Arc::default()),
        validity: Validity::default(),
        registrar: Registrar::File,
    }
}

fn key() -> VerifyingKey {
    use crate::keys::generate::{KeyKind, generate};
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let made = generate(KeyKind::Rsa2048, "idp", &crate::ambient::Ambient::system()).unwrap();
    let der = CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap();
    VerifyingKey::from_certificate_der(&der).unwrap()
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn ten_thousand() -> Registry {
    let key = key();
    let upstreams = (0..10_000).map(|number| upstream(number, &key));
    let (registry, clashes) = Registry::build(Vec::<Service>::new(), upstreams);
    assert!(clashes.is_empty());
    registry
}

#[test]
fn ten_thousand_upstreams_are_found_quickly() {
    let registry = ten_thousand();
    let begun = Instant::now();
    let found = registry.search("østerkøb 777", &AllowedUpstreams::All, 20);
    assert_eq!(found[0].profile.id.as_str(), "kommune777");
    let unknown = Domain::parse("komune4711.example").unwrap();
    let nearest = registry.nearest_domain(&unknown, &AllowedUpstreams::All).unwrap();
    assert_eq!(nearest.as_str(), "kommune4711.example");
    let school = Domain::parse("skole.kommune9999.example").unwrap();
    let found = registry.upstream_by_domain(&school).unwrap();
    assert_eq!(found.profile.id.as_str(), "kommune9999");
    // In a build without optimisation on a busy machine; the goal for the search is 5 ms.
    assert!(begun.elapsed().as_millis() < 1_500, "{:?}", begun.elapsed());
}

/// Other tests' memory would be counted too, so it measures in a process of its own.
#[test]
fn ten_thousand_upstreams_are_small() {
    const ALONE: &str = "PORTNER_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let test = "trust::registry::tests::ten_thousand_upstreams_are_small";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ALONE, "yes")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains(" upstreams, "), "{told}");
        return;
    }
    // Two thirds of it are the keys: each is held parsed, beside its bytes.
    // What making a key costs is not the registry's.
    let warm = key();
    let before = resident();
    let registry = ten_thousand();
    let grown = resident().saturating_sub(before);
    println!("{} upstreams, {} KiB", registry.upstreams().len(), grown / 1024);
    assert!(grown < 32 << 20, "{grown} bytes");
    drop(warm);
}
