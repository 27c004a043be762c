//! Opening a database and bringing its tables up to date.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, PgPool, SqlitePool};

use super::presence::Presence;
use super::{DatabaseFault, Pool, Store, StoreError};

/// Readers of a SQLite file: reads wait for the disk cache, not for each other.
const SQLITE_READERS: u32 = 4;
/// 32 MB of log: a checkpoint writes each page once, however often it changed since the last.
const PAGES_BETWEEN_CHECKPOINTS: &str = "8192";
/// Readers see this much of the file without copying it.
const MAPPED_BYTES: &str = "268435456";
/// Connections to PostgreSQL from one node; each holds a process there.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Longer than any honest wait; after this the request fails instead of queueing (M10).
const PATIENCE: Duration = Duration::from_secs(5);

/// Which database: `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
#[derive(Clone)]
pub struct StoreUrl(Place);

#[derive(Clone)]
enum Place {
    Memory,
    File(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl StoreUrl {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        match text.split_once(':') {
            Some(("sqlite", ":memory:")) => Ok(Self(Place::Memory)),
            Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(StoreError::Address),
                path => Ok(Self(Place::File(PathBuf::from(path)))),
            },
            Some(("postgres" | "postgresql", _)) => PgConnectOptions::from_str(text)
                .map(|options| Self(Place::Postgres(Box::new(options))))
                .map_err(|_| StoreError::Address),
            _ => Err(StoreError::Address),
        }
    }
}

impl fmt::Debug for StoreUrl {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Memory => f.write_str("sqlite::memory:"),
            Place::File(path) => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(options) => write!(f, "postgres://{}:{}", options.get_host(), options.get_port()),
        }
    }
}

impl Store {
    /// Opens the database, creates a SQLite file that is not there, and runs what
    /// migrations are missing: on PostgreSQL under an advisory lock, so that nodes that
    /// start together do not run them twice.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        match &url.0 {
            Place::Memory => Self::open_memory().await,
            Place::File(path) => Self::open_file(path.clone()).await,
            Place::Postgres(options) => Self::open_postgres((**options).clone()).await,
        }
    }

    /// Opens a database that is there as it is, to read in it; nothing where there is none yet.
    /// Neither file nor table is made.
    pub async fn open_to_look(url: &StoreUrl) -> Result<Option<Self>, StoreError> {
        let pool = match &url.0 {
            Place::Memory => return Ok(None),
            Place::File(path) if !path.exists() => return Ok(None),
            Place::File(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .read_only(true)
                    .busy_timeout(PATIENCE);
                Pool::Sqlite(sqlite_pool(1).connect_with(options).await?)
            }
            Place::Postgres(options) => {
                let options = (**options).clone().application_name("portner");
                let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
                match pool.connect_with(options.clone()).await {
                    Ok(pool) => Pool::Postgres(pool),
                    Err(error) => return Err(why_not(&options, error).await.into()),
                }
            }
        };
        Ok(Some(Self {
            reading: pool.clone(),
            writing: pool,
        }))
    }

    /// A database of its own in memory, gone when the last clone is dropped.
    pub async fn open_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let pool = sqlite_pool(1).connect_with(options).await?;
        migrate_sqlite(&pool).await?;
        Ok(Self {
            reading: Pool::Sqlite(pool.clone()),
            writing: Pool::Sqlite(pool),
        })
    }

    async fn open_file(path: PathBuf) -> Result<Self, StoreError> {
        create_private(&path).map_err(sqlx::Error::Io)?;
        let presence = Arc::new(Presence::of(&path));
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE);
        let for_writing = options
            .clone()
            .statement_cache_capacity(super::runs::STATEMENTS)
            .pragma("wal_autocheckpoint", PAGES_BETWEEN_CHECKPOINTS);
        let writing = file_pool(1, &presence).connect_with(for_writing).await?;
        migrate_sqlite(&writing).await?;
        let for_reading = options.read_only(true).pragma("mmap_size", MAPPED_BYTES);
        let reading = file_pool(SQLITE_READERS, &presence)
            .connect_with(for_reading)
            .await?;
        Ok(Self {
            reading: Pool::Sqlite(reading),
            writing: Pool::Sqlite(writing),
        })
    }

    async fn open_postgres(options: PgConnectOptions) -> Result<Self, StoreError> {
        let options = options
            .application_name("portner")
            .statement_cache_capacity(super::runs::STATEMENTS);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options.clone())
            .await;
        let pool: PgPool = match pool {
            Ok(pool) => pool,
            Err(error) => return Err(why_not(&options, error).await.into()),
        };
        super::migrations::postgres()
            .run(&pool)
            .await
            .map_err(|error| StoreError::Migrate(DatabaseFault::of_migration(&error)))?;
        Ok(Self {
            reading: Pool::Postgres(pool.clone()),
            writing: Pool::Postgres(pool),
        })
    }

    /// Closes every connection, after what they are doing.
    pub async fn close(&self) {
        super::on!(self.reading, db => db.close().await);
        super::on!(self.writing, db => db.close().await);
    }

    /// Whether the database can be read. Whether it can be written, only the writer finds out.
    pub async fn is_reachable(&self) -> bool {
        // A table, since SQLite answers what needs none without its file.
        const SQL: &str = "SELECT sequence FROM audit_ends WHERE which = 'head'";
        super::on!(self.reading, db => sqlx::query(SQL).execute(db).await.is_ok())
    }
}

