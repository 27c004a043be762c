//! Keys that people in the database are lost without: none is made in the place of one that is gone,
//! unless whoever asks says that it is gone for good.

use crate::app::opening::{look_into_store, open_store};
use crate::app::{key_marks, peppers};
use crate::config::Settings;
use crate::config::keys::KeyPurpose;
use crate::config::problem::Problem;
use crate::telemetry::log::chain;

use super::installation;
use super::output::Output;
use super::serve::runtime;

/// The keys that are gone for good: the database forgets that it was used with them.
pub(super) fn let_go(settings: &Settings, named: &[String]) -> Result<Vec<KeyPurpose>, Problem> {
    let mut lost = Vec::new();
    for name in named {
        let known = KeyPurpose::LASTING
            .into_iter()
            .chain([KeyPurpose::PasswordPepper]);
        let purpose = known.clone().find(|purpose| purpose.as_str() == name);
        lost.push(purpose.ok_or_else(|| {
            let known: Vec<_> = known.map(KeyPurpose::as_str).collect();
            Problem::error(format!("no key called {name} is one that people are lost with"))
                .help(format!("name one of: {}", known.join(", ")))
        })?);
    }
    if lost.is_empty() {
        return Ok(lost);
    }
    let forget = async {
        let store = open_store(settings).await?;
        for purpose in &lost {
            let forgotten = store.forget_key_marks(purpose.as_str()).await;
            forgotten.map_err(|error| Problem::error(chain(&error)).help("try again"))?;
        }
        Ok(())
    };
    let done: Result<(), Box<Problem>> = runtime().and_then(|runtime| runtime.block_on(forget));
    done.map(|()| lost).map_err(|problem| *problem)
}

/// Refuses to make a key in place of one that people in the database are lost without. Where no
/// database answers there is none yet; `serve` looks again.
pub(super) fn none_is_needed(settings: &Settings, lost: &[KeyPurpose]) -> Result<(), Problem> {
    let missing: Vec<KeyPurpose> = KeyPurpose::LASTING
        .into_iter()
        .filter(|purpose| !lost.contains(purpose))
        .filter(|purpose| {
            // One beside it is the one before: the new one takes over from it.
            let mut known = purpose.beside().iter().chain([purpose]);
            known.all(|purpose| installation::read(&settings.keys, *purpose).is_err())
        })
        .collect();
    let looks_at_pepper = !lost.contains(&KeyPurpose::PasswordPepper);
    let needed = async {
        let store = look_into_store(settings).await?;
        for purpose in missing {
            if key_marks::is_needed(purpose, &store).await {
                return Some(gone(settings, purpose));
            }
        }
        let asked = looks_at_pepper.then(|| peppers::none_is_needed(&settings.keys, &store));
        asked?.await.err()
    };
    let needed = runtime().ok().and_then(|runtime| runtime.block_on(needed));
    needed.map_or(Ok(()), Err)
}

fn gone(settings: &Settings, purpose: KeyPurpose) -> Problem {
    let (name, place) = (purpose.as_str(), settings.keys.source(purpose));
    let problem = Problem::error(format!(
        "keys.{name} is gone, and the people in the database were known by it; no key was made"
    ));
    problem.help(format!(
        "bring it back from its backup to {place}; with another {}. Only where it is gone for good: \
         `portner keys new --lost {name}`",
        key_marks::loss(purpose)
    ))
}

/// A pepper that was made because the one before is gone is remembered as agreed upon: until the first
/// login with it, nothing else would tell it from one that somebody put there by mistake.
pub(super) fn keep_agreement(settings: &Settings, lost: &[KeyPurpose], output: &mut Output) -> bool {
    if !lost.contains(&KeyPurpose::PasswordPepper) {
        return true;
    }
    let keep = async {
        let store = open_store(settings).await?;
        let kept = peppers::agree(&settings.keys, &store).await;
        kept.map_err(|error| Box::new(Problem::error(chain(&error)).help("run the same command again")))
    };
    let done: Result<(), Box<Problem>> = runtime().and_then(|runtime| runtime.block_on(keep));
    if let Err(problem) = &done {
        output.problem(problem);
    } else {
        output
            .line("every password that there was is of no use: give everybody a code (portner password new)");
    }
    done.is_ok()
}
