//! A made-up municipality, the same for the same seed: for demonstrations, tests and measurements.
//!
//! No name is of anybody: names are put together from syllables. No CPR number can be a living person's:
//! children have numbers of the years 2037 to 2056, which are not given out before, and adults numbers of
//! 1858, whose bearers would have been 110 when the register began. There are 1,344,000 of these for adults and
//! children together; beyond that they begin again, and adults share theirs.
//!
//! Some children have replacement numbers instead, whose day is 60 too late, with a plausible day of birth. There
//! are a thousand of them for each day, so that two children of a large municipality may have the same, and a
//! real child may: nothing is looked for by them, and none of this belongs where real people are.
//!
//! Seven schools of eight are for pupils up to ninth grade, the eighth is an upper secondary one. A class has 18
//! to 27 pupils, one person of ten is employed or attached, one of fifty is protected and has an alias.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::delivery::{
    Content, DeliveredContact, DeliveredGroup, DeliveredInstitution, DeliveredNumber, DeliveredPerson,
    Delivery, Employee, Extern, Format, Part, PersonData, Place, Roster, Student,
};
use super::names::{LocalId, SchoolYear, SourceName, VisibleName};
use crate::domain::civil_number::{CivilNumber, CivilNumberKind};
use crate::domain::contact::Relation;
use crate::domain::group::GroupKind;
use crate::domain::institution::InstitutionNumber;
use crate::domain::role::Role;
use crate::domain::stage::{Grade, Level, Stage, YouthYear};

/// What is to be made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Municipality {
    /// The same seed gives the same municipality.
    pub seed: u64,
    /// How many schools; of 1296 at most, numbers being `9Z…` and three characters.
    pub schools: u32,
    /// How many people they deliver together, parents not counted.
    pub people: u32,
    /// When the deliveries were sent.
    pub sent_at: Timestamp,
}

/// Every so manieth institution is an upper secondary school.
const YOUTH_EVERY: u32 = 8;
/// The fewest pupils of a class, and how many sizes there are.
const CLASS: (u32, u32) = (18, 10);

const GIVEN: [&str; 16] = [
    "Zab", "Kvim", "Dølf", "Ybb", "Trozz", "Vælm", "Snurp", "Glim", "Pjæt", "Bomb", "Fnug", "Hyld", "Jolk",
    "Ræb", "Tvisk", "Wupp",
];
const GIVEN_ENDS: [&str; 16] = [
    "a", "o", "ine", "us", "elle", "emil", "ika", "ur", "ette", "ax", "ille", "obo", "yne", "ert", "åse",
    "ix",
];
const FAMILY: [&str; 16] = [
    "Blæks", "Kvark", "Mumle", "Nøkke", "Pludse", "Ringle", "Skvat", "Tågebo", "Vrøvle", "Zink", "Ørke",
    "Åsnak", "Dingel", "Fjumre", "Gnaske", "Hviske",
];
const FAMILY_ENDS: [&str; 16] = [
    "holm", "bulle", "klat", "rup", "sprutte", "dam", "pift", "lund", "toft", "klump", "skov", "brink",
    "nap", "kvist", "bæk", "snor",
];

/// SplitMix64: not for secrets, only for variety.
#[derive(Debug, Clone, Copy)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.roll() % u64::from(end.max(1))).unwrap_or_default()
    }

    fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str; 16]) -> &'a str {
        from.iter()
            .copied()
            .nth(self.below(16) as usize)
            .unwrap_or_default()
    }
}

/// What is being made up for one school.
struct School<'m> {
    of: &'m Municipality,
    dice: Dice,
    /// Goes up with each number that was given, in all schools.
    numbers: &'m mut u32,
    line: u32,
    family: Option<(Box<str>, Vec<DeliveredContact>)>,
    is_youth: bool,
}

impl Municipality {
    /// One delivery for each school, whole and without findings; nothing where no such school can be.
    pub fn deliveries(&self) -> impl Iterator<Item = Delivery> {
        let mut numbers = 0;
        (0..self.schools).filter_map(move |index| {
            School {
                of: self,
                dice: Dice(self.seed ^ (u64::from(index) << 32)),
                numbers: &mut numbers,
                line: 1,
                family: None,
                is_youth: index % YOUTH_EVERY == YOUTH_EVERY - 1,
            }
            .delivery(index)
        })
    }

    /// How many people a school delivers: the first ones one more where they cannot have the same.
    fn people_of(&self, school: u32) -> u32 {
        let schools = self.schools.max(1);
        self.people / schools + u32::from(school < self.people % schools)
    }
}

fn base36(number: u32) -> char {
    char::from_digit(number % 36, 36)
        .unwrap_or('0')
        .to_ascii_uppercase()
}

fn id(letter: char, number: u32) -> Option<LocalId> {
    LocalId::parse(&format!("{letter}{number}")).ok()
}

/// A class that is being filled.
struct Class {
    local_id: LocalId,
    level: Level,
    /// The other groups of whoever is in it.
    more: BTreeSet<LocalId>,
}

