//! Numbers about the parties: were they read, what ends soon, and how their sources do.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Makes a closed set of words that are label values.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of])* $variant),+ }

        impl $name {
            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
                EncodeLabelValue::encode(&self.word(), encoder)
            }
        }
    };
}
pub(super) use words;

words! {
    /// Which side a party is on.
    PartyRole {
        /// Asks who somebody is.
        Service = "service",
        /// Vouches for somebody.
        Upstream = "upstream",
    }
}

words! {
    /// How a reading of the parties ended.
    Reload {
        /// Everything was in order.
        Whole = "whole",
        /// Something was faulty and not taken.
        Partly = "partly",
    }
}

words! {
    /// How a source of metadata does.
    SourceState {
        /// Its last answer was taken.
        Good = "good",
        /// It does not answer, or nonsense.
        Failing = "failing",
        /// A change waits for an operator.
        Quarantined = "quarantined",
    }
}

/// The fewest days that some party has left; nothing where nothing ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PartyDays {
    /// Until its metadata is over.
    pub metadata: Option<f64>,
    /// Until the last of its certificates ends.
    pub certificate: Option<f64>,
}

/// Counts readings of parties, and keeps the days that are left of what they have.
#[derive(Debug, Default)]
pub(super) struct PartyMetrics {
    readings: Family<ReadingLabels, Counter>,
    faults: Gauge,
    metadata_days: Family<RoleLabels, Gauge<f64, AtomicU64>>,
    certificate_days: Family<RoleLabels, Gauge<f64, AtomicU64>>,
    sources: Family<SourceLabels, Gauge>,
}

impl PartyMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "party_readings",
            "Readings of the parties' files while running, by outcome",
            self.readings.clone(),
        );
        registry.register(
            "party_faults",
            "Faults in the parties' files at the last reading",
            self.faults.clone(),
        );
        registry.register(
            "party_metadata_days_left",
            "Days until the first party's metadata is over",
            self.metadata_days.clone(),
        );
        registry.register(
            "party_certificate_days_left",
            "Days until the first party's last certificate ends",
            self.certificate_days.clone(),
        );
        registry.register(
            "metadata_sources",
            "Sources of metadata, by how they do",
            self.sources.clone(),
        );
    }

    pub(super) fn read(&self, outcome: Reload, faults: usize) {
        self.readings.get_or_create(&ReadingLabels { outcome }).inc();
        self.faults.set(i64::try_from(faults).unwrap_or(i64::MAX));
    }

    pub(super) fn days(&self, role: PartyRole, days: PartyDays) {
        for (gauges, days) in [
            (&self.metadata_days, days.metadata),
            (&self.certificate_days, days.certificate),
        ] {
            let labels = RoleLabels { role };
            match days {
                Some(days) => {
                    gauges.get_or_create(&labels).set(days);
                }
                None => {
                    gauges.remove(&labels);
                }
            }
        }
    }

    pub(super) fn sources(&self, state: SourceState, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.sources.get_or_create(&SourceLabels { state }).set(count);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadingLabels {
    outcome: Reload,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoleLabels {
    role: PartyRole,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    state: SourceState,
}
