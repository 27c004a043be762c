//! Which person the national eID means, whatever their CPR number is today.

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::{Store, StoreError, Tx, millis, on, runs, uuid, within};
use crate::domain::account::PersonId;
use crate::keys::vault::CprUuidIndex;

/// Shuts out whoever came in by a CPR number that is somebody else's: what the eID called them is
/// forgotten, their sessions end, and what was given out on the accounts is revoked.
pub(super) async fn forget_ways_in(
    tx: &mut Tx,
    people: &[PersonId],
    now: Timestamp,
) -> Result<(), StoreError> {
    const SESSIONS: [&str; 2] = [
        "UPDATE sessions SET ended_at = ",
        " WHERE ended_at IS NULL AND person IN (",
    ];
    const GRANTS: [&str; 2] = [
        "INSERT INTO revoked_families (family, revoked_at) SELECT DISTINCT g.family, CAST(",
        " AS BIGINT) FROM grants g JOIN accounts a ON a.id = g.account WHERE a.person IN (",
    ];
    for run in runs::of(people) {
        for ([before, between], after) in [(SESSIONS, ")"), (GRANTS, ") ON CONFLICT DO NOTHING")] {
            within!(*tx, db => {
                let mut query = QueryBuilder::new(before);
                query.push_bind(millis(now)).push(between);
                query.push_values(run, |mut values, person| {
                    values.push_bind(person.0.to_string());
                });
                query.push(after).build().execute(&mut *db).await?;
            });
        }
        within!(*tx, db => {
            let mut query = QueryBuilder::new("DELETE FROM cpr_uuids WHERE person IN (");
            query.push_values(run, |mut values, person| {
                values.push_bind(person.0.to_string());
            });
            query.push(")").build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

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
