//! A service asks for an adult's word without a browser (OpenID CIBA, poll and ping), for a pupil who is logged
//! in there; and what it gets instead where it may not, or nobody answers (DR08, DR18, I06–I09).

use jiff::SignedDuration;
use portner::web::logout::level_over;

use super::faktor_2::{GIVE, bare, enrol, give, requests, tove};
use super::help_windows::{BESIDE, PEOPLE, is_at, press};
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::MORE_PEOPLE;
use crate::world::oidc_client::{id_token, json, text_of, userinfo};
use crate::world::visitor::{Odd, Visitor};

const ASK: &str = "/oidc/backchannel-authentication";
const ADULT: &str = "dk:unilogin:loa:VoksenVerificeret";
const GRANT: &str = "urn:openid:params:grant-type:ciba";
const SECOND: SignedDuration = SignedDuration::from_secs(1);

async fn open() -> Federation {
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
        files.add("metadata/services/laesehesten.toml", "ciba = \"poll\"\n");
    });
    world.await
}

/// Aksel logs in at the service, by his password alone; his ID token.
async fn logged_in(world: &Federation) -> (Visitor, String) {
    let mut pupil = world.visitor().from(BESIDE);
    let client = world.client("laesehesten");
    let page = pupil.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut pupil, &page, "akse1234").await;
    let code = client.answer(&page)["code"].clone();
    let tokens = client.redeem(&pupil, &code).await;
    (pupil, text_of(&tokens, "id_token"))
}

async fn ask(world: &Federation, visitor: &Visitor, hint: &str, change: &[(&str, &str)]) -> Page {
    ask_as(world, "laesehesten", visitor, hint, change).await
}

async fn ask_as(
    world: &Federation,
    client: &str,
    visitor: &Visitor,
    hint: &str,
    change: &[(&str, &str)],
) -> Page {
    let mut form = vec![
        ("scope", "openid"),
        ("id_token_hint", hint),
        ("binding_message", "K7-42"),
        ("acr_values", ADULT),
    ];
    form.retain(|(name, _)| !change.iter().any(|(changed, _)| changed == name));
    form.extend(change.iter().filter(|(_, value)| !value.is_empty()));
    world.client(client).post(visitor, ASK, &form).await
}

async fn poll(world: &Federation, visitor: &Visitor, id: &str) -> Page {
    poll_as(world, "laesehesten", visitor, id).await
}

async fn poll_as(world: &Federation, client: &str, visitor: &Visitor, id: &str) -> Page {
    let form = [("grant_type", GRANT), ("auth_req_id", id)];
    world.client(client).post(visitor, "/oidc/token", &form).await
}

/// Tove says yes to everybody who waits.
async fn tove_says_yes(world: &Federation) -> (Visitor, Page) {
    let (mut teacher, list) = tove(world).await;
    let ids = requests(&list);
    let given = give(&mut teacher, &list, &ids).await;
    assert!(given.body.contains("elev har nu adgang"), "{}", given.body);
    (teacher, given)
}

fn error(page: &Page) -> String {
    text_of(page, "error")
}

