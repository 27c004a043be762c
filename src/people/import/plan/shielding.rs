//! Who is protected, and what is shown of them then (L08, error E15).
//!
//! Whatever row says so, and whether it is taken or not: the name that is there must not stay visible. Only
//! who may name somebody says what they are called instead (K01); otherwise nobody sees a name.

use std::collections::HashSet;

use super::matching::Planner;
use super::{Affiliation, Human, NewName};
use crate::domain::account::PersonId;
use crate::domain::actor::ActorGroup;
use crate::domain::history::Change;
use crate::people::import::delivery::{PersonData, ProtectedRow};
use crate::store::present::{PresentActor, PresentPerson};

/// Finds out who of those that are known is protected by what any row says.
pub(super) fn look(planner: &mut Planner<'_>) {
    let known = planner
        .delivery
        .protected
        .iter()
        .filter_map(|row| known(planner, row));
    planner.shielded = known.collect::<HashSet<PersonId>>();
}

fn known(planner: &Planner<'_>, row: &ProtectedRow) -> Option<PersonId> {
    let here = here(planner, row).map(|actor| actor.person.id);
    here.or_else(|| {
        let index = planner.index_of_number(row.number.as_ref()?)?;
        Some(planner.at.known.get(&index)?.person.id)
    })
}

fn here<'a>(planner: &Planner<'a>, row: &ProtectedRow) -> Option<&'a PresentActor> {
    let own = row.local_id.as_ref().and_then(|id| planner.by_local_id(id));
    let adult = || row.contact_id.as_ref().and_then(|id| planner.by_contact_id(id));
    let by_number = || planner.here_by_cpr(planner.index_of_number(row.number.as_ref()?)?);
    own.or_else(adult).or_else(by_number)
}

/// What somebody is called now, where that is something else; and what changed of it.
pub(super) fn name_of<'a>(
    planner: &Planner<'a>,
    person: &PresentPerson,
    data: &'a PersonData,
) -> Option<NewName<'a>> {
    let name = &data.name;
    let is_other = name.protected != person.protected
        || *name.given != *person.given_name
        || *name.family != *person.family_name;
    let is_hidden = name.protected || planner.shielded.contains(&person.id);
    if name.protected && person.here.named {
        is_other.then_some(NewName::Told(data))
    } else if is_hidden {
        (!person.protected).then_some(NewName::Hidden)
    } else if person.here.named && !person.elsewhere.protected {
        is_other.then_some(NewName::Told(data))
    } else {
        None
    }
}

/// What is told of it.
pub(super) fn changes_of(name: NewName<'_>, person: &PresentPerson) -> Vec<(Change, String)> {
    let mut changes = Vec::new();
    let protected = match name {
        NewName::Told(data) => {
            if *data.name.given != *person.given_name || *data.name.family != *person.family_name {
                changes.push((Change::Name, String::new()));
            }
            data.name.protected
        }
        NewName::Hidden => true,
    };
    if protected != person.protected {
        let detail = match (name, protected) {
            (NewName::Hidden, _) => "on, no alias",
            (NewName::Told(_), true) => "on",
            (NewName::Told(_), false) => "off",
        };
        changes.push((Change::Protection, detail.to_owned()));
    }
    changes
}

/// Those of whom no row was taken, and some row said that they are protected: the row is refused, and the
/// name is hidden all the same.
pub(super) fn hide(planner: &mut Planner<'_>) {
    for row in &planner.delivery.protected {
        let Some(actor) = here(planner, row) else {
            continue;
        };
        let person = &actor.person;
        if !planner.name_once(person.id) {
            continue;
        }
        if !person.here.protected {
            planner.change_of(person).protection = Some(true);
        }
        if person.protected {
            continue;
        }
        planner.change_of(person).name = Some(NewName::Hidden);
        // What is told of somebody who left would be told as if they were back.
        if actor.gone_at.is_some() {
            continue;
        }
        let hidden = Affiliation {
            at: row.at,
            local_id: None,
            human: Human::Here(actor),
            before: Some(actor),
            group: actor.group,
            roles: actor.roles.clone(),
            held: actor.roles.clone(),
            level: actor.level,
            stage_since: actor.stage_since,
            joined: Vec::new(),
            parted: Vec::new(),
            changes: changes_of(NewName::Hidden, person),
            unconfirmed: false,
        };
        if actor.group == ActorGroup::Kontaktperson {
            planner.adults.push(hidden);
        } else {
            planner.people.push(hidden);
        }
    }
}
