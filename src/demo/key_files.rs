//! Keys and secrets of a demonstration: made once, kept, readable by their owner alone.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::error::DemoError;
use crate::ambient::Ambient;
use crate::cli::installation::symmetric_key;
use crate::cli::keys::{KeySetFailed, create_key_set};
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::domain::account::PersonId;
use crate::keys::Signer;
use crate::keys::derive::MasterSecret;
use crate::keys::file::{FileSigner, RsaPadding};
use crate::keys::generate::{KeyKind, generate};
use crate::login::answer::pairwise as pairwise_name;

/// A key that several handlers sign with.
pub(super) type SharedSigner = Arc<dyn Signer>;

/// The product's own set, as `portner keys new` makes it.
pub(super) fn make_portners(directory: &Path, ambient: &Ambient) -> Result<(), DemoError> {
    create_key_set(directory, "localhost", KeyKind::Rsa2048, ambient)
        .map(drop)
        .map_err(|error| match error {
            KeySetFailed::File(source) => DemoError::Files {
                path: directory.to_owned(),
                source,
            },
            other @ KeySetFailed::Key(_) => unusable(directory, other),
        })
}

/// A key pair with certificate for a party, unless it has one.
pub(super) fn make(path: &Path, party: &str, ambient: &Ambient) -> Result<(), DemoError> {
    if path.exists() {
        return Ok(());
    }
    // SAML peers understand RSA; tokens are ES256.
    let kind = match party {
        "storkoebing" | "mitid" => KeyKind::P256,
        _ => KeyKind::Rsa2048,
    };
    let pair = generate(kind, party, ambient).map_err(|error| unusable(path, error))?;
    let text = [pair.private_key.as_str(), &pair.certificate].concat();
    put_private(path, text.as_bytes())
}

/// A secret for a client, unless it has one.
pub(super) fn make_secret(path: &Path, ambient: &Ambient) -> Result<(), DemoError> {
    if path.exists() {
        return Ok(());
    }
    put_private(path, BASE64URL_NOPAD.encode(&ambient.bytes::<32>()).as_bytes())
}

/// Reads a key pair, with its certificate where it has one.
pub(super) fn read(path: &Path) -> Result<SharedSigner, DemoError> {
    let pem = std::fs::read(path).map_err(|source| DemoError::Files {
        path: path.to_owned(),
        source,
    })?;
    let signer = FileSigner::from_pem(&pem, Some(&pem), None, RsaPadding::Pkcs1);
    Ok(Arc::new(signer.map_err(|error| unusable(path, error))?))
}

/// Reads a client's secret.
pub(super) fn read_secret(path: &Path) -> Result<String, DemoError> {
    let text = std::fs::read_to_string(path);
    text.map_err(|source| DemoError::Files {
        path: path.to_owned(),
        source,
    })
}

/// What services of a sector know a person by, under the keys of this plan.
pub(super) fn pairwise(plan: &KeyPlan, sector: &str, person: u8) -> Result<String, DemoError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| DemoError::Key {
        name: KeyPurpose::Pairwise.as_str().to_owned(),
        source,
    };
    let key =
        symmetric_key(plan, KeyPurpose::Pairwise).map_err(|problem| failed(problem.to_string().into()))?;
    let master = MasterSecret::new(&*key).map_err(|error| failed(error.into()))?;
    Ok(pairwise_name(&master, sector, person_id(person)))
}

/// The ids of `config/demo.toml`.
fn person_id(person: u8) -> PersonId {
    PersonId(Uuid::from_u128(0x4000_8000_0000_0000_0000 + u128::from(person)))
}

fn put_private(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    let written = || -> io::Result<()> {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(bytes)
    };
    written().map_err(|source| DemoError::Files {
        path: path.to_owned(),
        source,
    })
}

fn unusable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> DemoError {
    DemoError::Key {
        name: path.display().to_string(),
        source: Box::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_ids_are_those_of_the_directory() {
        let directory = include_str!("../../config/demo.toml");
        let id = person_id(7).0.to_string();
        assert!(directory.contains(&format!("id = \"{id}\"")), "{id}");
    }
}
