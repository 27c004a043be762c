//! Whether what the parties' files say goes together with the people in the database: licences
//! of services, and institutions. Nothing here stops a start; each is told because somebody will
//! not get in who should, or nobody at all.

use std::collections::BTreeSet;

use crate::app::opening::look_into_store;
use crate::config::problem::{Problem, Problems};
use crate::config::settings::{Settings, StoreUrl};
use crate::domain::institution::InstitutionNumber;
use crate::domain::licence::LicenceRule;
use crate::domain::service::ServiceId;
use crate::store::{Store, StoreError};
use crate::trust::Registry;

use super::serve::runtime;

/// Looks into a database that is a file; one elsewhere is left alone.
pub(super) fn check_directory(settings: &Settings, registry: &Registry, problems: &mut Problems) {
    if !matches!(&settings.store.url, StoreUrl::Sqlite(_)) {
        return;
    }
    let looked = async {
        let store = look_into_store(settings).await?;
        let found = doubts(&store, registry).await;
        store.close().await;
        // A database that an older version has left is brought up to date by the next start.
        found.ok()
    };
    let found = runtime().ok().and_then(|runtime| runtime.block_on(looked));
    problems.extend(found.unwrap_or_default());
}

async fn doubts(store: &Store, registry: &Registry) -> Result<Vec<Problem>, StoreError> {
    let licensed = store.licensed_services().await?;
    let mut doubts = licences_of_nobody(&licensed, registry);
    doubts.extend(services_without_licences(&licensed, registry));
    doubts.extend(unknown_institutions(store, registry).await?);
    Ok(doubts)
}

fn licences_of_nobody(licensed: &BTreeSet<ServiceId>, registry: &Registry) -> Vec<Problem> {
    let strangers = licensed.iter().filter(|id| registry.service(id).is_none());
    strangers
        .map(|id| {
            let problem = Problem::warning(format!("there are licences for {id}, which is not registered"));
            problem.help(format!(
                "a licence names a service by its file's name: is metadata/services/{id}.toml spelled otherwise?"
            ))
        })
        .collect()
}

fn services_without_licences(licensed: &BTreeSet<ServiceId>, registry: &Registry) -> Vec<Problem> {
    let services = registry.services().map(|service| &service.profile);
    let shut = services.filter(|profile| {
        profile.enabled && profile.licence == LicenceRule::Required && !licensed.contains(&profile.id)
    });
    shut.map(|profile| {
        let id = &profile.id;
        let problem = Problem::warning(format!("{id} is for those with a licence, and nobody has one"));
        problem.help(format!(
            "add a [[licence]] with service = \"{id}\" to the people's file and load it with `portner seed`, or change `licence`"
        ))
    })
    .collect()
}

/// An upstream's own institutions are whose people it may vouch for.
async fn unknown_institutions(store: &Store, registry: &Registry) -> Result<Vec<Problem>, StoreError> {
    let mut doubts = Vec::new();
    for upstream in registry.upstreams().map(|upstream| &upstream.profile) {
        let mut unknown: Vec<&InstitutionNumber> = Vec::new();
        for number in &upstream.institutions {
            if !store.has_institution(number).await? {
                unknown.push(number);
            }
        }
        if unknown.is_empty() {
            continue;
        }
        let numbers: Vec<_> = unknown.iter().map(ToString::to_string).collect();
        let problem = Problem::warning(format!(
            "{} may vouch for the people of {}, which the directory does not know",
            upstream.id,
            numbers.join(", ")
        ));
        doubts.push(
            problem.help("correct `institutions` in its file, or load the institution with its people"),
        );
    }
    Ok(doubts)
}
