//! Logging out everywhere: whoever asks, our session ends first, everybody hears of it in their
//! own protocol, and what could not be done is said (U15–U18, B23).

use std::time::Duration;

use axum::http::StatusCode;
use portner::oidc::jwk::{JwsAlgorithm, KeySet};
use portner::oidc::jws::{self, TokenType};
use portner::saml::logout_send::{LogoutSender, SessionToEnd};
use portner::saml::peer::RequestTrust;
use portner::saml::soap;
use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::{Incoming, NameId, NameIdFormat};
use serde_json::json;

use crate::world::alone;
use crate::world::house::{ORIGIN, PASSWORD};
use crate::world::logout_desk::Mood;
use crate::world::logouts::{Logouts, asked_in, asks, at, frames_in, fresh_id, told_in};
use crate::world::oidc_client::post_as_program;
use crate::world::visitor::{Odd, Visitor, leads_to};

/// A SAML service asks; a second one is visited, a third is called, and two clients are told.
#[tokio::test]
async fn a_logout_in_saml_reaches_everybody_in_both_protocols() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let mut browser = world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    let other = logouts
        .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
        .await;
    let called = logouts
        .take_seat(&mut browser, "skolebroen-valg", "alma1234")
        .await;
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let session = browser.session().unwrap().clone();

    let page = browser.get(&logouts.farewell("skolebroen", &seat).await).await;
    assert!(!logouts.counts(&session).await, "our session ends first");
    assert!(browser.session().is_none());
    let asked = asked_in(&page);
    assert!(
        asked
            .to
            .as_str()
            .starts_with("https://skolebroen-voksne.example/slo?")
    );
    assert_eq!(
        (asked.name, asked.index),
        (other.name_id.value, Some(other.index))
    );

    let request = Incoming::from_soap(&logouts.desk.call_to("skolebroen-valg")).unwrap();
    let root = request.document().root();
    let text = |uri, name| {
        root.descendants()
            .find(|e| e.is(uri, name))
            .unwrap()
            .text()
            .unwrap()
    };
    assert_eq!(text(SAML.uri, "NameID"), called.name_id.value);
    assert_eq!(text(SAMLP.uri, "SessionIndex"), called.index);
    let portner = world
        .service("skolebroen")
        .portner_as_idp(world.portner_metadata());
    assert!(request.authenticate(&RequestTrust::Signed(portner.keys)).is_ok());
    logouts.desk.token_to("laesehesten");

    let back = logouts.done_at(&mut browser, "skolebroen-voksne", &page).await;
    let (codes, to) = told_in(&back);
    assert_eq!(codes, ["Success"]);
    assert!(to.as_str().starts_with("https://skolebroen.example/slo?"), "{to}");
    assert!(
        to.query_pairs()
            .any(|(name, value)| name == "RelayState" && value == "farvel")
    );
    assert!(
        browser.cookies().get("__Host-logout").is_none(),
        "nothing is left of it"
    );
}

/// What is called transient is another name at each login, and the logout says the last one to the letter
/// (SAML core §8.3.8).
#[tokio::test]
async fn a_transient_name_is_good_for_one_login_and_its_logout() {
    let logouts = Logouts::start_with(|files| {
        files.add(
            "metadata/services/skolebroen-voksne.toml",
            "name_id = \"transient\"\n",
        );
    })
    .await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut browser = logouts.world.visitor();
        let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
        let other = logouts
            .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
            .await;
        assert_eq!(other.name_id.format, NameIdFormat::Transient);
        let page = browser.get(&logouts.farewell("skolebroen", &seat).await).await;
        assert_eq!(asked_in(&page).name, other.name_id.value);
        names.push(other.name_id.value);
    }
    assert_ne!(names[0], names[1]);
}

/// Where the name on the wire is made of our own, the logout says it as the service knows it, in both directions.
#[tokio::test]
async fn a_logout_names_the_user_as_the_service_knows_them() {
    let logouts = Logouts::start_with(|files| {
        for service in ["skolebroen", "skolebroen-voksne"] {
            files.add(
                &format!("metadata/services/{service}.toml"),
                "name_id_value = \"oiosaml-person\"\n",
            );
        }
    })
    .await;
    let mut browser = logouts.world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    let other = logouts
        .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
        .await;
    let known = "https://data.gov.dk/model/core/eid/person/uuid/";
    assert!(other.name_id.value.starts_with(known), "{other:?}");
    let session = browser.session().unwrap().clone();

    let page = browser.get(&logouts.farewell("skolebroen", &seat).await).await;
    assert!(
        !logouts.counts(&session).await,
        "the asking service named its user"
    );
    assert_eq!(asked_in(&page).name, other.name_id.value);
}