#[tokio::test]
async fn a_service_waits_for_the_teacher_and_gets_tokens_at_the_level_once() {
    let world = open().await;
    let discovery = world.visitor().get("/.well-known/openid-configuration").await;
    let discovery = json(&discovery);
    assert_eq!(
        discovery["backchannel_authentication_endpoint"],
        format!("https://login.example{ASK}")
    );
    assert_eq!(
        discovery["backchannel_token_delivery_modes_supported"],
        serde_json::json!(["poll", "ping"])
    );
    let (pupil, hint) = logged_in(&world).await;
    let asked = ask(&world, &pupil, &hint, &[]).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let (id, document) = (text_of(&asked, "auth_req_id"), json(&asked));
    assert_eq!(
        (&document["expires_in"], &document["interval"]),
        (&600.into(), &5.into())
    );
    let rows = world.house.audit().await.len();
    assert_eq!(error(&poll(&world, &pupil, &id).await), "authorization_pending");
    assert_eq!(error(&poll(&world, &pupil, &id).await), "slow_down");
    assert_eq!(
        world.house.audit().await.len(),
        rows,
        "looking is nothing for an auditor"
    );
    let (mut teacher, list) = tove(&world).await;
    assert!(list.body.contains("Eleven ser: K7-42"), "{}", list.body);
    assert!(!list.body.contains(" checked"), "nobody is ticked: {}", list.body);
    let ids = requests(&list);
    let given = give(&mut teacher, &list, &ids).await;
    assert!(given.body.contains("1 elev har nu adgang"), "{}", given.body);
    let tokens = poll(&world, &pupil, &id).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let token = id_token(&tokens);
    assert_eq!(token["acr"], ADULT);
    assert_eq!(token["vouched_by"], "teacher");
    let before: serde_json::Value = portner::oidc::jws::peek(&hint).unwrap();
    assert_eq!(
        (&token["sub"], &token["sid"]),
        (&before["sub"], &before["sid"]),
        "the pupil's own session"
    );
    assert_eq!(error(&poll(&world, &pupil, &id).await), "invalid_grant", "once");
    // Whose answer was lost on the way, or who asks from two places, has lost nothing (CIBA §11 asks for no more).
    let access = text_of(&tokens, "access_token");
    assert_eq!(userinfo(&pupil, &access).await.status, 200);
    let refused = refusals(&world).await;
    assert!(
        refused.len() == 1 && refused[0].contains("\"used_request\""),
        "{refused:?}"
    );
}

/// What the auditor reads of refused tokens.
async fn refusals(world: &Federation) -> Vec<String> {
    let rows = world.house.audit().await.into_iter();
    let refused = rows.filter(|row| row.act == "op.deny");
    refused.map(|row| row.details).collect()
}

#[tokio::test]
async fn tokens_end_when_the_word_is_taken_back() {
    let world = open().await;
    let (pupil, hint) = logged_in(&world).await;
    let id = text_of(&ask(&world, &pupil, &hint, &[]).await, "auth_req_id");
    let (mut teacher, list) = tove(&world).await;
    let ids = requests(&list);
    let given = give(&mut teacher, &list, &ids).await;
    let access = text_of(&poll(&world, &pupil, &id).await, "access_token");
    assert_eq!(userinfo(&pupil, &access).await.status, 200);
    let (_, back) = given.body.split_once("name=\"back\" value=\"").unwrap();
    let back = back.split('"').next().unwrap().to_owned();
    teacher.submit(&bare(&given), &[("back", &back)]).await;
    assert_eq!(userinfo(&pupil, &access).await.status, 401);
}

