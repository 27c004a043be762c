//! Parties that are switched on and whose metadata was asked for in vain: nobody logs in there. That it
//! was not asked for yet is told where the party is read, and is nobody's fault.

use crate::config::problem::{Problem, Problems};
use crate::config::settings::Settings;
use crate::trust::shelf::Shelf;

/// Looks at what the shelf remembers of each source.
pub(super) fn check_sources(settings: &Settings, problems: &mut Problems) {
    let shelf = Shelf::at(&settings.files.trust);
    for source in crate::trust::sources(&settings.files.metadata) {
        let file = settings.files.metadata.join(format!("{}.toml", source.name));
        let place = shelf.place(&source.name);
        let (Some(trouble), Ok(None)) = (place.notes().trouble, place.good()) else {
            continue;
        };
        // Those of a feed have no file, and are told by the feed.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let Ok(party) = text.parse::<toml::Table>() else {
            continue;
        };
        if party.is_empty() || party.get("enabled").and_then(toml::Value::as_bool) == Some(false) {
            continue;
        }
        let problem = Problem::error(format!(
            "{}: its metadata was never had from {}: {trouble}",
            source.name, source.url
        ));
        problems.push(
            problem.help("correct the address, or ask whoever publishes it; then: portner metadata refresh"),
        );
    }
}
