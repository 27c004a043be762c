//! Sessions that later logins lean on, and which services took part in them.
//!
//! The browser holds a random token, the table its hash. Whether a session is still good
//! enough (idle time, strength) is for the domain to say; here it is open or not. What a
//! login adds is written by the writer, together with its audit row.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::service::ServiceId;
use crate::domain::session::{SessionId, SsoSession};
use crate::domain::upstream::UpstreamId;

/// SHA-256 of the token in the session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// One service's part in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    /// The service that took part.
    pub service: ServiceId,
    /// What it knows the user by: SAML NameID or OpenID `sub`.
    pub subject: String,
    /// What it knows the session by: SAML SessionIndex or OpenID `sid`.
    pub session_index: String,
    /// What kind of name a SAML service was given; empty for others.
    pub name_format: String,
    /// When it first took part.
    pub since: Timestamp,
}

/// The open sessions of which a column has this value, `$1`, at the moment `$2`.
macro_rules! open_sessions {
    ($column:literal) => {
        concat!(
            "SELECT id, person, account, upstream, assurance, methods, authorities, privileges, authenticated_at,
            time_is_said, last_used, expires_at FROM sessions WHERE ",
            $column,
            " = $1 AND ended_at IS NULL AND expires_at > $2"
        )
    };
}

