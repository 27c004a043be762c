//! Parties that are switched off, on every path that they could still be used on (B13).

use super::Before;
use super::saml_stage::{SOFIE, Stage};
use crate::world::federation::is_logged_in;

#[tokio::test]
async fn b13_what_is_switched_off_counts_nowhere() {
    let mut stage = Stage::set().await;
    let files = &stage.world.house.files;
    let lillekoebing = "metadata/upstreams/lillekoebing.toml";
    let service = "metadata/services/skolebroen.toml";

    // A session that was made while all was well.
    let mut earlier = stage.world.visitor();
    let asked = stage.world.sent_to_lillekoebing(&mut earlier, "skolebroen").await;
    let answer = stage
        .world
        .lillekoebing
        .log_in(&asked, SOFIE, stage.world.house.now())
        .await;
    assert!(is_logged_in(
        &earlier.post_from_elsewhere(&asked.acs_path(), &answer).await
    ));

    files.change(
        lillekoebing,
        "kind = \"local\"",
        "enabled = false\nkind = \"local\"",
    );
    stage.world.house.reload();
    let before = stage.before().await;
    let page = stage.say(&stage.words()).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-306", "UL-306"),
            "B13 an answer under way",
        )
        .await;
    let before = Before::of(&stage.world, &earlier).await;
    let (_, url) = stage.world.request_of("skolebroen", |_| {}).await;
    let page = earlier.get(&url).await;
    before
        .assert_denied(
            &stage.world,
            &earlier,
            &page,
            ("UL-306", "UL-306"),
            "B13 an earlier session",
        )
        .await;
    let mut chooser = stage.world.visitor();
    let first = stage.world.arrive(&mut chooser, "skolebroen").await;
    let list = first.url.as_str().replace("/name", "/choose");
    let list = chooser.get(&list).await;
    assert!(!list.body.contains("value=\"lillekoebing\""), "not offered");
    let before = Before::of(&stage.world, &chooser).await;
    let chosen = chooser
        .submit(
            &crate::world::html::forms(&list.body)
                .into_iter()
                .find(|form| form.method == "post")
                .unwrap(),
            &[("upstream", "lillekoebing")],
        )
        .await;
    before
        .assert_denied(
            &stage.world,
            &chooser,
            &chosen,
            ("UL-306", "UL-306"),
            "B13 chosen all the same",
        )
        .await;

    stage
        .world
        .house
        .files
        .change(lillekoebing, "enabled = false\n", "");
    stage
        .world
        .house
        .files
        .change(service, "name = ", "enabled = false\nname = ");
    stage.world.house.reload();
    let before = stage.before().await;
    let page = stage.say(&stage.words()).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-504", "UL-504"),
            "B13 the service",
        )
        .await;
}
