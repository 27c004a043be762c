//! Which rule holds for an account (DR16, U35, U42). Pure: who is what was looked up before.

use jiff::Timestamp;

use super::RuleKey;
use crate::domain::actor::Actor;
use crate::domain::stage::Level;

/// The rule that holds for an account at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The rule that holds.
    pub key: RuleKey,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
}

/// Another rule than the stage's, which an administrator has set for one pupil, in either
/// direction (U42).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PupilRule {
    /// The rule that was set.
    pub key: RuleKey,
    /// When it was set.
    pub since: Timestamp,
}

impl Holding {
    /// The strictest rule of all that the account is at this moment; nothing where it is nobody
    /// anywhere. What was set for a pupil counts while the account is nothing but a pupil.
    pub fn of(actors: &[Actor], set: Option<PupilRule>) -> Option<Self> {
        let rules = actors.iter().map(|actor| Self {
            key: RuleKey::of(actor.group, actor.level.and_then(Level::stage)),
            since: actor.stage_since,
        });
        // Of two schools that say the same, the one counts that has said it for longer.
        let longest = |since: Option<Timestamp>| std::cmp::Reverse(since.unwrap_or(Timestamp::MAX));
        let strictest = rules.max_by_key(|rule| (rule.key, longest(rule.since)))?;
        Some(match set {
            Some(set) if strictest.key.is_for_pupils() => Self {
                key: set.key,
                since: Some(set.since),
            },
            _ => strictest,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::domain::account::AccountId;
    use crate::domain::actor::{ActorGroup, ActorId};
    use crate::domain::institution::{Institution, InstitutionNumber};

    fn at(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn actor(group: ActorGroup, level: Option<&str>, stage_since: Option<Timestamp>) -> Actor {
        Actor {
            id: ActorId(Uuid::nil()),
            account: AccountId(Uuid::nil()),
            group,
            institution: Institution {
                number: InstitutionNumber::parse("101001").unwrap(),
                name: "Bakkeskolen".to_owned(),
                cvr: None,
                legal_form: None,
            },
            roles: BTreeSet::new(),
            level: level.map(|level| Level::parse(level).unwrap()),
            stage_since,
            unconfirmed: false,
        }
    }

    fn rule(actors: &[Actor], set: Option<PupilRule>) -> (RuleKey, Option<Timestamp>) {
        let holding = Holding::of(actors, set).unwrap();
        (holding.key, holding.since)
    }

    #[test]
    fn who_is_two_things_goes_by_the_stricter() {
        let (pupil, since) = (ActorGroup::Elev, Some(at("2026-08-01")));
        let second = actor(pupil, Some("2"), since);
        assert_eq!(
            rule(std::slice::from_ref(&second), None),
            (RuleKey::Indskoling, since)
        );
        let unknown = actor(pupil, None, None);
        let both = [second.clone(), unknown];
        assert_eq!(rule(&both, None), (RuleKey::Udskoling, None));
        let staff = actor(ActorGroup::Medarbejder, None, None);
        assert_eq!(rule(&[staff, second], None).0, RuleKey::Medarbejder);
        assert_eq!(Holding::of(&[], None), None);
    }

    #[test]
    fn of_two_schools_with_one_stage_the_longer_time_counts() {
        let early = actor(ActorGroup::Elev, Some("5"), Some(at("2026-08-01")));
        let late = actor(ActorGroup::Elev, Some("6"), Some(at("2027-01-01")));
        for actors in [[early.clone(), late.clone()], [late, early]] {
            assert_eq!(rule(&actors, None), (RuleKey::Mellemtrin, Some(at("2026-08-01"))));
        }
    }

    #[test]
    fn what_is_set_for_a_pupil_counts_in_either_direction_and_never_for_staff() {
        let ninth = actor(ActorGroup::Elev, Some("9"), Some(at("2026-08-01")));
        let second = actor(ActorGroup::Elev, Some("2"), Some(at("2026-08-01")));
        let set = |key| {
            let since = at("2026-11-01");
            Some(PupilRule { key, since })
        };
        let down = rule(std::slice::from_ref(&ninth), set(RuleKey::Indskoling));
        assert_eq!(down, (RuleKey::Indskoling, Some(at("2026-11-01"))));
        let up = rule(&[second], set(RuleKey::Udskoling));
        assert_eq!(up, (RuleKey::Udskoling, Some(at("2026-11-01"))));
        let staff = actor(ActorGroup::Medarbejder, None, None);
        let both = [ninth, staff];
        assert_eq!(rule(&both, set(RuleKey::Indskoling)).0, RuleKey::Medarbejder);
    }
}
