//! The gate before everything that a service fetches for itself: what the login decided is
//! handed over only while service, upstream, session and account still stand (DR08, E12, E13).
//! What is renewed long after the login is asked once more what a login is asked.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::licence::LicenceRule;
use crate::domain::service::ServiceProfile;
use crate::login::journey;
use crate::store::StoreError;
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

/// Whether the service would still let this account in, and by the upstream that vouched for it:
/// affiliations end, licences run out and services are narrowed while tokens are renewed (E13).
pub async fn still_admits(
    portner: &Portner,
    service: &ServiceProfile,
    found: &Found,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (Some(account), Some(upstream)) = (found.account, &found.vouched_by) else {
        return Ok(false);
    };
    if !service.upstreams.admits(upstream) {
        return Ok(false);
    }
    let record = portner.store.record_of_account(account, now).await?;
    let Some(held) = record.as_ref().and_then(|record| record.account(account)) else {
        return Ok(false);
    };
    let licensed = if service.licence == LicenceRule::Required {
        portner.store.licensed_actors(&service.id, account, now).await?
    } else {
        BTreeSet::new()
    };
    Ok(journey::admitted(service, held, &licensed).is_ok())
}
