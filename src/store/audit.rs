//! The audit table: append-only rows, each chained to the one before it (DR22).
//!
//! Each row holds SHA-256 over the hash of the row before and its own canonical bytes, so
//! that a row that is altered, taken out, put in or moved breaks the chain there. The chain
//! cannot show that it was written anew as a whole: for that, its head is told elsewhere, signed
//! (`app/checkpoints.rs`), and compared (`portner audit verify`). Rows are appended by the writer alone.

use jiff::Timestamp;
use serde_json::json;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::row::row;
use super::{Store, StoreError, Tx, millis, on, timestamp, uuid, within};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::approval::Adult;
use crate::domain::audit::{AuditAct, AuditEvent};

/// How many rows are checked at a time.
const PAGE: i64 = 500;

/// A row as an auditor reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the chain, from 1.
    pub sequence: u64,
    /// The event; the reference on a refusal page.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: [`AuditAct::name`].
    pub act: String,
    /// The login it belongs to.
    pub transaction: Option<String>,
    /// The service that asked.
    pub service: Option<String>,
    /// The upstream that vouched, or failed to.
    pub upstream: Option<String>,
    /// The person whom it is about, where that was known.
    pub person: Option<String>,
    /// By which account.
    pub account: Option<String>,
    /// The address prefix of the browser.
    pub client_prefix: Option<String>,
    /// What belongs to this kind of act, as JSON.
    pub details: String,
}

/// The end of the chain at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of the last row; 0 before the first.
    pub sequence: u64,
    /// Its hash; empty before the first.
    pub hash: Vec<u8>,
}

/// What checking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainState {
    /// Every row from the oldest kept one to the head is as it was written.
    Whole {
        /// How many rows were checked.
        rows: u64,
        /// The head they led to.
        head: AuditHead,
    },
    /// This row is not the one that was written here.
    BrokenAt {
        /// The first number where it does not fit.
        sequence: u64,
    },
}

impl Store {
    /// Rows after `sequence`, oldest first, at most `limit`: for export and for following along.
    pub async fn audit_after(&self, sequence: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = self.audit_rows_after(signed(sequence), i64::from(limit)).await?;
        rows.into_iter().map(AuditRecord::try_from).collect()
    }

    /// Writes rows, at once: for acts that change nothing else.
    pub async fn append_audit(&self, events: &[AuditEvent]) -> Result<(), StoreError> {
        let mut tx = self.writing.begin().await?;
        append(&mut tx, &events.iter().collect::<Vec<_>>()).await?;
        Ok(tx.commit().await?)
    }

    /// What happened with one account of a person, of these kinds, the latest first: at most `limit`
    /// rows, of those before a place in the chain where one is named.
    pub async fn audit_of_account(
        &self,
        (person, account): (PersonId, AccountId),
        acts: &[&str],
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let before = before.map_or(i64::MAX, signed);
        let rows: Vec<AuditRow> = on!(self.reading, db => {
            let mut query = QueryBuilder::new(
                "SELECT sequence, id, at, act, login, service, upstream, person, account,
                 client_prefix, details, hash FROM audit WHERE person = ",
            );
            query.push_bind(person.0.to_string());
            query.push(" AND account = ").push_bind(account.0.to_string());
            query.push(" AND sequence < ").push_bind(before).push(" AND act IN (");
            let mut list = query.separated(", ");
            for act in acts {
                list.push_bind((*act).to_owned());
            }
            query.push(") ORDER BY sequence DESC LIMIT ").push_bind(i64::from(limit));
            query.build_query_as::<AuditRow>().fetch_all(db).await?
        });
        rows.into_iter().map(AuditRecord::try_from).collect()
    }

