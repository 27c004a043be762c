//! Decides what happens to metadata that was fetched: taken, held for an operator, or refused.
//!
//! A pinned signature speaks for a change; without one, a change of keys, addresses, scopes or
//! name waits (B24), since whoever took over the address would take over the logins. What is
//! older than what is held waits in any case.

use jiff::{SignedDuration, Timestamp};

use super::difference::Outline;
use super::source::Source;
use crate::domain::address::PlainHttp;
use crate::saml::metadata::EntityMetadata;
use crate::telemetry::log::chain;

/// What to do with what was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Serve it; this changes by it.
    Take(Vec<String>),
    /// Let an operator decide.
    Hold {
        /// Why it is not taken by itself, for the operator.
        reason: &'static str,
        /// What would change.
        difference: Vec<String>,
    },
    /// It is not metadata of this party in good order.
    Refuse(String),
}

/// Decides over `next`, while `good` is served.
pub fn judge(
    source: &Source,
    good: Option<&[u8]>,
    next: &[u8],
    plain: PlainHttp,
    now: Timestamp,
) -> Judgement {
    let next = match source.open(next, plain, now) {
        Ok(next) => next,
        Err(refusal) => return Judgement::Refuse(chain(&refusal)),
    };
    let Some(good) = good else {
        // The operator wrote the address down, and https vouches for it: the first answer is believed.
        return Judgement::Take(Vec::new());
    };
    // Whether the served copy is over by now has no say in what changes.
    let Ok(good) = source.open(good, plain, Timestamp::MIN) else {
        return match source.pin {
            Some(_) => Judgement::Take(vec![
                "the copy of before was not signed by the pinned key".to_owned(),
            ]),
            None => Judgement::Hold {
                reason: "the copy of before cannot be compared",
                difference: Outline::of(&next)
                    .facts()
                    .map(|fact| format!("+ {fact}"))
                    .collect(),
            },
        };
    };
    let (before, after) = (Outline::of(&good), Outline::of(&next));
    let difference = before.difference(&after);
    if before.entity_id != after.entity_id {
        let reason = "it names another party";
        Judgement::Hold { reason, difference }
    } else if is_older(&next, &good) {
        let reason = "it is older than what is served";
        Judgement::Hold { reason, difference }
    } else if source.pin.is_none() && !difference.is_empty() {
        let reason = "nobody has signed for the change";
        Judgement::Hold { reason, difference }
    } else {
        Judgement::Take(difference)
    }
}

/// Whether metadata was made before what is held: by its own date, or else by when it ends.
fn is_older(next: &EntityMetadata, held: &EntityMetadata) -> bool {
    match (next.about.published, held.about.published) {
        (Some(next), Some(held)) => next < held,
        _ => matches!((next.valid_until, held.valid_until), (Some(next), Some(held)) if next < held),
    }
}

/// How often a source may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Not sooner than this.
    pub least: SignedDuration,
    /// Not later than this.
    pub most: SignedDuration,
}

impl Bounds {
    /// Between a quarter of an hour and a day.
    pub const USUAL: Self = Self {
        least: SignedDuration::from_mins(15),
        most: SignedDuration::from_hours(24),
    };
    /// Where nothing is said: often enough that a change of keys is here the same day.
    const UNSAID: SignedDuration = SignedDuration::from_hours(6);

    /// When to ask again after an answer that was looked at: by its `cacheDuration`, and in good
    /// time before it ends.
    pub fn after_answer(
        self,
        cache: Option<SignedDuration>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Timestamp {
        let wished = cache.unwrap_or(Self::UNSAID);
        let half_way = until.map_or(self.most, |until| until.duration_since(now) / 2);
        now + wished.min(half_way).clamp(self.least, self.most)
    }

    /// When to ask again after so many failures in a row: ever later, within these bounds.
    pub fn after_failures(self, failures: u32, now: Timestamp) -> Timestamp {
        let doubled = 2_i32.saturating_pow(failures.saturating_sub(1).min(10));
        let pause = SignedDuration::from_mins(5).saturating_mul(doubled);
        now + pause.min(Self::UNSAID.min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_asked_by_their_own_wish_within_bounds() {
        let now: Timestamp = "2027-03-01T08:00:00Z".parse().unwrap();
        let bounds = Bounds::USUAL;
        let hours = SignedDuration::from_hours;
        let wishing = |wish| bounds.after_answer(Some(wish), None, now);
        assert_eq!(wishing(hours(1)), now + hours(1));
        assert_eq!(wishing(hours(7 * 24)), now + hours(24));
        assert_eq!(wishing(SignedDuration::from_secs(1)), now + bounds.least);
        assert_eq!(bounds.after_answer(None, None, now), now + hours(6));
        assert_eq!(
            bounds.after_answer(None, Some(now + hours(4)), now),
            now + hours(2),
            "before it ends"
        );
        assert_eq!(bounds.after_failures(1, now), now + SignedDuration::from_mins(5));
        assert_eq!(bounds.after_failures(3, now), now + SignedDuration::from_mins(20));
        assert_eq!(bounds.after_failures(99, now), now + hours(6));
    }
}
