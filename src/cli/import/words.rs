//! What is typed on the command line of imports, read.

use crate::app::CannotStart;
use crate::config::problem::Problem;
use crate::domain::import::{ImportId, SourceName};
use crate::domain::institution::InstitutionNumber;
use crate::people::import::names::LocalId;

pub(super) fn import_id(text: &str) -> Result<ImportId, CannotStart> {
    let id = uuid::Uuid::try_parse(text).map(ImportId);
    id.map_err(|_| {
        wrong(
            "this is not the id of an import",
            "`portner import list` names them",
        )
    })
}

pub(super) fn number(text: &str) -> Result<InstitutionNumber, CannotStart> {
    InstitutionNumber::parse(text).map_err(|error| wrong(&error.to_string(), "such as 101001"))
}

pub(super) fn source_name(text: &str) -> Result<SourceName, CannotStart> {
    SourceName::parse(text).map_err(|error| wrong(&error.to_string(), "as `source` in its deliveries"))
}

pub(super) fn local(text: &str) -> Result<LocalId, CannotStart> {
    // What was typed is not repeated: it may be a number.
    LocalId::parse(text)
        .ok()
        .filter(|id| !id.reads_as_number())
        .ok_or_else(|| {
            wrong(
                "this is not a local id",
                "as the source calls the person, never a CPR number",
            )
        })
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "what cannot go on is boxed everywhere"
)]
pub(super) fn wrong(what: &str, help: &str) -> CannotStart {
    Box::new(Problem::error(what).help(help))
}
