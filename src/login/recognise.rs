//! From what an upstream vouched for to the accounts that it reaches (U10, U11).
//!
//! By an account of our own, by UNI-ID or by CPR, each only from a source that is entitled
//! to it; never by e-mail or name (C04). An upstream that speaks for certain institutions
//! reaches nobody else's people (C01).

use jiff::Timestamp;

use super::identity::Claimed;
use crate::domain::account::{AccountId, UniId};
use crate::domain::cpr::Cpr;
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
        let key = Key::of(upstream, claimed).map_or("none", Key::word);
        let cause = format!("looked for by: {key}; the upstream sent: {}", sent(claimed));
        let upstream = upstream.id.clone();
        return Err(Refusal::NotLinked { upstream }.because(cause));
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
    let found = match Key::of(upstream, claimed) {
        Some(Key::Account(account)) => store.record_of_account(account, now).await,
        Some(Key::UniId(uni_id)) => store.record_by_uni_id(uni_id, now).await,
        Some(Key::Cpr(cpr)) => store.record_by_cpr(&vault.index(cpr), now).await,
        None => Ok(None),
    };
    found.map_err(|error| Refusal::Internal.because(error))
}

/// The key that decides: the first that is there and that the upstream may use.
enum Key<'c> {
    Account(AccountId),
    UniId(&'c UniId),
    Cpr(&'c Cpr),
}

impl<'c> Key<'c> {
    fn of(upstream: &UpstreamProfile, claimed: &'c Claimed) -> Option<Self> {
        let entitled = upstream.entitled;
        let uni_id = || {
            claimed
                .uni_id
                .as_ref()
                .filter(|_| entitled.uni_id)
                .map(Self::UniId)
        };
        let cpr = || claimed.cpr.as_ref().filter(|_| entitled.cpr).map(Self::Cpr);
        claimed.account.map(Self::Account).or_else(uni_id).or_else(cpr)
    }

    /// As `vouches_for` spells it.
    fn word(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::UniId(_) => "uni-id",
            Self::Cpr(_) => "cpr",
        }
    }
}

/// The names of what was sent; an upstream may put everything into its own name for the user.
fn sent(claimed: &Claimed) -> String {
    if claimed.sent.is_empty() {
        "no attributes".to_owned()
    } else {
        claimed.sent.join(", ")
    }
}
