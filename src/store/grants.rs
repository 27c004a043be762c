//! Everything that is given out as a random handle and handed back later: codes and tokens (DR05).
//!
//! One table and one rule for all kinds: the handle is known by its hash alone, belongs to
//! one kind and one holder, runs out by our clock, and is consumed by one statement that
//! cannot succeed twice. What a handle stands for is the caller's payload, sealed by the caller.
//! Handles are given out and used up by the writer, many to a commit.

mod handle;
mod offline;

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::domain::account::AccountId;
use crate::domain::session::SessionId;
use crate::domain::upstream::UpstreamId;

pub use handle::{Handle, HandleKind};
pub use offline::KeptLogin;

/// All that came of one authorization code. Revoked as a whole (E06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantFamily(pub Uuid);

impl GrantFamily {
    /// The family of what outlives the session that this one ends with: logout ends the one, misuse of
    /// the code ends both. Of that family it is this one again, so that whoever gives back the one finds
    /// the other.
    #[must_use]
    pub fn beyond_session(self) -> Self {
        let mut bytes = self.0.into_bytes();
        if let Some(first) = bytes.first_mut() {
            *first ^= 0x80;
        }
        Self(Uuid::from_bytes(bytes))
    }
}

/// What a handle stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What it came of.
    pub family: GrantFamily,
    /// The session that it dies with, if it does.
    pub session: Option<SessionId>,
    /// Whose login it was, where it outlives the session (`offline_access`).
    pub login: Option<OfflineLogin>,
    /// Who alone may hand it in: the client.
    pub bound_to: String,
    /// What the caller wants to know again; sealed by the caller.
    pub payload: Vec<u8>,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// When it runs out.
    pub expires_at: Timestamp,
}

/// The login that a grant stands on when no session does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineLogin {
    /// The account; nothing is given out while it is blocked.
    pub account: AccountId,
    /// The upstream that vouched for the login.
    pub upstream: UpstreamId,
}

/// A grant that is good, and whether its login still is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the handle stands for.
    pub grant: Grant,
    /// Who vouched for the session that it dies with, while that is open and its account is
    /// not blocked; or for the login that it stands on without one. Nothing may be given out
    /// without (E12, E13, F14).
    pub vouched_by: Option<UpstreamId>,
    /// Whose login it is, as far as a session or the grant itself says so.
    pub account: Option<AccountId>,
    /// When an adult's word is over that the login rests on, where it rests on one: nothing that comes of it
    /// is good for longer (I08).
    pub level_ends: Option<Timestamp>,
}

/// A handle and what it stands for, to be given out.
#[derive(Debug)]
pub struct NewGrant {
    /// The new handle, as the client will have it.
    pub handle: Handle,
    /// What it stands for.
    pub grant: Grant,
}

/// A handle that works once, handed in for others.
#[derive(Debug)]
pub struct Exchange {
    /// The handle that is handed in.
    pub handle: Handle,
    /// Who hands it in.
    pub bound_to: String,
    /// What is given out in its place, if it is good; nothing when it is only to be used up.
    pub gives: Vec<NewGrant>,
}

/// What became of handing in a handle that works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumption {
    /// It was good, and is used up now.
    Granted(Grant),
    /// It was used up before: what came of it must be revoked by the caller.
    Replayed(GrantFamily),
    /// Unknown, run out, revoked, or somebody else's.
    Refused,
}

