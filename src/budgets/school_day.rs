//! The traffic simulator: an honest morning that must trip nothing, and the attacks of table G, each
//! stopped as its row says. Time is a number and chance has a seed; a day takes a moment.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::device::Device;
use super::usual::{Counted, hour_of};
use super::{Alarm, AlarmKind, Manner, Scope, Standing, State, Target, Whence};
use crate::ambient::Ambient;
use crate::config::settings::Settings;
use crate::domain::credential_class::CredentialClass;
use crate::domain::institution::InstitutionNumber;
use crate::domain::login_name::BareName;

/// Monday, 08:00 in Denmark.
const EIGHT: &str = "2027-03-01T07:00:00Z";

/// A day as it happens.
struct Day {
    state: State,
    now: Timestamp,
    chance: ChaCha8Rng,
    alarms: Vec<(Timestamp, Alarm)>,
    uniform: u32,
    turned_away: u32,
}

impl Day {
    fn begin(seed: u64) -> Self {
        let limits = Settings::default().limits;
        Self {
            state: State::new(limits.names, limits.guesses),
            now: EIGHT.parse().unwrap(),
            chance: ChaCha8Rng::seed_from_u64(seed),
            alarms: Vec::new(),
            uniform: 0,
            turned_away: 0,
        }
    }

    fn passes(&mut self, time: SignedDuration) {
        self.now += time;
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance.next_u64() % bound
    }

    fn per_cent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    fn types_unknown(&mut self, whence: &Whence, name: &str) -> Manner {
        let name = BareName::parse(name).unwrap();
        let (manner, alarms) = self.state.unknown_name(whence, &name, self.now);
        self.note(alarms);
        self.uniform += u32::from(manner == Manner::Uniform);
        manner
    }

    /// One guess; whether it was looked at.
    fn guesses(&mut self, whence: &Whence, target: &Target) -> bool {
        if self.state.admit(whence, target, self.now).is_err() {
            self.turned_away += 1;
            return false;
        }
        let alarms = self.state.wrong(whence, target, self.now);
        self.note(alarms);
        true
    }

    fn logs_in(&mut self, whence: &Whence, target: &Target) -> bool {
        if self.state.admit(whence, target, self.now).is_err() {
            self.turned_away += 1;
            return false;
        }
        self.state.right(whence, target, self.now);
        true
    }

    fn note(&mut self, alarms: Vec<Alarm>) {
        let now = self.now;
        self.alarms.extend(alarms.into_iter().map(|alarm| (now, alarm)));
    }

    fn standing(&self, whence: &Whence, name: &str) -> Standing {
        let is_regular = self.state.is_regular(whence, &BareName::parse(name).unwrap());
        if whence.school.is_some() || is_regular {
            Standing::AtHome
        } else {
            Standing::Stranger
        }
    }

    fn target(&self, whence: &Whence, name: &str, class: CredentialClass, school: u32) -> Target {
        Target {
            name: BareName::parse(name).unwrap(),
            class,
            institutions: vec![InstitutionNumber::parse(&format!("{school:06}")).unwrap()],
            standing: self.standing(whence, name),
        }
    }

    fn assert_calm(&self, what: &str) {
        assert!(self.alarms.is_empty(), "{what}: {:?}", self.alarms);
        assert_eq!((self.uniform, self.turned_away), (0, 0), "{what}");
    }

    fn first_alarm(&self, kind: AlarmKind, scope: &Scope) -> Timestamp {
        let found = self
            .alarms
            .iter()
            .find(|(_, alarm)| alarm.kind == kind && alarm.scope == *scope);
        found.unwrap_or_else(|| panic!("no {kind:?} of {scope:?}")).0
    }

