//! What a delivery would change (DR23): pure, so that the same delivery and the same present state
//! always give the same plan, whatever the order of the rows.
//!
//! Nothing is decided here of whether the plan may be carried out: that is `limits`' business.
//! People are known by what their source calls them, then by their CPR number, and by nothing else
//! (DR10, C04). A replacement number leads to nobody.

mod adults;
mod classes;
mod groups;
mod matching;
mod people;
mod shielding;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::delivery::{Content, DeliveredGroup, Delivery, Place};
use super::delivery::{DeliveredNumber, PersonData};
use super::names::LocalId;
use super::objection::Objection;
use crate::domain::account::PersonId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::civil_number::ReplacementNumber;
use crate::domain::contact::Relation;
use crate::domain::cpr::{Cpr, CprIndex};
use crate::domain::group::GroupId;
use crate::domain::history::Change;
use crate::domain::import::Counts;
use crate::domain::role::Role;
use crate::domain::stage::Level;
use crate::keys::vault::CprVault;
use crate::store::present::{KnownPerson, Present, PresentActor, PresentGroup, PresentPerson};

pub use classes::ClassDifference;

/// By what numbers are known again without being readable.
pub trait Numbers {
    /// By what a CPR number is found.
    fn index(&self, cpr: &Cpr) -> CprIndex;
    /// By what a replacement number of this person is known again.
    fn mark(&self, number: &ReplacementNumber, person: PersonId) -> [u8; 32];
}

impl Numbers for CprVault {
    fn index(&self, cpr: &Cpr) -> CprIndex {
        Self::index(self, cpr)
    }

    fn mark(&self, number: &ReplacementNumber, person: PersonId) -> [u8; 32] {
        self.mark_of_replacement(number, person)
    }
}

/// What a delivery is compared with.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// What its source has told before.
    pub present: &'a Present,
    /// Those of its people whom the directory knows otherwise.
    pub known: &'a HashMap<CprIndex, KnownPerson>,
    /// What another source has told, whose people this one takes over (U70).
    pub takes_over: Option<&'a Present>,
    /// The one person whose CPR number may be another one now: an administrator has looked (error E14).
    pub reidentified: Option<&'a LocalId>,
    /// Whether new people keep the names that the file has of them (U69).
    pub moves_in: bool,
    /// Makes keyed hashes of CPR numbers, so that they are compared without being read.
    pub numbers: &'a dyn Numbers,
    /// The present moment.
    pub now: Timestamp,
}

/// Everything that would become different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Groups of the delivery, in the order of their local ids.
    pub groups: Vec<GroupPlan<'a>>,
    /// Groups that are no more.
    pub groups_gone: Vec<&'a PresentGroup>,
    /// People of the delivery, in the order of their local ids.
    pub people: Vec<Affiliation<'a>>,
    /// Adults of its pupils, each once.
    pub adults: Vec<Affiliation<'a>>,
    /// People who left.
    pub gone: Vec<&'a PresentActor>,
    /// Adults who are nobody's any more.
    pub adults_gone: Vec<&'a PresentActor>,
    /// Contact relations that are new or changed.
    pub relations: Vec<Relating>,
    /// Contact relations that are no more: the pupil, then the adult.
    pub relations_gone: Vec<(ActorId, ActorId)>,
    /// Adults who gain custody of pupils who were there before.
    pub custody_gained: u64,
    /// People whom nobody knew.
    pub newcomers: Vec<Newcomer<'a>>,
    /// What becomes different of people who are known.
    pub persons: Vec<PersonChange<'a>>,
    /// Rows and parts of rows that cannot be taken beside what is there.
    pub objections: Vec<Objection>,
    /// What becomes different of each class, by name.
    pub classes: Vec<ClassDifference>,
    /// How many of each.
    pub counts: Counts,
}

/// A group of the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPlan<'a> {
    /// What the source says.
    pub row: &'a DeliveredGroup,
    /// What is there; nothing where it is new.
    pub before: Option<&'a PresentGroup>,
    /// Whether anything becomes different.
    pub changes: bool,
}

/// Which group is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupRef {
    /// One that is there.
    Known(GroupId),
    /// One of [`Plan::groups`] that is new.
    Planned(usize),
}

