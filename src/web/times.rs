//! Times as Danish people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `22.11.2026 08.12.05` in Danish time.
pub fn readable(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Copenhagen").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%d.%m.%Y %H.%M.%S").to_string()
}
