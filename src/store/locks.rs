//! Accounts that are held fast while what they rest on changes: two institutions may change one account
//! at once, and each is to see what the other did (K05).
//!
//! SQLite has one writer, so that there is nothing to hold. On PostgreSQL they are taken in the order of
//! their ids, always: nobody waits for somebody who waits for them.

use std::collections::{BTreeSet, HashSet};

use sqlx::QueryBuilder;

use super::changes::Changes;
use super::{StoreError, Tx, runs};
use crate::domain::actor::ActorId;

/// Holds the accounts of every affiliation that begins, ends or comes back.
pub(super) async fn lock_accounts(tx: &mut Tx, changes: &Changes) -> Result<(), StoreError> {
    if matches!(tx, Tx::Sqlite(_)) {
        return Ok(());
    }
    let new: HashSet<_> = changes.accounts.iter().map(|account| account.id).collect();
    let known = changes.actors.iter().map(|actor| actor.account);
    let mut ids: BTreeSet<String> = known
        .filter(|account| !new.contains(account))
        .map(|account| account.0.to_string())
        .collect();
    ids.extend(accounts_of(tx, &changes.gone).await?);
    lock(tx, &ids).await
}

/// Holds the accounts of these affiliations.
pub(super) async fn lock_accounts_of(tx: &mut Tx, actors: &[ActorId]) -> Result<(), StoreError> {
    let ids = accounts_of(tx, actors).await?;
    lock(tx, &ids).await
}

async fn accounts_of(tx: &mut Tx, actors: &[ActorId]) -> Result<BTreeSet<String>, StoreError> {
    let mut ids = BTreeSet::new();
    if let Tx::Postgres(db) = tx {
        for run in runs::of(actors) {
            let mut query = QueryBuilder::new("SELECT DISTINCT account FROM actors WHERE id IN (");
            query.push_values(run, |mut values, actor| {
                values.push_bind(actor.0.to_string());
            });
            let found: Vec<String> = query.push(")").build_query_scalar().fetch_all(&mut **db).await?;
            ids.extend(found);
        }
    }
    Ok(ids)
}

async fn lock(tx: &mut Tx, ids: &BTreeSet<String>) -> Result<(), StoreError> {
    if let Tx::Postgres(db) = tx {
        let ids: Vec<&String> = ids.iter().collect();
        for run in runs::of(&ids) {
            let mut query = QueryBuilder::new("SELECT id FROM accounts WHERE id IN (");
            query.push_values(run, |mut values, id| {
                values.push_bind((*id).clone());
            });
            query
                .push(") ORDER BY id COLLATE \"C\" FOR UPDATE")
                .build()
                .execute(&mut **db)
                .await?;
        }
    }
    Ok(())
}
