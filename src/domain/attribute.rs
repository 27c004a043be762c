//! Facts about a user by their canonical names.
//!
//! What each is called on the wire is data: `config/attributes.toml`. The CPR number is
//! not among them: it travels as a [`Cpr`](super::cpr::Cpr) of its own, so that no list of
//! attributes can carry it along by accident.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A fact that a service may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// The UNI-ID of the account.
    UniId,
    /// Given names; the alias of a protected person.
    GivenName,
    /// Family name; the alias of a protected person.
    FamilyName,
    /// Both names together.
    DisplayName,
    /// `Elev`, `Medarbejder`, `Ekstern` or `Kontaktperson`.
    ActorGroup,
    /// Numbers of the institutions concerned.
    InstitutionNumber,
    /// Names of the institutions concerned, in the order of their numbers.
    InstitutionName,
    /// CVR number of the acting institution.
    Cvr,
    /// `EnFaktor`, `ToFaktor` or `VoksenVerificeret`.
    UniloginLoa,
    /// `2` or `3`, the old scale.
    AssuranceLevel,
    /// `Low`, `Substantial` or `High`, where a notified source asserted it.
    NsisLevel,
    /// Which upstream vouched for the user.
    Upstream,
    /// `true` or `false`: whether the user has access to the service by a licence.
    HasLicence,
    /// What the user is, in the words of eduPerson: `student`, `employee`, `member`, `affiliate`.
    Affiliation,
    /// The first of them.
    PrimaryAffiliation,
    /// Each of them, at our scope.
    ScopedAffiliation,
    /// The UNI-ID at our scope (`eduPersonPrincipalName`).
    PrincipalName,
    /// Our scope alone (`schacHomeOrganization`).
    HomeOrganisation,
    /// The UNI-ID at our scope, as the Subject Identifier Attributes profile has it.
    SubjectId,
    /// The sector's own name for the user at our scope, of the same profile.
    PairwiseId,
    /// What the user may do, and on behalf of whom: typed, and never among flat values.
    Privileges,
    /// Access to the service by licence, in the words of eduPerson (`eduPersonEntitlement`).
    Entitlement,
    /// `teacher` or `parent`: the adult on whose word the level rests, where it rests on one.
    VouchedBy,
}

impl Attribute {
    /// Every attribute, for checks of configuration.
    pub const ALL: [Self; 23] = [
        Self::UniId,
        Self::GivenName,
        Self::FamilyName,
        Self::DisplayName,
        Self::ActorGroup,
        Self::InstitutionNumber,
        Self::InstitutionName,
        Self::Cvr,
        Self::UniloginLoa,
        Self::AssuranceLevel,
        Self::NsisLevel,
        Self::Upstream,
        Self::HasLicence,
        Self::Affiliation,
        Self::PrimaryAffiliation,
        Self::ScopedAffiliation,
        Self::PrincipalName,
        Self::HomeOrganisation,
        Self::SubjectId,
        Self::PairwiseId,
        Self::Privileges,
        Self::Entitlement,
        Self::VouchedBy,
    ];

    /// The canonical name, as configuration spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UniId => "uni-id",
            Self::GivenName => "given-name",
            Self::FamilyName => "family-name",
            Self::DisplayName => "display-name",
            Self::ActorGroup => "actor-group",
            Self::InstitutionNumber => "institution-number",
            Self::InstitutionName => "institution-name",
            Self::Cvr => "cvr",
            Self::UniloginLoa => "unilogin-loa",
            Self::AssuranceLevel => "assurance-level",
            Self::NsisLevel => "nsis-level",
            Self::Upstream => "upstream",
            Self::HasLicence => "has-licence",
            Self::Affiliation => "affiliation",
            Self::PrimaryAffiliation => "primary-affiliation",
            Self::ScopedAffiliation => "scoped-affiliation",
            Self::PrincipalName => "principal-name",
            Self::HomeOrganisation => "home-organisation",
            Self::SubjectId => "subject-id",
            Self::PairwiseId => "pairwise-id",
            Self::Privileges => "privileges",
            Self::Entitlement => "entitlement",
            Self::VouchedBy => "vouched-by",
        }
    }

    /// Reads a canonical name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.as_str() == text)
    }
}

/// Facts about one user: each attribute has one or more values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AttributeSet(BTreeMap<Attribute, Vec<String>>);

impl AttributeSet {
    /// Adds a value; an empty one says nothing and is left out.
    pub fn add(&mut self, attribute: Attribute, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.entry(attribute).or_default().push(value);
        }
    }

    /// The values of one attribute.
    pub fn values(&self, attribute: Attribute) -> &[String] {
        self.0.get(&attribute).map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything, in the order of [`Attribute`].
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &[String])> {
        self.0
            .iter()
            .map(|(attribute, values)| (*attribute, values.as_slice()))
    }

    /// Only those that `keep` lets through.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(Attribute) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(attribute, _)| keep(**attribute))
                .map(|(a, v)| (*a, v.clone()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_read_back_from_its_name() {
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::parse(attribute.as_str()), Some(attribute));
        }
    }
}
