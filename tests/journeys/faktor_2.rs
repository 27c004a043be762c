//! Unilogin Faktor 2: a service asks for the adult-verified level, a pupil waits, and an adult says yes
//! (DR18; U15–U17, U54–U56, U61–U64; I01, I06–I09, I11, I12, I14).

use std::time::Duration;

use jiff::SignedDuration;
use portner::saml::authn_context::RequestedAuthnContext;
use portner::web::logout::level_over;
use serde_json::json;

use super::help_windows::{BESIDE, PEOPLE, is_at, press};
use super::picture_passwords::pick;
use crate::world::alone;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{Files, MORE_PEOPLE, PASSWORD};
use crate::world::html::{self, Form};
use crate::world::logouts::Logouts;
use crate::world::oidc_client::{id_token, text_of, userinfo};
use crate::world::saml_idp::answer_in;
use crate::world::visitor::{Visitor, leads_to};

const ELSEWHERE: &str = "198.51.100.5";
const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const DESK: &str = "/elevadgang/101001";
pub(super) const GIVE: &str = "/elevadgang/101001/giv-adgang";
const ADULT: &str = "dk:unilogin:loa:VoksenVerificeret";
/// Storm's mother, who has custody, and his father, who has not.
const SIGNE: &str = "0405861010";
const GORM: &str = "0708831011";

/// The services that Faktor 2 is switched on for.
pub(super) fn enrol(files: &Files) {
    for service in ["laesehesten", "skolebroen", "fornyer"] {
        let path = format!("metadata/services/{service}.toml");
        let before = std::fs::read_to_string(files.path(&path)).unwrap();
        files.put(&path, &format!("faktor_2 = true\n{before}"));
    }
}

async fn open() -> Federation {
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
    });
    world.await
}

/// A service that speaks OpenID Connect asks for the level.
fn asked(world: &Federation, client: &str) -> String {
    world.client(client).request(&[("acr_values", ADULT)])
}

/// Aksel of 8.C at the page on which he waits.
async fn waits(world: &Federation, from: &str) -> (Visitor, Page) {
    let mut pupil = world.visitor().from(from);
    let page = pupil.get(&asked(world, "laesehesten")).await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    assert!(is_at(&page, "adult"), "{}: {}", page.url, page.body);
    (pupil, page)
}

