//! Floods of refusals: the first of each kind and minute get an audit row each, the others one
//! row that counts them.
//!
//! The trail is kept for long, and what anybody can send without a login must not fill it nor
//! hide in it what matters. Nothing is lost: every refusal is still logged and counted in the
//! metrics. What is limited here is rows, never answers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::serve::Stop;
use super::state::Portner;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::service::ServiceId;

/// How many of a kind have a row of their own in each [`WINDOW`].
const ROWS: u32 = 10;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// More kinds than this at once share one count.
const MOST_KINDS: usize = 1_000;

/// What of each kind happened lately.
#[derive(Debug, Default)]
pub struct Bursts(Mutex<HashMap<Kind, Window>>);

/// What is counted together: the same refusal of the same service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    code: &'static str,
    service: Option<ServiceId>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Timestamp,
    seen: u32,
}

impl Window {
    /// Those that had no row.
    fn rowless(self) -> u32 {
        self.seen.saturating_sub(ROWS)
    }
}

impl Bursts {
    /// Whether this refusal gets a row of its own. Where a flood has just ended, its count is
    /// written first.
    pub async fn admit(&self, portner: &Portner, code: &'static str, service: Option<&ServiceId>) -> bool {
        let kind = Kind {
            code,
            service: service.cloned(),
        };
        let (admitted, ended) = self.note(kind, portner.ambient.now());
        if let Some((kind, window)) = ended {
            write(portner, kind, window).await;
        }
        admitted
    }

    fn note(&self, kind: Kind, now: Timestamp) -> (bool, Option<(Kind, Window)>) {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let crowded = kinds.len() >= MOST_KINDS && !kinds.contains_key(&kind);
        let kind = if crowded {
            Kind {
                service: None,
                ..kind
            }
        } else {
            kind
        };
        let fresh = Window { since: now, seen: 0 };
        let window = kinds.entry(kind.clone()).or_insert(fresh);
        let mut ended = None;
        if now.duration_since(window.since) >= WINDOW {
            ended = (window.rowless() > 0).then_some((kind, *window));
            *window = fresh;
        }
        window.seen = window.seen.saturating_add(1);
        (window.seen <= ROWS, ended)
    }

    /// The floods that have ended, and forgets them.
    fn take_ended(&self, now: Timestamp, all: bool) -> Vec<(Kind, Window)> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = Vec::new();
        kinds.retain(|kind, window| {
            let over = all || now.duration_since(window.since) >= WINDOW;
            if over && window.rowless() > 0 {
                ended.push((kind.clone(), *window));
            }
            !over
        });
        ended
    }
}

/// Writes the counts of floods that nobody continues; the last ones when Portner stops.
pub async fn watch(portner: Portner, stop: Stop) {
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    loop {
        let stopping = tokio::select! {
            _ = minutes.tick() => false,
            () = stop.requested() => true,
        };
        for (kind, window) in portner.bursts.take_ended(portner.ambient.now(), stopping) {
            write(&portner, kind, window).await;
        }
        if stopping {
            return;
        }
    }
}

async fn write(portner: &Portner, kind: Kind, window: Window) {
    let event = AuditEvent::new(
        portner.ambient.uuid(),
        portner.ambient.now(),
        AuditAct::MoreRefused {
            code: kind.code,
            times: window.rowless(),
            since: window.since,
        },
    )
    .asked_by(kind.service);
    if let Err(error) = portner.writer.audit(event).await {
        tracing::error!(%error, "audit row could not be written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &'static str) -> Kind {
        Kind { code, service: None }
    }

    #[test]
    fn the_first_of_a_minute_have_rows_and_the_rest_are_counted_once() {
        let bursts = Bursts::default();
        let now = Timestamp::UNIX_EPOCH;
        let admitted = (0..500).filter(|_| bursts.note(kind("UL-608"), now).0).count();
        assert_eq!(admitted, 10);
        assert!(bursts.note(kind("UL-607"), now).0, "another kind is no flood");
        assert!(bursts.take_ended(now, false).is_empty());
        let (admitted, ended) = bursts.note(kind("UL-608"), now + WINDOW);
        assert!(admitted);
        assert_eq!(ended.map(|(_, window)| window.rowless()), Some(490));
        assert!(
            bursts.take_ended(now + WINDOW * 2, false).is_empty(),
            "told already"
        );
    }

    #[test]
    fn a_flood_that_stops_is_told_and_forgotten() {
        let bursts = Bursts::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..12 {
            bursts.note(kind("UL-608"), now);
        }
        let told = bursts.take_ended(now + WINDOW, false);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1.rowless(), 2);
        assert!(bursts.0.lock().unwrap().is_empty());
        bursts.note(kind("UL-608"), now);
        assert!(bursts.take_ended(now, true).is_empty(), "nothing was left out");
    }

    #[test]
    fn memory_is_bounded_whatever_is_sent() {
        let bursts = Bursts::default();
        for number in 0..5_000 {
            let service = ServiceId::parse(&format!("s{number}"));
            let kind = Kind {
                code: "UL-608",
                service,
            };
            bursts.note(kind, Timestamp::UNIX_EPOCH);
        }
        assert!(bursts.0.lock().unwrap().len() <= MOST_KINDS + 1);
    }
}
