//! Growing delays after wrong secrets at one account (G07): nobody is locked out, and nobody
//! guesses fast.
//!
//! Strangers, the network where an account is at home, and each browser that it has logged in with
//! are counted apart, so that the first keep nobody from the last. Tries and delays are in the
//! database: a restart or a second node forgets none, and of parallel tries each is counted.

use jiff::{SignedDuration, Timestamp};

use super::{Standing, Whence, in_a_day};
use crate::ambient::Ambient;
use crate::domain::account::AccountId;
use crate::domain::login_name::BareName;
use crate::domain::refusal::{Refusal, Refused};
use crate::store::Store;
use crate::store::attempts::Tries;
use crate::store::ephemeral::StateKey;

/// Tries are forgotten a day after the first of them.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// However many tries there were, the next one is never further away than this, until the day's
/// tries are used up.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// The delay once the day's tries are used up.
const EXHAUSTED: SignedDuration = SignedDuration::from_hours(1);
/// So many others may have counted theirs while this one was about to; each time one of them
/// did, and after a few the next has to wait anyway.
const MOST_ROUNDS: u32 = 64;

/// How much patience there is with one name.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Wrong tries before each further one is delayed.
    pub free: u32,
    /// Wrong tries in a day before an adult should help.
    pub per_day: u32,
    /// Wrong tries in a day with one proven browser; from then on it is a stranger's.
    pub per_day_with_device: u32,
    /// Where tries at an account are counted.
    pub store: Store,
    /// Time.
    pub ambient: Ambient,
}

/// A try that was counted: whose it was, for when it turns out to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    subject: StateKey,
    /// From when on a try was possible before it, and is after it: for when it is not looked at after all.
    before: Timestamp,
    after: Timestamp,
}

impl Patience {
    /// Counts a try before anything is checked, so that many at once are no way around (DR19).
    /// Once the free ones are used up, each begins a delay in which no other is looked at, right or
    /// wrong.
    pub async fn ask(
        &self,
        name: &BareName,
        whence: &Whence,
        standing: Standing,
    ) -> Result<Counted, Refused> {
        if let (Standing::Device, Some(device)) = (standing, &whence.device) {
            let subject = StateKey::of(
                "password.tries.device",
                &[name.as_str(), &data_encoding::HEXLOWER.encode(device.id())],
            );
            let known = self.store.tries_at(&subject, self.ambient.now()).await;
            let known = known.map_err(Refused::from)?;
            // A browser in the wrong hands guesses no more than its share.
            if known.is_none_or(|tries| tries.in_window < self.per_day_with_device) {
                return self.count(subject, u32::MAX).await;
            }
        }
        let subject = match (standing, &whence.school, &whence.network) {
            (Standing::AtHome, Some(place), _) => {
                StateKey::of("password.tries.school", &[name.as_str(), place])
            }
            (Standing::AtHome, None, Some(place)) => {
                StateKey::of("password.tries.home", &[name.as_str(), place])
            }
            _ => tries_of(name),
        };
        self.count(subject, self.per_day).await
    }

    /// Counts a comparison with the secrets that an account had before, each of which costs as much as a
    /// login: whoever holds a proof of one account does not keep the pool busy with it (G01).
    pub async fn compare(&self, account: AccountId) -> Result<(), Refused> {
        let subject = StateKey::of("password.comparisons", &[&account.0.to_string()]);
        // One after the other is no guessing: only the day's bound holds.
        let enough = in_a_day::count((&self.store, &self.ambient), &subject, self.per_day).await?;
        enough.map_or(Ok(()), |until| {
            Err(refused(until.duration_since(self.ambient.now())))
        })
    }

    /// The try was right, which makes up for the row of wrong ones before it.
    pub async fn settle(&self, counted: Counted) -> Result<(), Refused> {
        let settled = self
            .store
            .settle_tries(&counted.subject, self.ambient.now())
            .await;
        settled.map_err(Refused::from)
    }

