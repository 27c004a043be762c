//! A Portner of a test's own: built from ordinary files, with a clock that the test moves and
//! a database that the test looks into. It listens nowhere; visitors knock at its router.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use portner::ambient::{Ambient, ManualClock, OsEntropy};
use portner::app::{App, PartyKeeper};
use portner::cli::Place;
use portner::cli::installation::Installation;
use portner::cli::keys::create_key_set;
use portner::config::problem::{Problems, Source};
use portner::keys::generate::KeyKind;
use portner::store::audit::AuditRecord;
use portner::store::seed::Seed;
use portner::web::routes::routes;
use portner::web::state::Portner;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::canary;

/// Where Portner is, as far as anybody knows.
pub(crate) const ORIGIN: &str = "https://login.example";

/// When every test begins.
pub(crate) const START: &str = "2027-03-01T08:00:00Z";

/// A release rule beside those of the demonstration.
const NAMES: &str = "\n[names]\npurpose = \"Names, for software that knows no school\"\n\
    attributes = [\"uni-id\", \"given-name\", \"family-name\", \"display-name\"]\n";

/// The password of everybody who has one.
pub(crate) const PASSWORD: &str = "demo-kode-42";

/// People beside those of the demonstration, where a test has written some.
pub(crate) const MORE_PEOPLE: &str = "people.toml";

/// Portner's keys: made once per run, since nothing here is about making them.
static KEYS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    create_key_set(
        directory.path(),
        "login.example",
        KeyKind::Rsa2048,
        &Ambient::system(),
    )
    .unwrap();
    directory
});

/// The files of an installation.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        for folder in ["metadata/services", "metadata/upstreams"] {
            std::fs::create_dir_all(files.path(folder)).unwrap();
        }
        let root = files.0.path().display();
        let settings = format!(
            "origin = \"{ORIGIN}\"\n\
             [listen]\ntrusted_proxies = [\"127.0.0.1\"]\n\
             [store]\nurl = \"sqlite:{root}/portner.db\"\n\
             [keys]\ndirectory = \"{keys}\"\n\
             [files]\nmetadata = \"{root}/metadata\"\nattributes = \"config/attributes.toml\"\n\
             releases = \"{root}/releases.toml\"\ntrust = \"{root}/trust\"\n\
             [nsis]\nnotified = \"high\"\n\
             [egress]\nprivate_addresses = true\nconnect_timeout = \"2 s\"\n",
            keys = KEYS.path().display(),
        );
        files.put("portner.toml", &settings);
        files.put("releases.toml", &read("src/demo/files/releases.toml"));
        files.add("releases.toml", NAMES);
        files.put(
            "metadata/upstreams/central.toml",
            &read("src/demo/files/central.toml"),
        );
        files
    }

    /// With keys of its own, which a test may change.
    pub(crate) fn with_own_keys() -> Self {
        let files = Self::new();
        std::fs::create_dir(files.path("keys")).unwrap();
        for key in std::fs::read_dir(KEYS.path()).unwrap() {
            let key = key.unwrap();
            std::fs::copy(key.path(), files.path("keys").join(key.file_name())).unwrap();
        }
        let own = files.path("keys").display().to_string();
        files.change("portner.toml", &KEYS.path().display().to_string(), &own);
        files
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap();
    }

    pub(crate) fn add(&self, path: &str, text: &str) {
        let before = std::fs::read_to_string(self.path(path)).unwrap();
        self.put(path, &(before + text));
    }

    /// Changes one line of a file.
    pub(crate) fn change(&self, path: &str, from: &str, to: &str) {
        let before = std::fs::read_to_string(self.path(path)).unwrap();
        assert!(before.contains(from), "{path} has no {from}");
        self.put(path, &before.replace(from, to));
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn read(&self, clock: &ManualClock) -> (Installation, Problems) {
        let place = Place {
            config: self.path("portner.toml"),
        };
        let (installation, problems) = Installation::read(&place, clock);
        (installation.unwrap_or_else(|| panic!("{problems}")), problems)
    }
}

/// A running Portner, and everything that a test wants to know of it.
pub(crate) struct House {
    pub(crate) portner: Portner,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) files: Arc<Files>,
    pub(crate) router: Router,
    /// The whole program, for tests that have it listen.
    pub(crate) app: Option<Box<App>>,
}

