//! What becomes different of each class: what an administrator looks at before saying yes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::matching::Planner;
use super::{Affiliation, GroupRef};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::group::{GroupId, GroupKind};
use crate::store::present::PresentActor;

/// One class before and after.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassDifference {
    /// What people call it.
    pub name: String,
    /// How many pupils the class has now.
    pub before: u64,
    /// How many it would have.
    pub after: u64,
    /// Pupils who are new at the school or came back.
    pub added: u64,
    /// Pupils who came from another class.
    pub moved_in: u64,
    /// Pupils who went to another class.
    pub moved_out: u64,
    /// Pupils who left the school.
    pub left: u64,
}

impl ClassDifference {
    /// Whether nothing becomes different.
    pub const fn is_nothing(&self) -> bool {
        self.added == 0 && self.moved_in == 0 && self.moved_out == 0 && self.left == 0
    }

    /// Whether it had pupils and has none any more, and they did not all go on to another class:
    /// at the turn of the school year, classes are emptied by moving on.
    pub const fn is_emptied(&self) -> bool {
        self.before > 0 && self.after == 0 && self.moved_out < self.before
    }
}

/// Compares the classes. Those of which nothing becomes different are left out.
pub(super) fn differences(planner: &Planner<'_>) -> Vec<ClassDifference> {
    let classes = Classes::of(planner);
    let mut found: BTreeMap<GroupRef, ClassDifference> = BTreeMap::new();
    let mut told: HashMap<ActorId, Option<GroupRef>> = HashMap::new();
    for one in &planner.people {
        let after = (one.group == ActorGroup::Elev)
            .then(|| classes.after(one))
            .flatten();
        match one.before {
            Some(before) => {
                told.insert(before.id, after);
            }
            None => note(&mut found, None, after),
        }
    }
    let gone: HashSet<ActorId> = planner.gone.iter().map(|actor| actor.id).collect();
    let old = planner.at.takes_over.map_or(&[][..], |old| old.actors.as_slice());
    for actor in planner.at.present.actors.iter().chain(old) {
        let is_pupil = actor.group == ActorGroup::Elev && actor.gone_at.is_none();
        let before = is_pupil.then(|| classes.before(actor)).flatten();
        if gone.contains(&actor.id) {
            note(&mut found, before, None);
        } else {
            let stays = || before.filter(|class| !classes.is_gone(*class));
            let after = told.get(&actor.id).copied().unwrap_or_else(stays);
            note(&mut found, before, after);
        }
    }
    found
        .into_iter()
        .map(|(class, mut difference)| {
            difference.name = classes.name(class);
            difference
        })
        .filter(|difference| !difference.is_nothing())
        .collect()
}

fn note(found: &mut BTreeMap<GroupRef, ClassDifference>, before: Option<GroupRef>, after: Option<GroupRef>) {
    if let Some(class) = before {
        let difference = found.entry(class).or_default();
        difference.before += 1;
        difference.moved_out += u64::from(after.is_some() && after != before);
        difference.left += u64::from(after.is_none());
    }
    if let Some(class) = after {
        let difference = found.entry(class).or_default();
        difference.after += 1;
        difference.added += u64::from(before.is_none());
        difference.moved_in += u64::from(before.is_some() && after != before);
    }
}

/// Which groups are classes, and what they are called.
struct Classes<'a> {
    /// Those that are no more: nobody is in them any longer.
    gone: HashSet<GroupId>,
    known: HashMap<GroupId, &'a str>,
    planned: HashMap<usize, &'a str>,
}

impl<'a> Classes<'a> {
    fn of(planner: &Planner<'a>) -> Self {
        let old = planner.at.takes_over.map_or(&[][..], |old| old.groups.as_slice());
        let present = planner.at.present.groups.iter().chain(old);
        let mut known: HashMap<_, &str> = present
            .filter(|group| group.kind == GroupKind::Hovedgruppe)
            .map(|group| (group.id, group.name.as_str()))
            .collect();
        let mut new = HashMap::new();
        for (place, plan) in planner.groups.iter().enumerate() {
            if plan.row.kind != GroupKind::Hovedgruppe {
                continue;
            }
            match plan.before {
                Some(before) => {
                    known.insert(before.id, &plan.row.name);
                }
                None => {
                    new.insert(place, &*plan.row.name);
                }
            }
        }
        Self {
            gone: planner.groups_gone.iter().map(|group| group.id).collect(),
            known,
            planned: new,
        }
    }

    fn before(&self, actor: &PresentActor) -> Option<GroupRef> {
        let mut groups = actor.memberships.iter();
        groups
            .find(|group| self.known.contains_key(group))
            .map(|group| GroupRef::Known(*group))
    }

    fn after(&self, one: &Affiliation<'_>) -> Option<GroupRef> {
        let is_class = |group: &GroupRef| match group {
            GroupRef::Known(id) => self.known.contains_key(id) && !self.gone.contains(id),
            GroupRef::Planned(place) => self.planned.contains_key(place),
        };
        let kept = one.before.into_iter().flat_map(|before| &before.memberships);
        let kept = kept.filter(|group| !one.parted.contains(group));
        let after = one
            .joined
            .iter()
            .copied()
            .chain(kept.map(|group| GroupRef::Known(*group)));
        after.filter(is_class).min()
    }

    fn is_gone(&self, class: GroupRef) -> bool {
        matches!(class, GroupRef::Known(id) if self.gone.contains(&id))
    }

    fn name(&self, class: GroupRef) -> String {
        let name = match class {
            GroupRef::Known(id) => self.known.get(&id),
            GroupRef::Planned(place) => self.planned.get(&place),
        };
        name.map_or_else(String::new, |name| (*name).to_owned())
    }
}