    /// The end of the chain, to be signed and kept elsewhere.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.audit_end("head").await
    }

    /// The hash of one row, or of the last one that was forgotten; nothing where it is not there.
    pub async fn audit_hash_at(&self, sequence: u64) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT hash FROM audit WHERE sequence = $1
            UNION SELECT hash FROM audit_ends WHERE which = 'tail' AND sequence = $1";
        let found: Vec<Vec<u8>> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(signed(sequence)).fetch_all(db).await)?;
        Ok(found.into_iter().next())
    }

    /// Follows the chain from its oldest kept row to its head.
    pub async fn verify_audit_chain(&self) -> Result<ChainState, StoreError> {
        let head = self.audit_end("head").await?;
        let tail = self.audit_end("tail").await?;
        let (mut last, mut hash) = (signed(tail.sequence), tail.hash);
        let mut rows = 0;
        while last < signed(head.sequence) {
            let page = self.audit_rows_after(last, PAGE).await?;
            if page.is_empty() {
                return Ok(broken_at(last + 1));
            }
            for row in page {
                let expected = last + 1;
                if row.sequence != expected || row.hash_after(&hash).as_slice() != row.hash {
                    return Ok(broken_at(expected));
                }
                (last, hash) = (row.sequence, row.hash);
                rows += 1;
                if last == signed(head.sequence) {
                    break;
                }
            }
        }
        if hash == head.hash {
            Ok(ChainState::Whole { rows, head })
        } else {
            Ok(broken_at(last))
        }
    }

    async fn audit_rows_after(&self, sequence: i64, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
        const SQL: &str = "SELECT sequence, id, at, act, login, service, upstream, person, account,
            client_prefix, details, hash FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2";
        let rows = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(sequence).bind(limit).fetch_all(db).await)?;
        Ok(rows)
    }

    async fn audit_end(&self, which: &'static str) -> Result<AuditHead, StoreError> {
        const SQL: &str = "SELECT sequence, hash FROM audit_ends WHERE which = $1";
        let (sequence, hash): (i64, Vec<u8>) = on!(self.reading, db =>
            sqlx::query_as(SQL).bind(which).fetch_one(db).await)?;
        Ok(AuditHead {
            sequence: unsigned(sequence),
            hash,
        })
    }
}

/// Appends events to the chain. The head's row is locked until the transaction ends, so that
/// nodes that share a database append one after the other.
pub(super) async fn append(tx: &mut Tx, events: &[&AuditEvent]) -> Result<(), StoreError> {
    const TAKE_PLACES: &str = "UPDATE audit_ends SET sequence = sequence + $1 WHERE which = 'head'
        RETURNING sequence, hash";
    const MOVE_HEAD: &str = "UPDATE audit_ends SET hash = $1 WHERE which = 'head'";
    if events.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let (last, mut hash): (i64, Vec<u8>) = within!(*tx, db =>
        sqlx::query_as(TAKE_PLACES).bind(count).fetch_one(&mut *db).await)?;

    let mut rows = Vec::with_capacity(events.len());
    for (sequence, event) in (last - count + 1..).zip(events) {
        let mut row = AuditRow::of(sequence, event);
        row.hash = row.hash_after(&hash).to_vec();
        hash.clone_from(&row.hash);
        rows.push(row);
    }
    for run in super::runs::of(&rows) {
        insert(tx, run).await?;
    }
    within!(*tx, db => sqlx::query(MOVE_HEAD).bind(hash).execute(&mut *db).await.map(drop))?;
    Ok(())
}

async fn insert(tx: &mut Tx, rows: &[AuditRow]) -> Result<(), StoreError> {
    within!(*tx, db => {
        let mut query = QueryBuilder::new(
            "INSERT INTO audit (sequence, id, at, act, login, service, upstream, person, account,
             client_prefix, details, hash) ",
        );
        query.push_values(rows, |mut values, row| {
            values
                .push_bind(row.sequence)
                .push_bind(row.id.clone())
                .push_bind(row.at)
                .push_bind(row.act.clone())
                .push_bind(row.login.clone())
                .push_bind(row.service.clone())
                .push_bind(row.upstream.clone())
                .push_bind(row.person.clone())
                .push_bind(row.account.clone())
                .push_bind(row.client_prefix.clone())
                .push_bind(row.details.clone())
                .push_bind(row.hash.clone());
        });
        query.build().execute(&mut *db).await?;
    });
    Ok(())
}

row! {
    struct AuditRow {
        sequence: i64,
        id: String,
        at: i64,
        act: String,
        login: Option<String>,
        service: Option<String>,
        upstream: Option<String>,
        person: Option<String>,
        account: Option<String>,
        client_prefix: Option<String>,
        details: String,
        hash: Vec<u8>,
    }
}

impl AuditRow {
    /// The row of an event, not yet chained.
    fn of(sequence: i64, event: &AuditEvent) -> Self {
        Self {
            sequence,
            id: event.id.to_string(),
            at: millis(event.at),
            act: event.act.name().to_owned(),
            login: event.transaction.as_deref().map(storable),
            service: event.service.as_ref().map(|service| service.as_str().to_owned()),
            upstream: event
                .upstream
                .as_ref()
                .map(|upstream| upstream.as_str().to_owned()),
            person: event.person.map(|person| person.0.to_string()),
            account: event.account.map(|account| account.0.to_string()),
            client_prefix: event.client_prefix.as_deref().map(storable),
            details: details_of(&event.act),
            hash: Vec::new(),
        }
    }

