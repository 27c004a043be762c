//! How the database fails, without the data it failed on.

use std::fmt;

use crate::domain::refusal::{Refusal, Refused};

/// In seconds: when whoever met a store that was away may come again.
pub(super) const BACK_PERHAPS: u32 = 10;

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

impl From<StoreError> for Refused {
    /// A store that is away is back some time; anything else is ours to mend.
    fn from(error: StoreError) -> Self {
        let refusal = if error.is_unavailable() {
            Refusal::StoreAway {
                retry_after: BACK_PERHAPS,
            }
        } else {
            Refusal::Internal
        };
        refusal.because(error)
    }
}

impl StoreError {
    /// What this column holds cannot be read; it is named with its table, such as `actors.level`.
    pub(crate) const fn corrupt(column: &'static str) -> Self {
        Self::Corrupt { column }
    }

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

    /// Whether the database cannot be used at all now, whatever it is asked: away, locked, full,
    /// damaged or read-only. Trying again at once is of no use.
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
                } else if said.code().is_some_and(|code| is_about_the_whole(&code)) {
                    FaultKind::Unavailable
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

/// Whether a code speaks of the whole database and not of what it was asked.
fn is_about_the_whole(code: &str) -> bool {
    match code {
        // Connection lost; no resources or no disk; shut down or starting; disk errors; and a
        // server that only reads, such as one that another has taken over from.
        postgres if postgres.len() == 5 => {
            ["08", "53", "57P", "58"]
                .iter()
                .any(|class| postgres.starts_with(class))
                || postgres == "25006"
        }
        sqlite => matches!(sqlite_error(sqlite), Some(5 | 6 | 8 | 10 | 11 | 13 | 14 | 26)),
    }
}

/// The error behind an extended code of SQLite: its low byte.
fn sqlite_error(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().map(|code| code & 0xff)
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
        "53100" => "the disk is full",
        "57P01" | "57P02" => "the server was stopped",
        "25006" => "it can be read, not written",
        sqlite if sqlite.len() < 5 => match sqlite_error(sqlite).unwrap_or_default() {
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
            FaultKind::Unavailable => "the database cannot be used",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_the_whole_database_is_told_from_what_one_row_did() {
        for code in [
            "5", "517", "8", "1032", "10", "266", "11", "13", "14", "26", "08006", "53100", "53300", "57P01",
            "58030", "25006",
        ] {
            assert!(is_about_the_whole(code), "{code}");
        }
        for code in ["1", "19", "787", "23505", "42601", "40001", "22021", "57014"] {
            assert!(!is_about_the_whole(code), "{code}");
        }
    }
}
