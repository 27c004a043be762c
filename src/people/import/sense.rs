//! Whether what is asked of a delivery makes sense at all, before anything of it is planned.

use jiff::{SignedDuration, Timestamp};

use super::asked::{ImportFailed, Wish};
use super::delivery::{Content, Delivery, Format};
use super::finding::{Finding, Subject, Weight};
use crate::domain::import::{Counts, Reason};
use crate::store::present::Present;

/// A clock of a source may be so far ahead of ours. Time zones that were mixed up stay below.
const TOLERATED: SignedDuration = SignedDuration::from_hours(14);

/// A moment that is still to come would make every later delivery old news until then.
pub(super) fn is_from_the_future(delivery: &Delivery, now: Timestamp) -> Option<Reason> {
    let sent = delivery.sent_at;
    (sent.duration_since(now) > TOLERATED).then_some(Reason::FromTheFuture { sent })
}

/// Of a delivery of people of whom not one can be taken, nothing is: what is mended may come again with
/// the same time.
pub(super) fn has_nothing_to_take(delivery: &Delivery, counts: &Counts) -> Option<Reason> {
    let taken = counts.added + counts.changed + counts.restored + counts.unchanged + counts.left;
    let of_people = |one: &&Finding| matches!(one.subject, Subject::Person(_) | Subject::Nameless);
    let mut faulty = delivery.findings.iter().filter(of_people);
    let tells_of_people = delivery.roster().is_some_and(|roster| !roster.people.is_empty())
        || faulty.any(|one| one.fault.weight() == Weight::RowRefused);
    let refused = counts.refused;
    (tells_of_people && taken == 0 && refused > 0).then_some(Reason::NothingTaken { refused })
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
