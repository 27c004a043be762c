//! What a service was told of somebody, in the few kinds that people tell apart: attributes of many
//! names say one thing to the person whom they are about.

use super::attribute::Attribute;

/// A kind of thing that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// What they are called.
    Name,
    /// The name that all services know them by for life.
    UniId,
    /// A name that this service, or its sector, alone knows them by.
    OwnName,
    /// Pupil, staff, parent.
    Role,
    /// Which school.
    Institution,
    /// How surely they had logged in.
    Level,
    /// Where they had logged in.
    Upstream,
    /// Whether their school has access to the service.
    Licence,
    /// What they may do, and on whose behalf.
    Privileges,
    /// The CPR number.
    Cpr,
}

impl Told {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Name,
        Self::UniId,
        Self::OwnName,
        Self::Role,
        Self::Institution,
        Self::Level,
        Self::Upstream,
        Self::Licence,
        Self::Privileges,
        Self::Cpr,
    ];

    /// Of which kind a released name is, as the audit trail has it; nothing where it is none of ours.
    pub fn of(released: &str) -> Option<Self> {
        if released == "cpr" {
            return Some(Self::Cpr);
        }
        Attribute::parse(released).map(Self::of_attribute)
    }

    const fn of_attribute(attribute: Attribute) -> Self {
        match attribute {
            Attribute::GivenName | Attribute::FamilyName | Attribute::DisplayName => Self::Name,
            Attribute::UniId | Attribute::PrincipalName | Attribute::SubjectId => Self::UniId,
            Attribute::PairwiseId => Self::OwnName,
            Attribute::ActorGroup
            | Attribute::Affiliation
            | Attribute::PrimaryAffiliation
            | Attribute::ScopedAffiliation => Self::Role,
            Attribute::InstitutionNumber
            | Attribute::InstitutionName
            | Attribute::Cvr
            | Attribute::HomeOrganisation => Self::Institution,
            Attribute::UniloginLoa
            | Attribute::AssuranceLevel
            | Attribute::NsisLevel
            | Attribute::VouchedBy => Self::Level,
            Attribute::Upstream => Self::Upstream,
            Attribute::HasLicence | Attribute::Entitlement => Self::Licence,
            Attribute::Privileges => Self::Privileges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_of_some_kind_and_nothing_else_is() {
        for attribute in Attribute::ALL {
            assert!(Told::of(attribute.as_str()).is_some(), "{attribute:?}");
        }
        assert_eq!(Told::of("cpr"), Some(Told::Cpr));
        assert_eq!(Told::of("shoe-size"), None);
    }
}
