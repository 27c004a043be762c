//! Party files as the operator meets them: the shipped examples register, and every fault
//! that would stop a login is told with its remedy.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use portner::ambient::Ambient;
use portner::config::attributes::Vocabularies;
use portner::config::listen::Origin;
use portner::config::problem::Problems;
use portner::config::releases::ReleaseRules;
use portner::config::settings::load_source;
use portner::domain::login_name::Domain;
use portner::domain::service::{AllowedUpstreams, ServiceId};
use portner::domain::upstream::{UpstreamId, UpstreamKind};
use portner::keys::generate::{KeyKind, generate};
use portner::trust::shelf::Shelf;
use portner::trust::{Registry, ServiceProtocol, Terms, UpstreamProtocol, load};

/// A directory of parties that a test writes.
pub(crate) struct Parties(tempfile::TempDir);

impl Parties {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["services", "upstreams"] {
            std::fs::create_dir(directory.path().join(folder)).unwrap();
        }
        Self(directory)
    }

    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(path), text).unwrap();
        self
    }

    fn load(&self) -> (Registry, Problems) {
        let file = |path: &str| load_source(Path::new(path)).unwrap();
        let terms = Terms {
            origin: &Origin::parse("https://login.example").unwrap(),
            vocabularies: &Vocabularies::parse(&file("config/attributes.toml")).unwrap(),
            releases: &ReleaseRules::parse(&file("config/releases.toml")).unwrap(),
            request_signer: None,
            elliptic: portner::trust::EllipticKeys::default(),
            plain_http_on_loopback: false,
            now: now(),
            shelf: Shelf::at(self.0.path().join("shelf")),
            held: None,
            lists: std::cell::RefCell::default(),
        };
        load(self.0.path(), &terms)
    }

    /// What is wrong, without the name of the temporary directory.
    pub(crate) fn faults(&self) -> String {
        let place = self.0.path().display().to_string();
        let mut out = String::new();
        for problem in &self.load().1 {
            let file = problem.file().unwrap_or_default();
            let line = format!(
                "{file} {:?}: {problem}\n    {}\n",
                problem.weight(),
                problem.remedy().unwrap_or_default()
            );
            write!(out, "{}", line.replace(&place, "metadata")).unwrap();
        }
        out
    }
}

fn now() -> Timestamp {
    "2027-03-01T12:00:00Z".parse().unwrap()
}

fn certificate() -> String {
    let pem = generate(KeyKind::Rsa2048, "test", &Ambient::system())
        .unwrap()
        .certificate;
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

pub(crate) fn key(usage: &str) -> String {
    format!(
        "<md:KeyDescriptor{usage}><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
        certificate()
    )
}

pub(crate) fn entity(entity_id: &str, attributes: &str, role: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity_id}\"{attributes}>{role}</md:EntityDescriptor>"
    )
}

const PROTOCOL: &str = "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"";

pub(crate) fn idp(keys: &str, location: &str) -> String {
    format!(
        "<md:IDPSSODescriptor {PROTOCOL}>{keys}<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{location}\"/></md:IDPSSODescriptor>"
    )
}

pub(crate) fn sp(keys: &str, signed: bool) -> String {
    format!(
        "<md:SPSSODescriptor AuthnRequestsSigned=\"{signed}\" {PROTOCOL}>{keys}<md:AssertionConsumerService index=\"1\" Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://skoledagen.example/acs\"/></md:SPSSODescriptor>"
    )
}

fn shipped(path: &str) -> String {
    std::fs::read_to_string(Path::new("metadata").join(path)).unwrap()
}

const SECRET: &str = "\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25c\"";

