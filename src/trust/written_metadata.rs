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
        self.at(problem, self.find(text).unwrap_or(0..0))
    }

    /// The problem at this place. Most metadata is one line of tens of kilobytes: of such a line what
    /// stands around the place is shown.
    fn at(&self, problem: Problem, place: Range<usize>) -> Problem {
        const AROUND: usize = 60;
        const LONG: usize = 400;
        let text = self.0.text();
        let begins = text
            .get(..place.start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        let ends = text
            .get(place.end..)
            .and_then(|after| after.find('\n'))
            .map_or(text.len(), |at| place.end + at);
        if ends - begins < LONG {
            return problem.at(&self.0, place);
        }
        let from = floor(text, place.start.saturating_sub(AROUND).max(begins));
        let until = floor(text, (place.end + AROUND).min(ends));
        let lines_before = text.get(..begins).unwrap_or_default().matches('\n').count();
        let mut shown = "\n".repeat(lines_before);
        shown.push_str(if from > begins { "… " } else { "" });
        let moved = shown.len();
        shown.push_str(text.get(from..until).unwrap_or_default());
        shown.push_str(if until < ends { " …" } else { "" });
        let place = place.start - from + moved..place.end.min(until) - from + moved;
        problem.at(&Source::new(self.0.name(), shown), place)
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
        self.at(problem, self.place_of(refusal, root).unwrap_or(0..0))
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

/// The nearest place at or before this one where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_without_end_a_piece_is_shown() {
        let filling = "æ".repeat(5000);
        let text = format!("<?xml?>\n<a b=\"{filling}\" validUntil=\"2020\" c=\"{filling}\"/>\n");
        let written = WrittenMetadata::new(Path::new("a.xml"), text.as_bytes());
        let problem = written.at_text(Problem::error("over"), "validUntil");
        assert_eq!(problem.line(), Some(2));
        let mut shown = String::new();
        let reports = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
        reports.render_report(&mut shown, &problem).unwrap();
        assert!(shown.contains("validUntil") && shown.len() < 1000, "{shown}");
    }
}
