//! Growing delays after wrong passwords (G07): nobody is locked out, and nobody guesses fast.
//!
//! Tries are counted in the database, so that a restart forgets none; how long the present
//! delay lasts is kept in memory. Budgets for networks and for proven devices are not here.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::ambient::Ambient;
use crate::domain::login_name::BareName;
use crate::domain::refusal::{Refusal, Refused};
use crate::store::Store;
use crate::store::ephemeral::{Ephemeral, StateKey};

/// Tries are forgotten a day after the first of them.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// However many tries there were, the next one is never further away than this, until the day's
/// tries are used up.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// The delay once the day's tries are used up.
const EXHAUSTED: SignedDuration = SignedDuration::from_hours(1);

/// How much patience there is with one name.
pub struct Patience {
    /// Wrong tries before each further one is delayed.
    pub free: u32,
    /// Wrong tries in a day before an adult should help.
    pub per_day: u32,
    /// Counts tries.
    pub store: Store,
    /// Remembers delays.
    pub ephemeral: Arc<dyn Ephemeral>,
    /// Time.
    pub ambient: Ambient,
}

impl Patience {
    /// Counts a try before anything is checked, so that many at once are no way around (DR19).
    /// Once the free ones are used up, each further try begins a delay in which no other is
    /// looked at, right or wrong.
    pub async fn ask(&self, name: &BareName) -> Result<(), Refused> {
        if let Some(remaining) = self.remaining_delay(name).await? {
            return Err(refused(remaining));
        }
        let now = self.ambient.now();
        let tries = self.store.count_attempt(&tries_of(name), WINDOW, now).await;
        let tries = tries.map_err(Refused::from)?;
        let Some(delay) = self.delay_after(tries) else {
            return Ok(());
        };
        if !self
            .ephemeral
            .once(&turn_of(name), delay)
            .await
            .map_err(Refused::from)?
        {
            return Err(refused(delay));
        }
        let until = now
            .saturating_add(delay)
            .unwrap_or(now)
            .as_millisecond()
            .to_be_bytes();
        let kept = self.ephemeral.put(&delay_of(name), until.to_vec(), delay).await;
        kept.map_err(Refused::from)
    }

    /// A right password makes up for the wrong ones before it.
    pub async fn forget(&self, name: &BareName) -> Result<(), Refused> {
        self.store
            .forget_attempts(&tries_of(name))
            .await
            .map_err(Refused::from)?;
        let taken = self.ephemeral.take(&delay_of(name)).await;
        taken.map(drop).map_err(Refused::from)
    }

    async fn remaining_delay(&self, name: &BareName) -> Result<Option<SignedDuration>, Refused> {
        let kept = self.ephemeral.get(&delay_of(name)).await.map_err(Refused::from)?;
        let until = kept
            .and_then(|bytes| bytes.try_into().ok())
            .map(i64::from_be_bytes);
        let until = until.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let now = self.ambient.now();
        Ok(until
            .filter(|until| now < *until)
            .map(|until| until.duration_since(now)))
    }

    fn delay_after(&self, tries: u64) -> Option<SignedDuration> {
        if tries >= u64::from(self.per_day) {
            return Some(EXHAUSTED);
        }
        let beyond = tries.checked_sub(u64::from(self.free) + 1)?;
        let doubled = 2_i64.saturating_pow(u32::try_from(beyond).unwrap_or(u32::MAX));
        Some(SignedDuration::from_secs(doubled).min(LONGEST_DELAY))
    }
}

impl std::fmt::Debug for Patience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patience")
            .field("free", &self.free)
            .field("per_day", &self.per_day)
            .finish_non_exhaustive()
    }
}

fn tries_of(name: &BareName) -> StateKey {
    StateKey::of("password.tries", &[name.as_str()])
}

fn turn_of(name: &BareName) -> StateKey {
    StateKey::of("password.turn", &[name.as_str()])
}

fn delay_of(name: &BareName) -> StateKey {
    StateKey::of("password.delay", &[name.as_str()])
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
    use jiff::SignedDuration;

    use super::*;
    use crate::ambient::{ManualClock, OsEntropy};
    use crate::store::ephemeral::{InProcess, Room};

    async fn patience() -> (Patience, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
        let ambient = Ambient::new(clock.clone(), Arc::new(OsEntropy));
        let ephemeral = Arc::new(InProcess::new(ambient.clone(), Room::default()));
        let store = Store::open_memory().await.unwrap();
        (
            Patience {
                free: 5,
                per_day: 100,
                store,
                ephemeral,
                ambient,
            },
            clock,
        )
    }

    #[tokio::test]
    async fn five_tries_are_free_and_then_each_waits_longer() {
        let (patience, clock) = patience().await;
        let name = BareName::parse("alma1234").unwrap();
        for _ in 0..6 {
            assert!(patience.ask(&name).await.is_ok(), "nothing is delayed yet");
        }
        let mut waits = Vec::new();
        for _ in 0..4 {
            let Err(Refused {
                refusal: Refusal::TooManyAttempts { retry_after },
                ..
            }) = patience.ask(&name).await
            else {
                panic!("not delayed")
            };
            waits.push(retry_after);
            clock.advance(SignedDuration::from_secs(i64::from(retry_after)));
            assert!(
                patience.ask(&name).await.is_ok(),
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
            tokio::spawn(async move { patience.ask(&BareName::parse("alma1234").unwrap()).await.is_ok() })
        });
        let mut looked_at = 0;
        for one in tries.collect::<Vec<_>>() {
            looked_at += u32::from(one.await.unwrap());
        }
        assert_eq!(looked_at, 6);
    }

    #[tokio::test]
    async fn another_name_is_not_delayed_and_a_right_password_makes_up() {
        let (patience, _) = patience().await;
        let (alma, sofie) = (
            BareName::parse("alma1234").unwrap(),
            BareName::parse("sofi1234").unwrap(),
        );
        for _ in 0..6 {
            patience.ask(&alma).await.unwrap();
        }
        assert!(patience.ask(&sofie).await.is_ok());
        patience.forget(&alma).await.unwrap();
        assert!(patience.ask(&alma).await.is_ok());
    }

    #[tokio::test]
    async fn no_number_of_tries_is_forgotten_or_overflows() {
        let (patience, _) = patience().await;
        assert_eq!(patience.delay_after(5), None);
        assert_eq!(patience.delay_after(99), Some(LONGEST_DELAY));
        assert_eq!(patience.delay_after(100), Some(EXHAUSTED));
        assert_eq!(patience.delay_after(u64::MAX), Some(EXHAUSTED));
    }
}
