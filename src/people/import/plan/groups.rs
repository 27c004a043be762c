//! Classes and other groups: which are new, changed, back, or no more.

use std::collections::{HashMap, HashSet, VecDeque};

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
    let present = present(planner);
    let mut old = OldGroups::of(planner);
    for row in rows {
        let own = present.get(row.local_id.as_str()).copied();
        let before = own.or_else(|| old.take(row));
        planner.groups.push(GroupPlan {
            row,
            before,
            changes: own.is_none_or(|group| differs(row, group)),
        });
    }
}

fn present<'a>(planner: &Planner<'a>) -> HashMap<&'a str, &'a PresentGroup> {
    let groups = planner.at.present.groups.iter();
    groups.map(|group| (group.local_id.as_str(), group)).collect()
}

/// Groups of the old source by kind and name, each to be taken over once.
struct OldGroups<'a> {
    by_name: HashMap<(GroupKind, &'a str), VecDeque<&'a PresentGroup>>,
}

impl<'a> OldGroups<'a> {
    fn of(planner: &Planner<'a>) -> Self {
        let mut by_name: HashMap<_, VecDeque<_>> = HashMap::new();
        let old = planner.at.takes_over.map_or(&[][..], |old| old.groups.as_slice());
        for group in old.iter().filter(|group| group.gone_at.is_none()) {
            let key = (group.kind, group.name.as_str());
            by_name.entry(key).or_default().push_back(group);
        }
        Self { by_name }
    }

    fn take(&mut self, row: &'a DeliveredGroup) -> Option<&'a PresentGroup> {
        self.by_name.get_mut(&(row.kind, &*row.name))?.pop_front()
    }
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
    let present = present(planner);
    for row in rows {
        match present.get(row.local_id.as_str()).copied() {
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
