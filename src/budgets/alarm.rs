//! What operators are told when a budget is passed: a line in the log, a number, a row for the
//! auditor. Once for each time that it is passed, and never who was guessed at.

use super::{House, Whence};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::credential_class::CredentialClass;
use crate::domain::institution::InstitutionNumber;

/// A budget was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Which attack it looks like.
    pub kind: AlarmKind,
    /// Whose budget it was.
    pub scope: Scope,
    /// How many there were in its window.
    pub count: u64,
    /// How many it bears.
    pub limit: u64,
}

/// What it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmKind {
    /// Somebody looks for names that exist (G05).
    Enumeration,
    /// Somebody tries a few secrets at many accounts (G08).
    Spraying,
}

impl AlarmKind {
    /// The event's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enumeration => "auth.enum_alarm",
            Self::Spraying => "auth.spray_alarm",
        }
    }
}

/// Whose budget was passed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The budget of one browser: wrong names in it.
    Browser,
    /// The budget of one network, by the address prefix.
    Network,
    /// One registered school network's.
    School,
    /// That of the accounts of one institution.
    Institution(InstitutionNumber),
    /// That of one kind of secret.
    Class(CredentialClass),
    /// The whole installation's.
    Everywhere,
}

impl Scope {
    /// The word for it in logs, metrics and the audit trail.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Network => "network",
            Self::School => "school",
            Self::Institution(_) => "institution",
            Self::Class(_) => "class",
            Self::Everywhere => "everywhere",
        }
    }

    /// Which one, where that is nobody's secret.
    fn which(&self, whence: &Whence) -> Option<String> {
        match self {
            Self::Institution(number) => Some(number.to_string()),
            Self::Class(class) => Some(class.word().to_owned()),
            Self::School => whence.school.as_deref().map(str::to_owned),
            Self::Network => whence.network.clone(),
            Self::Browser | Self::Everywhere => None,
        }
    }
}

impl House {
    /// Tells everybody who should know. An alarm whose row cannot be written is in the log.
    pub(super) async fn raise(&self, whence: &Whence, alarms: Vec<Alarm>) {
        for alarm in alarms {
            let (name, scope, which) = (alarm.kind.name(), alarm.scope.word(), alarm.scope.which(whence));
            tracing::warn!(
                event = name,
                alarm.scope = scope,
                alarm.which = which,
                alarm.count = alarm.count,
                alarm.limit = alarm.limit,
                client.network = whence.network,
                "a budget for guessing is used up"
            );
            self.metrics.guessing_alarm(name, scope);
            let event = AuditEvent::new(
                self.ambient.uuid(),
                self.ambient.now(),
                AuditAct::GuessingAlarm {
                    name,
                    scope,
                    which,
                    count: alarm.count,
                    limit: alarm.limit,
                },
            )
            .from_network(whence.network.clone());
            if let Err(error) = self.writer.audit(event).await {
                tracing::error!(%error, "audit row could not be written");
            }
        }
    }
}
