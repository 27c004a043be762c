//! One file of `metadata/upstreams/`: an upstream, what its word is good for, what it speaks.
//!
//! `name.toml` with an `[oidc]` table is an OpenID Connect provider; with kind `central` it
//! is our own credential store; otherwise `name.xml` beside it is its SAML metadata.

use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::config::secret::SecretSource;
use crate::domain::assurance::{Assurance, Factors};
use crate::domain::eid::{CvrNumber, EidScheme};
use crate::domain::error_url::ErrorUrl;
use crate::domain::evidence::EvidenceRule;
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::Domain;
use crate::domain::privilege::PrivilegeTrust;
use crate::domain::text::LocalizedName;
use crate::domain::upstream::{
    DomainRule, Entitlements, SessionRules, UpstreamId, UpstreamKind, UpstreamProfile,
};
use crate::oidc::client::{
    ClientId, Endpoints, Issuer, LogoutBinding, OidcUpstream, Scope, UpstreamAuthentication,
};
use crate::oidc::jwk::JwsAlgorithm;

use super::load::{Given, PartyFile, Terms};
use super::mapping::{self, Names, SubjectMeaning};
use super::registry::{Upstream, UpstreamProtocol};
use super::saml_idp;
use super::validity::Validity;

/// Reads an upstream; nothing where the file does not make one.
pub(super) fn read(file: &PartyFile, section: &mut Section<'_>, terms: &Terms<'_>) -> Option<Upstream> {
    let id = UpstreamId::parse(&file.short_name);
    if id.is_none() {
        let problem = Problem::error(format!("{} cannot be a short name", file.short_name));
        section.fault(
            "",
            problem.help("rename the file: 1 to 64 of a-z, 0-9, -, _ and ."),
        );
    }
    let profile = read_profile(section, id.clone(), file.given.as_ref());
    let is_central = matches!(&profile, Some(profile) if profile.kind == UpstreamKind::Central);
    let eid = read_eid(section, profile.as_ref());
    // It is for telling CPR numbers that one asks the national eID.
    let profile = profile.map(|mut profile| {
        profile.entitled.cpr |= eid.is_some() && !section.has("vouches_for");
        profile
    });
    let (protocol, described) = if is_central {
        (UpstreamProtocol::Central, None)
    } else if section.has("oidc") {
        let mapping = section.table("mapping", |mapping| mapping::read(mapping, Names::Oidc, eid));
        let provider = section.table("oidc", |oidc| read_provider(oidc, id, terms));
        let provider = Box::new(provider?);
        (UpstreamProtocol::Oidc(provider, Arc::new(mapping)), None)
    } else {
        let mapping = section.table("mapping", |mapping| mapping::read(mapping, Names::Saml, eid));
        let idp = section.table("saml", |saml| saml_idp::read_idp(saml, file, terms));
        let (idp, described) = idp?;
        (
            UpstreamProtocol::Saml(Arc::new(idp), Arc::new(mapping)),
            Some(described),
        )
    };
    let mut profile = profile?;
    let mut validity = Validity::default();
    if let Some(described) = described {
        validity = described.validity;
        if !section.has("hidden") {
            profile.hidden = described.about.hides();
        }
        profile.contact = profile.contact.or(described.about.contact);
        profile.error_url = profile.error_url.or(described.about.error_url);
    }
    if profile.kind == UpstreamKind::Local && profile.contact.is_none() && file.given.is_none() {
        let problem = Problem::warning("nobody is named to call when this upstream's answers are refused");
        section.fault("", problem.help("add contact = \"it@lillekøbing.example\""));
    }
    let levels = section.table("levels", mapping::read_levels);
    let upstream = Upstream {
        levels,
        profile,
        protocol,
        validity,
        registrar: file.registrar(),
    };
    report_idle_word(section, &upstream);
    Some(upstream)
}

