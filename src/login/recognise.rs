//! From what an upstream vouched for to the accounts that it reaches (U10, U11).
//!
//! By an account of our own, by UNI-ID or by CPR, each only from a source that is entitled
//! to it; never by e-mail or name (C04). An upstream that speaks for certain institutions
//! reaches nobody else's people (C01), and what it says of one user must not mean two people.

use jiff::Timestamp;

use super::identity::Claimed;
use crate::domain::account::{AccountId, UniId};
use crate::domain::assurance::IdentityKind;
use crate::domain::eid::CprProof;
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
    if claimed.cpr.is_some() && !upstream.entitled.cpr {
        // Ignored, and told: whoever sends it was not to, or should be registered for it (C05).
        tracing::info!(upstream.id = %upstream.id, reason = "idb.deny[cpr]", "a CPR number is ignored: the upstream does not vouch for any");
    }
    let named = named(store, vault, upstream, claimed, now).await?;
    let Some(named) = named else {
        let looked_for = Key::of(upstream, claimed).map_or_else(
            || "nothing that it vouches by was sent under the names of its [mapping]".to_owned(),
            |key| format!("looked for by: {}", key.word()),
        );
        let employer = claimed.cpr.as_ref().and_then(|proof| proof.employer.as_ref());
        let employer =
            employer.map_or_else(String::new, |at| format!("; employed at CVR {}", at.cvr.as_str()));
        let cause = format!("{looked_for}{employer}; the upstream sent: {}", sent(claimed));
        return Err(unlinked(upstream, claimed).because(cause));
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
        Some(Key::UniId(uni_id)) => {
            let found = store.record_by_uni_id(uni_id, now).await.map_err(Refused::from)?;
            if let (Some(found), Some(proof)) = (&found, proof_of(upstream, claimed)) {
                let by_number = by_cpr(store, vault, upstream, proof, now).await?;
                if by_number.is_some_and(|other| other.person.id != found.person.id) {
                    return Err(contradiction(
                        upstream,
                        "subject_cpr",
                        "its UNI-ID and its CPR number mean two people",
                    ));
                }
            }
            return Ok(found);
        }
        Some(Key::Cpr(proof)) => return by_cpr(store, vault, upstream, proof, now).await,
        None => Ok(None),
    };
    found.map_err(Refused::from)
}

/// By the number, and by the eID's name for the person behind it: that stays when the number
/// changes. The two must not mean different people.
async fn by_cpr(
    store: &Store,
    vault: &CprVault,
    upstream: &UpstreamProfile,
    proof: &CprProof,
    now: Timestamp,
) -> Result<Option<PersonRecord>, Refused> {
    let failed = Refused::from;
    let by_number = match &proof.number {
        Some(number) => store
            .record_by_cpr(&vault.index(number), now)
            .await
            .map_err(failed)?,
        None => None,
    };
    let Some(uuid) = proof.uuid.map(|uuid| vault.index_of_uuid(&uuid)) else {
        return Ok(by_number);
    };
    match (by_number, store.person_by_cpr_uuid(&uuid).await.map_err(failed)?) {
        (None, None) => Ok(None),
        (Some(found), None) => {
            store
                .remember_cpr_uuid(&uuid, found.person.id)
                .await
                .map_err(failed)?;
            Ok(Some(found))
        }
        (Some(found), Some(known)) if found.person.id == known => Ok(Some(found)),
        (None, Some(known)) => {
            if proof.number.is_some() {
                tracing::warn!(upstream.id = %upstream.id, "a CPR number has changed; the directory has the old one");
            }
            let found = store.record_of_person(known, now).await.map_err(failed)?;
            Ok(found)
        }
        (Some(_), Some(_)) => Err(contradiction(
            upstream,
            "cpr_uuid",
            "its CPR number and its name for the person mean two people",
        )),
    }
}

/// What an upstream says of one user means two: neither is let in, since nobody can tell which is wrong.
fn contradiction(upstream: &UpstreamProfile, check: &str, why: &'static str) -> Refused {
    let upstream = upstream.id.clone();
    let check = check.to_owned();
    Refusal::UpstreamAnswerRefused { upstream, check }.because(why)
}

/// The proof of a CPR number that counts of this upstream.
fn proof_of<'c>(upstream: &UpstreamProfile, claimed: &'c Claimed) -> Option<&'c CprProof> {
    let proof = claimed.cpr.as_ref();
    proof.filter(|proof| upstream.entitled.cpr && proof.leads_somewhere())
}

/// Why nobody was found: an employee's identity may simply have no number on it.
fn unlinked(upstream: &UpstreamProfile, claimed: &Claimed) -> Refusal {
    let is_bare = |proof: &CprProof| proof.identity == IdentityKind::Professional && !proof.leads_somewhere();
    let upstream = upstream.id.clone();
    if claimed.cpr.as_ref().is_some_and(is_bare) {
        Refusal::EmployeeWithoutCpr { upstream }
    } else {
        Refusal::NotLinked { upstream }
    }
}

/// The key that decides: the first that is there and that the upstream may use.
enum Key<'c> {
    Account(AccountId),
    UniId(&'c UniId),
    Cpr(&'c CprProof),
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
        let cpr = || proof_of(upstream, claimed).map(Self::Cpr);
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
