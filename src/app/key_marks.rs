//! Keys that what is in the database was made with. One that was lost or exchanged is refused
//! before it makes strangers of everybody: the database keeps a mark of each.

use zeroize::Zeroizing;

use super::{CannotStart, because};
use crate::cli::installation;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::problem::Problem;
use crate::keys::mark::KeyMark;
use crate::store::{Store, StoreError};

/// How a key stands to what is in the database.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It was used with it.
    Known,
    /// Nothing speaks against it: nobody is there yet, or it takes over from one that was used.
    New,
    /// Others were used with it.
    Strange,
}

/// Refuses keys that the database was not used with, and remembers those that are new to it.
pub(super) async fn recognise(plan: &KeyPlan, store: &Store) -> Result<(), CannotStart> {
    for purpose in KeyPurpose::LASTING {
        let key = installation::symmetric_key(plan, purpose)?;
        let asked = standing(plan, purpose, &key, store).await;
        match asked.map_err(because(WHAT, HELP))? {
            Standing::Known => {}
            Standing::New => remember(purpose, &key, store)
                .await
                .map_err(because(WHAT, HELP))?,
            Standing::Strange => return Err(Box::new(strange(plan, purpose))),
        }
    }
    Ok(())
}

const WHAT: &str = "it cannot be told whether the keys are those of this database";
const HELP: &str = "look whether the database of [store] answers";

/// What is wrong with the keys, as far as the database knows keys; changes nothing.
pub(crate) async fn strangers(plan: &KeyPlan, store: &Store) -> Vec<Problem> {
    let mut found = Vec::new();
    for purpose in KeyPurpose::LASTING {
        // A key that cannot be read is told by those who look at keys, and a database from before
        // marks were kept knows none.
        let Ok(key) = installation::symmetric_key(plan, purpose) else {
            continue;
        };
        match standing(plan, purpose, &key, store).await {
            Ok(Standing::Strange) => found.push(strange(plan, purpose)),
            Ok(Standing::New) if knows_none(purpose, store).await => found.push(for_good(purpose)),
            _ => {}
        }
    }
    found
}

/// Whether people are there and no key is known, as after `--lost`.
async fn knows_none(purpose: KeyPurpose, store: &Store) -> bool {
    let marks = store.key_marks(purpose.as_str()).await;
    marks.is_ok_and(|marks| marks.is_empty()) && store.has_people().await.unwrap_or_default()
}

fn for_good(purpose: KeyPurpose) -> Problem {
    let name = purpose.as_str();
    let problem = Problem::warning(format!(
        "keys.{name}: the database knows none; the next `serve` takes the one that is here, for good"
    ));
    problem.help("look whether it is the right one")
}

/// Whether people are in the database who are lost without the key that was used.
pub(crate) async fn is_needed(purpose: KeyPurpose, store: &Store) -> bool {
    let has_marks = store.key_marks(purpose.as_str()).await;
    let has_people = store.has_people().await.unwrap_or_default();
    // Before marks were kept, keys were used all the same.
    has_people && has_marks.map_or(true, |marks| !marks.is_empty())
}

/// What it means that the key is another one.
pub(crate) const fn loss(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::CprSeal => "no CPR number that is kept can be read until the people are loaded again",
        KeyPurpose::CprIndex => "nobody is found by CPR number until the people are loaded again",
        _ => "every service meets everybody as a stranger, for good",
    }
}

async fn standing(
    plan: &KeyPlan,
    purpose: KeyPurpose,
    key: &Zeroizing<[u8; 32]>,
    store: &Store,
) -> Result<Standing, StoreError> {
    let known = store.key_marks(purpose.as_str()).await?;
    let is_known = |key: &Zeroizing<[u8; 32]>| {
        KeyMark::of(key, purpose.as_str()).is_ok_and(|mark| known.contains(&mark))
    };
    if is_known(key) {
        return Ok(Standing::Known);
    }
    let mut beside = purpose.beside().iter();
    let takes_over =
        beside.any(|other| installation::symmetric_key(plan, *other).is_ok_and(|key| is_known(&key)));
    if known.is_empty() || takes_over || !store.has_people().await? {
        return Ok(Standing::New);
    }
    Ok(Standing::Strange)
}

async fn remember(purpose: KeyPurpose, key: &Zeroizing<[u8; 32]>, store: &Store) -> Result<(), StoreError> {
    if !store.has_people().await? {
        store.forget_key_marks(purpose.as_str()).await?;
    }
    // A key of 32 bytes always has a mark.
    match KeyMark::of(key, purpose.as_str()) {
        Ok(mark) => store.remember_key_mark(purpose.as_str(), &mark).await,
        Err(_) => Ok(()),
    }
}

fn strange(plan: &KeyPlan, purpose: KeyPurpose) -> Problem {
    let (name, source) = (purpose.as_str(), plan.source(purpose));
    Problem::error(format!(
        "keys.{name}: {source} is not the key that this database was used with"
    ))
    .help(format!(
        "bring the one that was used back from its backup; with another {}. Only where it is gone for \
         good: `portner keys new --lost {name}`",
        loss(purpose)
    ))
}
