//! Fetches revocation lists, off the way of every login: the last good copy of each lies on the shelf.
//!
//! Lists are signed, and authorities publish them by plain http (RFC 5280 §8): over https a check could wait
//! for itself. So nothing of an answer counts before one of the pinned authorities has signed it.

use std::time::Duration;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use http::header::{ACCEPT, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::fetch::{Fetcher, Which, etag_of};
use super::refresh::Bounds;
use super::shelf::{Notes, Place, Shelf};
use crate::egress::Room;
use crate::keys::chain::{Authorities, RevocationList};
use crate::telemetry::log::chain;

/// What a list may take: that of an authority of a whole country has some megabytes.
const ROOM: Room = Room {
    bytes: 32 * 1024 * 1024,
    time: Duration::from_mins(1),
};

/// A revocation list that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSource {
    /// The address that it is fetched from.
    pub url: Url,
    /// Certificates (DER) of the authorities of which one must have signed it.
    pub authorities: Vec<Vec<u8>>,
    /// Names of the authorities whose list it must be: the issuers of the certificates that name the
    /// address. Any of `authorities` where a file named it.
    pub issuers: Vec<Vec<u8>>,
    /// For how long it still counts when the next one should have been there.
    pub grace: SignedDuration,
}

impl ListSource {
    pub(super) fn new(url: Url, issuers: Vec<Vec<u8>>, authorities: &Authorities) -> Self {
        Self {
            url,
            authorities: authorities.certificates().to_vec(),
            issuers,
            grace: authorities.grace(),
        }
    }

    /// Each address once: parties that trust different authorities may name the same.
    pub(super) fn merged(mut lists: Vec<Self>) -> Vec<Self> {
        lists.sort_by(|one, other| one.url.cmp(&other.url));
        lists.dedup_by(|next, kept| {
            let is_known = next.url == kept.url;
            if is_known {
                kept.authorities.append(&mut next.authorities);
                kept.issuers.append(&mut next.issuers);
            }
            is_known
        });
        lists
    }

    /// Its place on the shelf, made of its address: parties with one authority share a copy.
    pub fn place_name(&self) -> String {
        let digest = digest::digest(&digest::SHA256, self.url.as_str().as_bytes());
        let host = self
            .url
            .host_str()
            .unwrap_or_default()
            .replace([':', '[', ']'], "-");
        let short = HEXLOWER.encode(digest.as_ref().get(..8).unwrap_or_default());
        format!("lists/{host}-{short}")
    }

    fn place(&self, copies: &Shelf) -> Place {
        copies.place_of(&self.place_name(), ".crl")
    }

    /// The last good copy, whose signature is checked again.
    pub(super) fn good(&self, copies: &Shelf) -> Result<Option<RevocationList>, String> {
        let bytes = self.place(copies).good().map_err(|error| error.to_string())?;
        bytes.map(|bytes| self.open(&bytes)).transpose()
    }

    fn open(&self, bytes: &[u8]) -> Result<RevocationList, String> {
        let list = RevocationList::read(bytes).map_err(|error| chain(&error))?;
        if !list.is_signed_by(&self.authorities) {
            Err("none of the pinned authorities has signed it".to_owned())
        } else if !self.issuers.is_empty() && !self.issuers.iter().any(|issuer| list.is_made_by(issuer)) {
            Err("it is another authority's list".to_owned())
        } else {
            Ok(list)
        }
    }
}

impl Fetcher {
    /// Asks for the lists whose time has come; whether one has changed.
    pub async fn fetch_lists(&self, lists: &[ListSource], which: Which) -> bool {
        let mut changed = false;
        for source in lists {
            let place = source.place(&self.shelf);
            let mut notes = place.notes();
            let now = self.ambient.now();
            if which == Which::Due && notes.next.is_some_and(|next| next > now) {
                continue;
            }
            if which == Which::All || !place.good_path().exists() {
                notes.etag = None;
            }
            source.url.as_str().clone_into(&mut notes.url);
            let outcome = self.fetch_list(source, &place, &mut notes).await;
            self.conclude(source, &outcome, &mut notes);
            changed |= outcome == Ok(true);
            if let Err(error) = place.note(&notes) {
                tracing::error!(url = %source.url, %error, "what was fetched cannot be noted");
            }
        }
        changed
    }

    /// What is known after an attempt, and when the next one is.
    fn conclude(&self, source: &ListSource, outcome: &Result<bool, String>, notes: &mut Notes) {
        let now = self.ambient.now();
        let next_update = notes.valid_until;
        match outcome {
            Ok(_) => {
                (notes.failures, notes.trouble) = (0, None);
                notes.fetched = Some(now);
                notes.next = Some(Bounds::USUAL.after_answer(None, next_update, now));
            }
            Err(why) => {
                notes.etag = None;
                notes.failures = notes.failures.saturating_add(1);
                notes.next = Some(Bounds::USUAL.after_failures(notes.failures, now));
                notes.trouble = Some(why.clone());
                tracing::warn!(url = %source.url, why, "a revocation list could not be fetched: the last good copy stays");
            }
        }
        if let Some(due) = next_update.filter(|due| *due <= now) {
            let stops = due.saturating_add(source.grace).unwrap_or(Timestamp::MAX);
            let state = if stops <= now {
                format!(
                    "overdue since {due:.0}: it counts no longer, and parties that need it are switched off"
                )
            } else {
                format!("overdue since {due:.0}: from {stops:.0} parties that need it are switched off")
            };
            tracing::error!(url = %source.url, state, "a revocation list has not been replaced in time");
            notes.trouble = Some(match notes.trouble.take() {
                Some(trouble) => format!("{trouble}; {state}"),
                None => state,
            });
        }
    }

    /// Fetches one list; whether it was new and was taken.
    async fn fetch_list(
        &self,
        source: &ListSource,
        place: &Place,
        notes: &mut Notes,
    ) -> Result<bool, String> {
        let mut body = Vec::new();
        let take = |piece: &[u8]| {
            body.extend_from_slice(piece);
            Ok(())
        };
        let headers = headers(notes.etag.as_deref());
        let head = self
            .egress
            .download_signed(&source.url, headers, ROOM, take)
            .await;
        let head = head.map_err(|error| chain(&error))?;
        match head.status {
            StatusCode::NOT_MODIFIED if notes.etag.is_some() => return Ok(false),
            StatusCode::OK => {}
            status => return Err(format!("it answers {status}")),
        }
        let list = source.open(&body)?;
        if let Some(before) = source.good(&self.shelf).ok().flatten() {
            // A genuine list about others would push out the one that speaks of the party's certificate.
            if !list.replaces(&before) {
                return Err(
                    "it is another authority's list, or about another part of its certificates".to_owned(),
                );
            }
            // An older list that was signed once would bring back who was revoked since.
            if list.this_update < before.this_update {
                return Err("it is older than the last good copy".to_owned());
            }
        }
        notes.etag = etag_of(&head.headers);
        (notes.published, notes.valid_until) = (Some(list.this_update), Some(list.next_update));
        let disk = |error: std::io::Error| format!("the disk: {error}");
        if place.good().map_err(disk)?.as_deref() == Some(&*body) {
            return Ok(false);
        }
        place.take(&body).map_err(disk)?;
        tracing::info!(url = %source.url, made = %list.this_update, next = %list.next_update, "a revocation list was taken");
        Ok(true)
    }
}

fn headers(etag: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        ACCEPT,
        HeaderValue::from_static("application/pkix-crl, */*;q=0.8"),
    );
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(IF_NONE_MATCH, etag);
    }
    headers
}
