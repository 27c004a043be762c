//! Files that somebody meant as parties, and that nothing reads. What lies beside parties for other
//! reasons, keys and examples among it, is nobody's concern.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::config::problem::{Problem, Problems};
use crate::config::spelling::edit_distance;

/// Tells of them.
pub(super) fn report(directory: &Path, problems: &mut Problems) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let written = OnceCell::new();
    for path in &paths {
        match ending(path).as_deref() {
            Some("toml") | None => {}
            Some("xml") => {
                let text = || written.get_or_init(|| texts(&paths)).as_str();
                problems.extend(of_nobody(path, text));
            }
            Some(ending) if ending.eq_ignore_ascii_case("toml") => {
                problems.push(not_read(path, Problem::error));
            }
            Some(ending) if is_nearly_toml(path, ending) && !right(path).exists() => {
                problems.push(not_read(path, Problem::warning));
            }
            Some(_) => {}
        }
    }
}

fn ending(path: &Path) -> Option<String> {
    path.extension()
        .map(|ending| ending.to_string_lossy().into_owned())
}

/// `a.tml`, `a.toml.txt`: what editors and hurried fingers make of it.
fn is_nearly_toml(path: &Path, ending: &str) -> bool {
    edit_distance(ending, "toml") == 1 || (ending == "txt" && has_toml_before(path))
}

fn has_toml_before(path: &Path) -> bool {
    let before = path.file_stem().map(Path::new).and_then(ending);
    before.as_deref() == Some("toml")
}

/// What it should have been called.
fn right(path: &Path) -> PathBuf {
    path.with_extension(if has_toml_before(path) { "" } else { "toml" })
}

fn not_read(path: &Path, weigh: fn(String) -> Problem) -> Problem {
    weigh(format!("{} is not read: its ending is not .toml", path.display()))
        .help(format!("rename it to {}", right(path).display()))
}

/// What the files of parties say, one after the other.
fn texts(paths: &[PathBuf]) -> String {
    let parties = paths
        .iter()
        .filter(|path| ending(path).as_deref() == Some("toml"));
    parties
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect()
}

/// Metadata without a file that says what is decided about it.
fn of_nobody<'w>(path: &Path, written: impl FnOnce() -> &'w str) -> Option<Problem> {
    let name = path.file_name()?.to_string_lossy();
    let is_named = path.with_extension("toml").exists() || written().contains(&*name);
    (!is_named).then(|| {
        let problem = Problem::warning(format!("{} belongs to no party", path.display()));
        problem.help("`portner metadata add` makes the .toml that a party needs beside its metadata")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_as_a_party_is_told_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        for name in [
            "a.toml",
            "a.xml",
            "b.tml",
            "c.toml.txt",
            "d.xml",
            "e.TOML",
            "f.pem",
            "g.toml.example",
            "h.txt",
        ] {
            std::fs::write(place.path().join(name), "").unwrap();
        }
        let mut problems = Problems::default();
        report(place.path(), &mut problems);
        let here = format!("{}/", place.path().display());
        let told: Vec<String> = problems
            .iter()
            .map(|problem| format!("{problem} / {}", problem.remedy().unwrap()).replace(&here, ""))
            .collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(
            told[0],
            "b.tml is not read: its ending is not .toml / rename it to b.toml"
        );
        assert_eq!(
            told[1],
            "c.toml.txt is not read: its ending is not .toml / rename it to c.toml"
        );
        assert!(told[2].starts_with("d.xml belongs to no party"), "{told:?}");
        assert!(told[3].starts_with("e.TOML is not read"), "{told:?}");
    }
}
