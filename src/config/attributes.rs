//! `config/attributes.toml`: what each fact is called on the wire.
//!
//! The file holds vocabularies, each a set of wire names for the canonical attributes:
//! services choose one. Which facts a service gets is `releases.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use crate::domain::attribute::Attribute;

use super::file::{self, FromToml, Section, Wrong, text};
use super::problem::{Problem, Problems, Source};

/// All vocabularies by name.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies(BTreeMap<String, Arc<Vocabulary>>);

impl Vocabularies {
    /// Reads the file; every fault at once.
    pub fn parse(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let vocabularies = file::read(source, &mut problems, |section| {
            section.named_tables(|name, section| (name.to_owned(), Arc::new(read_vocabulary(section))))
        });
        problems.unless_fatal(Self(vocabularies.into_iter().collect()))
    }

    /// The vocabulary of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Vocabulary>> {
        self.0.get(name)
    }

    /// The names of all vocabularies.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Wire names for facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    names: BTreeMap<Attribute, WireName>,
    cpr: Option<WireName>,
    constants: Vec<(SamlName, String)>,
}

impl Vocabulary {
    /// What an attribute is called; nothing where this vocabulary has no word for it.
    pub fn name(&self, attribute: Attribute) -> Option<&WireName> {
        self.names.get(&attribute)
    }

    /// What the CPR number is called.
    pub fn cpr(&self) -> Option<&WireName> {
        self.cpr.as_ref()
    }

    /// SAML attributes that every answer has, whoever the user is.
    pub fn constants(&self) -> &[(SamlName, String)] {
        &self.constants
    }

    /// The attribute that a claim stands for, for `claims` requests.
    pub fn attribute_of_claim(&self, claim: &str) -> Option<Attribute> {
        self.names
            .iter()
            .find(|(_, name)| name.claim.as_deref() == Some(claim))
            .map(|(attribute, _)| *attribute)
    }

    /// Every claim that this vocabulary can make, for discovery.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.names
            .values()
            .chain(&self.cpr)
            .filter_map(|name| name.claim.as_deref())
    }

    /// Every attribute that this vocabulary has a word for.
    pub fn attributes(&self) -> impl Iterator<Item = (Attribute, &WireName)> {
        self.names.iter().map(|(attribute, name)| (*attribute, name))
    }
}

/// What a fact is called in each protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireName {
    /// In a SAML attribute statement.
    pub saml: Option<SamlName>,
    /// As a claim.
    pub claim: Option<String>,
}

/// A SAML attribute name with its NameFormat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlName {
    /// The name.
    pub name: String,
    /// How it is to be understood.
    pub format: NameFormat,
}

/// The attribute name formats of SAML Core §8.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameFormat {
    /// The name is a URI.
    #[default]
    Uri,
    /// The name is a word.
    Basic,
    /// Nobody says.
    Unspecified,
}

impl NameFormat {
    /// The identifier.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Uri => "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
            Self::Basic => "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
            Self::Unspecified => "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
        }
    }
}

impl FromToml for NameFormat {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a SAML name format",
            "\"uri\", \"basic\" or \"unspecified\"",
            |text| match text {
                "uri" => Some(Self::Uri),
                "basic" => Some(Self::Basic),
                "unspecified" => Some(Self::Unspecified),
                _ => None,
            },
        )
    }
}

fn read_vocabulary(section: &mut Section<'_>) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for attribute in Attribute::ALL {
        // Asked for in any case, so that a misspelt one is told what it might have been.
        let there = section.has(attribute.as_str());
        let name = section.table(attribute.as_str(), read_wire_name);
        if there {
            vocabulary.names.insert(attribute, name);
        }
    }
    let there = section.has("cpr");
    let cpr = section.table("cpr", read_wire_name);
    vocabulary.cpr = there.then_some(cpr);
    let constants = section.tables("constants", |constant| {
        let format = constant.get_or("format", NameFormat::Uri);
        let name = constant.require("saml", "the attribute's name");
        let value: Option<String> = constant.require("value", "what it always says");
        Some((SamlName { name: name?, format }, value?))
    });
    vocabulary.constants = constants.into_iter().flatten().collect();
    report_shared_names(section, &vocabulary);
    vocabulary
}

fn read_wire_name(section: &mut Section<'_>) -> WireName {
    let format = section.get_or("format", NameFormat::Uri);
    WireName {
        saml: section.get("saml").map(|name| SamlName { name, format }),
        claim: section.get("claim"),
    }
}

/// Two facts under one name would be mixed up by the service.
fn report_shared_names(section: &Section<'_>, vocabulary: &Vocabulary) {
    let mut seen = BTreeSet::new();
    for (attribute, name) in &vocabulary.names {
        let saml = name.saml.as_ref().map(|saml| ("saml", saml.name.as_str()));
        let claim = name.claim.as_deref().map(|claim| ("claim", claim));
        for (protocol, name) in saml.into_iter().chain(claim) {
            if !seen.insert((protocol, name)) {
                let problem = Problem::error(format!("two attributes have the {protocol} name {name}"));
                section.fault(attribute.as_str(), problem.help("give each a name of its own"));
            }
        }
    }
}
