//! Table G, guessing: names (G05), one account's secret (G07), many accounts' (G08), what the
//! second page tells (G04), and hashing as denial of service (G01). What a whole day of traffic comes
//! to is played in `src/budgets/school_day.rs`; here the same goes through the front door.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use jiff::SignedDuration;
use portner::credentials::decoy::form_of_nobody;
use portner::domain::login_name::BareName;
use portner::domain::password_rule::SecretForm;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::visitor::Visitor;

const SCHOOLS: &str = "[bakkeskolen]\nnetworks = [\"198.51.100.0/24\"]\ninstitutions = [\"101001\"]\n";
const AT_SCHOOL: &str = "198.51.100.9";
const ELSEWHERE: &str = "203.0.113.7";

/// A federation in which one school is registered, with these limits.
async fn with_a_school(limits: &str) -> Federation {
    with_schools(SCHOOLS, limits).await
}

/// With these school networks.
async fn with_schools(schools: &str, limits: &str) -> Federation {
    Federation::start_changed(|files| {
        files.put("school-networks.toml", schools);
        let path = files.path("school-networks.toml").display().to_string();
        files.change(
            "portner.toml",
            "[files]\n",
            &format!("[files]\nschool_networks = \"{path}\"\n"),
        );
        files.add("portner.toml", limits);
    })
    .await
}

fn code(page: &Page) -> Option<String> {
    page.refusal_code()
}

/// A browser that nobody knows types a name.
async fn type_name(world: &Federation, address: &str, name: &str) -> (Visitor, Page) {
    let mut browser = world.visitor().from(address);
    let page = type_again(world, &mut browser, name).await;
    (browser, page)
}

async fn type_again(world: &Federation, browser: &mut Visitor, name: &str) -> Page {
    let page = world.arrive(browser, "skolebroen").await;
    world.type_name(browser, &page, name).await
}

async fn log_in(world: &Federation, browser: &mut Visitor, name: &str, password: &str) -> Page {
    let page = type_again(world, browser, name).await;
    browser.submit(&page.form(), &[("password", password)]).await
}

fn asks_for_a_secret(page: &Page) -> bool {
    page.url.path().ends_with("/password") && page.status == StatusCode::OK
}

/// The details of each row of this act, in the audit trail.
async fn alarms(world: &Federation, act: &str) -> Vec<String> {
    let audit = world.house.audit().await;
    let found = audit.into_iter().filter(|row| row.act == act);
    found.map(|row| row.details).collect()
}

fn checked(world: &Federation) -> u64 {
    world.house.portner.upstreams.credentials.passwords.done().worked
}

#[tokio::test]
async fn g05_a_network_learns_forty_names_and_then_no_name_tells() {
    let world = with_a_school("").await;
    for number in 0..40 {
        let (_, page) = type_name(&world, ELSEWHERE, &format!("gaet{number}")).await;
        assert_eq!(code(&page).as_deref(), Some("UL-101"), "{number}: {}", page.body);
    }
    assert_eq!(alarms(&world, "auth.enum_alarm").await, Vec::<String>::new());
    let (mut browser, page) = type_name(&world, "203.0.113.200", &of_nobody(&world, 0)).await;
    assert!(asks_for_a_secret(&page), "{}", page.body);
    let told = alarms(&world, "auth.enum_alarm").await;
    assert!(
        told.len() == 1 && told[0].contains("\"scope\":\"network\""),
        "{told:?}"
    );
    let metrics = world.house.portner.metrics.render();
    let counted = "portner_guessing_alarms_total{event=\"auth.enum_alarm\",scope=\"network\"} 1";
    assert!(metrics.contains(counted), "{metrics}");

    // Whoever is honest there is told on the second page, and can go back and mend the name.
    let wrong = browser.submit(&page.form(), &[("password", "forkert")]).await;
    assert_eq!(code(&wrong).as_deref(), Some("UL-102"));
    let back = browser.get(&wrong.url.path().replace("/password", "/name")).await;
    let page = browser.submit(&back.form(), &[("name", "alma1234")]).await;
    let page = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&page), "{}", page.body);

    // Elsewhere names are told, and here too when it has been quiet for a while.
    let (_, page) = type_name(&world, "192.0.2.1", "gaet1").await;
    assert_eq!(code(&page).as_deref(), Some("UL-101"));
    world.house.wait(SignedDuration::from_mins(25));
    let (_, page) = type_name(&world, ELSEWHERE, "gaet1").await;
    assert_eq!(code(&page).as_deref(), Some("UL-101"));
}

