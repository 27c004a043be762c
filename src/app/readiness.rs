//! Whether this process can serve logins now, for load balancers: told at once, found out
//! every few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;

use crate::config::keys::KeyPurpose;
use crate::store::ephemeral::StateKey;
use crate::web::serve::admin;
use crate::web::state::Portner;

/// How often it is found out.
const EVERY: Duration = Duration::from_secs(5);

/// Ready is when the store is read and written, and every key signs. Beginning and end of
/// trouble are logged; a token tells its own.
pub(super) fn watch(portner: Portner) -> admin::Readiness {
    let ready = Arc::new(AtomicBool::new(true));
    let told = Arc::clone(&ready);
    tokio::spawn(async move {
        let mut stored = true;
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            let now = can_serve(&portner).await;
            let troubles = portner.signing_troubles();
            // Metadata that cannot be signed stops no login.
            let signs = troubles
                .iter()
                .all(|(purpose, _)| *purpose == KeyPurpose::Metadata);
            ready.store(now && signs, Ordering::Relaxed);
            let lines = troubles
                .into_iter()
                .map(|(purpose, why)| format!("{}: {why}", purpose.as_str()));
            portner.trust.keys(lines.collect());
            match (std::mem::replace(&mut stored, now), now) {
                (true, false) => tracing::error!("the store cannot be used: nobody is logged in"),
                (false, true) => tracing::info!("the store can be used again"),
                _ => {}
            }
        }
    });
    Arc::new(move || told.load(Ordering::Relaxed))
}

/// Reads, and writes one row that is always the same, on the road that replay marks take.
pub async fn can_serve(portner: &Portner) -> bool {
    let key = StateKey::of("readiness", &[]);
    let written = portner.writer.once(key, SignedDuration::ZERO).await;
    written.is_ok() && portner.store.is_reachable().await
}
