//! A party's metadata as it is written, for telling where in it a fault stands.
//!
//! The reader of metadata knows elements and no lines, so the place is found by the text that
//! the fault is about. Where it is not found, the whole file is named. What is faulty is not
//! decided here.

use std::ops::Range;
use std::path::Path;

use crate::config::problem::{Problem, Source};
use crate::saml::metadata::MetadataRefusal;
use crate::saml::xml::Element;
use crate::telemetry::log::chain;

/// The text of one metadata file.
pub(super) struct WrittenMetadata(Source);

impl WrittenMetadata {
    pub(super) fn new(path: &Path, bytes: &[u8]) -> Self {
        Self(Source::new(
            path.to_string_lossy(),
            String::from_utf8_lossy(bytes),
        ))
    }

    /// The problem at the first place where `text` stands, or else at the beginning.
    pub(super) fn at_text(&self, problem: Problem, text: &str) -> Problem {
        problem.at(&self.0, self.find(text).unwrap_or(0..0))
    }

    /// A refusal as the operator reads it, at the words that it is about.
    pub(super) fn refused(&self, refusal: MetadataRefusal, root: Element<'_>) -> Problem {
        let mut why = chain(&refusal);
        if refusal == MetadataRefusal::Expired
            && let Some(until) = root.attribute("validUntil")
        {
            why = format!("it was valid until {until}");
        }
        let problem = Problem::error(format!("the metadata is not taken: {why}")).help(remedy(refusal));
        problem.at(&self.0, self.place_of(refusal, root).unwrap_or(0..0))
    }

    fn place_of(&self, refusal: MetadataRefusal, root: Element<'_>) -> Option<Range<usize>> {
        match refusal {
            MetadataRefusal::Expired => self.find("validUntil"),
            MetadataRefusal::EntityId => self.find("entityID"),
            MetadataRefusal::NoTrustAnchor(_) | MetadataRefusal::NoSso => self.find("IDPSSODescriptor"),
            MetadataRefusal::Acs(_) | MetadataRefusal::AcsIndex => self.find("AssertionConsumerService"),
            MetadataRefusal::Endpoint(element, _) => {
                let plain = root
                    .descendants()
                    .filter(|found| found.local_name() == element)
                    .flat_map(|found| [found.attribute("Location"), found.attribute("ResponseLocation")])
                    .flatten()
                    .find(|address| !address.trim().starts_with("https:"));
                plain
                    .and_then(|address| self.find(address))
                    .or_else(|| self.find(element))
            }
            MetadataRefusal::NotAnEntity | MetadataRefusal::Structure(_) => None,
        }
    }

    fn find(&self, text: &str) -> Option<Range<usize>> {
        let start = self.0.text().find(text)?;
        Some(start..start + text.len())
    }
}

fn remedy(refusal: MetadataRefusal) -> &'static str {
    match refusal {
        MetadataRefusal::NotAnEntity => "this file must describe one party and nothing else",
        MetadataRefusal::Expired => "ask the party for its current metadata",
        MetadataRefusal::NoTrustAnchor(_) => {
            "get metadata with a KeyDescriptor for signing (RSA of at least 2048 bits, or P-256)"
        }
        MetadataRefusal::Endpoint(..) => "every address must be https; ask the party for correct metadata",
        MetadataRefusal::NoSso => "ask the party for metadata with an https address for logins",
        MetadataRefusal::EntityId
        | MetadataRefusal::Acs(_)
        | MetadataRefusal::AcsIndex
        | MetadataRefusal::Structure(_) => "ask the party for correct metadata; nothing in it is mended here",
    }
}
