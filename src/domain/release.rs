//! What a service may have: a total, typed rule per service, no scripts.
//!
//! A rule can only take away. CPR needs a recorded legal basis (databeskyttelsesloven §11),
//! and cannot be asked for without one: such a rule does not come into being.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::actor::ActorGroup;
use super::attribute::{Attribute, AttributeSet};
use super::cpr::Cpr;
use super::institution::InstitutionNumber;
use super::privilege::PrivilegeGroup;

/// Why a service may have CPR numbers, in the words of its data agreement. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalBasis(String);

impl LegalBasis {
    /// Records a basis; blank text is none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The recorded words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which attributes a service gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleaseRule {
    attributes: BTreeSet<Attribute>,
    cpr: Option<LegalBasis>,
}

impl ReleaseRule {
    /// Releases these attributes, and CPR if there is a basis for it.
    pub fn new(attributes: impl IntoIterator<Item = Attribute>, cpr: Option<LegalBasis>) -> Self {
        Self {
            attributes: attributes.into_iter().collect(),
            cpr,
        }
    }

    /// Whether the service gets this attribute.
    pub fn admits(&self, attribute: Attribute) -> bool {
        self.attributes.contains(&attribute)
    }

    /// The attributes that the service gets.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> {
        self.attributes.iter().copied()
    }

    /// The same rule without these attributes.
    #[must_use]
    pub fn without(mut self, attributes: &[Attribute]) -> Self {
        self.attributes
            .retain(|attribute| !attributes.contains(attribute));
        self
    }

    /// The basis for CPR, where the service may have it.
    pub fn cpr_basis(&self) -> Option<&LegalBasis> {
        self.cpr.as_ref()
    }

    /// What of these facts goes out. The result holds nothing that the facts did not (L02).
    pub fn release(&self, facts: &Facts, cpr: Option<Cpr>) -> ReleasedAttributes {
        ReleasedAttributes {
            attributes: facts.attributes.filtered(|attribute| self.admits(attribute)),
            affiliations: facts
                .affiliations
                .iter()
                .filter_map(|held| self.narrow(held))
                .collect(),
            privileges: if self.admits(Attribute::Privileges) {
                facts.privileges.clone()
            } else {
                Vec::new()
            },
            cpr: if self.cpr.is_some() { cpr } else { None },
        }
    }

    /// An affiliation is known by its institution's number: without that, nothing of it goes out.
    fn narrow(&self, held: &Affiliation) -> Option<Affiliation> {
        self.admits(Attribute::InstitutionNumber).then(|| Affiliation {
            number: held.number.clone(),
            name: held
                .name
                .clone()
                .filter(|_| self.admits(Attribute::InstitutionName)),
            groups: if self.admits(Attribute::ActorGroup) {
                held.groups.clone()
            } else {
                Vec::new()
            },
        })
    }
}

/// Everything that could be said of a user at one login, before a rule has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The flat facts.
    pub attributes: AttributeSet,
    /// The same institutions and groups, kept together.
    pub affiliations: Vec<Affiliation>,
    /// What the user may do, and on behalf of whom.
    pub privileges: Vec<PrivilegeGroup>,
}

/// What somebody is at one institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliation {
    /// The institution's number.
    pub number: InstitutionNumber,
    /// What people call it, where that may be told.
    pub name: Option<String>,
    /// What the user is there, where that may be told.
    pub groups: Vec<ActorGroup>,
}

/// Facts that passed a [`ReleaseRule`]: the only ones that reach a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleasedAttributes {
    attributes: AttributeSet,
    affiliations: Vec<Affiliation>,
    privileges: Vec<PrivilegeGroup>,
    cpr: Option<Cpr>,
}

impl ReleasedAttributes {
    /// The released attributes.
    pub fn attributes(&self) -> &AttributeSet {
        &self.attributes
    }

    /// What of the affiliations was released.
    pub fn affiliations(&self) -> &[Affiliation] {
        &self.affiliations
    }

