//! The watched folder: files that a school's system or an operator moves in are taken in, and come
//! to lie in `done`, `held` or `refused` with a report beside them.
//!
//! A file is to be moved in when it is whole: names that begin with a dot or end in `.part` are left
//! alone until they are renamed. One Portner watches one folder.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::importer::{Handover, Importer, Wish};
use super::incoming::{Incoming, Unread};
use super::report;
use crate::domain::import::{ImportState, Way};
use crate::telemetry::log::chain;
use crate::texts::Words;

/// Where a file is while it is taken in.
const WORKING: &str = "working";

/// A folder that is watched.
#[derive(Clone)]
pub struct WatchedFolder {
    /// Which.
    pub folder: PathBuf,
    /// Who takes the files in.
    pub importer: Importer,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Where it lies now.
    pub file: PathBuf,
    /// `done`, `held` or `refused`.
    pub state: &'static str,
}

impl WatchedFolder {
    /// Puts files back that a stop has left half way: taking a file in again changes nothing twice.
    pub fn recover(&self) -> io::Result<()> {
        for file in files(&self.folder.join(WORKING))? {
            if let Some(name) = file.file_name() {
                std::fs::rename(&file, self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Takes in what lies there, by name.
    pub async fn sweep(&self, words: &Words<'_>) -> io::Result<Vec<Taken>> {
        let mut taken = Vec::new();
        for file in files(&self.folder)? {
            let Some(name) = file.file_name().filter(|name| is_whole(name)) else {
                continue;
            };
            let working = self.folder.join(WORKING).join(name);
            move_to(&file, &working)?;
            let (state, lines) = self.take(&working, words).await;
            let stamp = self.importer.ambient.now().strftime("%Y%m%dT%H%M%SZ").to_string();
            let mut kept_as = std::ffi::OsString::from(stamp + "-");
            kept_as.push(name);
            let kept = self.folder.join(state).join(kept_as);
            move_to(&working, &kept)?;
            let mut report = kept.clone().into_os_string();
            report.push(".report.txt");
            std::fs::write(report, lines.join("\n") + "\n")?;
            taken.push(Taken { file: kept, state });
        }
        Ok(taken)
    }

    async fn take(&self, file: &Path, words: &Words<'_>) -> (&'static str, Vec<String>) {
        let incoming = match Incoming::read(file, None) {
            Ok(incoming) => incoming,
            Err(unread) => {
                tracing::warn!(error = %chain(&unread), "a file in the import folder could not be read");
                let said = match &unread {
                    Unread::Refused(refusal) => refusal.words(words),
                    Unread::File(error) => error.to_string(),
                };
                return ("refused", vec![said]);
            }
        };
        let from = Handover {
            way: Way::Folder,
            by: "folder".to_owned(),
            digest: incoming.digest,
            speaks_for: None,
        };
        let wish = Wish::default();
        let (mut state, mut lines) = ("done", Vec::new());
        for delivery in &incoming.deliveries {
            lines.push(format!("institution {}:", delivery.institution.number));
            let done = self.importer.import(delivery, &from, &wish, words).await;
            let became = match done {
                Ok(outcome) => {
                    lines.extend(report::outcome(&outcome, words));
                    match outcome.record.state {
                        ImportState::Applied => "done",
                        ImportState::Held => "held",
                        ImportState::Refused | ImportState::Overtaken => "refused",
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "a file in the import folder could not be taken in");
                    lines.push(chain(&error));
                    "refused"
                }
            };
            // What needs somebody to look stands out, whatever else is in the file.
            if became != "done" && state != "refused" {
                state = became;
            }
        }
        (state, lines)
    }
}

fn is_whole(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    !name.starts_with('.') && !name.ends_with(".part")
}

/// The files of a folder, by name; none where there is no folder. Links are not followed.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::rename(from, to)
}
