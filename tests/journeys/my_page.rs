//! "Min side": one's own sessions, password and past, and nobody else's.

use jiff::SignedDuration;
use portner::login::new_secret::TIMES;

use crate::attacks::oidc_tokens::tokens_for;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::oidc_client::text_of;
use crate::world::visitor::Visitor;

const HALF: SignedDuration = SignedDuration::from_secs(31);

async fn at_my_page(world: &Federation, browser: &mut Visitor, name: &str) -> Page {
    let first = browser.get("/min-side").await;
    let page = world.log_in_as(browser, &first, name).await;
    assert!(page.body.contains("Min side</h1>"), "{}", page.body);
    page
}

async fn press(browser: &mut Visitor, page: &Page, what: &str) -> Page {
    let forms = html::forms(&page.body);
    let found = forms.iter().find_map(|form| {
        let button = form.buttons.iter().find(|(_, value)| value == what)?;
        Some((form.clone(), button.clone()))
    });
    let (form, (name, value)) = found.unwrap_or_else(|| panic!("no {what}\n{}", page.body));
    browser.submit(&form, &[(&name, &value)]).await
}

/// The buttons that end sessions, in the order of the page.
fn endings(page: &Page) -> Vec<String> {
    let forms = html::forms(&page.body);
    let buttons = forms.into_iter().flat_map(|form| form.buttons);
    buttons
        .filter(|(name, value)| name == "end" && value != "others" && !value.starts_with("kept:"))
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn sessions_are_shown_and_ended_one_by_one_or_all_but_this() {
    let world = Federation::start().await;
    let (mut first, mut second, mut third) = (world.visitor(), world.visitor(), world.visitor());
    at_my_page(&world, &mut first, "alma1234").await;
    world.house.wait(HALF);
    at_my_page(&world, &mut second, "alma1234").await;
    world.house.wait(HALF);
    let page = world.arrive(&mut third, "skolebroen").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut third, &page, "alma1234").await
    ));

    let page = first.get("/min-side").await;
    assert_eq!(endings(&page).len(), 3);
    assert_eq!(
        page.body.matches("Log ud her</button>").count(),
        1,
        "this one is marked"
    );
    assert!(page.body.contains("Brugt til Skolebroen"), "{}", page.body);
    // The one at Skolebroen is the latest.
    let page = press(&mut first, &page, &endings(&page)[0]).await;
    assert_eq!((page.url.path(), endings(&page).len()), ("/min-side", 2));
    assert!(!is_logged_in(&world.arrive(&mut third, "skolebroen").await));

    let page = press(&mut first, &page, "others").await;
    assert_eq!(endings(&page).len(), 1);
    assert!(!page.body.contains("value=\"others\""));
    assert!(second.get("/min-side").await.body.contains("name=\"name\""));

    let page = press(&mut first, &page, &endings(&page)[0]).await;
    assert!(page.body.contains("Du er logget ud"), "{}", page.body);
    assert!(first.get("/min-side").await.body.contains("name=\"name\""));
    let ended = world.house.audit().await;
    assert_eq!(ended.iter().filter(|row| row.act == "logout").count(), 3);
}

#[tokio::test]
async fn nobody_ends_or_sees_anybody_elses() {
    let world = Federation::start().await;
    let (mut alma, mut noor) = (world.visitor(), world.visitor());
    let page = at_my_page(&world, &mut alma, "alma1234").await;
    let session_of_alma = endings(&page)[0].clone();
    let page = at_my_page(&world, &mut noor, "noor1234").await;
    assert!(!page.body.contains(&session_of_alma) && !page.body.contains("Alma"));
    let forms = html::forms(&page.body);
    let form = forms
        .iter()
        .find(|form| form.buttons.iter().any(|(name, _)| name == "end"))
        .unwrap();
    let page = noor.submit(form, &[("end", &session_of_alma)]).await;
    assert_eq!(page.url.path(), "/min-side");
    assert!(
        alma.get("/min-side").await.body.contains("Alma Lund"),
        "hers goes on"
    );
    let page = noor.submit(form, &[("end", "others"), ("person", "x")]).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-605"), "another field");
    let page = noor.get("/min-side/historik?before=999999").await;
    assert!(page.body.contains("Du loggede ind i Min side"), "{}", page.body);
    assert_eq!(page.body.matches("Du loggede ind").count(), 1, "none of Alma's");
}

#[tokio::test]
async fn the_past_says_where_what_was_told_and_who_helped_page_by_page() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen-udvidet").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut browser, &page, "alma1234").await
    ));
    for _ in 0..30 {
        // Nobody goes round in circles this slowly.
        world.house.wait(HALF);
        assert!(is_logged_in(&world.arrive(&mut browser, "skolebroen").await));
    }
    let page = world.arrive(&mut browser, "skolebroen-voksne").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-505"));

    let newest = browser.get("/min-side/historik").await;
    assert!(newest.body.contains("Et login til Skolebroen blev afvist"));
    assert!(newest.body.contains("/support#UL-505"));
    assert!(newest.body.contains("dit UNI-ID") && newest.body.contains("om du er elev"));
    assert!(!newest.body.contains("dit navn"), "{}", newest.body);
    let older = html::links(&newest.body)
        .into_iter()
        .find(|link| link.contains("before="))
        .unwrap();
    let oldest = browser.get(&older).await;
    assert!(oldest.body.contains("dit navn"), "{}", oldest.body);
    let count = |page: &Page| page.body.matches("class=\"when\"").count();
    // The page itself was logged in to as well, on the session that there was.
    assert!(
        count(&newest) == 25 && (7..=9).contains(&count(&oldest)),
        "{}",
        count(&oldest)
    );
    assert!(!oldest.body.contains("rel=\"next\""));
}