#[test]
fn the_shipped_examples_register() {
    let oidc = shipped("services/oidc.toml.example")
        .replace("secret_sha256 = \"…\"", &format!("secret_sha256 = {SECRET}"));
    let eid = shipped("upstreams/eid-oidc.toml.example")
        .replace("{ file = \"keys/eid-client-secret\" }", "{ env = \"PATH\" }");
    let parties = Parties::new()
        .with("upstreams/central.toml", &shipped("upstreams/central.toml"))
        .with(
            "upstreams/lillekoebing.toml",
            &shipped("upstreams/local-saml.toml.example"),
        )
        .with(
            "upstreams/lillekoebing.xml",
            &entity(
                "https://idp.lillekoebing.example",
                "",
                &idp(&key(" use=\"signing\""), "https://idp.lillekoebing.example/sso"),
            ),
        )
        .with("upstreams/mitid.toml", &eid)
        .with("services/laesehest.toml", &oidc)
        .with("services/skoledagen.toml", &shipped("services/saml.toml.example"))
        .with(
            "services/skoledagen.xml",
            &entity("https://skoledagen.example", "", &sp(&key(""), true)),
        );
    assert_eq!(parties.faults(), "");

    let (registry, _) = parties.load();
    let (service, client) = registry.service_by_client_id("laesehest").unwrap();
    assert_eq!(service.profile.sector, "laesehest");
    assert!(
        client
            .redirect_uri("https://laesehest.example/callback")
            .is_some()
    );
    let (service, saml) = registry
        .service_by_entity_id("https://skoledagen.example")
        .unwrap();
    assert!(saml.requests.demands_signature());
    assert!(matches!(service.protocol, ServiceProtocol::Saml(_)));
    assert!(
        registry
            .service(&ServiceId::parse("skoledagen").unwrap())
            .is_some()
    );

    let local = registry
        .upstream_by_domain(&Domain::parse("a.skoler.lillekøbing.example").unwrap())
        .unwrap();
    assert_eq!(local.profile.id.as_str(), "lillekoebing");
    assert!(
        registry
            .upstream_by_domain(&Domain::parse("a.lillekøbing.example").unwrap())
            .is_none()
    );
    assert!(
        registry
            .upstream_by_entity_id("https://idp.lillekoebing.example")
            .is_some()
    );
    assert_eq!(
        registry
            .upstream_by_hint("lillekøbing.example")
            .unwrap()
            .profile
            .id,
        local.profile.id
    );
    let mitid = registry.upstream_by_issuer("https://eid.example").unwrap();
    let UpstreamProtocol::Oidc(provider, mapping) = &mitid.protocol else {
        panic!("{mitid:?}")
    };
    assert_eq!(
        provider.redirect_uri.as_str(),
        "https://login.example/oidc/callback/mitid"
    );
    assert_eq!(mapping.cpr, ["dk.cpr", "nemlogin.cpr"]);
    assert!(mitid.profile.entitled.cpr && !mitid.profile.entitled.uni_id);
    assert_eq!(registry.upstreams_of(UpstreamKind::Central).count(), 1);
}

#[test]
fn the_chooser_lists_enabled_local_upstreams_that_may_vouch() {
    let local = |name: &str, more: &str| {
        let domain = name.to_lowercase();
        format!(
            "kind = \"local\"\nname = \"{name}\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\ndomains = [\"{domain}.example\"]\n{more}\n[oidc]\nissuer = \"https://{domain}.example\"\nclient_id = \"x\"\nsecret = {{ env = \"PATH\" }}\n"
        )
    };
    let parties = Parties::new()
        .with("upstreams/a.toml", &local("Aaby", ""))
        .with("upstreams/b.toml", &local("Borup", ""))
        .with("upstreams/c.toml", &local("Crone", "hidden = true"))
        .with("upstreams/d.toml", &local("Dalum", "enabled = false"));
    let (registry, problems) = parties.load();
    assert!(problems.is_empty(), "{}", parties.faults());
    let names = |query: &str, allowed: &AllowedUpstreams| -> Vec<String> {
        registry
            .search(query, allowed, 10)
            .iter()
            .map(|upstream| upstream.profile.id.to_string())
            .collect()
    };
    assert_eq!(names("", &AllowedUpstreams::All), ["b", "a"]);
    assert_eq!(names("åby", &AllowedUpstreams::All), ["a"]);
    let only_b = AllowedUpstreams::Only(BTreeSet::from([UpstreamId::parse("b").unwrap()]));
    assert_eq!(names("", &only_b), ["b"]);
    let typo = Domain::parse("brup.example").unwrap();
    assert_eq!(
        registry
            .nearest_domain(&typo, &AllowedUpstreams::All)
            .unwrap()
            .as_str(),
        "borup.example"
    );
    let disabled = Domain::parse("dalun.example").unwrap();
    assert_eq!(registry.nearest_domain(&disabled, &AllowedUpstreams::All), None);
}

