//! What is done about people beside the logins: files of the watched folder are taken in, and what
//! became old is warned of, closed and forgotten.

use std::time::Duration;

use super::App;
use crate::domain::text::Language;
use crate::people::import::folder::WatchedFolder;
use crate::people::import::importer::Importer;
use crate::people::import::upkeep::{self, Kept};
use crate::telemetry::log::chain;
use crate::web::deliveries;
use crate::web::state::Portner;

/// How often the folder is looked into.
const SWEEP: Duration = Duration::from_secs(15);

impl App {
    /// Takes in people from schools' systems.
    pub fn importer(&self) -> Importer {
        deliveries::importer(&self.portner)
    }

    /// Begins what goes on for as long as Portner serves.
    pub(super) fn keep_importing(&self) {
        tokio::spawn(keep_people(self.portner.clone()));
        if let Some(folder) = self.portner.settings.import.folder.clone() {
            let watched = WatchedFolder {
                folder,
                importer: self.importer(),
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
    loop {
        rounds.tick().await;
        let words = portner.texts.in_language(Language::Da);
        if let Err(error) = watched.sweep(&words).await {
            tracing::warn!(%error, "the import folder cannot be used");
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
