//! Services that want to be called when an adult has answered (CIBA, ping mode). The payload is the caller's,
//! sealed by the caller; each is handed out once.

use jiff::Timestamp;

use super::{Store, StoreError, millis, on, uuid};
use crate::domain::approval::ApprovalId;

impl Store {
    /// Keeps what is to be told of the answer to a question.
    pub async fn keep_ping(&self, approval: ApprovalId, payload: &[u8]) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO backchannel_pings (approval, payload) VALUES ($1, $2)
            ON CONFLICT DO NOTHING";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(approval.0.to_string())
            .bind(payload)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Takes out what can be told: of questions that were answered, or that nobody can answer any more.
    pub async fn take_pings(&self, now: Timestamp) -> Result<Vec<(ApprovalId, Vec<u8>)>, StoreError> {
        const SQL: &str = "DELETE FROM backchannel_pings WHERE approval IN (SELECT v.id FROM approvals v
            WHERE v.approved_at IS NOT NULL OR v.ended_at IS NOT NULL OR v.closes_at <= $1)
            RETURNING approval, payload";
        let rows: Vec<(String, Vec<u8>)> = on!(self.writing, db =>
            sqlx::query_as(SQL).bind(millis(now)).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(approval, payload)| {
                Ok((
                    ApprovalId(uuid("backchannel_pings.approval", &approval)?),
                    payload,
                ))
            })
            .collect()
    }
}
