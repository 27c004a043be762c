//! A registered party in lines, with the words that its file uses: what one debugs with.

use std::fmt::Display;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};

use super::output::Output;
use crate::ambient::{Clock as _, SystemClock};
use crate::domain::assurance::{Assurance, NsisLevel};
use crate::domain::attribute::Attribute;
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::Domain;
use crate::domain::service::AllowedUpstreams;
use crate::domain::text::{Language, LocalizedName};
use crate::keys::SigningAlgorithm;
use crate::oidc::client::Scope;
use crate::saml::peer::{AssertionSecrecy, EncryptWhat, SignWhat, SsoEndpoints, WantedSignatures};
use crate::saml::xml::names::{DS, MD};
use crate::saml::xml::{AcceptedCiphers, ContentCipher, Document, KeyTransport, Limits};
use crate::saml::{SamlIdp, SamlService};
use crate::trust::mapping::{AskedLevels, IdentityMapping, LevelWords, SubjectMeaning};
use crate::trust::preset::{self, Role};
use crate::trust::{Service, ServiceProtocol, Upstream, UpstreamProtocol};
use crate::web::serve::tls::expiry;

const SERVICES: &str = "services";
const UPSTREAMS: &str = "upstreams";

/// One line for each fact, the facts below each other.
fn line(output: &mut Output, name: &str, fact: impl Display) {
    output.line(format!("{name:<10} {fact}"));
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}

fn heading(output: &mut Output, role: &str, id: &dyn Display, name: &LocalizedName) {
    line(output, role, format!("{id} ({})", name.in_language(Language::Da)));
}

pub(super) fn show_service(service: &Service, directory: &Path, output: &mut Output) {
    let profile = &service.profile;
    let (protocol, name) = service_name(service);
    heading(output, "service", &profile.id, &profile.name);
    line(output, "protocol", format!("{protocol} {name}"));
    line(output, "start", &profile.start_url);
    match &service.protocol {
        ServiceProtocol::Saml(saml) => {
            show_saml_service(saml, output);
            show_metadata(&directory.join(SERVICES), profile.id.as_str(), output);
        }
        ServiceProtocol::Oidc(client) => {
            for uri in &client.redirect_uris {
                line(output, "redirect", uri.as_str());
            }
            for uri in &client.post_logout_redirect_uris {
                line(output, "logout", uri.as_str());
            }
            line(output, "scopes", list(client.scopes.iter().map(Scope::as_str)));
            line(
                output,
                "pkce",
                if client.needs_pkce() {
                    "required"
                } else {
                    "optional"
                },
            );
        }
        ServiceProtocol::Own(_) => {}
    }
    line(
        output,
        "subject",
        format!("{} in the sector {}", profile.subject.word(), profile.sector),
    );
    line(
        output,
        "gets",
        list(profile.release.attributes().map(Attribute::as_str)),
    );
    if let Some(basis) = profile.release.cpr_basis() {
        line(output, "gets CPR", basis.as_str());
    }
    line(
        output,
        "wanted",
        list(profile.wanted.demands.iter().map(|demand| demand.word())),
    );
    line(
        output,
        "vouching",
        match &profile.upstreams {
            AllowedUpstreams::All => "every upstream".to_owned(),
            AllowedUpstreams::Only(upstreams) => list(upstreams),
        },
    );
    line(output, "enabled", profile.enabled);
    show_settings(
        &directory.join(SERVICES),
        profile.id.as_str(),
        Role::Service,
        output,
    );
}

/// What stands in the party's file and what in its preset: a deviation is seen beside what is usual.
fn show_settings(directory: &Path, id: &str, role: Role, output: &mut Output) {
    let file = std::fs::read_to_string(directory.join(format!("{id}.toml"))).unwrap_or_default();
    output.line("settings that are written down, and where:");
    for setting in preset::settings(&file, role) {
        let place = setting
            .preset
            .map_or_else(|| "its file".to_owned(), |name| format!("preset {name}"));
        output.line(format!("  {:<28} {}  ({place})", setting.name, setting.value));
    }
}

fn show_saml_service(saml: &SamlService, output: &mut Output) {
    for acs in saml.acs.iter() {
        line(
            output,
            "acs",
            format!("{} (index {})", acs.url.as_str(), acs.index),
        );
    }
    let demanded = saml.requests.demands_signature();
    line(output, "requests", if demanded { "signed" } else { "unsigned" });
    let sign = match saml.sign {
        SignWhat::Response => "response",
        SignWhat::Assertion => "assertion",
        SignWhat::Both => "both",
    };
    line(output, "sign", format!("{sign}, {}", signature(saml.signature)));
    let encrypts = saml.encrypt.as_ref().map(|encryption| {
        let what = match encryption.what {
            EncryptWhat::Assertion => "assertion",
            EncryptWhat::NameId => "name-id",
        };
        let cipher = match encryption.method.content {
            ContentCipher::Aes128Gcm => "aes128-gcm",
            ContentCipher::Aes256Gcm => "aes256-gcm",
        };
        let transport = match encryption.method.transport {
            KeyTransport::OaepSha1 => "oaep-sha1",
            KeyTransport::OaepSha256 => "oaep-sha256",
        };
        format!("{what}, {cipher}, {transport}")
    });
    line(output, "encrypt", encrypts.unwrap_or_else(|| "none".to_owned()));
    line(output, "name_id", saml.name_ids.default.uri());
    for format in &saml.name_ids.also {
        line(output, "also", format.uri());
    }
}

