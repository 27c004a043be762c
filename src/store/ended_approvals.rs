//! Levels that end because something else has happened: a secret changed, an account was blocked, an adult
//! is not the pupil's any more (I09). Whoever was told of the level is still to hear of it; here it is kept
//! who that is, and that they have.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::approvals::{ApprovalRow, approvals, approvals_where, readable};
use super::grants::GrantFamily;
use super::relation::may_vouch;
use super::wards::custody;
use super::{Store, StoreError, Tx, millis, on, uuid, within};
use crate::domain::account::AccountId;
use crate::domain::approval::{Approval, ApprovalId, EndedWhy};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::service::ServiceId;
use crate::domain::session::SessionId;

/// A service that was told of a level on the strength of an approval, and what it was given with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalUse {
    /// Which approval.
    pub approval: ApprovalId,
    /// Which service.
    pub service: ServiceId,
    /// What the service's code and tokens belong to, where it has any.
    pub family: Option<GrantFamily>,
}

impl Store {
    /// Levels that stand, and whose adult may not vouch for the pupil any more: a teacher or an administrator who
    /// is not theirs, a parent without custody. At most `limit`.
    pub async fn approvals_without_relation(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = concat!(
            approvals_where!(
                "v.not_after > $1 AND v.approved_at IS NOT NULL AND v.ended_at IS NULL
                AND ((v.kind = 'teacher' AND NOT ",
                may_vouch!(pupil "v.account", at "v.institution", by "v.approver", as "v.approver_actor",
                    whole "v.whole_school", now "$1"),
                ") OR (v.kind = 'parent' AND NOT EXISTS (SELECT 1 ",
                custody!(adult "v.approver", now "$1"),
                " AND child.id = v.account)))"
            ),
            " LIMIT $2"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(millis(now))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        Ok(readable(rows))
    }

    /// Levels that ended before their time, and of whose end nobody has been told yet.
    pub async fn untold_approvals(&self, now: Timestamp) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!(
            "v.not_after > $1 AND v.approved_at IS NOT NULL AND v.ended_at IS NOT NULL AND v.told_at IS NULL"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(millis(now)).fetch_all(db).await)?;
        Ok(readable(rows))
    }

    /// Claims the telling of an end. Of all callers, on any node, one gets `true`.
    pub async fn take_telling(&self, id: ApprovalId, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE approvals SET told_at = $2 WHERE id = $1 AND told_at IS NULL";
        let taken = on!(self.writing, db => sqlx::query(SQL)
            .bind(id.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(taken > 0)
    }

    /// Notes who is about to be told of a level, while it stands: whoever ends it afterwards finds them. Says
    /// whether it does.
    pub async fn note_approval_use(&self, used: &ApprovalUse, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.writing.begin().await?;
        if !no_longer_standing(&mut tx, &[used.approval], now)
            .await?
            .is_empty()
        {
            return Ok(false);
        }
        note_uses(&mut tx, &[used]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Who was told of a level on the strength of this approval.
    pub async fn approval_uses(&self, id: ApprovalId) -> Result<Vec<ApprovalUse>, StoreError> {
        const SQL: &str =
            "SELECT service, family FROM approval_uses WHERE approval = $1 ORDER BY service, family";
        let rows: Vec<(String, String)> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.0.to_string()).fetch_all(db).await)?;
        rows.into_iter()
            .map(|(service, family)| {
                Ok(ApprovalUse {
                    approval: id,
                    service: ServiceId::parse(&service)
                        .ok_or(StoreError::corrupt("approval_uses.service"))?,
                    family: match family.as_str() {
                        "" => None,
                        family => Some(GrantFamily(uuid("approval_uses.family", family)?)),
                    },
                })
            })
            .collect()
    }
}

/// Notes who is told of a level.
pub(super) async fn note_uses(tx: &mut Tx, uses: &[&ApprovalUse]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(uses.len());
    for one in uses {
        let both = one.family.map(|family| [family, family.beyond_session()]);
        let families: Vec<String> = both
            .into_iter()
            .flatten()
            .map(|family| family.0.to_string())
            .collect();
        let families = if families.is_empty() {
            vec![String::new()]
        } else {
            families
        };
        rows.extend(families.into_iter().map(|family| (*one, family)));
    }
    for run in super::runs::of(&rows) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("INSERT INTO approval_uses (approval, service, family) ");
            query.push_values(run, |mut row, (one, family)| {
                row.push_bind(one.approval.0.to_string())
                    .push_bind(one.service.as_str().to_owned())
                    .push_bind(family.clone());
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// Which of these no longer stand; no answer may rest on one. Locks the others, so that a concurrent end waits
/// and then sees whom to tell (I09).
pub(super) async fn no_longer_standing(
    tx: &mut Tx,
    ids: &[ApprovalId],
    now: Timestamp,
) -> Result<HashSet<ApprovalId>, StoreError> {
    const TAKE: &str = "UPDATE approvals SET told_at = told_at WHERE id = $1 AND approved_at IS NOT NULL
        AND ended_at IS NULL AND not_after > $2";
    let mut over = HashSet::new();
    // In one order, as by all who change several.
    let ordered: BTreeSet<ApprovalId> = ids.iter().copied().collect();
    for id in ordered {
        let standing = within!(*tx, db => sqlx::query(TAKE)
            .bind(id.0.to_string())
            .bind(millis(now))
            .execute(&mut *db)
            .await?
            .rows_affected());
        if standing == 0 {
            over.insert(id);
        }
    }
    Ok(over)
}

/// The questions that wait in these sessions, and the levels that stand, in one order. What cannot be read keeps
/// nobody from logging in.
pub(super) async fn of_sessions(
    tx: &mut Tx,
    sessions: &[SessionId],
    now: Timestamp,
) -> Result<Vec<Approval>, StoreError> {
    const SQL: &str = approvals_where!(
        "v.session = $1 AND v.ended_at IS NULL
        AND ((v.approved_at IS NULL AND v.closes_at > $2) OR v.not_after > $2)"
    );
    let mut found = Vec::new();
    for session in sessions {
        let rows: Vec<ApprovalRow> = within!(*tx, db => sqlx::query_as(SQL)
            .bind(session.0.to_string())
            .bind(millis(now))
            .fetch_all(&mut *db)
            .await)?;
        found.extend(readable(rows));
    }
    found.sort_unstable_by_key(|approval| approval.id);
    Ok(found)
}

/// The row for the auditor of a level that something else has ended.
pub(super) fn ended_by(approval: &Approval, cause: &AuditEvent) -> AuditEvent {
    AuditEvent {
        transaction: None,
        service: Some(approval.service.clone()),
        upstream: None,
        person: Some(approval.person),
        account: Some(approval.account),
        act: AuditAct::Vouched {
            act: VouchAct::Ended,
            approval: approval.id,
            by: approval.given.as_ref().map(|given| given.by.clone()),
            reason: Some(cause.act.name()),
        },
        ..cause.clone()
    }
}

/// Ends what an account has asked and been given, and what its holder has given others. Of the first, the end
/// of the account's sessions tells everybody; of the second, whoever looks after untold ends. Gives the rows for
/// the auditor, which the caller appends when it has changed all else.
pub(super) async fn end_approvals_of(
    tx: &mut Tx,
    account: AccountId,
    cause: &AuditEvent,
) -> Result<Vec<AuditEvent>, StoreError> {
    const OWN: &str = "UPDATE approvals SET ended_at = $2, ended_why = $3, told_at = $2
        WHERE account = $1 AND ended_at IS NULL AND ((approved_at IS NULL AND closes_at > $2) OR not_after > $2)";
    const GIVEN: &str =
        approvals_where!("v.approver_account = $1 AND v.not_after > $2 AND v.ended_at IS NULL");
    const END: &str = "UPDATE approvals SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL";
    let why = EndedWhy::Account;
    within!(*tx, db => sqlx::query(OWN)
        .bind(account.0.to_string())
        .bind(millis(cause.at))
        .bind(why.word())
        .execute(&mut *db)
        .await
        .map(drop))?;
    let rows: Vec<ApprovalRow> = within!(*tx, db => sqlx::query_as(GIVEN)
        .bind(account.0.to_string())
        .bind(millis(cause.at))
        .fetch_all(&mut *db)
        .await)?;
    let mut given = approvals(rows)?;
    given.sort_unstable_by_key(|approval| approval.id);
    let mut events = Vec::with_capacity(given.len());
    for approval in given {
        within!(*tx, db => sqlx::query(END)
            .bind(approval.id.0.to_string())
            .bind(millis(cause.at))
            .bind(why.word())
            .execute(&mut *db)
            .await
            .map(drop))?;
        events.push(ended_by(&approval, cause));
    }
    Ok(events)
}
