//! How people get back in by themselves with the national eID (U21–U29).

use super::file::Section;
use super::problem::Problem;

/// The whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoverySettings {
    /// From this age on, in whole years, pupils get a new password by themselves; below it an adult helps.
    pub pupil_age: u32,
    /// So many new passwords one person makes in a day, for themselves and their children together.
    pub per_person: u32,
    /// So many new passwords one account gets in a day.
    pub per_account: u32,
}

/// Reads `[recovery]`.
pub(super) fn read(section: &mut Section<'_>) -> RecoverySettings {
    let settings = RecoverySettings {
        pupil_age: section.get_or("pupil_age", 15),
        per_person: section.get_or("per_person", 10),
        per_account: section.get_or("per_account", 5),
    };
    if !(1..=18).contains(&settings.pupil_age) {
        let problem = Problem::error("recovery.pupil_age is no age of a pupil");
        section.fault("pupil_age", problem.help("write a number from 1 to 18"));
    }
    for (key, count) in [
        ("per_person", settings.per_person),
        ("per_account", settings.per_account),
    ] {
        if count == 0 {
            let problem = Problem::error(format!("recovery.{key} lets nobody back in"));
            section.fault(key, problem.help("write 1 or more"));
        }
    }
    settings
}