#[tokio::test]
async fn a_password_is_changed_from_here_by_whoever_knows_the_present_one() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = at_my_page(&world, &mut browser, "alma1234").await;
    let forms = html::forms(&page.body);
    let form = forms
        .iter()
        .find(|form| form.action == "/min-side/adgangskode")
        .unwrap();
    let page = browser.submit(form, &[]).await;
    assert!(page.url.path().ends_with("/password"), "{}", page.url);
    assert!(page.body.contains("alma1234") && page.body.contains("Log først ind med den adgangskode"));
    let page = browser
        .submit(&page.form(), &[("password", "forkert-kode")])
        .await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"));
    let page = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    let (_, rest) = page.body.split_once("class=\"secret\"").unwrap();
    let secret = rest
        .split('>')
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let mut page = browser.submit(&page.form(), &[("do", "learnt")]).await;
    for _ in 0..TIMES {
        page = browser
            .submit(&page.form(), &[("new", &secret), ("do", "done")])
            .await;
    }
    assert!(page.body.contains("Din adgangskode er skiftet"), "{}", page.body);
    let page = browser.submit(&page.form(), &[]).await;
    assert_eq!(page.url.path(), "/min-side", "{}", page.body);
    let page = browser.get("/min-side/historik").await;
    assert!(page.body.contains("Du skiftede din adgangskode"), "{}", page.body);
}

#[tokio::test]
async fn whoever_has_no_password_here_is_offered_none() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = browser.get("/min-side").await;
    let page = world
        .type_name(&mut browser, &page, "emil@storkoebing.example")
        .await;
    let asked = world.storkoebing.read(&page);
    let form = world
        .storkoebing
        .log_in(&asked, "0201851001", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &form).await;
    assert!(page.body.contains("Emil Bak"), "{}", page.body);
    assert!(!page.body.contains("/min-side/adgangskode"));
}

/// Each app that keeps a login is named, and ended by itself: not another's, and not another user's.
#[tokio::test]
async fn what_an_app_keeps_is_shown_and_ended_by_itself() {
    let world = Federation::start().await;
    let offline = [("scope", "openid offline_access")];
    let altid = world.client("altid");
    let (mut phone, mut tablet) = (world.visitor(), world.visitor());
    let one = tokens_for(&world, &altid, &mut phone, &offline).await;
    let mut token = text_of(&one, "refresh_token");
    let noors = {
        let page = tablet.get(&altid.request(&offline)).await;
        let page = world.log_in_as(&mut tablet, &page, "noor1234").await;
        let tokens = altid.redeem(&tablet, &altid.answer(&page)["code"]).await;
        text_of(&tokens, "refresh_token")
    };
    world.house.wait(SignedDuration::from_mins(1));
    let mut alma = world.visitor();
    let page = at_my_page(&world, &mut alma, "alma1234").await;
    assert!(
        page.body.contains("Apps, der bliver ved med at være logget ind"),
        "{}",
        page.body
    );
    assert!(page.body.contains("value=\"kept:altid\"") && !page.body.contains("kept:certificeret"));

    // What is not there is ended nowhere.
    let mut noor = world.visitor();
    let hers = at_my_page(&world, &mut noor, "noor1234").await;
    noor.submit(&hers.form(), &[("end", "kept:certificeret")]).await;
    let renewed = altid.renew(&phone, &token, &[]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    token = text_of(&renewed, "refresh_token");

    let page = press(&mut alma, &page, "kept:altid").await;
    assert!(!page.body.contains("kept:altid"), "{}", page.body);
    let page = altid.renew(&phone, &token, &[]).await;
    assert!(page.body.contains("invalid_grant"), "{}", page.body);
    let page = altid.renew(&tablet, &noors, &[]).await;
    assert_eq!(page.status, 200, "another user's stays: {}", page.body);
}

#[tokio::test]
async fn all_but_this_ends_what_apps_keep_beyond_their_session_too() {
    let world = Federation::start().await;
    let client = world.client("altid");
    let mut phone = world.visitor();
    let offline = [("scope", "openid offline_access")];
    let first = tokens_for(&world, &client, &mut phone, &offline).await;
    let token = text_of(&first, "refresh_token");
    // The newest session is the first of the list.
    world.house.wait(SignedDuration::from_mins(1));
    let (mut alma, mut noor) = (world.visitor(), world.visitor());
    let page = at_my_page(&world, &mut noor, "noor1234").await;
    assert!(!page.body.contains("value=\"others\""), "only she is here");
    let page = at_my_page(&world, &mut alma, "alma1234").await;
    // The phone's session is over, and what the app keeps is not.
    let session = endings(&page)[1].clone();
    let page = press(&mut alma, &page, &session).await;
    let renewed = client.renew(&phone, &token, &[]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let token = text_of(&renewed, "refresh_token");

    let page = press(&mut alma, &page, "others").await;
    assert_eq!(endings(&page).len(), 1);
    assert!(!page.body.contains("value=\"others\""), "{}", page.body);
    let page = client.renew(&phone, &token, &[]).await;
    assert!(page.body.contains("invalid_grant"), "{}", page.body);
}
