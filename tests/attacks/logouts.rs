//! Logout messages that must not be obeyed: whoever could forge one could throw users out (B23, D12).

use axum::http::StatusCode;
use portner::oidc::jws::{self, TokenType};
use portner::saml::authn_request_write::Outbound;
use portner::saml::logout::LogoutHead;
use portner::saml::logout_send::{LogoutSender, SessionToEnd};
use portner::saml::{MessageKind, binding_redirect};
use serde_json::{Value, json};

use super::Before;
use crate::world::logouts::{Logouts, Seat, asks, fresh_id, told_in};
use crate::world::oidc_client::post_as_program;
use crate::world::oidc_op::{some_key, token};
use crate::world::visitor::{Odd, Visitor};

/// A browser with a session, and its seat at `skolebroen`.
async fn seated(logouts: &Logouts) -> (Visitor, Seat) {
    let mut browser = logouts.world.visitor();
    let seat = logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    (browser, seat)
}

async fn assert_not_obeyed(logouts: &Logouts, browser: &mut Visitor, url: &str, reason: &str, attack: &str) {
    let before = Before::of(&logouts.world, browser).await;
    let page = browser.get(url).await;
    let denied = ("UL-609", reason);
    before
        .assert_denied(&logouts.world, browser, &page, denied, attack)
        .await;
}

#[tokio::test]
async fn b23_a_logout_request_is_signed_by_its_issuer_for_us_and_of_now() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let (mut browser, seat) = seated(&logouts).await;
    let peer = world.service("skolebroen");
    let to = logouts.portner_logout();
    let redirect = to.redirect.clone().unwrap();
    let id = fresh_id();

    let head = LogoutHead {
        issuer: &peer.us.entity_id,
        destination: Some(&redirect),
        id: &id,
        issue_instant: world.house.now(),
    };
    let message = head.request(&seat.name_id, Some(&seat.index)).unwrap();
    let unsigned = binding_redirect::unsigned_url(&redirect, MessageKind::Request, &message, None);
    assert_not_obeyed(
        &logouts,
        &mut browser,
        &unsigned,
        "saml.slo.deny[signature]",
        "unsigned",
    )
    .await;

    let stranger = world.service("skolebroen-voksne");
    let Outbound::Redirect(forged) = logouts.request_of(peer, stranger.signer(), &seat, &to).await else {
        panic!("by Redirect")
    };
    assert_not_obeyed(
        &logouts,
        &mut browser,
        &forged,
        "saml.slo.deny[signature]",
        "another's key",
    )
    .await;

    let elsewhere = portner::saml::peer::LogoutEndpoints {
        redirect: Some(peer.us.sso.clone()),
        ..Default::default()
    };
    let Outbound::Redirect(url) = logouts.request_of(peer, peer.signer(), &seat, &elsewhere).await else {
        panic!("by Redirect")
    };
    let (_, query) = url.split_once('?').unwrap();
    let misled = format!("/saml/slo?{query}");
    assert_not_obeyed(
        &logouts,
        &mut browser,
        &misled,
        "saml.slo.deny[recipient]",
        "for somebody else",
    )
    .await;

    let old = logouts.farewell("skolebroen", &seat).await;
    world.house.wait(jiff::SignedDuration::from_mins(9));
    assert_not_obeyed(&logouts, &mut browser, &old, "saml.slo.deny[time]", "expired").await;
    assert!(logouts.counts(browser.session().unwrap()).await);
}

