//! One file of `metadata/services/`: a service, its rules, and what it speaks.
//!
//! `name.toml` with an `[oidc]` table is an OpenID Connect client; otherwise `name.xml`
//! beside it is the service's SAML metadata. The file's name is the service's short name.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::attributes::Vocabulary;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::domain::address::fit_for_links;
use crate::domain::assurance::{Demand, WantedAssurance};
use crate::domain::attribute::Attribute;
use crate::domain::error_url::ErrorUrl;
use crate::domain::evidence::EvidenceRule;
use crate::domain::face::{ActingAs, Face};
use crate::domain::licence::LicenceRule;
use crate::domain::own_page::RESERVED_PREFIX;
use crate::domain::release::{LegalBasis, ReleaseRule, SubjectKind};
use crate::domain::service::{AllowedUpstreams, ServiceId, ServiceProfile};
use crate::domain::text::LocalizedName;
use crate::domain::upstream::UpstreamId;
use crate::oidc::client::{
    ClientAuthentication, ClientId, IdTokenAlgorithm, OidcClient, PkceRule, RedirectUri, RefreshLife,
    ResponseMode, Scope, WebOrigin,
};
use crate::saml::NameIdFormat;
use crate::saml::metadata::{About, SubjectIdWish};

use super::client_credentials::{read_authentication, request_keys};
use super::client_rules;
use super::load::{Given, PartyFile, Terms};
use super::registry::{Service, ServiceProtocol};
use super::saml_party;
use super::service_logout;
use super::validity::Validity;

/// Reads a service; nothing where the file does not make one.
pub(super) fn read(file: &PartyFile, section: &mut Section<'_>, terms: &Terms<'_>) -> Option<Service> {
    let id = ServiceId::parse(&file.short_name).filter(|id| !id.as_str().starts_with(RESERVED_PREFIX));
    if id.is_none() {
        let problem = Problem::error(format!("{} cannot be a short name", file.short_name));
        let help = "rename the file: 1 to 64 of a-z, 0-9, -, _ and ., and not portner- first";
        section.fault("", problem.help(help));
    }
    let given = file.given.as_ref();
    let face = section.word("face", &Face::WORDS).unwrap_or_default();
    let (vocabulary, release) = read_release(section, face, given, terms);
    let mut profile = read_profile(section, id.clone(), face, release, given);
    let (protocol, validity) = if section.has("oidc") {
        let (client, sector) = section.table("oidc", |oidc| {
            let sector = client_rules::sector(oidc);
            (read_client(oidc, id, face, file, terms), sector)
        });
        if let (Some(profile), Some(sector)) = (&mut profile, sector) {
            profile.sector = sector;
        }
        (ServiceProtocol::Oidc(Box::new(client?)), Validity::default())
    } else {
        let subject = profile.as_ref().map(|profile| profile.subject);
        let subject = subject.filter(|_| section.has("subject"));
        let service = section.table("saml", |saml| {
            saml_party::read_service(saml, file, subject, terms)
        });
        let (service, described) = service?;
        profile = profile.map(|profile| described_by(section, profile, described.about));
        // A name for one login alone is one, whichever of the two lines says so.
        if let (Some(profile), true) = (&mut profile, service.name_ids.default == NameIdFormat::Transient) {
            profile.subject = SubjectKind::Transient;
        }
        (ServiceProtocol::Saml(Arc::new(service)), described.validity)
    };
    Some(Service {
        profile: profile?,
        vocabulary: vocabulary?,
        protocol,
        validity,
        registrar: file.registrar(),
    })
}

/// What the service says about itself in its metadata, as far as our side leaves it open.
fn described_by(section: &Section<'_>, profile: ServiceProfile, about: About) -> ServiceProfile {
    let release = match about.subject_id {
        Some(wish) => as_wished(section, profile.release, wish),
        None => profile.release,
    };
    ServiceProfile {
        contact: profile.contact.or(about.contact),
        error_url: profile.error_url.or(about.error_url),
        release,
        ..profile
    }
}

