//! What differs between two descriptions of a party, as a person reads it.
//!
//! Only what decides who is believed and where messages go: names, keys, addresses, scopes.

use std::collections::BTreeSet;

use crate::saml::metadata::EntityMetadata;
use crate::saml::peer::{LogoutEndpoints, SsoEndpoints};

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
            let answers = sp.acs.iter();
            facts.extend(answers.map(|acs| format!("SP answers to {} (index {})", acs.url, acs.index)));
            facts.extend(logout("SP", &sp.logout));
            facts.extend(sp.certificates.iter().map(|key| format!("SP key {key}")));
            facts.insert(format!("SP signs requests: {}", sp.signs_requests));
        }
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
    ]
    .into_iter()
    .filter_map(|(how, url)| Some(format!("{role} logout by {how} to {}", url.as_ref()?)))
    .collect()
}
