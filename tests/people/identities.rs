//! Whose number it is: what becomes of the ways in of who had it by mistake, and of whoever is
//! somebody else's too (K01, E14, C04).

use portner::domain::cpr::Cpr;
use portner::keys::vault::CprUuidIndex;
use portner::people::import::importer::Wish;
use portner::people::import::names::LocalId;

use super::importing::Desk;
use super::school::{School, cpr, nth_cpr};

fn again(id: &str) -> Wish {
    Wish {
        reidentifies: Some(LocalId::parse(id).unwrap()),
        ..Wish::default()
    }
}

#[tokio::test]
async fn who_came_in_by_a_number_typed_for_somebody_else_is_out_once_it_is_mended() {
    let desk = Desk::open().await;
    let store = &desk.importer.store;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    let bo = desk.actor(&school, "E0001").await.person;
    let anna = CprUuidIndex([7; 32]);
    store.remember_cpr_uuid(&anna, bo.id).await.unwrap();
    // Somebody else's is left alone, and so is Bo's own where the number stays.
    let other = desk.actor(&school, "E0002").await.person;
    store
        .remember_cpr_uuid(&CprUuidIndex([8; 32]), other.id)
        .await
        .unwrap();
    desk.give(&school.whole()).await;
    assert_eq!(store.person_by_cpr_uuid(&anna).await.unwrap(), Some(bo.id));

    school.person("E0001").person.number = cpr(&nth_cpr(7000));
    desk.try_give(&school.whole(), "ada", &again("E0001"))
        .await
        .unwrap();
    assert_ne!(desk.actor(&school, "E0001").await.person.cpr, bo.cpr);
    assert_eq!(
        store.person_by_cpr_uuid(&anna).await.unwrap(),
        None,
        "Anna's eID does not lead to Bo any more"
    );
    let kept = store.person_by_cpr_uuid(&CprUuidIndex([8; 32])).await.unwrap();
    assert_eq!(kept, Some(other.id));
}

#[tokio::test]
async fn nobody_gives_the_person_of_another_school_another_number() {
    let desk = Desk::open().await;
    let mut theirs = School::of(20);
    desk.give(&theirs.whole()).await;
    let pupil = desk.actor(&theirs, "E0003").await.person;
    // The number of their pupil, typed for somebody else here.
    let mut here = School::new("909002", "ANDEN");
    here.class("3A", "3");
    here.pupil("X1", &nth_cpr(3), "3A", "3");
    desk.give(&here.whole()).await;
    here.person("X1").person.number = cpr(&nth_cpr(7000));
    let done = desk.try_give(&here.whole(), "ada", &again("X1")).await.unwrap();
    assert_eq!(done.overview.findings[0].code, "number-elsewhere");
    assert_eq!(desk.actor(&theirs, "E0003").await.person.cpr, pupil.cpr);
    // Another local id is another person, as it says.
    here.without("X1");
    here.pupil("X2", &nth_cpr(7000), "3A", "3");
    let delivery = here.whole();
    let held = desk.give(&delivery).await;
    desk.confirm(&delivery, held.record.id).await;
    assert_ne!(desk.actor(&here, "X2").await.person.id, pupil.id);
    let index = desk.importer.vault.index(&Cpr::parse(&nth_cpr(3)).unwrap());
    assert_eq!(desk.actor(&theirs, "E0003").await.person.cpr, Some(index));
    // And once nobody else tells of them, a new number is theirs to have.
    theirs.person("E0001").person.number = cpr(&nth_cpr(7001));
    let done = desk
        .try_give(&theirs.whole(), "ada", &again("E0001"))
        .await
        .unwrap();
    assert!(done.overview.findings.is_empty(), "{:?}", done.overview.findings);
}
