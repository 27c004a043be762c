//! Secrets that people know: how they are hashed, checked and kept from slowing others down.
//!
//! [`Passwords`] is the one verifier (DR19): every endpoint that takes a password asks it.
//! Where hashes are kept is the store's business, and how often one may try is the caller's.

pub mod argon2;
pub mod assigned;
mod chance;
pub mod common;
pub mod decoy;
pub mod one_time;
mod password;
pub mod pictures;
pub mod pool;
mod words;

use crate::ambient::Ambient;
use argon2::{Hashing, PasswordHash, UnusableCost};
pub use password::{Password, PasswordTooLong};
use pool::{Done, Pool, PoolSize, Refused};

/// What checking a password found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is the one.
    Right {
        /// The same password hashed at today's cost, if the stored hash was not: to be stored
        /// in its place.
        renewed: Option<PasswordHash>,
    },
}

/// Hashes and checks passwords on its own threads. Clones share them.
#[derive(Debug, Clone)]
pub struct Passwords {
    pool: Pool,
    hashing: Hashing,
    /// The hash of a password that nobody has, checked for names that nobody has.
    decoy: PasswordHash,
    ambient: Ambient,
}

impl Passwords {
    /// Starts the threads.
    pub fn start(hashing: Hashing, size: PoolSize, ambient: Ambient) -> Result<Self, UnusableCost> {
        Ok(Self {
            decoy: hashing.decoy(&ambient.bytes(), &ambient.bytes())?,
            pool: Pool::start(size),
            hashing,
            ambient,
        })
    }

    /// Checks what was typed. Without a stored hash, because the name is unknown or the
    /// account has no password, it takes as long and the verdict is wrong (G04).
    pub async fn verify(&self, stored: Option<PasswordHash>, typed: Password) -> Result<Verdict, Refused> {
        let exists = stored.is_some();
        if stored
            .as_ref()
            .is_some_and(|stored| self.hashing.lacks_pepper_of(stored))
        {
            tracing::error!(
                "a password cannot be checked: the pepper that its hash was made with is not among the keys"
            );
        }
        let stored = stored.unwrap_or_else(|| self.decoy.clone());
        let hashing = self.hashing.clone();
        let salt = self.ambient.bytes();
        self.pool
            .run(move |arena| {
                if !hashing.matches(&stored, &typed, arena) || !exists {
                    return Verdict::Wrong;
                }
                let renewed = hashing
                    .is_outdated(&stored)
                    .then(|| hashing.hash(&typed, &salt, arena).ok())
                    .flatten();
                Verdict::Right { renewed }
            })
            .await
    }

    /// What was checked and hashed so far, for metrics.
    pub fn done(&self) -> Done {
        self.pool.done()
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashFailed> {
        let hashing = self.hashing.clone();
        let salt = self.ambient.bytes();
        let hash = self
            .pool
            .run(move |arena| hashing.hash(&password, &salt, arena))
            .await?;
        Ok(hash?)
    }
}

/// No hash was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashFailed {
    /// Too much to do.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The cost cannot be used.
    #[error(transparent)]
    Cost(#[from] UnusableCost),
}
