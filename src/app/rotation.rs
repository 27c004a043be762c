//! New keys while Portner runs: what `portner keys next` and `portner keys retire` did to the
//! files is taken over without a restart (M01).

use std::time::Duration;

use crate::cli::installation;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::problem::Problem;
use crate::domain::audit::{AuditAct, AuditEvent, UpkeepAct};
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
            Ok(look) => {
                look.tell();
                look.write_down(&portner).await;
            }
            Err(error) => tracing::error!(error = %chain(&error), "the keys could not be read"),
        }
    }
}

/// What a look at the key files found.
#[derive(Debug, Default)]
pub struct Look {
    /// The purposes whose keys are others than before, as far as others see them.
    pub changed: Vec<KeyPurpose>,
    /// What is wrong with files. Their purposes go on with the keys that they have.
    pub faults: Vec<Problem>,
}

impl Look {
    /// Which keys others meet from now on is for the auditor too (M01).
    pub async fn write_down(&self, portner: &Portner) {
        if self.changed.is_empty() {
            return;
        }
        let names: Vec<_> = self.changed.iter().map(|purpose| purpose.as_str()).collect();
        let act = AuditAct::Upkeep {
            act: UpkeepAct::KeysChanged,
            about: names.join(", "),
            detail: None,
            by: None,
        };
        let event = AuditEvent::new(portner.ambient.uuid(), portner.ambient.now(), act);
        if let Err(error) = portner.writer.audit(event).await {
            tracing::error!(error = %chain(&error), "audit row could not be written");
        }
    }

    fn tell(&self) {
        if !self.changed.is_empty() {
            let names: Vec<_> = self.changed.iter().map(|purpose| purpose.as_str()).collect();
            let keys = names.join(", ");
            tracing::info!(keys, "keys were replaced or added");
        }
        for problem in &self.faults {
            tracing::error!("{problem}: the keys of this purpose stay as they are");
        }
    }

    /// What was read, or nothing where it was faulty.
    fn sound<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    fn note(&mut self, purpose: KeyPurpose, changed: bool) {
        if changed {
            self.changed.push(purpose);
        }
    }
}

/// Reads the keys anew and goes on with them, each purpose by itself: a fault in the file of one must
/// not keep a leaked key of another in use.
pub fn read_anew(portner: &Portner) -> Look {
    let plan: &KeyPlan = &portner.settings.keys;
    let now = portner.ambient.now();
    let mut look = Look::default();
    let rings = [
        (&portner.services.saml.signers.rsa, KeyPurpose::Assertions),
        (&portner.upstreams.saml.signers.rsa, KeyPurpose::Requests),
        (&portner.metadata_signers, KeyPurpose::Metadata),
        (&portner.services.oidc.es256, KeyPurpose::TokensEs256),
        (&portner.services.oidc.rs256, KeyPurpose::TokensRs256),
    ];
    for (held, purpose) in rings {
        if let Some(fresh) = look.sound(installation::ring(plan, purpose, now)) {
            look.note(purpose, held.take_over(&fresh));
        }
    }
    let elliptic = [
        (&portner.services.saml.signers, KeyPurpose::AssertionsEs256),
        (&portner.upstreams.saml.signers, KeyPurpose::RequestsEs256),
    ];
    for (held, purpose) in elliptic {
        if let Some(Some(fresh)) = look.sound(installation::ring_if_any(plan, purpose, now)) {
            look.note(purpose, held.take_over_ecdsa(&fresh));
        }
    }
    if let Some(decryption) = look.sound(installation::decryption(plan)) {
        let opening = &portner.upstreams.saml.decryption;
        let changed = opening.current().key_ids != decryption.key_ids;
        look.note(KeyPurpose::Decryption, changed);
        if changed {
            opening.replace(decryption);
        }
    }
    if let Some((current, others)) = look.sound(installation::sealing_keys(plan)) {
        let sealed = portner.sealer.replace(&current, &others);
        look.sound(sealed.map_err(|error| Problem::error(error.to_string())));
    }
    look
}
