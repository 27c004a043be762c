//! Levels that end because something else has happened: a secret changed, an account was blocked, an adult
//! is not the pupil's any more (I09). Whoever was told of the level is still to hear of it; here it is kept
//! who that is, and that they have.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::approvals::{ApprovalRow, approvals_where};
use super::grants::GrantFamily;
use super::helped_pupils::{active, blocked, more_than_pupil, teaching};
use super::{Store, StoreError, Tx, millis, on, uuid, within};
use crate::domain::account::AccountId;
use crate::domain::approval::{Adult, Approval, ApprovalId, EndedWhy};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::service::ServiceId;

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
    /// Levels that stand, and whose adult may not vouch for the pupil any more: at most `limit`.
    pub async fn approvals_without_relation(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Approval>, StoreError> {
        // `$1` and `$2` are asked for in vain: the conditions of `helped_pupils` have the moment in third place.
        const TEACHERS: &str = concat!(
            approvals_where!(
                "CAST($1 AS TEXT) = CAST($2 AS TEXT) AND v.not_after > $3 AND v.approved_at IS NOT NULL
                AND v.ended_at IS NULL AND v.kind = 'teacher' AND NOT EXISTS (SELECT 1
                    FROM actors p JOIN accounts a ON a.id = p.account
                    JOIN actors h ON h.id = v.approver_actor JOIN accounts ha ON ha.id = h.account
                    WHERE p.account = v.account AND p.institution = v.institution AND p.actor_group = 'Elev'
                    AND a.closed_at IS NULL AND a.person <> v.approver AND h.institution = v.institution
                    AND h.actor_group = 'Medarbejder' AND ha.person = v.approver AND NOT ha.blocked
                    AND ha.closed_at IS NULL AND ",
                active!("p"),
                " AND ",
                active!("h"),
                " AND NOT ",
                blocked!(),
                " AND NOT ",
                more_than_pupil!(),
                " AND ((v.whole_school AND EXISTS (SELECT 1 FROM administrators d WHERE d.account = h.account
                        AND d.institution = v.institution AND d.ended_at IS NULL))
                    OR (NOT v.whole_school AND ',' || h.roles || ',' LIKE '%,Lærer,%'
                        AND EXISTS (SELECT 1 FROM memberships hm
                            JOIN school_groups g ON g.id = hm.school_group
                            JOIN memberships pm ON pm.school_group = g.id
                            WHERE hm.actor = h.id AND pm.actor = p.id AND ",
                teaching!(),
                " AND ",
                active!("g"),
                "))))"
            ),
            " LIMIT $4"
        );
        const PARENTS: &str = approvals_where!(
            "v.not_after > $1 AND v.approved_at IS NOT NULL AND v.ended_at IS NULL AND v.kind = 'parent'"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(TEACHERS)
            .bind("")
            .bind("")
            .bind(millis(now))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        let mut lost: Vec<Approval> = rows
            .into_iter()
            .map(Approval::try_from)
            .collect::<Result<_, _>>()?;
        let rows: Vec<ApprovalRow> = on!(self.reading, db =>
            sqlx::query_as(PARENTS).bind(millis(now)).fetch_all(db).await)?;
        for row in rows {
            let approval = Approval::try_from(row)?;
            let Some(Adult::Parent { person, .. }) = approval.given.as_ref().map(|given| &given.by) else {
                continue;
            };
            let wards = self.wards_of(*person, now).await?;
            if wards.iter().all(|ward| ward.account != approval.account) {
                lost.push(approval);
            }
        }
        Ok(lost)
    }

    /// Levels that ended before their time, and of whose end nobody has been told yet.
    pub async fn untold_approvals(&self, now: Timestamp) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!(
            "v.not_after > $1 AND v.approved_at IS NOT NULL AND v.ended_at IS NOT NULL AND v.told_at IS NULL"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(millis(now)).fetch_all(db).await)?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// Takes it upon oneself to tell of an end; of any number, here or at another node, one does.
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
                    service: ServiceId::parse(&service).ok_or(StoreError::Corrupt {
                        column: "approval_uses.service",
                    })?,
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

/// Which of these count no more: an answer that rests on one is none. The rows of the others are taken, so that
/// whoever ends one at this moment waits, and then finds whom to tell (I09).
pub(super) async fn over(
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
    let mut given: Vec<Approval> = rows
        .into_iter()
        .map(Approval::try_from)
        .collect::<Result<_, _>>()?;
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
        events.push(AuditEvent {
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
        });
    }
    Ok(events)
}
