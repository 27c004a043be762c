//! What browsers and their users do: several tabs, the back button, impatient clicks,
//! bookmarks, long pauses, lost cookies. Each ends on the right page, with one way forward
//! to the same service; never in a loop and never in a stack (pains 3 and 24).

use jiff::SignedDuration;
use portner::domain::refusal::Refusal;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::saml_idp::answer_in;
use crate::world::visitor::Visitor;

/// The page refuses with this code and leads back to the service, and nowhere else.
fn assert_leads_back(page: &Page, code: &str, service: &str) {
    assert_eq!(
        page.refusal_code().as_deref(),
        Some(code),
        "{}\n{}",
        page.url,
        page.body
    );
    assert!(page.status.is_client_error(), "{} at {}", page.status, page.url);
    let start = format!("https://{service}.example/start");
    let ways = html::links(&page.body)
        .into_iter()
        .filter(|link| *link == start)
        .count();
    assert_eq!(ways, 1, "one way to {start}\n{}", page.body);
    assert!(
        html::forms(&page.body).is_empty(),
        "nothing to send\n{}",
        page.body
    );
}

#[tokio::test]
async fn two_tabs_log_in_each_for_its_own_service() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let first = world.arrive(&mut browser, "skolebroen").await;
    let second = world.arrive(&mut browser, "skolebroen-valg").await;
    let first = world.type_name(&mut browser, &first, "alma1234").await;
    let second = world.type_name(&mut browser, &second, "sofi1234").await;
    let first = browser.submit(&first.form(), &[("password", PASSWORD)]).await;
    let second = browser.submit(&second.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&first) && is_logged_in(&second));
    assert_eq!(answer_in(&first).0.host_str(), Some("skolebroen.example"));
    assert_eq!(answer_in(&second).0.host_str(), Some("skolebroen-valg.example"));
    assert_eq!(browser.open_logins(), 0);
    // Two people at one computer: the one session that is left is the second one's.
    assert_eq!(world.house.count("sessions").await, 2);
}

#[tokio::test]
async fn back_after_the_end_leads_to_the_service_and_logs_nobody_in_again() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let name = world.arrive(&mut browser, "skolebroen").await;
    let password = world.type_name(&mut browser, &name, "alma1234").await;
    let done = browser.submit(&password.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&done));
    let audited = world.house.audit().await.len();

    for page in [&name, &password] {
        let again = browser.get(page.url.as_str()).await;
        assert_leads_back(&again, Refusal::LoginFinished.code(), "skolebroen");
    }
    let again = browser.submit(&password.form(), &[("password", PASSWORD)]).await;
    assert_leads_back(&again, Refusal::LoginFinished.code(), "skolebroen");
    let rows = world.house.audit().await;
    assert!(rows[audited..].iter().all(|row| row.act == "login.refused"));
    assert_eq!(world.house.count("sessions").await, 1);
}

#[tokio::test]
async fn a_double_click_on_the_name_is_one_click() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let (mut left, mut right) = (browser.clone(), browser.clone());
    let form = page.form();
    let fill = [("name", "sofie@lillekoebing.example")];
    let (left, right) = tokio::join!(left.submit(&form, &fill), right.submit(&form, &fill));
    let (left, right) = (world.lillekoebing.read(&left), world.lillekoebing.read(&right));
    assert_eq!(left.request_id, right.request_id, "the same request twice");
    assert_eq!(left.relay_state, right.relay_state);
}

#[tokio::test]
async fn a_double_click_on_the_last_button_is_one_login_with_one_code() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.type_name(&mut browser, &page, "alma1234").await;
    let (mut left, mut right) = (browser.clone(), browser.clone());
    let form = page.form();
    let fill = [("password", PASSWORD)];
    let (left_page, right_page) = tokio::join!(left.submit(&form, &fill), right.submit(&form, &fill));
    let code = client.answer(&left_page)["code"].clone();
    assert_eq!(code, client.answer(&right_page)["code"]);
    assert_eq!(left.session(), right.session());
    assert_eq!(world.house.count("sessions").await, 1);
    assert_eq!(world.house.count("grants").await, 1);
    let redeemed = client.redeem(&browser, &code).await;
    assert!(redeemed.status.is_success(), "{}", redeemed.body);
}