    /// Everybody of a school of six hundred comes in within ten minutes: one in twenty mistypes the
    /// name, one in twelve the secret, one in fifty has forgotten it and gives up after five.
    fn school_comes_in(&mut self, whence: &Whence, school: u32) {
        let ambient = Ambient::system();
        let computers: Vec<_> = (0..150).map(|_| Device::new(&ambient)).collect();
        for pupil in 0..600_u32 {
            let device = computers[usize::try_from(self.below(150)).unwrap()].clone();
            let whence = Whence {
                device: Some(device),
                ..whence.clone()
            };
            let name = format!("elev{school}x{pupil}");
            let class = match pupil % 3 {
                0 => CredentialClass::Pictures,
                1 => CredentialClass::Words,
                _ => CredentialClass::Chosen,
            };
            while self.per_cent(5) {
                let slip = self.below(26);
                self.types_unknown(&whence, &format!("{name}{slip}"));
            }
            let target = self.target(&whence, &name, class, school);
            if self.per_cent(2) {
                for _ in 0..5 {
                    self.guesses(&whence, &target);
                }
            } else {
                while self.per_cent(8) {
                    self.guesses(&whence, &target);
                }
                self.logs_in(&whence, &target);
            }
            self.passes(SignedDuration::from_secs(1));
        }
    }
}

fn network(number: u64) -> Whence {
    Whence {
        network: Some(format!("10.{}.{}.0/24", number / 256, number % 256)),
        ..Whence::default()
    }
}

fn registered(name: &str) -> Whence {
    Whence {
        school: Some(name.into()),
        ..network(9_999)
    }
}

/// How many accounts open by chance.
fn expected(guesses: u64, class: CredentialClass) -> f64 {
    f64::from(u32::try_from(guesses).unwrap()) / f64::from(u32::try_from(class.one_in()).unwrap())
}

#[test]
fn an_honest_school_day_trips_nothing() {
    for seed in 0..6 {
        for (what, whence) in [
            ("registered", registered("skolen")),
            ("not registered", network(1)),
        ] {
            let mut day = Day::begin(seed);
            for _ in 0..3 {
                day.school_comes_in(&whence, 101_001);
                day.passes(SignedDuration::from_mins(230));
            }
            day.assert_calm(&format!("{what}, seed {seed}"));
        }
    }
}

#[test]
fn an_honest_evening_at_home_trips_nothing() {
    let mut day = Day::begin(1);
    for pupil in 0..8_000_u64 {
        let home = network(pupil % 3_000);
        let name = format!("elev{pupil}");
        let school = 100_000 + u32::try_from(pupil % 40).unwrap();
        if day.per_cent(5) {
            day.types_unknown(&home, &format!("{name}x"));
        }
        let target = day.target(&home, &name, CredentialClass::Chosen, school);
        while day.per_cent(8) {
            day.guesses(&home, &target);
        }
        day.logs_in(&home, &target);
        day.passes(SignedDuration::from_millis(700));
    }
    day.assert_calm("an evening at home");
}

#[test]
fn many_honest_slips_are_none_where_they_are_usual() {
    for (usual, is_calm) in [(vec![1_500; 8], true), (Vec::new(), false)] {
        let mut day = Day::begin(1);
        let hour = hour_of(day.now);
        day.state.usual.learn(Counted::Names, hour, usual);
        for family in 0..4_000_u64 {
            day.types_unknown(&network(family), &format!("elev{family}x"));
            day.passes(SignedDuration::from_millis(500));
        }
        assert_eq!(day.alarms.is_empty() && day.uniform == 0, is_calm);
    }
}

#[test]
fn a_sweep_from_one_address_learns_forty_names() {
    let mut day = Day::begin(1);
    let ambient = Ambient::system();
    let told = (0..10_000).filter(|number| {
        // Each name from a browser that has forgotten everything.
        let whence = Whence {
            device: Some(Device::new(&ambient)),
            ..network(1)
        };
        day.passes(SignedDuration::from_millis(300));
        day.types_unknown(&whence, &format!("gaet{number}")) == Manner::Told
    });
    assert_eq!(told.count(), 40);
    let alarm = day.first_alarm(AlarmKind::Enumeration, &Scope::Network);
    assert!(alarm.duration_since(EIGHT.parse().unwrap()) < SignedDuration::from_mins(5));
    assert_eq!(day.alarms.len(), 1, "told once: {:?}", day.alarms);
}

