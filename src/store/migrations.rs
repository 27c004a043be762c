//! The steps that bring a database to this version's shape, embedded; each has a file for each
//! database, and `tests/contract/coverage.rs` sees that none is missing here.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

macro_rules! steps {
    ($database:literal: $($version:literal $description:literal $file:literal,)*) => {
        vec![$(step($version, $description, include_str!(concat!("migrations/", $database, "/", $file))),)*]
    };
}

/// Steps for SQLite.
pub(super) fn sqlite() -> Migrator {
    Migrator::with_migrations(steps! { "sqlite":
        1 "initial" "0001_initial.sql",
        3 "logout" "0003_logout.sql",
        4 "offline grants" "0004_offline_grants.sql",
        5 "evidence" "0005_evidence.sql",
        6 "licences" "0006_licences.sql",
        8 "saml" "0008_saml.sql",
        12 "key marks" "0012_key_marks.sql",
        13 "affiliations" "0013_affiliations.sql",
    })
}

/// Steps for PostgreSQL.
pub(super) fn postgres() -> Migrator {
    Migrator::with_migrations(steps! { "postgres":
        1 "initial" "0001_initial.sql",
        3 "logout" "0003_logout.sql",
        4 "offline grants" "0004_offline_grants.sql",
        5 "evidence" "0005_evidence.sql",
        6 "licences" "0006_licences.sql",
        8 "saml" "0008_saml.sql",
        12 "key marks" "0012_key_marks.sql",
        13 "affiliations" "0013_affiliations.sql",
    })
}

fn step(version: i64, description: &'static str, sql: &'static str) -> Migration {
    let sql = AssertSqlSafe(sql).into_sql_str();
    Migration::new(version, description.into(), MigrationType::Simple, sql, false)
}
