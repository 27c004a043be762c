//! What stands between guesses and secrets, as the settings have it.

use std::sync::Arc;

use super::keys::Keys;
use super::peppers::pepper;
use super::{CannotStart, because};
use crate::ambient::Ambient;
use crate::budgets::Budgets;
use crate::budgets::patience::Patience;
use crate::config::keys::KeyPurpose;
use crate::config::settings::Settings;
use crate::credentials::Passwords;
use crate::credentials::argon2::{Cost, Hashing};
use crate::credentials::pool::PoolSize;
use crate::store::Store;
use crate::store::writer::Writer;
use crate::telemetry::metrics::Metrics;
use crate::upstreams::credentials::CredentialsUpstream;

/// The one verifier, and its threads.
pub(super) fn passwords(settings: &Settings, ambient: &Ambient) -> Result<Passwords, CannotStart> {
    let wanted = &settings.passwords;
    let cost = Cost {
        memory_kib: u32::try_from(wanted.memory.0 / 1024).unwrap_or(u32::MAX),
        passes: wanted.passes,
        lanes: wanted.lanes,
    };
    let usual = PoolSize::default();
    let size = PoolSize {
        threads: wanted.workers.map_or(usual.threads, |workers| workers as usize),
        queue: wanted.queue as usize,
        ..usual
    };
    let present = pepper(&settings.keys, KeyPurpose::PasswordPepper)?;
    let previous = pepper(&settings.keys, KeyPurpose::PasswordPepperPrevious)?;
    Hashing::new(cost, present)
        .map(|hashing| match previous {
            Some(previous) => hashing.also_knowing(previous),
            None => hashing,
        })
        .and_then(|hashing| Passwords::start(hashing, size, ambient.clone()))
        .map_err(because(
            "passwords cannot be hashed so",
            "see [passwords] in the settings",
        ))
}

/// The central store as an upstream.
pub(super) fn central_store(
    settings: &Settings,
    (store, ambient): (&Store, &Ambient),
    budgets: &Arc<Budgets>,
    passwords: &Passwords,
    keys: &Keys,
) -> CredentialsUpstream {
    CredentialsUpstream {
        patience: patience(settings, store, ambient),
        budgets: Arc::clone(budgets),
        passwords: passwords.clone(),
        pseudonyms: Arc::clone(&keys.pseudonyms),
        store: store.clone(),
        ambient: ambient.clone(),
    }
}

/// What one account bears.
fn patience(settings: &Settings, store: &Store, ambient: &Ambient) -> Patience {
    Patience {
        free: settings.passwords.free_attempts,
        per_day: settings.passwords.attempts_per_day,
        per_day_with_device: settings.passwords.attempts_per_day_with_device,
        store: store.clone(),
        ambient: ambient.clone(),
    }
}

/// What is borne of strangers. Where it cannot be read what is usual, the settings hold alone.
pub(super) async fn budgets(
    settings: &Settings,
    (store, writer, metrics, ambient): (&Store, &Writer, &Arc<Metrics>, &Ambient),
) -> Arc<Budgets> {
    let limits = &settings.limits;
    let budgets = Budgets::new(
        (limits.names.clone(), limits.guesses.clone()),
        store.clone(),
        writer.clone(),
        Arc::clone(metrics),
        ambient.clone(),
    );
    if let Err(error) = budgets.tend().await {
        tracing::warn!(%error, "it cannot be read what is usual at this hour");
    }
    Arc::new(budgets)
}
