//! Reads a TOML file key by key and gathers every fault in it.
//!
//! A [`Section`] is asked for the keys that it may have; what it was not asked for is
//! reported as unknown, with the nearest known spelling. Faulty values are reported where
//! they stand and replaced by the default, so that one reading finds all that is wrong.
//! Under a file there may lie another text with the same keys (a preset): what the file leaves
//! out is read from there. What keys mean is not here.

mod layers;

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Problems, Source};
use super::spelling;

pub use layers::{Fixed, Underlay};

use layers::{Found, Layer};

/// A value that can stand in a file.
pub trait FromToml: Sized {
    /// Reads the value, or says everything that is wrong with it.
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>>;
}

/// What is wrong with a value, and where in it.
#[derive(Debug)]
pub struct Wrong {
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

impl Wrong {
    /// The value is not `expected`, such as "an address and port"; `example` shows one.
    pub fn expected(value: &Spanned<DeValue<'_>>, expected: &str, example: &str) -> Vec<Self> {
        vec![Self {
            span: value.span(),
            message: format!("this is not {expected}"),
            help: Some(format!("write for example {example}")),
        }]
    }
}

/// Reads a text by `parse`; see [`Wrong::expected`] for the words.
pub fn text<T>(
    value: &Spanned<DeValue<'_>>,
    expected: &str,
    example: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Vec<Wrong>> {
    value
        .get_ref()
        .as_str()
        .and_then(parse)
        .ok_or_else(|| Wrong::expected(value, expected, example))
}

/// Reads a whole file with `read`, which asks the top section for its keys.
pub fn read<T>(source: &Source, problems: &mut Problems, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
    read_over(source, None, problems, read)
}

/// As [`read`], over an underlay.
pub fn read_over<T>(
    source: &Source,
    underlay: Option<&Underlay>,
    problems: &mut Problems,
    read: impl FnOnce(&mut Section<'_>) -> T,
) -> T {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    for error in errors {
        let span = error.span().unwrap_or_default();
        problems.push(
            Problem::error(error.message())
                .at(source, span)
                .help("this is not TOML"),
        );
    }
    let lower = underlay.map(|underlay| (underlay, DeTable::parse_recoverable(underlay.source.text()).0));
    let under = lower.as_ref().and_then(|(underlay, text)| {
        let under = Layer {
            source: &underlay.source,
            table: text.get_ref(),
        };
        under.inner(underlay.table)
    });
    let found = RefCell::new(Problems::default());
    let mut section = Section {
        found: &found,
        name: String::new(),
        source,
        table: Some(table.get_ref()),
        under,
        span: 0..0,
        asked: Vec::new(),
    };
    let value = read(&mut section);
    section.report_unknown_keys();
    problems.append(found.into_inner());
    value
}

/// One table of a file. A table that is not there reads like an empty one.
pub struct Section<'a> {
    found: &'a RefCell<Problems>,
    name: String,
    source: &'a Source,
    table: Option<&'a DeTable<'a>>,
    under: Option<Layer<'a>>,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The value of `key`, if it is there and right.
    pub fn get<T: FromToml>(&mut self, key: &'static str) -> Option<T> {
        let Found { source, value } = self.take(key)?;
        match T::from_toml(value) {
            Ok(value) => Some(value),
            Err(wrongs) => {
                for wrong in wrongs {
                    let mut problem = Problem::error(format!("{}: {}", self.path(key), wrong.message))
                        .at(source, wrong.span);
                    if let Some(help) = wrong.help {
                        problem = problem.help(help);
                    }
                    self.found.borrow_mut().push(problem);
                }
                None
            }
        }
    }

    /// The value of `key`, or `default`.
    pub fn get_or<T: FromToml>(&mut self, key: &'static str, default: T) -> T {
        self.get(key).unwrap_or(default)
    }

    /// The value of `key`, which must be there; `why` says what it is for.
    pub fn require<T: FromToml>(&mut self, key: &'static str, why: &str) -> Option<T> {
        if !self.has(key) {
            let problem =
                Problem::error(format!("{} is missing", self.path(key))).help(format!("add `{key}`: {why}"));
            self.push(problem, self.span.clone());
        }
        self.get(key)
    }

    /// One of a closed set of words, if it is there and right.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let spelt: String = self.get(key)?;
        let meaning = words.iter().find(|(word, _)| *word == spelt);
        if meaning.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let problem = Problem::error(format!("{}: {spelt} is not known here", self.path(key)));
            self.fault(key, problem.help(format!("write one of: {}", known.join(", "))));
        }
        meaning.map(|(_, meaning)| *meaning)
    }

