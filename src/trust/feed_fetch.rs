//! Fetches the aggregates of federations: to a file beside the last good copy, which it replaces
//! when it is signed, current, and not older.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use super::feed_file::{FeedKind, FeedSource};
use super::fetch::{Fetcher, Which, etag_of, headers};
use super::shelf::{Notes, Place};
use super::source::mark_of;
use crate::domain::address::PlainHttp;
use crate::egress::Room;
use crate::saml::metadata::{Head, read_aggregate};
use crate::telemetry::log::chain;

/// What an aggregate may take: several times the largest that there is, over a slow line.
const ROOM: Room = Room {
    bytes: 512 * 1024 * 1024,
    time: Duration::from_mins(10),
};

impl Fetcher {
    /// Asks for the aggregates whose time has come, one after the other; whether one has changed.
    pub async fn fetch_feeds(&self, feeds: Vec<FeedSource>, which: Which) -> bool {
        let mut changed = false;
        for feed in feeds {
            let FeedKind::Aggregate(url) = &feed.kind else {
                continue;
            };
            let place = self.shelf.place(&feed.place_name());
            let mut notes = place.notes();
            let now = self.ambient.now();
            let pin = Some(mark_of(&feed.keys));
            let moved = notes.url != url.as_str() || notes.pin != pin;
            if which == Which::Due && !moved && notes.next.is_some_and(|next| next > now) {
                continue;
            }
            if moved || which == Which::All || !place.good_path().exists() {
                notes.etag = None;
            }
            url.as_str().clone_into(&mut notes.url);
            notes.pin = pin;
            let outcome = self.fetch_feed(&feed, url, &place, &mut notes).await;
            let now = self.ambient.now();
            match outcome {
                Ok(taken) => {
                    changed |= taken.is_some();
                    (notes.failures, notes.trouble) = (0, None);
                    notes.fetched = Some(now);
                    let cache = taken.and_then(|head| head.cache_duration);
                    notes.next = Some(feed.bounds.after_answer(cache, notes.valid_until, now));
                }
                Err(why) => {
                    tracing::warn!(feed = feed.name, %url, why, "a feed could not be fetched: what is served stays");
                    notes.etag = None;
                    notes.failures = notes.failures.saturating_add(1);
                    notes.next = Some(feed.bounds.after_failures(notes.failures, now));
                    notes.trouble = Some(why);
                }
            }
            if let Err(error) = place.note(&notes) {
                tracing::error!(feed = feed.name, %error, "what was fetched cannot be noted");
            }
        }
        changed
    }

    /// Fetches one aggregate; what it says about itself where it was new and was taken.
    async fn fetch_feed(
        &self,
        feed: &FeedSource,
        url: &url::Url,
        place: &Place,
        notes: &mut Notes,
    ) -> Result<Option<Head>, String> {
        let disk = |error: std::io::Error| format!("the disk: {error}");
        let (path, mut file) = place.begin_download().map_err(disk)?;
        let take = |piece: &[u8]| std::io::Write::write_all(&mut file, piece);
        let head = self
            .egress
            .download(url, headers(notes.etag.as_deref()), ROOM, take)
            .await;
        let outcome = match head {
            Err(error) => Err(chain(&error)),
            Ok(head) if head.status == StatusCode::NOT_MODIFIED && notes.etag.is_some() => Ok(None),
            Ok(head) if head.status == StatusCode::OK => {
                let (keys, plain, now) = (feed.keys.clone(), self.plain, self.ambient.now());
                // Reading takes seconds: on a thread of its own, beside all logins.
                let known = (notes.published, notes.valid_until);
                let good = place.good_path();
                let verified = tokio::task::spawn_blocking(move || {
                    let next = verify(&path, &keys, plain, now)?;
                    let before = match known {
                        // The notes are lost; the copy says by itself when it was made.
                        (None, None) => verify(&good, &keys, plain, Timestamp::MIN)
                            .map_or(known, |copy| (copy.published, copy.valid_until)),
                        dates => dates,
                    };
                    not_older(next, before)
                });
                verified
                    .await
                    .map_err(|error| chain(&error))
                    .and_then(|verified| verified)
                    .and_then(|read| {
                        file.sync_all()
                            .and_then(|()| place.take_download())
                            .map_err(disk)?;
                        notes.etag = etag_of(&head.headers);
                        (notes.published, notes.valid_until) = (read.published, read.valid_until);
                        Ok(Some(read))
                    })
            }
            Ok(head) => Err(format!("it answers {}", head.status)),
        };
        place.drop_download();
        outcome
    }
}

fn verify(
    path: &std::path::Path,
    keys: &[crate::saml::xml::VerifyingKey],
    plain: PlainHttp,
    now: Timestamp,
) -> Result<Head, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let read = read_aggregate(file, keys, plain, now, |_| None::<()>);
    read.map(|aggregate| aggregate.head)
        .map_err(|refusal| chain(&refusal))
}

/// An older aggregate that was signed once would bring back keys that were withdrawn since.
fn not_older(
    next: Head,
    (published, valid_until): (Option<Timestamp>, Option<Timestamp>),
) -> Result<Head, String> {
    let is_older = match (next.published, published) {
        (Some(next), Some(held)) => next < held,
        _ => matches!((next.valid_until, valid_until), (Some(next), Some(held)) if next < held),
    };
    if is_older {
        Err("it is older than what is served".to_owned())
    } else {
        Ok(next)
    }
}