/// The picture on a page, in words.
fn picture(page: &Page) -> String {
    let (_, rest) = page.body.split_once("class=\"confirm\"").unwrap();
    let (_, rest) = rest.split_once("<strong>").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// Tove, who teaches 2.B and 8.C, at the list of those who wait.
pub(super) async fn tove(world: &Federation) -> (Visitor, Page) {
    let mut teacher = world.visitor().from(BESIDE);
    let page = teacher.get(GIVE).await;
    let page = world.log_in_as(&mut teacher, &page, "tove1234").await;
    assert_eq!(page.url.path(), GIVE, "{}", page.body);
    (teacher, page)
}

/// The page's form with nothing ticked.
pub(super) fn bare(page: &Page) -> Form {
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    form
}

pub(super) fn requests(page: &Page) -> Vec<String> {
    let ids = page.body.split("name=\"request\" value=\"").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

fn ticked(page: &Page) -> usize {
    page.body.matches("name=\"request\"").count() - unticked(page)
}

fn unticked(page: &Page) -> usize {
    let boxes = page.body.split("name=\"request\" value=\"").skip(1);
    boxes
        .filter(|rest| !rest.split('>').next().unwrap().contains("checked"))
        .count()
}

pub(super) async fn give(teacher: &mut Visitor, page: &Page, ids: &[String]) -> Page {
    let mut form = bare(page);
    for id in ids {
        let mut field = form.fields[0].clone();
        (field.name, field.value) = ("request".to_owned(), id.clone());
        form.fields.push(field);
    }
    teacher.submit(&form, &[("do", "vouch")]).await
}

/// Tove says yes to everybody who waits.
async fn tove_says_yes(world: &Federation) -> (Visitor, Page) {
    let (mut teacher, page) = tove(world).await;
    let ids = requests(&page);
    let page = give(&mut teacher, &page, &ids).await;
    assert!(page.body.contains("har nu adgang i to timer"), "{}", page.body);
    (teacher, page)
}

async fn acr(world: &Federation, pupil: &Visitor, page: &Page) -> String {
    let client = world.client("laesehesten");
    let code = client.answer(page)["code"].clone();
    let token = id_token(&client.redeem(pupil, &code).await);
    token["acr"].as_str().unwrap().to_owned()
}

async fn acts(world: &Federation, name: &str) -> Vec<String> {
    let rows = world.house.audit().await;
    let named = rows.into_iter().filter(|row| row.act == name);
    named.map(|row| row.details).collect()
}

fn error_in(page: &Page) -> String {
    let url = leads_to(page).unwrap_or_else(|| panic!("{} leads nowhere\n{}", page.url, page.body));
    let found = url.query_pairs().find(|(name, _)| name == "error");
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_teacher_sees_the_same_picture_says_yes_and_the_service_hears_the_level_and_who() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    assert!(page.body.contains("En voksen skal sige ja"), "{}", page.body);
    assert!(page.body.contains("Læsehesten"), "{}", page.body);
    let seen = picture(&page);
    let (mut teacher, list) = tove(&world).await;
    assert_eq!(picture(&list), seen, "both see the same");
    assert!(list.body.contains("Aksel Krogh"), "{}", list.body);
    assert_eq!((ticked(&list), unticked(&list)), (1, 0));
    // Nobody goes on before somebody has said yes, however often they look.
    for _ in 0..80 {
        let still = pupil.get(page.url.path()).await;
        assert_eq!(picture(&still), seen);
    }
    let state = pupil.get(&format!("{}/state", page.url.path())).await;
    assert_eq!(state.status.as_u16(), 204);
    let ids = requests(&list);
    let given = give(&mut teacher, &list, &ids).await;
    assert!(
        given.body.contains("1 elev har nu adgang i to timer"),
        "{}",
        given.body
    );
    assert!(given.body.contains("Tag tilbage"), "{}", given.body);
    let state = pupil.get(&format!("{}/state", page.url.path())).await;
    assert_eq!(state.status.as_u16(), 200);
    let page = pupil.get(page.url.path()).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let client = world.client("laesehesten");
    let code = client.answer(&page)["code"].clone();
    let token = id_token(&client.redeem(&pupil, &code).await);
    assert_eq!(token["acr"], ADULT);
    assert_eq!(token["unilogin_loa"], "VoksenVerificeret");
    assert_eq!(token["vouched_by"], "teacher");
    assert!(token.get("nsis_loa").is_none(), "never an NSIS level: {token}");
    let granted = acts(&world, "stepup.granted").await;
    assert_eq!(granted.len(), 1);
    assert!(
        granted[0].contains("\"kind\":\"teacher\"") && granted[0].contains("101001"),
        "{granted:?}"
    );
    assert_eq!(acts(&world, "stepup.asked").await.len(), 1);
    // Who asks for nothing more hears what is so; the sessions row says nothing of it.
    let page = pupil.get(&client.request(&[])).await;
    assert_eq!(acr(&world, &pupil, &page).await, ADULT);
    let kept = world.house.snapshot().await;
    let sessions = kept.iter().filter(|row| row.starts_with("sessions: "));
    assert!(sessions.clone().count() > 0);
    assert!(
        sessions
            .clone()
            .all(|row| row.contains("\"adult_verified\":false")),
        "DR09"
    );
    let page = pupil.get("/min-side/historik").await;
    assert!(page.status.is_success(), "{}", page.body);
    assert!(page.body.contains("Tove"), "who said yes: {}", page.body);
}

#[tokio::test]
async fn a_saml_service_hears_it_in_its_own_words_also_in_the_middle_of_a_session() {
    let world = open().await;
    let mut pupil = world.visitor().from(BESIDE);
    let page = world.arrive(&mut pupil, "skolebroen").await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    assert!(is_logged_in(&page), "{}", page.body);
    let wished = Box::leak(Box::new(RequestedAuthnContext {
        comparison: portner::domain::assurance::Comparison::Exact,
        class_refs: vec![ADULT.to_owned()],
    }));
    let ask = async || {
        let (_, url) = world
            .request_of("skolebroen", |question| question.context = Some(wished))
            .await;
        url
    };
    let page = pupil.get(&ask().await).await;
    assert!(
        is_at(&page, "adult"),
        "nobody is asked who they are again: {}",
        page.url
    );
    tove_says_yes(&world).await;
    let page = pupil.get(page.url.path()).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let (_, xml, _) = answer_in(&page);
    assert!(
        xml.contains(&format!("<saml:AuthnContextClassRef>{ADULT}<")),
        "{xml}"
    );
    let (_, ends) = xml.split_once("SessionNotOnOrAfter=\"").unwrap();
    let ends: jiff::Timestamp = ends.split('"').next().unwrap().parse().unwrap();
    assert_eq!(ends.duration_since(world.house.now()), SECOND * 7200, "I08");
    // The other service asks for the level in the same session, and nobody waits again.
    let page = pupil.get(&asked(&world, "laesehesten")).await;
    assert!(is_logged_in(&page), "{}", page.body);
    // Who gives up is taken back with the answer that the protocol has for it.
    let mut other = world.visitor().from(BESIDE);
    let page = other.get(&ask().await).await;
    let page = world.log_in_as(&mut other, &page, "akse1234").await;
    assert!(
        is_at(&page, "adult"),
        "another device waits by itself: {}",
        page.url
    );
    let told = press(&mut other, &page, "cancel").await;
    assert!(
        answer_in(&told).1.contains("status:NoAuthnContext\""),
        "{}",
        told.body
    );
    assert_eq!(acts(&world, "stepup.cancelled").await.len(), 1);
}

#[tokio::test]
async fn two_hours_to_the_second_and_not_a_second_longer() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    tove_says_yes(&world).await;
    pupil.get(page.url.path()).await;
    for _ in 0..5 {
        world.house.wait(MINUTE * 20);
        assert!(is_logged_in(&pupil.get(&asked(&world, "laesehesten")).await));
    }
    world.house.wait(SECOND * 1199);
    let page = pupil.get(&asked(&world, "laesehesten")).await;
    assert!(is_logged_in(&page), "7199 s: {}", page.body);
    let client = world.client("laesehesten");
    let code = client.answer(&page)["code"].clone();
    let answer = client.redeem(&pupil, &code).await;
    let token = id_token(&answer);
    assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 1);
    assert!(answer.body.contains("\"expires_in\":1,"), "{}", answer.body);
    world.house.wait(SECOND * 2);
    let page = pupil.get(&client.request(&[])).await;
    assert_eq!(
        acr(&world, &pupil, &page).await,
        "dk:unilogin:loa:EnFaktor",
        "7201 s"
    );
    let page = pupil.get(&asked(&world, "laesehesten")).await;
    assert!(is_at(&page, "adult"), "{}", page.url);
}

#[tokio::test]
async fn another_device_of_the_same_pupil_is_not_lifted_and_is_told_apart() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    let (mut thief, other) = waits(&world, ELSEWHERE).await;
    assert_ne!(picture(&page), picture(&other));
    let (mut teacher, list) = tove(&world).await;
    assert_eq!((ticked(&list), unticked(&list)), (0, 2), "{}", list.body);
    assert!(
        list.body.contains("Samme elev venter på to enheder"),
        "{}",
        list.body
    );
    let own: Vec<String> = requests(&list)
        .into_iter()
        .filter(|id| {
            let (_, row) = list.body.split_once(&format!("value=\"{id}\"")).unwrap();
            row.split("</li>").next().unwrap().contains(&picture(&page))
        })
        .collect();
    assert_eq!(own.len(), 1);
    give(&mut teacher, &list, &own).await;
    assert!(is_logged_in(&pupil.get(page.url.path()).await));
    let still = thief.get(other.url.path()).await;
    assert!(
        is_at(&still, "adult") && !is_logged_in(&still),
        "I07: {}",
        still.body
    );
    let list = teacher.get(GIVE).await;
    assert_eq!(
        (ticked(&list), unticked(&list)),
        (0, 1),
        "somewhere else: {}",
        list.body
    );
    assert!(
        list.body.contains("Eleven er også logget ind på en anden enhed"),
        "{}",
        list.body
    );
}

