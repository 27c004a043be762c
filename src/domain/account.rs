//! People and their accounts: one human, one or more user names (U11).

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::login_name::BareName;

/// One human, whatever school, name or identity provider they come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonId(pub Uuid);

/// One user name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountId(pub Uuid);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What services know a user by for life: ten letters or digits, or the older
/// letters-then-digits form such as `henr276q`. Never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UniId(String);

impl UniId {
    /// Reads a UNI-ID; case is folded, since it was never meant to tell two people apart.
    pub fn parse(text: &str) -> Result<Self, NotAUniId> {
        let text = text.trim();
        if (6..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(NotAUniId)
        }
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UniId {
    type Error = NotAUniId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<UniId> for String {
    fn from(id: UniId) -> Self {
        id.0
    }
}

/// A UNI-ID has 6 to 16 letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a UNI-ID has 6 to 16 letters and digits")]
pub struct NotAUniId;

/// Which of an account's secrets, one after the other: a proof by one is none once there is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVersion(pub i64);

impl SecretVersion {
    /// No secret at all: the first one has another number.
    pub const NONE: Self = Self(0);
}

/// A person as the directory knows them. The CPR number is not here: it is in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub id: PersonId,
    /// Given names, or the alias of a protected person (L08).
    pub given_name: String,
    /// Family name, or the alias of a protected person.
    pub family_name: String,
    /// Name and address protection: services see the alias only.
    pub protected: bool,
}

/// One user name and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub person: PersonId,
    /// The name that is typed on the login page.
    pub user_name: BareName,
    /// What services know the account by.
    pub uni_id: UniId,
    /// Whether the account is tied to the person by CPR. Only such accounts are reached
    /// through a national or local identity provider that gives a CPR (U11, C09).
    pub cpr_identified: bool,
    /// Blocked by an administrator: nothing is issued.
    pub blocked: bool,
}