/// The one Subject Identifier Attribute that a service wants. Its wish takes away and never adds: what it
/// may have is for the release rule.
fn as_wished(section: &Section<'_>, release: ReleaseRule, wish: SubjectIdWish) -> ReleaseRule {
    let (subject, pairwise) = (Attribute::SubjectId, Attribute::PairwiseId);
    let wanted = match wish {
        SubjectIdWish::PairwiseId => Some(pairwise),
        // Of two that will do, the one that tells less.
        SubjectIdWish::Any if release.admits(pairwise) => Some(pairwise),
        SubjectIdWish::SubjectId | SubjectIdWish::Any => Some(subject),
        SubjectIdWish::None => None,
    };
    let lacks = wanted.filter(|wanted| !release.admits(*wanted));
    if let Some(lacks) = lacks {
        let problem = Problem::warning(format!(
            "the service wants {} (subject-id:req), which its release rule does not give",
            lacks.as_str()
        ));
        section.fault(
            "release",
            problem.help("add it to the rule in config/releases.toml, or leave the service without"),
        );
    }
    let unwanted: Vec<Attribute> = [subject, pairwise]
        .into_iter()
        .filter(|attribute| Some(*attribute) != wanted)
        .collect();
    release.without(&unwanted)
}

fn read_profile(
    section: &mut Section<'_>,
    id: Option<ServiceId>,
    face: Face,
    release: Option<ReleaseRule>,
    given: Option<&Given>,
) -> Option<ServiceProfile> {
    let name: Option<LocalizedName> = match given {
        Some(given) => Some(section.get_or("name", given.name.clone())),
        None => section.require("name", "what users know the service as"),
    };
    let start_url = match given.and_then(|given| given.start_url.clone()) {
        Some(theirs) => Some(section.get_or("start_url", theirs)),
        None => section.require(
            "start_url",
            "where a login at the service begins: the way back from every dead end",
        ),
    };
    let start_url = start_url.and_then(|url| section.checked("start_url", fit_for_links(url)));
    let sector: Option<String> = section.get("sector");
    let demands: Vec<Demand> = section.get_or("wanted", Vec::new());
    let upstreams: Option<Vec<UpstreamId>> = section.get("upstreams");
    let profile = ServiceProfileRest {
        subject: section.get_or("subject", SubjectKind::Pairwise),
        faktor_2: section.get_or("faktor_2", false),
        groups: section.get_or("groups", Vec::new()),
        acting_as: read_acting_as(section, face),
        licence: read_licence(section),
        missing_licence_url: {
            let url: Option<url::Url> = section.get("missing_licence_url");
            url.and_then(|url| section.checked("missing_licence_url", fit_for_links(url)))
        },
        entitlement: read_entitlement(section),
        contact: section.get("contact"),
        error_url: {
            let text: Option<String> = section.get("error_url");
            text.and_then(|text| section.checked("error_url", ErrorUrl::parse(&text)))
        },
        enabled: section.get_or("enabled", true),
        single_sign_on: section.get_or("single_sign_on", true),
        evidence: EvidenceRule::of(section.get_or("evidence", false)),
    };
    report_names_in_light(section, face, profile.subject);
    let id = id?;
    Some(ServiceProfile {
        sector: sector.unwrap_or_else(|| id.as_str().to_owned()),
        id,
        name: name?,
        start_url: start_url?,
        subject: profile.subject,
        release: release?,
        upstreams: upstreams.map_or(AllowedUpstreams::All, |list| {
            AllowedUpstreams::Only(list.into_iter().collect())
        }),
        wanted: WantedAssurance::at_least(demands),
        faktor_2: profile.faktor_2,
        admitted_groups: profile.groups.into_iter().collect(),
        face,
        acting_as: profile.acting_as,
        licence: profile.licence,
        missing_licence_url: profile.missing_licence_url,
        entitlement: profile.entitlement,
        contact: profile.contact,
        error_url: profile.error_url,
        enabled: profile.enabled,
        single_sign_on: profile.single_sign_on,
        evidence: profile.evidence,
    })
}

/// What is read before it is known whether there is a profile at all, so that all faults are found.
struct ServiceProfileRest {
    subject: SubjectKind,
    faktor_2: bool,
    groups: Vec<crate::domain::actor::ActorGroup>,
    acting_as: ActingAs,
    licence: LicenceRule,
    missing_licence_url: Option<url::Url>,
    entitlement: Option<String>,
    contact: Option<String>,
    error_url: Option<ErrorUrl>,
    enabled: bool,
    single_sign_on: bool,
    evidence: EvidenceRule,
}

/// `one_actor`, or what the face implies: the incumbent's services know one selected actor.
fn read_acting_as(section: &mut Section<'_>, face: Face) -> ActingAs {
    match section.get("one_actor") {
        Some(true) => ActingAs::OneActor,
        None if face == Face::Unilogin => ActingAs::OneGroup,
        Some(false) | None => ActingAs::Everything,
    }
}

