//! What `portner import` looks up, and what it keeps as it is.

use super::consent::away;
use super::{Desk, tell};
use crate::app::CannotStart;
use crate::cli::output::Output;
use crate::domain::import::{ImportId, ImportState, SourceName};
use crate::domain::institution::InstitutionNumber;
use crate::people::import::report;
use crate::people::import::shown::Standing;

/// How many imports are listed.
const LISTED: u32 = 50;

pub(super) async fn list(
    desk: &Desk,
    institution: Option<&InstitutionNumber>,
    output: &mut Output,
) -> Result<bool, CannotStart> {
    let records = desk
        .importer
        .store
        .imports(institution, LISTED)
        .await
        .map_err(away)?;
    for record in &records {
        output.line(report::one_line(record));
    }
    Ok(true)
}

pub(super) async fn look_up(
    desk: &Desk,
    id: ImportId,
    search: Option<&str>,
    output: &mut Output,
) -> Result<bool, CannotStart> {
    let store = &desk.importer.store;
    let record = desk.record(id).await?;
    if let Some(text) = search {
        let shown = desk.importer.shown(&record, text).await.map_err(away)?;
        tell(report::shown(&shown, &desk.words()), output);
        return Ok(shown.iter().all(|one| one.standing == Standing::Present));
    }
    output.line(report::one_line(&record));
    tell(report::reasons(&record.reasons, &desk.words()), output);
    if record.state == ImportState::Held {
        let operation = report::operation(&record.asked);
        output.line(format!(
            "confirm with: portner import {operation} --confirm {id} --by NAME"
        ));
    }
    let findings = store.import_findings(id).await.map_err(away)?;
    tell(report::findings(&findings, &desk.words()), output);
    Ok(true)
}

pub(super) async fn keep(
    desk: &Desk,
    institution: &InstitutionNumber,
    source: &SourceName,
    output: &mut Output,
) -> Result<bool, CannotStart> {
    let importer = &desk.importer;
    let now = importer.ambient.now();
    let is_known = importer
        .store
        .keep_source(institution, source, now)
        .await
        .map_err(away)?;
    output.line(if is_known {
        "kept: what the source has told holds for another period"
    } else {
        "nothing was ever applied of this source at this institution"
    });
    Ok(is_known)
}
