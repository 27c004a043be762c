//! A fresh, empty store for one check, and a clock that the check moves.

use std::sync::Arc;

use jiff::Timestamp;
use portner::ambient::{Ambient, Clock, ManualClock, OsEntropy};
use portner::domain::account::{Account, AccountId, Person, PersonId, UniId};
use portner::domain::institution::{Institution, InstitutionNumber, LegalForm};
use portner::domain::login_name::BareName;
use portner::domain::service::ServiceId;
use portner::store::grants::NewGrant;
use portner::store::people::{ActorEntry, PersonEntry};
use portner::store::sessions::Participation;
use portner::store::writer::{FinishedLogin, Pace, RestsOn, Writer};
use portner::store::{Store, StoreUrl};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) ambient: Ambient,
    pub(super) clock: Arc<ManualClock>,
    address: String,
    _folder: Option<TempDir>,
}

impl Bench {
    pub(super) async fn memory() -> Self {
        Self::at("sqlite::memory:".to_owned(), None).await
    }

    pub(super) async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("portner.db").display());
        Self::at(address, Some(folder)).await
    }

    /// A database of the check's own, on the server that the environment names, if it does.
    pub(super) async fn postgres(check: &str) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "how the suite is told of a server")]
        let server = std::env::var("PORTNER_TEST_POSTGRES").ok()?;
        let name: String = format!("contract_{check}").chars().take(63).collect();
        let mut admin = PgConnection::connect(&server).await.unwrap();
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let sql = sqlx::AssertSqlSafe(format!("{statement} {name}"));
            sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
        }
        let mut address = Url::parse(&server).unwrap();
        address.set_path(&name);
        Some(Self::at(address.to_string(), None).await)
    }

    async fn at(address: String, folder: Option<TempDir>) -> Self {
        let clock = Arc::new(ManualClock::at(at("2026-01-15T08:00:00Z")));
        Self {
            store: Store::open(&StoreUrl::parse(&address).unwrap()).await.unwrap(),
            ambient: Ambient::new(clock.clone(), Arc::new(OsEntropy)),
            clock,
            address,
            _folder: folder,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn writer(&self) -> Writer {
        self.writer_at(Pace::default())
    }

    pub(super) fn writer_at(&self, pace: Pace) -> Writer {
        Writer::start(self.store.clone(), self.ambient.clone(), pace)
    }

    /// Finishes a login; everything of it is on disk when this returns.
    pub(super) async fn finish(&self, session: RestsOn, part: Participation, code: Option<NewGrant>) {
        let login = self.login(session, part, code);
        self.writer().login(login).await.unwrap();
    }

    pub(super) fn login(
        &self,
        session: RestsOn,
        part: Participation,
        code: Option<NewGrant>,
    ) -> FinishedLogin {
        FinishedLogin {
            vouched: None,
            mark: None,
            by_secret: None,
            session,
            replaces: None,
            at_upstream: Vec::new(),
            part,
            code,
            event: super::audit::event(self),
        }
    }

    /// The same database, opened once more.
    pub(super) async fn opened_again(&self) -> Store {
        Store::open(&StoreUrl::parse(&self.address).unwrap())
            .await
            .unwrap()
    }

    /// The same database, for somebody who only looks.
    pub(super) async fn looked_into(&self) -> Option<Store> {
        Store::open_to_look(&StoreUrl::parse(&self.address).unwrap())
            .await
            .unwrap()
    }

    /// What somebody with access to the database itself can do.
    pub(super) async fn tamper(&self, sql: &'static str) {
        if self.address.starts_with("sqlite:") {
            let mut database = SqliteConnection::connect(&self.address).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        } else {
            let mut database = PgConnection::connect(&self.address).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        }
    }

    /// Takes the database away from everybody who has it open, and brings it back.
    pub(super) async fn cut_off(&self) {
        const KILL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        if let Some(path) = self.address.strip_prefix("sqlite:") {
            let aside = format!("{path}.aside");
            std::fs::rename(path, &aside).unwrap();
            assert!(
                !self.store.is_reachable().await,
                "nothing is read from a file without a name"
            );
            std::fs::rename(&aside, path).unwrap();
        } else {
            let mut database = PgConnection::connect(&self.address).await.unwrap();
            sqlx::raw_sql(KILL).execute(&mut database).await.unwrap();
        }
    }

    /// Lillekøbing Skole, and a person with these accounts and nothing else.
    pub(super) async fn put_sofie(&self, accounts: Vec<(Account, Vec<ActorEntry>)>) -> PersonEntry {
        self.store.put_institution(&school()).await.unwrap();
        let entry = PersonEntry {
            person: sofie(),
            cpr: None,
            accounts,
        };
        self.store.put_person(&entry).await.unwrap();
        entry
    }
}

pub(super) fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

/// One service's part in a session.
pub(super) fn part(bench: &Bench, service: &str, index: &str) -> Participation {
    Participation {
        service: ServiceId::parse(service).unwrap(),
        subject: format!("sofie at {service}"),
        session_index: index.to_owned(),
        name_format: String::new(),
        since: bench.now(),
    }
}

pub(super) fn school() -> Institution {
    Institution {
        number: InstitutionNumber::parse("101001").unwrap(),
        name: "Lillekøbing Skole".to_owned(),
        cvr: Some("12345678".to_owned()),
        legal_form: Some(LegalForm::Public),
    }
}

pub(super) fn sofie() -> Person {
    Person {
        id: PersonId(Uuid::from_u128(1)),
        given_name: "Sofie".to_owned(),
        family_name: "Lind Æbelø".to_owned(),
        protected: false,
    }
}

/// An account of Sofie's; number and name make it another one.
pub(super) fn account(number: u128, name: &str) -> Account {
    Account {
        id: AccountId(Uuid::from_u128(100 + number)),
        person: sofie().id,
        user_name: BareName::parse(name).unwrap(),
        uni_id: UniId::parse(name).unwrap(),
        cpr_identified: false,
        blocked: false,
    }
}
