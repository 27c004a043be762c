//! `[audit]`: where the end of the audit trail is told outside of its database (L05).

use std::path::PathBuf;

use super::file::Section;
use super::secret::SecretSource;

/// How checkpoints are made. They go to the log in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSettings {
    /// What they are signed with.
    pub signing_key: Option<SecretSource>,
    /// A file that they are written to as well, a line each.
    pub checkpoints: Option<PathBuf>,
}

pub(super) fn read(section: &mut Section<'_>) -> AuditSettings {
    AuditSettings {
        signing_key: section.get("signing_key"),
        checkpoints: section.get("checkpoints"),
    }
}
