//! `encrypt`: what of our answers to a service is encrypted, as its file spells it.

use toml::Spanned;
use toml::de::DeValue;

use crate::config::file::{FromToml, Wrong, text};
use crate::saml::peer::EncryptWhat;

/// What of our answers is encrypted, and when.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encrypts {
    Nothing,
    IfPossible,
    Always(EncryptWhat),
}

impl Encrypts {
    pub(super) fn what(self) -> Option<EncryptWhat> {
        match self {
            Self::Nothing => None,
            Self::IfPossible => Some(EncryptWhat::Assertion),
            Self::Always(what) => Some(what),
        }
    }
}

impl FromToml for Encrypts {
    /// A word, or true and false, which are older.
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        const KNOWN: &str = "\"assertion\", \"name-id\", \"if-possible\" or \"none\"";
        match value.get_ref() {
            DeValue::Boolean(true) => Ok(Self::Always(EncryptWhat::Assertion)),
            DeValue::Boolean(false) => Ok(Self::Nothing),
            _ => text(
                value,
                "something that can be encrypted",
                KNOWN,
                |word| match word {
                    "assertion" => Some(Self::Always(EncryptWhat::Assertion)),
                    "name-id" => Some(Self::Always(EncryptWhat::NameId)),
                    "if-possible" => Some(Self::IfPossible),
                    "none" => Some(Self::Nothing),
                    _ => None,
                },
            ),
        }
    }
}
