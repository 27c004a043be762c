//! The transaction as a cookie value: compact bytes, sealed, in text that cookies carry.
//!
//! Whoever changes a byte, takes it to another login's cookie, or holds a key that was
//! rotated away twice, has no transaction. A value that would not fit a cookie (a service
//! may send a long `state`) is parked in the ephemeral store and the cookie holds its name.

use data_encoding::BASE64URL_NOPAD;

use super::transaction::{LIFETIME, LoginTransaction, TransactionId};
use crate::ambient::Ambient;
use crate::domain::refusal::{Refusal, Refused};
use crate::keys::seal::{SealPurpose, Sealer};
use crate::store::ephemeral::{Ephemeral, StateKey};

/// Cookies end at 4,096 bytes with name and attributes; some proxies count several together.
const LONGEST_COOKIE: usize = 3_000;
/// Marks a cookie value that only names a parked one.
const PARKED: &str = "p.";

/// Seals and opens transactions.
#[derive(Clone, Copy)]
pub struct TransactionSeal<'a> {
    /// The current and the previous key.
    pub sealer: &'a Sealer,
    /// Where values that are too long wait.
    pub ephemeral: &'a dyn Ephemeral,
}

impl TransactionSeal<'_> {
    /// The cookie value of a transaction.
    pub async fn seal(&self, tx: &LoginTransaction, ambient: &Ambient) -> Result<String, Refused> {
        let plain = postcard::to_stdvec(tx).map_err(|error| Refusal::Internal.because(error))?;
        let sealed = self
            .sealer
            .seal(SealPurpose::Transaction, &plain)
            .map_err(|error| Refusal::Internal.because(error))?;
        let value = BASE64URL_NOPAD.encode(&sealed);
        if value.len() <= LONGEST_COOKIE {
            return Ok(value);
        }
        let ticket = BASE64URL_NOPAD.encode(&ambient.bytes::<16>());
        let parked = self
            .ephemeral
            .put(&parking_place(&ticket), sealed, LIFETIME)
            .await;
        parked.map_err(|error| Refusal::Overloaded { retry_after: 30 }.because(error))?;
        Ok(format!("{PARKED}{ticket}"))
    }

    /// The transaction of a cookie value, if it is whole and belongs to this login.
    pub async fn open(&self, id: TransactionId, value: &str) -> Option<LoginTransaction> {
        let sealed = match value.strip_prefix(PARKED) {
            Some(ticket) => self.ephemeral.get(&parking_place(ticket)).await.ok()??,
            None => BASE64URL_NOPAD.decode(value.as_bytes()).ok()?,
        };
        let plain = self.sealer.open(SealPurpose::Transaction, &sealed).ok()?;
        postcard::from_bytes::<LoginTransaction>(&plain)
            .ok()
            .filter(|tx| tx.id() == id)
    }
}

fn parking_place(ticket: &str) -> StateKey {
    StateKey::of("login.parked", &[ticket])
}
