//! Reads every party under `metadata/` and makes a registry of them.
//!
//! A party whose file is faulty is left out and told about; the others are served. Where a
//! registry is served already, the party stays in it as it was: one mistyped file is nobody's
//! outage. Whether that is good enough to start with is for the caller to say.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::config::attributes::Vocabularies;
use crate::config::file::{self, Section};
use crate::config::listen::Origin;
use crate::config::problem::{Problem, Problems, Source};
use crate::config::releases::ReleaseRules;
use crate::config::settings::load_source;
use crate::domain::address::PlainHttp;
use crate::domain::login_name::Domain;
use crate::domain::service::AllowedUpstreams;
use crate::domain::text::LocalizedName;
use crate::domain::upstream::{DomainRule, UpstreamId};
use crate::keys::Signer;
use crate::saml::metadata::EntityMetadata;

use super::claims::Claims;
use super::list_fetch::ListSource;
use super::preset::{self, Role};
use super::registry::{Clash, Registry, Service, Upstream};
use super::shelf::Shelf;
use super::validity::Registrar;
use super::{feed_file, feeds, service_file, source, strays, upstream_file};

/// Where OpenID Connect upstreams send users back: followed by the upstream's short name, so
/// that an answer can only be one of the upstream that was asked (D03).
pub const CALLBACK_PATH: &str = "/oidc/callback/";

/// What parties are read with.
pub struct Terms<'a> {
    /// Our public address.
    pub origin: &'a Origin,
    /// What facts are called.
    pub vocabularies: &'a Vocabularies,
    /// What services may get.
    pub releases: &'a ReleaseRules,
    /// Signs for us at upstreams that want `private_key_jwt`.
    pub request_signer: Option<Arc<dyn Signer>>,
    /// The P-256 keys that SAML parties may be registered to be signed for with.
    pub elliptic: EllipticKeys,
    /// Whether parties may be on this machine without TLS: the demo.
    pub plain_http_on_loopback: bool,
    /// When "expired" is decided.
    pub now: Timestamp,
    /// Where fetched metadata is kept.
    pub shelf: Shelf,
    /// What is served until now, for parties whose files have become faulty.
    pub held: Option<&'a Registry>,
    /// Revocation lists that parties turned out to need.
    pub lists: RefCell<Vec<ListSource>>,
}

/// Whether there are P-256 keys for SAML, by what they sign.
#[derive(Debug, Clone, Copy, Default)]
pub struct EllipticKeys {
    /// Answers to services.
    pub assertions: bool,
    /// Requests to upstreams.
    pub requests: bool,
}

impl Terms<'_> {
    pub(super) fn plain_http(&self) -> PlainHttp {
        if self.plain_http_on_loopback {
            PlainHttp::OnLoopback
        } else {
            PlainHttp::Refused
        }
    }
}

/// A party's TOML file, and how to find what belongs to it.
pub(super) struct PartyFile {
    /// The file's name without the ending.
    pub(super) short_name: String,
    pub(super) path: PathBuf,
    /// The party by a feed's words, where the "file" is a rule for many.
    pub(super) given: Option<Given>,
}

/// What a feed says of a party, as far as its rule lets it.
pub(super) struct Given {
    /// Which feed.
    pub(super) feed: Arc<str>,
    /// Its metadata; whoever reads it takes it.
    pub(super) metadata: RefCell<Option<EntityMetadata>>,
    /// What people call it.
    pub(super) name: LocalizedName,
    /// Whose users it has.
    pub(super) domains: Vec<DomainRule>,
    /// In which scopes it may assert.
    pub(super) scopes: Vec<Domain>,
    /// Where a login at the service begins.
    pub(super) start_url: Option<Url>,
    /// Names of the attributes that the service asks for.
    pub(super) requested: Vec<String>,
}

impl PartyFile {
    /// Who registers the party.
    pub(super) fn registrar(&self) -> Registrar {
        match &self.given {
            Some(given) => Registrar::Feed(Arc::clone(&given.feed)),
            None => Registrar::File,
        }
    }

    /// Where what is fetched for this party is kept: `upstreams/lillekoebing`.
    pub(super) fn place_name(&self) -> String {
        let folder = self.path.parent().and_then(Path::file_name).unwrap_or_default();
        format!("{}/{}", folder.to_string_lossy(), self.short_name)
    }

    /// A file beside this one.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }
}

const SERVICES: &str = "services";
const UPSTREAMS: &str = "upstreams";