/// A pool that was never filled keeps to itself why; one plain try says it.
async fn why_not(options: &PgConnectOptions, error: sqlx::Error) -> sqlx::Error {
    if !matches!(error, sqlx::Error::PoolTimedOut) {
        return error;
    }
    match tokio::time::timeout(PATIENCE, options.connect()).await {
        Ok(Err(cause)) => cause,
        Ok(Ok(_)) => error,
        Err(_) => sqlx::Error::Io(io::ErrorKind::TimedOut.into()),
    }
}

/// Makes the file for its owner alone; SQLite gives its log the mode of the database. One that
/// is there is not even opened: closing it would drop SQLite's locks.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Connections that stay: a database in memory ends with its only connection.
fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file does not die; asking it first doubles the price of every read.
        .test_before_acquire(false)
        .acquire_timeout(PATIENCE)
}

/// Connections to a file, each of them for as long as the file is there.
fn file_pool(connections: u32, presence: &Arc<Presence>) -> SqlitePoolOptions {
    let presence = Arc::clone(presence);
    sqlite_pool(connections).before_acquire(move |_, about| {
        let is_current = presence.is_current(about.age);
        Box::pin(async move { Ok(is_current) })
    })
}

async fn migrate_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    super::migrations::sqlite()
        .run(pool)
        .await
        .map_err(|error| StoreError::Migrate(DatabaseFault::of_migration(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn a_new_database_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("portner.db");
        let url = StoreUrl::parse(&format!("sqlite:{}", path.display())).unwrap();
        let _store = Store::open(&url).await.unwrap();
        for file in std::fs::read_dir(place.path()).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
        }
        assert!(place.path().join("portner.db-wal").exists());
    }

    #[tokio::test]
    async fn the_cause_is_told() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("portner.db");
        std::fs::write(&path, "this is no database, ".repeat(100)).unwrap();
        let cause = async |url: &str| {
            let error = Store::open(&StoreUrl::parse(url).unwrap()).await.unwrap_err();
            std::error::Error::source(&error).unwrap().to_string()
        };
        let corrupt = cause(&format!("sqlite:{}", path.display())).await;
        assert!(corrupt.contains("not a SQLite database"), "{corrupt}");
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = nobody.local_addr().unwrap().port();
        drop(nobody);
        let away = cause(&format!("postgres://portner@127.0.0.1:{port}/portner")).await;
        assert!(away.contains("connection refused"), "{away}");
    }

    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        let shown = |text: &str| StoreUrl::parse(text).map(|url| format!("{url:?}")).ok();
        assert_eq!(
            shown("sqlite:/var/lib/portner.db").as_deref(),
            Some("sqlite:/var/lib/portner.db")
        );
        assert_eq!(shown("sqlite://portner.db").as_deref(), Some("sqlite:portner.db"));
        assert_eq!(shown("sqlite::memory:").as_deref(), Some("sqlite::memory:"));
        assert_eq!(
            shown("postgres://ada:hemmelig@db.example:5433/portner").as_deref(),
            Some("postgres://db.example:5433")
        );
        for text in ["", "sqlite:", "mysql://db.example/x", "portner.db"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
