//! What is done about people beside the logins: files of the watched folder are taken in, and what
//! became old is warned of, closed and forgotten.

use std::time::Duration;

use super::App;
use crate::config::deliverers::DelivererProof;
use crate::domain::text::Language;
use crate::people::import::folder::WatchedFolder;
use crate::people::import::importer::Importer;
use crate::people::import::numbers;
use crate::people::import::upkeep::{self, Kept};
use crate::telemetry::log::chain;
use crate::web::deliveries;
use crate::web::state::Portner;

/// How often the folder is looked into.
const SWEEP: Duration = Duration::from_secs(15);

/// How often it is counted how the sources stand.
const COUNTING: Duration = Duration::from_mins(5);

impl App {
    /// Takes in people from schools' systems.
    pub fn importer(&self) -> Importer {
        deliveries::importer(&self.portner)
    }

    /// Begins what goes on for as long as Portner serves.
    pub(super) fn keep_importing(&self) {
        tokio::spawn(keep_people(self.portner.clone()));
        tokio::spawn(keep_counting(self.portner.clone()));
        let import = &self.portner.settings.import;
        let anybodys = import.folder.iter().map(|folder| (folder, None));
        let own = import.deliverers.iter().filter_map(|one| match &one.proof {
            DelivererProof::Folder(folder) => Some((folder, Some(one.clone()))),
            DelivererProof::Token(_) | DelivererProof::Certificate(_) => None,
        });
        for (folder, of) in anybodys.chain(own) {
            let watched = WatchedFolder {
                folder: folder.clone(),
                importer: self.importer(),
                of,
            };
            tokio::spawn(keep_watching(self.portner.clone(), watched));
        }
    }
}

/// Watches on, whatever one file has done.
async fn keep_watching(portner: Portner, watched: WatchedFolder) {
    loop {
        let watching = tokio::spawn(watch(portner.clone(), watched.clone()));
        if watching.await.is_err_and(|error| error.is_panic()) {
            tracing::error!("the import folder was given up in the middle of a file; it is tried again");
            tokio::time::sleep(SWEEP).await;
        } else {
            return;
        }
    }
}

async fn watch(portner: Portner, watched: WatchedFolder) {
    let mut rounds = tokio::time::interval(SWEEP);
    let mut is_told = false;
    loop {
        rounds.tick().await;
        let words = portner.texts.in_language(Language::Da);
        match watched.sweep(&words).await {
            Ok(_) => is_told = false,
            // Once, and not each time that it is looked at.
            Err(error) if !is_told => {
                let folder = watched.folder.display();
                tracing::warn!(%folder, %error, "the import folder cannot be used: nothing is taken in from it");
                is_told = true;
            }
            Err(_) => {}
        }
    }
}

/// Says in numbers how every source stands (`/metrics` of the admin listener).
async fn keep_counting(portner: Portner) {
    let mut rounds = tokio::time::interval(COUNTING);
    loop {
        rounds.tick().await;
        match numbers::of_sources(&portner.store, portner.ambient.now()).await {
            Ok(sources) => portner.metrics.sources_stand(&sources),
            Err(error) => tracing::warn!(error = %chain(&error), "sources could not be counted"),
        }
    }
}

async fn keep_people(portner: Portner) {
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    loop {
        hours.tick().await;
        let settings = &portner.settings.import;
        match upkeep::round(&portner.store, settings, &portner.ambient).await {
            Ok(kept) => tell(&kept),
            Err(error) => tracing::warn!(error = %chain(&error), "people could not be looked after"),
        }
    }
}

/// Sources and numbers of people, and nobody by name.
fn tell(kept: &Kept) {
    for (state, ends_at) in &kept.warned {
        tracing::warn!(
            institution = %state.institution,
            source = %state.source,
            %ends_at,
            "nothing has come from this source for long; its people are closed then, unless it sends or `portner import keep` says that they stay"
        );
    }
    for state in &kept.closed {
        tracing::warn!(
            institution = %state.institution,
            source = %state.source,
            "nothing came from this source, and its people were closed"
        );
    }
    if kept.manual_warned > 0 {
        tracing::warn!(
            affiliations = kept.manual_warned,
            "affiliations that were written by hand are closed soon, unless somebody confirms them"
        );
    }
    tracing::debug!(
        accounts = kept.forgotten.accounts,
        people = kept.forgotten.people,
        manual = kept.manual_closed,
        "who left was forgotten"
    );
}
