//! School systems deliver over HTTP: who may, about whom, and what they are told (K01, K02, U65).

use axum::http::{Method, StatusCode};
use data_encoding::HEXLOWER;
use portner::people::import::delivery::Delivery;
use portner::people::import::write;
use serde_json::Value;

use super::school::{School, cpr, nth_cpr};
use crate::world::browser::Page;
use crate::world::certificates::{Identity, Listening, request};
use crate::world::federation::Federation;
use crate::world::visitor::Odd;

const TOKEN: &str = "en-tilfaeldig-noegle-som-ingen-gaetter-1";

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
}

fn settings(proof: &str) -> String {
    format!(
        "[import.deliverers.skolesystem]\n{proof}\nsources = [\"TABULEX\"]\ninstitutions = [\"909001\", \"909002\"]\n"
    )
}

async fn world() -> Federation {
    let proof = format!("token_sha256 = \"{}\"", sha256(TOKEN.as_bytes()));
    Federation::start_with(&settings(&proof)).await
}

fn written(delivery: &Delivery) -> Vec<u8> {
    let mut bytes = Vec::new();
    write::unilogin(delivery, &mut bytes).unwrap();
    bytes
}

async fn send(world: &Federation, token: Option<&str>, target: &str, body: Vec<u8>) -> Page {
    let headers = token.map(|token| ("authorization", format!("Bearer {token}")));
    let odd = Odd {
        method: Method::POST,
        target,
        headers: headers.into_iter().collect(),
        body,
    };
    world.visitor().odd(odd).await
}

async fn deliver(world: &Federation, delivery: &Delivery) -> (StatusCode, Value) {
    let page = send(world, Some(TOKEN), "/import", written(delivery)).await;
    (page.status, serde_json::from_str(&page.body).unwrap())
}

#[tokio::test]
async fn a_school_system_delivers_and_is_told_what_became_of_it() {
    let world = world().await;
    let mut school = School::of(40);
    let first = school.whole();
    let (status, told) = deliver(&world, &first).await;
    let one = &told["deliveries"][0];
    assert_eq!(
        (status, one["state"].as_str()),
        (StatusCode::OK, Some("applied")),
        "{told}"
    );
    assert_eq!(
        (one["institution"].as_str(), one["counts"]["added"].as_u64()),
        (Some("909001"), Some(44))
    );

    let (status, told) = deliver(&world, &first).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["deliveries"][0]["state"], "unchanged");
    assert!(told["deliveries"][0].get("counts").is_none(), "{told}");

    for id in ["E0001", "E0012", "E0023"] {
        school.without(id);
    }
    school.person("E0003").person.number = cpr(&nth_cpr(7000));
    let (status, told) = deliver(&world, &school.whole()).await;
    let one = &told["deliveries"][0];
    assert_eq!(
        (status, one["state"].as_str()),
        (StatusCode::ACCEPTED, Some("held")),
        "{told}"
    );
    let why = one["reasons"][0].as_str().unwrap();
    assert!(why.starts_with("3 af 44 personer ville være væk"), "{told}");
    let finding = &one["findings"][0];
    assert_eq!(finding["subject"], "E0003", "{told}");
    assert!(
        finding["line"].as_u64().is_some() && finding["remedy"].as_str().is_some(),
        "{told}"
    );
    for number in [nth_cpr(3), nth_cpr(7000)] {
        assert!(!told.to_string().contains(&number), "no number is told");
    }
}

