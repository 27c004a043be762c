//! `config/portner.toml`, checked: every setting of an installation.
//!
//! `Settings::read` reads every key once, so that the default of a setting stands in one
//! place. A file that breaks a rule gives no settings but the list of all its faults.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;
use url::Url;
use zeroize::Zeroizing;

use crate::domain::assurance::NsisLevel;
use crate::domain::login_name::Domain;
use crate::domain::session::SessionLimits;

use super::api::{self, DeskProgram};
use super::audit::AuditSettings;
use super::egress::{self, EgressSettings};
use super::file::{self, FromToml, Section, Wrong, text};
use super::help::{self, HelpSettings};
use super::import::{self, ImportSettings};
use super::keys::{self, KeyPlan};
use super::limits::{self, Limits};
use super::listen::{self, Listening, Origin};
use super::log::{self, LogSettings};
use super::logout::{self, LogoutSettings};
use super::presentation::{self, Presentation};
use super::problem::{Problem, Problems, Source};
use super::recovery::{self, RecoverySettings};
use super::secret::{Secret, SecretSource, SecretUnreadable};
use super::values::ByteCount;

/// Every setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The one public address.
    pub origin: Origin,
    /// The sockets.
    pub listen: Listening,
    /// Where state is kept.
    pub store: StoreSettings,
    /// Where keys are kept.
    pub keys: KeyPlan,
    /// Where the parties and the tables are.
    pub files: Files,
    /// What users see.
    pub presentation: Presentation,
    /// Whether `user@domain` leads to the local login of that domain (U07).
    pub domain_login: bool,
    /// The domain that scoped values of ours belong to; the origin's host where none is given.
    pub scope: Option<Domain>,
    /// The highest NSIS level that this installation is notified for; without one it asserts none.
    pub notified: Option<NsisLevel>,
    /// For how long a session counts (F14).
    pub session: SessionLimits,
    /// How long a logout may take to reach everybody.
    pub logout: LogoutSettings,
    /// How passwords are checked.
    pub passwords: PasswordSettings,
    /// How people get back in by themselves.
    pub recovery: RecoverySettings,
    /// How adults help pupils.
    pub help: HelpSettings,
    /// How others are called.
    pub egress: EgressSettings,
    /// How people come in from schools' systems.
    pub import: ImportSettings,
    /// Which programs of schools may use the administrators' desk.
    pub api: Vec<DeskProgram>,
    /// Caps and timeouts (DR27).
    pub limits: Limits,
    /// How evidence of messages is kept.
    pub evidence: EvidenceSettings,
    /// Where the end of the audit trail is told.
    pub audit: AuditSettings,
    /// What is logged, and how.
    pub log: LogSettings,
}

impl Settings {
    /// Reads a whole file; every fault at once.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let settings = file::read(source, &mut problems, Self::read);
        problems.unless_fatal(settings)
    }

    /// Reads the file at `path`.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::parse(&load_source(path)?)
    }

    fn read(section: &mut Section<'_>) -> Self {
        let written = section.get("origin");
        // What goes with an origin that is faulty is known when that is mended.
        let is_faulty = section.has("origin") && written.is_none();
        let origin = written.or_else(|| Origin::parse("http://localhost:8080"));
        #[expect(clippy::expect_used, reason = "the default is a constant that the tests read")]
        let origin = origin.expect("the default origin is one");
        let known = (!is_faulty).then_some(&origin);
        Self {
            listen: section.table("listen", |section| listen::read(section, known)),
            origin,
            store: section.table("store", read_store),
            keys: section.table("keys", keys::read),
            files: section.table("files", read_files),
            presentation: section.table("presentation", presentation::read),
            domain_login: section.get_or("domain_login", true),
            scope: section.get("scope"),
            notified: section.table("nsis", read_nsis),
            session: section.table("session", read_session),
            logout: section.table("logout", logout::read),
            passwords: section.table("passwords", read_passwords),
            recovery: section.table("recovery", recovery::read),
            help: section.table("help", help::read),
            egress: section.table("egress", egress::read),
            import: section.table("import", import::read),
            api: section.table("api", api::read),
            limits: section.table("limits", limits::read),
            evidence: section.table("evidence", read_evidence),
            audit: section.table("audit", super::audit::read),
            log: section.table("log", log::read),
        }
    }
}

