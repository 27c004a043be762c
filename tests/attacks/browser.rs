//! Attacks on the browser's side of a login (table F), and secrets that must not get out (L01).

use std::cell::RefCell;
use std::io::Write;

use axum::http::{Method, StatusCode};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Before;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{ORIGIN, PASSWORD};
use crate::world::html;
use crate::world::oidc_client::{SECRET, json};
use crate::world::saml_idp::answer_in;
use crate::world::visitor::{Odd, Visitor, body_of, leads_to};

#[tokio::test]
async fn f01_a_planted_session_becomes_nobodys() {
    let world = Federation::start().await;
    let mut victim = world.visitor();
    victim
        .cookies_mut()
        .insert("__Host-session".to_owned(), "plantet".to_owned());
    let page = world.arrive(&mut victim, "skolebroen").await;
    assert!(page.url.path().ends_with("/name"), "a made-up session is none");
    let done = world.log_in_as(&mut victim, &page, "alma1234").await;
    assert!(is_logged_in(&done));
    assert_ne!(victim.session().map(String::as_str), Some("plantet"));

    // A session of the attacker's own does not become the victim's.
    let mut attacker = world.visitor();
    let page = world.arrive(&mut attacker, "skolebroen").await;
    world.log_in_as(&mut attacker, &page, "sofi1234").await;
    let planted = attacker.session().unwrap().clone();
    let mut victim = world.visitor();
    victim
        .cookies_mut()
        .insert("__Host-session".to_owned(), planted.clone());
    let (_, url) = world
        .request_of("skolebroen", |question| question.force_authn = true)
        .await;
    world.house.wait(jiff::SignedDuration::from_secs(61));
    let page = victim.get(&url).await;
    world.log_in_as(&mut victim, &page, "alma1234").await;
    assert_ne!(
        victim.session(),
        Some(&planted),
        "the session changed with the user"
    );
    let page = world.arrive(&mut attacker, "skolebroen").await;
    assert!(page.url.path().ends_with("/name"), "and the planted one is over");
}

#[tokio::test]
async fn f02_nobody_finishes_anothers_login() {
    let world = Federation::start().await;
    let (mut attacker, mut victim) = (world.visitor(), world.visitor());
    let first = world.arrive(&mut attacker, "skolebroen").await;
    let password = world.type_name(&mut attacker, &first, "alma1234").await;
    for url in [&first.url, &password.url] {
        let before = Before::of(&world, &victim).await;
        let page = victim.get(url.as_str()).await;
        let denied = ("UL-602", "UL-602");
        before
            .assert_denied(&world, &victim, &page, denied, "a link sent on")
            .await;
    }
    let before = Before::of(&world, &victim).await;
    let page = victim.submit(&password.form(), &[("password", PASSWORD)]).await;
    before
        .assert_denied(&world, &victim, &page, ("UL-602", "UL-602"), "a form sent on")
        .await;

    // A login that the attacker finished up to the last step, for the victim to complete.
    let asked = world.sent_to_lillekoebing(&mut attacker, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    world.arrive(&mut victim, "skolebroen").await;
    let before = Before::of(&world, &victim).await;
    let page = victim.post_from_elsewhere(&asked.acs_path(), &answer).await;
    before
        .assert_denied(&world, &victim, &page, ("UL-602", "UL-602"), "login CSRF")
        .await;
}

/// The forms of a login, each with what an honest user would fill in.
const FORMS: [(&str, &[(&str, &str)]); 6] = [
    ("name", &[("name", "sofi1234")]),
    ("choose", &[("upstream", "storkoebing")]),
    ("password", &[("password", PASSWORD)]),
    ("account", &[("account", "00000000-0000-4000-8000-000000000003")]),
    ("actor", &[("actor", "00000000-0000-4000-8000-000000000003")]),
    ("tell", &[]),
];

#[tokio::test]
async fn f05_forms_are_taken_from_our_own_pages_alone() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.type_name(&mut browser, &page, "alma1234").await;
    let token = page
        .form()
        .fields
        .iter()
        .find(|field| field.name == "form")
        .cloned();
    let token = token.unwrap().value;
    let mut other = world.visitor();
    let others = world.arrive(&mut other, "skolebroen").await.form();
    let others = others
        .fields
        .iter()
        .find(|field| field.name == "form")
        .unwrap()
        .value
        .clone();
    let login = page.url.path().trim_end_matches("/password").to_owned();
    let own = ("sec-fetch-site", "same-origin".to_owned());
    let attacks = [
        ("no token", None, vec![own.clone()]),
        ("a wrong token", Some("forkert".to_owned()), vec![own.clone()]),
        ("an empty token", Some(String::new()), vec![own.clone()]),
        ("another login's token", Some(others), vec![own]),
        (
            "cross-site",
            Some(token.clone()),
            vec![("sec-fetch-site", "cross-site".to_owned())],
        ),
        (
            "same-site",
            Some(token.clone()),
            vec![("sec-fetch-site", "same-site".to_owned())],
        ),
        (
            "another origin",
            Some(token),
            vec![("origin", "https://ondskab.example".to_owned())],
        ),
    ];
    for (form, fill) in FORMS {
        for (attack, token, headers) in &attacks {
            let mut fields: Vec<(&str, &str)> = fill.to_vec();
            fields.extend(token.as_deref().map(|token| ("form", token)));
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .finish();
            let mut headers = headers.clone();
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
            let before = Before::of(&world, &browser).await;
            let tx = browser.cookies().clone();
            let page = browser
                .odd(Odd {
                    method: Method::POST,
                    target: &format!("{login}/{form}"),
                    headers,
                    body: body.into_bytes(),
                })
                .await;
            let denied = ("UL-605", "UL-605");
            before
                .assert_denied(&world, &browser, &page, denied, &format!("{form}: {attack}"))
                .await;
            assert_eq!(page.status, StatusCode::FORBIDDEN);
            assert_eq!(browser.cookies(), &tx, "{form}: {attack}: the login moved");
        }
    }
    let done = browser.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&done), "the login is where it was");
}

