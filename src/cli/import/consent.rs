//! Who says yes on the command line of imports, and why an import was not done all the same.

use clap::Args;

use super::words::{import_id, wrong};
use crate::app::CannotStart;
use crate::config::problem::Problem;
use crate::domain::import::{ImportId, SourceName, Way};
use crate::people::import::confirming::AS_USER;
use crate::people::import::importer::{Handover, ImportFailed};
use crate::people::import::incoming::Incoming;
use crate::store::StoreError;
use crate::telemetry::log::chain;

/// Who says yes, and to what.
#[derive(Debug, Args)]
pub(in crate::cli) struct Consent {
    /// The import that was held and is to be taken in after all
    #[arg(long, value_name = "ID", requires = "by")]
    confirm: Option<String>,
    /// Who you are, for the record
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Consent {
    pub(super) fn confirmed(&self) -> Result<Option<ImportId>, CannotStart> {
        self.confirm.as_deref().map(import_id).transpose()
    }

    pub(super) fn handover(&self, incoming: &Incoming) -> Result<Handover, CannotStart> {
        let by = self.by.as_deref().unwrap_or_default();
        // One line of what can be shown, as the names of sources are.
        let by = SourceName::parse(by).map_err(|_| {
            wrong(
                "say who you are, for the record",
                "--by NAME, of 1 to 64 bytes on one line",
            )
        })?;
        Ok(Handover {
            way: Way::Command,
            by: format!("{}{AS_USER}{})", by.as_str(), user_of_the_system()),
            digest: incoming.digest,
            speaks_for: None,
            file: None,
            witness: None,
        })
    }
}

/// Who the operating system says that runs this, and who logged in to it where that is somebody else: what the
/// system keeps, and not what the environment says.
fn user_of_the_system() -> String {
    let told = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let status = told("/proc/self/status");
    let real = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let real = real.and_then(|ids| ids.split_whitespace().next()?.parse::<u32>().ok());
    let users = told("/etc/passwd");
    let named = |id: u32| {
        let mut all = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let known = all.find(|user| user.get(2).is_some_and(|known| *known == id.to_string()));
        known.map_or_else(
            || format!("uid {id}"),
            |user| user.first().copied().unwrap_or_default().to_owned(),
        )
    };
    let Some(real) = real else {
        return "a user that the system does not tell".to_owned();
    };
    let login = told("/proc/self/loginuid").trim().parse::<u32>().ok();
    match login.filter(|login| *login != real && *login != u32::MAX) {
        Some(login) => format!("{}, logged in as {}", named(real), named(login)),
        None => named(real),
    }
}

#[expect(
    clippy::unnecessary_box_returns,
    clippy::needless_pass_by_value,
    reason = "given to map_err"
)]
pub(super) fn failed(error: ImportFailed) -> CannotStart {
    let help = match &error {
        ImportFailed::NotHeld | ImportFailed::OtherReasons => "`portner import list` shows what is held",
        ImportFailed::OtherWish => "`portner import show` names the command that confirms it",
        ImportFailed::NoChangeOfSource => "send everybody (kind full), by the new system",
        ImportFailed::MovedIn => "let the system send its running deliveries",
        ImportFailed::SecondPerson => "let a colleague confirm, with their own name in --by",
        ImportFailed::NothingToTakeOver => "`portner import list` shows which sources have told something",
        ImportFailed::NobodyToReidentify => "name the person as the delivery does (LocalPersonId)",
        ImportFailed::Busy => "nothing was changed",
        ImportFailed::Materialise(_) | ImportFailed::Store(_) => {
            "look whether the database of [store] answers"
        }
    };
    Box::new(Problem::error(chain(&error)).help(help))
}

#[expect(
    clippy::unnecessary_box_returns,
    clippy::needless_pass_by_value,
    reason = "given to map_err"
)]
pub(super) fn away(error: StoreError) -> CannotStart {
    Box::new(Problem::error(chain(&error)).help("look whether the database of [store] answers"))
}