#[tokio::test]
async fn who_says_no_and_who_says_nothing_are_told_apart() {
    let world = open().await;
    let (pupil, hint) = logged_in(&world).await;
    let id = text_of(&ask(&world, &pupil, &hint, &[]).await, "auth_req_id");
    let (mut teacher, list) = tove(&world).await;
    let no = requests(&list)[0].clone();
    teacher.submit(&bare(&list), &[("no", &no)]).await;
    assert_eq!(error(&poll(&world, &pupil, &id).await), "access_denied");
    let asked = ask(&world, &pupil, &hint, &[("requested_expiry", "120")]).await;
    let id = text_of(&asked, "auth_req_id");
    assert_eq!(json(&asked)["expires_in"], 120);
    world.house.wait(SECOND * 120);
    assert_eq!(error(&poll(&world, &pupil, &id).await), "expired_token");
    assert!(
        teacher
            .get(GIVE)
            .await
            .body
            .contains("Ingen af dine elever venter")
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_words_of_the_specification() {
    let world = open().await;
    let (mut pupil, hint) = logged_in(&world).await;
    for (change, code) in [
        (("scope", "profile"), "invalid_scope"),
        (("binding_message", ""), "invalid_binding_message"),
        (("binding_message", "<script>"), "invalid_binding_message"),
        (
            ("acr_values", "https://data.gov.dk/concept/core/nsis/loa/Low"),
            "invalid_request",
        ),
        (("login_hint", "x"), "invalid_request"),
        (("id_token_hint", "x.y.z"), "unknown_user_id"),
    ] {
        let refused = ask(&world, &pupil, &hint, &[change]).await;
        assert_eq!(error(&refused), code, "{change:?}: {}", refused.body);
    }
    // A client that may not, and one that has not said who it is.
    let form = [
        ("scope", "openid"),
        ("login_hint", "x"),
        ("binding_message", "K7-42"),
    ];
    let refused = world.client("skolebroen").post(&pupil, ASK, &form).await;
    assert_eq!(error(&refused), "invalid_client");
    let refused = world.client("fornyer").post(&pupil, ASK, &form).await;
    assert_eq!(error(&refused), "unauthorized_client", "{}", refused.body);
    assert_eq!(world.house.count("approvals").await, 0);
    // Whoever has logged out is nobody.
    let page = pupil.get("/logout").await;
    pupil.submit(&page.form(), &[]).await;
    let refused = ask(&world, &pupil, &hint, &[]).await;
    assert_eq!(error(&refused), "unknown_user_id");
}

#[tokio::test]
async fn a_service_that_wants_to_be_called_is_called_once_there_is_an_answer() {
    let desk = crate::world::logout_desk::Desk::open().await;
    let address = desk.of("laesehesten");
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
        let lines = format!("ciba = \"ping\"\nbackchannel_client_notification_endpoint = \"{address}\"\n");
        files.add("metadata/services/laesehesten.toml", &lines);
    })
    .await;
    let (pupil, hint) = logged_in(&world).await;
    let refused = ask(&world, &pupil, &hint, &[]).await;
    assert_eq!(error(&refused), "invalid_request", "nothing that proves it is us");
    let asked = ask(
        &world,
        &pupil,
        &hint,
        &[("client_notification_token", "8d67dc78")],
    )
    .await;
    let id = text_of(&asked, "auth_req_id");
    level_over::sweep(&world.house.portner).await.unwrap();
    let (mut teacher, list) = tove(&world).await;
    assert!(desk.heard_by("laesehesten").is_empty(), "nobody has answered");
    let ids = requests(&list);
    give(&mut teacher, &list, &ids).await;
    for _ in 0..2 {
        level_over::sweep(&world.house.portner).await.unwrap();
    }
    for _ in 0..100 {
        if !desk.heard_by("laesehesten").is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let heard = desk.call_to("laesehesten");
    let heard: serde_json::Value = serde_json::from_slice(&heard).unwrap();
    assert_eq!(heard, serde_json::json!({ "auth_req_id": id }));
    assert_eq!(poll(&world, &pupil, &id).await.status, 200);
}

#[tokio::test]
async fn another_client_gets_nothing_of_it_and_ends_nothing() {
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        enrol(files);
        for service in ["laesehesten", "fornyer"] {
            files.add(&format!("metadata/services/{service}.toml"), "ciba = \"poll\"\n");
        }
    })
    .await;
    let (pupil, hint) = logged_in(&world).await;
    // Whom it has not met, it cannot ask about: neither by another's token nor by another's name for them.
    let refused = ask_as(&world, "fornyer", &pupil, &hint, &[]).await;
    assert_eq!(error(&refused), "unknown_user_id");
    let subject = portner::oidc::jws::peek::<serde_json::Value>(&hint).unwrap()["sub"].clone();
    let by_name = [("id_token_hint", ""), ("login_hint", subject.as_str().unwrap())];
    let refused = ask_as(&world, "fornyer", &pupil, "", &by_name).await;
    assert_eq!(error(&refused), "unknown_user_id");
    assert_eq!(world.house.count("approvals").await, 0);
    // Its own name for them is enough.
    let asked = ask(&world, &pupil, "", &by_name).await;
    let id = text_of(&asked, "auth_req_id");
    tove_says_yes(&world).await;
    for guess in ["x", "ptb_", &id[..id.len() - 1], &format!("{id}x")] {
        assert_eq!(
            error(&poll(&world, &pupil, guess).await),
            "invalid_grant",
            "{guess}"
        );
    }
    let stolen = poll_as(&world, "fornyer", &pupil, &id).await;
    assert_eq!(error(&stolen), "invalid_grant", "{}", stolen.body);
    let refused = refusals(&world).await;
    assert!(
        refused.iter().any(|row| row.contains("\"other_client\"")),
        "{refused:?}"
    );
    // Whoever asked gets what the adult gave: nobody else ends what an adult looks at.
    let own = poll(&world, &pupil, &id).await;
    assert_eq!(id_token(&own)["acr"], ADULT, "{}", own.body);
    let again = poll_as(&world, "fornyer", &pupil, &id).await;
    assert_eq!(error(&again), "invalid_grant", "{}", again.body);
    let access = text_of(&own, "access_token");
    assert_eq!(userinfo(&pupil, &access).await.status, 200);
}

