//! What a command does inside of a house that is put together and does not serve: the settings are read, all is
//! opened, and what went wrong is told.

use super::Place;
use super::installation::Installation;
use super::output::Output;
use super::serve::runtime;
use crate::ambient::{Ambient, SystemClock};
use crate::app::App;
use crate::config::problem::Problems;

/// Does it. Nothing where it was not done, which is told, with what became of it in these words.
pub(super) fn inside<T>(
    place: &Place,
    output: &mut Output,
    undone: &str,
    work: impl AsyncFnOnce(&App) -> Result<T, Problems>,
) -> Option<T> {
    let (installation, problems) = Installation::read(place, &SystemClock);
    output.problems(&problems);
    let installation = installation?;
    let runtime = runtime();
    let done = runtime
        .map_err(|problem| Problems::from(*problem))
        .and_then(|runtime| {
            runtime.block_on(async {
                let app = Box::pin(App::build(installation, Ambient::system())).await;
                work(&app.map_err(|problem| Problems::from(*problem))?).await
            })
        });
    match done {
        Ok(done) => Some(done),
        Err(problems) => {
            output.problems(&problems);
            output.line(undone);
            None
        }
    }
}
