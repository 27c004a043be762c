//! How upstreams do, judged by the logins that really went there.
//!
//! An upstream that cannot be reached is in trouble whoever finds out. An answer that is
//! refused may be the fault of one user's device or bookmark, so that only refusals that
//! several users met speak against the upstream; users are told apart by a keyed hash that
//! lives no longer than the process.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

use crate::domain::upstream::UpstreamId;

/// So many failures in a row are trouble, or refused answers of so many users.
const TROUBLE: usize = 3;
/// Nobody has tried for this long: what was known is out of date.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What is known of each upstream since the start.
#[derive(Debug, Default)]
pub struct UpstreamHealth {
    failing: RwLock<HashMap<UpstreamId, Failures>>,
    key: RandomState,
}

#[derive(Debug, Clone)]
struct Failures {
    out_of_reach: usize,
    /// Whose answers were refused, up to [`TROUBLE`] of them.
    refused: Vec<u64>,
    last: Timestamp,
}

impl UpstreamHealth {
    /// A login went through it.
    pub fn succeeded(&self, upstream: &UpstreamId) {
        let known = self
            .failing
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(upstream);
        if known {
            self.failing
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(upstream);
        }
    }

    /// It could not be reached, or failed to answer.
    pub fn out_of_reach(&self, upstream: &UpstreamId, now: Timestamp) {
        self.note(upstream, now, |failures| {
            failures.out_of_reach = failures.out_of_reach.saturating_add(1);
        });
    }

    /// Its answer for `user` was refused: whatever tells users apart, of which nothing is kept.
    pub fn answer_refused(&self, upstream: &UpstreamId, user: impl Hash, now: Timestamp) {
        let user = self.key.hash_one(user);
        self.note(upstream, now, |failures| {
            if failures.refused.len() < TROUBLE && !failures.refused.contains(&user) {
                failures.refused.push(user);
            }
        });
    }

    fn note(&self, upstream: &UpstreamId, now: Timestamp, note: impl FnOnce(&mut Failures)) {
        let mut all = self.failing.write().unwrap_or_else(PoisonError::into_inner);
        let failures = all.entry(upstream.clone()).or_insert(Failures {
            out_of_reach: 0,
            refused: Vec::new(),
            last: now,
        });
        note(failures);
        failures.last = now;
    }

    /// Whether logins have failed lately, one after the other.
    pub fn is_troubled(&self, upstream: &UpstreamId, now: Timestamp) -> bool {
        let all = self.failing.read().unwrap_or_else(PoisonError::into_inner);
        all.get(upstream).is_some_and(|failures| {
            let many = failures.out_of_reach.max(failures.refused.len()) >= TROUBLE;
            many && now.duration_since(failures.last) < FORGOTTEN_AFTER
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream() -> UpstreamId {
        UpstreamId::parse("lillekoebing").unwrap()
    }

    #[test]
    fn trouble_is_three_failures_in_a_row_and_is_forgotten() {
        let (health, upstream) = (UpstreamHealth::default(), upstream());
        let now = Timestamp::UNIX_EPOCH;
        health.out_of_reach(&upstream, now);
        health.out_of_reach(&upstream, now);
        assert!(!health.is_troubled(&upstream, now));
        health.out_of_reach(&upstream, now);
        assert!(health.is_troubled(&upstream, now));
        assert!(!health.is_troubled(&upstream, now + FORGOTTEN_AFTER));
        health.succeeded(&upstream);
        assert!(!health.is_troubled(&upstream, now));
    }

    #[test]
    fn one_user_does_not_make_trouble_and_three_do() {
        let (health, upstream) = (UpstreamHealth::default(), upstream());
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..20 {
            health.answer_refused(&upstream, "sofie", now);
        }
        health.answer_refused(&upstream, "emil", now);
        assert!(!health.is_troubled(&upstream, now));
        health.answer_refused(&upstream, "alma", now);
        assert!(health.is_troubled(&upstream, now));
    }
}
