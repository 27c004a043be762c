//! Times as people read them, in Danish time.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::text::Language;

/// Danish time, written out: machines without a time zone database keep it too.
const DENMARK: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// `22.11.2026 08.12.05`, or `22 Nov 2026 08:12:05` in English.
pub fn readable(at: Timestamp, language: Language) -> String {
    let zone = TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC);
    let form = match language {
        Language::Da => "%d.%m.%Y %H.%M.%S",
        Language::En => "%-d %b %Y %H:%M:%S",
    };
    at.to_zoned(zone).strftime(form).to_string()
}

/// `08.12.05`, or `08:12:05` in English.
pub fn clock(at: Timestamp, language: Language) -> String {
    let zone = TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC);
    let form = match language {
        Language::Da => "%H.%M.%S",
        Language::En => "%H:%M:%S",
    };
    at.to_zoned(zone).strftime(form).to_string()
}

/// `22.11.2026`, or `22 Nov 2026` in English: the Danish day of a moment.
pub fn day(at: Timestamp, language: Language) -> String {
    let zone = TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC);
    let form = match language {
        Language::Da => "%d.%m.%Y",
        Language::En => "%-d %b %Y",
    };
    at.to_zoned(zone).strftime(form).to_string()
}

/// Whether schools are at work: from Monday to Friday, from seven to five.
pub fn is_of_a_school_day(at: Timestamp) -> bool {
    let there = at.to_zoned(TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC));
    there.weekday().to_monday_zero_offset() < 5 && (7..17).contains(&there.hour())
}

/// The Danish day on which something must be done that is to be done before this moment.
pub fn last_day(end: Timestamp, language: Language) -> String {
    let last = end.saturating_sub(SignedDuration::from_millis(1)).unwrap_or(end);
    day(last, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_day_is_danish_and_no_saturday() {
        let of_school = |at: &str| is_of_a_school_day(at.parse().unwrap());
        assert!(of_school("2026-11-24T06:00:00Z") && of_school("2027-06-30T14:59:59Z"));
        for other in [
            "2026-11-24T05:59:59Z",
            "2027-06-30T15:00:00Z",
            "2026-11-28T10:00:00Z",
            "2026-11-29T10:00:00Z",
        ] {
            assert!(!of_school(other), "{other}");
        }
    }

    #[test]
    fn times_are_danish_in_winter_and_in_summer() {
        let shown = |at: &str| readable(at.parse().unwrap(), Language::Da);
        assert_eq!(shown("2026-11-24T14:56:12Z"), "24.11.2026 15.56.12");
        assert_eq!(shown("2027-06-30T22:30:00Z"), "01.07.2027 00.30.00");
        assert_eq!(shown("2027-03-28T00:59:59Z"), "28.03.2027 01.59.59");
        assert_eq!(shown("2027-03-28T01:00:00Z"), "28.03.2027 03.00.00");
        assert_eq!(shown("2026-10-25T01:00:00Z"), "25.10.2026 02.00.00");
        let english = readable("2026-11-04T14:56:12Z".parse().unwrap(), Language::En);
        assert_eq!(english, "4 Nov 2026 15:56:12");
        let midnight: Timestamp = "2027-06-30T22:00:00Z".parse().unwrap();
        assert_eq!(day(midnight, Language::Da), "01.07.2027");
        assert_eq!(last_day(midnight, Language::Da), "30.06.2027");
        assert_eq!(last_day(midnight, Language::En), "30 Jun 2027");
    }
}