#[tokio::test]
async fn what_services_ask_takes_nothing_of_what_the_pupil_may_ask_in_a_browser() {
    let world = open().await;
    let (mut pupil, hint) = logged_in(&world).await;
    let client = world.client("laesehesten");
    let by_service = async |number: u8| {
        let message = format!("K7-{number:02}");
        let asked = ask(&world, &world.visitor(), &hint, &[("binding_message", &message)]).await;
        assert_eq!(asked.status, 200, "{number}: {}", asked.body);
    };
    for number in 1..8 {
        by_service(number).await;
    }
    // Twenty times in a browser all the same, each given up.
    for number in 0..20 {
        let page = pupil.get(&client.request(&[("acr_values", ADULT)])).await;
        assert!(
            is_at(&page, "adult") && page.body.contains("confirm-picture"),
            "{number}: {}",
            page.body
        );
        press(&mut pupil, &page, "cancel").await;
    }
    let page = pupil.get(&client.request(&[("acr_values", ADULT)])).await;
    assert!(page.body.contains("spurgt mange gange"), "{}", page.body);
    by_service(8).await;
}

#[tokio::test]
async fn whatever_is_sent_to_an_endpoint_of_programs_is_refused_in_json() {
    let world = open().await;
    let mut visitor = world.visitor();
    let realm = "/auth/realms/broker/protocol/openid-connect";
    for target in [
        ASK.to_owned(),
        "/oidc/token".to_owned(),
        "/oidc/par".to_owned(),
        format!("{realm}/ext/ciba/auth"),
        format!("{realm}/token"),
    ] {
        for (method, body, status) in [
            (axum::http::Method::GET, Vec::new(), 405),
            (axum::http::Method::PUT, Vec::new(), 405),
            (axum::http::Method::POST, vec![b'x'; 3 * 1024 * 1024], 413),
        ] {
            let odd = Odd {
                method: method.clone(),
                target: &target,
                headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
                body,
            };
            let page = visitor.odd(odd).await;
            assert_eq!(page.status.as_u16(), status, "{method} {target}: {}", page.body);
            assert_eq!(
                page.headers["content-type"], "application/json",
                "{method} {target}"
            );
            assert_eq!(
                error(&page),
                "invalid_request",
                "{method} {target}: {}",
                page.body
            );
        }
    }
}

