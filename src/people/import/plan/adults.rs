//! Adults of pupils: each is one affiliation, however many children they have there; whose adult
//! they are, and with custody or not, is said for each child.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::matching::Planner;
use super::{Affiliation, Human, Relating};
use crate::domain::account::PersonId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::contact::{Contact, Relation};
use crate::domain::history::Change;
use crate::people::import::delivery::{Content, DeliveredContact, DeliveredPerson, Delivery, Part, Roster};
use crate::people::import::finding::Fault;
use crate::people::import::names::LocalId;
use crate::people::import::objection::{Objection, Who, Why};
use crate::store::present::PresentActor;

/// One adult among all rows: who was known before, or which newcomer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Known(ActorId),
    Person(PersonId),
    New(usize),
    Named(&'a str),
}

/// Compares the adults of a delivery with those who are there.
pub(super) fn take<'a>(planner: &mut Planner<'a>, roster: &'a Roster) {
    let rows: HashMap<&str, &DeliveredPerson> = roster
        .people
        .iter()
        .map(|row| (row.local_id.as_str(), row))
        .collect();
    let mut relations = Relations::of(planner);
    let mut adults: HashMap<Key<'a>, usize> = HashMap::new();
    // In the order of the pupils' local ids, so that the first row of an adult is always the same.
    for pupil in 0..planner.people.len() {
        let Some(row) = planner
            .people
            .get(pupil)
            .and_then(|one| rows.get(one.local_id?.as_str()).copied())
        else {
            continue;
        };
        let Part::Student(student) = &row.part else {
            relations.drop_all(planner, pupil);
            continue;
        };
        let mut contacts: Vec<&DeliveredContact> = student.contacts.iter().collect();
        contacts.sort_by(|one, other| one.local_id.cmp(&other.local_id).then(one.at.cmp(&other.at)));
        let mut wanted = BTreeMap::new();
        let mut kept = HashSet::new();
        for contact in contacts {
            match adult(planner, &mut adults, contact) {
                Ok(adult) => {
                    wanted.entry(adult).or_insert((contact.relation, contact.custody));
                }
                Err((why, before)) => {
                    kept.extend(before);
                    planner.object(Objection {
                        at: contact.at,
                        who: Who::Person(row.local_id.clone()),
                        why,
                    });
                }
            }
        }
        relations.compare(planner, pupil, &wanted, &kept);
    }
}

/// Who an adult is: the place among the planned adults; or why not, and who stays as they are.
fn adult<'a>(
    planner: &mut Planner<'a>,
    adults: &mut HashMap<Key<'a>, usize>,
    contact: &'a DeliveredContact,
) -> Result<usize, (Why, Option<ActorId>)> {
    let contact_id = contact.local_id.as_ref();
    let before = planner.adult_before(contact_id, &contact.person);
    // Somebody without a number is the same adult by their local id alone.
    let named = contact_id.map(|id| Key::Named(id.as_str()));
    if let Some(place) = named.and_then(|key| adults.get(&key)).copied() {
        return Ok(place);
    }
    if let Some(place) = before
        .and_then(|actor| adults.get(&Key::Known(actor.id)))
        .copied()
    {
        return Ok(place);
    }
    let (human, mut changes) = planner
        .identify(&contact.person, before, false)
        .map_err(|why| (why.of_an_adult(), before.map(|actor| actor.id)))?;
    let key = match (before, human) {
        (Some(actor), _) => Key::Known(actor.id),
        (None, Human::Here(actor)) => Key::Person(actor.person.id),
        (None, Human::Elsewhere(known)) => Key::Person(known.person.id),
        (None, Human::New(number)) => Key::New(number),
    };
    if let Some(place) = adults.get(&key).copied() {
        return Ok(place);
    }
    match before {
        None => changes.insert(0, (Change::Added, ActorGroup::Kontaktperson.as_str().to_owned())),
        Some(actor) => {
            if actor.gone_at.is_some() {
                changes.insert(
                    0,
                    (Change::Restored, ActorGroup::Kontaktperson.as_str().to_owned()),
                );
            }
            let same_id = contact_id.is_none_or(|id| actor.contact_id.as_deref() == Some(id.as_str()));
            if !same_id || planner.is_taken_over(actor) {
                changes.push((Change::Source, String::new()));
            }
        }
    }
    let place = planner.adults.len();
    adults.insert(key, place);
    if let Some(named) = named {
        adults.insert(named, place);
    }
    planner.adults.push(Affiliation {
        at: contact.at,
        local_id: contact_id,
        human,
        before,
        group: ActorGroup::Kontaktperson,
        roles: BTreeSet::new(),
        held: BTreeSet::new(),
        level: None,
        stage_since: None,
        joined: Vec::new(),
        parted: Vec::new(),
        changes,
        // Adults give nobody a say over their account.
        unconfirmed: false,
    });
    Ok(place)
}

/// Contact relations that are there.
struct Relations<'a> {
    of_pupil: HashMap<ActorId, Vec<&'a Contact>>,
    unreadable: HashSet<&'a LocalId>,
}

