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
        14 "people" "0014_people.sql",
        15 "passwords" "0015_passwords.sql",
        16 "guessing" "0016_guessing.sql",
        18 "said times" "0018_said_times.sql",
        20 "help windows" "0020_help_windows.sql",
        25 "support cases" "0025_support_cases.sql",
        30 "desk" "0030_desk.sql",
        35 "protections" "0035_protections.sql",
        40 "approvals" "0040_approvals.sql",
        45 "boards" "0045_boards.sql",
        50 "findings" "0050_findings.sql",
        60 "unconfirmed" "0060_unconfirmed.sql",
        61 "approvals waiting" "0061_approvals_waiting.sql",
        62 "backchannel" "0062_backchannel.sql",
        63 "held files" "0063_held_files.sql",
        67 "guests" "0067_guests.sql",
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
        14 "people" "0014_people.sql",
        15 "passwords" "0015_passwords.sql",
        16 "guessing" "0016_guessing.sql",
        18 "said times" "0018_said_times.sql",
        20 "help windows" "0020_help_windows.sql",
        25 "support cases" "0025_support_cases.sql",
        30 "desk" "0030_desk.sql",
        35 "protections" "0035_protections.sql",
        40 "approvals" "0040_approvals.sql",
        45 "boards" "0045_boards.sql",
        50 "findings" "0050_findings.sql",
        60 "unconfirmed" "0060_unconfirmed.sql",
        61 "approvals waiting" "0061_approvals_waiting.sql",
        62 "backchannel" "0062_backchannel.sql",
        63 "held files" "0063_held_files.sql",
        67 "guests" "0067_guests.sql",
    })
}

fn step(version: i64, description: &'static str, sql: &'static str) -> Migration {
    let sql = AssertSqlSafe(sql).into_sql_str();
    Migration::new(version, description.into(), MigrationType::Simple, sql, false)
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqlitePoolOptions;

    #[tokio::test]
    async fn classes_become_groups_with_their_members() {
        let memory = SqlitePoolOptions::new().max_connections(1);
        let db = memory.connect("sqlite::memory:").await.unwrap();
        let (before, from): (Vec<_>, Vec<_>) = super::sqlite()
            .iter()
            .filter(|step| step.version <= 14)
            .cloned()
            .partition(|step| step.version < 14);
        for step in before {
            sqlx::raw_sql(step.sql).execute(&db).await.unwrap();
        }
        let people = "INSERT INTO institutions (number, name) VALUES ('101001', 'S'), ('101002', 'T');
            INSERT INTO people VALUES ('p', 'Sofie', 'Lund', FALSE);
            INSERT INTO accounts VALUES ('a', 'p', 'sofi1234', 'sofi1234', FALSE, FALSE);
            INSERT INTO actors (id, account, actor_group, institution)
                VALUES ('r1', 'a', 'Elev', '101001'), ('r2', 'a', 'Elev', '101002');
            INSERT INTO class_members VALUES ('r1', '3A'), ('r1', 'Kor'), ('r2', '3A');";
        sqlx::raw_sql(people).execute(&db).await.unwrap();
        for step in from {
            sqlx::raw_sql(step.sql).execute(&db).await.unwrap();
        }
        let members: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT m.actor, g.institution, g.name FROM memberships m
             JOIN school_groups g ON g.id = m.school_group ORDER BY m.actor, g.name",
        )
        .fetch_all(&db)
        .await
        .unwrap();
        let members: Vec<_> = members
            .iter()
            .map(|(actor, institution, name)| format!("{actor} {institution} {name}"))
            .collect();
        assert_eq!(members, ["r1 101001 3A", "r1 101001 Kor", "r2 101002 3A"]);
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM school_groups")
            .fetch_all(&db)
            .await
            .unwrap();
        assert!(ids.iter().all(|id| uuid::Uuid::try_parse(id).is_ok()), "{ids:?}");
    }
}
