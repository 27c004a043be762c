//! `portner demo`: a whole federation on this machine.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::ambient::Ambient;
use crate::app::CannotStart;
use crate::config::Settings;
use crate::config::problem::Problem;
use crate::demo::{Demo, DemoError, Roster};
use crate::telemetry::log::{self, chain};
use crate::web::serve::{stop_channel, told_by_the_system};

use super::output::Output;
use super::serve::runtime;

/// How to show it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Portner's port; the other parties take the seven after it
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep everything here, in a directory that is empty or an earlier demo's: keys and the
    /// database are begun from next time, the configuration is written anew at every start,
    /// and the parties' files of the time before are left in `metadata.before`
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
    /// Print links and users as one line of JSON
    #[arg(long)]
    json: bool,
}

/// Runs until the system says stop. Whether it could be started.
pub(super) fn run(arguments: &Arguments, output: &mut Output) -> bool {
    let ambient = Ambient::system();
    let temporary = arguments.data.is_none();
    let directory = arguments
        .data
        .clone()
        .unwrap_or_else(|| temporary_directory(&ambient));
    // The runtime ends here, and with it what it was still writing.
    let shown = runtime().and_then(|runtime| runtime.block_on(show(arguments, ambient, &directory, output)));
    if temporary {
        remove(&directory);
    }
    shown.map_err(|problem| output.problem(&problem)).is_ok()
}

/// Removes what the demonstration wrote for this once. The database's own threads may be writing their last:
/// a directory into which they do is tried again.
#[expect(
    clippy::disallowed_methods,
    reason = "the program ends, and nobody waits but it"
)]
fn remove(directory: &Path) {
    for _ in 0..100 {
        match std::fs::remove_dir_all(directory) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => return,
        }
    }
    tracing::warn!(directory = %directory.display(), "the demonstration's files could not be removed");
}

async fn show(
    arguments: &Arguments,
    ambient: Ambient,
    directory: &Path,
    output: &mut Output,
) -> Result<(), CannotStart> {
    // The line that a reference on a page leads to. That it is already written elsewhere is fine.
    let _ = log::start(&Settings::default().log);
    let (stop, stopped) = stop_channel();
    let mut told = std::pin::pin!(told_by_the_system());
    // Listens for the end before the first key is on disk, so that none stays behind.
    let started = tokio::select! {
        biased;
        () = &mut told => None,
        started = Demo::start(arguments.port, directory, ambient, stopped) => Some(started),
    };
    let result = match started {
        None => Ok(()),
        Some(Ok(demo)) => {
            tell(demo.roster(), arguments, directory, output);
            told.await;
            Ok(())
        }
        Some(Err(error)) => Err(Box::new(problem(&error))),
    };
    stop.stop();
    result
}

fn temporary_directory(ambient: &Ambient) -> PathBuf {
    std::env::temp_dir().join(format!("portner-demo-{}", ambient.uuid()))
}

fn problem(error: &DemoError) -> Problem {
    let help = "`portner demo --port 9080` takes other ports, `--data DIRECTORY` another place";
    Problem::error(chain(error)).help(help)
}

fn tell(roster: &Roster, arguments: &Arguments, directory: &Path, output: &mut Output) {
    if arguments.json {
        match serde_json::to_string(roster) {
            Ok(line) => output.line(line),
            Err(error) => output.line(error),
        }
        return;
    }
    output.line(format!("Start here   {}", roster.start));
    output.line(format!("Portner      {}", roster.broker));
    output.line(format!("Its files    {}", directory.display()));
    output.line("");
    for service in &roster.services {
        output.line(format!(
            "{:<26} {:<5} {}",
            service.name, service.protocol, service.start_url
        ));
    }
    output.line("");
    output.line(format!(
        "{:<36} {:<14} {:<26} ends with",
        "user", "password", "service"
    ));
    for user in &roster.users {
        output.line(format!(
            "{:<36} {:<14} {:<26} {}",
            user.login, user.password, user.service, user.expect
        ));
    }
    output.line("");
    output.line("Ctrl-C ends the demonstration.");
}
