//! The teacher's desk on the web, and what comes of it in the pupils' browsers (U44–U53, E9; H07,
//! H08, I01, I03–I06, I11, I12).

use std::time::Duration;

use jiff::SignedDuration;

use super::help_windows::{BESIDE, LOCAL, PEOPLE, is_at, learn_pictures, press, shown_pictures};
use super::picture_passwords::pick;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{MORE_PEOPLE, PASSWORD};
use crate::world::html::{self, Form};
use crate::world::logouts::Logouts;
use crate::world::visitor::Visitor;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const SCHOOL: &str = "192.0.2.10";
const DESK: &str = "/elevadgang/101001";

async fn open() -> Federation {
    Federation::start_with_people(PEOPLE).await
}

/// A teacher who is logged in, and what they see.
async fn at_desk(world: &Federation, name: &str) -> (Visitor, Page) {
    let mut teacher = world.visitor().from(SCHOOL);
    let page = teacher.get("/elevadgang/mine").await;
    let page = world.log_in_as(&mut teacher, &page, name).await;
    (teacher, page)
}

/// What the desk's form calls a pupil.
fn id_of(page: &Page, name: &str) -> String {
    let (before, _) = page
        .body
        .split_once(&format!("\">{name}</label>"))
        .unwrap_or_else(|| panic!("no {name} at {}\n{}", page.url, page.body));
    let (_, id) = before.rsplit_once("for=\"pupil-").unwrap();
    id[id.len() - 36..].to_owned()
}

/// The value of a button.
fn button(page: &Page, name: &str) -> String {
    let (_, rest) = page
        .body
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The desk's form with nothing ticked.
fn bare(page: &Page) -> Form {
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    form
}

async fn tick(teacher: &mut Visitor, page: &Page, pupils: &[&str], what: &str) -> Page {
    let mut form = bare(page);
    for pupil in pupils {
        let value = id_of(page, pupil);
        let mut field = form.fields[0].clone();
        (field.name, field.value) = ("pupil".to_owned(), value);
        form.fields.push(field);
    }
    teacher.submit(&form, &[("do", what)]).await
}

async fn come(world: &Federation, from: &str, name: &str) -> (Visitor, Page) {
    let mut visitor = world.visitor().from(from);
    let client = world.client("laesehesten");
    let page = visitor.get(&client.request(&[])).await;
    let page = world.type_name(&mut visitor, &page, name).await;
    (visitor, page)
}

async fn windows(world: &Federation) -> usize {
    world.house.count("help_windows").await
}

#[tokio::test]
async fn a_teacher_comes_in_by_the_blue_button_and_sees_own_classes_alone() {
    let world = open().await;
    let mut teacher = world.visitor().from(SCHOOL);
    let page = teacher.get("/elevadgang").await;
    assert!(page.body.contains("Log på</a>") && page.body.contains("Log på som brugeradministrator</a>"));
    assert!(page.body.contains("href=\"/elevadgang/mine\""));
    let page = teacher.get("/elevadgang/mine").await;
    let page = world.log_in_as(&mut teacher, &page, "tove1234").await;
    assert_eq!(page.url.path(), DESK, "straight on, where there is one school");
    for seen in ["2.B", "8.C", "Storm Kjær", "Aksel Krogh", "Nye Nielsen"] {
        assert!(page.body.contains(seen), "{seen}: {}", page.body);
    }
    for hidden in ["Frida", "4.A", "Sofie Holm", "stor1234", "akse1234"] {
        assert!(!page.body.contains(hidden), "{hidden}: {}", page.body);
    }
    let page = tick(&mut teacher, &page, &["Storm Kjær"], "names").await;
    assert!(
        page.body.contains("stor1234") && !page.body.contains("akse1234"),
        "{}",
        page.body
    );
    let shown = world.house.audit().await;
    let shown: Vec<_> = shown.iter().filter(|row| row.act == "help.name_shown").collect();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].details.contains("101001") && shown[0].details.contains("\"by\""));
}

