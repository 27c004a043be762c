//! Services that want to be called when an adult has answered (CIBA, ping mode). The payload is the caller's,
//! sealed by the caller; each is handed out once.

use jiff::Timestamp;

use super::{Store, StoreError, Tx, millis, on, within};
use crate::domain::approval::ApprovalId;

impl Store {
    /// Takes out what can be told: of questions that were answered, or that nobody can answer any more.
    pub async fn take_pings(&self, now: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
        const SQL: &str = "DELETE FROM backchannel_pings WHERE approval IN (SELECT v.id FROM approvals v
            WHERE v.approved_at IS NOT NULL OR v.ended_at IS NOT NULL OR v.closes_at <= $1)
            RETURNING approval, payload";
        let rows: Vec<(String, Vec<u8>)> = on!(self.writing, db =>
            sqlx::query_as(SQL).bind(millis(now)).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(_, payload)| payload).collect())
    }
}

/// Keeps what is to be told of the answer to a question.
pub(super) async fn keep_ping(tx: &mut Tx, approval: ApprovalId, payload: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO backchannel_pings (approval, payload) VALUES ($1, $2)
        ON CONFLICT DO NOTHING";
    within!(*tx, db => sqlx::query(SQL)
        .bind(approval.0.to_string())
        .bind(payload)
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}