    /// What of the privileges was released.
    pub fn privileges(&self) -> &[PrivilegeGroup] {
        &self.privileges
    }

    /// The canonical names of everything that was released.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let flat = self.attributes.iter().map(|(attribute, _)| attribute.as_str());
        let privileges = (!self.privileges.is_empty()).then_some(Attribute::Privileges.as_str());
        flat.chain(privileges).chain(self.cpr.as_ref().map(|_| "cpr"))
    }

    /// The CPR number, for a service with legal basis.
    pub fn cpr(&self) -> Option<&Cpr> {
        self.cpr.as_ref()
    }

    /// Narrows further, to what this one request asked for.
    #[must_use]
    pub fn narrowed_to(self, keep: impl Fn(Attribute) -> bool) -> Self {
        Self {
            affiliations: if keep(Attribute::InstitutionNumber) {
                self.affiliations
            } else {
                Vec::new()
            },
            privileges: if keep(Attribute::Privileges) {
                self.privileges
            } else {
                Vec::new()
            },
            attributes: self.attributes.filtered(keep),
            cpr: self.cpr,
        }
    }
}

/// How a service gets to know the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A random-looking name of its own for each sector; the default (E14).
    #[default]
    Pairwise,
    /// The UNI-ID, for services whose agreement says so.
    UniId,
    /// New at each login.
    Transient,
}

impl SubjectKind {
    /// The word that registrations use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pairwise => "pairwise",
            Self::UniId => "uni-id",
            Self::Transient => "transient",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rule_never_adds(held in proptest::sample::subsequence(Attribute::ALL.to_vec(), 0..22),
                             admitted in proptest::sample::subsequence(Attribute::ALL.to_vec(), 0..22)) {
            let mut facts = Facts::default();
            for attribute in &held { facts.attributes.add(*attribute, "x"); }
            facts.affiliations.push(affiliation());
            facts.privileges.push(privileges());
            let released = ReleaseRule::new(admitted.clone(), None).release(&facts, Cpr::parse("0102034567").ok());
            let out: Vec<_> = released.attributes().iter().map(|(attribute, _)| attribute).collect();
            let expected: Vec<_> = Attribute::ALL.into_iter().filter(|a| held.contains(a) && admitted.contains(a)).collect();
            prop_assert_eq!(out, expected);
            prop_assert!(released.cpr().is_none(), "no CPR without a basis");
            prop_assert_eq!(!released.privileges().is_empty(), admitted.contains(&Attribute::Privileges));
            let (number, name, group) = (Attribute::InstitutionNumber, Attribute::InstitutionName, Attribute::ActorGroup);
            prop_assert_eq!(released.affiliations().len(), usize::from(admitted.contains(&number)));
            for one in released.affiliations() {
                prop_assert_eq!(one.name.is_some(), admitted.contains(&name));
                prop_assert_eq!(!one.groups.is_empty(), admitted.contains(&group));
            }
        }
    }

    fn privileges() -> PrivilegeGroup {
        let scope =
            super::super::privilege::PrivilegeScope::parse("urn:dk:gov:saml:cvrNumberIdentifier:12345678");
        PrivilegeGroup {
            scope: scope.unwrap(),
            privileges: vec!["urn:x".to_owned()],
            constraints: std::collections::BTreeMap::new(),
        }
    }

    fn affiliation() -> Affiliation {
        Affiliation {
            number: InstitutionNumber::parse("101001").unwrap(),
            name: Some("Bakkeskolen".to_owned()),
            groups: vec![ActorGroup::Elev],
        }
    }

    #[test]
    fn a_blank_basis_is_no_basis() {
        assert_eq!(LegalBasis::new("  "), None);
    }

    #[test]
    fn cpr_goes_out_with_a_basis() {
        let rule = ReleaseRule::new([], LegalBasis::new("Folkeskoleloven"));
        assert!(
            rule.release(&Facts::default(), Cpr::parse("0102034567").ok())
                .cpr()
                .is_some()
        );
    }
}
