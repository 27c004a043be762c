//! Which key signs, and which are still or already believed.
//!
//! A purpose has one current key. The next is published before it signs, so that peers
//! have fetched it by then; the retired are published until nothing they signed is valid
//! any more (M01). Rotation is: new key as next, wait, next becomes current, wait, drop.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Signer;

/// What keys are for; each purpose has keys of its own (DR26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// ID tokens and other tokens.
    Tokens,
    /// SAML assertions and responses.
    Assertions,
    /// Requests to upstreams, and client assertions.
    Requests,
    /// Our own SAML metadata.
    Metadata,
}

/// The keys of one purpose and one algorithm.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: Arc<dyn Signer>,
    next: Option<Arc<dyn Signer>>,
    retired: Vec<Arc<dyn Signer>>,
}

impl KeyRing {
    /// A ring with one key.
    pub fn new(current: Arc<dyn Signer>) -> Self {
        Self {
            current,
            next: None,
            retired: Vec::new(),
        }
    }

    /// Announces the key that will sign later.
    #[must_use]
    pub fn with_next(mut self, next: Arc<dyn Signer>) -> Self {
        self.next = Some(next);
        self
    }

    /// Keeps publishing a key that signs no more.
    #[must_use]
    pub fn with_retired(mut self, retired: Arc<dyn Signer>) -> Self {
        self.retired.push(retired);
        self
    }

    /// The key that signs.
    pub fn current(&self) -> &Arc<dyn Signer> {
        &self.current
    }

    /// Every key that peers should know: current, next, retired.
    pub fn published(&self) -> impl Iterator<Item = &Arc<dyn Signer>> {
        std::iter::once(&self.current)
            .chain(&self.next)
            .chain(&self.retired)
    }
}

/// All rings. A purpose may have several, one for each algorithm; the first is the default.
#[derive(Debug, Clone, Default)]
pub struct KeyRings(BTreeMap<Purpose, Vec<KeyRing>>);

/// Two keys with one id: peers could not tell them apart (M01).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two keys have the id {0}")]
pub struct DuplicateKeyId(pub String);

impl KeyRings {
    /// Adds a ring. Key ids are unique over all purposes, except that one key may serve several.
    pub fn add(&mut self, purpose: Purpose, ring: KeyRing) -> Result<(), DuplicateKeyId> {
        for new in ring.published() {
            let taken = self
                .0
                .values()
                .flatten()
                .flat_map(KeyRing::published)
                .chain(ring.published())
                .any(|old| old.key_id() == new.key_id() && old.public_key() != new.public_key());
            if taken {
                return Err(DuplicateKeyId(new.key_id().to_owned()));
            }
        }
        self.0.entry(purpose).or_default().push(ring);
        Ok(())
    }

    /// The rings of one purpose, the default first.
    pub fn of(&self, purpose: Purpose) -> &[KeyRing] {
        self.0.get(&purpose).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every key of one purpose that peers should know.
    pub fn published(&self, purpose: Purpose) -> impl Iterator<Item = &Arc<dyn Signer>> {
        self.of(purpose).iter().flat_map(KeyRing::published)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::p256;

    #[test]
    fn all_keys_are_published_and_one_signs() {
        let ring = KeyRing::new(p256("now"))
            .with_next(p256("later"))
            .with_retired(p256("before"));
        let ids: Vec<_> = ring.published().map(|key| key.key_id()).collect();
        assert_eq!(ids, ["now", "later", "before"]);
        assert_eq!(ring.current().key_id(), "now");
    }

    #[test]
    fn two_keys_with_one_id_are_refused() {
        let mut rings = KeyRings::default();
        let shared = p256("a");
        rings.add(Purpose::Tokens, KeyRing::new(shared.clone())).unwrap();
        assert!(rings.add(Purpose::Requests, KeyRing::new(shared)).is_ok());
        let refused = rings.add(Purpose::Assertions, KeyRing::new(p256("a")));
        assert_eq!(refused, Err(DuplicateKeyId("a".to_owned())));
        let twice = KeyRing::new(p256("b")).with_next(p256("b"));
        assert!(rings.add(Purpose::Tokens, twice).is_err());
    }
}