/// What a back-channel logout token has to be (OIDC Back-Channel Logout §2.4).
#[tokio::test]
async fn a_client_hears_of_it_by_a_logout_token() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let id_token = logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let said = jws::peek::<serde_json::Value>(&id_token).unwrap();
    let asked = browser.get("/logout").await;
    assert!(asks(&asked) && asked.body.contains("alma1234"), "{}", asked.body);
    let receipt = browser.submit(&asked.form(), &[]).await;
    assert!(
        receipt.body.contains("Du er også logget ud her"),
        "{}",
        receipt.body
    );

    let (claims, token) = logouts.desk.token_to("laesehesten");
    let now = logouts.world.house.now().as_second();
    assert_eq!(claims["iss"], ORIGIN);
    assert_eq!(claims["aud"], "laesehesten");
    assert_eq!((&claims["sub"], &claims["sid"]), (&said["sub"], &said["sid"]));
    assert!(claims["iat"] == now && claims["exp"].as_i64().unwrap() > now);
    let event = "http://schemas.openid.net/event/backchannel-logout";
    assert_eq!(claims["events"], json!({event: {}}));
    assert!(claims.get("nonce").is_none() && claims["jti"].as_str().is_some_and(|id| id.len() > 20));
    let keys = browser.get("/oidc/jwks").await;
    let keys = KeySet::from_json(keys.body.as_bytes()).unwrap();
    let verified = jws::verify(&token, &keys, &[JwsAlgorithm::Es256], TokenType::LogoutToken);
    assert!(verified.is_ok());
}

/// A service of the incumbent knows us by another name, and hears of the logout under that.
#[tokio::test]
async fn a_service_of_the_incumbent_is_told_by_whom_it_knows() {
    let logouts = Logouts::start_with(|files| {
        for client in ["laesehesten", "laesehesten-voksne"] {
            let path = format!("metadata/services/{client}.toml");
            let text = std::fs::read_to_string(files.path(&path)).unwrap();
            files.put(&path, &format!("face = \"unilogin\"\n{text}"));
        }
    })
    .await;
    let mut browser = logouts.world.visitor();
    let mut issuers = Vec::new();
    for client in ["laesehesten", "laesehesten-voksne"] {
        let id_token = logouts.read_at(&mut browser, client, "alma1234").await;
        issuers.push(jws::peek::<serde_json::Value>(&id_token).unwrap()["iss"].clone());
    }
    let asked = browser.get("/logout").await;
    let receipt = browser.submit(&asked.form(), &[]).await;

    let realm = format!("{ORIGIN}/auth/realms/broker");
    assert_eq!(issuers, [realm.as_str(), realm.as_str()]);
    let (claims, _) = logouts.desk.token_to("laesehesten");
    assert_eq!(claims["iss"], realm);
    let frames = frames_in(&receipt);
    let told: Vec<_> = frames[0]
        .query_pairs()
        .filter(|(name, _)| name == "iss")
        .collect();
    assert_eq!(told[0].1, realm);
}

/// A client asks by RP-initiated logout; a SAML service is visited before the client gets its user back.
#[tokio::test]
async fn a_logout_in_openid_reaches_saml_services_and_comes_back_with_state() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    let id_token = logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let there = "https%3A%2F%2Flaesehesten.example%2Ffarvel";
    let ask = format!("/oidc/logout?id_token_hint={id_token}&post_logout_redirect_uri={there}&state=a+b");
    let page = browser.get(&ask).await;
    assert!(
        asked_in(&page)
            .to
            .as_str()
            .starts_with("https://skolebroen.example/slo?")
    );
    logouts.desk.token_to("laesehesten");
    let back = logouts.done_at(&mut browser, "skolebroen", &page).await;
    assert_eq!(
        leads_to(&back).unwrap().as_str(),
        "https://laesehesten.example/farvel?state=a+b"
    );
}

/// A client that cannot bear to hear of its own logout before its user is back is spared that, and
/// that alone.
#[tokio::test]
async fn a_client_need_not_hear_of_its_own_logout() {
    let logouts = Logouts::start_with(|files| {
        files.add(
            "metadata/services/laesehesten.toml",
            "told_of_own_logout = false\n",
        );
    })
    .await;
    let mut browser = logouts.world.visitor();
    let id_token = logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let there = "https%3A%2F%2Flaesehesten.example%2Ffarvel";
    let ask = format!("/oidc/logout?id_token_hint={id_token}&post_logout_redirect_uri={there}");
    let page = browser.get(&ask).await;
    assert_eq!(
        leads_to(&page).unwrap().as_str(),
        "https://laesehesten.example/farvel"
    );
    assert!(logouts.desk.heard_by("laesehesten").is_empty());

    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let asked = browser.get("/logout").await;
    browser.submit(&asked.form(), &[]).await;
    logouts.desk.token_to("laesehesten");
}

