//! How strength is spelled in SAML, and what each spelling means.
//!
//! Three questions, three functions: what does a service ask for ([`demand_of`]), what did an
//! upstream prove ([`proved_by`]: its attributes, never its class reference, which some merely
//! echo; protocols.md §0.5), and how is the answer spelled ([`answer`]). An NSIS spelling goes
//! out only where a notified source asserted a level (DR09).

use super::assertion::AssertedAttributes;
use super::xml::{Element, ShapeRefusal, Writer, names::SAML, names::SAMLP};
use crate::domain::assurance::{
    Assurance, Comparison, Demand, Factors, IdentityKind, NsisLevel, WantedAssurance,
};

/// Any login over TLS: what a service without wishes is told.
pub const PASSWORD_PROTECTED_TRANSPORT: &str =
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// A family of spellings; an answer is given in the family of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Classes of the SAML specification.
    Saml,
    /// `https://data.gov.dk/concept/core/nsis/loa/…`, of OIOSAML 3.
    Nsis,
    /// The same without `loa`, of MitID brokers.
    NsisShort,
    /// `urn:dk:gov:saml:attribute:AssuranceLevel:…`, of OIOSAML 2.
    AssuranceLevel,
    /// The same without `urn:`.
    AssuranceLevelBare,
    /// `dk:unilogin:loa:…`.
    Unilogin,
    /// The bare values of that attribute.
    UniloginBare,
    /// What a municipal broker offers in front.
    Kmd,
    /// Profiles of the research federations.
    Refeds,
    /// Kinds of identity in OIOSAML 3.
    Identity,
}

/// Every spelling that is understood (protocols.md §1.1, §1.2, §2.6, §3, §9.3; unilogin.md §2.3).
/// Within a family the strongest stands first.
const SPELLINGS: [(Family, Demand, &str); 34] = [
    (
        Family::Nsis,
        Demand::Nsis(NsisLevel::High),
        "https://data.gov.dk/concept/core/nsis/loa/High",
    ),
    (
        Family::Nsis,
        Demand::Nsis(NsisLevel::Substantial),
        "https://data.gov.dk/concept/core/nsis/loa/Substantial",
    ),
    (
        Family::Nsis,
        Demand::Nsis(NsisLevel::Low),
        "https://data.gov.dk/concept/core/nsis/loa/Low",
    ),
    (
        Family::NsisShort,
        Demand::Nsis(NsisLevel::High),
        "https://data.gov.dk/concept/core/nsis/High",
    ),
    (
        Family::NsisShort,
        Demand::Nsis(NsisLevel::Substantial),
        "https://data.gov.dk/concept/core/nsis/Substantial",
    ),
    (
        Family::NsisShort,
        Demand::Nsis(NsisLevel::Low),
        "https://data.gov.dk/concept/core/nsis/Low",
    ),
    (
        Family::Unilogin,
        Demand::Factors(Factors::Two),
        "dk:unilogin:loa:ToFaktor",
    ),
    (
        Family::Unilogin,
        Demand::AdultVerified,
        "dk:unilogin:loa:VoksenVerificeret",
    ),
    (
        Family::Unilogin,
        Demand::Factors(Factors::One),
        "dk:unilogin:loa:EnFaktor",
    ),
    (Family::UniloginBare, Demand::Factors(Factors::Two), "ToFaktor"),
    (Family::UniloginBare, Demand::AdultVerified, "VoksenVerificeret"),
    (Family::UniloginBare, Demand::Factors(Factors::One), "EnFaktor"),
    (
        Family::AssuranceLevel,
        Demand::Factors(Factors::Two),
        "urn:dk:gov:saml:attribute:AssuranceLevel:3",
    ),
    (
        Family::AssuranceLevel,
        Demand::Factors(Factors::One),
        "urn:dk:gov:saml:attribute:AssuranceLevel:2",
    ),
    (
        Family::AssuranceLevel,
        Demand::Anything,
        "urn:dk:gov:saml:attribute:AssuranceLevel:1",
    ),
    (
        Family::AssuranceLevelBare,
        Demand::Factors(Factors::Two),
        "dk:gov:saml:attribute:AssuranceLevel:3",
    ),
    (
        Family::AssuranceLevelBare,
        Demand::Factors(Factors::One),
        "dk:gov:saml:attribute:AssuranceLevel:2",
    ),
    (
        Family::AssuranceLevelBare,
        Demand::Anything,
        "dk:gov:saml:attribute:AssuranceLevel:1",
    ),
    (
        Family::Kmd,
        Demand::Nsis(NsisLevel::Substantial),
        "Loasubstantial",
    ),
    (Family::Kmd, Demand::Nsis(NsisLevel::Low), "Loalow"),
    (Family::Kmd, Demand::Factors(Factors::Two), "TwoFactor"),
    (Family::Kmd, Demand::AdultVerified, "AdultVerified"),
    (Family::Kmd, Demand::Factors(Factors::One), "OneFactor"),
    (
        Family::Refeds,
        Demand::Factors(Factors::Two),
        "https://refeds.org/profile/mfa",
    ),
    (
        Family::Refeds,
        Demand::Factors(Factors::One),
        "https://refeds.org/profile/sfa",
    ),
    (
        Family::Identity,
        Demand::Identity(IdentityKind::Professional),
        "https://data.gov.dk/eid/Professional",
    ),
    (
        Family::Identity,
        Demand::Identity(IdentityKind::Person),
        "https://data.gov.dk/eid/Person",
    ),
    (
        Family::Saml,
        Demand::Factors(Factors::Two),
        "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered",
    ),
    (
        Family::Saml,
        Demand::Factors(Factors::Two),
        "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract",
    ),
    (Family::Saml, Demand::Anything, PASSWORD_PROTECTED_TRANSPORT),
    (
        Family::Saml,
        Demand::Anything,
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
    ),
    (
        Family::Saml,
        Demand::Anything,
        "urn:oasis:names:tc:SAML:2.0:ac:classes:PreviousSession",
    ),
    (
        Family::Saml,
        Demand::Anything,
        "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
    ),
    (
        Family::Saml,
        Demand::Anything,
        "urn:oasis:names:tc:SAML:1.0:am:unspecified",
    ),
];

