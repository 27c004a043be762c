//! Fetches the metadata of parties, and puts on the shelf what may be served.
//!
//! One slow or lying source holds up nobody: each has its own deadline, a cap on what it may
//! send, and pauses that grow. Nothing of this is on the way of a login.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::refresh::{Bounds, Judgement, judge};
use super::shelf::{Held, Notes, Place, Shelf};
use super::source::Source;
use crate::ambient::Ambient;
use crate::domain::address::PlainHttp;
use crate::egress::{Egress, Room};
use crate::telemetry::log::chain;
use crate::telemetry::metrics::SourceState;

/// What the metadata of one party may take: no honest party's is larger.
const ROOM: Room = Room {
    bytes: 4 * 1024 * 1024,
    time: Duration::from_secs(30),
};
/// How many sources are asked at once.
const AT_ONCE: usize = 8;

/// Asks sources when it is their time.
#[derive(Debug, Clone)]
pub struct Fetcher {
    /// The way out.
    pub egress: Egress,
    /// Where copies are kept.
    pub shelf: Shelf,
    /// Whether parties may be on this machine without TLS.
    pub plain: PlainHttp,
    /// What time it is.
    pub ambient: Ambient,
}

/// Which sources are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those whose time has come.
    Due,
    /// All of them, now and whatever they said before.
    All,
}

impl Fetcher {
    /// Asks the sources; whether something on the shelf has changed that is served.
    pub async fn fetch(&self, sources: Vec<Source>, which: Which) -> bool {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut asked = JoinSet::new();
        let now = self.ambient.now();
        for source in sources {
            let notes = self.shelf.place(&source.name).notes();
            let moved = notes.url != source.url.as_str() || notes.pin != source.pin_mark();
            let is_due = moved || notes.next.is_none_or(|next| next <= now);
            if which == Which::All || is_due {
                let (fetcher, room) = (self.clone(), Arc::clone(&room));
                asked.spawn(async move {
                    let _permit = room.acquire_owned().await;
                    fetcher.fetch_one(&source, notes, which).await
                });
            }
        }
        let changed = asked.join_all().await;
        changed.contains(&true)
    }

    async fn fetch_one(&self, source: &Source, mut notes: Notes, which: Which) -> bool {
        let place = self.shelf.place(&source.name);
        let pin = source.pin_mark();
        let moved = notes.url != source.url.as_str() || notes.pin != pin;
        let copy = place.good().ok().flatten();
        let is_here = copy.is_some_and(|copy| source.open(&copy, self.plain, Timestamp::MIN).is_ok());
        // "Unchanged" is no answer where the copy is lost or damaged.
        if moved || which == Which::All || !is_here {
            notes.etag = None;
        }
        source.url.as_str().clone_into(&mut notes.url);
        notes.pin = pin;
        let answer = ask(&self.egress, source, notes.etag.as_deref()).await;
        let now = self.ambient.now();
        let outcome = match answer {
            Ok(Answer::Unchanged) => {
                notes.fetched = Some(now);
                Ok(false)
            }
            Ok(Answer::New { body, etag }) => {
                notes.etag = etag;
                self.look_at(source, &place, &body, &mut notes)
            }
            Err(why) => Err(why),
        };
        let changed = match outcome {
            Ok(changed) => {
                (notes.failures, notes.trouble) = (0, None);
                notes.next = Some(self.next(source, &place, now));
                changed
            }
            Err(why) => {
                tracing::warn!(source = source.name, url = %source.url, why, "metadata could not be fetched: what is served stays");
                notes.etag = None;
                notes.failures = notes.failures.saturating_add(1);
                notes.next = Some(Bounds::USUAL.after_failures(notes.failures, now));
                notes.trouble = Some(why);
                false
            }
        };
        if let Err(error) = place.note(&notes) {
            tracing::error!(source = source.name, %error, "what was fetched cannot be noted");
        }
        changed
    }

