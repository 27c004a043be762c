//! Whom a school writes in by hand while they are another owner's: what it learns of them, how often it may try,
//! and what it takes from them (K01, G05, I09).

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use portner::domain::login_name::BareName;
use serde_json::{Value, json};

use super::api::{OTHERS, ask, send, stage, told};
use super::stage::{ELSEWHERE, Stage, ULLA, send as send_form};
use crate::world::browser::Page;
use crate::world::html;

/// The desk of the other school, of another owner.
const THERE: &str = "/administration/202001";
/// What is Klaus's, and no other owner's to know.
const HIS: [&str; 3] = ["Klaus", "Riis", "klau1234"];
const UNI_ID: &str = "1000001253";

fn guest(name: &str, role: &str, last_day: &str) -> Value {
    json!({ "name": name, "role": role, "last_day": last_day, "reason": "gæst i ugen" })
}

/// The other school's program does something at the other school.
async fn post(stage: &Stage, target: &str, body: &Value) -> (StatusCode, Value) {
    let target = format!("/api/v1/institutions/{ELSEWHERE}/{target}");
    let body = body.to_string().into_bytes();
    told(&send(stage, OTHERS, (Method::POST, &target), Some(body)).await)
}

async fn get(stage: &Stage, target: &str) -> (StatusCode, Value) {
    ask(stage, OTHERS, &format!("{ELSEWHERE}/{target}")).await
}

async fn try_name(stage: &Stage, body: &Value) -> (u16, String, String) {
    let (status, told) = post(stage, "affiliations", body).await;
    let word = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
    (status.as_u16(), word("reason"), word("detail"))
}

async fn tries(stage: &Stage) -> usize {
    let acts = stage.acts().await;
    acts.iter().filter(|(act, _)| act == "admin.name_tried").count()
}

#[tokio::test]
async fn g05_a_day_or_a_role_that_is_none_tells_no_program_who_is_there() {
    let stage = stage().await;
    let nobody = try_name(&stage, &guest("nobo9999", "Elev", "2020-01-01")).await;
    let klaus = try_name(&stage, &guest("klau1234", "Elev", "2020-01-01")).await;
    assert_eq!((nobody.0, nobody.1.as_str()), (422, "day"));
    assert_eq!(klaus, nobody);
    assert_eq!(tries(&stage).await, 0, "nobody was looked for");
    let nobody = try_name(&stage, &guest("nobo9999", "Vikar", "2027-06-30")).await;
    assert_eq!((nobody.0, nobody.1.as_str()), (422, "nobody"));
    // Another owner's pupil is made one of the staff by no program, whatever it says.
    let mut employed = guest("klau1234", "Vikar", "2027-06-30");
    assert_eq!(try_name(&stage, &employed).await, nobody);
    employed["employs_pupil"] = json!(true);
    assert_eq!(try_name(&stage, &employed).await, nobody);
    let acts = stage.acts().await;
    let tried: Vec<_> = acts.iter().filter(|(act, _)| act == "admin.name_tried").collect();
    assert_eq!(tried.len(), 3, "{acts:?}");
    for (_, details) in tried {
        assert_eq!(details["by"], "program:havnens", "{details}");
        assert!(!details.to_string().contains("nobo9999"), "{details}");
    }
    let (_, by_hand) = get(&stage, "affiliations").await;
    assert_eq!(by_hand, json!([]));
}

