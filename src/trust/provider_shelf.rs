//! What was learnt of OpenID providers, kept on the shelf beside the metadata of SAML parties: the
//! description that counts, its keys, and another description that waits for an operator.

use std::io;
use std::time::SystemTime;

use jiff::Timestamp;

use super::shelf::{Held, Notes, Place, Shelf};
use crate::domain::upstream::UpstreamId;
use crate::oidc::client::OidcUpstream;
use crate::oidc::rp::{Description, ProviderMemory, Remembered, RememberedKeys};

/// How the file with a description ends.
const ENDING: &str = ".openid";

/// The place of one provider.
#[derive(Debug, Clone)]
pub struct ProviderPlace {
    place: Place,
    /// Where it describes itself.
    url: String,
}

/// Its name among places: `upstreams/havnekoebing`.
pub fn place_name(id: &UpstreamId) -> String {
    format!("upstreams/{id}")
}

impl ProviderPlace {
    /// The place of this provider.
    pub fn of(shelf: &Shelf, upstream: &OidcUpstream) -> Self {
        Self {
            place: shelf.place_of(&place_name(&upstream.id), ENDING),
            url: match &upstream.endpoints {
                Some(written) => written.jwks.to_string(),
                None => upstream.issuer.as_str().to_owned(),
            },
        }
    }

    /// Its files.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    fn note(&self, change: impl FnOnce(&mut Notes)) -> io::Result<()> {
        let mut notes = self.place.notes();
        notes.url.clone_from(&self.url);
        change(&mut notes);
        self.place.note(&notes)
    }

    fn tell(&self, done: io::Result<()>) {
        if let Err(error) = done {
            tracing::error!(source = self.place.name(), %error, "what was learnt of a provider cannot be kept");
        }
    }

    fn try_to_keep(
        &self,
        description: Option<&Description>,
        keys: &RememberedKeys,
        now: Timestamp,
    ) -> io::Result<()> {
        if let Some(description) = description {
            let bytes = description.to_bytes();
            if self.place.good()?.as_deref() == Some(&*bytes) {
                self.place.drop_held()?;
            } else {
                self.place.take(&bytes)?;
            }
        }
        self.place
            .put_beside(&serde_json::to_vec(keys).map_err(io::Error::other)?)?;
        self.note(|notes| {
            notes.fetched = Some(now);
            (notes.failures, notes.trouble) = (0, None);
            if description.is_some() {
                notes.held = None;
            }
        })
    }
}

impl ProviderMemory for ProviderPlace {
    fn recall(&self) -> Remembered {
        let keys = self.place.beside().ok().flatten();
        Remembered {
            description: self.place.good().ok().flatten(),
            keys: keys.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            waits: self.place.held().is_ok_and(|held| held.is_some()),
        }
    }

    fn mark(&self) -> Option<(u64, SystemTime)> {
        let file = std::fs::metadata(self.place.good_path()).ok()?;
        Some((file.len(), file.modified().ok()?))
    }

    fn keep(&self, description: Option<&Description>, keys: &RememberedKeys, now: Timestamp) {
        self.tell(self.try_to_keep(description, keys, now));
    }

    fn hold(&self, found: &Description, reason: &str, difference: Vec<String>, now: Timestamp) {
        let held = self.place.hold(&found.to_bytes()).and_then(|()| {
            self.note(|notes| {
                let same = notes.held.take().filter(|held| held.difference == difference);
                notes.held = Some(Held {
                    since: same.map_or(now, |held| held.since),
                    reason: reason.to_owned(),
                    difference,
                });
            })
        });
        self.tell(held);
    }

    fn failed(&self, why: &str) {
        self.tell(self.note(|notes| {
            notes.failures = notes.failures.saturating_add(1);
            notes.trouble = Some(why.to_owned());
        }));
    }
}
