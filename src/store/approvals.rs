//! Questions to adults and what they gave (DR18), each change together with its row for the auditor.
//!
//! How a question is put is in `asking.rs`. Whether somebody may vouch for somebody is asked of the directory at the
//! moment of use, in `helped_pupils.rs` and `wards.rs`; what ends by itself, in `ended_approvals.rs`.

use jiff::Timestamp;

use super::audit::append;
use super::row::row;
use super::{Store, StoreError, millis, on, timestamp, uuid, within};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::ActorId;
use crate::domain::approval::{Adult, Approval, ApprovalId, ConfirmPicture, EndedWhy, Given, Sign};
use crate::domain::audit::AuditEvent;
use crate::domain::institution::InstitutionNumber;
use crate::domain::service::ServiceId;
use crate::domain::session::SessionId;
use crate::domain::teacher_help::{Helper, Place, Reach};

/// Approvals that fulfil a condition, the earliest first.
macro_rules! approvals_where {
    ($($condition:tt)+) => {
        concat!(
            "SELECT v.id, v.person, v.account, v.session, v.service, v.network, v.picture, v.message,
                v.asked_at, v.closes_at, v.kind, v.approver, v.approver_account, v.approver_actor, v.institution,
                v.whole_school, v.services, v.approved_at, v.not_after, v.ended_at, v.ended_why
            FROM approvals v WHERE ",
            $($condition)+,
            " ORDER BY v.asked_at, v.id"
        )
    };
}
/// Whether the question `v` is open at `$now`: nobody has answered it, and the session that asked goes on.
macro_rules! waits {
    ($now:literal) => {
        concat!(
            "v.closes_at > ",
            $now,
            " AND v.approved_at IS NULL AND v.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM sessions s
                WHERE s.id = v.session AND s.ended_at IS NOT NULL)"
        )
    };
}
pub(super) use {approvals_where, waits};

