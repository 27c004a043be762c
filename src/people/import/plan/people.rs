//! People: who is new, who changed, who left and who came back.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use super::groups::Groups;
use super::matching::Planner;
use super::{Affiliation, GroupRef};
use crate::domain::actor::ActorGroup;
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::history::Change;
use crate::domain::role::Role;
use crate::domain::stage::Level;
use crate::people::import::delivery::{DeliveredPerson, Delivery, Part, Place, Removals, Roster};
use crate::people::import::names::LocalId;
use crate::people::import::objection::{Objection, Who, Why};
use crate::store::present::{PresentActor, PresentPerson};
use crate::store::unconfirmed::FORGOTTEN_AFTER;

/// Compares the people of a delivery with those who are there.
pub(super) fn take<'a>(planner: &mut Planner<'a>, roster: &'a Roster) {
    let groups = Groups::of(planner);
    let mut rows: Vec<&DeliveredPerson> = roster.people.iter().collect();
    // Who is known by a local id comes before who may have the same number.
    rows.sort_by(|one, other| one.local_id.cmp(&other.local_id));
    let (known, new): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| planner.by_local_id(&row.local_id).is_some());
    for row in known.into_iter().chain(new) {
        match affiliation(planner, &groups, row) {
            Ok(one) => planner.people.push(one),
            Err(why) => planner.object(Objection {
                at: row.at,
                who: Who::Person(row.local_id.clone()),
                why,
            }),
        }
    }
    planner
        .people
        .sort_by(|one, other| one.local_id.cmp(&other.local_id));
}

/// What a row says of one affiliation.
struct Wanted<'a> {
    group: ActorGroup,
    roles: BTreeSet<Role>,
    level: Option<Level>,
    main: Option<&'a LocalId>,
    others: &'a BTreeSet<LocalId>,
}

fn wanted(part: &Part) -> Wanted<'_> {
    match part {
        Part::Student(student) => Wanted {
            group: ActorGroup::Elev,
            roles: BTreeSet::from([student.role]),
            level: Some(student.level),
            main: student.main_group.as_ref(),
            others: &student.groups,
        },
        Part::Employee(employee) => Wanted {
            group: ActorGroup::Medarbejder,
            roles: employee.roles.clone(),
            level: None,
            main: None,
            others: &employee.groups,
        },
        Part::Extern(external) => Wanted {
            group: ActorGroup::Ekstern,
            roles: BTreeSet::from([external.role]),
            level: None,
            main: None,
            others: &external.groups,
        },
    }
}

fn affiliation<'a>(
    planner: &mut Planner<'a>,
    groups: &Groups<'a>,
    row: &'a DeliveredPerson,
) -> Result<Affiliation<'a>, Why> {
    let wanted = wanted(&row.part);
    let memberships = memberships(planner, groups, row, &wanted)?;
    let before = planner.person_before(&row.local_id, &row.person);
    let looked_at = planner.at.reidentified == Some(&row.local_id);
    let (human, of_person) = planner.identify(&row.person, before, looked_at)?;
    let stage_since = stage_since(before, wanted.level, planner.at.now);
    let mut changes = Vec::new();
    let (mut joined, mut parted) = (Vec::new(), Vec::new());
    match before {
        None => {
            changes.push((Change::Added, wanted.group.as_str().to_owned()));
            joined.extend(memberships);
        }
        Some(present) => {
            if present.gone_at.is_some() {
                changes.push((Change::Restored, wanted.group.as_str().to_owned()));
            }
            changes.extend(differences(present, &wanted));
            if planner.is_taken_over(present) {
                changes.push((Change::Source, String::new()));
            }
            let kept: BTreeSet<_> = present
                .memberships
                .iter()
                .map(|id| GroupRef::Known(*id))
                .collect();
            joined.extend(memberships.difference(&kept).copied());
            parted.extend(kept.difference(&memberships).filter_map(|group| known(*group)));
            if !joined.is_empty() || !parted.is_empty() {
                changes.push((
                    Change::Memberships,
                    format!("+{} -{}", joined.len(), parted.len()),
                ));
            }
        }
    }
    changes.extend(of_person);
    let held = planner.roles_held(human, before);
    // What is told of again after some days without is what it was (K01).
    let is_forgotten = |gone: Timestamp| planner.at.now.duration_since(gone) >= FORGOTTEN_AFTER;
    let begins = before.is_none_or(|present| present.gone_at.is_some_and(is_forgotten));
    let is_anothers = |person: &PresentPerson| person.elsewhere.anothers;
    let unconfirmed = begins && human.present().is_some_and(is_anothers);
    if unconfirmed {
        planner.object(Objection {
            at: row.at,
            who: Who::Person(row.local_id.clone()),
            why: Why::Unconfirmed,
        });
    }
    Ok(Affiliation {
        at: row.at,
        local_id: Some(&row.local_id),
        human,
        before,
        group: wanted.group,
        roles: wanted.roles,
        held,
        level: wanted.level,
        stage_since,
        joined,
        parted,
        changes,
        unconfirmed,
    })
}

