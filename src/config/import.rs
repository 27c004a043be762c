//! How people come in from schools' systems: what asks before it is done, how long what ended is
//! kept, and where files are looked for.

use std::path::PathBuf;

use super::deliverers::{self, Deliverer};
use super::file::Section;
use super::problem::Problem;

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSettings {
    /// A folder that files are moved into, and taken from while Portner serves.
    pub folder: Option<PathBuf>,
    /// Which systems may deliver over HTTP or by a folder of their own.
    pub deliverers: Vec<Deliverer>,
    /// What asks before it is done.
    pub limits: ImportLimits,
    /// For how many days what ended is kept: who comes back within them has everything again.
    pub grace_days: u32,
    /// After how many days without an import, or without being confirmed, people are closed (U72).
    pub stale_days: u32,
    /// How many days before that it is warned of.
    pub warning_days: u32,
}

/// Beyond these, somebody is asked first (pain 16, K05).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// Per cent of a source's people, and of its adults, who may be gone at once.
    pub removals_percent: u32,
    /// How many who were there before may gain one role at once, and …
    pub roles_gained: u32,
    /// … per cent of a source's people, whichever is more.
    pub roles_gained_percent: u32,
    /// How many rows of people may be refused at once, and …
    pub rows_refused: u32,
    /// … per cent of the rows of people, whichever is more.
    pub rows_refused_percent: u32,
    /// Whether a class may be emptied without its pupils going on to another.
    pub may_empty_classes: bool,
    /// Whether what asks first, but for a school year that is over, is confirmed by somebody else than who
    /// delivered.
    pub second_person: bool,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            removals_percent: 5,
            roles_gained: 5,
            roles_gained_percent: 5,
            rows_refused: 5,
            rows_refused_percent: 20,
            may_empty_classes: false,
            second_person: true,
        }
    }
}

/// Reads `[import]`.
pub(super) fn read(section: &mut Section<'_>) -> ImportSettings {
    let default = ImportLimits::default();
    let settings = ImportSettings {
        folder: section.get("folder"),
        deliverers: section.table("deliverers", deliverers::read),
        limits: ImportLimits {
            removals_percent: section.get_or("removals_percent", default.removals_percent),
            roles_gained: section.get_or("roles_gained", default.roles_gained),
            roles_gained_percent: section.get_or("roles_gained_percent", default.roles_gained_percent),
            rows_refused: section.get_or("rows_refused", default.rows_refused),
            rows_refused_percent: section.get_or("rows_refused_percent", default.rows_refused_percent),
            may_empty_classes: section.get_or("may_empty_classes", default.may_empty_classes),
            second_person: section.get_or("second_person", default.second_person),
        },
        // A UNI-ID is kept for at least a year.
        grace_days: section.get_or("grace_days", 366),
        stale_days: section.get_or("stale_days", 365),
        warning_days: section.get_or("warning_days", 30),
    };
    if settings.stale_days <= settings.warning_days {
        let problem = Problem::error("import.stale_days is not longer than import.warning_days");
        section.fault(
            "stale_days",
            problem.help("a warning comes before: make stale_days the longer one"),
        );
    }
    settings
}
