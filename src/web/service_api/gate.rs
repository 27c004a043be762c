//! The gate before everything that a service fetches for itself: what the login decided is
//! handed over only while service, upstream, session and account still stand (DR08, E12, E13).

use crate::store::StoreError;
use crate::store::grants::Grant;
use crate::web::state::Portner;

/// Whether what a code or a token stands for may be handed over now.
pub async fn may_issue(portner: &Portner, grant: &Grant) -> Result<bool, StoreError> {
    let registry = portner.registry();
    let service = registry.service_by_client_id(&grant.bound_to);
    let (Some(session), Some((service, _))) = (grant.session, service) else {
        return Ok(false);
    };
    let voucher = portner.store.voucher_of(session, portner.ambient.now()).await?;
    let upstream = voucher.and_then(|id| registry.upstream(&id).cloned());
    Ok(service.profile.enabled && upstream.is_some_and(|upstream| upstream.profile.enabled))
}
