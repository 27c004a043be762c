//! How long a logout may take to reach everybody (B23). Who is told, and how, is in the files of
//! the parties.

use std::time::Duration;

use super::file::Section;
use super::problem::Problem;

/// The whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoutSettings {
    /// Everybody is told within this time; whoever is not counts as not reached.
    pub deadline: Duration,
    /// One service or upstream has this long to answer.
    pub answer: Duration,
}

/// Reads `[logout]`.
pub(super) fn read(section: &mut Section<'_>) -> LogoutSettings {
    let settings = LogoutSettings {
        deadline: section.get_or("deadline", Duration::from_secs(10)),
        answer: section.get_or("answer", Duration::from_secs(5)),
    };
    if settings.deadline < settings.answer {
        let problem = Problem::error("logout.deadline is shorter than logout.answer");
        section.fault(
            "deadline",
            problem.help("the deadline is for all together: make it the longer one"),
        );
    }
    settings
}
