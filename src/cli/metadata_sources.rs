//! `portner metadata` for what is fetched from others: how sources do, what waits for a
//! decision, and fetching now.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use url::Url;

use crate::ambient::{Ambient, Clock as _, SystemClock};
use crate::app::egress;
use crate::config::problem::Problem;
use crate::domain::address::PlainHttp;
use crate::egress::Room;
use crate::saml::xml::{Document, Limits};
use crate::telemetry::log::chain;
use crate::trust::difference::Outline;
use crate::trust::fetch::{self, Fetcher, Which, told};
use crate::trust::shelf::{Place, Shelf};
use crate::trust::source::Source;
use crate::trust::{FeedSource, ListSource};

use super::add::{self, Wish};
use super::installation::Installation;
use super::metadata_providers;
use super::output::Output;
use super::serve::runtime;

/// Lists every source and how it does; whether nothing needs attention.
pub(super) fn list(installation: &Installation, output: &mut Output) -> bool {
    let shelf = Shelf::at(&installation.settings.files.trust);
    let lists = installation.registry.lists().iter().map(ListSource::place_name);
    let places = crate::trust::fetched_places(&installation.settings.files.metadata);
    for name in places.into_iter().chain(lists) {
        output.line(told(&name, &shelf.place(&name).notes()).1);
    }
    metadata_providers::list(installation, output);
    true
}

/// Shows what would change if what waits for a party were accepted; whether there is such a party.
pub(super) fn diff(installation: &Installation, party: Option<&str>, output: &mut Output) -> bool {
    let mut shown = metadata_providers::diff(installation, party, output);
    for (source, place) in places(installation, party) {
        let (Some(held), Ok(Some(bytes))) = (place.notes().held, place.held()) else {
            continue;
        };
        shown += 1;
        output.line(format!(
            "{}: {} (since {:.0})",
            source.name, held.reason, held.since
        ));
        for line in changes(installation, &source, &place, &bytes) {
            output.line(format!("  {line}"));
        }
        output.line(format!(
            "to serve it: portner metadata accept {} {}",
            source.name,
            digest_of(&bytes)
        ));
    }
    let is_known = party.is_none_or(|name| {
        !places(installation, party).is_empty() || metadata_providers::is_known(installation, name)
    });
    if !is_known {
        let problem = Problem::error("nothing is fetched for that");
        output.problem(&problem.help("`portner metadata sources` lists what is fetched"));
    } else if shown == 0 {
        output.line("nothing waits for a decision");
    }
    is_known
}

/// Tells one change from another. As long as it is because whoever publishes could make two with one
/// short digest, one to be looked at and one to be served.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    HEXLOWER.encode(digest.as_ref().get(..16).unwrap_or_default())
}

/// What changes by these bytes, told from the bytes themselves: the notes of another download may say
/// otherwise. Dates have no say in that.
pub(super) fn changes(
    installation: &Installation,
    source: &Source,
    place: &Place,
    bytes: &[u8],
) -> Vec<String> {
    let outline = |bytes: &[u8]| {
        let metadata = source.open(bytes, plain(installation), Timestamp::MIN).ok()?;
        Some(Outline::of(&metadata))
    };
    let before = place.good().ok().flatten();
    let before = before.and_then(|bytes| outline(&bytes)).unwrap_or_default();
    match outline(bytes) {
        Some(next) => before.difference(&next),
        None => vec!["it cannot be read".to_owned()],
    }
}

/// Fetches now, from all sources or those of one party.
pub(super) fn refresh(installation: &Installation, party: Option<&str>, output: &mut Output) -> bool {
    let wanted: Vec<Source> = places(installation, party)
        .into_iter()
        .map(|(source, _)| source)
        .collect();
    let feeds = aggregates(installation, party);
    let providers = metadata_providers::of(installation, party);
    if wanted.is_empty() && feeds.is_empty() && providers.is_empty() {
        output.line("nothing is fetched for that");
        return party.is_none();
    }
    let names: Vec<String> = wanted
        .iter()
        .map(|source| source.name.clone())
        .chain(feeds.iter().map(FeedSource::place_name))
        .chain(providers.iter().map(|(_, place)| place.place().name().to_owned()))
        .collect();
    let fetched = fetcher(installation)
        .and_then(|fetcher| Ok((runtime()?, fetcher)))
        .map(|(runtime, fetcher)| {
            runtime.block_on(async {
                fetcher.fetch(wanted, Which::All).await;
                fetcher.fetch_feeds(feeds, Which::All).await;
                metadata_providers::refresh(&providers, &fetcher).await;
            });
        });
    if let Err(problem) = fetched {
        output.problem(&problem);
        return false;
    }
    let shelf = Shelf::at(&installation.settings.files.trust);
    let mut well = true;
    for name in names {
        let notes = shelf.place(&name).notes();
        well &= notes.trouble.is_none() && notes.held.is_none();
        output.line(told(&name, &notes).1);
    }
    well
}

/// The address that somebody gave in place of a file.
pub(super) fn address(given: &Path) -> Option<Url> {
    let url = given.to_str().and_then(|text| Url::parse(text).ok())?;
    matches!(url.scheme(), "https" | "http").then_some(url)
}