#[tokio::test]
async fn g05_names_that_are_not_the_schools_are_tried_twenty_times_a_day() {
    let stage = stage().await;
    for number in 0..20 {
        let tried = try_name(&stage, &guest(&format!("nobo{number:04}"), "Elev", "2027-06-30")).await;
        assert_eq!(tried.1, "nobody", "{number}");
    }
    let nobody = try_name(&stage, &guest("nobo9999", "Elev", "2027-06-30")).await;
    assert_eq!((nobody.0, nobody.1.as_str()), (422, "too-many-names"));
    assert_eq!(
        try_name(&stage, &guest("klau1234", "Elev", "2027-06-30")).await,
        nobody
    );
    assert_eq!(tries(&stage).await, 22);
    // The school's own people are found as before, and so is everybody by the administrators.
    let own = try_name(&stage, &guest("piao1234", "Vikar", "2027-06-30")).await;
    assert_eq!(own.1, "pupil-employed");
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let fill = [
        ("name", "klau1234"),
        ("role", "Elev"),
        ("last-day", "2027-06-30"),
        ("reason", "gæst i ugen"),
    ];
    let page = send_form(&mut ulla, &format!("{THERE}/tilknytninger"), ("", None), &fill).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    stage.world.house.wait(SignedDuration::from_hours(25));
    let (status, told) = post(&stage, "affiliations", &guest("frej1234", "Elev", "2027-06-30")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

fn shows_nothing_of_his(what: &str) {
    for his in HIS {
        assert!(!what.contains(his), "{his}: {what}");
    }
}

/// A guest is called what was typed, and nothing of the account is told.
#[tokio::test]
async fn k01_of_a_guest_only_what_was_typed_is_shown() {
    let stage = stage().await;
    let house = &stage.world.house;
    let (status, told) = post(&stage, "affiliations", &guest(UNI_ID, "Elev", "2027-06-30")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let id = told["id"].as_str().unwrap().to_owned();
    // He tries to log in, and is refused.
    let mut klaus = stage.world.visitor();
    house.wait(SignedDuration::from_mins(1));
    let page = stage.world.arrive(&mut klaus, "skolebroen").await;
    let page = stage.world.type_name(&mut klaus, &page, "klau1234").await;
    klaus
        .submit(&page.form(), &[("password", "forkert-kode-1")])
        .await;
    house
        .execute("UPDATE people SET protected = TRUE WHERE given_name = 'Klaus'")
        .await;
    house
        .execute("UPDATE accounts SET blocked = TRUE WHERE user_name = 'klau1234'")
        .await;
    let page = stage.world.arrive(&mut klaus, "skolebroen").await;
    let page = stage.world.type_name(&mut klaus, &page, "klau1234").await;
    klaus.submit(&page.form(), &[("password", "demo-kode-42")]).await;
    house.wait(SignedDuration::from_mins(1));
    let (_, person) = get(&stage, &format!("people/{id}")).await;
    shows_nothing_of_his(&person.to_string());
    assert_eq!(
        (&person["given_name"], &person["family_name"]),
        (&json!(UNI_ID), &json!(""))
    );
    for told in ["user_name", "uni_id", "protected", "elsewhere_too", "rule_set"] {
        assert_eq!(person[told], Value::Null, "{told}: {person}");
    }
    assert_eq!(person["confirmed"], false);
    assert_eq!(person["affiliations"][0]["secret"], Value::Null, "{person}");
    assert_eq!(person["refused_logins"], json!([]), "{person}");
    assert_eq!(
        person["cannot_log_in"],
        json!([{ "what": "not-confirmed", "at": null }])
    );
    let (_, list) = get(&stage, "affiliations").await;
    shows_nothing_of_his(&list.to_string());
    assert_eq!(list[0]["given_name"], UNI_ID, "{list}");
    for words in ["klaus", "riis", "klau1234"] {
        assert_eq!(
            get(&stage, &format!("people?q={words}")).await.1,
            json!([]),
            "{words}"
        );
    }
    let (_, found) = get(&stage, &format!("people?q={UNI_ID}")).await;
    shows_nothing_of_his(&found.to_string());
    assert_eq!(
        (
            &found[0]["given_name"],
            &found[0]["protected"],
            &found[0]["blocked"]
        ),
        (&json!(UNI_ID), &Value::Null, &Value::Null),
        "{found}"
    );
    // The same on the pages.
    let (mut ulla, front) = stage.come(ULLA, THERE).await;
    shows_nothing_of_his(&front.body);
    let by_hand = ulla.get(&format!("{THERE}/tilknytninger")).await;
    let person = html::links(&by_hand.body)
        .into_iter()
        .find(|link| link.contains("/person/"));
    let person = ulla.get(&person.unwrap()).await;
    let desk = ulla.get(&format!("{THERE}/elevadgang")).await;
    for page in [by_hand, person.clone(), desk] {
        assert!(page.body.contains(UNI_ID), "{}: {}", page.url, page.body);
        shows_nothing_of_his(&page.body);
    }
    shows_no_account(&person);
}

/// Neither what the account logs in with, nor whether it may, nor where else.
fn shows_no_account(page: &Page) {
    for told in [
        "beskyttet",
        "Skolebroen",
        "Spærret",
        "spærret",
        "sin egen adgangskode",
        "Ingen kode",
        "Intet er i vejen",
    ] {
        assert!(!page.body.contains(told), "{told}: {}", page.body);
    }
}

/// The number of another owner's pupil tells a school nothing that it did not know.
#[tokio::test]
async fn k01_of_whom_nobody_has_confirmed_nothing_of_the_account_is_told() {
    let stage = stage().await;
    let house = &stage.world.house;
    house
        .execute(
            "INSERT INTO actors (id, account, actor_group, institution, roles, source, local_id, unconfirmed_since)
             SELECT 'c3000000-0000-4000-8000-000000000001', id, 'Elev', '202001', '', 'TABULEX', 'E1', 1
             FROM accounts WHERE user_name = 'klau1234'",
        )
        .await;
    house
        .execute("UPDATE people SET protected = TRUE WHERE given_name = 'Klaus'")
        .await;
    house
        .execute("UPDATE accounts SET blocked = TRUE WHERE user_name = 'klau1234'")
        .await;
    assert_eq!(house.portner.store.index_unfound(10).await.unwrap(), 1);
    let id = "c3000000-0000-4000-8000-000000000001";
    let (_, person) = get(&stage, &format!("people/{id}")).await;
    for told in ["user_name", "uni_id", "protected", "elsewhere_too", "rule_set"] {
        assert_eq!(person[told], Value::Null, "{told}: {person}");
    }
    assert_eq!(person["affiliations"][0]["secret"], Value::Null, "{person}");
    assert_eq!(
        person["cannot_log_in"],
        json!([{ "what": "not-confirmed", "at": null }])
    );
    let (_, found) = get(&stage, "people?q=e1").await;
    assert_eq!(
        (&found[0]["protected"], &found[0]["blocked"]),
        (&Value::Null, &Value::Null),
        "{found}"
    );
    // Which UNI-ID it is nobody finds out by trying.
    assert_eq!(get(&stage, &format!("people?q={UNI_ID}")).await.1, json!([]));
    let (mut ulla, _) = stage.come(ULLA, THERE).await;
    let page = ulla.get(&format!("{THERE}/person/{id}")).await;
    assert!(page.body.contains("Ikke bekræftet"), "{}", page.body);
    shows_nothing_of_his(&page.body);
    shows_no_account(&page);
}

/// A block of the operator's stays, whatever the school had set before and lifts afterwards.
#[tokio::test]
async fn k10_a_school_lifts_its_own_block_and_leaves_the_operators() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    let portner = &stage.world.house.portner;
    let name = BareName::parse("klau1234").unwrap();
    let account = async || portner.store.account_by_user_name(&name).await.unwrap().unwrap();
    let block = [("reason", "mistet telefon")];
    let page = send_form(&mut hanne, &klaus, ("/spaerring", Some("block")), &block).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    let id = account().await.id;
    assert!(portner.store.block_account(id, true).await.unwrap());
    let page = send_form(&mut hanne, &klaus, ("/spaerring", Some("unblock")), &block).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    assert!(account().await.blocked, "the operator's stays");
    let page = hanne.get(&klaus).await;
    assert!(page.body.contains("driften"), "{}", page.body);
    let forms = html::forms(&page.body);
    assert!(
        forms.iter().all(|form| !form.action.ends_with("/spaerring")),
        "nothing to set or lift"
    );
    // The other way round: the operator lifts theirs, and the school's stays.
    assert!(portner.store.block_account(id, false).await.unwrap());
    assert!(!account().await.blocked);
    let all = [("reason", "mistet telefon"), ("through-broker", "yes")];
    let page = send_form(&mut hanne, &klaus, ("/spaerring", Some("block")), &all).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    assert!(portner.store.block_account(id, true).await.unwrap());
    assert!(portner.store.block_account(id, false).await.unwrap());
    assert!(account().await.blocked, "the school's stays");
}

/// Who is told of several at once is told to the auditor, once for each list (L07).
#[tokio::test]
async fn l07_a_list_that_a_program_reads_is_told_to_the_auditor() {
    let stage = stage().await;
    let (_, found) = get(&stage, "people?q=pia").await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let (_, classes) = get(&stage, "classes").await;
    let class = classes[0]["id"].as_str().unwrap();
    let (_, pupils) = get(&stage, &format!("classes/{class}")).await;
    assert!(!pupils.as_array().unwrap().is_empty(), "{pupils}");
    let acts = stage.acts().await;
    let listed = acts.iter().filter(|(act, _)| act == "admin.people_listed");
    let listed: Vec<_> = listed
        .map(|(_, details)| details["detail"].as_str().unwrap())
        .collect();
    let of_class = format!("class: {}", pupils.as_array().unwrap().len());
    assert_eq!(listed, ["search: 1", of_class.as_str()]);
}
