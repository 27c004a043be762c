//! Sessions and logins that are planted, shared, left behind or over (F01, F02, F12 to F14).

use jiff::SignedDuration;

use super::Before;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::oidc_client::text_of;
use crate::world::saml_idp::answer_in;
use crate::world::visitor::Visitor;

#[tokio::test]
async fn f01_a_planted_session_becomes_nobodys() {
    let world = Federation::start().await;
    let mut victim = world.visitor();
    victim
        .cookies_mut()
        .insert("__Host-session".to_owned(), "plantet".to_owned());
    let page = world.arrive(&mut victim, "skolebroen").await;
    assert!(page.url.path().ends_with("/name"), "a made-up session is none");
    let done = world.log_in_as(&mut victim, &page, "alma1234").await;
    assert!(is_logged_in(&done));
    assert_ne!(victim.session().map(String::as_str), Some("plantet"));

    // A session of the attacker's own does not become the victim's.
    let mut attacker = world.visitor();
    let page = world.arrive(&mut attacker, "skolebroen").await;
    world.log_in_as(&mut attacker, &page, "sofi1234").await;
    let planted = attacker.session().unwrap().clone();
    let mut victim = world.visitor();
    victim
        .cookies_mut()
        .insert("__Host-session".to_owned(), planted.clone());
    let (_, url) = world
        .request_of("skolebroen", |question| question.force_authn = true)
        .await;
    world.house.wait(jiff::SignedDuration::from_secs(61));
    let page = victim.get(&url).await;
    world.log_in_as(&mut victim, &page, "alma1234").await;
    assert_ne!(
        victim.session(),
        Some(&planted),
        "the session changed with the user"
    );
    let page = world.arrive(&mut attacker, "skolebroen").await;
    assert!(page.url.path().ends_with("/name"), "and the planted one is over");
}

#[tokio::test]
async fn f02_nobody_finishes_anothers_login() {
    let world = Federation::start().await;
    let (mut attacker, mut victim) = (world.visitor(), world.visitor());
    let first = world.arrive(&mut attacker, "skolebroen").await;
    let password = world.type_name(&mut attacker, &first, "alma1234").await;
    for url in [&first.url, &password.url] {
        let before = Before::of(&world, &victim).await;
        let page = victim.get(url.as_str()).await;
        let denied = ("UL-602", "UL-602");
        before
            .assert_denied(&world, &victim, &page, denied, "a link sent on")
            .await;
    }
    let before = Before::of(&world, &victim).await;
    let page = victim.submit(&password.form(), &[("password", PASSWORD)]).await;
    before
        .assert_denied(&world, &victim, &page, ("UL-602", "UL-602"), "a form sent on")
        .await;

    // A login that the attacker finished up to the last step, for the victim to complete.
    let asked = world.sent_to_lillekoebing(&mut attacker, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    world.arrive(&mut victim, "skolebroen").await;
    let before = Before::of(&world, &victim).await;
    let page = victim.post_from_elsewhere(&asked.acs_path(), &answer).await;
    before
        .assert_denied(&world, &victim, &page, ("UL-602", "UL-602"), "login CSRF")
        .await;
}

#[tokio::test]
async fn f13_the_next_person_at_the_computer_starts_from_nothing() {
    let world = Federation::start().await;
    let mut shared = world.visitor();
    let page = world.arrive(&mut shared, "skolebroen").await;
    let alma = world.log_in_as(&mut shared, &page, "alma1234").await;
    let almas = shared.session().unwrap().clone();
    let name_of = |page: &Page| {
        let xml = answer_in(page).1;
        let (_, rest) = xml.split_once("<saml:NameID").unwrap();
        let (_, rest) = rest.split_once('>').unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };

    let (_, url) = world
        .request_of("skolebroen", |question| question.force_authn = true)
        .await;
    let page = shared.get(&url).await;
    // Sofie begins, and gives up: Alma's session is as it was, and nobody is mixed up.
    let (_, passive) = world
        .request_of("skolebroen", |question| question.is_passive = true)
        .await;
    let again = shared.clone().get(&passive).await;
    assert_eq!(name_of(&again), name_of(&alma));

    let sofie = world.log_in_as(&mut shared, &page, "sofi1234").await;
    assert_ne!(name_of(&sofie), name_of(&alma));
    assert_ne!(shared.session(), Some(&almas));
    let (_, passive) = world
        .request_of("skolebroen", |question| question.is_passive = true)
        .await;
    assert_eq!(name_of(&shared.clone().get(&passive).await), name_of(&sofie));
    let mut with_almas = world.visitor();
    with_almas
        .cookies_mut()
        .insert("__Host-session".to_owned(), almas);
    let (_, passive) = world
        .request_of("skolebroen", |question| question.is_passive = true)
        .await;
    let page = with_almas.get(&passive).await;
    assert!(!is_logged_in(&page), "Alma's session is over");
}

#[tokio::test]
async fn f04_a_post_from_elsewhere_brings_no_cookie_and_is_posted_again_once() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let before = Before::of(&world, &browser).await;
    let cookies = browser.cookies().clone();
    let page = browser.post_from_elsewhere_once(&asked.acs_path(), &answer).await;
    let form = page.form();
    assert_eq!(
        (form.action.as_str(), form.method.as_str()),
        (&*asked.acs_path(), "post")
    );
    assert_eq!(
        browser.cookies(),
        &cookies,
        "nothing is set by a site that is not ours"
    );
    assert_eq!(world.house.snapshot().await, before.snapshot);

    // Posted again without cookies all the same: it is lost, and does not go round in circles.
    let mut bare = world.visitor();
    let denied = Before::of(&world, &bare).await;
    let page = bare.submit(&form, &[]).await;
    denied
        .assert_denied(&world, &bare, &page, ("UL-602", "UL-602"), "F04 no cookies")
        .await;
    let marked: Vec<_> = form
        .fields
        .iter()
        .map(|field| (field.name.clone(), field.value.clone()))
        .collect();
    let page = bare.post_from_elsewhere_once(&asked.acs_path(), &marked).await;
    assert!(page.refusal_code().is_some(), "a mark of somebody else's making");
    assert!(is_logged_in(&browser.submit(&form, &[]).await));
}

