//! Every page and form of the desk, from the list that the router is built of, asked for by everybody:
//! its own administrator gets an answer, and nobody else does or changes anything (I01, I03–I05, K06).

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::SignedDuration;
use portner::web::cookies::CookieJar;
use portner::web::desk::places::DeskPlace;
use portner::web::own;
use portner::web::visit::{Reference, Visit};

use super::stage::{BENTE, DESK, ELSEWHERE, HANNE, HERE, KLAUS, Stage, TOVE, ULLA, nobodys, send};
use crate::world::browser::Page;
use crate::world::house::{House, ORIGIN};
use crate::world::visitor::{Odd, Visitor};

/// Somebody who comes to the desk.
struct Guest {
    who: &'static str,
    browser: Visitor,
    /// Whether they are an administrator, a teacher or a parent who proved it with two factors: then
    /// it is the desk that turns them away, and not the door.
    is_strong: bool,
}

/// What each place is asked for with: the address, and a good form.
async fn addresses(
    stage: &Stage,
    browser: &mut Visitor,
) -> Vec<(DeskPlace, String, Vec<(&'static str, String)>)> {
    let (pupil, class) = (
        stage.person(browser, "vigg1234").await,
        stage.class(browser, "2.B").await,
    );
    let employee = stage.person(browser, "tove1234").await;
    let fill = [
        ("name", "emil1234"),
        ("role", "Vikar"),
        ("last-day", "2027-06-30"),
        ("reason", "vikar i 2.B"),
    ];
    let guest = send(browser, &format!("{DESK}/tilknytninger"), ("", None), &fill).await;
    assert_eq!(guest.status, 200, "{}", guest.body);
    let guest = guest.url.path().to_owned();
    let reason = ("reason", "en god grund".to_owned());
    let of = |name: &'static str, value: &str| (name, value.to_owned());
    DeskPlace::ALL
        .into_iter()
        .map(|place| {
            let (address, fields) = match place {
                DeskPlace::Choose => ("/administration".to_owned(), vec![]),
                DeskPlace::Front => (DESK.to_owned(), vec![]),
                DeskPlace::Person => (pupil.clone(), vec![]),
                DeskPlace::Code => (format!("{pupil}/kode"), vec![]),
                DeskPlace::Rule => (
                    format!("{pupil}/regel"),
                    vec![of("rule", "udskoling"), reason.clone()],
                ),
                DeskPlace::Block => (
                    format!("{pupil}/spaerring"),
                    vec![of("do", "block"), reason.clone()],
                ),
                DeskPlace::Right => (
                    format!("{employee}/rettighed"),
                    vec![of("do", "grant"), reason.clone()],
                ),
                DeskPlace::Affiliation => (
                    format!("{guest}/tilknytning"),
                    vec![of("do", "end"), reason.clone()],
                ),
                DeskPlace::Class => (class.clone(), vec![]),
                DeskPlace::ClassCodes => (format!("{class}/koder"), vec![]),
                DeskPlace::Newcomers => (format!("{DESK}/nye"), vec![]),
                DeskPlace::NewcomerCodes => (format!("{DESK}/nye/koder"), vec![]),
                DeskPlace::ByHand => (format!("{DESK}/tilknytninger"), vec![]),
                DeskPlace::AddByHand => (
                    format!("{DESK}/tilknytninger"),
                    vec![
                        of("name", "frej1234"),
                        of("role", "Vikar"),
                        of("last-day", "2027-06-30"),
                        reason.clone(),
                    ],
                ),
                DeskPlace::Imports => (format!("{DESK}/importer"), vec![]),
                DeskPlace::Import => (format!("{DESK}/importer/{}", stage.import), vec![]),
                DeskPlace::DecideImport => (
                    format!("{DESK}/importer/{}/afgoer", stage.import),
                    vec![of("do", "discard"), reason.clone()],
                ),
                DeskPlace::Administrators => (format!("{DESK}/administratorer"), vec![]),
            };
            (place, address, fields)
        })
        .collect()
}

/// The token that forms of this browser's session to this address have, wherever they stand.
fn token(house: &House, browser: &Visitor, address: &str) -> String {
    let cookies: Vec<_> = browser
        .cookies()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut headers = HeaderMap::new();
    headers.insert(
        header::COOKIE,
        HeaderValue::from_str(&cookies.join("; ")).unwrap(),
    );
    let visit = Visit {
        cookies: CookieJar::read(&headers),
        headers,
        client: None,
        chosen_language: None,
        path: address.to_owned(),
        query: String::new(),
        at_mutual_tls: false,
        certificate: None,
        reference: Reference(nobodys()),
    };
    own::form_token(&house.portner, &visit, address)
}

/// Sends a form as this browser, with the token that its session has for it.
async fn post(
    stage: &Stage,
    browser: &mut Visitor,
    address: &str,
    fields: &[(&'static str, String)],
) -> Page {
    let token = token(&stage.world.house, browser, address);
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("form", &token).extend_pairs(fields);
    let odd = Odd {
        method: Method::POST,
        target: address,
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("origin", ORIGIN.to_owned()),
        ],
        body: body.finish().into_bytes(),
    };
    browser.odd(odd).await
}

/// F05: the right token, in a form of another site.
#[tokio::test]
async fn a_form_of_another_site_is_not_taken_whatever_its_token() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let places = addresses(&stage, &mut hanne).await;
    let before = stage.kept().await;
    for (place, address, fields) in places {
        if place.fields().is_none() {
            continue;
        }
        let good = token(&stage.world.house, &hanne, &address);
        let others = token(&stage.world.house, &hanne, DESK);
        for (site, token) in [
            ("cross-site", &good),
            ("same-site", &good),
            ("same-origin", &others),
        ] {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.append_pair("form", token).extend_pairs(&fields);
            let odd = Odd {
                method: Method::POST,
                target: &address,
                headers: vec![
                    ("content-type", "application/x-www-form-urlencoded".to_owned()),
                    ("sec-fetch-site", site.to_owned()),
                ],
                body: body.finish().into_bytes(),
            };
            let page = hanne.odd(odd).await;
            assert_eq!(page.refusal_code().as_deref(), Some("UL-605"), "{place:?} {site}");
        }
    }
    assert_eq!(stage.kept().await, before);
}

async fn guests(stage: &Stage) -> Vec<Guest> {
    let mut guests = Vec::new();
    for (who, cpr) in [
        ("an administrator elsewhere", ULLA),
        ("a teacher here", TOVE),
        ("a pupil here", KLAUS),
        ("a parent here", BENTE),
    ] {
        let (browser, page) = stage.come(cpr, "/administration").await;
        assert!(page.status == 403 || cpr == ULLA, "{who}: {}", page.body);
        guests.push(Guest {
            who,
            browser,
            is_strong: true,
        });
    }
    let mut weak = stage.world.visitor();
    let first = stage.world.arrive(&mut weak, "skolebroen").await;
    stage.world.log_in_as(&mut weak, &first, "alma1234").await;
    guests.push(Guest {
        who: "somebody with a password alone",
        browser: weak,
        is_strong: false,
    });
    guests.push(Guest {
        who: "nobody",
        browser: stage.world.visitor(),
        is_strong: false,
    });
    guests
}

#[tokio::test]
async fn every_place_answers_its_administrator_and_nobody_else() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let places = addresses(&stage, &mut hanne).await;
    let mut guests = guests(&stage).await;
    let before = stage.kept().await;
    for (place, address, fields) in &places {
        for guest in &mut guests {
            let denied = stage.acts().await.len();
            let page = if place.fields().is_some() {
                post(&stage, &mut guest.browser, address, fields).await
            } else {
                guest.browser.get_once(address).await
            };
            let what = format!("{place:?} asked for by {}: {}", guest.who, page.body);
            for secret in ["Vigga", "TABULEX", "E0007", "Hanne"] {
                assert!(!page.body.contains(secret), "{what}");
            }
            match (*place, guest.is_strong) {
                (DeskPlace::Choose, true) if guest.who.contains("elsewhere") => {
                    let front = page.headers[header::LOCATION].to_str().unwrap();
                    assert_eq!(front, format!("/administration/{ELSEWHERE}"));
                }
                (DeskPlace::Choose, true) => assert_eq!(page.status, 403, "{what}"),
                (_, true) => {
                    assert_eq!(page.status, 403, "{what}");
                    let acts = stage.acts().await;
                    assert_eq!(acts.len(), denied + 1, "{what}");
                    let (act, details) = acts.last().unwrap();
                    assert_eq!(act, "authz.deny", "{what}");
                    assert_eq!(details["detail"], place.path(), "{what}");
                    assert_eq!(details["institution"], HERE, "{what}");
                }
                // A form of a session that is not enough is refused; a page begins a login, which cannot
                // go on where nobody can prove more.
                (_, false) if place.fields().is_some() => {
                    assert!(page.refusal_code().is_some(), "{what}");
                }
                (_, false) => {
                    let asks = page.status.is_redirection();
                    assert!(asks || page.refusal_code().as_deref() == Some("UL-401"), "{what}");
                }
            }
        }
    }
    assert_eq!(stage.kept().await, before, "nobody changed anything");
    for (place, address, fields) in &places {
        let page = if place.fields().is_some() {
            post(&stage, &mut hanne, address, fields).await
        } else {
            hanne.get(address).await
        };
        let expected = match place {
            DeskPlace::Rule
            | DeskPlace::Block
            | DeskPlace::Right
            | DeskPlace::Affiliation
            | DeskPlace::DecideImport
            | DeskPlace::AddByHand => StatusCode::SEE_OTHER,
            _ => StatusCode::OK,
        };
        assert_eq!(page.status, expected, "{place:?}: {}", page.body);
    }
    assert_ne!(stage.kept().await, before);
}

