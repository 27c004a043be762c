//! What a plan may do unasked (pain 16, K05): beyond these, somebody says yes first.

use std::collections::BTreeMap;

use super::names::SchoolYear;
use super::plan::{Affiliation, Plan};
use crate::config::import::ImportLimits;
use crate::domain::actor::ActorGroup;
use crate::domain::import::{Reason, SourceName};
use crate::domain::role::Role;
use crate::store::present::{Present, PresentActor};

/// What a plan is looked at with.
#[derive(Debug, Clone, Default)]
pub struct Background<'a> {
    /// What the source, and the one that it takes over, have told.
    pub present: Vec<&'a Present>,
    /// Who tells of the institution already, where the source has told nothing yet.
    pub others: &'a [SourceName],
    /// People, and adults, who left of late without anybody having been asked.
    pub left_lately: (u64, u64),
    /// The school year of the delivery, where it is over.
    pub year_over: Option<SchoolYear>,
}

/// Why somebody is to look at the plan first. Nothing, where it may be carried out as it is.
pub fn exceeded(plan: &Plan<'_>, background: &Background<'_>, limits: &ImportLimits) -> Vec<Reason> {
    let living = || {
        let actors = background.present.iter().flat_map(|one| &one.actors);
        actors.filter(|actor| actor.gone_at.is_none())
    };
    let is_adult = |actor: &&PresentActor| actor.group == ActorGroup::Kontaktperson;
    let adults = count(living().filter(is_adult).count());
    let people = count(living().count()) - adults;

    let mut reasons = Vec::new();
    if !background.others.is_empty() {
        reasons.push(Reason::NewSource {
            others: background.others.to_vec(),
        });
    }
    if let Some(year) = background.year_over {
        reasons.push(Reason::YearOver {
            year: year.to_string(),
        });
    }
    let (people_lately, adults_lately) = background.left_lately;
    // Who left before counts, and asks nobody by itself.
    let asks = |leaves: usize, lately: u64, of: u64| {
        let (left, of) = (count(leaves).saturating_add(lately), of.saturating_add(lately));
        (leaves > 0 && is_more_than(left, of, limits.removals_percent)).then_some((left, of))
    };
    if let Some((left, of)) = asks(plan.gone.len(), people_lately, people) {
        reasons.push(Reason::PeopleLeave { left, of });
    }
    if let Some((left, of)) = asks(plan.adults_gone.len(), adults_lately, adults) {
        reasons.push(Reason::AdultsLeave { left, of });
    }
    if !limits.may_empty_classes {
        let emptied = plan.classes.iter().filter(|class| class.is_emptied());
        reasons.extend(emptied.map(|class| Reason::ClassEmptied {
            class: class.name.clone(),
            pupils: class.before,
        }));
    }
    let is_many = |by: u64, of: u64| {
        by > u64::from(limits.roles_gained) && is_more_than(by, of, limits.roles_gained_percent)
    };
    let mut gained: BTreeMap<Role, u64> = BTreeMap::new();
    for role in plan.people.iter().flat_map(Affiliation::roles_gained) {
        *gained.entry(role).or_default() += 1;
    }
    // Of a school that is new here, those who come are its people.
    let of = people.max(count(plan.people.len()));
    for (role, by) in gained {
        if is_many(by, of) {
            reasons.push(Reason::RoleGained { role, by, of });
        }
    }
    let pupils = count(living().filter(|actor| actor.group == ActorGroup::Elev).count());
    if is_many(plan.custody_gained, pupils) {
        reasons.push(Reason::CustodyGained {
            by: plan.custody_gained,
            of: pupils,
        });
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