impl House {
    /// Builds Portner from these files, with the people of the demonstration.
    pub(crate) async fn open(files: Files) -> Self {
        let clock = Arc::new(ManualClock::at(START.parse().unwrap()));
        Self::build(Arc::new(files), clock).await
    }

    /// The same Portner after a restart: the same files, the same database, nothing else.
    pub(crate) async fn restarted(&self) -> Self {
        Self::build(Arc::clone(&self.files), Arc::clone(&self.clock)).await
    }

    async fn build(files: Arc<Files>, clock: Arc<ManualClock>) -> Self {
        canary::listen();
        let ambient = Ambient::new(Arc::clone(&clock) as _, Arc::new(OsEntropy));
        let (installation, problems) = files.read(&clock);
        assert!(!problems.stop_logins(), "{}", told(&problems));
        let app = Box::pin(App::build(installation, ambient)).await.unwrap();
        let more = std::fs::read_to_string(files.path(MORE_PEOPLE)).unwrap_or_default();
        for people in [read("config/demo.toml"), more] {
            app.seed(Seed::parse(Source::about_people("people.toml", people)).unwrap())
                .await
                .unwrap();
        }
        let portner = app.portner().clone();
        let router = routes(portner.clone());
        Self {
            portner,
            clock,
            files,
            router,
            app: Some(Box::new(app)),
        }
    }

    /// Whoever keeps the parties of this Portner up to date, moved by hand.
    pub(crate) fn keeper(&self) -> PartyKeeper {
        PartyKeeper::new(self.portner.clone())
    }

    /// Reads the parties anew, as after a change by the operator and a restart.
    pub(crate) fn reload(&self) {
        let problems = self.reload_faulty();
        assert!(!problems.stop_logins(), "{}", told(&problems));
    }

    /// The same where some file is faulty: what is wrong is told, and the others are served.
    pub(crate) fn reload_faulty(&self) -> Problems {
        let (installation, problems) = self.files.read(&self.clock);
        self.portner.registry.replace(installation.registry);
        problems
    }

    pub(crate) fn wait(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.portner.ambient.now()
    }

    /// Everything that is kept, but for what every refusal may write: audit, replay marks, attempts.
    pub(crate) async fn snapshot(&self) -> Vec<String> {
        self.rows(|table| !["audit", "audit_ends", "replay", "attempts", "_sqlx_migrations"].contains(&table))
            .await
    }

    /// Changes what is kept, as another part of Portner or an operator would.
    pub(crate) async fn execute(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.files.path("portner.db"));
        let mut database = options.connect().await.unwrap();
        let done = sqlx::query(sql).execute(&mut database).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql} changed nothing");
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> usize {
        self.rows(|known| known == table).await.len()
    }

    /// What was written for the auditor, oldest first.
    pub(crate) async fn audit(&self) -> Vec<AuditRecord> {
        self.portner.store.audit_after(0, 10_000).await.unwrap()
    }

    /// Does something to the database behind Portner's back.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.files.path("portner.db"));
        let mut database = options.connect().await.unwrap();
        sqlx::query(sql).execute(&mut database).await.unwrap();
    }

    async fn rows(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let options = SqliteConnectOptions::new().filename(self.files.path("portner.db"));
        let mut database = options.connect().await.unwrap();
        let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
        let mut found = Vec::new();
        for table in tables.fetch_all(&mut database).await.unwrap() {
            let table: String = table.get(0);
            if !wanted(&table) {
                continue;
            }
            let columns = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
            let columns = sqlx::query(AssertSqlSafe(columns))
                .fetch_all(&mut database)
                .await
                .unwrap();
            let columns: Vec<String> = columns
                .iter()
                .map(|row| format!("quote(\"{}\")", row.get::<String, _>(0)))
                .collect();
            let rows = format!("SELECT {} FROM {table}", columns.join(" || '|' || "));
            let rows = sqlx::query(AssertSqlSafe(rows))
                .fetch_all(&mut database)
                .await
                .unwrap();
            found.extend(
                rows.iter()
                    .map(|row| format!("{table}: {}", row.get::<String, _>(0))),
            );
        }
        found.sort();
        found
    }
}

/// Nothing may have got out, whatever the test was about.
impl Drop for House {
    fn drop(&mut self) {
        canary::leave(self);
    }
}

/// Every problem in words.
pub(crate) fn told(problems: &Problems) -> String {
    let told: Vec<_> = problems.into_iter().map(ToString::to_string).collect();
    told.join("\n")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