#[tokio::test]
async fn an_answer_posted_twice_by_one_login_is_one_login() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let (mut left, mut right) = (browser.clone(), browser.clone());
    let path = asked.acs_path();
    let (left_page, right_page) = tokio::join!(
        left.post_from_elsewhere(&path, &answer),
        right.post_from_elsewhere(&path, &answer)
    );
    assert!(is_logged_in(&left_page), "{}", left_page.body);
    assert!(is_logged_in(&right_page), "{}", right_page.body);
    assert_eq!(left.session(), right.session());
    assert_eq!(world.house.count("sessions").await, 1);
    let assertion = |page: &Page| {
        let xml = answer_in(page).1;
        xml.split_once("<saml:Assertion")
            .and_then(|(_, rest)| rest.split_once("ID=\""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(id, _)| id.to_owned())
    };
    assert_eq!(assertion(&left_page), assertion(&right_page));
}

#[tokio::test]
async fn the_back_button_before_the_end_lets_the_user_begin_anew() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let name = world.arrive(&mut browser, "skolebroen").await;
    let left = world
        .type_name(&mut browser, &name, "sofie@lillekoebing.example")
        .await;
    assert!(world.lillekoebing.is_asked_by(&left));
    // Back from the municipality, to another way.
    let name = browser.get(name.url.as_str()).await;
    let done = world.log_in_as(&mut browser, &name, "alma1234").await;
    assert!(is_logged_in(&done));

    // The municipality's answer to the road not taken leads back to the service.
    let asked = world.lillekoebing.read(&left);
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let late = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_leads_back(&late, Refusal::LoginFinished.code(), "skolebroen");
}

#[tokio::test]
async fn a_bookmark_of_any_page_leads_to_the_service() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let login = page.url.as_str().trim_end_matches("/name").to_owned();
    for place in ["", "/name", "/choose", "/password", "/account", "/actor", "/tell"] {
        let mut another_day = world.visitor();
        let page = another_day.get(&format!("{login}{place}")).await;
        assert_leads_back(&page, Refusal::LoginLost.code(), "skolebroen");
    }
    for nonsense in ["/login/skolebroen/noget", "/login/skolebroen/noget/name"] {
        let page = world.visitor().get(nonsense).await;
        assert_leads_back(&page, Refusal::NoSuchPage.code(), "skolebroen");
    }
}

#[tokio::test]
async fn a_login_that_took_too_long_leads_to_the_service() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let mut away = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut away, "skolebroen").await;
    world.house.wait(SignedDuration::from_mins(31));

    let late = browser.submit(&page.form(), &[("name", "alma1234")]).await;
    assert_leads_back(&late, Refusal::LoginExpired.code(), "skolebroen");
    let late = browser.get(page.url.as_str()).await;
    assert_leads_back(&late, Refusal::LoginExpired.code(), "skolebroen");
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let late = away.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_leads_back(&late, Refusal::LoginExpired.code(), "skolebroen");

    // The way back works.
    let page = world.arrive(&mut browser, "skolebroen").await;
    let done = world.log_in_as(&mut browser, &page, "alma1234").await;
    assert!(is_logged_in(&done));
}

#[tokio::test]
async fn lost_cookies_lead_to_the_service_wherever_the_user_stands() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    browser.cookies_mut().clear();
    let lost = browser.submit(&page.form(), &[("name", "alma1234")]).await;
    assert_leads_back(&lost, Refusal::LoginLost.code(), "skolebroen");
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let lost = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_leads_back(&lost, Refusal::LoginLost.code(), "skolebroen");
}

