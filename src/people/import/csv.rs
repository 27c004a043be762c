//! Tables of text: records of fields as RFC 4180 has them, read one at a time.
//!
//! Strict where programs would otherwise read different things: a quote stands around a whole field or
//! nowhere, every record has as many fields as the header, and all of it is UTF-8.

use std::io::{BufRead, BufReader, ErrorKind, Read};

use super::delivery::Place;
use super::person::Text;
use super::refusal::DeliveryRefusal;

/// The longest record, in bytes.
const LONGEST_RECORD: usize = 64 * 1024;
/// The most columns.
const MOST_COLUMNS: usize = 200;

/// A table that is being read.
pub(super) struct Table<R> {
    reader: BufReader<R>,
    separator: char,
    file: &'static str,
    /// The file as part of a place; nothing where there is only one.
    shown_file: Option<&'static str>,
    line: u32,
    columns: Vec<String>,
    raw: Vec<u8>,
    text: String,
    ends: Vec<usize>,
}

/// One record.
#[derive(Clone, Copy)]
pub(super) struct Record<'t> {
    pub(super) at: Place,
    columns: &'t [String],
    text: &'t str,
    ends: &'t [usize],
}

impl<R: Read> Table<R> {
    /// Reads the header, which must have the `required` columns. `file` is what the table is called in
    /// messages, and in places where there is more than one.
    pub(super) fn new(
        reader: R,
        separator: char,
        file: &'static str,
        has_siblings: bool,
        required: &[&'static str],
    ) -> Result<Self, DeliveryRefusal> {
        let mut table = Self {
            reader: BufReader::with_capacity(32 * 1024, reader),
            separator,
            file,
            shown_file: has_siblings.then_some(file),
            line: 1,
            columns: Vec::new(),
            raw: Vec::new(),
            text: String::new(),
            ends: Vec::new(),
        };
        table.skip_mark()?;
        let Some(line) = table.record()? else {
            return Err(table.column_missing(required));
        };
        let columns = (0..table.ends.len()).map(|index| field(&table.text, &table.ends, index));
        table.columns = columns
            .map(|name| name.unwrap_or_default().trim().to_owned())
            .collect();
        if table.columns.len() > MOST_COLUMNS {
            return Err(table.malformed(line, "too many columns"));
        }
        let mut sorted: Vec<_> = table.columns.iter().filter(|name| !name.is_empty()).collect();
        sorted.sort_unstable();
        if sorted
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one == other))
        {
            return Err(table.malformed(line, "one column twice"));
        }
        let missing = required
            .iter()
            .find(|name| !table.columns.iter().any(|column| column == *name));
        match missing {
            Some(column) => Err(DeliveryRefusal::Column { file, column }),
            None => Ok(table),
        }
    }

    fn column_missing(&self, required: &[&'static str]) -> DeliveryRefusal {
        DeliveryRefusal::Column {
            file: self.file,
            column: required.first().copied().unwrap_or_default(),
        }
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// The next record that has anything in it; `Err` inside where it has not as many fields as the header.
    pub(super) fn next(&mut self) -> Result<Option<Result<Record<'_>, Place>>, DeliveryRefusal> {
        loop {
            let Some(line) = self.record()? else {
                return Ok(None);
            };
            if self.text.is_empty() && self.ends.len() <= 1 {
                continue;
            }
            let at = Place {
                file: self.shown_file,
                line,
            };
            if self.ends.len() != self.columns.len() {
                return Ok(Some(Err(at)));
            }
            return Ok(Some(Ok(Record {
                at,
                columns: &self.columns,
                text: &self.text,
                ends: &self.ends,
            })));
        }
    }

    fn skip_mark(&mut self) -> Result<(), DeliveryRefusal> {
        let head = self.reader.fill_buf().map_err(|error| not_read(error.kind()))?;
        if head.starts_with(b"\xef\xbb\xbf") {
            self.reader.consume(3);
        }
        Ok(())
    }

    fn malformed(&self, line: u32, what: &'static str) -> DeliveryRefusal {
        DeliveryRefusal::MalformedTable {
            file: self.file,
            line,
            what,
        }
    }

    /// Reads a record into `text` and `ends`; the line in which it begins.
    fn record(&mut self) -> Result<Option<u32>, DeliveryRefusal> {
        let begins = self.line;
        self.raw.clear();
        // Each byte is looked at once, however many lines the record has.
        let mut is_open = false;
        loop {
            let before = self.raw.len();
            let room = LONGEST_RECORD.saturating_sub(self.raw.len()).saturating_add(1);
            let mut limited = self.reader.by_ref().take(u64::try_from(room).unwrap_or(u64::MAX));
            let read = limited
                .read_until(b'\n', &mut self.raw)
                .map_err(|error| not_read(error.kind()))?;
            if self.raw.len() > LONGEST_RECORD {
                return Err(self.malformed(begins, "a record that is too long"));
            }
            let new = self.raw.get(before..).unwrap_or_default();
            is_open = new.iter().fold(is_open, |open, byte| open ^ (*byte == b'"'));
            if read == 0 && is_open {
                return Err(self.malformed(begins, "a quote without end"));
            }
            self.line = self
                .line
                .saturating_add(u32::from(self.raw.last() == Some(&b'\n') && read > 0));
            if read == 0 || !is_open {
                break;
            }
        }
        if self.raw.is_empty() {
            return Ok(None);
        }
        self.split(begins)?;
        Ok(Some(begins))
    }

    fn split(&mut self, line: u32) -> Result<(), DeliveryRefusal> {
        self.text.clear();
        self.ends.clear();
        let raw = std::str::from_utf8(&self.raw).map_err(|_| DeliveryRefusal::Encoding { line })?;
        let raw = raw.strip_suffix('\n').unwrap_or(raw);
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        let mut rest = raw;
        loop {
            let taken = if let Some(quoted) = rest.strip_prefix('"') {
                take_quoted(quoted, &mut self.text)
            } else {
                let end = rest.find(self.separator).unwrap_or(rest.len());
                let (plain, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                self.text.push_str(plain);
                (!plain.contains('"')).then_some(after)
            };
            self.ends.push(self.text.len());
            match taken.map(|after| (after.is_empty(), after.strip_prefix(self.separator))) {
                Some((true, _)) => return Ok(()),
                Some((false, Some(next))) => rest = next,
                Some((false, None)) | None => {
                    return Err(self.malformed(line, "a quote inside of a field"));
                }
            }
        }
    }
}

/// Takes a field to its closing quote; what follows it.
fn take_quoted<'r>(quoted: &'r str, text: &mut String) -> Option<&'r str> {
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('"')?;
        text.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