#[tokio::test]
async fn g05_a_browser_learns_five_names_and_a_school_of_many_browsers_more_than_forty() {
    let world = with_a_school("").await;
    let mut browser = world.visitor().from(AT_SCHOOL);
    for number in 0..5 {
        let page = type_again(&world, &mut browser, &format!("gaet{number}")).await;
        assert_eq!(code(&page).as_deref(), Some("UL-101"), "{number}");
    }
    let page = type_again(&world, &mut browser, "gaet1").await;
    assert_eq!(code(&page).as_deref(), Some("UL-101"), "the same name again");
    let page = type_again(&world, &mut browser, "gaet5").await;
    assert!(asks_for_a_secret(&page), "{}", page.body);
    for number in 0..60 {
        let (_, page) = type_name(&world, AT_SCHOOL, &format!("tast{number}")).await;
        assert_eq!(code(&page).as_deref(), Some("UL-101"), "{number}");
    }
}

#[tokio::test]
async fn g05_a_sweep_from_many_networks_is_stopped_everywhere_but_at_school() {
    let world = with_a_school("[limits.names]\neverywhere = 10\n").await;
    for number in 0..10 {
        let (_, page) = type_name(&world, &format!("10.0.{number}.1"), &format!("gaet{number}")).await;
        assert_eq!(code(&page).as_deref(), Some("UL-101"), "{number}");
    }
    let (_, page) = type_name(&world, "10.0.200.1", "gaet200").await;
    assert!(asks_for_a_secret(&page));
    let told = alarms(&world, "auth.enum_alarm").await;
    assert!(
        told.len() == 1 && told[0].contains("\"scope\":\"everywhere\""),
        "{told:?}"
    );
    let (_, page) = type_name(&world, AT_SCHOOL, "tastefejl").await;
    assert_eq!(
        code(&page).as_deref(),
        Some("UL-101"),
        "a school has its own budget"
    );
}

#[tokio::test]
async fn g05_where_the_operator_wants_it_no_name_ever_tells() {
    let world = Federation::start_with("[limits.names]\nalways_uniform = true\n").await;
    let (_, page) = type_name(&world, ELSEWHERE, "gaet1").await;
    assert!(asks_for_a_secret(&page));
    let (_, page) = type_name(&world, ELSEWHERE, "ikke et navn").await;
    assert_eq!(
        code(&page).as_deref(),
        Some("UL-103"),
        "what is no name is nobody's"
    );
}

/// Everything that a page says, without the marks that are new each time.
fn said(page: &Page, name: &str) -> String {
    let form = page.form();
    let token = &form
        .fields
        .iter()
        .find(|field| field.name == "form")
        .unwrap()
        .value;
    let path = page.url.path().trim_end_matches("/password");
    page.body
        .replace(token.as_str(), "TOKEN")
        .replace(path, "LOGIN")
        .replace(name, "NAVN")
}

/// The headers by name, and how long each is.
fn headers(page: &Page) -> BTreeSet<(String, usize)> {
    let lengths = page
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.len()));
    lengths.collect()
}

/// Whether a name that has no secret gets the page for a typed password here.
fn is_typed(world: &Federation, name: &str) -> bool {
    let secret = &world.house.portner.driver.pseudonyms;
    form_of_nobody(secret, &BareName::parse(name).unwrap()) == SecretForm::Text
}

/// A name of eight letters that nobody has, and that gets the page for a typed password.
fn of_nobody(world: &Federation, nth: usize) -> String {
    let names = (1000..10_000).map(|number| format!("gaet{number}"));
    names.filter(|name| is_typed(world, name)).nth(nth).unwrap()
}

/// An account of eight letters that has no password, and gets the page for a typed one.
async fn without_password(world: &Federation) -> String {
    const FORGET: &str = "DELETE FROM passwords WHERE account IN
        (SELECT id FROM accounts WHERE user_name NOT IN ('alma1234', 'otto1234'))";
    world.house.execute(FORGET).await;
    let mut names = [
        "emil1234", "sofi1234", "vera1234", "nora1234", "frej1234", "idak1234", "stor1234", "frid1234",
        "vill1234",
    ]
    .into_iter();
    names.find(|name| is_typed(world, name)).unwrap().to_owned()
}

