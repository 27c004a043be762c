//! Sessions that end because their browser begins another (F01, F13).
//!
//! All of it is in the commit of the login that begins: one that is not written ends nothing, and one that is
//! leaves nothing open that nobody can see. What an adult gave was for the session that ends, and ends too;
//! whoever was told of it hears so by their part in it, wherever that is by then (I09).

use std::collections::HashSet;

use super::ended_approvals::ended_by;
use super::{StoreError, Tx, millis, within};
use crate::domain::approval::{Approval, EndedWhy};
use crate::domain::audit::AuditEvent;
use crate::domain::session::SessionId;

/// The session that a browser had before a login.
#[derive(Debug)]
pub struct Replaced {
    /// Which one.
    pub session: SessionId,
    /// Whose login takes its place.
    pub by: Successor,
}

/// Whose login takes the place of a session.
#[derive(Debug)]
pub enum Successor {
    /// The same person's: whoever took part in the earlier session stays with the new one.
    SamePerson,
    /// Another person's: that the earlier one is logged out is told to the auditor so.
    Another(Box<AuditEvent>),
}

impl Replaced {
    /// Whether another person sits there now, so that everybody who took part is to be told.
    pub const fn is_by_another(&self) -> bool {
        matches!(self.by, Successor::Another(_))
    }
}

/// A session, and the login that takes its place.
pub(super) struct Change<'b> {
    pub(super) before: &'b Replaced,
    pub(super) next: SessionId,
    pub(super) login: &'b AuditEvent,
}

/// Ends the sessions that are open still, with what was given out and asked in them. `approvals` are those of
/// these sessions that nobody has ended, and are held. Gives the rows for the auditor.
pub(super) async fn end(
    tx: &mut Tx,
    changes: &[Change<'_>],
    approvals: &[Approval],
) -> Result<Vec<AuditEvent>, StoreError> {
    let mut events = Vec::new();
    let mut seen = HashSet::new();
    for change in changes {
        let session = change.before.session;
        if !seen.insert(session) {
            continue;
        }
        let cause: &AuditEvent = match &change.before.by {
            Successor::SamePerson => change.login,
            Successor::Another(event) => {
                events.push((**event).clone());
                event
            }
        };
        end_session(tx, session, cause).await?;
        if !change.before.is_by_another() {
            hand_on(tx, session, change.next).await?;
        }
        for approval in approvals.iter().filter(|one| one.session == Some(session)) {
            end_approval(tx, approval, change.before, cause).await?;
            if approval.given.is_some() {
                events.push(ended_by(approval, cause));
            }
        }
    }
    Ok(events)
}

async fn end_session(tx: &mut Tx, session: SessionId, cause: &AuditEvent) -> Result<(), StoreError> {
    const END: &str = "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    const REVOKE: &str = "INSERT INTO revoked_families (family, revoked_at)
        SELECT DISTINCT family, CAST($2 AS BIGINT) FROM grants WHERE session = $1 ON CONFLICT DO NOTHING";
    for sql in [END, REVOKE] {
        within!(*tx, db => {
            sqlx::query(sql)
                .bind(session.0.to_string())
                .bind(millis(cause.at))
                .execute(&mut *db)
                .await?;
        });
    }
    Ok(())
}

/// Whoever took part in the earlier session hears of the end of the later one.
async fn hand_on(tx: &mut Tx, from: SessionId, heir: SessionId) -> Result<(), StoreError> {
    const SERVICES: &str = "UPDATE participations SET session = $1 WHERE session = $2";
    const UPSTREAMS: &str = "UPDATE upstream_sessions SET session = $1 WHERE session = $2";
    for sql in [SERVICES, UPSTREAMS] {
        within!(*tx, db => {
            sqlx::query(sql)
                .bind(heir.0.to_string())
                .bind(from.0.to_string())
                .execute(&mut *db)
                .await?;
        });
    }
    Ok(())
}

/// Where another person sits there now, the end of the session tells everybody of everything.
async fn end_approval(
    tx: &mut Tx,
    approval: &Approval,
    before: &Replaced,
    cause: &AuditEvent,
) -> Result<(), StoreError> {
    const END: &str = "UPDATE approvals SET ended_at = $2, ended_why = $3, told_at = COALESCE(told_at, $4)
        WHERE id = $1 AND ended_at IS NULL";
    let told = before.is_by_another().then(|| millis(cause.at));
    within!(*tx, db => {
        sqlx::query(END)
            .bind(approval.id.0.to_string())
            .bind(millis(cause.at))
            .bind(EndedWhy::NewLogin.word())
            .bind(told)
            .execute(&mut *db)
            .await?;
    });
    Ok(())
}
