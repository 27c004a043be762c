//! How an upstream is asked for a level: in its own words where its registration has some, else in ours.
//!
//! The same question in both protocols. What it answers counts by `evidence.rs` alone.

use crate::domain::assurance::{Demand, WantedAssurance};
use crate::oidc::acr;
use crate::saml::authn_context::{self, RequestedAuthnContext};
use crate::trust::mapping::{AskedLevels, LevelWords};

/// The question to a SAML identity provider; nothing where there is none to put.
pub(super) fn context(wanted: &WantedAssurance, levels: &LevelWords) -> Option<RequestedAuthnContext> {
    let class_refs = words(wanted, levels, authn_context::class_ref_of);
    (!class_refs.is_empty()).then(|| RequestedAuthnContext {
        comparison: levels.comparison.unwrap_or(wanted.comparison),
        class_refs,
    })
}

/// The `acr_values` to an OpenID provider.
pub(super) fn acr_values(wanted: &WantedAssurance, levels: &LevelWords) -> Vec<String> {
    words(wanted, levels, acr::spelling)
}

fn words(
    wanted: &WantedAssurance,
    levels: &LevelWords,
    ours: impl Fn(Demand) -> Option<String>,
) -> Vec<String> {
    let word = |demand: &Demand| {
        let own = levels.words.iter().find(|(known, _)| known == demand);
        match (levels.ask, own) {
            (AskedLevels::None, _) | (AskedLevels::Listed, None) => None,
            (_, Some((_, word))) => Some(word.clone()),
            (AskedLevels::All, None) => ours(*demand),
        }
    };
    let mut words: Vec<String> = Vec::new();
    for word in wanted.demands.iter().filter_map(word) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::assurance::{Comparison, Factors, NsisLevel};

    const TWO: Demand = Demand::Factors(Factors::Two);
    const HIGH: Demand = Demand::Nsis(NsisLevel::High);

    fn asked(ask: AskedLevels, words: &[(Demand, &str)]) -> Vec<String> {
        let levels = LevelWords {
            ask,
            comparison: Some(Comparison::Exact),
            words: words
                .iter()
                .map(|(demand, word)| (*demand, (*word).to_owned()))
                .collect(),
        };
        let wanted = WantedAssurance::at_least(vec![TWO, HIGH]);
        let context = context(&wanted, &levels);
        assert!(
            context
                .as_ref()
                .is_none_or(|context| context.comparison == Comparison::Exact)
        );
        context.map(|context| context.class_refs).unwrap_or_default()
    }

    #[test]
    fn an_upstream_is_asked_in_its_own_words_and_in_no_others_where_it_is_so_registered() {
        let own = [(TWO, "urn:two")];
        let high = "https://data.gov.dk/concept/core/nsis/loa/High";
        assert_eq!(asked(AskedLevels::All, &own), ["urn:two", high]);
        assert_eq!(asked(AskedLevels::Listed, &own), ["urn:two"]);
        assert!(asked(AskedLevels::None, &own).is_empty());
        assert_eq!(
            asked(AskedLevels::All, &[(TWO, "urn:x"), (HIGH, "urn:x")]),
            ["urn:x"]
        );
    }
}
