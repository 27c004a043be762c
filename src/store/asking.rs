//! Putting a question to adults (DR18): once, not too often, and with a sign that nobody near shows as well.
//!
//! All of that is looked at in the transaction that writes it, with what a service is given to ask by: of two that
//! ask at the same moment, the second sees the first's (I07).

use jiff::{SignedDuration, Timestamp};

use super::approvals::waits;
use super::audit::append;
use super::backchannel_pings::keep_ping;
use super::grants::{NewGrant, issue};
use super::locks::lock_asking_at;
use super::{Store, StoreError, Tx, millis, within};
use crate::domain::approval::{Approval, PER_HOUR, Sign};
use crate::domain::audit::AuditEvent;
use crate::domain::spoken_text::look;

/// What became of a question that was to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// It is there.
    Asked,
    /// The pupil has asked too often lately.
    TooMany,
    /// Somebody shows the same at this moment at one of the pupil's schools, or the pupil elsewhere: an adult could
    /// take one for the other.
    SameSign,
}

/// What a service asks by that has no browser to wait in.
#[derive(Debug)]
pub struct AskedBy {
    /// What it asks for the answer with.
    pub handle: NewGrant,
    /// What it is to be called with, sealed, where it wants to be.
    pub ping: Option<Vec<u8>>,
    /// How many questions it may put about one pupil within an hour.
    pub per_hour: u32,
}

impl Store {
    /// Puts a question, with its row for the auditor. One that is there already is the same question, asked
    /// twice.
    pub async fn ask_approval(&self, asked: &Approval, event: &AuditEvent) -> Result<Asking, StoreError> {
        self.ask(asked, event, None).await
    }

    /// The same for a service that asks by itself: the question is not there without what it is asked by.
    pub async fn ask_approval_by(
        &self,
        asked: &Approval,
        event: &AuditEvent,
        by: &AskedBy,
    ) -> Result<Asking, StoreError> {
        self.ask(asked, event, Some(by)).await
    }

    async fn ask(
        &self,
        asked: &Approval,
        event: &AuditEvent,
        by: Option<&AskedBy>,
    ) -> Result<Asking, StoreError> {
        let mut tx = self.writing.begin().await?;
        let recent = recent(&mut tx, asked).await?;
        let of_service = by.is_some_and(|by| recent.by_service >= i64::from(by.per_hour));
        if recent.in_this_way >= i64::from(PER_HOUR) || of_service {
            return Ok(Asking::TooMany);
        }
        lock_asking_at(&mut tx, asked.account).await?;
        if is_shown(&mut tx, asked).await? {
            return Ok(Asking::SameSign);
        }
        if put(&mut tx, asked).await? {
            if let Some(by) = by {
                issue(&mut tx, &[&by.handle]).await?;
                if let Some(ping) = &by.ping {
                    keep_ping(&mut tx, asked.id, ping).await?;
                }
            }
            append(&mut tx, &[event]).await?;
            tx.commit().await?;
        }
        Ok(Asking::Asked)
    }
}

/// How many questions about a pupil were put within an hour.
struct Recent {
    /// In the same way: what services ask by themselves takes nothing of what the pupil may ask in a browser.
    in_this_way: i64,
    /// By the service that asks now, without a browser.
    by_service: i64,
}

/// Takes the account's row first: of two that ask at the same time, the second sees the first's.
async fn recent(tx: &mut Tx, asked: &Approval) -> Result<Recent, StoreError> {
    const TAKE_TURN: &str = "UPDATE accounts SET blocked = blocked WHERE id = $1";
    const RECENT: &str = "SELECT COUNT(CASE WHEN (picture IS NULL) = $6 THEN 1 END),
            COUNT(CASE WHEN service = $5 AND message IS NOT NULL THEN 1 END)
        FROM approvals WHERE account = $1 AND closes_at > $2 AND asked_at > $3 AND id <> $4";
    let account = asked.account.0.to_string();
    let hour = asked
        .asked_at
        .saturating_sub(SignedDuration::from_hours(1))
        .unwrap_or(Timestamp::MIN);
    within!(*tx, db => sqlx::query(TAKE_TURN).bind(&account).execute(&mut *db).await.map(drop))?;
    let (in_this_way, by_service): (i64, i64) = within!(*tx, db => sqlx::query_as(RECENT)
        .bind(&account)
        .bind(millis(hour))
        .bind(millis(hour))
        .bind(asked.id.0.to_string())
        .bind(asked.service.as_str())
        .bind(asked.is_without_browser())
        .fetch_one(&mut *db)
        .await)?;
    Ok(Recent {
        in_this_way,
        by_service,
    })
}

/// Whether the same is shown at this moment for another question of the pupil, or of anybody who is a pupil where
/// they are one.
async fn is_shown(tx: &mut Tx, asked: &Approval) -> Result<bool, StoreError> {
    const SHOWN: &str = concat!(
        "SELECT v.picture, v.message FROM approvals v WHERE v.id <> $1 AND ",
        waits!("$2"),
        " AND (v.account = $3 OR EXISTS (SELECT 1 FROM actors p JOIN actors o ON o.institution = p.institution
            WHERE p.account = v.account AND p.actor_group = 'Elev' AND p.gone_at IS NULL
                AND o.account = $3 AND o.actor_group = 'Elev' AND o.gone_at IS NULL))"
    );
    let shown: Vec<(Option<i64>, Option<String>)> = within!(*tx, db => sqlx::query_as(SHOWN)
        .bind(asked.id.0.to_string())
        .bind(millis(asked.asked_at))
        .bind(asked.account.0.to_string())
        .fetch_all(&mut *db)
        .await)?;
    Ok(match &asked.sign {
        Sign::Picture(own) => {
            let own = i64::from(own.number());
            shown.iter().any(|(picture, _)| *picture == Some(own))
        }
        Sign::Message(own) => {
            let own = look(own);
            let mut texts = shown.iter().filter_map(|(_, text)| text.as_deref());
            texts.any(|text| look(text) == own)
        }
    })
}

/// Says whether it is new.
async fn put(tx: &mut Tx, asked: &Approval) -> Result<bool, StoreError> {
    const PUT: &str =
        "INSERT INTO approvals (id, person, account, session, service, network, picture, message, asked_at, closes_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    let (picture, message) = match &asked.sign {
        Sign::Picture(picture) => (Some(i64::from(picture.number())), None),
        Sign::Message(message) => (None, Some(message.as_str())),
    };
    let put = within!(*tx, db => sqlx::query(PUT)
        .bind(asked.id.0.to_string())
        .bind(asked.person.0.to_string())
        .bind(asked.account.0.to_string())
        .bind(asked.session.map(|session| session.0.to_string()))
        .bind(asked.service.as_str())
        .bind(&asked.place.0)
        .bind(picture)
        .bind(message)
        .bind(millis(asked.asked_at))
        .bind(millis(asked.closes_at))
        .execute(&mut *db)
        .await?
        .rows_affected());
    Ok(put > 0)
}