#[tokio::test]
async fn f12_a_logout_ends_what_other_tabs_have_begun() {
    let world = Federation::start_with_people(NORA).await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert!(is_logged_in(
        &world.log_in_as(&mut browser, &page, "nora1234").await
    ));
    // A tab that leans on the session, and waits for her to say which role.
    let roles = world.arrive(&mut browser, "skolebroen-valg").await;
    assert!(roles.url.path().ends_with("/actor"), "{}", roles.url);
    let role = html::tags(&roles.body)
        .into_iter()
        .find(|tag| tag.attributes.get("name").is_some_and(|name| name == "actor"))
        .unwrap()
        .attributes["value"]
        .clone();
    let tab = browser.clone();
    let page = browser.get("/oidc/logout").await;
    browser.submit(&page.form(), &[]).await;
    assert!(browser.session().is_none());
    for (mut tab, what) in [(browser, "without the cookie"), (tab, "with the old cookie")] {
        let before = world.house.snapshot().await;
        let page = tab.submit(&roles.form(), &[("actor", &role)]).await;
        assert!(page.refusal_code().is_some(), "{what}: {}", page.body);
        assert!(!is_logged_in(&page), "{what}");
        assert_eq!(world.house.snapshot().await, before, "{what}");
    }
}

/// What the browser has kept of us goes with the session, whichever way that ends here.
#[tokio::test]
async fn f10_a_logout_clears_what_the_browser_has_kept_of_us() {
    let world = Federation::start().await;
    let cleared = |page: &Page| {
        let clears = page.headers.get("clear-site-data");
        clears.is_some_and(|value| value.to_str().unwrap().contains("\"cache\""))
    };
    let client = world.client("laesehesten");
    for by in ["our own page", "a service's word"] {
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&[])).await;
        let page = world.log_in_as(&mut browser, &page, "alma1234").await;
        let tokens = client.redeem(&browser, &client.answer(&page)["code"]).await;
        let page = if by == "our own page" {
            let asked = browser.get_once("/oidc/logout").await;
            assert!(!cleared(&asked), "nothing has ended yet");
            browser.submit_once(&asked.form(), &[]).await
        } else {
            let hint = text_of(&tokens, "id_token");
            browser
                .get_once(&format!("/oidc/logout?id_token_hint={hint}"))
                .await
        };
        assert!(browser.session().is_none(), "{by}");
        assert!(cleared(&page), "{by}: {:?}", page.headers);
        world.house.wait(SignedDuration::from_mins(2));
    }
}

