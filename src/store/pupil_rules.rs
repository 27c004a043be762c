//! Which rule an administrator has set for a pupil, who did it and why (U42). It is read together
//! with the account's secret, in `credentials.rs`.

use jiff::Timestamp;

use super::audit::append;
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, within};
use crate::domain::account::AccountId;
use crate::domain::audit::AuditEvent;
use crate::domain::password_rule::{PupilRule, RuleKey};

/// A rule that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRule {
    /// The pupil's account.
    pub account: AccountId,
    /// The rule that holds for it instead of the stage's.
    pub rule: RuleKey,
    /// Who set it, as the database has it.
    pub by: String,
    /// Why, in the words of whoever set it.
    pub reason: String,
    /// When it was set.
    pub at: Timestamp,
}

impl SetRule {
    /// What it means for the password, without who set it and why.
    pub const fn rule(&self) -> PupilRule {
        PupilRule {
            key: self.rule,
            since: self.at,
        }
    }
}

impl Store {
    /// Sets a rule for an account in the place of its stage's, with the auditor's row.
    pub async fn set_pupil_rule(&self, set: &SetRule, event: &AuditEvent) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO pupil_rules (account, rule, set_by, reason, set_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account) DO UPDATE SET rule = excluded.rule,
            set_by = excluded.set_by, reason = excluded.reason, set_at = excluded.set_at";
        let mut tx = self.writing.begin().await?;
        within!(tx, db => sqlx::query(SQL)
            .bind(set.account.0.to_string())
            .bind(set.rule.word())
            .bind(&set.by)
            .bind(&set.reason)
            .bind(millis(set.at))
            .execute(&mut *db)
            .await
            .map(drop))?;
        append(&mut tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// What was set for an account, by whom and why.
    pub async fn pupil_rule_of(&self, account: AccountId) -> Result<Option<SetRule>, StoreError> {
        const SQL: &str = "SELECT rule, set_by, reason, set_at FROM pupil_rules WHERE account = $1";
        let row: Option<SetRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(account.0.to_string()).fetch_optional(db).await)?;
        row.map(|row| {
            Ok(SetRule {
                account,
                rule: RuleKey::parse(&row.rule).ok_or(StoreError::corrupt("pupil_rules.rule"))?,
                by: row.set_by,
                reason: row.reason,
                at: timestamp("pupil_rules.set_at", row.set_at)?,
            })
        })
        .transpose()
    }

    /// Lets the stage's rule hold again, with the auditor's row. Says whether another one was set.
    pub async fn lift_pupil_rule(&self, account: AccountId, event: &AuditEvent) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM pupil_rules WHERE account = $1";
        let mut tx = self.writing.begin().await?;
        let lifted = within!(tx, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .execute(&mut *db)
            .await?
            .rows_affected());
        if lifted == 0 {
            return Ok(false);
        }
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

row! {
    struct SetRow {
        rule: String,
        set_by: String,
        reason: String,
        set_at: i64,
    }
}
