//! The parties of feeds: read from their last good copies by the rules of `feeds.toml`.
//!
//! A copy is verified again whenever it is read, and read only when it, the rules or the tables
//! have changed. A feed that cannot be read leaves its parties as they are.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use url::Url;

use super::feed_file::{self, Feed, FeedKind, Rule};
use super::load::{Given, PartyFile, Terms};
use super::preset::{self, Role};
use super::registry::{Service, Upstream, UpstreamProtocol};
use super::{service_file, upstream_file};
use crate::config::file::{self, Section};
use crate::config::problem::{Problem, Problems, Source, Weight};
use crate::config::settings::load_source;
use crate::domain::login_name::Domain;
use crate::domain::text::LocalizedName;
use crate::domain::upstream::DomainRule;
use crate::saml::metadata::{EntityMetadata, read_aggregate};
use crate::saml::xml::VerifyingKey;
use crate::telemetry::log::chain;

/// The Subject Identifier Attributes; which of them a service gets is for its wish.
const IDENTIFIERS: [&str; 2] = [
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
];
/// How many parties that are not taken are told for each feed.
const MOST_TOLD: usize = 10;

/// What one feed brought.
#[derive(Debug)]
pub(super) struct FeedParties {
    name: String,
    /// Of what it was made: it is not made again of the same.
    made_of: u64,
    /// Who had to have signed it.
    keys: Vec<VerifyingKey>,
    pub(super) services: Vec<Arc<Service>>,
    pub(super) upstreams: Vec<Arc<Upstream>>,
    faults: Vec<Problem>,
}

/// Reads every feed of `directory`.
pub(super) fn load(directory: &Path, terms: &Terms<'_>, problems: &mut Problems) -> Vec<Arc<FeedParties>> {
    let path = directory.join(feed_file::NAME);
    if !path.exists() {
        return Vec::new();
    }
    let held = || {
        terms
            .held
            .map(|registry| registry.feeds.clone())
            .unwrap_or_default()
    };
    let source = match load_source(&path) {
        Ok(source) => source,
        Err(unreadable) => {
            problems.append(unreadable);
            return held();
        }
    };
    let mut feeds = Vec::new();
    let mut names = BTreeSet::new();
    let mut found = Problems::default();
    file::read(&source, &mut found, |file| {
        file.named_tables(|name, section| {
            names.insert(name.to_owned());
            let old = held().into_iter().find(|feed| feed.name == name);
            let read = Feed::read(name, section, directory);
            let feed = read.map(|feed| one(&feed, directory, &source, terms, old.as_ref()));
            feeds.extend(feed.or(old));
        });
    });
    if names.is_empty() && found.stop_logins() {
        feeds = held();
    }
    problems.append(found);
    for feed in &feeds {
        for fault in &feed.faults {
            problems.push(fault.clone());
        }
    }
    feeds
}

/// The parties of one feed; as they were where nothing has changed.
fn one(
    feed: &Feed<'_>,
    directory: &Path,
    file: &Source,
    terms: &Terms<'_>,
    old: Option<&Arc<FeedParties>>,
) -> Arc<FeedParties> {
    let made_of = made_of(feed, directory, file, terms);
    if let Some(old) = old
        && old.made_of == made_of
    {
        return Arc::clone(old);
    }
    let mut gathered = Gathered {
        feed,
        name: feed.source.name.as_str().into(),
        directory,
        terms,
        services: Vec::new(),
        upstreams: Vec::new(),
        faults: Vec::new(),
    };
    let begun = gathered.read();
    if let Err(problem) = begun {
        // What is served stays, and why is told; but not by the word of a key that is withdrawn.
        let counts = |key: &VerifyingKey| {
            feed.source
                .keys
                .iter()
                .any(|now| now.spki_der() == key.spki_der())
        };
        let old = old.filter(|old| old.keys.iter().all(counts));
        gathered.services = old.map(|old| old.services.clone()).unwrap_or_default();
        gathered.upstreams = old.map(|old| old.upstreams.clone()).unwrap_or_default();
        gathered.faults = vec![problem];
    }
    tracing::info!(
        feed = feed.source.name,
        services = gathered.services.len(),
        upstreams = gathered.upstreams.len(),
        "a feed was read"
    );
    Arc::new(FeedParties {
        name: feed.source.name.clone(),
        made_of,
        keys: feed.source.keys.clone(),
        services: gathered.services,
        upstreams: gathered.upstreams,
        faults: gathered.faults,
    })
}

