//! A directory from a file: institutions, people, accounts and what they are where.
//!
//! For the demo, for tests and for a first start; a school's own system imports by other
//! ways. Loading the same file again changes nothing, except that it writes the same values:
//! ids follow from UNI-IDs, and a password is set only where there is none yet, so that one
//! that a user has changed stays changed.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::people::{ActorEntry, PersonEntry};
use super::{Store, StoreError};
use crate::ambient::Ambient;
use crate::credentials::{HashFailed, Password, PasswordTooLong, Passwords};
use crate::domain::account::{Account, AccountId, Person, PersonId, UniId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::cpr::Cpr;
use crate::domain::institution::{Institution, InstitutionNumber};
use crate::domain::login_name::BareName;
use crate::keys::vault::{CprVault, VaultError};

/// The rule since 1996, spelled out so that no time zone files need to be installed.
const DANISH_TIME: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// A directory as its file tells it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Schools and other places.
    #[serde(default, rename = "institution")]
    institutions: Vec<SeedInstitution>,
    /// People with their accounts.
    #[serde(default, rename = "person")]
    people: Vec<SeedPerson>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SeedInstitution {
    number: InstitutionNumber,
    name: String,
    cvr: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SeedPerson {
    /// Follows from the first account's UNI-ID where it is left out.
    id: Option<Uuid>,
    given_name: String,
    family_name: String,
    #[serde(default)]
    protected: bool,
    #[serde(default, deserialize_with = "cpr")]
    cpr: Option<Cpr>,
    #[serde(default, rename = "account")]
    accounts: Vec<SeedAccount>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SeedAccount {
    #[serde(deserialize_with = "user_name")]
    user_name: BareName,
    uni_id: UniId,
    #[serde(default, deserialize_with = "password")]
    password: Option<SeedPassword>,
    /// Whether an identity provider that gives a CPR number reaches the account: yes, if the
    /// person has a number here and nothing else is said.
    cpr_identified: Option<bool>,
    #[serde(default)]
    blocked: bool,
    #[serde(default, rename = "actor")]
    actors: Vec<SeedActor>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SeedActor {
    group: ActorGroup,
    institution: InstitutionNumber,
    /// First day, in Danish time.
    #[serde(default, deserialize_with = "day")]
    from: Option<Date>,
    /// Last day, in Danish time.
    #[serde(default, deserialize_with = "day")]
    until: Option<Date>,
}

struct SeedPassword(Zeroizing<String>);

impl fmt::Debug for SeedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedPassword(redacted)")
    }
}

/// What loading a directory did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Institutions written.
    pub institutions: usize,
    /// People written.
    pub people: usize,
    /// Accounts written.
    pub accounts: usize,
    /// Passwords set, for accounts that had none.
    pub passwords: usize,
}

/// A directory could not be loaded; people before the one that failed are in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file does not say what a directory says: where, and what was expected.
    #[error("the directory file is not one: {0}")]
    Unreadable(String),
    /// A person has neither an id nor an account.
    #[error("a person without accounts needs an id")]
    Anonymous,
    /// A date lies outside of what can be kept.
    #[error("a date of {account} is out of range")]
    Date {
        /// Whose.
        account: String,
    },
    /// A password is too long.
    #[error("the password of {account} cannot be used")]
    Password {
        /// Whose.
        account: String,
        /// Why.
        #[source]
        source: PasswordTooLong,
    },
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Hash(#[from] HashFailed),
    /// A CPR number could not be sealed.
    #[error("a CPR number could not be sealed")]
    Vault(#[from] VaultError),
    /// The database refused; often two entries claim the same name.
    #[error("an entry could not be stored")]
    Store(#[from] StoreError),
}

impl Seed {
    /// Reads a directory in TOML.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        // Message and place without the parser's excerpt, which may hold a CPR number.
        toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(0, |before| before.matches('\n').count() + 1);
            SeedError::Unreadable(format!("line {line}: {}", error.message()))
        })
    }

    /// Writes the directory into the store.
    pub async fn load(
        self,
        store: &Store,
        vault: &CprVault,
        passwords: &Passwords,
        ambient: &Ambient,
    ) -> Result<Loaded, SeedError> {
        let mut loaded = Loaded::default();
        for institution in self.institutions {
            store.put_institution(&institution.into_domain()).await?;
            loaded.institutions += 1;
        }
        for mut person in self.people {
            let secrets: Vec<_> = person
                .accounts
                .iter_mut()
                .map(SeedAccount::take_password)
                .collect();
            let entry = person.into_entry(vault, ambient)?;
            store.put_person(&entry).await?;
            loaded.people += 1;
            loaded.accounts += entry.accounts.len();
            for ((account, _), secret) in entry.accounts.iter().zip(secrets) {
                if let Some(secret) = secret
                    && set_first_password(account, secret, store, passwords, ambient).await?
                {
                    loaded.passwords += 1;
                }
            }
        }
        Ok(loaded)
    }
}

async fn set_first_password(
    account: &Account,
    SeedPassword(mut secret): SeedPassword,
    store: &Store,
    passwords: &Passwords,
    ambient: &Ambient,
) -> Result<bool, SeedError> {
    if store.password_hash_of(account.id).await?.is_some() {
        return Ok(false);
    }
    let password = Password::new(std::mem::take(&mut *secret)).map_err(|source| SeedError::Password {
        account: account.user_name.to_string(),
        source,
    })?;
    let hash = passwords.hash(password).await?;
    store.put_password_hash(account.id, &hash, ambient.now()).await?;
    Ok(true)
}

