//! The sessions that upstreams have of their own behind ours: for logging out there, and for
//! finding ours when they end.
//!
//! What an upstream calls user and session is personal data; the table has keyed hashes to
//! look for, and a sealed piece that only the caller can read.

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::row::row;
use super::{Store, StoreError, Tx, millis, on, uuid, within};
use crate::domain::session::SessionId;
use crate::domain::upstream::UpstreamId;

/// A keyed hash of an upstream's name for a user or a session.
pub type NameKey = [u8; 32];

/// One session at an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSession {
    /// The upstream whose session it is.
    pub upstream: UpstreamId,
    /// What the user is called there.
    pub subject: NameKey,
    /// What the session is called there, where it has a name.
    pub index: Option<NameKey>,
    /// What it takes to log out there; sealed by the caller.
    pub sealed: Vec<u8>,
}

/// Which sessions an upstream means when it says that some have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// All of a user.
    Subject(NameKey),
    /// The one with this name, whoever's it is.
    Index(NameKey),
    /// One of a user.
    Both(NameKey, NameKey),
}

impl Meant {
    /// What is looked for first.
    const fn key(&self) -> &NameKey {
        match self {
            Self::Subject(key) | Self::Index(key) | Self::Both(_, key) => key,
        }
    }

    fn is(&self, subject: &[u8], index: &[u8]) -> bool {
        match self {
            Self::Subject(wanted) => subject == wanted,
            Self::Index(wanted) => index == wanted,
            Self::Both(wanted, session) => subject == wanted && index == session,
        }
    }
}

impl Store {
    /// The sessions at upstreams that are behind one of ours.
    pub async fn upstream_sessions(&self, session: SessionId) -> Result<Vec<UpstreamSession>, StoreError> {
        const SQL: &str = "SELECT session, upstream, subject_key, index_key, sealed FROM upstream_sessions
            WHERE session = $1 ORDER BY upstream, index_key";
        let rows: Vec<UpstreamRow> = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(session.0.to_string()).fetch_all(db).await)?;
        rows.into_iter().map(UpstreamSession::try_from).collect()
    }

    /// Our open sessions behind which are those that an upstream means.
    pub async fn sessions_at_upstream(
        &self,
        upstream: &UpstreamId,
        meant: &Meant,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        const SQL: &str = "SELECT u.session, u.upstream, u.subject_key, u.index_key, u.sealed
            FROM upstream_sessions u JOIN sessions s ON s.id = u.session
            WHERE (u.subject_key = $1 OR u.index_key = $1) AND u.upstream = $2
              AND s.ended_at IS NULL AND s.expires_at > $3 ORDER BY u.session";
        let rows: Vec<UpstreamRow> = on!(self.reading, db => sqlx::query_as(SQL)
            .bind(meant.key().as_slice())
            .bind(upstream.as_str())
            .bind(millis(now))
            .fetch_all(db)
            .await)?;
        let mut found: Vec<SessionId> = rows
            .iter()
            .filter(|row| meant.is(&row.subject_key, &row.index_key))
            .map(|row| uuid("upstream_sessions.session", &row.session).map(SessionId))
            .collect::<Result<_, _>>()?;
        found.dedup();
        Ok(found)
    }
}

/// Notes sessions at upstreams. A second note of the same one changes nothing.
pub(super) async fn note(tx: &mut Tx, notes: &[(SessionId, &UpstreamSession)]) -> Result<(), StoreError> {
    for run in super::runs::of(notes) {
        within!(*tx, db => {
            let mut query = QueryBuilder::new(
                "INSERT INTO upstream_sessions (session, upstream, subject_key, index_key, sealed) ",
            );
            query.push_values(run, |mut row, (session, note)| {
                row.push_bind(session.0.to_string())
                    .push_bind(note.upstream.as_str().to_owned())
                    .push_bind(note.subject.to_vec())
                    .push_bind(note.index.map(|index| index.to_vec()).unwrap_or_default())
                    .push_bind(note.sealed.clone());
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(&mut *db).await?;
        });
    }
    Ok(())
}

row! {
    struct UpstreamRow {
        session: String,
        upstream: String,
        subject_key: Vec<u8>,
        index_key: Vec<u8>,
        sealed: Vec<u8>,
    }
}

impl TryFrom<UpstreamRow> for UpstreamSession {
    type Error = StoreError;

    fn try_from(row: UpstreamRow) -> Result<Self, StoreError> {
        let key = |bytes: Vec<u8>| {
            <NameKey>::try_from(bytes).map_err(|_| StoreError::corrupt("upstream_sessions.subject_key"))
        };
        Ok(Self {
            upstream: UpstreamId::parse(&row.upstream)
                .ok_or(StoreError::corrupt("upstream_sessions.upstream"))?,
            subject: key(row.subject_key)?,
            index: if row.index_key.is_empty() {
                None
            } else {
                Some(key(row.index_key)?)
            },
            sealed: row.sealed,
        })
    }
}
