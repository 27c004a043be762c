//! The gate before everything that a service fetches for itself: what the login decided is handed over
//! only while a login would decide the same (DR08, C01, E12, E13, F14, G14).

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::actor::ActorId;
use crate::domain::assurance::Assurance;
use crate::domain::licence::LicenceRule;
use crate::login::may_issue::{self, Standing, WhyNot};
use crate::login::{level, secret_due, sso, step_up};
use crate::store::StoreError;
use crate::store::grants::Found;
use crate::trust::registry::Registry;
use crate::web::state::Portner;

/// Whether what a code or a token stands for may be handed over now, to the service that it was given
/// to, for a user who acted as `acting`.
pub async fn may_issue(
    portner: &Portner,
    found: &Found,
    acting: &[ActorId],
    now: Timestamp,
) -> Result<Result<(), WhyNot>, StoreError> {
    let registry = portner.registry();
    let Some((service, _)) = registry.service_by_client_id(&found.grant.bound_to) else {
        return Ok(Err(WhyNot::Service));
    };
    let service = &service.profile;
    let (Some(account), Some(vouched_by)) = (found.account, &found.vouched_by) else {
        return Ok(Err(WhyNot::Upstream));
    };
    let Some(upstream) = registry.upstream(vouched_by) else {
        return Ok(Err(WhyNot::Upstream));
    };
    let record = portner.store.record_of_account(account, now).await?;
    let Some(held) = record.as_ref().and_then(|record| record.account(account)) else {
        return Ok(Err(WhyNot::Reach));
    };
    let licensed = match service.licence {
        LicenceRule::Required => portner.store.licensed_actors(&service.id, account, now).await?,
        _ => BTreeSet::new(),
    };
    let secret = if registry.is_central(vouched_by) {
        secret_due::of_account(&portner.store, &portner.driver.rules, held, now).await?
    } else {
        None
    };
    let level = level_of(portner, &registry, found, now).await?;
    let standing = Standing {
        upstream: Some(&upstream.profile),
        held,
        licensed: &licensed,
        level: level.as_ref(),
        secret: secret.as_ref(),
    };
    Ok(may_issue::may_issue(service, &standing, acting).map(drop))
}

/// What the session behind it proved, as far as that is believed today. What outlives its session is
/// not asked: that a service takes it was decided when its wishes were met.
async fn level_of(
    portner: &Portner,
    registry: &Registry,
    found: &Found,
    now: Timestamp,
) -> Result<Option<Assurance>, StoreError> {
    let Some(session) = found.grant.session else {
        return Ok(None);
    };
    let session = portner.store.session_by_id(session, now).await?;
    let proved = session.map(|session| sso::as_believed(registry, session).assurance);
    let proved = proved.map(|proved| step_up::passed_on(proved, portner.driver.notified));
    // Whatever rests on an adult's word is not found any more when that is over.
    let is_vouched = found.level_ends.is_some_and(|ends| now < ends);
    Ok(proved.map(|proved| {
        if is_vouched {
            level::with_an_adult(proved)
        } else {
            proved
        }
    }))
}