#[tokio::test]
async fn f05_nobody_is_logged_out_by_a_link() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    world.log_in_as(&mut browser, &page, "alma1234").await;
    let snapshot = world.house.snapshot().await;
    let asked = browser.get("/oidc/logout").await;
    assert_eq!(world.house.snapshot().await, snapshot, "a link only asks");
    let forged = browser.submit(&asked.form(), &[("form", "forkert")]).await;
    assert_eq!(world.house.snapshot().await, snapshot, "{}", forged.body);
    browser.post_from_elsewhere("/oidc/logout", &[]).await;
    assert_eq!(world.house.snapshot().await, snapshot, "nor another site");
    browser.submit(&asked.form(), &[]).await;
    assert!(browser.session().is_none());
}

/// Every address that is looked at, in the midst of a login and with a session.
async fn looked_at(world: &Federation, browser: &mut Visitor) -> Vec<String> {
    let page = world.arrive(browser, "skolebroen").await;
    world.log_in_as(browser, &page, "alma1234").await;
    let (_, url) = world
        .request_of("skolebroen-valg", |question| question.force_authn = true)
        .await;
    let page = browser.get(&url).await;
    let login = page.url.path().trim_end_matches("/name").to_owned();
    let mut found: Vec<String> = [
        "",
        "/name",
        "/choose",
        "/choose?q=lille",
        "/password",
        "/account",
        "/actor",
        "/tell",
    ]
    .iter()
    .map(|place| format!("{login}{place}"))
    .collect();
    found.extend(
        [
            "/",
            "/support",
            "/status",
            "/?lang=en",
            "/saml/metadata",
            "/saml/metadata/lillekoebing",
            "/saml/sso",
            "/saml/acs/lillekoebing",
            "/oidc/jwks",
            "/oidc/authorize",
            "/oidc/token",
            "/oidc/userinfo",
            "/oidc/logout",
            "/oidc/callback/havnekoebing",
            "/.well-known/openid-configuration",
            "/favicon.ico",
            "/findes-ikke",
        ]
        .map(str::to_owned),
    );
    found
}

