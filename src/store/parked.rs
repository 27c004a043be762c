//! Sealed values that are too long for a cookie: kept for the browser that holds their name, so that a restart
//! or a second node finds them.
//!
//! For what only somebody with a session can make; what strangers can make is kept in bounded memory
//! ([`super::ephemeral`]), where a flood of it costs no disk.

use jiff::Timestamp;

use super::ephemeral::StateKey;
use super::{Store, StoreError, millis, on};

impl Store {
    /// Keeps a value until then, in place of an earlier one.
    pub async fn park(&self, place: &StateKey, sealed: &[u8], until: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO parked (place, sealed, expires_at) VALUES ($1, $2, $3)
            ON CONFLICT (place) DO UPDATE SET sealed = $2, expires_at = $3";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(place.as_bytes())
            .bind(sealed)
            .bind(millis(until))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The value that is kept there.
    pub async fn parked(&self, place: &StateKey, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT sealed FROM parked WHERE place = $1 AND expires_at > $2";
        let found = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(place.as_bytes())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        Ok(found)
    }

    /// Forgets what is parked there, if anything is.
    pub async fn unpark(&self, place: &StateKey) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM parked WHERE place = $1";
        on!(self.writing, db => sqlx::query(SQL).bind(place.as_bytes()).execute(db).await.map(drop))?;
        Ok(())
    }
}
