//! How far the clocks of others are from ours, as seen in what they sign (M10).
//!
//! A message that was issued after it came is proof of a clock ahead. One that is old may only
//! have travelled slowly, through a browser on a bad line; so a clock counts as behind when the
//! last few messages were all old, by as much as the youngest of them. Nothing is decided here:
//! how far a clock may be off is each protocol's matter.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

use super::metrics::PartyRole;

/// More than this is told.
const TOLERATED: SignedDuration = SignedDuration::from_secs(2);
/// So many old messages in a row are a clock that is behind.
const ENOUGH: usize = 5;
/// A clock that stays off is told this often.
const TOLD_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// So many parties whose clocks are off in the same direction at once: it is ours that is.
const TOO_MANY: usize = 3;
/// At once is within this time.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(10);

/// What is known of each party's clock since the start.
#[derive(Debug, Default)]
pub struct Clocks(
    RwLock<BTreeMap<(PartyRole, String), Watch>>,
    Mutex<Option<Timestamp>>,
);

#[derive(Debug, Default)]
struct Watch {
    recent: VecDeque<SignedDuration>,
    skew: Option<SignedDuration>,
    told_at: Option<Timestamp>,
    off_at: Option<Timestamp>,
}

/// A clock that is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skewed {
    /// Which side the party is on.
    pub role: PartyRole,
    /// Its short name.
    pub party: String,
    /// How far it is ahead of ours; negative where it is behind.
    pub ahead: SignedDuration,
}

impl Clocks {
    /// A registered party signed a message that came now, and said when it was issued.
    pub fn saw(&self, role: PartyRole, party: &str, issued: Timestamp, now: Timestamp) {
        let ahead = issued.duration_since(now);
        let is_off = ahead.abs() > TOLERATED;
        let key = (role, party.to_owned());
        if !is_off
            && !self
                .0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains_key(&key)
        {
            return;
        }
        let mut watches = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let watch = watches.entry(key).or_default();
        watch.note(ahead);
        let Some(skew) = watch.skew else {
            if !is_off {
                watches.remove(&(role, party.to_owned()));
            }
            return;
        };
        watch.off_at = Some(now);
        if watch.told_at.is_none_or(|told| is_due(told, now)) {
            watch.told_at = Some(now);
            tracing::warn!(
                party,
                role = role.word(),
                clock.ahead_seconds = skew.as_secs_f64(),
                "clocks differ: set both by NTP"
            );
        }
        let alike: Vec<SignedDuration> = watches
            .values()
            .filter(|watch| watch.off_at.is_some_and(|at| now.duration_since(at) <= AT_ONCE))
            .filter_map(|watch| watch.skew)
            .filter(|other| other.signum() == skew.signum())
            .collect();
        drop(watches);
        self.judge_ours(&alike, now);
    }

    /// Several parties do not err alike: their clocks are right, and ours is not (M10).
    fn judge_ours(&self, alike: &[SignedDuration], now: Timestamp) {
        let nearest = alike.iter().min_by_key(|skew| skew.abs());
        let Some(nearest) = nearest.filter(|_| alike.len() >= TOO_MANY) else {
            return;
        };
        let mut told = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| is_due(told, now)) {
            *told = Some(now);
            tracing::error!(
                parties = alike.len(),
                clock.behind_seconds = nearest.as_secs_f64(),
                "our own clock is off: several parties' clocks differ from it alike; set it by NTP"
            );
        }
    }

    /// The clocks that are off now.
    pub fn off(&self) -> Vec<Skewed> {
        let watches = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let off = watches.iter().filter_map(|((role, party), watch)| {
            Some(Skewed {
                role: *role,
                party: party.clone(),
                ahead: watch.skew?,
            })
        });
        off.collect()
    }
}

fn is_due(told: Timestamp, now: Timestamp) -> bool {
    now.duration_since(told) >= TOLD_AGAIN_AFTER
}

impl Watch {
    fn note(&mut self, ahead: SignedDuration) {
        self.recent.push_back(ahead);
        if self.recent.len() > ENOUGH {
            self.recent.pop_front();
        }
        let youngest = self.recent.iter().max().copied().unwrap_or_default();
        self.skew = if ahead > TOLERATED {
            Some(ahead)
        } else if self.recent.len() == ENOUGH && youngest < -TOLERATED {
            Some(youngest)
        } else if ahead < -TOLERATED {
            // Too few to tell: what was known stays.
            self.skew
        } else {
            None
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(clocks: &Clocks, seconds: &[i64]) -> Vec<i64> {
        for ahead in seconds {
            clocks.saw(
                PartyRole::Upstream,
                "x",
                NOW + SignedDuration::from_secs(*ahead),
                NOW,
            );
        }
        clocks.off().iter().map(|off| off.ahead.as_secs()).collect()
    }

    #[test]
    fn ahead_is_ahead_at_once_and_behind_takes_a_row_of_old_messages() {
        let clocks = Clocks::default();
        assert_eq!(after(&clocks, &[0, 2, -2]), [0_i64; 0]);
        assert_eq!(after(&clocks, &[3]), [3]);
        assert_eq!(after(&clocks, &[0]), [0_i64; 0], "set right");
        assert_eq!(after(&clocks, &[-30, -9, -8, -60]), [0_i64; 0], "slow browsers");
        assert_eq!(
            after(&clocks, &[-7]),
            [-7],
            "all five were old, by seven seconds at least"
        );
        assert_eq!(after(&clocks, &[-90]), [-7]);
        assert_eq!(after(&clocks, &[1]), [0_i64; 0]);
        assert!(
            clocks.0.read().unwrap().is_empty(),
            "a good clock is no longer watched"
        );
    }
}