#[tokio::test]
async fn b23_a_service_ends_its_own_sessions_alone() {
    let logouts = Logouts::start().await;
    let (mut browser, seat) = seated(&logouts).await;
    let other = logouts
        .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
        .await;
    let session = browser.session().unwrap().clone();
    let mut attacker = logouts.world.visitor();
    let mixed = [
        (
            "another's seat",
            Seat {
                name_id: seat.name_id.clone(),
                index: seat.index.clone(),
            },
        ),
        (
            "another's index",
            Seat {
                name_id: other.name_id.clone(),
                index: seat.index.clone(),
            },
        ),
        (
            "another's name",
            Seat {
                name_id: seat.name_id.clone(),
                index: other.index.clone(),
            },
        ),
    ];
    for (attack, seat) in mixed {
        let url = logouts.farewell("skolebroen-voksne", &seat).await;
        let snapshot = logouts.world.house.snapshot().await;
        let page = attacker.get(&url).await;
        assert_eq!(told_in(&page).0, ["Requester", "UnknownPrincipal"], "{attack}");
        assert_eq!(logouts.world.house.snapshot().await, snapshot, "{attack}");
        let audit = logouts.world.house.audit().await;
        let row = audit.last().unwrap();
        assert!(
            row.details.contains("saml.slo.deny["),
            "{attack}: {}",
            row.details
        );
    }
    assert!(logouts.counts(&session).await, "the victim's session is intact");
}

/// A request that names no session would end the user's next ones, too, if it counted twice.
#[tokio::test]
async fn b23_a_logout_request_counts_once() {
    let logouts = Logouts::start().await;
    let (mut browser, seat) = seated(&logouts).await;
    let all = Seat {
        index: String::new(),
        ..seat
    };
    let url = logouts.farewell("skolebroen", &all).await;
    assert_eq!(told_in(&browser.get(&url).await).0, ["Success"]);
    logouts.take_seat(&mut browser, "skolebroen", "alma1234").await;
    assert_not_obeyed(&logouts, &mut browser, &url, "saml.slo.deny[replay]", "replayed").await;
    assert!(logouts.counts(browser.session().unwrap()).await);
}

#[tokio::test]
async fn b23_an_upstream_ends_only_what_rests_on_it() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    let session = browser.session().unwrap().clone();
    let name_id = portner::saml::NameId::new(portner::saml::NameIdFormat::Persistent, "1000001201");
    let request =
        async |path: &str, idp: &crate::world::saml_idp::SamlIdp, signer: &dyn portner::keys::Signer| {
            let to = portner::saml::peer::LogoutEndpoints {
                redirect: portner::saml::EndpointUrl::parse(
                    &crate::world::logouts::at(path),
                    portner::domain::address::PlainHttp::Refused,
                )
                .ok(),
                ..Default::default()
            };
            let id = fresh_id();
            let sender = LogoutSender {
                issuer: &portner::saml::EntityId::parse(&idp.entity_id).unwrap(),
                signer,
                id: &id,
                now: world.house.now(),
            };
            let session = SessionToEnd {
                name_id: &name_id,
                index: None,
                is_telling: false,
                encryption: None,
            };
            let Some(Outbound::Redirect(url)) = sender.request(&to, session, "x").await.unwrap() else {
                panic!("by Redirect")
            };
            url
        };
    let (lille, stor) = (&world.lillekoebing, &world.storkoebing);
    let mut attacker = world.visitor();
    // By its own right another municipality ends nobody's session here.
    attacker
        .get(&request("/saml/slo/storkoebing", stor, &*stor.signer).await)
        .await;
    assert!(
        logouts.counts(&session).await,
        "another upstream's user of the same name"
    );
    let mixed_up = request("/saml/slo/lillekoebing", stor, &*stor.signer).await;
    assert_not_obeyed(
        &logouts,
        &mut attacker,
        &mixed_up,
        "saml.slo.deny[issuer]",
        "another issuer",
    )
    .await;
    let forged = request("/saml/slo/lillekoebing", lille, &*stor.signer).await;
    assert_not_obeyed(
        &logouts,
        &mut attacker,
        &forged,
        "saml.slo.deny[signature]",
        "another's key",
    )
    .await;
    assert!(logouts.counts(&session).await);
}

