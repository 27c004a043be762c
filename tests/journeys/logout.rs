//! Logging out as browsers do it: by a link, by a form of the service, and by nobody else.

use axum::http::StatusCode;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::oidc_client::json;
use crate::world::visitor::{Visitor, leads_to};

/// A browser that alma has logged in with, and the proof of it that the service has.
async fn logged_in(world: &Federation) -> (Visitor, String) {
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.type_name(&mut browser, &page, "alma1234").await;
    let done = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    let tokens = client.redeem(&browser, &client.answer(&done)["code"]).await;
    let id_token = json(&tokens)["id_token"].as_str().unwrap().to_owned();
    (browser, id_token)
}

/// Whether whoever has this session's cookie is let in without a question.
async fn counts(world: &Federation, session: &str) -> bool {
    let mut browser = world.visitor();
    browser
        .cookies_mut()
        .insert("__Host-session".to_owned(), session.to_owned());
    let page = browser.get(&world.client("laesehesten").request(&[])).await;
    is_logged_in(&page)
}

/// A cross-site POST brings no cookies; it must not leave the session behind (F04, F12).
#[tokio::test]
async fn a_service_that_posts_ends_the_session_too() {
    let world = Federation::start().await;
    let (mut browser, id_token) = logged_in(&world).await;
    let session = browser.session().unwrap().clone();
    assert!(counts(&world, &session).await);

    let fields = [
        ("id_token_hint".to_owned(), id_token),
        (
            "post_logout_redirect_uri".to_owned(),
            "https://laesehesten.example/farvel".to_owned(),
        ),
    ];
    let page = browser.post_from_elsewhere("/oidc/logout", &fields).await;
    let back = leads_to(&page).expect("the service gets its user back");
    assert_eq!(back.as_str(), "https://laesehesten.example/farvel");
    assert!(browser.session().is_none());
    assert!(!counts(&world, &session).await, "the session is over");
}

#[tokio::test]
async fn another_site_that_posts_makes_us_ask() {
    let world = Federation::start().await;
    let (mut browser, _) = logged_in(&world).await;
    let asked = browser.post_from_elsewhere("/oidc/logout", &[]).await;
    assert!(asked.body.contains("Vil du logge ud?"), "{}", asked.body);
    assert!(browser.session().is_some(), "nobody has said yes");
    let done = browser.submit(&asked.form(), &[]).await;
    assert!(done.body.contains("Du er logget ud"), "{}", done.body);
    assert!(browser.session().is_none());
}

async fn log_out(browser: &mut Visitor) -> Page {
    let asked = browser.get("/oidc/logout").await;
    browser.submit(&asked.form(), &[]).await
}

/// We cannot log anybody out where they logged in, so we say where that was (F12).
#[tokio::test]
async fn the_receipt_names_the_login_that_may_still_be_open() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let done = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(is_logged_in(&done));
    let receipt = log_out(&mut browser).await;
    assert_eq!(receipt.status, StatusCode::OK);
    assert!(
        receipt.body.contains("Her er du måske stadig logget ind"),
        "{}",
        receipt.body
    );

    assert!(receipt.body.contains("lillekoebing Kommune"), "{}", receipt.body);

    let (mut pupil, _) = logged_in(&world).await;
    let receipt = log_out(&mut pupil).await;
    assert!(
        !receipt.body.contains("Her er du måske stadig logget ind"),
        "our own login is over: {}",
        receipt.body
    );
}