    /// SHA-256 over the hash before and every column, each with its length or marked absent.
    fn hash_after(&self, before: &[u8]) -> [u8; 32] {
        let columns = [
            Some(self.id.as_str()),
            Some(self.act.as_str()),
            self.login.as_deref(),
            self.service.as_deref(),
            self.upstream.as_deref(),
            self.person.as_deref(),
            self.account.as_deref(),
            self.client_prefix.as_deref(),
            Some(self.details.as_str()),
        ];
        let mut bytes = Vec::with_capacity(512);
        bytes.extend((before.len() as u64).to_be_bytes());
        bytes.extend(before);
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.at.to_be_bytes());
        for column in columns {
            match column {
                None => bytes.push(0),
                Some(text) => {
                    bytes.push(1);
                    bytes.extend((text.len() as u64).to_be_bytes());
                    bytes.extend(text.as_bytes());
                }
            }
        }
        super::sha256(&[&bytes])
    }
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: unsigned(row.sequence),
            id: uuid("audit.id", &row.id)?,
            at: timestamp("audit.at", row.at)?,
            act: row.act,
            transaction: row.login,
            service: row.service,
            upstream: row.upstream,
            person: row.person,
            account: row.account,
            client_prefix: row.client_prefix,
            details: row.details,
        })
    }
}

fn details_of(act: &AuditAct) -> String {
    let details = match act {
        AuditAct::LoginFinished { assurance, released } => {
            json!({ "assurance": assurance, "released": released })
        }
        AuditAct::LoginRefused { code, reason } | AuditAct::LogoutRefused { code, reason } => {
            json!({ "code": code, "reason": reason })
        }
        AuditAct::TokenRefused { error, reason } => json!({ "error": error, "reason": reason }),
        AuditAct::MoreRefused { code, times, since } => {
            json!({ "code": code, "times": times, "since": since.to_string() })
        }
        AuditAct::Import {
            import,
            institution,
            source,
            counts,
            ..
        } => json!({ "import": import, "institution": institution, "source": source, "counts": counts }),
        AuditAct::GuessingAlarm {
            scope,
            which,
            count,
            limit,
            ..
        } => json!({ "scope": scope, "which": which, "count": count, "limit": limit }),
        AuditAct::Helped {
            by,
            by_account,
            institution,
            window,
            reason,
            ..
        } => json!({
            "by": by, "by_account": by_account, "institution": institution, "window": window, "reason": reason,
        }),
        AuditAct::Vouched {
            approval, by, reason, ..
        } => json!({
            "approval": approval,
            "kind": by.as_ref().map(Adult::kind),
            "by": by.as_ref().map(Adult::person),
            "by_account": by.as_ref().map(Adult::account),
            "institution": by.as_ref().and_then(|by| by.institution()),
            "reason": reason,
        }),
        AuditAct::AffiliationConfirmed { actor, institution } => {
            json!({ "actor": actor.0.to_string(), "institution": institution })
        }
        AuditAct::PasswordChanged { rule } => json!({ "rule": rule }),
        AuditAct::CodeIssued { by } => json!({ "by": by }),
        AuditAct::PasswordRecovered { rule, whose, by } => {
            json!({ "rule": rule, "whose": whose.word(), "by": by.0.to_string() })
        }
        AuditAct::Upkeep {
            about, detail, by, ..
        } => json!({ "about": about, "detail": detail, "by": by }),
        AuditAct::SupportCase { case, by, .. } => json!({ "case": case.to_string(), "by": by }),
        AuditAct::NamesShown { children } => {
            let children: Vec<_> = children.iter().map(ToString::to_string).collect();
            json!({ "children": children })
        }
        AuditAct::Desk {
            institution,
            by,
            reason,
            detail,
            ..
        } => json!({
            "institution": institution,
            "by": by.to_string(),
            "reason": reason,
            "detail": detail,
        }),
        AuditAct::Authenticated
        | AuditAct::HelpDenied
        | AuditAct::LoggedOut
        | AuditAct::CodeReplayed
        | AuditAct::RefreshTokenReplayed => json!({}),
    };
    // JSON escapes control characters, so that nothing here needs `storable`.
    details.to_string()
}

/// PostgreSQL takes no NUL in text; one in a stranger's input must not fail the commit of all others.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

fn broken_at(sequence: i64) -> ChainState {
    ChainState::BrokenAt {
        sequence: unsigned(sequence),
    }
}

fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or_default()
}