fn not_read(kind: ErrorKind) -> DeliveryRefusal {
    match kind {
        // From the zip around.
        ErrorKind::Other => DeliveryRefusal::Zip { what: "damaged" },
        _ => DeliveryRefusal::Unreadable,
    }
}

fn field<'t>(text: &'t str, ends: &[usize], index: usize) -> Option<&'t str> {
    let end = *ends.get(index)?;
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied();
    text.get(start.unwrap_or_default()..end)
}

impl<'t> Record<'t> {
    /// The field of a column, without space around it; nothing where it is empty or there is no such column.
    pub(super) fn get(self, column: &str) -> Option<&'t str> {
        let index = self.columns.iter().position(|name| name == column)?;
        let text = field(self.text, self.ends, index)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The same, with the name of the column for what is said of it.
    pub(super) fn text(self, column: &'static str) -> Text<'t> {
        Text {
            field: column,
            text: self.get(column),
        }
    }

    /// The parts of a field that is a list.
    pub(super) fn list(self, column: &str) -> impl Iterator<Item = &'t str> {
        let parts = self.get(column).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty())
    }
}

/// A cell that a spreadsheet takes as text: one that begins as a formula gets an apostrophe before it (K04).
pub fn cell(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r'])
        || text.starts_with(['\t', '\r', '\n']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ';', ',', '\n', '\r', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Result<Vec<Vec<String>>, DeliveryRefusal>;

    fn rows(text: &[u8]) -> Rows {
        let mut table = Table::new(text, ',', "t.csv", true, &[])?;
        let width = table.columns.len();
        let mut rows = Vec::new();
        while let Some(row) = table.next()? {
            rows.push(match row {
                Ok(record) => (0..width)
                    .map(|index| field(record.text, record.ends, index).unwrap().to_owned())
                    .collect(),
                Err(at) => vec![at.to_string()],
            });
        }
        Ok(rows)
    }

    #[test]
    fn fields_are_quoted_as_the_rfc_says() {
        let text = "\u{feff}a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n,\n\"\",ø";
        assert_eq!(
            rows(text.as_bytes()).unwrap(),
            [vec!["1", "x, \"y\"\nz"], vec!["", ""], vec!["", "ø"]]
        );
        assert_eq!(
            rows(b"a,b\n1\n\"2\n\",3\n4,5,6\n").unwrap(),
            [vec!["t.csv:2"], vec!["2\n", "3"], vec!["t.csv:5"]]
        );
    }

    #[test]
    fn what_readers_would_read_differently_is_refused() {
        for text in ["a\n\"x", "a\nx\"y\"", "a\n\"x\"y", "a,a\n", "a\n\"x\"\"\n"] {
            let refusal = rows(text.as_bytes()).unwrap_err();
            assert!(
                matches!(refusal, DeliveryRefusal::MalformedTable { .. }),
                "{text}"
            );
        }
        assert_eq!(rows(b"a\n\xf8"), Err(DeliveryRefusal::Encoding { line: 2 }));
        let long = format!("a\n{}", "x".repeat(LONGEST_RECORD + 1));
        assert!(rows(long.as_bytes()).is_err());
    }

    #[test]
    fn what_would_be_a_formula_is_text() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            "\r=1",
            " =1",
            "=cmd|' /C calc'!A0",
        ] {
            assert!(cell(text).trim_start_matches('"').starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("a"), "a");
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
        assert_eq!(cell("a;b"), "\"a;b\"");
    }
}
