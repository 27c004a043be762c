//! Points in time as SAML writes them: `xs:dateTime` in UTC (saml-core §1.3.3).

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// Writes a moment with milliseconds, which every peer reads.
pub(super) fn write(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// Reads a moment. A time without zone is nobody's time, and so nothing.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'T' | b'Z' | b':' | b'.' | b'-' | b'+'));
    let has_shape = text.len() <= 40 && text.as_bytes().get(10) == Some(&b'T');
    if is_plain && has_shape {
        text.parse().ok()
    } else {
        None
    }
}

/// Reads a length of time (`xs:duration`), with days of 24 hours. Years and months have no one
/// length, and nothing and less are no wish.
pub(super) fn read_duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.trim().parse().ok()?;
    let has_a_length = span.get_years() == 0 && span.get_months() == 0;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .ok()
        .filter(|_| has_a_length)?;
    (duration > SignedDuration::ZERO).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let moment: Timestamp = "2026-08-12T07:55:00.25Z".parse().unwrap();
        assert_eq!(write(moment), "2026-08-12T07:55:00.250Z");
        assert_eq!(read(&write(moment)), Some(moment));
    }

    #[test]
    fn only_date_times_with_a_zone_are_read() {
        assert!(read("2026-08-12T07:55:00Z").is_some());
        assert!(read("2026-08-12T09:55:00+02:00").is_some());
        for bad in [
            "",
            "2026-08-12",
            "2026-08-12T07:55:00",
            "2026-08-12 07:55:00Z",
            "now",
            "2026-13-12T07:55:00Z",
            "2026-08-12t07:55:00Z",
            "20260812T075500Z",
            "2026-08-12T07:55:00+02:00[Europe/Copenhagen]",
            "2026-08-12T07:55:00.000000000000000000000Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_durations_with_a_length_are_read() {
        let hours = |text| read_duration(text).map(|duration| duration.as_hours());
        assert_eq!(hours("PT6H"), Some(6));
        assert_eq!(hours(" P1DT30M "), Some(24));
        for bad in [
            "",
            "P1Y",
            "P1M",
            "-PT6H",
            "PT0S",
            "6 hours from now",
            "P99999999999999D",
        ] {
            assert_eq!(read_duration(bad), None, "{bad}");
        }
    }
}
