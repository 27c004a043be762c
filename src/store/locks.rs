//! Rows that are held fast while what rests on them changes: two institutions may change one account at once,
//! and each is to see what the other did (K05); a session may end while a login rests on it (F12, I09).
//!
//! SQLite has one writer, so that there is nothing to hold. On PostgreSQL they are taken in the order of
//! their ids, and sessions before approvals and what was given out, always: nobody waits for somebody who waits
//! for them.

use std::collections::{BTreeSet, HashSet};

use sqlx::QueryBuilder;

use super::changes::Changes;
use super::{StoreError, Tx, runs, sha256, within};
use crate::domain::account::AccountId;
use crate::domain::actor::ActorId;
use crate::domain::session::SessionId;

/// Holds the accounts of every affiliation that begins, ends or comes back. Says whether all of those that
/// were there when that was planned are there: somebody may have been forgotten meanwhile.
pub(super) async fn lock_accounts(tx: &mut Tx, changes: &Changes) -> Result<bool, StoreError> {
    let new: HashSet<_> = changes.accounts.iter().map(|account| account.id).collect();
    let known = changes.actors.iter().map(|actor| actor.account);
    let known = known.filter(|account| !new.contains(account));
    let mut ids: BTreeSet<String> = known.map(|account| account.0.to_string()).collect();
    let wanted = ids.len();
    let of_gone = accounts_of(tx, &changes.gone).await?;
    let others = of_gone.difference(&ids).count();
    ids.extend(of_gone);
    Ok(lock(tx, ACCOUNTS, &ids).await? == wanted + others)
}

/// Holds the accounts of these affiliations.
pub(super) async fn lock_accounts_of(tx: &mut Tx, actors: &[ActorId]) -> Result<(), StoreError> {
    let ids = accounts_of(tx, actors).await?;
    lock(tx, ACCOUNTS, &ids).await.map(drop)
}

/// Holds those of these sessions that are there.
pub(super) async fn lock_sessions(tx: &mut Tx, sessions: &[SessionId]) -> Result<(), StoreError> {
    if matches!(tx, Tx::Sqlite(_)) {
        return Ok(());
    }
    let ids = sessions.iter().map(|session| session.0.to_string()).collect();
    lock(tx, SESSIONS, &ids).await.map(drop)
}

/// Holds the open sessions of an account.
pub(super) async fn lock_sessions_of(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    const SQL: &str = "SELECT id FROM sessions WHERE account = $1 AND ended_at IS NULL ORDER BY id";
    if matches!(tx, Tx::Sqlite(_)) {
        return Ok(());
    }
    let ids: Vec<String> = within!(*tx, db => sqlx::query_scalar(SQL)
        .bind(account.0.to_string())
        .fetch_all(&mut *db)
        .await)?;
    lock(tx, SESSIONS, &ids.into_iter().collect()).await.map(drop)
}

async fn accounts_of(tx: &mut Tx, actors: &[ActorId]) -> Result<BTreeSet<String>, StoreError> {
    let mut ids = BTreeSet::new();
    for run in runs::of(actors) {
        let found: Vec<String> = within!(*tx, db => {
            let mut query = QueryBuilder::new("SELECT DISTINCT account FROM actors WHERE id IN (");
            query.push_values(run, |mut values, actor| {
                values.push_bind(actor.0.to_string());
            });
            query.push(")").build_query_scalar().fetch_all(&mut *db).await
        })?;
        ids.extend(found);
    }
    Ok(ids)
}

/// Holds the asking of adults at every school where an account is a pupil: whoever asks there next waits, and sees
/// what was asked. Nothing else waits for it.
pub(super) async fn lock_asking_at(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    const SCHOOLS: &str = "SELECT DISTINCT institution FROM actors
        WHERE account = $1 AND actor_group = 'Elev' AND gone_at IS NULL";
    const TAKE: &str = "SELECT 1 FROM pg_advisory_xact_lock($1)";
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    let schools: Vec<String> = sqlx::query_scalar(SCHOOLS)
        .bind(account.0.to_string())
        .fetch_all(&mut **tx)
        .await?;
    let keys: BTreeSet<i64> = schools.iter().map(|school| advisory_key("ask", school)).collect();
    for key in keys {
        sqlx::query(TAKE).bind(key).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The number of something that is held without being a row.
fn advisory_key(what: &str, name: &str) -> i64 {
    let digest = sha256(&[what.as_bytes(), b":", name.as_bytes()]);
    i64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default())
}

/// The beginnings of what takes hold of rows.
const ACCOUNTS: &str = "SELECT id FROM accounts WHERE id IN (";
const SESSIONS: &str = "SELECT id FROM sessions WHERE id IN (";

async fn lock(tx: &mut Tx, rows_of: &'static str, ids: &BTreeSet<String>) -> Result<usize, StoreError> {
    let held = match tx {
        Tx::Sqlite(_) => ")",
        Tx::Postgres(_) => ") ORDER BY id COLLATE \"C\" FOR UPDATE",
    };
    let ids: Vec<&String> = ids.iter().collect();
    let mut found = 0;
    for run in runs::of(&ids) {
        let rows: Vec<String> = within!(*tx, db => {
            let mut query = QueryBuilder::new(rows_of);
            query.push_values(run, |mut values, id| {
                values.push_bind((*id).clone());
            });
            query.push(held).build_query_scalar().fetch_all(&mut *db).await
        })?;
        found += rows.len();
    }
    Ok(found)
}