#[tokio::test]
async fn a_service_that_it_is_not_switched_on_for_is_told_that_the_level_is_not_to_be_had() {
    let world = open().await;
    let mut pupil = world.visitor().from(BESIDE);
    let page = pupil.get(&asked(&world, "laesehesten-valg")).await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-401"), "{}", page.body);
    let told = pupil.submit(&page.form(), &[]).await;
    assert_eq!(error_in(&told), "unmet_authentication_requirements");
    assert_eq!(world.house.count("approvals").await, 0);
    // Nor does a level of one service count there.
    let (mut pupil, page) = waits(&world, BESIDE).await;
    tove_says_yes(&world).await;
    assert!(is_logged_in(&pupil.get(page.url.path()).await));
    let page = pupil.get(&asked(&world, "laesehesten-valg")).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-401"), "{}", page.body);
    // And where it is switched off again, it ends.
    world
        .house
        .files
        .change("metadata/services/laesehesten.toml", "faktor_2 = true\n", "");
    world.house.reload();
    let page = pupil.get(&asked(&world, "laesehesten")).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-401"), "{}", page.body);
}

#[tokio::test]
async fn a_service_that_must_not_disturb_and_one_that_wants_a_number_of_the_state_are_not_lifted() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    tove_says_yes(&world).await;
    assert!(is_logged_in(&pupil.get(page.url.path()).await));
    let client = world.client("laesehesten");
    for nsis in ["Low", "Substantial"] {
        let level = format!("https://data.gov.dk/concept/core/nsis/loa/{nsis}");
        let page = pupil.get(&client.request(&[("acr_values", &level)])).await;
        assert!(!is_logged_in(&page), "I14: {}", page.body);
    }
    let mut other = world.visitor().from(BESIDE);
    let page = other.get(&client.request(&[])).await;
    world.log_in_as(&mut other, &page, "akse1234").await;
    let passive = [("acr_values", ADULT), ("prompt", "none")];
    let told = other.get(&client.request(&passive)).await;
    assert_eq!(error_in(&told), "login_required");
}

#[tokio::test]
async fn waiting_has_an_end_without_blame_and_begins_again() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    let before = picture(&page);
    world.house.wait(MINUTE * 10);
    let page = pupil.get(page.url.path()).await;
    assert!(
        page.body.contains("Der kom ikke noget svar i tide"),
        "{}",
        page.body
    );
    assert!(
        page.body
            .contains("Det er ikke din skyld, og det er ikke lærerens"),
        "{}",
        page.body
    );
    let (_, list) = tove(&world).await;
    assert!(
        list.body.contains("Ingen af dine elever venter lige nu"),
        "{}",
        list.body
    );
    let page = press(&mut pupil, &page, "again").await;
    assert_ne!(picture(&page), before, "another question");
    let (mut teacher, list) = tove(&world).await;
    let no = requests(&list)[0].clone();
    let said = teacher.submit(&bare(&list), &[("no", &no)]).await;
    assert!(said.body.contains("Du sagde nej"), "{}", said.body);
    let page = pupil.get(page.url.path()).await;
    assert!(
        page.body.contains("Den voksne sagde nej denne gang"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn what_is_not_theirs_or_not_there_any_more_gives_nothing() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    let (mut teacher, list) = tove(&world).await;
    let id = requests(&list)[0].clone();
    // A teacher without classes, the pupil, and an id that is nobody's: one answer.
    let mut ulla = world.visitor().from(BESIDE);
    let own = ulla.get(GIVE).await;
    let own = world.log_in_as(&mut ulla, &own, "ulla1234").await;
    assert!(!own.body.contains("Aksel"), "{}", own.body);
    let refused = give(&mut ulla, &own, std::slice::from_ref(&id)).await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.body);
    let nobodys = "00000000-0000-4000-8000-000000009999".to_owned();
    let same = give(&mut teacher, &list, std::slice::from_ref(&nobodys)).await;
    assert_eq!(same.status.as_u16(), 403);
    for field in ["no", "back"] {
        let refused = ulla.submit(&bare(&own), &[(field, &id)]).await;
        assert_eq!(refused.status.as_u16(), 403, "{field}: {}", refused.body);
    }
    let page_of_pupil = pupil.get(GIVE).await;
    assert!(
        is_at(&page_of_pupil, "name"),
        "nobody is logged in: {}",
        page_of_pupil.url
    );
    for elsewhere in ["101002", "202001", "x"] {
        let page = teacher.get(&format!("/elevadgang/{elsewhere}/giv-adgang")).await;
        assert_eq!(page.status.as_u16(), 403, "{elsewhere}");
    }
    for extra in [("institution", "101001"), ("until", "2030"), ("level", "high")] {
        let refused = teacher
            .submit(&bare(&list), &[("request", &id), ("do", "vouch"), extra])
            .await;
        assert_eq!(refused.refusal_code().as_deref(), Some("UL-605"), "{extra:?}");
    }
    // A list that is out of date gives nobody anything, and says so.
    press(&mut pupil, &page, "cancel").await;
    let stale = give(&mut teacher, &list, std::slice::from_ref(&id)).await;
    assert_eq!(stale.status.as_u16(), 409, "{}", stale.body);
    assert!(stale.body.contains("ingen fik adgang"), "{}", stale.body);
    assert!(acts(&world, "stepup.granted").await.is_empty());
}

#[tokio::test]
async fn giving_asks_for_a_login_of_the_last_quarter_of_an_hour() {
    let world = open().await;
    let (mut teacher, _) = tove(&world).await;
    world.house.wait(MINUTE * 15 + SECOND);
    let (_, page) = waits(&world, BESIDE).await;
    let list = teacher.get(GIVE).await;
    assert!(
        list.body.contains("inden for det sidste kvarter"),
        "{}",
        list.body
    );
    let ids = requests(&list);
    let asked = give(&mut teacher, &list, &ids).await;
    assert!(
        asked.url.path().starts_with("/login/portner-elevadgang/"),
        "{}",
        asked.url
    );
    assert!(acts(&world, "stepup.granted").await.is_empty());
    let back = teacher.get(&format!("{GIVE}/log-ind-igen")).await;
    let list = world.log_in_as(&mut teacher, &back, "tove1234").await;
    assert_eq!(list.url.path(), GIVE);
    let ids = requests(&list);
    give(&mut teacher, &list, &ids).await;
    assert_eq!(acts(&world, "stepup.granted").await.len(), 1);
    drop(page);
}