const fn known(group: GroupRef) -> Option<GroupId> {
    match group {
        GroupRef::Known(id) => Some(id),
        GroupRef::Planned(_) => None,
    }
}

fn differences(present: &PresentActor, wanted: &Wanted<'_>) -> Vec<(Change, String)> {
    let mut changes = Vec::new();
    if present.group != wanted.group {
        let words = (present.group.as_str(), wanted.group.as_str());
        changes.push((Change::Group, format!("{} -> {}", words.0, words.1)));
    }
    if present.roles != wanted.roles {
        let words = |roles: &BTreeSet<Role>| {
            let words: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
            words.join(",")
        };
        let detail = format!("{} -> {}", words(&present.roles), words(&wanted.roles));
        changes.push((Change::Roles, detail));
    }
    if present.level != wanted.level {
        let word = |level: Option<Level>| level.map_or_else(|| "-".to_owned(), Level::as_text);
        changes.push((
            Change::Level,
            format!("{} -> {}", word(present.level), word(wanted.level)),
        ));
    }
    let stage = |level: Option<Level>| level.and_then(Level::stage);
    if stage(present.level) != stage(wanted.level) {
        changes.push((Change::Stage, String::new()));
    }
    changes
}

/// Since when a pupil is at the stage: as before where it is the same one, otherwise from now on.
fn stage_since(before: Option<&PresentActor>, level: Option<Level>, now: Timestamp) -> Option<Timestamp> {
    let stage = level.and_then(Level::stage)?;
    let same = before.filter(|actor| actor.level.and_then(Level::stage) == Some(stage));
    same.map_or(Some(now), |actor| actor.stage_since)
}

fn memberships<'a>(
    planner: &mut Planner<'a>,
    groups: &Groups<'a>,
    row: &'a DeliveredPerson,
    wanted: &Wanted<'a>,
) -> Result<BTreeSet<GroupRef>, Why> {
    let mut found = BTreeSet::new();
    if let Some(main) = wanted.main {
        match groups.get(main) {
            Some((group, GroupKind::Hovedgruppe)) => found.insert(group),
            Some(_) | None => return Err(Why::ClassUnknown(main.clone())),
        };
    }
    for local_id in wanted.others {
        match groups.get(local_id) {
            Some((group, _)) => {
                found.insert(group);
            }
            None => planner.object(Objection {
                at: row.at,
                who: Who::Person(row.local_id.clone()),
                why: Why::GroupUnknown(local_id.clone()),
            }),
        }
    }
    Ok(found)
}

/// Who is not in a whole delivery has left, unless a row of theirs was refused, or one of which
/// nobody can say whose it is.
pub(super) fn leave_who_is_missing<'a>(
    planner: &mut Planner<'a>,
    delivery: &'a Delivery,
    roster: &'a Roster,
) {
    if delivery.has_nameless_rows() {
        planner.object(Objection {
            at: Place::line(1),
            who: Who::Delivery,
            why: Why::NobodyLeaves,
        });
        return;
    }
    let told: HashSet<&str> = roster
        .people
        .iter()
        .map(|row| &row.local_id)
        .chain(delivery.refused_people())
        .map(LocalId::as_str)
        .collect();
    let taken_over: HashSet<_> = planner
        .people
        .iter()
        .filter_map(|one| one.before.map(|before| before.id))
        .collect();
    let old = planner.at.takes_over.map_or(&[][..], |old| old.actors.as_slice());
    let is_missing = |actor: &&PresentActor| {
        let by_id = actor.local_id.as_deref();
        by_id.is_some_and(|id| !told.contains(id)) && !taken_over.contains(&actor.id)
    };
    let is_missing_of_old =
        |actor: &&PresentActor| actor.local_id.is_some() && !taken_over.contains(&actor.id);
    let missing = planner.at.present.actors.iter().filter(is_missing);
    let missing = missing.chain(old.iter().filter(is_missing_of_old));
    planner
        .gone
        .extend(missing.filter(|actor| actor.gone_at.is_none()));
}

/// People who a delivery says have left.
pub(super) fn remove<'a>(planner: &mut Planner<'a>, removals: &'a Removals) {
    let mut rows: Vec<_> = removals.people.iter().collect();
    rows.sort_by(|one, other| one.local_id.cmp(&other.local_id));
    for row in rows {
        match planner.by_local_id(&row.local_id) {
            Some(actor) if actor.gone_at.is_none() => planner.gone.push(actor),
            Some(_) => {}
            None => planner.object(Objection {
                at: row.at,
                who: Who::Person(row.local_id.clone()),
                why: Why::NotKnown,
            }),
        }
    }
}

/// New people get names of their own, unless somebody has said that they move in: otherwise a file could give
/// away what somebody has at a school that has not come yet (C11, K01).
pub(super) fn keep_no_names(planner: &mut Planner<'_>) {
    if !planner.at.moves_in && planner.brings_names() {
        planner.object(Objection {
            at: Place::line(1),
            who: Who::Delivery,
            why: Why::NamesNotKept,
        });
    }
}
