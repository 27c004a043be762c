//! Windows that end because something else has happened: another took their place, or everything of
//! an account ended. Each that was still going gives a row for the auditor, which the caller appends when it
//! has changed all else. What a teacher takes back is in `help_windows.rs`.

use jiff::Timestamp;

use super::row::row;
use super::{StoreError, Tx, millis, uuid, within};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::audit::{AuditAct, AuditEvent, HelpAct};
use crate::domain::institution::InstitutionNumber;
use crate::domain::teacher_help::{LEARNING, WINDOW};

/// What the auditor reads of a window whose place another took.
const SUPERSEDED: &str = "superseded";

/// Ends every window for this account, and those that its holder opened for others and that still go on.
/// Taken in the order of their accounts, as by those who open many (I09).
pub(super) async fn end_windows_of(
    tx: &mut Tx,
    account: AccountId,
    cause: &AuditEvent,
) -> Result<Vec<AuditEvent>, StoreError> {
    let going = going(tx, account, cause.at).await?;
    end_all(tx, account, going, (cause, cause.act.name())).await
}

/// Ends the windows for this account, since another takes their place.
pub(super) async fn supersede(
    tx: &mut Tx,
    account: AccountId,
    opened: &AuditEvent,
) -> Result<Vec<AuditEvent>, StoreError> {
    let mut own = going(tx, account, opened.at).await?;
    own.retain(|going| going.account == account.0.to_string());
    end_all(tx, account, own, (opened, SUPERSEDED)).await
}

/// Ends these, and whatever else is still open for the account: that of which nobody hears.
async fn end_all(
    tx: &mut Tx,
    account: AccountId,
    going: Vec<Going>,
    (cause, why): (&AuditEvent, &str),
) -> Result<Vec<AuditEvent>, StoreError> {
    const REST: &str = "UPDATE help_windows SET cancelled_at = $2
        WHERE account = $1 AND cancelled_at IS NULL AND finished_at IS NULL";
    let mut events = Vec::with_capacity(going.len());
    for one in going {
        events.extend(end(tx, one, cause, why).await?);
    }
    within!(*tx, db => sqlx::query(REST)
        .bind(account.0.to_string())
        .bind(millis(cause.at))
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(events)
}

/// The windows for an account or opened by it that a login may go through or learns in.
async fn going(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<Vec<Going>, StoreError> {
    const SQL: &str = "SELECT w.id, w.account, a.person, w.helper, w.helper_account, w.institution
        FROM help_windows w JOIN accounts a ON a.id = w.account
        WHERE w.opened_at > $2 AND (w.account = $1 OR w.helper_account = $1)
            AND w.cancelled_at IS NULL AND w.finished_at IS NULL
            AND (w.closes_at > $3 OR w.taken_at > $4)
        ORDER BY w.account, w.id";
    let before = |length| now.saturating_sub(length).unwrap_or(Timestamp::MIN);
    let oldest = before(LEARNING + WINDOW);
    within!(*tx, db => Ok(sqlx::query_as(SQL)
        .bind(account.0.to_string())
        .bind(millis(oldest))
        .bind(millis(now))
        .bind(millis(before(LEARNING)))
        .fetch_all(&mut *db)
        .await?))
}

async fn end(
    tx: &mut Tx,
    going: Going,
    cause: &AuditEvent,
    why: &str,
) -> Result<Option<AuditEvent>, StoreError> {
    const END: &str = "UPDATE help_windows SET cancelled_at = $2 WHERE id = $1
        AND cancelled_at IS NULL AND finished_at IS NULL";
    let ended = within!(*tx, db => sqlx::query(END)
        .bind(&going.id)
        .bind(millis(cause.at))
        .execute(&mut *db)
        .await?
        .rows_affected());
    if ended == 0 {
        return Ok(None);
    }
    Ok(Some(AuditEvent {
        transaction: None,
        service: None,
        upstream: None,
        person: Some(PersonId(uuid("accounts.person", &going.person)?)),
        account: Some(AccountId(uuid("help_windows.account", &going.account)?)),
        act: AuditAct::Helped {
            act: HelpAct::WindowCancelled,
            by: PersonId(uuid("help_windows.helper", &going.helper)?),
            by_account: AccountId(uuid("help_windows.helper_account", &going.helper_account)?),
            institution: InstitutionNumber::parse(&going.institution)
                .map_err(|_| StoreError::corrupt("help_windows.institution"))?,
            window: Some(uuid("help_windows.id", &going.id)?),
            reason: Some(why.to_owned()),
        },
        ..cause.clone()
    }))
}

row! {
    struct Going {
        id: String,
        account: String,
        person: String,
        helper: String,
        helper_account: String,
        institution: String,
    }
}