/// Front-channel logout: a frame with `iss` and `sid`, and nothing else may be framed.
#[tokio::test]
async fn a_client_that_is_told_in_a_frame_gets_one() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let id_token = logouts
        .read_at(&mut browser, "laesehesten-voksne", "alma1234")
        .await;
    let said = jws::peek::<serde_json::Value>(&id_token).unwrap();
    let there = "https%3A%2F%2Flaesehesten-voksne.example%2Ffarvel";
    let ask = format!("/oidc/logout?id_token_hint={id_token}&post_logout_redirect_uri={there}");
    let receipt = browser.get(&ask).await;
    assert_eq!(receipt.status, StatusCode::OK, "the frame loads first");
    let frames = frames_in(&receipt);
    assert_eq!(frames.len(), 1, "{}", receipt.body);
    let index = said["sid"].as_str().unwrap();
    assert_eq!(
        frames[0].as_str(),
        format!(
            "https://laesehesten-voksne.example/ud?fra=portner&iss=https%3A%2F%2Flogin.example&sid={index}"
        )
    );
    let policy = receipt.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.ends_with("; frame-src https://laesehesten-voksne.example"),
        "{policy}"
    );
    assert!(
        receipt
            .body
            .contains("href=\"https://laesehesten-voksne.example/farvel\" data-when-loaded")
    );

    let plain = browser.get("/logout").await;
    let policy = plain.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("frame-src"), "{policy}");
}

/// Dead, slow and lying services cost no more than the deadline, and the receipt names them.
#[tokio::test]
async fn the_receipt_says_who_did_not_answer_and_who_cannot() {
    let logouts = Logouts::start_with(|files| {
        files.add(
            "portner.toml",
            "[logout]\ndeadline = \"2 s\"\nanswer = \"500 ms\"\n",
        );
        let path = "metadata/services/skolebroen-valg.toml";
        files.change(path, "name = \"Skolebroen\"", "name = \"Posebroen\"");
        let path = "metadata/services/laesehesten-valg.toml";
        files.change(path, "name = \"Læsehesten\"", "name = \"Stumhesten\"");
    })
    .await;
    let mut browser = logouts.world.visitor();
    logouts
        .take_seat(&mut browser, "skolebroen-valg", "alma1234")
        .await;
    logouts
        .read_at(&mut browser, "laesehesten-valg", "alma1234")
        .await;
    let id_token = logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    logouts.desk.is("laesehesten", Mood::Slow);
    logouts.desk.is("skolebroen-valg", Mood::Posing);
    let session = browser.session().unwrap().clone();
    let begun = std::time::Instant::now();
    let there = "https%3A%2F%2Flaesehesten.example%2Ffarvel";
    let ask = format!("/oidc/logout?id_token_hint={id_token}&post_logout_redirect_uri={there}");
    let receipt = browser.get(&ask).await;
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert!(!logouts.counts(&session).await);
    assert_eq!(
        receipt.status,
        StatusCode::OK,
        "it is read before the client gets its user back"
    );
    let (before, after) = receipt.body.split_once("Disse tjenester svarede ikke").unwrap();
    assert!(!before.contains("Posebroen") && after.contains("Posebroen") && after.contains("Læsehesten"));
    let (_, after) = after.split_once("Disse tjenester kan ikke få besked").unwrap();
    assert!(after.contains("Stumhesten"), "{after}");
    assert!(receipt.body.contains("Bruger andre også denne computer"));
    assert!(
        receipt
            .body
            .contains("href=\"https://laesehesten.example/farvel\">"),
        "by the visitor's hand"
    );
    let english = logouts.world.visitor().speaking("en").get("/logout").await;
    assert!(english.body.contains("You are logged out"));
}

/// The protocol's own word for it goes back to a SAML service (saml-core §3.2.2.2).
#[tokio::test]
async fn a_saml_service_hears_that_not_everybody_was_reached() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    logouts.desk.is("laesehesten", Mood::Broken);
    let page = browser.get(&logouts.farewell("skolebroen", &seat).await).await;
    assert_eq!(told_in(&page).0, ["Success", "PartialLogout"]);
}

/// A service that is done and waits for nothing is not asked whether it is done; its user stays with the receipt
/// (SAML V2.0 Asynchronous Single Logout Profile Extension, §2.3).
#[tokio::test]
async fn who_wants_no_answer_is_not_told_of_their_own_logout() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let session = browser.session().unwrap().clone();

    let receipt = browser
        .get(&logouts.farewell_for_good("skolebroen", &seat).await)
        .await;
    assert!(!logouts.counts(&session).await, "our session ends first");
    assert_eq!((receipt.status, leads_to(&receipt)), (StatusCode::OK, None));
    assert!(
        receipt.body.contains("Læsehesten") && !receipt.body.contains("<li>Skolebroen</li>"),
        "{}",
        receipt.body
    );
    assert!(
        receipt.body.contains("https://skolebroen.example/start"),
        "the way back"
    );
    logouts.desk.token_to("laesehesten");
}

/// By POST, from the service's own site: the browser's cookies are not needed.
#[tokio::test]
async fn a_logout_request_by_post_is_as_good() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    let session = browser.session().unwrap().clone();
    let form = logouts.farewell_form("skolebroen", &seat).await;
    let page = browser.post_from_elsewhere("/saml/slo", &form).await;
    assert_eq!(told_in(&page).0, ["Success"]);
    assert!(browser.session().is_none() && !logouts.counts(&session).await);
}