/// A tab in which somebody has proved who they are, and waits at the question as whom.
async fn waiting_at_a_question(world: &Federation, browser: &mut Visitor, name: &str) -> (Page, String) {
    world.house.wait(SignedDuration::from_mins(2));
    let (_, url) = world
        .request_of("skolebroen-valg", |question| question.force_authn = true)
        .await;
    let page = browser.get(&url).await;
    let roles = world.log_in_as(browser, &page, name).await;
    assert!(roles.url.path().ends_with("/actor"), "{}", roles.url);
    let role = html::tags(&roles.body)
        .into_iter()
        .find(|tag| tag.attributes.get("name").is_some_and(|name| name == "actor"))
        .unwrap()
        .attributes["value"]
        .clone();
    (roles, role)
}

const NORA: &str = "[[person]]\nid = \"00000000-0000-4000-8000-000000000008\"\ngiven-name = \"Nora\"\n\
    family-name = \"W\"\n[[person.account]]\nuser-name = \"nora1234\"\n\
    uni-id = \"1000001209\"\npassword = \"demo-kode-42\"\n[[person.account.actor]]\n\
    group = \"medarbejder\"\ninstitution = \"101001\"\n[[person.account.actor]]\n\
    group = \"kontaktperson\"\ninstitution = \"101002\"\n";

/// Also where the tab leans on no session, but on a proof of its own; and where there is no session yet.
#[tokio::test]
async fn f12_a_logout_ends_what_was_proved_and_not_finished() {
    let world = Federation::start_with_people(NORA).await;
    for has_session in [true, false] {
        let mut browser = world.visitor();
        if has_session {
            world.house.wait(SignedDuration::from_mins(2));
            let page = world.arrive(&mut browser, "skolebroen").await;
            let page = world.log_in_as(&mut browser, &page, "nora1234").await;
            assert!(is_logged_in(&page));
        }
        let (roles, role) = waiting_at_a_question(&world, &mut browser, "nora1234").await;
        assert_eq!(browser.open_logins(), 1);
        let page = browser.get("/oidc/logout").await;
        if has_session {
            browser.submit(&page.form(), &[]).await;
        }
        assert_eq!(browser.open_logins(), 0, "{has_session}");
        let before = world.house.snapshot().await;
        let page = browser.submit(&roles.form(), &[("actor", &role)]).await;
        assert!(!is_logged_in(&page), "{has_session}");
        assert_eq!(page.refusal_code().as_deref(), Some("UL-602"), "{has_session}");
        assert_eq!(world.house.snapshot().await, before, "{has_session}");
    }
}

/// A login that was finished, and whose session was ended since, cannot be finished once more.
#[tokio::test]
async fn f12_a_finished_login_does_not_bring_an_ended_session_back() {
    let world = Federation::start_with_people(NORA).await;
    let mut browser = world.visitor();
    let (roles, role) = waiting_at_a_question(&world, &mut browser, "nora1234").await;
    let mut kept = browser.clone();
    let page = browser.submit(&roles.form(), &[("actor", &role)]).await;
    assert!(is_logged_in(&page));
    let page = browser.get("/oidc/logout").await;
    browser.submit(&page.form(), &[]).await;
    // What the browser had before, as somebody may have kept it.
    let before = world.house.snapshot().await;
    let page = kept.submit(&roles.form(), &[("actor", &role)]).await;
    assert!(!is_logged_in(&page), "{}", page.body);
    assert_eq!(page.refusal_code().as_deref(), Some("UL-602"));
    assert!(kept.session().is_none());
    assert_eq!(world.house.snapshot().await, before);
}

