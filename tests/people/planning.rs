//! Plans: the same whatever the order of the rows, and nothing more to do once carried out.

use std::collections::HashMap;

use jiff::Timestamp;
use portner::domain::account::PersonId;
use portner::domain::civil_number::ReplacementNumber;
use portner::domain::cpr::{Cpr, CprIndex};
use portner::people::import::delivery::{Content, Delivery};
use portner::people::import::plan::{Numbers, Plan, Situation, plan};
use portner::store::present::Present;
use proptest::prelude::*;

use super::school::{START, School, nth_cpr};

/// Not keyed: a test's own.
struct Open;

impl Numbers for Open {
    fn index(&self, cpr: &Cpr) -> CprIndex {
        let mut index = [0; 32];
        index[..10].copy_from_slice(cpr.expose().as_bytes());
        CprIndex(index)
    }

    fn mark(&self, number: &ReplacementNumber, _: PersonId) -> [u8; 32] {
        let mut mark = [1; 32];
        mark[..10].copy_from_slice(&number.expose().as_bytes()[..10]);
        mark
    }
}

fn planned<'a>(delivery: &'a Delivery, present: &'a Present, known: &'a Known) -> Plan<'a> {
    plan(
        delivery,
        Situation {
            present,
            known,
            takes_over: None,
            reidentified: None,
            moves_in: false,
            numbers: &Open,
            now: START.parse::<Timestamp>().unwrap(),
        },
    )
}

type Known = HashMap<CprIndex, portner::store::present::KnownPerson>;

#[test]
fn a_first_delivery_adds_everybody_once() {
    let delivery = School::of(20).whole();
    let (present, known) = (Present::default(), Known::new());
    let plan = planned(&delivery, &present, &known);
    assert_eq!(
        (
            plan.counts.added,
            plan.counts.contacts_added,
            plan.counts.groups_put
        ),
        (22, 20, 2)
    );
    assert_eq!(plan.newcomers.len(), 42);
    assert_eq!(plan.relations.len(), 20);
    assert!(plan.objections.is_empty() && plan.gone.is_empty());
    let class = &plan.classes[0];
    assert_eq!(
        (class.name.as_str(), class.before, class.after, class.added),
        ("0A", 0, 10, 10)
    );
}

#[test]
fn one_number_is_one_person_and_one_adult_of_two_children_is_one_adult() {
    let mut school = School::of(2);
    let mother = nth_cpr(10_000);
    school.student("E0001").contacts.clear();
    school.mother("E0001", &mother, false);
    school.teacher("M1", &mother, &[]);
    let delivery = school.whole();
    let (present, known) = (Present::default(), Known::new());
    let plan = planned(&delivery, &present, &known);
    assert_eq!((plan.adults.len(), plan.relations.len()), (1, 2));
    assert_eq!(
        plan.newcomers.len(),
        4,
        "two pupils, two teachers, one of them a mother"
    );
    let custody: Vec<_> = plan.relations.iter().map(|one| one.custody).collect();
    assert_eq!(custody, [true, false]);
}

#[test]
fn a_replacement_number_leads_to_nobody() {
    let mut school = School::new("909001", "TABULEX");
    school.class("3A", "3");
    school.pupil("E1", "6102034567", "3A", "3");
    school.pupil("E2", "6102034567", "3A", "3");
    let delivery = school.whole();
    let (present, known) = (Present::default(), Known::new());
    assert_eq!(planned(&delivery, &present, &known).newcomers.len(), 2);
}

#[test]
fn a_class_that_nobody_knows_refuses_the_pupil() {
    let mut school = School::of(10);
    school.pupil("E9", &nth_cpr(9000), "ingen", "3");
    let delivery = school.whole();
    let (present, known) = (Present::default(), Known::new());
    let plan = planned(&delivery, &present, &known);
    assert_eq!((plan.counts.added, plan.counts.refused), (11, 1));
    assert_eq!(plan.objections[0].why.key(), "import-class-unknown");
}

/// The thread's own CPU time: other tests do not count.
fn cpu() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|field| field.parse().ok());
    nanoseconds.unwrap_or_default()
}

#[test]
fn planning_four_times_the_people_costs_about_four_times_the_work() {
    let cost = |pupils: usize| {
        let delivery = School::of(pupils).whole();
        let (present, known) = (Present::default(), Known::new());
        let tries = (0..3).map(|_| {
            // Often enough for a clock that ticks.
            let before = cpu();
            for _ in 0..20 {
                assert!(planned(&delivery, &present, &known).objections.is_empty());
            }
            cpu() - before
        });
        tries.min().unwrap()
    };
    let (few, many) = (cost(300), cost(1200));
    assert!(
        many <= few * 6,
        "300 pupils {few} ns, four times as many {many} ns"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_order_of_rows_does_not_matter(seed in any::<u64>(), pupils in 1_usize..40) {
        let mut school = School::of(pupils);
        // One adult of many, and one who teaches too.
        for n in (0..pupils).step_by(3) {
            school.mother(&format!("E{n:04}"), &nth_cpr(20_000), n % 2 == 0);
        }
        school.teacher("M", &nth_cpr(20_000), &[]);
        let delivery = school.clone().whole();
        let mut shuffled = school.whole();
        let Content::Whole(roster) = &mut shuffled.content else { panic!("a whole delivery") };
        let mut state = seed | 1;
        let mut chance = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        for n in (1..roster.people.len()).rev() {
            roster.people.swap(n, chance(n + 1));
        }
        roster.groups.reverse();
        let (present, known) = (Present::default(), Known::new());
        let (one, other) = (planned(&delivery, &present, &known), planned(&shuffled, &present, &known));
        prop_assert_eq!(&one, &other);
    }
}