#[tokio::test]
async fn what_belongs_to_another_school_answers_like_what_is_nobodys() {
    let stage = Stage::set().await;
    let (mut ulla, _) = stage.come(ULLA, "/administration/202001").await;
    let page = ulla.get("/administration/202001?q=pia").await;
    let links = crate::world::html::links(&page.body);
    let pia = links.iter().find(|link| link.contains("/person/")).unwrap();
    let id = pia.rsplit('/').next().unwrap();
    let classes = links.iter().find(|link| link.contains("/klasse/")).unwrap();
    let class = classes.rsplit('/').next().unwrap();
    let mut hanne = stage.hanne().await;
    let before = stage.kept().await;
    let mut answers = Vec::new();
    for id in [id.to_owned(), nobodys().to_string(), "ikke-et-nummer".to_owned()] {
        answers.push(hanne.get(&format!("{DESK}/person/{id}")).await);
        let address = format!("{DESK}/person/{id}/spaerring");
        let fields = [("do", "block".to_owned()), ("reason", "en god grund".to_owned())];
        answers.push(post(&stage, &mut hanne, &address, &fields).await);
    }
    for id in [class.to_owned(), nobodys().to_string()] {
        answers.push(hanne.get(&format!("{DESK}/klasse/{id}")).await);
        answers.push(post(&stage, &mut hanne, &format!("{DESK}/klasse/{id}/koder"), &[]).await);
    }
    answers.push(hanne.get("/administration/909001").await);
    answers.push(hanne.get("/administration/999999").await);
    answers.push(hanne.get("/administration/x").await);
    let bodies: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|page| (page.status.as_u16(), page.body.clone()))
        .collect();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(answers[0].status, 403);
    assert_eq!(stage.kept().await, before);
    let page = hanne.get(&format!("{DESK}?q=pia")).await;
    assert!(
        !page.body.contains("Østervang"),
        "nobody of another school is searched"
    );
    let (mut ulla, page) = stage
        .come(ULLA, &format!("/administration/202001/importer/{}", stage.import))
        .await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert_eq!(ulla.get("/administration/202001/importer").await.status, 200);
}

