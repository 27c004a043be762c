//! Which keys the people in the database were written and named with.
//!
//! Marks count from the first person on: before, nobody is lost with a key.

use super::{Store, StoreError, on};
use crate::keys::mark::KeyMark;

impl Store {
    /// The marks of the keys that were used for this purpose.
    pub async fn key_marks(&self, purpose: &str) -> Result<Vec<KeyMark>, StoreError> {
        const SQL: &str = "SELECT mark FROM key_marks WHERE purpose = $1";
        let marks: Vec<Vec<u8>> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(purpose).fetch_all(db).await)?;
        let read = |mark: &Vec<u8>| KeyMark::from_bytes(mark).ok_or(StoreError::corrupt("key_marks.mark"));
        marks.iter().map(read).collect()
    }

    /// Remembers that this key is used for the purpose, beside those that are known.
    pub async fn remember_key_mark(&self, purpose: &str, mark: &KeyMark) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO key_marks (purpose, mark) VALUES ($1, $2)
            ON CONFLICT (purpose, mark) DO NOTHING";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(purpose)
            .bind(mark.as_bytes())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Knows no key for the purpose any more; the next one that is used is believed.
    pub async fn forget_key_marks(&self, purpose: &str) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM key_marks WHERE purpose = $1";
        on!(self.writing, db => sqlx::query(SQL).bind(purpose).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Whether anybody is in the directory.
    pub async fn has_people(&self) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM (SELECT id FROM people LIMIT 1) AS anybody";
        let count: i64 = on!(self.reading, db => sqlx::query_scalar(SQL).fetch_one(db).await)?;
        Ok(count > 0)
    }

    /// How many passwords were hashed with a pepper that is none of these, by how hashes name them.
    pub async fn hashes_lacking(&self, known: &[String]) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM passwords WHERE phc LIKE '%keyid=%'
            AND REPLACE(phc, $1, '') = phc AND REPLACE(phc, $2, '') = phc";
        let name = |place: usize| known.get(place).map_or("no such", String::as_str);
        let count: i64 = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(name(0))
            .bind(name(1))
            .fetch_one(db)
            .await)?;
        Ok(count)
    }

    /// Whether any password was hashed with this pepper.
    pub async fn has_hashes_with(&self, known: &str) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM
            (SELECT account FROM passwords WHERE REPLACE(phc, $1, '') <> phc LIMIT 1) AS anybody";
        let count: i64 = on!(self.reading, db => sqlx::query_scalar(SQL).bind(known).fetch_one(db).await)?;
        Ok(count > 0)
    }
}
