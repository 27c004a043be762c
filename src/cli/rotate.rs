//! `portner keys next` and `portner keys retire`: one key takes over from another, and no peer
//! notices (M01). A running Portner takes the files over within half a minute.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::ambient::Ambient;
use crate::config::Settings;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::problem::Problem;
use crate::keys::generate::KeyKind;
use crate::telemetry::log::chain;

use super::installation;
use super::keys::{key_text, write_private};
use super::output::Output;

/// For how long the next key is published before it signs: longer than peers cache our keys.
const PUBLISHED_BEFORE: SignedDuration = SignedDuration::from_hours(48);

/// The purposes that are meant: those named, or all that are there and rotate without being named.
fn purposes(plan: &KeyPlan, named: &[String]) -> Result<Vec<KeyPurpose>, Problem> {
    let rotating = || KeyPurpose::ALL.into_iter().filter(|purpose| purpose.rotates());
    if named.is_empty() {
        let is_here = |purpose: &KeyPurpose| !purpose.is_optional() || installation::is_there(plan, *purpose);
        let unasked = rotating().filter(|purpose| purpose.rotates_unasked());
        return Ok(unasked.filter(is_here).collect());
    }
    let find = |name: &String| {
        rotating()
            .find(|purpose| purpose.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<_> = rotating().map(KeyPurpose::as_str).collect();
                Problem::error(format!("no key called {name} can be rotated"))
                    .help(format!("name one of: {}", known.join(", ")))
            })
    };
    named.iter().map(find).collect()
}

/// Makes the keys that will take over. Those that are there already stay.
pub(super) fn next(
    settings: &Settings,
    named: &[String],
    rsa: KeyKind,
    ambient: &Ambient,
    output: &mut Output,
) -> bool {
    let made = purposes(&settings.keys, named).and_then(|purposes| {
        let mut made = Vec::new();
        for purpose in purposes {
            let path = next_file(&settings.keys, purpose)?;
            if path.exists() {
                continue;
            }
            let host = settings.origin.host();
            let text =
                key_text(purpose, host, rsa, ambient).map_err(|error| Problem::error(chain(&error)))?;
            write_private(&path, text.as_bytes()).map_err(|error| unwritable(&path, &error))?;
            made.push((purpose, path));
        }
        Ok(made)
    });
    match made {
        Ok(made) if made.is_empty() => output.line("every next key is there already; none was made"),
        Ok(made) => {
            for (_, path) in &made {
                output.line(format!("made {}", path.display()));
            }
            for line in what_then(&made, !named.is_empty()) {
                output.line(line);
            }
        }
        Err(problem) => {
            output.problem(&problem);
            return false;
        }
    }
    true
}

/// What is to be done when. Whoever named keys is told to name them again: a bare `retire` takes along
/// whatever else waits.
fn what_then(made: &[(KeyPurpose, PathBuf)], named: bool) -> Vec<String> {
    let waiting = made.iter().map(|(purpose, _)| *purpose);
    let rotating: Vec<_> = waiting
        .clone()
        .filter(|purpose| purpose.rotates_unasked())
        .collect();
    let called: Vec<_> = rotating.iter().map(|purpose| purpose.as_str()).collect();
    let mut lines = Vec::new();
    if !called.is_empty() {
        let name = if named {
            format!(" {}", called.join(" "))
        } else {
            String::new()
        };
        lines.push(format!(
            "from now on peers are told of it; in 48 hours: portner keys retire{name}"
        ));
    }
    if waiting.into_iter().any(|purpose| purpose == KeyPurpose::Metadata) {
        let line = "metadata: no protocol tells of it. Hand its certificate to whoever pins the old one; when all \
                    have it: portner keys retire metadata";
        lines.push(line.to_owned());
    }
    lines
}

/// Lets the next keys take over. `now`: without waiting until peers have seen them.
pub(super) fn retire(
    settings: &Settings,
    named: &[String],
    now: bool,
    ambient: &Ambient,
    output: &mut Output,
) -> bool {
    let plan = &settings.keys;
    if now && named.is_empty() {
        let problem = Problem::error("--now is for a key that has leaked: name it");
        output.problem(&problem.help("such as: portner keys retire --now tokens-es256"));
        return false;
    }
    let done = purposes(plan, named).and_then(|purposes| {
        // With none named, those that have a next key are meant.
        let meant: Vec<_> = purposes
            .into_iter()
            .filter(|purpose| !named.is_empty() || plan.next_file(*purpose).is_some_and(|path| path.exists()))
            .collect();
        if meant.is_empty() {
            return Err(no_next("there is no next key"));
        }
        for purpose in &meant {
            check_age(&next_file(plan, *purpose)?, *purpose, now, ambient.now())?;
        }
        for purpose in &meant {
            take_over(plan, *purpose, ambient.now())?;
        }
        Ok(meant)
    });
    match done {
        Ok(purposes) => {
            let mut well = true;
            for purpose in purposes {
                let name = purpose.as_str();
                match installation::looked_at(plan, purpose, ambient.now()) {
                    Ok(()) => output.line(format!(
                        "{name}: the next key is the current one; a Portner that runs takes it within 30 seconds"
                    )),
                    Err(problem) => {
                        well = false;
                        output.problem(&problem.noting(&format!(
                            "a Portner that runs will not take the new key of {name}"
                        )));
                    }
                }
            }
            well
        }
        Err(problem) => {
            output.problem(&problem);
            false
        }
    }
}

fn next_file(plan: &KeyPlan, purpose: KeyPurpose) -> Result<PathBuf, Problem> {
    plan.next_file(purpose).ok_or_else(|| {
        Problem::error(format!("{} is not kept in the keys directory", purpose.as_str()))
            .help("rotate it where it is kept, and restart Portner")
    })
}