#[tokio::test]
async fn one_several_or_the_class_get_five_minutes_and_the_desk_says_what_became_of_them() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let page = tick(&mut teacher, &page, &["Storm Kjær", "Aksel Krogh"], "open").await;
    assert_eq!(page.url.path(), DESK);
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    assert!(
        page.body
            .contains("Eleven kan skrive sit brugernavn indtil kl. 09.05.00"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Sidder eleven på et andet netværk?"));
    assert_eq!(windows(&world).await, 2);

    let (mut storm, lesson) = come(&world, BESIDE, "stor1234").await;
    let page = teacher.get(DESK).await;
    assert!(
        page.body.contains("er ved at lære sin nye adgangskode"),
        "{}",
        page.body
    );
    let (_, done) = learn_pictures(&mut storm, &lesson).await;
    assert!(is_at(&done, "changed"));
    let page = teacher.get(DESK).await;
    assert!(
        page.body.contains("Fik en ny adgangskode kl. 09.00.00"),
        "{}",
        page.body
    );

    // Aksel's is taken back.
    let cancel = button(&page, "cancel");
    let page = teacher.submit(&bare(&page), &[("cancel", &cancel)]).await;
    assert!(page.body.contains("Det er taget tilbage"), "{}", page.body);
    let (_, aksel) = come(&world, BESIDE, "akse1234").await;
    assert!(is_at(&aksel, "password"), "{}", aksel.url);
    let page = teacher.submit(&bare(&page), &[("cancel", &cancel)]).await;
    assert!(page.body.contains("ændret sig i mellemtiden"), "{}", page.body);

    // The whole class.
    let (_, class) = page.body.split_once("name=\"class\" value=\"").unwrap();
    let (_, class) = class.split_once("name=\"class\" value=\"").unwrap();
    let class = class.split('"').next().unwrap().to_owned();
    let page = teacher
        .submit(&bare(&page), &[("class", &class), ("do", "open")])
        .await;
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    assert_eq!(windows(&world).await, 4, "two pupils of 8.C");
    world.house.wait(MINUTE * 5);
    let page = teacher.get(DESK).await;
    assert!(page.body.contains("Tiden gik kl. 09.05.00"), "{}", page.body);
    let page = teacher.submit(&bare(&page), &[("do", "open")]).await;
    assert!(page.body.contains("Sæt først kryds"), "{}", page.body);
}

#[tokio::test]
async fn a_new_password_asks_for_a_login_of_the_last_quarter_of_an_hour() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    assert!(!page.body.contains("log-ind-igen"));
    world.house.wait(MINUTE * 15);
    let page = tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    assert_eq!(windows(&world).await, 1, "to the second");
    world.house.wait(SignedDuration::from_secs(1));
    let page_later = teacher.get(DESK).await;
    assert!(page_later.body.contains("Log ind igen"), "{}", page_later.body);
    let asked = tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    assert!(
        asked.url.path().starts_with("/login/portner-elevadgang/"),
        "{}",
        asked.url
    );
    assert_eq!(windows(&world).await, 1);
    // Names are seen, and windows taken back, without.
    let named = tick(&mut teacher, &page_later, &["Storm Kjær"], "names").await;
    assert!(named.body.contains("stor1234"));
    let page = teacher.get(&format!("{DESK}/log-ind-igen")).await;
    let page = world.log_in_as(&mut teacher, &page, "tove1234").await;
    assert_eq!(page.url.path(), DESK, "{}", page.body);
    let page = tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    assert_eq!(windows(&world).await, 2);
}