/// Everything that the parties of a feed are made of, as a number.
fn made_of(feed: &Feed<'_>, directory: &Path, file: &Source, terms: &Terms<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    file.text().hash(&mut hasher);
    format!("{:?} {:?}", terms.vocabularies, terms.releases).hash(&mut hasher);
    feed_file::beside(directory).hash(&mut hasher);
    // Whom authorities vouch for changes by time alone: lists are over, certificates begin and end.
    if file.text().contains("chain") {
        (terms.now.as_second() / 3600).hash(&mut hasher);
    }
    let mut note = |place: &str| {
        let copy = std::fs::metadata(terms.shelf.place(place).good_path()).ok();
        copy.map(|copy| (copy.len(), copy.modified().ok()))
            .hash(&mut hasher);
    };
    match &feed.source.kind {
        FeedKind::Aggregate(_) => note(&feed.source.place_name()),
        FeedKind::Query(..) => feed.source.queries().iter().for_each(|query| note(&query.name)),
    }
    for key in &feed.source.keys {
        key.spki_der().hash(&mut hasher);
    }
    hasher.finish()
}

/// The parties of a feed, while they are read.
struct Gathered<'f, 'a> {
    feed: &'f Feed<'a>,
    name: Arc<str>,
    directory: &'f Path,
    terms: &'f Terms<'f>,
    services: Vec<Arc<Service>>,
    upstreams: Vec<Arc<Upstream>>,
    faults: Vec<Problem>,
}

impl Gathered<'_, '_> {
    fn read(&mut self) -> Result<(), Problem> {
        match &self.feed.source.kind {
            FeedKind::Aggregate(url) => self.read_aggregate(url),
            FeedKind::Query(..) => {
                self.read_queries();
                Ok(())
            }
        }
    }

    fn read_aggregate(&mut self, url: &Url) -> Result<(), Problem> {
        let feed = self.feed;
        let path = self.terms.shelf.place(&feed.source.place_name()).good_path();
        let copy = std::fs::File::open(&path).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                Problem::warning(format!(
                    "the feed {} was not fetched yet: nobody of it is served",
                    self.name
                ))
                .help("`portner serve` fetches it by itself, `portner metadata refresh` now")
            } else {
                Problem::error(format!("{} cannot be read: {error}", path.display()))
            }
        })?;
        let (plain, now) = (self.terms.plain_http(), self.terms.now);
        let mut take = |metadata: EntityMetadata| {
            self.take(metadata);
            None::<()>
        };
        let read = read_aggregate(copy, &feed.source.keys, plain, now, &mut take).map_err(|refusal| {
            let why = chain(&refusal);
            Problem::error(format!("the last good copy of {url} is not taken: {why}"))
                .help("`portner metadata refresh` fetches it anew")
        })?;
        for (entity_id, refusal) in read.told.iter().take(MOST_TOLD) {
            self.fault(entity_id, &chain(refusal));
        }
        if read.passed_over > 0 {
            tracing::warn!(
                feed = &*self.name,
                parties = read.passed_over,
                "parties of a feed are not in order and are passed over"
            );
        }
        Ok(())
    }

    fn read_queries(&mut self) {
        for query in self.feed.source.queries() {
            let name = query.entity_id.clone().unwrap_or_default();
            let good = self.terms.shelf.place(&query.name).good();
            match good
                .map(|bytes| bytes.map(|bytes| query.open(&bytes, self.terms.plain_http(), self.terms.now)))
            {
                Ok(Some(Ok(metadata))) => self.take(metadata),
                Ok(Some(Err(refusal))) => self.fault(&name, &chain(&refusal)),
                Ok(None) => self.fault(&name, "it was not fetched yet"),
                Err(error) => self.fault(&name, &error.to_string()),
            }
        }
    }

    /// Takes a party that some rule is for, in each of its roles.
    fn take(&mut self, metadata: EntityMetadata) {
        let feed = self.feed;
        let for_idp = metadata
            .idp
            .as_ref()
            .and_then(|_| rule_for(&feed.upstreams, &metadata));
        let for_sp = metadata
            .sp
            .as_ref()
            .and_then(|_| rule_for(&feed.services, &metadata));
        let scopes = for_idp.map(|rule| rule.scopes(&metadata)).unwrap_or_default();
        let EntityMetadata {
            idp,
            sp,
            entity_id,
            about,
            ..
        } = metadata;
        let part = |idp, sp| EntityMetadata {
            entity_id: entity_id.clone(),
            about: about.clone(),
            idp,
            sp,
            ..metadata
        };
        if let Some(rule) = for_idp {
            self.take_upstream(rule, part(idp, None), &scopes);
        }
        if let Some(rule) = for_sp {
            self.take_service(rule, part(None, sp));
        }
    }

    fn take_upstream(&mut self, rule: &Rule<'_>, metadata: EntityMetadata, scopes: &[Domain]) {
        let name = metadata.idp.as_ref().and_then(|idp| idp.name.clone());
        let own = scopes.iter().filter(|_| rule.login_domains);
        let domains = own.map(|domain| DomainRule {
            domain: domain.clone(),
            with_subdomains: false,
        });
        let given = Given {
            domains: domains.collect(),
            scopes: scopes.to_vec(),
            ..self.given(&metadata, name)
        };
        let terms = self.terms;
        let read = |file: &PartyFile, section: &mut Section<'_>| upstream_file::read(file, section, terms);
        if let Some(mut upstream) = self.by_rule((rule, Role::Upstream), metadata, given, read) {
            self.share(&mut upstream);
            self.upstreams.push(Arc::new(upstream));
        }
    }

    fn take_service(&mut self, rule: &Rule<'_>, metadata: EntityMetadata) {
        let sp = metadata.sp.as_ref();
        let name = sp.and_then(|sp| sp.name.clone());
        let mut requested = sp.map(|sp| sp.requested_attributes.clone()).unwrap_or_default();
        // Who says which identifier it wants has asked for it.
        if metadata.about.subject_id.is_some() {
            requested.extend(IDENTIFIERS.map(str::to_owned));
        }
        let given = Given {
            start_url: metadata.about.start_url.clone(),
            requested,
            ..self.given(&metadata, name)
        };
        let terms = self.terms;
        let read = |file: &PartyFile, section: &mut Section<'_>| service_file::read(file, section, terms);
        if let Some(service) = self.by_rule((rule, Role::Service), metadata, given, read) {
            self.services.push(Arc::new(service));
        }
    }

    /// What a feed says of any party; without a name of its own, its host is what people know.
    fn given(&self, metadata: &EntityMetadata, name: Option<LocalizedName>) -> Given {
        let host = || host_of(metadata.entity_id.as_str());
        Given {
            feed: Arc::clone(&self.name),
            metadata: RefCell::default(),
            name: name.unwrap_or_else(|| LocalizedName::new(host())),
            domains: Vec::new(),
            scopes: Vec::new(),
            start_url: None,
            requested: Vec::new(),
        }
    }

    /// Reads a rule as if it were the party's own file.
    fn by_rule<T>(
        &mut self,
        (rule, whose): (&Rule<'_>, Role),
        metadata: EntityMetadata,
        given: Given,
        read: impl Fn(&PartyFile, &mut Section<'_>) -> Option<T>,
    ) -> Option<T> {
        let entity_id = metadata.entity_id.to_string();
        given.metadata.replace(Some(metadata));
        let file = PartyFile {
            short_name: short_name(&self.name, &entity_id),
            path: self.directory.join(feed_file::NAME),
            given: Some(given),
        };
        let section = rule.file();
        let elsewhere = section.take_problems();
        let mut section = preset::over(section, whose);
        let party = read(&file, &mut section);
        section.finish();
        let found = section.take_problems();
        section.give_problems(elsewhere);
        let fault = found.iter().find(|problem| problem.weight() == Weight::Error);
        if let Some(problem) = fault {
            self.fault(&entity_id, &problem.to_string());
        }
        party.filter(|_| fault.is_none())
    }

    /// Parties of one rule have one mapping; ten thousand copies of it would be most of a registry.
    fn share(&self, upstream: &mut Upstream) {
        let (Some(last), UpstreamProtocol::Saml(_, mapping)) =
            (self.upstreams.last(), &mut upstream.protocol)
        else {
            return;
        };
        if let UpstreamProtocol::Saml(_, known) = &last.protocol
            && known == mapping
        {
            *mapping = Arc::clone(known);
        }
    }

    fn fault(&mut self, entity_id: &str, why: &str) {
        if self.faults.len() < MOST_TOLD {
            let problem = Problem::warning(format!(
                "{entity_id} of the feed {} is not served: {why}",
                self.name
            ));
            self.faults
                .push(problem.help("mend its rule in feeds.toml, or tell the federation"));
        }
    }
}

/// The first rule that is for this party.
fn rule_for<'r, 'a>(rules: &'r [Rule<'a>], metadata: &EntityMetadata) -> Option<&'r Rule<'a>> {
    rules.iter().find(|rule| rule.is_for(metadata))
}

