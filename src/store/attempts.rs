//! Counting attempts in the database, so that a restart or a second node forgets none (DR19).
//!
//! For what must be counted for sure, such as tries at one account's secret. Coarse limits
//! on strangers are counted in memory: see [`super::ephemeral`].

use jiff::{SignedDuration, Timestamp};

use super::ephemeral::StateKey;
use super::{Store, StoreError, millis, on};

impl Store {
    /// Counts one more attempt and says how many there are in the present window, this one
    /// included. A window opens with its first attempt and lasts `window`. One statement,
    /// so that parallel attempts get different numbers.
    pub async fn count_attempt(
        &self,
        subject: &StateKey,
        window: SignedDuration,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "INSERT INTO attempts (subject, opened_at, closes_at, tried)
            VALUES ($1, $2, $3, 1) ON CONFLICT (subject) DO UPDATE SET
            tried = CASE WHEN attempts.closes_at <= $2 THEN 1 ELSE attempts.tried + 1 END,
            opened_at = CASE WHEN attempts.closes_at <= $2 THEN $2 ELSE attempts.opened_at END,
            closes_at = CASE WHEN attempts.closes_at <= $2 THEN $3 ELSE attempts.closes_at END
            RETURNING tried";
        let closes = millis(now).saturating_add(window.as_millis().try_into().unwrap_or(i64::MAX));
        let tried: i64 = on!(self.writing, db => sqlx::query_scalar(SQL)
            .bind(subject.as_bytes())
            .bind(millis(now))
            .bind(closes)
            .fetch_one(db)
            .await)?;
        Ok(tried.unsigned_abs())
    }

    /// Forgets the attempts, after one that succeeded.
    pub async fn forget_attempts(&self, subject: &StateKey) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM attempts WHERE subject = $1";
        on!(self.writing, db => sqlx::query(SQL).bind(subject.as_bytes()).execute(db).await.map(drop))?;
        Ok(())
    }
}