#[tokio::test]
async fn a_field_that_the_form_has_not_is_refused_and_nothing_is_changed() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let places = addresses(&stage, &mut hanne).await;
    let before = stage.kept().await;
    for (place, address, fields) in places {
        if place.fields().is_none() {
            continue;
        }
        for stranger in ["institution", "account", "level", "expires", "Reason", "do2"] {
            let mut fields = fields.clone();
            fields.push((stranger, ELSEWHERE.to_owned()));
            let page = post(&stage, &mut hanne, &address, &fields).await;
            assert_eq!(
                page.refusal_code().as_deref(),
                Some("UL-605"),
                "{place:?} {stranger}"
            );
        }
    }
    assert_eq!(stage.kept().await, before);
}

#[tokio::test]
async fn a_right_that_ends_counts_at_the_next_request() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    assert_eq!(hanne.get(DESK).await.status, 200);
    stage
        .world
        .house
        .execute("UPDATE administrators SET ended_at = 1 WHERE institution = '101001'")
        .await;
    assert_eq!(hanne.get(DESK).await.status, 403);
    stage.make_administrator("hann1234", HERE).await;
    assert_eq!(hanne.get(DESK).await.status, 200);
    // Who is not employed there any more has the right no more, whatever is written.
    stage
        .world
        .house
        .execute("UPDATE actors SET active_until = 1 WHERE account IN (SELECT id FROM accounts WHERE user_name = 'hann1234')")
        .await;
    let page = hanne.get(DESK).await;
    assert!(page.status == 403, "{}", page.body);
}

