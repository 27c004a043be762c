//! Keeps asking the sources of metadata, beside everything else: no start and no login waits
//! for it. What it brings is served when the keeper of the parties sees it on the shelf.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::audit::{AuditAct, AuditEvent, UpkeepAct};
use crate::telemetry::metrics::SourceState;
use crate::trust::ListSource;
use crate::trust::fetch::{Which, told};
use crate::trust::provider_shelf::place_name;
use crate::trust::shelf::Held;
use crate::web::serve::Stop;
use crate::web::state::Portner;

/// How often it is asked whose time has come.
const PACE: Duration = Duration::from_mins(1);

/// Asks until everything stops.
pub(super) async fn keep_fetching(portner: Portner, stop: Stop) {
    let mut looks = tokio::time::interval(PACE);
    loop {
        tokio::select! {
            () = stop.requested() => return,
            _ = looks.tick() => {}
        }
        tokio::select! {
            () = stop.requested() => return,
            _ = fetch_sources(&portner, Which::Due) => {}
        }
    }
}

/// Asks once; whether something on the shelf has changed.
pub async fn fetch_sources(portner: &Portner, which: Which) -> bool {
    let directory = &portner.settings.files.metadata;
    let waited = waiting(portner);
    let parties = portner
        .fetcher
        .fetch(crate::trust::sources(directory), which)
        .await;
    let feeds = portner
        .fetcher
        .fetch_feeds(crate::trust::feeds(directory), which)
        .await;
    let registry = portner.registry();
    let lists = portner.fetcher.fetch_lists(registry.lists(), which).await;
    report(portner);
    for (name, held) in waiting(portner) {
        if waited.get(&name) != Some(&held) {
            write_down(portner, name, held.reason).await;
        }
    }
    parties || feeds || lists
}

/// What waits for an operator, by the source that brought it.
fn waiting(portner: &Portner) -> BTreeMap<String, Held> {
    let places = crate::trust::fetched_places(&portner.settings.files.metadata).into_iter();
    let registry = portner.registry();
    let providers = registry.providers().map(|provider| place_name(&provider.id));
    let waiting = places.chain(providers).filter_map(|name| {
        let held = portner.fetcher.shelf.place(&name).notes().held?;
        Some((name, held))
    });
    waiting.collect()
}

/// That something is not believed is for the auditor too (B24).
async fn write_down(portner: &Portner, about: String, why: String) {
    let act = AuditAct::Upkeep {
        act: UpkeepAct::MetadataHeld,
        about,
        detail: Some(why),
        by: None,
    };
    let event = AuditEvent::new(portner.ambient.uuid(), portner.ambient.now(), act);
    if let Err(error) = portner.writer.audit(event).await {
        tracing::error!(%error, "audit row could not be written");
    }
}

/// Tells how every source does.
fn report(portner: &Portner) {
    let mut lines = Vec::new();
    let mut counts = [
        (SourceState::Good, 0),
        (SourceState::Failing, 0),
        (SourceState::Quarantined, 0),
    ];
    let places = crate::trust::fetched_places(&portner.settings.files.metadata).into_iter();
    let registry = portner.registry();
    let lists = registry.lists().iter().map(ListSource::place_name);
    // Of a provider that nobody has needed yet, there is nothing to tell.
    let providers = registry.providers().map(|provider| place_name(&provider.id));
    let providers = providers.filter(|name| !portner.fetcher.shelf.place(name).notes().url.is_empty());
    for name in places.chain(lists).chain(providers) {
        let (state, line) = told(&name, &portner.fetcher.shelf.place(&name).notes());
        lines.push(line);
        for (known, count) in &mut counts {
            *count += usize::from(*known == state);
        }
    }
    for (state, count) in counts {
        portner.metrics.metadata_sources(state, count);
    }
    portner.trust.sources(lines);
    let state_of = |place: &str| told(place, &portner.fetcher.shelf.place(place).notes()).0;
    let feeds = crate::trust::feeds(&portner.settings.files.metadata).into_iter();
    let feeds = feeds.map(|feed| {
        let queries = feed.queries();
        let mut states: Vec<SourceState> = queries.iter().map(|one| state_of(&one.name)).collect();
        if queries.is_empty() {
            states.push(state_of(&feed.place_name()));
        }
        let worst = [SourceState::Quarantined, SourceState::Failing];
        let found = worst.into_iter().find(|state| states.contains(state));
        (feed.name, found.unwrap_or(SourceState::Good))
    });
    portner.trust.feeds_do(feeds.collect());
}
