//! From a plan to the rows that carry it out: new people get ids, accounts and names, and numbers
//! are sealed.

use std::collections::{HashMap, HashSet};

use super::aside;
use super::delivery::PersonData;
use super::names::VisibleName;
use super::new_names::{Wish, choose};
use super::plan::{Affiliation, GroupRef, Human, NewName, NewNumber, Plan};
use crate::ambient::Ambient;
use crate::domain::account::{Account, AccountId, PersonId};
use crate::domain::actor::ActorId;
use crate::domain::civil_number::{CivilNumber, CivilNumberKind};
use crate::domain::contact::Contact;
use crate::domain::day::{end_of, start_of};
use crate::domain::group::GroupId;
use crate::domain::history::{Change, HistoryEntry};
use crate::domain::import::{ImportId, SourceName};
use crate::domain::institution::InstitutionNumber;
use crate::keys::vault::{CprVault, VaultError};
use crate::store::changes::{ActorRow, Changes, GroupRow, Named, NewPerson};
use crate::store::{Store, StoreError};

/// The rows could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CannotMaterialise {
    /// A number could not be sealed.
    #[error("a number could not be sealed")]
    Vault(#[from] VaultError),
    /// The database did not say which names are taken.
    #[error("the names that are taken could not be read")]
    Store(#[from] StoreError),
}

/// What rows are made with.
#[derive(Clone, Copy)]
pub(super) struct Workshop<'a> {
    pub(super) store: &'a Store,
    pub(super) vault: &'a CprVault,
    pub(super) ambient: &'a Ambient,
    pub(super) institution: &'a InstitutionNumber,
    pub(super) source: &'a SourceName,
    pub(super) import: ImportId,
    /// Whether new people keep the names that the file has of them.
    pub(super) moves_in: bool,
}

/// Makes the rows.
pub(super) async fn materialise(plan: &Plan<'_>, shop: Workshop<'_>) -> Result<Changes, CannotMaterialise> {
    let mut changes = Changes::default();
    let newcomers = aside(|| {
        shop.known_people(plan, &mut changes)?;
        shop.newcomers(plan, &mut changes)
    })?;
    let accounts = shop.accounts(plan, &newcomers, &mut changes).await?;
    let groups = shop.groups(plan, &mut changes);
    let people = shop.affiliations(&plan.people, false, &accounts, &groups, &mut changes);
    let adults = shop.affiliations(&plan.adults, true, &accounts, &groups, &mut changes);
    for relating in &plan.relations {
        if let (Some(pupil), Some(adult)) = (people.get(relating.pupil), adults.get(relating.adult)) {
            changes.contacts.push(Contact {
                pupil: *pupil,
                adult: *adult,
                relation: relating.relation,
                custody: relating.custody,
            });
        }
    }
    changes.contacts_gone.clone_from(&plan.relations_gone);
    changes.groups_gone = plan.groups_gone.iter().map(|group| group.id).collect();
    for actor in plan.gone.iter().chain(&plan.adults_gone) {
        changes.gone.push(actor.id);
        let entry = shop.entry(actor.person.id, actor.id, Change::Left, actor.group.as_str());
        changes.history.push(entry);
    }
    Ok(changes)
}

/// The accounts of everybody in the plan who had none, by person; and of newcomers, in their order.
struct Accounts {
    newcomers: Vec<(PersonId, AccountId)>,
    of_known: HashMap<PersonId, AccountId>,
}

impl Accounts {
    fn of(&self, human: Human<'_>) -> Option<(PersonId, AccountId)> {
        match human {
            Human::Here(actor) => Some((actor.person.id, actor.account)),
            Human::Elsewhere(known) => {
                let account = known
                    .account
                    .or_else(|| self.of_known.get(&known.person.id).copied());
                Some((known.person.id, account?))
            }
            Human::New(place) => self.newcomers.get(place).copied(),
        }
    }
}

