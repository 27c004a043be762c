//! Pages that tell how something ended, looked at again: in the other language, after a reload.
//! They say the same, and nobody is asked, told or blamed a second time.

use portner::saml::{EntityId, Scoping};
use serde_json::json;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::html;
use crate::world::visitor::Visitor;

/// Where the page is in the other language.
fn other_language(page: &Page) -> String {
    let tags = html::tags(&page.body);
    let link = tags.iter().find(|tag| {
        tag.attributes
            .get("class")
            .is_some_and(|class| class == "language")
    });
    link.expect("a link to the other language").attributes["href"].clone()
}

/// What the user quotes.
fn reference(page: &Page) -> String {
    let (_, rest) = page.body.rsplit_once("<dd>").unwrap();
    rest.split_once("</dd>").unwrap().0.to_owned()
}

async fn assert_the_same_in_english(browser: &mut Visitor, page: &Page) {
    let english = browser.get(&other_language(page)).await;
    assert_eq!(english.refusal_code(), page.refusal_code(), "{}", english.body);
    assert!(english.body.contains("lang=\"en\""));
    assert_eq!(reference(&english), reference(page));
    assert_eq!(english.status, page.status);
    let danish = browser.get(&other_language(&english)).await;
    assert_eq!(danish.refusal_code(), page.refusal_code());
    assert!(danish.body.contains("lang=\"da\""));
}

/// Comes back from the SAML identity provider, which vouched for somebody whom nobody knows.
async fn stranger_by_saml(
    world: &Federation,
    browser: &mut Visitor,
) -> (Page, String, Vec<(String, String)>) {
    let asked = world.sent_to_lillekoebing(browser, "skolebroen").await;
    let words = world.lillekoebing.words(&asked, "1999999999", world.house.now());
    let answer = world.lillekoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    (page, asked.acs_path(), answer)
}

/// Comes back from the OpenID provider, which vouched for somebody whom nobody knows. The
/// address that brought the answer comes along.
async fn stranger_by_openid(world: &Federation, browser: &mut Visitor) -> (Page, String) {
    let page = world.arrive(browser, "skolebroen").await;
    let page = world
        .type_name(browser, &page, "sofie@havnekoebing.example")
        .await;
    let provider = &world.havnekoebing;
    let question = provider.read(&page);
    let mut claims = provider.claims(&question, world.house.now());
    claims["uniid"] = json!("1999999999");
    provider.will_say(&claims).await;
    let back = provider.way_back(&question);
    (browser.get(&back).await, back)
}

#[tokio::test]
async fn a_refusal_is_the_same_in_the_other_language_wherever_it_happened() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let (page, ..) = stranger_by_saml(&world, &mut browser).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"));
    assert_the_same_in_english(&mut browser, &page).await;
    let english = browser.get(&other_language(&page)).await;
    let told = browser.submit(&english.form(), &[]).await;
    assert!(
        told.received().is_none() && told.refusal_code().is_none(),
        "{}",
        told.body
    );

    let mut browser = world.visitor();
    let (page, _) = stranger_by_openid(&world, &mut browser).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"));
    assert_the_same_in_english(&mut browser, &page).await;

    let elsewhere = [("redirect_uri", "https://ondskab.example/callback")];
    for address in [
        world.client("laesehesten").request(&elsewhere),
        "/oidc/authorize?client_id=ukendt".to_owned(),
        "/oidc/logout?id_token_hint=x".to_owned(),
    ] {
        let page = browser.get(&address).await;
        assert!(page.refusal_code().is_some(), "{address}");
        assert_the_same_in_english(&mut browser, &page).await;
    }
}

#[tokio::test]
async fn nobody_writes_such_a_page_for_another() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let (page, ..) = stranger_by_saml(&world, &mut browser).await;
    let link = other_language(&page);
    let (_, about) = link.split_once("about=").unwrap();
    let (about, _) = about.split_once('&').unwrap();
    let changed = if about.starts_with('A') { "B" } else { "A" };
    for address in [
        "/stopped".to_owned(),
        "/stopped?about=".to_owned(),
        format!("/stopped?about={changed}{}", &about[1..]),
        format!("/logged-out?about={about}"),
    ] {
        let page = browser.get(&address).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-606"), "{address}");
        assert!(!page.body.contains("<dt>Fejl-id</dt>"), "no log has a line on it");
    }
}

#[tokio::test]
async fn a_reload_tells_the_same_and_asks_nobody_again() {
    let world = Federation::start().await;
    let status = async || world.visitor().get("/status").await.body;
    let well = status().await;
    let mut browser = world.visitor();
    let (page, back) = stranger_by_openid(&world, &mut browser).await;
    let asked = world.havnekoebing.asked("/token");
    let rows = world.house.audit().await.len();
    for _ in 0..4 {
        let again = browser.get(&back).await;
        assert_eq!(again.refusal_code().as_deref(), Some("UL-201"));
        assert_eq!(reference(&again), reference(&page));
    }
    assert_eq!(world.havnekoebing.asked("/token"), asked, "the code is used up");
    assert_eq!(status().await, well);

    let (page, acs, answer) = stranger_by_saml(&world, &mut browser).await;
    let again = browser.post_from_elsewhere(&acs, &answer).await;
    assert_eq!(again.refusal_code().as_deref(), Some("UL-201"));
    assert_eq!(reference(&again), reference(&page));
    assert_eq!(
        world.house.audit().await.len(),
        rows + 1,
        "one row for each that happened"
    );
}