/// Ends of a level that are none of a session: the service is told, and its tokens are dead.
#[tokio::test]
async fn a_word_that_is_taken_back_or_a_relation_that_ends_is_told_to_those_who_heard_the_level() {
    for end in ["revoke", "relation", "blocked teacher"] {
        let logouts = Logouts::start_with(|files| {
            files.put(MORE_PEOPLE, PEOPLE);
            enrol(files);
        })
        .await;
        let world = &logouts.world;
        let (mut pupil, page) = waits(world, BESIDE).await;
        let (mut teacher, list) = tove_says_yes(world).await;
        let page = pupil.get(page.url.path()).await;
        let client = world.client("laesehesten");
        let code = client.answer(&page)["code"].clone();
        let tokens = client.redeem(&pupil, &code).await;
        let access = crate::world::oidc_client::text_of(&tokens, "access_token");
        assert_eq!(
            crate::world::oidc_client::userinfo(&pupil, &access).await.status,
            200
        );
        match end {
            "revoke" => {
                let (_, id) = list.body.split_once("name=\"back\" value=\"").unwrap();
                let id = id.split('"').next().unwrap().to_owned();
                let page = teacher.submit(&bare(&list), &[("back", &id)]).await;
                assert!(page.body.contains("Adgangen er taget tilbage"), "{}", page.body);
                assert!(page.body.contains("Læsehesten har fået besked."), "{}", page.body);
            }
            "relation" => {
                let gone = "UPDATE school_groups SET gone_at = 1 WHERE name = '8.C'";
                world.house.execute(gone).await;
            }
            _ => {
                let blocked = "UPDATE accounts SET blocked = TRUE WHERE user_name = 'tove1234'";
                world.house.execute(blocked).await;
            }
        }
        let page = pupil.get(&asked(world, "laesehesten")).await;
        assert!(is_at(&page, "adult"), "{end}: at once: {}", page.url);
        level_over::sweep(&world.house.portner).await.unwrap();
        level_over::sweep(&world.house.portner).await.unwrap();
        for _ in 0..100 {
            if !logouts.desk.heard_by("laesehesten").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        logouts.desk.token_to("laesehesten");
        let refused = crate::world::oidc_client::userinfo(&pupil, &access).await;
        assert_eq!(refused.status, 401, "{end}");
        // The session goes on, at the level that the pupil proved alone.
        let page = pupil.get(&client.request(&[])).await;
        assert_eq!(
            acr(world, &pupil, &page).await,
            "dk:unilogin:loa:EnFaktor",
            "{end}"
        );
    }
}

/// What another owner's school writes of a pupil, and nobody has confirmed: that he works there.
const SAID_ELSEWHERE: &str =
    "INSERT INTO actors (id, account, actor_group, institution, roles, added_by, unconfirmed_since)
     SELECT 'c4000000-0000-4000-8000-000000000001', id, 'Medarbejder', '202001', 'Vikar', 'program:x', 1
     FROM accounts WHERE user_name = 'akse1234'";

#[tokio::test]
async fn i09_what_another_owner_says_of_a_pupil_takes_no_level_away() {
    let world = open().await;
    let (mut pupil, page) = waits(&world, BESIDE).await;
    tove_says_yes(&world).await;
    let page = pupil.get(page.url.path()).await;
    assert_eq!(acr(&world, &pupil, &page).await, ADULT);
    world.house.execute(SAID_ELSEWHERE).await;
    level_over::sweep(&world.house.portner).await.unwrap();
    assert_eq!(acts(&world, "stepup.ended").await, Vec::<String>::new());
    assert_eq!(world.house.count("approvals").await, 1);
    // The password is held to the rule of staff all the same, since services would hear of them as staff.
    let page = pupil.get(&asked(&world, "laesehesten")).await;
    let page = pupil.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(is_at(&page, "change"), "{}: {}", page.url, page.body);
    assert_eq!(acts(&world, "stepup.ended").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_service_that_wants_the_level_at_each_login_gets_its_tokens() {
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
        let path = "metadata/services/laesehesten.toml";
        let before = std::fs::read_to_string(files.path(path)).unwrap();
        files.put(path, &format!("wanted = [\"adult-verified\"]\n{before}"));
    })
    .await;
    let client = world.client("laesehesten");
    let mut pupil = world.visitor().from(BESIDE);
    let page = pupil.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    assert!(is_at(&page, "adult"), "{}: {}", page.url, page.body);
    tove_says_yes(&world).await;
    let page = pupil.get(page.url.path()).await;
    let code = client.answer(&page)["code"].clone();
    let tokens = client.redeem(&pupil, &code).await;
    assert_eq!(id_token(&tokens)["acr"], ADULT, "{}", tokens.body);
    let access = text_of(&tokens, "access_token");
    assert_eq!(userinfo(&pupil, &access).await.status, 200);
}

#[tokio::test]
async fn a_level_dies_with_logout_password_and_block() {
    for end in ["logout", "password", "block"] {
        let world = open().await;
        let (mut pupil, page) = waits(&world, BESIDE).await;
        tove_says_yes(&world).await;
        assert!(is_logged_in(&pupil.get(page.url.path()).await), "{end}");
        let account = {
            let name = portner::domain::login_name::BareName::parse("akse1234").unwrap();
            let store = &world.house.portner.store;
            store.account_by_user_name(&name).await.unwrap().unwrap().id
        };
        match end {
            "logout" => {
                let page = pupil.get("/logout").await;
                pupil.submit(&page.form(), &[]).await;
            }
            "password" => {
                let (mut teacher, desk) = tove(&world).await;
                let desk = {
                    drop(desk);
                    teacher.get(DESK).await
                };
                let mut form = bare(&desk);
                let mut field = form.fields[0].clone();
                (field.name, field.value) = ("pupil".to_owned(), account.to_string());
                form.fields.push(field);
                teacher.submit(&form, &[("do", "open")]).await;
                let mut learner = world.visitor().from(BESIDE);
                let page = learner.get(&world.client("laesehesten").request(&[])).await;
                let page = world.type_name(&mut learner, &page, "akse1234").await;
                let page = press(&mut learner, &page, "choose").await;
                let own = "Gulerod-77-traktor";
                let typed = [("new", own), ("again", own), ("do", "own")];
                learner.submit(&page.form(), &typed).await;
            }
            _ => assert!(
                world
                    .house
                    .portner
                    .store
                    .block_account(account, true)
                    .await
                    .unwrap()
            ),
        }
        let page = pupil.get(&asked(&world, "laesehesten")).await;
        assert!(
            !is_logged_in(&page) && !is_at(&page, "adult"),
            "{end}: {}",
            page.url
        );
    }
}

/// Storm of 2.B waits, and somebody goes to the eID on his device; the login goes on when it was left.
async fn at_the_eid(world: &Federation, cpr: &str) -> (Visitor, Page, Page) {
    let (mut storm, page, back) = proved_at_the_eid(world, cpr).await;
    let back = go_on_as_the_child(&mut storm, back).await;
    (storm, page, back)
}

/// The eID of these tests has no logout: a page says so.
async fn go_on_as_the_child(browser: &mut Visitor, back: Page) -> Page {
    assert!(
        back.body.contains("stadig logget ind hos"),
        "{}: {}",
        back.url,
        back.body
    );
    let links = html::links(&back.body);
    let onward = links
        .into_iter()
        .find(|link| link.starts_with("/login/laesehesten/") && !link.contains("lang="));
    browser.get(&onward.unwrap()).await
}

/// The same, at what the browser is led to after the eID.
async fn proved_at_the_eid(world: &Federation, cpr: &str) -> (Visitor, Page, Page) {
    let mut storm = world.visitor().from(ELSEWHERE);
    let page = storm.get(&asked(world, "laesehesten")).await;
    let page = world.type_name(&mut storm, &page, "stor1234").await;
    let page = pick(&mut storm, &page, &["kat", "sol", "fisk", "æble"]).await;
    assert!(is_at(&page, "adult"), "{}", page.body);
    let away = press(&mut storm, &page, "parent").await;
    let url = leads_to(&away).unwrap();
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "prompt" && value == "login"),
        "{url}"
    );
    let question = world.mitid.read(&away);
    let mut claims = world.mitid.claims(&question, world.house.now());
    claims["loa"] = json!("https://data.gov.dk/concept/core/nsis/Substantial");
    claims["sub"] = json!(format!("user-{cpr}"));
    claims["dk.cpr"] = json!(cpr);
    world.mitid.will_say(&claims).await;
    let back = storm.get(&world.mitid.way_back(&question)).await;
    (storm, page, back)
}

