//! Whatever a school said before: once a delivery is carried out, what is there is what it says, and the
//! same again changes nothing (K05, U65).

use std::collections::BTreeMap;

use jiff::SignedDuration;
use portner::domain::import::ImportState;
use portner::people::import::delivery::Delivery;
use proptest::prelude::*;

use super::importing::Desk;
use super::school::{School, nth_cpr};

const CLASSES: [&str; 3] = ["0A", "0B", "0C"];
const LEVELS: [&str; 3] = ["3", "4", "7"];

/// Where a pupil is: class, level, and whether a mother is told of; nothing: not at the school.
type Pupil = Option<(usize, usize, bool)>;

fn school_of(pupils: &[Pupil], hours: i64) -> School {
    let mut school = School::new("909001", "TABULEX");
    school.sent_at += SignedDuration::from_hours(hours);
    for class in CLASSES {
        school.class(class, "3");
    }
    school.teacher("L1", &nth_cpr(5_000), &CLASSES);
    for (n, pupil) in pupils.iter().enumerate() {
        if let Some((class, level, has_mother)) = pupil {
            let id = format!("E{n:04}");
            school.pupil(&id, &nth_cpr(n), CLASSES[*class], LEVELS[*level]);
            if *has_mother {
                school.mother(&id, &nth_cpr(10_000 + n), true);
            }
        }
    }
    school
}

/// What a school said of each pupil: class and level.
fn said(pupils: &[Pupil]) -> BTreeMap<String, (String, String)> {
    let there = pupils.iter().enumerate();
    there
        .filter_map(|(n, pupil)| {
            let (class, level, _) = (*pupil)?;
            Some((
                format!("E{n:04}"),
                (CLASSES[class].to_owned(), LEVELS[level].to_owned()),
            ))
        })
        .collect()
}

/// Carried out, whoever has to confirm it.
async fn give(desk: &Desk, delivery: &Delivery) -> bool {
    let outcome = desk.give(delivery).await;
    let outcome = match outcome.record.state {
        ImportState::Held => desk.confirm(delivery, outcome.record.id).await,
        _ => outcome,
    };
    assert_eq!(outcome.record.state, ImportState::Applied, "{outcome:?}");
    outcome.overview.counts.is_nothing()
}

/// What is there now of each pupil.
async fn there(desk: &Desk, school: &School) -> BTreeMap<String, (String, String)> {
    let present = desk.present(school).await;
    let mut found = BTreeMap::new();
    for actor in present.actors.iter().filter(|actor| actor.gone_at.is_none()) {
        let (Some(id), Some(level)) = (&actor.local_id, actor.level) else {
            continue;
        };
        let classes: Vec<_> = present
            .groups
            .iter()
            .filter(|group| actor.memberships.contains(&group.id))
            .map(|group| group.name.clone())
            .collect();
        found.insert(id.clone(), (classes.join("+"), level.as_text()));
    }
    found
}

fn pupils() -> impl Strategy<Value = Vec<Pupil>> {
    let pupil = prop_oneof![
        1 => Just(None),
        3 => (0..CLASSES.len(), 0..LEVELS.len(), any::<bool>()).prop_map(Some),
    ];
    proptest::collection::vec(pupil, 10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn what_was_said_last_is_what_is_there_and_twice_is_once(before in pupils(), after in pupils()) {
        prop_assume!(said(&before).len() > 1 && said(&after).len() > 1);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (is, again) = runtime.block_on(async {
            let desk = Desk::open().await;
            give(&desk, &school_of(&before, 0).whole()).await;
            let mut school = school_of(&after, 5);
            give(&desk, &school.whole()).await;
            let is = there(&desk, &school).await;
            let again = give(&desk, &school.whole()).await;
            assert_eq!(there(&desk, &school).await, is);
            (is, again)
        });
        prop_assert_eq!(is, said(&after));
        prop_assert!(again, "the same once more changes nothing");
    }
}
