//! Whom the files of parties are about, also those that are switched off or refused: what an operator
//! has decided in a file of its own is not for a feed to decide otherwise (B13, B24).
//!
//! Nothing here is believed: a name or a domain that is claimed keeps feeds away from it, and does
//! nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::registry::Upstream;
use super::shelf::Shelf;
use crate::config::problem::{Problem, Problems};
use crate::domain::login_name::Domain;
use crate::domain::upstream::{DomainRule, UpstreamKind};
use crate::saml::xml::{Document, Limits};

/// How many domains that feeds do not get are told.
const MOST_TOLD: usize = 10;

/// What files claim, by the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Claims(BTreeMap<PathBuf, Claim>);

/// What one file claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Claim {
    entities: BTreeSet<String>,
    domains: Vec<DomainRule>,
}

impl Claims {
    /// Reads the party files at these paths. A file that no longer says whom it is about keeps the names
    /// that it had `before`; if it had none, a warning says so.
    pub(super) fn read(
        paths: Vec<PathBuf>,
        shelf: &Shelf,
        before: Option<&Self>,
        problems: &mut Problems,
    ) -> Self {
        let mut claims = BTreeMap::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let table: Option<toml::Table> = text.parse().ok();
            let known = before.and_then(|before| before.0.get(&path));
            let (mut entities, speaks_saml) = names_of(&path, table.as_ref(), shelf);
            if let Some(known) = known.filter(|_| entities.is_empty()) {
                entities.clone_from(&known.entities);
            }
            let mut domains = domains_of(table.as_ref(), &text);
            if table.is_none() {
                domains.extend(known.iter().flat_map(|known| known.domains.iter().cloned()));
            }
            if entities.is_empty() && speaks_saml {
                let problem = Problem::warning(format!(
                    "{} does not say whom it is about: a feed that has this party serves it by its own rules",
                    path.display()
                ));
                problems.push(problem.help("write entity_id = \"…\" in its [saml], or mend its metadata"));
            }
            claims.insert(path, Claim { entities, domains });
        }
        Self(claims)
    }

    /// Whether a file is about the party of this name.
    pub(super) fn has(&self, entity_id: &str) -> bool {
        self.0.values().any(|claim| claim.entities.contains(entity_id))
    }

    /// The party of a feed, without the domains that belong to party files. Two kinds are taken away: domains
    /// that a file names whose party is not served, and domains below one that a file claims with everything
    /// under it. A domain that a served file names itself stays here, and is reported as a clash later.
    pub(super) fn without_claimed_domains(
        &self,
        party: &Arc<Upstream>,
        served: &BTreeSet<&str>,
        problems: &mut Problems,
    ) -> Arc<Upstream> {
        let claimed = |domain: &Domain| {
            self.0.iter().find(|(path, claim)| {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                let is_served = served.contains(&*name);
                claim
                    .domains
                    .iter()
                    .any(|rule| rule.domain == *domain && !is_served || lies_under(domain, rule))
            })
        };
        let mut party = Arc::clone(party);
        for rule in party.profile.domains.clone() {
            let Some((path, _)) = claimed(&rule.domain) else {
                continue;
            };
            let domain = rule.domain.to_unicode();
            let (id, path) = (&party.profile.id, path.display());
            let problem = Problem::warning(format!(
                "users of {domain} are not sent to {id}: the domain is {path}'s"
            ));
            if problems.iter().count() < MOST_TOLD {
                problems.push(problem.help("mend that file, or remove the domain there"));
            }
            let domains = &mut Arc::make_mut(&mut party).profile.domains;
            domains.retain(|known| *known != rule);
        }
        party
    }
}

fn lies_under(domain: &Domain, rule: &DomainRule) -> bool {
    let above = domain.with_parents().skip(1);
    rule.with_subdomains && above.into_iter().any(|parent| parent == rule.domain.as_str())
}

/// The domains that a file claims. One that cannot be read as a whole claims whatever stands in it in
/// quotation marks and looks like a domain.
fn domains_of(table: Option<&toml::Table>, text: &str) -> Vec<DomainRule> {
    let words: Vec<&str> = match table {
        Some(table) => {
            let domains = table.get("domains").and_then(toml::Value::as_array);
            domains
                .into_iter()
                .flatten()
                .filter_map(toml::Value::as_str)
                .collect()
        }
        None => text.split('"').skip(1).step_by(2).collect(),
    };
    words.into_iter().filter_map(rule_of).collect()
}

fn rule_of(word: &str) -> Option<DomainRule> {
    let (bare, with_subdomains) = match word.strip_prefix("*.") {
        Some(bare) => (bare, true),
        None => (word, false),
    };
    let domain = Domain::parse(bare).ok().filter(|_| bare.contains('.'))?;
    Some(DomainRule {
        domain,
        with_subdomains,
    })
}

/// The names by which a file can be told to be about somebody, and whether it is about a SAML party.
fn names_of(path: &Path, table: Option<&toml::Table>, shelf: &Shelf) -> (BTreeSet<String>, bool) {
    let has = |key: &str| table.is_some_and(|table| table.contains_key(key));
    let saml = table.and_then(|table| table.get("saml")?.as_table());
    let word = |key: &str| saml.and_then(|saml| saml.get(key)?.as_str());
    let short_name = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let beside = word("metadata").map_or_else(|| format!("{short_name}.xml"), str::to_owned);
    let fetched = shelf.place(&format!("{}/{short_name}", folder.to_string_lossy()));
    let documents = [
        std::fs::read(path.with_file_name(beside)).ok(),
        fetched.good().ok().flatten(),
    ];
    let names = documents
        .into_iter()
        .flatten()
        .filter_map(|bytes| {
            let document = Document::parse(&bytes, &Limits::METADATA).ok()?;
            Some(document.root().attribute("entityID")?.to_owned())
        })
        .chain(word("entity_id").map(str::to_owned));
    let kind = table.and_then(|table| table.get("kind")?.as_str());
    let is_central = kind == Some(UpstreamKind::Central.word());
    (names.collect(), has("saml") || !(has("oidc") || is_central))
}
