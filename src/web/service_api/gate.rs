//! The gate before everything that a service fetches for itself: what the login decided is
//! handed over only while service, upstream, session and account still stand (DR08, E12, E13).

use crate::store::grants::Found;
use crate::web::state::Portner;

/// Whether what a code or a token stands for may be handed over now.
pub fn may_issue(portner: &Portner, found: &Found) -> bool {
    let registry = portner.registry();
    let service = registry.service_by_client_id(&found.grant.bound_to);
    let upstream = found.vouched_by.as_ref().and_then(|id| registry.upstream(id));
    service.is_some_and(|(service, _)| service.profile.enabled)
        && upstream.is_some_and(|upstream| upstream.profile.enabled)
}
