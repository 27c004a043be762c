//! `metadata/feeds.toml`: the federations whose metadata is taken, who signs it, and what is made
//! of their parties.
//!
//! A feed says who is there and by which keys. What a party may do here is for the rules: whose
//! people it may vouch for, which domains are its own, what a service gets.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use url::Url;

use super::refresh::Bounds;
use super::source::{self, Source};
use crate::config::file::{self, Section};
use crate::config::problem::{Problem, Problems};
use crate::config::settings::load_source;
use crate::domain::login_name::Domain;
use crate::domain::upstream::DomainRule;
use crate::saml::metadata::EntityMetadata;
use crate::saml::xml::VerifyingKey;

/// The file's name.
pub(super) const NAME: &str = "feeds.toml";

/// A feed: where it is, and who signs it.
#[derive(Debug, Clone)]
pub struct FeedSource {
    /// Its short name.
    pub name: String,
    /// Where it is fetched.
    pub kind: FeedKind,
    /// Who signs it.
    pub keys: Vec<VerifyingKey>,
    /// How often it may be asked.
    pub bounds: Bounds,
}

/// How a feed is fetched.
#[derive(Debug, Clone)]
pub enum FeedKind {
    /// All of it, as one aggregate.
    Aggregate(Url),
    /// These entities of it, one at a time (MDQ).
    Query(Url, BTreeSet<String>),
}

impl FeedSource {
    /// The place of an aggregate on the shelf.
    pub fn place_name(&self) -> String {
        format!("feeds/{}", self.name)
    }

    /// The single entities that are asked for.
    pub fn queries(&self) -> Vec<Source> {
        let FeedKind::Query(service, entities) = &self.kind else {
            return Vec::new();
        };
        let query = |entity_id: &String| {
            let digest = digest::digest(&digest::SHA256, entity_id.as_bytes());
            let short = HEXLOWER.encode(digest.as_ref().get(..16).unwrap_or_default());
            Source {
                name: format!("mdq/{}/{short}", self.name),
                url: source::query(service, entity_id),
                pin: Some(self.keys.clone()),
                entity_id: Some(entity_id.clone()),
            }
        };
        entities.iter().map(query).collect()
    }
}

/// The files that rules may name, such as authorities and their lists, with what tells that they have changed.
pub(super) fn beside(directory: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let file = |entry: std::fs::DirEntry| {
        let known = std::fs::metadata(entry.path())
            .ok()
            .filter(std::fs::Metadata::is_file)?;
        Some((entry.path(), known.len(), known.modified().ok()))
    };
    let mut files: Vec<_> = entries.filter_map(file).collect();
    files.sort_unstable();
    files
}

/// Every feed that the file names; faulty ones are told when the parties are read.
pub fn sources(directory: &Path) -> Vec<FeedSource> {
    let Ok(text) = load_source(&directory.join(NAME)) else {
        return Vec::new();
    };
    let mut feeds = Vec::new();
    file::read(&text, &mut Problems::default(), |file| {
        file.named_tables(|name, section| {
            feeds.extend(Feed::read(name, section, directory).map(|feed| feed.source));
        });
    });
    feeds
}

/// A feed with its rules.
pub(super) struct Feed<'a> {
    pub(super) source: FeedSource,
    pub(super) upstreams: Vec<Rule<'a>>,
    pub(super) services: Vec<Rule<'a>>,
}