/// An answer that nobody waits for moves no logout on, and one of somebody else none either.
#[tokio::test]
async fn b23_an_answer_is_believed_of_the_one_who_was_asked() {
    let logouts = Logouts::start().await;
    let (mut browser, _) = seated(&logouts).await;
    logouts
        .take_seat(&mut browser, "skolebroen-voksne", "alma1234")
        .await;
    let asked = browser.get("/logout").await;
    let page = browser.submit(&asked.form(), &[]).await;
    let asked = crate::world::logouts::asked_in(&page);
    let other = logouts.answer_of("skolebroen-voksne", &asked).await;
    assert_not_obeyed(
        &logouts,
        &mut browser,
        &other,
        "saml.slo.deny[in_response_to]",
        "another's",
    )
    .await;
    let mut strange = asked.clone();
    strange.id = "_another".to_owned();
    let strange = logouts.answer_of("skolebroen", &strange).await;
    assert_not_obeyed(
        &logouts,
        &mut browser,
        &strange,
        "saml.slo.deny[in_response_to]",
        "of another request",
    )
    .await;
    let honest = logouts.answer_of("skolebroen", &asked).await;
    let mut elsewhere = logouts.world.visitor();
    assert_not_obeyed(
        &logouts,
        &mut elsewhere,
        &honest,
        "saml.slo.deny[no_logout_underway]",
        "elsewhere",
    )
    .await;
    let next = browser.get(&honest).await;
    assert!(
        crate::world::logouts::asked_in(&next)
            .to
            .as_str()
            .contains("skolebroen-voksne")
    );
}

/// By SOAP the same rules hold.
#[tokio::test]
async fn b23_nobody_is_logged_out_by_an_envelope_that_is_not_signed() {
    let logouts = Logouts::start().await;
    let (browser, seat) = seated(&logouts).await;
    let peer = logouts.world.service("skolebroen");
    let to = logouts.portner_logout().soap.unwrap();
    let id = fresh_id();
    let head = LogoutHead {
        issuer: &peer.us.entity_id,
        destination: Some(&to),
        id: &id,
        issue_instant: logouts.world.house.now(),
    };
    let message = head.request(&seat.name_id, Some(&seat.index)).unwrap();
    let mut program = browser.clone();
    program.cookies_mut().clear();
    let answer = program
        .odd(Odd {
            method: axum::http::Method::POST,
            target: "/saml/soap/slo",
            headers: vec![("content-type", "text/xml".to_owned())],
            body: portner::saml::soap::envelope(&message).into_bytes(),
        })
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.body.contains("<faultstring>UL-609</faultstring>"),
        "{}",
        answer.body
    );
    assert!(logouts.counts(browser.session().unwrap()).await);
}

/// What is no envelope with one message is no call, be the message as honest as it may.
#[tokio::test]
async fn b23_a_call_is_an_envelope_with_one_message() {
    let logouts = Logouts::start().await;
    let (browser, seat) = seated(&logouts).await;
    let peer = logouts.world.service("skolebroen");
    let to = logouts.portner_logout().soap.unwrap();
    let id = fresh_id();
    let sender = LogoutSender {
        issuer: &peer.us.entity_id,
        signer: peer.signer(),
        id: &id,
        now: logouts.world.house.now(),
    };
    let session = SessionToEnd {
        name_id: &seat.name_id,
        index: Some(&seat.index),
        is_telling: false,
        encryption: None,
    };
    let honest = sender.soap_request(&to, session).await.unwrap();
    let (_, rest) = honest.split_once("<soap:Body>").unwrap();
    let bare = rest.split_once("</soap:Body>").unwrap().0;
    let call = async |body: &str| {
        let mut program = browser.clone();
        program.cookies_mut().clear();
        program
            .odd(Odd {
                method: axum::http::Method::POST,
                target: "/saml/soap/slo",
                headers: vec![("content-type", "text/xml".to_owned())],
                body: body.as_bytes().to_vec(),
            })
            .await
    };
    let ours = browser.session().unwrap();
    for (what, body) in [
        ("no envelope", bare.to_owned()),
        (
            "another envelope",
            format!("<a:Envelope xmlns:a=\"urn:a\"><a:Body>{bare}</a:Body></a:Envelope>"),
        ),
        ("an envelope in a body", honest.replace(bare, &honest)),
        ("a header that must be understood", {
            let header =
                "<soap:Header><h xmlns=\"urn:x\" soap:mustUnderstand=\"1\"></h></soap:Header><soap:Body>";
            honest.replacen("<soap:Body>", header, 1)
        }),
    ] {
        let answer = call(&body).await;
        assert!(!answer.status.is_success(), "{what}: {}", answer.body);
        assert!(logouts.counts(ours).await, "{what}");
    }
    let answer = call(&honest).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    assert!(!logouts.counts(ours).await, "the honest one");
}