/// `entitlement`: a URI that the service and whoever gives licences for it have agreed on.
fn read_entitlement(section: &mut Section<'_>) -> Option<String> {
    let written: Option<String> = section.get("entitlement");
    written.filter(|text| {
        let is_uri = url::Url::parse(text).is_ok() && !text.contains(char::is_whitespace);
        if !is_uri {
            let problem = Problem::error(format!("{text} is no URI"));
            section.fault(
                "entitlement",
                problem.help("write for example \"urn:mace:dir:entitlement:common-lib-terms\""),
            );
        }
        is_uri
    })
}

fn read_licence(section: &mut Section<'_>) -> LicenceRule {
    let words = [
        ("not-asked", LicenceRule::NotAsked),
        ("told", LicenceRule::Told),
        ("required", LicenceRule::Required),
    ];
    section.word("licence", &words).unwrap_or_default()
}

/// The light form names nobody: a UNI-ID there would be what it is to spare people.
fn report_names_in_light(section: &Section<'_>, face: Face, subject: SubjectKind) {
    if face == Face::Light && subject == SubjectKind::UniId {
        let problem = Problem::error("the light form never tells the UNI-ID");
        section.fault(
            "subject",
            problem.help("remove subject, or choose face = \"unilogin\""),
        );
    }
}

fn read_release(
    section: &mut Section<'_>,
    face: Face,
    given: Option<&Given>,
    terms: &Terms<'_>,
) -> (Option<Arc<Vocabulary>>, Option<ReleaseRule>) {
    let vocabulary_name = section.get_or("vocabulary", face.vocabulary().to_owned());
    let vocabulary = terms.vocabularies.get(&vocabulary_name).cloned();
    if vocabulary.is_none() {
        let known = terms.vocabularies.names();
        let what = format!("vocabulary {vocabulary_name}");
        section.fault(
            "vocabulary",
            Problem::not_there(&what, "config/attributes.toml", known),
        );
    }
    let basis: Option<String> = section.get("legal_basis");
    let basis = basis.as_deref().and_then(LegalBasis::new);
    let implied = face.release().filter(|_| !section.has("release"));
    let rule_name: Option<String> = match implied {
        Some(rule) => {
            // Asked for all the same, so that a misspelt one is told what it might have been.
            let _: Option<String> = section.get("release");
            Some(rule.to_owned())
        }
        None => section.require("release", "which rule of config/releases.toml says what it gets"),
    };
    let rule = rule_name.as_deref().and_then(|name| {
        let rule = terms.releases.get(name);
        if rule.is_none() {
            let what = format!("release rule {name}");
            section.fault(
                "release",
                Problem::not_there(&what, "config/releases.toml", terms.releases.names()),
            );
        }
        rule
    });
    let (Some(rule), Some(vocabulary)) = (rule, vocabulary) else {
        return (None, None);
    };
    if rule.cpr && basis.is_none() {
        let problem = Problem::error("this service would get CPR numbers without a legal basis");
        section.fault(
            "release",
            problem
                .help("write legal_basis = \"…\" in the words of the data agreement, or choose another rule"),
        );
        return (Some(vocabulary), None);
    }
    if !rule.cpr && basis.is_some() {
        let problem = Problem::warning("a legal basis for CPR is recorded, but the release rule has none");
        section.fault(
            "legal_basis",
            problem.help("choose a rule with cpr = true, or remove legal_basis"),
        );
    }
    for attribute in rule
        .attributes
        .iter()
        .filter(|attribute| vocabulary.name(**attribute).is_none())
    {
        let problem = Problem::warning(format!(
            "{} is released but has no name in this vocabulary",
            attribute.as_str()
        ));
        section.fault(
            "vocabulary",
            problem.help("name it in config/attributes.toml, or choose another vocabulary; it is not sent"),
        );
    }
    let names_somebody = rule.cpr
        || rule
            .attributes
            .iter()
            .any(|attribute| *attribute != Attribute::InstitutionNumber);
    if face == Face::Light && names_somebody {
        let problem = Problem::error("the light form tells an institution number and nothing else");
        section.fault(
            "release",
            problem.help("remove release, or choose face = \"unilogin\""),
        );
        return (Some(vocabulary), None);
    }
    let cpr = if rule.cpr { basis } else { None };
    // A service of a feed gets no more than it asks for in its metadata.
    let is_asked_for = |attribute: &Attribute| {
        given.is_none_or(|given| {
            let name = vocabulary.name(*attribute);
            name.is_some_and(|name| name.saml.iter().any(|name| given.requested.contains(&name.name)))
        })
    };
    let attributes = rule.attributes.iter().copied().filter(is_asked_for);
    let release = ReleaseRule::new(attributes, cpr);
    (Some(vocabulary), Some(release))
}

