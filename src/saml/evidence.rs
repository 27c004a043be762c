//! What an upstream's attributes prove about the strength of a login.
//!
//! Attributes alone: some identity providers echo the class reference that they were asked for
//! (protocols.md §0.5). Where values contradict each other the weaker one counts. Not here: how
//! much of it is believed, which is the upstream's ceiling (`domain::upstream`).

use super::assertion::AssertedAttributes;
use crate::domain::assurance::{Assurance, Factors, IdentityKind, NsisLevel};

/// What the attributes of an accepted assertion prove; [`Assurance::LOWEST`] where they say nothing.
pub fn proved_by(attributes: &AssertedAttributes) -> Assurance {
    let nsis = proved_nsis(attributes);
    let unilogin = Values::of(attributes, "dk:unilogin:loa");
    let old_scale = Values::of(attributes, "dk:gov:saml:attribute:AssuranceLevel");
    // NSIS asks for two factors from Substantial on.
    let two_factors = nsis >= Some(NsisLevel::Substantial)
        || unilogin.all_are(&["ToFaktor", "dk:unilogin:loa:ToFaktor"])
        || (unilogin.are_absent() && old_scale.all_are(&["3", "4"]));
    Assurance {
        nsis,
        factors: if two_factors { Factors::Two } else { Factors::One },
        adult_verified: unilogin.all_are(&["VoksenVerificeret", "dk:unilogin:loa:VoksenVerificeret"]),
        identity: identity(attributes),
    }
}

/// The level of assurance is the lowest of its parts (protocols.md §3). The parts alone assert nothing.
fn proved_nsis(attributes: &AssertedAttributes) -> Option<NsisLevel> {
    let asserted = Values::of(attributes, "https://data.gov.dk/concept/core/nsis/loa").lowest_nsis();
    [
        "https://data.gov.dk/concept/core/nsis/ial",
        "https://data.gov.dk/concept/core/nsis/aal",
    ]
    .into_iter()
    .map(|name| Values::of(attributes, name))
    .filter(|part| !part.are_absent())
    .fold(asserted, |level, part| level.min(part.lowest_nsis()))
}

fn identity(attributes: &AssertedAttributes) -> IdentityKind {
    let is_professional = attributes.names().any(|name| {
        name.starts_with("https://data.gov.dk/model/core/eid/professional/")
            || name == "dk:gov:saml:attribute:CvrNumberIdentifier"
    });
    if is_professional {
        IdentityKind::Professional
    } else {
        IdentityKind::Person
    }
}

/// The values of one attribute.
struct Values<'a>(Vec<&'a str>);

impl<'a> Values<'a> {
    fn of(attributes: &'a AssertedAttributes, name: &str) -> Self {
        Self(attributes.texts(name))
    }

    fn are_absent(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are values and each is one of `accepted`.
    fn all_are(&self, accepted: &[&str]) -> bool {
        !self.are_absent() && self.0.iter().all(|value| accepted.contains(value))
    }

    /// The lowest level named; nothing where there is none, or one that is not understood.
    fn lowest_nsis(&self) -> Option<NsisLevel> {
        let levels: Option<Vec<NsisLevel>> = self.0.iter().map(|value| nsis_level(value)).collect();
        levels?.into_iter().min()
    }
}

/// Reads `Substantial`, `SUBSTANTIAL` and `https://data.gov.dk/concept/core/nsis/Substantial` (protocols.md §3).
fn nsis_level(value: &str) -> Option<NsisLevel> {
    let name = value.rsplit('/').next().unwrap_or_default();
    [
        ("low", NsisLevel::Low),
        ("substantial", NsisLevel::Substantial),
        ("high", NsisLevel::High),
    ]
    .into_iter()
    .find(|(known, _)| name.eq_ignore_ascii_case(known))
    .map(|(_, level)| level)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";
    const IAL: &str = "https://data.gov.dk/concept/core/nsis/ial";

    fn proved(pairs: &[(&str, &str)]) -> Assurance {
        let mut attributes = AssertedAttributes::default();
        for (name, value) in pairs {
            attributes.add_text(name, value);
        }
        proved_by(&attributes)
    }

    #[test]
    fn evidence_is_read_in_every_spelling() {
        for value in [
            "Substantial",
            "SUBSTANTIAL",
            "https://data.gov.dk/concept/core/nsis/Substantial",
        ] {
            let proved = proved(&[(LOA, value)]);
            assert_eq!(
                (proved.nsis, proved.factors),
                (Some(NsisLevel::Substantial), Factors::Two),
                "{value}"
            );
        }
        assert_eq!(proved(&[("dk:unilogin:loa", "ToFaktor")]).factors, Factors::Two);
        assert!(proved(&[("dk:unilogin:loa", "VoksenVerificeret")]).adult_verified);
        let old = proved(&[("dk:gov:saml:attribute:AssuranceLevel", "3")]);
        assert_eq!(
            (old.nsis, old.factors),
            (None, Factors::Two),
            "the old scale is no NSIS level"
        );
        let professional = proved(&[("https://data.gov.dk/model/core/eid/professional/cvr", "12345678")]);
        assert_eq!(professional.identity, IdentityKind::Professional);
    }

    #[test]
    fn the_weaker_of_contradicting_evidence_counts() {
        assert_eq!(proved(&[(LOA, "High"), (LOA, "Low")]).nsis, Some(NsisLevel::Low));
        assert_eq!(proved(&[(LOA, "High"), (LOA, "Ukendt")]).nsis, None);
        assert_eq!(proved(&[(LOA, "High"), (IAL, "Low")]).nsis, Some(NsisLevel::Low));
        assert_eq!(proved(&[(LOA, "High"), (IAL, "Ukendt")]).nsis, None);
        assert_eq!(proved(&[(IAL, "High")]).nsis, None);
        let mixed = proved(&[
            ("dk:unilogin:loa", "EnFaktor"),
            ("dk:gov:saml:attribute:AssuranceLevel", "3"),
        ]);
        assert_eq!(mixed.factors, Factors::One);
        assert_eq!(proved(&[]), Assurance::LOWEST);
    }
}