/// What a service asks for with this class reference.
pub fn demand_of(class_ref: &str) -> Demand {
    SPELLINGS
        .iter()
        .find(|(_, _, spelling)| *spelling == class_ref.trim())
        .map_or(Demand::Unknown, |(_, demand, _)| *demand)
}

/// How a demand is put to a local identity provider: the spellings that trigger a second factor in those
/// that are in use (protocols.md §1.2). Nothing for demands that no class reference expresses.
pub fn class_ref_of(demand: Demand) -> Option<&'static str> {
    match demand {
        Demand::Anything => Some(PASSWORD_PROTECTED_TRANSPORT),
        Demand::Unknown => None,
        known => SPELLINGS
            .iter()
            .find(|(_, demand, _)| *demand == known)
            .map(|(_, _, spelling)| *spelling),
    }
}

/// A `samlp:RequestedAuthnContext`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestedAuthnContext {
    /// How the references relate to the answer.
    pub comparison: Comparison,
    /// Class references in the order of preference.
    pub class_refs: Vec<String>,
}

impl RequestedAuthnContext {
    /// Asks an upstream for what is wanted of it; nothing where nothing is.
    pub fn asking_for(wanted: &WantedAssurance) -> Option<Self> {
        let mut class_refs: Vec<String> = wanted
            .demands
            .iter()
            .filter_map(|demand| class_ref_of(*demand))
            .map(str::to_owned)
            .collect();
        class_refs.dedup();
        (!class_refs.is_empty()).then_some(Self {
            comparison: wanted.comparison,
            class_refs,
        })
    }

    /// What is wanted, in the domain's terms.
    pub fn wanted(&self) -> WantedAssurance {
        WantedAssurance {
            comparison: self.comparison,
            demands: self
                .class_refs
                .iter()
                .map(|class_ref| demand_of(class_ref))
                .collect(),
        }
    }