pub(super) fn show_upstream(upstream: &Upstream, directory: &Path, output: &mut Output) {
    let profile = &upstream.profile;
    let (protocol, name) = upstream_name(upstream);
    heading(output, "upstream", &profile.id, &profile.name);
    line(output, "protocol", format!("{protocol} {name}"));
    line(output, "kind", profile.kind.word());
    match &upstream.protocol {
        UpstreamProtocol::Central => {}
        UpstreamProtocol::Saml(idp, mapping) => {
            show_idp(idp, output);
            show_metadata(&directory.join(UPSTREAMS), profile.id.as_str(), output);
            show_mapping(mapping, output);
        }
        UpstreamProtocol::Oidc(provider, mapping) => {
            line(output, "client_id", provider.client_id.as_str());
            line(output, "redirect", &provider.redirect_uri);
            line(output, "asks", list(provider.scopes.iter().map(Scope::as_str)));
            let algorithms = provider.algorithms.iter().map(|algorithm| algorithm.as_str());
            line(output, "algorithms", list(algorithms));
            line(output, "userinfo", provider.asks_userinfo);
            show_mapping(mapping, output);
        }
    }
    if !matches!(upstream.protocol, UpstreamProtocol::Central) {
        show_levels(&upstream.levels, output);
    }
    let domains = profile.domains.iter().map(|rule| {
        let under = if rule.with_subdomains { "*." } else { "" };
        format!("{under}{}", rule.domain.to_unicode())
    });
    line(output, "domains", list(domains));
    line(
        output,
        "scopes",
        list(profile.scopes.iter().map(Domain::to_unicode)),
    );
    let entitled = profile.entitled;
    let vouches = [("cpr", entitled.cpr), ("uni-id", entitled.uni_id)];
    let vouches = vouches.into_iter().filter_map(|(word, may)| may.then_some(word));
    line(output, "vouches", list(vouches));
    line(
        output,
        "schools",
        list(profile.institutions.iter().map(InstitutionNumber::as_str)),
    );
    line(output, "ceiling", ceiling(profile.ceiling));
    line(output, "contact", profile.contact.as_deref().unwrap_or("nobody"));
    line(output, "enabled", profile.enabled);
    show_settings(
        &directory.join(UPSTREAMS),
        profile.id.as_str(),
        Role::Upstream,
        output,
    );
}

fn show_idp(idp: &SamlIdp, output: &mut Output) {
    let sso = match &idp.sso {
        SsoEndpoints::Redirect(to) | SsoEndpoints::Both { redirect: to, .. } => (to, "redirect"),
        SsoEndpoints::Post(to) => (to, "post"),
    };
    line(output, "sso", format!("{} ({})", sso.0.as_str(), sso.1));
    line(
        output,
        "signing",
        format!(
            "sign_requests = {}, {}",
            idp.sign_requests,
            signature(idp.signature)
        ),
    );
    let signed = match idp.signed {
        WantedSignatures::Either => "either",
        WantedSignatures::At(SignWhat::Response) => "response",
        WantedSignatures::At(SignWhat::Assertion) => "assertion",
        WantedSignatures::At(SignWhat::Both) => "both",
    };
    line(output, "signed", signed);
    let asked = idp.ask_name_id.as_ref().map_or("none", |format| format.uri());
    line(output, "name_id", asked);
    line(output, "name_hint", idp.hints.name.word());
    line(output, "scoping", idp.hints.scoping);
    let secrecy = match idp.assertions {
        AssertionSecrecy::Optional => "any",
        AssertionSecrecy::Required => "encrypted",
    };
    line(output, "assertions", secrecy);
    line(
        output,
        "accept_cbc",
        idp.ciphers(SystemClock.now()) == AcceptedCiphers::GcmAndCbc,
    );
}

/// As `signature` spells it in the file of a party.
fn signature(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::RsaSha256 => "rsa-sha256",
        SigningAlgorithm::RsaPssSha256 => "rsa-pss-sha256",
        SigningAlgorithm::EcdsaP256Sha256 => "ecdsa-sha256",
    }
}