#[tokio::test]
async fn what_a_browser_makes_up_says_nothing_of_an_upstream() {
    let world = Federation::start().await;
    let status = async || world.visitor().get("/status").await.body;
    let well = status().await;
    for name in ["a", "b", "c", "d", "e"] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world
            .type_name(&mut browser, &page, &format!("{name}@havnekoebing.example"))
            .await;
        let question = world.havnekoebing.read(&page);
        let back = world
            .havnekoebing
            .way_back_with(&question, &question.state, "https://ondskab.example");
        let refused = browser.get(&back).await;
        assert_eq!(
            refused.refusal_code().as_deref(),
            Some("UL-303"),
            "{}",
            refused.body
        );
    }
    for name in ["a", "b", "c", "d", "e"] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world
            .type_name(&mut browser, &page, &format!("{name}@havnekoebing.example"))
            .await;
        let provider = &world.havnekoebing;
        let question = provider.read(&page);
        let no = json!({"error": "invalid_grant"});
        provider.serve_status("/token", axum::http::StatusCode::BAD_REQUEST, &no);
        let refused = browser.get(&provider.way_back(&question)).await;
        assert_eq!(
            refused.refusal_code().as_deref(),
            Some("UL-303"),
            "{}",
            refused.body
        );
    }
    assert_eq!(status().await, well);
}

#[tokio::test]
async fn the_receipt_of_a_logout_is_the_same_in_the_other_language() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    let question = browser.get("/oidc/logout?client_id=laesehesten&state=x").await;
    let english = browser.get(&other_language(&question)).await;
    assert!(english.body.contains("lang=\"en\""));
    assert!(
        english.form().action.contains("client_id=laesehesten"),
        "what was asked is not forgotten: {}",
        english.form().action
    );
    let receipt = browser.submit(&english.form(), &[]).await;
    assert!(
        receipt.body.contains("Municipality of lillekoebing"),
        "{}",
        receipt.body
    );
    let danish = browser.get(&other_language(&receipt)).await;
    assert!(danish.body.contains("lang=\"da\""));
    assert!(danish.body.contains("lillekoebing Kommune"), "{}", danish.body);
}

#[tokio::test]
async fn who_could_not_be_logged_out_is_offered_to_log_out_here() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    world.log_in_as(&mut browser, &page, "alma1234").await;
    let refused = browser.get("/oidc/logout?id_token_hint=x").await;
    assert_eq!(refused.refusal_code().as_deref(), Some("UL-609"));
    assert!(browser.session().is_some());
    assert!(
        html::links(&refused.body).contains(&"/logout".to_owned()),
        "{}",
        refused.body
    );
    let question = browser.get("/logout").await;
    browser.submit(&question.form(), &[]).await;
    assert!(browser.session().is_none());
    let refused = browser.get("/oidc/logout?id_token_hint=x").await;
    assert!(
        !html::links(&refused.body).contains(&"/logout".to_owned()),
        "nothing is left to end"
    );
}

/// Where the service has decided where to log in, another try sets out there again, and is taken.
#[tokio::test]
async fn a_way_that_the_service_has_named_can_be_tried_again() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let only: &'static Scoping = Box::leak(Box::new(Scoping {
        idp_list: vec![EntityId::parse(&world.lillekoebing.entity_id).unwrap()],
        ..Scoping::default()
    }));
    let (_, request) = world
        .request_of("skolebroen", |question| question.scoping = Some(only))
        .await;
    let page = browser.get(&request).await;
    let asked = world.lillekoebing.read(&page);
    let words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    let broken = world.storkoebing.form(&words, &asked).await;
    let refused = browser.post_from_elsewhere(&asked.acs_path(), &broken).await;
    assert_eq!(
        refused.refusal_code().as_deref(),
        Some("UL-303"),
        "{}",
        refused.body
    );
    let links = html::links(&refused.body);
    let again = links.iter().find(|link| link.ends_with("/again"));
    let again = again.unwrap_or_else(|| panic!("no other try: {links:?}"));
    let page = browser.get(again).await;
    let second = world.lillekoebing.read(&page);
    assert_ne!(second.request_id, asked.request_id, "a request of its own");
    let answer = world
        .lillekoebing
        .log_in(&second, "1000001201", world.house.now())
        .await;
    let done = browser.post_from_elsewhere(&second.acs_path(), &answer).await;
    assert!(is_logged_in(&done), "{}", done.body);
}