/// Reads `directory/services` and `directory/upstreams`.
pub fn load(directory: &Path, terms: &Terms<'_>) -> (Registry, Problems) {
    let mut problems = Problems::default();
    let held = HeldParties::of(terms.held);
    let services = read_all(
        &directory.join(SERVICES),
        Role::Service,
        &mut problems,
        |file, section| service_file::read(file, section, terms).map(Arc::new),
        &held.services,
    );
    let upstreams = read_all(
        &directory.join(UPSTREAMS),
        Role::Upstream,
        &mut problems,
        |file, section| upstream_file::read(file, section, terms).map(Arc::new),
        &held.upstreams,
    );
    let feeds = feeds::load(directory, terms, &mut problems);
    // A file wins over a feed, without a word: that is what it was written for. Also where it says that
    // the party is off, or is refused.
    let by_file: BTreeSet<&str> = services
        .iter()
        .filter_map(|party| party.entity_id())
        .chain(upstreams.iter().filter_map(|party| party.entity_id()))
        .collect();
    let claims = claims(directory, terms, !feeds.is_empty(), &mut problems);
    let is_free =
        |entity_id: Option<&str>| entity_id.is_none_or(|name| !by_file.contains(name) && !claims.has(name));
    let served: BTreeSet<&str> = upstreams.iter().map(|party| party.profile.id.as_str()).collect();
    let mut not_given = Problems::default();
    let mut all_services = services.clone();
    let mut all_upstreams = upstreams.clone();
    for feed in &feeds {
        all_services.extend(
            feed.services
                .iter()
                .filter(|party| is_free(party.entity_id()))
                .cloned(),
        );
        let free = feed.upstreams.iter().filter(|party| is_free(party.entity_id()));
        all_upstreams
            .extend(free.map(|party| claims.without_claimed_domains(party, &served, &mut not_given)));
    }
    problems.append(not_given);
    let (mut registry, clashes) = Registry::build(all_services, all_upstreams);
    registry.feeds = feeds;
    registry.claims = claims;
    registry.keep_lists(terms.lists.take());
    for Clash {
        party,
        name,
        taken_by,
    } in clashes
    {
        let problem = Problem::error(format!("{party} claims {name}, which belongs to {taken_by}"));
        problems.push(problem.help(format!(
            "remove it from one of the two files under {}",
            directory.display()
        )));
    }
    report_strangers(&registry, &mut problems);
    report_unvouched(&registry, terms.now, &mut problems);
    (registry, problems)
}

/// Whom files are about: of interest only beside feeds.
fn claims(directory: &Path, terms: &Terms<'_>, has_feeds: bool, problems: &mut Problems) -> Claims {
    let paths = [SERVICES, UPSTREAMS]
        .iter()
        .filter(|_| has_feeds)
        .flat_map(|folder| toml_files(&directory.join(folder)).unwrap_or_default());
    let before = terms.held.map(|registry| &registry.claims);
    Claims::read(paths.collect(), &terms.shelf, before, problems)
}

/// Parties with files of their own that are served until now, by short name.
#[derive(Default)]
struct HeldParties {
    services: BTreeMap<String, Arc<Service>>,
    upstreams: BTreeMap<String, Arc<Upstream>>,
}

impl HeldParties {
    fn of(registry: Option<&Registry>) -> Self {
        let Some(registry) = registry else {
            return Self::default();
        };
        let services = registry
            .services()
            .filter(|party| party.registrar == Registrar::File);
        let upstreams = registry
            .upstreams()
            .filter(|party| party.registrar == Registrar::File);
        Self {
            services: services
                .map(|party| (party.profile.id.to_string(), Arc::clone(party)))
                .collect(),
            upstreams: upstreams
                .map(|party| (party.profile.id.to_string(), Arc::clone(party)))
                .collect(),
        }
    }
}

fn read_all<T>(
    directory: &Path,
    role: Role,
    problems: &mut Problems,
    read: impl Fn(&PartyFile, &mut Section<'_>) -> Option<Arc<T>>,
    held: &BTreeMap<String, Arc<T>>,
) -> Vec<Arc<T>> {
    let mut paths = match toml_files(directory) {
        Ok(paths) => paths,
        Err(error) => {
            let problem = Problem::error(format!("{} cannot be read: {error}", directory.display()));
            problems.push(problem.help("make the directory, or set files.metadata in config/portner.toml"));
            return held.values().cloned().collect();
        }
    };
    paths.sort();
    strays::report(directory, problems);
    let party = |path: &PathBuf| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        let (party, is_faulty) = read_one(path, &name, role, problems, &read);
        let kept = held.get(&name).filter(|_| is_faulty && party.is_none());
        if kept.is_some() {
            let problem = Problem::warning(format!(
                "{name} is served as it was before its file became faulty"
            ));
            problems.push(problem.help("mend the file; it is read again when it changes"));
        }
        party.or_else(|| kept.cloned())
    };
    paths.iter().filter_map(party).collect()
}

