//! Days of a directory seed, in Danish time: the first of a term, and the last, which counts.

use jiff::Timestamp;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

use crate::config::file::{FromToml, Section, Wrong};
use crate::config::problem::Problem;
use crate::domain::day::{end_of, start_of};

/// From when until when something holds: it ends when the day after the last one begins.
pub(super) fn term(section: &mut Section<'_>, what: &str) -> (Option<Timestamp>, Option<Timestamp>) {
    let from = section.get("from").map(|FirstDay(start)| start);
    let until = section.get("until").map(|LastDay(end)| end);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let problem = Problem::error(format!("{what} ends before it begins"));
        section.fault("until", problem.help("correct `from` or `until`"));
    }
    (from, until)
}

/// A day's first moment.
pub(super) struct FirstDay(pub(super) Timestamp);

struct LastDay(Timestamp);

impl FromToml for FirstDay {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let start = day(value).and_then(start_of);
        start.map(Self).ok_or_else(|| not_a_day(value))
    }
}

impl FromToml for LastDay {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let end = day(value).and_then(end_of);
        end.map(Self).ok_or_else(|| not_a_day(value))
    }
}

fn day(value: &Spanned<DeValue<'_>>) -> Option<Date> {
    let DeValue::Datetime(written) = value.get_ref() else {
        return None;
    };
    written.to_string().parse().ok()
}

fn not_a_day(value: &Spanned<DeValue<'_>>) -> Vec<Wrong> {
    Wrong::expected(value, "a day without quotes", "2027-08-01")
}
