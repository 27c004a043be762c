//! For how long the words of a party hold, and who registered it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

/// For how long the words of a party hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// Until when its metadata counts (`validUntil`); nothing where that is without end.
    pub metadata_until: Option<Timestamp>,
    /// When the last of its certificates ends: a warning and no more, since dates in certificates
    /// decide nothing (B26).
    pub certificate_until: Option<Timestamp>,
    /// Whether pinned authorities vouch for its certificates; nothing where none need to.
    pub vouched: Option<Vouched>,
}

/// Until when pinned authorities vouch for a party's certificates, by what is known now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// They do not.
    ByNobody,
    /// Until then: a certificate ends, or a revocation list is overdue.
    Until(Timestamp),
}

impl Validity {
    /// Whether the party's words do not count any more.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.end().is_some_and(|until| until <= now)
    }

    /// When its words stop to count.
    pub fn end(self) -> Option<Timestamp> {
        let vouched = self.vouched.map(|vouched| match vouched {
            Vouched::ByNobody => Timestamp::MIN,
            Vouched::Until(until) => until,
        });
        self.metadata_until.into_iter().chain(vouched).min()
    }

    /// Whether its pinned authorities vouch for it, where some have to.
    pub fn is_vouched_for(self, now: Timestamp) -> bool {
        match self.vouched {
            None => true,
            Some(Vouched::ByNobody) => false,
            Some(Vouched::Until(until)) => until > now,
        }
    }
}

/// Who registered a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registrar {
    /// The operator, by a file of its own.
    File,
    /// A feed, by its name in `feeds.toml`.
    Feed(Arc<str>),
}

/// How near an end is, in the steps in which operators are warned (B26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nearness {
    /// It has passed.
    Over,
    /// In at most seven days.
    Days7,
    /// In at most thirty days.
    Days30,
    /// In at most sixty days.
    Days60,
}

impl Nearness {
    /// How near `end` is; nothing where it is farther off than anybody is warned of.
    pub fn of(end: Timestamp, now: Timestamp) -> Option<Self> {
        let left = end.duration_since(now);
        let within = |days: i64| left <= SignedDuration::from_hours(days * 24);
        if left <= SignedDuration::ZERO {
            Some(Self::Over)
        } else if within(7) {
            Some(Self::Days7)
        } else if within(30) {
            Some(Self::Days30)
        } else if within(60) {
            Some(Self::Days60)
        } else {
            None
        }
    }

    /// In words, for lines in a log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Days7 => "within 7 days",
            Self::Days30 => "within 30 days",
            Self::Days60 => "within 60 days",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_at_sixty_thirty_and_seven_days_and_at_the_end() {
        let now: Timestamp = "2027-03-01T08:00:00Z".parse().unwrap();
        let in_hours = |hours| Nearness::of(now + SignedDuration::from_hours(hours), now);
        assert_eq!(in_hours(61 * 24), None);
        assert_eq!(in_hours(60 * 24), Some(Nearness::Days60));
        assert_eq!(in_hours(30 * 24 + 1), Some(Nearness::Days60));
        assert_eq!(in_hours(30 * 24), Some(Nearness::Days30));
        assert_eq!(in_hours(7 * 24), Some(Nearness::Days7));
        assert_eq!(in_hours(0), Some(Nearness::Over));
        let until = Validity {
            metadata_until: Some(now),
            ..Validity::default()
        };
        assert!(until.is_over(now) && !until.is_over(now - SignedDuration::from_secs(1)));
        assert!(!Validity::default().is_over(now));
    }
}