/// Registers a party by the address of its metadata, switched off; the first copy is kept.
pub(super) fn add(installation: &Installation, url: &Url, wish: &Wish<'_>, output: &mut Output) -> bool {
    match add_fetched(installation, url, wish, output) {
        Ok(place) => {
            output.line(format!("added {}", place.display()));
            output.line("fill in what it leaves open, then run: portner check");
            true
        }
        Err(problem) => {
            output.problem(&problem);
            false
        }
    }
}

fn add_fetched(
    installation: &Installation,
    url: &Url,
    wish: &Wish<'_>,
    output: &mut Output,
) -> Result<PathBuf, Problem> {
    let failed = |why: String| {
        let problem = Problem::error(format!("{url}: {why}"));
        problem.help("is that the address of SAML metadata, and does it speak https?")
    };
    let bytes = fetcher(installation)
        .and_then(|fetcher| Ok(runtime()?.block_on(download(&fetcher, url))))
        .map_err(|problem| *problem)?
        .map_err(failed)?;
    let source = Source {
        name: String::new(),
        url: url.clone(),
        pin: None,
        entity_id: None,
    };
    let metadata = source.open(&bytes, plain(installation), SystemClock.now());
    let metadata = metadata.map_err(|refusal| failed(chain(&refusal)))?;
    let document =
        Document::parse(&bytes, &Limits::METADATA).map_err(|refusal| failed(refusal.to_string()))?;
    let entity_id = metadata.entity_id.as_str();
    let role = add::role_of(wish, document.root())?;
    let name = add::short_name(wish, entity_id)?;
    let directory = installation.settings.files.metadata.join(role.folder());
    let place = directory.join(format!("{name}.toml"));
    if place.exists() {
        let problem = Problem::error(format!("{} is there already", place.display()));
        return Err(problem.help("choose another with --name, or write metadata_url into it by hand"));
    }
    let text = format!(
        "{}\n[saml]\nmetadata_url = \"{url}\"\n\
         # With the certificate of whoever signs it, changes of keys and addresses are taken at once:\n\
         # metadata_key = \"signer.pem\"\n",
        add::text_for(role, &add::display_name(document.root(), entity_id)),
    );
    let unwritable =
        |path: &Path, error: std::io::Error| Problem::error(format!("{}: {error}", path.display()));
    let shelf = Shelf::at(&installation.settings.files.trust);
    let kept = shelf.place(&format!("{}/{name}", role.folder()));
    kept.take(&bytes)
        .map_err(|error| unwritable(&kept.good_path(), error))?;
    std::fs::write(&place, text).map_err(|error| unwritable(&place, error))?;
    output.line("compare its keys with the party, by telephone for instance:");
    for fact in Outline::of(&metadata).facts() {
        output.line(format!("  {fact}"));
    }
    Ok(place)
}

async fn download(fetcher: &Fetcher, url: &Url) -> Result<Vec<u8>, String> {
    const ROOM: Room = Room {
        bytes: 4 * 1024 * 1024,
        time: std::time::Duration::from_secs(30),
    };
    let mut body = Vec::new();
    let take = |piece: &[u8]| {
        body.extend_from_slice(piece);
        Ok(())
    };
    let head = fetcher
        .egress
        .download(url, fetch::headers(None), ROOM, take)
        .await;
    let head = head.map_err(|error| chain(&error))?;
    if head.status.is_success() {
        Ok(body)
    } else {
        Err(format!("it answers {}", head.status))
    }
}

pub(super) fn plain(installation: &Installation) -> PlainHttp {
    if installation.settings.egress.private_addresses {
        PlainHttp::OnLoopback
    } else {
        PlainHttp::Refused
    }
}

fn fetcher(installation: &Installation) -> Result<Fetcher, crate::app::CannotStart> {
    Ok(Fetcher {
        egress: egress(&installation.settings)?,
        shelf: Shelf::at(&installation.settings.files.trust),
        plain: plain(installation),
        ambient: Ambient::system(),
    })
}

fn sources(installation: &Installation) -> Vec<Source> {
    crate::trust::sources(&installation.settings.files.metadata)
}

/// The aggregates of a feed by its name or its place, or all.
fn aggregates(installation: &Installation, feed: Option<&str>) -> Vec<FeedSource> {
    let mut feeds = crate::trust::feeds(&installation.settings.files.metadata);
    feeds.retain(|known| {
        let is_meant = |name: &str| known.name == name || known.place_name() == name;
        known.queries().is_empty() && feed.is_none_or(is_meant)
    });
    feeds
}

/// The sources of a party by its short name or its place, or all.
pub(super) fn places(installation: &Installation, party: Option<&str>) -> Vec<(Source, Place)> {
    let shelf = Shelf::at(&installation.settings.files.trust);
    let is_meant = |source: &Source| {
        let short = Path::new(&source.name).file_name().unwrap_or_default();
        party.is_none_or(|party| source.name == party || short == party)
    };
    sources(installation)
        .into_iter()
        .filter(is_meant)
        .map(|source| (source.clone(), shelf.place(&source.name)))
        .collect()
}