#[tokio::test]
async fn a_word_without_a_browser_raises_no_browser_and_no_other_service() {
    let world = open().await;
    let (mut pupil, hint) = logged_in(&world).await;
    let id = text_of(&ask(&world, &pupil, &hint, &[]).await, "auth_req_id");
    tove_says_yes(&world).await;
    for service in ["laesehesten", "fornyer"] {
        let client = world.client(service);
        let page = pupil.get(&client.request(&[("acr_values", ADULT)])).await;
        assert!(is_at(&page, "adult"), "{service}: {}: {}", page.url, page.body);
        let page = pupil
            .get(&client.request(&[("acr_values", ADULT), ("prompt", "none")]))
            .await;
        assert_eq!(client.answer(&page)["error"], "login_required", "{service}");
    }
    let tokens = poll(&world, &pupil, &id).await;
    assert_eq!(id_token(&tokens)["acr"], ADULT, "{}", tokens.body);
}

#[tokio::test]
async fn nothing_is_given_out_when_it_ended_before_the_service_came() {
    for end in ["back", "logout", "block", "late"] {
        let world = open().await;
        let (mut pupil, hint) = logged_in(&world).await;
        let id = text_of(&ask(&world, &pupil, &hint, &[]).await, "auth_req_id");
        let (mut teacher, given) = tove_says_yes(&world).await;
        let code = match end {
            "back" => {
                let (_, back) = given.body.split_once("name=\"back\" value=\"").unwrap();
                let back = back.split('"').next().unwrap().to_owned();
                let page = teacher.submit(&bare(&given), &[("back", &back)]).await;
                assert!(page.body.contains("Ingen tjeneste havde fået"), "{}", page.body);
                "access_denied"
            }
            "logout" => {
                let page = pupil.get("/logout").await;
                pupil.submit(&page.form(), &[]).await;
                "invalid_grant"
            }
            "block" => {
                let name = portner::domain::login_name::BareName::parse("akse1234").unwrap();
                let store = &world.house.portner.store;
                let account = store.account_by_user_name(&name).await.unwrap().unwrap().id;
                assert!(store.block_account(account, true).await.unwrap());
                "access_denied"
            }
            _ => {
                // The question could wait ten minutes, and its answer ten more.
                world.house.wait(SECOND * 1200);
                "invalid_grant"
            }
        };
        let refused = poll(&world, &pupil, &id).await;
        assert_eq!(error(&refused), code, "{end}: {}", refused.body);
    }
}

#[tokio::test]
async fn an_answer_of_the_last_second_is_there_for_ten_minutes_more() {
    let world = open().await;
    let (pupil, hint) = logged_in(&world).await;
    let id = text_of(&ask(&world, &pupil, &hint, &[]).await, "auth_req_id");
    world.house.wait(SECOND * 599);
    tove_says_yes(&world).await;
    world.house.wait(SECOND * 600);
    let tokens = poll(&world, &pupil, &id).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(json(&tokens)["refresh_token"], serde_json::Value::Null);
}

#[tokio::test]
async fn nobody_is_asked_who_could_not_say_yes_and_nobody_too_often() {
    let world = open().await;
    let (pupil, hint) = logged_in(&world).await;
    // Two devices with the same text could be taken for each other.
    assert_eq!(ask(&world, &pupil, &hint, &[]).await.status, 200);
    let same = ask(&world, &pupil, &hint, &[("binding_message", "k7-42")]).await;
    assert_eq!(error(&same), "invalid_binding_message", "{}", same.body);
    for number in 1..8 {
        let message = format!("K7-{number:02}");
        let asked = ask(&world, &pupil, &hint, &[("binding_message", &message)]).await;
        assert_eq!(asked.status, 200, "{number}: {}", asked.body);
    }
    let refused = ask(&world, &pupil, &hint, &[("binding_message", "K7-99")]).await;
    assert_eq!(
        (refused.status.as_u16(), error(&refused).as_str()),
        (403, "access_denied")
    );
    assert_eq!(world.house.count("approvals").await, 8);
    // A teacher of another class sees none of them, and gives none.
    let (_, list) = tove(&world).await;
    let ids = requests(&list);
    assert_eq!(ids.len(), 8);
    let mut ulla = world.visitor().from(BESIDE);
    let own = ulla.get(GIVE).await;
    let own = world.log_in_as(&mut ulla, &own, "ulla1234").await;
    assert!(!own.body.contains("K7-"), "{}", own.body);
    assert_eq!(give(&mut ulla, &own, &ids).await.status, 403);
    // A teacher is nobody's pupil.
    let client = world.client("laesehesten");
    let mut teacher = world.visitor().from(BESIDE);
    let page = teacher.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut teacher, &page, "tove1234").await;
    let code = client.answer(&page)["code"].clone();
    let hint = text_of(&client.redeem(&teacher, &code).await, "id_token");
    let refused = ask(&world, &teacher, &hint, &[]).await;
    assert_eq!(error(&refused), "access_denied", "{}", refused.body);
}

