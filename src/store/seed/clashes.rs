//! What of a directory belongs to somebody else in the database, or is not there: all of it is told at once,
//! each at its place in the file. Whether the file agrees with itself is asked where it is read.

use std::collections::HashSet;

use jiff::Timestamp;

use super::Seed;
use super::file::{Place, SeedAccount, SeedContact, SeedPerson};
use crate::config::problem::{Problem, Problems};
use crate::domain::actor::ActorGroup;
use crate::domain::institution::InstitutionNumber;
use crate::keys::vault::CprVault;
use crate::store::{Store, StoreError};

/// Looks at every entry.
pub(super) async fn of(
    seed: &Seed,
    store: &Store,
    vault: &CprVault,
    now: Timestamp,
) -> Result<Problems, StoreError> {
    let own = seed.directory.institutions.iter().map(|one| &one.number);
    let mut clashes = Clashes {
        seed,
        store,
        now,
        known: own.collect(),
        problems: Problems::default(),
    };
    for person in &seed.directory.people {
        clashes.in_number(person, vault).await?;
        for account in &person.accounts {
            clashes.in_user_name(account).await?;
            clashes.in_uni_id(account).await?;
            clashes.in_adults(&account.contacts);
            for (actor, place) in &account.actors {
                clashes.in_institution(&actor.institution, place).await?;
            }
        }
    }
    for (licence, place) in &seed.directory.licences {
        clashes.in_institution(&licence.institution, place).await?;
    }
    Ok(clashes.problems)
}

struct Clashes<'a> {
    seed: &'a Seed,
    store: &'a Store,
    now: Timestamp,
    /// Institutions of the file, and those that were found in the database.
    known: HashSet<&'a InstitutionNumber>,
    problems: Problems,
}

impl<'a> Clashes<'a> {
    async fn in_number(&mut self, person: &SeedPerson, vault: &CprVault) -> Result<(), StoreError> {
        let Some((cpr, place)) = &person.cpr else {
            return Ok(());
        };
        let holder = self.store.record_by_cpr(&vault.index(cpr), self.now).await?;
        if holder.is_some_and(|holder| holder.person.id != person.id) {
            self.tell(
                "another person in the database has this CPR number",
                "correct the number, or give this person the id of the other",
                place,
            );
        }
        Ok(())
    }

    async fn in_user_name(&mut self, account: &SeedAccount) -> Result<(), StoreError> {
        let (user_name, place) = &account.user_name;
        let holder = self.store.account_by_user_name(user_name).await?;
        if holder.is_some_and(|holder| holder.id != account.id) {
            self.tell(
                "another account in the database has this user name",
                "choose another: user names are never given twice",
                place,
            );
        }
        Ok(())
    }

    async fn in_uni_id(&mut self, account: &SeedAccount) -> Result<(), StoreError> {
        let (uni_id, place) = &account.uni_id;
        let holder = self.store.record_by_uni_id(uni_id, self.now).await?;
        let is_anothers = holder.is_some_and(|holder| {
            let mut accounts = holder.accounts.iter();
            accounts.any(|held| held.account.uni_id == *uni_id && held.account.id != account.id)
        });
        if is_anothers {
            self.tell(
                "another account in the database has this UNI-ID",
                "correct it: UNI-IDs are for life",
                place,
            );
        }
        Ok(())
    }

    fn in_adults(&mut self, contacts: &[SeedContact]) {
        for contact in contacts {
            if !self.has_adult(contact) {
                self.tell(
                    "nobody in this file is a contact person at the pupil's school by this UNI-ID",
                    "add an account with this UNI-ID and an actor of the group kontaktperson there",
                    &contact.place,
                );
            }
        }
    }

    /// Whether the file has the adult of a pupil where the pupil is one.
    fn has_adult(&self, contact: &SeedContact) -> bool {
        let people = self.seed.directory.people.iter();
        people
            .flat_map(|person| &person.accounts)
            .filter(|account| account.id == contact.adult)
            .flat_map(|account| &account.actors)
            .any(|(actor, _)| {
                actor.group == ActorGroup::Kontaktperson && actor.institution == contact.institution
            })
    }

    async fn in_institution(
        &mut self,
        number: &'a InstitutionNumber,
        place: &Place,
    ) -> Result<(), StoreError> {
        if self.known.contains(number) {
            return Ok(());
        }
        if self.store.has_institution(number).await? {
            self.known.insert(number);
        } else {
            self.tell(
                "this institution is not in the directory",
                "add an [[institution]] with this number",
                place,
            );
        }
        Ok(())
    }

    fn tell(&mut self, what: &str, help: &str, place: &Place) {
        let problem = Problem::error(what).help(help);
        self.problems.push(problem.at(&self.seed.source, place.clone()));
    }
}
