//! Secrets, one per account, and the hashes that came before. How they are made and checked is
//! in `crate::credentials`; which rule they are kept by, in `domain::password_rule`.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::audit::append;
use super::ended_approvals::end_approvals_of;
use super::ended_windows::end_windows_of;
use super::grants::GrantFamily;
use super::locks::lock_sessions_of;
use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::credentials::argon2::PasswordHash;
use crate::domain::account::{AccountId, SecretVersion};
use crate::domain::audit::AuditEvent;
use crate::domain::password_rule::{PupilRule, RuleKey, SecretForm};

/// A secret to be kept.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// The hash of the secret: the secret itself is kept nowhere.
    pub hash: PasswordHash,
    /// What it looks like.
    pub form: SecretForm,
    /// The rule that it was made under, where that is known.
    pub made_under: Option<RuleKey>,
    /// When the secret was made: its age counts from here.
    pub made_at: Timestamp,
    /// For a secret that was handed out for the first login alone: until when (U31).
    pub one_time_until: Option<Timestamp>,
}

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// The hash of the secret: the secret itself is kept nowhere.
    pub hash: PasswordHash,
    /// What it looks like.
    pub form: SecretForm,
    /// The rule that it was made under, where that is known.
    pub made_under: Option<RuleKey>,
    /// When the secret was made: its age counts from here.
    pub made_at: Timestamp,
    /// Whether it was handed out for the first login alone.
    pub one_time: bool,
    /// After this it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// Which of the account's secrets it is.
    pub version: SecretVersion,
    /// When its holder was last told that it runs out, and would do it later.
    pub told_at: Option<Timestamp>,
    /// What an administrator has set for the account.
    pub pupil_rule: Option<PupilRule>,
    /// Whether an administrator has blocked the account's way in by this secret (T7).
    pub blocked: bool,
}

impl Store {
    /// The hash of the account's password, if it has one.
    pub async fn password_hash_of(&self, account: AccountId) -> Result<Option<PasswordHash>, StoreError> {
        Ok(self.secret_of(account).await?.map(|secret| secret.hash))
    }