fn read_client(
    section: &mut Section<'_>,
    id: Option<ServiceId>,
    face: Face,
    file: &PartyFile,
    terms: &Terms<'_>,
) -> Option<OidcClient> {
    let plain = terms.plain_http();
    let client_id: Option<String> = section.get("client_id");
    let client_id = client_id.unwrap_or_else(|| file.short_name.clone());
    let client_id = section.checked("client_id", ClientId::parse(&client_id));
    let redirect_uris = section.checked_list("redirect_uris", |text| RedirectUri::parse(text, plain));
    // A resource that only looks into tokens sends nobody to log in.
    if redirect_uris.is_empty() && !section.has("resource") {
        let problem = Problem::error("this client has no address for answers");
        section.fault(
            "redirect_uris",
            problem.help("write redirect_uris = [\"https://…\"], each exactly as the client sends it"),
        );
    }
    let after_logout = section.checked_list("post_logout_redirect_uris", |text| {
        RedirectUri::parse(text, plain)
    });
    let logout = service_logout::read(section, &redirect_uris, terms);
    let web_origins = section.checked_list("web_origins", |text| WebOrigin::parse(text, plain));
    let scopes = section.checked_list("scopes", Scope::parse);
    let authentication = read_authentication(section, file, terms);
    let pkce = section.word(
        "pkce",
        &[("required", PkceRule::Required), ("optional", PkceRule::Optional)],
    );
    let pkce = pkce.unwrap_or_default();
    if pkce == PkceRule::Optional && matches!(authentication, Some(ClientAuthentication::None)) {
        let problem = Problem::error("a client without a secret needs PKCE");
        section.fault(
            "pkce",
            problem.help("remove pkce = \"optional\", or give the client a secret"),
        );
    }
    let algorithms = [
        ("ES256", IdTokenAlgorithm::Es256),
        ("PS256", IdTokenAlgorithm::Ps256),
        ("RS256", IdTokenAlgorithm::Rs256),
    ];
    let algorithm = section.word("id_token", &algorithms);
    let [es256, ps256, rs256] = algorithms.map(|(word, algorithm)| (word, Some(algorithm)));
    let userinfo = section
        .word("userinfo", &[("json", None), es256, ps256, rs256])
        .flatten();
    let form_post_alone = section.word(
        "response_mode",
        &[
            ("any", None),
            ("query", Some(ResponseMode::Query)),
            ("form_post", Some(ResponseMode::FormPost)),
        ],
    );
    let keys = request_keys(section, authentication.as_ref(), file);
    let rules = client_rules::read(section, keys, terms);
    if let Some(authentication) = &authentication {
        let algorithm = algorithm.unwrap_or_default();
        client_rules::check(section, &rules, authentication, pkce, (algorithm, userinfo));
    }
    let offline = matches!(rules.refresh.life, RefreshLife::Offline(_)).then(Scope::offline_access);
    let both = || BTreeSet::from([ResponseMode::Query, ResponseMode::FormPost]);
    Some(OidcClient {
        service: id?,
        client_id: client_id?,
        redirect_uris,
        post_logout_redirect_uris: after_logout,
        authentication: authentication?,
        pkce,
        // What the incumbent signs with: its services may know no elliptic curves.
        id_token_algorithm: algorithm.unwrap_or(if face.is_of_the_incumbent() {
            IdTokenAlgorithm::Rs256
        } else {
            IdTokenAlgorithm::default()
        }),
        userinfo_algorithm: userinfo,
        scopes: scopes
            .into_iter()
            .filter(|scope| *scope != Scope::offline_access())
            .chain([Scope::openid()])
            .chain(offline)
            .collect(),
        response_modes: form_post_alone
            .flatten()
            .map_or_else(both, |mode| BTreeSet::from([mode])),
        web_origins: web_origins.into_iter().collect(),
        logout,
        rules,
    })
}
