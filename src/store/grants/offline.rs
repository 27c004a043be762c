//! Logins that clients keep when the session is over (`offline_access`): who keeps them, and ending them.

use jiff::Timestamp;

use super::super::{Store, StoreError, millis, on, timestamp};
use crate::domain::account::{AccountId, PersonId};

impl Store {
    /// Revokes what outlives a person's sessions, as after a changed secret (E12). Says how many.
    pub async fn revoke_offline_grants_of(
        &self,
        person: PersonId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "INSERT INTO revoked_families (family, revoked_at)
            SELECT DISTINCT g.family, CAST($2 AS BIGINT) FROM grants g JOIN accounts a ON a.id = g.account
            WHERE a.person = $1 ON CONFLICT DO NOTHING";
        let revoked = on!(self.writing, db => sqlx::query(SQL)
            .bind(person.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(revoked)
    }

    /// Revokes what outlives an account's sessions, as when its holder ends everything else. Says how many.
    pub async fn revoke_offline_grants_of_account(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "INSERT INTO revoked_families (family, revoked_at)
            SELECT DISTINCT family, CAST($2 AS BIGINT) FROM grants WHERE account = $1 ON CONFLICT DO NOTHING";
        let revoked = on!(self.writing, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(revoked)
    }

    /// The same at one client alone. Says how many.
    pub async fn revoke_offline_grants_at(
        &self,
        account: AccountId,
        client: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "INSERT INTO revoked_families (family, revoked_at)
            SELECT DISTINCT family, CAST($3 AS BIGINT) FROM grants WHERE account = $1 AND bound_to = $2
            ON CONFLICT DO NOTHING";
        let revoked = on!(self.writing, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .bind(client.to_owned())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(revoked)
    }

    /// Who keeps something that outlives an account's sessions and is still good: by client.
    pub async fn offline_logins_of(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<KeptLogin>, StoreError> {
        const SQL: &str = "SELECT bound_to, MAX(issued_at), MAX(expires_at) FROM grants
            WHERE account = $1 AND expires_at > $2 AND consumed_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM revoked_families r WHERE r.family = grants.family)
            GROUP BY bound_to ORDER BY bound_to";
        let rows: Vec<(String, i64, i64)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter()
            .map(|(client, used, until)| {
                Ok(KeptLogin {
                    client,
                    used: timestamp("grants.issued_at", used)?,
                    until: timestamp("grants.expires_at", until)?,
                })
            })
            .collect()
    }
}

/// A login that a client keeps when the session is over (`offline_access`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLogin {
    /// The `client_id` of the service that keeps it.
    pub client: String,
    /// When it was given something last.
    pub used: Timestamp,
    /// Until when it keeps it at most.
    pub until: Timestamp,
}
