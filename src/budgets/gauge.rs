//! One count within a window, and whether its limit was passed. What is counted, and what
//! follows, is the caller's.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

/// More things than this are told apart in no window; from then on each is counted as new.
const MOST_TOLD_APART: usize = 20_000;
/// A limit that was passed is halved for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Counts things in windows that begin on the clock (on the hour, every ten minutes). Passing the
/// limit trips it, and it stays tripped until a whole window went by in which the limit would
/// not have been passed: an attack that goes on gets no fresh budget every ten minutes.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    since: Option<Timestamp>,
    told_apart: HashSet<u64>,
    others: u64,
    tripped: bool,
    trips: u32,
    last_trip: Option<Timestamp>,
}

/// Far beyond a limit nobody asks any more whether a thing is another one.
fn most_told_apart(limit: u64) -> usize {
    let far = usize::try_from(limit.saturating_mul(8)).unwrap_or(usize::MAX);
    far.min(MOST_TOLD_APART)
}

/// What counting one more came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// The limit is passed, by this one or before.
    pub(super) tripped: bool,
    /// It was this one that passed it.
    pub(super) just_now: bool,
    /// How many there are in this window.
    pub(super) count: u64,
    /// It was not counted in this window before.
    pub(super) is_new: bool,
}

impl Gauge {
    /// Counts a thing, the same one once in a window.
    pub(super) fn note(
        &mut self,
        thing: u64,
        (window, limit): (SignedDuration, u64),
        now: Timestamp,
    ) -> Reading {
        self.roll((window, limit), now);
        let before = self.total();
        if self.told_apart.len() < most_told_apart(limit) {
            self.told_apart.insert(thing);
        } else if !self.told_apart.contains(&thing) {
            self.others += 1;
        }
        self.read(before, limit, now)
    }

    /// Counts one more, whatever it is.
    pub(super) fn count(&mut self, (window, limit): (SignedDuration, u64), now: Timestamp) -> Reading {
        self.roll((window, limit), now);
        let before = self.total();
        self.others += 1;
        self.read(before, limit, now)
    }

    /// What was noted of this thing is taken back; so many were counted that were not told apart.
    pub(super) fn take_back(&mut self, thing: Option<u64>, counted: u64) {
        if let Some(thing) = thing {
            self.told_apart.remove(&thing);
        }
        self.others = self.others.saturating_sub(counted);
    }

    /// Whether the limit is passed.
    pub(super) fn is_tripped(&mut self, measure: (SignedDuration, u64), now: Timestamp) -> bool {
        self.roll(measure, now);
        self.tripped
    }

    /// The limit, halved for every time that it was passed within a day: attacks that pause get
    /// no more in all than twice the first.
    pub(super) fn halved(&mut self, (window, limit): (SignedDuration, u64), now: Timestamp) -> u64 {
        if self
            .last_trip
            .is_some_and(|last| now.duration_since(last) >= REMEMBERED)
        {
            (self.trips, self.last_trip) = (0, None);
        }
        // The trip that lasts was measured by the limit before it.
        let lasts = self.tripped
            && self
                .since
                .is_some_and(|since| now.duration_since(since) < window * 2);
        let before = self.trips.saturating_sub(u32::from(lasts));
        limit.checked_shr(before).unwrap_or(0).max(1)
    }

    /// Whether nothing was counted in this window.
    pub(super) fn is_empty(&self, window: SignedDuration, now: Timestamp) -> bool {
        self.total() == 0 || self.since != Some(begin_of(window, now))
    }

    /// Whether nothing is in it that could decide anything.
    pub(super) fn is_idle(&self, window: SignedDuration, now: Timestamp) -> bool {
        self.since
            .is_none_or(|since| now.duration_since(since) >= window * 2)
    }

    /// Whether nothing is in it that could matter any more.
    pub(super) fn is_over(&self, window: SignedDuration, now: Timestamp) -> bool {
        self.is_idle(window, now)
            && self
                .last_trip
                .is_none_or(|last| now.duration_since(last) >= REMEMBERED)
    }

