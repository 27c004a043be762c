//! Step-up: who could prove more of the same person than was proved so far.
//!
//! Pure. The driver asks here once it knows who the user is; the journey decides whether it is
//! needed. That the answer is about the same person is checked where it is taken in.

use super::adult;
use super::identify::Signposts;
use super::transaction::LoginTransaction;
use crate::domain::assurance::{Assurance, NsisLevel, WantedAssurance};
use crate::domain::person_record::AccountRecord;
use crate::domain::service::ServiceProfile;
use crate::domain::upstream::{UpstreamId, UpstreamKind, UpstreamProfile};

/// Both wishes of one request: the service's standing one and this one.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// What the service always asks for.
    pub standing: &'a WantedAssurance,
    /// What it asks for this time.
    pub now: &'a WantedAssurance,
}

impl<'a> Wishes<'a> {
    /// Those of this request at this service.
    pub fn of(signposts: &Signposts<'a>) -> Self {
        Self {
            standing: &signposts.service.wanted,
            now: &signposts.request.wanted,
        }
    }

    /// Whether this is enough.
    pub fn are_met_by(self, held: &Assurance) -> bool {
        self.standing.is_met_by(held) && self.now.is_met_by(held)
    }

    /// Whether an upstream that is believed up to `ceiling` could ever be enough.
    pub fn could_be_met_under(self, ceiling: &Assurance) -> bool {
        self.standing.could_be_met_under(ceiling) && self.now.could_be_met_under(ceiling)
    }
}

/// What of an upstream's word may be passed on: under its ceiling, and no NSIS level above the one that
/// this installation is notified for (NSIS 2.0: the broker is a part of the chain).
pub fn ceiling_of(upstream: &UpstreamProfile, notified: Option<NsisLevel>) -> Assurance {
    passed_on(upstream.ceiling, notified)
}

/// The same evidence with the NSIS level that this installation may assert.
pub fn passed_on(proved: Assurance, notified: Option<NsisLevel>) -> Assurance {
    Assurance {
        nsis: proved.nsis.min(notified),
        ..proved
    }
}

/// Whether anybody whom the service lets vouch could prove what is wanted.
pub fn could_be_met_by_somebody(signposts: &Signposts<'_>, notified: Option<NsisLevel>) -> bool {
    let wishes = Wishes::of(signposts);
    let could = |upstream: &UpstreamProfile| {
        let alone = wishes.could_be_met_under(&ceiling_of(upstream, notified));
        (alone || adult::could_be_met(signposts, upstream)) && signposts.may_use(&upstream.id)
    };
    let mut upstreams = signposts.registry.upstreams();
    upstreams.any(|upstream| could(&upstream.profile))
}

/// The upstream to go to next for more: the present one first where it is worth another question, then
/// the national eID, then local ones. One national eID is as good as another: nobody is sent from the
/// first to the next. None where nobody that has not been asked could give it.
pub fn next_upstream(
    signposts: &Signposts<'_>,
    notified: Option<NsisLevel>,
    present: &UpstreamId,
    asked: &[UpstreamId],
    account: &AccountRecord,
) -> Option<UpstreamId> {
    let wishes = Wishes::of(signposts);
    let is_national = |id: &UpstreamId| {
        let upstream = signposts.registry.upstream(id);
        upstream.is_some_and(|upstream| upstream.profile.kind == UpstreamKind::NationalEid)
    };
    let eid_was_asked = asked.iter().any(is_national);
    let mut candidates: Vec<&UpstreamProfile> = signposts
        .registry
        .upstreams()
        .map(|upstream| &upstream.profile)
        .filter(|upstream| upstream.kind != UpstreamKind::Central && !asked.contains(&upstream.id))
        .filter(|upstream| !(eid_was_asked && upstream.kind == UpstreamKind::NationalEid))
        .filter(|upstream| wishes.could_be_met_under(&ceiling_of(upstream, notified)))
        .filter(|upstream| signposts.may_use(&upstream.id) && knows(upstream, account))
        .collect();
    candidates.sort_by_key(|upstream| {
        let national = upstream.kind == UpstreamKind::NationalEid;
        (
            upstream.id != *present,
            !national,
            upstream.hidden,
            upstream.id.clone(),
        )
    });
    candidates.first().map(|upstream| upstream.id.clone())
}

/// Whether it can say that it is this account: by a key that the account has, at an institution of its own.
fn knows(upstream: &UpstreamProfile, account: &AccountRecord) -> bool {
    let has_key = upstream.entitled.uni_id || (upstream.entitled.cpr && account.account.cpr_identified);
    has_key && account.is_reached_by(&upstream.institutions)
}

/// Notes in the log that somebody is sent on, and why.
pub fn tell(tx: &LoginTransaction, service: &ServiceProfile, upstream: &UpstreamId) {
    tracing::info!(
        login.id = %tx.id(),
        service.id = %service.id,
        upstream.id = %upstream,
        level = asked_and_held(tx, service),
        "step-up"
    );
}

/// What was asked for and what there is, for the log.
pub fn asked_and_held(tx: &LoginTransaction, service: &ServiceProfile) -> String {
    let asked = service.wanted.and(&tx.request().wanted).words();
    let held = tx.identity().map(|identity| identity.assurance.words());
    format!(
        "asked for {asked}; proved {}",
        held.unwrap_or_else(|| "nothing".to_owned())
    )
}
