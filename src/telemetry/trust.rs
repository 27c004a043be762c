//! What operators should know of the parties: what was not taken, what ends soon, what waits
//! for a decision. Told by the admin listener; nothing in it is about a person.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use super::clocks::Clocks;
use super::metrics::SourceState;

/// The last report of each kind.
#[derive(Debug, Default)]
pub struct TrustReport {
    told: RwLock<Told>,
    clocks: Arc<Clocks>,
}

#[derive(Debug, Default)]
struct Told {
    read_at: Option<Timestamp>,
    faults: Vec<String>,
    warnings: Vec<String>,
    endings: Vec<String>,
    keys: Vec<String>,
    sources: Vec<String>,
    feeds: Vec<(String, SourceState)>,
}

impl TrustReport {
    /// Nothing is known yet; of clocks, what these tell.
    pub fn with(clocks: Arc<Clocks>) -> Self {
        Self {
            told: RwLock::default(),
            clocks,
        }
    }

    /// The parties were read; this is wrong with them, and this is doubtful.
    pub fn parties_read(&self, at: Timestamp, faults: Vec<String>, warnings: Vec<String>) {
        let mut told = self.told.write().unwrap_or_else(PoisonError::into_inner);
        told.read_at = Some(at);
        told.faults = faults;
        told.warnings = warnings;
    }

    /// This ends soon, or has ended.
    pub fn endings(&self, endings: Vec<String>) {
        self.told.write().unwrap_or_else(PoisonError::into_inner).endings = endings;
    }

    /// These keys of ours do not sign, and this is why.
    pub fn keys(&self, keys: Vec<String>) {
        self.told.write().unwrap_or_else(PoisonError::into_inner).keys = keys;
    }

    /// This is how what is fetched from others does.
    pub fn sources(&self, sources: Vec<String>) {
        self.told.write().unwrap_or_else(PoisonError::into_inner).sources = sources;
    }

    /// This is how the feeds of federations do, by name.
    pub fn feeds_do(&self, feeds: Vec<(String, SourceState)>) {
        self.told.write().unwrap_or_else(PoisonError::into_inner).feeds = feeds;
    }

    /// How the feeds did when they were asked last.
    pub fn feeds(&self) -> Vec<(String, SourceState)> {
        let told = self.told.read().unwrap_or_else(PoisonError::into_inner);
        told.feeds.clone()
    }

    /// All of it, a line for each fact.
    pub fn text(&self) -> String {
        let told = self.told.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        // Writing to memory does not fail.
        if let Some(at) = told.read_at {
            let state = if told.faults.is_empty() {
                "all taken"
            } else {
                "not all taken"
            };
            let _ = writeln!(text, "parties   read at {at:.0}, {state}");
        }
        for (kind, lines) in [
            ("fault", &told.faults),
            ("warning", &told.warnings),
            ("ends", &told.endings),
            ("key", &told.keys),
            ("source", &told.sources),
        ] {
            for line in lines {
                let _ = writeln!(text, "{kind:<9} {line}");
            }
        }
        for off in self.clocks.off() {
            let (party, role) = (off.party, off.role.word());
            let _ = writeln!(
                text,
                "clock     {role} {party}: {:+.0} s",
                off.ahead.as_secs_f64()
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_report_of_each_kind_is_told() {
        let report = TrustReport::default();
        let at = Timestamp::UNIX_EPOCH;
        report.parties_read(at, vec!["x is not taken".to_owned()], Vec::new());
        report.endings(vec!["y ends".to_owned()]);
        let text = report.text();
        assert!(
            text.contains("not all taken") && text.contains("fault     x is not taken"),
            "{text}"
        );
        assert!(text.contains("ends      y ends"), "{text}");
        report.keys(vec!["assertions: it is gone".to_owned()]);
        assert!(report.text().contains("key       assertions: it is gone"));
        report.keys(Vec::new());
        report.parties_read(at, Vec::new(), vec!["z is doubtful".to_owned()]);
        assert_eq!(
            report.text(),
            "parties   read at 1970-01-01T00:00:00Z, all taken\nwarning   z is doubtful\nends      y ends\n"
        );
    }
}