#[tokio::test]
async fn what_is_not_theirs_is_refused_in_one_way_and_noted() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let mut bodies = Vec::new();
    for elsewhere in ["101002", "202001", "999999", "x"] {
        let page = teacher.get(&format!("/elevadgang/{elsewhere}")).await;
        assert_eq!(page.status.as_u16(), 403, "{elsewhere}: {}", page.body);
        bodies.push(page.body);
    }
    let store = &world.house.portner.store;
    let name = portner::domain::login_name::BareName::parse("frid1234").unwrap();
    let frida = store
        .account_by_user_name(&name)
        .await
        .unwrap()
        .unwrap()
        .id
        .to_string();
    for stranger in [frida.as_str(), "00000000-0000-4000-8000-000000009999", "x", ""] {
        for what in ["open", "names"] {
            let refused = teacher
                .submit(&bare(&page), &[("pupil", stranger), ("do", what)])
                .await;
            assert_eq!(
                refused.status.as_u16(),
                403,
                "{stranger} {what}: {}",
                refused.body
            );
            bodies.push(refused.body);
        }
    }
    for field in ["class", "cancel"] {
        let fill = [(field, "00000000-0000-4000-8000-000000009999"), ("do", "open")];
        let refused = teacher.submit(&bare(&page), &fill).await;
        assert_eq!(refused.status.as_u16(), 403, "{field}: {}", refused.body);
        bodies.push(refused.body);
    }
    let undo = format!("{DESK}/ikke-eleven/00000000-0000-4000-8000-000000009999");
    let refused = teacher.get(&undo).await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.body);
    let main = |body: &str| body.split_once("<main").unwrap().1.to_owned();
    let first = main(&bodies[0]);
    assert!(bodies.iter().all(|body| main(body) == first), "one answer to all");
    assert_eq!(windows(&world).await, 0);
    let acts = world.house.audit().await;
    let denied = acts
        .iter()
        .filter(|row| ["authz.deny", "reset.deny"].contains(&row.act.as_str()));
    assert!(denied.count() >= bodies.len(), "each is noted");
}

#[tokio::test]
async fn forged_forms_and_links_open_nothing() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let storm = id_of(&page, "Storm Kjær");
    // Fields that the page has not, another session's token, another page's, none at all.
    for extra in [
        ("institution", "101001"),
        ("until", "2030"),
        ("helper", "x"),
        ("role", "admin"),
    ] {
        let refused = teacher
            .submit(&bare(&page), &[("pupil", &storm), ("do", "open"), extra])
            .await;
        assert_eq!(refused.refusal_code().as_deref(), Some("UL-605"), "{extra:?}");
    }
    let (_, others) = at_desk(&world, "tove1234").await;
    let mut forms = vec![bare(&others)];
    let mut without = bare(&page);
    without.fields.clear();
    forms.push(without);
    for form in forms {
        let refused = teacher.submit(&form, &[("pupil", &storm), ("do", "open")]).await;
        assert_eq!(
            refused.refusal_code().as_deref(),
            Some("UL-605"),
            "{}",
            refused.body
        );
    }
    teacher
        .get(&format!(
            "{DESK}?pupil={storm}&do=open&form={}",
            bare(&page).fields[0].value
        ))
        .await;
    assert_eq!(windows(&world).await, 0);
}

