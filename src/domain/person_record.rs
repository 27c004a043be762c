//! What the directory knows of one person at one moment: their accounts, and what each is where.

use std::collections::BTreeSet;

use super::account::{Account, AccountId, Person};
use super::actor::Actor;
use super::institution::InstitutionNumber;

/// A person with the accounts that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The person.
    pub person: Person,
    /// Their accounts, by user name; never empty when it comes from the store.
    pub accounts: Vec<AccountRecord>,
}

/// One account and its active affiliations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub account: Account,
    /// What it is, and where, at this moment; ordered by institution, then group.
    pub actors: Vec<Actor>,
}

impl PersonRecord {
    /// One of the accounts.
    pub fn account(&self, id: AccountId) -> Option<&AccountRecord> {
        self.accounts.iter().find(|record| record.account.id == id)
    }

    /// The same person with only the accounts that have to do with one of these
    /// institutions; with no institutions named, all of them (C01).
    #[must_use]
    pub fn within(mut self, institutions: &BTreeSet<InstitutionNumber>) -> Self {
        if !institutions.is_empty() {
            self.accounts.retain(|record| record.is_at_one_of(institutions));
        }
        self
    }
}

impl AccountRecord {
    /// Whether it is somebody at one of these.
    pub fn is_at_one_of(&self, institutions: &BTreeSet<InstitutionNumber>) -> bool {
        self.actors
            .iter()
            .any(|actor| institutions.contains(&actor.institution.number))
    }
}
