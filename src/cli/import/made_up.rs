//! `portner import made-up`: a municipality that nobody lives in, as files to try things with. The same
//! seed gives the same people.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::words::wrong;
use crate::app::CannotStart;
use crate::cli::output::Output;
use crate::people::import::municipality::Municipality;
use crate::people::import::write;

/// The most people of one school.
const LARGEST: u32 = 750;
/// The most that are made up: of every school that there can be.
const MOST: u32 = 1_296 * LARGEST;

/// What is made up, and where it is put.
#[derive(Debug, Args)]
pub(in crate::cli) struct MadeUp {
    /// The folder that the files are put into, one for each school
    folder: PathBuf,
    /// How many people, parents not counted
    #[arg(long, default_value_t = 30_000)]
    people: u32,
    /// Another seed gives other people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the files say that they were written
    #[arg(long, default_value = "2026-11-30T05:00:00Z")]
    sent_at: String,
}

impl MadeUp {
    pub(super) fn write(&self, output: &mut Output) -> Result<bool, CannotStart> {
        if !(10..=MOST).contains(&self.people) {
            return Err(wrong(
                "so many people cannot be made up",
                "write a number from 10 to 972000",
            ));
        }
        let sent_at: Timestamp = self
            .sent_at
            .parse()
            .map_err(|_| wrong("this is no moment", "such as 2026-11-30T05:00:00Z"))?;
        let made_up = Municipality {
            seed: self.seed,
            schools: self.people.div_ceil(LARGEST),
            people: self.people,
            sent_at,
        };
        let cannot = |error: &std::io::Error| {
            let folder = self.folder.display();
            wrong(
                &format!("{folder} cannot be written: {error}"),
                "name a folder that is yours",
            )
        };
        std::fs::create_dir_all(&self.folder).map_err(|error| cannot(&error))?;
        let mut files = 0;
        for delivery in made_up.deliveries() {
            let path = self.folder.join(format!("{}.xml", delivery.institution.number));
            let written = File::create(path).and_then(|file| {
                let mut file = BufWriter::new(file);
                write::unilogin(&delivery, &mut file)?;
                file.flush()
            });
            written.map_err(|error| cannot(&error))?;
            files += 1;
        }
        output.line(format!(
            "{files} schools with {} people are in {}; nobody of them exists",
            self.people,
            self.folder.display()
        ));
        Ok(true)
    }
}
