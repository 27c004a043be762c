//! The watched folder: files that a school's system or an operator moves in are taken in, and come
//! to lie in `done`, `held` or `refused` with a report beside them.
//!
//! A file is to be moved in when it is whole: names that begin with a dot or end in `.part` are left
//! alone until they are renamed. One Portner watches one folder. What fails for a reason that may pass stays
//! in the folder: a delta says each change once. Whoever delivers may write to the folder: no link leads out
//! of it (`inside.rs`).

use std::ffi::{OsStr, OsString};
use std::io::{self, BufReader};
use std::path::PathBuf;

use jiff::Timestamp;

use super::aside;
use super::delivery::Delivery;
use super::held::{self, FileBytes};
use super::importer::{Handover, ImportFailed, Importer, Wish};
use super::incoming::{Incoming, Unread};
use super::inside::Inside;
use super::refusal::DeliveryRefusal;
use super::report;
use crate::config::deliverers::Deliverer;
use crate::domain::import::{ImportState, Way};
use crate::telemetry::log::chain;
use crate::texts::Words;

/// Where a file is while it is taken in.
const WORKING: &str = "working";

/// A folder that is watched.
#[derive(Clone)]
pub struct WatchedFolder {
    /// The folder that is watched.
    pub folder: PathBuf,
    /// Who takes the files in.
    pub importer: Importer,
    /// Whose folder it is, where it is one's alone: then it speaks for these and for nobody else (K01).
    pub of: Option<Deliverer>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Where it lies now.
    pub file: PathBuf,
    /// `done`, `held` or `refused`.
    pub state: &'static str,
}

/// What is to be done with a file.
enum Verdict {
    /// It comes to lie there, with a report.
    Lies(&'static str),
    /// It could not be read this time: it is tried again, and the others go on.
    Later,
    /// The database did nothing for it: it is tried again before any other, since a later file of the same
    /// source would make it old news.
    StoreAway,
}

/// A folder with those inside that files come to lie in.
struct Opened {
    folder: Inside,
    working: Inside,
    done: Inside,
    held: Inside,
    refused: Inside,
}

impl Opened {
    fn lying(&self, state: &str) -> &Inside {
        match state {
            "done" => &self.done,
            "held" => &self.held,
            _ => &self.refused,
        }
    }

    fn recover(&self) -> io::Result<()> {
        for name in self.working.files()? {
            self.working.move_to(&name, &self.folder, &name)?;
        }
        Ok(())
    }
}

impl WatchedFolder {
    /// All of it or none: where one of them cannot be used, no file is taken in, and none is left half way.
    fn open(&self) -> io::Result<Opened> {
        let folder = Inside::open(&self.folder)?;
        Ok(Opened {
            working: folder.below(WORKING)?,
            done: folder.below("done")?,
            held: folder.below("held")?,
            refused: folder.below("refused")?,
            folder,
        })
    }

    /// Puts files back that a stop or a failure has left half way: taking a file in again changes nothing
    /// twice. A newer file of the same name stays as it is.
    pub fn recover(&self) -> io::Result<()> {
        self.open()?.recover()
    }

    /// Takes in what lies there, in the order in which it was written. What cannot be taken in now and may be
    /// later stays.
    pub async fn sweep(&self, words: &Words<'_>) -> io::Result<Vec<Taken>> {
        let opened = self.open()?;
        opened.recover()?;
        let mut found = Vec::new();
        for name in opened.folder.files()? {
            if is_whole(&name) {
                let sent_at = aside(|| opened.folder.read(&name).ok().and_then(super::sent_at));
                found.push((sent_at.unwrap_or(Timestamp::MAX), name));
            }
        }
        found.sort();
        let mut taken = Vec::new();
        for (_, name) in found {
            match self.take_one(&opened, &name, words).await {
                Ok(Some(one)) => taken.extend(one),
                Ok(None) => break,
                Err(error) => tracing::warn!(%error, "a file of the import folder cannot be moved"),
            }
        }
        Ok(taken)
    }

    /// Takes in one file; nothing inside where it is left for later, nothing at all where all others are too.
    async fn take_one(
        &self,
        opened: &Opened,
        name: &OsStr,
        words: &Words<'_>,
    ) -> io::Result<Option<Option<Taken>>> {
        let working = opened.folder.move_to(name, &opened.working, name)?;
        let read = aside(|| {
            let file = opened.working.read(&working)?;
            held::read(BufReader::new(file), None)
        });
        let (verdict, lines) = self.take(read, words).await;
        let state = match verdict {
            Verdict::Lies(state) => state,
            Verdict::Later | Verdict::StoreAway => {
                opened.working.move_to(&working, &opened.folder, name)?;
                return Ok(matches!(verdict, Verdict::Later).then_some(None));
            }
        };
        let stamp = self.importer.ambient.now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut kept_as = OsString::from(stamp + "-");
        kept_as.push(name);
        let kept = opened.working.move_to(&working, opened.lying(state), &kept_as)?;
        let file = self.folder.join(state).join(&kept);
        let mut report = kept;
        report.push(".report.txt");
        opened.lying(state).write(&report, &(lines.join("\n") + "\n"))?;
        Ok(Some(Some(Taken { file, state })))
    }

    async fn take(
        &self,
        read: Result<(Incoming, Option<FileBytes>), Unread>,
        words: &Words<'_>,
    ) -> (Verdict, Vec<String>) {
        let (incoming, file) = match read {
            Ok(read) => read,
            Err(unread) => {
                tracing::warn!(error = %chain(&unread), "a file in the import folder could not be read");
                return match &unread {
                    Unread::File(_) | Unread::Refused(DeliveryRefusal::Unreadable) => {
                        (Verdict::Later, Vec::new())
                    }
                    Unread::Refused(refusal) => (Verdict::Lies("refused"), vec![refusal.words(words)]),
                };
            }
        };
        let of = self.of.as_ref();
        let strange = |delivery: &&Delivery| of.is_some_and(|of| !of.sources.contains(&delivery.source));
        if let Some(delivery) = incoming.deliveries.iter().find(strange) {
            tracing::warn!(
                deliverer = of.map_or("", |of| &of.name),
                source = %delivery.source,
                "a file in a deliverer's folder speaks for a source that is not its own"
            );
            return (
                Verdict::Lies("refused"),
                vec![words.say("import-reason-other-source")],
            );
        }
        let from = Handover {
            way: Way::Folder,
            by: of.map_or_else(|| "folder".to_owned(), |of| of.name.clone()),
            digest: incoming.digest,
            speaks_for: of.map(|of| of.institutions.clone()),
            file,
            witness: None,
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
                        ImportState::Refused | ImportState::Overtaken | ImportState::Discarded => "refused",
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "a file in the import folder could not be taken in");
                    if error.is_store_away() {
                        return (Verdict::StoreAway, Vec::new());
                    }
                    if matches!(error, ImportFailed::Busy) {
                        return (Verdict::Later, Vec::new());
                    }
                    lines.push(chain(&error));
                    "refused"
                }
            };
            // What needs somebody to look stands out, whatever else is in the file.
            if became != "done" && state != "refused" {
                state = became;
            }
        }
        (Verdict::Lies(state), lines)
    }
}

fn is_whole(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    !name.starts_with('.') && !name.ends_with(".part")
}
