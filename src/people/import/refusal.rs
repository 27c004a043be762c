//! Why a delivery is refused whole: it cannot be trusted, and nothing of it is taken.

use crate::texts::Words;

/// The one reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryRefusal {
    /// It could not be read to its end.
    #[error("it could not be read to its end")]
    Unreadable,
    /// More bytes than are read, packed or unpacked (K02).
    #[error("more than {megabytes} MB")]
    TooLarge {
        /// The most that is read.
        megabytes: u64,
    },
    /// Neither XML, nor a zip, nor a CSV that is known.
    #[error("no known format")]
    FormatUnknown,
    /// It is in an encoding that is not read, or not in the one that it says.
    #[error("wrong encoding in line {line}")]
    Encoding {
        /// The line, from 1.
        line: u32,
    },
    /// A document type or an entity of its own, which no delivery needs and attacks do (K02).
    #[error("a document type or an entity in line {line}")]
    DocumentType {
        /// The line, from 1.
        line: u32,
    },
    /// Not well-formed, or deeper or wider than any delivery is.
    #[error("not well-formed in line {line}: {what}")]
    Malformed {
        /// The line, from 1.
        line: u32,
        /// What of it, for the log.
        what: &'static str,
    },
    /// A table that is not written as tables are.
    #[error("{file} is not a table in line {line}: {what}")]
    MalformedTable {
        /// The name of the file, such as `users.csv`.
        file: &'static str,
        /// The line, from 1.
        line: u32,
        /// What of it, for the log.
        what: &'static str,
    },
    /// Another document than a delivery.
    #[error("another document element than UNILoginImport")]
    WrongRoot,
    /// Something that says of what the delivery is is missing or cannot be read.
    #[error("{field} is missing or cannot be read")]
    Head {
        /// The attribute, element or column.
        field: &'static str,
    },
    /// The file and the way by which it came say different things of how much it tells.
    #[error("the file says {file}, and it was delivered as {stated}")]
    KindContradicts {
        /// What the file says.
        file: &'static str,
        /// What it was delivered as.
        stated: &'static str,
    },
    /// Two institutions in a delivery that is of one.
    #[error("more than one institution")]
    SeveralInstitutions,
    /// More rows than any institution has people.
    #[error("more than {most} rows")]
    TooManyRows {
        /// The most rows that are read.
        most: usize,
    },
    /// So much is wrong that nobody should trust the rest.
    #[error("more than {most} faults")]
    TooManyFaults {
        /// The most faults that are borne.
        most: usize,
    },
    /// A file that must be in the zip is not, or is there twice.
    #[error("{file} is missing from the zip, or there twice")]
    File {
        /// The name of the file, such as `users.csv`.
        file: &'static str,
    },
    /// The zip is damaged, or holds what no delivery does: directories that lead out, links, zips (K02).
    #[error("the zip is not one of a delivery: {what}")]
    Zip {
        /// What of it, for the log.
        what: &'static str,
    },
    /// A column that must be in a file is not.
    #[error("{file} has no column {column}")]
    Column {
        /// The name of the file, such as `users.csv`.
        file: &'static str,
        /// The heading of the column.
        column: &'static str,
    },
}

impl DeliveryRefusal {
    /// The machine-readable reason, for logs and for calls of programs.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge { .. } => "too-large",
            Self::FormatUnknown => "format-unknown",
            Self::Encoding { .. } => "encoding",
            Self::DocumentType { .. } => "document-type",
            Self::Malformed { .. } | Self::MalformedTable { .. } => "malformed",
            Self::WrongRoot => "wrong-root",
            Self::Head { .. } => "head",
            Self::KindContradicts { .. } => "kind-contradicts",
            Self::SeveralInstitutions => "several-institutions",
            Self::TooManyRows { .. } => "too-many-rows",
            Self::TooManyFaults { .. } => "too-many-faults",
            Self::File { .. } => "file",
            Self::Zip { .. } => "zip",
            Self::Column { .. } => "column",
        }
    }

    /// What happened and what to do, in one language.
    pub fn words(&self, words: &Words<'_>) -> String {
        let key = match self {
            Self::Unreadable => "import-refused-unreadable",
            Self::TooLarge { .. } => "import-refused-too-large",
            Self::FormatUnknown => "import-refused-format-unknown",
            Self::Encoding { .. } => "import-refused-encoding",
            Self::DocumentType { .. } => "import-refused-document-type",
            Self::Malformed { .. } => "import-refused-malformed",
            Self::MalformedTable { .. } => "import-refused-malformed-table",
            Self::WrongRoot => "import-refused-wrong-root",
            Self::Head { .. } => "import-refused-head",
            Self::KindContradicts { .. } => "import-refused-kind-contradicts",
            Self::SeveralInstitutions => "import-refused-several-institutions",
            Self::TooManyRows { .. } => "import-refused-too-many-rows",
            Self::TooManyFaults { .. } => "import-refused-too-many-faults",
            Self::File { .. } => "import-refused-file",
            Self::Zip { .. } => "import-refused-zip",
            Self::Column { .. } => "import-refused-column",
        };
        let values = match self {
            Self::TooLarge { megabytes } => vec![("most", megabytes.to_string())],
            Self::Encoding { line } | Self::DocumentType { line } => vec![("line", line.to_string())],
            Self::Malformed { line, what } => {
                vec![("line", line.to_string()), ("what", (*what).to_owned())]
            }
            Self::MalformedTable { file, line, what } => vec![
                ("file", (*file).to_owned()),
                ("line", line.to_string()),
                ("what", (*what).to_owned()),
            ],
            Self::Head { field } => vec![("field", (*field).to_owned())],
            Self::KindContradicts { file, stated } => {
                vec![("file", (*file).to_owned()), ("stated", (*stated).to_owned())]
            }
            Self::TooManyRows { most } | Self::TooManyFaults { most } => vec![("most", most.to_string())],
            Self::File { file } => vec![("file", (*file).to_owned())],
            Self::Zip { what } => vec![("what", (*what).to_owned())],
            Self::Column { file, column } => {
                vec![("file", (*file).to_owned()), ("column", (*column).to_owned())]
            }
            Self::Unreadable | Self::FormatUnknown | Self::WrongRoot | Self::SeveralInstitutions => {
                Vec::new()
            }
        };
        words.say_all(key, &values)
    }
}