impl Store {
    /// One question.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        const SQL: &str = approvals_where!("v.id = $1");
        let row: Option<ApprovalRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(id.0.to_string()).fetch_optional(db).await)?;
        row.map(Approval::try_from).transpose()
    }

    /// Those who wait at this moment among the pupils of an institution, whoever may vouch for them.
    pub async fn waiting_approvals_at(
        &self,
        institution: &InstitutionNumber,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!(
            waits!("$2"),
            " AND EXISTS (SELECT 1 FROM actors p WHERE p.account = v.account AND p.institution = $1
                AND p.actor_group = 'Elev' AND p.gone_at IS NULL)"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        approvals(rows)
    }

    /// The questions that one account has waiting.
    pub async fn waiting_approvals_of(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!("v.account = $1 AND ", waits!("$2"));
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        approvals(rows)
    }

    /// What adults have given one account, while it lasts.
    pub async fn standing_approvals_of(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!(
            "v.account = $1 AND v.not_after > $2 AND v.approved_at IS NOT NULL AND v.ended_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = v.session AND s.ended_at IS NOT NULL)"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        approvals(rows)
    }

    /// Whom adults vouch for at this moment among the pupils of an institution: its own, and parents. What
    /// another school has given is not this one's to see.
    pub async fn standing_approvals_at(
        &self,
        institution: &InstitutionNumber,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!(
            "v.not_after > $2 AND v.approved_at IS NOT NULL AND v.ended_at IS NULL
            AND (v.institution IS NULL OR v.institution = $1)
            AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = v.session AND s.ended_at IS NOT NULL)
            AND EXISTS (SELECT 1 FROM actors p WHERE p.account = v.account AND p.institution = $1
                AND p.actor_group = 'Elev' AND p.gone_at IS NULL)"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(institution.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        approvals(rows)
    }

    /// What was given to this account in this session, while neither is over: the session itself may only
    /// begin with the answer (I08).
    pub async fn approvals_of_session(
        &self,
        session: SessionId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        const SQL: &str = approvals_where!(
            "v.session = $1 AND v.account = $2 AND v.not_after > $3 AND v.approved_at IS NOT NULL
            AND v.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = v.session
                AND (s.ended_at IS NOT NULL OR s.expires_at <= $3))"
        );
        let rows: Vec<ApprovalRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(session.0.to_string())
            .bind(account.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        approvals(rows)
    }

    /// Says yes to these questions, all by one adult and in one commit, each with its row for the auditor.
    /// Those that nobody waits for any more, or that another has said yes to at this moment, are left alone.
    /// Returns those that were given. `session` is the adult's, where they are logged in: it is locked, so that
    /// whatever ends it either comes first, and nothing is given, or comes later and finds what was (I09).
    pub async fn give_approvals(
        &self,
        asked: &[(ApprovalId, AccountId)],
        given: &Given,
        session: Option<SessionId>,
        event: impl Fn(ApprovalId) -> AuditEvent,
    ) -> Result<Vec<ApprovalId>, StoreError> {
        const SQL: &str = "UPDATE approvals SET kind = $4, approver = $5, approver_account = $6,
                approver_actor = $7, institution = $8, whole_school = $9, services = $10, approved_at = $3,
                not_after = $11
            WHERE id = $1 AND account = $2 AND approved_at IS NULL AND ended_at IS NULL AND closes_at > $3
            AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = approvals.session AND s.ended_at IS NOT NULL)";
        const TAKE_SESSION: &str =
            "UPDATE sessions SET ended_at = ended_at WHERE id = $1 AND ended_at IS NULL AND expires_at > $2";
        let services: Vec<&str> = given.services.iter().map(ServiceId::as_str).collect();
        let services = services.join(",");
        let helper = match &given.by {
            Adult::Teacher(helper) => Some(helper),
            Adult::Parent { .. } => None,
        };
        // In one order, so that two who say yes to the same pupils never wait for each other.
        let mut ordered = asked.to_vec();
        ordered.sort_unstable_by_key(|(id, _)| *id);
        ordered.dedup();
        let mut tx = self.writing.begin().await?;
        if let Some(session) = session {
            let open = within!(tx, db => sqlx::query(TAKE_SESSION)
                .bind(session.0.to_string())
                .bind(millis(given.at))
                .execute(&mut *db)
                .await?
                .rows_affected());
            if open == 0 {
                return Ok(Vec::new());
            }
        }
        let mut done = Vec::with_capacity(ordered.len());
        for (id, account) in ordered {
            let changed = within!(tx, db => sqlx::query(SQL)
                .bind(id.0.to_string())
                .bind(account.0.to_string())
                .bind(millis(given.at))
                .bind(kept_kind(&given.by))
                .bind(given.by.person().0.to_string())
                .bind(given.by.account().0.to_string())
                .bind(helper.map(|helper| helper.actor.0.to_string()))
                .bind(given.by.institution().map(InstitutionNumber::as_str))
                .bind(helper.is_some_and(|helper| helper.reach == Reach::Institution))
                .bind(&services)
                .bind(millis(given.not_after))
                .execute(&mut *db)
                .await?
                .rows_affected());
            if changed > 0 {
                done.push(id);
            }
        }
        if !done.is_empty() {
            let events: Vec<AuditEvent> = done.iter().map(|id| event(*id)).collect();
            append(&mut tx, &events.iter().collect::<Vec<_>>()).await?;
            tx.commit().await?;
        }
        Ok(done)
    }

    /// Ends a question that waits, or a level that stands, with the auditor's row; a no ends what waits alone,
    /// also where somebody says yes at this very moment. Says whether there was anything to end.
    pub async fn end_approval(
        &self,
        id: ApprovalId,
        why: EndedWhy,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE approvals SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL
            AND ((approved_at IS NULL AND closes_at > $2) OR (not_after > $2 AND NOT $4))";
        let mut tx = self.writing.begin().await?;
        let ended = within!(tx, db => sqlx::query(SQL)
            .bind(id.0.to_string())
            .bind(millis(event.at))
            .bind(why.word())
            .bind(why == EndedWhy::Denied)
            .execute(&mut *db)
            .await?
            .rows_affected());
        if ended > 0 {
            append(&mut tx, &[event]).await?;
            tx.commit().await?;
        }
        Ok(ended > 0)
    }
}

/// What the table calls whoever vouches at a desk; `whole_school` tells teachers from administrators.
const HELPER: &str = "teacher";

/// What it calls a parent.
const PARENT: &str = "parent";

const fn kept_kind(by: &Adult) -> &'static str {
    match by {
        Adult::Teacher(_) => HELPER,
        Adult::Parent { .. } => PARENT,
    }
}

