//! By which registered ways the people of an institution come: a login of its own, and what proves two
//! factors of its staff. Which of them is offered to whom, at a login, is not decided here.

use std::collections::BTreeSet;

use super::Registry;
use crate::domain::assurance::Factors;
use crate::domain::desk::StrongWays;
use crate::domain::institution::{Institution, InstitutionNumber, LegalForm};
use crate::domain::upstream::{UpstreamKind, UpstreamProfile};

impl Registry {
    /// The institutions whose people some local login vouches for.
    pub fn with_local_login(&self) -> BTreeSet<InstitutionNumber> {
        self.upstreams_of(UpstreamKind::Local)
            .filter(|upstream| upstream.profile.enabled)
            .flat_map(|upstream| upstream.profile.institutions.iter().cloned())
            .collect()
    }

    /// Whether this institution has a login of its own.
    pub fn has_local_login(&self, institution: &InstitutionNumber) -> bool {
        self.upstreams_of(UpstreamKind::Local)
            .any(|upstream| upstream.profile.enabled && upstream.profile.institutions.contains(institution))
    }

    /// By which ways the staff of this institution prove two factors, as is registered now.
    pub fn strong_ways(&self, institution: &Institution) -> StrongWays {
        let is_public = institution.legal_form == Some(LegalForm::Public);
        let serves = |upstream: &UpstreamProfile| {
            upstream.enabled
                && upstream.administrators
                && upstream.ceiling.factors == Factors::Two
                && (is_public || !upstream.public_bodies_only)
                && (upstream.institutions.is_empty() || upstream.institutions.contains(&institution.number))
        };
        let mut ways = StrongWays::default();
        for upstream in self.upstreams().map(|upstream| &upstream.profile) {
            if upstream.kind != UpstreamKind::Central && serves(upstream) {
                ways.by_number |= upstream.entitled.cpr;
                ways.by_account |= upstream.entitled.uni_id;
            }
        }
        ways
    }
}
