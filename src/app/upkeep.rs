//! What is done beside the logins, so that the store holds what it should and no more.

use std::sync::Arc;
use std::time::Duration;

use crate::ambient::Ambient;
use crate::budgets::Budgets;
use crate::domain::refusal::Refused;
use crate::keys::vault::CprVault;
use crate::store::Store;
use crate::store::retention::Retention;
use crate::web::logout::level_over::{self, Lanes};
use crate::web::serve::Stop;
use crate::web::service_api::backchannel;
use crate::web::state::Portner;

/// Keeps the store as small as it may be, beginning when it is first asked and then every hour.
pub(super) async fn forget_what_is_over(store: Store, ambient: Ambient, keep: Retention) {
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    loop {
        hours.tick().await;
        match store.purge(&keep, ambient.now()).await {
            Ok(purged) => tracing::debug!(
                purged.sessions = purged.sessions,
                purged.grants = purged.grants,
                purged.replay = purged.replay,
                purged.attempts = purged.attempts,
                purged.parked = purged.parked,
                purged.audit = purged.audit,
                purged.evidence = purged.evidence,
                purged.hours = purged.hours,
                purged.support = purged.support,
                purged.help = purged.help,
                "forgot what is over"
            ),
            Err(error) => tracing::warn!(%error, "what is over could not be forgotten"),
        }
        if let Err(error) = store.confirm_those_left_alone(ambient.now()).await {
            tracing::warn!(%error, "affiliations that nobody else has could not be confirmed");
        }
    }
}

/// Keeps what was counted and learns what is usual, every minute and once more at the end.
pub(super) async fn tend_budgets(budgets: Arc<Budgets>, stop: Stop) {
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    loop {
        let stopping = tokio::select! {
            _ = minutes.tick() => false,
            () = stop.requested() => true,
        };
        if let Err(error) = budgets.tend().await {
            tracing::warn!(%error, "what was counted of guesses could not be kept");
        }
        if stopping {
            return;
        }
    }
}

/// Looks every few seconds whether adults may still vouch for those for whom they do, tells services of levels
/// that are over, and calls those who wait for an answer (I09). Each goes on by itself, whatever keeps the others.
pub(super) async fn tend_levels(portner: Portner, stop: Stop) {
    let lanes = Lanes::default();
    tokio::join!(
        every_few_seconds(&stop, || level_over::end_lost(&portner)),
        every_few_seconds(&stop, || async {
            level_over::tell_of_ends(&portner, &lanes).await?.detach_all();
            Ok(())
        }),
        every_few_seconds(&stop, || backchannel::ping_those_who_wait(&portner)),
    );
}

async fn every_few_seconds<F>(stop: &Stop, work: impl Fn() -> F)
where
    F: Future<Output = Result<(), Refused>>,
{
    let mut seconds = tokio::time::interval(Duration::from_secs(5));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = seconds.tick() => {}
            () = stop.requested() => return,
        }
        if let Err(refused) = work().await {
            let cause = crate::telemetry::log::chain(&refused);
            tracing::warn!(cause, "levels that are over could not be looked after");
        }
    }
}

/// Seals every CPR number with the current key, and says when the previous one can go.
pub(super) async fn reseal(store: Store, vault: Arc<CprVault>, ambient: Ambient) {
    match store.reseal_cprs(&vault, &ambient).await {
        Ok(done) if done.unreadable > 0 => tracing::error!(
            cpr.unreadable = done.unreadable,
            cpr.resealed = done.resealed,
            "some CPR numbers open with none of the keys that are here: bring the key back that sealed them"
        ),
        Ok(done) => tracing::info!(
            cpr.resealed = done.resealed,
            cpr.current = done.current,
            "every CPR number is sealed with the current key; the previous one is not needed any more"
        ),
        Err(error) => {
            tracing::warn!(%error, "CPR numbers could not be sealed anew; the next start tries again");
        }
    }
}
