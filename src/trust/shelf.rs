//! What was fetched from others, kept on disk: the last good copy of each source, what is known
//! of its fetching, and a change that waits for an operator.
//!
//! The files are the one channel between a running Portner and its command line: `accept` moves
//! a file, the keeper sees that. Nothing here is believed because it lies here: signatures and
//! dates are checked again whenever a copy is read.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The directory that holds everything fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf(PathBuf);

/// The place of one source: `upstreams/lillekoebing`, `feeds/wayf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    name: String,
    base: PathBuf,
    /// How the file with the last good copy ends.
    ending: &'static str,
}

/// What is known of fetching a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Where it was fetched from.
    pub url: String,
    /// The tag of the last answer that was looked at (RFC 9110 §8.8.3).
    pub etag: Option<String>,
    /// When the last good copy was last known to be current.
    pub fetched: Option<Timestamp>,
    /// When to ask again.
    pub next: Option<Timestamp>,
    /// Attempts in a row that brought nothing.
    pub failures: u32,
    /// Why the last one brought nothing.
    pub trouble: Option<String>,
    /// What waits for an operator.
    pub held: Option<Held>,
    /// Of a feed: when the last good copy was made, and until when it counts.
    pub published: Option<Timestamp>,
    /// See [`published`](Self::published).
    pub valid_until: Option<Timestamp>,
    /// Tells the keys that had to sign what was looked at last from others; nothing where none had to.
    pub pin: Option<String>,
}

/// A change that waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When it was first seen.
    pub since: Timestamp,
    /// Why it is not taken.
    pub reason: String,
    /// What differs from what is served, a line for each.
    pub difference: Vec<String>,
}

impl Shelf {
    /// The shelf in this directory, which need not be there yet.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// The place of a source; `name` is made of short names and slashes.
    pub fn place(&self, name: &str) -> Place {
        self.place_of(name, ".xml")
    }

    /// The place of a source whose last good copy is a file that ends in this.
    pub fn place_of(&self, name: &str, ending: &'static str) -> Place {
        Place {
            name: name.to_owned(),
            base: self.0.join(name),
            ending,
        }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.0
    }
}

impl Place {
    /// The name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file with the last good copy.
    pub fn good_path(&self) -> PathBuf {
        self.file(self.ending)
    }

    /// The last good copy; nothing where there is none yet.
    pub fn good(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.good_path())
    }

    /// The file with what waits for an operator.
    fn held_path(&self) -> PathBuf {
        self.file(&format!("~held{}", self.ending))
    }

    /// What goes with the last good copy and changes more often: the keys of a provider.
    pub fn beside(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.file("~keys.json"))
    }

    /// Writes what goes with the last good copy.
    pub fn put_beside(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(&self.file("~keys.json"), bytes)
    }

    /// What waits for an operator.
    pub fn held(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.held_path())
    }

    /// What is known of fetching it. Notes that cannot be read are no notes: it is fetched again.
    pub fn notes(&self) -> Notes {
        let bytes = read(&self.file(".json")).ok().flatten().unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Writes the notes.
    pub fn note(&self, notes: &Notes) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(notes).map_err(io::Error::other)?;
        self.write(&self.file(".json"), &json)
    }

    /// Makes this the last good copy; what was waiting is done with.
    pub fn take(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(&self.good_path(), bytes)?;
        self.drop_held()
    }

    /// Lets this wait for an operator.
    pub fn hold(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(&self.held_path(), bytes)
    }

    /// Makes these very bytes, which an operator has looked at, the last good copy. What has come to
    /// wait since then waits on, and is judged anew.
    pub fn accept(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(&self.good_path(), bytes)?;
        let mut notes = self.notes();
        if self.held()?.as_deref() == Some(bytes) {
            self.drop_held()?;
            notes.held = None;
        } else {
            (notes.etag, notes.next) = (None, None);
        }
        self.note(&notes)
    }

    /// Forgets what waits: the source has gone back to what is served.
    pub fn drop_held(&self) -> io::Result<()> {
        match std::fs::remove_file(self.held_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A file for a download, which [`Self::take_download`] makes the last good copy.
    pub fn begin_download(&self) -> io::Result<(PathBuf, std::fs::File)> {
        let path = self.file("~new.xml");
        make_directory(&path)?;
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        Ok((path, file))
    }

    /// Makes the download the last good copy.
    pub fn take_download(&self) -> io::Result<()> {
        std::fs::rename(self.file("~new.xml"), self.good_path())
    }

    /// Throws the download away.
    pub fn drop_download(&self) {
        // What cannot be removed is overwritten by the next one.
        let _ = std::fs::remove_file(self.file("~new.xml"));
    }

    /// `~` stands in no short name, so that no two files of two sources are one.
    fn file(&self, ending: &str) -> PathBuf {
        let mut name = self.base.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    }

    /// Whole or not at all: a crash leaves the old file.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        make_directory(path)?;
        let beside = self.file("~tmp");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    }
}

fn make_directory(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_served_when_it_is_accepted_and_not_before() {
        let directory = tempfile::tempdir().unwrap();
        let place = Shelf::at(directory.path().join("trust")).place("upstreams/x");
        assert_eq!(place.good().unwrap(), None);
        place.take(b"one").unwrap();
        place.hold(b"two").unwrap();
        assert_eq!(place.good().unwrap().unwrap(), b"one");
        place.accept(b"two").unwrap();
        assert_eq!(place.good().unwrap().unwrap(), b"two");
        assert_eq!(place.held().unwrap(), None, "nothing waits any more");
        // What came since the operator looked still waits.
        place.hold(b"four").unwrap();
        place.accept(b"three").unwrap();
        assert_eq!(place.good().unwrap().unwrap(), b"three");
        assert_eq!(place.held().unwrap().unwrap(), b"four");
    }

    #[test]
    fn notes_that_are_torn_are_none() {
        let directory = tempfile::tempdir().unwrap();
        let place = Shelf::at(directory.path()).place("feeds/wayf");
        let notes = Notes {
            etag: Some("\"1\"".to_owned()),
            ..Notes::default()
        };
        place.note(&notes).unwrap();
        assert_eq!(place.notes(), notes);
        std::fs::write(directory.path().join("feeds/wayf.json"), b"{\"etag\"").unwrap();
        assert_eq!(place.notes(), Notes::default());
    }
}