    fn roll(&mut self, (window, limit): (SignedDuration, u64), now: Timestamp) {
        let begins = begin_of(window, now);
        if self.since == Some(begins) {
            return;
        }
        let was_the_last = self
            .since
            .is_some_and(|since| begins.duration_since(since) <= window);
        self.tripped = self.tripped && was_the_last && self.total() > limit;
        self.told_apart = HashSet::new(); // and its memory, after an attack
        self.others = 0;
        self.since = Some(begins);
    }

    fn read(&mut self, before: u64, limit: u64, now: Timestamp) -> Reading {
        let count = self.total();
        let just_now = !self.tripped && count > limit;
        if just_now {
            self.tripped = true;
            self.trips = self.trips.saturating_add(1);
            self.last_trip = Some(now);
        }
        Reading {
            tripped: self.tripped,
            just_now,
            count,
            is_new: count > before,
        }
    }

    fn total(&self) -> u64 {
        self.told_apart.len() as u64 + self.others
    }
}

/// When the window began that this moment is in.
pub(super) fn begin_of(window: SignedDuration, now: Timestamp) -> Timestamp {
    let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
    let begins = now.as_millisecond().div_euclid(length).saturating_mul(length);
    Timestamp::from_millisecond(begins).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: SignedDuration = SignedDuration::from_mins(10);
    const MEASURE: (SignedDuration, u64) = (TEN, 5);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minutes).unwrap()
    }

    #[test]
    fn the_same_thing_counts_once_and_the_sixth_passes_a_limit_of_five() {
        let mut gauge = Gauge::default();
        for thing in [1, 1, 2, 3, 3, 4, 5] {
            assert!(!gauge.note(thing, MEASURE, at(0)).tripped);
        }
        let sixth = gauge.note(6, MEASURE, at(1));
        assert!(sixth.tripped && sixth.just_now && sixth.count == 6);
        assert!(!gauge.note(7, MEASURE, at(1)).just_now, "once is enough");
    }

    #[test]
    fn what_goes_on_stays_tripped_and_what_stops_is_forgotten() {
        let mut gauge = Gauge::default();
        for round in 0..5 {
            for thing in 0..10 {
                let read = gauge.note(thing, MEASURE, at(10 * round + 3));
                assert_eq!(read.tripped, round > 0 || thing >= 5, "{round} {thing}");
            }
        }
        // Four in the next window: fewer than the limit, but the one before it was hot.
        for thing in 0..4 {
            assert!(gauge.note(thing, MEASURE, at(55)).tripped);
        }
        assert!(!gauge.is_tripped(MEASURE, at(61)));
    }

    #[test]
    fn a_pause_of_a_whole_window_ends_it() {
        let mut gauge = Gauge::default();
        for thing in 0..10 {
            gauge.note(thing, MEASURE, at(0));
        }
        assert!(gauge.is_tripped(MEASURE, at(12)));
        let mut gauge = Gauge::default();
        for thing in 0..10 {
            gauge.note(thing, MEASURE, at(0));
        }
        assert!(!gauge.is_tripped(MEASURE, at(25)));
    }

    #[test]
    fn each_time_within_a_day_halves_the_limit() {
        let mut gauge = Gauge::default();
        let mut passed = Vec::new();
        for round in 0..4 {
            let now = at(60 * round);
            let limit = gauge.halved((TEN, 100), now);
            passed.push(limit);
            for _ in 0..=limit {
                gauge.count((TEN, limit), now);
            }
            assert_eq!(gauge.halved((TEN, 100), now), limit, "while it lasts");
        }
        assert_eq!(passed, [100, 50, 25, 12]);
        assert_eq!(gauge.halved((TEN, 100), at(60 * 28)), 100, "the next day");
    }

    #[test]
    fn what_was_made_up_for_is_taken_back() {
        let mut gauge = Gauge::default();
        gauge.note(1, MEASURE, at(0));
        for _ in 0..4 {
            gauge.count(MEASURE, at(0));
        }
        gauge.take_back(Some(1), 4);
        assert_eq!(gauge.note(2, MEASURE, at(0)).count, 1);
    }

    #[test]
    fn memory_is_bounded_and_the_count_goes_on() {
        let mut gauge = Gauge::default();
        let mut last = 0;
        for thing in 0..30_000 {
            last = gauge.note(thing, (TEN, 1_000_000), at(0)).count;
        }
        assert_eq!(last, 30_000);
        assert!(gauge.told_apart.len() <= MOST_TOLD_APART);
    }
}
