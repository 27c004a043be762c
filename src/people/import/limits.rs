//! What a plan may do unasked (pain 16, K05): beyond these, somebody says yes first.

use std::collections::{BTreeMap, BTreeSet};

use super::delivery::{Content, Delivery};
use super::finding::{Subject, Weight};
use super::names::SchoolYear;
use super::objection::Who;
use super::plan::{Affiliation, Plan};
use crate::config::import::ImportLimits;
use crate::domain::actor::ActorGroup;
use crate::domain::import::{Reason, SourceName};
use crate::domain::role::Role;
use crate::store::present::Present;

/// What a plan is looked at with.
#[derive(Debug, Clone, Default)]
pub struct Background<'a> {
    /// What the source, and the one that it takes over, have told.
    pub present: Vec<&'a Present>,
    /// Who tells of the institution already, where the source has told nothing yet.
    pub others: &'a [SourceName],
    /// Who left of late without anybody having been asked.
    pub left_lately: LeftLately,
    /// The school year of the delivery, where it is over.
    pub year_over: Option<SchoolYear>,
    /// The rows of people in the delivery.
    pub rows: PeopleRows,
}

/// Who left of late without anybody having been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftLately {
    /// How many people.
    pub people: u64,
    /// How many adults of pupils.
    pub adults: u64,
}

/// The rows of people in a delivery, as they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeopleRows {
    /// How many could be read.
    pub read: u64,
    /// How many were refused.
    pub refused: u64,
}

impl PeopleRows {
    /// Those of a delivery.
    pub fn of(delivery: &Delivery) -> Self {
        let read = match &delivery.content {
            Content::Whole(roster) | Content::Changes(roster) => roster.people.len(),
            Content::Removals(removals) => removals.people.len(),
        };
        let refused = delivery.findings.iter().filter(|one| {
            one.fault.weight() == Weight::RowRefused
                && matches!(one.subject, Subject::Person(_) | Subject::Nameless)
        });
        // Several things may be wrong with one row.
        let refused: BTreeSet<_> = refused.map(|one| one.at).collect();
        Self {
            read: count(read),
            refused: count(refused.len()),
        }
    }
}

/// Who is there of a source now.
struct Here {
    people: u64,
    pupils: u64,
    adults: u64,
}

impl Here {
    fn of(present: &[&Present]) -> Self {
        let living = || {
            let actors = present.iter().flat_map(|one| &one.actors);
            actors.filter(|actor| actor.gone_at.is_none())
        };
        let are = |group: ActorGroup| count(living().filter(|actor| actor.group == group).count());
        let adults = are(ActorGroup::Kontaktperson);
        Self {
            people: count(living().count()).saturating_sub(adults),
            pupils: are(ActorGroup::Elev),
            adults,
        }
    }
}

/// Why somebody is to look at the plan first. Nothing, where it may be carried out as it is.
pub fn exceeded(plan: &Plan<'_>, background: &Background<'_>, limits: &ImportLimits) -> Vec<Reason> {
    let here = Here::of(&background.present);
    let mut reasons = Vec::new();
    reasons.extend(new_source(background));
    reasons.extend(background.year_over.map(|year| Reason::YearOver {
        year: year.to_string(),
    }));
    reasons.extend(rows_refused(plan, background.rows, limits));
    reasons.extend(people_leave(plan, &here, background.left_lately, limits));
    reasons.extend(adults_leave(plan, &here, background.left_lately, limits));
    reasons.extend(classes_emptied(plan, limits));
    reasons.extend(roles_gained(plan, &here, limits));
    reasons.extend(custody_gained(plan, &here, limits));
    reasons
}

fn new_source(background: &Background<'_>) -> Option<Reason> {
    (!background.others.is_empty()).then(|| Reason::NewSource {
        others: background.others.to_vec(),
    })
}

/// What could not be read, and what cannot be taken beside what is there.
fn rows_refused(plan: &Plan<'_>, rows: PeopleRows, limits: &ImportLimits) -> Option<Reason> {
    let objections = plan
        .objections
        .iter()
        .filter(|one| one.why.refuses_the_row() && matches!(one.who, Who::Person(_)));
    let objected: BTreeSet<_> = objections.map(|one| one.at).collect();
    let refused = rows.refused.saturating_add(count(objected.len()));
    let of = rows.read.saturating_add(rows.refused);
    let is_many =
        refused > u64::from(limits.rows_refused) && is_more_than(refused, of, limits.rows_refused_percent);
    is_many.then_some(Reason::RowsRefused { refused, of })
}

fn people_leave(plan: &Plan<'_>, here: &Here, lately: LeftLately, limits: &ImportLimits) -> Option<Reason> {
    let (left, of) = leaving(plan.gone.len(), lately.people, here.people, limits)?;
    Some(Reason::PeopleLeave { left, of })
}

fn adults_leave(plan: &Plan<'_>, here: &Here, lately: LeftLately, limits: &ImportLimits) -> Option<Reason> {
    let (left, of) = leaving(plan.adults_gone.len(), lately.adults, here.adults, limits)?;
    Some(Reason::AdultsLeave { left, of })
}

/// How many leave, of how many, where that is too many. Who left before counts, and asks nobody by itself.
fn leaving(leave: usize, lately: u64, here: u64, limits: &ImportLimits) -> Option<(u64, u64)> {
    let left = count(leave).saturating_add(lately);
    let of = here.saturating_add(lately);
    (leave > 0 && is_more_than(left, of, limits.removals_percent)).then_some((left, of))
}

fn classes_emptied(plan: &Plan<'_>, limits: &ImportLimits) -> impl Iterator<Item = Reason> {
    let may = limits.may_empty_classes;
    let emptied = plan
        .classes
        .iter()
        .filter(move |class| !may && class.is_emptied());
    emptied.map(|class| Reason::ClassEmptied {
        class: class.name.clone(),
        pupils: class.before,
    })
}

fn roles_gained(plan: &Plan<'_>, here: &Here, limits: &ImportLimits) -> impl Iterator<Item = Reason> {
    let mut gained: BTreeMap<Role, u64> = BTreeMap::new();
    for role in plan.people.iter().flat_map(Affiliation::roles_gained) {
        *gained.entry(role).or_default() += 1;
    }
    // Of a school that is new here, those who come are its people.
    let of = here.people.max(count(plan.people.len()));
    let gained = gained
        .into_iter()
        .filter(move |(_, by)| is_gained_by_many(*by, of, limits));
    gained.map(move |(role, by)| Reason::RoleGained { role, by, of })
}

fn custody_gained(plan: &Plan<'_>, here: &Here, limits: &ImportLimits) -> Option<Reason> {
    let (by, of) = (plan.custody_gained, here.pupils);
    is_gained_by_many(by, of, limits).then_some(Reason::CustodyGained { by, of })
}

fn is_gained_by_many(by: u64, of: u64, limits: &ImportLimits) -> bool {
    by > u64::from(limits.roles_gained) && is_more_than(by, of, limits.roles_gained_percent)
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
