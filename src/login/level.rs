//! The one place that says how sure we are of somebody at a moment: what was proved, and whether an adult
//! vouches for them now, in this session and at this service (DR08, DR09).
//!
//! Whatever rests on it asks here each time; it is never written down with a session. An adult's word makes
//! nobody a second factor and no NSIS level (I14).

use jiff::Timestamp;

use super::driver::Driver;
use super::transaction::LoginTransaction;
use crate::domain::account::{AccountId, PersonId};
use crate::domain::approval::{Adult, AdultKind, Approval, ApprovalId};
use crate::domain::assurance::Assurance;
use crate::domain::institution::InstitutionNumber;
use crate::domain::refusal::Refused;
use crate::domain::service::ServiceProfile;

/// An adult's word that counts at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Which.
    pub approval: ApprovalId,
    /// Who vouches.
    pub kind: AdultKind,
    /// For what the pupil is there, and nowhere else; a parent's word counts wherever the pupil is one.
    pub institution: Option<InstitutionNumber>,
    /// From this moment on it counts no more.
    pub not_after: Timestamp,
}

impl Vouched {
    pub(super) fn of(approval: &Approval) -> Option<Self> {
        let given = approval.given.as_ref()?;
        Some(Self {
            approval: approval.id,
            kind: given.by.kind(),
            institution: given.by.institution().cloned(),
            not_after: given.not_after,
        })
    }
}

/// The level at this moment.
pub fn at(proved: Assurance, vouched: Option<&Vouched>, now: Timestamp) -> Assurance {
    Assurance {
        adult_verified: proved.adult_verified || vouched.is_some_and(|vouched| now < vouched.not_after),
        ..proved
    }
}

/// What an adult's word could make of it.
pub fn with_an_adult(proved: Assurance) -> Assurance {
    Assurance {
        adult_verified: true,
        ..proved
    }
}

impl Driver {
    /// The adult's word that counts for this login at this service, where there is one: the latest to end.
    pub(super) async fn vouched(
        &self,
        tx: &LoginTransaction,
        service: &ServiceProfile,
    ) -> Result<Option<Vouched>, Refused> {
        let (true, Some(_), Some(account)) = (service.faktor_2, tx.identity(), tx.account()) else {
            return Ok(None);
        };
        let now = self.ambient.now();
        let found = self.store.approvals_of_session(tx.session(), account, now).await;
        let mut best: Option<Vouched> = None;
        for approval in found.map_err(Refused::from)? {
            // A word that a service asked for by itself raises that service's tokens, and no browser.
            let counts = approval.counts_at(&service.id, now) && !approval.is_without_browser();
            if !counts || Some(approval.person) != tx.person() {
                continue;
            }
            let lasts_longer = |known: &Vouched| {
                approval
                    .given
                    .as_ref()
                    .is_some_and(|given| given.not_after > known.not_after)
            };
            if best.as_ref().is_none_or(lasts_longer) && self.still_vouches(&approval).await? {
                best = Vouched::of(&approval);
            }
        }
        Ok(best)
    }

    /// Whether the adult may vouch for the pupil at this moment (I06, I09).
    pub(super) async fn still_vouches(&self, approval: &Approval) -> Result<bool, Refused> {
        let now = self.ambient.now();
        match approval.given.as_ref().map(|given| &given.by) {
            Some(Adult::Teacher(helper)) => {
                let may = self.store.may_vouch(helper, approval.account, now).await;
                may.map_err(Refused::from)
            }
            Some(Adult::Parent { person, .. }) => self.has_custody(*person, approval.account).await,
            None => Ok(false),
        }
    }

    /// Whether somebody has custody of the pupil with this account.
    pub(super) async fn has_custody(&self, adult: PersonId, pupil: AccountId) -> Result<bool, Refused> {
        let wards = self.store.wards_of(adult, self.ambient.now()).await;
        let wards = wards.map_err(Refused::from)?;
        Ok(wards.iter().any(|ward| ward.account == pupil))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::assurance::Factors;

    #[test]
    fn an_adults_word_counts_to_the_second_and_makes_nothing_else() {
        let at_second = |second: i64| Timestamp::from_second(second).unwrap();
        let vouched = Vouched {
            approval: ApprovalId(Uuid::nil()),
            kind: AdultKind::Teacher,
            institution: None,
            not_after: at_second(7200),
        };
        let level = at(Assurance::LOWEST, Some(&vouched), at_second(7199));
        assert!(level.adult_verified);
        assert_eq!((level.nsis, level.factors), (None, Factors::One));
        assert!(!at(Assurance::LOWEST, Some(&vouched), at_second(7200)).adult_verified);
        assert!(!at(Assurance::LOWEST, None, at_second(0)).adult_verified);
    }
}