/// Somebody who knows a pupil's password logs in as well, a moment later: whoever asks by the pupil's name alone
/// could mean either, and the text that the teacher compares is on the pupil's screen.
#[tokio::test]
async fn i07_a_name_alone_does_not_choose_between_two_devices() {
    let world = open().await;
    let (pupil, hint) = logged_in(&world).await;
    world.house.wait(SECOND);
    let (mut thief, _) = logged_in(&world).await;
    let own: serde_json::Value = portner::oidc::jws::peek(&hint).unwrap();
    let by_name = [
        ("id_token_hint", ""),
        ("login_hint", own["sub"].as_str().unwrap()),
    ];
    let refused = ask(&world, &pupil, "", &by_name).await;
    assert_eq!(error(&refused), "unknown_user_id", "{}", refused.body);
    let said = text_of(&refused, "error_description");
    assert!(said.contains("id_token_hint"), "{said}");
    assert_eq!(world.house.count("approvals").await, 0);
    // The service's own ID token says which of them, and the teacher hears that there is another.
    let asked = ask(&world, &pupil, &hint, &[]).await;
    let id = text_of(&asked, "auth_req_id");
    let (mut teacher, list) = tove(&world).await;
    let doubt = "Eleven er også logget ind på en anden enhed";
    assert!(list.body.contains(doubt), "{}", list.body);
    let ids = requests(&list);
    give(&mut teacher, &list, &ids).await;
    let tokens = poll(&world, &pupil, &id).await;
    assert_eq!(id_token(&tokens)["sid"], own["sid"], "{}", tokens.body);
    // Where there is one only, its name is enough.
    let page = thief.get("/logout").await;
    thief.submit(&page.form(), &[]).await;
    let change = [by_name[0], by_name[1], ("binding_message", "K7-43")];
    assert_eq!(ask(&world, &pupil, "", &change).await.status, 200);
    assert!(!teacher.get(GIVE).await.body.contains(doubt));
}

/// What an eye cannot tell apart is one text, and no text is taken for a picture.
#[tokio::test]
async fn i07_what_looks_the_same_on_two_screens_is_refused() {
    let world = open().await;
    let (pupil, hint) = logged_in(&world).await;
    let message = async |text: &str| ask(&world, &pupil, &hint, &[("binding_message", text)]).await;
    assert_eq!(message("AB 12").await.status, 200);
    for same in [
        "AB 12",
        "ab  12",
        " AB\u{a0}12",
        "A-B 12",
        "AB l2",
        "\u{410}B 12",
        "A\u{301}B 12",
        "3 stjerner over 2 cirkler",
        "4 hearts",
    ] {
        let refused = message(same).await;
        assert_eq!(
            error(&refused),
            "invalid_binding_message",
            "{same}: {}",
            refused.body
        );
    }
    assert_eq!(world.house.count("approvals").await, 1);
    assert_eq!(message("Blå hest 7").await.status, 200);
    // What was refused is no question, and counts as none.
    let (_, list) = tove(&world).await;
    assert_eq!(requests(&list).len(), 2);
    for number in 3..9 {
        let asked = message(&format!("Hest {number}9")).await;
        assert_eq!(asked.status, 200, "{number}: {}", asked.body);
    }
    assert_eq!(error(&message("Hest 99").await), "access_denied");
}
