//! What somebody may do on behalf of whom: the privileges of the OIO basic profile (BPP 1.2).
//!
//! How they are written is `saml/bpp.rs`; here is what they mean, and how OpenID Connect shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::eid::CvrNumber;

/// Privileges that belong together: for one scope, under the same constraints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivilegeGroup {
    /// On behalf of whom.
    #[serde(with = "as_text")]
    pub scope: PrivilegeScope,
    /// Their names, URIs as a rule.
    pub privileges: Vec<String>,
    /// What narrows them, by name. One that a service does not know forbids all of the group.
    pub constraints: BTreeMap<String, String>,
}

/// On behalf of whom a privilege is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivilegeScope {
    /// What kind of number it is.
    pub kind: ScopeKind,
    /// The identifier itself, such as a CVR number.
    pub value: String,
}

/// Kinds of numbers that a scope may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// A company or authority.
    Cvr,
    /// One of its places.
    ProductionUnit,
    /// A part of it that pays taxes by itself.
    Se,
    /// A person.
    Cpr,
}

impl PrivilegeScope {
    const KINDS: [(&str, ScopeKind, usize); 4] = [
        ("cvrNumberIdentifier", ScopeKind::Cvr, 8),
        ("productionUnitIdentifier", ScopeKind::ProductionUnit, 10),
        ("seNumberIdentifier", ScopeKind::Se, 8),
        ("cprNumberIdentifier", ScopeKind::Cpr, 10),
    ];

    /// Reads `urn:dk:gov:saml:{kind}:{digits}`; nothing where kind or number of digits is another.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, value) = text.strip_prefix("urn:dk:gov:saml:")?.split_once(':')?;
        let (_, kind, digits) = Self::KINDS.into_iter().find(|(name, ..)| *name == kind)?;
        let fits = value.len() == digits && value.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self {
            kind,
            value: value.to_owned(),
        })
    }
}

/// As the profile writes it. Of a CPR number it shows all: privileges are personal data.
impl fmt::Display for PrivilegeScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = Self::KINDS.into_iter().find(|(_, kind, _)| *kind == self.kind);
        let name = kind.map_or("", |(name, ..)| name);
        write!(f, "urn:dk:gov:saml:{name}:{}", self.value)
    }
}

mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::PrivilegeScope;

    pub(super) fn serialize<S: Serializer>(scope: &PrivilegeScope, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(scope)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<PrivilegeScope, D::Error> {
        let text = String::deserialize(from)?;
        PrivilegeScope::parse(&text).ok_or_else(|| de::Error::custom("not the scope of a privilege"))
    }
}

/// For whom an upstream may say what somebody may do. A municipality's login grants nothing on behalf of
/// another (C01), and nothing is granted by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PrivilegeTrust {
    /// For nobody.
    #[default]
    Nobody,
    /// For these companies and authorities.
    Companies(BTreeSet<CvrNumber>),
    /// For everybody: the register of all privileges.
    Everybody,
}

impl PrivilegeTrust {
    /// Whether a privilege of this scope is believed. CPR numbers travel by themselves and not as scopes,
    /// so that whoever has no legal basis for them never meets one (L02).
    pub fn admits(&self, scope: &PrivilegeScope) -> bool {
        match (self, scope.kind) {
            (_, ScopeKind::Cpr) => false,
            (Self::Everybody, _) => true,
            (Self::Companies(known), ScopeKind::Cvr) => {
                known.iter().any(|company| company.as_str() == scope.value)
            }
            // Whose production unit it is stands in a register that is not asked here.
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_are_believed_on_behalf_of_those_whom_the_upstream_speaks_for() {
        let scope = |text: &str| PrivilegeScope::parse(&format!("urn:dk:gov:saml:{text}")).unwrap();
        let (ours, others) = (
            scope("cvrNumberIdentifier:12345678"),
            scope("cvrNumberIdentifier:87654321"),
        );
        let (place, person) = (
            scope("productionUnitIdentifier:1234567890"),
            scope("cprNumberIdentifier:0102034567"),
        );
        let some = PrivilegeTrust::Companies(CvrNumber::parse("12345678").into_iter().collect());
        assert!(some.admits(&ours) && !some.admits(&others) && !some.admits(&place));
        assert!(PrivilegeTrust::Everybody.admits(&others) && PrivilegeTrust::Everybody.admits(&place));
        assert!(!PrivilegeTrust::Everybody.admits(&person) && !PrivilegeTrust::Nobody.admits(&ours));
    }

    #[test]
    fn a_scope_is_a_number_of_its_kind() {
        for good in [
            "urn:dk:gov:saml:cvrNumberIdentifier:12345678",
            "urn:dk:gov:saml:productionUnitIdentifier:1234567890",
            "urn:dk:gov:saml:seNumberIdentifier:12345678",
            "urn:dk:gov:saml:cprNumberIdentifier:0102034567",
        ] {
            assert_eq!(PrivilegeScope::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "urn:dk:gov:saml:cvrNumberIdentifier:1234567",
            "urn:dk:gov:saml:cvrNumberIdentifier:1234567x",
            "urn:dk:gov:saml:other:12345678",
            "URN:dk:gov:saml:cvrNumberIdentifier:12345678",
        ] {
            assert_eq!(PrivilegeScope::parse(bad), None, "{bad}");
        }
    }
}