/// One of each, all with eight letters.
async fn kinds(world: &Federation) -> [(&'static str, String); 4] {
    [
        ("a wrong password", "alma1234".to_owned()),
        ("an account without a password", without_password(world).await),
        ("a blocked account", "otto1234".to_owned()),
        ("a name that nobody has", of_nobody(world, 0)),
    ]
}

#[tokio::test]
async fn g04_the_second_page_says_and_costs_the_same_whoever_it_is() {
    let world = Federation::start_with("[limits.names]\nalways_uniform = true\n").await;
    let mut seen: BTreeSet<_> = BTreeSet::new();
    let kinds = kinds(&world).await;
    for round in 0..3 {
        for (what, name) in &kinds {
            let (mut browser, first) = type_name(&world, ELSEWHERE, name).await;
            assert!(asks_for_a_secret(&first), "{what}: {}", first.body);
            let before = checked(&world);
            let sent = browser
                .submit_once(&first.form(), &[("password", "forkert")])
                .await;
            assert_eq!(checked(&world) - before, 1, "{what}: hashed once");
            let to = headers(&sent);
            let page = browser.follow(sent).await;
            assert_eq!(code(&page).as_deref(), Some("UL-102"), "{what}");
            let pages = (
                said(&first, name),
                headers(&first),
                said(&page, name),
                headers(&page),
            );
            seen.insert((pages, to, page.status.as_u16()));
            assert_eq!(seen.len(), 1, "{what}, round {round}: {seen:#?}");
            world.house.wait(SignedDuration::from_mins(2));
        }
    }
}

#[tokio::test]
async fn g04_delays_come_to_every_name_after_as_many_tries() {
    let world = Federation::start_with("[limits.names]\nalways_uniform = true\n").await;
    for (what, name) in kinds(&world).await {
        let (mut browser, mut page) = type_name(&world, ELSEWHERE, &name).await;
        let mut answers = Vec::new();
        for _ in 0..8 {
            page = browser.submit(&page.form(), &[("password", "forkert")]).await;
            answers.push(code(&page).unwrap_or_default());
        }
        let expected = [
            "UL-102", "UL-102", "UL-102", "UL-102", "UL-102", "UL-102", "UL-104", "UL-104",
        ];
        assert_eq!(answers, expected, "{what}");
    }
}

#[tokio::test]
async fn g07_strangers_keep_nobody_from_the_own_device_nor_from_home() {
    let world = with_a_school("").await;
    let mut own = world.visitor().from("192.0.2.1");
    assert!(is_logged_in(
        &log_in(&world, &mut own, "alma1234", PASSWORD).await
    ));

    let (mut stranger, mut page) = type_name(&world, ELSEWHERE, "alma1234").await;
    for _ in 0..8 {
        page = stranger.submit(&page.form(), &[("password", "forkert")]).await;
    }
    assert_eq!(code(&page).as_deref(), Some("UL-104"));
    // Not even with the right password, and not from another strange place.
    let (mut other, page) = type_name(&world, "203.0.114.1", "alma1234").await;
    let page = other.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert_eq!(code(&page).as_deref(), Some("UL-104"));

    // Her own browser goes on wherever it is, also after a restart; so does she at home and at school.
    let again = world.house.restarted().await;
    own.cookies_mut().remove("__Host-session");
    for (what, mut browser) in [
        ("own device, away", own.clone().from("203.0.113.99")),
        ("new device, at home", world.visitor().from("192.0.2.77")),
        ("new device, at school", world.visitor().from(AT_SCHOOL)),
    ] {
        let page = log_in(&world, &mut browser, "alma1234", PASSWORD).await;
        assert!(is_logged_in(&page), "{what}: {}", page.body);
    }
    let mut after_restart = own.moved_to(&again);
    let page = log_in(&world, &mut after_restart, "alma1234", PASSWORD).await;
    assert!(is_logged_in(&page), "after a restart: {}", page.body);
}

#[tokio::test]
async fn g07_of_fifty_guesses_at_once_six_are_looked_at_also_after_a_restart() {
    let world = Federation::start_with("[passwords]\nqueue = 200\n").await;
    let mut browsers = Vec::new();
    for _ in 0..50 {
        browsers.push(type_name(&world, ELSEWHERE, "alma1234").await);
    }
    let before = checked(&world);
    let tries: Vec<_> = browsers
        .into_iter()
        .map(|(mut browser, page)| {
            tokio::spawn(async move { browser.submit(&page.form(), &[("password", "forkert")]).await })
        })
        .collect();
    let mut wrong = 0;
    for page in tries {
        match code(&page.await.unwrap()).as_deref() {
            Some("UL-102") => wrong += 1,
            Some("UL-104") => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((wrong, checked(&world) - before), (6, 6));
    let again = world.house.restarted().await;
    let mut browser = Visitor::at(&again).from(ELSEWHERE);
    let page = log_in(&world, &mut browser, "alma1234", PASSWORD).await;
    assert_eq!(code(&page).as_deref(), Some("UL-104"), "{}", page.body);
}

#[tokio::test]
async fn g07_fifty_networks_share_one_patience_for_an_account_and_its_day() {
    let world = with_a_school("[passwords]\nqueue = 200\nattempts_per_day = 12\n").await;
    let mut own = world.visitor().from("192.0.2.1");
    assert!(is_logged_in(
        &log_in(&world, &mut own, "alma1234", PASSWORD).await
    ));
    own.cookies_mut().remove("__Host-session");
    let mut browsers = Vec::new();
    for n in 1..=50 {
        browsers.push(type_name(&world, &format!("198.18.{n}.9"), "alma1234").await);
    }
    let before = checked(&world);
    let tries: Vec<_> = browsers
        .iter()
        .cloned()
        .map(|(mut browser, page)| {
            tokio::spawn(async move { browser.submit(&page.form(), &[("password", "forkert")]).await })
        })
        .collect();
    for page in tries {
        let code = code(&page.await.unwrap());
        assert!(matches!(code.as_deref(), Some("UL-102" | "UL-104")), "{code:?}");
    }
    assert_eq!(checked(&world) - before, 6, "by all fifty together");
    // For the rest of the day each wait is sat out, each time from another network: when the day's tries are
    // used up, one more is looked at in an hour.
    for hour in 0..20_u64 {
        for n in 0..6 {
            let network = format!("198.19.{}.9", hour * 6 + n);
            let (mut browser, page) = type_name(&world, &network, "alma1234").await;
            browser.submit(&page.form(), &[("password", "forkert")]).await;
            world.house.wait(SignedDuration::from_mins(10));
        }
    }
    let all = checked(&world) - before;
    assert!((12..=12 + 20).contains(&all), "{all}");
    // Her own browser goes on, and so does she at home and at school.
    for (what, mut browser) in [
        ("own device, away", own.from("203.0.113.99")),
        ("new device, at home", world.visitor().from("192.0.2.77")),
        ("new device, at school", world.visitor().from(AT_SCHOOL)),
    ] {
        let page = log_in(&world, &mut browser, "alma1234", PASSWORD).await;
        assert!(is_logged_in(&page), "{what}: {}", page.body);
    }
}

#[tokio::test]
async fn g07_a_browser_that_was_proved_is_counted_apart_and_guesses_less() {
    let world = Federation::start_with("[passwords]\nattempts_per_day_with_device = 3\n").await;
    let mut own = world.visitor().from("192.0.2.1");
    assert!(is_logged_in(
        &log_in(&world, &mut own, "alma1234", PASSWORD).await
    ));
    // Whoever has it guesses as a known browser three times, and then as a stranger.
    let mut stolen = own.clone().from(ELSEWHERE);
    stolen.cookies_mut().remove("__Host-session");
    for _ in 0..3 {
        let page = log_in(&world, &mut stolen, "alma1234", "forkert").await;
        assert_eq!(code(&page).as_deref(), Some("UL-102"));
    }
    let (mut stranger, mut page) = type_name(&world, "203.0.114.1", "alma1234").await;
    for _ in 0..7 {
        page = stranger.submit(&page.form(), &[("password", "forkert")]).await;
    }
    assert_eq!(code(&page).as_deref(), Some("UL-104"));
    let page = log_in(&world, &mut stolen, "alma1234", "forkert").await;
    assert_eq!(code(&page).as_deref(), Some("UL-104"), "with the strangers");
    // For anybody else's account it is a stranger from the first.
    let page = log_in(&world, &mut stolen, "sofi1234", PASSWORD).await;
    assert!(is_logged_in(&page));
}

#[tokio::test]
async fn g07_the_cookie_of_a_browser_says_nothing_and_opens_nothing() {
    let world = Federation::start().await;
    let (mut one, mut other) = (world.visitor(), world.visitor());
    for browser in [&mut one, &mut other] {
        assert!(is_logged_in(&log_in(&world, browser, "alma1234", PASSWORD).await));
    }
    let cookie = |browser: &Visitor| browser.cookies()["__Host-device"].clone();
    assert_ne!(cookie(&one), cookie(&other), "nobody tells that both are hers");
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(cookie(&one).as_bytes())
        .unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("alma"));
    // It is the same length for a name that somebody has and one that nobody has.
    let (known, unknown) = (
        type_name(&world, ELSEWHERE, "sofi1234").await.0,
        type_name(&world, ELSEWHERE, "gaet1234").await.0,
    );
    assert_eq!(cookie(&known).len(), cookie(&unknown).len());
    // Alone it logs nobody in, and a changed one is none.
    let device = cookie(&one);
    for value in [
        device.clone(),
        device.replace('A', "B"),
        "x".to_owned(),
        String::new(),
    ] {
        let mut thief = world.visitor().from(ELSEWHERE);
        thief.cookies_mut().insert("__Host-device".to_owned(), value);
        let page = world.arrive(&mut thief, "skolebroen").await;
        assert!(page.url.path().ends_with("/name") && thief.session().is_none());
        let page = log_in(&world, &mut thief, "alma1234", "forkert").await;
        assert_eq!(code(&page).as_deref(), Some("UL-102"));
    }
    assert!(
        world
            .house
            .snapshot()
            .await
            .iter()
            .all(|row| !row.contains("device"))
    );
}

#[tokio::test]
async fn g08_a_spray_from_many_networks_makes_strangers_wait_and_nobody_else() {
    let limits = "[limits.guesses]\neverywhere = 4\n[limits.names]\nalways_uniform = true\n";
    let world = with_a_school(limits).await;
    let mut own = world.visitor().from("192.0.2.1");
    assert!(is_logged_in(
        &log_in(&world, &mut own, "alma1234", PASSWORD).await
    ));
    own.cookies_mut().remove("__Host-session");

    // Two wrong ones from each network, so that no network is clean in the end.
    let mut looked_at = 0;
    for guess in 0..24 {
        let mut browser = world.visitor().from(&format!("10.0.{}.1", guess % 12));
        let name = of_nobody(&world, guess);
        let page = log_in(&world, &mut browser, &name, "Sommer2026").await;
        match code(&page).as_deref() {
            Some("UL-102") => looked_at += 1,
            Some("UL-105") => {}
            other => panic!("{guess}: {other:?}"),
        }
    }
    assert!((4..=12).contains(&looked_at), "{looked_at} were looked at");
    let told = alarms(&world, "auth.spray_alarm").await;
    assert!(
        told.iter().any(|one| one.contains("\"scope\":\"class\"")),
        "{told:?}"
    );

    let mut stranger = world.visitor().from("10.0.1.9");
    let before = checked(&world);
    let page = log_in(&world, &mut stranger, "sofi1234", PASSWORD).await;
    assert_eq!(code(&page).as_deref(), Some("UL-105"), "{}", page.body);
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(checked(&world), before, "nothing was hashed");
    assert!(html::attribute(&page.body, "main", "data-refusal-code").is_some());
    for (what, mut browser, name) in [
        ("own device, away", own.clone().from("10.0.1.8"), "alma1234"),
        ("at home", world.visitor().from("192.0.2.9"), "alma1234"),
        ("at school", world.visitor().from(AT_SCHOOL), "sofi1234"),
    ] {
        let page = log_in(&world, &mut browser, name, PASSWORD).await;
        assert!(is_logged_in(&page), "{what}: {}", page.body);
    }
    // Whoever comes by a local login or the national eID never meets any of this.
    let mut pupil = world.visitor().from("10.0.1.7");
    let asked = world.sent_to_lillekoebing(&mut pupil, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    assert!(is_logged_in(
        &pupil.post_from_elsewhere(&asked.acs_path(), &answer).await
    ));

    world.house.wait(SignedDuration::from_hours(3));
    let mut stranger = world.visitor().from("10.0.1.9");
    let page = log_in(&world, &mut stranger, "sofi1234", PASSWORD).await;
    assert!(is_logged_in(&page), "it is over: {}", page.body);
}

#[tokio::test]
async fn g08_one_network_is_wrong_at_forty_accounts_and_waits() {
    let limits = "[limits.guesses]\nnetwork = 3\nschool = 3\n[limits.names]\nalways_uniform = true\n";
    let world = with_a_school(limits).await;
    let answers = async |address: &str| {
        let mut answers = Vec::new();
        for guess in 0..6 {
            let mut browser = world.visitor().from(address);
            let page = log_in(&world, &mut browser, &of_nobody(&world, guess), "forkert").await;
            answers.push(code(&page).unwrap_or_default());
        }
        answers
    };
    let expected = ["UL-102", "UL-102", "UL-102", "UL-102", "UL-105", "UL-105"];
    assert_eq!(answers(ELSEWHERE).await, expected);
    let told = alarms(&world, "auth.spray_alarm").await;
    assert!(
        told.len() == 1 && told[0].contains("\"scope\":\"network\""),
        "{told:?}"
    );
    assert_eq!(
        answers("203.0.114.7").await[0],
        "UL-102",
        "another network is none of it"
    );
}

#[tokio::test]
async fn g04_a_school_that_was_guessed_at_tells_nobody_who_is_there() {
    let limits = "[limits.guesses]\ninstitution = 2\neverywhere = 1000\n\
                  [limits.names]\nalways_uniform = true\n";
    let world = with_a_school(limits).await;
    // Every school is guessed at until its budget is used up.
    for (guess, name) in ["alma1234", "sofi1234", "emil1234"]
        .iter()
        .cycle()
        .take(24)
        .enumerate()
    {
        let mut browser = world.visitor().from(&format!("10.1.{guess}.1"));
        log_in(&world, &mut browser, name, "forkert-kode").await;
    }
    let mut told = BTreeSet::new();
    for guess in 0..30 {
        let mut browser = world.visitor().from(&format!("10.2.{}.1", guess % 3));
        let page = log_in(&world, &mut browser, &of_nobody(&world, guess), "forkert").await;
        told.extend(code(&page));
    }
    assert!(
        told.contains("UL-105"),
        "a name that nobody has waits at its school too: {told:?}"
    );
}

#[tokio::test]
async fn g12_pictures_are_picked_and_never_typed() {
    let world = Federation::start().await;
    let names = include_str!("../../src/texts/da/pictures.ftl");
    let number = |name: &str| {
        let line = names
            .lines()
            .find(|line| line.ends_with(&format!(" = {name}")))
            .unwrap();
        line.strip_prefix("picture-").unwrap()[..2].to_owned()
    };
    let storms: String = ["kat", "sol", "fisk", "æble"]
        .map(|name| number(name) + ".")
        .concat();
    let (mut browser, page) = type_name(&world, ELSEWHERE, "stor1234").await;
    let typed = format!("pictures\u{1e}{storms}");
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    let page = browser.submit(&form, &[("password", &typed)]).await;
    assert!(!is_logged_in(&page), "{}", page.body);
    assert_eq!(code(&page).as_deref(), Some("UL-102"), "{}", page.body);
}

#[tokio::test]
async fn g01_what_is_too_long_is_refused_before_it_is_hashed() {
    let world = Federation::start().await;
    for length in [1_025, 100_000, 1_000_000] {
        let (mut browser, page) = type_name(&world, ELSEWHERE, "alma1234").await;
        let before = checked(&world);
        let page = browser
            .submit(&page.form(), &[("password", &"x".repeat(length))])
            .await;
        let refused = code(&page);
        assert!(
            matches!(refused.as_deref(), Some("UL-102" | "UL-607")),
            "{length}: {refused:?}"
        );
        assert_eq!(checked(&world), before, "{length}");
    }
}

/// Ten registered school networks, none of which is that of alma's school.
fn foreign_schools() -> String {
    let one =
        |n: u8| format!("[skole{n}]\nnetworks = [\"198.18.{n}.0/24\"]\ninstitutions = [\"2020{n:02}\"]\n");
    (1..=10).map(one).collect()
}

#[tokio::test]
async fn g07_other_schools_networks_are_strange_to_an_account_and_share_one_patience() {
    let schools = format!("{SCHOOLS}{}", foreign_schools());
    let world = with_schools(&schools, "").await;
    let before = checked(&world);
    for n in 1..=10 {
        let (mut browser, mut page) = type_name(&world, &format!("198.18.{n}.9"), "alma1234").await;
        for _ in 0..7 {
            page = browser.submit(&page.form(), &[("password", "forkert")]).await;
        }
        assert_eq!(code(&page).as_deref(), Some("UL-104"), "{n}");
    }
    assert_eq!(checked(&world) - before, 6, "by all ten together");
    // At her own school she goes on.
    let mut own = world.visitor().from(AT_SCHOOL);
    let page = log_in(&world, &mut own, "alma1234", PASSWORD).await;
    assert!(is_logged_in(&page), "{}", page.body);
}
