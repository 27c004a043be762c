//! Adults of pupils: each is one affiliation, however many children they have there; whose adult
//! they are, and with custody or not, is said for each child.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::matching::Planner;
use super::{Affiliation, Human, Relating};
use crate::domain::account::PersonId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::contact::{Contact, Relation};
use crate::domain::history::Change;
use crate::people::import::delivery::{Content, DeliveredContact, DeliveredPerson, Part, Roster};
use crate::people::import::finding::{Fault, Subject};
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
        level: None,
        stage_since: None,
        joined: Vec::new(),
        parted: Vec::new(),
        changes,
    });
    Ok(place)
}

/// Contact relations that are there.
struct Relations<'a> {
    of_pupil: HashMap<ActorId, Vec<&'a Contact>>,
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
        Self { of_pupil }
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
        for (adult, (relation, custody)) in wanted {
            let before = actor_of(*adult);
            let same = |contact: &&&Contact| {
                Some(contact.adult) == before && contact.relation == *relation && contact.custody == *custody
            };
            if !present.iter().any(|contact| same(&contact)) {
                changed += 1;
                planner.relations.push(Relating {
                    pupil,
                    adult: *adult,
                    relation: *relation,
                    custody: *custody,
                });
            }
        }
        let told: HashSet<ActorId> = wanted.keys().filter_map(|adult| actor_of(*adult)).collect();
        if !planner.has_unreadable_adults(pupil) {
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

impl Planner<'_> {
    /// Whether one of the pupil's adults could not be read: who seems to be gone may be that one.
    fn has_unreadable_adults(&self, pupil: usize) -> bool {
        let local_id = self.people.get(pupil).and_then(|one| one.local_id);
        let is_of_pupil = |subject: &Subject| subject.person() == local_id;
        self.delivery.findings.iter().any(|finding| {
            let lost = matches!(
                finding.fault,
                Fault::ContactUnreadable(_) | Fault::ContactAliasMissing | Fault::ContactNameless
            );
            lost && local_id.is_some() && is_of_pupil(&finding.subject)
        })
    }
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