#[tokio::test]
async fn an_empty_desk_says_why_and_who_can_mend_it() {
    let world = open().await;
    let (_, page) = at_desk(&world, "ulla1234").await;
    assert_eq!(page.url.path(), DESK);
    assert!(page.body.contains("Du er oprettet i hånden"), "{}", page.body);
    assert!(page.body.contains("kan skolens brugeradministratorer hjælpe"));
    world
        .house
        .execute("UPDATE actors SET source = 'TABULEX' WHERE account IN (SELECT id FROM accounts WHERE user_name IN ('ulla1234', 'tove1234'))")
        .await;
    let (_, page) = at_desk(&world, "ulla1234").await;
    assert!(
        page.body.contains("ikke fortalt, hvilke klasser du har"),
        "{}",
        page.body
    );
    world
        .house
        .execute("UPDATE school_groups SET kind = 'Team'")
        .await;
    let (_, page) = at_desk(&world, "tove1234").await;
    assert!(
        page.body.contains("Du er med i team eller andre grupper"),
        "{}",
        page.body
    );
    world
        .house
        .execute("UPDATE school_groups SET kind = 'Hovedgruppe'")
        .await;
    world
        .house
        .execute("DELETE FROM memberships WHERE actor IN (SELECT id FROM actors WHERE actor_group = 'Elev')")
        .await;
    let (_, page) = at_desk(&world, "tove1234").await;
    assert!(page.body.contains("har ingen elever endnu"), "{}", page.body);
    // Pupils have no desk at all, and are told what it is.
    let (mut pupil, page) = at_desk(&world, "akse1234").await;
    assert!(
        page.body.contains("du er ikke registreret som lærer"),
        "{}",
        page.body
    );
    assert_eq!(pupil.get(DESK).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_relation_that_ends_ends_the_desk_at_the_next_click() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    world
        .house
        .execute("UPDATE school_groups SET gone_at = 1 WHERE name = '2.B'")
        .await;
    let refused = tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.body);
    assert!(!teacher.get(DESK).await.body.contains("Storm"));
    world
        .house
        .execute("UPDATE actors SET roles = 'Vikar' WHERE roles = 'Lærer'")
        .await;
    assert_eq!(teacher.get(DESK).await.status.as_u16(), 403);
    assert_eq!(windows(&world).await, 0);
}

#[tokio::test]
async fn it_was_not_the_pupil_and_every_service_hears_of_it() {
    let logouts = Logouts::start_with(|files| files.put(MORE_PEOPLE, PEOPLE)).await;
    let world = &logouts.world;
    let (mut teacher, page) = at_desk(world, "tove1234").await;
    tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    let (mut thief, lesson) = come(world, BESIDE, "stor1234").await;
    let pictures = shown_pictures(&lesson);
    let names: Vec<&str> = pictures.iter().map(String::as_str).collect();
    let (_, done) = learn_pictures(&mut thief, &lesson).await;
    let page = thief.submit(&done.form(), &[]).await;
    assert!(is_logged_in(&pick(&mut thief, &page, &names).await));

    let page = teacher.get(DESK).await;
    let (_, undo) = page
        .body
        .split_once(&format!("href=\"{DESK}/ikke-eleven/"))
        .unwrap();
    let undo = format!("{DESK}/ikke-eleven/{}", undo.split('"').next().unwrap());
    let page = teacher.get(&undo).await;
    assert!(
        page.body.contains("Storm Kjær") && page.body.contains("bliver spærret"),
        "{}",
        page.body
    );
    assert!(
        logouts.desk.heard_by("laesehesten").is_empty(),
        "a question is no act"
    );
    let page = teacher.submit(&page.form(), &[]).await;
    assert!(page.body.contains("Adgangskoden er spærret"), "{}", page.body);
    for _ in 0..100 {
        if !logouts.desk.heard_by("laesehesten").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    logouts.desk.token_to("laesehesten");
    let client = world.client("laesehesten");
    let page = thief.get(&client.request(&[])).await;
    assert!(!is_logged_in(&page), "the session is over");
    let page = world.type_name(&mut thief, &page, "stor1234").await;
    let page = pick(&mut thief, &page, &names).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"));
    let page = teacher.get(&undo).await;
    assert!(
        page.body.contains("ændret sig i mellemtiden"),
        "once: {}",
        page.body
    );
    let rows = world.house.audit().await;
    let undone: Vec<_> = rows.iter().filter(|row| row.act == "reset.undone").collect();
    assert_eq!(undone.len(), 1);
    assert!(undone[0].person.is_some() && undone[0].details.contains("\"window\":\""));
}

#[tokio::test]
async fn the_desk_is_in_english_too_and_a_pupil_in_the_middle_is_let_go() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let english = teacher.get(&format!("{DESK}?lang=en")).await;
    assert!(english.body.contains("Give a new password"), "{}", english.body);
    tick(&mut teacher, &page, &["Aksel Krogh"], "open").await;
    let (mut aksel, lesson) = come(&world, BESIDE, "akse1234").await;
    let lesson = press(&mut aksel, &lesson, "choose").await;
    let page = teacher.get(DESK).await;
    let cancel = button(&page, "cancel");
    teacher.submit(&bare(&page), &[("cancel", &cancel)]).await;
    let own = "Gulerod-77-traktor";
    let page = aksel
        .submit(&lesson.form(), &[("new", own), ("again", own), ("do", "own")])
        .await;
    assert!(is_at(&page, "password"), "{}", page.url);
    let page = aksel.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&page), "the old one holds: {}", page.body);
    let forms = html::forms(&lesson.body);
    assert!(!forms.is_empty());
}

