//! Keeps the parties, and what users are told, up to date while Portner runs: reads their files anew when they change or
//! when SIGHUP asks for it, and warns of what ends.
//!
//! A new registry is swapped in whole; requests in flight keep the one that they began with,
//! and logins under way find their parties again by short name. What is faulty does not get in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cli::installation::{Installation, notices_directory};
use crate::config::problem::Problems;
use crate::telemetry::log::chain;
use crate::telemetry::metrics::{PartyRole, Reload};
use crate::trust::Registry;
use crate::web::serve::{Hangups, Stop};
use crate::web::state::Portner;

use super::endings::Endings;

/// How often files are looked at.
const PACE: Duration = Duration::from_secs(5);
/// How often ends are counted.
const ENDINGS: Duration = Duration::from_hours(1);

/// Keeps the registry of a running Portner.
pub struct PartyKeeper {
    portner: Portner,
    /// The files as they were when they were read last.
    read: Files,
    /// The files as they were at the last look: a change counts when it has come to rest.
    seen: Files,
    endings: Endings,
}

/// Files with what tells that they have changed.
type Files = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl PartyKeeper {
    /// Keeps what was read at the start.
    pub fn new(portner: Portner) -> Self {
        let files = files_of(&portner);
        Self {
            portner,
            seen: files.clone(),
            read: files,
            endings: Endings::default(),
        }
    }

    /// Looks, listens and reads until everything stops.
    pub(super) async fn keep(mut self, stop: Stop) {
        let mut hangups = Hangups::listen();
        let mut looks = tokio::time::interval(PACE);
        let mut hours = tokio::time::interval(ENDINGS);
        loop {
            tokio::select! {
                () = stop.requested() => return,
                () = hangups.next() => self.read_anew().await,
                _ = looks.tick() => self.look().await,
                _ = hours.tick() => self.hourly().await,
            }
        }
    }

    /// Warns of what ends. Where certificates must be vouched for, one of several may have ended by now, so
    /// that the parties are read anew.
    async fn hourly(&mut self) {
        if self.portner.registry().has_certified_parties() {
            self.read_anew().await;
        } else {
            self.warn();
        }
    }

    /// Reads the files anew if they have changed and have come to rest since: nobody's half-saved
    /// file is taken.
    pub async fn look(&mut self) {
        let now = files_of(&self.portner);
        let at_rest = now == self.seen;
        self.seen = now;
        if at_rest && self.seen != self.read {
            self.read_anew().await;
        }
    }

    /// Reads the files anew, and serves what is in order of them.
    pub async fn read_anew(&mut self) {
        self.read = files_of(&self.portner);
        self.seen = self.read.clone();
        let portner = self.portner.clone();
        // Files are read on a thread of its own: no login waits for a disk.
        let read = tokio::task::spawn_blocking(move || {
            let held = portner.registry();
            let (installation, problems) =
                Installation::again(portner.settings.clone(), portner.ambient.clock(), Some(&held));
            (installation.registry, installation.notices, problems)
        });
        match read.await {
            Ok((registry, notices, problems)) => {
                self.portner.notices.replace(notices);
                self.take(registry, &problems);
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "the parties could not be read: they stay as they are");
            }
        }
    }

    fn take(&mut self, registry: Registry, problems: &Problems) {
        report(&self.portner, problems);
        for line in crate::trust::difference::of_feeds(&self.portner.registry(), &registry) {
            tracing::info!(change = line, "a feed has changed");
        }
        tracing::info!(
            services = registry.services().len(),
            upstreams = registry.upstreams().len(),
            "the parties were read anew"
        );
        self.portner.registry.replace(registry);
        self.warn();
    }

    /// Tells what ends soon: in the log once for each step, in the metrics always.
    pub fn warn(&mut self) {
        let registry = self.portner.registry();
        let now = self.portner.ambient.now();
        let told = self.endings.of(&registry, now);
        for role in [PartyRole::Service, PartyRole::Upstream] {
            self.portner.metrics.party_days(role, told.days(role));
        }
        self.portner.trust.endings(told.lines);
    }
}

/// Tells what is wrong with the parties: in the log, in the metrics and on the admin listener.
pub(super) fn report(portner: &Portner, problems: &Problems) {
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    for problem in problems {
        let (file, remedy) = (
            problem.file().unwrap_or_default(),
            problem.remedy().unwrap_or_default(),
        );
        if problem.weight() == crate::config::problem::Weight::Error {
            tracing::error!(file, remedy, "{problem}");
            faults.push(format!("{file}: {problem}"));
        } else {
            tracing::warn!(file, remedy, "{problem}");
            warnings.push(format!("{file}: {problem}"));
        }
    }
    let outcome = if problems.stop_logins() {
        Reload::Partly
    } else {
        Reload::Whole
    };
    portner.metrics.parties_read(outcome, faults.len());
    portner
        .trust
        .parties_read(portner.ambient.now(), faults, warnings);
}

/// Everything that parties are read from.
fn files_of(portner: &Portner) -> Files {
    let files = &portner.settings.files;
    let mut found = Files::new();
    gather(&files.metadata, 0, &mut found);
    gather(&files.trust, 0, &mut found);
    // Of what was fetched, only what is served counts.
    found.retain(|path, _| !path.starts_with(&files.trust) || is_served(path));
    if let Some(notices) = notices_directory(files) {
        gather(&notices, 2, &mut found);
    }
    for table in [&files.attributes, &files.releases] {
        note(table, &mut found);
    }
    found
}

/// `name.xml` or `name.crl`, and not `name~held.xml`, `name~new.xml` or notes.
fn is_served(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".crl")
        || name.ends_with(".xml") && !name.ends_with("~held.xml") && !name.ends_with("~new.xml")
}

/// The files of a directory and of those inside it; nobody nests them deeper.
fn gather(directory: &Path, depth: usize, found: &mut Files) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && depth < 3 {
            gather(&path, depth + 1, found);
        } else {
            note(&path, found);
        }
    }
}

fn note(path: &Path, found: &mut Files) {
    if let Ok(metadata) = std::fs::metadata(path) {
        found.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
    }
}