/// Whether the browser is sent to the eID with a wish for a new login.
async fn asks_anew(world: &Federation, browser: &mut Visitor) -> bool {
    let away = browser
        .get(&world.client("fornyer").request(&[("idphint", "mitid")]))
        .await;
    let url = leads_to(&away).unwrap_or_else(|| panic!("{}: {}", away.url, away.body));
    assert!(url.as_str().starts_with(&world.mitid.issuer), "{url}");
    url.query_pairs()
        .any(|(name, value)| name == "prompt" && value == "login")
}

#[tokio::test]
async fn f13_a_parents_eid_session_is_left_before_the_pupils_login_goes_on() {
    let world = open().await;
    let mut description = world.mitid.description();
    description["end_session_endpoint"] = json!(format!("{}/farvel", world.mitid.issuer));
    world.mitid.serve(crate::world::oidc_op::DISCOVERY, &description);
    let (mut storm, _, out) = proved_at_the_eid(&world, SIGNE).await;
    let form = out.form();
    assert_eq!(
        form.action,
        format!("{}/farvel", world.mitid.issuer),
        "{}",
        out.body
    );
    let field = |name: &str| {
        let field = form.fields.iter().find(|field| field.name == name);
        field
            .unwrap_or_else(|| panic!("{name}: {}", out.body))
            .value
            .clone()
    };
    assert!(!field("id_token_hint").is_empty());
    assert!(field("post_logout_redirect_uri").ends_with("/oidc/logged-out/mitid"));
    let state = field("state");
    let back = storm.get(&format!("/oidc/logged-out/mitid?state={state}")).await;
    assert!(is_logged_in(&back), "{}: {}", back.url, back.body);
    assert_eq!(acr(&world, &storm, &back).await, ADULT);
    assert_eq!(world.house.count("sessions").await, 1, "no session of the parent");
    assert_eq!(
        world.house.count("upstream_sessions").await,
        0,
        "the pupil's rests on none of hers"
    );
}

#[tokio::test]
async fn f13_where_a_parent_was_at_the_eid_a_new_login_is_asked_for_there() {
    let world = open().await;
    let mut stranger = world.visitor().from(ELSEWHERE);
    assert!(!asks_anew(&world, &mut stranger).await);
    let (mut storm, _, back) = proved_at_the_eid(&world, SIGNE).await;
    assert!(back.body.contains("stadig logget ind hos"), "{}", back.body);
    assert!(
        asks_anew(&world, &mut storm).await,
        "also before the login went on"
    );
    let back = go_on_as_the_child(&mut storm, back).await;
    assert!(is_logged_in(&back), "{}: {}", back.url, back.body);
    let page = storm.get("/logout").await;
    storm.submit(&page.form(), &[]).await;
    assert!(asks_anew(&world, &mut storm).await);
    // Who went there and came back without an answer may have left the parent logged in, too.
    let mut pupil = world.visitor().from(BESIDE);
    let page = pupil.get(&asked(&world, "laesehesten")).await;
    let page = world.type_name(&mut pupil, &page, "stor1234").await;
    let page = pick(&mut pupil, &page, &["kat", "sol", "fisk", "æble"]).await;
    press(&mut pupil, &page, "parent").await;
    assert!(asks_anew(&world, &mut pupil).await);
}

#[tokio::test]
async fn a_parent_with_custody_says_yes_on_the_pupils_device_and_nobody_else_does() {
    let world = open().await;
    let (storm, _, back) = at_the_eid(&world, SIGNE).await;
    assert!(is_logged_in(&back), "{}", back.body);
    let client = world.client("laesehesten");
    let code = client.answer(&back)["code"].clone();
    let token = id_token(&client.redeem(&storm, &code).await);
    assert_eq!(
        (&token["acr"], &token["vouched_by"]),
        (&json!(ADULT), &json!("parent"))
    );
    assert_eq!(token["given_name"], "Storm", "the login stays the pupil's");
    assert_eq!(world.house.count("sessions").await, 1, "no session of the parent");
    let granted = acts(&world, "stepup.granted").await;
    assert!(granted[0].contains("\"kind\":\"parent\""), "{granted:?}");

    for (cpr, who) in [
        (GORM, "custody has ended"),
        ("0302821002", "somebody else's parent"),
    ] {
        let world = open().await;
        let (mut storm, waiting, back) = at_the_eid(&world, cpr).await;
        assert!(is_at(&back, "adult"), "{who}: {}", back.url);
        assert!(
            back.body.contains("kan ikke sige ja for dig"),
            "{who}: {}",
            back.body
        );
        assert_eq!(picture(&back), picture(&waiting), "it goes on waiting");
        assert!(acts(&world, "stepup.granted").await.is_empty(), "{who}");
        assert!(is_at(&storm.get(waiting.url.path()).await, "adult"));
    }
}

