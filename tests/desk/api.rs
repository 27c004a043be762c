//! The desk for programs: who may, at which institution, for what and until when, what hostile ones get, and
//! that the auditor reads which program it was (I01, I03, I05, K07, L07).

use axum::http::{Method, StatusCode};
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use portner::config::api::DeskScope;
use portner::domain::password_rule::RuleKey;
use portner::web::api::places::ApiPlace;
use serde_json::{Value, json};

use super::stage::{ELSEWHERE, HERE, Stage, nobodys};
use crate::world::browser::Page;
use crate::world::certificates::{Identity, Listening, MUTUAL, request};
use crate::world::visitor::Odd;

const TOKEN: &str = "en-tilfaeldig-noegle-til-skolens-system";
/// Of a program that may read people alone.
const READER: &str = "en-tilfaeldig-noegle-til-et-laesende-system";
/// Of a program whose last day was yesterday.
const FORMER: &str = "en-tilfaeldig-noegle-til-et-gammelt-system";
/// Of a program of the other school.
pub(super) const OTHERS: &str = "en-tilfaeldig-noegle-til-havneskolens-system";

fn sha256(token: &str) -> String {
    HEXLOWER.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref())
}

fn everything() -> String {
    DeskScope::ALL
        .map(|scope| format!("\"{}\"", scope.word()))
        .join(", ")
}

fn program(name: &str, proof: &str, (institution, may, until): (&str, &str, &str)) -> String {
    format!(
        "[api.{name}]\n{proof}\ninstitutions = [\"{institution}\"]\nmay = [{may}]\nuntil = \"{until}\"\nper_minute = 400\n"
    )
}

fn by_token(name: &str, token: &str, how: (&str, &str, &str)) -> String {
    program(name, &format!("token_sha256 = \"{}\"", sha256(token)), how)
}

pub(super) async fn stage() -> Stage {
    let all = everything();
    let settings = [
        by_token("skolesystem", TOKEN, (HERE, &all, "2099-12-31")),
        by_token("laeser", READER, (HERE, "\"people:read\"", "2099-12-31")),
        by_token("gammelt", FORMER, (HERE, &all, "2020-12-31")),
        by_token("havnens", OTHERS, (ELSEWHERE, &all, "2099-12-31")),
    ];
    Stage::set_with(&settings.join("\n")).await
}

/// A request as a program makes it.
pub(super) async fn send(
    stage: &Stage,
    token: &str,
    (method, target): (Method, &str),
    body: Option<Vec<u8>>,
) -> Page {
    let mut headers = vec![("authorization", format!("Bearer {token}"))];
    headers.extend(
        body.is_some()
            .then(|| ("content-type", "application/json".to_owned())),
    );
    let odd = Odd {
        method,
        target,
        headers,
        body: body.unwrap_or_default(),
    };
    stage.world.visitor().odd(odd).await
}

pub(super) fn told(page: &Page) -> (StatusCode, Value) {
    let kind = page.headers["content-type"].to_str().unwrap();
    let expected = if page.status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    assert_eq!(kind, expected, "{}", page.body);
    let told: Value = serde_json::from_str(&page.body).unwrap_or_else(|_| panic!("no JSON: {}", page.body));
    if !page.status.is_success() {
        assert_eq!(told["status"], page.status.as_u16(), "{told}");
        assert!(
            told["code"].as_str().is_some_and(|code| code.starts_with("UL-")),
            "{told}"
        );
        assert!(
            told["detail"].as_str().is_some_and(|text| !text.is_empty()),
            "{told}"
        );
    }
    assert_eq!(page.headers["cache-control"], "no-store");
    (page.status, told)
}

pub(super) async fn ask(stage: &Stage, token: &str, target: &str) -> (StatusCode, Value) {
    let target = format!("/api/v1/institutions/{target}");
    told(&send(stage, token, (Method::GET, &target), None).await)
}

async fn get(stage: &Stage, target: &str) -> (StatusCode, Value) {
    ask(stage, TOKEN, target).await
}

async fn post(stage: &Stage, target: &str, body: Value) -> (StatusCode, Value) {
    let target = format!("/api/v1/institutions/{target}");
    let body = body.to_string().into_bytes();
    told(&send(stage, TOKEN, (Method::POST, &target), Some(body)).await)
}

