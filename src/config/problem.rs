//! A fault in a file of the operator's: where it is, what is wrong, and how to mend it.
//!
//! Faults are gathered, never thrown: whoever reads a file hands all of them over at once.
//! How they look on a terminal is miette's business; who prints them is `cli/`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use super::mask::masked;

/// The text of a file and what it is called in reports.
#[derive(Clone)]
pub struct Source(Arc<Texts>);

struct Texts {
    text: String,
    /// What reports show: the same, but for what may be a secret.
    shown: NamedSource<String>,
}

impl Source {
    /// Names a text.
    pub fn new(name: impl AsRef<str>, text: impl Into<String>) -> Self {
        Self::masking(name, text.into(), &[])
    }

    /// Names a text about people, whose CPR numbers no report may show.
    pub fn about_people(name: impl AsRef<str>, text: impl Into<String>) -> Self {
        Self::masking(name, text.into(), &["cpr"])
    }

    fn masking(name: impl AsRef<str>, text: String, also: &[&str]) -> Self {
        let shown = NamedSource::new(name, masked(&text, also));
        Self(Arc::new(Texts { text, shown }))
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        self.0.shown.name()
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

/// Whether a fault stops a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It will stop logins soon, or weakens something.
    Warning,
    /// It stops logins now.
    Error,
}

/// Something wrong in what the operator wrote, with where and how to mend it.
#[derive(Debug, Clone)]
pub struct Problem {
    message: String,
    help: Option<String>,
    weight: Weight,
    place: Option<(Source, Range<usize>)>,
}

impl Problem {
    /// A file of names does not have this one; or the file is at fault itself, and then nobody knows.
    pub fn not_there<'n>(what: &str, file: &str, known: impl Iterator<Item = &'n str>) -> Self {
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            let problem = Self::error(format!("the {what} is not known while {file} cannot be read"));
            return problem.help(format!("mend {file}, whose faults are told with it"));
        }
        let problem = Self::error(format!("there is no {what}"));
        problem.help(format!("{file} has: {}", known.join(", ")))
    }

    /// A fault that stops logins.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            weight: Weight::Error,
            place: None,
        }
    }

    /// A fault that will, or that weakens something.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::error(message)
        }
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what one cannot see in the file itself.
    #[must_use]
    pub fn noting(mut self, what: &str) -> Self {
        self.message = format!("{} ({what})", self.message);
        self
    }

    /// Says where it is: the bytes of `span` in the text of `source`.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Range<usize>) -> Self {
        self.place = Some((source.clone(), span));
        self
    }

    /// The same in something that is switched off: nothing yet, and what to mend before it counts.
    #[must_use]
    fn while_switched_off(mut self) -> Self {
        if self.weight == Weight::Error {
            self.message = format!("before it is switched on: {}", self.message);
        }
        self.weight = Weight::Warning;
        self
    }

    /// Whether it stops logins.
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// How to mend it.
    pub fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The line that it begins on, from 1.
    pub fn line(&self) -> Option<usize> {
        let (source, span) = self.place.as_ref()?;
        let before = source.text().get(..span.start)?;
        Some(before.matches('\n').count() + 1)
    }

    /// The file that it is in.
    pub fn file(&self) -> Option<&str> {
        self.place.as_ref().map(|(source, _)| source.name())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(match self.weight {
            Weight::Warning => Severity::Warning,
            Weight::Error => Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place
            .as_ref()
            .map(|(source, _)| &source.0.shown as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        let label = LabeledSpan::new(None, span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Every fault that was found, in the order of finding.
#[derive(Debug, Clone, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes one more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Notes those that there are.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.0.extend(problems);
    }

    /// Notes many more.
    pub fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Whether any of them stops logins.
    pub fn stop_logins(&self) -> bool {
        self.0.iter().any(|problem| problem.weight == Weight::Error)
    }

    /// The same faults, where they are in something that is switched off and so stop nobody.
    #[must_use]
    pub fn while_switched_off(self) -> Self {
        Self(self.0.into_iter().map(Problem::while_switched_off).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// `value` if nothing stops logins, all problems otherwise.
    pub fn unless_fatal<T>(self, value: T) -> Result<T, Self> {
        if self.stop_logins() { Err(self) } else { Ok(value) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "{one}"),
            many => write!(f, "{} problems in the configuration", many.len()),
        }
    }
}

impl std::error::Error for Problems {}