/// By SOAP, with nobody at a browser: those who can be called are.
#[tokio::test]
async fn a_logout_request_by_soap_reaches_those_who_can_be_called() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let mut browser = world.visitor();
    let seat = logouts
        .take_seat(&mut browser, "skolebroen-valg", "alma1234")
        .await;
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let session = browser.session().unwrap().clone();
    let envelope = soap_request(&logouts, "skolebroen-valg", &seat.name_id, &seat.index).await;
    let answer = post_soap(&browser, "/saml/soap/slo", &envelope).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("status:Success\"") && !answer.body.contains("PartialLogout"));
    assert!(answer.body.contains("<ds:SignatureValue>"));
    assert!(!logouts.counts(&session).await);
    logouts.desk.token_to("laesehesten");

    let mut browser = world.visitor();
    let seat = logouts
        .take_seat(&mut browser, "skolebroen-valg", "alma1234")
        .await;
    logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    let envelope = soap_request(&logouts, "skolebroen-valg", &seat.name_id, &seat.index).await;
    let answer = post_soap(&browser, "/saml/soap/slo", &envelope).await;
    assert!(
        answer.body.contains("PartialLogout"),
        "one is told by browsers alone: {}",
        answer.body
    );
}

/// A logout at our own page reaches the municipality that vouched, and comes back.
#[tokio::test]
async fn the_upstream_that_vouched_is_logged_out_too() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let mut browser = world.visitor();
    let words = at_lillekoebing(&logouts, &mut browser).await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    // The service first, then the upstream.
    let page = logouts.done_at(&mut browser, "skolebroen", &page).await;
    let asked = asked_in(&page);
    assert!(
        asked
            .to
            .as_str()
            .starts_with("https://idp.lillekoebing.example/slo?"),
        "{}",
        asked.to
    );
    assert_eq!(asked.name, words.name_id);
    assert_eq!(asked.index, Some(format!("s{}", words.number)));

    let id = fresh_id();
    let sender = LogoutSender {
        issuer: &portner::saml::EntityId::parse(&world.lillekoebing.entity_id).unwrap(),
        signer: &*world.lillekoebing.signer,
        id: &id,
        now: world.house.now(),
    };
    let to = upstream_logout();
    let status = portner::saml::status::Status::Success;
    let answer = sender
        .response(&to, &asked.id, &status, asked.relay_state.as_deref())
        .await;
    let Some(portner::saml::authn_request_write::Outbound::Redirect(url)) = answer.unwrap() else {
        panic!("by Redirect")
    };
    let receipt = browser.get(&url).await;
    let (_, done) = receipt.body.split_once("Du er også logget ud her").unwrap();
    assert!(
        done.contains("Skolebroen") && done.contains("lillekoebing Kommune"),
        "{done}"
    );
}

/// More was proved by the national eID within one login: the municipality that vouched first has a session, too.
#[tokio::test]
async fn an_upstream_before_a_step_up_is_logged_out_too() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let mut browser = world.visitor();
    let asked = world
        .sent_to_lillekoebing(&mut browser, "skolebroen-streng")
        .await;
    // Vera, whose CPR number the eID knows.
    let words = world.lillekoebing.words(&asked, "1000001207", world.house.now());
    let answer = world.lillekoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    let question = world.mitid.read(&page);
    let mut claims = world.mitid.claims(&question, world.house.now());
    claims["dk.cpr"] = json!("0504781004");
    claims["loa"] = json!("Substantial");
    world.mitid.will_say(&claims).await;
    let page = browser.get(&world.mitid.way_back(&question)).await;
    assert!(crate::world::federation::is_logged_in(&page), "{}", page.body);

    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    let asked = asked_in(&page);
    assert!(
        asked
            .to
            .as_str()
            .starts_with("https://idp.lillekoebing.example/slo?"),
        "{}",
        asked.to
    );
    assert_eq!(asked.name, words.name_id);
}

/// The municipality ends its session: ours ends, and services hear of it.
#[tokio::test]
async fn an_upstream_that_logs_out_takes_our_session_along() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let mut browser = world.visitor();
    let words = at_lillekoebing(&logouts, &mut browser).await;
    logouts.read_at(&mut browser, "laesehesten", "sofi1234").await;
    let session = browser.session().unwrap().clone();
    let url = upstream_request(&logouts, &words.name_id, &format!("s{}", words.number)).await;
    let page = browser.get(&url).await;
    assert!(!logouts.counts(&session).await);
    logouts.desk.token_to("laesehesten");
    let page = logouts.done_at(&mut browser, "skolebroen", &page).await;
    let (codes, to) = told_in(&page);
    assert_eq!(codes, ["Success"]);
    assert!(
        to.as_str().starts_with("https://idp.lillekoebing.example/slo?"),
        "{to}"
    );

    // Another browser of the same user has another session there.
    let mut other = world.visitor();
    let others = at_lillekoebing(&logouts, &mut other).await;
    let kept = other.session().unwrap().clone();
    let url = upstream_request(&logouts, &words.name_id, "s-another").await;
    browser.get(&url).await;
    assert!(logouts.counts(&kept).await, "another session was meant");
    let url = upstream_request(&logouts, &others.name_id, "").await;
    browser.get(&url).await;
    assert!(!logouts.counts(&kept).await, "all of the user's were meant");
}

