//! A breaker for each host and port: after some failures in a row it is left alone for a few
//! seconds, so that one upstream that hangs does not hold everybody's logins (M09, DR29).
//!
//! After the pause exactly one call goes first, however long it takes; the others are refused
//! until it is back. How many calls may be under way at once is not here (`bulkhead.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// All breakers. Hosts come from configuration and from what registered peers publish: few.
pub(super) struct Breakers {
    failures_to_open: u32,
    open_for: Duration,
    doors: Mutex<HashMap<String, Breaker>>,
}

#[derive(Default)]
struct Breaker {
    failures: u32,
    rest: Option<Rest>,
}

/// What a host is spared for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nobody calls before this.
    Until(Instant),
    /// One has gone first, and is not back.
    Probed,
}

/// Leave to call a host once. Dropped without a verdict it counts as a failure: a call that
/// nobody waited out is no sign of health.
pub(super) struct Leave {
    breakers: Arc<Breakers>,
    door: String,
    is_probe: bool,
    is_settled: bool,
}

impl Breakers {
    pub(super) fn new(failures_to_open: u32, open_for: Duration) -> Arc<Self> {
        Arc::new(Self {
            failures_to_open: failures_to_open.max(1),
            open_for,
            doors: Mutex::default(),
        })
    }

    /// Leave to try it now, if it is not to be left alone.
    pub(super) fn admit(self: &Arc<Self>, door: &str, now: Instant) -> Option<Leave> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_probe = false;
        if let Some(breaker) = doors.get_mut(door) {
            match breaker.rest {
                Some(Rest::Probed) => return None,
                Some(Rest::Until(until)) if now < until => return None,
                Some(Rest::Until(_)) => {
                    breaker.rest = Some(Rest::Probed);
                    is_probe = true;
                }
                None => {}
            }
        }
        Some(Leave {
            breakers: Arc::clone(self),
            door: door.to_owned(),
            is_probe,
            is_settled: false,
        })
    }

    /// How many hosts are left alone now.
    pub(super) fn resting(&self) -> usize {
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.values().filter(|breaker| breaker.rest.is_some()).count()
    }

    fn record(&self, leave: &Leave, healthy: bool, now: Instant) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if healthy {
            doors.remove(&leave.door);
            return;
        }
        let breaker = doors.entry(leave.door.clone()).or_default();
        breaker.failures = breaker.failures.saturating_add(1);
        // What was sent off before the rest began says nothing new about it.
        let is_news = leave.is_probe || breaker.rest.is_none();
        if is_news && breaker.failures >= self.failures_to_open {
            breaker.rest = Some(Rest::Until(now + self.open_for));
        }
    }
}

impl Leave {
    /// How the call went.
    pub(super) fn settle(mut self, healthy: bool, now: Instant) {
        self.is_settled = true;
        self.breakers.record(&self, healthy, now);
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if !self.is_settled {
            self.breakers.record(self, false, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(5);

    /// A breaker that opened just now, and the moment after its rest.
    fn opened() -> (Arc<Breakers>, Instant, Instant) {
        let breakers = Breakers::new(2, REST);
        let now = Instant::now();
        for _ in 0..2 {
            breakers.admit("op.example", now).unwrap().settle(false, now);
        }
        (breakers, now, now + REST)
    }

    #[test]
    fn a_failing_host_is_left_alone_and_then_tried_by_one() {
        let (breakers, now, later) = opened();
        assert!(breakers.admit("op.example", now).is_none());
        assert!(
            breakers.admit("other.example", now).is_some(),
            "others are not concerned"
        );
        assert_eq!(breakers.resting(), 1);
        let probe = breakers.admit("op.example", later).unwrap();
        let much_later = later + 10 * REST;
        assert!(
            breakers.admit("op.example", much_later).is_none(),
            "the others wait for the one, however long it takes"
        );
        probe.settle(true, much_later);
        let both = [
            breakers.admit("op.example", later),
            breakers.admit("op.example", later),
        ];
        assert!(both.iter().all(Option::is_some));
        assert_eq!(breakers.resting(), 0);
    }

    #[test]
    fn one_failure_is_no_pattern_and_a_failing_probe_is() {
        let breakers = Breakers::new(2, REST);
        let now = Instant::now();
        breakers.admit("op.example", now).unwrap().settle(false, now);
        assert!(breakers.admit("op.example", now).is_some_and(|leave| {
            leave.settle(true, now);
            true
        }));
        let (breakers, _, later) = opened();
        breakers.admit("op.example", later).unwrap().settle(false, later);
        assert!(breakers.admit("op.example", later).is_none());
        assert!(breakers.admit("op.example", later + REST).is_some());
    }

    #[test]
    fn a_late_failure_sends_no_second_probe_and_a_probe_that_is_given_up_frees_its_place() {
        let breakers = Breakers::new(2, REST);
        let now = Instant::now();
        let [one, two, late] = std::array::from_fn(|_| breakers.admit("op.example", now).unwrap());
        one.settle(false, now);
        two.settle(false, now);
        let probe = breakers.admit("op.example", now + REST).unwrap();
        late.settle(false, now + REST);
        assert!(breakers.admit("op.example", now + 3 * REST).is_none());
        drop(probe);
        let after = Instant::now() + REST;
        assert!(breakers.admit("op.example", after).is_some());
    }
}