fn read_profile(
    section: &mut Section<'_>,
    id: Option<UpstreamId>,
    given: Option<&Given>,
) -> Option<UpstreamProfile> {
    let kind: Option<UpstreamKind> = section.require("kind", "\"local\", \"national-eid\" or \"central\"");
    let name: Option<LocalizedName> = match given {
        Some(given) => Some(section.get_or("name", given.name.clone())),
        None => section.require("name", "what users know it as"),
    };
    let (their_domains, their_scopes) = given.map_or_else(Default::default, |given| {
        (given.domains.clone(), given.scopes.clone())
    });
    let domains: Vec<DomainRule> = section.get_or("domains", their_domains);
    let scopes: Vec<Domain> = section.get_or("scopes", their_scopes);
    let entitled = read_entitlements(section);
    let ceiling = section.table("ceiling", read_ceiling);
    let privileges = read_privileges(section);
    let contact = section.get("contact");
    let error_url: Option<String> = section.get("error_url");
    let error_url = error_url.and_then(|text| section.checked("error_url", ErrorUrl::parse(&text)));
    let institutions: Vec<InstitutionNumber> = section.get_or("institutions", Vec::new());
    if kind == Some(UpstreamKind::Local) && institutions.is_empty() {
        let problem =
            Problem::error("a local upstream that is tied to no institution could vouch for anybody");
        section.fault(
            "institutions",
            problem.help("add institutions = [\"A12345\", …]: those whose people it may vouch for"),
        );
    }
    let public_bodies_only = section.get_or("public_bodies_only", false);
    let administrators = section.get_or("administrators", kind == Some(UpstreamKind::NationalEid));
    let evidence = EvidenceRule::of(section.get_or("evidence", false));
    let (enabled, hidden) = (section.get_or("enabled", true), section.get_or("hidden", false));
    // A SAML upstream says in its metadata that it wants to be told. An OpenID provider must know
    // the address to send the user back to first, so that is for the operator to say.
    let sessions = SessionRules {
        shared: section.get_or("single_sign_on", true),
        told_of_logout: section.get_or("single_logout", !section.has("oidc")),
    };
    Some(UpstreamProfile {
        id: id?,
        kind: kind?,
        name: name?,
        domains,
        scopes: scopes.into_iter().collect(),
        entitled,
        institutions: institutions.into_iter().collect(),
        ceiling,
        privileges,
        contact,
        error_url,
        public_bodies_only,
        administrators,
        enabled,
        hidden,
        sessions,
        evidence,
    })
}

/// The scheme of a national eID. A school's own login does not become one by speaking like it.
fn read_eid(section: &mut Section<'_>, profile: Option<&UpstreamProfile>) -> Option<EidScheme> {
    let eid = section.word("eid", &EidScheme::WORDS)?;
    if profile.is_some_and(|profile| profile.kind != UpstreamKind::NationalEid) {
        let problem = Problem::error("only an upstream of kind \"national-eid\" speaks for the national eID");
        section.fault(
            "eid",
            problem.help("write kind = \"national-eid\", or remove eid"),
        );
    }
    if eid.is_saml() == section.has("oidc") {
        let (spoken, there) = if eid.is_saml() {
            ("SAML", "an")
        } else {
            ("OpenID Connect", "no")
        };
        let problem = Problem::error(format!(
            "this scheme is spoken in {spoken}, and there is {there} [oidc] here"
        ));
        section.fault(
            "eid",
            problem.help("see the manual's chapter on local identity providers and eIDs"),
        );
    }
    Some(eid)
}

fn read_entitlements(section: &mut Section<'_>) -> Entitlements {
    let words: Vec<String> = section.get_or("vouches_for", Vec::new());
    let mut entitled = Entitlements::default();
    for word in &words {
        match word.as_str() {
            "cpr" => entitled.cpr = true,
            "uni-id" => entitled.uni_id = true,
            other => {
                let problem = Problem::error(format!("nobody can vouch for {other}"));
                section.fault("vouches_for", problem.help("write \"cpr\", \"uni-id\" or both"));
            }
        }
    }
    entitled
}

