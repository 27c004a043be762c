//! What is counted, as a typed struct that is handed around: no globals.
//!
//! Labels come from closed sets, so that nobody outside can make new time series; service
//! and upstream are told by kind, not by name, but where a clock is off; sources of people by
//! institution and name, which the settings or an operator gave them; and no label says
//! anything of a person (L01).

mod calls;
mod guessing;
mod imports;
mod logouts;
mod parties;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

pub use imports::SourceNumbers;
pub use logouts::{AskedBy, LogoutOutcome, Notice};
pub use parties::{PartyDays, PartyRole, Reload, SourceState};

use calls::{CallMetrics, ClockMetrics};
use guessing::{GuessingMetrics, PasswordMetrics};
use imports::ImportMetrics;
use logouts::LogoutMetrics;
use parties::PartyMetrics;

use crate::credentials::Passwords;
use crate::domain::refusal::Refusal;
use crate::domain::upstream::UpstreamKind;
use crate::egress::{Bulkhead, Egress};
use crate::store::writer::Writer;
use crate::telemetry::clocks::Clocks;

/// Every metric of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    logins: Family<LoginLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    steps: Family<StepLabels, Histogram, fn() -> Histogram>,
    connections: Gauge,
    turned_away: Counter,
    another_trail: Gauge,
    certificate_days: Family<CertificateLabels, Gauge<f64, AtomicU64>>,
    parties: PartyMetrics,
    logouts: LogoutMetrics,
    guessing: GuessingMetrics,
    imports: ImportMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("portner"),
            logins: Family::default(),
            refusals: Family::default(),
            steps: Family::new_with_constructor(step_histogram),
            connections: Gauge::default(),
            turned_away: Counter::default(),
            another_trail: Gauge::default(),
            certificate_days: Family::default(),
            parties: PartyMetrics::default(),
            logouts: LogoutMetrics::default(),
            guessing: GuessingMetrics::default(),
            imports: ImportMetrics::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "logins",
            "Logins that ended, by kind of service and upstream",
            self.logins.clone(),
        );
        registry.register(
            "refusals",
            "Refusals shown or answered, by code",
            self.refusals.clone(),
        );
        registry.register("step_seconds", "Time that one step took", self.steps.clone());
        registry.register(
            "connections",
            "Connections that are open",
            self.connections.clone(),
        );
        registry.register(
            "connections_turned_away",
            "Connections of networks that had their share",
            self.turned_away.clone(),
        );
        registry.register(
            "audit_trail_altered",
            "1 while the audit trail is not the one whose end was signed before",
            self.another_trail.clone(),
        );
        registry.register(
            "certificate_days_left",
            "Days until a certificate of ours expires",
            self.certificate_days.clone(),
        );
        self.parties.register(registry);
        self.logouts.register(registry);
        self.guessing.register(registry);
        self.imports.register(registry);
    }

    /// Says how every source of people stands.
    pub fn sources_stand(&self, sources: &[SourceNumbers]) {
        self.imports.stand(sources);
    }

    /// Counts what the group-commit writer writes, beside everything else: rows for each
    /// wait for the disk (P9).
    #[must_use]
    pub fn watching(mut self, writer: Writer) -> Self {
        self.registry.register_collector(Box::new(DurableRows(writer)));
        self
    }

    /// Counts calls to others, and those who wait for upstreams, beside everything else.
    #[must_use]
    pub fn watching_calls(mut self, egress: Egress, waiting: Arc<Bulkhead>) -> Self {
        self.registry
            .register_collector(Box::new(CallMetrics { egress, waiting }));
        self
    }

    /// Counts what the threads that hash do, beside everything else.
    #[must_use]
    pub fn watching_passwords(mut self, passwords: Passwords) -> Self {
        self.registry
            .register_collector(Box::new(PasswordMetrics(passwords)));
        self
    }

    /// Tells whose clock is off, beside everything else.
    #[must_use]
    pub fn watching_clocks(mut self, clocks: Arc<Clocks>) -> Self {
        self.registry.register_collector(Box::new(ClockMetrics(clocks)));
        self
    }

    /// A logout ended.
    pub fn logout_ended(&self, asked_by: AskedBy, outcome: LogoutOutcome) {
        self.logouts.ended(asked_by, outcome);
    }

    /// This became of telling a party of a logout.
    pub fn logout_told(&self, role: PartyRole, notice: Notice) {
        self.logouts.told(role, notice);
    }

    /// A budget for guessing was used up. Both words are of closed sets.
    pub fn guessing_alarm(&self, event: &'static str, scope: &'static str) {
        self.guessing.alarm(event, scope);
    }

    /// A login ended. `upstream` is nothing where none was chosen.
    pub fn login_ended(
        &self,
        service: ServiceProtocol,
        upstream: Option<UpstreamKind>,
        outcome: LoginOutcome,
    ) {
        let labels = LoginLabels {
            service,
            upstream: UpstreamLabel(upstream),
            outcome,
        };
        self.logins.get_or_create(&labels).inc();
    }

    /// Something was refused.
    pub fn refused(&self, refusal: &Refusal) {
        let labels = RefusalLabels { code: refusal.code() };
        self.refusals.get_or_create(&labels).inc();
    }

    /// One step of a login took this long, from request to answer.
    pub fn step_took(&self, step: TimedStep, time: Duration) {
        self.steps
            .get_or_create(&StepLabels { step })
            .observe(time.as_secs_f64());
    }

    /// A connection opened; it counts until the answer is dropped.
    pub fn connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// A connection was turned away, since its network has its share.
    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// Whether the audit trail is another than the one whose end was told before.
    pub fn audit_trail_is_another(&self, is_so: bool) {
        self.another_trail.set(i64::from(is_so));
    }

    /// One of our certificates has this many days left.
    pub fn certificate_days(&self, purpose: &'static str, days: f64) {
        self.certificate_days
            .get_or_create(&CertificateLabels { purpose })
            .set(days);
    }

    /// The parties were read, with so many faults.
    pub fn parties_read(&self, outcome: Reload, faults: usize) {
        self.parties.read(outcome, faults);
    }

    /// The fewest days that some party of this role has left.
    pub fn party_days(&self, role: PartyRole, days: PartyDays) {
        self.parties.days(role, days);
    }

    /// So many sources of metadata are in this state.
    pub fn metadata_sources(&self, state: SourceState, count: usize) {
        self.parties.sources(state, count);
    }

    /// Everything in the text format of OpenMetrics.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// The writer's own counts, read when somebody asks.