    /// Reads the element. Declarations (`AuthnContextDeclRef`) are demands that Portner does not know.
    pub(super) fn read(element: Element<'_>) -> Result<Self, ShapeRefusal> {
        let comparison = match element.attribute("Comparison") {
            None | Some("exact") => Comparison::Exact,
            Some("minimum") => Comparison::Minimum,
            Some("maximum") => Comparison::Maximum,
            Some("better") => Comparison::Better,
            Some(_) => return Err(ShapeRefusal::Missing("Comparison that is known")),
        };
        let class_refs = element
            .children()
            .map(|child| child.text().map(|text| text.trim().to_owned()));
        Ok(Self {
            comparison,
            class_refs: class_refs.collect::<Result<_, _>>()?,
        })
    }

    /// Writes the element.
    pub(super) fn write(&self, writer: &mut Writer) {
        let comparison = match self.comparison {
            Comparison::Exact => "exact",
            Comparison::Minimum => "minimum",
            Comparison::Maximum => "maximum",
            Comparison::Better => "better",
        };
        writer
            .element(SAMLP, "RequestedAuthnContext")
            .attribute("Comparison", comparison)
            .children(|context| {
                for class_ref in &self.class_refs {
                    context.element(SAML, "AuthnContextClassRef").text(class_ref);
                }
            });
    }
}

/// What the attributes of an accepted assertion prove; [`Assurance::LOWEST`] where they say nothing.
/// Where values contradict each other the weaker one counts.
pub fn proved_by(attributes: &AssertedAttributes) -> Assurance {
    let nsis = proved_nsis(attributes);
    let unilogin = attributes.texts("dk:unilogin:loa");
    let is_unilogin = |wanted: &str| {
        let mut values = unilogin
            .iter()
            .map(|value| value.strip_prefix("dk:unilogin:loa:").unwrap_or(value))
            .peekable();
        values.peek().is_some() && values.all(|value| value == wanted)
    };
    let old_scale = attributes.texts("dk:gov:saml:attribute:AssuranceLevel");
    let old_scale_two = !old_scale.is_empty() && old_scale.iter().all(|level| matches!(*level, "3" | "4"));
    // NSIS asks for two factors from Substantial on.
    let two = nsis >= Some(NsisLevel::Substantial)
        || is_unilogin("ToFaktor")
        || (unilogin.is_empty() && old_scale_two);
    Assurance {
        nsis,
        factors: if two { Factors::Two } else { Factors::One },
        adult_verified: is_unilogin("VoksenVerificeret"),
        identity: if is_professional(attributes) {
            IdentityKind::Professional
        } else {
            IdentityKind::Person
        },
    }
}

/// The level of assurance is the lowest of its parts (protocols.md §3). Without `loa` the parts alone assert nothing.
fn proved_nsis(attributes: &AssertedAttributes) -> Option<NsisLevel> {
    let lowest = |name: &str| {
        let values = attributes.texts(name);
        let levels: Option<Vec<NsisLevel>> = values.iter().map(|value| nsis_level(value)).collect();
        (
            values.is_empty(),
            levels.and_then(|levels| levels.into_iter().min()),
        )
    };
    let (_, loa) = lowest("https://data.gov.dk/concept/core/nsis/loa");
    [
        "https://data.gov.dk/concept/core/nsis/ial",
        "https://data.gov.dk/concept/core/nsis/aal",
    ]
    .into_iter()
    .map(lowest)
    .fold(
        loa,
        |level, (is_absent, part)| if is_absent { level } else { level.min(part) },
    )
}

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

fn is_professional(attributes: &AssertedAttributes) -> bool {
    attributes.names().any(|name| {
        name.starts_with("https://data.gov.dk/model/core/eid/professional/")
            || name == "dk:gov:saml:attribute:CvrNumberIdentifier"
    })
}

