//! Who is whom: by what the source calls them, then by CPR number, and by nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Affiliation, GroupPlan, Human, NewNumber, Newcomer, PersonChange, Plan, Relating, Situation, classes,
    shielding,
};
use crate::domain::account::PersonId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::civil_number::{CivilNumber, CivilNumberKind, ReplacementNumber};
use crate::domain::cpr::CprIndex;
use crate::domain::history::Change;
use crate::domain::import::Counts;
use crate::domain::role::Role;
use crate::people::import::delivery::{Delivery, PersonData};
use crate::people::import::names::LocalId;
use crate::people::import::objection::{Objection, Why};
use crate::store::present::{PresentActor, PresentGroup, PresentPerson};

/// A plan in the making.
pub(super) struct Planner<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) at: Situation<'a>,
    pub(super) groups: Vec<GroupPlan<'a>>,
    pub(super) groups_gone: Vec<&'a PresentGroup>,
    pub(super) people: Vec<Affiliation<'a>>,
    pub(super) adults: Vec<Affiliation<'a>>,
    pub(super) gone: Vec<&'a PresentActor>,
    pub(super) adults_gone: Vec<&'a PresentActor>,
    pub(super) relations: Vec<Relating>,
    pub(super) relations_gone: Vec<(ActorId, ActorId)>,
    pub(super) objections: Vec<Objection>,
    pub(super) persons: BTreeMap<PersonId, PersonChange<'a>>,
    /// Who is protected by what any row says, taken or not.
    pub(super) shielded: HashSet<PersonId>,
    /// Who has been called something by a row already: the first row decides.
    named: HashSet<PersonId>,
    newcomers: Vec<Newcomer<'a>>,
    newcomer_by_cpr: HashMap<CprIndex, usize>,
    /// CPR numbers that people who are there get by this delivery.
    claimed: HashMap<CprIndex, &'a PresentActor>,
    by_local_id: HashMap<&'a str, &'a PresentActor>,
    by_contact_id: HashMap<&'a str, &'a PresentActor>,
    adult_by_cpr: HashMap<CprIndex, &'a PresentActor>,
    anybody_by_cpr: HashMap<CprIndex, &'a PresentActor>,
    old_by_cpr: HashMap<CprIndex, &'a PresentActor>,
    old_adult_by_cpr: HashMap<CprIndex, &'a PresentActor>,
    /// What people do whose affiliations are not gone.
    roles_here: HashMap<PersonId, BTreeSet<Role>>,
    pub(super) custody_gained: u64,
    taken_over: HashSet<ActorId>,
    /// Affiliations of the source that is taken over.
    old: HashSet<ActorId>,
    refused: u64,
}

