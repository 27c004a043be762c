//! Parties whose files make none: just added and switched off, incomplete, or refused. `portner
//! metadata` tells of them, so that nobody looks for a party that is there and is not served.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::installation::Installation;
use super::output::Output;
use crate::config::problem::Problems;
use crate::domain::address::PlainHttp;
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
use crate::saml::metadata::{self, EntityMetadata};
use crate::saml::xml::{Document, Limits};
use crate::trust::difference::Outline;
use crate::trust::shelf::Shelf;

/// One file that makes no party.
pub(super) struct Unserved {
    role: &'static str,
    name: String,
    file: PathBuf,
    is_off: bool,
    metadata: Option<EntityMetadata>,
}

/// Every file under `services/` and `upstreams/` that makes no party.
pub(super) fn all(installation: &Installation) -> Vec<Unserved> {
    let directory = &installation.settings.files.metadata;
    let shelf = Shelf::at(&installation.settings.files.trust);
    let registry = &installation.registry;
    let mut found = Vec::new();
    for (folder, role) in [("services", "service"), ("upstreams", "upstream")] {
        for file in files_of(&directory.join(folder)) {
            let name = file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let is_served = match role {
                "service" => ServiceId::parse(&name).is_some_and(|id| registry.service(&id).is_some()),
                _ => UpstreamId::parse(&name).is_some_and(|id| registry.upstream(&id).is_some()),
            };
            if !is_served {
                let table: Option<toml::Table> = read(&file).and_then(|text| text.parse().ok());
                let enabled = table.as_ref().and_then(|table| table.get("enabled")?.as_bool());
                let fetched = shelf.place(&format!("{folder}/{name}")).good().ok().flatten();
                found.push(Unserved {
                    role,
                    is_off: enabled == Some(false),
                    metadata: metadata_of(&file).or_else(|| parse(&fetched?)),
                    name,
                    file,
                });
            }
        }
    }
    found
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

fn read(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

fn metadata_of(file: &Path) -> Option<EntityMetadata> {
    parse(&std::fs::read(file.with_extension("xml")).ok()?)
}

/// Dates have no say in what a party says of itself.
fn parse(bytes: &[u8]) -> Option<EntityMetadata> {
    let document = Document::parse(bytes, &Limits::METADATA).ok()?;
    metadata::read(document.root(), PlainHttp::OnLoopback, Timestamp::MIN).ok()
}

impl Unserved {
    fn why(&self) -> &'static str {
        if self.is_off {
            "switched off, and not filled in yet"
        } else {
            "refused"
        }
    }

    fn is_called(&self, party: &str) -> bool {
        let entity_id = self.metadata.as_ref().map(|metadata| metadata.entity_id.as_str());
        self.name == party || entity_id == Some(party)
    }
}

/// A line for each.
pub(super) fn list(installation: &Installation, output: &mut Output) {
    for party in all(installation) {
        let (role, why, file) = (party.role, party.why(), party.file.display());
        output.line(format!(
            "{role:<9} {:<20} not served: {file} is {why}",
            party.name
        ));
    }
}

/// Shows those that are called so, with what their files leave open; whether there is one.
pub(super) fn show(
    installation: &Installation,
    party: &str,
    problems: &Problems,
    output: &mut Output,
) -> bool {
    let found: Vec<Unserved> = all(installation)
        .into_iter()
        .filter(|unserved| unserved.is_called(party))
        .collect();
    for unserved in &found {
        let Unserved { role, name, file, .. } = unserved;
        output.line(format!("{role} {name}"));
        output.line(format!("  not served: {} is {}", file.display(), unserved.why()));
        if let Some(metadata) = &unserved.metadata {
            output.line(format!("  entityID {}", metadata.entity_id));
            for fact in Outline::of(metadata).facts() {
                output.line(format!("  {fact}"));
            }
        }
        let own = file.display().to_string();
        let beside = file.with_extension("xml").display().to_string();
        for problem in problems {
            if problem.file().is_some_and(|file| file == own || file == beside) {
                output.problem(problem);
            }
        }
    }
    !found.is_empty()
}
