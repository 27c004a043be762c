//! From what an upstream vouched for to the accounts that it reaches (U10, U11).
//!
//! By an account of our own, by UNI-ID or by CPR, each only from a source that is entitled
//! to it; never by e-mail or name (C04). An upstream that speaks for certain institutions
//! reaches nobody else's people (C01).

use jiff::Timestamp;

use super::identity::Claimed;
use crate::domain::account::{Account, PersonId};
use crate::domain::refusal::{Refusal, Refused, SCOPE};
use crate::domain::upstream::UpstreamProfile;
use crate::keys::vault::CprVault;
use crate::store::Store;

/// Whose login it is.
#[derive(Debug)]
pub struct Recognised {
    /// The person.
    pub person: PersonId,
    /// The accounts of theirs that this identity reaches; at least one.
    pub accounts: Vec<Account>,
}

/// Looks up whom the upstream means.
pub async fn recognise(
    store: &Store,
    vault: &CprVault,
    upstream: &UpstreamProfile,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<Recognised, Refused> {
    let reached = reached_accounts(store, vault, upstream, claimed).await?;
    let accounts = within_reach(store, upstream, reached, now).await?;
    let person = accounts.first().map(|account| account.person);
    match person {
        Some(person) if accounts.iter().all(|account| account.person == person) => {
            Ok(Recognised { person, accounts })
        }
        Some(_) => Err(Refusal::Internal.because("one CPR index reaches two people")),
        None => Err(Refusal::NotLinked {
            upstream: upstream.id.clone(),
        }
        .into()),
    }
}

async fn reached_accounts(
    store: &Store,
    vault: &CprVault,
    upstream: &UpstreamProfile,
    claimed: &Claimed,
) -> Result<Vec<Account>, Refused> {
    let failed = |error| Refusal::Internal.because(error);
    if let Some(account) = claimed.account {
        return Ok(store
            .account(account)
            .await
            .map_err(failed)?
            .into_iter()
            .collect());
    }
    if let (Some(uni_id), true) = (&claimed.uni_id, upstream.entitled.uni_id) {
        return Ok(store
            .account_by_uni_id(uni_id)
            .await
            .map_err(failed)?
            .into_iter()
            .collect());
    }
    if let (Some(cpr), true) = (&claimed.cpr, upstream.entitled.cpr) {
        return store.accounts_by_cpr(&vault.index(cpr)).await.map_err(failed);
    }
    Ok(Vec::new())
}

/// Keeps the accounts that have something to do with the upstream's institutions. If that
/// leaves nobody of those it named, it spoke for another's users.
async fn within_reach(
    store: &Store,
    upstream: &UpstreamProfile,
    reached: Vec<Account>,
    now: Timestamp,
) -> Result<Vec<Account>, Refused> {
    if upstream.institutions.is_empty() || reached.is_empty() {
        return Ok(reached);
    }
    let mut kept = Vec::new();
    for account in reached {
        let actors = store
            .active_actors_of(account.id, now)
            .await
            .map_err(|error| Refusal::Internal.because(error))?;
        if actors
            .iter()
            .any(|actor| upstream.institutions.contains(&actor.institution.number))
        {
            kept.push(account);
        }
    }
    if kept.is_empty() {
        let check = SCOPE.to_owned();
        return Err(Refusal::UpstreamAnswerRefused {
            upstream: upstream.id.clone(),
            check,
        }
        .because("it vouched for somebody who belongs to none of its institutions"));
    }
    Ok(kept)
}
