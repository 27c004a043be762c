//! Finding people of one institution by the beginnings of words: names, user names, local ids.
//!
//! The rarest word leads, along an index; the others are looked up for each that it finds.

use std::collections::HashSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::changes::words_of_actor;
use super::relation::named_elsewhere;
use super::row::row;
use super::{Store, StoreError, on, timestamp, uuid};
use crate::domain::account::{AccountId, PersonId, UniId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::import::SourceName;
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::BareName;
use crate::domain::search_word;

/// The most words that are looked for.
const WORDS: usize = 6;

/// From here on it makes no difference how many a word finds.
const MANY: i64 = 20_000;

/// What is read of an affiliation `r` that was found, of the account `a` of the person `p`.
const FOUND: &str = concat!(
    "r.id, a.person, r.account, p.given_name, p.family_name, p.protected, a.user_name, a.uni_id, r.actor_group,
        r.source, r.local_id, COALESCE(r.local_id, r.contact_id) AS called, r.gone_at, a.blocked,
        ((r.unconfirmed_since IS NOT NULL AND r.added_by IS NULL) OR ",
    named_elsewhere!("r"),
    ") AS hidden"
);

/// An affiliation that was found, with what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundActor {
    /// The affiliation.
    pub actor: ActorId,
    /// The person whose it is.
    pub person: PersonId,
    /// The account.
    pub account: AccountId,
    /// Given names, or those of the alias.
    pub given_name: String,
    /// Family name, or that of the alias.
    pub family_name: String,
    /// Whether name and address are protected.
    pub protected: bool,
    /// The name to log in with.
    pub user_name: BareName,
    /// What services know the account by.
    pub uni_id: UniId,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// Which source tells of it; nothing: somebody wrote it here.
    pub source: Option<String>,
    /// What the source calls the person.
    pub local_id: Option<String>,
    /// When the source stopped telling of it.
    pub gone_at: Option<Timestamp>,
    /// Whether an administrator has blocked the account.
    pub blocked: bool,
    /// Whether a system told of it by the number of another owner's person, and nobody has confirmed it or it is
    /// a pupil's adult: then the names are what that source calls the person, and it is found by nothing else (K01).
    pub hidden: bool,
}

impl FoundActor {
    /// The name to log in with, where it is this institution's to know.
    pub fn shown_user_name(&self) -> Option<&str> {
        (!self.hidden).then(|| self.user_name.as_str())
    }

    /// What services know the account by, where it is this institution's to know.
    pub fn shown_uni_id(&self) -> Option<&str> {
        (!self.hidden).then(|| self.uni_id.as_str())
    }

    /// Whether the words find it by what its own source calls it.
    fn is_called(&self, wanted: &[String]) -> bool {
        let called = search_word::words([self.given_name.as_str()]);
        wanted
            .iter()
            .all(|wanted| called.iter().any(|word| word.starts_with(wanted)))
    }
}

impl Store {
    /// At most `limit` affiliations at this institution of which every wanted word begins a word
    /// that they are found by (`search_word::wanted`). Those that ended are among them. With a source, those
    /// that it tells of alone.
    pub async fn search_people(
        &self,
        (institution, source): (&InstitutionNumber, Option<&SourceName>),
        wanted: &[String],
        limit: u32,
    ) -> Result<Vec<FoundActor>, StoreError> {
        let mut words: Vec<&[u8]> = wanted.iter().take(WORDS).map(String::as_bytes).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        if words.len() > 1 {
            let mut counted = Vec::with_capacity(words.len());
            for word in words {
                counted.push((self.how_many(institution, word).await?, word));
            }
            counted.sort_unstable();
            words = counted.into_iter().map(|(_, word)| word).collect();
        }
        let mut others = String::new();
        for place in 1..words.len() {
            let (from, to) = (place * 2 + 2, place * 2 + 3);
            // Writing to memory does not fail.
            let _ = write!(
                others,
                " AND EXISTS (SELECT 1 FROM search_words o WHERE o.actor = w.actor
                    AND o.word >= ${from} AND o.word < ${to})"
            );
        }
        let last = words.len() * 2 + 2;
        if source.is_some() {
            let _ = write!(
                others,
                " AND EXISTS (SELECT 1 FROM actors s WHERE s.id = w.actor AND s.source = ${})",
                last + 1
            );
        }
        // Several words of one affiliation may begin so: some more than asked for are read.
        let sql = format!(
            "SELECT {FOUND}
             FROM (SELECT w.actor, w.word FROM search_words w
                WHERE w.institution = $1 AND w.word >= $2 AND w.word < $3{others}
                ORDER BY w.word, w.actor LIMIT ${last}) AS f
             JOIN actors r ON r.id = f.actor JOIN accounts a ON a.id = r.account
             JOIN people p ON p.id = a.person ORDER BY f.word, f.actor"
        );
        let rows: Vec<FoundRow> = on!(self.reading, db => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(institution.as_str());
            for word in &words {
                query = query.bind(word.to_vec()).bind(behind(word));
            }
            query = query.bind(i64::from(limit) * 2);
            if let Some(source) = source {
                query = query.bind(source.as_str());
            }
            query.fetch_all(db).await
        })?;
        let mut seen = HashSet::new();
        rows.into_iter()
            .filter(|row| seen.insert(row.id.clone()))
            .map(FoundActor::try_from)
            .filter(|found| {
                found
                    .as_ref()
                    .map_or(true, |found| !found.hidden || found.is_called(wanted))
            })
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect()
    }

    /// The affiliations at this institution of the account with this UNI-ID, those that hold first.
    pub async fn actors_by_uni_id(
        &self,
        institution: &InstitutionNumber,
        uni_id: &UniId,
    ) -> Result<Vec<FoundActor>, StoreError> {
        let sql = format!(
            "SELECT {FOUND}
            FROM accounts a JOIN actors r ON r.account = a.id JOIN people p ON p.id = a.person
            WHERE a.uni_id = $2 AND r.institution = $1 ORDER BY r.gone_at IS NOT NULL, r.id"
        );
        let rows: Vec<FoundRow> = on!(self.reading, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(institution.as_str())
            .bind(uni_id.as_str())
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(FoundActor::try_from).collect()
    }

    /// How many are found by a word, up to a number from which on it is many.
    async fn how_many(&self, institution: &InstitutionNumber, word: &[u8]) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM search_words
            WHERE institution = $1 AND word >= $2 AND word < $3 LIMIT $4) AS found";
        let count = on!(self.reading, db => sqlx::query_scalar(SQL)
            .bind(institution.as_str())
            .bind(word.to_vec())
            .bind(behind(word))
            .bind(MANY)
            .fetch_one(db)
            .await)?;
        Ok(count)
    }

    /// Writes the words of affiliations that are found by none, such as those from before there were any; at
    /// most so many. Says how many there were.
    pub async fn index_unfound(&self, limit: u32) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT r.id FROM actors r
            WHERE NOT EXISTS (SELECT 1 FROM search_words w WHERE w.actor = r.id) ORDER BY r.id LIMIT $1";
        let ids: Vec<String> = on!(self.reading, db =>
            sqlx::query_scalar(SQL).bind(i64::from(limit)).fetch_all(db).await)?;
        if ids.is_empty() {
            return Ok(0);
        }
        let mut tx = self.writing.begin().await?;
        for id in &ids {
            words_of_actor(&mut tx, ActorId(uuid("actors.id", id)?)).await?;
        }
        tx.commit().await?;
        Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
    }
}

