//! Parties that are switched off, on every path that they could still be used on (B13).

use axum::http::Method;

use super::Before;
use super::oidc_provider::error_of;
use super::oidc_tokens::tokens_for;
use super::saml_stage::{SOFIE, Stage};
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_client::text_of;
use crate::world::visitor::{Odd, leads_to};

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

/// Not even an error goes to where a service stood, nobody is sent there after a logout, and its
/// pages read nothing.
#[tokio::test]
async fn b13_nobody_is_sent_to_a_service_that_is_off() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let tokens = tokens_for(&world, &client, &mut browser, &[]).await;
    let hint = text_of(&tokens, "id_token");
    let logout = format!(
        "/oidc/logout?id_token_hint={hint}&post_logout_redirect_uri=https://laesehesten.example/farvel"
    );
    let page = browser
        .clone()
        .get(&client.request(&[("response_type", "token")]))
        .await;
    assert_eq!(error_of(&page), "unsupported_response_type", "while it is on");
    let preflight = async || {
        let mut page = world.visitor();
        let headers = vec![
            ("origin", "https://laesehesten.example".to_owned()),
            ("access-control-request-method", "POST".to_owned()),
        ];
        let page = page
            .odd(Odd {
                method: Method::OPTIONS,
                target: "/oidc/token",
                headers,
                body: Vec::new(),
            })
            .await;
        page.headers.contains_key("access-control-allow-origin")
    };
    assert!(preflight().await, "while it is on");

    world.decide("services/laesehesten", "enabled = false");
    for change in [
        ("response_type", "token"),
        ("scope", "profile"),
        ("prompt", "none login"),
    ] {
        let page = browser.clone().get(&client.request(&[change])).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-504"), "{change:?}");
        assert_eq!(leads_to(&page), None, "{change:?}");
    }
    assert!(!preflight().await);
    let page = browser.get(&logout).await;
    assert_eq!(leads_to(&page), None, "{}", page.body);
    assert!(browser.session().is_none(), "logged out all the same");
}