#[tokio::test]
async fn f05_looking_changes_nothing() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    for target in looked_at(&world, &mut browser).await {
        let snapshot = world.house.snapshot().await;
        for _ in 0..2 {
            let page = browser.get_once(&target).await;
            assert!(!page.status.is_server_error(), "{target}: {}", page.body);
        }
        assert_eq!(world.house.snapshot().await, snapshot, "{target}");
    }
}

/// Rows F07, F10 and F11: what every answer bears.
#[tokio::test]
async fn every_page_keeps_to_itself() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    for target in looked_at(&world, &mut browser).await {
        let page = browser.get_once(&target).await;
        let header = |name: &str| {
            let value = page.headers.get(name);
            value
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        assert!(
            header("strict-transport-security").contains("max-age="),
            "{target}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{target}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{target}");
        assert_eq!(header("access-control-allow-credentials"), "", "{target}");
        if header("content-type").starts_with("text/html") {
            assert!(header("cache-control").contains("no-store"), "{target}");
            assert_eq!(header("x-frame-options"), "DENY", "{target}");
            let policy = header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{target}");
            assert!(
                !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"),
                "{target}"
            );
            assert!(
                header("cross-origin-opener-policy").contains("same-origin"),
                "{target}"
            );
            assert!(!header("permissions-policy").is_empty(), "{target}");
            assert!(
                !page.body.contains(" style=\"") && !page.body.contains(" onclick="),
                "{target}"
            );
        }
        for set in page.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            for mark in ["__Host-", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
                assert!(set.contains(mark), "{target}: {set}");
            }
        }
    }
}

#[tokio::test]
async fn f11_only_registered_origins_are_let_in_and_never_with_cookies() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    for (origin, allowed) in [
        ("https://laesehesten.example", true),
        ("https://ondskab.example", false),
        ("https://laesehesten.example.ondskab.example", false),
        ("null", false),
    ] {
        for target in ["/oidc/userinfo", "/oidc/token"] {
            let page = browser
                .odd(Odd {
                    method: Method::OPTIONS,
                    target,
                    headers: vec![
                        ("origin", origin.to_owned()),
                        ("access-control-request-method", "POST".to_owned()),
                    ],
                    body: Vec::new(),
                })
                .await;
            let answer = page.headers.get("access-control-allow-origin");
            assert_eq!(
                answer.is_some_and(|answer| answer == origin),
                allowed,
                "{origin} at {target}"
            );
            assert!(answer.is_none_or(|answer| answer != "*"));
            assert!(!page.headers.contains_key("access-control-allow-credentials"));
        }
    }
}

#[tokio::test]
async fn f08_our_name_is_configuration() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    for host in [
        "ondskab.example",
        "login.example.ondskab.example",
        "login.example:8443",
        "",
        "127.0.0.1",
    ] {
        let before = Before::of(&world, &browser).await;
        let page = browser
            .odd(Odd {
                method: Method::GET,
                target: "/.well-known/openid-configuration",
                headers: vec![("host", host.to_owned())],
                body: Vec::new(),
            })
            .await;
        before
            .assert_denied(&world, &browser, &page, ("UL-608", "UL-608"), host)
            .await;
        assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST);
    }
    let poisoned = |target| Odd {
        method: Method::GET,
        target,
        headers: vec![
            ("x-forwarded-host", "ondskab.example".to_owned()),
            ("x-forwarded-proto", "http".to_owned()),
            ("x-forwarded-for", "192.0.2.66".to_owned()),
            (
                "forwarded",
                "host=ondskab.example;proto=http;for=192.0.2.66".to_owned(),
            ),
            ("x-original-url", "/ondskab".to_owned()),
        ],
        body: Vec::new(),
    };
    for target in [
        "/",
        "/.well-known/openid-configuration",
        "/saml/metadata",
        "/findes-ikke",
    ] {
        let page = browser.odd(poisoned(target)).await;
        assert!(!page.body.contains("ondskab"), "{target}");
        assert!(!page.body.contains("http://login"), "{target}");
    }
    let discovery = json(&browser.odd(poisoned("/.well-known/openid-configuration")).await);
    assert_eq!(discovery["issuer"], ORIGIN);
    let rows = world.house.audit().await;
    assert!(
        rows.iter()
            .all(|row| row.client_prefix.as_deref() != Some("192.0.2.0/24"))
    );
}