    /// Notes an error of another module's parser at the value of `key`.
    pub fn checked<T, E: std::error::Error>(&self, key: &str, parsed: Result<T, E>) -> Option<T> {
        let refused = |error: E| {
            let problem = Problem::error(format!("{} is not taken", self.path(key)));
            self.fault(key, problem.help(error.to_string()));
        };
        parsed.map_err(refused).ok()
    }

    /// A list of texts, each read by another module's parser.
    pub fn checked_list<T, E: std::error::Error>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let texts: Vec<String> = self.get_or(key, Vec::new());
        let read = |text: &String| {
            let refused = |error: E| {
                let problem = Problem::error(format!("{}: {text} is not taken", self.path(key)));
                self.fault(key, problem.help(error.to_string()));
            };
            parse(text).map_err(refused).ok()
        };
        texts.iter().filter_map(read).collect()
    }

    /// Reads the table under `key`.
    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'a>) -> T) -> T {
        self.asked.push(key);
        let under = self.under.and_then(|under| under.inner(key));
        let (table, span) = match self.own(key) {
            None => (None, self.span.clone()),
            Some(value) => {
                let table = value.get_ref().as_table();
                if table.is_none() {
                    let problem = Problem::error(format!("{} must be a table", self.path(key)))
                        .help(format!("write [{}]", self.path(key)));
                    self.push(problem, value.span());
                }
                (table, value.span())
            }
        };
        self.enter(self.path(key), table, under, span, read)
    }

    /// Reads each table of the list under `key`.
    pub fn tables<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Section<'a>) -> T) -> Vec<T> {
        self.asked.push(key);
        let Some(value) = self.own(key) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            let problem = Problem::error(format!("{} must be a list", self.path(key)))
                .help(format!("write [[{}]]", self.path(key)));
            self.push(problem, value.span());
            return Vec::new();
        };
        let tables: Vec<_> = list
            .iter()
            .map(|item| (item.get_ref().as_table(), item.span()))
            .collect();
        tables
            .into_iter()
            .map(|(table, span)| self.enter(self.path(key), table, None, span, &mut read))
            .collect()
    }

    /// Each table of the list under `key`, for readers that read one many times over: see
    /// [`again`](Self::again). What is unknown in it is told by [`finish`](Self::finish).
    pub fn sections(&mut self, key: &'static str) -> Vec<Self> {
        self.asked.push(key);
        let Some(value) = self.own(key) else {
            return Vec::new();
        };
        let list = value.get_ref().as_array();
        if list.is_none() {
            let problem = Problem::error(format!("{} must be a list", self.path(key)))
                .help(format!("write [[{}]]", self.path(key)));
            self.push(problem, value.span());
        }
        let sections = list.into_iter().flatten().map(|item| Self {
            source: self.source,
            found: self.found,
            name: self.path(key),
            table: item.get_ref().as_table(),
            under: None,
            span: item.span(),
            asked: Vec::new(),
        });
        sections.collect()
    }

    /// The same table, as if nobody had asked it for anything.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            source: self.source,
            found: self.found,
            name: self.name.clone(),
            table: self.table,
            under: self.under,
            span: self.span.clone(),
            asked: Vec::new(),
        }
    }

    /// The same table over a table of another text, which has the same keys.
    #[must_use]
    pub fn over(self, fixed: &'a Fixed, table: &str) -> Self {
        Self {
            under: fixed.layer().inner(table),
            ..self
        }
    }

    /// Tells what is in the table that nobody asked for.
    pub fn finish(&self) {
        self.report_unknown_keys();
    }

    /// What was found wrong in the file so far; it is not told again.
    pub fn take_problems(&self) -> Problems {
        self.found.take()
    }

    /// Notes what was found wrong, after all.
    pub fn give_problems(&self, problems: Problems) {
        self.found.borrow_mut().append(problems);
    }

    /// Reads each named table under this one, whatever the names are.
    pub fn named_tables<T>(&mut self, mut read: impl FnMut(&str, &mut Section<'a>) -> T) -> Vec<T> {
        let entries: Vec<_> = self.table.into_iter().flat_map(DeTable::iter).collect();
        self.table = None;
        entries
            .into_iter()
            .map(|(key, value)| {
                let name = key.get_ref().as_ref();
                if value.get_ref().as_table().is_none() {
                    let problem =
                        Problem::error(format!("{name} must be a table")).help(format!("write [{name}]"));
                    self.push(problem, value.span());
                }
                self.enter(
                    name.to_owned(),
                    value.get_ref().as_table(),
                    None,
                    key.span(),
                    |section| read(name, section),
                )
            })
            .collect()
    }

    /// Whether `key` is written here, or lies under it.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Notes a fault at the value of `key`, or at the section where there is none.
    pub fn fault(&self, key: &str, problem: Problem) {
        let own = self.own(key).map(Spanned::span);
        let lower = self
            .under
            .and_then(|under| under.find(key))
            .filter(|_| own.is_none());
        let problem = match lower {
            Some(Found { source, value }) => {
                let text = source.text().get(value.span()).unwrap_or_default();
                problem.noting(&format!("{} has {} = {text}", source.name(), self.path(key)))
            }
            None => problem,
        };
        self.push(problem, self.place_of(key));
    }

    /// Where the value of `key` stands, or the section where there is none.
    pub fn place_of(&self, key: &str) -> Range<usize> {
        self.own(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// Notes a fault in another file that this section names, at its place there.
    pub fn note(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    fn enter<T>(
        &mut self,
        name: String,
        table: Option<&'a DeTable<'a>>,
        under: Option<Layer<'a>>,
        span: Range<usize>,
        read: impl FnOnce(&mut Section<'a>) -> T,
    ) -> T {
        let mut section = Section {
            found: self.found,
            name,
            source: self.source,
            table,
            under,
            span,
            asked: Vec::new(),
        };
        let value = read(&mut section);
        section.report_unknown_keys();
        value
    }

    fn take(&mut self, key: &'static str) -> Option<Found<'a>> {
        self.asked.push(key);
        self.find(key)
    }

    fn find(&self, key: &str) -> Option<Found<'a>> {
        let own = self.own(key).map(|value| Found {
            source: self.source,
            value,
        });
        own.or_else(|| self.under?.find(key))
    }

    fn own(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let source = self.source;
        let table = self.table?;
        Layer { source, table }.find(key).map(|found| found.value)
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn push(&self, problem: Problem, span: Range<usize>) {
        self.found.borrow_mut().push(problem.at(self.source, span));
    }

    fn report_unknown_keys(&self) {
        for (key, _) in self.table.into_iter().flat_map(DeTable::iter) {
            let name = key.get_ref().as_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let help = self.nearest_or_all(name);
            let problem = Problem::error(format!("{} is not a setting", self.path(name))).help(help);
            self.push(problem, key.span());
        }
    }

    fn nearest_or_all(&self, name: &str) -> String {
        if let Some(known) = spelling::nearest(name, &self.asked) {
            return format!("did you mean `{known}`?");
        }
        let mut known: Vec<&str> = Vec::new();
        // Some are read by two readers.
        for name in &self.asked {
            if !known.contains(name) {
                known.push(name);
            }
        }
        format!("known here: {}", known.join(", "))
    }
}