#[test]
fn faults_of_services_are_told() {
    let start = "name = \"X\"\nstart_url = \"https://x.example\"\n";
    let oidc = format!("[oidc]\nredirect_uris = [\"https://x.example/cb\"]\nsecret_sha256 = {SECRET}\n");
    let parties = Parties::new()
        .with("services/cpr.toml", &format!("{start}release = \"administration\"\n{oidc}"))
        .with("services/no-start.toml", &format!("name = \"X\"\nrelease = \"learning\"\n{oidc}"))
        .with("services/http.toml", &format!("{start}release = \"learning\"\n[oidc]\nredirect_uris = [\"http://x.example/cb\"]\nsecret = \"inline\"\n"))
        .with("services/rule.toml", &format!("{start}release = \"everything\"\nvocabulary = \"volapyk\"\nupstreams = [\"nobody\"]\n{oidc}"))
        .with("services/first.toml", &format!("{start}release = \"learning\"\nupstreams = [\"nobody\"]\n{oidc}client_id = \"same\"\n"))
        .with("services/second.toml", &format!("{start}release = \"learning\"\n{oidc}client_id = \"same\"\n"))
        .with("services/public.toml", &format!("{start}release = \"learning\"\n[oidc]\nredirect_uris = [\"https://x.example/cb\"]\nauthentication = \"none\"\npkce = \"optional\"\n"))
        .with("services/portner-min-side.toml", &format!("{start}release = \"learning\"\n{oidc}"))
        .with("services/no-xml.toml", &format!("{start}release = \"learning\"\n"))
        .with("services/unsigned.toml", &format!("{start}release = \"learning\"\n[saml]\nrequests = \"signed\"\nencrypt = true\n"))
        .with("services/unsigned.xml", &entity("https://u.example", "", &sp("", false)));
    insta::assert_snapshot!(parties.faults());
}

#[test]
fn what_would_travel_in_the_clear_or_lead_nowhere_is_told() {
    let start = "name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"learning\"\n";
    let oidc = format!("[oidc]\nredirect_uris = [\"https://x.example/cb\"]\nsecret_sha256 = {SECRET}\n");
    let upstream = "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\n";
    let provider = "[oidc]\nissuer = \"https://p.example\"\nclient_id = \"x\"\nsecret = { env = \"PATH\" }\n";
    let endpoints = "[oidc.endpoints]\nauthorization = \"https://p.example/a\"\ntoken = \"https://p.example/t\"\njwks = \"https://p.example/k\"\n";
    let empty = tempfile::NamedTempFile::new().unwrap();
    let told = |file: &str, text: &str| {
        let off = provider.replace("p.example", "off.example");
        let off = format!("enabled = false\n{upstream}{off}");
        let parties = Parties::new().with("upstreams/off.toml", &off).with(file, text);
        parties.faults()
    };
    for (file, text, fault) in [
        ("services/s.toml", format!("{start}{oidc}"), ""),
        (
            "services/s.toml",
            format!(
                "{}{oidc}",
                start.replace("https://x.example", "javascript:alert(1)")
            ),
            "not an absolute URL",
        ),
        (
            "services/s.toml",
            format!("{}{oidc}", start.replace("https://x.example", "http://x.example")),
            "begins with https://",
        ),
        (
            "services/s.toml",
            format!("{start}missing_licence_url = \"http://x.example\"\n{oidc}"),
            "begins with https://",
        ),
        (
            "services/s.toml",
            format!("{start}upstreams = [\"off\"]\n{oidc}"),
            "is switched off",
        ),
        ("upstreams/p.toml", format!("{upstream}{provider}{endpoints}"), ""),
        (
            "upstreams/p.toml",
            format!(
                "{upstream}{provider}{}",
                endpoints.replace("https://p.example/t", "http://p.example/t")
            ),
            "unencrypted",
        ),
        (
            "upstreams/p.toml",
            format!(
                "{upstream}{}",
                provider.replace("env = \"PATH\"", &format!("file = {:?}", empty.path()))
            ),
            "the secret is empty",
        ),
    ] {
        let faults = told(file, &text);
        let is_told = if fault.is_empty() {
            faults.is_empty()
        } else {
            faults.contains(fault)
        };
        assert!(is_told, "{fault}\n{text}\n{faults}");
    }
}