#[test]
fn a_sweep_in_one_browser_learns_five_names() {
    let mut day = Day::begin(1);
    let whence = Whence {
        device: Some(Device::new(&Ambient::system())),
        ..network(1)
    };
    // Its first answer brings it the cookie that it is known by from then on.
    let told = (0..30).filter(|number| {
        let whence = Whence {
            is_new_device: *number == 0,
            ..whence.clone()
        };
        day.types_unknown(&whence, &format!("gaet{number}")) == Manner::Told
    });
    assert_eq!(told.count(), 5);
}

#[test]
fn a_sweep_from_two_hundred_addresses_learns_five_hundred_and_no_school_notices() {
    let mut day = Day::begin(1);
    let school = registered("skolen");
    let mut told = 0;
    for number in 0..10_000_u64 {
        let manner = day.types_unknown(&network(number % 200), &format!("gaet{number}"));
        told += u32::from(manner == Manner::Told);
        day.passes(SignedDuration::from_millis(60));
    }
    assert_eq!(told, 500);
    day.first_alarm(AlarmKind::Enumeration, &Scope::Everywhere);
    let before = day.uniform;
    day.school_comes_in(&school, 101_001);
    assert_eq!((day.uniform, day.turned_away), (before, 0));
}

#[test]
fn a_sweep_that_goes_on_all_day_learns_no_more() {
    let mut day = Day::begin(1);
    let mut told = 0;
    for number in 0..20_000_u64 {
        let manner = day.types_unknown(&network(1), &format!("gaet{number}"));
        told += u32::from(manner == Manner::Told);
        day.passes(SignedDuration::from_secs(4));
    }
    assert_eq!(told, 40);
}

/// One guess at each of a hundred thousand accounts of 170 schools.
fn spray(class: CredentialClass, accounts: u64, addresses: u64, pace: SignedDuration) -> (Day, u64) {
    let mut day = Day::begin(1);
    let mut looked_at = 0;
    for account in 0..accounts {
        let whence = network(account % addresses);
        let school = 100_000 + u32::try_from(account % 170).unwrap();
        let target = day.target(&whence, &format!("elev{account}"), class, school);
        looked_at += u64::from(day.guesses(&whence, &target));
        day.passes(pace);
    }
    (day, looked_at)
}

#[test]
fn a_spray_over_a_hundred_thousand_accounts_opens_less_than_half_a_one() {
    use CredentialClass::{Chosen, Pictures, Words};
    let (in_an_hour, in_a_day) = (SignedDuration::from_millis(36), SignedDuration::from_millis(864));
    for (class, accounts, addresses, pace) in [
        (Pictures, 100_000, 20_000, in_an_hour),
        (Chosen, 100_000, 20_000, in_a_day),
        (Words, 20_000, 5_000, in_an_hour),
        (Chosen, 20_000, 200, in_an_hour),
        (Chosen, 20_000, 1, in_an_hour),
    ] {
        let (day, looked_at) = spray(class, accounts, addresses, pace);
        let (what, hits) = (
            format!("{class:?} from {addresses} at {pace:?}: {looked_at} of {accounts}"),
            expected(looked_at, class),
        );
        assert!(hits < 0.5, "{what}: {hits}");
        assert!(looked_at < 5_000, "{what}");
        let first = day.alarms.first().expect("an alarm").0;
        let after = first.duration_since(EIGHT.parse().unwrap());
        let soon = if pace == in_an_hour { 5 } else { 20 };
        assert!(after < SignedDuration::from_mins(soon), "{what}: {after:?}");
    }
}

#[test]
fn whoever_is_known_goes_on_while_strangers_wait() {
    let mut day = Day::begin(1);
    let (home, class) = (network(60_000), CredentialClass::Chosen);
    let own = day.target(&home, "alma1234", class, 100_000);
    assert!(day.logs_in(&home, &own));
    for account in 0..8_000_u64 {
        let whence = network(account % 4_000);
        let school = 100_000 + u32::try_from(account % 170).unwrap();
        let target = day.target(&whence, &format!("elev{account}"), class, school);
        day.guesses(&whence, &target);
    }
    assert!(day.turned_away > 5_000);
    let before = day.turned_away;
    // At home, with the own browser, at school; and another kind of secret is not touched.
    let at_home = day.target(&home, "alma1234", class, 100_000);
    assert_eq!(at_home.standing, Standing::AtHome);
    assert!(day.logs_in(&home, &at_home));
    let elsewhere = network(3);
    let with_device = Target {
        standing: Standing::Device,
        ..day.target(&elsewhere, "alma1234", class, 100_000)
    };
    assert!(day.logs_in(&elsewhere, &with_device));
    day.school_comes_in(&registered("skolen"), 100_001);
    let pictures = day.target(&elsewhere, "emil1234", CredentialClass::Pictures, 999_999);
    assert_eq!(day.turned_away, before);
    assert!(day.state.admit(&elsewhere, &pictures, day.now).is_ok());
    // A day without attack, and all is as before.
    day.passes(SignedDuration::from_hours(3));
    let stranger = day.target(&elsewhere, "sofi1234", class, 100_000);
    assert!(day.logs_in(&elsewhere, &stranger));
}

