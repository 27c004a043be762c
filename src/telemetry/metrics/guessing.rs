//! Numbers about secrets: how many were checked, and how often a budget for guessing was used up.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::credentials::Passwords;

/// Counts alarms of guessing, by event and by whose budget was used up.
#[derive(Debug, Default)]
pub(super) struct GuessingMetrics {
    alarms: Family<AlarmLabels, Counter>,
}

impl GuessingMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "guessing_alarms",
            "Budgets for guessing that were used up, by event and whose it was",
            self.alarms.clone(),
        );
    }

    pub(super) fn alarm(&self, event: &'static str, scope: &'static str) {
        self.alarms.get_or_create(&AlarmLabels { event, scope }).inc();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlarmLabels {
    event: &'static str,
    scope: &'static str,
}

/// The threads that hash, read when somebody asks.
#[derive(Debug)]
pub(super) struct PasswordMetrics(pub(super) Passwords);

impl Collector for PasswordMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let done = self.0.done();
        for (name, help, count) in [
            ("passwords_checked", "Secrets that were hashed", done.worked),
            (
                "passwords_turned_away",
                "Secrets that were not looked at because too many waited",
                done.refused,
            ),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(count).encode(metric)?;
        }
        let (name, help) = ("passwords_waiting", "Secrets that wait to be hashed");
        let waiting = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(done.waiting).unwrap_or(i64::MAX)).encode(waiting)
    }
}
