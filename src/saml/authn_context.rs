//! What a service asks for in strength, and what it is answered.
//!
//! How strength is spelled is in `spellings.rs`, what an upstream proved in `evidence.rs`. An answer
//! is always true, and an NSIS spelling goes out only where a notified source asserted a level (DR09).

use super::spellings::{self, Family, OIOSAML_NSIS, UNILOGIN};
use super::xml::names::{SAML, SAMLP};
use super::xml::{Element, ShapeRefusal, Writer};
use crate::domain::assurance::{Assurance, Comparison, Demand, Factors, WantedAssurance};

/// Any login over TLS: what a service without wishes is told.
pub const PASSWORD_PROTECTED_TRANSPORT: &str =
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// A `samlp:RequestedAuthnContext`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestedAuthnContext {
    /// How the references relate to the answer.
    pub comparison: Comparison,
    /// Class references in the order of preference.
    pub class_refs: Vec<String>,
}

impl RequestedAuthnContext {
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
            Comparison::Minimum | Comparison::Alternatives => "minimum",
            Comparison::Maximum => "maximum",
            Comparison::Better => "better",
        };
        let element = writer
            .element(SAMLP, "RequestedAuthnContext")
            .attribute("Comparison", comparison);
        element.children(|context| {
            for class_ref in &self.class_refs {
                context.element(SAML, "AuthnContextClassRef").text(class_ref);
            }
        });
    }
}

/// What a service asks for with this class reference.
pub fn demand_of(class_ref: &str) -> Demand {
    spellings::meaning(class_ref).map_or(Demand::Unknown, |(demand, _)| demand)
}

/// How a demand is put to a local identity provider: the spellings that trigger a second factor in those
/// that are in use by Danish identity providers. Nothing for demands that no class reference expresses.
pub fn class_ref_of(demand: Demand) -> Option<String> {
    match demand {
        Demand::Anything => Some(PASSWORD_PROTECTED_TRANSPORT.to_owned()),
        known => spellings::spelling(known),
    }
}

/// The class reference of an answer: in the family of the first reference asked for that is true of
/// `held`; where there is none, in the words of NSIS or Unilogin.
pub fn answer(held: Assurance, asked: Option<&RequestedAuthnContext>) -> String {
    first_true_of(held, asked)
        .or_else(|| own_words(held))
        .unwrap_or_else(|| PASSWORD_PROTECTED_TRANSPORT.to_owned())
}

fn first_true_of(held: Assurance, asked: Option<&RequestedAuthnContext>) -> Option<String> {
    let asked = asked?;
    let (class_ref, family) = asked.class_refs.iter().find_map(|class_ref| {
        let (demand, family) = spellings::meaning(class_ref)?;
        // Which kind of identity or credential it is does not say how strong the login was.
        let says_strength = !matches!(demand, Demand::Identity(_) | Demand::Credential(_));
        (says_strength && is_true(demand, held)).then_some((class_ref, family))
    })?;
    match asked.comparison {
        // The answer to an exact question is one of the values asked for.
        Comparison::Exact | Comparison::Maximum => Some(class_ref.clone()),
        Comparison::Minimum | Comparison::Better | Comparison::Alternatives => strongest_in(family, held),
    }
}

fn own_words(held: Assurance) -> Option<String> {
    let family = match held {
        Assurance { nsis: Some(_), .. } => OIOSAML_NSIS,
        Assurance {
            factors: Factors::One,
            adult_verified: false,
            ..
        } => return None,
        _ => UNILOGIN,
    };
    strongest_in(family, held)
}

fn strongest_in(family: Family, held: Assurance) -> Option<String> {
    family.first(|demand| is_true(demand, held))
}

/// Whether an answer that says this would be the truth.
fn is_true(demand: Demand, held: Assurance) -> bool {
    match demand {
        Demand::Nsis(level) => held.nsis >= Some(level),
        Demand::Factors(factors) => held.factors >= factors,
        Demand::AdultVerified => held.adult_verified,
        Demand::Identity(kind) => held.identity == kind,
        Demand::Credential(kind) => held.credential == Some(kind),
        Demand::Anything => true,
        Demand::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::assurance::{IdentityKind, NsisLevel};

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
            ..Assurance::LOWEST
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
            answer(professional, Some(&request)),
            "https://data.gov.dk/concept/core/nsis/loa/High"
        );
    }

    #[test]
    fn an_answer_is_given_in_the_words_of_the_question() {
        let two = held(None, Factors::Two, false);
        let exact = |class_ref: &str| answer(two, Some(&asked(Comparison::Exact, &[class_ref])));
        assert_eq!(
            exact("https://refeds.org/profile/mfa"),
            "https://refeds.org/profile/mfa"
        );
        assert_eq!(exact(PASSWORD_PROTECTED_TRANSPORT), PASSWORD_PROTECTED_TRANSPORT);
        let least = asked(Comparison::Minimum, &["dk:unilogin:loa:EnFaktor"]);
        assert_eq!(answer(two, Some(&least)), "dk:unilogin:loa:ToFaktor");
        assert_eq!(answer(two, None), "dk:unilogin:loa:ToFaktor");
        assert_eq!(answer(Assurance::LOWEST, None), PASSWORD_PROTECTED_TRANSPORT);
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
            class_refs in prop::collection::vec(prop::sample::select(spellings::all()), 0..4),
        ) {
            let refs: Vec<&str> = class_refs.iter().map(String::as_str).collect();
            let said = answer(held, Some(&asked(comparison, &refs)));
            prop_assert!(is_true(demand_of(&said), held), "{said}");
            if held.nsis.is_none() {
                prop_assert!(!said.contains("nsis") && !said.starts_with("Loa"), "{said}");
            }
        }
    }
}