/// What goes back in the answer and is remembered has an end: 256 characters.
#[tokio::test]
async fn b23_a_logout_request_has_a_name_that_can_be_kept() {
    let logouts = Logouts::start().await;
    let (mut browser, seat) = seated(&logouts).await;
    let peer = logouts.world.service("skolebroen");
    let redirect = logouts.portner_logout().redirect.unwrap();
    let id = fresh_id();
    let head = LogoutHead {
        issuer: &peer.us.entity_id,
        destination: Some(&redirect),
        id: &id,
        issue_instant: logouts.world.house.now(),
    };
    let message = head.request(&seat.name_id, Some(&seat.index)).unwrap();
    let named = async |length: usize| {
        let name = format!("_{}", "a".repeat(length - 1));
        let xml = message.as_str().replace(id.as_str(), &name);
        by_redirect(redirect.as_str(), &xml, peer.signer()).await
    };
    let too_long = named(257).await;
    assert_not_obeyed(
        &logouts,
        &mut browser,
        &too_long,
        "saml.slo.deny[structure]",
        "257",
    )
    .await;
    let session = browser.session().unwrap().clone();
    browser.get(&named(256).await).await;
    assert!(!logouts.counts(&session).await, "256 are honest");
}

/// A request in an address, signed as it is.
async fn by_redirect(to: &str, xml: &str, signer: &dyn portner::keys::Signer) -> String {
    use std::io::Write as _;
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(xml.as_bytes()).unwrap();
    let request = data_encoding::BASE64.encode(&deflate.finish().unwrap());
    let algorithm = match signer.algorithm() {
        portner::keys::SigningAlgorithm::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        _ => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    };
    let parameters = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", &request)
        .append_pair("SigAlg", algorithm)
        .finish();
    let signature = data_encoding::BASE64.encode(&signer.sign(parameters.as_bytes()).await.unwrap());
    let signature = url::form_urlencoded::byte_serialize(signature.as_bytes()).collect::<String>();
    format!("{to}?{parameters}&Signature={signature}")
}

/// An ID token of somebody else's, or of another service, ends nothing without a question (F05).
#[tokio::test]
async fn b23_f05_a_hint_of_another_login_makes_us_ask_and_of_another_client_is_refused() {
    let logouts = Logouts::start().await;
    let mut attacker = logouts.world.visitor();
    let theirs = logouts.read_at(&mut attacker, "laesehesten", "sofi1234").await;
    let mut browser = logouts.world.visitor();
    logouts.read_at(&mut browser, "laesehesten", "alma1234").await;
    let session = browser.session().unwrap().clone();
    let page = browser.get(&format!("/oidc/logout?id_token_hint={theirs}")).await;
    assert!(asks(&page), "{}", page.body);
    let url = format!("/oidc/logout?id_token_hint={theirs}&client_id=laesehesten-valg");
    assert_not_obeyed(&logouts, &mut browser, &url, "id_token_hint", "another client's").await;
    let fields = [("id_token_hint".to_owned(), theirs)];
    let page = browser.post_from_elsewhere("/oidc/logout", &fields).await;
    assert!(asks(&page), "{}", page.body);
    assert!(logouts.counts(&session).await);
}