#[tokio::test]
async fn cookies_that_are_not_this_logins_are_none() {
    let world = Federation::start().await;
    let (mut own, mut other) = (world.visitor(), world.visitor());
    let page = world.arrive(&mut own, "skolebroen").await;
    world.arrive(&mut other, "skolebroen").await;
    let stolen = other.cookies().iter().find(|(name, _)| name.contains("tx-"));
    let (_, value) = stolen.map(|(name, value)| (name.clone(), value.clone())).unwrap();
    let name = own
        .cookies()
        .keys()
        .find(|name| name.contains("tx-"))
        .cloned()
        .unwrap();
    let mut broken = value.clone();
    broken.replace_range(20..21, if &value[20..21] == "A" { "B" } else { "A" });
    for planted in [
        value,
        broken,
        String::new(),
        "p.nothing".to_owned(),
        "x".repeat(3_000),
    ] {
        let mut browser = own.clone();
        browser.cookies_mut().insert(name.clone(), planted);
        let page = browser.get(page.url.as_str()).await;
        assert_leads_back(&page, Refusal::LoginLost.code(), "skolebroen");
    }
}

#[tokio::test]
async fn more_logins_than_five_forget_the_oldest() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let mut pages = Vec::new();
    for _ in 0..7 {
        pages.push(world.arrive(&mut browser, "skolebroen").await);
        // Ids begin with their time; two within one millisecond have no order.
        world.house.wait(SignedDuration::from_secs(1));
    }
    assert_eq!(browser.open_logins(), 5);
    let oldest = browser.get(pages[0].url.as_str()).await;
    assert_leads_back(&oldest, Refusal::LoginLost.code(), "skolebroen");
    let done = world.log_in_as(&mut browser, &pages[2], "alma1234").await;
    assert!(is_logged_in(&done));
    let done = world.log_in_as(&mut browser, &pages[6], "alma1234").await;
    assert!(is_logged_in(&done));
}

#[tokio::test]
async fn every_page_can_be_loaded_again_in_either_language() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let name = world.arrive(&mut browser, "skolebroen").await;
    let choose = format!("{}/choose", name.url.as_str().trim_end_matches("/name"));
    let mut shown = vec![name.url.to_string(), choose];
    let password = world.type_name(&mut browser, &name, "alma1234").await;
    shown.push(password.url.to_string());
    for url in &shown {
        let before = browser.get(url).await;
        let again = browser.get(url).await;
        assert_eq!(before.body, again.body, "{url} loaded again");
        assert!(before.body.contains("lang=\"da\""));
        let mut reader = browser.clone();
        let english = reader.get(&format!("{url}?lang=en")).await;
        assert!(english.status.is_success() && english.body.contains("lang=\"en\""));
        let remembered = reader.get(url).await;
        assert!(remembered.body.contains("lang=\"en\""), "the choice stays");
    }
    let done = browser.submit(&password.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&done), "reloading moved nothing");
}

#[tokio::test]
async fn a_page_in_english_leads_to_the_same_service() {
    let world = Federation::start().await;
    let mut browser = world.visitor().speaking("en");
    let page = world.arrive(&mut browser, "skolebroen").await;
    browser.cookies_mut().clear();
    for url in [page.url.to_string(), format!("{}?lang=en", page.url)] {
        let lost = browser.get(&url).await;
        assert!(lost.body.contains("lang=\"en\""));
        assert_leads_back(&lost, Refusal::LoginLost.code(), "skolebroen");
    }
}

#[tokio::test]
async fn going_round_in_circles_ends() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let login = page.url.as_str().trim_end_matches("/name").to_owned();
    let mut last = page;
    for _ in 0..70 {
        last = browser.get(&login).await;
    }
    assert_leads_back(&last, Refusal::StuckInLoop.code(), "skolebroen");
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_no_login() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.type_name(&mut browser, &page, "alma1234").await;
    let restarted = world.house.restarted().await;
    let mut browser: Visitor = browser.moved_to(&restarted);
    let done = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&done), "{}", done.body);
    let mut browser = browser.moved_to(&world.house);
    let (_, url) = world.request_of("skolebroen", |_| {}).await;
    let again = browser.get(&url).await;
    assert!(is_logged_in(&again), "the session outlives the process");
}