#[tokio::test]
async fn f09_nobody_is_sent_to_where_a_request_says() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let evil = "https://ondskab.example/";
    let page = world.arrive(&mut browser, "skolebroen").await;
    let login = page.url.path().trim_end_matches("/name").to_owned();
    for target in [
        format!("/?next={evil}"),
        format!("/?lang={evil}"),
        format!("{login}/name?next={evil}&lang=en"),
        format!("{login}/choose?q={evil}"),
        format!("/oidc/logout?post_logout_redirect_uri={evil}"),
        format!("/oidc/logout?post_logout_redirect_uri={evil}&client_id=laesehesten"),
        format!("/oidc/logout?post_logout_redirect_uri={evil}&client_id=laesehesten&state=x"),
        format!("/saml/sso?RelayState={evil}"),
        "//ondskab.example/".to_owned(),
        "/\\ondskab.example/".to_owned(),
    ] {
        let Ok(_) = target.parse::<axum::http::Uri>() else {
            continue;
        };
        let page = browser
            .odd(Odd {
                method: Method::GET,
                target: &target,
                headers: Vec::new(),
                body: Vec::new(),
            })
            .await;
        let location = page
            .headers
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        assert!(
            location.as_deref().is_none_or(|to| !to.contains("ondskab")),
            "{target}: {location:?}"
        );
        assert!(
            !html::links(&page.body).iter().any(|link| link.starts_with(evil)),
            "{target}"
        );
        let to_evil = html::forms(&page.body)
            .into_iter()
            .any(|form| form.action.starts_with(evil));
        assert!(!to_evil, "{target}");
    }
    // RelayState is the service's own and goes to its registered address alone.
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let evil_relay: Vec<_> = answer
        .iter()
        .map(|(name, value)| {
            let value = if name == "RelayState" {
                evil
            } else {
                value.as_str()
            };
            (name.clone(), value.to_owned())
        })
        .collect();
    let page = browser.post_from_elsewhere(&asked.acs_path(), &evil_relay).await;
    assert!(page.status.is_client_error() && leads_to(&page).is_none());
}

#[tokio::test]
async fn f13_the_next_person_at_the_computer_starts_from_nothing() {
    let world = Federation::start().await;
    let mut shared = world.visitor();
    let page = world.arrive(&mut shared, "skolebroen").await;
    let alma = world.log_in_as(&mut shared, &page, "alma1234").await;
    let almas = shared.session().unwrap().clone();
    let name_of = |page: &Page| {
        let xml = answer_in(page).1;
        let (_, rest) = xml.split_once("<saml:NameID").unwrap();
        let (_, rest) = rest.split_once('>').unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };

    let (_, url) = world
        .request_of("skolebroen", |question| question.force_authn = true)
        .await;
    let page = shared.get(&url).await;
    // Sofie begins, and gives up: Alma's session is as it was, and nobody is mixed up.
    let (_, passive) = world
        .request_of("skolebroen", |question| question.is_passive = true)
        .await;
    let again = shared.clone().get(&passive).await;
    assert_eq!(name_of(&again), name_of(&alma));

    let sofie = world.log_in_as(&mut shared, &page, "sofi1234").await;
    assert_ne!(name_of(&sofie), name_of(&alma));
    assert_ne!(shared.session(), Some(&almas));
    let (_, passive) = world
        .request_of("skolebroen", |question| question.is_passive = true)
        .await;
    assert_eq!(name_of(&shared.clone().get(&passive).await), name_of(&sofie));
    let mut with_almas = world.visitor();
    with_almas
        .cookies_mut()
        .insert("__Host-session".to_owned(), almas);
    let (_, passive) = world
        .request_of("skolebroen", |question| question.is_passive = true)
        .await;
    let page = with_almas.get(&passive).await;
    assert!(!is_logged_in(&page), "Alma's session is over");
}

