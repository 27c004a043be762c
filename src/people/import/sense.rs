//! Whether what is asked of a delivery makes sense at all, before anything of it is planned.

use jiff::{SignedDuration, Timestamp};

use super::asked::{ImportFailed, Wish};
use super::delivery::{Content, Delivery, Format};
use crate::domain::import::Reason;
use crate::store::present::Present;

/// A clock of a source may be so far ahead of ours. Time zones that were mixed up stay below.
const TOLERATED: SignedDuration = SignedDuration::from_hours(14);

/// A moment that is still to come would make every later delivery old news until then.
pub(super) fn is_from_the_future(delivery: &Delivery, now: Timestamp) -> Option<Reason> {
    let sent = delivery.sent_at;
    (sent.duration_since(now) > TOLERATED).then_some(Reason::FromTheFuture { sent })
}

/// A change of system is told by everybody, and by another system.
pub(super) fn is_possible(delivery: &Delivery, wish: &Wish) -> Result<(), ImportFailed> {
    let is_whole = matches!(delivery.content, Content::Whole(_));
    match &wish.takes_over {
        Some(old) if !is_whole || *old == delivery.source => Err(ImportFailed::NoChangeOfSource),
        _ => Ok(()),
    }
}

/// Guided operations name a source that has told something, and a person of the delivery: what is
/// misspelt would otherwise be carried out as a plain import, with everybody new.
pub(super) fn names_what_is_there(
    delivery: &Delivery,
    wish: &Wish,
    present: &Present,
    has_old_source: bool,
) -> Result<(), ImportFailed> {
    if delivery.format == Format::MigrationCsv && present.last.is_some() {
        return Err(ImportFailed::MovedIn);
    }
    if wish.takes_over.is_some() && !has_old_source {
        return Err(ImportFailed::NothingToTakeOver);
    }
    let Some(id) = &wish.reidentifies else {
        return Ok(());
    };
    let people = delivery
        .roster()
        .map_or(&[][..], |roster| roster.people.as_slice());
    if people.iter().any(|row| row.local_id == *id) {
        Ok(())
    } else {
        Err(ImportFailed::NobodyToReidentify)
    }
}
