//! `portner metadata` for OpenID providers: how they do, what waits for a decision, and asking them
//! now. What a provider says of itself decides where users, codes and tokens go.

use std::sync::Arc;

use super::accept::Accepted;
use super::installation::Installation;
use super::metadata_sources::digest_of;
use super::output::Output;
use crate::oidc::client::OidcUpstream;
use crate::oidc::rp::{Description, ProviderCache};
use crate::trust::fetch::{Fetcher, told};
use crate::trust::provider_shelf::ProviderPlace;
use crate::trust::shelf::Shelf;

/// The providers that a short name or a place means, or all.
pub(super) fn of<'i>(
    installation: &'i Installation,
    party: Option<&str>,
) -> Vec<(&'i OidcUpstream, ProviderPlace)> {
    let shelf = Shelf::at(&installation.settings.files.trust);
    let places = installation
        .registry
        .providers()
        .map(|provider| (provider, ProviderPlace::of(&shelf, provider)));
    let is_meant = |(provider, place): &(&OidcUpstream, ProviderPlace)| {
        party.is_none_or(|party| provider.id.as_str() == party || place.place().name() == party)
    };
    places.filter(is_meant).collect()
}

/// Whether a provider is called so.
pub(super) fn is_known(installation: &Installation, party: &str) -> bool {
    !of(installation, Some(party)).is_empty()
}

/// How each does.
pub(super) fn list(installation: &Installation, output: &mut Output) {
    for (_, place) in of(installation, None) {
        let (place, notes) = (place.place(), place.place().notes());
        if notes.url.is_empty() {
            let name = place.name();
            output.line(format!("{name}: an OpenID provider, asked at the first login"));
        } else {
            output.line(told(place.name(), &notes).1);
        }
    }
}

/// Shows what waits; how many do.
pub(super) fn diff(installation: &Installation, party: Option<&str>, output: &mut Output) -> usize {
    let mut shown = 0;
    for (provider, place) in of(installation, party) {
        let (Some(held), Ok(Some(bytes))) = (place.place().notes().held, place.place().held()) else {
            continue;
        };
        shown += 1;
        let name = place.place().name();
        output.line(format!("{name}: {} (since {:.0})", held.reason, held.since));
        for line in changes(provider, &place, &bytes) {
            output.line(format!("  {line}"));
        }
        let digest = digest_of(&bytes);
        output.line(format!("to serve it: portner metadata accept {name} {digest}"));
    }
    shown
}

/// Accepts what waits, where it is what this digest was shown of; by place.
pub(super) fn accept(
    installation: &Installation,
    party: &str,
    digest: &str,
) -> Vec<(String, Result<Option<Accepted>, String>)> {
    let one = |(provider, place): (&OidcUpstream, ProviderPlace)| {
        let name = place.place().name().to_owned();
        (name, accept_one(provider, &place, digest))
    };
    of(installation, Some(party)).into_iter().map(one).collect()
}

fn accept_one(
    provider: &OidcUpstream,
    place: &ProviderPlace,
    digest: &str,
) -> Result<Option<Accepted>, String> {
    let disk = |error: std::io::Error| format!("{}: {error}", place.place().good_path().display());
    let Some(bytes) = place.place().held().map_err(disk)? else {
        return Ok(None);
    };
    if digest_of(&bytes) != digest {
        return Ok(Some(Accepted::Another));
    }
    if Description::read(&bytes, &provider.issuer).is_none() {
        return Err("what waits is no description of the provider that is registered now".to_owned());
    }
    let difference = changes(provider, place, &bytes);
    place.place().accept(&bytes).map_err(disk)?;
    Ok(Some(Accepted::Served(difference)))
}

/// What changes by these bytes.
fn changes(provider: &OidcUpstream, place: &ProviderPlace, bytes: &[u8]) -> Vec<String> {
    let read = |bytes: &[u8]| Description::read(bytes, &provider.issuer);
    let served = place.place().good().ok().flatten();
    let served = served.and_then(|bytes| read(&bytes));
    read(bytes).map_or_else(
        || vec!["it cannot be read".to_owned()],
        |found| found.difference(served.as_ref()),
    )
}

/// Asks them now; what comes of it is in their notes.
pub(super) async fn refresh(providers: &[(&OidcUpstream, ProviderPlace)], fetcher: &Fetcher) {
    for (provider, place) in providers {
        let cache = ProviderCache::remembering(provider, Arc::new(place.clone()));
        // Why not is noted.
        let _ = cache.look_again(&fetcher.egress, fetcher.ambient.now()).await;
    }
}
