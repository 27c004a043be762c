//! Names of accounts, which are given once: those that are in use, and those of accounts that are
//! gone, which are kept by hash alone (C11, L09).

use std::collections::HashSet;

use sqlx::AssertSqlSafe;

use super::{Store, StoreError, on, runs, sha256};
use crate::domain::account::UniId;
use crate::domain::login_name::BareName;

impl Store {
    /// Which of these user names somebody has or had.
    pub async fn taken_user_names(&self, names: &[BareName]) -> Result<HashSet<BareName>, StoreError> {
        let texts: Vec<_> = names.iter().map(BareName::as_str).collect();
        let taken = self.taken("user_name", &texts, user_name_hash).await?;
        Ok(names
            .iter()
            .filter(|name| taken.contains(name.as_str()))
            .cloned()
            .collect())
    }

    /// Which of these UNI-IDs somebody has or had.
    pub async fn taken_uni_ids(&self, ids: &[UniId]) -> Result<HashSet<UniId>, StoreError> {
        let texts: Vec<_> = ids.iter().map(UniId::as_str).collect();
        let taken = self.taken("uni_id", &texts, uni_id_hash).await?;
        Ok(ids
            .iter()
            .filter(|id| taken.contains(id.as_str()))
            .cloned()
            .collect())
    }

    async fn taken(
        &self,
        column: &'static str,
        names: &[&str],
        hash: fn(&str) -> [u8; 32],
    ) -> Result<HashSet<String>, StoreError> {
        let mut taken = HashSet::new();
        for run in runs::of(names) {
            let places = runs::places(1, run.len());
            let in_use = format!("SELECT {column} FROM accounts WHERE {column} IN ({places})");
            let gone = format!("SELECT hash FROM used_names WHERE hash IN ({places})");
            let found: Vec<String> = on!(self.reading, db => {
                let mut query = sqlx::query_scalar(AssertSqlSafe(in_use));
                for name in run {
                    query = query.bind((*name).to_owned());
                }
                query.fetch_all(db).await
            })?;
            taken.extend(found);
            let hashes: Vec<Vec<u8>> = on!(self.reading, db => {
                let mut query = sqlx::query_scalar(AssertSqlSafe(gone));
                for name in run {
                    query = query.bind(hash(name).to_vec());
                }
                query.fetch_all(db).await
            })?;
            let was_used = |name: &&&str| hashes.iter().any(|used| used.as_slice() == hash(name));
            taken.extend(run.iter().filter(was_used).map(|name| (*name).to_owned()));
        }
        Ok(taken)
    }
}

/// By what a user name that is gone is known again.
pub(super) fn user_name_hash(name: &str) -> [u8; 32] {
    sha256(&[b"user name\0", name.as_bytes()])
}

/// By what a UNI-ID that is gone is known again.
pub(super) fn uni_id_hash(id: &str) -> [u8; 32] {
    sha256(&[b"uni-id\0", id.as_bytes()])
}