#[test]
fn faults_of_upstreams_are_told() {
    let local = "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\n";
    let good = entity("https://a.example", "", &idp(&key(""), "https://a.example/sso"));
    let parties = Parties::new()
        .with("upstreams/a.toml", &format!("{local}domains = [\"x.example\"]\n"))
        .with("upstreams/a.xml", &good)
        .with(
            "upstreams/b.toml",
            &format!("{local}domains = [\"x.example\", \"*.b.example\"]\n"),
        )
        .with(
            "upstreams/b.xml",
            &good.replace("https://a.example\"", "https://b.example\""),
        )
        .with("upstreams/c-same-entity.toml", local)
        .with("upstreams/c-same-entity.xml", &good)
        .with("upstreams/d-no-key.toml", local)
        .with(
            "upstreams/d-no-key.xml",
            &entity("https://d.example", "", &idp("", "https://d.example/sso")),
        )
        .with("upstreams/e-expired.toml", local)
        .with(
            "upstreams/e-expired.xml",
            &good.replace(
                "entityID=\"https://a.example\"",
                "entityID=\"https://e.example\" validUntil=\"2027-02-01T00:00:00Z\"",
            ),
        )
        .with("upstreams/f-soon.toml", local)
        .with(
            "upstreams/f-soon.xml",
            &good.replace(
                "entityID=\"https://a.example\"",
                "entityID=\"https://f.example\" validUntil=\"2027-03-05T00:00:00Z\"",
            ),
        )
        .with("upstreams/g-http.toml", local)
        .with(
            "upstreams/g-http.xml",
            &entity("https://g.example", "", &idp(&key(""), "http://g.example/sso")),
        )
        .with("upstreams/h-not-metadata.toml", local)
        .with("upstreams/h-not-metadata.xml", "<!DOCTYPE x><x/>")
        .with("upstreams/i-a-service.toml", local)
        .with(
            "upstreams/i-a-service.xml",
            &entity("https://i.example", "", &sp("", false)),
        )
        .with(
            "upstreams/j-idle.toml",
            &local.replace("[\"uni-id\"]", "[\"mail\"]"),
        )
        .with(
            "upstreams/j-idle.xml",
            &good.replace("https://a.example\"", "https://j.example\""),
        )
        .with(
            "upstreams/k-cbc.toml",
            &format!(
                "{local}[saml.accept_cbc]\nowner = \"it\"\nreason = \"old\"\nuntil = 2027-01-01T00:00:00Z\n"
            ),
        )
        .with(
            "upstreams/k-cbc.xml",
            &good.replace("https://a.example\"", "https://k.example\""),
        )
        .with(
            "upstreams/l-wrong-subject.toml",
            &format!("{local}[mapping]\nsubject = \"cpr\"\n"),
        )
        .with(
            "upstreams/l-wrong-subject.xml",
            &good.replace("https://a.example\"", "https://l.example\""),
        );
    insta::assert_snapshot!(parties.faults());
}

