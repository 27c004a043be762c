//! `portner evidence`: makes the key pair, checks the chain, and opens what was kept.
//!
//! Checking needs the database and no key. Opening needs the private half, which belongs on
//! another machine, with a copy of the database.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::ambient::SystemClock;
use crate::app::CannotStart;
use crate::app::opening::open_store;
use crate::config::problem::Problem;
use crate::config::secret::SecretSource;
use crate::keys::evidence::EvidenceKey;
use crate::store::audit::ChainState;
use crate::store::evidence::EvidenceRecord;
use crate::store::{Store, StoreError};
use crate::telemetry::log::chain;

use super::Place;
use super::installation::Installation;
use super::keys::{create_private_directory, write_private};
use super::output::Output;
use super::serve::runtime;

/// What to do with evidence.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Make a key pair: evidence.pub for the server, evidence.key to be kept elsewhere
    NewKey {
        /// Where to
        directory: PathBuf,
    },
    /// Follow the chain from the oldest piece to the newest
    Verify,
    /// Print what was kept, a line of JSON for each message
    Open {
        /// The private half
        #[arg(long)]
        key: PathBuf,
        /// Only of this login
        #[arg(long)]
        login: Option<String>,
        /// Only of this party: NAME, or service/NAME or upstream/NAME where both are called so
        #[arg(long)]
        party: Option<String>,
    },
}

/// How many pieces are read at a time.
const PAGE: u32 = 200;

/// Runs one action. Whether all is well.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let done = match action {
        Action::NewKey { directory } => new_key(directory, output),
        Action::Verify => with_store(place, output, async |store, output| verify(&store, output).await),
        Action::Open { key, login, party } => read_key(key).and_then(|key| {
            let only = Only {
                login: login.as_deref(),
                party: party.as_deref(),
            };
            with_store(place, output, async |store, output| {
                open(&store, &key, &only, output).await
            })
        }),
    };
    done.unwrap_or_else(|problem| {
        output.problem(&problem);
        false
    })
}

fn new_key(directory: &Path, output: &mut Output) -> Result<bool, CannotStart> {
    let failed = |why: &dyn std::error::Error| {
        Box::new(
            Problem::error(format!("{}: {}", directory.display(), chain(why)))
                .help("name a directory that you may write to and that holds no pair yet"),
        )
    };
    let (key, seal) = (directory.join("evidence.key"), directory.join("evidence.pub"));
    if let Some(there) = [&key, &seal].into_iter().find(|path| path.exists()) {
        let problem = Problem::error(format!("{} is there already; no pair was made", there.display()));
        return Err(Box::new(problem.help("name a directory that holds no pair yet")));
    }
    let (private, public) = EvidenceKey::generate().map_err(|error| failed(&error))?;
    create_private_directory(directory).map_err(|error| failed(&error))?;
    write_private(&key, private.as_bytes()).map_err(|error| failed(&error))?;
    if let Err(error) = write_private(&seal, public.as_bytes()) {
        // A private half alone fits nothing, and would be taken for half of another pair. One that cannot
        // be removed was written by nobody else a moment ago.
        let _ = std::fs::remove_file(&key);
        return Err(failed(&error));
    }
    output.line(format!(
        "made {}: for the server, as evidence.public_key",
        seal.display()
    ));
    output.line(format!(
        "made {}: keep it where the server is not; without it, nothing can be read",
        key.display()
    ));
    Ok(true)
}

fn read_key(path: &Path) -> Result<EvidenceKey, CannotStart> {
    let faulty = |why: String| {
        Box::new(
            Problem::error(format!("{}: {why}", path.display()))
                .help("name the evidence.key of the pair that the evidence was sealed to"),
        )
    };
    let secret = SecretSource::File(path.to_owned()).read();
    let secret = secret.map_err(|error| Box::new(Problem::error(error.to_string()).help(error.remedy())))?;
    let text = secret.expose_text().unwrap_or_default();
    EvidenceKey::parse(text).map_err(|error| faulty(error.to_string()))
}

fn with_store(
    place: &Place,
    output: &mut Output,
    work: impl AsyncFnOnce(Store, &mut Output) -> Result<bool, StoreError>,
) -> Result<bool, CannotStart> {
    let (installation, problems) = Installation::read(place, &SystemClock);
    let Some(installation) = installation else {
        return Ok(output.problems(&problems));
    };
    runtime()?.block_on(async {
        let store = open_store(&installation.settings).await?;
        work(store, output).await.map_err(|error| {
            Box::new(Problem::error(chain(&error)).help("look whether the database of [store] answers"))
        })
    })
}

async fn verify(store: &Store, output: &mut Output) -> Result<bool, StoreError> {
    Ok(match store.verify_evidence_chain().await? {
        ChainState::Whole { rows, head } => {
            let hash = data_encoding::HEXLOWER.encode(&head.hash);
            output.line(format!("whole: {rows} messages, up to number {}", head.sequence));
            output.line(format!("head {hash}"));
            true
        }
        ChainState::BrokenAt { sequence } => {
            let problem = Problem::error(format!(
                "the chain is broken at number {sequence}: it was altered, taken out or put in"
            ));
            output.problem(&problem.help("compare with a copy of the database from before"));
            false
        }
    })
}

/// Which messages are asked for.
struct Only<'a> {
    login: Option<&'a str>,
    party: Option<&'a str>,
}

impl Only<'_> {
    fn includes(&self, record: &EvidenceRecord) -> bool {
        let label = &record.evidence.label;
        self.login
            .is_none_or(|login| label.login.as_deref() == Some(login))
            && self.party.is_none_or(|party| is_named(&label.party, party))
    }

    fn is_everything(&self) -> bool {
        self.login.is_none() && self.party.is_none()
    }
}

/// Whether `service/NAME` is meant by itself or by `NAME`.
fn is_named(party: &str, asked: &str) -> bool {
    party == asked || party.split_once('/').is_some_and(|(_, name)| name == asked)
}

async fn open(
    store: &Store,
    key: &EvidenceKey,
    only: &Only<'_>,
    output: &mut Output,
) -> Result<bool, StoreError> {
    let (mut last, mut found, mut well) = (0, 0_u64, true);
    loop {
        let page = store.evidence_after(last, PAGE).await?;
        let Some(end) = page.last() else {
            if found == 0 && !only.is_everything() {
                let problem = Problem::error("nothing of that is kept");
                output.problem(&problem.help("a login is named by the 32 digits of its address and of the log, a party by its file's name"));
            }
            return Ok(well && (found > 0 || only.is_everything()));
        };
        last = end.sequence;
        for record in page.iter().filter(|record| only.includes(record)) {
            found += 1;
            let label = &record.evidence.label;
            match key.open(label, &record.evidence.sealed) {
                Ok(message) => output.line(json!({
                    "number": record.sequence,
                    "at": label.at.to_string(),
                    "login": label.login,
                    "party": label.party,
                    "kind": label.kind,
                    "message": String::from_utf8_lossy(&message),
                })),
                Err(error) => {
                    well = false;
                    output.problem(&Problem::error(format!("number {}: {error}", record.sequence)));
                }
            }
        }
    }
}
