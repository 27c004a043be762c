//! How long a browser may be away at an upstream that answers by `state` (D01): less long than a login
//! may take, since whoever finds such an address in a history must find it worthless.

use jiff::{SignedDuration, Timestamp};

use super::transaction::LoginTransaction;
use crate::domain::refusal::{Refusal, Refused};

/// From the last time that the browser was sent there.
pub const LONGEST_AWAY: SignedDuration = SignedDuration::from_mins(10);

impl LoginTransaction {
    /// The browser is sent to an upstream, perhaps once more.
    pub fn leave(&mut self, now: Timestamp) {
        self.left_at = Some(now.as_millisecond());
    }

    /// Refuses an answer to a question that was put too long ago.
    pub fn back_in_time(&self, now: Timestamp) -> Result<(), Refused> {
        let left_at = self
            .left_at
            .and_then(|millis| Timestamp::from_millisecond(millis).ok());
        if left_at.is_some_and(|left_at| now.duration_since(left_at) <= LONGEST_AWAY) {
            return Ok(());
        }
        Err(Refusal::LoginExpired.because("[state] the browser was away for more than ten minutes"))
    }
}