/// Whatever is wrong with a logout token: 400, and the session is intact.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table, one entry after the other")]
async fn d12_a_logout_token_is_signed_for_us_and_nothing_else() {
    let logouts = Logouts::start().await;
    let world = &logouts.world;
    let havn = &world.havnekoebing;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@havnekoebing.example")
        .await;
    let question = havn.read(&page);
    let mut claims = havn.claims(&question, world.house.now());
    for (name, value) in [("uniid", "1000001201"), ("sub", "1000001201"), ("sid", "sid-1")] {
        claims[name] = json!(value);
    }
    havn.will_say(&claims).await;
    let issuer = url::form_urlencoded::byte_serialize(havn.issuer.as_bytes()).collect::<String>();
    browser
        .get(&format!(
            "{}?code=c&state={}&iss={issuer}",
            question.redirect_path, question.state
        ))
        .await;
    let session = browser.session().unwrap().clone();

    let now = world.house.now().as_second();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let honest = json!({"iss": havn.issuer, "aud": "portner", "iat": now, "exp": now + 60, "jti": "t-1",
                        "sid": "sid-1", "events": {event: {}}});
    let but = |name: &str, value: Value| {
        let mut claims = honest.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = honest.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let cases = [
        ("another audience", but("aud", json!("somebody"))),
        ("another issuer", but("iss", json!("https://evil.example"))),
        ("a nonce", but("nonce", json!("n"))),
        ("no event", but("events", json!({}))),
        ("old", but("iat", json!(now - 3600))),
        ("expired", but("exp", json!(now - 120))),
        ("from the future", but("iat", json!(now + 3600))),
        ("neither sub nor sid", without("sid")),
        ("no jti", without("jti")),
    ];
    let sign = async |claims: &Value| {
        jws::sign(&*havn.signer, TokenType::LogoutToken, claims)
            .await
            .unwrap()
    };
    let mut tokens = Vec::new();
    for (attack, claims) in &cases {
        tokens.push((*attack, sign(claims).await));
    }
    let other = jws::sign(&*some_key(), TokenType::LogoutToken, &honest)
        .await
        .unwrap();
    tokens.push(("another's key", other));
    tokens.push((
        "no signature",
        token(&json!({"alg": "none", "typ": "logout+jwt"}), &honest, |_| {
            Vec::new()
        }),
    ));
    tokens.push(("no token", String::new()));
    let told = async |upstream: &str, token: &str| {
        let body = format!("logout_token={token}");
        let path = format!("/oidc/backchannel/{upstream}");
        post_as_program(&browser, &path, vec![], body).await.status
    };
    for (attack, token) in &tokens {
        let snapshot = world.house.snapshot().await;
        assert_eq!(
            told("havnekoebing", token).await,
            StatusCode::BAD_REQUEST,
            "{attack}"
        );
        assert_eq!(world.house.snapshot().await, snapshot, "{attack}");
    }
    let good = sign(&honest).await;
    assert_eq!(
        told("mitid", &good).await,
        StatusCode::BAD_REQUEST,
        "at another upstream's address"
    );
    assert_eq!(
        told("lillekoebing", &good).await,
        StatusCode::NOT_FOUND,
        "it speaks SAML"
    );
    assert!(logouts.counts(&session).await);

    let frame = async |query: &str| {
        let address = format!("/oidc/frontchannel/havnekoebing?{query}");
        world.visitor().get(&address).await.status
    };
    assert_eq!(
        frame("iss=https%3A%2F%2Fevil.example&sid=sid-1").await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(frame(&format!("iss={issuer}")).await, StatusCode::BAD_REQUEST);
    assert_eq!(
        frame(&format!("iss={issuer}&sid=sid-2")).await,
        StatusCode::OK,
        "nobody's"
    );
    assert!(logouts.counts(&session).await);

    let elsewhere = sign(&but("sid", json!("sid-2"))).await;
    assert_eq!(told("havnekoebing", &elsewhere).await, StatusCode::OK);
    assert!(
        logouts.counts(&session).await,
        "a valid one ends only its own session"
    );
    let own = sign(&but("jti", json!("t-2"))).await;
    // A token that ended nothing is not spent: the provider sends it again.
    let stuck = "CREATE TRIGGER stuck BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'stuck'); END";
    world.house.tamper(stuck).await;
    assert!(told("havnekoebing", &own).await.is_server_error());
    world.house.tamper("DROP TRIGGER stuck").await;
    assert!(logouts.counts(&session).await);
    assert_eq!(told("havnekoebing", &own).await, StatusCode::OK);
    assert!(!logouts.counts(&session).await);
    assert_eq!(told("havnekoebing", &own).await, StatusCode::BAD_REQUEST, "once");
    let last = world.house.audit().await.pop().unwrap();
    assert!(
        last.details.contains("oidc.logout.deny[replay]"),
        "{}",
        last.details
    );
}