    /// The try was not looked at after all.
    pub async fn take_back(&self, counted: Counted) -> Result<(), Refused> {
        for _ in 0..MOST_ROUNDS {
            let now = self.ambient.now();
            let Some(before) = self
                .store
                .tries_at(&counted.subject, now)
                .await
                .map_err(Refused::from)?
            else {
                return Ok(());
            };
            let after = Tries {
                in_window: before.in_window.saturating_sub(1),
                in_row: before.in_row.saturating_sub(1),
                // The delay that it began was for a guess; another's that came after it stays.
                not_before: if before.not_before == counted.after {
                    counted.before
                } else {
                    before.not_before
                },
                ..before
            };
            let noted = self
                .store
                .note_tries(&counted.subject, Some(&before), &after, now)
                .await;
            if noted.map_err(Refused::from)? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn count(&self, subject: StateKey, per_day: u32) -> Result<Counted, Refused> {
        for _ in 0..MOST_ROUNDS {
            let now = self.ambient.now();
            let before = self.store.tries_at(&subject, now).await.map_err(Refused::from)?;
            let known = before.unwrap_or_else(|| Tries::none(WINDOW, now));
            if now < known.not_before {
                return Err(refused(known.not_before.duration_since(now)));
            }
            let after = self.one_more(known, per_day, now);
            let noted = self
                .store
                .note_tries(&subject, before.as_ref(), &after, now)
                .await;
            if noted.map_err(Refused::from)? {
                return Ok(Counted {
                    subject,
                    before: known.not_before,
                    after: after.not_before,
                });
            }
        }
        Err(refused(SignedDuration::from_secs(1)))
    }

    fn one_more(&self, known: Tries, per_day: u32, now: Timestamp) -> Tries {
        let (in_window, in_row) = (known.in_window.saturating_add(1), known.in_row.saturating_add(1));
        let delay = if in_window >= per_day {
            EXHAUSTED
        } else {
            self.delay_after(in_row)
        };
        Tries {
            in_window,
            in_row,
            not_before: now.saturating_add(delay).unwrap_or(now),
            ..known
        }
    }

    fn delay_after(&self, in_row: u32) -> SignedDuration {
        let Some(beyond) = in_row.checked_sub(self.free + 1) else {
            return SignedDuration::ZERO;
        };
        SignedDuration::from_secs(2_i64.saturating_pow(beyond)).min(LONGEST_DELAY)
    }
}

fn tries_of(name: &BareName) -> StateKey {
    StateKey::of("password.tries", &[name.as_str()])
}

fn refused(wait: SignedDuration) -> Refused {
    Refusal::TooManyAttempts {
        retry_after: seconds(wait),
    }
    .into()
}

/// Rounded up: who comes back when told is not told again.
fn seconds(wait: SignedDuration) -> u32 {
    u32::try_from(wait.as_secs() + i64::from(wait.subsec_nanos() > 0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ambient::{ManualClock, OsEntropy};
    use crate::budgets::device::Device;

    async fn patience() -> (Patience, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
        let ambient = Ambient::new(clock.clone(), Arc::new(OsEntropy));
        let patience = Patience {
            free: 5,
            per_day: 100,
            per_day_with_device: 20,
            store: Store::open_memory().await.unwrap(),
            ambient,
        };
        (patience, clock)
    }

    fn alma() -> BareName {
        BareName::parse("alma1234").unwrap()
    }

    async fn strangers_try(patience: &Patience) -> Result<Counted, u32> {
        told(
            patience
                .ask(&alma(), &Whence::default(), Standing::Stranger)
                .await,
        )
    }

    fn told(asked: Result<Counted, Refused>) -> Result<Counted, u32> {
        asked.map_err(|refused| refused.refusal.retry_after().unwrap())
    }

    #[tokio::test]
    async fn five_tries_are_free_and_then_each_waits_longer() {
        let (patience, clock) = patience().await;
        for _ in 0..6 {
            assert!(strangers_try(&patience).await.is_ok(), "nothing is delayed yet");
        }
        let mut waits = Vec::new();
        for _ in 0..4 {
            let wait = strangers_try(&patience).await.unwrap_err();
            waits.push(wait);
            clock.advance(SignedDuration::from_secs(i64::from(wait)));
            assert!(
                strangers_try(&patience).await.is_ok(),
                "who comes back when told may try"
            );
        }
        assert_eq!(waits, [1, 2, 4, 8]);
    }

    #[tokio::test]
    async fn many_at_once_are_no_way_around() {
        let (patience, _) = patience().await;
        let patience = Arc::new(patience);
        let tries = (0..50).map(|_| {
            let patience = Arc::clone(&patience);
            tokio::spawn(async move { strangers_try(&patience).await.is_ok() })
        });
        let mut looked_at = 0;
        for one in tries.collect::<Vec<_>>() {
            looked_at += u32::from(one.await.unwrap());
        }
        assert_eq!(looked_at, 6);
    }

    #[tokio::test]
    async fn a_right_one_ends_the_row_and_makes_no_mistake_undone() {
        let (patience, clock) = patience().await;
        for day_of_a_pupil in 0..12 {
            let mut last = None;
            for _ in 0..6 {
                last = strangers_try(&patience).await.ok();
            }
            patience.settle(last.unwrap()).await.unwrap();
            let tries = patience
                .store
                .tries_at(&tries_of(&alma()), patience.ambient.now())
                .await;
            assert_eq!(tries.unwrap().unwrap().in_window, 5 * (day_of_a_pupil + 1));
            clock.advance(SignedDuration::from_mins(10));
        }
    }

    #[tokio::test]
    async fn what_was_not_looked_at_keeps_nobody_waiting_and_ends_no_others_wait() {
        let (patience, clock) = patience().await;
        let mut last = None;
        for _ in 0..6 {
            last = strangers_try(&patience).await.ok();
        }
        assert!(strangers_try(&patience).await.is_err(), "the sixth began a delay");
        patience.take_back(last.unwrap()).await.unwrap();
        let late = strangers_try(&patience).await.expect("as if it had not been");
        clock.advance(SignedDuration::from_secs(60));
        strangers_try(&patience).await.unwrap();
        patience.take_back(late).await.unwrap();
        assert!(
            strangers_try(&patience).await.is_err(),
            "the seventh was looked at"
        );
    }

    #[tokio::test]
    async fn a_hundred_in_a_day_are_all_and_nothing_overflows() {
        let (patience, clock) = patience().await;
        let mut looked_at = 0;
        let end = patience.ambient.now() + SignedDuration::from_hours(23);
        while patience.ambient.now() < end {
            match strangers_try(&patience).await {
                Ok(_) => looked_at += 1,
                Err(wait) => clock.advance(SignedDuration::from_secs(i64::from(wait))),
            }
        }
        // The hundred, and one in each hour that was left of the day.
        assert!((100..118).contains(&looked_at), "{looked_at}");
        assert_eq!(patience.delay_after(u32::MAX), LONGEST_DELAY);
    }

    #[tokio::test]
    async fn strangers_keep_nobody_from_the_own_device_nor_from_school() {
        let (patience, _) = patience().await;
        while strangers_try(&patience).await.is_ok() {}
        let own = Whence {
            device: Some(Device::new(&patience.ambient)),
            network: Some("192.0.2.0/24".to_owned()),
            ..Whence::default()
        };
        assert!(patience.ask(&alma(), &own, Standing::Device).await.is_ok());
        assert!(patience.ask(&alma(), &own, Standing::AtHome).await.is_ok());
        assert!(patience.ask(&alma(), &own, Standing::Stranger).await.is_err());
    }

    #[tokio::test]
    async fn a_stolen_browser_guesses_twenty_times_and_is_a_stranger_then() {
        let (patience, clock) = patience().await;
        let stolen = Whence {
            device: Some(Device::new(&patience.ambient)),
            ..Whence::default()
        };
        let mut looked_at = 0;
        for _ in 0..200 {
            match told(patience.ask(&alma(), &stolen, Standing::Device).await) {
                Ok(counted) if counted.subject == tries_of(&alma()) => break,
                Ok(_) => looked_at += 1,
                Err(wait) => clock.advance(SignedDuration::from_secs(i64::from(wait))),
            }
        }
        assert_eq!(looked_at, 20);
    }

    #[tokio::test]
    async fn delays_outlive_a_restart() {
        let (patience, _) = patience().await;
        while strangers_try(&patience).await.is_ok() {}
        let again = Patience {
            store: patience.store.clone(),
            ..patience
        };
        assert!(strangers_try(&again).await.is_err());
    }
}
