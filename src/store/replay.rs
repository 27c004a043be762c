//! The memory of what was seen: assertion ids, answered requests, anything that counts once.
//!
//! Rows are written by the group-commit writer, and an answer is given only after they are
//! on disk, so that neither a restart nor another node takes a message a second time (B05).

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::ephemeral::StateKey;
use super::{Store, StoreError, Tx, millis, on, within};

/// On whose behalf something was seen first; hashed like the key.
#[derive(Debug, Clone, Copy)]
pub struct Owner([u8; 32]);

impl Owner {
    /// No owner: whoever comes second replays.
    pub const NOBODY: Self = Self([0; 32]);

    /// An owner by its name, such as the id of a login transaction.
    pub fn of(name: &str) -> Self {
        Self(super::sha256(&[b"owner\0", name.as_bytes()]))
    }

    /// Nobody is not even the same as nobody.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0 && self.0 != Self::NOBODY.0
    }
}

/// Whether something was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It was not.
    First,
    /// It was, on behalf of the same owner: a reload or a double click.
    SameOwner,
    /// It was, and whoever brings it now is somebody else.
    Replayed,
}

/// Something that counts once, to be marked as seen when what comes of it is written.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// What it is known by, as a hash.
    pub key: StateKey,
    /// On whose behalf.
    pub owner: Owner,
    /// Until when it would count.
    pub expires_at: Timestamp,
}

impl Store {
    /// Forgets that something was seen, where nothing came of it: what failed may be tried again.
    pub async fn forget_mark(&self, key: &StateKey) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM replay WHERE seen = $1";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(key.as_bytes())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// Makes marks and says of each whether it was the first; answers are in the order asked.
pub(super) async fn remember(tx: &mut Tx, marks: &[Mark], now: Timestamp) -> Result<Vec<Once>, StoreError> {
    let mut owners = HashMap::with_capacity(marks.len());
    for mark in marks {
        owners.entry(mark.key).or_insert(*mark);
    }
    let mut distinct: Vec<Mark> = owners.values().copied().collect();
    // Nodes that write the same keys at the same time must lock them in the same order.
    distinct.sort_unstable_by_key(|mark| mark.key);
    let mut fresh = insert_unseen(tx, &distinct, now).await?;

    let mut answers = Vec::with_capacity(marks.len());
    for mark in marks {
        answers.push(if fresh.remove(mark.key.as_bytes()) {
            Once::First
        } else if owner_of(tx, &mark.key).await?.is_same(&mark.owner) {
            Once::SameOwner
        } else {
            Once::Replayed
        });
    }
    Ok(answers)
}

/// Inserts what is not there yet or has run out, and gives the keys of those.
async fn insert_unseen(
    tx: &mut Tx,
    distinct: &[Mark],
    now: Timestamp,
) -> Result<HashSet<Vec<u8>>, StoreError> {
    let mut fresh = HashSet::with_capacity(distinct.len());
    for chunk in super::runs::of(distinct) {
        let inserted: Vec<Vec<u8>> = within!(*tx, db => {
            let mut query = QueryBuilder::new("INSERT INTO replay (seen, owner, expires_at) ");
            query.push_values(chunk, |mut row, mark| {
                row.push_bind(mark.key.as_bytes().to_vec())
                    .push_bind(mark.owner.0.to_vec())
                    .push_bind(millis(mark.expires_at));
            });
            query.push(
                " ON CONFLICT (seen) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
                 WHERE replay.expires_at <= ",
            );
            query.push_bind(millis(now)).push(" RETURNING seen");
            query.build_query_scalar().fetch_all(&mut *db).await?
        });
        fresh.extend(inserted);
    }
    Ok(fresh)
}

async fn owner_of(tx: &mut Tx, key: &StateKey) -> Result<Owner, StoreError> {
    const SQL: &str = "SELECT owner FROM replay WHERE seen = $1";
    let owner: Option<Vec<u8>> = within!(*tx, db =>
        sqlx::query_scalar(SQL).bind(key.as_bytes()).fetch_optional(&mut *db).await)?;
    Ok(owner
        .and_then(|owner| owner.try_into().ok())
        .map_or(Owner::NOBODY, Owner))
}
