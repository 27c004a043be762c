//! What is forgotten when. `app/upkeep.rs` runs it every hour; each step is one statement of its own.

use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError, millis, on, within};

/// How long things are kept after they are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Sessions that ended or ran out: the user can still be told where they were logged in.
    pub sessions: SignedDuration,
    /// Handles that ran out: so long is the reuse of a code recognised as such (E06).
    /// Must be longer than the longest-lived token.
    pub grants: SignedDuration,
    /// Replay marks that ran out: room for a clock that is set back.
    pub replay: SignedDuration,
    /// Audit rows. NSIS asks for as long as misuse can be looked into; schools for no longer.
    pub audit: SignedDuration,
    /// Evidence of messages (NemLog-in: half a year).
    pub evidence: SignedDuration,
    /// Counts of hours: one more than the eight weeks that say what is usual.
    pub hours: SignedDuration,
    /// Support cases, after they were taken in; what was done stays with the auditor.
    pub support: SignedDuration,
    /// Windows for pupils without a password, and questions to adults, after they were opened and asked; what
    /// was done stays with the auditor.
    pub help: SignedDuration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            sessions: SignedDuration::from_hours(30 * 24),
            grants: SignedDuration::from_hours(24),
            replay: SignedDuration::from_mins(10),
            audit: SignedDuration::from_hours(400 * 24),
            evidence: SignedDuration::from_hours(180 * 24),
            hours: SignedDuration::from_hours(9 * 7 * 24),
            support: SignedDuration::from_hours(30 * 24),
            help: SignedDuration::from_hours(7 * 24),
        }
    }
}

/// How many rows were forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Sessions, with who took part in them.
    pub sessions: u64,
    /// Handles, and families without any handle left.
    pub grants: u64,
    /// Marks of messages that count once and whose time was over.
    pub replay: u64,
    /// Counters of wrong secrets whose time was over.
    pub attempts: u64,
    /// Values that were too long for a cookie.
    pub parked: u64,
    /// Rows of the audit trail that were older than they are kept.
    pub audit: u64,
    /// Pieces of evidence.
    pub evidence: u64,
    /// Counts of hours.
    pub hours: u64,
    /// Support cases.
    pub support: u64,
    /// Windows for pupils without a password, and questions to adults.
    pub help: u64,
}

impl Store {
    /// Forgets what is over for longer than it is to be kept.
    pub async fn purge(&self, keep: &Retention, now: Timestamp) -> Result<Purged, StoreError> {
        const SESSIONS: &str = "DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1";
        const GRANTS: &str = "DELETE FROM grants WHERE expires_at < $1";
        const FAMILIES: &str = "DELETE FROM revoked_families WHERE revoked_at < $1
            AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.family = revoked_families.family)";
        const REPLAY: &str = "DELETE FROM replay WHERE expires_at < $1";
        const PARKED: &str = "DELETE FROM parked WHERE expires_at < $1";
        const HOURS: &str = "DELETE FROM hours WHERE hour < $1";
        const HELP: &str = "DELETE FROM help_windows WHERE opened_at < $1";
        // What was given out on an adult's word is dead because its row is there and says so.
        const APPROVALS: &str = "DELETE FROM approvals WHERE asked_at < $1 AND NOT EXISTS (SELECT 1
            FROM approval_uses u JOIN grants g ON g.family = u.family WHERE u.approval = approvals.id)";
        const SUPPORT: &str = "DELETE FROM support_cases WHERE opened_at < $1";
        const ATTEMPTS: &str = "DELETE FROM attempts WHERE closes_at < $1";
        let before = |age: SignedDuration| millis(now.saturating_sub(age).unwrap_or(Timestamp::MIN));
        Ok(Purged {
            sessions: self.delete(SESSIONS, before(keep.sessions)).await?,
            grants: self.delete(GRANTS, before(keep.grants)).await?
                + self.delete(FAMILIES, before(keep.grants)).await?,
            replay: self.delete(REPLAY, before(keep.replay)).await?,
            attempts: self.delete(ATTEMPTS, millis(now)).await?,
            parked: self.delete(PARKED, millis(now)).await?,
            audit: self.purge_audit(before(keep.audit)).await?,
            evidence: {
                let before = now.saturating_sub(keep.evidence).unwrap_or(Timestamp::MIN);
                self.purge_evidence(before).await?
            },
            hours: self
                .delete(HOURS, before(keep.hours).div_euclid(3_600_000))
                .await?,
            support: self.delete(SUPPORT, before(keep.support)).await?,
            help: self.delete(HELP, before(keep.help)).await?
                + self.delete(APPROVALS, before(keep.help)).await?,
        })
    }

    async fn delete(&self, sql: &'static str, before: i64) -> Result<u64, StoreError> {
        let deleted =
            on!(self.writing, db => sqlx::query(sql).bind(before).execute(db).await?.rows_affected());
        Ok(deleted)
    }

    /// Takes rows off the old end of the chain and remembers the hash that the rest hangs on.
    async fn purge_audit(&self, before: i64) -> Result<u64, StoreError> {
        // Up to the first row that is young enough, since rows may stand a little out of order.
        const LAST_OLD: &str = "SELECT sequence, hash FROM audit WHERE at < $1 AND sequence <
            COALESCE((SELECT MIN(sequence) FROM audit WHERE at >= $1), 9223372036854775807)
            ORDER BY sequence DESC LIMIT 1";
        const MOVE_TAIL: &str = "UPDATE audit_ends SET sequence = $1, hash = $2 WHERE which = 'tail'";
        const DELETE: &str = "DELETE FROM audit WHERE sequence <= $1";
        let mut tx = self.writing.begin().await?;
        let last_old: Option<(i64, Vec<u8>)> = within!(tx, db =>
            sqlx::query_as(LAST_OLD).bind(before).fetch_optional(&mut *db).await)?;
        let Some((sequence, hash)) = last_old else {
            return Ok(0);
        };
        let deleted = within!(tx, db => {
            sqlx::query(MOVE_TAIL).bind(sequence).bind(hash).execute(&mut *db).await?;
            sqlx::query(DELETE).bind(sequence).execute(&mut *db).await?.rows_affected()
        });
        tx.commit().await?;
        Ok(deleted)
    }
}