impl<'a> Relations<'a> {
    fn of(planner: &Planner<'a>) -> Self {
        let mut of_pupil: HashMap<ActorId, Vec<&Contact>> = HashMap::new();
        let old = planner
            .at
            .takes_over
            .map_or(&[][..], |old| old.contacts.as_slice());
        for contact in planner.at.present.contacts.iter().chain(old) {
            of_pupil.entry(contact.pupil).or_default().push(contact);
        }
        Self {
            of_pupil,
            unreadable: with_unreadable_adults(planner.delivery),
        }
    }

    /// What the source says of a pupil's adults, beside what is there.
    fn compare(
        &mut self,
        planner: &mut Planner<'a>,
        pupil: usize,
        wanted: &BTreeMap<usize, (Relation, bool)>,
        kept: &HashSet<ActorId>,
    ) {
        let Some(one) = planner.people.get(pupil) else {
            return;
        };
        let present = one
            .before
            .and_then(|before| self.of_pupil.remove(&before.id))
            .unwrap_or_default();
        let actor_of = |adult: usize| planner.adults.get(adult).and_then(|adult| Some(adult.before?.id));
        let mut changed = 0;
        let was_there = one.before.is_some();
        let one_id = one.local_id;
        for (adult, (relation, custody)) in wanted {
            let before = actor_of(*adult);
            let same = |contact: &&&Contact| {
                Some(contact.adult) == before && contact.relation == *relation && contact.custody == *custody
            };
            if !present.iter().any(|contact| same(&contact)) {
                changed += 1;
                let had_custody = present
                    .iter()
                    .any(|contact| Some(contact.adult) == before && contact.custody);
                planner.custody_gained += u64::from(was_there && *custody && !had_custody);
                planner.relations.push(Relating {
                    pupil,
                    adult: *adult,
                    relation: *relation,
                    custody: *custody,
                });
            }
        }
        let told: HashSet<ActorId> = wanted.keys().filter_map(|adult| actor_of(*adult)).collect();
        let is_unreadable = one_id.is_some_and(|id| self.unreadable.contains(id));
        if !is_unreadable {
            let gone = present
                .iter()
                .filter(|contact| !told.contains(&contact.adult) && !kept.contains(&contact.adult));
            let gone: Vec<_> = gone.map(|contact| (contact.pupil, contact.adult)).collect();
            changed += gone.len();
            planner.relations_gone.extend(gone);
        }
        if changed > 0
            && let Some(one) = planner.people.get_mut(pupil)
            && one.before.is_some()
        {
            one.changes.push((Change::Contacts, changed.to_string()));
        }
    }

    /// Somebody who is no pupil has no adults.
    fn drop_all(&mut self, planner: &mut Planner<'a>, pupil: usize) {
        self.compare(planner, pupil, &BTreeMap::new(), &HashSet::new());
    }
}

/// Pupils of whom an adult could not be read: who seems to be gone may be that one.
fn with_unreadable_adults(delivery: &Delivery) -> HashSet<&LocalId> {
    let lost = delivery.findings.iter().filter(|finding| {
        matches!(
            finding.fault,
            Fault::ContactUnreadable(_) | Fault::ContactAliasMissing | Fault::ContactNameless
        )
    });
    lost.filter_map(|finding| finding.subject.person()).collect()
}

/// Adults who are nobody's any more, of pupils who are there.
pub(super) fn leave_who_is_nobodys(planner: &mut Planner<'_>) {
    // Whoever's row was refused is there, with the adults that are known.
    if matches!(planner.delivery.content, Content::Whole(_)) && planner.delivery.has_nameless_rows() {
        return;
    }
    let gone: HashSet<ActorId> = planner.gone.iter().map(|actor| actor.id).collect();
    let dropped: HashSet<(ActorId, ActorId)> = planner.relations_gone.iter().copied().collect();
    let old = planner.at.takes_over.map_or(&[][..], |old| old.actors.as_slice());
    let old_contacts = planner
        .at
        .takes_over
        .map_or(&[][..], |old| old.contacts.as_slice());
    let actors = planner.at.present.actors.iter().chain(old);
    let back: HashSet<ActorId> = planner
        .people
        .iter()
        .filter(|one| one.comes_back())
        .filter_map(|one| Some(one.before?.id))
        .collect();
    let living: HashSet<ActorId> = actors
        .clone()
        .filter(|actor| (actor.gone_at.is_none() && !gone.contains(&actor.id)) || back.contains(&actor.id))
        .map(|actor| actor.id)
        .collect();
    let mut wanted: HashSet<ActorId> = planner
        .adults
        .iter()
        .filter_map(|adult| Some(adult.before?.id))
        .collect();
    let contacts = planner.at.present.contacts.iter().chain(old_contacts);
    wanted.extend(
        contacts
            .filter(|contact| living.contains(&contact.pupil))
            .filter(|contact| !dropped.contains(&(contact.pupil, contact.adult)))
            .map(|contact| contact.adult),
    );
    let is_nobodys = |actor: &&PresentActor| {
        actor.group == ActorGroup::Kontaktperson
            && actor.local_id.is_none()
            && actor.gone_at.is_none()
            && !wanted.contains(&actor.id)
    };
    let nobodys: Vec<_> = actors.filter(is_nobodys).collect();
    planner.adults_gone.extend(nobodys);
}
