//! A school's delivery that has another owner's pupil in it: what it gives that school, and what it does not.

use std::sync::atomic::{AtomicU8, Ordering};

use axum::http::StatusCode;
use jiff::SignedDuration;
use portner::domain::import::{ImportState, Way};
use portner::domain::login_name::BareName;
use portner::domain::search_word::wanted;
use portner::domain::text::Language;
use portner::people::import::importer::{Handover, Outcome, Wish};
use portner::web::deliveries::importer;

use super::stage::{BENTE, DESK, ELSEWHERE, HERE, KLAUS, Stage, ULLA, form_to, send};
use crate::people::school::{School, local, nth_cpr};
use crate::world::browser::Page;
use crate::world::federation::is_logged_in;
use crate::world::html;
use crate::world::visitor::Visitor;

/// The desk of the other school, of another owner.
const THERE: &str = "/administration/202001";
/// Tove is employed there too.
const TOVES: &str = "INSERT INTO actors (id, account, actor_group, institution, roles)
    SELECT 'c0000000-0000-4000-8000-000000000001', id, 'Medarbejder', '202001', '' FROM accounts
    WHERE user_name = 'tove1234'";

async fn deliver(stage: &Stage, school: &mut School) -> Outcome {
    static DELIVERIES: AtomicU8 = AtomicU8::new(1);
    let portner = &stage.world.house.portner;
    let words = portner.texts.in_language(Language::Da);
    let from = Handover {
        way: Way::Http,
        by: "skolesystem".to_owned(),
        digest: [DELIVERIES.fetch_add(1, Ordering::Relaxed); 32],
        speaks_for: None,
        file: None,
        witness: None,
    };
    let (importer, delivery, wish) = (importer(portner), school.whole(), Wish::default());
    let outcome = importer.import(&delivery, &from, &wish, &words).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.record.state, ImportState::Applied, "{outcome:?}");
    outcome
}

/// The other school, which says that Klaus is its pupil, and Bente his mother.
fn with_klaus() -> School {
    let mut school = School::new(ELSEWHERE, "TABULEX");
    school.class("2C", "2");
    school.pupil("E1", KLAUS, "2C", "2");
    school.person("E1").person.name.given = "Klaus".into();
    school.mother("E1", BENTE, true);
    school
}

async fn klaus_there(browser: &mut Visitor) -> Page {
    // Another owner's pupil is found by what the school's own system calls him.
    let page = browser.get(&format!("{THERE}?q=e1")).await;
    let links = html::links(&page.body);
    let found = links.into_iter().find(|link| link.contains("/person/"));
    browser.get(&found.unwrap()).await
}

/// What the forms of a page do to the account.
fn acts(page: &Page) -> Vec<String> {
    let forms = html::forms(&page.body).into_iter();
    let acts = forms.filter_map(|form| Some(form.action.rsplit_once('/')?.1.to_owned()));
    acts.filter(|act| ["kode", "regel", "spaerring"].contains(&act.as_str()))
        .collect()
}

async fn wards_of(stage: &Stage, name: &str) -> usize {
    let portner = &stage.world.house.portner;
    let account = portner
        .store
        .account_by_user_name(&BareName::parse(name).unwrap())
        .await
        .unwrap()
        .unwrap();
    let now = portner.ambient.now();
    portner.store.wards_of(account.person, now).await.unwrap().len()
}

async fn helped_there(browser: &mut Visitor) -> String {
    let page = browser.get(&format!("{THERE}/elevadgang")).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    page.body
}

const NOBODY: &str = "ingen har bekræftet, at eleven går her";