thread_local! {
    /// What is logged on this thread, where somebody listens.
    static LOGGED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes to [`LOGGED`].
struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| {
            if let Some(logged) = logged {
                logged.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens on this thread. One subscriber for all of them: scoped ones race for the callsites.
fn listen() {
    LOGGED.set(Some(Vec::new()));
    let here = dynamic_filter_fn(|_, _| {
        LOGGED
            .try_with(|logged| logged.try_borrow().is_ok_and(|logged| logged.is_some()))
            .unwrap_or(false)
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(|| Kept);
    tracing_subscriber::registry()
        .with(lines.with_filter(here))
        .try_init()
        .unwrap();
}

#[tokio::test]
async fn l01_nothing_secret_or_personal_gets_out() {
    listen();
    let world = Federation::start().await;
    let mut pages: Vec<Page> = Vec::new();
    let mut secrets: Vec<String> = Vec::new();

    // A CPR number, right and wrong, by the national eID; and one by somebody who may not.
    for cpr in ["0302821002", "0101010101", "ikke et nummer"] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world.type_name(&mut browser, &page, "bente@mitid.example").await;
        let question = world.mitid.read(&page);
        let mut claims = world.mitid.claims(&question, world.house.now());
        claims["dk.cpr"] = cpr.into();
        world.mitid.will_say(&claims).await;
        pages.push(browser.get(&world.mitid.way_back(&question)).await);
        secrets.extend(browser.session().cloned());
    }
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "0201851001", world.house.now())
        .await;
    pages.push(browser.post_from_elsewhere(&asked.acs_path(), &answer).await);

    // Passwords, right and wrong; a code and its tokens; a client's secret.
    let client = world.client("laesehesten");
    let page = browser.get(&client.request(&[])).await;
    let page = world.type_name(&mut browser, &page, "alma1234").await;
    let wrong = browser
        .submit(&page.form(), &[("password", "kanariefugl-77")])
        .await;
    let done = browser.submit(&wrong.form(), &[("password", PASSWORD)]).await;
    let code = client.answer(&done)["code"].clone();
    let tokens = client.redeem(&browser, &code).await;
    secrets.push(json(&tokens)["access_token"].as_str().unwrap().to_owned());
    secrets.push(json(&tokens)["id_token"].as_str().unwrap().to_owned());
    secrets.extend(browser.session().cloned());
    secrets.push(code);
    pages.extend([wrong, client.redeem(&browser, "x").await]);

    let canaries = [
        "0302821002",
        "0101010101",
        "ikke et nummer",
        "0201851001",
        "kanariefugl-77",
        PASSWORD,
        SECRET,
    ];
    secrets.extend(canaries.map(str::to_owned));
    let logged = String::from_utf8(LOGGED.take().unwrap()).unwrap();
    assert!(
        logged.contains("login finished") && logged.contains("login refused"),
        "something was logged: {} bytes",
        logged.len()
    );
    let audited = format!("{:?}", world.house.audit().await);
    for secret in &secrets {
        assert!(!audited.contains(secret.as_str()), "{secret} in the audit trail");
        for page in pages.iter().filter(|page| page.refusal_code().is_some()) {
            assert!(
                !page.body.contains(secret.as_str()),
                "{secret} on a page: {}",
                page.body
            );
            assert!(
                !page.url.as_str().contains(secret.as_str()),
                "{secret} in an address"
            );
        }
        let lines: Vec<_> = logged
            .lines()
            .filter(|line| line.contains(secret.as_str()) && line.contains("portner"))
            .collect();
        assert!(lines.is_empty(), "{secret} in the log: {lines:#?}");
    }
}

/// F10: an address of ours names services and logins, never people.
#[tokio::test]
async fn f10_no_address_says_who_is_there() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let mut page = world.arrive(&mut browser, "skolebroen").await;
    let mut addresses = vec![page.url.to_string()];
    for fill in [[("name", "alma1234")], [("password", PASSWORD)]] {
        let body = body_of(&page.form(), &fill);
        assert!(!body.is_empty());
        let once = browser.submit_once(&page.form(), &fill).await;
        addresses.extend(leads_to(&once).map(|url| url.to_string()));
        page = browser.follow(once).await;
    }
    for address in addresses {
        for word in ["alma", "Alma", "Lund", "1000001203", PASSWORD] {
            assert!(!address.contains(word), "{word} in {address}");
        }
    }
}
