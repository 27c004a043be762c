//! Which addresses are pages of ours that people log in to: they are tried with the people whom they are for,
//! here and in the journeys, and not by somebody who is turned away at the door.

use portner::domain::own_page::OwnPage;

/// Whether a path is below one of our own pages, or the one that a device finds its school by.
pub(crate) fn is_our_own(path: &str) -> bool {
    let pages = OwnPage::ALL.map(OwnPage::path);
    pages.into_iter().chain(["/skole"]).any(|page| {
        let below = path.strip_prefix(page);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
