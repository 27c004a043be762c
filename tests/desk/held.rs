//! Imports that wait for somebody, at the desk: an administrator who has not delivered them sees what they
//! would change, proves who they are anew, and takes them in or throws them away (K05, U66).

use axum::http::{Method, StatusCode};
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use portner::domain::import::{ImportId, ImportRecord, ImportState, SourceName};
use portner::domain::text::Language;
use portner::people::import::folder::WatchedFolder;
use portner::people::import::write;
use portner::web::deliveries;
use serde_json::Value;
use uuid::Uuid;

use super::stage::{DESK, HANNE, HERE, Stage, form_to, send};
use crate::people::school::School;
use crate::world::browser::Page;
use crate::world::visitor::{Odd, Visitor};

const TOKEN: &str = "en-tilfaeldig-noegle-som-ingen-gaetter-2";
const WHY: (&str, &str) = ("reason", "aftalt med skolen");

/// A school whose system has sent that three of its pupils have left.
struct Held {
    stage: Stage,
    school: School,
    id: ImportId,
    /// Its page.
    page: String,
}

fn file_of(school: &mut School) -> Vec<u8> {
    let mut file = Vec::new();
    write::unilogin(&school.whole(), &mut file).unwrap();
    file
}

async fn deliver(stage: &Stage, school: &mut School) -> Value {
    deliver_file(stage, file_of(school)).await
}

async fn deliver_file(stage: &Stage, file: Vec<u8>) -> Value {
    let odd = Odd {
        method: Method::POST,
        target: "/import",
        headers: vec![("authorization", format!("Bearer {TOKEN}"))],
        body: file,
    };
    let page = stage.world.visitor().odd(odd).await;
    serde_json::from_str(&page.body).unwrap()
}

/// A school with 40 pupils and 4 teachers, whose system delivers.
async fn delivering() -> (Stage, School) {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, TOKEN.as_bytes());
    let stage = Stage::set_with(&format!(
        "[import.deliverers.skolesystem]\ntoken_sha256 = \"{}\"\nsources = [\"TABULEX\"]\ninstitutions = [\"{HERE}\"]\n",
        HEXLOWER.encode(hash.as_ref())
    ))
    .await;
    let mut school = School::of_at(40, HERE, 0);
    let told = deliver(&stage, &mut school).await;
    assert_eq!(told["deliveries"][0]["state"], "applied", "{told}");
    (stage, school)
}

async fn held() -> Held {
    let (stage, mut school) = delivering().await;
    for id in ["E0001", "E0012", "E0023"] {
        school.without(id);
    }
    stage.world.house.wait(SignedDuration::from_secs(1));
    let told = deliver(&stage, &mut school).await;
    assert_eq!(told["deliveries"][0]["state"], "held", "{told}");
    let id = told["deliveries"][0]["import"].as_str().unwrap();
    let id = ImportId(Uuid::try_parse(id).unwrap());
    let page = format!("{DESK}/importer/{id}");
    Held {
        stage,
        school,
        id,
        page,
    }
}

impl Held {
    async fn record(&self) -> ImportRecord {
        let store = &self.stage.world.house.portner.store;
        store.import_by_id(self.id).await.unwrap().unwrap()
    }

    async fn state(&self) -> ImportState {
        self.record().await.state
    }

    /// Whether the file that was delivered is still here.
    async fn has_file(&self) -> bool {
        self.sealed().await.is_some()
    }

    async fn sealed(&self) -> Option<Vec<u8>> {
        let store = &self.stage.world.house.portner.store;
        store.held_file(&self.record().await.digest).await.unwrap()
    }

    async fn decide(&self, browser: &mut Visitor, act: &str) -> Page {
        send(browser, &self.page, ("/afgoer", Some(act)), &[WHY]).await
    }

    /// Those of the source who are there.
    async fn present(&self) -> usize {
        let store = &self.stage.world.house.portner.store;
        let number = super::stage::number(HERE);
        let source = SourceName::parse("TABULEX").unwrap();
        let now = self.stage.world.house.portner.ambient.now();
        let present = store.present(&number, &source, now).await.unwrap();
        present
            .actors
            .iter()
            .filter(|actor| actor.gone_at.is_none())
            .count()
    }
}