impl<'a> Planner<'a> {
    pub(super) fn new(delivery: &'a Delivery, at: Situation<'a>) -> Self {
        let is_adult = |actor: &&PresentActor| actor.group == ActorGroup::Kontaktperson;
        let by_cpr = |actors: &'a [PresentActor], adults: bool| {
            let actors = actors.iter().filter(move |actor| is_adult(actor) == adults);
            let with_cpr = actors.filter_map(|actor| Some((actor.person.cpr?, actor)));
            with_cpr.collect::<HashMap<_, _>>()
        };
        let actors = at.present.actors.as_slice();
        let old = at.takes_over.map_or(&[][..], |old| old.actors.as_slice());
        let mut roles_here: HashMap<PersonId, BTreeSet<Role>> = HashMap::new();
        for actor in actors.iter().chain(old).filter(|actor| actor.gone_at.is_none()) {
            roles_here
                .entry(actor.person.id)
                .or_default()
                .extend(&actor.roles);
        }
        let mut anybody_by_cpr = by_cpr(actors, true);
        anybody_by_cpr.extend(by_cpr(actors, false));
        Self {
            delivery,
            at,
            groups: Vec::new(),
            groups_gone: Vec::new(),
            people: Vec::new(),
            adults: Vec::new(),
            gone: Vec::new(),
            adults_gone: Vec::new(),
            relations: Vec::new(),
            relations_gone: Vec::new(),
            objections: Vec::new(),
            persons: BTreeMap::new(),
            shielded: HashSet::new(),
            named: HashSet::new(),
            newcomers: Vec::new(),
            newcomer_by_cpr: HashMap::new(),
            claimed: HashMap::new(),
            by_local_id: actors
                .iter()
                .filter_map(|actor| Some((actor.local_id.as_deref()?, actor)))
                .collect(),
            by_contact_id: actors
                .iter()
                .filter_map(|actor| Some((actor.contact_id.as_deref()?, actor)))
                .collect(),
            adult_by_cpr: by_cpr(actors, true),
            anybody_by_cpr,
            old_by_cpr: by_cpr(old, false),
            old_adult_by_cpr: by_cpr(old, true),
            roles_here,
            custody_gained: 0,
            taken_over: HashSet::new(),
            old: old.iter().map(|actor| actor.id).collect(),
            refused: 0,
        }
    }

    /// What is there of a person.
    pub(super) fn person_before(
        &mut self,
        local_id: &LocalId,
        data: &PersonData,
    ) -> Option<&'a PresentActor> {
        if let Some(actor) = self.by_local_id(local_id) {
            return Some(actor);
        }
        let actor = self.old_by_cpr.get(&self.index_of(data)?).copied()?;
        // Of two rows with one number, the first goes on with what was there.
        self.taken_over.insert(actor.id).then_some(actor)
    }

    /// What is there of an adult.
    pub(super) fn adult_before(
        &self,
        contact_id: Option<&LocalId>,
        data: &PersonData,
    ) -> Option<&'a PresentActor> {
        let by_id = contact_id.and_then(|id| self.by_contact_id.get(id.as_str()));
        let by_cpr = || {
            let index = self.index_of(data)?;
            let here = self.adult_by_cpr.get(&index);
            here.or_else(|| self.old_adult_by_cpr.get(&index))
        };
        by_id.or_else(by_cpr).copied()
    }

    /// Whether it is one of the source that is taken over.
    pub(super) fn is_taken_over(&self, actor: &PresentActor) -> bool {
        self.old.contains(&actor.id)
    }

    /// The affiliation that the source calls so.
    pub(super) fn by_local_id(&self, local_id: &LocalId) -> Option<&'a PresentActor> {
        self.by_local_id.get(local_id.as_str()).copied()
    }

    /// The adult whom the source calls so.
    pub(super) fn by_contact_id(&self, contact_id: &LocalId) -> Option<&'a PresentActor> {
        self.by_contact_id.get(contact_id.as_str()).copied()
    }

    /// Somebody of whom the source has told, by their CPR number.
    pub(super) fn here_by_cpr(&self, index: CprIndex) -> Option<&'a PresentActor> {
        self.anybody_by_cpr.get(&index).copied()
    }

    /// What a CPR number is found by.
    pub(super) fn index_of_number(&self, number: &CivilNumber) -> Option<CprIndex> {
        match number {
            CivilNumber::Cpr(cpr) => Some(self.at.numbers.index(cpr)),
            CivilNumber::Replacement(_) => None,
        }
    }

    /// Whether nothing has said yet what the person is called: from now on, something has.
    pub(super) fn name_once(&mut self, person: PersonId) -> bool {
        self.named.insert(person)
    }

    fn index_of(&self, data: &PersonData) -> Option<CprIndex> {
        self.index_of_number(data.civil_number()?)
    }

    /// Whose row it is, and what becomes different of them; or why the row cannot be theirs.
    pub(super) fn identify(
        &mut self,
        data: &'a PersonData,
        before: Option<&'a PresentActor>,
        may_change_number: bool,
    ) -> Result<(Human<'a>, Vec<(Change, String)>), Why> {
        let Some(actor) = before else {
            let human = self.somebody(data);
            let changes = human
                .present()
                .map_or_else(Vec::new, |person| self.describe(person, data));
            return Ok((human, changes));
        };
        if !may_change_number && self.is_somebody_else(actor, data) {
            return Err(Why::LocalIdReused);
        }
        let number = self.number_of(actor, data, may_change_number)?;
        let mut changes = Vec::new();
        if let Some(number) = number {
            if let NewNumber::Cpr(_, index) = number {
                self.claimed.insert(index, actor);
            }
            self.change_of(&actor.person).number = Some(number);
            changes.push((Change::Number, String::new()));
        }
        changes.extend(self.describe(&actor.person, data));
        Ok((Human::Here(actor), changes))
    }

    fn number_of(
        &self,
        actor: &'a PresentActor,
        data: &'a PersonData,
        may_change: bool,
    ) -> Result<Option<NewNumber<'a>>, Why> {
        let Some(delivered) = &data.number else {
            return Ok(None);
        };
        match &delivered.number {
            CivilNumber::Cpr(cpr) => {
                let index = self.at.numbers.index(cpr);
                if actor.person.cpr == Some(index) {
                    return Ok(None);
                }
                if actor.person.cpr.is_some() {
                    if !may_change {
                        return Err(Why::NumberContradicts);
                    }
                    // Theirs is the number that the others mean, too (K01).
                    if actor.person.elsewhere.told {
                        return Err(Why::NumberElsewhere);
                    }
                }
                let another = |person: &PresentPerson| person.id != actor.person.id;
                let holders = [
                    self.at.known.get(&index).map(|known| &known.person),
                    self.anybody_by_cpr.get(&index).map(|actor| &actor.person),
                    self.claimed.get(&index).map(|actor| &actor.person),
                ];
                if holders.into_iter().flatten().any(another) {
                    return Err(Why::NumberOfAnother);
                }
                Ok(Some(NewNumber::Cpr(delivered, index)))
            }
            CivilNumber::Replacement(_) if actor.person.cpr.is_some() => Err(Why::NumberContradicts),
            CivilNumber::Replacement(number) => Ok(self.new_replacement(actor, number)),
        }
    }

    /// Whether a local id that was kept without a CPR number means another human now: another replacement
    /// number, or none that could tell, and with it another day of birth or another name.
    fn is_somebody_else(&self, actor: &PresentActor, data: &PersonData) -> bool {
        let person = &actor.person;
        if person.cpr.is_some() {
            return false;
        }
        let same_number = match data.civil_number() {
            Some(CivilNumber::Replacement(number)) => person
                .replacement
                .map(|mark| mark == self.at.numbers.mark(number, person.id)),
            // A CPR number after a replacement is what everybody waits for.
            Some(CivilNumber::Cpr(_)) | None => None,
        };
        let born = person.birth_date.zip(data.birth_date);
        let other_birth = born.is_some_and(|(before, now)| before != now);
        let name = &data.name;
        let is_shown = !name.protected && !person.protected && !self.shielded.contains(&person.id);
        let other_name = is_shown && *name.given != *person.given_name && *name.family != *person.family_name;
        match same_number {
            Some(true) => false,
            Some(false) => other_birth || other_name,
            // Nothing but name and birth has ever told who it is.
            None => other_birth && other_name,
        }
    }

    /// What somebody did before, wherever that was.
    pub(super) fn roles_held(&self, human: Human<'a>, before: Option<&PresentActor>) -> BTreeSet<Role> {
        let mut held = before.map_or_else(BTreeSet::new, |before| before.roles.clone());
        match human {
            Human::Here(actor) => held.extend(self.roles_here.get(&actor.person.id).into_iter().flatten()),
            Human::Elsewhere(known) => held.extend(&known.roles),
            Human::New(_) => {}
        }
        held
    }

    /// Whether new people have names in the file.
    pub(super) fn brings_names(&self) -> bool {
        let mut new = self.newcomers.iter();
        new.any(|one| one.data.uni_id.is_some() || one.data.user_name.is_some())
    }

    fn new_replacement(&self, actor: &PresentActor, number: &'a ReplacementNumber) -> Option<NewNumber<'a>> {
        let mark = self.at.numbers.mark(number, actor.person.id);
        (actor.person.replacement != Some(mark)).then_some(NewNumber::Replacement(number))
    }

    /// Somebody of whom the source has not told as such.
    fn somebody(&mut self, data: &'a PersonData) -> Human<'a> {
        let Some(index) = self.index_of(data) else {
            self.newcomers.push(Newcomer { data, index: None });
            return Human::New(self.newcomers.len() - 1);
        };
        let here = [
            &self.claimed,
            &self.anybody_by_cpr,
            &self.old_by_cpr,
            &self.old_adult_by_cpr,
        ];
        if let Some(actor) = here.into_iter().find_map(|people| people.get(&index).copied()) {
            return Human::Here(actor);
        }
        if let Some(known) = self.at.known.get(&index) {
            return Human::Elsewhere(known);
        }
        let next = self.newcomers.len();
        let number = *self.newcomer_by_cpr.entry(index).or_insert(next);
        if number == next {
            self.newcomers.push(Newcomer {
                data,
                index: Some(index),
            });
        }
        Human::New(number)
    }

    /// What the person is called and when they were born, where this source is believed about it: it says
    /// so already, or nobody else does.
    fn describe(&mut self, person: &'a PresentPerson, data: &'a PersonData) -> Vec<(Change, String)> {
        if !self.name_once(person.id) {
            return Vec::new();
        }
        let mut changes = Vec::new();
        if let Some(name) = shielding::name_of(self, person, data) {
            changes = shielding::changes_of(name, person);
            self.change_of(person).name = Some(name);
        }
        let says = data.name.protected || self.shielded.contains(&person.id);
        if says != person.here.protected {
            self.change_of(person).protection = Some(says);
        }
        let kind = data.number.as_ref().map(|number| number.kind);
        let is_known = person.birth_date.is_some() || person.number_kind.is_some();
        let born = data.birth_date.is_some() && data.birth_date != person.birth_date;
        let other_kind = kind.is_some() && kind != person.number_kind;
        if (person.here.named || !is_known) && (born || other_kind) {
            if born {
                changes.push((Change::BirthDate, String::new()));
            }
            if other_kind {
                let word = kind.map_or("", CivilNumberKind::as_str);
                changes.push((Change::Number, word.to_owned()));
            }
            self.change_of(person).details = Some(data);
        }
        changes
    }

    pub(super) fn change_of(&mut self, person: &'a PresentPerson) -> &mut PersonChange<'a> {
        self.persons.entry(person.id).or_insert(PersonChange {
            before: person,
            name: None,
            protection: None,
            details: None,
            number: None,
        })
    }

    /// Notes that a row, or a part of it, cannot be taken.
    pub(super) fn object(&mut self, objection: Objection) {
        self.refused += u64::from(objection.why.refuses_the_row());
        self.objections.push(objection);
    }

    pub(super) fn finish(mut self) -> Plan<'a> {
        // In the order of the file, whatever the order of the ids.
        self.objections.sort();
        let classes = classes::differences(&self);
        let counts = self.count();
        Plan {
            groups: self.groups,
            groups_gone: self.groups_gone,
            people: self.people,
            adults: self.adults,
            gone: self.gone,
            adults_gone: self.adults_gone,
            relations: self.relations,
            relations_gone: self.relations_gone,
            custody_gained: self.custody_gained,
            newcomers: self.newcomers,
            persons: self.persons.into_values().collect(),
            objections: self.objections,
            classes,
            counts,
        }
    }

    fn count(&self) -> Counts {
        let count = |counts: bool| u64::from(counts);
        let mut total = Counts::default();
        for one in &self.people {
            total.added += count(one.before.is_none());
            total.restored += count(one.comes_back());
            total.unconfirmed += count(one.unconfirmed);
            let stays = one.before.is_some() && !one.comes_back();
            total.changed += count(stays && !one.changes.is_empty());
            total.unchanged += count(stays && one.changes.is_empty());
        }
        for adult in &self.adults {
            total.contacts_added += count(adult.before.is_none() || adult.comes_back());
        }
        let length = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        total.left = length(self.gone.len());
        total.contacts_left = length(self.adults_gone.len());
        total.groups_put = length(self.groups.iter().filter(|group| group.changes).count());
        total.groups_left = length(self.groups_gone.len());
        total.refused = self.refused;
        total
    }
}
