//! What a plan may do unasked (pain 16, K05): beyond these, somebody says yes first.

use std::collections::BTreeMap;

use super::plan::{Affiliation, Plan};
use crate::config::import::ImportLimits;
use crate::domain::actor::ActorGroup;
use crate::domain::import::Reason;
use crate::domain::role::Role;
use crate::store::present::{Present, PresentActor};

/// Why somebody is to look at the plan first. Nothing, where it may be carried out as it is.
pub fn exceeded(plan: &Plan<'_>, present: &[&Present], limits: &ImportLimits) -> Vec<Reason> {
    let living = || {
        let actors = present.iter().flat_map(|one| &one.actors);
        actors.filter(|actor| actor.gone_at.is_none())
    };
    let is_adult = |actor: &&PresentActor| actor.group == ActorGroup::Kontaktperson;
    let adults = count(living().filter(is_adult).count());
    let people = count(living().count()) - adults;

    let mut reasons = Vec::new();
    let left = count(plan.gone.len());
    if is_more_than(left, people, limits.removals_percent) {
        reasons.push(Reason::PeopleLeave { left, of: people });
    }
    let left = count(plan.adults_gone.len());
    if is_more_than(left, adults, limits.removals_percent) {
        reasons.push(Reason::AdultsLeave { left, of: adults });
    }
    if !limits.may_empty_classes {
        let emptied = plan.classes.iter().filter(|class| class.is_emptied());
        reasons.extend(emptied.map(|class| Reason::ClassEmptied {
            class: class.name.clone(),
            pupils: class.before,
        }));
    }
    let mut gained: BTreeMap<Role, u64> = BTreeMap::new();
    for role in plan.people.iter().flat_map(Affiliation::roles_gained) {
        *gained.entry(role).or_default() += 1;
    }
    for (role, by) in gained {
        let is_many = by > u64::from(limits.roles_gained);
        if is_many && is_more_than(by, people, limits.roles_gained_percent) {
            reasons.push(Reason::RoleGained { role, by, of: people });
        }
    }
    reasons
}

fn is_more_than(some: u64, all: u64, percent: u32) -> bool {
    some.saturating_mul(100) > all.saturating_mul(u64::from(percent))
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_per_cent_is_not_more_than_five_per_cent() {
        assert!(!is_more_than(5, 100, 5));
        assert!(is_more_than(6, 100, 5));
        assert!(is_more_than(1, 10, 5));
        assert!(!is_more_than(0, 0, 5));
    }
}