/// What the last person left at a question is not for the next one to answer; what they began themselves is.
#[tokio::test]
async fn f13_the_next_person_does_not_finish_what_the_last_one_proved() {
    let world = Federation::start_with_people(NORA).await;
    let mut shared = world.visitor();
    let (roles, role) = waiting_at_a_question(&world, &mut shared, "nora1234").await;
    // Nora herself finishes another login first: hers stays.
    let own = {
        let mut own = shared.clone();
        let page = world.arrive(&mut own, "skolebroen").await;
        let page = world.log_in_as(&mut own, &page, "nora1234").await;
        assert!(is_logged_in(&page), "{}", page.body);
        own.submit(&roles.form(), &[("actor", &role)]).await
    };
    assert!(is_logged_in(&own), "{}", own.body);
    // A login that nobody has proved anything in yet stays, too.
    world.house.wait(SignedDuration::from_mins(2));
    let open = world.arrive(&mut shared, "skolebroen").await;
    let page = world.arrive(&mut shared, "skolebroen").await;
    let page = world.log_in_as(&mut shared, &page, "alma1234").await;
    assert!(is_logged_in(&page), "{}", page.body);
    let page = shared.submit(&roles.form(), &[("actor", &role)]).await;
    assert!(!is_logged_in(&page), "{}", page.body);
    assert_eq!(page.refusal_code().as_deref(), Some("UL-602"));
    let page = world.log_in_as(&mut shared, &open, "alma1234").await;
    assert!(is_logged_in(&page), "{}", page.body);
}

#[tokio::test]
async fn f14_a_session_is_over_when_it_was_idle_and_after_a_day_at_school() {
    let world = Federation::start().await;
    let log_in = async |browser: &mut Visitor| {
        world.house.wait(SignedDuration::from_mins(2));
        let page = world.arrive(browser, "skolebroen").await;
        let page = world.log_in_as(browser, &page, "alma1234").await;
        assert!(is_logged_in(&page), "{}", page.body);
        page
    };
    let leans = async |browser: &mut Visitor| is_logged_in(&world.arrive(browser, "skolebroen").await);

    let mut browser = world.visitor();
    log_in(&mut browser).await;
    world.house.wait(SignedDuration::from_secs(30 * 60 - 1));
    assert!(leans(&mut browser.clone()).await, "29 minutes and 59 seconds");
    world.house.wait(SignedDuration::from_secs(30 * 60 - 1));
    assert!(leans(&mut browser.clone()).await, "which was a use");
    world.house.wait(SignedDuration::from_mins(30));
    assert!(!leans(&mut browser.clone()).await, "half an hour without use");

    let mut browser = world.visitor();
    let page = log_in(&mut browser).await;
    let (began, xml) = (world.house.now(), answer_in(&page).1);
    let end = began + SignedDuration::from_hours(10);
    let told = xml.split_once("SessionNotOnOrAfter=\"").unwrap().1;
    let told: jiff::Timestamp = told.split_once('"').unwrap().0.parse().unwrap();
    assert!(told <= end, "the service is told when it ends: {told}");
    while world.house.now() + SignedDuration::from_mins(20) < end {
        world.house.wait(SignedDuration::from_mins(20));
        assert!(leans(&mut browser.clone()).await, "used all the time");
    }
    world.house.wait(end.duration_since(world.house.now()));
    assert!(!leans(&mut browser.clone()).await, "ten hours");
}

/// B07, F14: a session of ours does not outlive the one of the identity provider that it rests on.
#[tokio::test]
async fn f14_a_session_ends_with_the_one_behind_it() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    words.session_ends = Some(world.house.now() + SignedDuration::from_mins(20));
    let answer = world.lillekoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(is_logged_in(&page), "{}", page.body);
    world.house.wait(SignedDuration::from_mins(19));
    assert!(is_logged_in(
        &world.arrive(&mut browser.clone(), "skolebroen").await
    ));
    world.house.wait(SignedDuration::from_mins(1));
    assert!(!is_logged_in(
        &world.arrive(&mut browser.clone(), "skolebroen").await
    ));
}
