//! A value that is replaced whole while others read it.

use std::sync::{Arc, PoisonError, RwLock};

/// Holds the current version. Readers take it and keep it for as long as they work, so that
/// one login never sees two versions; a reload does not wait for them.
#[derive(Debug)]
pub struct Live<T>(RwLock<Arc<T>>);

impl<T> Live<T> {
    /// Begins with this version.
    pub fn new(first: T) -> Self {
        Self(RwLock::new(Arc::new(first)))
    }

    /// The current version.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a new version in place, unless somebody was quicker: `old` must be the current one.
    pub fn replace_if(&self, old: &Arc<T>, next: T) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, old) {
            *current = Arc::new(next);
        }
    }

    /// Puts a new version in place; whoever has the old one keeps it.
    pub fn replace(&self, next: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }
}
