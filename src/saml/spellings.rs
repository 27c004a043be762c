//! Every spelling of strength in SAML that Portner understands, as a table.
//!
//! Sources: Unilogin's interface for services, its profile for local identity providers, OIOSAML 2.0.9 and 3.0.3, NSIS, REFEDS. What is not here is a
//! demand that nobody meets.

use crate::domain::assurance::CredentialKind::{Local, MitId, NemIdKeyCard, NemIdKeyFile, Test};
use crate::domain::assurance::Demand::{self, AdultVerified, Anything, Credential, Factors, Identity, Nsis};
use crate::domain::assurance::Factors::{One, Two};
use crate::domain::assurance::IdentityKind::{Person, Professional};
use crate::domain::assurance::NsisLevel::{High, Low, Substantial};

/// Spellings that belong together: an answer is given in the family of the question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    prefix: &'static str,
    /// What may follow the prefix, the strongest first.
    values: &'static [(Demand, &'static str)],
}

/// How NSIS levels are spelled by OIOSAML 3: the family that we answer in by ourselves.
pub(super) const OIOSAML_NSIS: Family = Family {
    prefix: "https://data.gov.dk/concept/core/nsis/loa/",
    values: &NSIS,
};
/// How Unilogin spells its levels: the family that we answer in where there is no NSIS level.
pub(super) const UNILOGIN: Family = Family {
    prefix: "dk:unilogin:loa:",
    values: &UNILOGIN_LEVELS,
};

const FAMILIES: [Family; 12] = [
    OIOSAML_NSIS,
    // Without `loa/`, as MitID brokers have it.
    Family {
        prefix: "https://data.gov.dk/concept/core/nsis/",
        values: &NSIS,
    },
    UNILOGIN,
    Family {
        prefix: "",
        values: &UNILOGIN_LEVELS,
    },
    // OIOSAML 2, with and without `urn:`.
    Family {
        prefix: "urn:dk:gov:saml:attribute:AssuranceLevel:",
        values: &OLD_SCALE,
    },
    Family {
        prefix: "dk:gov:saml:attribute:AssuranceLevel:",
        values: &OLD_SCALE,
    },
    // A municipal broker in front of services.
    Family {
        prefix: "",
        values: &KMD,
    },
    Family {
        prefix: "https://refeds.org/profile/",
        values: &REFEDS,
    },
    Family {
        prefix: "https://data.gov.dk/eid/",
        values: &IDENTITIES,
    },
    Family {
        prefix: "https://nemlogin.dk/internal/credential/type/",
        values: &CREDENTIALS,
    },
    Family {
        prefix: "urn:oasis:names:tc:SAML:2.0:ac:classes:",
        values: &CLASSES,
    },
    Family {
        prefix: "urn:oasis:names:tc:SAML:1.0:am:",
        values: &[(Anything, "unspecified")],
    },
];

const NSIS: [(Demand, &str); 3] = [
    (Nsis(High), "High"),
    (Nsis(Substantial), "Substantial"),
    (Nsis(Low), "Low"),
];

const UNILOGIN_LEVELS: [(Demand, &str); 3] = [
    (Factors(Two), "ToFaktor"),
    (AdultVerified, "VoksenVerificeret"),
    (Factors(One), "EnFaktor"),
];

// The old scale is older than NSIS and asserts no level of it.
const OLD_SCALE: [(Demand, &str); 3] = [(Factors(Two), "3"), (Factors(One), "2"), (Anything, "1")];

const KMD: [(Demand, &str); 5] = [
    (Nsis(Substantial), "Loasubstantial"),
    (Nsis(Low), "Loalow"),
    (Factors(Two), "TwoFactor"),
    (AdultVerified, "AdultVerified"),
    (Factors(One), "OneFactor"),
];

const REFEDS: [(Demand, &str); 2] = [(Factors(Two), "mfa"), (Factors(One), "sfa")];

const IDENTITIES: [(Demand, &str); 2] = [
    (Identity(Professional), "Professional"),
    (Identity(Person), "Person"),
];

const CREDENTIALS: [(Demand, &str); 5] = [
    (Credential(MitId), "mitid"),
    (Credential(Local), "local"),
    (Credential(NemIdKeyCard), "nemidkeycard"),
    (Credential(NemIdKeyFile), "nemidkeyfile"),
    (Credential(Test), "test"),
];

const CLASSES: [(Demand, &str); 6] = [
    (Factors(Two), "MobileTwoFactorUnregistered"),
    (Factors(Two), "MobileTwoFactorContract"),
    (Anything, "PasswordProtectedTransport"),
    (Anything, "Password"),
    (Anything, "PreviousSession"),
    (Anything, "unspecified"),
];

/// What a spelling means, and which family it is of.
pub(super) fn meaning(class_ref: &str) -> Option<(Demand, Family)> {
    FAMILIES.into_iter().find_map(|family| {
        let value = class_ref.trim().strip_prefix(family.prefix)?;
        let (demand, _) = family.values.iter().find(|(_, known)| *known == value)?;
        Some((*demand, family))
    })
}

/// The first spelling of a demand, in the order of families.
pub(super) fn spelling(demand: Demand) -> Option<String> {
    FAMILIES
        .into_iter()
        .find_map(|family| family.first(|known| known == demand))
}

impl Family {
    /// The first spelling of this family whose meaning `fits`, so the strongest.
    pub(super) fn first(self, fits: impl Fn(Demand) -> bool) -> Option<String> {
        let (_, value) = self.values.iter().find(|(demand, _)| fits(*demand))?;
        Some(format!("{}{value}", self.prefix))
    }
}

#[cfg(test)]
pub(super) fn all() -> Vec<String> {
    let of = |family: Family| {
        family
            .values
            .iter()
            .map(move |(_, value)| format!("{}{value}", family.prefix))
    };
    FAMILIES.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_spelling_means_two_things() {
        let all = all();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|spelling| meaning(spelling).is_some()));
    }

    #[test]
    fn an_unheard_spelling_means_nothing() {
        for unheard in [
            "",
            "tofaktor",
            "https://data.gov.dk/concept/core/nsis/loa/",
            "dk:unilogin:loa:TreFaktor",
        ] {
            assert!(meaning(unheard).is_none(), "{unheard}");
        }
    }
}
