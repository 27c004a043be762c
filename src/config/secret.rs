//! The only door to secrets and to the environment (M02).
//!
//! A setting names where its secret is: `{ file = "…" }`, `{ env = "…" }` or
//! `{ credential = "…" }` (systemd's `LoadCredential`). It is never written inline, never
//! shown, and wiped when dropped. What secrets are for is not here.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::file::{FromToml, Wrong};

/// The largest file that is taken for a secret.
const LARGEST: u64 = 64 * 1024;

/// A secret in memory.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes bytes that are secret.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text without the line end that editors add; `None` where they are no text.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0)
            .ok()
            .map(|text| text.trim_end_matches(['\r', '\n']))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file that others on the machine cannot read.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
    /// In a file of systemd's `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

impl SecretSource {
    /// Fetches the secret.
    pub fn read(&self) -> Result<Secret, SecretUnreadable> {
        match self {
            Self::File(path) => read_private_file(path),
            Self::Env(name) => read_variable(name).map(|text| Secret(text.into_bytes())),
            Self::Credential(name) => {
                let directory = read_variable("CREDENTIALS_DIRECTORY")?;
                read_private_file(&Path::new(&directory).join(name))
            }
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::Credential(name) => write!(f, "the systemd credential {name}"),
        }
    }
}

impl FromToml for SecretSource {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let wrong = || {
            let example = "{ file = \"keys/name\" }, { env = \"NAME\" } or { credential = \"name\" }; secrets are never written in the file itself";
            Wrong::expected(value, "a place where a secret is kept", example)
        };
        let table = value.get_ref().as_table().ok_or_else(wrong)?;
        let mut entries = table.iter();
        let (Some((key, place)), None) = (entries.next(), entries.next()) else {
            return Err(wrong());
        };
        let place = place
            .get_ref()
            .as_str()
            .filter(|place| !place.is_empty())
            .ok_or_else(wrong)?;
        match key.get_ref().as_ref() {
            "file" => Ok(Self::File(place.into())),
            "env" => Ok(Self::Env(place.to_owned())),
            "credential" if is_plain_name(place) => Ok(Self::Credential(place.to_owned())),
            _ => Err(wrong()),
        }
    }
}

/// Whether a credential's name stays inside its directory.
fn is_plain_name(name: &str) -> bool {
    !name.contains('/') && name != "." && name != ".."
}

fn read_private_file(path: &Path) -> Result<Secret, SecretUnreadable> {
    let unreadable = |source| SecretUnreadable::File {
        path: path.to_owned(),
        source,
    };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.len() > LARGEST || !about.is_file() {
        return Err(SecretUnreadable::NotASecret {
            path: path.to_owned(),
        });
    }
    if is_open_to_others(&about) {
        return Err(SecretUnreadable::OpenToOthers {
            path: path.to_owned(),
        });
    }
    std::fs::read(path).map(Secret).map_err(unreadable)
}

#[cfg(unix)]
fn is_open_to_others(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_about: &std::fs::Metadata) -> bool {
    false
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn read_variable(name: &str) -> Result<String, SecretUnreadable> {
    std::env::var(name).map_err(|_| SecretUnreadable::NoVariable {
        name: name.to_owned(),
    })
}

/// Why a secret could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum SecretUnreadable {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file that the settings name for the secret.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is far too large for a secret, or is no file.
    #[error("{} is not a secret: not a file, or larger than 64 KiB", path.display())]
    NotASecret {
        /// The file that the settings name for the secret.
        path: PathBuf,
    },
    /// Others on the machine can read the file.
    #[error("{} can be read by everybody on this machine", path.display())]
    OpenToOthers {
        /// The file that the settings name for the secret.
        path: PathBuf,
    },
    /// The environment variable is not set, or is no text.
    #[error("the environment variable {name} is not set")]
    NoVariable {
        /// The environment variable that the settings name for the secret.
        name: String,
    },
}

impl SecretUnreadable {
    /// What the operator does about it, where it is one of our own keys.
    pub fn remedy_for_key(&self) -> String {
        match self {
            Self::File { path, source } if source.kind() == io::ErrorKind::NotFound => format!(
                "`portner keys new` makes those that are missing; a set that was in use is brought back from its backup to {}",
                path.display()
            ),
            Self::File { path, .. } => {
                format!("let the user that Portner runs as read {}", path.display())
            }
            other => other.remedy(),
        }
    }

    /// What the operator does about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::File { path, .. } => format!(
                "write the secret into {}, chmod 600, and let the user that Portner runs as read it",
                path.display()
            ),
            Self::NotASecret { path } => {
                format!("look whether {} is the file that you meant", path.display())
            }
            Self::OpenToOthers { path } => format!("run: chmod 600 {}", path.display()),
            Self::NoVariable { name } => format!("set {name} where Portner is started"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file_with_mode(mode: u32) -> (tempfile::TempDir, SecretSource) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, "hemmeligt\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (directory, SecretSource::File(path))
    }

    #[test]
    fn a_private_file_is_read_without_its_line_end() {
        let (_directory, source) = file_with_mode(0o600);
        assert_eq!(source.read().unwrap().expose_text(), Some("hemmeligt"));
    }

    #[test]
    fn a_file_that_everybody_can_read_is_refused_with_the_command_that_mends_it() {
        let (_directory, source) = file_with_mode(0o644);
        let error = source.read().unwrap_err();
        assert!(matches!(error, SecretUnreadable::OpenToOthers { .. }));
        assert!(
            error.remedy().starts_with("run: chmod 600 "),
            "{}",
            error.remedy()
        );
    }

    #[test]
    fn a_missing_secret_of_others_is_not_made_by_us_and_a_missing_key_is() {
        let error = SecretSource::File("/nowhere/eid-client-secret".into())
            .read()
            .unwrap_err();
        assert!(!error.remedy().contains("keys new"), "{}", error.remedy());
        assert!(error.remedy().contains("/nowhere/eid-client-secret"));
        assert!(error.remedy_for_key().contains("`portner keys new`"));
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert_eq!(
            format!("{:?}", Secret::new(b"hemmeligt".to_vec())),
            "Secret(redacted)"
        );
    }
}