/// The party of a file, and whether something is wrong with it.
fn read_one<T>(
    path: &Path,
    short_name: &str,
    role: Role,
    problems: &mut Problems,
    read: impl Fn(&PartyFile, &mut Section<'_>) -> Option<T>,
) -> (Option<T>, bool) {
    let source: Source = match load_source(path) {
        Ok(source) => source,
        Err(unreadable) => {
            problems.append(unreadable);
            return (None, true);
        }
    };
    let file = PartyFile {
        short_name: short_name.to_owned(),
        path: path.to_owned(),
        given: None,
    };
    let underlay = preset::under(&source, role);
    let mut found = Problems::default();
    let party = file::read_over(&source, underlay.as_ref(), &mut found, |section| {
        preset::check(section, role);
        read(&file, section)
    });
    let usable = !found.stop_logins();
    let switched_off = is_switched_off(&source);
    problems.append(if switched_off {
        found.while_switched_off()
    } else {
        found
    });
    // Who switches a party off means it, also in a file with a fault: nothing earlier is kept.
    (party.filter(|_| usable), !usable && !switched_off)
}

/// What `metadata add` writes is switched off until somebody has decided what it leaves open;
/// until then nothing that is open there stops a login.
fn is_switched_off(source: &Source) -> bool {
    let table: Option<toml::Table> = source.text().parse().ok();
    table.is_some_and(|table| table.get("enabled").and_then(toml::Value::as_bool) == Some(false))
}

/// The place on the shelf of everything that is fetched: of parties and of feeds.
pub fn fetched_places(directory: &Path) -> Vec<String> {
    let feeds = feed_file::sources(directory).into_iter();
    let aggregates = feeds
        .filter(|feed| feed.queries().is_empty())
        .map(|feed| feed.place_name());
    sources(directory)
        .into_iter()
        .map(|source| source.name)
        .chain(aggregates)
        .collect()
}

/// Every source of single parties that files and feeds name; faulty ones are told when the parties
/// are read.
pub fn sources(directory: &Path) -> Vec<source::Source> {
    let mut sources: Vec<_> = feed_file::sources(directory)
        .into_iter()
        .flat_map(|feed| feed.queries())
        .collect();
    for folder in ["services", "upstreams"] {
        for path in toml_files(&directory.join(folder)).unwrap_or_default() {
            let Ok(text) = load_source(&path) else { continue };
            let file = PartyFile {
                short_name: path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                path,
                given: None,
            };
            let read = |section: &mut Section<'_>| section.table("saml", |saml| source::read(saml, &file));
            sources.extend(file::read(&text, &mut Problems::default(), read).ok().flatten());
        }
    }
    sources
}

fn toml_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Parties that their pinned authorities do not vouch for: they are registered and switched off.
fn report_unvouched(registry: &Registry, now: Timestamp, problems: &mut Problems) {
    let services = registry
        .services()
        .map(|party| (party.profile.id.as_str(), party.profile.enabled, party.validity));
    let upstreams = registry
        .upstreams()
        .map(|party| (party.profile.id.as_str(), party.profile.enabled, party.validity));
    for (id, enabled, validity) in services.chain(upstreams) {
        if enabled && !validity.is_vouched_for(now) {
            let problem = Problem::error(format!(
                "no pinned authority vouches for any signing certificate of {id}: it is switched off"
            ));
            problems.push(problem.help(
                "see [saml.chain] in its file: `roots`, `intermediates` and `lists`, or ask the party for its current metadata",
            ));
        }
    }
}

fn is_switched_on(registry: &Registry, id: &UpstreamId) -> bool {
    registry
        .upstream(id)
        .is_some_and(|upstream| upstream.profile.enabled)
}

/// Services that name upstreams which are not there, or that nobody may vouch for.
fn report_strangers(registry: &Registry, problems: &mut Problems) {
    for service in registry.services() {
        let AllowedUpstreams::Only(allowed) = &service.profile.upstreams else {
            continue;
        };
        let id = &service.profile.id;
        for upstream in allowed
            .iter()
            .filter(|upstream| registry.upstream(upstream).is_none())
        {
            let problem = Problem::warning(format!(
                "{id} allows the upstream {upstream}, which is not registered"
            ));
            problems.push(problem.help("register it, or remove it from the service's `upstreams`"));
        }
        if allowed
            .iter()
            .all(|upstream| registry.upstream(upstream).is_none())
        {
            let problem = Problem::error(format!("nobody may vouch for users of {id}"));
            problems.push(problem.help("name a registered upstream in the service's `upstreams`"));
        } else if !allowed.iter().any(|id| is_switched_on(registry, id)) {
            let problem = Problem::warning(format!(
                "whoever may vouch for users of {id} is switched off: nobody can log in there"
            ));
            problems
                .push(problem.help("switch one of them on, or name another in the service's `upstreams`"));
        }
    }
}
