//! From what an upstream vouched for to the accounts that it reaches (U10, U11).
//!
//! By an account of our own, by UNI-ID or by CPR, each only from a source that is entitled
//! to it; never by e-mail or name (C04). An upstream that speaks for certain institutions
//! reaches nobody else's people (C01).

use jiff::Timestamp;

use super::identity::Claimed;
use crate::domain::person_record::PersonRecord;
use crate::domain::refusal::{Refusal, Refused, SCOPE};
use crate::domain::upstream::UpstreamProfile;
use crate::keys::vault::CprVault;
use crate::store::Store;

/// Looks up whom the upstream means: the person, with the accounts that this identity
/// reaches. There is at least one.
pub async fn recognise(
    store: &Store,
    vault: &CprVault,
    upstream: &UpstreamProfile,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<PersonRecord, Refused> {
    let named = named(store, vault, upstream, claimed, now).await?;
    let Some(named) = named else {
        let upstream = upstream.id.clone();
        return Err(Refusal::NotLinked { upstream }.into());
    };
    let reached = named.within(&upstream.institutions);
    if reached.accounts.is_empty() {
        let check = SCOPE.to_owned();
        return Err(Refusal::UpstreamAnswerRefused {
            upstream: upstream.id.clone(),
            check,
        }
        .because("it vouched for somebody who belongs to none of its institutions"));
    }
    Ok(reached)
}

/// Whom it names, wherever they belong.
async fn named(
    store: &Store,
    vault: &CprVault,
    upstream: &UpstreamProfile,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<Option<PersonRecord>, Refused> {
    let found = if let Some(account) = claimed.account {
        store.record_of_account(account, now).await
    } else if let (Some(uni_id), true) = (&claimed.uni_id, upstream.entitled.uni_id) {
        store.record_by_uni_id(uni_id, now).await
    } else if let (Some(cpr), true) = (&claimed.cpr, upstream.entitled.cpr) {
        store.record_by_cpr(&vault.index(cpr), now).await
    } else {
        Ok(None)
    };
    found.map_err(|error| Refusal::Internal.because(error))
}