/// `privileges_for`: CVR numbers, or `"*"` for a register of all privileges.
fn read_privileges(section: &mut Section<'_>) -> PrivilegeTrust {
    let words: Vec<String> = section.get_or("privileges_for", Vec::new());
    if words == ["*"] {
        return PrivilegeTrust::Everybody;
    }
    let numbers = words.iter().filter_map(|word| {
        let number = CvrNumber::parse(word);
        if number.is_none() {
            let problem = Problem::error(format!("{word} is no CVR number"));
            section.fault(
                "privileges_for",
                problem.help("write eight digits for each company or authority, or [\"*\"] for all"),
            );
        }
        number
    });
    let numbers: std::collections::BTreeSet<_> = numbers.collect();
    if numbers.is_empty() {
        PrivilegeTrust::Nobody
    } else {
        PrivilegeTrust::Companies(numbers)
    }
}

fn read_ceiling(section: &mut Section<'_>) -> Assurance {
    Assurance {
        nsis: section.get("nsis"),
        factors: section.get_or("factors", Factors::One),
        adult_verified: section.get_or("adult_verified", false),
        ..Assurance::LOWEST
    }
}

/// An upstream whose word counts for nothing can log nobody in.
fn report_idle_word(section: &Section<'_>, upstream: &Upstream) {
    let entitled = upstream.profile.entitled;
    let mapping = match &upstream.protocol {
        UpstreamProtocol::Central => return,
        UpstreamProtocol::Saml(_, mapping) | UpstreamProtocol::Oidc(_, mapping) => mapping,
    };
    if !entitled.cpr && !entitled.uni_id {
        let problem = Problem::error("this upstream may vouch for nothing, so it can log nobody in");
        section.fault(
            "vouches_for",
            problem.help("write vouches_for = [\"cpr\"], [\"uni-id\"] or both"),
        );
    }
    let ignored = match mapping.subject {
        SubjectMeaning::Cpr => !entitled.cpr,
        SubjectMeaning::UniId => !entitled.uni_id,
        SubjectMeaning::Opaque => false,
    };
    if ignored {
        let problem =
            Problem::error("its subject names people by what it may not vouch for, and would be ignored");
        section.fault(
            "vouches_for",
            problem.help("add what mapping.subject says, or change mapping.subject"),
        );
    }
}

fn read_provider(
    section: &mut Section<'_>,
    id: Option<UpstreamId>,
    terms: &Terms<'_>,
) -> Option<OidcUpstream> {
    let issuer: Option<String> =
        section.require("issuer", "the provider's name, as in its discovery document");
    let issuer = issuer.and_then(|text| section.checked("issuer", Issuer::parse(&text, terms.plain_http())));
    let client_id: Option<String> = section.require("client_id", "our name there");
    let client_id = client_id.and_then(|text| section.checked("client_id", ClientId::parse(&text)));
    let scopes = section.checked_list("scopes", Scope::parse);
    let algorithms = section.checked_list("algorithms", |text| {
        JwsAlgorithm::parse(text).ok_or(UnknownAlgorithm)
    });
    let authentication = read_authentication(section, terms);
    let endpoints = read_endpoints(section, issuer.as_ref());
    let asks_userinfo = section.get_or("userinfo", false);
    let parameters = section.checked_list("parameters", read_parameter);
    let ways = [("post", LogoutBinding::Post), ("get", LogoutBinding::Get)];
    let logout_by = section.word("logout", &ways);
    let id = id?;
    Some(OidcUpstream {
        redirect_uri: terms.origin.at(&format!("{}{id}", super::load::CALLBACK_PATH)),
        id,
        issuer: issuer?,
        client_id: client_id?,
        authentication: authentication?,
        scopes: scopes.into_iter().chain([Scope::openid()]).collect(),
        algorithms: if algorithms.is_empty() {
            JwsAlgorithm::ALL.into_iter().collect()
        } else {
            algorithms.into_iter().collect()
        },
        endpoints,
        asks_userinfo,
        parameters,
        logout_by: logout_by.unwrap_or_default(),
    })
}

#[derive(Debug, thiserror::Error)]
#[error("not a signature algorithm that is believed (ES256, RS256, PS256 or EdDSA)")]
struct UnknownAlgorithm;

