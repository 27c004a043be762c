//! What differs between two descriptions of a party, as a person reads it.
//!
//! Only what decides who is believed, where messages go and whom users are sent to for help: names,
//! keys, addresses, scopes.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

use super::registry::{Registry, ServiceProtocol, UpstreamProtocol};
use super::validity::Registrar;
use crate::saml::metadata::EntityMetadata;
use crate::saml::peer::{AcsEndpoints, LogoutEndpoints, SsoEndpoints};
use crate::saml::xml::VerifyingKey;

/// What decides who is believed and where messages go, a line for each fact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The party's name.
    pub entity_id: String,
    facts: BTreeSet<String>,
}

impl Outline {
    /// The outline of a party by its own words.
    pub fn of(metadata: &EntityMetadata) -> Self {
        let mut facts = BTreeSet::new();
        if let Some(idp) = &metadata.idp {
            facts.extend(sso(&idp.sso));
            facts.extend(logout("IdP", &idp.logout));
            facts.extend(idp.certificates.iter().map(|key| format!("IdP key {key}")));
            facts.extend(
                idp.scopes
                    .iter()
                    .map(|scope| format!("IdP scope {}", scope.to_unicode())),
            );
        }
        if let Some(sp) = &metadata.sp {
            facts.extend(answers(&sp.acs));
            facts.extend(logout("SP", &sp.logout));
            facts.extend(sp.certificates.iter().map(|key| format!("SP key {key}")));
            facts.insert(format!("SP signs requests: {}", sp.signs_requests));
        }
        // Our pages send users there, in the party's name.
        let about = &metadata.about;
        facts.extend(about.contact.iter().map(|contact| format!("contact {contact}")));
        let page = about.error_url.as_ref();
        facts.extend(page.map(|url| format!("page for its users' errors {}", url.template())));
        Self {
            entity_id: metadata.entity_id.to_string(),
            facts,
        }
    }

    /// Every fact.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        self.facts.iter().map(String::as_str)
    }

    /// What `next` says otherwise: lines that begin with `-` for what goes and `+` for what comes.
    pub fn difference(&self, next: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.entity_id != next.entity_id {
            lines.push(format!("- entityID {}", self.entity_id));
            lines.push(format!("+ entityID {}", next.entity_id));
        }
        lines.extend(self.facts.difference(&next.facts).map(|fact| format!("- {fact}")));
        lines.extend(next.facts.difference(&self.facts).map(|fact| format!("+ {fact}")));
        lines
    }
}

/// How many lines of a changed feed are told one by one.
const MOST_LINES: usize = 200;

/// What the parties of feeds say otherwise in `next`: for the log, since a pinned signature has
/// spoken for it.
pub fn of_feeds(before: &Registry, next: &Registry) -> Vec<String> {
    let (before, next) = (by_feeds(before), by_feeds(next));
    let mut lines = Vec::new();
    for (name, party) in &before {
        match next.get(name) {
            None => lines.push(format!("{name}: - left the feed")),
            Some(now) if now == party => {}
            Some(now) => lines.extend(
                party
                    .difference(now)
                    .into_iter()
                    .map(|line| format!("{name}: {line}")),
            ),
        }
    }
    let new = next.keys().filter(|name| !before.contains_key(*name));
    lines.extend(new.map(|name| format!("{name}: + joined the feed")));
    let more = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// The outline of each party of a feed, by its short name.
fn by_feeds(registry: &Registry) -> BTreeMap<String, Outline> {
    let is_of_a_feed = |registrar: &Registrar| matches!(registrar, Registrar::Feed(_));
    let keys = |role: &'static str, keys: &[VerifyingKey]| -> Vec<String> {
        let digest = |key: &VerifyingKey| digest::digest(&digest::SHA256, key.spki_der());
        keys.iter()
            .map(|key| format!("{role} key {}", HEXLOWER.encode(digest(key).as_ref())))
            .collect()
    };
    let mut outlines = BTreeMap::new();
    for party in registry
        .upstreams()
        .filter(|party| is_of_a_feed(&party.registrar))
    {
        if let UpstreamProtocol::Saml(idp, _) = &party.protocol {
            let scopes = party
                .profile
                .scopes
                .iter()
                .map(|scope| format!("IdP scope {}", scope.to_unicode()));
            let facts = sso(&idp.sso)
                .into_iter()
                .chain(logout("IdP", &idp.logout))
                .chain(scopes);
            let outline = Outline {
                entity_id: idp.entity_id.to_string(),
                facts: facts.chain(keys("IdP", idp.keys.as_slice())).collect(),
            };
            outlines.insert(format!("upstream {}", party.profile.id), outline);
        }
    }
    for party in registry.services().filter(|party| is_of_a_feed(&party.registrar)) {
        if let ServiceProtocol::Saml(service) = &party.protocol {
            let outline = Outline {
                entity_id: service.entity_id.to_string(),
                facts: answers(&service.acs)
                    .chain(logout("SP", &service.logout))
                    .chain(keys("SP", service.requests.keys()))
                    .collect(),
            };
            outlines.insert(format!("service {}", party.profile.id), outline);
        }
    }
    outlines
}

/// Where answers go, and where they go when a request names no place.
fn answers(acs: &AcsEndpoints) -> impl Iterator<Item = String> {
    let each = acs
        .iter()
        .map(|acs| format!("SP answers to {} (index {})", acs.url, acs.index));
    let usual = acs.default_endpoint();
    each.chain(usual.map(|acs| format!("SP answers by default to {}", acs.url)))
}

fn sso(endpoints: &SsoEndpoints) -> Vec<String> {
    let redirect = |url| format!("IdP requests by redirect to {url}");
    let post = |url| format!("IdP requests by post to {url}");
    match endpoints {
        SsoEndpoints::Redirect(url) => vec![redirect(url)],
        SsoEndpoints::Post(url) => vec![post(url)],
        SsoEndpoints::Both {
            redirect: one,
            post: other,
        } => vec![redirect(one), post(other)],
    }
}

fn logout(role: &str, endpoints: &LogoutEndpoints) -> Vec<String> {
    [
        ("redirect", &endpoints.redirect),
        ("post", &endpoints.post),
        ("response", &endpoints.response),
        ("soap", &endpoints.soap),
    ]
    .into_iter()
    .filter_map(|(how, url)| Some(format!("{role} logout by {how} to {}", url.as_ref()?)))
    .collect()
}
