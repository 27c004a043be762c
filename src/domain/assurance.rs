//! How sure we are of who somebody is, and what a service asks for.
//!
//! One model with several dimensions: NSIS level, number of factors, verified by an adult,
//! kind of identity. All wire spellings live in the protocol layers (`saml/authn_context.rs`,
//! `oidc/acr.rs`). A level is computed from evidence and capped; it is never carried
//! through from what was asked for (DR09, C05).

use serde::{Deserialize, Serialize};

/// The NSIS levels. Teacher approval and SMS never become one (I14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NsisLevel {
    /// Lav.
    Low,
    /// Betydelig.
    Substantial,
    /// Høj.
    High,
}

impl NsisLevel {
    /// The word that registrations use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }
}

/// With how many independent factors the user proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factors {
    /// `EnFaktor`.
    #[default]
    One,
    /// `ToFaktor`.
    Two,
}

impl Factors {
    /// The word that registrations use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
        }
    }
}

/// Whether the login is as a private person or on behalf of an employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityKind {
    /// `https://data.gov.dk/eid/Person`.
    #[default]
    Person,
    /// `https://data.gov.dk/eid/Professional`.
    Professional,
}

/// What somebody proved with, where a service asks for one kind by name (NemLog-in).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// MitID.
    MitId,
    /// A local login of an organisation.
    Local,
    /// NemID's card of codes.
    NemIdKeyCard,
    /// NemID's file of keys.
    NemIdKeyFile,
    /// A login of a test environment.
    Test,
}

impl CredentialKind {
    /// The word that registrations and logs use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::MitId => "mitid",
            Self::Local => "local",
            Self::NemIdKeyCard => "nemidkeycard",
            Self::NemIdKeyFile => "nemidkeyfile",
            Self::Test => "test",
        }
    }
}

/// What was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Assurance {
    /// The NSIS level that a notified source asserted; nothing where none did.
    pub nsis: Option<NsisLevel>,
    /// Number of factors.
    pub factors: Factors,
    /// A teacher or parent vouched for the pupil (`VoksenVerificeret`).
    pub adult_verified: bool,
    /// Private or professional.
    pub identity: IdentityKind,
    /// With what, where an upstream says so.
    #[serde(default)]
    pub credential: Option<CredentialKind>,
}

impl Assurance {
    /// One factor and nothing else: what an unknown spelling amounts to.
    pub const LOWEST: Self = Self {
        nsis: None,
        factors: Factors::One,
        adult_verified: false,
        identity: IdentityKind::Person,
        credential: None,
    };

    /// The same evidence, no stronger than `ceiling` in any dimension.
    #[must_use]
    pub fn capped_by(self, ceiling: &Self) -> Self {
        Self {
            nsis: self.nsis.min(ceiling.nsis),
            factors: self.factors.min(ceiling.factors),
            adult_verified: self.adult_verified && ceiling.adult_verified,
            identity: self.identity,
            credential: self.credential,
        }
    }

    /// In one line, for logs.
    pub fn words(&self) -> String {
        let identity = Demand::Identity(self.identity).word();
        let nsis = self.nsis.map_or("none", NsisLevel::word);
        let adult = if self.adult_verified {
            ", adult-verified"
        } else {
            ""
        };
        let credential = self.credential.map_or("", CredentialKind::word);
        let with = if credential.is_empty() { "" } else { " with " };
        format!(
            "nsis {nsis}, {} factors{adult}, {identity}{with}{credential}",
            self.factors.word()
        )
    }
}

/// How the listed demands relate to what is held (SAML Core §3.3.2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Comparison {
    /// One of the listed values, no other.
    #[default]
    Exact,
    /// At least as strong as one of them.
    Minimum,
    /// No stronger than one of them.
    Maximum,
    /// Stronger than each of them.
    Better,
    /// At least as strong as one of them, whatever the dimension: the alternatives of
    /// OpenID Connect's `acr_values`.
    Alternatives,
}

/// One requested value, in its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Demand {
    /// An NSIS level.
    Nsis(NsisLevel),
    /// A number of factors.
    Factors(Factors),
    /// Verified by an adult.
    AdultVerified,
    /// A private or professional identity.
    Identity(IdentityKind),
    /// A kind of credential.
    Credential(CredentialKind),
    /// Any login will do (`unspecified`, `PasswordProtectedTransport`).
    Anything,
    /// A value that Portner does not know; nothing meets it.
    Unknown,
}

impl Demand {
    fn nsis(self) -> Option<NsisLevel> {
        match self {
            Self::Nsis(level) => Some(level),
            _ => None,
        }
    }

    fn factors(self) -> Option<Factors> {
        match self {
            Self::Factors(factors) => Some(factors),
            _ => None,
        }
    }

    /// The word that registrations use, where they have one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nsis(level) => level.word(),
            Self::Factors(Factors::One) => "one-factor",
            Self::Factors(Factors::Two) => "two-factors",
            Self::AdultVerified => "adult-verified",
            Self::Identity(IdentityKind::Person) => "private-person",
            Self::Identity(IdentityKind::Professional) => "professional",
            Self::Credential(kind) => kind.word(),
            Self::Anything => "anything",
            Self::Unknown => "unknown",
        }
    }
}

/// What a service asks for. Demands of one dimension are alternatives; dimensions add up
/// (OIOSAML 3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WantedAssurance {
    /// How to compare.
    pub comparison: Comparison,
    /// What is asked for; nothing means that any login will do.
    pub demands: Vec<Demand>,
}

impl WantedAssurance {
    /// At least this, as configured for a service.
    pub fn at_least(demands: Vec<Demand>) -> Self {
        Self {
            comparison: Comparison::Minimum,
            demands,
        }
    }

