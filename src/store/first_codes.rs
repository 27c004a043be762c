//! Codes for a first login that an administrator may read until one is used (U31–U33, T5, H09).
//! They are kept sealed; by what, their maker knows.

use super::audit::append;
use super::credentials::{NewSecret, end_all_of};
use super::{Store, StoreError, millis, on, within};
use crate::domain::account::AccountId;
use crate::domain::audit::AuditEvent;
use crate::domain::password_rule::RuleKey;

impl Store {
    /// Gives an account a code for its first login, with the auditor's row. Says whether it did:
    /// never where the account has or had a secret of its own, so that a code opens nothing that
    /// somebody has already (U29), and never where another code is there that holds.
    pub async fn put_first_code(
        &self,
        account: AccountId,
        secret: &NewSecret,
        sealed: &[u8],
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const SECRET: &str =
            "INSERT INTO passwords (account, phc, changed_at, form, made_under, one_time, expires_at)
            VALUES ($1, $2, $3, $4, $5, (1 = 1), $6) ON CONFLICT (account) DO UPDATE SET
            phc = excluded.phc, changed_at = excluded.changed_at, form = excluded.form,
            made_under = excluded.made_under, expires_at = excluded.expires_at,
            version = passwords.version + 1, told_at = NULL
            WHERE passwords.one_time
                AND NOT EXISTS (SELECT 1 FROM former_passwords o WHERE o.account = passwords.account)
                AND (passwords.expires_at <= excluded.changed_at
                OR NOT EXISTS (SELECT 1 FROM first_codes f
                    WHERE f.account = passwords.account AND f.version = passwords.version))
            RETURNING version";
        const SEALED: &str = "INSERT INTO first_codes (account, version, sealed) VALUES ($1, $2, $3)
            ON CONFLICT (account) DO UPDATE SET version = excluded.version, sealed = excluded.sealed";
        let id = account.0.to_string();
        let mut tx = self.writing.begin().await?;
        let version: Option<i64> = within!(tx, db => sqlx::query_scalar(SECRET)
            .bind(&id)
            .bind(secret.hash.as_str())
            .bind(millis(secret.made_at))
            .bind(secret.form.word())
            .bind(secret.made_under.map(RuleKey::word))
            .bind(secret.one_time_until.map(millis))
            .fetch_optional(&mut *db)
            .await)?;
        let Some(version) = version else {
            return Ok(false);
        };
        within!(tx, db => sqlx::query(SEALED)
            .bind(&id)
            .bind(version)
            .bind(sealed)
            .execute(&mut *db)
            .await
            .map(drop))?;
        end_all_of(&mut tx, account, event).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The sealed code of an account, with the auditor's row for its being read: together, or not at
    /// all. Nothing where it has run out, was used, or is not the account's secret any more.
    pub async fn read_first_code(
        &self,
        account: AccountId,
        event: &AuditEvent,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT f.sealed FROM first_codes f JOIN passwords p ON p.account = f.account
            WHERE f.account = $1 AND f.version = p.version AND p.one_time AND p.expires_at > $2";
        let mut tx = self.writing.begin().await?;
        let sealed: Option<Vec<u8>> = within!(tx, db => sqlx::query_scalar(SQL)
            .bind(account.0.to_string())
            .bind(millis(event.at))
            .fetch_optional(&mut *db)
            .await)?;
        if sealed.is_some() {
            append(&mut tx, &[event]).await?;
            tx.commit().await?;
        }
        Ok(sealed)
    }

    /// Nobody reads the account's code any more: it was used.
    pub async fn hide_first_code(&self, account: AccountId) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM first_codes WHERE account = $1";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
