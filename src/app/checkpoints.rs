//! Tells the end of the audit trail outside of its database, every minute that it has moved (L05, DR22).
//! A trail that does not have what was told before is not told on: a signature would make it the true one.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::CannotStart;
use crate::ambient::Ambient;
use crate::config::audit::AuditSettings;
use crate::config::problem::Problem;
use crate::domain::checkpoint::{Checkpoint, FoundCheckpoint};
use crate::keys::witness::WitnessKey;
use crate::store::retention::Retention;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::Metrics;
use crate::web::serve::Stop;

/// How often.
const EVERY: Duration = Duration::from_mins(1);

/// Makes checkpoints, and knows which was the last.
pub(crate) struct Witness {
    store: Store,
    ambient: Ambient,
    key: Option<WitnessKey>,
    file: Option<PathBuf>,
    /// What was told last, here or before the last stop.
    told: Option<Checkpoint>,
}

impl Witness {
    /// With the key and the file of the settings, and what it has told there.
    pub(crate) fn new(settings: &AuditSettings, store: Store, ambient: Ambient) -> Result<Self, CannotStart> {
        let key = key(settings).map_err(Box::new)?;
        let file = settings.checkpoints.clone();
        let told = match &file {
            Some(path) => told_before(path, key.as_ref()).map_err(|error| {
                Box::new(
                    Problem::error(format!("{}: {error}", path.display()))
                        .help("let Portner read and write the file of [audit] checkpoints"),
                )
            })?,
            None => None,
        };
        Ok(Self {
            store,
            ambient,
            key,
            file,
            told,
        })
    }

    /// Tells the end of the trail as it is now: the line that it was told in; nothing where it has not
    /// moved.
    pub(crate) async fn tell(&mut self) -> Result<Option<String>, NotTold> {
        let head = self.store.audit_head().await?;
        let checkpoint = Checkpoint {
            sequence: head.sequence,
            hash: head.hash,
            at: self.ambient.now(),
        };
        if let Some(before) = &self.told {
            if (before.sequence, &before.hash) == (checkpoint.sequence, &checkpoint.hash) {
                return Ok(None);
            }
            if !self.goes_on(before, &checkpoint).await? {
                let sequence = before.sequence;
                return Err(NotTold::AnotherTrail { sequence });
            }
        }
        let signature = self.key.as_ref().map(|key| key.sign(&checkpoint.to_string()));
        let line = checkpoint.line(signature.as_deref());
        tracing::info!(audit.checkpoint = line, "the audit trail ends here");
        if let Some(path) = self.file.clone() {
            let text = format!("{line}\n");
            let written = tokio::task::spawn_blocking(move || append(&path, text.as_bytes())).await;
            written.map_err(std::io::Error::other)??;
        }
        self.told = Some(checkpoint);
        Ok(Some(line))
    }

    /// Whether the trail has what was told of it before, or has forgotten it in its time.
    async fn goes_on(&self, before: &Checkpoint, now: &Checkpoint) -> Result<bool, StoreError> {
        if before.sequence == 0 {
            return Ok(true);
        }
        let kept = self.store.audit_hash_at(before.sequence).await?;
        let is_there = match kept {
            Some(hash) => hash == before.hash,
            None => now.at.duration_since(before.at) >= forgotten_after(),
        };
        Ok(is_there && now.sequence > before.sequence)
    }

    /// Every minute, and once more at the end.
    pub(super) async fn keep_telling(mut self, metrics: Arc<Metrics>, stop: Stop) {
        let mut minutes = tokio::time::interval(EVERY);
        loop {
            let stopping = tokio::select! {
                _ = minutes.tick() => false,
                () = stop.requested() => true,
            };
            let told = self.tell().await;
            metrics.audit_trail_is_another(matches!(told, Err(NotTold::AnotherTrail { .. })));
            match told {
                Ok(_) => {}
                Err(error @ NotTold::AnotherTrail { .. }) => {
                    tracing::error!(%error, "the audit trail was altered: its end is signed no more");
                }
                Err(error) => tracing::warn!(%error, "the end of the audit trail could not be told"),
            }
            if stopping {
                return;
            }
        }
    }
}

/// A row that a checkpoint ends in may be forgotten after this time.
pub(crate) fn forgotten_after() -> SignedDuration {
    // It is this much older than the checkpoint at most: a server that stood still.
    const SLACK: SignedDuration = SignedDuration::from_hours(30 * 24);
    Retention::default().audit - SLACK
}

/// The key of the settings, where there is one.
pub(crate) fn key(settings: &AuditSettings) -> Result<Option<WitnessKey>, Problem> {
    const HELP: &str = "make a pair with `portner audit new-key DIRECTORY`; its audit.key belongs here";
    let Some(source) = &settings.signing_key else {
        return Ok(None);
    };
    let secret = source
        .read()
        .map_err(|error| Problem::error(format!("audit.signing_key: {error}")).help(error.remedy()))?;
    let key = WitnessKey::parse(secret.expose_text().unwrap_or_default());
    key.map(Some)
        .map_err(|error| Problem::error(format!("audit.signing_key: {error}")).help(HELP))
}

/// The last of what was told to the file, and signed, where it is signed.
fn told_before(path: &Path, key: Option<&WitnessKey>) -> std::io::Result<Option<Checkpoint>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    // The same words have the same signature.
    let is_ours = |one: &FoundCheckpoint| match key {
        Some(key) => one.signature.as_deref() == Some(key.sign(&one.words).as_slice()),
        None => true,
    };
    let found = text.lines().rev().filter_map(Checkpoint::find).find(is_ours);
    Ok(found.map(|found| found.checkpoint))
}

fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A checkpoint did not get out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTold {
    /// The end of the trail could not be read.
    #[error("the audit trail could not be read")]
    Store(#[from] StoreError),
    /// What was told of it before is not in it.
    #[error(
        "this is not the trail that was signed before: number {sequence} is not there any more, or another row"
    )]
    AnotherTrail {
        /// The number that was the last.
        sequence: u64,
    },
    /// The file could not be written.
    #[error("the file of audit.checkpoints could not be written")]
    File(#[from] std::io::Error),
}

impl NotTold {
    /// What to do about it.
    pub(crate) const fn remedy(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::File(_) => "see [store], and [audit] checkpoints",
            Self::AnotherTrail { .. } => {
                "follow it with `portner audit verify`; where the database was put back on purpose, keep the file of [audit] checkpoints elsewhere and begin another"
            }
        }
    }
}