fn host_of(entity_id: &str) -> String {
    let url = Url::parse(entity_id).ok();
    let host = url.and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| entity_id.to_owned())
}

/// A short name that depends on the party alone, so that it stays whoever else joins: the feed,
/// the host, and enough of a digest for two parties at one host.
fn short_name(feed: &str, entity_id: &str) -> String {
    let digest = digest::digest(&digest::SHA256, entity_id.as_bytes());
    let digest = HEXLOWER.encode(digest.as_ref().get(..4).unwrap_or_default());
    let host: String = host_of(entity_id)
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let room = 64_usize.saturating_sub(feed.len() + digest.len() + 2);
    let from = host.len().saturating_sub(room);
    format!("{feed}.{}-{digest}", host.get(from..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_short_names_and_tell_parties_of_one_host_apart() {
        let names = [
            "https://login.skole.dk/idp",
            "https://login.skole.dk/another",
            "urn:mace:Skole:øst",
            &format!("https://{}.dk/", "lang.".repeat(40)),
        ]
        .map(|entity_id| short_name("wayf", entity_id));
        for name in &names {
            assert!(
                crate::domain::upstream::UpstreamId::parse(name).is_some(),
                "{name}"
            );
        }
        assert!(names[0].starts_with("wayf.login.skole.dk-") && names[0] != names[1]);
    }
}