fn show_levels(levels: &LevelWords, output: &mut Output) {
    let ask = match levels.ask {
        AskedLevels::All => "all",
        AskedLevels::Listed => "listed",
        AskedLevels::None => "none",
    };
    line(output, "levels", format!("ask = {ask}"));
    for (demand, word) in &levels.words {
        line(output, "", format!("{} = {word}", demand.word()));
    }
}

fn show_mapping(mapping: &IdentityMapping, output: &mut Output) {
    let subject = match mapping.subject {
        SubjectMeaning::Opaque => "opaque",
        SubjectMeaning::Cpr => "cpr",
        SubjectMeaning::UniId => "uni-id",
    };
    line(output, "mapping", format!("subject = {subject}"));
    line(output, "", format!("cpr = {}", list(&mapping.cpr)));
    line(output, "", format!("uni_id = {}", list(&mapping.uni_id)));
    let levels = mapping.levels.iter().map(|level| &level.name);
    line(output, "", format!("levels = {}", list(levels)));
}

fn ceiling(ceiling: Assurance) -> String {
    format!(
        "nsis = {}, factors = {}, adult_verified = {}",
        ceiling.nsis.map_or("none", NsisLevel::word),
        ceiling.factors.word(),
        ceiling.adult_verified
    )
}

/// Until when the metadata counts, and its keys as others show them: SHA-256 over the certificate.
fn show_metadata(directory: &Path, id: &str, output: &mut Output) {
    let Some(document) = metadata(directory, id) else {
        return;
    };
    let root = document.root();
    line(
        output,
        "valid",
        root.attribute("validUntil").unwrap_or("without end"),
    );
    for key in root
        .descendants()
        .filter(|element| element.is(MD.uri, "KeyDescriptor"))
    {
        let usage = key.attribute("use").unwrap_or("signing and encryption");
        let certificates = key
            .descendants()
            .filter(|element| element.is(DS.uri, "X509Certificate"));
        for text in certificates.filter_map(|element| element.text().ok()) {
            line(output, "key", format!("{usage}, {}", fingerprint(text)));
        }
    }
}

fn fingerprint(text: &str) -> String {
    let plain: String = text.split_whitespace().collect();
    let Ok(certificate) = BASE64.decode(plain.as_bytes()) else {
        return "not readable".to_owned();
    };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &certificate);
    let until = expiry(&certificate).map_or_else(|| "unknown".to_owned(), |at| at.strftime("%F").to_string());
    format!("sha256 {}, until {until}", HEXLOWER.encode(digest.as_ref()))
}

/// The file that the registration was read from; it was taken then, so faults are told elsewhere.
fn metadata(directory: &Path, id: &str) -> Option<Document> {
    let registration = std::fs::read_to_string(directory.join(format!("{id}.toml"))).ok()?;
    let table: toml::Table = registration.parse().ok()?;
    let named = table.get("saml").and_then(|saml| saml.get("metadata")?.as_str());
    let name = named.map_or_else(|| format!("{id}.xml"), str::to_owned);
    Document::parse(&std::fs::read(directory.join(name)).ok()?, &Limits::METADATA).ok()
}

pub(super) fn service_name(service: &Service) -> (&'static str, &str) {
    match &service.protocol {
        ServiceProtocol::Saml(saml) => ("SAML", saml.entity_id.as_str()),
        ServiceProtocol::Oidc(client) => ("OIDC", client.client_id.as_str()),
        ServiceProtocol::Own(page) => ("own page", page.path()),
    }
}

pub(super) fn upstream_name(upstream: &Upstream) -> (&'static str, &str) {
    match &upstream.protocol {
        UpstreamProtocol::Central => ("own  ", "credential store"),
        UpstreamProtocol::Saml(idp, _) => ("SAML", idp.entity_id.as_str()),
        UpstreamProtocol::Oidc(provider, _) => ("OIDC", provider.issuer.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::assurance::Factors;

    #[test]
    fn a_ceiling_is_told_in_the_words_of_its_file() {
        let told = ceiling(Assurance {
            nsis: Some(NsisLevel::Substantial),
            factors: Factors::Two,
            adult_verified: false,
            ..Assurance::LOWEST
        });
        assert_eq!(told, "nsis = substantial, factors = two, adult_verified = false");
        assert!(ceiling(Assurance::LOWEST).starts_with("nsis = none, factors = one"));
    }

    #[test]
    fn a_key_has_the_fingerprint_that_others_show_and_its_end() {
        let pair = crate::keys::generate::generate(
            crate::keys::generate::KeyKind::P256,
            "test",
            &crate::ambient::Ambient::system(),
        );
        let pem = pair.unwrap().certificate;
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let told = fingerprint(&text);
        assert!(
            told.starts_with("sha256 ") && told.contains(", until 2"),
            "{told}"
        );
        assert_eq!(fingerprint("?"), "not readable");
    }
}
