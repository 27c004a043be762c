//! Whether a login may lean on an earlier one in the same browser.

use jiff::Timestamp;

use super::identify::Signposts;
use crate::domain::assurance::Assurance;
use crate::domain::session::{SessionLimits, SsoSession};
use crate::trust::registry::Registry;

/// What an earlier login proved, as far as its upstream is believed today: a ceiling that was lowered since,
/// or a right to grant that was taken away, holds for open sessions too (C05, DR09).
pub fn as_believed(registry: &Registry, mut session: SsoSession) -> SsoSession {
    let upstream = registry.upstream(&session.upstream);
    let upstream = upstream.map(|upstream| &upstream.profile);
    let ceiling = upstream.map_or(Assurance::LOWEST, |upstream| upstream.ceiling);
    session.assurance = session.assurance.capped_by(&ceiling);
    session
        .privileges
        .retain(|group| upstream.is_some_and(|upstream| upstream.privileges.admits(&group.scope)));
    session
}

/// Whether this session answers this request, so that the user is not asked again.
///
/// A request that wants a fresh proof, a younger one, a stronger one, or one by somebody
/// else than the session's upstream gets a login instead (E16, pain 22).
pub fn may_lean(
    signposts: &Signposts<'_>,
    session: &SsoSession,
    limits: &SessionLimits,
    now: Timestamp,
) -> bool {
    is_good(signposts, session, limits, now)
        && signposts.request.wanted.is_met_by(&session.assurance)
        && signposts.service.wanted.is_met_by(&session.assurance)
}

/// Whether this session would answer this request, however strong the proof was: who the user is need
/// not be asked, but more may have to be proved (U15).
pub fn is_good(
    signposts: &Signposts<'_>,
    session: &SsoSession,
    limits: &SessionLimits,
    now: Timestamp,
) -> bool {
    let (request, service) = (signposts.request, signposts.service);
    let freshness = &request.freshness;
    let young_enough = freshness.max_age().is_none_or(|max_age| {
        session.time_is_said && now.duration_since(session.authenticated_at) <= max_age
    });
    // Whoever is switched off is none of these either, but that is told, and not asked anew (B13).
    let wished = request.hints.upstream.as_ref();
    let right_upstream = signposts.allowed().admits(&session.upstream)
        && wished.is_none_or(|wished| *wished == session.upstream);

    session.is_live(now, limits)
        && service.single_sign_on
        && !freshness.force
        && !freshness.choose_again
        && young_enough
        && right_upstream
}
