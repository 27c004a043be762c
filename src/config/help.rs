//! How adults help pupils (DR17).

use jiff::Timestamp;

use super::file::Section;

/// The whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelpSettings {
    /// Until this moment the user name alone is enough from any network, and no picture is asked for
    /// (T2): an exception with an end.
    pub without_picture_until: Option<Timestamp>,
}

/// Reads `[help]`.
pub(super) fn read(section: &mut Section<'_>) -> HelpSettings {
    HelpSettings {
        without_picture_until: section.get("without_picture_until"),
    }
}
