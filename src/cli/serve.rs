//! `portner serve`: the whole of it, until told to stop.

use std::sync::Arc;

use crate::ambient::{Ambient, Clock, SystemClock};
use crate::app::{App, CannotStart};
use crate::config::problem::{Problem, Problems};
use crate::telemetry::log;
use crate::web::serve::{StopHandle, stop_channel, told_by_the_system};

use super::Place;
use super::check::check_keys;
use super::dumps;
use super::installation::Installation;
use super::output::Output;

/// Serves. Whether it ended as it was told to.
pub(super) fn run(place: &Place, output: &mut Output) -> bool {
    let (installation, mut problems) = Installation::read(place, &SystemClock);
    // All keys are looked at, so that the faulty ones are told at once.
    let mut keys = Problems::default();
    if let Some(installation) = &installation {
        check_keys(&installation.settings, SystemClock.now(), &mut keys);
    }
    let keys_serve = !keys.stop_logins();
    problems.append(keys);
    output.problems(&problems);
    // A faulty party is left out and told; a faulty setting or key stops everything.
    let Some(installation) = installation.filter(|_| keys_serve) else {
        return false;
    };
    if let Err(error) = log::start(&installation.settings.log) {
        output.problem(&Problem::error(error.to_string()).help("see [log] in the settings"));
        return false;
    }
    dumps::switch_off();
    let served = runtime().and_then(|runtime| runtime.block_on(serve(installation, &problems)));
    served.map_err(|problem| output.problem(&problem)).is_ok()
}

async fn serve(installation: Installation, problems: &Problems) -> Result<(), CannotStart> {
    let app = App::build(installation, Ambient::system()).await?;
    app.report(problems);
    let (handle, stop) = stop_channel();
    tokio::spawn(stop_when_told(Arc::new(handle)));
    app.serve(stop).await.map(drop)
}

async fn stop_when_told(handle: Arc<StopHandle>) {
    told_by_the_system().await;
    handle.stop();
}

/// A runtime with a thread for each core.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CannotStart> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Box::new(
                Problem::error(format!("the runtime cannot start: {error}"))
                    .help("see the limits of this process"),
            )
        })
}
