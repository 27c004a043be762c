//! What a national eID says of somebody: the same, whichever broker of it was asked.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::assurance::IdentityKind;
use super::cpr::Cpr;

/// The shapes in which the national eID reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EidScheme {
    /// NemLog-in: OIOSAML 3.0.3.
    NemLogIn,
    /// Nets eID Broker and Signaturgruppen: OpenID Connect.
    Signaturgruppen,
    /// Idura, once Criipto: OpenID Connect.
    Idura,
    /// Signicat: OpenID Connect.
    Signicat,
}

impl EidScheme {
    /// Every scheme, by the words that registrations use.
    pub const WORDS: [(&str, Self); 6] = [
        ("nemlog-in", Self::NemLogIn),
        ("signaturgruppen", Self::Signaturgruppen),
        ("nets", Self::Signaturgruppen),
        ("idura", Self::Idura),
        ("criipto", Self::Idura),
        ("signicat", Self::Signicat),
    ];

    /// Whether it is spoken in SAML; the others in OpenID Connect.
    pub const fn is_saml(self) -> bool {
        matches!(self, Self::NemLogIn)
    }
}

/// The eID's own name for the person behind a CPR number: it stays when the number changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CprUuid(pub Uuid);

impl CprUuid {
    /// Reads a UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text.trim()).ok().map(Self)
    }
}

impl fmt::Debug for CprUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CprUuid(redacted)")
    }
}

/// A CVR number: eight digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CvrNumber(String);

impl CvrNumber {
    /// Reads eight digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom somebody with a professional identity works for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employer {
    /// The company that the user acts for.
    pub cvr: CvrNumber,
    /// The employee's number there.
    pub rid: Option<String>,
}

/// By what somebody can be found in the civil register, as an entitled source vouched for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CprProof {
    /// The number itself, where the source may tell it.
    pub number: Option<Cpr>,
    /// The eID's name for the person behind it.
    pub uuid: Option<CprUuid>,
    /// Whether it was proved as a private person or as an employee.
    pub identity: IdentityKind,
    /// For whom the employee works.
    pub employer: Option<Employer>,
}

impl CprProof {
    /// A number from a source that says nothing else about it.
    pub fn of(number: Cpr) -> Self {
        Self {
            number: Some(number),
            uuid: None,
            identity: IdentityKind::Person,
            employer: None,
        }
    }

    /// Whether anybody can be found by it.
    pub fn leads_somewhere(&self) -> bool {
        self.number.is_some() || self.uuid.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cvr_number_has_eight_digits() {
        assert!(CvrNumber::parse(" 12345678 ").is_some());
        for text in ["1234567", "123456789", "DK345678", ""] {
            assert!(CvrNumber::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_leads_to_a_person_is_not_printed() {
        let uuid = CprUuid::parse("01234567-89ab-4cde-8f01-23456789abcd").unwrap();
        let proof = CprProof {
            uuid: Some(uuid),
            ..CprProof::of(Cpr::parse("0102034567").unwrap())
        };
        let shown = format!("{proof:?}");
        assert!(!shown.contains("0102") && !shown.contains("89ab"), "{shown}");
    }
}