#[test]
fn faults_of_presets_and_of_deviations_are_told() {
    let start = "name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"learning\"\n";
    let local = "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\n";
    let metadata = |name: &str| {
        entity(
            &format!("https://{name}.example"),
            "",
            &idp(&key(""), &format!("https://{name}.example/sso")),
        )
    };
    let service = |name: &str, keys: &str| entity(&format!("https://{name}.example"), "", &sp(keys, true));
    let mut parties = Parties::new()
        .with(
            "services/a-unknown.toml",
            &format!("preset = \"oiosaml-4\"\n{start}"),
        )
        .with("services/a-unknown.xml", &service("a", &key("")))
        .with(
            "services/b-other-role.toml",
            &format!("preset = \"entra\"\n{start}"),
        )
        .with("services/b-other-role.xml", &service("b", &key("")))
        .with("services/c-no-key.toml", &format!("preset = \"kombit\"\n{start}"))
        .with("services/c-no-key.xml", &service("c", &key(" use=\"signing\"")))
        .with(
            "services/d-names.toml",
            &format!(
                "preset = \"kombit\"\n{start}[saml]\nname_id = \"persistent\"\nencrypt = \"everything\"\n"
            ),
        )
        .with("services/d-names.xml", &service("d", &key("")));
    let upstreams = [
        (
            "e-cbc",
            "preset = \"adfs\"",
            "[saml.accept_cbc]\nowner = \"it\"\nreason = \"old\"\nuntil = 2028-01-01T00:00:00Z\n",
        ),
        (
            "f-words",
            "preset = \"entra\"",
            "[levels]\ntwo-factors = \"urn:mfa\"\n",
        ),
        ("g-no-words", "", "[levels]\nask = \"listed\"\n"),
        ("h-binding", "preset = \"google\"", "[saml]\nbinding = \"post\"\n"),
        (
            "i-typo",
            "preset = \"wayf\"",
            "[saml]\nskoping = true\nsignature = \"rsa-sha1\"\n",
        ),
        (
            "j-good",
            "preset = \"unilogin-local-idp\"",
            "[saml]\nsigned = \"both\"\n",
        ),
    ];
    for (name, preset, rest) in upstreams {
        parties = parties
            .with(
                &format!("upstreams/{name}.toml"),
                &format!("{preset}\n{local}{rest}"),
            )
            .with(&format!("upstreams/{name}.xml"), &metadata(name));
    }
    insta::assert_snapshot!(parties.faults());
}

/// Each preset can be written into a file as it is, for whom it is meant.
#[test]
fn every_preset_registers() {
    let start = "name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"pseudonym\"\n";
    let local = "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\n";
    let upstreams = [
        "saml2int",
        "oiosaml-3.0.3",
        "oiosaml-2.0.9",
        "oio-local-idp",
        "unilogin-local-idp",
        "kombit",
        "wayf",
        "adfs",
        "entra",
        "google",
    ];
    let mut parties = Parties::new();
    for preset in upstreams {
        let (host, metadata) = (preset.replace('.', "-"), key(""));
        parties = parties
            .with(
                &format!("upstreams/{preset}.toml"),
                &format!("preset = \"{preset}\"\n{local}"),
            )
            .with(
                &format!("upstreams/{preset}.xml"),
                &entity(
                    &format!("https://{host}.example"),
                    "",
                    &idp(&metadata, "https://a.example/sso"),
                ),
            );
    }
    for preset in ["saml2int", "oiosaml-3.0.3", "oiosaml-2.0.9", "kombit", "wayf"] {
        parties = parties
            .with(
                &format!("services/{preset}.toml"),
                &format!("preset = \"{preset}\"\n{start}"),
            )
            .with(
                &format!("services/{preset}.xml"),
                &entity(
                    &format!("https://{preset}.service.example"),
                    "",
                    &sp(&key(""), true),
                ),
            );
    }
    let (registry, _) = parties.load();
    let faults = parties.faults();
    assert!(!faults.contains("Error"), "{faults}");
    assert_eq!((registry.upstreams().len(), registry.services().len()), (10, 5));
}

#[test]
fn a_name_hint_that_cannot_be_sent_is_told() {
    let local = "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\n";
    let only_post = idp(&key(""), "https://a.example/sso").replace("HTTP-Redirect", "HTTP-POST");
    let parties = |hint: &str| {
        Parties::new()
            .with(
                "upstreams/a.toml",
                &format!("{local}[saml]\nname_hint = \"{hint}\"\n"),
            )
            .with("upstreams/a.xml", &entity("https://a.example", "", &only_post))
            .faults()
    };
    assert_eq!(parties("none"), "");
    assert!(parties("username").contains("Warning: the name is not handed on"));
    assert!(
        parties("phone")
            .contains("phone is not known here\n    write one of: subject, login_hint, username, none")
    );
}

