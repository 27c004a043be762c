//! Opening the store that the settings name, with what helps where it cannot be.

use super::{CannotStart, because};
use crate::cli::keys::create_private_directory;
use crate::config::settings::{self, Settings};
use crate::store::{Store, StoreUrl};

/// Opens the store; a first start makes it.
pub(crate) async fn open_store(settings: &Settings) -> Result<Store, CannotStart> {
    const WHAT: &str = "the store cannot be opened";
    let help = match &settings.store.url {
        settings::StoreUrl::Postgres(_) => {
            "see [store] in the settings: is the server there, does it know this user, password and database?"
        }
        _ => {
            "see [store] in the settings: a SQLite file in a folder that this user may write to; a damaged file is replaced by its backup"
        }
    };
    if let settings::StoreUrl::Sqlite(file) = &settings.store.url {
        // A first start has no folder yet.
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = folder.map_or(Ok(()), create_private_directory);
        made.map_err(because(WHAT, help))?;
    }
    let url = settings.store.connect_url().map_err(because(WHAT, help))?;
    let url = StoreUrl::parse(&url).map_err(because(WHAT, help))?;
    Store::open(&url).await.map_err(because(WHAT, help))
}

/// The store as it is, for commands that only look; nothing where it is not there or does not
/// answer.
pub(crate) async fn look_into_store(settings: &Settings) -> Option<Store> {
    let url = settings.store.connect_url().ok()?;
    let url = StoreUrl::parse(&url).ok()?;
    Store::open_to_look(&url).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_first_start_makes_the_folder_of_the_store() {
        let place = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.store.url = settings::StoreUrl::Sqlite(place.path().join("data/portner.db"));
        assert!(open_store(&settings).await.is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let folder = std::fs::metadata(place.path().join("data")).unwrap();
            assert_eq!(folder.permissions().mode() & 0o777, 0o700);
        }
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_told_with_what_helps_there() {
        let mut settings = Settings::default();
        let url = "postgres://portner@127.0.0.1:1/portner".parse().unwrap();
        settings.store.url = settings::StoreUrl::Postgres(url);
        let problem = open_store(&settings).await.map(drop).unwrap_err();
        assert!(problem.to_string().contains("connection refused"), "{problem}");
        assert!(problem.remedy().unwrap().contains("is the server there"));
    }
}
