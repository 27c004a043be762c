//! The institution's imports, what was wrong with them, and "Vis importerede" (U66).

use jiff::Timestamp;

use super::{AdminDesk, DeskError, Done};
use crate::domain::import::{ImportFinding, ImportId, ImportRecord};
use crate::people::import::shown::{self, Shown};
use crate::store::StoreError;

/// The most imports that are listed.
const MOST: u32 = 50;

/// One import, with what was wrong and whom somebody looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportShown {
    /// What became of it.
    pub record: ImportRecord,
    /// What was wrong with its rows, in the order of the file.
    pub findings: Vec<ImportFinding>,
    /// Whom somebody looked for, and whether they are in the latest import of its source.
    pub shown: Vec<Shown>,
    /// The latest import of its source that was carried out, where that is another one.
    pub latest: Latest,
}

/// Which import the answers are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Latest {
    /// This one.
    This,
    /// Another one, which was carried out at this moment.
    Another(ImportId, Timestamp),
    /// None of this source was ever carried out.
    None,
}

impl AdminDesk {
    /// The latest imports, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn imports(&self) -> Result<Vec<ImportRecord>, StoreError> {
        self.tools.store.imports(Some(self.here()), MOST).await
    }

    /// One import. `text` is whom to look for: words of the name, the user name, or the source's id.
    ///
    /// # Errors
    /// [`DeskError::NotYours`]: another institution's, or none.
    pub async fn import(&self, id: ImportId, text: &str) -> Done<ImportShown> {
        let store = &self.tools.store;
        let record = store.import_by_id(id).await?;
        let record = record
            .filter(|record| record.institution == *self.here())
            .ok_or(DeskError::NotYours)?;
        let shown = if text.trim().is_empty() {
            Vec::new()
        } else {
            shown::shown(store, &record, text).await?
        };
        let last = store.last_import(self.here(), &record.source).await?;
        let latest = match last {
            Some(last) if last.import == id => Latest::This,
            Some(last) => Latest::Another(last.import, last.applied_at),
            None => Latest::None,
        };
        Ok(ImportShown {
            latest,
            findings: store.import_findings(id).await?,
            shown,
            record,
        })
    }
}