/// What is made of some of a feed's parties: who they are, and the rest of a party's file.
pub(super) struct Rule<'a> {
    section: Section<'a>,
    all: bool,
    entities: BTreeSet<String>,
    categories: BTreeSet<String>,
    within: Vec<DomainRule>,
    pub(super) login_domains: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn read(name: &str, section: &mut Section<'a>, directory: &Path) -> Option<Self> {
        let name = crate::domain::service::ServiceId::parse(name).map(|id| id.to_string());
        if name.is_none() {
            let problem = Problem::error("a feed's name is a short name");
            section.fault("", problem.help("write 1 to 64 of a-z, 0-9, -, _ and ."));
        }
        let url: Option<Url> = section.get("url");
        let service: Option<Url> = section.get("mdq");
        let key: Option<String> = section.require(
            "key",
            "a file beside this one with the certificate of whoever signs the feed",
        );
        let keys = key.and_then(|key| source::read_pin(section, "key", &directory.join(key)));
        let usual = Bounds::USUAL;
        let least: SignedDuration = section.get_or("refresh_least", usual.least);
        let most: SignedDuration = section.get_or("refresh_most", usual.most);
        let upstreams = Rule::read_all(section, "upstreams");
        let services = Rule::read_all(section, "services");
        let listed = || upstreams.iter().chain(&services);
        let kind = match (url, service) {
            (Some(url), None) => Some(FeedKind::Aggregate(url)),
            (None, Some(service)) => {
                if listed().any(|rule| rule.entities.is_empty()) {
                    let problem = Problem::error("entities are asked for one by one, so each must be named");
                    section.fault(
                        "mdq",
                        problem.help("write entities = [\"…\"] in each rule, or url instead of mdq"),
                    );
                }
                Some(FeedKind::Query(
                    service,
                    listed().flat_map(|rule| rule.entities.clone()).collect(),
                ))
            }
            _ => {
                let problem = Problem::error("a feed comes from one place");
                section.fault(
                    "",
                    problem.help("write url = \"https://…\" for an aggregate, or mdq = \"https://…\""),
                );
                None
            }
        };
        let source = FeedSource {
            name: name?,
            kind: kind?,
            keys: keys?,
            bounds: Bounds {
                least: least.min(most),
                most,
            },
        };
        Some(Self {
            source,
            upstreams,
            services,
        })
    }
}

impl<'a> Rule<'a> {
    fn read_all(feed: &mut Section<'a>, key: &'static str) -> Vec<Self> {
        feed.sections(key).into_iter().map(Self::read).collect()
    }

    fn read(section: Section<'a>) -> Self {
        let mut asked = section.again();
        let rule = Self::ask(&mut asked);
        let selects =
            rule.all || !rule.entities.is_empty() || !rule.categories.is_empty() || !rule.within.is_empty();
        if !selects {
            let problem = Problem::error("this rule does not say for whom it is");
            asked.fault(
                "",
                problem.help("write entities, categories or within, or all = true"),
            );
        }
        Self { section, ..rule }
    }

    /// Asks for what a rule has beside a party's file.
    fn ask(section: &mut Section<'a>) -> Self {
        let set = |list: Vec<String>| list.into_iter().collect();
        Self {
            all: section.get_or("all", false),
            entities: set(section.get_or("entities", Vec::new())),
            categories: set(section.get_or("categories", Vec::new())),
            within: section.get_or("within", Vec::new()),
            login_domains: section.get_or("login_domains", true),
            section: section.again(),
        }
    }

    /// The rule as a party's file, to be read once for each party.
    pub(super) fn file(&self) -> Section<'a> {
        let before = self.section.take_problems();
        let mut file = self.section.again();
        Self::ask(&mut file);
        // What is wrong with the selection was told when the rule was read.
        drop(file.take_problems());
        file.give_problems(before);
        file
    }

    /// Whether the rule is for this party.
    pub(super) fn is_for(&self, metadata: &EntityMetadata) -> bool {
        let by_name = self.all || self.entities.contains(metadata.entity_id.as_str());
        let by_category = || {
            metadata
                .about
                .categories
                .iter()
                .any(|category| self.categories.contains(category))
        };
        let by_scope = || !self.scopes(metadata).is_empty();
        by_name || by_category() || by_scope()
    }

    /// The scopes of a party that the rule lets it have.
    pub(super) fn scopes(&self, metadata: &EntityMetadata) -> Vec<Domain> {
        let scopes = metadata.idp.iter().flat_map(|idp| &idp.scopes);
        scopes
            .filter(|scope| self.within.iter().any(|rule| covers(rule, scope)))
            .cloned()
            .collect()
    }
}

/// Whether a domain is the rule's, or under it where the rule says so.
fn covers(rule: &DomainRule, domain: &Domain) -> bool {
    rule.domain == *domain
        || rule.with_subdomains
            && domain
                .with_parents()
                .skip(1)
                .any(|parent| Domain::parse(parent).is_ok_and(|parent| parent == rule.domain))
}