/// The id of somebody here.
pub(super) async fn id_of(stage: &Stage, text: &str) -> String {
    let (status, found) = get(stage, &format!("{HERE}/people?q={text}")).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    found[0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{text}: {found}"))
        .to_owned()
}

/// What each place is asked for with: the address, and a good body.
async fn addresses(stage: &Stage) -> Vec<(ApiPlace, String, Option<Value>)> {
    let pupil = id_of(stage, "vigg1234").await;
    let (_, classes) = get(stage, &format!("{HERE}/classes")).await;
    let class = classes
        .as_array()
        .unwrap()
        .iter()
        .find(|class| class["name"] == "2.B");
    let class = class.unwrap()["id"].as_str().unwrap().to_owned();
    let new = |name: &str| json!({ "name": name, "role": "Vikar", "last_day": "2027-06-30", "reason": "vikar i 2.B" });
    let (status, guest) = post(stage, &format!("{HERE}/affiliations"), new("emil1234")).await;
    assert_eq!(status, StatusCode::OK, "{guest}");
    let guest = guest["id"].as_str().unwrap().to_owned();
    let reason = json!({ "reason": "en god grund" });
    let mut all = Vec::new();
    for place in ApiPlace::ALL {
        let id = match place {
            ApiPlace::Class | ApiPlace::ClassCodes => class.clone(),
            ApiPlace::Prolong | ApiPlace::End => guest.clone(),
            ApiPlace::Import => stage.import.to_string(),
            _ => pupil.clone(),
        };
        let mut address = place.path().replace("{institution}", HERE).replace("{id}", &id);
        if place == ApiPlace::People {
            address.push_str("?q=vigg1234");
        }
        let body = match place {
            ApiPlace::Code | ApiPlace::ClassCodes | ApiPlace::NewcomerCodes => json!({}),
            ApiPlace::Rule => json!({ "rule": RuleKey::Udskoling.word(), "reason": "en god grund" }),
            ApiPlace::AddByHand => new("frej1234"),
            ApiPlace::Prolong => json!({ "last_day": "2027-05-31" }),
            _ => reason.clone(),
        };
        all.push((place, address, place.takes_json().then_some(body)));
    }
    all
}

#[tokio::test]
async fn every_place_answers_its_program_and_nobody_else() {
    let stage = stage().await;
    let places = addresses(&stage).await;
    let before = stage.kept().await;
    for (place, address, body) in &places {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let bytes = || body.as_ref().map(|body| body.to_string().into_bytes());
        for (who, token, expected) in [
            ("nobody", "", (401, "unknown")),
            ("somebody with a wrong token", "forkert", (401, "unknown")),
            (
                "somebody with the hash of the token",
                &*sha256(TOKEN),
                (401, "unknown"),
            ),
            ("a program whose time is over", FORMER, (401, "ended")),
            ("a program of another school", OTHERS, (403, "not-yours")),
            ("a program that may only read", READER, (403, "scope")),
        ] {
            if token == READER && place.scope() == DeskScope::ReadPeople {
                continue;
            }
            let denied = stage.acts().await.len();
            let page = send(&stage, token, (method.clone(), address), bytes()).await;
            let what = format!("{place:?} asked for by {who}: {}", page.body);
            for secret in ["Vigga", "TABULEX", "E0007", "Hanne"] {
                assert!(!page.body.contains(secret), "{what}");
            }
            let (status, told) = told(&page);
            assert_eq!(
                (status.as_u16(), told["reason"].as_str().unwrap()),
                expected,
                "{what}"
            );
            let acts = stage.acts().await;
            assert_eq!(acts.len(), denied + usize::from(expected.0 == 403), "{what}");
            if expected.0 == 403 {
                let (act, details) = acts.last().unwrap();
                assert_eq!(
                    (act.as_str(), &details["detail"]),
                    ("authz.deny", &json!(place.path())),
                    "{what}"
                );
                let by = details["by"].as_str().unwrap();
                assert!(by == "program:havnens" || by == "program:laeser", "{by}");
            } else {
                assert!(page.headers.contains_key("www-authenticate"), "{what}");
            }
        }
        // Looking never changes anything, and what changes something is never a link.
        let other = if body.is_some() {
            Method::GET
        } else {
            Method::DELETE
        };
        let page = send(&stage, TOKEN, (other, address), None).await;
        let shared = matches!(place, ApiPlace::AddByHand);
        assert_eq!(
            page.status == StatusCode::METHOD_NOT_ALLOWED,
            !shared,
            "{place:?}: {}",
            page.body
        );
    }
    assert_eq!(stage.kept().await, before, "nobody changed anything");
    for (place, address, body) in places {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let bytes = body.map(|body| body.to_string().into_bytes());
        let page = send(&stage, TOKEN, (method, &address), bytes).await;
        // Of the block there is one to lift, and of the guest one to end.
        assert_eq!(page.status, StatusCode::OK, "{place:?}: {}", page.body);
    }
    assert_ne!(stage.kept().await, before);
}

#[tokio::test]
async fn a_program_reads_what_an_administrator_reads() {
    let stage = stage().await;
    let id = id_of(&stage, "otto").await;
    let (status, told) = get(&stage, &format!("{HERE}/people/{id}")).await;
    assert_eq!(
        (status, told["cannot_log_in"][0]["what"].as_str()),
        (StatusCode::OK, Some("blocked-by-operators")),
        "{told}"
    );
    let (act, details) = stage.last_act().await;
    assert_eq!(
        (
            act.as_str(),
            details["by"].as_str(),
            details["institution"].as_str()
        ),
        ("admin.person_viewed", Some("program:skolesystem"), Some(HERE))
    );
    let (_, imports) = get(&stage, &format!("{HERE}/imports")).await;
    assert_eq!(imports[0]["state"], "held", "{imports}");
    let (_, import) = get(&stage, &format!("{HERE}/imports/{}?q=E0007", stage.import)).await;
    let finding = &import["findings"][0];
    assert_eq!(
        (finding["code"].as_str(), finding["subject"].as_str()),
        (Some("alias-missing"), Some("E0007")),
        "{import}"
    );
    assert_eq!(import["people"][0]["local_id"], "E0007", "{import}");
    let (_, all) = get(&stage, &format!("{HERE}/administrators")).await;
    assert_eq!(all[0]["user_name"], "hann1234", "{all}");
    // On the web an administrator reads which program it was.
    let (_, blocked) = post(
        &stage,
        &format!("{HERE}/people/{}/block", id_of(&stage, "klau1234").await),
        json!({ "reason": "mistet tablet" }),
    )
    .await;
    assert_eq!(blocked["done"], true, "{blocked}");
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    let page = hanne.get(&klaus).await;
    assert!(page.body.contains("systemet skolesystem"), "{}", page.body);
}

/// Of another owner's pupil a program learns no more than a page tells (K01).
#[tokio::test]
async fn a_program_learns_nothing_of_whom_nobody_has_confirmed() {
    let stage = stage().await;
    let id = id_of(&stage, "klau1234").await;
    let house = &stage.world.house;
    house
        .execute(
            "INSERT INTO actors (id, account, actor_group, institution, roles) \
             SELECT 'c2000000-0000-4000-8000-000000000001', id, 'Elev', '202001', '' FROM accounts \
             WHERE user_name = 'klau1234'",
        )
        .await;
    house
        .execute(
            "UPDATE actors SET unconfirmed_since = 1, local_id = 'E0009' WHERE institution = '101001' \
             AND account IN (SELECT id FROM accounts WHERE user_name = 'klau1234')",
        )
        .await;
    let (_, found) = get(&stage, &format!("{HERE}/people?q=klau1234")).await;
    assert_eq!(found, json!([]));
    let (status, told) = get(&stage, &format!("{HERE}/people/{id}")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    for known in [&told, &told["affiliations"][0]] {
        assert_eq!(
            (&known["user_name"], &known["uni_id"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(known["given_name"], "E0009", "{told}");
    }
    let told = told.to_string();
    assert!(!told.contains("klau1234") && !told.contains("Riis"), "{told}");
}

#[tokio::test]
async fn each_code_that_a_program_reads_is_told_to_the_auditor() {
    let stage = stage().await;
    let (_, classes) = get(&stage, &format!("{HERE}/classes")).await;
    let of_2b = classes
        .as_array()
        .unwrap()
        .iter()
        .find(|class| class["name"] == "2.B");
    let class = of_2b.unwrap()["id"].as_str().unwrap();
    let codes = format!("{HERE}/classes/{class}/codes");
    let before = stage.acts().await.len();
    let (status, rows) = post(&stage, &codes, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{rows}");
    let read: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["code"].is_string())
        .collect();
    assert!(!read.is_empty(), "{rows}");
    for row in rows.as_array().unwrap() {
        assert_ne!(row["code"].is_string(), row["none_because"].is_string(), "{row}");
    }
    let viewed = async |from: usize| {
        let acts = stage.acts().await;
        let of_codes = acts
            .into_iter()
            .skip(from)
            .filter(|(act, _)| act == "admin.code_viewed");
        of_codes
            .map(|(_, details)| details["by"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(viewed(before).await, vec!["program:skolesystem"; read.len()]);
    let before = stage.acts().await.len();
    let (_, again) = post(&stage, &codes, json!({})).await;
    assert_eq!(again, rows, "the same codes, until one is used");
    assert_eq!(
        viewed(before).await.len(),
        read.len(),
        "each time that they are read"
    );
}

#[tokio::test]
async fn a_program_writes_as_an_administrator_does_and_no_more() {
    let stage = stage().await;
    let add = format!("{HERE}/affiliations");
    let new =
        json!({ "name": "emil1234", "role": "Vikar", "last_day": "2027-06-30", "reason": "vikar i 2.B" });
    let (status, told) = post(&stage, &add, new.clone()).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let id = told["id"].as_str().unwrap().to_owned();
    let (status, told) = post(&stage, &add, new).await;
    assert_eq!(
        (status.as_u16(), told["reason"].as_str(), told["code"].as_str()),
        (422, Some("already-here"), Some("UL-502")),
        "{told}"
    );
    let end = format!("{HERE}/affiliations/{id}/end");
    let (status, told) = post(&stage, &end, json!({ "reason": "er rejst" })).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let (_, details) = stage.last_act_of("admin.affiliation_ended").await;
    assert_eq!(
        (details["by"].as_str(), details["reason"].as_str()),
        (Some("program:skolesystem"), Some("er rejst"))
    );
    // A pupil is made one of the staff by nobody who does not say so; a reason has no number in it.
    let pupil =
        json!({ "name": "klau1234", "role": "Vikar", "last_day": "2027-06-30", "reason": "lektiehjælp" });
    let (status, told) = post(&stage, &add, pupil).await;
    assert_eq!(
        (status.as_u16(), told["reason"].as_str()),
        (422, Some("pupil-employed")),
        "{told}"
    );
    let detail = told["detail"].as_str().unwrap();
    assert!(
        detail.contains("\"employs_pupil\": true") && !detail.contains("kryds"),
        "{detail}"
    );
    let klaus = format!("{HERE}/people/{}", id_of(&stage, "klau1234").await);
    let block = format!("{klaus}/block");
    let (status, told) = post(&stage, &block, json!({ "reason": "er 1111091010" })).await;
    assert_eq!(
        (status.as_u16(), told["reason"].as_str()),
        (422, Some("number")),
        "{told}"
    );
    let (status, told) = post(
        &stage,
        &block,
        json!({ "reason": "mistet tablet", "every_login": true }),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let (_, told) = get(&stage, &klaus).await;
    assert_eq!(told["cannot_log_in"][0]["what"], "blocked", "{told}");
    let (status, told) = post(
        &stage,
        &format!("{klaus}/unblock"),
        json!({ "reason": "fundet igen" }),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let rule = format!("{klaus}/rule");
    let (status, told) = post(
        &stage,
        &rule,
        json!({ "rule": "ukendt", "reason": "en god grund" }),
    )
    .await;
    assert_eq!(
        (status.as_u16(), told["reason"].as_str()),
        (422, Some("choice")),
        "{told}"
    );
    // There is no address for what is a person's to do, and the one who has the right keeps it.
    let hanne = id_of(&stage, "hann1234").await;
    for nowhere in [
        format!("{HERE}/administrators"),
        format!("{HERE}/people/{hanne}/right"),
        format!("{HERE}/people/{hanne}/confirm"),
        format!("{HERE}/people/{hanne}/code/"),
        format!("{HERE}//people"),
        HERE.to_owned(),
        String::new(),
    ] {
        let (status, told) = post(&stage, &nowhere, json!({ "reason": "en god grund" })).await;
        assert!(status == 404 || status == 405, "{nowhere}: {told}");
    }
    // An employee's account is not blocked by the school, and a colleague's code is not somebody else's.
    let (status, _) = post(
        &stage,
        &format!("{HERE}/people/{hanne}/block"),
        json!({ "reason": "en god grund" }),
    )
    .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_no_day_is_told_as_a_day_that_may_not_be() {
    let stage = stage().await;
    let add = format!("{HERE}/affiliations");
    for day in [
        "2027-02-30",
        "30-06-2027",
        "20270630",
        "2027-06-30T00:00:00",
        "",
        "1999-01-01",
    ] {
        let odd = json!({ "name": "emil1234", "role": "Vikar", "last_day": day, "reason": "vikar i 2.B" });
        let (status, told) = post(&stage, &add, odd).await;
        assert_eq!(
            (status.as_u16(), told["reason"].as_str()),
            (422, Some("day")),
            "{day}: {told}"
        );
        assert!(told["detail"].as_str().unwrap().contains("2027-06-30"), "{told}");
    }
}

#[tokio::test]
async fn what_is_another_schools_answers_like_what_is_nobodys() {
    let stage = stage().await;
    let (_, found) = ask(&stage, OTHERS, &format!("{ELSEWHERE}/people?q=pia")).await;
    let pia = found[0]["id"].as_str().unwrap().to_owned();
    let (_, found) = get(&stage, &format!("{HERE}/people?q=pia")).await;
    assert_eq!(found, json!([]), "nobody of another school is searched");
    let before = stage.kept().await;
    let nobody = nobodys().to_string();
    let mut answers = std::collections::BTreeSet::new();
    for id in [
        &pia,
        &nobody,
        "ikke-et-nummer",
        "00000000-0000-0000-0000-000000000000",
    ] {
        let reason = || json!({ "reason": "en god grund" });
        answers.insert(get(&stage, &format!("{HERE}/people/{id}")).await.1["detail"].to_string());
        for (act, body) in [
            ("block", reason()),
            ("unblock", reason()),
            ("code", json!({})),
            ("rule", json!({ "rule": "stage", "reason": "en god grund" })),
        ] {
            let (status, told) = post(&stage, &format!("{HERE}/people/{id}/{act}"), body).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{id} {act}: {told}");
            answers.insert(told["detail"].to_string());
        }
        let (status, told) = post(&stage, &format!("{HERE}/affiliations/{id}/end"), reason()).await;
        assert_eq!(
            (status.as_u16(), told["reason"].as_str()),
            (403, Some("not-yours")),
            "{told}"
        );
        answers.insert(told["detail"].to_string());
    }
    for theirs in [
        format!("{ELSEWHERE}/people?q=pia"),
        format!("{ELSEWHERE}/people/{pia}"),
        "999999/people?q=pia".to_owned(),
        "x/people?q=pia".to_owned(),
    ] {
        let (status, told) = get(&stage, &theirs).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{theirs}: {told}");
        answers.insert(told["detail"].to_string());
    }
    let import = format!("{ELSEWHERE}/imports/{}", stage.import);
    let (status, told) = ask(&stage, OTHERS, &import).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
    answers.insert(told["detail"].to_string());
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(stage.kept().await, before);
}

#[tokio::test]
async fn what_is_not_described_is_refused_and_never_repeated() {
    let stage = stage().await;
    let before = stage.kept().await;
    let klaus = id_of(&stage, "klau1234").await;
    let block = format!("/api/v1/institutions/{HERE}/people/{klaus}/block");
    let long = format!("{{\"reason\":\"{}\"}}", "x".repeat(20 * 1024)).into_bytes();
    let page = send(&stage, TOKEN, (Method::POST, &block), Some(long)).await;
    let (status, told_of) = told(&page);
    assert_eq!((status.as_u16(), told_of["code"].as_str()), (413, Some("UL-607")));
    let endless = vec![b'['; 10_000];
    for body in [
        b"".to_vec(),
        b"reason=1111091010".to_vec(),
        br#"{"reason":"1111091010","mere":1}"#.to_vec(),
        br#"{"reason":["1111091010"]}"#.to_vec(),
        br#"{"reason":"en god grund"}{}"#.to_vec(),
        b"\xff\xfe".to_vec(),
        endless,
    ] {
        let page = send(&stage, TOKEN, (Method::POST, &block), Some(body)).await;
        let (status, told) = told(&page);
        assert_eq!(
            (status.as_u16(), told["reason"].as_str()),
            (400, Some("unreadable")),
            "{told}"
        );
        assert!(!page.body.contains("1111091010"), "{told}");
    }
    // A form of another site's page is no request of a program's, whatever it shows.
    let odd = Odd {
        method: Method::POST,
        target: &block,
        headers: vec![
            ("authorization", format!("Bearer {TOKEN}")),
            ("content-type", "text/plain".to_owned()),
        ],
        body: br#"{"reason":"en god grund"}"#.to_vec(),
    };
    assert_eq!(
        stage.world.visitor().odd(odd).await.status,
        StatusCode::BAD_REQUEST
    );
    // An address that is no address is told like any other that is none.
    for nowhere in ["%", "%2e%2e", "101001/people/%00", "101001/people%2F"] {
        let target = format!("/api/v1/institutions/{nowhere}");
        let (status, told) = told(&send(&stage, TOKEN, (Method::GET, &target), None).await);
        assert_eq!(
            (status.as_u16(), told["reason"].as_str()),
            (404, Some("no-such-place")),
            "{nowhere}: {told}"
        );
    }
    // Whoever asks what there is, and not for it, is no reader of another kind.
    let people = format!("/api/v1/institutions/{HERE}/people?q=klau1234");
    let page = send(&stage, TOKEN, (Method::HEAD, &people), None).await;
    assert_eq!(page.status, StatusCode::OK);
    // An administrator's browser is no program.
    let mut hanne = stage.hanne().await;
    let page = hanne
        .get_once(&format!("/api/v1/institutions/{HERE}/people?q=otto"))
        .await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.body);
    assert_eq!(stage.kept().await, before);
}

#[tokio::test]
async fn of_two_at_once_one_does_it_and_the_other_is_told() {
    let stage = stage().await;
    let add = format!("{HERE}/affiliations");
    let new =
        || json!({ "name": "emil1234", "role": "Vikar", "last_day": "2027-06-30", "reason": "vikar i 2.B" });
    let (one, other, third) = tokio::join!(
        post(&stage, &add, new()),
        post(&stage, &add, new()),
        post(&stage, &add, new())
    );
    let mut all = [one.0.as_u16(), other.0.as_u16(), third.0.as_u16()];
    all.sort_unstable();
    assert_eq!(all, [200, 422, 422], "{} {} {}", one.1, other.1, third.1);
    let (_, by_hand) = get(&stage, &add).await;
    assert_eq!(by_hand.as_array().unwrap().len(), 1, "{by_hand}");
    let id = by_hand[0]["id"].as_str().unwrap();
    let end = format!("{HERE}/affiliations/{id}/end");
    let reason = || json!({ "reason": "er rejst" });
    let (one, other) = tokio::join!(post(&stage, &end, reason()), post(&stage, &end, reason()));
    let mut all = [one.0.as_u16(), other.0.as_u16()];
    all.sort_unstable();
    assert_eq!(all, [200, 422], "{} {}", one.1, other.1);
    let acts = stage.acts().await;
    assert_eq!(
        acts.iter()
            .filter(|(act, _)| act == "admin.affiliation_ended")
            .count(),
        1
    );
}

#[tokio::test]
async fn who_asks_too_often_waits_and_others_do_not() {
    let stage = stage().await;
    for _ in 0..400 {
        assert_eq!(get(&stage, &format!("{HERE}/classes")).await.0, StatusCode::OK);
    }
    let target = format!("/api/v1/institutions/{HERE}/classes");
    let page = send(&stage, TOKEN, (Method::GET, &target), None).await;
    let (status, told) = told(&page);
    assert_eq!(
        (status.as_u16(), told["reason"].as_str()),
        (429, Some("too-fast")),
        "{told}"
    );
    assert_eq!(page.headers["retry-after"], "60");
    assert_eq!(
        ask(&stage, READER, &format!("{HERE}/classes")).await.0,
        StatusCode::OK
    );
    stage.world.house.wait(SignedDuration::from_secs(60));
    assert_eq!(get(&stage, &format!("{HERE}/classes")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_program_is_known_by_its_certificate_too() {
    let own = Identity::self_signed("skolesystem");
    let hash = data_encoding::BASE64URL_NOPAD
        .decode(own.thumbprint().as_bytes())
        .unwrap();
    let proof = format!("certificate_sha256 = \"{}\"", HEXLOWER.encode(&hash));
    let settings = program("skolesystem", &proof, ("101001", "\"people:read\"", "2099-12-31"));
    let portner = Listening::start_with(&[], &settings).await;
    let asked = || {
        request(
            "GET",
            MUTUAL,
            "/api/v1/institutions/101001/people?q=vigg1234",
            &[],
            "",
        )
    };
    for stranger in [None, Some(Identity::self_signed("skolesystem"))] {
        let page = portner.over_tls(stranger.as_ref(), asked()).await.unwrap();
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.body);
    }
    let page = portner.over_tls(Some(&own), asked()).await.unwrap();
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("vigg1234"), "{}", page.body);
}