impl Store {
    /// What a handle stands for, if it is good at this moment. Does not use it up.
    ///
    /// Whether something may still be given out on the strength of it is asked of the people
    /// as they are now, in the same statement (DR08).
    pub async fn find_grant(&self, handle: &Handle, now: Timestamp) -> Result<Option<Found>, StoreError> {
        const SQL: &str = "SELECT handle, family, session, account, upstream, bound_to, payload, issued_at, expires_at,
                COALESCE(
                    (SELECT s.upstream FROM sessions s JOIN accounts a ON a.id = s.account
                     WHERE s.id = grants.session AND s.ended_at IS NULL AND s.expires_at > $3
                       AND NOT a.blocked AND a.closed_at IS NULL),
                    (SELECT grants.upstream FROM accounts a
                     WHERE grants.session IS NULL AND a.id = grants.account AND NOT a.blocked AND a.closed_at IS NULL)
                ) AS vouched_by,
                COALESCE(grants.account, (SELECT s.account FROM sessions s WHERE s.id = grants.session)) AS person_account,
                (SELECT MIN(v.not_after) FROM approval_uses u JOIN approvals v ON v.id = u.approval
                 WHERE u.family = grants.family) AS level_ends
            FROM grants
            WHERE handle = $1 AND kind = $2 AND expires_at > $3 AND consumed_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM revoked_families r WHERE r.family = grants.family)
              AND NOT EXISTS (SELECT 1 FROM approval_uses u JOIN approvals v ON v.id = u.approval
                WHERE u.family = grants.family AND (v.ended_at IS NOT NULL OR v.not_after <= $3
                    OR EXISTS (SELECT 1 FROM sessions l WHERE l.id = v.session AND l.ended_at IS NOT NULL)))";
        let row: Option<FoundRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(handle.hash().as_slice())
            .bind(handle.kind.as_str())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        row.map(Found::try_from).transpose()
    }

    /// Revokes all that came of one code, also what is being issued at this moment.
    pub async fn revoke_family(&self, family: GrantFamily, now: Timestamp) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO revoked_families (family, revoked_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(family.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Revokes every family that was given out within a session, at logout. Says how many.
    pub async fn revoke_grants_of_session(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "INSERT INTO revoked_families (family, revoked_at)
            SELECT DISTINCT family, CAST($2 AS BIGINT) FROM grants WHERE session = $1 ON CONFLICT DO NOTHING";
        let revoked = on!(self.writing, db => sqlx::query(SQL)
            .bind(session.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(revoked)
    }
}

/// Gives out handles. One that is there already is the same login, finished twice.
pub(super) async fn issue(tx: &mut Tx, grants: &[&NewGrant]) -> Result<(), StoreError> {
    for run in super::runs::of(grants) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new(
                "INSERT INTO grants
                 (handle, kind, family, session, account, upstream, bound_to, payload, issued_at, expires_at) ",
            );
            query.push_values(run, |mut row, new| {
                row.push_bind(new.handle.hash().to_vec())
                    .push_bind(new.handle.kind.as_str())
                    .push_bind(new.grant.family.0.to_string())
                    .push_bind(new.grant.session.map(|session| session.0.to_string()))
                    .push_bind(new.grant.login.as_ref().map(|login| login.account.0.to_string()))
                    .push_bind(new.grant.login.as_ref().map(|login| login.upstream.as_str().to_owned()))
                    .push_bind(new.grant.bound_to.clone())
                    .push_bind(new.grant.payload.clone())
                    .push_bind(millis(new.grant.issued_at))
                    .push_bind(millis(new.grant.expires_at));
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// Uses handles up and gives out what they are exchanged for; of any number of callers with
/// the same handle, here or at another node, at most one is granted. Answers are in the
/// order asked.
pub(super) async fn exchange(
    tx: &mut Tx,
    exchanges: &[&Exchange],
    now: Timestamp,
) -> Result<Vec<Consumption>, StoreError> {
    let mut consumed = consume(tx, exchanges, now).await?;
    let mut answers = Vec::with_capacity(exchanges.len());
    let mut given = Vec::new();
    for exchange in exchanges {
        let hash = exchange.handle.hash();
        let is_theirs = consumed
            .get(hash.as_slice())
            .is_some_and(|grant| grant.bound_to == exchange.bound_to);
        // The first caller takes the grant out, so that a second one in the same commit finds none.
        let granted = is_theirs.then(|| consumed.remove(hash.as_slice())).flatten();
        answers.push(match granted {
            Some(grant) => {
                given.extend(&exchange.gives);
                Consumption::Granted(grant)
            }
            None => used_up_before(tx, &exchange.handle).await?,
        });
    }
    issue(tx, &given).await?;
    Ok(answers)
}

/// Marks what is good as used up, and gives it by its handle's hash.
async fn consume(
    tx: &mut Tx,
    exchanges: &[&Exchange],
    now: Timestamp,
) -> Result<HashMap<Vec<u8>, Grant>, StoreError> {
    let mut consumed = HashMap::with_capacity(exchanges.len());
    for run in super::runs::of(exchanges) {
        let rows: Vec<GrantRow> = within!(*tx, db => {
            let mut query = QueryBuilder::new("UPDATE grants SET consumed_at = ");
            query.push_bind(millis(now)).push(" WHERE consumed_at IS NULL AND expires_at > ");
            query.push_bind(millis(now));
            query.push(
                " AND NOT EXISTS (SELECT 1 FROM revoked_families r WHERE r.family = grants.family)
                 AND handle IN (",
            );
            let mut handles = query.separated(", ");
            for exchange in run {
                handles.push_bind(exchange.handle.hash().to_vec());
            }
            query.push(") AND (handle, kind, bound_to) IN (");
            query.push_values(run, |mut row, exchange| {
                row.push_bind(exchange.handle.hash().to_vec())
                    .push_bind(exchange.handle.kind.as_str())
                    .push_bind(exchange.bound_to.clone());
            });
            query.push(") RETURNING handle, family, session, account, upstream, bound_to, payload, issued_at, expires_at");
            query.build_query_as().fetch_all(&mut *db).await?
        });
        for row in rows {
            consumed.insert(row.handle.clone(), row.try_into()?);
        }
    }
    Ok(consumed)
}

async fn used_up_before(tx: &mut Tx, handle: &Handle) -> Result<Consumption, StoreError> {
    const SQL: &str = "SELECT family FROM grants WHERE handle = $1 AND kind = $2 AND consumed_at IS NOT NULL";
    let family: Option<String> = within!(*tx, db => sqlx::query_scalar(SQL)
        .bind(handle.hash().as_slice())
        .bind(handle.kind.as_str())
        .fetch_optional(&mut *db)
        .await)?;
    Ok(match family {
        Some(family) => Consumption::Replayed(GrantFamily(uuid("grants.family", &family)?)),
        None => Consumption::Refused,
    })
}

row! {
    struct GrantRow {
        handle: Vec<u8>,
        family: String,
        session: Option<String>,
        account: Option<String>,
        upstream: Option<String>,
        bound_to: String,
        payload: Vec<u8>,
        issued_at: i64,
        expires_at: i64,
    }
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        let session = row.session.map(|id| uuid("grants.session", &id)).transpose()?;
        let login = match (row.account, row.upstream) {
            (Some(account), Some(name)) => Some(OfflineLogin {
                account: AccountId(uuid("grants.account", &account)?),
                upstream: upstream("grants.upstream", &name)?,
            }),
            _ => None,
        };
        Ok(Self {
            login,
            family: GrantFamily(uuid("grants.family", &row.family)?),
            session: session.map(SessionId),
            bound_to: row.bound_to,
            payload: row.payload,
            issued_at: timestamp("grants.issued_at", row.issued_at)?,
            expires_at: timestamp("grants.expires_at", row.expires_at)?,
        })
    }
}

row! {
    struct FoundRow {
        handle: Vec<u8>,
        family: String,
        session: Option<String>,
        account: Option<String>,
        upstream: Option<String>,
        bound_to: String,
        payload: Vec<u8>,
        issued_at: i64,
        expires_at: i64,
        vouched_by: Option<String>,
        person_account: Option<String>,
        level_ends: Option<i64>,
    }
}

impl TryFrom<FoundRow> for Found {
    type Error = StoreError;

    fn try_from(row: FoundRow) -> Result<Self, StoreError> {
        let vouched_by = row.vouched_by.map(|name| upstream("sessions.upstream", &name));
        let account = row.person_account.map(|id| uuid("sessions.account", &id));
        let level_ends = row.level_ends.map(|at| timestamp("approvals.not_after", at));
        Ok(Self {
            level_ends: level_ends.transpose()?,
            vouched_by: vouched_by.transpose()?,
            account: account.transpose()?.map(AccountId),
            grant: Grant::try_from(GrantRow {
                handle: row.handle,
                family: row.family,
                session: row.session,
                account: row.account,
                upstream: row.upstream,
                bound_to: row.bound_to,
                payload: row.payload,
                issued_at: row.issued_at,
                expires_at: row.expires_at,
            })?,
        })
    }
}

fn upstream(column: &'static str, text: &str) -> Result<UpstreamId, StoreError> {
    UpstreamId::parse(text).ok_or(StoreError::corrupt(column))
}
