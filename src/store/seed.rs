//! A directory from a file: institutions, people, accounts and what they are where.
//!
//! For the demo, for tests and for a first start; a school's own system imports by other
//! ways. A file goes in whole or not at all. Loading the same file again changes nothing,
//! except that it writes the same values: ids follow from UNI-IDs, and a password is set only
//! where there is none yet, so that one that a user has changed stays changed.

mod clashes;
mod file;

use jiff::Timestamp;

use super::credentials::{NewSecret, put_secret};
use super::licences::put_licence;
use super::people::{PersonEntry, put_institution, put_person};
use super::{Store, StoreError, Tx, within};
use crate::ambient::Ambient;
use crate::config::problem::{Problems, Source};
use crate::credentials::{HashFailed, Passwords, one_time};
use crate::domain::account::{Account, AccountId, Person, PersonId};
use crate::keys::vault::{CprVault, VaultError};

use file::{Directory, SeedAccount, SeedContact, SeedPerson};

/// A directory as its file tells it, without fault as far as the file alone can show.
#[derive(Debug)]
pub struct Seed {
    source: Source,
    directory: Directory,
}

/// What loading a directory did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// How many institutions were written, known ones among them.
    pub institutions: usize,
    /// How many people were written, known ones among them.
    pub people: usize,
    /// How many accounts were written, known ones among them.
    pub accounts: usize,
    /// Passwords set, for accounts that had none.
    pub passwords: usize,
    /// How many licences were written, known ones among them.
    pub licences: usize,
    /// CPR numbers that may have been mistyped: they fail modulus 11, as some rightly do.
    pub doubtful_numbers: usize,
}

/// A directory could not be loaded; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Entries do not go together with what is in the database.
    #[error("the directory does not fit what is there")]
    Clashes(Problems),
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Hash(#[from] HashFailed),
    /// A CPR number could not be sealed.
    #[error("a CPR number could not be sealed")]
    Vault(#[from] VaultError),
    /// The database refused.
    #[error("the directory could not be stored")]
    Store(#[from] StoreError),
}

impl Seed {
    /// Reads a directory in TOML, or tells everything that is wrong with it.
    pub fn parse(source: Source) -> Result<Self, Problems> {
        file::read(&source).map(|directory| Self { source, directory })
    }

    /// Writes the directory into the store.
    pub async fn load(
        self,
        store: &Store,
        vault: &CprVault,
        passwords: &Passwords,
        ambient: &Ambient,
    ) -> Result<Loaded, SeedError> {
        let clashes = clashes::of(&self, store, vault, ambient.now()).await?;
        clashes.unless_fatal(()).map_err(SeedError::Clashes)?;
        let mut loaded = Loaded::default();
        let mut entries = Vec::new();
        let mut secrets: Vec<(AccountId, NewSecret)> = Vec::new();
        let mut contacts: Vec<SeedContact> = Vec::new();
        for mut person in self.directory.people {
            for account in &mut person.accounts {
                contacts.append(&mut account.contacts);
                if let Some(secret) = account.secret.take()
                    && store.secret_of(account.id).await?.is_none()
                {
                    let made_at = ambient.now().saturating_sub(secret.age).unwrap_or(Timestamp::MIN);
                    let secret = NewSecret {
                        hash: passwords.hash(secret.password).await?,
                        form: secret.form,
                        made_under: secret.made_under,
                        made_at,
                        one_time_until: secret.one_time.then(|| one_time::until(made_at)),
                    };
                    secrets.push((account.id, secret));
                }
            }
            let doubtful = person.cpr.as_ref().is_some_and(|(cpr, _)| !cpr.fits_modulus_11());
            loaded.doubtful_numbers += usize::from(doubtful);
            entries.push(entry(person, vault, ambient)?);
        }
        // All that takes long is done; SQLite has one writer, and logins wait for it.
        let mut tx = store.writing.begin().await.map_err(StoreError::from)?;
        for institution in &self.directory.institutions {
            put_institution(&mut tx, institution).await?;
            loaded.institutions += 1;
        }
        for entry in &entries {
            put_person(&mut tx, entry).await?;
            loaded.people += 1;
            loaded.accounts += entry.accounts.len();
        }
        for contact in &contacts {
            put_contact(&mut tx, contact).await?;
        }
        for (account, secret) in &secrets {
            put_secret(&mut tx, *account, secret).await?;
            loaded.passwords += 1;
        }
        for (licence, _) in &self.directory.licences {
            put_licence(&mut tx, licence).await?;
            loaded.licences += 1;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(loaded)
    }
}

/// Tells whose adult somebody is, when both are written.
async fn put_contact(tx: &mut Tx, contact: &SeedContact) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO contacts (pupil, adult, relation, custody)
        SELECT $1, id, $4, $5 FROM actors
        WHERE account = $2 AND institution = $3 AND actor_group = 'Kontaktperson' AND source IS NULL
        ON CONFLICT (pupil, adult) DO UPDATE SET relation = excluded.relation, custody = excluded.custody";
    within!(*tx, db => sqlx::query(SQL)
        .bind(contact.pupil.0.to_string())
        .bind(contact.adult.0.to_string())
        .bind(contact.institution.as_str())
        .bind(contact.relation.as_str())
        .bind(contact.custody)
        .execute(&mut *db)
        .await
        .map(drop))?;
    Ok(())
}

fn entry(person: SeedPerson, vault: &CprVault, ambient: &Ambient) -> Result<PersonEntry, VaultError> {
    let id = person.id;
    let cpr = match &person.cpr {
        Some((cpr, _)) => Some((vault.seal(cpr, id, ambient.entropy())?, vault.index(cpr))),
        None => None,
    };
    let accounts = person.accounts.into_iter();
    Ok(PersonEntry {
        person: Person {
            id,
            given_name: person.given_name,
            family_name: person.family_name,
            protected: person.protected,
        },
        cpr,
        accounts: accounts
            .map(|seeded| {
                let actors = seeded.actors.iter().map(|(actor, _)| actor.clone()).collect();
                (account(seeded, id), actors)
            })
            .collect(),
    })
}

fn account(seeded: SeedAccount, person: PersonId) -> Account {
    Account {
        id: seeded.id,
        person,
        user_name: seeded.user_name.0,
        uni_id: seeded.uni_id.0,
        cpr_identified: seeded.cpr_identified,
        blocked: seeded.blocked,
    }
}