/// A provider that takes no forms is led to by an address, in which no ID token stands (F10).
#[tokio::test]
async fn an_openid_upstream_that_takes_no_forms_is_told_by_an_address_without_the_token() {
    let logouts = Logouts::start_with(|files| {
        files.add("metadata/upstreams/havnekoebing.toml", "logout = \"get\"\n");
    })
    .await;
    let mut browser = logouts.world.visitor();
    let id_token = at_havnekoebing(&logouts, &mut browser, "sid-1").await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    let page = logouts.done_at(&mut browser, "skolebroen", &page).await;
    let url = crate::world::visitor::leads_to(&page).unwrap_or_else(|| panic!("{}", page.body));
    let havn = &logouts.world.havnekoebing;
    assert!(
        url.as_str().starts_with(&format!("{}/farvel?", havn.issuer)),
        "{url}"
    );
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["client_id"], "portner");
    assert_eq!(
        query["post_logout_redirect_uri"],
        at("/oidc/logged-out/havnekoebing")
    );
    assert!(!url.as_str().contains(&id_token) && !query.contains_key("id_token_hint"));
    let back = format!("/oidc/logged-out/havnekoebing?state={}", query["state"]);
    let receipt = browser.get(&back).await;
    assert!(
        receipt.body.contains("Du er også logget ud her"),
        "{}",
        receipt.body
    );
}

/// An OpenID upstream is sent the browser with the hint, and says by token and by frame that it is over.
#[tokio::test]
async fn an_openid_upstream_is_told_and_tells() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let havn = &world.havnekoebing;
    let mut browser = world.visitor();
    let id_token = at_havnekoebing(&logouts, &mut browser, "sid-1").await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    let page = logouts.done_at(&mut browser, "skolebroen", &page).await;
    let form = page.form();
    assert_eq!(form.action, format!("{}/farvel", havn.issuer));
    let fields = form.fields.iter();
    let query: std::collections::BTreeMap<_, _> = fields
        .map(|field| (field.name.clone(), field.value.clone()))
        .collect();
    assert_eq!(query["id_token_hint"], id_token);
    assert_eq!(query["client_id"], "portner");
    assert_eq!(
        query["post_logout_redirect_uri"],
        at("/oidc/logged-out/havnekoebing")
    );
    let back = format!("/oidc/logged-out/havnekoebing?state={}", query["state"]);
    let receipt = browser.get(&back).await;
    assert!(receipt.body.contains("havnekoebing") && receipt.body.contains("Du er også logget ud her"));

    at_havnekoebing(&logouts, &mut browser, "sid-2").await;
    let session = browser.session().unwrap().clone();
    let now = world.house.now().as_second();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let claims = json!({"iss": havn.issuer, "aud": "portner", "iat": now, "exp": now + 60, "jti": "t-1",
                        "sid": "sid-2", "events": {event: {}}});
    let token = jws::sign(&*havn.signer, TokenType::LogoutToken, &claims)
        .await
        .unwrap();
    let body = format!("logout_token={token}");
    let told = post_as_program(&browser, "/oidc/backchannel/havnekoebing", vec![], body.clone()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    assert!(!logouts.counts(&session).await);
    let again = post_as_program(&browser, "/oidc/backchannel/havnekoebing", vec![], body).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "a token counts once");

    let mut browser = world.visitor();
    at_havnekoebing(&logouts, &mut browser, "sid-3").await;
    let session = browser.session().unwrap().clone();
    let issuer = url::form_urlencoded::byte_serialize(havn.issuer.as_bytes()).collect::<String>();
    let frame = format!("/oidc/frontchannel/havnekoebing?iss={issuer}&sid=sid-3");
    let told = world.visitor().get(&frame).await;
    assert_eq!(told.status, StatusCode::OK);
    let policy = told.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.ends_with(&format!("frame-ancestors {}", havn.issuer)),
        "{policy}"
    );
    assert!(
        !told.headers.contains_key("x-frame-options"),
        "the provider frames it"
    );
    assert!(!logouts.counts(&session).await);
}

