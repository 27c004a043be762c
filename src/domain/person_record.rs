//! What the directory knows of one person at one moment: their accounts, and what each is where.

use std::collections::BTreeSet;

use super::account::{Account, AccountId, Person};
use super::actor::{Actor, ActorGroup};
use super::institution::InstitutionNumber;

/// A person with the accounts that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The person whose accounts these are.
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

    /// The same person as an upstream reaches them that speaks for these institutions: the accounts that
    /// they have, as what those are there; with no institutions named, everything (C01).
    #[must_use]
    pub fn within(self, institutions: &BTreeSet<InstitutionNumber>) -> Self {
        let accounts = self.accounts.into_iter();
        Self {
            accounts: accounts.filter_map(|held| held.within(institutions)).collect(),
            ..self
        }
    }
}

impl AccountRecord {
    /// The account as whoever speaks for these institutions reaches it: as what it is there. Nothing where none
    /// of them has it. To be written in there, to be told of unconfirmed, or to have a child there gives nobody
    /// else's login a say over an account (C01, K01).
    pub fn within(mut self, institutions: &BTreeSet<InstitutionNumber>) -> Option<Self> {
        if !self.is_reached_by(institutions) {
            return None;
        }
        if !institutions.is_empty() {
            let is_there = |actor: &Actor| institutions.contains(&actor.institution.number);
            self.actors.retain(is_there);
        }
        Some(self)
    }

    /// Whether one of these institutions has the account; with none named, always.
    pub fn is_reached_by(&self, institutions: &BTreeSet<InstitutionNumber>) -> bool {
        let is_contact = |actor: &Actor| actor.group == ActorGroup::Kontaktperson;
        let is_only_contact = self.actors.iter().all(is_contact);
        institutions.is_empty()
            || self.actors.iter().any(|actor| {
                institutions.contains(&actor.institution.number)
                    && !actor.unconfirmed
                    && (is_only_contact || !is_contact(actor))
            })
    }
}
