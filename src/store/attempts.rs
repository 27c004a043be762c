//! Counting tries in the database, so that a restart or a second node forgets none (DR19).
//!
//! For what must be counted for sure, such as tries at one account's secret. How long a next one
//! has to wait is the caller's rule; here is that of parallel tries each is counted. What strangers
//! do in sum is counted in memory: see `crate::budgets`.

use jiff::{SignedDuration, Timestamp};

use super::ephemeral::StateKey;
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp};

/// What is known of the tries at one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// In this window.
    pub in_window: u32,
    /// One after the other that failed, or are not settled yet.
    pub in_row: u32,
    /// None is looked at before this moment.
    pub not_before: Timestamp,
    /// When the window is over.
    pub closes_at: Timestamp,
}

impl Tries {
    /// None yet, in a window that begins now.
    pub fn none(window: SignedDuration, now: Timestamp) -> Self {
        Self {
            in_window: 0,
            in_row: 0,
            not_before: now,
            closes_at: now.saturating_add(window).unwrap_or(Timestamp::MAX),
        }
    }
}

impl Store {
    /// The tries at this in a window that is still open.
    pub async fn tries_at(&self, subject: &StateKey, now: Timestamp) -> Result<Option<Tries>, StoreError> {
        const SQL: &str = "SELECT tried, in_row, not_before, closes_at FROM attempts
            WHERE subject = $1 AND closes_at > $2";
        // From where it is written: a reader may lag behind the last try.
        let row: Option<TriesRow> = on!(self.writing, db => sqlx::query_as(SQL)
            .bind(subject.as_bytes())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        row.map(Tries::try_from).transpose()
    }

    /// Writes what one more try has come to, if nobody has written since `before` was read; of
    /// callers in parallel one succeeds, and the others read again.
    pub async fn note_tries(
        &self,
        subject: &StateKey,
        before: Option<&Tries>,
        after: &Tries,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const FIRST: &str = "INSERT INTO attempts (subject, opened_at, closes_at, tried, in_row, not_before)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (subject) DO UPDATE SET
            opened_at = $2, closes_at = $3, tried = $4, in_row = $5, not_before = $6
            WHERE attempts.closes_at <= $2";
        const NEXT: &str = "UPDATE attempts SET closes_at = $2, tried = $3, in_row = $4, not_before = $5
            WHERE subject = $1 AND tried = $6 AND in_row = $7 AND not_before = $8 AND closes_at = $9";
        let (closes, tried) = (millis(after.closes_at), i64::from(after.in_window));
        let (in_row, not_before) = (i64::from(after.in_row), millis(after.not_before));
        let written = match before {
            None => on!(self.writing, db => sqlx::query(FIRST)
                .bind(subject.as_bytes())
                .bind(millis(now))
                .bind(closes)
                .bind(tried)
                .bind(in_row)
                .bind(not_before)
                .execute(db)
                .await?
                .rows_affected()),
            Some(before) => on!(self.writing, db => sqlx::query(NEXT)
                .bind(subject.as_bytes())
                .bind(closes)
                .bind(tried)
                .bind(in_row)
                .bind(not_before)
                .bind(i64::from(before.in_window))
                .bind(i64::from(before.in_row))
                .bind(millis(before.not_before))
                .bind(millis(before.closes_at))
                .execute(db)
                .await?
                .rows_affected()),
        };
        Ok(written == 1)
    }

    /// One of the tries was right: it was no mistake, and the row of them is over. What else went
    /// wrong in the window stays counted.
    pub async fn settle_tries(&self, subject: &StateKey, now: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE attempts SET in_row = 0, not_before = $2,
            tried = CASE WHEN tried > 0 THEN tried - 1 ELSE 0 END WHERE subject = $1";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(subject.as_bytes())
            .bind(millis(now))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}

row! {
    struct TriesRow {
        tried: i64,
        in_row: i64,
        not_before: i64,
        closes_at: i64,
    }
}

impl TryFrom<TriesRow> for Tries {
    type Error = StoreError;

    fn try_from(row: TriesRow) -> Result<Self, StoreError> {
        let count = |column, count: i64| u32::try_from(count).map_err(|_| StoreError::corrupt(column));
        Ok(Self {
            in_window: count("attempts.tried", row.tried)?,
            in_row: count("attempts.in_row", row.in_row)?,
            not_before: timestamp("attempts.not_before", row.not_before)?,
            closes_at: timestamp("attempts.closes_at", row.closes_at)?,
        })
    }
}
