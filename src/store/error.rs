//! How the database fails, without the data it failed on.

use std::fmt;

/// A store method did not do what it was asked; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The text names no database; see [`super::StoreUrl`].
    #[error("not a database address: write sqlite:PATH, sqlite::memory: or postgres://USER@HOST/NAME")]
    Address,
    /// The tables could not be brought to this version's shape.
    #[error("the database could not be brought up to date")]
    Migrate(#[source] DatabaseFault),
    /// The database refused or was away.
    #[error("the database did not answer as it should")]
    Database(#[source] DatabaseFault),
    /// A stored value is not one that this program writes.
    #[error("the column {column} holds what cannot be read")]
    Corrupt {
        /// Table and column.
        column: &'static str,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DatabaseFault::of(&error))
    }
}

impl StoreError {
    /// Whether another row already holds what must be unique, such as a user name.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Database(DatabaseFault {
                kind: FaultKind::Conflict,
                ..
            })
        )
    }

    /// Whether the database was not there at all, so that trying again at once is of no use.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Database(DatabaseFault {
                kind: FaultKind::Unavailable,
                ..
            })
        )
    }
}

/// What the database said, reduced to what holds no personal data (L01): its own words
/// quote values, so only its code and the name of a violated constraint are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFault {
    kind: FaultKind,
    detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FaultKind {
    Unavailable,
    Conflict,
    Refused,
}

impl DatabaseFault {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(said) => Self {
                kind: if said.is_unique_violation() {
                    FaultKind::Conflict
                } else {
                    FaultKind::Refused
                },
                detail: said
                    .constraint()
                    .map(str::to_owned)
                    .or_else(|| said.code().map(|code| in_words(&code))),
            },
            sqlx::Error::Io(error) => Self {
                kind: FaultKind::Unavailable,
                detail: Some(error.kind().to_string()),
            },
            sqlx::Error::Tls(_) => Self::unavailable("no TLS"),
            sqlx::Error::PoolTimedOut => Self::unavailable("no free connection"),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::unavailable("closed"),
            _ => Self {
                kind: FaultKind::Refused,
                detail: None,
            },
        }
    }

    pub(super) fn of_migration(error: &sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        let detail = match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                return Self::of(error);
            }
            MigrateError::VersionMissing(version) => format!("version {version} is newer than this program"),
            MigrateError::VersionMismatch(version) => format!("version {version} was altered after it ran"),
            MigrateError::Dirty(version) => format!("version {version} ran half"),
            _ => "no step ran".to_owned(),
        };
        Self {
            kind: FaultKind::Refused,
            detail: Some(detail),
        }
    }

    fn unavailable(detail: &str) -> Self {
        Self {
            kind: FaultKind::Unavailable,
            detail: Some(detail.to_owned()),
        }
    }
}

/// What the codes say that an operator meets: SQLite's are numbers, PostgreSQL's have five signs.
fn in_words(code: &str) -> String {
    let meaning = match code {
        "28P01" | "28000" => "user or password is not taken",
        "3D000" => "there is no such database",
        "42501" => "this user may not do that",
        "53300" => "the server has no connection left",
        "57P03" => "the server is starting or stopping",
        // The low byte is the error, the others say more of it.
        sqlite if sqlite.len() < 5 => match sqlite.parse::<u32>().map_or(0, |code| code & 0xff) {
            5 | 6 => "another process holds it",
            8 => "it can be read, not written",
            10 => "the disk failed",
            11 => "the file is damaged",
            13 => "the disk is full",
            14 => "the file cannot be opened or made",
            26 => "the file is not a SQLite database",
            _ => return code.to_owned(),
        },
        _ => return code.to_owned(),
    };
    format!("{meaning}; code {code}")
}

impl fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FaultKind::Unavailable => "the database is away",
            FaultKind::Conflict => "another row holds this value",
            FaultKind::Refused => "the database refused",
        })?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DatabaseFault {}
