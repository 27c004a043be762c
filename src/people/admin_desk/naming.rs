//! Whom a name means by which somebody is to be written in. Names that are nobody's, and those of another
//! owner's people, are so many a day: whoever tries more learns of none of them who is there (G05, K01).

use jiff::Timestamp;

use super::{AdminDesk, DeskError, Done, Why};
use crate::domain::account::{Account, UniId};
use crate::domain::desk::DeskAct;
use crate::domain::login_name::BareName;
use crate::store::StoreError;

/// How many names that are not the institution's its programs try in a day, all of them together.
const BY_PROGRAMS: u64 = 20;
/// The same of its administrators.
const BY_PEOPLE: u64 = 60;
/// Hours in which they are counted.
const HOURS: i64 = 24;

/// Somebody whom a name means.
pub(super) struct Named {
    pub(super) account: Account,
    /// Whether the institution, or another one of its owner's, has them by more than somebody's hand.
    pub(super) is_ours: bool,
}

impl AdminDesk {
    /// Whoever has exactly this user name or UNI-ID. What is not the institution's is counted before it is
    /// known whether there is anybody.
    pub(super) async fn named(&self, name: &str) -> Done<Named> {
        let found = self.find(name).await?;
        let store = &self.tools.store;
        let is_ours = match &found {
            Some(account) => store.is_of_owner(account.id, self.here(), self.now()).await?,
            None => false,
        };
        if !is_ours && self.is_over_budget().await? {
            self.note_tried(found.as_ref(), "too many today").await?;
            tracing::warn!(institution.number = %self.here(), by = %self.doer(), "too many names are tried at a desk");
            return Err(DeskError::Cannot(Why::TooManyNames));
        }
        match found {
            Some(account) => Ok(Named { account, is_ours }),
            None => Err(self.nobody(None).await?),
        }
    }

    /// What is said of a name that nobody has; where somebody has it, in the same words.
    pub(super) async fn nobody(&self, target: Option<&Account>) -> Result<DeskError, StoreError> {
        let what = if target.is_some() {
            "another owner's"
        } else {
            "nobody's"
        };
        self.note_tried(target, what).await?;
        Ok(DeskError::Cannot(Why::NobodyOfThatName))
    }

    /// Tells the auditor. The name itself may be anything that somebody has typed.
    async fn note_tried(&self, target: Option<&Account>, what: &str) -> Result<(), StoreError> {
        let event = self.event(DeskAct::NameTried, target, None, Some(what.to_owned()));
        self.tools.store.append_audit(std::slice::from_ref(&event)).await
    }

    /// Counts one more, in the database: all nodes together, also after a restart.
    async fn is_over_budget(&self) -> Result<bool, StoreError> {
        let (who, most) = match self.account() {
            Some(_) => ("people", BY_PEOPLE),
            None => ("programs", BY_PROGRAMS),
        };
        let what = format!("desk.names.{who}.{}", self.here());
        let (store, hour) = (&self.tools.store, hour_of(self.now()));
        store.add_to_hour(&what, hour, 1).await?;
        Ok(store.count_since(&what, hour - HOURS + 1).await? > most)
    }

    async fn find(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let store = &self.tools.store;
        if let Ok(name) = BareName::parse(name.trim())
            && let Some(account) = store.account_by_user_name(&name).await?
        {
            return Ok(Some(account));
        }
        let Ok(id) = UniId::parse(name) else {
            return Ok(None);
        };
        let record = store.record_by_uni_id(&id, self.now()).await?;
        let mut held = record.into_iter().flat_map(|record| record.accounts);
        Ok(held
            .find(|held| held.account.uni_id == id)
            .map(|held| held.account))
    }
}

fn hour_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(3_600)
}