/// The class reference of an answer: the strongest that is true of `held`, in the family of the first
/// reference asked for that is true; without one, in the words of Unilogin or NSIS.
pub fn answer(held: &Assurance, asked: Option<&RequestedAuthnContext>) -> String {
    let asked_refs = asked.map(|asked| asked.class_refs.as_slice()).unwrap_or_default();
    let comparison = asked.map(|asked| asked.comparison).unwrap_or_default();
    let true_rows = asked_refs.iter().filter_map(|class_ref| {
        let row = SPELLINGS.iter().find(|(_, _, spelling)| spelling == class_ref)?;
        (row.0 != Family::Identity && is_true(row.1, held)).then_some(row)
    });
    let mut true_rows = true_rows.peekable();
    match (comparison, true_rows.peek()) {
        // The answer to an exact question is one of the values asked for.
        (Comparison::Exact | Comparison::Maximum, Some((_, _, spelling))) => (*spelling).to_owned(),
        (Comparison::Minimum | Comparison::Better, Some((family, ..))) => strongest_in(*family, held)
            .unwrap_or(PASSWORD_PROTECTED_TRANSPORT)
            .to_owned(),
        (_, None) => own_words(held).to_owned(),
    }
}

fn own_words(held: &Assurance) -> &'static str {
    let family = if held.nsis.is_some() {
        Family::Nsis
    } else {
        Family::Unilogin
    };
    match held {
        Assurance {
            nsis: None,
            factors: Factors::One,
            adult_verified: false,
            ..
        } => PASSWORD_PROTECTED_TRANSPORT,
        _ => strongest_in(family, held).unwrap_or(PASSWORD_PROTECTED_TRANSPORT),
    }
}

fn strongest_in(family: Family, held: &Assurance) -> Option<&'static str> {
    SPELLINGS
        .iter()
        .find(|row| row.0 == family && is_true(row.1, held))
        .map(|row| row.2)
}

