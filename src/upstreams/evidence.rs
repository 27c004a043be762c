//! What an upstream's words amount to: whose they are about, and how sure they make us.
//!
//! The same for both protocols: attributes and claims are names with values, and the
//! registration says which of them mean what. Nothing asked for is taken for an answer
//! (C05): class references and `acr` are not read here.

use crate::domain::account::UniId;
use crate::domain::assurance::{Assurance, Factors, IdentityKind, NsisLevel};
use crate::domain::cpr::Cpr;
use crate::login::identity::Claimed;
use crate::trust::mapping::{IdentityMapping, LevelScale, SubjectMeaning};

/// Everything that an upstream said, by name.
pub(super) trait Said {
    /// Its own name for the user.
    fn subject(&self) -> &str;
    /// The values of an attribute or claim; none where it was not said.
    fn values(&self, name: &str) -> Vec<String>;
}

/// Whose login it is, in the upstream's words.
pub(super) fn claimed(mapping: &IdentityMapping, said: &impl Said) -> Claimed {
    let first = |names: &[String]| names.iter().find_map(|name| said.values(name).into_iter().next());
    let subject_as = |meaning| (mapping.subject == meaning).then(|| said.subject().to_owned());
    let cpr = subject_as(SubjectMeaning::Cpr).or_else(|| first(&mapping.cpr));
    let uni_id = subject_as(SubjectMeaning::UniId).or_else(|| first(&mapping.uni_id));
    Claimed {
        account: None,
        uni_id: uni_id.and_then(|text| UniId::parse(&text).ok()),
        cpr: cpr.and_then(|text| Cpr::parse(&text).ok()),
    }
}

/// What was proved: the weakest of what is said in each dimension, never above the ceiling.
pub(super) fn proved(mapping: &IdentityMapping, said: &impl Said, ceiling: Assurance) -> Assurance {
    let levels: Vec<Assurance> = mapping
        .levels
        .iter()
        .flat_map(|source| {
            said.values(&source.name)
                .into_iter()
                .map(|value| level(source.scale, &value))
        })
        .collect();
    let nsis = levels.iter().filter_map(|level| level.nsis).min();
    let factors = levels.iter().map(|level| level.factors).min().unwrap_or_default();
    let professional = mapping.identity_kind.as_ref().is_some_and(|name| {
        said.values(name)
            .iter()
            .any(|value| value.to_ascii_lowercase().contains("professional"))
    });
    let identity = if professional {
        IdentityKind::Professional
    } else {
        IdentityKind::Person
    };
    let adult_verified = levels.iter().any(|level| level.adult_verified);
    Assurance {
        nsis,
        factors,
        adult_verified,
        identity,
    }
    .capped_by(&ceiling)
}

/// One spelling; an unknown one is the lowest there is.
fn level(scale: LevelScale, value: &str) -> Assurance {
    let value = value.trim();
    let two = |two: bool| Assurance {
        factors: if two { Factors::Two } else { Factors::One },
        ..Assurance::LOWEST
    };
    match scale {
        LevelScale::Nsis => {
            let name = value.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let nsis = match name.as_str() {
                "low" => Some(NsisLevel::Low),
                "substantial" => Some(NsisLevel::Substantial),
                "high" => Some(NsisLevel::High),
                _ => None,
            };
            // NSIS asks for two factors from Substantial on.
            Assurance {
                nsis,
                ..two(nsis >= Some(NsisLevel::Substantial))
            }
        }
        LevelScale::AssuranceLevel => two(matches!(value, "3" | "4")),
        LevelScale::UniloginLoa => {
            let adult_verified = value == "VoksenVerificeret";
            Assurance {
                adult_verified,
                ..two(value == "ToFaktor")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::mapping::LevelSource;

    struct Words(Vec<(&'static str, &'static str)>);

    impl Said for Words {
        fn subject(&self) -> &'static str {
            "0102034567"
        }

        fn values(&self, name: &str) -> Vec<String> {
            self.0
                .iter()
                .filter(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
                .collect()
        }
    }

    const STRONG: Assurance = Assurance {
        nsis: Some(NsisLevel::High),
        factors: Factors::Two,
        adult_verified: true,
        identity: IdentityKind::Person,
    };

    fn mapping() -> IdentityMapping {
        let source = |name: &str, scale| LevelSource {
            name: name.to_owned(),
            scale,
        };
        IdentityMapping {
            subject: SubjectMeaning::Opaque,
            cpr: vec!["cpr".to_owned()],
            uni_id: vec!["uniid".to_owned()],
            levels: vec![
                source("nsis", LevelScale::Nsis),
                source("unilogin", LevelScale::UniloginLoa),
            ],
            identity_kind: None,
        }
    }

    #[test]
    fn the_subject_is_a_cpr_number_only_where_registration_says_so() {
        assert!(claimed(&mapping(), &Words(vec![])).cpr.is_none());
        let by_subject = IdentityMapping {
            subject: SubjectMeaning::Cpr,
            ..mapping()
        };
        assert!(claimed(&by_subject, &Words(vec![])).cpr.is_some());
    }

    #[test]
    fn contradicting_levels_amount_to_the_weaker_one() {
        let words = Words(vec![("nsis", "Substantial"), ("unilogin", "EnFaktor")]);
        assert_eq!(proved(&mapping(), &words, STRONG).factors, Factors::One);
    }

    #[test]
    fn an_unknown_spelling_is_the_lowest_level() {
        assert_eq!(
            proved(&mapping(), &Words(vec![("nsis", "Enormous")]), STRONG),
            Assurance::LOWEST
        );
    }

    #[test]
    fn nothing_said_is_above_the_registered_ceiling() {
        let words = Words(vec![("nsis", "https://data.gov.dk/concept/core/nsis/High")]);
        assert_eq!(proved(&mapping(), &words, Assurance::LOWEST), Assurance::LOWEST);
    }
}