    /// The account's secret, if it has one, with the rule that was set for the account.
    pub async fn secret_of(&self, account: AccountId) -> Result<Option<StoredSecret>, StoreError> {
        const SQL: &str = "SELECT p.phc, p.form, p.made_under, p.changed_at, p.one_time, p.expires_at,
                p.version, p.told_at, r.rule, r.set_at, b.set_at AS blocked_at
            FROM passwords p LEFT JOIN pupil_rules r ON r.account = p.account
            LEFT JOIN account_blocks b ON b.account = p.account WHERE p.account = $1";
        let row: Option<SecretRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(account.0.to_string()).fetch_optional(db).await)?;
        row.map(StoredSecret::try_from).transpose()
    }

    /// The hashes that the account had before the present one, the latest first.
    pub async fn former_hashes_of(&self, account: AccountId) -> Result<Vec<PasswordHash>, StoreError> {
        const SQL: &str = "SELECT phc FROM former_passwords WHERE account = $1 ORDER BY version DESC";
        let found: Vec<String> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(account.0.to_string()).fetch_all(db).await)?;
        found
            .iter()
            .map(|phc| parse("former_passwords.phc", phc))
            .collect()
    }

    /// Sets the account's secret, whatever it was before. Nothing else of the account changes.
    pub async fn put_secret(&self, account: AccountId, secret: &NewSecret) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        put_secret(&mut tx, account, secret).await?;
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

    /// Puts a new secret in the place of the one of this version, or is the first where there is
    /// none; remembers the hash of the one before, and ends every session of the account and what
    /// outlives sessions (G15): together with the auditor's row, or not at all. Nothing is done where
    /// another secret was there first.
    pub async fn change_secret(
        &self,
        account: AccountId,
        from: Option<SecretVersion>,
        secret: &NewSecret,
        remembered: u8,
        event: &AuditEvent,
    ) -> Result<Option<SecretVersion>, StoreError> {
        let mut tx = self.writing.begin().await?;
        let made = replace_or_put(&mut tx, (account, from), secret, remembered);
        let Some(version) = made.await? else {
            return Ok(None);
        };
        end_all_of(&mut tx, account, event).await?;
        append(&mut tx, &[event]).await?;
        tx.commit().await?;
        Ok(Some(version))
    }

    /// The same for a secret that is handed out, whatever the account had before.
    pub async fn hand_out_secret(
        &self,
        account: AccountId,
        secret: &NewSecret,
        remembered: u8,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        hand_out(&mut tx, account, secret, remembered, event).await?;
        append(&mut tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Remembers that the holder was told that the secret runs out.
    pub async fn note_told(
        &self,
        account: AccountId,
        version: SecretVersion,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE passwords SET told_at = $3 WHERE account = $1 AND version = $2";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(account.0.to_string())
            .bind(version.0)
            .bind(millis(now))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// Puts a secret in the place of whatever the account had, as part of something larger, and ends everything
/// of the account.
pub(super) async fn hand_out(
    tx: &mut Tx,
    account: AccountId,
    secret: &NewSecret,
    remembered: u8,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    if replace(tx, account, None, secret, remembered).await?.is_none() {
        put_secret(tx, account, secret).await?;
    }
    end_all_of(tx, account, event).await
}

/// Sets the account's secret, as part of something larger.
pub(super) async fn put_secret(
    tx: &mut Tx,
    account: AccountId,
    secret: &NewSecret,
) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO passwords (account, phc, changed_at, form, made_under, one_time, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO UPDATE SET phc = excluded.phc,
        changed_at = excluded.changed_at, form = excluded.form, made_under = excluded.made_under,
        one_time = excluded.one_time, expires_at = excluded.expires_at,
        version = passwords.version + 1, told_at = NULL";
    within!(*tx, db => sqlx::query(SQL)
        .bind(account.0.to_string())
        .bind(secret.hash.as_str())
        .bind(millis(secret.made_at))
        .bind(secret.form.word())
        .bind(secret.made_under.map(RuleKey::word))
        .bind(secret.one_time_until.is_some())
        .bind(secret.one_time_until.map(millis))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

/// Sets the first secret of an account. Nothing is done, and no version said, where it has one.
async fn put_first(
    tx: &mut Tx,
    account: AccountId,
    secret: &NewSecret,
) -> Result<Option<SecretVersion>, StoreError> {
    const SQL: &str =
        "INSERT INTO passwords (account, phc, changed_at, form, made_under, one_time, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO NOTHING RETURNING version";
    let version: Option<i64> = within!(*tx, db => sqlx::query_scalar(SQL)
        .bind(account.0.to_string())
        .bind(secret.hash.as_str())
        .bind(millis(secret.made_at))
        .bind(secret.form.word())
        .bind(secret.made_under.map(RuleKey::word))
        .bind(secret.one_time_until.is_some())
        .bind(secret.one_time_until.map(millis))
        .fetch_optional(&mut *db)
        .await)?;
    Ok(version.map(SecretVersion))
}

/// The versions of the secrets of these accounts, which stay as they are until this commit: a login by a
/// secret and the change of that secret never miss each other.
pub(super) async fn held(
    tx: &mut Tx,
    secrets: &[(AccountId, SecretVersion)],
) -> Result<HashMap<AccountId, SecretVersion>, StoreError> {
    let ids: Vec<String> = secrets.iter().map(|(account, _)| account.0.to_string()).collect();
    let mut versions = HashMap::new();
    for run in super::runs::of(&ids) {
        let rows: Vec<(String, i64)> = within!(*tx, db => {
            let mut query = QueryBuilder::new("UPDATE passwords SET version = version WHERE account IN (");
            let mut list = query.separated(", ");
            for id in run {
                list.push_bind(id.clone());
            }
            query.push(") RETURNING account, version");
            query.build_query_as::<(String, i64)>().fetch_all(&mut *db).await?
        });
        for (account, version) in rows {
            versions.insert(
                AccountId(uuid("passwords.account", &account)?),
                SecretVersion(version),
            );
        }
    }
    Ok(versions)
}

/// Puts a secret in the place of another and remembers that one. Nothing is done, and no version
/// said, where the account has none or, with `from`, another than that.
async fn replace(
    tx: &mut Tx,
    account: AccountId,
    from: Option<SecretVersion>,
    secret: &NewSecret,
    remembered: u8,
) -> Result<Option<SecretVersion>, StoreError> {
    // Takes the row first: whoever comes at the same time waits here, and finds another version.
    const TAKE: &str = "UPDATE passwords SET version = version + 1
        WHERE account = $1 AND ($2 = 0 OR version = $2) RETURNING version";
    const REMEMBER: &str = "INSERT INTO former_passwords (account, version, phc)
        SELECT account, version - 1, phc FROM passwords WHERE account = $1 AND NOT one_time";
    const FORGET: &str = "DELETE FROM former_passwords WHERE account = $1 AND version NOT IN
        (SELECT version FROM former_passwords WHERE account = $1 ORDER BY version DESC LIMIT $2)";
    const CHANGE: &str = "UPDATE passwords SET phc = $2, changed_at = $3, form = $4, made_under = $5,
        one_time = $6, expires_at = $7, told_at = NULL WHERE account = $1";
    let id = account.0.to_string();
    let taken: Option<i64> = within!(*tx, db => sqlx::query_scalar(TAKE)
        .bind(&id)
        .bind(from.map_or(0, |from| from.0))
        .fetch_optional(&mut *db)
        .await)?;
    let Some(version) = taken else {
        return Ok(None);
    };
    within!(*tx, db => {
        sqlx::query(REMEMBER).bind(&id).execute(&mut *db).await?;
        sqlx::query(FORGET).bind(&id).bind(i64::from(remembered)).execute(&mut *db).await?;
        sqlx::query(CHANGE)
            .bind(&id)
            .bind(secret.hash.as_str())
            .bind(millis(secret.made_at))
            .bind(secret.form.word())
            .bind(secret.made_under.map(RuleKey::word))
            .bind(secret.one_time_until.is_some())
            .bind(secret.one_time_until.map(millis))
            .execute(&mut *db)
            .await?;
    });
    Ok(Some(SecretVersion(version)))
}

/// Puts a secret in the place of this one, or is the first where there is none.
pub(super) async fn replace_or_put(
    tx: &mut Tx,
    (account, from): (AccountId, Option<SecretVersion>),
    secret: &NewSecret,
    remembered: u8,
) -> Result<Option<SecretVersion>, StoreError> {
    match from {
        Some(from) => replace(tx, account, Some(from), secret, remembered).await,
        None => put_first(tx, account, secret).await,
    }
}

/// Ends the account's sessions, revokes what was given out on the account itself, and closes windows
/// for a login without a secret, be they for the account or opened by it; what was given out within a
/// session is good no longer than that.
pub(super) async fn end_all_of(
    tx: &mut Tx,
    account: AccountId,
    cause: &AuditEvent,
) -> Result<(), StoreError> {
    const SESSIONS: &str = "UPDATE sessions SET ended_at = $2
        WHERE account = $1 AND ended_at IS NULL AND expires_at > $2";
    const GRANTS: &str = "INSERT INTO revoked_families (family, revoked_at)
        SELECT DISTINCT family, CAST($2 AS BIGINT) FROM grants WHERE account = $1 ON CONFLICT DO NOTHING";
    lock_sessions_of(tx, account).await?;
    revoke_within_sessions_of(tx, account, cause.at).await?;
    for sql in [SESSIONS, GRANTS] {
        within!(*tx, db => {
            sqlx::query(sql)
                .bind(account.0.to_string())
                .bind(millis(cause.at))
                .execute(&mut *db)
                .await?;
        });
    }
    let mut events = end_approvals_of(tx, account, cause).await?;
    events.extend(end_windows_of(tx, account, cause).await?);
    // Last: whoever appends holds the end of the trail until the commit, and waits for no row any more.
    append(tx, &events.iter().collect::<Vec<_>>()).await
}

/// Revokes all tokens that were given out within the account's open sessions, offline ones too. A code that is
/// redeemed at this very moment belongs to a revoked family, so that its tokens are worth nothing.
async fn revoke_within_sessions_of(
    tx: &mut Tx,
    account: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const FAMILIES: &str = "SELECT DISTINCT g.family FROM grants g JOIN sessions s ON s.id = g.session
        WHERE s.account = $1 AND s.ended_at IS NULL AND g.expires_at > $2 ORDER BY g.family";
    const REVOKE: &str =
        "INSERT INTO revoked_families (family, revoked_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let families: Vec<String> = within!(*tx, db => sqlx::query_scalar(FAMILIES)
        .bind(account.0.to_string())
        .bind(millis(now))
        .fetch_all(&mut *db)
        .await)?;
    for family in &families {
        let family = GrantFamily(uuid("grants.family", family)?);
        for revoked in [family, family.beyond_session()] {
            within!(*tx, db => sqlx::query(REVOKE)
                .bind(revoked.0.to_string())
                .bind(millis(now))
                .execute(&mut *db)
                .await
                .map(drop))?;
        }
    }
    Ok(())
}

fn parse(column: &'static str, phc: &str) -> Result<PasswordHash, StoreError> {
    PasswordHash::parse(phc).map_err(|_| StoreError::corrupt(column))
}

row! {
    struct SecretRow {
        phc: String,
        form: String,
        made_under: Option<String>,
        changed_at: i64,
        one_time: bool,
        expires_at: Option<i64>,
        version: i64,
        told_at: Option<i64>,
        rule: Option<String>,
        set_at: Option<i64>,
        blocked_at: Option<i64>,
    }
}

impl TryFrom<SecretRow> for StoredSecret {
    type Error = StoreError;

    fn try_from(row: SecretRow) -> Result<Self, StoreError> {
        let rule = |column, word: Option<String>| {
            word.map(|word| RuleKey::parse(&word).ok_or(StoreError::corrupt(column)))
                .transpose()
        };
        let moment = |column, at: Option<i64>| at.map(|at| timestamp(column, at)).transpose();
        let set_rule = rule("pupil_rules.rule", row.rule)?;
        let set_at = moment("pupil_rules.set_at", row.set_at)?;
        Ok(Self {
            hash: parse("passwords.phc", &row.phc)?,
            form: SecretForm::parse(&row.form).ok_or(StoreError::corrupt("passwords.form"))?,
            made_under: rule("passwords.made_under", row.made_under)?,
            made_at: timestamp("passwords.changed_at", row.changed_at)?,
            one_time: row.one_time,
            expires_at: moment("passwords.expires_at", row.expires_at)?,
            version: SecretVersion(row.version),
            told_at: moment("passwords.told_at", row.told_at)?,
            blocked: row.blocked_at.is_some(),
            pupil_rule: set_rule.zip(set_at).map(|(key, since)| PupilRule { key, since }),
        })
    }
}
