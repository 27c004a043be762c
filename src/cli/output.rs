//! What the operator reads: what was asked for on standard output, problems on standard error,
//! so that a file made of the former never holds the latter.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::config::problem::{Problem, Problems, Weight};

/// Somewhere to print. Nobody at the other end is no reason to fail.
pub(super) struct Output {
    writer: Box<dyn Write>,
    problems: Box<dyn Write>,
    reports: GraphicalReportHandler,
}

impl Output {
    pub(super) fn standard() -> Self {
        let theme = if io::stderr().is_terminal() {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        Self {
            writer: Box::new(io::stdout()),
            problems: Box::new(io::stderr()),
            reports: GraphicalReportHandler::new_themed(theme).with_width(100),
        }
    }

    pub(super) fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.writer, "{line}");
    }

    fn aside(&mut self, line: impl Display) {
        let _ = writeln!(self.problems, "{line}");
    }

    /// A problem with its place and remedy.
    pub(super) fn problem(&mut self, problem: &Problem) {
        let mut text = String::new();
        if self.reports.render_report(&mut text, problem).is_err() {
            text = format!("{problem}\n");
        }
        self.aside(text);
    }

    /// Every problem, and how many there are. Whether none of them stops logins.
    pub(super) fn problems(&mut self, problems: &Problems) -> bool {
        for problem in problems {
            self.problem(problem);
        }
        let errors = problems
            .iter()
            .filter(|problem| problem.weight() == Weight::Error)
            .count();
        let warnings = problems.iter().count() - errors;
        if errors + warnings > 0 {
            self.aside(format!("{errors} to mend, {warnings} to look at"));
        }
        errors == 0
    }
}
