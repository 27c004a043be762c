//! `portner audit`: follows the trail, and compares it with what was told of it elsewhere (L05).
//!
//! Reading needs the database and, for signatures, the public half of the key; best done where neither the
//! database's administrator nor the server's writes.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;

use super::Place;
use super::installation::Installation;
use super::keys::{create_private_directory, write_private};
use super::output::Output;
use super::serve::runtime;
use crate::ambient::{Ambient, Clock, SystemClock};
use crate::app::CannotStart;
use crate::app::checkpoints::{Witness, forgotten_after};
use crate::app::opening::open_store;
use crate::config::problem::Problem;
use crate::domain::checkpoint::{Checkpoint, FoundCheckpoint};
use crate::keys::witness::{WitnessKey, WitnessPublic};
use crate::store::audit::ChainState;
use crate::store::{Store, StoreError};
use crate::telemetry::log::chain;

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Make a key pair: audit.key for the server, audit.pub for whoever reads the trail
    NewKey {
        /// Where to
        directory: PathBuf,
    },
    /// Tell the end of the trail now, as the server does every minute
    Checkpoint,
    /// Follow the trail from the oldest row to the newest, and compare it with checkpoints
    Verify {
        /// Checkpoints that were kept elsewhere: the file, or a log that has them
        #[arg(long)]
        against: Option<PathBuf>,
        /// The public half of the key that they are signed with
        #[arg(long, requires = "against")]
        key: Option<PathBuf>,
    },
}

/// Runs one action. Whether all is well.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let done = match action {
        Action::NewKey { directory } => new_key(directory, output),
        Action::Checkpoint => checkpoint(place, output),
        Action::Verify { against, key } => read_witnesses(against.as_deref(), key.as_deref())
            .and_then(|witnesses| verify(place, &witnesses, output)),
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
    let seed = Ambient::system().bytes();
    let (private, public) = WitnessKey::pair(&seed).map_err(|error| failed(&error))?;
    create_private_directory(directory).map_err(|error| failed(&error))?;
    let (key, reads) = (directory.join("audit.key"), directory.join("audit.pub"));
    write_private(&key, private.as_bytes()).map_err(|error| failed(&error))?;
    write_private(&reads, public.as_bytes()).map_err(|error| failed(&error))?;
    output.line(format!(
        "made {}: for the server, as audit.signing_key",
        key.display()
    ));
    output.line(format!("made {}: for whoever reads the trail", reads.display()));
    Ok(true)
}

fn checkpoint(place: &Place, output: &mut Output) -> Result<bool, CannotStart> {
    let (installation, problems) = Installation::read(place, &SystemClock);
    let Some(installation) = installation else {
        return Ok(output.problems(&problems));
    };
    runtime()?.block_on(async {
        let store = open_store(&installation.settings).await?;
        let mut witness = Witness::new(&installation.settings.audit, store, Ambient::system())?;
        let told = witness
            .tell()
            .await
            .map_err(|error| Box::new(Problem::error(chain(&error)).help(error.remedy())))?;
        output.line(told.unwrap_or_else(|| "the trail has not moved since it was told last".to_owned()));
        Ok(true)
    })
}

/// What was told elsewhere, in the order of the rows.
#[derive(Default)]
struct Witnesses {
    found: Vec<FoundCheckpoint>,
    signed: bool,
    /// How many were passed over, since the key has not signed them.
    strange: usize,
}