#[test]
fn faults_of_metadata_are_told_where_they_stand() {
    let local = "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\n";
    let lines = |text: String| text.replace('>', ">\n").replace(" validUntil", "\nvalidUntil");
    let told = |metadata: String| {
        let parties = Parties::new()
            .with("upstreams/x.toml", local)
            .with("upstreams/x.xml", &lines(metadata));
        let problems = parties.load().1;
        let one = problems.iter().next().unwrap();
        let file = Path::new(one.file().unwrap())
            .file_name()
            .unwrap()
            .to_string_lossy();
        format!("{file}:{} {one}", one.line().unwrap())
    };
    let expired = told(entity(
        "https://x.example",
        " validUntil=\"2027-02-01T00:00:00Z\"",
        &idp(&key(""), "https://x.example/sso"),
    ));
    assert!(expired.contains("x.xml:2 "), "{expired}");
    assert!(
        expired.contains("it was valid until 2027-02-01T00:00:00Z"),
        "{expired}"
    );
    let http = told(entity(
        "https://x.example",
        "",
        &idp(&key(""), "http://x.example/sso"),
    ));
    assert!(http.contains("x.xml:11 "), "{http}");
    let keyless = told(entity("https://x.example", "", &idp("", "https://x.example/sso")));
    assert!(keyless.contains("x.xml:2 "), "{keyless}");
}

#[test]
fn what_is_left_open_in_a_party_that_is_switched_off_stops_nobody() {
    let open = "enabled = false\nkind = \"local\"\nname = \"X\"\ndomains = []\ninstitutions = []\nvouches_for = [\"uni-id\"]\n";
    let metadata = entity("https://x.example", "", &idp(&key(""), "https://x.example/sso"));
    let parties = |text: &str| {
        Parties::new()
            .with("upstreams/x.toml", text)
            .with("upstreams/x.xml", &metadata)
    };
    let off = parties(open).load().1;
    assert!(!off.stop_logins());
    assert!(
        off.iter().any(|problem| problem
            .to_string()
            .starts_with("before it is switched on: a local upstream")),
        "{}",
        parties(open).faults()
    );
    let on = open.replace("enabled = false", "enabled = true");
    assert!(parties(&on).load().1.stop_logins());
}

#[test]
fn the_example_of_a_local_provider_registers_and_is_believed_one_factor() {
    use portner::domain::assurance::Factors;
    let example = shipped("upstreams/local-oidc.toml.example").replace(
        "{ file = \"keys/storkoebing-client-secret\" }",
        "{ env = \"PATH\" }",
    );
    let parties = Parties::new().with("upstreams/storkoebing.toml", &example);
    assert_eq!(parties.faults(), "");
    let (registry, _) = parties.load();
    let profile = &registry
        .upstream(&UpstreamId::parse("storkoebing").unwrap())
        .unwrap()
        .profile;
    assert_eq!(profile.kind, UpstreamKind::Local);
    assert_eq!(profile.ceiling.factors, Factors::One);
    assert_eq!(profile.ceiling.nsis, None);
}

#[test]
fn one_setting_says_whether_names_last() {
    let told = |top: &str, saml: &str| {
        Parties::new()
            .with(
                "services/x.toml",
                &format!("name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"learning\"\n{top}\n[saml]\n{saml}\n"),
            )
            .with("services/x.xml", &entity("https://x.example", "", &sp(&key(""), true)))
            .faults()
    };
    for (top, saml) in [
        ("subject = \"transient\"", ""),
        ("subject = \"transient\"", "name_id = \"transient\""),
        ("", "name_id = \"transient\""),
        ("subject = \"pairwise\"", "also_name_ids = [\"transient\"]"),
    ] {
        assert_eq!(told(top, saml), "", "{top} {saml}");
    }
    for (top, saml) in [
        ("subject = \"transient\"", "name_id = \"persistent\""),
        ("subject = \"pairwise\"", "name_id = \"transient\""),
    ] {
        let told = told(top, saml);
        assert!(told.contains("do not agree whether names last"), "{told}");
    }
    let told = told("subject = \"transient\"", "also_name_ids = [\"persistent\"]");
    assert!(told.contains("can ask for no other kind"), "{told}");
}
