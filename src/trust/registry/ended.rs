//! Parties whose own words are over: known by name still, and served no more (B24).

use jiff::Timestamp;

use super::{Registry, Validity};

use std::sync::Arc;

impl Registry {
    /// Whether the metadata of some party that is served is over (B24).
    pub fn has_ended_parties(&self, now: Timestamp) -> bool {
        self.next_end.is_some_and(|end| end <= now)
    }

    /// The same registry with every party switched off whose metadata is over: their names stay
    /// known, so that users are told whose login is closed, and nobody is believed any more.
    #[must_use]
    pub fn without_ended_parties(&self, now: Timestamp) -> Self {
        let mut registry = self.clone();
        for service in &mut registry.services {
            if service.profile.enabled && service.validity.is_over(now) {
                let why = why_it_ends(service.validity, now);
                tracing::error!(service = %service.profile.id, why, "a service is switched off");
                Arc::make_mut(service).profile.enabled = false;
            }
        }
        for upstream in &mut registry.upstreams {
            if upstream.profile.enabled && upstream.validity.is_over(now) {
                let why = why_it_ends(upstream.validity, now);
                tracing::error!(upstream = %upstream.profile.id, why, "an upstream is switched off");
                Arc::make_mut(upstream).profile.enabled = false;
            }
        }
        registry.next_end = registry.next_end();
        registry
    }

    pub(super) fn next_end(&self) -> Option<Timestamp> {
        let services = self
            .services
            .iter()
            .map(|service| (service.profile.enabled, service.validity));
        let upstreams = self
            .upstreams
            .iter()
            .map(|upstream| (upstream.profile.enabled, upstream.validity));
        services
            .chain(upstreams)
            .filter(|(enabled, _)| *enabled)
            .filter_map(|(_, validity)| validity.end())
            .min()
    }
}

fn why_it_ends(validity: Validity, now: Timestamp) -> &'static str {
    if validity.is_vouched_for(now) {
        "its metadata is over"
    } else {
        "no pinned authority vouches for its certificates, or the revocation lists are overdue"
    }
}
