//! New keys while Portner runs: what `portner keys next` and `portner keys retire` did to the
//! files is taken over without a restart (M01).

use std::time::Duration;

use crate::cli::installation;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::problem::Problem;
use crate::telemetry::log::chain;
use crate::web::serve::Stop;
use crate::web::state::Portner;

/// How often the keys are looked at: an emergency takes no longer than this to be over.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Looks at the keys now and then, until `stop`.
pub(super) async fn watch(portner: Portner, stop: Stop) {
    loop {
        tokio::select! {
            () = stop.requested() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let house = portner.clone();
        // Files are read on a thread of its own: no login waits for a disk.
        match tokio::task::spawn_blocking(move || read_anew(&house)).await {
            Ok(Ok(true)) => tracing::info!("the keys were replaced"),
            Ok(Ok(false)) => {}
            Ok(Err(problem)) => tracing::error!("{problem}: the keys stay as they are"),
            Err(error) => tracing::error!(error = %chain(&error), "the keys could not be read"),
        }
    }
}

/// Reads the keys anew, and goes on with all of them or with none. Says whether any that
/// others see has changed.
pub fn read_anew(portner: &Portner) -> Result<bool, Problem> {
    let plan: &KeyPlan = &portner.settings.keys;
    let now = portner.ambient.now();
    let read = |purpose| installation::ring(plan, purpose, now);
    let rings = [
        (&portner.services.saml.signers, read(KeyPurpose::Assertions)?),
        (&portner.upstreams.saml.signers, read(KeyPurpose::Requests)?),
        (&portner.metadata_signers, read(KeyPurpose::Metadata)?),
        (&portner.services.oidc.es256, read(KeyPurpose::TokensEs256)?),
        (&portner.services.oidc.rs256, read(KeyPurpose::TokensRs256)?),
    ];
    let decryption = installation::decryption(plan)?;
    let (current, others) = installation::sealing_keys(plan)?;
    let sealed = portner.sealer.replace(&current, &others);
    sealed.map_err(|error| Problem::error(error.to_string()))?;
    let opening = &portner.upstreams.saml.decryption;
    let mut changed = opening.current().key_ids != decryption.key_ids;
    if changed {
        opening.replace(decryption);
    }
    for (held, fresh) in rings {
        changed |= held.take_over(&fresh);
    }
    Ok(changed)
}
