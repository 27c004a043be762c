//! Spellings of assurance in OpenID Connect: `acr_values` read, `acr` and `amr` written.
//!
//! Several vocabularies meet here; the model is `domain::assurance`. What is written is
//! always computed from what is held, never echoed because it was asked for (E16, DR09).

use crate::domain::assurance::{
    Assurance, Comparison, CredentialKind, Demand, Factors, IdentityKind, NsisLevel, WantedAssurance,
};

/// Each spelling and what it asks for. The first of a kind is the one that we write unasked.
const SPELLINGS: [(&str, Demand); 30] = [
    (
        "https://data.gov.dk/concept/core/nsis/loa/High",
        Demand::Nsis(NsisLevel::High),
    ),
    (
        "https://data.gov.dk/concept/core/nsis/loa/Substantial",
        Demand::Nsis(NsisLevel::Substantial),
    ),
    (
        "https://data.gov.dk/concept/core/nsis/loa/Low",
        Demand::Nsis(NsisLevel::Low),
    ),
    ("dk:unilogin:loa:ToFaktor", Demand::Factors(Factors::Two)),
    ("dk:unilogin:loa:VoksenVerificeret", Demand::AdultVerified),
    ("dk:unilogin:loa:EnFaktor", Demand::Factors(Factors::One)),
    ("ToFaktor", Demand::Factors(Factors::Two)),
    ("VoksenVerificeret", Demand::AdultVerified),
    ("EnFaktor", Demand::Factors(Factors::One)),
    (
        "urn:dk:gov:saml:attribute:AssuranceLevel:3",
        Demand::Factors(Factors::Two),
    ),
    (
        "urn:dk:gov:saml:attribute:AssuranceLevel:2",
        Demand::Factors(Factors::One),
    ),
    // The same without `urn:`.
    (
        "dk:gov:saml:attribute:AssuranceLevel:3",
        Demand::Factors(Factors::Two),
    ),
    (
        "dk:gov:saml:attribute:AssuranceLevel:2",
        Demand::Factors(Factors::One),
    ),
    // MitID brokers leave `loa/` out.
    (
        "https://data.gov.dk/concept/core/nsis/High",
        Demand::Nsis(NsisLevel::High),
    ),
    (
        "https://data.gov.dk/concept/core/nsis/Substantial",
        Demand::Nsis(NsisLevel::Substantial),
    ),
    (
        "https://data.gov.dk/concept/core/nsis/Low",
        Demand::Nsis(NsisLevel::Low),
    ),
    // A municipal broker in front of services.
    ("Loasubstantial", Demand::Nsis(NsisLevel::Substantial)),
    ("Loalow", Demand::Nsis(NsisLevel::Low)),
    ("TwoFactor", Demand::Factors(Factors::Two)),
    ("OneFactor", Demand::Factors(Factors::One)),
    // A client library of Unilogin's.
    ("To_Faktor", Demand::Factors(Factors::Two)),
    (
        "https://nemlogin.dk/internal/credential/type/mitid",
        Demand::Credential(CredentialKind::MitId),
    ),
    (
        "https://nemlogin.dk/internal/credential/type/local",
        Demand::Credential(CredentialKind::Local),
    ),
    ("AdultVerified", Demand::AdultVerified),
    ("https://refeds.org/profile/mfa", Demand::Factors(Factors::Two)),
    ("https://refeds.org/profile/sfa", Demand::Factors(Factors::One)),
    (
        "https://data.gov.dk/eid/Professional",
        Demand::Identity(IdentityKind::Professional),
    ),
    (
        "https://data.gov.dk/eid/Person",
        Demand::Identity(IdentityKind::Person),
    ),
    ("1", Demand::Anything),
    ("0", Demand::Anything),
];

/// The values that discovery announces: one spelling for each level.
pub const SUPPORTED: [&str; 8] = [
    "https://data.gov.dk/concept/core/nsis/loa/High",
    "https://data.gov.dk/concept/core/nsis/loa/Substantial",
    "https://data.gov.dk/concept/core/nsis/loa/Low",
    "dk:unilogin:loa:ToFaktor",
    "dk:unilogin:loa:VoksenVerificeret",
    "dk:unilogin:loa:EnFaktor",
    "https://refeds.org/profile/mfa",
    "https://refeds.org/profile/sfa",
];

