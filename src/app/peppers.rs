//! The pepper of passwords, and whether the hashes in the database were made with one that is not here:
//! then every right password is wrong, and nothing else tells. How a hash is made is `credentials`.

use zeroize::Zeroizing;

use super::{CannotStart, because};
use crate::cli::installation;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::problem::{Problem, Weight};
use crate::config::secret::SecretSource;
use crate::credentials::argon2::Pepper;
use crate::keys::derive::{Label, MasterSecret};
use crate::keys::mark::KeyMark;
use crate::store::{Store, StoreError};

const PEPPER: KeyPurpose = KeyPurpose::PasswordPepper;
const BOTH: [KeyPurpose; 2] = [PEPPER, KeyPurpose::PasswordPepperPrevious];

/// The pepper of this purpose, if there is one. Its name, which hashes carry, follows from it.
pub(super) fn pepper(plan: &KeyPlan, purpose: KeyPurpose) -> Result<Option<Pepper>, CannotStart> {
    const HELP: &str = "a pepper has 64 hexadecimal digits; bring it back from its backup";
    if let SecretSource::File(path) = plan.source(purpose)
        && !path.exists()
    {
        return Ok(None);
    }
    let key = installation::symmetric_key(plan, purpose).map_err(Box::new)?;
    let secret = MasterSecret::new(key.as_slice()).map_err(because("the pepper is of no use", HELP))?;
    let name = secret.derive(Label::KeyMark, &[b"password pepper"]);
    let name: String = data_encoding::HEXLOWER
        .encode(name.as_slice())
        .chars()
        .take(8)
        .collect();
    Ok(Pepper::new(&name, Zeroizing::new(key.to_vec())))
}

/// What is wrong with the peppers, as far as the hashes in the database can tell; changes nothing. An
/// error where hashes were made with another pepper and none with the one that is here; a warning where
/// some people were left behind by a change.
pub(crate) async fn lacking(plan: &KeyPlan, store: &Store) -> Result<Option<Problem>, StoreError> {
    // A file that cannot be read is told by those who look at keys.
    let known: Vec<Pepper> = BOTH
        .iter()
        .filter_map(|purpose| pepper(plan, *purpose).ok().flatten())
        .collect();
    let known: Vec<String> = known.iter().map(Pepper::in_hashes).collect();
    let lost = store.hashes_lacking(&known).await?;
    if lost == 0 {
        return Ok(None);
    }
    let is_used = match pepper(plan, PEPPER).ok().flatten() {
        Some(pepper) => store.has_hashes_with(&pepper.in_hashes()).await? || is_agreed(plan, store).await?,
        None => false,
    };
    Ok(Some(if is_used {
        Problem::warning(format!(
            "{lost} accounts have passwords that were hashed with a pepper that is not here any more"
        ))
        .help("give each of them a code: portner password new USERNAME")
    } else {
        Problem::error(format!(
            "keys.{}: {lost} accounts have passwords that were hashed with a pepper that is not here",
            PEPPER.as_str()
        ))
        .help(format!(
            "bring it back from its backup to {}; {ONLY_WHERE}",
            plan.source(PEPPER)
        ))
    }))
}

const ONLY_WHERE: &str = "every right password is wrong with another. Only where it is gone for good: `portner keys \
                          new --lost password-pepper`, and a code for everybody";

/// Refuses to serve people whose every password would be wrong; warns where it is only some.
pub(super) async fn recognise(plan: &KeyPlan, store: &Store) -> Result<(), CannotStart> {
    let asked = lacking(plan, store).await;
    let asked = asked.map_err(because(
        "it cannot be told whether the pepper is that of this database",
        "look whether the database of [store] answers",
    ))?;
    match asked {
        Some(problem) if problem.weight() == Weight::Error => Err(Box::new(problem)),
        Some(problem) => {
            tracing::warn!("{problem}");
            Ok(())
        }
        None => Ok(()),
    }
}

/// Refuses to make a pepper in place of one that hashes were made with. One that is called the previous is
/// known: the new one takes over from it.
pub(crate) async fn none_is_needed(plan: &KeyPlan, store: &Store) -> Result<(), Problem> {
    match lacking(plan, store).await {
        Ok(Some(problem)) if is_missing(plan) => Err(problem.noting("no key was made")),
        _ => Ok(()),
    }
}

fn is_missing(plan: &KeyPlan) -> bool {
    installation::read(plan, PEPPER).is_err()
}

/// Remembers that the pepper that is here was made because the one before is gone for good.
pub(crate) async fn agree(plan: &KeyPlan, store: &Store) -> Result<(), StoreError> {
    match mark(plan) {
        Some(mark) => store.remember_key_mark(PEPPER.as_str(), &mark).await,
        None => Ok(()),
    }
}

async fn is_agreed(plan: &KeyPlan, store: &Store) -> Result<bool, StoreError> {
    let known = store.key_marks(PEPPER.as_str()).await?;
    Ok(mark(plan).is_some_and(|mark| known.contains(&mark)))
}

fn mark(plan: &KeyPlan) -> Option<KeyMark> {
    let key = installation::symmetric_key(plan, PEPPER).ok()?;
    KeyMark::of(&key, PEPPER.as_str()).ok()
}
