//! Points in time as SAML writes them: `xs:dateTime` in UTC (saml-core §1.3.3).

use jiff::Timestamp;

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
}
