//! Budgets on wrong secrets at many accounts (G08): for each network, for the accounts of each
//! institution, for each kind of secret, and for the whole installation.
//!
//! Whoever is known goes on whatever happens: a browser that the account has logged in with, a
//! network where it is at home, a registered school network within its own budget. Strangers
//! wait while a budget of theirs is used up, but for those from networks where nothing went wrong
//! in that hour, as long as few of them go wrong
//! (`src/manual/decisions/0040-budgets-for-guesses.md`).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::Whence;
use super::alarm::{Alarm, AlarmKind, Scope};
use super::gauge::{Gauge, begin_of};
use super::places::{Places, thing};
use super::usual::{Counted, Usual};
use crate::config::limits::GuessLimits;
use crate::domain::credential_class::CredentialClass;
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::BareName;
use crate::store::ephemeral::StateKey;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// More mistakes than this are not made up for by being right.
const MOST_PENDING: usize = 100_000;
/// Newcomers of clean networks may make this part of a budget's mistakes while it is used up.
const GRACE: u64 = 20;

/// What somebody tries to open.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name that was typed.
    pub name: BareName,
    /// The kind of its secret; for a name that nobody has, of the form that it gets.
    pub class: CredentialClass,
    /// Where the account belongs.
    pub institutions: Vec<InstitutionNumber>,
    /// What speaks for whoever tries: it decides how long they wait.
    pub standing: Standing,
}

/// What speaks for whoever tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The account has logged in with this browser before.
    Device,
    /// The account has logged in from this network lately, or it is its own school's, as registered.
    AtHome,
    /// Neither the browser nor the network is known to the account.
    Stranger,
}

/// A try is not looked at yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How many seconds to wait before the next try is looked at.
    pub seconds: u32,
}

/// What was counted.
#[derive(Debug)]
pub(super) struct Guesses {
    limits: GuessLimits,
    institutions: HashMap<InstitutionNumber, Gauge>,
    classes: HashMap<CredentialClass, Gauge>,
    everywhere: Gauge,
    grace: Gauge,
    /// Mistakes at one account from one network, until it is right there.
    pending: HashMap<(StateKey, u64), u64>,
    pending_since: Option<Timestamp>,
}

impl Guesses {
    pub(super) fn new(limits: GuessLimits) -> Self {
        Self {
            limits,
            institutions: HashMap::new(),
            classes: HashMap::new(),
            everywhere: Gauge::default(),
            grace: Gauge::default(),
            pending: HashMap::new(),
            pending_since: None,
        }
    }

    /// Whether a try is looked at. One that is not counts as one more, so that an attack that goes
    /// on is seen to go on.
    pub(super) fn admit(
        &mut self,
        whence: &Whence,
        target: &Target,
        (places, usual): (&mut Places, &Usual),
        now: Timestamp,
    ) -> Result<(), Wait> {
        let is_regular = places.is_regular(whence, &target.name);
        let place = places.of(whence);
        let measure = (HOUR, self.place_limit(whence, place));
        let place_is_hot = place.failed.is_tripped(measure, now);
        let is_known = match target.standing {
            Standing::Device => true,
            Standing::AtHome => is_regular || !place_is_hot,
            Standing::Stranger => false,
        };
        if is_known {
            return Ok(());
        }
        if place_is_hot {
            place.failed.note(thing(&target.name), measure, now);
            return Err(until_the_next(HOUR, now));
        }
        if !self.is_used_up(target, usual, now) {
            return Ok(());
        }
        let grace = (HOUR, self.grace_limit(target.class, usual, now));
        if place.failed.is_empty(HOUR, now) && !self.grace.is_tripped(grace, now) {
            return Ok(());
        }
        self.keep_hot(target, usual, now);
        Err(until_the_next(HOUR, now))
    }

    /// A secret was wrong.
    pub(super) fn wrong(
        &mut self,
        whence: &Whence,
        target: &Target,
        (places, usual): (&mut Places, &mut Usual),
        now: Timestamp,
    ) -> Vec<Alarm> {
        if target.standing == Standing::Device {
            return Vec::new();
        }
        let thing = thing(&target.name);
        let place = places.of(whence);
        let limit = self.place_limit(whence, place);
        let reading = place.failed.note(thing, (HOUR, limit), now);
        let scope = match whence.school {
            Some(_) => Scope::School,
            None => Scope::Network,
        };
        let mut alarms = Vec::new();
        if reading.just_now {
            alarms.push(alarm(scope, reading.count, limit));
        }
        if target.standing == Standing::AtHome {
            return alarms;
        }
        if self.is_used_up(target, usual, now) {
            let limit = self.grace_limit(target.class, usual, now);
            self.grace.count((HOUR, limit), now);
        }
        self.remember(whence, thing, now);
        usual.count(Counted::Guesses(target.class), now);
        alarms.extend(self.count(target, usual, now));
        alarms
    }

    /// A secret was right.
    pub(super) fn right(
        &mut self,
        whence: &Whence,
        target: &Target,
        (places, usual): (&mut Places, &mut Usual),
        now: Timestamp,
    ) {
        let thing = thing(&target.name);
        let place = places.of(whence);
        place.failed.take_back(Some(thing), 0);
        place.got_in(&target.name, now);
        let Some(count) = self.pending.remove(&(whence.place(), thing)) else {
            return;
        };
        usual.take_back(Counted::Guesses(target.class), now, count);
        self.everywhere.take_back(None, count);
        if let Some(class) = self.classes.get_mut(&target.class) {
            class.take_back(None, count);
        }
        for number in &target.institutions {
            if let Some(institution) = self.institutions.get_mut(number) {
                institution.take_back(None, count);
            }
        }
    }

