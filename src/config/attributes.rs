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
    specification: Option<Specification>,
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
            .find(|(_, name)| name.claims.iter().any(|known| known == claim))
            .map(|(attribute, _)| *attribute)
    }

    /// Every claim that this vocabulary can make, for discovery.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.names
            .values()
            .chain(&self.cpr)
            .chain(self.specification.iter().map(|said| &said.name))
            .flat_map(|name| name.claims.iter().map(String::as_str))
    }

    /// The specification that an answer in this vocabulary says it follows.
    pub fn specification(&self) -> Option<&Specification> {
        self.specification.as_ref()
    }

    /// Every attribute that this vocabulary has a word for.
    pub fn attributes(&self) -> impl Iterator<Item = (Attribute, &WireName)> {
        self.names.iter().map(|(attribute, name)| (*attribute, name))
    }
}

/// What a fact is called in each protocol, and how its values are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireName {
    /// In a SAML attribute statement; under several names where services know both.
    pub saml: Vec<SamlName>,
    /// As a claim, likewise.
    pub claims: Vec<String>,
    /// How a claim's values are written.
    pub shape: ClaimShape,
    /// What is written before each value, in both protocols.
    pub prefix: String,
}

/// How a claim's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClaimShape {
    /// One as text, several as a list.
    #[default]
    AsMany,
    /// As a list, also where there is one or none.
    List,
    /// All in one text, `[101001,101002]`, as the incumbent writes institutions.
    Bracketed,
}

impl ClaimShape {
    const WORDS: [(&str, Self); 3] = [
        ("as-many", Self::AsMany),
        ("list", Self::List),
        ("bracketed", Self::Bracketed),
    ];
}

/// The specification that answers in a vocabulary follow; always said, since it is about nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specification {
    /// What it is called.
    pub name: WireName,
    /// What SAML answers say.
    pub in_saml: String,
    /// What OpenID Connect answers say.
    pub in_claims: String,
}

/// A SAML attribute name with its NameFormat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlName {
    /// The name as it stands in the message, such as a URI.
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
    /// How the name is to be understood is left open.
    Unspecified,
}

impl NameFormat {
    /// The URI that says so in a message (SAML Core §8.2).
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
    let there = section.has("specification");
    let specification = section.table("specification", |section| Specification {
        in_saml: section.get_or("in_saml", String::new()),
        in_claims: section.get_or("in_claims", String::new()),
        name: read_wire_name(section),
    });
    vocabulary.specification = there.then_some(specification);
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
    let Names(saml) = section.get_or("saml", Names::default());
    let Names(claims) = section.get_or("claim", Names::default());
    WireName {
        saml: saml.into_iter().map(|name| SamlName { name, format }).collect(),
        claims,
        shape: section.word("shape", &ClaimShape::WORDS).unwrap_or_default(),
        prefix: section.get_or("prefix", String::new()),
    }
}

/// One name, or a list of them.
#[derive(Default)]
struct Names(Vec<String>);

impl FromToml for Names {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        if value.get_ref().as_array().is_some() {
            Vec::from_toml(value).map(Self)
        } else {
            String::from_toml(value).map(|one| Self(vec![one]))
        }
    }
}

/// Two facts under one name would be mixed up by the service.
fn report_shared_names(section: &Section<'_>, vocabulary: &Vocabulary) {
    let mut seen = BTreeSet::new();
    for (attribute, name) in &vocabulary.names {
        let saml = name.saml.iter().map(|saml| ("saml", saml.name.as_str()));
        let claims = name.claims.iter().map(|claim| ("claim", claim.as_str()));
        for (protocol, name) in saml.chain(claims) {
            if !seen.insert((protocol, name)) {
                let problem = Problem::error(format!("two attributes have the {protocol} name {name}"));
                section.fault(attribute.as_str(), problem.help("give each a name of its own"));
            }
        }
    }
}
