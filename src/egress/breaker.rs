//! A breaker for each host and port: after some failures in a row it is left alone for a few
//! seconds, so that one upstream that hangs does not hold everybody's logins (M09, DR29).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
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
    open_until: Option<Instant>,
}

impl Breakers {
    pub(super) fn new(failures_to_open: u32, open_for: Duration) -> Self {
        Self {
            failures_to_open: failures_to_open.max(1),
            open_for,
            doors: Mutex::default(),
        }
    }

    /// Whether it may be tried now. After the pause one caller goes first; the others
    /// wait for what it finds.
    pub(super) fn admits(&self, door: &str, now: Instant) -> bool {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        match doors.get_mut(door) {
            Some(Breaker {
                open_until: Some(until),
                ..
            }) if now < *until => false,
            Some(breaker) if breaker.open_until.is_some() => {
                breaker.open_until = Some(now + self.open_for);
                true
            }
            _ => true,
        }
    }

    /// Takes note of how a call went.
    pub(super) fn record(&self, door: &str, healthy: bool, now: Instant) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if healthy {
            doors.remove(door);
            return;
        }
        let breaker = doors.entry(door.to_owned()).or_default();
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures >= self.failures_to_open {
            breaker.open_until = Some(now + self.open_for);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_host_is_left_alone_and_then_tried_by_one() {
        let breakers = Breakers::new(2, Duration::from_secs(5));
        let now = Instant::now();
        let later = now + Duration::from_secs(6);
        breakers.record("op.example", false, now);
        assert!(breakers.admits("op.example", now), "one failure is no pattern");
        breakers.record("op.example", false, now);
        assert!(!breakers.admits("op.example", now));
        assert!(breakers.admits("other.example", now), "others are not concerned");
        assert!(breakers.admits("op.example", later), "one may try");
        assert!(!breakers.admits("op.example", later), "the others wait");
        breakers.record("op.example", true, later);
        assert!(breakers.admits("op.example", later) && breakers.admits("op.example", later));
    }
}
