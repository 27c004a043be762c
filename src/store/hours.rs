//! How much of something there was in each hour, so that it is known what is usual at an hour of
//! the week, and what a day has had. Numbers alone; of whom they are nobody can tell.

use super::{Store, StoreError, on};

impl Store {
    /// Adds to what an hour had, which is counted in hours since 1970.
    pub async fn add_to_hour(&self, what: &str, hour: i64, count: u64) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO hours (what, hour, counted) VALUES ($1, $2, $3)
            ON CONFLICT (what, hour) DO UPDATE SET counted = hours.counted + excluded.counted";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(what)
            .bind(hour)
            .bind(i64::try_from(count).unwrap_or(i64::MAX))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// What an hour had. An hour of which nothing was written says nothing.
    pub async fn count_of_hour(&self, what: &str, hour: i64) -> Result<Option<u64>, StoreError> {
        const SQL: &str = "SELECT counted FROM hours WHERE what = $1 AND hour = $2";
        let counted: Option<i64> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(what).bind(hour).fetch_optional(db).await)?;
        Ok(counted.map(|counted| u64::try_from(counted).unwrap_or_default()))
    }

    /// What this hour and those after it had, together.
    pub async fn count_since(&self, what: &str, hour: i64) -> Result<u64, StoreError> {
        const SQL: &str =
            "SELECT CAST(COALESCE(SUM(counted), 0) AS BIGINT) FROM hours WHERE what = $1 AND hour >= $2";
        let counted: i64 = on!(self.writing, db =>
            sqlx::query_scalar(SQL).bind(what).bind(hour).fetch_one(db).await)?;
        Ok(u64::try_from(counted).unwrap_or_default())
    }
}
