//! What a user types in the username field (U03, U06, U07).
//!
//! A name without `@` belongs to the central credential store; `name@domain` belongs to
//! the local identity provider that registered the domain. The shape is decided here,
//! without looking anything up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest text that is taken for a name; longer input is nonsense or an attack.
const LONGEST: usize = 254;

/// A typed name, folded to lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginName {
    /// A name of the central store.
    Bare(BareName),
    /// A name at a local identity provider.
    AtDomain(DomainName),
}

impl LoginName {
    /// Reads what was typed: surrounding space is dropped, letters are folded.
    pub fn parse(typed: &str) -> Result<Self, NotALoginName> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(NotALoginName::Empty);
        }
        if typed.len() > LONGEST || typed.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(NotALoginName::Shape);
        }
        match typed.rsplit_once('@') {
            None => Ok(Self::Bare(BareName(typed.to_lowercase()))),
            Some((local, domain)) => Ok(Self::AtDomain(DomainName {
                local: local_part(local)?,
                domain: Domain::parse(domain).map_err(|_| NotALoginName::Domain)?,
            })),
        }
    }

    /// The whole name as the identity provider should see it.
    pub fn as_typed(&self) -> String {
        match self {
            Self::Bare(name) => name.0.clone(),
            Self::AtDomain(name) => name.to_string(),
        }
    }
}

fn local_part(local: &str) -> Result<String, NotALoginName> {
    if local.is_empty() || local.contains('@') {
        Err(NotALoginName::Shape)
    } else {
        Ok(local.to_lowercase())
    }
}

/// A user name of the central store, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BareName(String);

impl BareName {
    /// Reads a user name; an `@` belongs to a local login.
    pub fn parse(text: &str) -> Result<Self, NotALoginName> {
        match LoginName::parse(text)? {
            LoginName::Bare(name) => Ok(name),
            LoginName::AtDomain(_) => Err(NotALoginName::Shape),
        }
    }

    /// The name in the spelling that is compared: lower case, without spaces around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BareName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `local@domain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainName {
    /// What the local identity provider calls the user, in lower case.
    pub local: String,
    /// Which local identity provider.
    pub domain: Domain,
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// A domain in its one comparable form: IDNA A-labels in lower case, no trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// Reads a domain such as `Lillekøbing.example`.
    pub fn parse(text: &str) -> Result<Self, NotADomain> {
        let ascii =
            idna::domain_to_ascii_strict(text.trim().trim_end_matches('.')).map_err(|_| NotADomain)?;
        if ascii.is_empty() || ascii.len() > 253 {
            Err(NotADomain)
        } else {
            Ok(Self(ascii))
        }
    }

    /// The A-label form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that people read: `lillekøbing.example` instead of `xn--…`.
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// This domain and each that it lies under: `a.b.dk`, `b.dk`, `dk`.
    pub fn with_parents(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.0.as_str()), |domain| {
            domain.split_once('.').map(|(_, parent)| parent)
        })
    }
}

impl TryFrom<String> for Domain {
    type Error = NotADomain;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a domain name")]
pub struct NotADomain;

/// Why a typed text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotALoginName {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// Too long, or with spaces or control characters inside, or nothing before the `@`.
    #[error("not the shape of a user name")]
    Shape,
    /// What stands after the `@` cannot be a domain.
    #[error("what stands after the @ is no domain name")]
    Domain,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at_domain(typed: &str) -> DomainName {
        match LoginName::parse(typed) {
            Ok(LoginName::AtDomain(name)) => name,
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn case_and_surrounding_space_do_not_matter() {
        assert_eq!(LoginName::parse("  SOFI1234 "), LoginName::parse("sofi1234"));
        assert_eq!(
            at_domain("Sofie@LilleKøbing.Example").to_string(),
            "sofie@xn--lillekbing-5cb.example"
        );
    }

    #[test]
    fn the_last_at_sign_divides() {
        assert_eq!(LoginName::parse("a@b@c.dk"), Err(NotALoginName::Shape));
        assert_eq!(LoginName::parse("@c.dk"), Err(NotALoginName::Shape));
        assert_eq!(LoginName::parse("a@"), Err(NotALoginName::Domain));
    }

    #[test]
    fn parents_of_a_domain_go_up_label_by_label() {
        let domain = Domain::parse("skole.lillekøbing.example").unwrap();
        assert_eq!(domain.with_parents().count(), 3);
        assert_eq!(domain.to_unicode(), "skole.lillekøbing.example");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_name_or_a_reason_and_names_are_stable(typed in ".{0,300}") {
            if let Ok(name) = LoginName::parse(&typed) {
                prop_assert_eq!(LoginName::parse(&name.as_typed()), Ok(name));
            }
        }
    }
}