impl Settings {
    /// The domain that scoped values of ours belong to.
    pub fn scope(&self) -> &str {
        self.scope.as_ref().map_or(self.origin.host(), Domain::as_str)
    }
}

impl Default for Settings {
    /// What an empty file says: an installation on loopback.
    fn default() -> Self {
        file::read(&Source::new("defaults", ""), &mut Problems::default(), Self::read)
    }
}

/// The largest file that is taken for settings or a party.
const LARGEST_TOML: u64 = 1024 * 1024;

/// What is wrong with a file that is larger than anybody writes, before it is read.
pub fn too_large(path: &Path, most: u64) -> Option<Problem> {
    let bytes = std::fs::metadata(path).ok()?.len();
    (bytes > most).then(|| {
        let (mib, path) = (most / (1024 * 1024), path.display());
        Problem::error(format!(
            "{path} is not read: it has {bytes} bytes, more than {mib} MiB"
        ))
        .help("look whether it is the file that you meant")
    })
}

/// Reads a file of the operator's, for reports that can show it.
pub fn load_source(path: &Path) -> Result<Source, Problems> {
    if let Some(problem) = too_large(path, LARGEST_TOML) {
        let mut problems = Problems::default();
        problems.push(problem);
        return Err(problems);
    }
    std::fs::read_to_string(path)
        .map(|text| Source::new(path.display().to_string(), text))
        .map_err(|error| {
            let help = match error.kind() {
                std::io::ErrorKind::InvalidData => "save it as text in UTF-8",
                std::io::ErrorKind::NotFound => {
                    "an installation begins with `portner init DIRECTORY --origin https://…`; be in its directory, or \
                     name its settings by --config"
                }
                _ => "let the user that Portner runs as read it; --config names other settings",
            };
            let mut problems = Problems::default();
            problems.push(Problem::error(format!("{} cannot be read: {error}", path.display())).help(help));
            problems
        })
}

/// Where state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// Which database.
    pub url: StoreUrl,
    /// The database's password, which the URL must not hold.
    pub password: Option<SecretSource>,
}

impl StoreSettings {
    /// The URL to connect to, password and all.
    pub fn connect_url(&self) -> Result<Zeroizing<String>, SecretUnreadable> {
        let StoreUrl::Postgres(url) = &self.url else {
            return Ok(Zeroizing::new(self.url.to_string()));
        };
        let mut url = url.clone();
        let password = self.password.as_ref().map(SecretSource::read).transpose()?;
        if let Some(password) = password.as_ref().and_then(Secret::expose_text) {
            // Cannot fail: a PostgreSQL URL without a host is not read as one.
            let _ = url.set_password(Some(password));
        }
        Ok(Zeroizing::new(url.into()))
    }
}

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// One file, made when it is not there.
    Sqlite(PathBuf),
    /// In memory, gone when Portner stops.
    Memory,
    /// A server.
    Postgres(Url),
}

impl StoreUrl {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("sqlite:") {
            Some(":memory:") => Some(Self::Memory),
            Some(path) => (!path.is_empty()).then(|| Self::Sqlite(path.trim_start_matches("//").into())),
            None => {
                let url = Url::parse(text).ok()?;
                let postgres = matches!(url.scheme(), "postgres" | "postgresql");
                (postgres && url.has_host() && url.password().is_none()).then_some(Self::Postgres(url))
            }
        }
    }
}

impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl FromToml for StoreUrl {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let example = "\"sqlite:data/portner.db\" or \"postgres://portner@db.example/portner\"; a password goes to store.password";
        text(
            value,
            "the URL of a database without a password in it",
            example,
            Self::parse,
        )
    }
}

fn read_store(section: &mut Section<'_>) -> StoreSettings {
    StoreSettings {
        url: section.get_or("url", StoreUrl::Sqlite("data/portner.db".into())),
        password: section.get("password"),
    }
}

/// Where the parties and the tables are, from the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The directory with `services/`, `upstreams/` and `feeds.toml`.
    pub metadata: PathBuf,
    /// What attributes are called on the wire.
    pub attributes: PathBuf,
    /// What kinds of services may get.
    pub releases: PathBuf,
    /// What kinds of passwords fit whom; without a file the seeds' values hold.
    pub password_rules: Option<PathBuf>,
    /// Which networks are schools'; without a file none is registered.
    pub school_networks: Option<PathBuf>,
    /// Where notices to users are; without it, the usual directory if there is one.
    pub notices: Option<PathBuf>,
    /// Where last good copies of fetched metadata are kept.
    pub trust: PathBuf,
}