#[tokio::test]
async fn a_first_password_round_the_schools_own_login_is_not_offered() {
    let world = Federation::start_with_people(&format!("{PEOPLE}{LOCAL}")).await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let (_, lona) = page.body.split_once("Lona Lokal</label>").unwrap();
    let lona = lona.split("</li>").next().unwrap();
    assert!(lona.contains("eleven har ingen adgangskode her"), "{lona}");
    let page = tick(&mut teacher, &page, &["Aksel Krogh", "Lona Lokal"], "open").await;
    assert!(page.body.contains("Se hvorfor ved navnet"), "{}", page.body);
    assert_eq!(windows(&world).await, 0);
}

#[tokio::test]
async fn it_was_not_the_pupil_can_be_said_for_a_day_whatever_was_opened_since() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    let (mut thief, lesson) = come(&world, BESIDE, "stor1234").await;
    world.house.wait(MINUTE * 10);
    let (pictures, done) = learn_pictures(&mut thief, &lesson).await;
    assert!(is_at(&done, "changed"), "{}", done.body);

    let page = teacher.get(DESK).await;
    tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    // A day after the password, that is more than a day after its window.
    world.house.wait(MINUTE * (24 * 60 - 1));
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let links = html::links(&page.body);
    let undo: Vec<_> = links
        .iter()
        .filter(|link| link.contains("/ikke-eleven/"))
        .collect();
    assert_eq!(undo.len(), 1, "{}", page.body);
    let page = teacher.get(undo[0]).await;
    let page = teacher.submit(&page.form(), &[]).await;
    assert!(page.body.contains("Adgangskoden er spærret"), "{}", page.body);
    let (mut thief, page) = come(&world, BESIDE, "stor1234").await;
    let names: Vec<&str> = pictures.iter().map(String::as_str).collect();
    assert!(!is_logged_in(&pick(&mut thief, &page, &names).await));
    let page = teacher.get(DESK).await;
    assert!(!page.body.contains("/ikke-eleven/"), "once: {}", page.body);
}

#[tokio::test]
async fn enter_in_a_box_takes_nobodys_window_back() {
    let world = open().await;
    let (mut teacher, page) = at_desk(&world, "tove1234").await;
    let page = tick(&mut teacher, &page, &["Storm Kjær"], "open").await;
    let (_, form) = page.body.split_once("<form class=\"desk\"").unwrap();
    let (_, first) = form.split_once("<button").unwrap();
    let first = first.split('>').next().unwrap();
    assert!(
        !first.contains("name="),
        "what Enter presses does nothing: {first}"
    );
    // What a browser sends then: the box alone.
    let aksel = id_of(&page, "Aksel Krogh");
    let mut form = bare(&page);
    let mut field = form.fields[0].clone();
    (field.name, field.value) = ("pupil".to_owned(), aksel);
    form.fields.push(field);
    let page = teacher.submit(&form, &[]).await;
    assert!(page.body.contains("name=\"cancel\""), "it goes on: {}", page.body);
    assert_eq!(windows(&world).await, 1);
}
