//! The last administrator who gets to the desk in fact keeps the right (U73, K07).

use super::stage::{DESK, Stage, send};
use crate::world::house::House;

const WHY: (&str, &str) = ("reason", "skifter arbejde");

async fn execute(stage: &Stage, sql: &'static str) {
    let house: &House = &stage.world.house;
    house.execute(sql).await;
}

#[tokio::test]
async fn whoever_is_blocked_is_nobody_to_leave_an_institution_to() {
    let stage = Stage::set().await;
    stage.make_administrator("tove1234", super::stage::HERE).await;
    execute(
        &stage,
        "UPDATE accounts SET blocked = TRUE WHERE user_name = 'tove1234'",
    )
    .await;
    let mut hanne = stage.hanne().await;
    let front = hanne.get(DESK).await;
    assert!(front.body.contains("eneste administrator"), "{}", front.body);
    let list = hanne.get(&format!("{DESK}/administratorer")).await;
    assert_eq!(
        list.body.matches("kan ikke logge ind").count(),
        1,
        "Tove alone: {}",
        list.body
    );
    let me = stage.person(&mut hanne, "hann1234").await;
    let page = send(&mut hanne, &me, ("/rettighed", Some("withdraw")), &[WHY]).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains("mindst én administrator"), "{}", page.body);
    assert_eq!(hanne.get(DESK).await.status, 200);

    execute(
        &stage,
        "UPDATE accounts SET blocked = FALSE WHERE user_name = 'tove1234'",
    )
    .await;
    let page = send(&mut hanne, &me, ("/rettighed", Some("withdraw")), &[WHY]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(hanne.get(DESK).await.status, 403, "no administrator any more");
}

#[tokio::test]
async fn whoever_has_no_way_to_prove_two_factors_is_none_either() {
    let stage = Stage::set().await;
    let portner = &stage.world.house.portner;
    let number = super::stage::number(super::stage::HERE);
    let here = portner.store.institution(&number);
    let here = here.await.unwrap().unwrap();
    // The municipality's own login is not believed to have two factors, and the national eID finds people by number.
    let ways = portner.registry().strong_ways(&here);
    assert!(ways.by_number && !ways.by_account, "{ways:?}");
    stage.make_administrator("tove1234", super::stage::HERE).await;
    execute(
        &stage,
        "UPDATE accounts SET cpr_identified = FALSE WHERE user_name = 'tove1234'",
    )
    .await;
    let mut hanne = stage.hanne().await;
    let me = stage.person(&mut hanne, "hann1234").await;
    let page = send(&mut hanne, &me, ("/rettighed", Some("withdraw")), &[WHY]).await;
    assert_eq!(page.status, 422, "{}", page.body);
}
