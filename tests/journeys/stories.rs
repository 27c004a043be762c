//! Every story of the demonstration, played as a program would that knows nothing of Portner:
//! it follows redirects, submits the first form it is given, and fills in text and password
//! inputs with the user's name and password. How it ends must be what the demonstration's
//! own list says.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use portner::ambient::Ambient;
use portner::demo::{Demo, DemoError, PORTS, Roster, RosterUser};
use portner::web::serve::{StopHandle, stop_channel};
use serde_json::Value;

use crate::world::browser::{Browser, Page};
use crate::world::html::Form;

/// No story takes more forms.
const MOST_FORMS: usize = 12;

/// A demonstration of a test's own.
struct Running {
    demo: Demo,
    _stop: StopHandle,
    _directory: tempfile::TempDir,
}

impl Running {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (demo, stop) = start_in(directory.path()).await;
        Self {
            demo,
            _stop: stop,
            _directory: directory,
        }
    }

    fn roster(&self) -> &Roster {
        self.demo.roster()
    }

    fn start_url(&self, service: &str) -> &str {
        let service = self.roster().services.iter().find(|known| known.name == service);
        &service.unwrap().start_url
    }
}

/// Tries one place after another, since other tests look for ports too.
async fn start_in(directory: &Path) -> (Demo, StopHandle) {
    for _ in 0..20 {
        let (stop, stopped) = stop_channel();
        match Demo::start(some_free_port(), directory, Ambient::system(), stopped).await {
            Ok(demo) => return (demo, stop),
            Err(DemoError::CannotListen { .. } | DemoError::NoSuchPorts { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("no {PORTS} free ports in a row");
}

fn some_free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Where a story ended.
struct Ended {
    at: Page,
    /// The code of a refusal, the subject at the service, or the service's word for what went wrong.
    with: String,
}

/// The described program.
async fn play(browser: &mut Browser, start_url: &str, login: &str, password: &str) -> Ended {
    let mut page = browser.get(start_url).await;
    for _ in 0..MOST_FORMS {
        if let Some(code) = page.refusal_code() {
            return Ended { at: page, with: code };
        }
        if let Some(received) = page.received() {
            let with = ["subject", "status", "error"]
                .into_iter()
                .find_map(|name| received[name].as_str());
            let with = with.unwrap_or_default().to_owned();
            return Ended { at: page, with };
        }
        let form = page.form();
        let filled = fill(&form, login, password);
        let filled: Vec<_> = filled
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        page = browser.submit(&page, &form, &filled).await;
    }
    panic!("{login}: still a form at {}\n{}", page.url, page.body);
}

fn fill<'a>(form: &Form, login: &'a str, password: &'a str) -> Vec<(String, &'a str)> {
    let value = |kind: &str| match kind {
        "text" => Some(login),
        "password" => Some(password),
        _ => None,
    };
    form.fields
        .iter()
        .filter_map(|field| Some((field.name.clone(), value(&field.kind)?)))
        .collect()
}

fn user<'a>(roster: &'a Roster, login: &str, service: &str) -> &'a RosterUser {
    roster
        .users
        .iter()
        .find(|user| user.login == login && user.service == service)
        .unwrap()
}

#[tokio::test]
async fn every_story_ends_as_the_demonstration_says() {
    let running = Running::start().await;
    let mut wrong = Vec::new();
    for user in &running.roster().users {
        let mut browser = Browser::new();
        let ended = play(
            &mut browser,
            running.start_url(user.service),
            user.login,
            user.password,
        )
        .await;
        if ended.with != user.expect {
            wrong.push(format!(
                "{} at {}: {} instead of {}, at {}\n{}",
                user.login, user.service, ended.with, user.expect, ended.at.url, ended.at.body
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn stories_told_one_after_another_in_one_browser_do_not_disturb_each_other() {
    let running = Running::start().await;
    let mut browser = Browser::new();
    for user in &running.roster().users {
        let ended = play(
            &mut browser,
            running.start_url(user.service),
            user.login,
            user.password,
        )
        .await;
        assert_eq!(ended.with, user.expect, "{} at {}", user.login, user.service);
    }
}

#[tokio::test]
async fn services_receive_what_their_registration_says_and_no_more() {
    let running = Running::start().await;
    let received = async |login: &str, service: &str| -> Value {
        let user = user(running.roster(), login, service);
        let start_url = running.start_url(service);
        play(&mut Browser::new(), start_url, user.login, user.password)
            .await
            .at
            .received()
            .unwrap()
    };
    let names = |facts: &Value| -> BTreeSet<String> { facts.as_object().unwrap().keys().cloned().collect() };

    let skolebroen = received("nora@lillekoebing.example", "Skolebroen").await;
    assert_eq!(skolebroen["protocol"], "saml");
    let attributes = &skolebroen["attributes"];
    assert_eq!(attributes["dk:unilogin:uniid"], serde_json::json!(["1000001209"]));
    let groups = attributes["dk:unilogin:aktoergruppe"].as_array().unwrap();
    assert_eq!(groups.len(), 1, "the one role that was chosen");
    assert!(
        !names(attributes)
            .iter()
            .any(|name| name.contains("urn:oid:2.5.4")),
        "no names of people"
    );

    let laeringshaven = received("nora@lillekoebing.example", "Læringshaven").await;
    assert_eq!(laeringshaven["protocol"], "oidc");
    let claims = &laeringshaven["claims"];
    assert_eq!(claims["given_name"], "Nora");
    assert!(claims["family_name"].is_null() && claims["uniid"].is_null() && claims["cpr"].is_null());
    assert_ne!(
        laeringshaven["subject"], skolebroen["subject"],
        "two sectors, two names"
    );

    let sundhedsmappen = received("bente", "Sundhedsmappen med MitID").await;
    assert_eq!(sundhedsmappen["claims"]["cpr"], "0302821002");
    let elevplanen = received("bente", "Elevplanen med MitID").await;
    assert!(
        !elevplanen.to_string().contains("0302821002"),
        "no CPR number without a legal basis"
    );
}

#[tokio::test]
async fn a_second_service_is_entered_on_the_first_ones_login() {
    let running = Running::start().await;
    let mut browser = Browser::new();
    let sofie = user(running.roster(), "sofie@lillekoebing.example", "Skolebroen");
    play(
        &mut browser,
        running.start_url("Skolebroen"),
        sofie.login,
        sofie.password,
    )
    .await;
    let leaning = running.start_url("Læringshaven").split('?').next().unwrap();
    let page = browser.get(leaning).await;
    let expected = user(running.roster(), "sofie@lillekoebing.example", "Læringshaven")
        .expect
        .as_str();
    assert_eq!(
        page.received().unwrap()["subject"],
        expected,
        "no form on the way: {}",
        page.url
    );
}

#[tokio::test]
async fn a_logout_reaches_the_service_and_the_municipality() {
    let running = Running::start().await;
    let mut browser = Browser::new();
    let sofie = user(running.roster(), "sofie@lillekoebing.example", "Skolebroen");
    let start_url = running.start_url("Skolebroen");
    let portner = Browser::new().get(start_url).await.url;
    play(&mut browser, start_url, sofie.login, sofie.password).await;
    let asked = browser.get(portner.join("/logout").unwrap().as_str()).await;
    let receipt = browser.submit(&asked, &asked.form(), &[]).await;
    let (_, done) = receipt
        .body
        .split_once("Du er også logget ud her")
        .unwrap_or_else(|| panic!("{}: {}", receipt.url, receipt.body));
    let done = done.split("</ul>").next().unwrap();
    assert!(
        done.contains("Skolebroen") && done.contains("Lillekøbing Kommune"),
        "{done}"
    );
}

#[tokio::test]
async fn a_user_who_was_refused_can_let_either_kind_of_service_know() {
    let running = Running::start().await;
    let told = [
        (
            "sofie@lillekoebing.example",
            "Personalerummet",
            "error",
            "access_denied",
        ),
        ("alma1234", "Elevplanen", "status", "NoAuthnContext"),
    ];
    for (login, service, name, word) in told {
        let user = user(running.roster(), login, service);
        let mut browser = Browser::new();
        let refused = play(
            &mut browser,
            running.start_url(service),
            user.login,
            user.password,
        )
        .await
        .at;
        let mut page = browser.submit(&refused, &refused.form(), &[]).await;
        if page.received().is_none() {
            page = browser.submit(&page, &page.form(), &[]).await;
        }
        assert_eq!(page.received().unwrap()[name], word, "{service}");
    }
}

#[tokio::test]
async fn stories_at_our_own_pages_end_there_with_what_they_promise() {
    let running = Running::start().await;
    let front = Browser::new().get(&running.roster().start).await;
    let links = crate::world::html::links(&front.body);
    for story in &running.roster().recovery_stories {
        assert!(links.contains(&story.start_url), "{}", story.start_url);
        let end = url::Url::parse(&story.start_url).unwrap();
        let mut browser = Browser::new();
        let mut page = browser.get(&story.start_url).await;
        for _ in 0..MOST_FORMS {
            if page.url == end {
                break;
            }
            let form = page.form();
            let filled = fill(&form, story.login, story.password);
            let filled: Vec<_> = filled
                .iter()
                .map(|(name, value)| (name.as_str(), *value))
                .collect();
            page = browser.submit(&page, &form, &filled).await;
        }
        assert_eq!(page.url, end, "{}: {}", story.login, page.body);
        assert!(page.body.contains(story.shows), "{}: {}", story.login, page.body);
        let hidden = story.hides.is_some_and(|hidden| page.body.contains(hidden));
        assert!(!hidden, "{}: {}", story.login, page.body);
    }
}

#[tokio::test]
async fn stories_at_the_desk_end_with_what_they_promise() {
    let running = Running::start().await;
    let front = Browser::new().get(&running.roster().start).await;
    let links = crate::world::html::links(&front.body);
    assert!(!running.roster().desk_stories.is_empty());
    for story in &running.roster().desk_stories {
        assert!(links.contains(&story.start_url), "{}", story.start_url);
        let end = url::Url::parse(&story.end_url).unwrap();
        let mut browser = Browser::new();
        let mut page = browser.get(&story.start_url).await;
        for _ in 0..MOST_FORMS {
            if page.url == end {
                break;
            }
            let form = page.form();
            let filled = fill(&form, story.login, story.password);
            let filled: Vec<_> = filled
                .iter()
                .map(|(name, value)| (name.as_str(), *value))
                .collect();
            page = browser.submit(&page, &form, &filled).await;
        }
        assert_eq!(page.url, end, "{}: {}", story.login, page.body);
        assert!(page.body.contains(story.shows), "{}: {}", story.login, page.body);
    }
}

#[tokio::test]
async fn the_start_page_leads_to_every_story_in_two_languages() {
    let running = Running::start().await;
    let mut browser = Browser::new();
    let danish = browser.get(&running.roster().start).await;
    let english = browser.get(&format!("{}?lang=en", running.roster().start)).await;
    for page in [&danish, &english] {
        let links = crate::world::html::links(&page.body);
        for service in &running.roster().services {
            assert!(links.contains(&service.start_url), "{}", service.name);
        }
    }
    assert!(danish.body.contains("Når noget går galt") && english.body.contains("When something goes wrong"));
}

#[tokio::test]
async fn kept_data_give_the_same_names_the_next_time() {
    let directory = tempfile::tempdir().unwrap();
    let expectations = |demo: &Demo| -> Vec<String> {
        demo.roster()
            .users
            .iter()
            .map(|user| user.expect.clone())
            .collect()
    };
    let (first, stop) = start_in(directory.path()).await;
    let before = expectations(&first);
    stop.stop();
    drop(first);
    // What somebody has put there in the meantime is nobody in the next one; it stays beside it.
    let foreign = "metadata/services/fremmed.toml";
    std::fs::write(directory.path().join(foreign), "name = \"Fremmed\"\n").unwrap();
    let (second, _stop) = start_in(directory.path()).await;
    assert_eq!(expectations(&second), before);
    assert!(!directory.path().join(foreign).exists());
    assert!(
        directory
            .path()
            .join("metadata.before/services/fremmed.toml")
            .exists()
    );
}

#[tokio::test]
async fn a_taken_port_is_told_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let (_stop, stopped) = stop_channel();
    let error = Demo::start(
        port.min(u16::MAX - PORTS),
        directory.path(),
        Ambient::system(),
        stopped,
    )
    .await
    .err()
    .unwrap();
    assert!(error.to_string().contains("--port"), "{error}");
}

/// Somebody at one of Portner's own pages, by the name and password beside the story.
async fn at_own_page(running: &Running, path: &str, login: &str) -> (Browser, Page) {
    let start = running.roster().broker.trim_end_matches('/').to_owned() + path;
    let mut browser = Browser::new();
    let mut page = browser.get(&start).await;
    for _ in 0..MOST_FORMS {
        if page.url.as_str() == start {
            return (browser, page);
        }
        let form = page.form();
        let filled = fill(&form, login, "demo-kode-42");
        let filled: Vec<_> = filled
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        page = browser.submit(&page, &form, &filled).await;
    }
    panic!("{login} does not get to {start}: {}", page.body);
}

/// Presses one thing on a page, with nothing else ticked.
async fn act(browser: &mut Browser, page: &Page, fields: &[(&str, &str)]) -> Page {
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    browser.submit(page, &form, fields).await
}

/// The value of the first field of this name, after a text of the page.
fn value_of(page: &Page, name: &str, after: &str) -> String {
    let (_, rest) = page.body.split_once(after).unwrap();
    let (_, rest) = rest.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Storm at the page that comes after his user name.
async fn storm_at(running: &Running, service: &str) -> (Browser, Page) {
    let mut browser = Browser::new();
    let page = browser.get(running.start_url(service)).await;
    let form = page.form();
    let filled = fill(&form, "stor1234", "");
    let filled: Vec<_> = filled
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let page = browser.submit(&page, &form, &filled).await;
    (browser, page)
}

/// Storm picks his four pictures.
async fn picks(browser: &mut Browser, page: &Page) -> Page {
    let tokens = super::picture_passwords::tokens(page);
    let picks = ["kat", "sol", "fisk", "æble"].map(|name| tokens[name].as_str());
    let picks = picks.join(" ");
    browser
        .submit(page, &page.form(), &[("picks", &picks), ("do", "done")])
        .await
}

#[tokio::test]
async fn side_by_side_the_classmate_gets_nothing_and_the_pictures_still_work() {
    let running = Running::start().await;
    let front = Browser::new().get(&running.roster().start).await;
    let links = crate::world::html::links(&front.body);
    let (mut jonna, desk) = at_own_page(&running, "/elevadgang/101001", "jonn1234").await;
    assert!(links.contains(&desk.url.to_string()), "{}", desk.url);
    let boxes = desk.body.split("name=\"pupil\" value=\"").skip(1);
    let storm = boxes
        .filter(|rest| rest.contains("Storm"))
        .find(|rest| {
            rest.split("name=\"pupil\"")
                .next()
                .unwrap()
                .contains("Storm Kjær")
        })
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .unwrap();
    let opened = act(&mut jonna, &desk, &[("pupil", &storm), ("do", "open")]).await;
    assert!(
        opened.body.contains("Eleven har fem minutter nu"),
        "{}",
        opened.body
    );
    let (mut thief, learning) = storm_at(&running, "Læringshaven").await;
    assert!(learning.body.contains("picture-name"), "{}", learning.body);
    // Somebody else who comes afterwards is told that the minutes are used.
    let (_, late) = storm_at(&running, "Læringshaven").await;
    assert!(late.body.contains("en anden har brugt dem"), "{}", late.body);
    let desk = jonna.get(desk.url.as_str()).await;
    assert!(
        desk.body.contains("er ved at lære sin nye adgangskode"),
        "{}",
        desk.body
    );
    let window = value_of(&desk, "cancel", "er ved at lære sin nye adgangskode");
    let taken = act(&mut jonna, &desk, &[("cancel", &window)]).await;
    assert!(taken.body.contains("Det er taget tilbage"), "{}", taken.body);
    let nothing = thief.submit(&learning, &learning.form(), &[]).await;
    assert!(nothing.received().is_none(), "{}", nothing.body);
    let (mut storm, page) = storm_at(&running, "Læringshaven").await;
    let page = picks(&mut storm, &page).await;
    assert!(
        page.received().is_some_and(|got| got["subject"].is_string()),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn side_by_side_a_survey_waits_for_the_teacher_and_both_protocols_show_the_level() {
    let running = Running::start().await;
    let (mut storm, page) = storm_at(&running, "Trivselsmålingen").await;
    let waits = picks(&mut storm, &page).await;
    assert!(waits.body.contains("En voksen skal sige ja"), "{}", waits.body);
    let (mut jonna, desk) = at_own_page(&running, "/elevadgang/101001", "jonn1234").await;
    let board = crate::world::html::links(&desk.body);
    let board = board.iter().find(|link| link.contains("/tavle/")).unwrap();
    let board = jonna.get(desk.url.join(board).unwrap().as_str()).await;
    assert!(board.body.contains("Venter på godkendelse"), "{}", board.body);
    let list = jonna.get(&format!("{}/giv-adgang", desk.url)).await;
    let request = value_of(&list, "request", "");
    let given = act(&mut jonna, &list, &[("request", &request), ("do", "vouch")]).await;
    assert!(given.body.contains("har nu adgang i to timer"), "{}", given.body);
    let adult = "dk:unilogin:loa:VoksenVerificeret";
    let page = storm.get(waits.url.as_str()).await;
    assert_eq!(page.received().unwrap()["level"], adult, "{}", page.body);
    // The other protocol, on the same login.
    let leaning = running
        .start_url("Beskedbakken")
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let front = Browser::new().get(&running.roster().start).await;
    assert!(
        crate::world::html::links(&front.body).contains(&leaning),
        "{leaning}"
    );
    let mut page = storm.get(&leaning).await;
    for _ in 0..3 {
        if page.received().is_none() {
            page = storm.submit(&page, &page.form(), &[]).await;
        }
    }
    assert_eq!(page.received().unwrap()["level"], adult, "{}", page.body);
}

/// Hanne presses one thing about somebody, for a reason.
async fn of_the_block(hanne: &mut Browser, person: &str, does: &str) -> Page {
    let page = hanne.get(person).await;
    let forms = crate::world::html::forms(&page.body);
    let is_it = |form: &&Form| {
        let mut fields = form.fields.iter();
        form.action.ends_with("/spaerring") && fields.any(|field| field.name == "do" && field.value == does)
    };
    let form = forms.iter().find(is_it);
    let form = form.unwrap_or_else(|| panic!("no {does} at {}\n{}", page.url, page.body));
    let fields = [("reason", "aftalt med forældrene")];
    hanne.submit(&page, form, &fields).await
}

#[tokio::test]
async fn side_by_side_a_pupil_is_blocked_and_let_in_again_by_the_office() {
    let running = Running::start().await;
    let front = Browser::new().get(&running.roster().start).await;
    let links = crate::world::html::links(&front.body);
    let search = format!("{}administration/101001?q=alma", running.roster().broker);
    assert!(links.contains(&search), "{search}");
    let mut hanne = Browser::new();
    let mut found = hanne.get(&search).await;
    for _ in 0..MOST_FORMS {
        if found.url.as_str() == search {
            break;
        }
        let form = found.form();
        let filled = fill(&form, "hanne@mitid.example", "demo-kode-42");
        let filled: Vec<_> = filled
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        found = hanne.submit(&found, &form, &filled).await;
    }
    let people = crate::world::html::links(&found.body);
    let alma = people.iter().find(|link| link.contains("/person/"));
    let alma = alma.unwrap_or_else(|| panic!("nobody at {}\n{}", found.url, found.body));
    let alma = found.url.join(alma).unwrap();
    let start = running.start_url("Skolebroen");
    of_the_block(&mut hanne, alma.as_str(), "block").await;
    let refused = play(&mut Browser::new(), start, "alma1234", "demo-kode-42").await;
    assert_eq!(refused.with, "UL-203", "{}", refused.at.body);
    of_the_block(&mut hanne, alma.as_str(), "unblock").await;
    let let_in = play(&mut Browser::new(), start, "alma1234", "demo-kode-42").await;
    assert_eq!(
        let_in.with,
        user(running.roster(), "alma1234", "Skolebroen").expect
    );
}
