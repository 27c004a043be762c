//! How calls to others ended, counted for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

use super::EgressError;

/// How a call ended, or why it was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    /// With an answer, whatever it said.
    Answered,
    /// With an answer that says that the server is broken (5xx).
    ServerError,
    /// It took too long.
    Timeout,
    /// The answer had no end.
    TooLarge,
    /// No connection, no TLS, no HTTP.
    Failed,
    /// Not made: the host is left alone.
    Resting,
    /// Not made: too many are under way.
    NoRoom,
    /// Not made: it leads where no call may go.
    Forbidden,
}

impl CallEnd {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Answered,
        Self::ServerError,
        Self::Timeout,
        Self::TooLarge,
        Self::Failed,
        Self::Resting,
        Self::NoRoom,
        Self::Forbidden,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ServerError => "server-error",
            Self::Timeout => "timeout",
            Self::TooLarge => "too-large",
            Self::Failed => "failed",
            Self::Resting => "resting",
            Self::NoRoom => "no-room",
            Self::Forbidden => "forbidden",
        }
    }

    pub(super) fn of(outcome: Result<StatusCode, &EgressError>) -> Self {
        match outcome {
            Ok(status) if status.is_server_error() => Self::ServerError,
            Ok(_) => Self::Answered,
            Err(error) => Self::of_error(error),
        }
    }

    pub(super) const fn of_error(error: &EgressError) -> Self {
        match error {
            EgressError::Timeout { .. } => Self::Timeout,
            EgressError::TooLarge { .. } => Self::TooLarge,
            EgressError::Failed { .. } | EgressError::Request(_) => Self::Failed,
            EgressError::BreakerOpen { .. } => Self::Resting,
            EgressError::NoRoom { .. } => Self::NoRoom,
            EgressError::Scheme | EgressError::ForbiddenAddress { .. } => Self::Forbidden,
        }
    }
}

/// One counter for each end.
#[derive(Debug, Default)]
pub(super) struct Tally([AtomicU64; CallEnd::ALL.len()]);

impl Tally {
    pub(super) fn count(&self, end: CallEnd) {
        for (counted, known) in self.0.iter().zip(CallEnd::ALL) {
            if known == end {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn read(&self) -> impl Iterator<Item = (CallEnd, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        CallEnd::ALL.into_iter().zip(counts.collect::<Vec<_>>())
    }
}
