//! Numbers about deliveries of people: when each source was last taken in, how old that is, what of its
//! rows was taken, and how many wait for somebody.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// One source of one institution, as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceNumbers {
    /// The institution's number.
    pub institution: String,
    /// The source's name.
    pub source: String,
    /// When its latest delivery was taken in, in seconds since 1970, and how many seconds ago; nothing
    /// where none ever was.
    pub taken_in: Option<(f64, f64)>,
    /// What became of the rows of that one: in one word, and how many.
    pub rows: Vec<(&'static str, u64)>,
    /// How many of its deliveries wait for somebody to confirm them.
    pub held: u64,
}

/// Counts deliveries and their rows.
#[derive(Debug, Default)]
pub(super) struct ImportMetrics {
    taken_in: Family<SourceLabels, Gauge<f64, AtomicU64>>,
    age: Family<SourceLabels, Gauge<f64, AtomicU64>>,
    rows: Family<RowLabels, Gauge>,
    held: Family<SourceLabels, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    institution: String,
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RowLabels {
    institution: String,
    source: String,
    outcome: &'static str,
}

impl ImportMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "import_taken_in_timestamp_seconds",
            "When the latest delivery of a source was taken in",
            self.taken_in.clone(),
        );
        registry.register("import_age_seconds", "How long ago that is", self.age.clone());
        registry.register(
            "import_rows",
            "What became of the rows of that delivery",
            self.rows.clone(),
        );
        registry.register(
            "imports_held",
            "Deliveries that wait for somebody to confirm them",
            self.held.clone(),
        );
    }

    /// Says how every source stands; what is not among them is not told of any more.
    pub(super) fn stand(&self, sources: &[SourceNumbers]) {
        self.taken_in.clear();
        self.age.clear();
        self.rows.clear();
        self.held.clear();
        for one in sources {
            let labels = SourceLabels {
                institution: one.institution.clone(),
                source: one.source.clone(),
            };
            if let Some((at, age)) = one.taken_in {
                self.taken_in.get_or_create(&labels).set(at);
                self.age.get_or_create(&labels).set(age);
            }
            for (outcome, count) in &one.rows {
                let labels = RowLabels {
                    institution: one.institution.clone(),
                    source: one.source.clone(),
                    outcome,
                };
                let count = i64::try_from(*count).unwrap_or(i64::MAX);
                self.rows.get_or_create(&labels).set(count);
            }
            let held = i64::try_from(one.held).unwrap_or(i64::MAX);
            self.held.get_or_create(&labels).set(held);
        }
    }
}
