//! `portner seed`: people, accounts and institutions from a file into the store.

use std::path::Path;

use crate::app::App;
use crate::config::problem::{Problem, Problems, Source};
use crate::store::seed::{Loaded, Seed, SeedError};
use crate::telemetry::log::chain;

use super::Place;
use super::inside::inside;
use super::output::Output;

/// Loads and counts. Whether all of it is in the store; otherwise nothing of it is.
pub(super) fn run(place: &Place, file: &Path, output: &mut Output) -> bool {
    let loaded = inside(place, output, "nothing was loaded", async |app| {
        load(app, file).await
    });
    let Some(loaded) = loaded else {
        return false;
    };
    output.line(format!(
        "{} institutions, {} people, {} accounts, {} new passwords",
        loaded.institutions, loaded.people, loaded.accounts, loaded.passwords
    ));
    if loaded.licences > 0 {
        output.line(format!("{} licences", loaded.licences));
    }
    if loaded.doubtful_numbers > 0 {
        output.line(format!(
            "{} CPR numbers fail modulus 11: look whether they were mistyped (some are right: CPR gives them out since 2007)",
            loaded.doubtful_numbers
        ));
    }
    true
}

async fn load(app: &App, file: &Path) -> Result<Loaded, Problems> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let problem = Problem::error(format!("{name} cannot be read: {error}"));
        Problems::from(problem.help("name a file of people, written as config/demo.toml is"))
    })?;
    let seed = Seed::parse(Source::about_people(name, text))?;
    app.seed(seed).await.map_err(|error| match error {
        SeedError::Clashes(problems) => problems,
        other => Problem::error(chain(&other))
            .help("look whether the database of [store] answers")
            .into(),
    })
}