/// A new login of the same person takes the place of the earlier one, and its services stay with it.
#[tokio::test]
async fn a_fresh_login_forgets_nobody_who_took_part() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    logouts
        .take_seat(&mut browser, "skolebroen-valg", "alma1234")
        .await;
    let client = logouts.world.client("laesehesten");
    let page = browser.get(&client.request(&[("prompt", "login")])).await;
    let page = logouts.world.type_name(&mut browser, &page, "alma1234").await;
    let done = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(leads_to(&done).is_some());
    let asked = browser.get("/logout").await;
    let receipt = browser.submit(&asked.form(), &[]).await;
    assert!(
        receipt.body.contains("Du er også logget ud her"),
        "{}",
        receipt.body
    );
    logouts.desk.call_to("skolebroen-valg");
    logouts.desk.token_to("laesehesten");
}

/// A login that is refused has ended nothing: the session that this browser has goes on.
#[tokio::test]
async fn a_form_that_was_kept_ends_no_session() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    for next in ["alma1234", "sofi1234"] {
        let mut browser = world.visitor();
        let client = world.client("laesehesten");
        let page = browser.get(&client.request(&[])).await;
        let page = world.type_name(&mut browser, &page, "alma1234").await;
        let (form, mut kept) = (page.form(), browser.clone());
        let done = browser.submit(&form, &[("password", PASSWORD)]).await;
        assert!(leads_to(&done).is_some(), "{}", done.body);
        let page = browser.get(&client.request(&[("prompt", "login")])).await;
        let page = world.log_in_as(&mut browser, &page, next).await;
        assert!(leads_to(&page).is_some(), "{}", page.body);
        let session = browser.session().unwrap().clone();
        assert!(logouts.counts(&session).await);
        kept.cookies_mut()
            .insert("__Host-session".to_owned(), session.clone());
        let refused = kept.submit(&form, &[("password", PASSWORD)]).await;
        assert_eq!(
            refused.refusal_code().as_deref(),
            Some("UL-602"),
            "{}",
            refused.body
        );
        assert!(logouts.counts(&session).await, "{next}");
    }
}

/// Another person at the same computer: whoever was before is logged out everywhere, too (F13).
#[tokio::test]
async fn services_hear_that_another_person_sits_there_now() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let client = logouts.world.client("laesehesten-valg");
    let page = browser.get(&client.request(&[("prompt", "login")])).await;
    let page = logouts.world.type_name(&mut browser, &page, "sofi1234").await;
    browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    for _ in 0..100 {
        if !logouts.desk.heard_by("laesehesten").is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    logouts.desk.token_to("laesehesten");
}

/// A service that does not send the browser back ends the tour for nobody else.
#[tokio::test]
async fn a_tour_that_got_stuck_goes_on() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    logouts
        .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
        .await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    assert!(
        asked_in(&page)
            .to
            .as_str()
            .starts_with("https://skolebroen.example/slo?")
    );
    let page = browser.get("/logout").await;
    assert!(
        asked_in(&page)
            .to
            .as_str()
            .starts_with("https://skolebroen-voksne.example/slo?")
    );
    logouts.world.house.wait(jiff::SignedDuration::from_secs(11));
    let receipt = logouts.done_at(&mut browser, "skolebroen-voksne", &page).await;
    let (_, silent) = receipt.body.split_once("Disse tjenester svarede ikke").unwrap();
    assert!(silent.contains("Skolebroen"), "{silent}");
}

/// A tour with too many words for a cookie lies in the store: a restart, or a second node, goes on with it.
#[tokio::test]
async fn a_long_tour_outlives_a_restart() {
    let long = format!("https://laesehesten-voksne.example/ud?fra={}", "p".repeat(3000));
    let logouts = Logouts::start_with(|files| {
        let path = "metadata/services/laesehesten-voksne.toml";
        files.change(path, "https://laesehesten-voksne.example/ud?fra=portner", &long);
    })
    .await;
    let mut browser = logouts.world.visitor();
    logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    logouts
        .read_at(&mut browser, "laesehesten-voksne", "alma1234")
        .await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    assert!(
        asked_in(&page)
            .to
            .as_str()
            .starts_with("https://skolebroen.example/slo?")
    );
    assert_eq!(logouts.world.house.count("parked").await, 1);
    let restarted = logouts.world.house.restarted().await;
    let mut browser = browser.moved_to(&restarted);
    let receipt = logouts.done_at(&mut browser, "skolebroen", &page).await;
    let (_, done) = receipt.body.split_once("Du er også logget ud her").unwrap();
    assert!(done.contains("Skolebroen"), "{done}");
    assert_eq!(frames_in(&receipt).len(), 1, "{}", receipt.body);
    assert_eq!(
        logouts.world.house.count("parked").await,
        0,
        "what is over is forgotten"
    );
}

