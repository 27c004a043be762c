//! What a classroom board shows of logins, and whether whoever looks at it still may.
//!
//! Everything that a board shows leaves a row in the audit trail when it changes, whichever node it
//! happened on; so following the trail is following the class. Its rows are appended one after the
//! other, and none shows up before an earlier one.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::approvals::waits;
use super::relation::{active, administers, teaches, teaching, works};
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, uuid};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::board::{LoginNote, Outcome, Seat};
use crate::domain::group::GroupId;
use crate::domain::institution::InstitutionNumber;
use crate::domain::service::ServiceId;
use crate::domain::teacher_help::{Place, Reach};
use crate::domain::upstream::UpstreamId;

/// One pupil makes fewer rows in a lesson, and whoever makes more of one pupil hides nobody else.
const MOST_NOTES_OF_ONE: i64 = 100;

/// What the auditor's row says of a refusal.
#[derive(Deserialize)]
struct Details {
    code: String,
}

impl Store {
    /// What logins of a group's pupils came to since this moment, the oldest first.
    pub async fn logins_of_group(
        &self,
        group: GroupId,
        since: Timestamp,
    ) -> Result<Vec<LoginNote>, StoreError> {
        // The order of the tables is the way through them, from a class to its pupils' latest rows.
        const SQL: &str = "SELECT account, at, act, details, service, upstream, client_prefix FROM (
            SELECT u.sequence, u.account, u.at, u.act, u.details, u.service, u.upstream, u.client_prefix,
            ROW_NUMBER() OVER (PARTITION BY u.account ORDER BY u.sequence DESC) AS latest
            FROM memberships pm CROSS JOIN actors p CROSS JOIN accounts a CROSS JOIN audit u
            WHERE pm.school_group = $1 AND p.id = pm.actor AND p.actor_group = 'Elev'
            AND a.id = p.account AND u.person = a.person AND u.at >= $2 AND u.account = a.id
            AND u.act IN ('login.refused', 'login.finished', 'auth.ok')) notes
            WHERE latest <= $3 ORDER BY sequence";
        let rows: Vec<NoteRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(group.0.to_string())
            .bind(millis(since))
            .bind(MOST_NOTES_OF_ONE)
            .fetch_all(db)
            .await)?;
        // One row that cannot be read takes nothing away from the others.
        let read = rows.into_iter().map(LoginNote::try_from);
        let read = read.inspect(|note| {
            if let Err(error) = note {
                tracing::warn!(%error, "a row of the trail is on no board");
            }
        });
        Ok(read.flatten().collect())
    }

    /// Since when pupils of a group are logged in: the latest proof behind a session that is open and
    /// was used after `used_since`.
    pub async fn sessions_of_group(
        &self,
        group: GroupId,
        now: Timestamp,
        used_since: Timestamp,
    ) -> Result<HashMap<AccountId, Timestamp>, StoreError> {
        const SQL: &str = "SELECT s.account, MAX(s.authenticated_at)
            FROM memberships pm CROSS JOIN actors p CROSS JOIN accounts a CROSS JOIN sessions s
            WHERE pm.school_group = $1 AND p.id = pm.actor AND p.actor_group = 'Elev'
            AND a.id = p.account AND s.person = a.person AND s.account = a.id
            AND s.ended_at IS NULL AND s.expires_at > $2 AND s.last_used > $3 GROUP BY s.account";
        let rows: Vec<(String, i64)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(group.0.to_string())
            .bind(millis(now))
            .bind(millis(used_since))
            .fetch_all(db)
            .await)?;
        let read = |(account, at): (String, i64)| {
            let account = AccountId(uuid("sessions.account", &account)?);
            Ok((account, timestamp("sessions.authenticated_at", at)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Pupils of a group who wait for an adult to vouch for them at this moment: since when, and until when.
    pub async fn waiting_of_group(
        &self,
        group: GroupId,
        now: Timestamp,
    ) -> Result<HashMap<AccountId, (Timestamp, Timestamp)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT v.account, MIN(v.asked_at), MIN(v.closes_at)
            FROM memberships pm CROSS JOIN actors p CROSS JOIN approvals v
            WHERE pm.school_group = $1 AND p.id = pm.actor AND p.actor_group = 'Elev'
            AND v.account = p.account AND ",
            waits!("$2"),
            " GROUP BY v.account"
        );
        let rows: Vec<(String, i64, i64)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(group.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        let read = |(account, since, until): (String, i64, i64)| {
            let account = AccountId(uuid("approvals.account", &account)?);
            let since = timestamp("approvals.asked_at", since)?;
            Ok((account, (since, timestamp("approvals.closes_at", until)?)))
        };
        rows.into_iter().map(read).collect()
    }

    /// What a class and its institution are called, while there is that class.
    pub async fn class_and_school(
        &self,
        institution: &InstitutionNumber,
        group: GroupId,
        now: Timestamp,
    ) -> Result<Option<(String, String)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT g.name, i.name FROM school_groups g JOIN institutions i ON i.number = g.institution
            WHERE g.id = $1 AND g.institution = $2 AND ",
            active!("g", "$3")
        );
        Ok(on!(self.reading, db => sqlx::query_as(SQL)
            .bind(group.0.to_string())
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?)
    }

    /// Whom the rows after `sequence` are about, at most `limit` of them, and how far that was.
    pub async fn touched_after(
        &self,
        sequence: u64,
        limit: u32,
    ) -> Result<(u64, HashSet<PersonId>), StoreError> {
        const SQL: &str = "SELECT sequence, person FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2";
        let rows: Vec<(i64, Option<String>)> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await)?;
        let mut reached = sequence;
        let mut people = HashSet::new();
        for (place, person) in rows {
            reached = u64::try_from(place).unwrap_or(reached);
            if let Some(person) = person {
                match uuid("audit.person", &person) {
                    Ok(person) => {
                        people.insert(PersonId(person));
                    }
                    Err(error) => tracing::warn!(%error, "a row of the trail is about nobody"),
                }
            }
        }
        Ok((reached, people))
    }

    /// Whether somebody may still look at a board: the session is open and was used after `used_since`,
    /// they are who they were, and the class is still theirs.
    pub async fn seat_holds(
        &self,
        seat: &Seat,
        now: Timestamp,
        used_since: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "SELECT COUNT(*) FROM sessions s JOIN accounts ha ON ha.id = s.account
            JOIN actors h ON h.account = ha.id JOIN school_groups g ON g.institution = h.institution
            WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $3 AND s.last_used > $4
            AND h.id = $5 AND ",
            works!("$2", "$3"),
            " AND g.id = $6 AND ",
            teaching!(),
            " AND ",
            active!("g", "$3"),
            " AND (($7 AND ",
            administers!("$2"),
            ") OR (NOT $7 AND ",
            teaches!(),
            " AND EXISTS (SELECT 1 FROM memberships hm WHERE hm.actor = h.id AND hm.school_group = g.id)))"
        );
        let count: i64 = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(seat.session.0.to_string())
            .bind(seat.helper.institution.as_str())
            .bind(millis(now))
            .bind(millis(used_since))
            .bind(seat.helper.actor.0.to_string())
            .bind(seat.group.0.to_string())
            .bind(seat.helper.reach == Reach::Institution)
            .fetch_one(db)
            .await)?;
        Ok(count > 0)
    }
}

row! {
    struct NoteRow {
        account: String,
        at: i64,
        act: String,
        details: String,
        service: Option<String>,
        upstream: Option<String>,
        client_prefix: Option<String>,
    }
}

impl TryFrom<NoteRow> for LoginNote {
    type Error = StoreError;

    fn try_from(row: NoteRow) -> Result<Self, StoreError> {
        let outcome = if row.act == "login.refused" {
            let details: Details =
                serde_json::from_str(&row.details).map_err(|_| StoreError::corrupt("audit.details"))?;
            Outcome::Refused {
                code: details.code,
                service: row.service.as_deref().and_then(ServiceId::parse),
                upstream: row.upstream.as_deref().and_then(UpstreamId::parse),
            }
        } else {
            Outcome::In
        };
        Ok(Self {
            account: AccountId(uuid("audit.account", &row.account)?),
            at: timestamp("audit.at", row.at)?,
            place: Place(row.client_prefix),
            outcome,
        })
    }
}
