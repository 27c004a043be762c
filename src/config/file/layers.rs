//! Texts that lie under others: a file that leaves something out is read from the text below it. Which text lies
//! under which is for the caller.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::problem::Source;

/// What lies under a file: one table of another text, which has the same keys.
#[derive(Debug, Clone)]
pub struct Underlay {
    /// The text of the file, with its name for problems.
    pub source: Source,
    /// The table in it.
    pub table: &'static str,
}

/// A text that may lie under tables of other texts for as long as the program runs.
pub struct Fixed {
    source: Source,
    text: DeTable<'static>,
}

impl Fixed {
    /// Reads a text of our own; what is wrong in it is left out.
    pub fn new(name: &str, text: &'static str) -> Self {
        Self {
            source: Source::new(name, text),
            text: DeTable::parse_recoverable(text).0.into_inner(),
        }
    }

    pub(super) fn layer(&self) -> Layer<'_> {
        Layer {
            source: &self.source,
            table: &self.text,
        }
    }
}

/// A table and the text that it is of.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    pub(super) source: &'a Source,
    pub(super) table: &'a DeTable<'a>,
}

impl<'a> Layer<'a> {
    pub(super) fn find(self, key: &str) -> Option<Found<'a>> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Found {
            source: self.source,
            value,
        })
    }

    pub(super) fn inner(self, key: &str) -> Option<Self> {
        let table = self.find(key)?.value.get_ref().as_table()?;
        Some(Self { table, ..self })
    }
}

/// A value and the text that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) source: &'a Source,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}
