//! Accounts that are blocked: by those who run the installation, or by an administrator, from the central login
//! alone, or from every login through Portner (T7, K10). Each block is its own; `accounts.blocked` is made of
//! both, so that whoever lifts theirs leaves the other's. What a block of everything means is in `journey`; what
//! one of the central login means, in `upstreams/credentials`.

use jiff::Timestamp;

use super::audit::append;
use super::credentials::end_all_of;
use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, within};
use crate::domain::account::AccountId;
use crate::domain::audit::AuditEvent;
use crate::domain::institution::InstitutionNumber;

/// A block as it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Of which account.
    pub account: AccountId,
    /// For which institution; no other may lift it.
    pub institution: InstitutionNumber,
    /// Whether logins that others vouch for are stopped too.
    pub through_broker: bool,
    /// By whom, as the database has it.
    pub by: String,
    /// Why, in the words of whoever set it.
    pub reason: String,
    /// When it was set.
    pub at: Timestamp,
}

impl Store {
    /// Sets a block, and ends at once what the account has open, with the auditor's row. Says whether
    /// it was set: not where another institution has set one, or those who run the installation have.
    pub async fn set_block(&self, block: &Block, event: &AuditEvent) -> Result<bool, StoreError> {
        const SQL: &str =
            "INSERT INTO account_blocks (account, institution, through_broker, set_by, reason, set_at)
            SELECT a.id, $2, CAST($3 AS BOOLEAN), $4, $5, CAST($6 AS BIGINT) FROM accounts a
            WHERE a.id = $1 AND NOT a.operators_block ON CONFLICT (account) DO UPDATE SET
            through_broker = excluded.through_broker, set_by = excluded.set_by,
            reason = excluded.reason, set_at = excluded.set_at
            WHERE account_blocks.institution = excluded.institution";
        let mut tx = self.writing.begin().await?;
        let set = within!(tx, db => sqlx::query(SQL)
            .bind(block.account.0.to_string())
            .bind(block.institution.as_str())
            .bind(block.through_broker)
            .bind(&block.by)
            .bind(&block.reason)
            .bind(millis(block.at))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if set == 0 {
            return Ok(false);
        }
        derive(&mut tx, block.account).await?;
        end_all_of(&mut tx, block.account, event).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lifts a block that this institution has set, with the auditor's row. Says whether there was one.
    pub async fn lift_block(
        &self,
        account: AccountId,
        institution: &InstitutionNumber,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM account_blocks WHERE account = $1 AND institution = $2";
        let mut tx = self.writing.begin().await?;
        let lifted = within!(tx, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .bind(institution.as_str())
            .execute(&mut *db)
            .await?
            .rows_affected());
        if lifted == 0 {
            return Ok(false);
        }
        derive(&mut tx, account).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Blocks an account for those who run the installation, or lifts that block; an administrator's stays. Says
    /// whether there is such an account.
    pub async fn block_account(&self, account: AccountId, blocked: bool) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE accounts SET operators_block = $2 WHERE id = $1";
        let mut tx = self.writing.begin().await?;
        let changed = within!(tx, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .bind(blocked)
            .execute(&mut *db)
            .await?
            .rows_affected());
        derive(&mut tx, account).await?;
        tx.commit().await?;
        Ok(changed > 0)
    }

    /// The block of an account, where an administrator has set one.
    pub async fn block_of(&self, account: AccountId) -> Result<Option<Block>, StoreError> {
        const SQL: &str = "SELECT institution, through_broker, set_by, reason, set_at
            FROM account_blocks WHERE account = $1";
        let row: Option<BlockRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(account.0.to_string()).fetch_optional(db).await)?;
        row.map(|row| {
            Ok(Block {
                account,
                institution: InstitutionNumber::parse(&row.institution)
                    .map_err(|_| StoreError::corrupt("account_blocks.institution"))?,
                through_broker: row.through_broker,
                by: row.set_by,
                reason: row.reason,
                at: timestamp("account_blocks.set_at", row.set_at)?,
            })
        })
        .transpose()
    }
}

/// Makes of all blocks whether nobody logs in with the account at all.
async fn derive(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE accounts SET blocked = operators_block OR EXISTS (SELECT 1
        FROM account_blocks b WHERE b.account = accounts.id AND b.through_broker) WHERE id = $1";
    within!(*tx, db => sqlx::query(SQL)
        .bind(account.0.to_string())
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

row! {
    struct BlockRow {
        institution: String,
        through_broker: bool,
        set_by: String,
        reason: String,
        set_at: i64,
    }
}