/// Which human a row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Human<'a> {
    /// Somebody of whom this source, or the one that it takes over, has told.
    Here(&'a PresentActor),
    /// Somebody with the same CPR number whom the directory knows otherwise.
    Elsewhere(&'a KnownPerson),
    /// One of [`Plan::newcomers`].
    New(usize),
}

impl<'a> Human<'a> {
    /// The person as they are kept.
    pub const fn present(self) -> Option<&'a PresentPerson> {
        match self {
            Self::Here(actor) => Some(&actor.person),
            Self::Elsewhere(known) => Some(&known.person),
            Self::New(_) => None,
        }
    }
}

/// One affiliation as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliation<'a> {
    /// Where the row stands.
    pub at: Place,
    /// What the source calls the person.
    pub local_id: Option<&'a LocalId>,
    /// Whose it is.
    pub human: Human<'a>,
    /// What is there; nothing where the affiliation is new.
    pub before: Option<&'a PresentActor>,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// What they do.
    pub roles: BTreeSet<Role>,
    /// What they did before, here or elsewhere.
    pub held: BTreeSet<Role>,
    /// How far a pupil has come.
    pub level: Option<Level>,
    /// Since when a pupil is at the present stage.
    pub stage_since: Option<Timestamp>,
    /// Groups that are joined.
    pub joined: Vec<GroupRef>,
    /// Groups that are left.
    pub parted: Vec<GroupId>,
    /// What becomes different, with what of it may be told.
    pub changes: Vec<(Change, String)>,
    /// It begins, or begins again, with somebody who is another owner's: it gives no say over the account
    /// until somebody confirms it (K01).
    pub unconfirmed: bool,
}

impl Affiliation<'_> {
    /// Whether the person had left before.
    pub fn comes_back(&self) -> bool {
        self.before.is_some_and(|before| before.gone_at.is_some())
    }

    /// Roles that are gained by somebody who was known before, here or elsewhere: by whatever local id, and
    /// after having left too.
    pub fn roles_gained(&self) -> impl Iterator<Item = Role> {
        let is_known = !matches!(self.human, Human::New(_));
        let gained = self
            .roles
            .iter()
            .filter(move |role| is_known && !self.held.contains(role));
        gained.copied()
    }
}

/// A contact relation as it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relating {
    /// The pupil, among [`Plan::people`].
    pub pupil: usize,
    /// The adult, among [`Plan::adults`].
    pub adult: usize,
    /// What the adult is to the child.
    pub relation: Relation,
    /// Whether the adult has custody.
    pub custody: bool,
}

/// Somebody whom nobody knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer<'a> {
    /// What the source says of them; of several rows, the first.
    pub data: &'a PersonData,
    /// What their CPR number is found by, where they have one.
    pub index: Option<CprIndex>,
}

/// What becomes different of somebody who is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonChange<'a> {
    /// What is there.
    pub before: &'a PresentPerson,
    /// What they are called now, where that is another name or protection.
    pub name: Option<NewName<'a>>,
    /// Whether this source says that they are protected, where it did not or does no more.
    pub protection: Option<bool>,
    /// What the source says of day of birth and kind of number, where that is something else.
    pub details: Option<&'a PersonData>,
    /// The number that they have now, where it is another one.
    pub number: Option<NewNumber<'a>>,
}

/// What somebody is called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewName<'a> {
    /// As the source says.
    Told(&'a PersonData),
    /// They are protected from now on, and there is no alias of whoever may name them: nobody sees a name
    /// until there is one.
    Hidden,
}

/// A number that somebody has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewNumber<'a> {
    /// A CPR number, with what it is found by.
    Cpr(&'a DeliveredNumber, CprIndex),
    /// A replacement number.
    Replacement(&'a ReplacementNumber),
}

/// Compares a delivery with what is there.
pub fn plan<'a>(delivery: &'a Delivery, situation: Situation<'a>) -> Plan<'a> {
    let mut planner = matching::Planner::new(delivery, situation);
    shielding::look(&mut planner);
    match &delivery.content {
        Content::Whole(roster) | Content::Changes(roster) => {
            groups::take(&mut planner, roster);
            people::take(&mut planner, roster);
            adults::take(&mut planner, roster);
            if matches!(delivery.content, Content::Whole(_)) {
                people::leave_who_is_missing(&mut planner, delivery, roster);
                groups::leave_what_is_missing(&mut planner, delivery, roster);
            }
        }
        Content::Removals(removals) => {
            people::remove(&mut planner, removals);
            groups::remove(&mut planner, removals);
        }
    }
    shielding::hide(&mut planner);
    people::keep_no_names(&mut planner);
    adults::leave_who_is_nobodys(&mut planner);
    planner.finish()
}