#[tokio::test]
async fn k01_a_delivery_gives_no_say_over_another_owners_pupil() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let children = wards_of(&stage, "bent1234").await;
    let mut school = with_klaus();
    let outcome = deliver(&stage, &mut school).await;
    assert_eq!(outcome.record.counts.unconfirmed, 1);
    let codes: Vec<_> = outcome.overview.findings.iter().map(|one| &*one.code).collect();
    assert_eq!(codes, ["unconfirmed"]);
    let rows = stage.world.house.audit().await;
    let told = rows.iter().rfind(|row| row.act == "import.applied").unwrap();
    assert!(told.details.contains("\"unconfirmed\":1"), "{}", told.details);

    let page = klaus_there(&mut ulla).await;
    assert!(page.body.contains("Ikke bekræftet"), "{}", page.body);
    assert_eq!(acts(&page), Vec::<String>::new());
    assert!(helped_there(&mut ulla).await.contains(NOBODY));
    assert_eq!(
        wards_of(&stage, "bent1234").await,
        children,
        "no custody by that school's word"
    );
    // The school that has him goes on as before.
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    let page = hanne.get(&klaus).await;
    assert!(!page.body.contains("Ikke bekræftet") && acts(&page).contains(&"spaerring".to_owned()));
    // Nor does another night of the same.
    deliver(&stage, &mut school).await;
    assert!(klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
    assert!(helped_there(&mut ulla).await.contains(NOBODY));

    // All of that by the one mark: without it, the other school would have it all.
    stage
        .world
        .house
        .execute("UPDATE actors SET unconfirmed_since = NULL WHERE unconfirmed_since IS NOT NULL")
        .await;
    assert!(acts(&klaus_there(&mut ulla).await).contains(&"spaerring".to_owned()));
    assert!(!helped_there(&mut ulla).await.contains(NOBODY));
    assert_eq!(wards_of(&stage, "bent1234").await, children + 1);
}

#[tokio::test]
async fn k01_a_contact_that_becomes_a_pupil_is_another_owners_all_the_same() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let mut school = School::new(ELSEWHERE, "TABULEX");
    school.class("2C", "2");
    school.pupil("E9", &crate::people::school::nth_cpr(1), "2C", "2");
    school.mother("E9", KLAUS, true);
    let outcome = deliver(&stage, &mut school).await;
    assert_eq!(
        outcome.record.counts.unconfirmed, 0,
        "adults have children anywhere"
    );
    school.pupil("E1", KLAUS, "2C", "2");
    let outcome = deliver(&stage, &mut school).await;
    assert_eq!(outcome.record.counts.unconfirmed, 1);
    let page = klaus_there(&mut ulla).await;
    assert_eq!(acts(&page), Vec::<String>::new());
}