#[tokio::test]
async fn a_parent_who_goes_away_again_stops_nothing() {
    let world = open().await;
    let mut storm = world.visitor().from(ELSEWHERE);
    let page = storm.get(&asked(&world, "laesehesten")).await;
    let page = world.type_name(&mut storm, &page, "stor1234").await;
    let page = pick(&mut storm, &page, &["kat", "sol", "fisk", "æble"]).await;
    let before = picture(&page);
    press(&mut storm, &page, "parent").await;
    let back = storm.get(page.url.path()).await;
    assert_eq!(picture(&back), before, "{}", back.body);
    let away = press(&mut storm, &back, "parent").await;
    let question = world.mitid.read(&away);
    let back = storm
        .get(&format!(
            "/oidc/callback/mitid?error=access_denied&state={}&iss={}",
            question.state,
            url::form_urlencoded::byte_serialize(world.mitid.issuer.as_bytes()).collect::<String>()
        ))
        .await;
    assert!(is_at(&back, "adult"), "{}: {}", back.url, back.body);
    assert!(back.body.contains("blev ikke færdig med MitID"), "{}", back.body);
    assert_eq!(picture(&back), before);
}

#[tokio::test]
async fn a_parent_says_yes_on_a_device_of_their_own_and_takes_it_back() {
    let world = open().await;
    let mut storm = world.visitor().from(ELSEWHERE);
    let page = storm.get(&asked(&world, "laesehesten")).await;
    let page = world.type_name(&mut storm, &page, "stor1234").await;
    let waiting = pick(&mut storm, &page, &["kat", "sol", "fisk", "æble"]).await;
    assert!(
        waiting.body.contains("https://login.example/sig-god-for"),
        "{}",
        waiting.body
    );
    let come = async |cpr: &str| {
        let mut parent = world.visitor().from("203.0.113.9");
        let page = parent.get("/sig-god-for").await;
        let page = parent.submit(&page.form(), &[("upstream", "mitid")]).await;
        let question = world.mitid.read(&page);
        let mut claims = world.mitid.claims(&question, world.house.now());
        claims["loa"] = json!("https://data.gov.dk/concept/core/nsis/Substantial");
        claims["sub"] = json!(format!("user-{cpr}"));
        claims["dk.cpr"] = json!(cpr);
        world.mitid.will_say(&claims).await;
        let page = parent.get(&world.mitid.way_back(&question)).await;
        (parent, page)
    };
    let (mut gorm, page) = come(GORM).await;
    assert!(!page.body.contains("Storm"), "{}", page.body);
    let (mut signe, list) = come(SIGNE).await;
    assert_eq!(picture(&list), picture(&waiting), "{}", list.body);
    assert_eq!((ticked(&list), unticked(&list)), (0, 1), "another network");
    let ids = requests(&list);
    let refused = give(&mut gorm, &page, &ids).await;
    assert_eq!(
        refused.refusal_code().as_deref(),
        Some("UL-201"),
        "{}",
        refused.body
    );
    let given = give(&mut signe, &list, &ids).await;
    assert!(given.body.contains("1 elev har nu adgang"), "{}", given.body);
    assert!(is_logged_in(&storm.get(waiting.url.path()).await));
    let (_, id) = given.body.split_once("name=\"back\" value=\"").unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    // A no to what she has said yes to in the meantime ends nothing.
    let late = signe.submit(&bare(&list), &[("no", &id)]).await;
    assert_eq!(late.status.as_u16(), 409, "{}", late.body);
    assert!(is_logged_in(&storm.get(&asked(&world, "laesehesten")).await));
    let back = signe.submit(&bare(&given), &[("back", &id)]).await;
    assert!(back.body.contains("Adgangen er taget tilbage"), "{}", back.body);
    // This one takes no logouts at all.
    assert!(
        back.body.contains("Læsehesten kan ikke få besked herfra"),
        "{}",
        back.body
    );
    let page = storm.get(&asked(&world, "laesehesten")).await;
    assert!(is_at(&page, "adult"), "{}", page.url);
    assert!(html::forms(&page.body).len() > 1);
    assert!(!PASSWORD.is_empty());
}