/// What requests are made of: none of it is for an operator to say.
const OWN_PARAMETERS: [&str; 20] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "id_token_hint",
    "acr_values",
    "prompt",
    "max_age",
    "ui_locales",
    "claims",
    "registration",
    "request",
    "request_uri",
    "dpop_jkt",
];

/// `name=value`, told with each request.
fn read_parameter(text: &str) -> Result<(String, String), NotAParameter> {
    let (name, value) = text.split_once('=').ok_or(NotAParameter::Shape)?;
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name(name) || value.is_empty() {
        return Err(NotAParameter::Shape);
    }
    if OWN_PARAMETERS.contains(&name) {
        return Err(NotAParameter::Own);
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Debug, thiserror::Error)]
enum NotAParameter {
    #[error("a parameter is written as \"name=value\"")]
    Shape,
    #[error("this is said by Portner itself, differently in each request")]
    Own,
}

fn read_endpoints(section: &mut Section<'_>, issuer: Option<&Issuer>) -> Option<Endpoints> {
    if !section.has("endpoints") {
        return None;
    }
    // Where a provider may be plain http at all, which the issuer has decided, its addresses may too.
    let plain_is_known = issuer.is_some_and(|issuer| issuer.as_str().starts_with("http:"));
    let is_usable = |url: &Url| url.scheme() == "https" || plain_is_known && url.scheme() == "http";
    section.table("endpoints", |endpoints| {
        let authorization = endpoints.require("authorization", "where users are sent");
        let token = endpoints.require("token", "where codes become tokens");
        let jwks = endpoints.require("jwks", "where its keys are");
        let (userinfo, end_session) = (endpoints.get("userinfo"), endpoints.get("end_session"));
        let written: [(&str, &Option<Url>); 5] = [
            ("authorization", &authorization),
            ("token", &token),
            ("jwks", &jwks),
            ("userinfo", &userinfo),
            ("end_session", &end_session),
        ];
        for (name, url) in written {
            if url.as_ref().is_some_and(|url| !is_usable(url)) {
                let problem = Problem::error("users, codes and tokens would travel unencrypted");
                endpoints.fault(name, problem.help("write an address that begins with https://"));
            }
        }
        Some(Endpoints {
            authorization: authorization?,
            token: token?,
            jwks: jwks?,
            userinfo,
            end_session,
        })
    })
}

fn read_authentication(section: &mut Section<'_>, terms: &Terms<'_>) -> Option<UpstreamAuthentication> {
    type MakeAuthentication = fn(Zeroizing<String>) -> UpstreamAuthentication;
    let basic: MakeAuthentication = UpstreamAuthentication::ClientSecretBasic;
    let post: MakeAuthentication = UpstreamAuthentication::ClientSecretPost;
    let method = section.word(
        "authentication",
        &[
            ("client_secret_basic", Some(basic)),
            ("client_secret_post", Some(post)),
            ("private_key_jwt", None),
        ],
    );
    let source: Option<SecretSource> = section.get("secret");
    let Some(with_secret) = method.unwrap_or(Some(basic)) else {
        let signer = terms.request_signer.clone();
        if signer.is_none() {
            let problem = Problem::error("private_key_jwt needs our request key, which could not be read");
            section.fault(
                "authentication",
                problem.help("see keys.requests in config/portner.toml"),
            );
        }
        return signer.map(UpstreamAuthentication::PrivateKeyJwt);
    };
    let Some(source) = source else {
        if !section.has("secret") {
            let problem = Problem::error("we have no secret at this provider");
            section.fault(
                "authentication",
                problem.help("add secret = { file = \"…\" }, or authentication = \"private_key_jwt\""),
            );
        }
        return None;
    };
    match source.read() {
        Ok(secret) => {
            let text = secret.expose_text().filter(|text| !text.is_empty());
            if text.is_none() {
                let problem = Problem::error("the secret is empty, or no text");
                section.fault(
                    "secret",
                    problem.help("write what the provider has given us there"),
                );
            }
            text.map(|text| with_secret(Zeroizing::new(text.to_owned())))
        }
        Err(error) => {
            section.fault("secret", Problem::error(error.to_string()).help(error.remedy()));
            None
        }
    }
}
