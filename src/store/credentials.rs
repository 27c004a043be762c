//! Password hashes, one per account. How they are made and checked is in `crate::credentials`.

use jiff::Timestamp;

use super::{Store, StoreError, Tx, millis, on, within};
use crate::credentials::argon2::PasswordHash;
use crate::domain::account::AccountId;

impl Store {
    /// The hash of the account's password, if it has one.
    pub async fn password_hash_of(&self, account: AccountId) -> Result<Option<PasswordHash>, StoreError> {
        const SQL: &str = "SELECT phc FROM passwords WHERE account = $1";
        let phc: Option<String> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(account.0.to_string()).fetch_optional(db).await)?;
        phc.map(|phc| {
            PasswordHash::parse(&phc).map_err(|_| StoreError::Corrupt {
                column: "passwords.phc",
            })
        })
        .transpose()
    }

    /// Sets the account's password hash, whatever it was before.
    pub async fn put_password_hash(
        &self,
        account: AccountId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        put_password_hash(&mut tx, account, hash, now).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces `old` by a hash of the same password at today's cost. Does nothing if the
    /// password was changed in the meantime; says whether it did something.
    pub async fn renew_password_hash(
        &self,
        account: AccountId,
        old: &PasswordHash,
        renewed: &PasswordHash,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE passwords SET phc = $3 WHERE account = $1 AND phc = $2";
        let changed = on!(self.writing, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .bind(old.as_str())
            .bind(renewed.as_str())
            .execute(db)
            .await?
            .rows_affected());
        Ok(changed > 0)
    }
}

/// Sets the account's password hash, as part of something larger.
pub(super) async fn put_password_hash(
    tx: &mut Tx,
    account: AccountId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO passwords (account, phc, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (account) DO UPDATE SET phc = excluded.phc, changed_at = excluded.changed_at";
    within!(*tx, db => sqlx::query(SQL)
        .bind(account.0.to_string())
        .bind(hash.as_str())
        .bind(millis(now))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}