#[tokio::test]
async fn a_proof_of_yesterday_is_asked_for_anew_and_leads_back() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    // In use all day long, until the proof is older than a day's work.
    for _ in 0..24 {
        stage.world.house.wait(SignedDuration::from_mins(20));
        assert_eq!(hanne.get(DESK).await.status, 200);
    }
    stage.world.house.wait(SignedDuration::from_mins(1));
    let page = hanne.get(&format!("{DESK}/importer")).await;
    assert!(!page.body.contains("TABULEX"), "{}", page.body);
    let page = stage.prove(&mut hanne, &page, HANNE).await;
    assert_eq!(page.url.path(), format!("{DESK}/importer"));
    assert!(page.body.contains("TABULEX"), "{}", page.body);
}

#[tokio::test]
async fn k06_a_municipalitys_login_opens_no_desk_unless_the_operator_says_so() {
    let stage = Stage::set_with_local_logins().await;
    let files = &stage.world.house.files;
    files.add(
        "metadata/upstreams/storkoebing.toml",
        "[ceiling]\nfactors = \"two\"\n",
    );
    stage.world.house.reload();
    let asked = async || {
        let mut browser = stage.world.visitor();
        let page = browser.get(&format!("/administration/{ELSEWHERE}")).await;
        let page = browser.submit(&page.form(), &[("upstream", "storkoebing")]).await;
        stage.world.storkoebing.is_asked_by(&page)
    };
    assert!(
        !asked().await,
        "two factors of a municipality are not the national eID's"
    );
    stage
        .world
        .decide("upstreams/storkoebing", "administrators = true");
    let mut browser = stage.world.visitor();
    let page = browser.get(&format!("/administration/{ELSEWHERE}")).await;
    let page = stage
        .world
        .type_name(&mut browser, &page, "ulla@storkoebing.example")
        .await;
    assert!(stage.world.storkoebing.is_asked_by(&page), "{}", page.body);
}