row! {
    pub(super) struct ApprovalRow {
        id: String,
        person: String,
        account: String,
        session: Option<String>,
        service: String,
        network: Option<String>,
        picture: Option<i64>,
        message: Option<String>,
        asked_at: i64,
        closes_at: i64,
        kind: Option<String>,
        approver: Option<String>,
        approver_account: Option<String>,
        approver_actor: Option<String>,
        institution: Option<String>,
        whole_school: bool,
        services: String,
        approved_at: Option<i64>,
        not_after: Option<i64>,
        ended_at: Option<i64>,
        ended_why: Option<String>,
    }
}

/// What rows stand for.
pub(super) fn approvals(rows: Vec<ApprovalRow>) -> Result<Vec<Approval>, StoreError> {
    rows.into_iter().map(Approval::try_from).collect()
}

/// What can be read of these: a row that cannot keeps no other from its end.
pub(super) fn readable(rows: Vec<ApprovalRow>) -> Vec<Approval> {
    let read = rows.into_iter().filter_map(|row| {
        let id = row.id.clone();
        let read = Approval::try_from(row);
        read.inspect_err(|error| tracing::error!(approval = id, %error, "an approval cannot be read"))
            .ok()
    });
    read.collect()
}

impl ApprovalRow {
    fn given(&self) -> Result<Option<Given>, StoreError> {
        let (Some(at), Some(not_after)) = (self.approved_at, self.not_after) else {
            return Ok(None);
        };
        let (Some(person), Some(account)) = (&self.approver, &self.approver_account) else {
            return Err(StoreError::corrupt("approvals.approver"));
        };
        let person = PersonId(uuid("approvals.approver", person)?);
        let account = AccountId(uuid("approvals.approver_account", account)?);
        let by = match self.kind.as_deref() {
            Some(PARENT) => Adult::Parent { person, account },
            Some(HELPER) => Adult::Teacher(self.helper(person, account)?),
            _ => return Err(StoreError::corrupt("approvals.kind")),
        };
        let services = self.services.split(',').filter(|name| !name.is_empty());
        let services =
            services.map(|name| ServiceId::parse(name).ok_or(StoreError::corrupt("approvals.services")));
        Ok(Some(Given {
            by,
            services: services.collect::<Result<_, _>>()?,
            at: timestamp("approvals.approved_at", at)?,
            not_after: timestamp("approvals.not_after", not_after)?,
        }))
    }

    fn helper(&self, person: PersonId, account: AccountId) -> Result<Helper, StoreError> {
        let (Some(actor), Some(institution)) = (&self.approver_actor, &self.institution) else {
            return Err(StoreError::corrupt("approvals.approver_actor"));
        };
        Ok(Helper {
            person,
            account,
            actor: ActorId(uuid("approvals.approver_actor", actor)?),
            institution: InstitutionNumber::parse(institution)
                .map_err(|_| StoreError::corrupt("approvals.institution"))?,
            reach: if self.whole_school {
                Reach::Institution
            } else {
                Reach::OwnGroups
            },
        })
    }
}

impl TryFrom<ApprovalRow> for Approval {
    type Error = StoreError;

    fn try_from(row: ApprovalRow) -> Result<Self, StoreError> {
        let given = row.given()?;
        let session = row.session.as_deref();
        let sign = match (row.picture, row.message) {
            (Some(number), _) => u16::try_from(number)
                .ok()
                .and_then(ConfirmPicture::numbered)
                .map(Sign::Picture)
                .ok_or(StoreError::corrupt("approvals.picture"))?,
            (None, message) => Sign::Message(message.unwrap_or_default()),
        };
        let ended = match (row.ended_at, row.ended_why.as_deref().and_then(EndedWhy::parse)) {
            (Some(at), Some(why)) => Some((timestamp("approvals.ended_at", at)?, why)),
            (None, _) => None,
            (Some(_), None) => return Err(StoreError::corrupt("approvals.ended_why")),
        };
        Ok(Self {
            id: ApprovalId(uuid("approvals.id", &row.id)?),
            person: PersonId(uuid("approvals.person", &row.person)?),
            account: AccountId(uuid("approvals.account", &row.account)?),
            session: session
                .map(|id| uuid("approvals.session", id).map(SessionId))
                .transpose()?,
            service: ServiceId::parse(&row.service).ok_or(StoreError::corrupt("approvals.service"))?,
            place: Place(row.network),
            sign,
            asked_at: timestamp("approvals.asked_at", row.asked_at)?,
            closes_at: timestamp("approvals.closes_at", row.closes_at)?,
            given,
            ended,
        })
    }
}
