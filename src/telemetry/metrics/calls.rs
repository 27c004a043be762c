//! Numbers about others: how calls to them ended, who is left alone, who waits for them, and
//! whose clock is off.

use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::parties::PartyRole;
use crate::egress::{Bulkhead, Egress};
use crate::telemetry::clocks::Clocks;

/// The way out and the room before it, read when somebody asks.
#[derive(Debug)]
pub(super) struct CallMetrics {
    pub(super) egress: Egress,
    /// Those who wait for an OpenID upstream.
    pub(super) waiting: Arc<Bulkhead>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    end: &'static str,
}

impl Collector for CallMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "Calls to others, by how they ended or why they were not made";
        let mut calls = encoder.encode_descriptor("calls", help, None, MetricType::Counter)?;
        for (end, count) in self.egress.calls() {
            let labels = EndLabels { end: end.word() };
            ConstCounter::new(count).encode(calls.encode_family(&labels)?)?;
        }
        let turned_away = encoder.encode_descriptor(
            "upstream_turned_away",
            "Users refused because as many as may wait for their upstream already",
            None,
            MetricType::Counter,
        )?;
        ConstCounter::new(self.waiting.turned_away()).encode(turned_away)?;
        let (under_way, most_to_one) = self.egress.under_way();
        let (waiting, most_for_one) = self.waiting.taken();
        for (name, help, count) in [
            ("calls_under_way", "Calls to others that are under way", under_way),
            (
                "calls_under_way_to_one",
                "The most of them to one host",
                most_to_one,
            ),
            (
                "hosts_resting",
                "Hosts that are left alone after failures",
                self.egress.resting(),
            ),
            (
                "upstream_waiting",
                "Users who wait for an OpenID upstream",
                waiting,
            ),
            (
                "upstream_waiting_for_one",
                "The most of them for one upstream",
                most_for_one,
            ),
        ] {
            let gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX)).encode(gauge)?;
        }
        Ok(())
    }
}

/// Clocks that are off: a series for each, named by the party as it is registered.
#[derive(Debug)]
pub(super) struct ClockMetrics(pub(super) Arc<Clocks>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClockLabels {
    role: PartyRole,
    party: String,
}

impl Collector for ClockMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "Seconds that a party's clock is ahead of ours, where that is more than two";
        let mut clocks = encoder.encode_descriptor("clock_ahead_seconds", help, None, MetricType::Gauge)?;
        for off in self.0.off() {
            let labels = ClockLabels {
                role: off.role,
                party: off.party,
            };
            ConstGauge::new(off.ahead.as_secs_f64()).encode(clocks.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