fn no_next(what: &str) -> Problem {
    Problem::error(what.to_owned()).help("make one with `portner keys next`, and wait 48 hours")
}

fn check_age(path: &Path, purpose: KeyPurpose, at_once: bool, now: Timestamp) -> Result<(), Problem> {
    let made = std::fs::metadata(path)
        .and_then(|file| file.modified())
        .map_err(|_| no_next(&format!("{} has no next key", purpose.as_str())))?;
    let made = Timestamp::try_from(made).unwrap_or(Timestamp::MAX);
    let age = now.duration_since(made);
    if at_once || age >= PUBLISHED_BEFORE {
        return Ok(());
    }
    let hours = age.as_hours();
    Err(Problem::error(format!(
        "the next key of {} has been published for {hours} hours; peers may not have seen it yet",
        purpose.as_str()
    ))
    .help("wait until it is 48, or, when the current key has leaked, add --now"))
}

/// The current key becomes a retired one, and the next the current one. Called again after a
/// crash between the two, it does the rest.
fn take_over(plan: &KeyPlan, purpose: KeyPurpose, now: Timestamp) -> Result<(), Problem> {
    let current = plan.directory().join(purpose.file_name());
    let retired = plan.retired_file(purpose, now);
    if current.exists() {
        std::fs::rename(&current, &retired).map_err(|error| unwritable(&retired, &error))?;
    }
    let next = next_file(plan, purpose)?;
    std::fs::rename(&next, &current).map_err(|error| unwritable(&current, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::error(format!("{} cannot be written: {error}", path.display()))
        .help("run this as the user that owns the keys directory")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ambient::{ManualClock, OsEntropy};
    use crate::cli::installation::{ring, sealing_keys};
    use crate::cli::keys::create_key_set;
    use crate::config::problem::Source;

    fn settings(directory: &Path) -> Settings {
        let text = format!("[keys]\ndirectory = \"{}\"\n", directory.display());
        Settings::parse(&Source::new("portner.toml", &text)).unwrap()
    }

    #[test]
    fn a_key_goes_from_next_to_current_to_retired() {
        let directory = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        create_key_set(directory.path(), "login.example", KeyKind::Rsa2048, &ambient).unwrap();
        let settings = settings(directory.path());
        let purpose = KeyPurpose::TokensEs256;
        let named = [purpose.as_str().to_owned(), "seal-current".to_owned()];
        let ids = |at: jiff::Timestamp| -> Vec<String> {
            let ring = ring(&settings.keys, purpose, at).unwrap();
            ring.published().map(|key| key.key_id().to_owned()).collect()
        };
        let mut output = Output::standard();
        let first = ids(ambient.now());
        assert!(
            !retire(&settings, &named, true, &ambient, &mut output),
            "there is no next key"
        );
        assert!(next(&settings, &named, KeyKind::Rsa2048, &ambient, &mut output));
        let announced = ids(ambient.now());
        assert_eq!(announced.len(), 2);
        assert_eq!(announced[0], first[0]);
        assert!(
            !retire(&settings, &named, false, &ambient, &mut output),
            "nobody has seen it yet"
        );
        assert_eq!(ids(ambient.now()), announced, "nothing was done");
        assert!(retire(&settings, &named, true, &ambient, &mut output));
        let after = ids(ambient.now());
        assert_eq!(after, [announced[1].clone(), announced[0].clone()]);
        let (_, others) = sealing_keys(&settings.keys).unwrap();
        assert_eq!(others.len(), 1, "what the old key sealed still opens");
        let in_a_week = ambient.now() + jiff::SignedDuration::from_hours(7 * 24 + 1);
        assert_eq!(ids(in_a_week), [announced[1].clone()], "and then is forgotten");
        assert!(!next(
            &settings,
            &["pairwise".to_owned()],
            KeyKind::Rsa2048,
            &ambient,
            &mut output
        ));
    }

    /// M01: the next key is published for 48 hours before it signs, and not a minute less.
    #[test]
    fn a_next_key_waits_48_hours_unless_the_old_one_has_leaked() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2027-03-01T08:00:00Z".parse().unwrap()));
        let ambient = Ambient::new(Arc::clone(&clock) as _, Arc::new(OsEntropy));
        create_key_set(directory.path(), "login.example", KeyKind::Rsa2048, &ambient).unwrap();
        let settings = settings(directory.path());
        let mut output = Output::standard();
        let named = ["decryption".to_owned(), "metadata".to_owned()];
        assert!(next(&settings, &named, KeyKind::Rsa2048, &ambient, &mut output));
        for file in ["decryption.next.pem", "metadata.next.pem"] {
            let file = std::fs::File::options()
                .append(true)
                .open(directory.path().join(file));
            file.unwrap().set_modified(ambient.now().into()).unwrap();
        }
        clock.advance(SignedDuration::from_mins(48 * 60 - 1));
        assert!(!retire(&settings, &named, false, &ambient, &mut output));
        clock.advance(SignedDuration::from_mins(1));
        assert!(retire(&settings, &named, false, &ambient, &mut output));
    }

    #[test]
    fn who_pins_our_metadata_is_not_surprised() {
        let directory = tempfile::tempdir().unwrap();
        let plan = settings(directory.path()).keys;
        let unnamed = purposes(&plan, &[]).unwrap();
        assert!(!unnamed.contains(&KeyPurpose::AssertionsEs256), "there is none");
        assert!(unnamed.contains(&KeyPurpose::Decryption));
        assert!(!unnamed.contains(&KeyPurpose::Metadata));
        assert!(purposes(&plan, &["metadata".to_owned()]).is_ok());
    }
}