#[tokio::test]
async fn k01_two_administrators_confirm_and_one_does_not() {
    let stage = Stage::set().await;
    stage.world.house.execute(TOVES).await;
    stage.make_administrator("tove1234", ELSEWHERE).await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let (mut tove, _) = stage.come(super::stage::TOVE, THERE).await;
    deliver(&stage, &mut with_klaus()).await;
    let vouch = async |browser: &mut Visitor| {
        let page = klaus_there(browser).await;
        let action = format!("{}/tilknytning", page.url.path());
        let form = form_to(&page, &action, Some("confirm"));
        browser.submit(&form, &[("reason", "skiftet hertil")]).await
    };
    let page = vouch(&mut ulla).await;
    assert!(
        page.body.contains("Nu mangler en anden administrator"),
        "{}",
        page.body
    );
    let page = vouch(&mut ulla).await;
    assert_eq!(page.status.as_u16(), 422, "{}", page.body);
    assert!(page.body.contains("allerede sagt god for det"), "{}", page.body);
    assert_eq!(acts(&klaus_there(&mut ulla).await), Vec::<String>::new());
    let page = vouch(&mut tove).await;
    assert!(page.body.contains("Tilknytningen er bekræftet"), "{}", page.body);
    let page = klaus_there(&mut ulla).await;
    assert!(!page.body.contains("Ikke bekræftet"), "{}", page.body);
    assert!(acts(&page).contains(&"spaerring".to_owned()));
    let done: Vec<_> = stage.acts().await.into_iter().map(|(act, _)| act).collect();
    for act in ["admin.affiliation_vouched", "admin.affiliation_confirmed"] {
        assert_eq!(done.iter().filter(|done| *done == act).count(), 1, "{act}");
    }
    // The next night does not take it back.
    let mut school = with_klaus();
    school.sent_at += jiff::SignedDuration::from_hours(5);
    deliver(&stage, &mut school).await;
    assert!(!klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
}

#[tokio::test]
async fn k01_the_pupils_own_choice_at_a_login_confirms() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    deliver(&stage, &mut with_klaus()).await;
    let choose = async |school: &str| {
        let mut klaus = stage.world.visitor();
        let page = stage.world.arrive(&mut klaus, "skolebroen-valg").await;
        let page = stage.world.log_in_as(&mut klaus, &page, "klau1234").await;
        assert!(page.url.path().ends_with("/actor"), "{}: {}", page.url, page.body);
        let at = page.body.find(school).unwrap();
        let values = page.body[..at].rfind("value=\"").unwrap() + 7;
        let value = page.body[values..].split('"').next().unwrap().to_owned();
        let page = klaus.submit(&page.form(), &[("actor", &value)]).await;
        assert!(is_logged_in(&page), "{}", page.body);
    };
    choose("Bakkeskolen").await;
    assert!(klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
    choose("Havneskolen").await;
    assert!(!klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
    let rows = stage.world.house.audit().await;
    let confirmed: Vec<_> = rows
        .iter()
        .filter(|row| row.act == "affiliation.confirmed")
        .collect();
    assert_eq!(confirmed.len(), 1);
    assert!(confirmed[0].details.contains(ELSEWHERE) && confirmed[0].person.is_some());
}

#[tokio::test]
async fn k01_a_pupil_who_changes_school_or_stays_with_the_owner_waits_for_nobody() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let mut school = with_klaus();
    deliver(&stage, &mut school).await;
    assert!(klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
    // Both schools turn out to be one municipality's.
    stage
        .world
        .house
        .execute("UPDATE institutions SET cvr = '20200200' WHERE number IN ('101001', '202001')")
        .await;
    assert!(!klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
    stage
        .world
        .house
        .execute("UPDATE institutions SET cvr = '10100100' WHERE number = '101001'")
        .await;
    assert!(klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
    // He has left the other one.
    stage
        .world
        .house
        .execute("UPDATE actors SET active_until = 1, gone_at = 1 WHERE institution = '101001' AND account IN (SELECT id FROM accounts WHERE user_name = 'klau1234')")
        .await;
    let page = klaus_there(&mut ulla).await;
    assert!(!page.body.contains("Ikke bekræftet"), "{}", page.body);
    assert!(acts(&page).contains(&"spaerring".to_owned()));
    assert!(!helped_there(&mut ulla).await.contains(NOBODY));
    let mut hanne = stage.hanne().await;
    assert_eq!(hanne.get(DESK).await.status.as_u16(), 200);
}

/// What a number is good for, without anybody having confirmed it: nothing that one did not know before.
#[tokio::test]
async fn k01_a_delivery_learns_nothing_of_another_owners_pupil() {
    let stage = Stage::set().await;
    // Refused at a login, and logged in.
    let mut klaus = stage.world.visitor();
    let page = stage.world.arrive(&mut klaus, "skolebroen").await;
    let page = stage.world.log_in_as(&mut klaus, &page, "klau1234").await;
    assert!(is_logged_in(&page), "{}", page.body);
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let mut school = with_klaus();
    school.person("E1").person.name.given = "Opdigtet".into();
    deliver(&stage, &mut school).await;
    for words in ["klaus", "riis", "klau1234", "kl"] {
        let page = ulla.get(&format!("{THERE}?q={words}")).await;
        assert!(!page.body.contains("/person/"), "{words}: {}", page.body);
    }
    let found = ulla.get(&format!("{THERE}?q=e1")).await;
    let person = klaus_there(&mut ulla).await;
    let desk = ulla.get(&format!("{THERE}/elevadgang")).await;
    // The last class of the list: that of the delivery.
    let links = html::links(&desk.body);
    let mut boards = links.iter().filter(|link| link.contains("/tavle/"));
    let board = boards.next_back().unwrap().clone();
    let board = ulla.get(&board).await;
    assert_eq!(board.status.as_u16(), 200);
    let sheet = form_to(&board, &format!("{}/ark", board.url.path()), None);
    let sheet = ulla.submit(&sheet, &[]).await;
    assert_eq!(sheet.status.as_u16(), 200, "{}", sheet.body);
    for page in [found, person, desk, board] {
        assert!(page.body.contains("E1"), "{}: {}", page.url, page.body);
        for secret in ["Riis", "klau1234", "1000001253", "Skolebroen"] {
            assert!(
                !page.body.contains(secret),
                "{secret} at {}: {}",
                page.url,
                page.body
            );
        }
    }
    assert!(!sheet.body.contains("klau1234") && !sheet.body.contains("Riis"));
    let named = stage.world.house.audit().await;
    assert!(named.iter().all(|row| row.act != "help.name_printed"));
}

/// Who is written in by hand is a guest, wherever somebody looks.
#[tokio::test]
async fn k01_a_pupil_who_is_written_in_by_hand_is_no_pupil_to_help() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let fill = [
        ("name", "klau1234"),
        ("role", "Elev"),
        ("last-day", "2027-06-30"),
        ("reason", "gæst i ugen"),
    ];
    let by_hand = format!("{THERE}/tilknytninger");
    let page = send(&mut ulla, &by_hand, ("", None), &fill).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    assert!(!page.body.contains("1000001253"), "{}", page.body);
    let desk = ulla.get(&format!("{THERE}/elevadgang")).await;
    assert!(desk.body.contains(NOBODY), "{}", desk.body);
    let portner = &stage.world.house.portner;
    let klaus = BareName::parse("klau1234").unwrap();
    let klaus = portner.store.account_by_user_name(&klaus).await.unwrap().unwrap();
    let form = html::forms(&desk.body)
        .into_iter()
        .find(|form| {
            form.fields
                .iter()
                .any(|field| field.name == "do" && field.value == "open")
        })
        .unwrap_or_else(|| html::forms(&desk.body).remove(0));
    let id = klaus.id.to_string();
    ulla.submit(&form, &[("do", "open"), ("pupil", &id)]).await;
    assert_eq!(stage.world.house.count("help_windows").await, 0);
}

/// What a school writes of another owner's pupil takes nothing from that one but what would open something.
#[tokio::test]
async fn k10_a_pupil_is_blocked_whatever_another_school_says_of_him() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let fill = [
        ("name", "klau1234"),
        ("role", "Lærer"),
        ("last-day", "2027-06-30"),
        ("reason", "vikar"),
        ("employs-pupil", "yes"),
    ];
    let by_hand = format!("{THERE}/tilknytninger");
    let page = send(&mut ulla, &by_hand, ("", None), &fill[..4]).await;
    assert_eq!(page.status.as_u16(), 422, "{}", page.body);
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    let page = ulla.submit(&form, &fill).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    assert_eq!(acts(&hanne.get(&klaus).await), ["spaerring"]);
    let block = [("reason", "mistet telefon")];
    let page = send(&mut hanne, &klaus, ("/spaerring", Some("block")), &block).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    let page = send(
        &mut hanne,
        &klaus,
        ("/spaerring", Some("unblock")),
        &[("reason", "fundet")],
    )
    .await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
}

/// As an import does; the latest row of the trail is of this moment.
const LEAVE: &str = "UPDATE actors SET active_until = (SELECT MAX(at) FROM audit),
    gone_at = (SELECT MAX(at) FROM audit) WHERE institution = '101001'
    AND account IN (SELECT id FROM accounts WHERE user_name = 'klau1234')";
const COME_BACK: &str = "UPDATE actors SET active_until = NULL, gone_at = NULL WHERE institution = '101001'
    AND account IN (SELECT id FROM accounts WHERE user_name = 'klau1234')";

/// One delivery without a pupil, by mistake, turns nothing over to who has waited for that.
#[tokio::test]
async fn k01_a_night_without_a_pupil_gives_nobody_else_the_say() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    deliver(&stage, &mut with_klaus()).await;
    let house = &stage.world.house;
    let tended = async || {
        let portner = &house.portner;
        portner
            .store
            .confirm_those_left_alone(portner.ambient.now())
            .await
            .unwrap()
    };
    house.execute(LEAVE).await;
    for _ in 0..3 {
        let (mut ulla, _) = stage.come(ULLA, THERE).await;
        assert!(klaus_there(&mut ulla).await.body.contains("Ikke bekræftet"));
        assert_eq!(tended().await, 0);
        house.wait(SignedDuration::from_hours(23));
    }
    house.wait(SignedDuration::from_hours(4));
    let (mut ulla_later, _) = stage.come(ULLA, THERE).await;
    assert!(!klaus_there(&mut ulla_later).await.body.contains("Ikke bekræftet"));
    // The school that had him tells of him again: it is his school as before.
    house.execute(COME_BACK).await;
    assert!(klaus_there(&mut ulla_later).await.body.contains("Ikke bekræftet"));
    house.execute(LEAVE).await;
    house.wait(SignedDuration::from_hours(11 * 24));
    assert_eq!(tended().await, 1, "nobody else has had him for long");
    ulla.get(THERE).await;
}

#[tokio::test]
async fn k01_a_number_of_somebodys_adult_tells_no_name_that_another_owner_has_told() {
    let stage = Stage::set().await;
    let store = &stage.world.house.portner.store;
    // The teacher of another owner's school is the mother of a pupil here.
    let (number, elsewhere) = (nth_cpr(700), nth_cpr(701));
    let mut there = School::new(ELSEWHERE, "TABULEX");
    there.class("2C", "2");
    there.teacher("L1", &number, &["2C"]);
    there.person("L1").person.name.given = "Ragnhild".into();
    deliver(&stage, &mut there).await;
    let mut here = School::new(HERE, "TABULEX");
    here.class("1A", "1");
    here.pupil("P1", &nth_cpr(702), "1A", "1");
    for (number, id) in [(&number, "K1"), (&elsewhere, "K2")] {
        here.mother("P1", number, true);
        let contact = here.student("P1").contacts.last_mut().unwrap();
        contact.local_id = Some(local(id));
    }
    deliver(&stage, &mut here).await;
    let found = store
        .search_people((&super::stage::number(HERE), None), &wanted("k1"), 5)
        .await;
    let ragnhild = found.unwrap().remove(0);
    let mut hanne = stage.hanne().await;
    for (text, is_found) in [
        ("ragnhild", false),
        (ragnhild.user_name.as_str(), false),
        ("k1", true),
        // Whom nobody told of before is called what this school says.
        ("mor", true),
    ] {
        let page = hanne.get(&format!("{DESK}?q={text}")).await;
        let links = html::links(&page.body).into_iter();
        let people = links.filter(|link| link.contains("/person/")).count();
        assert_eq!(people > 0, is_found, "{text}: {}", page.body);
        assert_eq!(page.body.matches("Ragnhild").count(), 0, "{text}");
    }
    let page = hanne.get(&format!("{DESK}/person/{}", ragnhild.actor.0)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("K1"), "{}", page.body);
    for told in ["Ragnhild", ragnhild.user_name.as_str(), ragnhild.uni_id.as_str()] {
        assert!(!page.body.contains(told), "{told}: {}", page.body);
    }
    // Employed here too, she is this school's.
    here.teacher("L9", &number, &["1A"]);
    deliver(&stage, &mut here).await;
    stage
        .world
        .house
        .execute(
            "UPDATE actors SET unconfirmed_since = NULL WHERE institution = '101001' AND local_id = 'L9'",
        )
        .await;
    let page = hanne.get(&format!("{DESK}?q=ragnhild")).await;
    assert!(page.body.contains("Ragnhild"), "{}", page.body);
}
