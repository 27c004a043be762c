//! Which person the national eID means, whatever their CPR number is today.

use super::{Store, StoreError, on, uuid};
use crate::domain::account::PersonId;
use crate::keys::vault::CprUuidIndex;

impl Store {
    /// The person that was logged in by this name before.
    pub async fn person_by_cpr_uuid(&self, index: &CprUuidIndex) -> Result<Option<PersonId>, StoreError> {
        const SQL: &str = "SELECT person FROM cpr_uuids WHERE uuid_index = $1";
        let found: Option<String> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(index.0.as_slice()).fetch_optional(db).await)?;
        found
            .map(|id| uuid("cpr_uuids.person", &id).map(PersonId))
            .transpose()
    }

    /// Remembers whom the name means; the first that is said stays.
    pub async fn remember_cpr_uuid(&self, index: &CprUuidIndex, person: PersonId) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO cpr_uuids (uuid_index, person) VALUES ($1, $2)
            ON CONFLICT (uuid_index) DO NOTHING";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(index.0.as_slice())
            .bind(person.0.to_string())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
