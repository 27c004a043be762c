//! `portner metadata accept`: an operator takes a change that waits. Which waits, and what is different
//! about it, is told by `metadata_sources` and `metadata_providers`.

use crate::ambient::{Ambient, Clock as _, SystemClock};
use crate::app::CannotStart;
use crate::app::opening::open_store;
use crate::config::problem::Problem;
use crate::domain::audit::{AuditAct, AuditEvent, UpkeepAct};
use crate::store::Store;
use crate::telemetry::log::chain;
use crate::trust::shelf::Place;
use crate::trust::source::Source;

use super::installation::Installation;
use super::metadata_providers;
use super::metadata_sources::{changes, digest_of, places, plain};
use super::output::Output;
use super::serve::runtime;

/// What is to be served from now on, and on whose word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The party, or the place that its metadata is fetched to.
    pub(super) party: &'a str,
    /// Of what was looked at.
    pub(super) digest: &'a str,
    /// What the operator is called.
    pub(super) by: &'a str,
}

/// What became of something that waited.
pub(super) enum Accepted {
    /// It is not what was looked at.
    Another,
    /// It is served; this changes by it.
    Served(Vec<String>),
}

impl Asked<'_> {
    /// Serves what waits for a party from now on, if it is still what this digest was shown of. Where it
    /// cannot be written down, nothing is taken (L06).
    pub(super) fn accept(
        self,
        installation: &Installation,
        output: &mut Output,
    ) -> Result<bool, CannotStart> {
        let runtime = runtime()?;
        let store = runtime.block_on(open_store(&installation.settings))?;
        let mut waits = false;
        for (place, accepted) in self.taken(installation) {
            match accepted.map_err(|why| Box::new(Problem::error(format!("{place}: {why}"))))? {
                None => {}
                Some(Accepted::Another) => waits = true,
                Some(Accepted::Served(difference)) => {
                    served(&place, &difference, output);
                    runtime.block_on(self.write_down(&store, place, &difference))?;
                    return Ok(true);
                }
            }
        }
        output.problem(&self.not_taken(waits));
        Ok(false)
    }

    /// Looks through what waits, until something is taken.
    fn taken(
        self,
        installation: &Installation,
    ) -> impl Iterator<Item = (String, Result<Option<Accepted>, String>)> {
        let providers = metadata_providers::accept(installation, self.party, self.digest).into_iter();
        let sources = places(installation, Some(self.party)).into_iter();
        let sources = sources.map(move |(source, place)| {
            let accepted = accept_one(installation, &source, &place, self.digest);
            (source.name, accepted)
        });
        providers.chain(sources)
    }

    async fn write_down(
        self,
        store: &Store,
        about: String,
        difference: &[String],
    ) -> Result<(), CannotStart> {
        let ambient = Ambient::system();
        let act = AuditAct::Upkeep {
            act: UpkeepAct::MetadataAccepted,
            about,
            detail: Some(format!("{}: {}", self.digest, difference.join("; "))),
            by: Some(self.by.to_owned()),
        };
        let event = AuditEvent::new(ambient.uuid(), ambient.now(), act);
        store.append_audit(&[event]).await.map_err(|error| {
            let why = chain(&error);
            let problem = Problem::error(format!("it is accepted, and could not be written down: {why}"));
            Box::new(problem.help("tell the auditor, and look whether the database of [store] answers"))
        })
    }

    fn not_taken(self, waits: bool) -> Problem {
        let party = self.party;
        if waits {
            Problem::error(format!(
                "what waits for {party} is not what that digest was shown of"
            ))
            .help("look at it anew with `portner metadata diff`")
        } else {
            Problem::error(format!("nothing waits for {party}"))
                .help("`portner metadata diff` lists what waits")
        }
    }
}

fn served(place: &str, difference: &[String], output: &mut Output) {
    output.line(format!("accepted for {place}:"));
    for line in difference {
        output.line(format!("  {line}"));
    }
    output.line("a Portner that runs serves it within seconds");
}

/// Reads once, compares, and takes what was compared. It has waited: dates and signature count again now.
fn accept_one(
    installation: &Installation,
    source: &Source,
    place: &Place,
    digest: &str,
) -> Result<Option<Accepted>, String> {
    let disk = |error: std::io::Error| format!("{}: {error}", place.good_path().display());
    let Some(bytes) = place.held().map_err(disk)? else {
        return Ok(None);
    };
    if digest_of(&bytes) != digest {
        return Ok(Some(Accepted::Another));
    }
    let opened = source.open(&bytes, plain(installation), SystemClock.now());
    opened.map_err(|refusal| chain(&refusal))?;
    let difference = changes(installation, source, place, &bytes);
    place.accept(&bytes).map_err(disk)?;
    Ok(Some(Accepted::Served(difference)))
}
