//! Which key signs, and which are still or already believed.
//!
//! A purpose has one current key. The next is published before it signs, so that peers
//! have fetched it by then; the retired are published until nothing they signed is valid
//! any more (M01). A ring is shared: when its keys are replaced, everybody who holds it signs
//! with the new one from then on.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use super::Signer;

/// The keys of one purpose and one algorithm. Clones share them.
#[derive(Clone)]
pub struct KeyRing(Arc<RwLock<Arc<Keys>>>);

#[derive(Clone)]
struct Keys {
    current: Arc<dyn Signer>,
    next: Option<Arc<dyn Signer>>,
    retired: Vec<Arc<dyn Signer>>,
}

/// The key that signs at this moment.
pub struct CurrentKey(Arc<dyn Signer>);

impl Deref for CurrentKey {
    type Target = Arc<dyn Signer>;

    fn deref(&self) -> &Arc<dyn Signer> {
        &self.0
    }
}

impl KeyRing {
    /// A ring with one key.
    pub fn new(current: Arc<dyn Signer>) -> Self {
        Self::of(current, None, Vec::new())
    }

    /// A ring with the key that signs, the one that will, and those that did.
    pub fn of(
        current: Arc<dyn Signer>,
        next: Option<Arc<dyn Signer>>,
        retired: Vec<Arc<dyn Signer>>,
    ) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(Keys {
            current,
            next,
            retired,
        }))))
    }

    /// The key that signs.
    pub fn current(&self) -> CurrentKey {
        CurrentKey(Arc::clone(&self.keys().current))
    }

    /// Every key that peers should know: current, next, retired.
    pub fn published(&self) -> impl Iterator<Item = Arc<dyn Signer>> {
        let keys = Keys::clone(&self.keys());
        std::iter::once(keys.current).chain(keys.next).chain(keys.retired)
    }

    /// Those whose signatures peers may meet from now on: the next and, last, the one that signs. Some
    /// peers keep one alone, the last that they are told.
    pub fn in_use(&self) -> impl Iterator<Item = Arc<dyn Signer>> {
        let keys = Keys::clone(&self.keys());
        keys.next.into_iter().chain(std::iter::once(keys.current))
    }

    /// Takes over the keys of another ring; says whether that changed anything.
    pub fn take_over(&self, other: &Self) -> bool {
        let same = self
            .published()
            .map(|key| key.key_id().to_owned())
            .eq(other.published().map(|key| key.key_id().to_owned()));
        if !same {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = other.keys();
        }
        !same
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.published()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::p256;

    fn ids(ring: &KeyRing) -> Vec<String> {
        ring.published().map(|key| key.key_id().to_owned()).collect()
    }

    #[test]
    fn all_keys_are_published_and_one_signs() {
        let ring = KeyRing::of(p256("now"), Some(p256("later")), vec![p256("before")]);
        assert_eq!(ids(&ring), ["now", "later", "before"]);
        assert_eq!(ring.current().key_id(), "now");
        let in_use: Vec<_> = ring.in_use().map(|key| key.key_id().to_owned()).collect();
        assert_eq!(in_use, ["later", "now"], "the one that signs is the last");
    }

    #[test]
    fn whoever_holds_a_ring_signs_with_its_new_key() {
        let (old, new) = (p256("old"), p256("new"));
        let ring = KeyRing::of(Arc::clone(&old), Some(Arc::clone(&new)), Vec::new());
        let held = ring.clone();
        assert!(!ring.take_over(&KeyRing::of(Arc::clone(&old), Some(Arc::clone(&new)), Vec::new())));
        assert!(ring.take_over(&KeyRing::of(new, None, vec![old])));
        assert_eq!(held.current().key_id(), "new");
        assert_eq!(ids(&held), ["new", "old"]);
    }
}
