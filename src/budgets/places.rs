//! What is known of networks: how many names and accounts went wrong there lately, and which
//! accounts are at home there. A school that nobody registered is known by its many who get in.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Whence;
use super::gauge::Gauge;
use crate::domain::login_name::BareName;
use crate::store::ephemeral::StateKey;

/// More networks than this at once share one count.
const MOST_PLACES: usize = 100_000;
/// Accounts that are at home in one network: the largest schools, twice over.
const MOST_REGULARS: usize = 4_000;
/// Who got in is at home for one to two of these.
const GENERATION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of so many who got in within two generations, one more mistake is borne.
const REGULARS_FOR_ONE_MISTAKE: usize = 3;

/// Every network that matters.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<StateKey, Place>);

/// One network.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Distinct unknown names.
    pub(super) names: Gauge,
    /// Distinct accounts at which a secret was wrong and has not been right since.
    pub(super) failed: Gauge,
    regulars: [HashSet<u32>; 2],
    since: Option<Timestamp>,
}

impl Places {
    /// The network that the request is from.
    pub(super) fn of(&mut self, whence: &Whence) -> &mut Place {
        let key = whence.place();
        let key = if self.0.len() >= MOST_PLACES && !self.0.contains_key(&key) {
            Whence::default().place()
        } else {
            key
        };
        self.0.entry(key).or_default()
    }

    /// Forgets networks of which nothing matters any more. Not while somebody waits for an answer.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.0.retain(|_, place| !place.is_over(now));
    }

    /// Whether this account is at home there.
    pub(super) fn is_regular(&self, whence: &Whence, name: &BareName) -> bool {
        let found = self.0.get(&whence.place());
        found.is_some_and(|place| {
            let regular = regular(name);
            place.regulars.iter().any(|some| some.contains(&regular))
        })
    }
}

impl Place {
    /// How many mistakes are borne there: what anybody may make, and more where many are at
    /// home; never more than a registered school may make.
    pub(super) fn allowance(&self, least: u32, most: u32) -> u64 {
        let at_home: usize = self.regulars.iter().map(HashSet::len).sum();
        let more = u32::try_from(at_home / REGULARS_FOR_ONE_MISTAKE).unwrap_or(u32::MAX);
        u64::from(least.saturating_add(more).min(most.max(least)))
    }

    /// This account got in from here.
    pub(super) fn got_in(&mut self, name: &BareName, now: Timestamp) {
        match self.since {
            Some(since) if now.duration_since(since) < GENERATION => {}
            Some(since) => {
                let [new, old] = &mut self.regulars;
                if now.duration_since(since) < GENERATION * 2 {
                    std::mem::swap(new, old);
                } else {
                    old.clear();
                }
                new.clear();
                self.since = Some(now);
            }
            None => self.since = Some(now),
        }
        let [new, _] = &mut self.regulars;
        if new.len() < MOST_REGULARS {
            new.insert(regular(name));
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let hour = SignedDuration::from_hours(1);
        self.since
            .is_none_or(|since| now.duration_since(since) >= GENERATION * 2)
            && self.names.is_over(hour, now)
            && self.failed.is_over(hour, now)
    }
}

/// What a name is told from others by, within one network.
pub(super) fn thing(name: &BareName) -> u64 {
    StateKey::of("budget.name", &[name.as_str()]).short()
}

fn regular(name: &BareName) -> u32 {
    u32::try_from(thing(name) >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: u32) -> BareName {
        BareName::parse(&format!("elev{number}")).unwrap()
    }

    fn at(days: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 24 * 3600 * days).unwrap()
    }

    fn from(network: &str) -> Whence {
        Whence {
            network: Some(network.to_owned()),
            ..Whence::default()
        }
    }

    #[test]
    fn who_got_in_is_at_home_there_for_a_week_or_two_and_nowhere_else() {
        let mut places = Places::default();
        let (here, there) = (from("192.0.2.0/24"), from("198.51.100.0/24"));
        places.of(&here).got_in(&name(1), at(0));
        assert!(places.is_regular(&here, &name(1)));
        assert!(!places.is_regular(&here, &name(2)));
        assert!(!places.is_regular(&there, &name(1)));
        places.of(&here).got_in(&name(2), at(8));
        assert!(places.is_regular(&here, &name(1)) && places.is_regular(&here, &name(2)));
        places.of(&here).got_in(&name(3), at(16));
        assert!(!places.is_regular(&here, &name(1)) && places.is_regular(&here, &name(2)));
    }

    #[test]
    fn a_network_with_many_at_home_bears_more_mistakes_and_never_without_end() {
        let mut places = Places::default();
        let place = places.of(&from("192.0.2.0/24"));
        assert_eq!(place.allowance(40, 200), 40);
        for number in 0..300 {
            place.got_in(&name(number), at(0));
        }
        assert_eq!(place.allowance(40, 200), 140);
        for number in 0..10_000 {
            place.got_in(&name(number), at(0));
        }
        assert_eq!(place.allowance(40, 200), 200);
    }

    #[test]
    fn memory_is_bounded_however_many_networks_there_are() {
        let mut places = Places::default();
        for number in 0..MOST_PLACES + 5_000 {
            let measure = (SignedDuration::from_mins(10), 40);
            let place = places.of(&from(&format!("net{number}")));
            place.names.note(1, measure, at(0));
        }
        assert!(places.0.len() <= MOST_PLACES + 1);
        places.of(&from("one more")).names.note(1, (GENERATION, 1), at(2));
        assert!(
            places.0.len() > MOST_PLACES / 2,
            "nobody waits while it is tidied"
        );
        places.prune(at(2));
        assert!(places.0.len() < 10, "what is over is forgotten");
    }
}
