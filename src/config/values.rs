//! How common values are spelt in a file: durations, sizes, addresses, names.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use crate::domain::login_name::Domain;
use crate::domain::text::{Language, LocalizedName};

use super::file::{FromToml, Wrong, text};

impl FromToml for bool {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| Wrong::expected(value, "yes or no", "true"))
    }
}

impl FromToml for u32 {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| Self::from_str_radix(integer.as_str(), integer.radix()).ok());
        number.ok_or_else(|| Wrong::expected(value, "a whole number from 0 to 4294967295", "20"))
    }
}

impl FromToml for String {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a text of at least one letter",
            "\"Lillekøbing\"",
            |text| {
                let text = text.trim();
                (!text.is_empty()).then(|| text.to_owned())
            },
        )
    }
}

impl FromToml for PathBuf {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "a file name", "\"certs/broker.pem\"", |text| {
            (!text.is_empty()).then(|| Self::from(text))
        })
    }
}

impl FromToml for SocketAddr {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "an address and port",
            "\"[::]:443\" or \"127.0.0.1:8080\"",
            |text| text.parse().ok(),
        )
    }
}

impl FromToml for IpAddr {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "an IP address", "\"10.0.0.7\"", |text| text.parse().ok())
    }
}

impl FromToml for Url {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "an absolute URL",
            "\"https://bibliotek.example/\"",
            |text| Self::parse(text).ok().filter(Self::has_host),
        )
    }
}

impl FromToml for Domain {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "a domain", "\"lillekøbing.example\"", |text| {
            Self::parse(text).ok()
        })
    }
}

impl FromToml for Duration {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a length of time",
            "\"10 s\", \"30 min\", \"8 h\" or \"30 days\"",
            |text| {
                let duration = in_days(text).or_else(|| text.parse().ok())?;
                Self::try_from(duration)
                    .ok()
                    .filter(|duration| !duration.is_zero())
            },
        )
    }
}

/// Whole days of 24 hours.
fn in_days(text: &str) -> Option<SignedDuration> {
    let number = ["days", "day", "d"]
        .iter()
        .find_map(|unit| text.strip_suffix(unit))?;
    let hours = number.trim_end().parse::<u32>().ok()?.checked_mul(24)?;
    Some(SignedDuration::from_hours(i64::from(hours)))
}

impl FromToml for SignedDuration {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let duration = Duration::from_toml(value)?;
        Self::try_from(duration).map_err(|_| Wrong::expected(value, "a length of time", "\"8 h\""))
    }
}

impl FromToml for jiff::Timestamp {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let written = match value.get_ref() {
            DeValue::Datetime(moment) => moment.to_string().parse().ok(),
            other => other.as_str().and_then(|text| text.parse().ok()),
        };
        written
            .ok_or_else(|| Wrong::expected(value, "a moment with its time zone", "2027-08-01T06:00:00+02:00"))
    }
}

/// A number of bytes, spelt `64 KiB` or as a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteCount(pub usize);

impl ByteCount {
    /// `count` times 1,024 bytes.
    pub const fn kib(count: usize) -> Self {
        Self(count * 1024)
    }

    /// `count` times 1,048,576 bytes.
    pub const fn mib(count: usize) -> Self {
        Self(count * 1024 * 1024)
    }

    fn parse(text: &str) -> Option<Self> {
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(unit_at)?;
        let factor = match unit.trim() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.parse::<usize>().ok()?.checked_mul(factor).map(Self)
    }
}

impl FromToml for ByteCount {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "a number of bytes", "\"64 KiB\" or \"1 MiB\"", Self::parse)
    }
}

impl FromToml for Language {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a language that Portner speaks",
            "\"da\" or \"en\"",
            |text| Self::ALL.into_iter().find(|language| language.tag() == text),
        )
    }
}

impl FromToml for LocalizedName {
    /// `"same in both"` or `{ da = "…", en = "…" }`.
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let example = "\"Lillekøbing\" or { da = \"Lillekøbing Kommune\", en = \"City of Lillekøbing\" }";
        let wrong = || Wrong::expected(value, "a name in one or two languages", example);
        let said = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        match value.get_ref() {
            DeValue::String(text) => said(text).map(Self::new).ok_or_else(wrong),
            DeValue::Table(table) => {
                let (mut da, mut en) = (None, None);
                for (key, form) in table {
                    let form = form.get_ref().as_str().and_then(said).ok_or_else(wrong)?;
                    match key.get_ref().as_ref() {
                        "da" => da = Some(form),
                        "en" => en = Some(form),
                        _ => return Err(wrong()),
                    }
                }
                let name = Self::new(da.ok_or_else(wrong)?);
                Ok(match en {
                    Some(en) => name.with_english(en),
                    None => name,
                })
            }
            _ => Err(wrong()),
        }
    }
}

impl<T: FromToml> FromToml for Vec<T> {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let Some(list) = value.get_ref().as_array() else {
            return Err(Wrong::expected(value, "a list", "[ \"…\" ]"));
        };
        let (mut items, mut wrongs) = (Self::new(), Vec::new());
        for item in list {
            match T::from_toml(item) {
                Ok(item) => items.push(item),
                Err(wrong) => wrongs.extend(wrong),
            }
        }
        if wrongs.is_empty() { Ok(items) } else { Err(wrongs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(ByteCount::parse("64 KiB"), Some(ByteCount::kib(64)));
        assert_eq!(ByteCount::parse("1MiB"), Some(ByteCount::mib(1)));
        assert_eq!(ByteCount::parse("80"), Some(ByteCount(80)));
        assert_eq!(
            ByteCount::parse("64 KB"),
            None,
            "1000 or 1024? Neither is guessed"
        );
        assert_eq!(ByteCount::parse("KiB"), None);
        assert_eq!(ByteCount::parse("99999999999999999999 GiB"), None);
    }
}
