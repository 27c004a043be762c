//! Tells the end of the audit trail outside of its database, every minute that it has moved (L05, DR22).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::CannotStart;
use crate::ambient::Ambient;
use crate::config::audit::AuditSettings;
use crate::config::problem::Problem;
use crate::domain::checkpoint::Checkpoint;
use crate::keys::witness::WitnessKey;
use crate::store::{Store, StoreError};
use crate::web::serve::Stop;

/// How often.
const EVERY: Duration = Duration::from_mins(1);

/// Makes checkpoints, and knows which was the last.
pub(crate) struct Witness {
    store: Store,
    ambient: Ambient,
    key: Option<WitnessKey>,
    file: Option<PathBuf>,
    told: Option<u64>,
}

impl Witness {
    /// With the key and the file of the settings.
    pub(crate) fn new(settings: &AuditSettings, store: Store, ambient: Ambient) -> Result<Self, CannotStart> {
        Ok(Self {
            store,
            ambient,
            key: key(settings).map_err(Box::new)?,
            file: settings.checkpoints.clone(),
            told: None,
        })
    }

    /// Tells the end of the trail as it is now: the line that it was told in; nothing where it has not
    /// moved.
    pub(crate) async fn tell(&mut self) -> Result<Option<String>, NotTold> {
        let head = self.store.audit_head().await?;
        if self.told == Some(head.sequence) {
            return Ok(None);
        }
        let checkpoint = Checkpoint {
            sequence: head.sequence,
            hash: head.hash,
            at: self.ambient.now(),
        };
        let signature = self.key.as_ref().map(|key| key.sign(&checkpoint.to_string()));
        let line = checkpoint.line(signature.as_deref());
        tracing::info!(audit.checkpoint = line, "the audit trail ends here");
        if let Some(path) = self.file.clone() {
            let text = format!("{line}\n");
            let written = tokio::task::spawn_blocking(move || append(&path, text.as_bytes())).await;
            written.map_err(std::io::Error::other)??;
        }
        self.told = Some(head.sequence);
        Ok(Some(line))
    }

    /// Every minute, and once more at the end.
    pub(super) async fn keep_telling(mut self, stop: Stop) {
        let mut minutes = tokio::time::interval(EVERY);
        loop {
            let stopping = tokio::select! {
                _ = minutes.tick() => false,
                () = stop.requested() => true,
            };
            if let Err(error) = self.tell().await {
                tracing::warn!(%error, "the end of the audit trail could not be told");
            }
            if stopping {
                return;
            }
        }
    }
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
    /// The file could not be written.
    #[error("the file of audit.checkpoints could not be written")]
    File(#[from] std::io::Error),
}
