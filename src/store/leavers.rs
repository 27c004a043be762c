//! Who left: closed accounts are forgotten when their grace is over, all but the hashes of their
//! names, which are never given again (C11, L09).

use jiff::Timestamp;

use super::changes::history;
use super::used_names::{uni_id_hash, user_name_hash};
use super::{Store, StoreError, Tx, millis, on, uuid, within};
use crate::ambient::Ambient;
use crate::domain::account::PersonId;
use crate::domain::history::{Change, HistoryEntry};

/// How many accounts are forgotten in one transaction: logins get their turn in between.
const RUN: i64 = 100;

/// What belongs to an account and goes with it, in the order of going.
const OF_ACCOUNTS: [&str; 6] = [
    "DELETE FROM help_windows WHERE account = $1",
    "DELETE FROM former_passwords WHERE account = $1",
    "DELETE FROM pupil_rules WHERE account = $1",
    "DELETE FROM passwords WHERE account = $1",
    "DELETE FROM actors WHERE account = $1",
    "DELETE FROM accounts WHERE id = $1",
];

/// What belongs to a person and goes with the last account, in the order of going.
const OF_PEOPLE: [&str; 4] = [
    "DELETE FROM cpr_vault WHERE person = $1",
    "DELETE FROM replacement_numbers WHERE person = $1",
    "DELETE FROM cpr_uuids WHERE person = $1",
    "DELETE FROM people WHERE id = $1",
];

/// What was forgotten of those who left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Accounts, with everything that belonged to them.
    pub accounts: u64,
    /// People who had no other account.
    pub people: u64,
    /// Affiliations of people who are somewhere else now.
    pub affiliations: u64,
    /// Groups that are no more.
    pub groups: u64,
}

impl Store {
    /// Forgets accounts that were closed, and affiliations and groups that ended, before this moment.
    pub async fn forget_leavers(
        &self,
        before: Timestamp,
        ambient: &Ambient,
    ) -> Result<Forgotten, StoreError> {
        const AFFILIATIONS: &str = "DELETE FROM actors WHERE gone_at < $1
            AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = actors.account AND a.closed_at IS NULL)";
        const GROUPS: &str = "DELETE FROM school_groups WHERE gone_at < $1
            AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.school_group = school_groups.id)";
        let mut forgotten = Forgotten::default();
        loop {
            let (accounts, people) = self.forget_some(before, ambient).await?;
            forgotten.accounts += accounts;
            forgotten.people += people;
            if accounts == 0 {
                break;
            }
        }
        let delete = async |sql: &'static str| -> Result<u64, StoreError> {
            Ok(on!(self.writing, db => sqlx::query(sql)
                .bind(millis(before))
                .execute(db)
                .await?
                .rows_affected()))
        };
        forgotten.affiliations = delete(AFFILIATIONS).await?;
        forgotten.groups = delete(GROUPS).await?;
        Ok(forgotten)
    }

    async fn forget_some(&self, before: Timestamp, ambient: &Ambient) -> Result<(u64, u64), StoreError> {
        macro_rules! closed {
            () => {
                "SELECT id, person, user_name, uni_id FROM accounts WHERE closed_at < $1
                 AND id IN (SELECT id FROM accounts WHERE closed_at < $1 ORDER BY closed_at LIMIT $2)"
            };
        }
        // Held, so that whoever comes back in this moment is back, or comes back as somebody new.
        const HELD: &str = concat!(closed!(), " ORDER BY id COLLATE \"C\" FOR UPDATE");
        let mut tx = self.writing.begin().await?;
        let closed: Vec<(String, String, String, String)> = match &mut tx {
            Tx::Sqlite(db) => {
                let query = sqlx::query_as(closed!()).bind(millis(before)).bind(RUN);
                query.fetch_all(&mut **db).await?
            }
            Tx::Postgres(db) => {
                let query = sqlx::query_as(HELD).bind(millis(before)).bind(RUN);
                query.fetch_all(&mut **db).await?
            }
        };
        let (mut accounts, mut people, mut entries) = (0, 0, Vec::new());
        for (account, person, user_name, uni_id) in closed {
            for hash in [user_name_hash(&user_name), uni_id_hash(&uni_id)] {
                never_again(&mut tx, hash).await?;
            }
            for sql in OF_ACCOUNTS {
                delete(&mut tx, sql, &account).await?;
            }
            accounts += 1;
            if is_without_account(&mut tx, &person).await? {
                for sql in OF_PEOPLE {
                    delete(&mut tx, sql, &person).await?;
                }
                people += 1;
            }
            entries.push(HistoryEntry {
                id: ambient.uuid(),
                person: PersonId(uuid("accounts.person", &person)?),
                actor: None,
                institution: None,
                source: None,
                import: None,
                at: ambient.now(),
                what: Change::Purged,
                detail: String::new(),
            });
        }
        history(&mut tx, &entries).await?;
        tx.commit().await?;
        Ok((accounts, people))
    }
}

async fn never_again(tx: &mut Tx, hash: [u8; 32]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO used_names (hash) VALUES ($1) ON CONFLICT (hash) DO NOTHING";
    within!(*tx, db => sqlx::query(SQL).bind(hash.as_slice()).execute(&mut *db).await.map(drop))?;
    Ok(())
}

async fn delete(tx: &mut Tx, sql: &'static str, id: &str) -> Result<(), StoreError> {
    within!(*tx, db => sqlx::query(sql).bind(id).execute(&mut *db).await.map(drop))?;
    Ok(())
}

async fn is_without_account(tx: &mut Tx, person: &str) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM accounts WHERE person = $1";
    let accounts: i64 = within!(*tx, db => sqlx::query_scalar(SQL).bind(person).fetch_one(&mut *db).await)?;
    Ok(accounts == 0)
}