#[tokio::test]
async fn who_is_not_known_is_not_listened_to() {
    let world = world().await;
    let file = written(&School::of(10).whole());
    for token in [None, Some(""), Some("forkert"), Some(&*sha256(TOKEN.as_bytes()))] {
        let page = send(&world, token, "/import", file.clone()).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{token:?}: {}", page.body);
        assert!(page.headers.contains_key("www-authenticate"));
    }
    assert_eq!(world.house.count("imports").await, 0);
    let mut other = world.visitor();
    assert_eq!(other.get("/import").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn nobody_speaks_for_others() {
    let world = world().await;
    let mut elsewhere = School::of_at(10, "101001", 0);
    let (status, told) = deliver(&world, &elsewhere.whole()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
    assert_eq!(told["deliveries"][0]["state"], "refused");
    let mut other_source = School::of(10);
    other_source.source = "IST";
    let (status, told) = deliver(&world, &other_source.whole()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
    assert_eq!(
        world.house.count("people").await,
        Federation::start().await.house.count("people").await
    );
}

#[tokio::test]
async fn what_is_no_delivery_is_told_as_such() {
    let world = world().await;
    for (target, body) in [
        ("/import", b"hej".to_vec()),
        (
            "/import",
            b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><UNILoginImport/>".to_vec(),
        ),
        ("/import", Vec::new()),
        ("/import?kind=alt", written(&School::of(10).whole())),
        ("/import?kind=full&kind=delta", written(&School::of(10).whole())),
    ] {
        let page = send(&world, Some(TOKEN), target, body).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{target}: {}", page.body);
        let told: Value = serde_json::from_str(&page.body).unwrap();
        assert!(told["error"].as_str().is_some_and(|why| !why.is_empty()));
    }
    let page = send(&world, Some(TOKEN), "/import", vec![b' '; 51 * 1024 * 1024]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(serde_json::from_str::<Value>(&page.body).is_ok(), "{}", page.body);
    let page = send(&world, Some("forkert"), "/import", vec![b' '; 51 * 1024 * 1024]).await;
    assert_eq!(
        page.status,
        StatusCode::UNAUTHORIZED,
        "a stranger's file is not read"
    );
    let (status, told) = deliver(&world, &School::of(10).whole()).await;
    assert_eq!(status, StatusCode::OK, "there is room again: {told}");
}

#[tokio::test]
async fn a_certificate_proves_who_delivers() {
    let own = Identity::self_signed("skolesystem");
    let hash = data_encoding::BASE64URL_NOPAD
        .decode(own.thumbprint().as_bytes())
        .unwrap();
    let proof = format!("certificate_sha256 = \"{}\"", HEXLOWER.encode(&hash));
    let portner = Listening::start_with(&[], &settings(&proof)).await;
    let file = String::from_utf8(written(&School::of(10).whole())).unwrap();
    let asked = || request("POST", crate::world::certificates::MUTUAL, "/import", &[], &file);
    for stranger in [None, Some(Identity::self_signed("skolesystem"))] {
        let page = portner.over_tls(stranger.as_ref(), asked()).await.unwrap();
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.body);
    }
    let page = portner.over_tls(Some(&own), asked()).await.unwrap();
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
}

#[tokio::test]
async fn what_contradicts_its_way_is_told_so() {
    let world = world().await;
    let file = written(&School::of(10).whole());
    let page = send(&world, Some(TOKEN), "/import?kind=delta", file).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.body);
    let told: Value = serde_json::from_str(&page.body).unwrap();
    let why = told["error"].as_str().unwrap();
    assert!(why.contains("»full«") && why.contains("»delta«"), "{why}");
}

#[tokio::test]
async fn where_nobody_can_be_taken_the_delivery_is_refused_and_may_come_again() {
    let world = world().await;
    let mut school = School::of(40);
    let (status, told) = deliver(&world, &school.whole()).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let people = world.house.count("people").await;
    let good = school.whole();
    let nameless = String::from_utf8(written(&good)).unwrap();
    let nameless = nameless
        .replace("<FirstName>", "<Fornavn>")
        .replace("</FirstName>", "</Fornavn>");
    let page = send(&world, Some(TOKEN), "/import", nameless.into_bytes()).await;
    let told: Value = serde_json::from_str(&page.body).unwrap();
    let one = &told["deliveries"][0];
    assert_eq!(
        (page.status, one["state"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("refused")),
        "{told}"
    );
    assert_eq!(one["counts"]["added"], 0, "{told}");
    assert!(
        one["counts"]["refused"].as_u64().is_some_and(|many| many > 0),
        "{told}"
    );
    assert_eq!(world.house.count("people").await, people);
    let (status, told) = deliver(&world, &good).await;
    assert_eq!(status, StatusCode::OK, "the same time again: {told}");
    assert_eq!(told["deliveries"][0]["state"], "applied", "{told}");
}
