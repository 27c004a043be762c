//! "Vis importerede" (U66): is this person in the latest import of their source, and if not, why.

use super::importer::Importer;
use crate::domain::import::{ImportFinding, ImportRecord};
use crate::domain::search_word;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::search::FoundActor;

/// The most people that are shown at once.
const MOST: u32 = 50;

/// One person, as far as an import is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What the source calls them.
    pub local_id: String,
    /// Who it is, where they are known.
    pub actor: Option<FoundActor>,
    /// Whether they are in it.
    pub standing: Standing,
}

/// Whether somebody is in the latest import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    Present,
    /// They are not, and their access has ended.
    Gone,
    /// Their row was not taken; who is known stays as they were.
    Refused(ImportFinding),
    /// The source has never sent them.
    Unknown,
}

impl Importer {
    /// Whom the text means: see [`shown`].
    pub async fn shown(&self, import: &ImportRecord, text: &str) -> Result<Vec<Shown>, StoreError> {
        shown(&self.store, import, text).await
    }
}

/// Whom the text means at this import's institution and source: by words of the visible name,
/// the user name, or the local id. A local id that nobody has is told of too.
pub async fn shown(store: &Store, import: &ImportRecord, text: &str) -> Result<Vec<Shown>, StoreError> {
    let findings = store.import_findings(import.id).await?;
    let refused = |local_id: &str| {
        let mut refused = findings.iter().filter(|finding| finding.refused);
        refused
            .find(|finding| finding.subject.as_deref() == Some(local_id))
            .cloned()
    };
    let wanted = search_word::wanted(text);
    let found = store.search_people(&import.institution, &wanted, MOST).await?;
    let of_source = found
        .into_iter()
        .filter(|one| one.source.as_deref() == Some(import.source.as_str()));
    let mut shown: Vec<Shown> = of_source
        .map(|actor| {
            let local_id = actor.local_id.clone().unwrap_or_default();
            Shown {
                standing: match refused(&local_id) {
                    Some(finding) => Standing::Refused(finding),
                    None if actor.gone_at.is_some() => Standing::Gone,
                    None => Standing::Present,
                },
                local_id,
                actor: Some(actor),
            }
        })
        .collect();
    let text = text.trim();
    if shown.is_empty() && !text.is_empty() {
        shown.push(Shown {
            local_id: text.to_owned(),
            actor: None,
            standing: refused(text).map_or(Standing::Unknown, Standing::Refused),
        });
    }
    Ok(shown)
}
