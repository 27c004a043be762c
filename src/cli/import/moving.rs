//! `portner import migrate`: the list of a school that moves in, once. The file says nothing of itself, so
//! that whoever brings it in says what it is of.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::words::{number, source_name, wrong};
use super::{Unread, not_read};
use crate::app::CannotStart;
use crate::people::import::incoming::Incoming;
use crate::people::import::migration::Origin;
use crate::people::import::names::SchoolYear;

/// The list, and what it is of.
#[derive(Debug, Args)]
pub(in crate::cli) struct MovingIn {
    /// The list: one table with semicolons, in UTF-8 or Windows-1252
    file: PathBuf,
    /// The number of the institution
    #[arg(long)]
    institution: String,
    /// A name for the list as a source, which no running import has
    #[arg(long)]
    source: String,
    /// When the list was made, such as 2026-11-30T05:00:00Z
    #[arg(long)]
    sent_at: String,
    /// The school year, such as 2026-2027
    #[arg(long)]
    school_year: String,
}

impl MovingIn {
    pub(super) fn read(&self) -> Result<Incoming, CannotStart> {
        let origin = Origin {
            source: source_name(&self.source)?,
            sent_at: self.sent_at.parse::<Timestamp>().map_err(|_| {
                wrong(
                    "this is not when the list was made",
                    "such as 2026-11-30T05:00:00Z",
                )
            })?,
            school_year: SchoolYear::parse(&self.school_year)
                .map_err(|_| wrong("this is not a school year", "such as 2026-2027"))?,
            institution: number(&self.institution)?,
        };
        let opened = File::open(&self.file).map_err(Unread::from);
        let read = opened.and_then(|file| Incoming::of_list(file, origin));
        read.map_err(|unread| not_read(&self.file, &unread))
    }

    /// The command by which what was held is taken in.
    pub(super) fn command(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        format!(
            "import migrate FILE --institution {} --source {} --sent-at {} --school-year {}",
            quoted(&self.institution),
            quoted(&self.source),
            quoted(&self.sent_at),
            quoted(&self.school_year)
        )
    }
}