#[tokio::test]
async fn renewed_tokens_end_with_the_level() {
    let world = open().await;
    let mut pupil = world.visitor().from(BESIDE);
    let page = pupil.get(&asked(&world, "fornyer")).await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    tove_says_yes(&world).await;
    let page = pupil.get(page.url.path()).await;
    let client = world.client("fornyer");
    let code = client.answer(&page)["code"].clone();
    let tokens = client.redeem(&pupil, &code).await;
    let refresh = crate::world::oidc_client::text_of(&tokens, "refresh_token");
    world.house.wait(SECOND * 7199);
    let renewed = client.renew(&pupil, &refresh, &[]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert!(renewed.body.contains("\"expires_in\":1,"), "{}", renewed.body);
    let refresh = crate::world::oidc_client::text_of(&renewed, "refresh_token");
    world.house.wait(SECOND * 2);
    let over = client.renew(&pupil, &refresh, &[]).await;
    assert!(over.body.contains("invalid_grant"), "{}", over.body);
}

/// The goal is fifty milliseconds of CPU; without optimisation it is given twice the time.
#[tokio::test]
#[expect(clippy::format_collect, reason = "a file of people, made once")]
async fn a_class_of_28_is_given_access_in_little_time() {
    if let Some(told) = alone::told_by("journeys::faktor_2::a_class_of_28_is_given_access_in_little_time") {
        return println!("{told}");
    }
    let pupils: String = (0..28)
        .map(|n| {
            format!(
                "\n[[person]]\ngiven-name = \"Elev {n}\"\nfamily-name = \"Holm\"\n[[person.account]]\n\
                 user-name = \"elev10{n:02}\"\nuni-id = \"elev10{n:02}\"\npassword = \"{PASSWORD}\"\n\
                 password-rule = \"udskoling\"\n[[person.account.actor]]\ngroup = \"elev\"\n\
                 institution = \"101001\"\nlevel = \"8\"\nclasses = [\"8.C\"]\n"
            )
        })
        .collect();
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, &format!("{PEOPLE}{pupils}"));
        enrol(files);
    })
    .await;
    let mut waiting = Vec::new();
    for n in 0..28 {
        let mut pupil = world.visitor().from(BESIDE);
        let page = pupil.get(&asked(&world, "laesehesten")).await;
        let page = world.log_in_as(&mut pupil, &page, &format!("elev10{n:02}")).await;
        assert!(is_at(&page, "adult"), "{}", page.body);
        waiting.push((pupil, page));
    }
    let (mut teacher, _) = tove(&world).await;
    let before = alone::cpu();
    let list = teacher.get(GIVE).await;
    let seen = alone::cpu();
    assert_eq!((ticked(&list), unticked(&list)), (28, 0));
    let pictures: std::collections::BTreeSet<String> =
        waiting.iter().map(|(_, page)| picture(page)).collect();
    assert_eq!(pictures.len(), 28, "nobody has the picture of another");
    let ids = requests(&list);
    let begun = alone::cpu();
    let mut form = bare(&list);
    for id in &ids {
        let mut field = form.fields[0].clone();
        (field.name, field.value) = ("request".to_owned(), id.clone());
        form.fields.push(field);
    }
    let given = teacher.submit(&form, &[("do", "vouch")]).await;
    let spent = alone::cpu().checked_sub(begun).unwrap();
    assert!(given.body.contains("28 elever har nu adgang"), "{}", given.body);
    for (pupil, page) in &mut waiting {
        assert!(is_logged_in(&pupil.get(page.url.path()).await));
    }
    println!(
        "the list: {:?} of CPU; saying yes to 28, and the list after it: {spent:?}",
        seen.checked_sub(before).unwrap()
    );
    let most = if cfg!(debug_assertions) { 100 } else { 50 };
    assert!(spent < Duration::from_millis(most), "{spent:?}");
}

/// What his mother proves by NemLog-in on Storm's device.
async fn proof_of_signe(world: &Federation, away: &Page) -> (String, Vec<(String, String)>) {
    let asked = world.nemlogin.read(away);
    let eid = "https://data.gov.dk/model/core/eid/";
    let mut words = world
        .nemlogin
        .words(&asked, &format!("{eid}person/uuid/signe"), world.house.now());
    words.attributes = [
        (
            "https://data.gov.dk/model/core/specVersion".to_owned(),
            "OIO-SAML-3.0",
        ),
        (
            "https://data.gov.dk/concept/core/nsis/loa".to_owned(),
            "Substantial",
        ),
        (format!("{eid}cprNumber"), SIGNE),
    ]
    .map(|(name, value)| (name, vec![value.to_owned()]))
    .to_vec();
    (asked.acs_path(), world.nemlogin.form(&words, &asked).await)
}

/// Whoever keeps what a browser held, and what a parent's eID said, has the parent's word once.
#[tokio::test]
async fn i09_what_a_parents_eid_said_gives_no_second_word_after_the_first_is_taken_back() {
    // How often the question was put anew, and how often somebody was at the eID for nothing, before and after.
    for (before, after) in [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 1), (2, 0))] {
        let world = Federation::start_changed(|files| {
            files.put(MORE_PEOPLE, PEOPLE);
            enrol(files);
            let path = "metadata/upstreams/mitid.toml";
            let before = std::fs::read_to_string(files.path(path)).unwrap();
            files.put(path, &format!("hidden = true\n{before}"));
        })
        .await;
        let mut storm = world.visitor().from(ELSEWHERE);
        let page = storm.get(&asked(&world, "laesehesten")).await;
        let page = world.type_name(&mut storm, &page, "stor1234").await;
        let page = pick(&mut storm, &page, &["kat", "sol", "fisk", "æble"]).await;
        let mut kept = storm.clone();
        let waiting = page.url.path().to_owned();
        let go = async |visitor: &mut Visitor, (anew, for_nothing): (u8, u8)| {
            let mut page = visitor.get(&waiting).await;
            for _ in 0..anew {
                // The button is there when nobody answered in time; whoever forges asks at any time.
                page = visitor.submit(&page.form(), &[("do", "again")]).await;
            }
            for _ in 0..for_nothing {
                press(visitor, &page, "parent").await;
                page = visitor.get(&waiting).await;
            }
            press(visitor, &page, "parent").await
        };
        let granted = acts(&world, "stepup.granted").await.len();
        let away = go(&mut storm, before).await;
        let (to, said) = proof_of_signe(&world, &away).await;
        let mut twice = storm.clone();
        for visitor in [&mut storm, &mut twice] {
            let page = visitor.post_from_elsewhere(&to, &said).await;
            let page = go_on_as_the_child(visitor, page).await;
            assert!(is_logged_in(&page), "{}: {}", page.url, page.body);
            assert_eq!(acts(&world, "stepup.granted").await.len(), granted + 1);
        }
        world.house.wait(SECOND);
        let taken_back = "UPDATE approvals SET ended_at = approved_at + 1000, ended_why = 'revoked' \
                          WHERE approved_at IS NOT NULL AND ended_at IS NULL";
        world.house.execute(taken_back).await;

        go(&mut kept, after).await;
        let page = kept.post_from_elsewhere(&to, &said).await;
        assert!(!is_logged_in(&page), "{after:?}: {}", page.body);
        assert_eq!(
            acts(&world, "stepup.granted").await.len(),
            granted + 1,
            "{after:?}"
        );
    }
}