/// A municipality that can be called is called, and the browser is led past nobody.
#[tokio::test]
async fn an_upstream_that_takes_soap_is_called() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let slo = "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.lillekoebing.example/slo\"";
    let soap = format!(
        "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"{}\"",
        logouts.desk.of("lillekoebing")
    );
    world
        .house
        .files
        .change("metadata/upstreams/lillekoebing.xml", slo, &soap);
    world.house.reload();
    for (mood, heading) in [
        (Mood::Fine, "Du er også logget ud her"),
        (Mood::Posing, "Her er du måske stadig logget ind"),
        (Mood::Broken, "Her er du måske stadig logget ind"),
    ] {
        logouts.desk.is("lillekoebing", mood);
        let mut browser = world.visitor();
        let words = at_lillekoebing(&logouts, &mut browser).await;
        let asked = browser.get("/logout").await;
        let page = browser.submit(&asked.form(), &[]).await;
        let receipt = logouts.done_at(&mut browser, "skolebroen", &page).await;
        let heard = logouts.desk.heard_by("lillekoebing");
        let request = String::from_utf8(heard.last().unwrap().clone()).unwrap();
        assert!(
            request.contains(&words.name_id)
                && request.contains(&format!("s{}<", words.number))
                && request.contains("SignatureValue"),
            "{request}"
        );
        let (_, said) = receipt
            .body
            .split_once(heading)
            .unwrap_or_else(|| panic!("{mood:?}: {}", receipt.body));
        let said = said.split("</ul>").next().unwrap();
        assert!(said.contains("lillekoebing Kommune"), "{mood:?}: {said}");
    }
}

/// Nobody is led on after the deadline (B23).
#[tokio::test]
async fn after_the_deadline_the_tour_is_over() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    logouts
        .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
        .await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    logouts.world.house.wait(jiff::SignedDuration::from_secs(11));
    let receipt = logouts.done_at(&mut browser, "skolebroen", &page).await;
    assert!(
        receipt.body.contains("Disse tjenester svarede ikke"),
        "{}",
        receipt.body
    );
}

/// A session that was idle for too long lets nobody in, but its services go on: they are told.
#[tokio::test]
async fn an_idle_session_can_be_logged_out() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    logouts.world.house.wait(jiff::SignedDuration::from_mins(45));
    let session = browser.session().unwrap().clone();
    assert!(!logouts.counts(&session).await);
    let asked = browser.get("/logout").await;
    browser.submit(&asked.form(), &[]).await;
    logouts.desk.token_to("laesehesten");
}

/// Neither a service nor an upstream need take part in single sign-on.
#[tokio::test]
async fn who_does_not_share_sessions_sees_none() {
    let logouts = Logouts::start_with(|files| {
        files.change(
            "metadata/services/laesehesten-valg.toml",
            "one_actor = true",
            "one_actor = true\nsingle_sign_on = false",
        );
        files.change(
            "metadata/upstreams/lillekoebing.toml",
            "[mapping]",
            "single_sign_on = false\n[mapping]",
        );
    })
    .await;
    let mut browser = logouts.world.visitor();
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let page = browser
        .get(&logouts.world.client("laesehesten-valg").request(&[]))
        .await;
    assert!(leads_to(&page).is_none(), "the service wants a login of its own");
    let mut browser = logouts.world.visitor();
    at_lillekoebing(&logouts, &mut browser).await;
    let page = browser
        .get(&logouts.world.client("laesehesten").request(&[]))
        .await;
    assert!(
        leads_to(&page).is_none(),
        "the upstream vouches for one login at a time"
    );
}

/// The time of both sides: the desk that answers is in this process, too.
#[tokio::test]
async fn ten_services_hear_of_a_logout_in_little_time() {
    if let Some(told) =
        alone::told_by("journeys::single_logout::ten_services_hear_of_a_logout_in_little_time")
    {
        return println!("{told}");
    }
    let hests: Vec<String> = (0..9).map(|number| format!("hest-{number}")).collect();
    let names = hests.clone();
    let logouts = Logouts::start_with(|files| {
        let text = std::fs::read_to_string(files.path("metadata/services/laesehesten.toml")).unwrap();
        for name in &names {
            let path = format!("metadata/services/{name}.toml");
            files.put(&path, &text.replace("laesehesten", name));
        }
    })
    .await;
    let mut took = Vec::new();
    for round in 1..=5 {
        let mut browser = logouts.world.visitor();
        logouts
            .take_seat(&mut browser, "skolebroen-valg", "alma1234")
            .await;
        for name in &hests {
            logouts.read_at(&mut browser, name, "alma1234").await;
        }
        let asked = browser.get("/logout").await;
        let before = alone::cpu();
        let receipt = browser.submit(&asked.form(), &[]).await;
        took.push(alone::cpu().saturating_sub(before));
        assert!(
            receipt.body.contains("Du er også logget ud her"),
            "{}",
            receipt.body
        );
        for name in &hests {
            assert_eq!(logouts.desk.heard_by(name).len(), round, "{name}");
        }
    }
    println!("CPU of one logout with ten services: {took:?}");
    took.sort_unstable();
    assert!(took[2] < Duration::from_millis(50), "{took:?}");
}

