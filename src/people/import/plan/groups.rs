//! Classes and other groups: which are new, changed, back, or no more.

use std::collections::{HashMap, HashSet};

use super::matching::Planner;
use super::{GroupPlan, GroupRef};
use crate::domain::day::{end_of, start_of};
use crate::domain::group::GroupKind;
use crate::people::import::delivery::{DeliveredGroup, Delivery, Removals, Roster};
use crate::people::import::names::LocalId;
use crate::people::import::objection::{Objection, Who, Why};
use crate::store::present::PresentGroup;

/// Compares the groups of a delivery with those that are there.
pub(super) fn take<'a>(planner: &mut Planner<'a>, roster: &'a Roster) {
    let mut rows: Vec<&DeliveredGroup> = roster.groups.iter().collect();
    rows.sort_by(|one, other| one.local_id.cmp(&other.local_id));
    for row in rows {
        let own = present(planner, &row.local_id);
        let before = own.or_else(|| taken_over(planner, row));
        planner.groups.push(GroupPlan {
            row,
            before,
            changes: own.is_none_or(|group| differs(row, group)),
        });
    }
}

fn present<'a>(planner: &Planner<'a>, local_id: &LocalId) -> Option<&'a PresentGroup> {
    let mut groups = planner.at.present.groups.iter();
    groups.find(|group| group.local_id == local_id.as_str())
}

/// The group of the old source that is of the same kind and called the same.
fn taken_over<'a>(planner: &Planner<'a>, row: &DeliveredGroup) -> Option<&'a PresentGroup> {
    let fits = |group: &&PresentGroup| group.kind == row.kind && *group.name == *row.name;
    let is_free = |group: &&PresentGroup| {
        let mut rows = planner.groups.iter();
        !rows.any(|plan| plan.before.is_some_and(|before| before.id == group.id))
    };
    let mut old = planner.at.takes_over?.groups.iter();
    old.find(|group| fits(group) && is_free(group) && group.gone_at.is_none())
}

fn differs(row: &DeliveredGroup, group: &PresentGroup) -> bool {
    group.gone_at.is_some()
        || *group.local_id != *row.local_id.as_str()
        || *group.name != *row.name
        || group.kind != row.kind
        || group.level != row.level
        || group.line.as_deref() != row.line.as_deref()
        || group.from != row.from.and_then(start_of)
        || group.until != row.to.and_then(end_of)
}

/// Which groups local ids mean, in this delivery and before it.
pub(super) struct Groups<'a> {
    by_local_id: HashMap<&'a str, (GroupRef, GroupKind)>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(planner: &Planner<'a>) -> Self {
        let mut by_local_id = HashMap::new();
        let present = planner.at.present.groups.iter();
        for group in present.filter(|group| group.gone_at.is_none()) {
            by_local_id.insert(group.local_id.as_str(), (GroupRef::Known(group.id), group.kind));
        }
        for (place, plan) in planner.groups.iter().enumerate() {
            let group = plan
                .before
                .map_or(GroupRef::Planned(place), |before| GroupRef::Known(before.id));
            by_local_id.insert(plan.row.local_id.as_str(), (group, plan.row.kind));
        }
        Self { by_local_id }
    }

    pub(super) fn get(&self, local_id: &LocalId) -> Option<(GroupRef, GroupKind)> {
        self.by_local_id.get(local_id.as_str()).copied()
    }
}

/// What a whole delivery does not tell of is no more, unless a row of it was refused.
pub(super) fn leave_what_is_missing<'a>(
    planner: &mut Planner<'a>,
    delivery: &'a Delivery,
    roster: &'a Roster,
) {
    if delivery.has_nameless_rows() {
        return;
    }
    let refused = delivery.refused_groups();
    let told: HashSet<&str> = roster
        .groups
        .iter()
        .map(|row| &row.local_id)
        .chain(refused)
        .map(LocalId::as_str)
        .collect();
    let taken_over: HashSet<_> = planner
        .groups
        .iter()
        .filter_map(|plan| plan.before.map(|before| before.id))
        .collect();
    let old = planner.at.takes_over.map_or(&[][..], |old| old.groups.as_slice());
    let present = planner.at.present.groups.iter();
    let missing = present
        .filter(|group| !told.contains(group.local_id.as_str()))
        .chain(old.iter().filter(|group| !taken_over.contains(&group.id)))
        .filter(|group| group.gone_at.is_none());
    planner.groups_gone.extend(missing);
}

/// Groups that a delivery says are no more.
pub(super) fn remove<'a>(planner: &mut Planner<'a>, removals: &'a Removals) {
    let mut rows: Vec<_> = removals.groups.iter().collect();
    rows.sort_by(|one, other| one.local_id.cmp(&other.local_id));
    for row in rows {
        match present(planner, &row.local_id) {
            Some(group) if group.gone_at.is_none() => planner.groups_gone.push(group),
            Some(_) => {}
            None => planner.object(Objection {
                at: row.at,
                who: Who::Group(row.local_id.clone()),
                why: Why::NotKnown,
            }),
        }
    }
}
