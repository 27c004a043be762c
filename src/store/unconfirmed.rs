//! Affiliations that a school's system told of, or an administrator wrote by hand, while the person was another
//! owner's: they give that school no say over the account (K01, H04, H12, I05). What a system told of can be
//! confirmed; who was written by hand is a guest.
//!
//! It counts as confirmed once nobody else has the person any more, or those who have them are of the same
//! owner; `relation.rs` has that condition. What may be done with an account is `domain/desk.rs`' and its askers' business.

use jiff::{SignedDuration, Timestamp};

use super::audit::append;
use super::changes::history;
use super::relation::{has_them, same_owner, unconfirmed};
use super::{Store, StoreError, Tx, millis, on, timestamp, within};
use crate::domain::account::AccountId;
use crate::domain::actor::ActorId;
use crate::domain::audit::AuditEvent;
use crate::domain::history::HistoryEntry;
use crate::domain::institution::InstitutionNumber;

/// How long an institution that stops telling of somebody can take it back, and be whose they are as before.
pub const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An affiliation that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Since when.
    pub since: Timestamp,
    /// Which administrator has vouched for it, as the database has it.
    pub vouched_by: Option<String>,
}

/// What came of an administrator's word for an affiliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// It is the first: another administrator's is waited for.
    First,
    /// It is the second, of another person: the affiliation is confirmed.
    Confirmed,
    /// They have said so already.
    Again,
    /// Nothing waits.
    Nothing,
}

impl Store {
    /// Since when an affiliation of this institution waits to be confirmed; nothing where it does not.
    pub async fn unconfirmed_here(
        &self,
        institution: &InstitutionNumber,
        actor: ActorId,
        now: Timestamp,
    ) -> Result<Option<Waiting>, StoreError> {
        const SQL: &str = concat!(
            "SELECT r.unconfirmed_since, r.vouched_by FROM actors r
            WHERE r.id = $1 AND r.institution = $2 AND r.gone_at IS NULL AND r.added_by IS NULL AND ",
            unconfirmed!("r", "$3")
        );
        let row: Option<(i64, Option<String>)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(actor.0.to_string())
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        row.map(|(since, vouched_by)| {
            Ok(Waiting {
                since: timestamp("actors.unconfirmed_since", since)?,
                vouched_by,
            })
        })
        .transpose()
    }

    /// Whether an affiliation has ever been left to be confirmed: what a login asks first.
    pub async fn waits_to_be_confirmed(&self, actor: ActorId) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM actors WHERE id = $1 AND unconfirmed_since IS NOT NULL
            AND added_by IS NULL";
        let count: i64 = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(actor.0.to_string()).fetch_one(db).await)?;
        Ok(count > 0)
    }

    /// Confirms an affiliation, since whoever it is of has chosen it. Nothing is done where nothing waits.
    pub async fn confirm_affiliation(
        &self,
        actor: ActorId,
        entry: &HistoryEntry,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writing.begin().await?;
        if !confirm(&mut tx, actor).await? {
            return Ok(false);
        }
        history(&mut tx, std::slice::from_ref(entry)).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes an administrator's word for an affiliation of their institution. The first one's is kept; that of
    /// another, who is another person, confirms it, where the first one has the right still.
    pub async fn vouch_for_affiliation(
        &self,
        (institution, actor): (&InstitutionNumber, ActorId),
        by: AccountId,
        entry: &HistoryEntry,
        (first, second): (&AuditEvent, &AuditEvent),
    ) -> Result<Vouched, StoreError> {
        // Takes the row first: of two first words at the same time, the second is the second.
        const TAKE_TURN: &str = "UPDATE actors SET vouched_by = vouched_by WHERE id = $1";
        const SAME: &str = "SELECT COUNT(*) FROM actors r JOIN accounts v ON v.id = r.vouched_by
            JOIN accounts m ON m.person = v.person
            WHERE r.id = $1 AND m.id = $2 AND r.unconfirmed_since IS NOT NULL";
        const OTHER: &str = "SELECT COUNT(*) FROM actors r JOIN administrators d ON d.account = r.vouched_by
            AND d.institution = r.institution AND d.ended_at IS NULL
            WHERE r.id = $1 AND r.institution = $2 AND r.unconfirmed_since IS NOT NULL";
        const FIRST: &str = "UPDATE actors SET vouched_by = $3
            WHERE id = $1 AND institution = $2 AND gone_at IS NULL AND unconfirmed_since IS NOT NULL";
        let mut tx = self.writing.begin().await?;
        within!(tx, db => sqlx::query(TAKE_TURN).bind(actor.0.to_string()).execute(&mut *db).await.map(drop))?;
        let count = async |tx: &mut Tx, sql: &'static str, two: &str| -> Result<i64, StoreError> {
            Ok(
                within!(*tx, db => sqlx::query_scalar(sql).bind(actor.0.to_string()).bind(two)
                .fetch_one(&mut *db).await)?,
            )
        };
        if count(&mut tx, SAME, &by.0.to_string()).await? > 0 {
            return Ok(Vouched::Again);
        }
        let became = if count(&mut tx, OTHER, institution.as_str()).await? > 0 {
            if !confirm(&mut tx, actor).await? {
                return Ok(Vouched::Nothing);
            }
            history(&mut tx, std::slice::from_ref(entry)).await?;
            append(&mut tx, &[second]).await?;
            Vouched::Confirmed
        } else {
            let kept = within!(tx, db => sqlx::query(FIRST)
                .bind(actor.0.to_string())
                .bind(institution.as_str())
                .bind(by.0.to_string())
                .execute(&mut *db)
                .await?
                .rows_affected());
            if kept == 0 {
                return Ok(Vouched::Nothing);
            }
            append(&mut tx, &[first]).await?;
            Vouched::First
        };
        tx.commit().await?;
        Ok(became)
    }

    /// Takes the mark off the affiliations of people whom nobody else has had for [`FORGOTTEN_AFTER`]: whoever
    /// tells of them from then on is who waits. Says of how many.
    pub async fn confirm_those_left_alone(&self, now: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = concat!(
            "UPDATE actors SET unconfirmed_since = NULL, vouched_by = NULL
            WHERE unconfirmed_since IS NOT NULL AND gone_at IS NULL AND NOT EXISTS (SELECT 1 FROM accounts c
                JOIN accounts d ON d.person = c.person JOIN actors o ON o.account = d.id
                WHERE c.id = actors.account AND o.institution <> actors.institution AND ",
            has_them!("o", "$1"),
            " AND NOT ",
            same_owner!("actors.institution", "o.institution"),
            ")"
        );
        // The condition counts for some days after the end already.
        let long_ago = now.saturating_sub(FORGOTTEN_AFTER).unwrap_or(Timestamp::MIN);
        Ok(on!(self.writing, db =>
            sqlx::query(SQL).bind(millis(long_ago)).execute(db).await?.rows_affected()))
    }
}

async fn confirm(tx: &mut Tx, actor: ActorId) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE actors SET unconfirmed_since = NULL, vouched_by = NULL
        WHERE id = $1 AND unconfirmed_since IS NOT NULL AND gone_at IS NULL AND added_by IS NULL";
    let changed = within!(*tx, db => sqlx::query(SQL)
        .bind(actor.0.to_string())
        .execute(&mut *db)
        .await?
        .rows_affected());
    Ok(changed > 0)
}