fn read_witnesses(against: Option<&Path>, key: Option<&Path>) -> Result<Witnesses, CannotStart> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            Box::new(
                Problem::error(format!("{}: {error}", path.display())).help("name a file that you may read"),
            )
        })
    };
    let Some(path) = against else {
        return Ok(Witnesses::default());
    };
    let text = read(path)?;
    let mut found: Vec<FoundCheckpoint> = text.lines().filter_map(Checkpoint::find).collect();
    if found.is_empty() {
        let problem = Problem::error(format!("{}: there is no checkpoint in it", path.display()));
        return Err(Box::new(
            problem.help("name the file of [audit] checkpoints, or a log of the server"),
        ));
    }
    let mut strange = 0;
    if let Some(key) = key {
        let public = WitnessPublic::parse(&read(key)?).map_err(|error| {
            Box::new(
                Problem::error(format!("{}: {error}", key.display())).help("name the audit.pub of the pair"),
            )
        })?;
        let is_signed = |one: &FoundCheckpoint| {
            let signature = one.signature.as_deref();
            signature.is_some_and(|signature| public.has_signed(&one.words, signature))
        };
        // Anybody can bring words like these into a log: they count for nothing, and spoil nothing.
        let all = found.len();
        found.retain(is_signed);
        strange = all - found.len();
        if found.is_empty() {
            let problem = Problem::error(format!(
                "{}: of the checkpoints in it, {all} are not signed by this key and none is",
                path.display()
            ));
            return Err(Box::new(
                problem.help("somebody has altered the checkpoints, or it is another key"),
            ));
        }
    }
    found.sort_by_key(|one| one.checkpoint.sequence);
    Ok(Witnesses {
        found,
        signed: key.is_some(),
        strange,
    })
}

fn verify(place: &Place, witnesses: &Witnesses, output: &mut Output) -> Result<bool, CannotStart> {
    let (installation, problems) = Installation::read(place, &SystemClock);
    let Some(installation) = installation else {
        return Ok(output.problems(&problems));
    };
    runtime()?.block_on(async {
        let store = open_store(&installation.settings).await?;
        let done = compare(&store, witnesses, SystemClock.now(), output).await;
        done.map_err(|error| {
            Box::new(Problem::error(chain(&error)).help("look whether the database of [store] answers"))
        })
    })
}

async fn compare(
    store: &Store,
    witnesses: &Witnesses,
    now: Timestamp,
    output: &mut Output,
) -> Result<bool, StoreError> {
    const HELP: &str = "compare with a copy of the database from before";
    let (rows, head) = match store.verify_audit_chain().await? {
        ChainState::Whole { rows, head } => (rows, head),
        ChainState::BrokenAt { sequence } => {
            let problem = Problem::error(format!(
                "the trail is broken at number {sequence}: it was altered, taken out or put in"
            ));
            output.problem(&problem.help(HELP));
            return Ok(false);
        }
    };
    let forgotten_after = forgotten_after();
    let (mut agreed, mut older) = (None, 0_usize);
    for Checkpoint { sequence, hash, at } in witnesses.found.iter().map(|one| &one.checkpoint) {
        if *sequence == 0 {
            continue;
        }
        match store.audit_hash_at(*sequence).await? {
            Some(found) if found == *hash => agreed = Some(*sequence),
            Some(_) => {
                let from = agreed.map_or(1, |last| last + 1);
                let problem = Problem::error(format!(
                    "the rows from number {from} to {sequence} are not those that were there at {at}: all that comes after was written anew"
                ));
                output.problem(&problem.help(HELP));
                return Ok(false);
            }
            // What is older than it need be is forgotten.
            None if *sequence < head.sequence && now.duration_since(*at) >= forgotten_after => {
                older += 1;
            }
            None => {
                let problem = Problem::error(format!(
                    "number {sequence}, which was the last at {at}, is not there: rows were taken out"
                ));
                output.problem(&problem.help(HELP));
                return Ok(false);
            }
        }
    }
    output.line(format!("whole: {rows} rows, up to number {}", head.sequence));
    output.line(format!("head {}", data_encoding::HEXLOWER.encode(&head.hash)));
    if !witnesses.found.is_empty() {
        let signed = if witnesses.signed {
            "signed"
        } else {
            "whose signatures were not looked at"
        };
        let compared = witnesses.found.len() - older;
        output.line(format!(
            "as told by {compared} checkpoints, {signed}; {older} are of rows that are forgotten by now"
        ));
        if let Some(FoundCheckpoint { checkpoint, .. }) = witnesses.found.last() {
            let Checkpoint { sequence, at, .. } = checkpoint;
            output.line(format!("the last of them tells number {sequence}, at {at}"));
        }
        if witnesses.strange > 0 {
            let strange = witnesses.strange;
            output.line(format!(
                "{strange} that are not signed by this key were passed over"
            ));
        }
    }
    Ok(true)
}