/// Just behind every word that begins so: no text in UTF-8 has this byte.
fn behind(word: &[u8]) -> Vec<u8> {
    [word, &[0xff]].concat()
}

row! {
    struct FoundRow {
        id: String,
        person: String,
        account: String,
        given_name: String,
        family_name: String,
        protected: bool,
        user_name: String,
        uni_id: String,
        actor_group: String,
        source: Option<String>,
        local_id: Option<String>,
        called: Option<String>,
        gone_at: Option<i64>,
        blocked: bool,
        hidden: bool,
    }
}

impl TryFrom<FoundRow> for FoundActor {
    type Error = StoreError;

    fn try_from(row: FoundRow) -> Result<Self, StoreError> {
        let (given_name, family_name) = if row.hidden {
            (row.called.unwrap_or_default(), String::new())
        } else {
            (row.given_name, row.family_name)
        };
        Ok(Self {
            actor: ActorId(uuid("actors.id", &row.id)?),
            person: PersonId(uuid("accounts.person", &row.person)?),
            account: AccountId(uuid("actors.account", &row.account)?),
            given_name,
            family_name,
            hidden: row.hidden,
            protected: row.protected,
            user_name: BareName::parse(&row.user_name)
                .map_err(|_| StoreError::corrupt("accounts.user_name"))?,
            uni_id: UniId::parse(&row.uni_id).map_err(|_| StoreError::corrupt("accounts.uni_id"))?,
            group: ActorGroup::parse(&row.actor_group).ok_or(StoreError::corrupt("actors.actor_group"))?,
            source: row.source,
            local_id: row.local_id,
            gone_at: row
                .gone_at
                .map(|at| timestamp("actors.gone_at", at))
                .transpose()?,
            blocked: row.blocked,
        })
    }
}