    /// What meets this and `other`: for asking an upstream once. Where both speak of a dimension in
    /// which there is more and less, the higher of their floors is asked for.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self.asks_for_nothing() {
            return other.clone();
        }
        if other.asks_for_nothing() {
            return self.clone();
        }
        let nsis = self.floor(Demand::nsis).max(other.floor(Demand::nsis));
        let factors = self.floor(Demand::factors).max(other.floor(Demand::factors));
        let rest = self.demands.iter().chain(&other.demands).filter(|demand| {
            !matches!(
                demand,
                Demand::Nsis(_) | Demand::Factors(_) | Demand::Anything | Demand::Unknown
            )
        });
        let mut demands: Vec<Demand> = nsis.map(Demand::Nsis).into_iter().collect();
        demands.extend(factors.map(Demand::Factors));
        demands.extend(rest.copied());
        demands.dedup();
        Self::at_least(demands)
    }

    /// Whether any login will do.
    pub fn asks_for_nothing(&self) -> bool {
        self.demands
            .iter()
            .all(|demand| matches!(demand, Demand::Anything))
    }

    /// The least of one dimension that is asked for.
    fn floor<T: Ord>(&self, dimension: impl Fn(Demand) -> Option<T>) -> Option<T> {
        self.demands.iter().copied().filter_map(dimension).min()
    }

    /// Whether `held` is enough.
    pub fn is_met_by(&self, held: &Assurance) -> bool {
        if self
            .demands
            .iter()
            .any(|demand| matches!(demand, Demand::Anything))
            || self.demands.is_empty()
        {
            return true;
        }
        if self.comparison == Comparison::Alternatives {
            return self
                .demands
                .iter()
                .any(|demand| Self::at_least(vec![*demand]).is_met_by(held));
        }
        let known = self
            .demands
            .iter()
            .any(|demand| !matches!(demand, Demand::Unknown));
        known
            && self.nsis_is_met(*held)
            && self.factors_are_met(*held)
            && self.adult_is_met(*held)
            && self.identity_is_met(*held)
            && self.credential_is_met(*held)
    }

    /// Whether somebody who is believed up to `ceiling` could ever prove enough. Kinds of identity and of
    /// credentials are not bounded by a ceiling: they show when the user comes back.
    pub fn could_be_met_under(&self, ceiling: &Assurance) -> bool {
        let bounded = |demand: &&Demand| !matches!(demand, Demand::Identity(_) | Demand::Credential(_));
        let demands: Vec<Demand> = self.demands.iter().filter(bounded).copied().collect();
        if demands.is_empty() || self.comparison == Comparison::Maximum {
            return true;
        }
        let comparison = match self.comparison {
            // Whoever is believed more may say less.
            Comparison::Exact => Comparison::Minimum,
            other => other,
        };
        Self { comparison, demands }.is_met_by(ceiling)
    }

    /// In one line, for logs.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.demands.iter().map(|demand| demand.word()).collect();
        match (words.is_empty(), self.comparison) {
            (true, _) => "anything".to_owned(),
            (false, Comparison::Exact) => format!("exactly {}", words.join(" or ")),
            (false, Comparison::Minimum) => format!("at least {}", words.join(" ")),
            (false, Comparison::Maximum) => format!("at most {}", words.join(" ")),
            (false, Comparison::Better) => format!("more than {}", words.join(" ")),
            (false, Comparison::Alternatives) => words.join(" or "),
        }
    }

    fn nsis_is_met(&self, held: Assurance) -> bool {
        let asked = self.demands.iter().filter_map(|demand| match demand {
            Demand::Nsis(level) => Some(Some(*level)),
            _ => None,
        });
        compare(self.comparison, asked, held.nsis)
    }

    fn factors_are_met(&self, held: Assurance) -> bool {
        // An adult's approval stands beside the second factor as an alternative, not above it.
        let adult_is_an_alternative = self.demands.contains(&Demand::AdultVerified);
        let asked = self.demands.iter().filter_map(|demand| match demand {
            Demand::Factors(factors) => Some(*factors),
            _ => None,
        });
        compare(self.comparison, asked, held.factors) || (adult_is_an_alternative && held.adult_verified)
    }

    fn adult_is_met(&self, held: Assurance) -> bool {
        let asked = self.demands.contains(&Demand::AdultVerified);
        let factors_asked = self
            .demands
            .iter()
            .any(|demand| matches!(demand, Demand::Factors(_)));
        !asked || held.adult_verified || factors_asked || held.factors == Factors::Two
    }

    fn credential_is_met(&self, held: Assurance) -> bool {
        let mut asked = self
            .demands
            .iter()
            .filter_map(|demand| match demand {
                Demand::Credential(kind) => Some(*kind),
                _ => None,
            })
            .peekable();
        asked.peek().is_none() || asked.any(|kind| Some(kind) == held.credential)
    }

    fn identity_is_met(&self, held: Assurance) -> bool {
        let mut asked = self.demands.iter().filter_map(|demand| match demand {
            Demand::Identity(kind) => Some(*kind),
            _ => None,
        });
        let mut any = false;
        asked.any(|kind| {
            any = true;
            kind == held.identity
        }) || !any
    }
}

/// Compares within one dimension; a dimension that nobody asked about is met.
fn compare<T: Ord + Copy>(comparison: Comparison, asked: impl Iterator<Item = T>, held: T) -> bool {
    let asked: Vec<T> = asked.collect();
    let (Some(weakest), Some(strongest)) = (asked.iter().min(), asked.iter().max()) else {
        return true;
    };
    match comparison {
        Comparison::Exact => asked.contains(&held),
        Comparison::Minimum | Comparison::Alternatives => held >= *weakest,
        Comparison::Maximum => held <= *strongest,
        Comparison::Better => held > *strongest,
    }
}

#[cfg(test)]
mod tests;