    fn place_limit(&self, whence: &Whence, place: &super::places::Place) -> u64 {
        match whence.school {
            Some(_) => u64::from(self.limits.school),
            // Every request has an address but in a house that listens nowhere.
            None if !whence.has_place() => u64::MAX,
            None => place.allowance(self.limits.network, self.limits.school),
        }
    }

    fn is_used_up(&mut self, target: &Target, usual: &Usual, now: Timestamp) -> bool {
        let (class, everywhere) = (
            self.class_limit(target.class, usual, now),
            self.limit_everywhere(usual, now),
        );
        let institution = u64::from(self.limits.institution);
        let of_class = self.classes.entry(target.class).or_default();
        let mut used_up = of_class.is_tripped((HOUR, class), now);
        used_up |= self.everywhere.is_tripped((HOUR, everywhere), now);
        for number in &target.institutions {
            if let Some(gauge) = self.institutions.get_mut(number) {
                used_up |= gauge.is_tripped((HOUR, institution), now);
            }
        }
        used_up
    }

    /// Counts one that was not looked at, in the budgets that are used up and in no other: an attack on
    /// one kind of secret is none on the others.
    fn keep_hot(&mut self, target: &Target, usual: &Usual, now: Timestamp) {
        let (class, everywhere) = (
            (HOUR, self.class_limit(target.class, usual, now)),
            (HOUR, self.limit_everywhere(usual, now)),
        );
        let institution = (HOUR, u64::from(self.limits.institution));
        let count = |gauge: &mut Gauge, measure| {
            if gauge.is_tripped(measure, now) {
                gauge.count(measure, now);
            }
        };
        count(self.classes.entry(target.class).or_default(), class);
        count(&mut self.everywhere, everywhere);
        for number in &target.institutions {
            if let Some(gauge) = self.institutions.get_mut(number) {
                count(gauge, institution);
            }
        }
    }

    /// Counts one at this target, and tells which budgets it has used up.
    fn count(&mut self, target: &Target, usual: &Usual, now: Timestamp) -> Vec<Alarm> {
        let (class, everywhere) = (
            self.class_limit(target.class, usual, now),
            self.limit_everywhere(usual, now),
        );
        let institution = u64::from(self.limits.institution);
        let mut alarms = Vec::new();
        let mut note = |scope, gauge: &mut Gauge, limit| {
            let reading = gauge.count((HOUR, limit), now);
            if reading.just_now {
                alarms.push(alarm(scope, reading.count, limit));
            }
        };
        for number in &target.institutions {
            let gauge = self.institutions.entry(number.clone()).or_default();
            note(Scope::Institution(number.clone()), gauge, institution);
        }
        let of_class = self.classes.entry(target.class).or_default();
        note(Scope::Class(target.class), of_class, class);
        note(Scope::Everywhere, &mut self.everywhere, everywhere);
        alarms
    }

    /// So many times what is usual at this hour of the week; no fewer than the settings say, and
    /// never so many that guessing would be worth it.
    fn class_limit(&mut self, class: CredentialClass, usual: &Usual, now: Timestamp) -> u64 {
        let usual = usual.at(Counted::Guesses(class), now).unwrap_or_default();
        let most = usual.saturating_mul(u64::from(self.limits.times_usual));
        let limit = most
            .max(u64::from(self.limits.everywhere))
            .min(self.limits.worth_it(class));
        self.classes.entry(class).or_default().halved((HOUR, limit), now)
    }

    fn limit_everywhere(&mut self, usual: &Usual, now: Timestamp) -> u64 {
        let of = |class| usual.at(Counted::Guesses(class), now).unwrap_or_default();
        let usual: u64 = CredentialClass::ALL.into_iter().map(of).sum();
        let most = usual.saturating_mul(u64::from(self.limits.times_usual));
        let limit = most.max(2 * u64::from(self.limits.everywhere));
        self.everywhere.halved((HOUR, limit), now)
    }

    fn grace_limit(&mut self, class: CredentialClass, usual: &Usual, now: Timestamp) -> u64 {
        (self.class_limit(class, usual, now) / GRACE).max(1)
    }

    fn remember(&mut self, whence: &Whence, thing: u64, now: Timestamp) {
        let begins = begin_of(HOUR, now);
        if self.pending_since != Some(begins) {
            self.pending.clear();
            self.pending_since = Some(begins);
        }
        let key = (whence.place(), thing);
        if self.pending.len() < MOST_PENDING || self.pending.contains_key(&key) {
            *self.pending.entry(key).or_default() += 1;
        }
    }
}

const fn alarm(scope: Scope, count: u64, limit: u64) -> Alarm {
    Alarm {
        kind: AlarmKind::Spraying,
        scope,
        count,
        limit,
    }
}

/// How long until the next window begins.
fn until_the_next(window: SignedDuration, now: Timestamp) -> Wait {
    let ends = begin_of(window, now).saturating_add(window).unwrap_or(now);
    let seconds = ends.duration_since(now).as_secs().max(1);
    Wait {
        seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
    }
}