impl Store {
    /// The open session that a cookie names: neither ended nor past its end.
    pub async fn session_by_token(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<SsoSession>, StoreError> {
        let row: Option<SessionRow> = on!(self.reading, db => sqlx::query_as(open_sessions!("token"))
            .bind(token.0.as_slice())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        row.map(SsoSession::try_from).transpose()
    }

    /// An open session by its id.
    pub async fn session_by_id(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SsoSession>, StoreError> {
        let row: Option<SessionRow> = on!(self.reading, db => sqlx::query_as(open_sessions!("id"))
            .bind(session.0.to_string())
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        row.map(SsoSession::try_from).transpose()
    }

    /// Whether a service ever took part in a session under this name and index, open or not;
    /// in any at all where no index is given.
    pub async fn took_part(
        &self,
        service: &ServiceId,
        subject: &str,
        session_index: Option<&str>,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT session, service FROM participations
            WHERE service = $1 AND subject = $2 AND ($3 = '' OR session_index = $3) LIMIT 1";
        if session_index == Some("") {
            return Ok(false);
        }
        let found = on!(self.reading, db => sqlx::query(SQL)
            .bind(service.as_str())
            .bind(subject)
            .bind(session_index.unwrap_or_default())
            .fetch_optional(db)
            .await?
            .is_some());
        Ok(found)
    }

    /// Every open session of a person, newest first: "where am I logged in".
    pub async fn sessions_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<SsoSession>, StoreError> {
        const SQL: &str = concat!(open_sessions!("person"), " ORDER BY authenticated_at DESC, id");
        let rows: Vec<SessionRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(person.0.to_string())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(SsoSession::try_from).collect()
    }

    /// The open sessions of these people that were used after a moment, each with its account.
    pub async fn sessions_of_people(
        &self,
        people: &[PersonId],
        used_after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(AccountId, SessionId)>, StoreError> {
        let mut found = Vec::new();
        for run in super::runs::of(people) {
            let rows: Vec<(String, String)> = on!(self.reading, db => {
                let mut query = QueryBuilder::new(
                    "SELECT account, id FROM sessions WHERE ended_at IS NULL AND expires_at > ",
                );
                query.push_bind(millis(now)).push(" AND last_used > ").push_bind(millis(used_after));
                query.push(" AND person IN (");
                let mut list = query.separated(", ");
                for person in run {
                    list.push_bind(person.0.to_string());
                }
                query.push(") ORDER BY account, id");
                query.build_query_as::<(String, String)>().fetch_all(db).await?
            });
            for (account, id) in rows {
                let account = AccountId(uuid("sessions.account", &account)?);
                found.push((account, SessionId(uuid("sessions.id", &id)?)));
            }
        }
        Ok(found)
    }

    /// Notes that a session was used at this moment, outside a login. Of two notes the later one stays.
    pub async fn use_session(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE sessions SET last_used = $2 WHERE id = $1 AND last_used < $2";
        on!(self.writing, db => sqlx::query(SQL)
            .bind(session.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(())
    }

    /// Ends a session for good. Says whether it was open.
    pub async fn end_session(&self, session: SessionId, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        let ended = on!(self.writing, db => sqlx::query(SQL)
            .bind(session.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(ended > 0)
    }

    /// Ends every session of a person and what outlives them, as after a changed secret. Says how
    /// many sessions were open.
    pub async fn end_sessions_of(&self, person: PersonId, now: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE sessions SET ended_at = $2
            WHERE person = $1 AND ended_at IS NULL AND expires_at > $2";
        let ended = on!(self.writing, db => sqlx::query(SQL)
            .bind(person.0.to_string())
            .bind(millis(now))
            .execute(db)
            .await?
            .rows_affected());
        // What outlives sessions would outlive this too.
        self.revoke_offline_grants_of(person, now).await?;
        Ok(ended)
    }

    /// Who took part in a session, in the order they came.
    pub async fn participations(&self, session: SessionId) -> Result<Vec<Participation>, StoreError> {
        const SQL: &str = "SELECT service, subject, session_index, name_format, since FROM participations
            WHERE session = $1 ORDER BY since, service, session_index";
        let rows: Vec<ParticipationRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(session.0.to_string()).fetch_all(db).await)?;
        rows.into_iter().map(Participation::try_from).collect()
    }

    /// In which session of a person a service's part of this name is now: the one that it began in, or one that
    /// has taken its place.
    pub async fn session_of_part(
        &self,
        person: PersonId,
        service: &ServiceId,
        session_index: &str,
    ) -> Result<Option<SessionId>, StoreError> {
        const SQL: &str = "SELECT s.id FROM sessions s JOIN participations p ON p.session = s.id
            WHERE s.person = $1 AND p.service = $2 AND p.session_index = $3 LIMIT 1";
        let found: Option<String> = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(person.0.to_string())
            .bind(service.as_str())
            .bind(session_index)
            .fetch_optional(db)
            .await)?;
        let found = found.map(|id| uuid("sessions.id", &id).map(SessionId));
        found.transpose()
    }

    /// The open sessions that a service means when it asks for logout of a subject: those
    /// with this index, or all of the subject's where it names none (SAML core §3.7.1).
    pub async fn sessions_of_subject(
        &self,
        service: &ServiceId,
        subject: &str,
        session_index: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<SsoSession>, StoreError> {
        const SQL: &str =
            "SELECT DISTINCT s.id, s.person, s.account, s.upstream, s.assurance, s.methods, s.authorities,
            s.privileges, s.authenticated_at, s.time_is_said, s.last_used, s.expires_at
            FROM participations p JOIN sessions s ON s.id = p.session
            WHERE p.service = $1 AND p.subject = $2 AND ($3 = '' OR p.session_index = $3)
              AND s.ended_at IS NULL AND s.expires_at > $4 ORDER BY s.id";
        // An index is never empty, so that the empty text can stand for "any".
        if session_index == Some("") {
            return Ok(Vec::new());
        }
        let rows: Vec<SessionRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(service.as_str())
            .bind(subject)
            .bind(session_index.unwrap_or_default())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(SsoSession::try_from).collect()
    }
}

/// Which of these sessions have ended. A login that is made of one of them once more, by a form that was
/// kept for instance, would log somebody in who has logged out (F12).
pub(super) async fn ended(tx: &mut Tx, sessions: &[SessionId]) -> Result<HashSet<SessionId>, StoreError> {
    let mut ended = HashSet::new();
    for run in super::runs::of(sessions) {
        let rows: Vec<(String,)> = within!(*tx, db => {
            let mut query =
                QueryBuilder::new("SELECT id FROM sessions WHERE ended_at IS NOT NULL AND id IN (");
            let mut list = query.separated(", ");
            for session in run {
                list.push_bind(session.0.to_string());
            }
            query.push(")");
            query.build_query_as::<(String,)>().fetch_all(&mut *db).await?
        });
        for (id,) in rows {
            ended.insert(SessionId(uuid("sessions.id", &id)?));
        }
    }
    Ok(ended)
}

/// Keeps new sessions. One that is there already is the same login, finished twice.
pub(super) async fn open(tx: &mut Tx, sessions: &[(TokenHash, &SsoSession)]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(sessions.len());
    for (token, session) in sessions {
        rows.push((token.0, *session, Proof::of(session)?));
    }
    for run in super::runs::of(&rows) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new(
                "INSERT INTO sessions (id, token, person, account, upstream, assurance, methods,
                 authorities, privileges, authenticated_at, time_is_said, last_used, expires_at) ",
            );
            query.push_values(run, |mut row, (token, session, proof)| {
                row.push_bind(session.id.0.to_string())
                    .push_bind(token.to_vec())
                    .push_bind(session.person.0.to_string())
                    .push_bind(session.account.0.to_string())
                    .push_bind(session.upstream.as_str().to_owned())
                    .push_bind(proof.assurance.clone())
                    .push_bind(proof.methods.clone())
                    .push_bind(proof.authorities.clone())
                    .push_bind(proof.privileges.clone())
                    .push_bind(millis(session.authenticated_at))
                    .push_bind(session.time_is_said)
                    .push_bind(millis(session.last_used))
                    .push_bind(millis(session.expires_at));
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// Notes that sessions were used at this moment. Of two notes out of order the later one stays.
pub(super) async fn touch(tx: &mut Tx, sessions: &[SessionId], now: Timestamp) -> Result<(), StoreError> {
    let mut ids: Vec<String> = sessions.iter().map(|session| session.0.to_string()).collect();
    // Nodes that touch the same sessions at the same time must lock them in the same order.
    ids.sort_unstable();
    ids.dedup();
    for run in super::runs::of(&ids) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new("UPDATE sessions SET last_used = ");
            query.push_bind(millis(now)).push(" WHERE last_used < ").push_bind(millis(now));
            query.push(" AND id IN (");
            let mut list = query.separated(", ");
            for id in run {
                list.push_bind(id.clone());
            }
            query.push(")");
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// Notes which services took part. A second note of the same part changes nothing.
pub(super) async fn note(tx: &mut Tx, parts: &[(SessionId, &Participation)]) -> Result<(), StoreError> {
    for run in super::runs::of(parts) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new(
                "INSERT INTO participations (session, service, subject, session_index, name_format, since) ",
            );
            query.push_values(run, |mut row, (session, part)| {
                row.push_bind(session.0.to_string())
                    .push_bind(part.service.as_str().to_owned())
                    .push_bind(part.subject.clone())
                    .push_bind(part.session_index.clone())
                    .push_bind(part.name_format.clone())
                    .push_bind(millis(part.since));
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

/// The columns that are kept as JSON.
struct Proof {
    assurance: String,
    methods: String,
    authorities: String,
    privileges: String,
}

impl Proof {
    fn of(session: &SsoSession) -> Result<Self, StoreError> {
        Ok(Self {
            assurance: json("sessions.assurance", &session.assurance)?,
            methods: json("sessions.methods", &session.methods)?,
            authorities: json("sessions.authorities", &session.authorities)?,
            privileges: json("sessions.privileges", &session.privileges)?,
        })
    }
}

row! {
    struct SessionRow {
        id: String,
        person: String,
        account: String,
        upstream: String,
        assurance: String,
        methods: String,
        authorities: String,
        privileges: String,
        authenticated_at: i64,
        time_is_said: bool,
        last_used: i64,
        expires_at: i64,
    }
}

impl TryFrom<SessionRow> for SsoSession {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId(uuid("sessions.id", &row.id)?),
            person: PersonId(uuid("sessions.person", &row.person)?),
            account: AccountId(uuid("sessions.account", &row.account)?),
            upstream: UpstreamId::parse(&row.upstream).ok_or(StoreError::corrupt("sessions.upstream"))?,
            assurance: serde_json::from_str(&row.assurance)
                .map_err(|_| StoreError::corrupt("sessions.assurance"))?,
            methods: serde_json::from_str(&row.methods)
                .map_err(|_| StoreError::corrupt("sessions.methods"))?,
            authorities: serde_json::from_str(&row.authorities)
                .map_err(|_| StoreError::corrupt("sessions.authorities"))?,
            privileges: serde_json::from_str(&row.privileges)
                .map_err(|_| StoreError::corrupt("sessions.privileges"))?,
            authenticated_at: timestamp("sessions.authenticated_at", row.authenticated_at)?,
            time_is_said: row.time_is_said,
            last_used: timestamp("sessions.last_used", row.last_used)?,
            expires_at: timestamp("sessions.expires_at", row.expires_at)?,
        })
    }
}

row! {
    struct ParticipationRow {
        service: String,
        subject: String,
        session_index: String,
        name_format: String,
        since: i64,
    }
}

impl TryFrom<ParticipationRow> for Participation {
    type Error = StoreError;

    fn try_from(row: ParticipationRow) -> Result<Self, StoreError> {
        Ok(Self {
            service: ServiceId::parse(&row.service).ok_or(StoreError::corrupt("participations.service"))?,
            subject: row.subject,
            session_index: row.session_index,
            name_format: row.name_format,
            since: timestamp("participations.since", row.since)?,
        })
    }
}

fn json(column: &'static str, value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::corrupt(column))
}
