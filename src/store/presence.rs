//! Notices that a SQLite file was moved, deleted or replaced under its open connections.
//!
//! An open file stays writable after its name is gone: rows would be taken, and lost with the
//! process, replay marks among them. So each use of a connection first asks whether the name
//! still leads to the file that was opened. Where it does not, the connection is dropped, and
//! a new one stands only if a file is there again (M10).

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One database file, as it was last seen.
pub(super) struct Presence {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    file: Option<FileId>,
    since: Instant,
}

/// What tells two files of one name apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

impl Presence {
    /// The file as it is now.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            seen: Mutex::new(Seen {
                file: id_of(path),
                since: Instant::now(),
            }),
        }
    }

    /// Whether a connection of this age leads to the file that now has the name.
    pub(super) fn is_current(&self, age: Duration) -> bool {
        let file = id_of(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.file != file {
            tracing::error!(
                is_there = file.is_some(),
                "the database file was moved, deleted or replaced"
            );
            let since = Instant::now();
            *seen = Seen { file, since };
        }
        file.is_some() && age <= seen.since.elapsed()
    }
}

#[cfg(unix)]
fn id_of(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata(path).ok()?;
    Some(FileId(about.dev(), about.ino()))
}

/// Elsewhere a file that is open can be neither moved nor deleted.
#[cfg(not(unix))]
fn id_of(path: &Path) -> Option<FileId> {
    path.exists().then_some(FileId(0, 0))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_connection_counts_while_its_file_has_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("x.db"), folder.path().join("aside"));
        std::fs::write(&path, "x").unwrap();
        let presence = Presence::of(&path);
        assert!(presence.is_current(Duration::ZERO));
        let opened = Instant::now();
        std::fs::rename(&path, &aside).unwrap();
        assert!(!presence.is_current(Duration::ZERO));
        std::fs::rename(&aside, &path).unwrap();
        assert!(
            !presence.is_current(opened.elapsed() + Duration::from_millis(1)),
            "opened before"
        );
        assert!(presence.is_current(Duration::ZERO), "a new one is good");
    }
}
