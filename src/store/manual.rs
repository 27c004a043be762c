//! Affiliations that an administrator writes by hand, for a time, and ends (U71, U72).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::administrators::{Withdrawn, one_at_a_time, others_who_can_come};
use super::audit::append;
use super::changes::{close_idle, history, words_of_actor};
use super::people::written_roles;
use super::relation::{has_them, same_owner, unconfirmed};
use super::{Store, StoreError, Tx, millis, on, within};
use crate::domain::account::AccountId;
use crate::domain::actor::ActorId;
use crate::domain::audit::AuditEvent;
use crate::domain::desk::{Doer, StrongWays};
use crate::domain::history::HistoryEntry;
use crate::domain::institution::InstitutionNumber;
use crate::domain::role::Role;

/// An affiliation as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualEntry {
    /// The affiliation.
    pub id: ActorId,
    /// The account that has it.
    pub account: AccountId,
    /// The institution where it is.
    pub institution: InstitutionNumber,
    /// What they do there.
    pub role: Role,
    /// Active until just before this moment.
    pub until: Timestamp,
    /// The administrator who wrote it.
    pub by: Doer,
    /// What was typed, which is what a guest is called here.
    pub written_as: String,
}

impl Store {
    /// Whether this institution, or another one of its owner's, has the account as one of its people in a way
    /// that counts: then it knows of it anyhow (K01).
    pub async fn is_of_owner(
        &self,
        account: AccountId,
        institution: &InstitutionNumber,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "SELECT COUNT(*) FROM actors r WHERE r.account = $1 AND ",
            has_them!("r", "$3"),
            " AND NOT ",
            unconfirmed!("r", "$3"),
            " AND (r.institution = $2 OR ",
            same_owner!("$2", "r.institution"),
            ")"
        );
        let count: i64 = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(account.0.to_string())
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_one(db)
            .await)?;
        Ok(count > 0)
    }

    /// Writes an affiliation, with what is remembered of it and the auditor's row. Says whether it
    /// did: not where the account is there in the same group already, nor where it is closed and was
    /// never there. Somebody whom another owner's institution has is a guest (K01).
    pub async fn add_manual_actor(
        &self,
        new: &ManualEntry,
        entry: &HistoryEntry,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const OPEN: &str = "UPDATE accounts SET closed_at = NULL WHERE id = $1 AND closed_at IS NOT NULL";
        const SQL: &str = concat!(
            "INSERT INTO actors (id, account, actor_group, institution, active_from,
                active_until, roles, since, kept_at, added_by, written_as, unconfirmed_since)
            SELECT $1, a.id, $3, $4, CAST($6 AS BIGINT), CAST($5 AS BIGINT), $7, CAST($6 AS BIGINT),
                CAST($6 AS BIGINT), $8, $9, CASE WHEN EXISTS (SELECT 1 FROM accounts b JOIN actors o
                    ON o.account = b.id WHERE b.person = a.person AND o.institution <> $4 AND ",
            has_them!("o", "$6"),
            " AND NOT ",
            same_owner!("$4", "o.institution"),
            ") THEN CAST($6 AS BIGINT) END
            FROM accounts a WHERE a.id = $2 AND (a.closed_at IS NULL OR EXISTS (SELECT 1 FROM actors r
                WHERE r.account = a.id AND r.institution = $4)) AND NOT EXISTS (SELECT 1 FROM actors r
                WHERE r.account = a.id AND r.institution = $4 AND r.actor_group = $3
                AND r.gone_at IS NULL AND (r.active_until IS NULL OR r.active_until > $6))"
        );
        let roles = BTreeSet::from([new.role]);
        let mut tx = self.writing.begin().await?;
        let added = within!(tx, db => sqlx::query(SQL)
            .bind(new.id.0.to_string())
            .bind(new.account.0.to_string())
            .bind(new.role.group().as_str())
            .bind(new.institution.as_str())
            .bind(millis(new.until))
            .bind(millis(event.at))
            .bind(written_roles(&roles))
            .bind(new.by.to_string())
            .bind(&new.written_as)
            .execute(&mut *db)
            .await?
            .rows_affected());
        if added == 0 {
            return Ok(false);
        }
        let account = new.account.0.to_string();
        within!(tx, db => sqlx::query(OPEN).bind(account).execute(&mut *db).await.map(drop))?;
        words_of_actor(&mut tx, new.id).await?;
        finish(tx, entry, event).await
    }

    /// Moves the last day of an affiliation that was written by hand and holds. Says whether there is
    /// such a one at this institution.
    pub async fn prolong_manual_actor(
        &self,
        (actor, institution): (ActorId, &InstitutionNumber),
        until: Timestamp,
        entry: &HistoryEntry,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE actors SET active_until = $3, kept_at = $4
            WHERE id = $1 AND institution = $2 AND source IS NULL AND gone_at IS NULL
            AND (active_until IS NULL OR active_until > $4)";
        let mut tx = self.writing.begin().await?;
        let changed = within!(tx, db => sqlx::query(SQL)
            .bind(actor.0.to_string())
            .bind(institution.as_str())
            .bind(millis(until))
            .bind(millis(event.at))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if changed == 0 {
            return Ok(false);
        }
        finish(tx, entry, event).await
    }

    /// Ends an affiliation that was written by hand, at once; not where it is the employment of the
    /// last administrator who can come by one of these ways, also where two end each other's.
    pub async fn end_manual_actor_at(
        &self,
        (actor, account): (ActorId, AccountId),
        (institution, ways): (&InstitutionNumber, StrongWays),
        entry: &HistoryEntry,
        event: &AuditEvent,
    ) -> Result<Withdrawn, StoreError> {
        const RIGHT: &str = "SELECT COUNT(*) FROM administrators
            WHERE institution = $1 AND account = $2 AND ended_at IS NULL";
        const SQL: &str = "UPDATE actors SET gone_at = $3, active_until = $3
            WHERE id = $1 AND institution = $2 AND account = $4 AND source IS NULL AND gone_at IS NULL";
        let mut tx = self.writing.begin().await?;
        one_at_a_time(&mut tx, institution).await?;
        let has_right: i64 = within!(tx, db => sqlx::query_scalar(RIGHT)
            .bind(institution.as_str())
            .bind(account.0.to_string())
            .fetch_one(&mut *db)
            .await)?;
        let ended = within!(tx, db => sqlx::query(SQL)
            .bind(actor.0.to_string())
            .bind(institution.as_str())
            .bind(millis(event.at))
            .bind(account.0.to_string())
            .execute(&mut *db)
            .await?
            .rows_affected());
        if ended == 0 {
            return Ok(Withdrawn::NotOne);
        }
        let is_last =
            has_right > 0 && others_who_can_come(&mut tx, account, (institution, ways), event.at).await? == 0;
        if is_last {
            return Ok(Withdrawn::WouldBeLast);
        }
        close_idle(&mut tx, event.at, &[actor]).await?;
        finish(tx, entry, event).await?;
        Ok(Withdrawn::Done)
    }
}

async fn finish(mut tx: Tx, entry: &HistoryEntry, event: &AuditEvent) -> Result<bool, StoreError> {
    history(&mut tx, std::slice::from_ref(entry)).await?;
    append(&mut tx, &[event]).await?;
    tx.commit().await?;
    Ok(true)
}
