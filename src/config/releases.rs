//! `config/releases.toml`: what each kind of service may get, as named rules.
//!
//! A service names a rule. CPR is in no rule by itself: a rule may say that it is needed,
//! and each service must then record its own legal basis (databeskyttelsesloven §11).

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::DeValue;

use crate::domain::attribute::Attribute;

use super::file::{self, FromToml, Section, Wrong};
use super::problem::{Problems, Source};

/// All rules by name.
#[derive(Debug, Clone, Default)]
pub struct ReleaseRules(BTreeMap<String, NamedRule>);

impl ReleaseRules {
    /// Reads the file; every fault at once.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let rules = file::read(source, &mut problems, |section| {
            section.named_tables(|name, section| (name.to_owned(), read_rule(section)))
        });
        problems.unless_fatal(Self(rules.into_iter().collect()))
    }

    /// The rule of that name.
    pub fn get(&self, name: &str) -> Option<&NamedRule> {
        self.0.get(name)
    }

    /// The names of all rules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// What one kind of service may get.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedRule {
    /// Whom the rule is for, in the operator's words.
    pub purpose: String,
    /// The facts.
    pub attributes: BTreeSet<Attribute>,
    /// Whether services of this kind need the CPR number, and so a legal basis each.
    pub cpr: bool,
}

fn read_rule(section: &mut Section<'_>) -> NamedRule {
    let attributes: Vec<Attribute> = section.get_or("attributes", Vec::new());
    NamedRule {
        purpose: section
            .require("purpose", "whom this rule is for")
            .unwrap_or_default(),
        attributes: attributes.into_iter().collect(),
        cpr: section.get_or("cpr", false),
    }
}

impl FromToml for Attribute {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let known = Self::ALL.map(Self::as_str).join(", ");
        file::text(value, "an attribute", &format!("one of: {known}"), Self::parse)
    }
}