/// What was sent is answered by a redirect to the form, which says what was wrong with it:
/// looking at that page again asks nobody whether to send anything twice.
#[tokio::test]
async fn what_led_nowhere_is_told_on_a_page_that_can_be_looked_at_again() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let sent = browser
        .submit_once(&page.form(), &[("name", "sofie@lilekoebing.example")])
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.body);
    assert!(sent.body.is_empty());
    let name = browser.follow(sent).await;
    assert_eq!(name.refusal_code().as_deref(), Some("UL-301"), "{}", name.body);
    assert!(
        name.body.contains("sofie@lilekoebing.example"),
        "what was typed is kept: {}",
        name.body
    );
    assert!(!name.url.as_str().contains("sofie"), "{}", name.url);
    let audited = world.house.audit().await.len();

    let password = world.type_name(&mut browser, &name, "alma1234").await;
    assert!(password.refusal_code().is_none(), "{}", password.body);
    let sent = browser
        .submit_once(&password.form(), &[("password", "forkert")])
        .await;
    assert_eq!(sent.status.as_u16(), 303, "{}", sent.body);
    let again = browser.follow(sent).await;
    assert_eq!(again.refusal_code().as_deref(), Some("UL-102"));
    assert_eq!(again.url, password.url);
    let reloaded = browser.get(again.url.as_str()).await;
    assert_eq!(reloaded.refusal_code().as_deref(), Some("UL-102"));
    assert_eq!(
        world.house.audit().await.len(),
        audited + 1,
        "looking again is no attempt"
    );

    // Another name is another attempt: nothing of the old one is said.
    let name = browser.get(name.url.as_str()).await;
    assert!(name.refusal_code().is_none(), "{}", name.body);
    let password = world.type_name(&mut browser, &name, "alma1234").await;
    assert!(password.refusal_code().is_none(), "{}", password.body);
    let done = browser.submit(&password.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&done));
}

#[tokio::test]
async fn a_name_that_is_far_too_long_is_told_and_carried_no_further() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let long = "a".repeat(20_000);
    let told = browser.submit(&page.form(), &[("name", &long)]).await;
    assert_eq!(told.refusal_code().as_deref(), Some("UL-103"));
    assert!(!told.body.contains(&"a".repeat(201)));
    assert!(browser.cookies().values().all(|value| value.len() < 3_100));
}

/// A page that another tab of the same login has gone on from is about nobody any more.
#[tokio::test]
async fn a_form_about_one_user_does_nothing_to_another() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let first = world.arrive(&mut browser, "skolebroen").await;
    let alma = world.type_name(&mut browser, &first, "alma1234").await;
    let sofie = world.type_name(&mut browser, &first, "sofi1234").await;
    let page = browser.submit(&alma.form(), &[("password", PASSWORD)]).await;
    assert!(!is_logged_in(&page), "the password was meant for Alma's name");
    assert!(sofie.body.contains("sofi1234"), "{}", sofie.body);
    assert!(
        page.body.contains("sofi1234"),
        "what the login asks now is shown: {}",
        page.body
    );
    assert_eq!(world.house.count("sessions").await, 0);
    let page = world.type_name(&mut browser, &first, "alma1234").await;
    assert!(page.body.contains("alma1234"), "a name can be typed at any time");
    let page = browser.submit(&alma.form(), &[("password", PASSWORD)]).await;
    assert!(
        is_logged_in(&page),
        "the same name again is the same page: {}",
        page.body
    );
}

/// Without the help of a browser that keeps cookies for longer than it is told to.
#[tokio::test]
async fn a_page_that_lay_open_over_a_lesson_is_told_to_be_too_late() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    world.house.wait(SignedDuration::from_mins(45));
    let late = world.type_name(&mut browser, &page, "alma1234").await;
    assert_leads_back(&late, Refusal::LoginExpired.code(), "skolebroen");
    world.house.wait(SignedDuration::from_hours(24));
    let lost = browser.get(page.url.as_str()).await;
    assert_leads_back(&lost, Refusal::LoginLost.code(), "skolebroen");
}
