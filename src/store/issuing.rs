//! Whether a session is still good for giving something out: asked of the people as they are
//! now, not as they were when the session began (DR08).

use jiff::Timestamp;

use super::{Store, StoreError, millis, on};
use crate::domain::session::SessionId;
use crate::domain::upstream::UpstreamId;

impl Store {
    /// Who vouched for a session on the strength of which something may be given out: one that
    /// is open, of an account that is not blocked (E12, E13, F14).
    pub async fn voucher_of(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<UpstreamId>, StoreError> {
        const SQL: &str = "SELECT s.upstream FROM sessions s JOIN accounts a ON a.id = s.account
            WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.blocked = $3";
        let upstream: Option<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(session.0.to_string())
            .bind(millis(now))
            .bind(false)
            .fetch_optional(db)
            .await)?;
        upstream
            .map(|text| {
                UpstreamId::parse(&text).ok_or(StoreError::Corrupt {
                    column: "sessions.upstream",
                })
            })
            .transpose()
    }
}