#[derive(Debug)]
struct DurableRows(Writer);

impl Collector for DurableRows {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let written = self.0.written();
        for (name, help, count) in [
            ("durable_rows", "Audit and replay rows on disk", written.rows),
            ("durable_commits", "Commits that carried them", written.commits),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(count).encode(metric)?;
        }
        Ok(())
    }
}

/// Counts one connection for as long as it lives.
#[derive(Debug)]
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn step_histogram() -> Histogram {
    // 0.25 ms to about 16 s in steps of four: signing is at the lower end, slow upstreams at the upper.
    Histogram::new(exponential_buckets(0.000_25, 4.0, 9))
}

/// What a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceProtocol {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
    /// None: a page of our own.
    Own,
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginOutcome {
    /// The service got its answer, by a fresh proof.
    Answered,
    /// The service got its answer from an earlier login in the same browser.
    AnsweredFromSession,
    /// Refused; the code is counted apart.
    Refused,
}

/// A step whose time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimedStep {
    /// Reading a service's request, and showing where to go on.
    Request,
    /// Checking a password, queue included.
    Password,
    /// Checking an upstream's answer, and answering the service.
    UpstreamAnswer,
    /// The token endpoint.
    Token,
}

impl EncodeLabelValue for ServiceProtocol {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        let word = match self {
            Self::Saml => "saml",
            Self::Oidc => "oidc",
            Self::Own => "own",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

impl EncodeLabelValue for LoginOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        let word = match self {
            Self::Answered => "answered",
            Self::AnsweredFromSession => "answered-from-session",
            Self::Refused => "refused",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

impl EncodeLabelValue for TimedStep {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        let word = match self {
            Self::Request => "request",
            Self::Password => "password",
            Self::UpstreamAnswer => "upstream-answer",
            Self::Token => "token",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    service: ServiceProtocol,
    upstream: UpstreamLabel,
    outcome: LoginOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct UpstreamLabel(Option<UpstreamKind>);

impl EncodeLabelValue for UpstreamLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        let name = self.0.map_or("none", UpstreamKind::word);
        EncodeLabelValue::encode(&name, encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: TimedStep,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CertificateLabels {
    purpose: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_counted_by_kind_and_code() {
        let metrics = Metrics::default();
        metrics.login_ended(
            ServiceProtocol::Saml,
            Some(UpstreamKind::Local),
            LoginOutcome::Answered,
        );
        metrics.login_ended(ServiceProtocol::Oidc, None, LoginOutcome::Refused);
        metrics.refused(&Refusal::NoActors);
        metrics.step_took(TimedStep::Token, Duration::from_millis(1));
        let open = metrics.connection();
        let text = metrics.render();
        for line in [
            "portner_logins_total{service=\"saml\",upstream=\"local\",outcome=\"answered\"} 1",
            "portner_logins_total{service=\"oidc\",upstream=\"none\",outcome=\"refused\"} 1",
            &format!(
                "portner_refusals_total{{code=\"{}\"}} 1",
                Refusal::NoActors.code()
            ),
            "portner_step_seconds_bucket{le=\"0.001\",step=\"token\"} 1",
            "portner_connections 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        drop(open);
        assert!(metrics.render().contains("portner_connections 0"));
    }
}