/// What fails once is done at the next round, and stops nothing else.
#[tokio::test]
async fn i09_an_end_that_could_not_be_carried_out_is_carried_out_later() {
    let world = open().await;
    let client = world.client("laesehesten");
    for from in [BESIDE, ELSEWHERE] {
        let (mut pupil, page) = waits(&world, from).await;
        tove_says_yes(&world).await;
        let page = pupil.get(page.url.path()).await;
        let code = client.answer(&page)["code"].clone();
        client.redeem(&pupil, &code).await;
    }
    let gone = "UPDATE school_groups SET gone_at = 1 WHERE name = '8.C'";
    world.house.execute(gone).await;
    // The database takes neither.
    world
        .house
        .tamper(
            "CREATE TRIGGER away BEFORE INSERT ON revoked_families \
             BEGIN SELECT RAISE(ABORT, 'away'); END",
        )
        .await;
    level_over::sweep(&world.house.portner).await.ok();
    let revoked = async || world.house.count("revoked_families").await;
    assert_eq!(revoked().await, 0);
    world.house.tamper("DROP TRIGGER away").await;
    level_over::sweep(&world.house.portner).await.unwrap();
    // What each service was given within the session, and what may outlive it.
    assert_eq!(revoked().await, 4, "nothing is forgotten");
}

/// A pupil who logs in anew in the same browser begins a session without a word; whoever was told of the level
/// of the earlier one hears that it is over, and nothing stands that no adult can see.
#[tokio::test]
async fn i09_a_new_login_in_the_same_browser_ends_the_level_of_the_earlier_one() {
    let logouts = Logouts::start_with(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
    })
    .await;
    let world = &logouts.world;
    let (mut pupil, page) = waits(world, BESIDE).await;
    tove_says_yes(world).await;
    let page = pupil.get(page.url.path()).await;
    let client = world.client("laesehesten");
    let code = client.answer(&page)["code"].clone();
    let tokens = client.redeem(&pupil, &code).await;
    let before = id_token(&tokens);
    world.house.wait(SECOND);
    let page = pupil.get(&client.request(&[("prompt", "login")])).await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    let code = client.answer(&page)["code"].clone();
    let tokens = client.redeem(&pupil, &code).await;
    let after = id_token(&tokens);
    assert_eq!(after["acr"], "dk:unilogin:loa:EnFaktor");
    assert_ne!(after["sid"], before["sid"]);
    assert_eq!(acts(world, "stepup.ended").await.len(), 1);
    for _ in 0..2 {
        level_over::sweep(&world.house.portner).await.unwrap();
    }
    let (told, _) = logouts.desk.token_to("laesehesten");
    assert_eq!(
        told["sid"], before["sid"],
        "of the earlier session, and of that alone"
    );
    let access = text_of(&tokens, "access_token");
    assert_eq!(userinfo(&pupil, &access).await.status, 200);
    // The end of the later session is told once more, of both.
    let asked = pupil.get("/logout").await;
    pupil.submit(&asked.form(), &[]).await;
    assert!(logouts.desk.heard_by("laesehesten").len() > 1);
}

/// Signe proves by MitID who she is, for one of our own pages.
async fn signe_at(world: &Federation, parent: &mut Visitor, address: &str) -> Page {
    let page = parent.get(address).await;
    let page = parent.submit(&page.form(), &[("upstream", "mitid")]).await;
    let question = world.mitid.read(&page);
    let mut claims = world.mitid.claims(&question, world.house.now());
    claims["loa"] = json!("https://data.gov.dk/concept/core/nsis/Substantial");
    claims["sub"] = json!(format!("user-{SIGNE}"));
    claims["dk.cpr"] = json!(SIGNE);
    world.mitid.will_say(&claims).await;
    parent.get(&world.mitid.way_back(&question)).await
}

/// Who proves it for something else has not proved it for this, though the session takes the place of one that had.
#[tokio::test]
async fn i11_a_parents_proof_for_another_page_opens_no_yes() {
    let world = open().await;
    let mut storm = world.visitor().from(ELSEWHERE);
    let page = storm.get(&asked(&world, "laesehesten")).await;
    let page = world.type_name(&mut storm, &page, "stor1234").await;
    pick(&mut storm, &page, &["kat", "sol", "fisk", "æble"]).await;
    let mut parent = world.visitor().from("203.0.113.9");
    let list = signe_at(&world, &mut parent, "/sig-god-for").await;
    assert!(list.body.contains("Storm"), "{}", list.body);
    world.house.wait(MINUTE * 20);
    let page = signe_at(&world, &mut parent, "/faa-adgang").await;
    assert_eq!(page.url.path(), "/faa-adgang", "{}", page.body);
    let page = parent.get("/sig-god-for").await;
    assert_ne!(page.url.path(), "/sig-god-for", "asked anew: {}", page.body);
    let list = signe_at(&world, &mut parent, "/sig-god-for").await;
    assert_eq!(list.url.path(), "/sig-god-for");
}

/// One service that does not answer keeps no other from hearing of its own end.
#[tokio::test]
async fn i09_a_slow_service_keeps_no_other_waiting() {
    let logouts = Logouts::start_with(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
        let path = "metadata/services/skolebroen-valg.toml";
        let before = std::fs::read_to_string(files.path(path)).unwrap();
        files.put(path, &format!("faktor_2 = true\n{before}"));
    })
    .await;
    let world = &logouts.world;
    let (mut pupil, page) = waits(world, BESIDE).await;
    world.house.wait(SECOND);
    let mut storm = world.visitor().from(BESIDE);
    let wished = Box::leak(Box::new(RequestedAuthnContext {
        comparison: portner::domain::assurance::Comparison::Exact,
        class_refs: vec![ADULT.to_owned()],
    }));
    let (_, url) = world
        .request_of("skolebroen-valg", |question| question.context = Some(wished))
        .await;
    let other = storm.get(&url).await;
    let other = world.type_name(&mut storm, &other, "stor1234").await;
    let other = pick(&mut storm, &other, &["kat", "sol", "fisk", "æble"]).await;
    assert!(is_at(&other, "adult"), "{}: {}", other.url, other.body);
    tove_says_yes(world).await;
    assert!(is_logged_in(&pupil.get(page.url.path()).await));
    assert!(is_logged_in(&storm.get(other.url.path()).await));
    logouts
        .desk
        .is("laesehesten", crate::world::logout_desk::Mood::Slow);
    world
        .house
        .execute("UPDATE accounts SET blocked = TRUE WHERE user_name = 'tove1234'")
        .await;
    let portner = world.house.portner.clone();
    let sweeping = tokio::spawn(async move { level_over::sweep(&portner).await });
    let heard = async || {
        while logouts.desk.heard_by("skolebroen-valg").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(3), heard()).await;
    assert!(in_time.is_ok(), "while another does not answer");
    assert_eq!(logouts.desk.heard_by("laesehesten").len(), 1);
    sweeping.await.unwrap().unwrap();
}
