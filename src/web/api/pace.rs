//! How often a program may ask: so many times in a minute, each by itself. A token that somebody else has
//! found empties no school in an hour.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::config::api::DeskProgram;

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// What each program has asked lately. There are as many as the settings name.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<String, (Timestamp, u32)>>);

impl Pace {
    /// Counts a request; how many seconds to wait instead, where there were too many.
    pub(super) fn wait(&self, program: &DeskProgram, now: Timestamp) -> Option<u32> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, seen) = all.entry(program.name.clone()).or_insert((now, 0));
        let passed = now.duration_since(*since);
        if passed >= WINDOW || passed.is_negative() {
            (*since, *seen) = (now, 0);
        }
        if *seen >= program.per_minute {
            let left = WINDOW
                .as_secs()
                .saturating_sub(now.duration_since(*since).as_secs());
            return Some(u32::try_from(left).unwrap_or(1).max(1));
        }
        *seen = seen.saturating_add(1);
        None
    }
}
