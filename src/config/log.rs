//! `[log]`: what is logged, and in which shape.

use toml::Spanned;
use toml::de::DeValue;

use super::file::{FromToml, Section, Wrong, text};

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// One line for people, or one JSON object a line.
    pub format: LogFormat,
    /// Which events: levels by module, such as `info,portner::saml=debug`.
    pub filter: String,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people to read.
    Text,
    /// One JSON object to a line, for programs.
    Json,
}

impl FromToml for LogFormat {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "a log format", "\"text\" or \"json\"", |text| match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        })
    }
}

pub(super) fn read(section: &mut Section<'_>) -> LogSettings {
    LogSettings {
        format: section.get_or("format", LogFormat::Text),
        filter: section
            .get("filter")
            .map_or_else(|| "info".to_owned(), |Filter(text)| text),
    }
}

/// Levels by module, all written out: the log's own reader takes a misspelt level for a module,
/// and then nothing is heard of anything else.
struct Filter(String);

impl Filter {
    fn parse(text: &str) -> Option<Self> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        let is_module = |name: &str| {
            let part =
                |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            name.split("::").all(part)
        };
        let is_directive = |directive: &str| match directive.trim().split_once('=') {
            None => LEVELS.contains(&directive.trim()),
            Some((module, level)) => is_module(module) && LEVELS.contains(&level),
        };
        text.split(',').all(is_directive).then(|| Self(text.to_owned()))
    }
}

impl FromToml for Filter {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a filter of levels (off, error, warn, info, debug, trace)",
            "\"info\" or \"info,portner::saml=debug\"",
            Self::parse,
        )
    }
}