#[tokio::test]
async fn k05_an_administrator_sees_the_difference_and_takes_in_what_was_held() {
    let held = held().await;
    let (stage, before) = (&held.stage, held.present().await);
    let mut hanne = stage.hanne().await;
    let page = hanne.get(&held.page).await;
    for told in ["3 ude", "E0001", "E0012", "E0023", "leveret af skolesystem"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    // What is done to so many is done by nobody whose proof is older than a quarter of an hour.
    let form = form_to(&page, &format!("{}/afgoer", held.page), Some("confirm"));
    stage.world.house.wait(SignedDuration::from_mins(16));
    let page = hanne.submit(&form, &[WHY]).await;
    assert_eq!(held.state().await, ImportState::Held);
    let page = stage.prove(&mut hanne, &page, HANNE).await;
    assert_eq!(page.url.path(), held.page);
    assert_eq!(
        (held.state().await, held.has_file().await),
        (ImportState::Held, true)
    );
    let page = held.decide(&mut hanne, "confirm").await;
    assert!(page.body.contains("Importen er indlæst."), "{}", page.body);
    assert!(!page.body.contains("/afgoer"), "there is nothing more to decide");
    assert_eq!(
        (held.state().await, held.has_file().await),
        (ImportState::Applied, false)
    );
    assert_eq!(held.present().await, before - 6, "with their mothers");
    let (_, details) = stage.last_act_of("admin.import_confirmed").await;
    let id = held.id.to_string();
    assert_eq!(
        (details["detail"].as_str(), details["reason"].as_str()),
        (Some(id.as_str()), Some(WHY.1))
    );
    assert!(details["by"].as_str().unwrap().starts_with("account:"));
    let record = held.record().await;
    assert_eq!(
        (record.delivered_by.as_str(), record.decided_by.as_deref()),
        ("skolesystem", details["by"].as_str())
    );
    let rows = stage.world.house.audit().await;
    assert_eq!(rows.iter().filter(|row| row.act == "import.applied").count(), 2);
}

#[tokio::test]
async fn k05_what_is_thrown_away_changes_nothing_and_is_gone() {
    let held = held().await;
    let before = held.present().await;
    let mut hanne = held.stage.hanne().await;
    let shown = hanne.get(&held.page).await;
    let again = form_to(&shown, &format!("{}/afgoer", held.page), Some("confirm"));
    let page = held.decide(&mut hanne, "discard").await;
    assert!(page.body.contains("Importen er kasseret."), "{}", page.body);
    assert_eq!(
        (held.state().await, held.has_file().await),
        (ImportState::Discarded, false)
    );
    let (_, details) = held.stage.last_act_of("admin.import_discarded").await;
    assert_eq!(details["reason"].as_str(), Some(WHY.1));
    // Another window still has the form.
    let page = hanne.submit(&again, &[WHY]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
    assert_eq!(held.state().await, ImportState::Discarded);
    assert_eq!(held.present().await, before);
}

#[tokio::test]
async fn k05_of_two_who_say_yes_at_once_one_does_it() {
    let held = held().await;
    let mut one = held.stage.hanne().await;
    let shown = one.get(&held.page).await;
    let form = form_to(&shown, &format!("{}/afgoer", held.page), Some("confirm"));
    let mut other = one.clone();
    let fill = [WHY];
    let (first, second) = tokio::join!(one.submit_once(&form, &fill), other.submit_once(&form, &fill));
    let mut all = [first.status.as_u16(), second.status.as_u16()];
    all.sort_unstable();
    assert_eq!(all, [303, 422], "{} {}", first.body, second.body);
    assert_eq!(held.state().await, ImportState::Applied);
    let acts = held.stage.acts().await;
    assert_eq!(
        acts.iter()
            .filter(|(act, _)| act == "admin.import_confirmed")
            .count(),
        1
    );
}

#[tokio::test]
async fn k05_what_would_change_by_now_must_be_what_was_shown() {
    let mut held = held().await;
    let mut hanne = held.stage.hanne().await;
    held.stage
        .world
        .house
        .execute("UPDATE actors SET gone_at = 1 WHERE institution = '101001' AND local_id = 'E0030'")
        .await;
    let page = held.decide(&mut hanne, "confirm").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
    assert_eq!(held.state().await, ImportState::Held);
    let acts = held.stage.acts().await;
    assert!(acts.iter().all(|(act, _)| act != "admin.import_confirmed"));
    // Sent again, it is shown anew, and taken in.
    held.stage.world.house.wait(SignedDuration::from_secs(1));
    let told = deliver(&held.stage, &mut held.school).await;
    let id = told["deliveries"][0]["import"].as_str().unwrap();
    let page = format!("{DESK}/importer/{id}");
    let page = send(&mut hanne, &page, ("/afgoer", Some("confirm")), &[WHY]).await;
    assert!(page.body.contains("Importen er indlæst."), "{}", page.body);
    assert_eq!(
        (held.state().await, held.has_file().await),
        (ImportState::Overtaken, false)
    );
}

#[tokio::test]
async fn k05_what_is_not_kept_is_not_taken_in_here() {
    let held = held().await;
    let mut hanne = held.stage.hanne().await;
    let shown = hanne.get(&held.page).await;
    let form = form_to(&shown, &format!("{}/afgoer", held.page), Some("confirm"));
    // A month has passed, or somebody has written into the database.
    let portner = &held.stage.world.house.portner;
    let now = portner.ambient.now();
    portner
        .store
        .keep_held_file(&held.record().await.digest, b"andet", now)
        .await
        .unwrap();
    let page = hanne.get(&held.page).await;
    assert!(page.body.contains("Filen er ikke gemt her."), "{}", page.body);
    let page = hanne.submit(&form, &[WHY]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
    assert_eq!(held.state().await, ImportState::Held);
    let page = held.decide(&mut hanne, "discard").await;
    assert!(page.body.contains("Importen er kasseret."), "{}", page.body);
}

#[tokio::test]
async fn a_file_that_waits_is_sealed() {
    let held = held().await;
    let sealed = held.sealed().await.unwrap();
    let text = String::from_utf8_lossy(&sealed);
    assert!(!text.contains("InstitutionPerson") && sealed.len() > 10_000);
}

#[tokio::test]
async fn k05_a_delivery_of_which_many_rows_are_refused_asks_first() {
    let (stage, mut school) = delivering().await;
    let mut hanne = stage.hanne().await;
    // A column has slipped: of so many pupils there is no given name any more.
    let whole = String::from_utf8(file_of(&mut school)).unwrap();
    let slipped = |rows: usize| {
        whole
            .replacen("FirstName>Elev<", "FirstName><", rows)
            .into_bytes()
    };
    stage.world.house.wait(SignedDuration::from_secs(1));
    let told = deliver_file(&stage, slipped(30)).await;
    let delivery = &told["deliveries"][0];
    assert_eq!(delivery["state"], "held", "{told}");
    let id = delivery["import"].as_str().unwrap();
    let page = format!("{DESK}/importer/{id}");
    let shown = hanne.get(&page).await;
    assert!(
        shown.body.contains("30 af 44 rækker om personer"),
        "{}",
        shown.body
    );
    let page = send(&mut hanne, &page, ("/afgoer", Some("confirm")), &[WHY]).await;
    assert!(page.body.contains("Importen er indlæst."), "{}", page.body);
    // A few are a school's daily life.
    stage.world.house.wait(SignedDuration::from_secs(1));
    let whole = String::from_utf8(file_of(&mut school)).unwrap();
    let told = deliver_file(
        &stage,
        whole.replacen("FirstName>Elev<", "FirstName><", 5).into_bytes(),
    )
    .await;
    assert_eq!(told["deliveries"][0]["state"], "applied", "{told}");
}

#[tokio::test]
async fn k05_what_came_by_a_folder_waits_at_the_desk_too() {
    let (stage, mut school) = delivering().await;
    for id in ["E0001", "E0012", "E0023"] {
        school.without(id);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("skole.xml"), file_of(&mut school)).unwrap();
    let portner = &stage.world.house.portner;
    let watched = WatchedFolder {
        folder: folder.path().to_owned(),
        importer: deliveries::importer(portner),
        of: None,
    };
    stage.world.house.wait(SignedDuration::from_secs(1));
    let taken = watched
        .sweep(&portner.texts.in_language(Language::Da))
        .await
        .unwrap();
    assert_eq!(taken.first().map(|one| one.state), Some("held"));
    let mut hanne = stage.hanne().await;
    let list = hanne.get(&format!("{DESK}/importer")).await;
    assert!(list.body.contains("venter på godkendelse"), "{}", list.body);
    let waiting = portner.store.imports(None, 1).await.unwrap();
    let page = format!("{DESK}/importer/{}", waiting[0].id);
    let page = send(&mut hanne, &page, ("/afgoer", Some("confirm")), &[WHY]).await;
    assert!(page.body.contains("Importen er indlæst."), "{}", page.body);
}
