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
    /// Whether they are in the latest import of the source.
    pub standing: Standing,
    /// Why their row was not taken of the import that is open, where that is another one.
    pub refused_here: Option<ImportFinding>,
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
/// the user name, or the local id. A local id that nobody has is told of too. Whether they are in it is
/// asked of the source's latest import, whichever one is open: of an older one nobody knows that any more.
pub async fn shown(store: &Store, import: &ImportRecord, text: &str) -> Result<Vec<Shown>, StoreError> {
    let last = store.last_import(&import.institution, &import.source).await?;
    let last = last.map(|last| last.import);
    let of_last = match last {
        Some(last) => store.import_findings(last).await?,
        None => Vec::new(),
    };
    let of_this = match last {
        Some(last) if last == import.id => Vec::new(),
        _ => store.import_findings(import.id).await?,
    };
    let wanted = search_word::wanted(text);
    let of_source = (&import.institution, Some(&import.source));
    let found = store.search_people(of_source, &wanted, MOST).await?;
    let mut shown: Vec<Shown> = found
        .into_iter()
        .map(|actor| {
            let local_id = actor.local_id.clone().unwrap_or_default();
            Shown {
                standing: match refused(&of_last, &local_id) {
                    Some(finding) => Standing::Refused(finding),
                    None if actor.gone_at.is_some() => Standing::Gone,
                    None => Standing::Present,
                },
                refused_here: refused(&of_this, &local_id),
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
            standing: refused(&of_last, text).map_or(Standing::Unknown, Standing::Refused),
            refused_here: refused(&of_this, text),
        });
    }
    Ok(shown)
}

fn refused(findings: &[ImportFinding], local_id: &str) -> Option<ImportFinding> {
    let mut refused = findings.iter().filter(|finding| finding.refused);
    refused
        .find(|finding| finding.subject.as_deref() == Some(local_id))
        .cloned()
}