impl School<'_> {
    fn delivery(mut self, index: u32) -> Option<Delivery> {
        let number = format!("9Z0{}{}0", base36(index / 36), base36(index));
        let number = InstitutionNumber::parse(&number).ok()?;
        let mut roster = Roster::default();
        let people = self.of.people_of(index);
        let pupils = people - people / 10;
        let sizes = self.sizes(pupils);
        let classes = self.groups(u32::try_from(sizes.len()).ok()?, &mut roster)?;
        let team = id('t', 0)?;
        let mut pupil = 0;
        for (class, size) in classes.iter().zip(sizes) {
            for _ in 0..size {
                roster.people.push(self.pupil(pupil, class)?);
                pupil += 1;
            }
        }
        let homes = classes.iter().map(|class| &class.local_id).cycle();
        for (employee, class) in (pupils..people).zip(homes) {
            let groups = BTreeSet::from([class.clone(), team.clone()]);
            roster.people.push(self.employee(employee, groups)?);
        }
        let sent = super::values::danish_date(self.of.sent_at);
        let kind = if self.is_youth { "Gymnasium" } else { "Skole" };
        Some(Delivery {
            source: SourceName::parse(&format!("demo-{number}")).ok()?,
            format: Format::UniloginXml,
            sent_at: self.of.sent_at,
            school_year: SchoolYear::of(sent)?,
            institution: DeliveredInstitution {
                name: Some(format!("{} {kind}", self.dice.pick(&FAMILY)).into()),
                number,
            },
            protected: roster.protected(),
            content: Content::Whole(roster),
            findings: Vec::new(),
        })
    }

    fn place(&mut self) -> Place {
        self.line += 1;
        Place::line(self.line)
    }

    /// So many pupils in classes of different sizes.
    fn sizes(&mut self, pupils: u32) -> Vec<u32> {
        let (mut sizes, mut left) = (Vec::new(), pupils);
        while left > 0 {
            let size = (CLASS.0 + self.dice.below(CLASS.1)).min(left);
            sizes.push(size);
            left -= size;
        }
        // The last one took what was left: the one before shares with it.
        if let [.., before, last] = sizes.as_mut_slice() {
            let both = *before + *last;
            (*before, *last) = (both - both / 2, both / 2);
        }
        sizes
    }

    /// The classes of a school, its year groups, teams, and what else there is, by year.
    fn groups(&mut self, classes: u32, roster: &mut Roster) -> Option<Vec<Class>> {
        let years = if self.is_youth { 3 } else { 10 };
        let mut all = Vec::new();
        for index in 0..classes {
            let letter = char::from(b'A' + u8::try_from(index / years % 26).ok()?);
            let level = self.level(index % years)?;
            let name = match level {
                Level::Grade(grade) => format!("{}.{letter}", grade.number()),
                _ => format!("{}.{}", index % years + 1, letter.to_ascii_lowercase()),
            };
            let local_id = id('k', index)?;
            let kind = GroupKind::Hovedgruppe;
            let class = self.group((local_id.clone(), kind, Some(level)), name);
            roster.groups.push(class);
            let more = BTreeSet::from([id('a', index % years)?, id('h', index % years)?]);
            all.push(Class {
                local_id,
                level,
                more,
            });
        }
        for year in 0..years.min(classes) {
            let level = self.level(year)?;
            let shown = year + u32::from(self.is_youth);
            let kind = GroupKind::Årgang;
            let group = self.group((id('a', year)?, kind, Some(level)), format!("{shown}. årgang"));
            roster.groups.push(group);
            let (kind, name) = match level.stage() {
                Some(Stage::Indskoling) => (GroupKind::Sfo, format!("SFO {shown}. klasse")),
                Some(Stage::Ungdomsuddannelse) => (GroupKind::Retning, format!("Studieretning {shown}")),
                _ => (GroupKind::Hold, format!("Valghold {shown}. klasse")),
            };
            let group = self.group((id('h', year)?, kind, Some(level)), name);
            roster.groups.push(group);
        }
        let team = self.group((id('t', 0)?, GroupKind::Team, None), "Personale".to_owned());
        roster.groups.push(team);
        Some(all)
    }

    fn level(&self, year: u32) -> Option<Level> {
        let year = u8::try_from(year).ok()?;
        Some(if self.is_youth {
            Level::Youth(YouthYear::new(year + 1)?)
        } else {
            Level::Grade(Grade::new(year)?)
        })
    }

    fn group(
        &mut self,
        (local_id, kind, level): (LocalId, GroupKind, Option<Level>),
        name: String,
    ) -> DeliveredGroup {
        DeliveredGroup {
            at: self.place(),
            local_id,
            name: name.into(),
            kind,
            level,
            line: None,
            from: None,
            to: None,
        }
    }

    fn given(&mut self) -> Box<str> {
        let (start, end) = (self.dice.pick(&GIVEN), self.dice.pick(&GIVEN_ENDS));
        format!("{start}{end}").into()
    }

    fn family_name(&mut self) -> Box<str> {
        let (start, end) = (self.dice.pick(&FAMILY), self.dice.pick(&FAMILY_ENDS));
        format!("{start}{end}").into()
    }

    fn name(&mut self, family: &str) -> VisibleName {
        VisibleName {
            given: self.given(),
            family: family.into(),
            protected: self.dice.one_in(50),
        }
    }

    /// A number of nobody: a child's of a year to come, or an adult's of 1858.
    fn number(&mut self, is_child: bool) -> Option<DeliveredNumber> {
        *self.numbers += 1;
        let number = *self.numbers;
        // 28 days × 12 months × 4000 running numbers, and 20 years for children.
        let (day, month) = (number % 28 + 1, number / 28 % 12 + 1);
        let rest = number / (28 * 12);
        let (year, running) = if is_child {
            (37 + rest % 20, 5000 + rest / 20 % 4000)
        } else {
            (58, 5000 + rest % 4000)
        };
        let text = format!("{day:02}{month:02}{year:02}{running:04}");
        Some(DeliveredNumber {
            number: CivilNumber::parse(&text, CivilNumberKind::Verified).ok()?,
            kind: CivilNumberKind::Verified,
        })
    }

    /// A replacement number for somebody born that day.
    fn replacement(&mut self, born: Date) -> Option<DeliveredNumber> {
        *self.numbers += 1;
        let (day, month, year) = (born.day() + 60, born.month(), born.year() % 100);
        let text = format!("{day:02}{month:02}{year:02}{:04}", 4000 + *self.numbers % 1000);
        Some(DeliveredNumber {
            number: CivilNumber::parse(&text, CivilNumberKind::Replacement).ok()?,
            kind: CivilNumberKind::Replacement,
        })
    }

    fn adult(&mut self, family: &str) -> Option<PersonData> {
        Some(PersonData {
            name: self.name(family),
            number: Some(self.number(false)?),
            birth_date: None,
            uni_id: None,
            user_name: None,
        })
    }

    fn pupil(&mut self, index: u32, class: &Class) -> Option<DeliveredPerson> {
        let at = self.place();
        let (family, contacts) = match self.family.take() {
            // Every third child is the sibling of the one before.
            Some(family) if index % 3 == 2 => family,
            _ => self.parents()?,
        };
        let (grade, role) = match class.level {
            Level::Grade(grade) => (i16::from(grade.number()), Role::Elev),
            Level::Youth(year) => (i16::from(year.number()) + 9, Role::Studerende),
            _ => (0, Role::Elev),
        };
        let (day, month) = (self.dice.below(28) + 1, self.dice.below(12) + 1);
        let born = Date::new(
            super::values::danish_date(self.of.sent_at).year() - 6 - grade,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        );
        let has_replacement = self.dice.one_in(40);
        let (number, birth_date) = if has_replacement {
            let born = born.ok()?;
            (self.replacement(born)?, Some(born))
        } else {
            (self.number(true)?, None)
        };
        let person = DeliveredPerson {
            at,
            local_id: id('e', index)?,
            person: PersonData {
                name: self.name(&family),
                number: Some(number),
                birth_date,
                uni_id: None,
                user_name: None,
            },
            part: Part::Student(Student {
                role,
                level: class.level,
                main_group: Some(class.local_id.clone()),
                groups: class.more.clone(),
                contacts: contacts
                    .iter()
                    .cloned()
                    .map(|contact| DeliveredContact { at, ..contact })
                    .collect(),
            }),
        };
        self.family = Some((family, contacts));
        Some(person)
    }

    fn parents(&mut self) -> Option<(Box<str>, Vec<DeliveredContact>)> {
        let family = self.family_name();
        let mut parents = Vec::new();
        for relation in [Relation::Mor, Relation::Far] {
            if relation == Relation::Far && self.dice.one_in(6) {
                continue;
            }
            parents.push(DeliveredContact {
                at: Place::line(self.line),
                local_id: None,
                person: self.adult(&family)?,
                relation,
                custody: !self.dice.one_in(12),
                access: Some(1),
            });
        }
        Some((family, parents))
    }

    fn employee(&mut self, index: u32, groups: BTreeSet<LocalId>) -> Option<DeliveredPerson> {
        let at = self.place();
        let family = self.family_name();
        let role = match index % 12 {
            0 => Role::Leder,
            1 => Role::Tap,
            2 | 3 => Role::Pædagog,
            4 => Role::Vikar,
            _ => Role::Lærer,
        };
        let part = if index % 40 == 5 {
            let role = Role::Praktikant;
            Part::Extern(Extern { role, groups })
        } else {
            Part::Employee(Employee {
                roles: BTreeSet::from([role]),
                short_name: Some(format!("m{index}").into()),
                groups,
            })
        };
        Some(DeliveredPerson {
            at,
            local_id: id('m', index)?,
            person: self.adult(&family)?,
            part,
        })
    }
}
