//! Schools and other institutions that people belong to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An institution number: six characters, letters allowed (UNI-Login import).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstitutionNumber(String);

impl InstitutionNumber {
    /// Reads an institution number, folded to upper case.
    pub fn parse(text: &str) -> Result<Self, NotAnInstitutionNumber> {
        let text = text.trim();
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(NotAnInstitutionNumber)
        }
    }

    /// The six characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InstitutionNumber {
    type Error = NotAnInstitutionNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<InstitutionNumber> for String {
    fn from(number: InstitutionNumber) -> Self {
        number.0
    }
}

impl fmt::Display for InstitutionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An institution number has six letters or digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an institution number has six letters or digits")]
pub struct NotAnInstitutionNumber;

/// A school, day-care or other place that users belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its number, which services know it by.
    pub number: InstitutionNumber,
    /// What people call it.
    pub name: String,
    /// The CVR number of its owner: eight digits.
    pub cvr: Option<String>,
    /// Under which law it is run, where that is known.
    pub legal_form: Option<LegalForm>,
}

/// Under which law an institution is run: it decides who may use what the state provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LegalForm {
    /// A public-law body: municipal and state schools.
    Public,
    /// A private one: free and private schools, companies.
    Private,
    /// A school abroad.
    Foreign,
}

impl LegalForm {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Foreign];

    /// The word that seeds and the database use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Foreign => "foreign",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }
}
