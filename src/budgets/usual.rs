//! What is usual at an hour of the week: the median of the same hour in the last eight weeks,
//! in Danish time, since schools begin at eight in summer and in winter.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::domain::credential_class::CredentialClass;

/// Danish time, written out: machines without a time zone database keep it too.
const DENMARK: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const WEEKS: i64 = 8;
/// Fewer weeks than this say nothing of what is usual.
const FEWEST_WEEKS: usize = 3;
const SECONDS: i64 = 3600;

/// What is counted by the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Counted {
    /// Names that nobody has.
    Names,
    /// Wrong secrets of one class.
    Guesses(CredentialClass),
}

impl Counted {
    /// What it is called in the database.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Guesses(CredentialClass::Pictures) => "guesses.pictures",
            Self::Guesses(CredentialClass::Words) => "guesses.words",
            Self::Guesses(CredentialClass::Chosen) => "guesses.chosen",
        }
    }
}

/// Counts of this hour that are not kept yet, and what was usual.
#[derive(Debug, Default)]
pub(super) struct Usual {
    counted: HashMap<(Counted, i64), u64>,
    medians: HashMap<(Counted, i64), Option<u64>>,
}

impl Usual {
    /// Counts one more in this hour.
    pub(super) fn count(&mut self, what: Counted, now: Timestamp) {
        let count = self.counted.entry((what, hour_of(now))).or_default();
        *count = count.saturating_add(1);
    }

    /// One of this hour was made up for.
    pub(super) fn take_back(&mut self, what: Counted, now: Timestamp, count: u64) {
        if let Some(counted) = self.counted.get_mut(&(what, hour_of(now))) {
            *counted = counted.saturating_sub(count);
        }
    }

    /// What is usual at this hour of the week, where enough weeks are known.
    pub(super) fn at(&self, what: Counted, now: Timestamp) -> Option<u64> {
        self.medians.get(&(what, hour_of(now))).copied().flatten()
    }

    /// Hands out what was counted, to be kept.
    pub(super) fn take_counted(&mut self) -> Vec<(Counted, i64, u64)> {
        let counted = std::mem::take(&mut self.counted);
        counted
            .into_iter()
            .map(|((what, hour), count)| (what, hour, count))
            .collect()
    }

    /// The hours of which it is not known yet what is usual: this one and the next.
    pub(super) fn wanted(&mut self, now: Timestamp) -> Vec<i64> {
        let this = hour_of(now);
        self.medians.retain(|(_, hour), _| *hour >= this);
        let unknown = |hour: &i64| !self.medians.contains_key(&(Counted::Names, *hour));
        [this, this + 1].into_iter().filter(unknown).collect()
    }

    /// Learns what the same hour of earlier weeks had.
    pub(super) fn learn(&mut self, what: Counted, hour: i64, mut before: Vec<u64>) {
        before.sort_unstable();
        let enough = before.len() >= FEWEST_WEEKS;
        let median = before.get(before.len() / 2).copied().filter(|_| enough);
        self.medians.insert((what, hour), median);
    }
}

/// Hours since 1970.
pub(super) fn hour_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SECONDS)
}

/// The same hour of the week in the weeks before, by Danish clocks.
pub(super) fn same_hour_of_earlier_weeks(hour: i64) -> Vec<i64> {
    let zone = TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC);
    let Ok(begins) = Timestamp::from_second(hour.saturating_mul(SECONDS)) else {
        return Vec::new();
    };
    let begins = begins.to_zoned(zone);
    let earlier = |weeks: i64| {
        let then = begins.checked_sub(weeks.weeks()).ok()?;
        Some(hour_of(then.timestamp()))
    };
    (1..=WEEKS).filter_map(earlier).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn eight_in_the_morning_is_eight_in_the_morning_on_both_sides_of_summer_time() {
        // Danish clocks went forward on 28 March 2027.
        let monday = hour_of(at("2027-03-29T06:00:00Z"));
        let earlier = same_hour_of_earlier_weeks(monday);
        assert_eq!(earlier[0], hour_of(at("2027-03-22T07:00:00Z")));
        assert_eq!(earlier.len(), 8);
    }

    #[test]
    fn the_median_of_three_weeks_or_more_is_usual_and_fewer_say_nothing() {
        let (mut usual, now) = (Usual::default(), at("2027-03-01T08:10:00Z"));
        let hour = hour_of(now);
        usual.learn(Counted::Names, hour, vec![10, 20]);
        assert_eq!(usual.at(Counted::Names, now), None);
        usual.learn(Counted::Names, hour, vec![9_000, 10, 20]);
        assert_eq!(usual.at(Counted::Names, now), Some(20), "one attack says nothing");
        assert_eq!(usual.at(Counted::Names, at("2027-03-01T09:10:00Z")), None);
    }

    #[test]
    fn an_hour_is_asked_for_once_and_counts_are_handed_out_once() {
        let (mut usual, now) = (Usual::default(), at("2027-03-01T08:10:00Z"));
        let hour = hour_of(now);
        assert_eq!(usual.wanted(now), [hour, hour + 1]);
        usual.learn(Counted::Names, hour, Vec::new());
        assert_eq!(usual.wanted(now), [hour + 1]);
        for _ in 0..3 {
            usual.count(Counted::Names, now);
        }
        usual.take_back(Counted::Names, now, 1);
        assert_eq!(usual.take_counted(), [(Counted::Names, hour, 2)]);
        assert_eq!(usual.take_counted(), []);
    }
}