#[test]
fn newcomers_of_clean_networks_are_let_in_while_an_attack_from_few_networks_goes_on() {
    let mut day = Day::begin(1);
    let class = CredentialClass::Chosen;
    for account in 0..8_000_u64 {
        let whence = network(account % 100);
        let school = 100_000 + u32::try_from(account % 170).unwrap();
        let target = day.target(&whence, &format!("elev{account}"), class, school);
        day.guesses(&whence, &target);
    }
    let before = day.turned_away;
    for family in 0..500_u64 {
        let home = network(1_000 + family);
        let target = day.target(&home, &format!("barn{family}"), class, 300_000);
        assert!(day.logs_in(&home, &target), "{family}");
    }
    assert_eq!(day.turned_away, before);
}

#[test]
fn an_attack_in_pulses_opens_less_than_half_an_account_in_a_day() {
    for class in [CredentialClass::Chosen, CredentialClass::Pictures] {
        let mut day = Day::begin(1);
        let (mut looked_at, mut account) = (0, 0_u64);
        for _ in 0..12 {
            for _ in 0..3_000 {
                account += 1;
                let whence = network(account % 60_000);
                let school = 100_000 + u32::try_from(account % 2_000).unwrap();
                let target = day.target(&whence, &format!("elev{account}"), class, school);
                looked_at += u64::from(day.guesses(&whence, &target));
            }
            day.passes(SignedDuration::from_hours(2));
        }
        let hits = expected(looked_at, class);
        assert!(hits < 0.5, "{class:?}: {looked_at} looked at, {hits}");
    }
}

#[test]
fn what_is_usual_never_makes_guessing_worth_it() {
    let mut day = Day::begin(1);
    let class = CredentialClass::Chosen;
    day.state
        .usual
        .learn(Counted::Guesses(class), hour_of(day.now), vec![1_000_000; 8]);
    let mut looked_at = 0;
    for account in 0..20_000_u64 {
        let whence = network(account % 60_000);
        let school = 100_000 + u32::try_from(account % 2_000).unwrap();
        let target = day.target(&whence, &format!("elev{account}"), class, school);
        looked_at += u64::from(day.guesses(&whence, &target));
    }
    assert!(expected(looked_at, class) < 0.5, "{looked_at}");
}

#[test]
fn a_pupil_with_a_script_at_school_raises_an_alarm_and_shuts_nobody_out() {
    let mut day = Day::begin(1);
    let school = registered("skolen");
    day.school_comes_in(&school, 100_001);
    let mut accounts = HashSet::new();
    for account in 0..2_000_u64 {
        let name = format!("elev100001x{}", account % 600);
        accounts.insert(name.clone());
        let target = day.target(&school, &name, CredentialClass::Pictures, 100_001);
        day.guesses(&school, &target);
    }
    day.first_alarm(AlarmKind::Spraying, &Scope::School);
    let counts = day.alarms.iter().fold(HashMap::new(), |mut counts, (_, alarm)| {
        *counts.entry(alarm.scope.word()).or_insert(0) += 1;
        counts
    });
    assert_eq!(counts.get("everywhere"), None, "{counts:?}");
    let before = day.turned_away;
    for name in &accounts {
        let target = day.target(&school, name, CredentialClass::Pictures, 100_001);
        day.logs_in(&school, &target);
    }
    // Those who had never been there, and were guessed at, wait.
    assert!(day.turned_away - before < 30, "{}", day.turned_away - before);
}