impl SeedInstitution {
    fn into_domain(self) -> Institution {
        Institution {
            number: self.number,
            name: self.name,
            cvr: self.cvr,
        }
    }
}

impl SeedPerson {
    fn into_entry(self, vault: &CprVault, ambient: &Ambient) -> Result<PersonEntry, SeedError> {
        let first = self.accounts.first().map(|account| account.uni_id.as_str());
        let id = match (self.id, first) {
            (Some(id), _) => id,
            (None, Some(uni_id)) => stable_id("person", &[uni_id]),
            (None, None) => return Err(SeedError::Anonymous),
        };
        let person = PersonId(id);
        let cpr = match &self.cpr {
            Some(cpr) => Some((vault.seal(cpr, person, ambient.entropy())?, vault.index(cpr))),
            None => None,
        };
        let accounts = self
            .accounts
            .into_iter()
            .map(|account| account.into_entry(person, cpr.is_some()))
            .collect::<Result<_, _>>()?;
        Ok(PersonEntry {
            person: Person {
                id: person,
                given_name: self.given_name,
                family_name: self.family_name,
                protected: self.protected,
            },
            cpr,
            accounts,
        })
    }
}

impl SeedAccount {
    fn take_password(&mut self) -> Option<SeedPassword> {
        self.password.take()
    }

    fn into_entry(self, person: PersonId, has_cpr: bool) -> Result<(Account, Vec<ActorEntry>), SeedError> {
        let id = AccountId(stable_id("account", &[self.uni_id.as_str()]));
        let actors = self
            .actors
            .into_iter()
            .enumerate()
            .map(|(position, actor)| actor.into_entry(&self.uni_id, position))
            .collect::<Result<_, _>>()?;
        let account = Account {
            id,
            person,
            user_name: self.user_name,
            uni_id: self.uni_id,
            cpr_identified: self.cpr_identified.unwrap_or(has_cpr),
            blocked: self.blocked,
        };
        Ok((account, actors))
    }
}

impl SeedActor {
    fn into_entry(self, account: &UniId, position: usize) -> Result<ActorEntry, SeedError> {
        let out_of_range = || SeedError::Date {
            account: account.as_str().to_owned(),
        };
        let from = self
            .from
            .map(|day| start_of(day).ok_or_else(out_of_range))
            .transpose()?;
        // The last day counts: the role ends when the next one begins.
        let until = self
            .until
            .map(|day| day.tomorrow().ok().and_then(start_of).ok_or_else(out_of_range))
            .transpose()?;
        let place = position.to_string();
        Ok(ActorEntry {
            id: ActorId(stable_id(
                "actor",
                &[account.as_str(), self.institution.as_str(), &place],
            )),
            group: self.group,
            institution: self.institution,
            from,
            until,
        })
    }
}

fn start_of(day: Date) -> Option<Timestamp> {
    let zone = TimeZone::posix(DANISH_TIME).ok()?;
    day.to_zoned(zone).ok().map(|start| start.timestamp())
}

/// The same id for the same words, at every load and on every machine (UUID version 8).
fn stable_id(purpose: &str, parts: &[&str]) -> Uuid {
    let text = parts.join("\0");
    let hash = super::sha256(&[b"seed\0", purpose.as_bytes(), b"\0", text.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn cpr<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cpr>, D::Error> {
    let text = secret_text(deserializer)?;
    Cpr::parse(&text).map(Some).map_err(serde::de::Error::custom)
}

fn password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SeedPassword>, D::Error> {
    secret_text(deserializer).map(SeedPassword).map(Some)
}

/// Text whose place in the file is told when it is wrong, but never what stands there.
fn secret_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer)
        .map(Zeroizing::new)
        .map_err(|_| serde::de::Error::custom("expected text in quotes"))
}

/// A date as TOML writes it, without quotes.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let written = toml::value::Datetime::deserialize(deserializer)?;
    written
        .to_string()
        .parse()
        .map(Some)
        .map_err(serde::de::Error::custom)
}

fn user_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BareName, D::Error> {
    BareName::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_error_names_the_line_and_quotes_no_cpr_number() {
        for cpr in ["'3102034567'", "3102034567"] {
            let text = format!("[[person]]\ngiven-name = 'Sofie'\nfamily-name = 'Lind'\ncpr = {cpr}\n");
            let message = Seed::parse(&text).unwrap_err().to_string();
            assert!(message.contains("line 4"), "{message}");
            assert!(!message.contains("3102034567"), "{message}");
        }
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        assert!(Seed::parse("[[institution]]\nnumber = '101001'\nnmae = 'Skolen'\n").is_err());
    }

    #[test]
    fn the_last_day_of_a_role_counts_to_its_end_in_danish_time() {
        let actor = SeedActor {
            group: ActorGroup::Elev,
            institution: InstitutionNumber::parse("101001").unwrap(),
            from: Some("2025-08-01".parse().unwrap()),
            until: Some("2026-06-30".parse().unwrap()),
        };
        let entry = actor.into_entry(&UniId::parse("sofi1234").unwrap(), 0).unwrap();
        assert_eq!(entry.from, Some("2025-07-31T22:00:00Z".parse().unwrap()));
        assert_eq!(entry.until, Some("2026-06-30T22:00:00Z".parse().unwrap()));
    }

    #[test]
    fn ids_follow_from_words_and_keep_them_apart() {
        assert_eq!(stable_id("person", &["a"]), stable_id("person", &["a"]));
        assert_ne!(stable_id("person", &["a"]), stable_id("account", &["a"]));
    }
}