fn read_files(section: &mut Section<'_>) -> Files {
    Files {
        metadata: section.get_or("metadata", "metadata".into()),
        attributes: section.get_or("attributes", "config/attributes.toml".into()),
        releases: section.get_or("releases", "config/releases.toml".into()),
        password_rules: section.get("password_rules"),
        school_networks: section.get("school_networks"),
        notices: section.get("notices"),
        trust: section.get_or("trust", "data/trust".into()),
    }
}

fn read_nsis(section: &mut Section<'_>) -> Option<NsisLevel> {
    let levels = [NsisLevel::Low, NsisLevel::Substantial, NsisLevel::High];
    section.word("notified", &levels.map(|level| (level.word(), level)))
}

fn read_session(section: &mut Section<'_>) -> SessionLimits {
    let default = SessionLimits::default();
    let limits = SessionLimits {
        idle: section.get_or("idle", default.idle),
        absolute: section.get_or("absolute", default.absolute),
    };
    if limits.absolute < limits.idle {
        let problem = Problem::error("session.absolute is shorter than session.idle");
        section.fault(
            "absolute",
            problem.help("a session ends by session.absolute at the latest: make it the longer one"),
        );
    }
    limits
}

/// How passwords are checked: Argon2id on a bounded pool (G01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSettings {
    /// How much memory one Argon2id hash takes.
    pub memory: ByteCount,
    /// How many passes over that memory Argon2id makes.
    pub passes: u32,
    /// How many lanes one hash has (Argon2id's parallelism).
    pub lanes: u32,
    /// Threads that hash, where not as many as there are cores; each holds
    /// [`memory`](Self::memory).
    pub workers: Option<u32>,
    /// Logins that may wait for a thread; more are told to come back.
    pub queue: u32,
    /// Longer input is refused before hashing.
    pub longest: ByteCount,
    /// Wrong answers for one account before each further one is delayed (G07).
    pub free_attempts: u32,
    /// Wrong answers for one account in a day before an adult must help (G07).
    pub attempts_per_day: u32,
    /// Wrong answers for one account in a day with one browser that it has logged in with.
    pub attempts_per_day_with_device: u32,
}

fn read_passwords(section: &mut Section<'_>) -> PasswordSettings {
    let settings = PasswordSettings {
        memory: section.get_or("memory", ByteCount::mib(19)),
        passes: section.get_or("passes", 2),
        lanes: section.get_or("lanes", 1),
        workers: section.get("workers"),
        queue: section.get_or("queue", 200),
        longest: section.get_or("longest", ByteCount::kib(1)),
        free_attempts: section.get_or("free_attempts", 5),
        attempts_per_day: section.get_or("attempts_per_day", 100),
        attempts_per_day_with_device: section.get_or("attempts_per_day_with_device", 20),
    };
    // OWASP's table of equal strengths ends at 7 MiB with five passes.
    let effort = settings.memory.0.saturating_mul(settings.passes as usize);
    if settings.memory < ByteCount::mib(7) || effort < ByteCount::mib(35).0 {
        let problem = Problem::error("these Argon2 parameters are weaker than any that OWASP lists");
        section.fault(
            "memory",
            problem.help("write memory = \"19 MiB\" and passes = 2, or memory = \"7 MiB\" and passes = 5"),
        );
    }
    if settings.workers == Some(0) || settings.lanes == 0 {
        let key = if settings.workers == Some(0) {
            "workers"
        } else {
            "lanes"
        };
        section.fault(
            key,
            Problem::error(format!("passwords.{key} must be at least 1")).help("write 1"),
        );
    }
    settings
}

/// How signed messages of parties that are marked `evidence = true` are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceSettings {
    /// What they are sealed to; the other half is not on this machine.
    pub public_key: Option<PathBuf>,
    /// For how many days.
    pub keep_days: u32,
}

fn read_evidence(section: &mut Section<'_>) -> EvidenceSettings {
    EvidenceSettings {
        public_key: section.get("public_key"),
        keep_days: section.get_or("keep_days", 180),
    }
}
