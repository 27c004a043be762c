//! How upstreams do, judged by the logins that really went there.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

use crate::domain::upstream::UpstreamId;

/// So many failures in a row are trouble; one is somebody's broken bookmark.
const TROUBLE: u32 = 3;
/// Nobody has tried for this long: what was known is out of date.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What is known of each upstream since the start.
#[derive(Debug, Default)]
pub struct UpstreamHealth(RwLock<HashMap<UpstreamId, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    in_a_row: u32,
    last: Timestamp,
}

impl UpstreamHealth {
    /// A login went through it.
    pub fn succeeded(&self, upstream: &UpstreamId) {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(upstream);
        if known {
            self.0
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(upstream);
        }
    }

    /// A login failed because of it.
    pub fn failed(&self, upstream: &UpstreamId, now: Timestamp) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let failures = all.entry(upstream.clone()).or_insert(Failures {
            in_a_row: 0,
            last: now,
        });
        *failures = Failures {
            in_a_row: failures.in_a_row.saturating_add(1),
            last: now,
        };
    }

    /// Whether logins have failed lately, one after the other.
    pub fn is_troubled(&self, upstream: &UpstreamId, now: Timestamp) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(upstream).is_some_and(|failures| {
            failures.in_a_row >= TROUBLE && now.duration_since(failures.last) < FORGOTTEN_AFTER
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_three_failures_in_a_row_and_is_forgotten() {
        let (health, upstream) = (
            UpstreamHealth::default(),
            UpstreamId::parse("lillekoebing").unwrap(),
        );
        let now = Timestamp::UNIX_EPOCH;
        health.failed(&upstream, now);
        health.failed(&upstream, now);
        assert!(!health.is_troubled(&upstream, now));
        health.failed(&upstream, now);
        assert!(health.is_troubled(&upstream, now));
        assert!(!health.is_troubled(&upstream, now + FORGOTTEN_AFTER));
        health.succeeded(&upstream);
        assert!(!health.is_troubled(&upstream, now));
    }
}