/// What we say of ourselves is what we do.
#[tokio::test]
async fn both_faces_announce_their_logout() {
    let logouts = Logouts::start().await;
    let mut browser = logouts.world.visitor();
    let discovery = browser.get("/.well-known/openid-configuration").await;
    let discovery: serde_json::Value = serde_json::from_str(&discovery.body).unwrap();
    for name in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
    ] {
        assert_eq!(discovery[name], true, "{name}");
    }
    let to = logouts.portner_logout();
    assert_eq!(to.redirect.unwrap().as_str(), at("/saml/slo"));
    assert_eq!(to.post.unwrap().as_str(), at("/saml/slo"));
    assert_eq!(to.soap.unwrap().as_str(), at("/saml/soap/slo"));
    let towards = browser.get("/saml/metadata/lillekoebing").await;
    let service = logouts
        .world
        .service("skolebroen")
        .portner_as_service(&towards.body);
    assert_eq!(
        service.logout.redirect.unwrap().as_str(),
        at("/saml/slo/lillekoebing")
    );
    assert_eq!(
        service.logout.soap.unwrap().as_str(),
        at("/saml/soap/slo/lillekoebing")
    );
}

/// A login through Lillekøbing at `skolebroen`; gives what the municipality said.
async fn at_lillekoebing(logouts: &Logouts, browser: &mut Visitor) -> crate::world::saml_idp::Words {
    let world = &logouts.world;
    let asked = world.sent_to_lillekoebing(browser, "skolebroen").await;
    let words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    let answer = world.lillekoebing.form(&words, &asked).await;
    browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(browser.session().is_some());
    words
}

/// A login through Havnekøbing at `skolebroen`; gives its ID token.
async fn at_havnekoebing(logouts: &Logouts, browser: &mut Visitor, sid: &str) -> String {
    let world = &logouts.world;
    let page = world.arrive(browser, "skolebroen").await;
    let page = world
        .type_name(browser, &page, "sofie@havnekoebing.example")
        .await;
    let question = world.havnekoebing.read(&page);
    let mut claims = world.havnekoebing.claims(&question, world.house.now());
    claims["uniid"] = json!("1000001201");
    claims["sub"] = json!("1000001201");
    claims["sid"] = json!(sid);
    let token = jws::sign(&*world.havnekoebing.signer, TokenType::IdToken, &claims)
        .await
        .unwrap();
    world.havnekoebing.will_hand_out(&token);
    let issuer =
        url::form_urlencoded::byte_serialize(world.havnekoebing.issuer.as_bytes()).collect::<String>();
    let back = format!(
        "{}?code=c-{sid}&state={}&iss={issuer}",
        question.redirect_path, question.state
    );
    browser.get(&back).await;
    assert!(browser.session().is_some());
    token
}

fn upstream_logout() -> portner::saml::peer::LogoutEndpoints {
    let url = |path: &str| {
        let text = at(path);
        portner::saml::EndpointUrl::parse(&text, portner::domain::address::PlainHttp::Refused).unwrap()
    };
    portner::saml::peer::LogoutEndpoints {
        redirect: Some(url("/saml/slo/lillekoebing")),
        soap: Some(url("/saml/soap/slo/lillekoebing")),
        ..Default::default()
    }
}

async fn upstream_request(logouts: &Logouts, name: &str, index: &str) -> String {
    let world = &logouts.world;
    let id = fresh_id();
    let sender = LogoutSender {
        issuer: &portner::saml::EntityId::parse(&world.lillekoebing.entity_id).unwrap(),
        signer: &*world.lillekoebing.signer,
        id: &id,
        now: world.house.now(),
    };
    let session = SessionToEnd {
        name_id: &NameId::new(NameIdFormat::Persistent, name),
        index: (!index.is_empty()).then_some(index),
        is_telling: false,
        encryption: None,
    };
    let request = sender.request(&upstream_logout(), session, "hjem").await;
    let Some(portner::saml::authn_request_write::Outbound::Redirect(url)) = request.unwrap() else {
        panic!("by Redirect")
    };
    url
}

async fn soap_request(logouts: &Logouts, service: &str, name_id: &NameId, index: &str) -> String {
    let peer = logouts.world.service(service);
    let id = fresh_id();
    let sender = LogoutSender {
        issuer: &peer.us.entity_id,
        signer: peer.signer(),
        id: &id,
        now: logouts.world.house.now(),
    };
    let to = logouts.portner_logout().soap.unwrap();
    let session = SessionToEnd {
        name_id,
        index: Some(index),
        is_telling: false,
        encryption: None,
    };
    sender.soap_request(&to, session).await.unwrap()
}

/// A program's POST.
async fn post_soap(browser: &Visitor, target: &str, envelope: &str) -> crate::world::browser::Page {
    let mut program = browser.clone();
    program.cookies_mut().clear();
    program
        .odd(Odd {
            method: axum::http::Method::POST,
            target,
            headers: vec![
                ("content-type", "text/xml".to_owned()),
                ("soapaction", soap::ACTION.to_owned()),
            ],
            body: envelope.as_bytes().to_vec(),
        })
        .await
}
