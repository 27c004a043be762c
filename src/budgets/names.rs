//! Budgets on distinct names that nobody has (G05). Within them a wrong name is told as such;
//! beyond them every name goes to step two, where wrong name and wrong secret look alike.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::Whence;
use super::alarm::{Alarm, AlarmKind, Scope};
use super::gauge::{Gauge, Reading};
use super::places::{Places, thing};
use super::usual::{Counted, Usual};
use crate::config::limits::NameLimits;
use crate::domain::login_name::BareName;

/// What is usual is known by the hour.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// More browsers than this are not told apart; their networks are.
const MOST_BROWSERS: usize = 50_000;

/// How a name that nobody has is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It is said that nobody has it.
    Told,
    /// As a name that somebody has: on to step two.
    Uniform,
}

/// What was counted.
#[derive(Debug)]
pub(super) struct Names {
    limits: NameLimits,
    browsers: HashMap<[u8; 16], Gauge>,
    everywhere: Gauge,
}

impl Names {
    pub(super) fn new(limits: NameLimits) -> Self {
        Self {
            limits,
            browsers: HashMap::new(),
            everywhere: Gauge::default(),
        }
    }

    /// A name was typed that nobody has.
    pub(super) fn unknown(
        &mut self,
        whence: &Whence,
        name: &BareName,
        (places, usual): (&mut Places, &mut Usual),
        now: Timestamp,
    ) -> (Manner, Vec<Alarm>) {
        let thing = thing(name);
        let mut found = Vec::with_capacity(3);
        if let Some(reading) = self.in_browser(whence, thing, now) {
            found.push((Scope::Browser, reading, u64::from(self.limits.browser)));
        }
        let place = places.of(whence);
        let (scope, limit) = if whence.school.is_some() {
            (Scope::School, u64::from(self.limits.school))
        } else {
            (
                Scope::Network,
                place.allowance(self.limits.network, self.limits.school),
            )
        };
        if whence.has_place() {
            let reading = place.names.note(thing, (self.limits.window, limit), now);
            found.push((scope, reading, limit));
        }
        // What is told nothing already learns nothing: one network alone does not silence all.
        let mut is_uniform = found.iter().any(|(_, reading, _)| reading.tripped);
        if !is_uniform {
            let limit = self.limit_everywhere(usual, now);
            let everywhere = self.everywhere.note(thing, (HOUR, limit), now);
            if everywhere.is_new {
                usual.count(Counted::Names, now);
            }
            // A registered school has its own budget, which is enough to stop whoever sits there: a
            // sweep from elsewhere does not make its pupils guess which of the two was wrong.
            is_uniform = everywhere.tripped && whence.school.is_none();
            found.push((Scope::Everywhere, everywhere, limit));
        }
        is_uniform |= self.limits.always_uniform;
        let manner = if is_uniform { Manner::Uniform } else { Manner::Told };
        (manner, alarms(found))
    }

    fn in_browser(&mut self, whence: &Whence, thing: u64, now: Timestamp) -> Option<Reading> {
        let window = self.limits.window;
        // Whoever brings none is given one at each request: it is counted once it comes back.
        let id = *whence.device.as_ref().filter(|_| !whence.is_new_device)?.id();
        if self.browsers.len() >= MOST_BROWSERS && !self.browsers.contains_key(&id) {
            return None;
        }
        let measure = (window, u64::from(self.limits.browser));
        let gauge = self.browsers.entry(id).or_insert_with(|| {
            let mut gauge = Gauge::default();
            // The name that it was given its cookie with, and that was not counted then.
            gauge.count(measure, now);
            gauge
        });
        Some(gauge.note(thing, measure, now))
    }

    /// Forgets browsers in which nothing is counted any more.
    pub(super) fn prune(&mut self, now: Timestamp) {
        let window = self.limits.window;
        self.browsers.retain(|_, gauge| !gauge.is_idle(window, now));
    }

    /// So many times what is usual at this hour of the week, and never fewer than the settings say.
    fn limit_everywhere(&self, usual: &Usual, now: Timestamp) -> u64 {
        let usual = usual.at(Counted::Names, now).unwrap_or_default();
        let most = usual.saturating_mul(u64::from(self.limits.times_usual));
        most.max(u64::from(self.limits.everywhere))
    }
}

fn alarms(found: Vec<(Scope, Reading, u64)>) -> Vec<Alarm> {
    let just_now = found.into_iter().filter(|(_, reading, _)| reading.just_now);
    just_now
        .map(|(scope, reading, limit)| Alarm {
            kind: AlarmKind::Enumeration,
            scope,
            count: reading.count,
            limit,
        })
        .collect()
}
