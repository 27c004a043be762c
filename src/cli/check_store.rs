//! Whether the SQLite file can be written, by whom it can be read, and whether the keys are those
//! that it was used with. A database elsewhere is left alone: `check` calls nobody.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use crate::app::opening::look_into_store;
use crate::app::{key_marks, peppers};
use crate::config::problem::{Problem, Problems};
use crate::config::settings::{Settings, StoreUrl};

use super::serve::runtime;

/// Looks at the file that `store.url` names, and at the folder it is or will be in.
pub(super) fn check_store(settings: &Settings, problems: &mut Problems) {
    let StoreUrl::Sqlite(file) = &settings.store.url else {
        return;
    };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if let Err(error) = writable(file, folder) {
        let problem = Problem::error(format!(
            "store.url: {} cannot be written: {error}",
            file.display()
        ));
        problems.push(problem.help(format!(
            "let the user that Portner runs as write to {} and what is in it, or name another place",
            folder.display()
        )));
    }
    let open: Vec<String> = [
        folder.to_owned(),
        file.clone(),
        beside(file, "-wal"),
        beside(file, "-shm"),
    ]
    .into_iter()
    .filter(|path| is_open_to_others(path))
    .map(|path| path.display().to_string())
    .collect();
    // A folder that nobody else may enter guards what is in it, and the other way round.
    if is_open_to_others(folder) && open.len() > 1 {
        let files = open.join(" ");
        let problem = Problem::warning(format!("store.url: others on this machine can read {files}"));
        problems.push(problem.help(format!("run: chmod go= {files}")));
    }
}

/// Whether a database that is here was used with other keys than those that are here now.
pub(super) fn check_key_marks(settings: &Settings, problems: &mut Problems) {
    if !matches!(&settings.store.url, StoreUrl::Sqlite(_)) {
        return;
    }
    let strangers = async {
        let store = look_into_store(settings).await?;
        let mut found = key_marks::strangers(&settings.keys, &store).await;
        found.extend(peppers::lacking(&settings.keys, &store).await.ok().flatten());
        store.close().await;
        Some(found)
    };
    let found = runtime().ok().and_then(|runtime| runtime.block_on(strangers));
    problems.extend(found.unwrap_or_default());
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// SQLite writes the file, and its log beside it.
fn writable(file: &Path, folder: &Path) -> io::Result<()> {
    if file.exists() {
        OpenOptions::new().append(true).open(file)?;
    }
    // A first start makes the folder; then the nearest that is there decides.
    let there = folder
        .ancestors()
        .find(|path| path.exists() || path.as_os_str().is_empty());
    let there = there
        .filter(|path| !path.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let probe = there.join(format!(".portner-check-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&probe)?;
    std::fs::remove_file(&probe)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(file: &Path) -> Vec<String> {
        let mut settings = Settings::default();
        settings.store.url = StoreUrl::Sqlite(file.to_owned());
        let mut problems = Problems::default();
        check_store(&settings, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(told(&place.path().join("data/portner.db")), [""; 0]);
        let file = place.path().join("file");
        std::fs::write(&file, "").unwrap();
        let told = told(&file.join("portner.db"));
        assert!(told[0].contains("cannot be written"), "{told:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_database_that_everybody_can_read_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("portner.db");
        std::fs::write(&file, "").unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&file, 0o644);
        set(place.path(), 0o700);
        assert_eq!(told(&file), [""; 0], "the folder guards it");
        set(place.path(), 0o755);
        assert!(told(&file)[0].contains("others on this machine can read"));
        set(&file, 0o600);
        assert_eq!(told(&file), [""; 0]);
    }
}
