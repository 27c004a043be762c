//! How party files spell the domain's words.

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::DeValue;

use crate::config::file::{FromToml, Wrong, text};
use crate::domain::actor::ActorGroup;
use crate::domain::assurance::{Demand, Factors, IdentityKind, NsisLevel};
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::Domain;
use crate::domain::release::SubjectKind;
use crate::domain::upstream::{DomainRule, UpstreamId, UpstreamKind};
use crate::saml::peer::Skew;

/// A closed set of words, each with what it stands for.
fn word<T: Copy>(value: &Spanned<DeValue<'_>>, what: &str, words: &[(&str, T)]) -> Result<T, Vec<Wrong>> {
    let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    text(value, what, &known.join(", "), |text| {
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, meaning)| *meaning)
    })
}

impl FromToml for UpstreamKind {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        word(value, "a kind of upstream", &Self::WORDS)
    }
}

impl FromToml for SubjectKind {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let words = [
            ("pairwise", Self::Pairwise),
            ("uni-id", Self::UniId),
            ("transient", Self::Transient),
        ];
        word(value, "a kind of subject", &words)
    }
}

impl FromToml for NsisLevel {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let words = [
            ("low", Self::Low),
            ("substantial", Self::Substantial),
            ("high", Self::High),
        ];
        word(value, "an NSIS level", &words)
    }
}

impl FromToml for Factors {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        word(
            value,
            "a number of factors",
            &[("one", Self::One), ("two", Self::Two)],
        )
    }
}

impl FromToml for Demand {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let words = [
            ("low", Self::Nsis(NsisLevel::Low)),
            ("substantial", Self::Nsis(NsisLevel::Substantial)),
            ("high", Self::Nsis(NsisLevel::High)),
            ("one-factor", Self::Factors(Factors::One)),
            ("two-factors", Self::Factors(Factors::Two)),
            ("adult-verified", Self::AdultVerified),
            ("private-person", Self::Identity(IdentityKind::Person)),
            ("professional", Self::Identity(IdentityKind::Professional)),
        ];
        word(value, "something that a service can ask for", &words)
    }
}

impl FromToml for ActorGroup {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        // Lists of people and licences write them small.
        let small = Self::ALL.map(|group| (group.as_str().to_lowercase(), group));
        let asked = value.get_ref().as_str();
        if let Some((_, group)) = small.iter().find(|(name, _)| Some(name.as_str()) == asked) {
            return Ok(*group);
        }
        word(
            value,
            "a group of actors",
            &Self::ALL.map(|group| (group.as_str(), group)),
        )
    }
}

impl FromToml for Skew {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let tolerance = SignedDuration::from_toml(value)?;
        if tolerance > Self::MOST.duration() {
            return Err(Wrong::expected(
                value,
                "at most 5 min for clocks that differ",
                "\"5 min\"",
            ));
        }
        Ok(Self::of(tolerance))
    }
}

impl FromToml for InstitutionNumber {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(value, "an institution number", "\"A12345\"", |text| {
            Self::parse(text).ok()
        })
    }
}

impl FromToml for UpstreamId {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "the short name of an upstream",
            "\"lillekoebing\", after its file",
            Self::parse,
        )
    }
}

impl FromToml for DomainRule {
    /// `"lillekøbing.example"`, or `"*.lillekøbing.example"` for the domain and everything under it.
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let example = "\"lillekøbing.example\", or \"*.lillekøbing.example\" with everything under it";
        text(value, "a domain", example, |text| {
            let (domain, with_subdomains) = match text.strip_prefix("*.") {
                Some(domain) => (domain, true),
                None => (text, false),
            };
            Some(Self {
                domain: Domain::parse(domain).ok()?,
                with_subdomains,
            })
        })
    }
}