/// Whether an answer that says this would be the truth.
fn is_true(demand: Demand, held: &Assurance) -> bool {
    match demand {
        Demand::Nsis(level) => held.nsis >= Some(level),
        Demand::Factors(factors) => held.factors >= factors,
        Demand::AdultVerified => held.adult_verified,
        Demand::Identity(kind) => held.identity == kind,
        Demand::Anything => true,
        Demand::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> AssertedAttributes {
        let mut attributes = AssertedAttributes::default();
        for (name, value) in pairs {
            attributes.add_text(name, value);
        }
        attributes
    }

    fn asked(comparison: Comparison, class_refs: &[&str]) -> RequestedAuthnContext {
        RequestedAuthnContext {
            comparison,
            class_refs: class_refs.iter().map(|&c| c.to_owned()).collect(),
        }
    }

    fn held(nsis: Option<NsisLevel>, factors: Factors, adult_verified: bool) -> Assurance {
        Assurance {
            nsis,
            factors,
            adult_verified,
            identity: IdentityKind::Person,
        }
    }

    #[test]
    fn no_spelling_stands_twice() {
        for (at, row) in SPELLINGS.iter().enumerate() {
            assert!(
                SPELLINGS.iter().skip(at + 1).all(|other| other.2 != row.2),
                "{}",
                row.2
            );
        }
    }

    #[test]
    fn oiosaml_puts_several_dimensions_into_one_request() {
        let request = asked(
            Comparison::Minimum,
            &[
                "https://data.gov.dk/concept/core/nsis/loa/Substantial",
                "https://data.gov.dk/eid/Professional",
            ],
        );
        let wanted = request.wanted();
        assert!(!wanted.is_met_by(&held(Some(NsisLevel::High), Factors::Two, false)));
        let professional = Assurance {
            identity: IdentityKind::Professional,
            ..held(Some(NsisLevel::High), Factors::Two, false)
        };
        assert!(wanted.is_met_by(&professional));
        assert_eq!(
            answer(&professional, Some(&request)),
            "https://data.gov.dk/concept/core/nsis/loa/High"
        );
    }

    #[test]
    fn evidence_is_read_in_every_spelling() {
        let loa = "https://data.gov.dk/concept/core/nsis/loa";
        for value in [
            "Substantial",
            "SUBSTANTIAL",
            "https://data.gov.dk/concept/core/nsis/Substantial",
        ] {
            let proved = proved_by(&attributes(&[(loa, value)]));
            assert_eq!(
                proved,
                held(Some(NsisLevel::Substantial), Factors::Two, false),
                "{value}"
            );
        }
        assert_eq!(
            proved_by(&attributes(&[("dk:unilogin:loa", "ToFaktor")])).factors,
            Factors::Two
        );
        assert!(proved_by(&attributes(&[("dk:unilogin:loa", "VoksenVerificeret")])).adult_verified);
        let old = proved_by(&attributes(&[("dk:gov:saml:attribute:AssuranceLevel", "3")]));
        assert_eq!(
            old,
            held(None, Factors::Two, false),
            "the old scale is no NSIS level"
        );
    }

    #[test]
    fn the_weaker_of_contradicting_evidence_counts() {
        let loa = "https://data.gov.dk/concept/core/nsis/loa";
        let ial = "https://data.gov.dk/concept/core/nsis/ial";
        assert_eq!(
            proved_by(&attributes(&[(loa, "High"), (loa, "Low")])).nsis,
            Some(NsisLevel::Low)
        );
        assert_eq!(
            proved_by(&attributes(&[(loa, "High"), (loa, "Ukendt")])).nsis,
            None
        );
        assert_eq!(
            proved_by(&attributes(&[(loa, "High"), (ial, "Low")])).nsis,
            Some(NsisLevel::Low)
        );
        assert_eq!(proved_by(&attributes(&[(ial, "High")])).nsis, None);
        let mixed = attributes(&[
            ("dk:unilogin:loa", "EnFaktor"),
            ("dk:gov:saml:attribute:AssuranceLevel", "3"),
        ]);
        assert_eq!(proved_by(&mixed).factors, Factors::One);
        assert_eq!(proved_by(&attributes(&[])), Assurance::LOWEST);
    }

    #[test]
    fn an_answer_is_given_in_the_words_of_the_question() {
        let two = held(None, Factors::Two, false);
        let exact = |class_ref: &str| answer(&two, Some(&asked(Comparison::Exact, &[class_ref])));
        assert_eq!(
            exact("https://refeds.org/profile/mfa"),
            "https://refeds.org/profile/mfa"
        );
        assert_eq!(exact(PASSWORD_PROTECTED_TRANSPORT), PASSWORD_PROTECTED_TRANSPORT);
        let least = asked(Comparison::Minimum, &["dk:unilogin:loa:EnFaktor"]);
        assert_eq!(answer(&two, Some(&least)), "dk:unilogin:loa:ToFaktor");
        assert_eq!(answer(&two, None), "dk:unilogin:loa:ToFaktor");
        assert_eq!(answer(&Assurance::LOWEST, None), PASSWORD_PROTECTED_TRANSPORT);
    }

    fn any_held() -> impl Strategy<Value = Assurance> {
        let levels = [
            None,
            Some(NsisLevel::Low),
            Some(NsisLevel::Substantial),
            Some(NsisLevel::High),
        ];
        (
            prop::sample::select(levels.to_vec()),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(nsis, two, adult)| held(nsis, if two { Factors::Two } else { Factors::One }, adult))
    }

    proptest! {
        #[test]
        fn an_answer_is_always_true_and_never_nsis_without_a_level(
            held in any_held(),
            comparison in prop::sample::select(vec![Comparison::Exact, Comparison::Minimum, Comparison::Maximum, Comparison::Better]),
            rows in prop::collection::vec(0..SPELLINGS.len(), 0..4),
        ) {
            let refs: Vec<&str> = rows.iter().map(|row| SPELLINGS[*row].2).collect();
            let said = answer(&held, Some(&asked(comparison, &refs)));
            prop_assert!(is_true(demand_of(&said), &held), "{said}");
            if held.nsis.is_none() {
                prop_assert!(!said.contains("nsis") && !said.starts_with("Loa"), "{said}");
            }
        }
    }
}
