//! `portner seed FILE`: people, accounts and institutions from a file into the store, for
//! trying things out. Imports from school administration systems are another command.

use std::path::Path;

use crate::ambient::{Ambient, SystemClock};
use crate::app::{App, CannotStart};
use crate::config::problem::Problem;
use crate::store::seed::{Loaded, Seed};

use super::Place;
use super::installation::Installation;
use super::output::Output;
use super::serve::runtime;

/// Loads and counts. Whether all of it is in the store.
pub(super) fn run(place: &Place, file: &Path, output: &mut Output) -> bool {
    let (installation, problems) = Installation::read(place, &SystemClock);
    output.problems(&problems);
    let Some(installation) = installation else {
        return false;
    };
    match runtime().and_then(|runtime| runtime.block_on(load(installation, file))) {
        Ok(loaded) => {
            output.line(format!(
                "{} institutions, {} people, {} accounts, {} new passwords",
                loaded.institutions, loaded.people, loaded.accounts, loaded.passwords
            ));
            true
        }
        Err(problem) => {
            output.problem(&problem);
            false
        }
    }
}

async fn load(installation: Installation, file: &Path) -> Result<Loaded, CannotStart> {
    let unreadable = |why: String| {
        Box::new(
            Problem::error(format!("{} cannot be read: {why}", file.display()))
                .help("write it as config/demo.toml is"),
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    let seed = Seed::parse(&text).map_err(|error| unreadable(error.to_string()))?;
    App::build(installation, Ambient::system())
        .await?
        .seed(seed)
        .await
}
