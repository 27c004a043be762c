//! Values of fields: moments, days, yes and no; and files that are read whole.

use std::io::Read;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::refusal::DeliveryRefusal;
use super::unilogin::MOST_MEGABYTES;

/// Danish time, written out: machines without a time zone database keep it too.
const DENMARK: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
/// Nobody alive was born before.
const EARLIEST: Date = Date::constant(1890, 1, 1);

/// Reads a moment (`xs:dateTime`). Without a zone it is Danish time, as administrative systems mean it.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'T' | b'Z' | b':' | b'.' | b'-' | b'+'));
    if !is_plain || text.len() > 40 || text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let has_zone = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
    let moment = if has_zone {
        text.parse().ok()
    } else {
        text.parse().ok().and_then(danish_moment)
    };
    moment.filter(|moment| *moment >= Timestamp::UNIX_EPOCH)
}

/// The moment that Danish clocks show so; the earlier one of two.
pub(super) fn danish_moment(local: DateTime) -> Option<Timestamp> {
    let zone = TimeZone::posix(DENMARK).ok()?;
    let danish = local.to_zoned(zone).ok()?;
    Some(danish.timestamp())
}

/// The Danish date of a moment.
pub(super) fn danish_date(at: Timestamp) -> Date {
    let zone = TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date()
}

/// Reads a day (`xs:date` without a zone).
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let is_plain = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_plain { text.parse().ok() } else { None }
}

/// Reads a day on which somebody can have been born who was alive at `now`.
pub(super) fn birth_date(text: &str, now: Timestamp) -> Option<Date> {
    day(text).filter(|date| (EARLIEST..=danish_date(now)).contains(date))
}

/// Reads a file whole, where its form lets nothing else.
pub(super) fn whole(reader: impl Read) -> Result<Vec<u8>, DeliveryRefusal> {
    let most = MOST_MEGABYTES * 1024 * 1024;
    let mut bytes = Vec::new();
    let read = reader.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|_| DeliveryRefusal::Unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(DeliveryRefusal::TooLarge {
            megabytes: MOST_MEGABYTES,
        });
    }
    Ok(bytes)
}

/// Reads yes or no (`xs:boolean`).
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_without_a_zone_is_danish() {
        for (text, moment_in_utc) in [
            ("2026-11-30T12:00:00", "2026-11-30T11:00:00Z"),
            ("2026-07-01T12:00:00.5", "2026-07-01T10:00:00.5Z"),
            ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z"),
            ("2026-07-01T12:00:00+03:00", "2026-07-01T09:00:00Z"),
            ("2026-07-01T12:00:00-03:00", "2026-07-01T15:00:00Z"),
        ] {
            assert_eq!(moment(text), moment_in_utc.parse().ok(), "{text}");
        }
        for text in [
            "",
            "2026-11-30",
            "2026-11-30 12:00:00",
            "30-11-2026T12:00:00",
            "2026-13-30T12:00:00",
            "nu",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_birth_date_is_a_day_of_this_time() {
        let now = moment("2026-11-30T12:00:00Z").unwrap();
        assert!(birth_date("2026-11-30", now).is_some());
        for text in [
            "2026-12-01",
            "1889-12-31",
            "2015-02-29",
            "15-02-2010",
            "2010-2-1",
            "+010-02-01",
            "2010-02-01Z",
        ] {
            assert_eq!(birth_date(text, now), None, "{text}");
        }
    }
}
