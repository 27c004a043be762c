//! Days of schools' calendars as moments, in Danish time: a first day begins at midnight, and a
//! last day counts to its end.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The rule since 1996, spelled out so that no time zone files need to be installed.
const DANISH_TIME: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// The first moment of a day.
pub fn start_of(day: Date) -> Option<Timestamp> {
    let zone = TimeZone::posix(DANISH_TIME).ok()?;
    day.to_zoned(zone).ok().map(|start| start.timestamp())
}

/// The first moment after a day.
pub fn end_of(day: Date) -> Option<Timestamp> {
    day.tomorrow().ok().and_then(start_of)
}

/// The day that it is in Denmark at a moment.
pub fn of(at: Timestamp) -> Option<Date> {
    let zone = TimeZone::posix(DANISH_TIME).ok()?;
    Some(at.to_zoned(zone).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_and_end_in_danish_time() {
        let day: Date = "2026-08-01".parse().unwrap();
        assert_eq!(start_of(day), Some("2026-07-31T22:00:00Z".parse().unwrap()));
        assert_eq!(end_of(day), Some("2026-08-01T22:00:00Z".parse().unwrap()));
        assert_eq!(of("2026-07-31T22:00:00Z".parse().unwrap()), Some(day));
        let winter: Date = "2026-12-31".parse().unwrap();
        assert_eq!(end_of(winter), Some("2026-12-31T23:00:00Z".parse().unwrap()));
    }
}
