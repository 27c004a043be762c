//! Whom the files of parties are about, also those that are switched off or refused: what an operator
//! has decided in a file of its own is not for a feed to decide otherwise (B13, B24).
//!
//! Nothing here is believed: a name that is claimed keeps feeds away from it, and does nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::shelf::Shelf;
use crate::config::problem::{Problem, Problems};
use crate::domain::upstream::UpstreamKind;
use crate::saml::xml::{Document, Limits};

/// The entityIDs that files claim, by the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Claims(BTreeMap<PathBuf, BTreeSet<String>>);

impl Claims {
    /// Reads the party files of these folders. Where a file does not say any more whom it is about,
    /// what was known of it `before` stays; where nobody knows, that is told.
    pub(super) fn read(
        paths: Vec<PathBuf>,
        shelf: &Shelf,
        before: Option<&Self>,
        problems: &mut Problems,
    ) -> Self {
        let mut claims = BTreeMap::new();
        for path in paths {
            let (names, speaks_saml) = names_of(&path, shelf);
            let known = before
                .and_then(|before| before.0.get(&path))
                .filter(|_| names.is_empty());
            let names = known.cloned().unwrap_or(names);
            if names.is_empty() && speaks_saml {
                let problem = Problem::warning(format!(
                    "{} does not say whom it is about: a feed that has this party serves it by its own rules",
                    path.display()
                ));
                problems.push(problem.help("write entity_id = \"…\" in its [saml], or mend its metadata"));
            }
            claims.insert(path, names);
        }
        Self(claims)
    }

    /// Whether a file is about the party of this name.
    pub(super) fn has(&self, entity_id: &str) -> bool {
        self.0.values().any(|names| names.contains(entity_id))
    }
}

/// The names by which a file can be told to be about somebody, and whether it is about a SAML party.
fn names_of(path: &Path, shelf: &Shelf) -> (BTreeSet<String>, bool) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let table: Option<toml::Table> = text.parse().ok();
    let has = |key: &str| table.as_ref().is_some_and(|table| table.contains_key(key));
    let saml = table.as_ref().and_then(|table| table.get("saml")?.as_table());
    let word = |key: &str| saml.and_then(|saml| saml.get(key)?.as_str());
    let short_name = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let beside = word("metadata").map_or_else(|| format!("{short_name}.xml"), str::to_owned);
    let fetched = shelf.place(&format!("{}/{short_name}", folder.to_string_lossy()));
    let documents = [
        std::fs::read(path.with_file_name(beside)).ok(),
        fetched.good().ok().flatten(),
    ];
    let names = documents
        .into_iter()
        .flatten()
        .filter_map(|bytes| {
            let document = Document::parse(&bytes, &Limits::METADATA).ok()?;
            Some(document.root().attribute("entityID")?.to_owned())
        })
        .chain(word("entity_id").map(str::to_owned));
    let kind = table.as_ref().and_then(|table| table.get("kind")?.as_str());
    let is_central = kind == Some(UpstreamKind::Central.word());
    (names.collect(), has("saml") || !(has("oidc") || is_central))
}
