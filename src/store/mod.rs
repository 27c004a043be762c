//! What Portner remembers: one struct, two databases, the same SQL for both.
//!
//! Methods are grouped by topic, one file each, and speak domain types; no type of the
//! database library leaves this module. There is no repository trait: two databases are a
//! closed set, and SQLite in memory is the test double. What holds the two together is
//! `tests/contract/`, which runs every method on both.

pub mod administrators;
pub mod approvals;
pub mod attempts;
pub mod audit;
pub mod backchannel_pings;
pub mod blocks;
pub mod boards;
pub mod changes;
pub mod cpr_uuids;
pub mod credentials;
pub mod desk;
pub mod directory;
pub mod ended_approvals;
mod ended_windows;
pub mod ephemeral;
mod error;
pub mod evidence;
pub mod first_codes;
pub mod grants;
mod held;
pub mod help_windows;
pub mod helped_pupils;
pub mod history;
mod hours;
pub mod imports;
pub mod key_marks;
pub mod leavers;
pub mod licences;
mod locks;
pub mod manual;
mod migrations;
mod open;
pub mod parked;
pub mod people;
mod presence;
pub mod present;
mod protections;
pub mod pupil_rules;
pub mod refusals;
mod relation;
pub mod replay;
pub mod reseal;
pub mod retention;
mod row;
mod runs;
pub mod search;
pub mod seed;
pub mod sessions;
pub mod stale;
pub mod support_cases;
pub mod unconfirmed;
pub mod upstream_sessions;
pub mod used_names;
pub mod wards;
pub mod writer;

use aws_lc_rs::digest;
use jiff::Timestamp;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

pub use error::{DatabaseFault, StoreError};
pub use open::StoreUrl;

/// Runs one body on whichever database there is: `on!(self.reading, db => query.fetch_one(db))`.
macro_rules! on {
    ($pool:expr, $db:ident => $body:expr) => {
        match &$pool {
            $crate::store::Pool::Sqlite($db) => $body,
            $crate::store::Pool::Postgres($db) => $body,
        }
    };
}
use on;

/// Runs one body inside an open transaction of whichever database there is.
macro_rules! within {
    ($tx:expr, $connection:ident => $body:expr) => {
        match &mut $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::store::Tx::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}
use within;

/// The database. Cheap to clone: clones share the connections.
///
/// SQLite has one writing connection and several readers, PostgreSQL one pool for both.
/// A method never asks for a second connection while it holds one, so one is enough.
#[derive(Debug, Clone)]
pub struct Store {
    reading: Pool,
    writing: Pool,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction; dropped without [`Tx::commit`], it never was.
enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Pool {
    /// SQLite takes the write lock at once, since a reader that turns writer may have to start over.
    async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.begin_with("BEGIN IMMEDIATE").await
    }

    /// A transaction whose commit waits for the disk. On PostgreSQL each does; SQLite's one
    /// writing connection does so until [`Pool::hurry`].
    async fn begin_durable(&self) -> Result<Tx, sqlx::Error> {
        self.begin_with("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
            .await
    }

    async fn begin_with(&self, sqlite: &'static str) -> Result<Tx, sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.begin_with(sqlite).await.map(Tx::Sqlite),
            Self::Postgres(db) => db.begin().await.map(Tx::Postgres),
        }
    }

    /// Lets SQLite's commits return before the disk has them, as most may.
    async fn hurry(&self) -> Result<(), sqlx::Error> {
        if let Self::Sqlite(db) = self {
            sqlx::query("PRAGMA synchronous = NORMAL").execute(db).await?;
        }
        Ok(())
    }
}

impl Tx {
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

/// How moments are kept: milliseconds since 1970.
fn millis(moment: Timestamp) -> i64 {
    moment.as_millisecond()
}

fn timestamp(column: &'static str, millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::corrupt(column))
}

fn uuid(column: &'static str, text: &str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|_| StoreError::corrupt(column))
}

/// SHA-256 over all parts, one after the other.
fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 is NORMAL, 2 is FULL.
    const SYNCHRONOUS: &str = "PRAGMA synchronous";

    #[tokio::test]
    async fn commits_of_the_writer_wait_for_the_disk_and_others_need_not() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::parse(&format!("sqlite:{}", folder.path().join("x.db").display())).unwrap();
        let store = Store::open(&url).await.unwrap();
        let Pool::Sqlite(db) = &store.writing else {
            panic!("a file is SQLite")
        };
        let mut tx = store.writing.begin_durable().await.unwrap();
        let waits: i64 = within!(tx, connection =>
            sqlx::query_scalar(SYNCHRONOUS).fetch_one(connection).await)
        .unwrap();
        assert_eq!(waits, 2);
        tx.commit().await.unwrap();
        store.writing.hurry().await.unwrap();
        let waits: i64 = sqlx::query_scalar(SYNCHRONOUS).fetch_one(db).await.unwrap();
        assert_eq!(waits, 1);
    }

    #[tokio::test]
    async fn a_full_disk_fails_every_row_and_room_lets_them_in_again() {
        use crate::ambient::Ambient;
        use crate::domain::refusal::Refused;
        use crate::store::ephemeral::StateKey;
        use crate::store::writer::{Pace, Writer};
        use jiff::SignedDuration;

        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::parse(&format!("sqlite:{}", folder.path().join("x.db").display())).unwrap();
        let store = Store::open(&url).await.unwrap();
        let Pool::Sqlite(db) = &store.writing else {
            panic!("a file is SQLite")
        };
        let writer = Writer::start(store.clone(), Ambient::system(), Pace::default());
        let mark = async |number: u32| {
            let key = StateKey::of("full", &[&number.to_string()]);
            writer.once(key, SignedDuration::from_hours(1)).await
        };
        sqlx::query("PRAGMA max_page_count = 1")
            .execute(db)
            .await
            .unwrap();
        let mut full = None;
        for number in 0..5_000 {
            if let Err(failed) = mark(number).await {
                full = Some((number, failed));
                break;
            }
        }
        let (number, failed) = full.unwrap();
        assert!(failed.is_away(), "{failed:?}");
        let told = crate::telemetry::log::chain(&failed);
        assert!(told.contains("the disk is full"), "{told}");
        assert_eq!(Refused::from(failed).refusal.code(), "UL-902");
        sqlx::query("PRAGMA max_page_count = 1000000")
            .execute(db)
            .await
            .unwrap();
        assert!(mark(number).await.unwrap(), "what was not written was not seen");
    }
}