/// What a value asks for; nothing known meets an unknown one.
pub fn demand(value: &str) -> Demand {
    SPELLINGS
        .iter()
        .find(|(spelling, _)| *spelling == value)
        .map_or(Demand::Unknown, |(_, demand)| *demand)
}

/// What the values together ask for: any one of them, since `acr_values` lists alternatives
/// in order of preference.
pub fn wanted(values: &[String]) -> WantedAssurance {
    WantedAssurance {
        comparison: Comparison::Alternatives,
        demands: values.iter().map(|value| demand(value)).collect(),
    }
}

/// How a wish is put to an upstream that has no words of its own; nothing for what needs no asking.
pub fn spelling(demand: Demand) -> Option<String> {
    match demand {
        Demand::Anything | Demand::Unknown => None,
        known => SPELLINGS
            .iter()
            .find(|(_, demand)| *demand == known)
            .map(|(spelling, _)| (*spelling).to_owned()),
    }
}

/// The `acr` of an answer: the first asked for that what is held fulfils, else our own spelling
/// of what is held. An NSIS level is said only where a notified source asserted one.
pub fn achieved<'a>(asked: &'a [String], held: &Assurance) -> &'a str {
    asked
        .iter()
        .map(String::as_str)
        .find(|value| is_fulfilled(demand(value), *held))
        .unwrap_or_else(|| own_spelling(*held))
}

fn is_fulfilled(demand: Demand, held: Assurance) -> bool {
    match demand {
        Demand::Unknown => false,
        Demand::Anything => true,
        // Saying that an adult vouched is only true if one did, whatever else was proved.
        Demand::AdultVerified => held.adult_verified,
        Demand::Nsis(_) | Demand::Factors(_) | Demand::Identity(_) | Demand::Credential(_) => {
            WantedAssurance::at_least(vec![demand]).is_met_by(&held)
        }
    }
}

fn own_spelling(held: Assurance) -> &'static str {
    match (held.nsis, held.factors, held.adult_verified) {
        (Some(NsisLevel::High), ..) => "https://data.gov.dk/concept/core/nsis/loa/High",
        (Some(NsisLevel::Substantial), ..) => "https://data.gov.dk/concept/core/nsis/loa/Substantial",
        (Some(NsisLevel::Low), ..) => "https://data.gov.dk/concept/core/nsis/loa/Low",
        (None, Factors::Two, _) => "dk:unilogin:loa:ToFaktor",
        (None, Factors::One, true) => "dk:unilogin:loa:VoksenVerificeret",
        (None, Factors::One, false) => "dk:unilogin:loa:EnFaktor",
    }
}

/// Words of `amr` that say two factors or more: RFC 8176's, and what large providers say beside it.
const SAY_TWO_FACTORS: [&str; 5] = [
    "mfa",
    "mca",
    "multipleauthn",
    "http://schemas.microsoft.com/claims/multipleauthn",
    "ngcmfa",
];

/// What methods prove (RFC 8176 §2): those of one kind together are still one factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Knowledge,
    Possession,
    Being,
    /// Of a word that nobody has defined, nobody can say what it proves.
    Unknown,
}

fn kind(method: &str) -> Kind {
    match method {
        "pwd" | "pin" | "kba" | "password" => Kind::Knowledge,
        "otp" | "hwk" | "swk" | "sms" | "tel" | "sc" | "pop" => Kind::Possession,
        "face" | "fpt" | "iris" | "retina" | "vbm" => Kind::Being,
        _ => Kind::Unknown,
    }
}

