//! Why logins of a person were refused lately, as the audit trail has it.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{Store, StoreError, millis, on, timestamp, uuid};
use crate::domain::account::PersonId;

/// One login that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLogin {
    /// The reference that the user saw.
    pub id: Uuid,
    /// When it was refused.
    pub at: Timestamp,
    /// The refusal's code, such as `UL-203`.
    pub code: String,
    /// Which service asked.
    pub service: Option<String>,
    /// Which upstream vouched, failed to, or was tried.
    pub upstream: Option<String>,
}

/// What the auditor's row says of a refusal.
#[derive(Deserialize)]
struct Details {
    code: String,
}

type Row = (String, i64, String, Option<String>, Option<String>);

impl Store {
    /// The latest refusals of a person's logins since this moment, newest first. Those of somebody
    /// whom nobody had recognised yet are nobody's.
    pub async fn refused_logins_of(
        &self,
        person: PersonId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<RefusedLogin>, StoreError> {
        const SQL: &str = "SELECT id, at, details, service, upstream FROM audit
            WHERE person = $1 AND act = 'login.refused' AND at >= $2 ORDER BY sequence DESC LIMIT $3";
        let rows: Vec<Row> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(person.0.to_string())
            .bind(millis(since))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        rows.into_iter()
            .map(|(id, at, details, service, upstream)| {
                let details: Details =
                    serde_json::from_str(&details).map_err(|_| StoreError::corrupt("audit.details"))?;
                Ok(RefusedLogin {
                    id: uuid("audit.id", &id)?,
                    at: timestamp("audit.at", at)?,
                    code: details.code,
                    service,
                    upstream,
                })
            })
            .collect()
    }
}
