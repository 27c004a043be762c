//! What of the parties ends soon: their metadata, and the certificates around their keys.
//!
//! Each step (60, 30, 7 days, over) is told in the log once; parties are named there, and
//! only counted in the metrics. Certificates warn and decide nothing (B26).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::telemetry::metrics::{PartyDays, PartyRole};
use crate::trust::Registry;
use crate::trust::validity::{Nearness, Registrar, Validity};

/// What was told already.
#[derive(Default)]
pub(super) struct Endings(BTreeMap<(String, &'static str), Nearness>);

/// What ends soon.
#[derive(Default)]
pub(super) struct Told {
    pub(super) lines: Vec<String>,
    days: BTreeMap<PartyRole, PartyDays>,
}

impl Told {
    /// The fewest days that some party of this role has left.
    pub(super) fn days(&self, role: PartyRole) -> PartyDays {
        self.days.get(&role).copied().unwrap_or_default()
    }
}

impl Endings {
    /// Looks at every party that is served.
    pub(super) fn of(&mut self, registry: &Registry, now: Timestamp) -> Told {
        let mut told = Told::default();
        // Dates of a feed's parties are for the federation to watch, which renews them every day.
        let services = registry
            .services()
            .filter(|party| party.registrar == Registrar::File)
            .map(|party| (PartyRole::Service, party.profile.id.as_str(), party.validity));
        let upstreams = registry
            .upstreams()
            .filter(|party| party.registrar == Registrar::File)
            .map(|party| (PartyRole::Upstream, party.profile.id.as_str(), party.validity));
        for (role, id, validity) in services.chain(upstreams) {
            self.look_at(role, id, validity, now, &mut told);
        }
        told
    }

    fn look_at(&mut self, role: PartyRole, id: &str, validity: Validity, now: Timestamp, told: &mut Told) {
        let days = told.days.entry(role).or_default();
        days.metadata = fewest(days.metadata, validity.metadata_until, now);
        days.certificate = fewest(days.certificate, validity.certificate_until, now);
        for (what, end) in [
            ("metadata", validity.metadata_until),
            ("certificate", validity.certificate_until),
        ] {
            let name = (format!("{} {id}", role.word()), what);
            let Some((end, nearness)) = end.and_then(|end| Some((end, Nearness::of(end, now)?))) else {
                self.0.remove(&name);
                continue;
            };
            told.lines.push(format!(
                "{} {id}: {what} at {end:.0}, {}",
                role.word(),
                nearness.word()
            ));
            if self.0.insert(name, nearness) != Some(nearness) {
                tracing::warn!(role = role.word(), party = id, what, %end, within = nearness.word(), "something of a party ends");
            }
        }
    }
}

fn fewest(known: Option<f64>, end: Option<Timestamp>, now: Timestamp) -> Option<f64> {
    const DAY: f64 = 86_400.0;
    let days = end.map(|end| end.duration_since(now).as_secs_f64() / DAY);
    known.into_iter().chain(days).reduce(f64::min)
}
