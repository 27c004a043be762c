//! `portner seed`: people, accounts and institutions from a file into the store.

use std::path::Path;

use crate::ambient::{Ambient, SystemClock};
use crate::app::App;
use crate::config::problem::{Problem, Problems, Source};
use crate::store::seed::{Loaded, Seed, SeedError};
use crate::telemetry::log::chain;

use super::Place;
use super::installation::Installation;
use super::output::Output;
use super::serve::runtime;

/// Loads and counts. Whether all of it is in the store; otherwise nothing of it is.
pub(super) fn run(place: &Place, file: &Path, output: &mut Output) -> bool {
    let (installation, problems) = Installation::read(place, &SystemClock);
    output.problems(&problems);
    let Some(installation) = installation else {
        return false;
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(problem) => {
            output.problem(&problem);
            return false;
        }
    };
    match runtime.block_on(load(installation, file)) {
        Ok(loaded) => {
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
        Err(problems) => {
            output.problems(&problems);
            output.line("nothing was loaded");
            false
        }
    }
}

async fn load(installation: Installation, file: &Path) -> Result<Loaded, Problems> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let problem = Problem::error(format!("{name} cannot be read: {error}"));
        Problems::from(problem.help("name a file of people, written as config/demo.toml is"))
    })?;
    let seed = Seed::parse(Source::about_people(name, text))?;
    let app = App::build(installation, Ambient::system()).await;
    let app = app.map_err(|problem| Problems::from(*problem))?;
    app.seed(seed).await.map_err(|error| match error {
        SeedError::Clashes(problems) => problems,
        other => Problem::error(chain(&other))
            .help("look whether the database of [store] answers")
            .into(),
    })
}