    /// Puts an answer where it belongs; whether what is served changes.
    fn look_at(
        &self,
        source: &Source,
        place: &Place,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<bool, String> {
        let now = self.ambient.now();
        let disk = |error: std::io::Error| format!("the disk: {error}");
        let good = place.good().map_err(disk)?;
        match judge(source, good.as_deref(), body, self.plain, now) {
            Judgement::Refuse(why) => Err(why),
            Judgement::Take(difference) => {
                for line in &difference {
                    tracing::info!(
                        source = source.name,
                        change = line,
                        "metadata has changed, signed by its pinned key"
                    );
                }
                notes.fetched = Some(now);
                notes.held = None;
                if good.as_deref() == Some(body) {
                    place.drop_held().map_err(disk)?;
                    return Ok(false);
                }
                place.take(body).map_err(disk)?;
                Ok(true)
            }
            Judgement::Hold { reason, difference } => {
                for line in &difference {
                    tracing::warn!(
                        source = source.name,
                        reason,
                        change = line,
                        "a change of metadata waits for an operator"
                    );
                }
                place.hold(body).map_err(disk)?;
                let since = notes
                    .held
                    .take()
                    .filter(|held| held.difference == difference)
                    .map_or(now, |held| held.since);
                notes.held = Some(Held {
                    since,
                    reason: reason.to_owned(),
                    difference,
                });
                Ok(false)
            }
        }
    }

    fn next(&self, source: &Source, place: &Place, now: Timestamp) -> Timestamp {
        let good = place.good().ok().flatten();
        let metadata = good.and_then(|bytes| source.open(&bytes, self.plain, now).ok());
        let (cache, until) = metadata.map_or((None, None), |metadata| {
            (metadata.cache_duration, metadata.valid_until)
        });
        Bounds::USUAL.after_answer(cache, until, now)
    }
}

/// What a source answered.
enum Answer {
    Unchanged,
    New { body: Vec<u8>, etag: Option<String> },
}

async fn ask(egress: &Egress, source: &Source, etag: Option<&str>) -> Result<Answer, String> {
    let mut body = Vec::new();
    let take = |piece: &[u8]| {
        body.extend_from_slice(piece);
        Ok(())
    };
    let head = egress.download(&source.url, headers(etag), ROOM, take).await;
    let head = head.map_err(|error| chain(&error))?;
    match head.status {
        StatusCode::NOT_MODIFIED if etag.is_some() => Ok(Answer::Unchanged),
        StatusCode::OK => Ok(Answer::New {
            body,
            etag: etag_of(&head.headers),
        }),
        status => Err(format!("it answers {status}")),
    }
}

/// What a request for metadata says.
pub(crate) fn headers(etag: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        ACCEPT,
        HeaderValue::from_static("application/samlmetadata+xml, application/xml;q=0.9"),
    );
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(IF_NONE_MATCH, etag);
    }
    headers
}

pub(super) fn etag_of(headers: &HeaderMap) -> Option<String> {
    let etag = headers.get(ETAG)?.to_str().ok()?;
    (etag.len() <= 256).then(|| etag.to_owned())
}

/// How a source does, and that in a line.
pub fn told(name: &str, notes: &Notes) -> (SourceState, String) {
    if notes.url.is_empty() {
        let line = format!(
            "{name}: not asked yet; a running Portner asks within a minute, `portner metadata refresh` at once"
        );
        return (SourceState::Good, line);
    }
    let fetched = notes.fetched.map_or_else(
        || "not fetched yet".to_owned(),
        |at| format!("fetched at {at:.0}"),
    );
    let line = format!("{name}: {fetched} from {}", notes.url);
    match (&notes.held, &notes.trouble) {
        (Some(held), _) => {
            let line = format!("{line}; a change waits since {:.0}: {}", held.since, held.reason);
            (SourceState::Quarantined, line)
        }
        (None, Some(trouble)) => (SourceState::Failing, format!("{line}; {trouble}")),
        (None, None) => (SourceState::Good, line),
    }
}
