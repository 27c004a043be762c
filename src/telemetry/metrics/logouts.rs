//! Numbers about logouts: how they ended, and what became of telling everybody.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::parties::{PartyRole, words};

words! {
    /// Who asked for a logout.
    AskedBy {
        /// The visitor, at our own page.
        Visitor = "visitor",
        /// An OpenID client.
        Client = "oidc-client",
        /// A SAML service.
        Service = "saml-service",
        /// Whoever vouched.
        Upstream = "upstream",
        /// A program, with no browser at hand.
        Program = "program",
    }
}

words! {
    /// Whether everybody who took part was told.
    LogoutOutcome {
        /// Everybody was.
        Whole = "whole",
        /// Somebody did not answer, or cannot be told.
        Partly = "partly",
    }
}

words! {
    /// What became of telling one party.
    Notice {
        /// It said that it is done.
        Done = "done",
        /// It was told in a frame, and nobody hears what came of it.
        Framed = "framed",
        /// It did not answer.
        Silent = "silent",
        /// It has no way to be told.
        NoWay = "no-way",
    }
}

/// Counts logouts and what became of telling each party.
#[derive(Debug, Default)]
pub(super) struct LogoutMetrics {
    ended: Family<EndedLabels, Counter>,
    notices: Family<NoticeLabels, Counter>,
}

impl LogoutMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "logouts",
            "Logouts that ended, by who asked and whether everybody was told",
            self.ended.clone(),
        );
        registry.register(
            "logout_notices",
            "Parties to be told of a logout, by what became of it",
            self.notices.clone(),
        );
    }

    pub(super) fn ended(&self, asked_by: AskedBy, outcome: LogoutOutcome) {
        let labels = EndedLabels { asked_by, outcome };
        self.ended.get_or_create(&labels).inc();
    }

    pub(super) fn told(&self, role: PartyRole, notice: Notice) {
        self.notices.get_or_create(&NoticeLabels { role, notice }).inc();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndedLabels {
    asked_by: AskedBy,
    outcome: LogoutOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoticeLabels {
    role: PartyRole,
    notice: Notice,
}
