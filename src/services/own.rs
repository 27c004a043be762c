//! Our own pages as services: their "protocol" is a way back within our own origin.
//!
//! What they learn of the user they ask of the session at every request, so that nothing is told here.

use super::Reply;
use crate::domain::assurance::WantedAssurance;
use crate::domain::own_page::{FRESH_SECONDS, OwnPage};
use crate::domain::service::ServiceId;
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
use crate::login::answer::LoginAnswer;
use crate::login::outbound::Outbound;
use crate::login::request::{Freshness, Hints, LoginRequest, ReplyContext};
use crate::login::transaction::LoginTransaction;
use crate::trust::registry::{Registry, Service};

/// The front page: where somebody ends who gave a login to one of our own pages up.
const FRONT: &str = "/";

/// Asks for a login that ends at `back`, an address of this very page; with a `fresh` one, for a new
/// proof whatever session there is.
pub fn request(
    page: OwnPage,
    service: &ServiceId,
    registry: &Registry,
    back: &str,
    fresh: bool,
) -> LoginRequest {
    LoginRequest {
        service: service.clone(),
        wanted: WantedAssurance::default(),
        freshness: Freshness {
            force: fresh,
            choose_again: false,
            // Whoever is asked for this must say when the proof was made.
            max_age_seconds: fresh.then_some(FRESH_SECONDS),
        },
        passive: false,
        hints: Hints {
            upstream: the_only_one(service, registry),
            ..Hints::default()
        },
        language: None,
        reply: ReplyContext(page.return_to(back).into_bytes()),
    }
}

/// Where one alone may vouch, nobody is asked who.
fn the_only_one(service: &ServiceId, registry: &Registry) -> Option<UpstreamId> {
    let allowed = &registry.service(service)?.profile.upstreams;
    let candidates = registry
        .upstreams()
        .map(|upstream| &upstream.profile)
        .filter(|upstream| upstream.enabled && allowed.admits(&upstream.id));
    // Hidden ones are there for those who name them.
    let visible = |upstream: &&UpstreamProfile| !upstream.hidden;
    let all: Vec<&UpstreamProfile> = candidates.collect();
    let shown: Vec<&UpstreamProfile> = all.iter().copied().filter(visible).collect();
    match (shown.as_slice(), all.as_slice()) {
        ([only], _) | ([], [only]) => Some(only.id.clone()),
        _ => None,
    }
}

/// The way back to the page.
pub(super) fn answer(page: OwnPage, tx: &LoginTransaction, service: &Service, answer: &LoginAnswer) -> Reply {
    let wished = String::from_utf8_lossy(&tx.request().reply.0);
    let start = &service.profile.start_url;
    // It was one of ours when it was written, and is looked at again all the same.
    let back = start.join(&page.return_to(&wished));
    Reply {
        outbound: Outbound::Redirect(back.unwrap_or_else(|_| start.clone())),
        code: None,
        subject: answer.subject.value.clone(),
        name_format: String::new(),
    }
}

/// Whoever gives up is let out at the front.
pub(super) fn refuse(service: &Service) -> Outbound {
    let mut front = service.profile.start_url.clone();
    front.set_path(FRONT);
    Outbound::Redirect(front)
}