impl Workshop<'_> {
    fn newcomers(&self, plan: &Plan<'_>, changes: &mut Changes) -> Result<Vec<PersonId>, VaultError> {
        let entropy = self.ambient.entropy();
        let mut ids = Vec::with_capacity(plan.newcomers.len());
        for newcomer in &plan.newcomers {
            let person = PersonId(self.ambient.uuid());
            ids.push(person);
            let number = newcomer.data.number.as_ref();
            match (number.map(|number| &number.number), newcomer.index) {
                (Some(CivilNumber::Cpr(cpr)), Some(index)) => {
                    let sealed = self.vault.seal(cpr, person, entropy)?;
                    changes.cprs.push((person, sealed, index));
                }
                (Some(CivilNumber::Replacement(number)), _) => {
                    let sealed = self.vault.seal_replacement(number, person, entropy)?;
                    changes.replacements.push((person, sealed));
                }
                _ => {}
            }
            if newcomer.data.name.protected {
                changes.protections.push((person, true));
            }
            changes.people.push(NewPerson {
                named: named(person, newcomer.data),
                birth_date: newcomer.data.birth_date,
                number_kind: number.map(|number| number.kind),
            });
        }
        Ok(ids)
    }

    fn known_people(&self, plan: &Plan<'_>, changes: &mut Changes) -> Result<(), VaultError> {
        let entropy = self.ambient.entropy();
        for change in &plan.persons {
            let person = change.before.id;
            match change.name {
                Some(NewName::Told(data)) => changes.names.push(named(person, data)),
                Some(NewName::Hidden) => changes.names.push(Named {
                    by_source: false,
                    ..called(person, &VisibleName::hidden())
                }),
                None => {}
            }
            changes
                .protections
                .extend(change.protection.map(|on| (person, on)));
            let mut kind = change.before.number_kind;
            match change.number {
                Some(NewNumber::Cpr(delivered, index)) => {
                    if let CivilNumber::Cpr(cpr) = &delivered.number {
                        let sealed = self.vault.seal(cpr, person, entropy)?;
                        changes.cprs.push((person, sealed, index));
                        changes.replacements_gone.push(person);
                        changes.renumbered.extend(change.before.cpr.map(|_| person));
                        kind = Some(delivered.kind);
                    }
                }
                Some(NewNumber::Replacement(number)) => {
                    let sealed = self.vault.seal_replacement(number, person, entropy)?;
                    changes.replacements.push((person, sealed));
                    kind = Some(CivilNumberKind::Replacement);
                }
                None => {}
            }
            let told = change.details;
            let kind = told
                .and_then(|data| data.number.as_ref())
                .map_or(kind, |number| Some(number.kind));
            let born = told.and_then(|data| data.birth_date).or(change.before.birth_date);
            if kind != change.before.number_kind || born != change.before.birth_date {
                changes.details.push((person, born, kind));
            }
        }
        Ok(())
    }

    async fn accounts(
        &self,
        plan: &Plan<'_>,
        newcomers: &[PersonId],
        changes: &mut Changes,
    ) -> Result<Accounts, StoreError> {
        let by_cpr: HashSet<PersonId> = changes.cprs.iter().map(|(person, ..)| *person).collect();
        let mut wishes = Vec::new();
        let mut owners = Vec::new();
        for (newcomer, person) in plan.newcomers.iter().zip(newcomers) {
            wishes.push(wish(newcomer.data, self.moves_in));
            owners.push((*person, by_cpr.contains(person)));
        }
        let everybody = plan.people.iter().chain(&plan.adults);
        let mut given = HashSet::new();
        for one in everybody.clone() {
            if let Human::Elsewhere(known) = one.human
                && known.account.is_none()
                && given.insert(known.person.id)
            {
                wishes.push(Wish {
                    given: &known.person.given_name,
                    user_name: None,
                    uni_id: None,
                });
                owners.push((known.person.id, true));
            }
        }
        let names = choose(&wishes, self.store, self.ambient.entropy()).await?;
        let mut accounts = Accounts {
            newcomers: Vec::with_capacity(newcomers.len()),
            of_known: HashMap::new(),
        };
        for (place, ((person, cpr_identified), names)) in owners.into_iter().zip(names).enumerate() {
            let account = AccountId(self.ambient.uuid());
            changes.accounts.push(Account {
                id: account,
                person,
                user_name: names.user_name,
                uni_id: names.uni_id,
                cpr_identified,
                blocked: false,
            });
            if place < newcomers.len() {
                accounts.newcomers.push((person, account));
            } else {
                accounts.of_known.insert(person, account);
            }
        }
        let gains_cpr = |one: &&Affiliation<'_>| matches!(one.human, Human::Here(actor) if by_cpr.contains(&actor.person.id));
        changes.identified = everybody
            .filter(gains_cpr)
            .filter_map(|one| Some(one.before?.account))
            .collect();
        Ok(accounts)
    }

    fn groups(&self, plan: &Plan<'_>, changes: &mut Changes) -> HashMap<usize, GroupId> {
        let mut new = HashMap::new();
        for (place, group) in plan.groups.iter().enumerate() {
            let id = group.before.map_or_else(
                || {
                    let id = GroupId(self.ambient.uuid());
                    new.insert(place, id);
                    id
                },
                |before| before.id,
            );
            if group.changes {
                changes.groups.push(GroupRow {
                    id,
                    local_id: group.row.local_id.as_str().to_owned(),
                    name: group.row.name.to_string(),
                    kind: group.row.kind,
                    level: group.row.level,
                    line: group.row.line.as_deref().map(str::to_owned),
                    from: group.row.from.and_then(start_of),
                    until: group.row.to.and_then(end_of),
                });
            }
        }
        new
    }

    fn affiliations(
        &self,
        planned: &[Affiliation<'_>],
        adults: bool,
        accounts: &Accounts,
        groups: &HashMap<usize, GroupId>,
        changes: &mut Changes,
    ) -> Vec<ActorId> {
        let mut ids = Vec::with_capacity(planned.len());
        for one in planned {
            let id = one
                .before
                .map_or_else(|| ActorId(self.ambient.uuid()), |before| before.id);
            ids.push(id);
            let Some((person, account)) = accounts.of(one.human) else {
                continue;
            };
            let group_id = |group: GroupRef| match group {
                GroupRef::Known(id) => Some(id),
                GroupRef::Planned(place) => groups.get(&place).copied(),
            };
            let joined = one.joined.iter().filter_map(|group| group_id(*group));
            changes.joined.extend(joined.map(|group| (id, group)));
            changes.parted.extend(one.parted.iter().map(|group| (id, *group)));
            for (change, detail) in &one.changes {
                changes.history.push(self.entry(person, id, *change, detail));
            }
            let local_id = one.local_id.map(|id| id.as_str().to_owned());
            let (own_id, contact_id) = if adults {
                let kept = one.before.and_then(|before| before.contact_id.clone());
                (None, local_id.or(kept))
            } else {
                (local_id, None)
            };
            if is_another_row(one) {
                changes.actors.push(ActorRow {
                    id,
                    account,
                    group: one.group,
                    local_id: own_id,
                    contact_id,
                    roles: one.roles.clone(),
                    level: one.level,
                    stage_since: one.stage_since,
                    unconfirmed: one.unconfirmed,
                });
            }
            let other_name = one.changes.iter().any(|(change, _)| *change == Change::Source);
            if one.before.is_none() || other_name {
                changes.found_anew.push(id);
            }
        }
        ids
    }

    fn entry(&self, person: PersonId, actor: ActorId, what: Change, detail: &str) -> HistoryEntry {
        HistoryEntry {
            id: self.ambient.uuid(),
            person,
            actor: Some(actor),
            institution: Some(self.institution.clone()),
            source: Some(self.source.clone()),
            import: Some(self.import),
            at: self.ambient.now(),
            what,
            detail: detail.to_owned(),
        }
    }
}

fn named(person: PersonId, data: &PersonData) -> Named {
    called(person, &data.name)
}

fn called(person: PersonId, name: &VisibleName) -> Named {
    Named {
        by_source: true,
        person,
        given_name: name.given.to_string(),
        family_name: name.family.to_string(),
        protected: name.protected,
    }
}

fn wish(data: &PersonData, moves_in: bool) -> Wish<'_> {
    Wish {
        given: &data.name.given,
        user_name: data.user_name.as_ref().filter(|_| moves_in),
        uni_id: data.uni_id.as_ref().filter(|_| moves_in),
    }
}

/// Whether the row of the affiliation itself becomes different, not only what belongs to it.
fn is_another_row(one: &Affiliation<'_>) -> bool {
    one.before.is_none()
        || one.changes.iter().any(|(change, _)| {
            matches!(
                change,
                Change::Restored
                    | Change::Group
                    | Change::Roles
                    | Change::Level
                    | Change::Stage
                    | Change::Source
            )
        })
}