/// The `amr` of an answer: the methods, and `mfa` where there were two factors (RFC 8176 §2). What
/// an upstream says of two factors goes no further than it is believed of two (C05, DR09), be it in
/// one word or in two methods of different kinds: then the first speaks for its kind alone.
pub fn methods(used: &[String], held: &Assurance) -> Vec<String> {
    let has_two = held.factors == Factors::Two;
    let mut methods = used.to_vec();
    if has_two {
        if !methods.iter().any(|method| method == "mfa") {
            methods.push("mfa".to_owned());
        }
        return methods;
    }
    methods.retain(|method| !SAY_TWO_FACTORS.contains(&method.as_str()));
    if let Some(first) = methods.first().map(|method| kind(method)) {
        methods.retain(|method| kind(method) == first);
    }
    methods
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(nsis: Option<NsisLevel>, factors: Factors, adult_verified: bool) -> Assurance {
        Assurance {
            nsis,
            factors,
            adult_verified,
            ..Assurance::LOWEST
        }
    }

    #[test]
    fn an_answer_is_given_in_the_spelling_that_was_asked_for() {
        let two = held(None, Factors::Two, false);
        let asked = ["https://refeds.org/profile/mfa".to_owned()];
        assert_eq!(achieved(&asked, &two), "https://refeds.org/profile/mfa");
        assert_eq!(achieved(&[], &two), "dk:unilogin:loa:ToFaktor");
    }

    #[test]
    fn an_answer_never_says_more_than_was_proved() {
        let one = held(None, Factors::One, false);
        for (spelling, demand) in SPELLINGS {
            let asked = [spelling.to_owned()];
            let answer = achieved(&asked, &one);
            let honest = matches!(
                demand,
                Demand::Factors(Factors::One) | Demand::Anything | Demand::Identity(IdentityKind::Person)
            );
            assert_eq!(
                answer == spelling,
                honest || spelling == "dk:unilogin:loa:EnFaktor",
                "{spelling}"
            );
        }
        let vouched = held(None, Factors::One, true);
        assert_eq!(achieved(&[], &vouched), "dk:unilogin:loa:VoksenVerificeret");
        assert_ne!(achieved(&["ToFaktor".to_owned()], &vouched), "ToFaktor");
    }

    #[test]
    fn everything_announced_is_understood() {
        for value in SUPPORTED {
            assert_ne!(demand(value), Demand::Unknown, "{value}");
        }
    }

    #[test]
    fn two_factors_are_said_once() {
        let two = held(None, Factors::Two, false);
        assert_eq!(methods(&["pwd".to_owned()], &two), ["pwd", "mfa"]);
        assert_eq!(methods(&["mfa".to_owned()], &two), ["mfa"]);
        assert_eq!(methods(&["pwd".to_owned()], &Assurance::LOWEST), ["pwd"]);
    }

    #[test]
    fn c05_two_factors_are_not_said_where_one_is_believed() {
        for word in SAY_TWO_FACTORS {
            let said = ["pwd".to_owned(), word.to_owned()];
            assert_eq!(methods(&said, &Assurance::LOWEST), ["pwd"], "{word}");
        }
        let two = held(None, Factors::Two, false);
        assert_eq!(
            methods(&["pwd".to_owned(), "mca".to_owned()], &two),
            ["pwd", "mca", "mfa"]
        );
    }

    #[test]
    fn c05_two_methods_of_different_kinds_are_not_said_where_one_factor_is_believed() {
        let said = |words: &[&str], held: &Assurance| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            methods(&words, held)
        };
        let one = Assurance::LOWEST;
        assert_eq!(said(&["pwd", "otp"], &one), ["pwd"]);
        assert_eq!(said(&["otp", "pwd", "fpt"], &one), ["otp"]);
        assert_eq!(said(&["mfa", "hwk", "pin"], &one), ["hwk"]);
        assert_eq!(said(&["pwd", "kba"], &one), ["pwd", "kba"]);
        assert_eq!(said(&["pwd", "noget-andet"], &one), ["pwd"]);
        let two = held(None, Factors::Two, false);
        assert_eq!(said(&["pwd", "otp"], &two), ["pwd", "otp", "mfa"]);
    }

    proptest! {
        #[test]
        fn unknown_values_ask_for_what_nothing_meets(value in "[a-z:/]{3,20}") {
            let everything = held(Some(NsisLevel::High), Factors::Two, true);
            prop_assert!(!wanted(&[value]).is_met_by(&everything));
        }
    }
}
