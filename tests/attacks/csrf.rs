//! Forms and links of other sites, and what looking changes (F05).

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};

use super::Before;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::oidc_client::json;
use crate::world::visitor::{Odd, Visitor};

/// The forms of a login, each with what an honest user would fill in.
const FORMS: [(&str, &[(&str, &str)]); 13] = [
    ("name", &[("name", "sofi1234")]),
    ("choose", &[("upstream", "storkoebing")]),
    ("password", &[("password", PASSWORD)]),
    ("account", &[("account", "00000000-0000-4000-8000-000000000003")]),
    ("actor", &[("actor", "00000000-0000-4000-8000-000000000003")]),
    ("tell", &[]),
    ("new-password", &[("do", "change")]),
    ("runs-out", &[("do", "now")]),
    ("change", &[("do", "learnt")]),
    ("changed", &[]),
    ("forgotten", &[]),
    ("teacher-picture", &[("pick", "x")]),
    ("adult", &[("do", "cancel")]),
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
    assert!(browser.session().is_some(), "the cookie is where it was");
    for mark in [None, Some(("portner_reposted".to_owned(), "1".to_owned()))] {
        let fields: Vec<_> = mark.into_iter().collect();
        browser.post_from_elsewhere_once("/oidc/logout", &fields).await;
        assert!(browser.session().is_some(), "{fields:?}");
    }
    browser.submit(&asked.form(), &[]).await;
    assert!(browser.session().is_none());
}

/// Everybody has an ID token of their own; it ends nobody else's session.
#[tokio::test]
async fn f05_nobody_is_logged_out_by_anothers_token() {
    let world = Federation::start().await;
    let (mut attacker, mut victim) = (world.visitor(), world.visitor());
    let client = world.client("laesehesten");
    let tokens = async |browser: &mut Visitor, name: &str| {
        let page = browser.get(&client.request(&[])).await;
        let page = world.log_in_as(browser, &page, name).await;
        let page = client.redeem(browser, &client.answer(&page)["code"]).await;
        json(&page)["id_token"].as_str().unwrap().to_owned()
    };
    let attackers = tokens(&mut attacker, "sofi1234").await;
    let own = tokens(&mut victim, "alma1234").await;
    world.house.wait(jiff::SignedDuration::from_mins(2));
    let earlier = tokens(&mut world.visitor(), "alma1234").await;
    let snapshot = world.house.snapshot().await;
    for hint in [&attackers, &earlier] {
        for more in ["", "&client_id=laesehesten"] {
            let url = format!("/oidc/logout?id_token_hint={hint}{more}");
            let asked = victim.get(&url).await;
            assert_eq!(world.house.snapshot().await, snapshot, "another's token");
            assert_eq!(asked.form().method, "post", "she is asked");
            let fields = [("id_token_hint".to_owned(), hint.clone())];
            victim.post_from_elsewhere("/oidc/logout", &fields).await;
            assert_eq!(world.house.snapshot().await, snapshot, "posted");
        }
    }
    victim.get(&format!("/oidc/logout?id_token_hint={own}")).await;
    assert!(victim.session().is_none(), "her own token is her own word");
}

/// The router's own table: each path of the very router that answers, and the methods that it takes.
/// It has no list of its own that could be asked for; what it says of itself for programmers does.
pub(crate) fn routes(world: &Federation) -> Vec<(String, Vec<&'static str>)> {
    const METHODS: [&str; 7] = ["get", "post", "put", "delete", "patch", "options", "head"];
    let said = format!("{:?}", world.house.router);
    let (table, _) = said.split_once("fallback_router").unwrap();
    let (handlers, addresses) = table.split_once("node: Node { paths: {").unwrap();
    let numbered = |text: &'_ str| -> Vec<(usize, String)> {
        let one = |one: &str| {
            let (number, rest) = one.split_once(')').unwrap();
            (number.parse().unwrap(), rest.to_owned())
        };
        text.split("RouteId(").skip(1).map(one).collect()
    };
    let taken: BTreeMap<usize, String> = numbered(handlers).into_iter().collect();
    let found = numbered(addresses).into_iter().map(|(number, address)| {
        let path = address.split('"').nth(1).unwrap().to_owned();
        let serves = |method: &&str| !taken[&number].contains(&format!("{method}: None"));
        let methods: Vec<&'static str> = METHODS.into_iter().filter(serves).collect();
        (path, methods)
    });
    let mut routes: Vec<_> = found.collect();
    routes.sort();
    assert_eq!(routes.len(), taken.len(), "{said}");
    for known in [
        "/",
        "/import",
        "/saml/sso",
        "/administration/{institution}/nye/koder",
    ] {
        let methods = routes
            .iter()
            .find(|(path, _)| path == known)
            .map(|(_, methods)| methods);
        let methods = methods.unwrap_or_else(|| panic!("{known} is not in {routes:?}"));
        assert!(
            methods.len() == 1 || methods.contains(&"get"),
            "{known}: {methods:?}"
        );
    }
    routes
}

/// Addresses that take messages of other sites and programs; each has its own proof instead of our form's.
const MESSAGES: [(&str, &str); 25] = [
    ("/saml/sso", "a signed request"),
    (
        "/saml/acs/{upstream}",
        "a signed answer to this browser's request",
    ),
    ("/oidc/authorize", "a request of a registered client"),
    ("/oidc/callback/{upstream}", "the state of this browser's login"),
    ("/oidc/token", "the client's secret"),
    ("/oidc/par", "the client's secret"),
    ("/oidc/introspect", "the client's secret"),
    ("/oidc/revoke", "the client's secret"),
    (
        "/auth/realms/broker/protocol/openid-connect/token/introspect",
        "as /oidc/introspect",
    ),
    (
        "/auth/realms/broker/protocol/openid-connect/revoke",
        "as /oidc/revoke",
    ),
    (
        "/auth/realms/broker/protocol/openid-connect/ext/par/request",
        "as /oidc/par",
    ),
    ("/oidc/userinfo", "an access token"),
    ("/oidc/logout", "an ID token of this session, or our own form"),
    ("/oidc/backchannel-authentication", "the client's secret"),
    (
        "/auth/realms/broker/protocol/openid-connect/ext/ciba/auth",
        "as /oidc/backchannel-authentication",
    ),
    ("/saml/slo", "a signed message"),
    ("/saml/soap/slo", "a signed message"),
    ("/saml/slo/{upstream}", "a signed message"),
    ("/saml/soap/slo/{upstream}", "a signed message"),
    ("/oidc/backchannel/{upstream}", "a signed logout token"),
    (
        "/auth/realms/broker/protocol/openid-connect/auth",
        "as /oidc/authorize",
    ),
    (
        "/auth/realms/broker/protocol/openid-connect/token",
        "as /oidc/token",
    ),
    (
        "/auth/realms/broker/protocol/openid-connect/userinfo",
        "as /oidc/userinfo",
    ),
    (
        "/auth/realms/broker/protocol/openid-connect/logout",
        "as /oidc/logout",
    ),
    ("/import", "the deliverer's token or certificate"),
];

#[tokio::test]
async fn f05_every_route_that_changes_something_has_a_lock() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    world.log_in_as(&mut browser, &page, "alma1234").await;
    let (_, url) = world
        .request_of("skolebroen-valg", |question| question.force_authn = true)
        .await;
    let login = browser.get(&url).await;
    let login = login.url.path().trim_end_matches("/name").to_owned();
    let forms: Vec<_> = FORMS.iter().map(|(form, _)| *form).collect();
    for (path, methods) in routes(&world) {
        let changing = methods.iter().any(|method| !["get", "options"].contains(method));
        if !changing {
            continue;
        }
        if let Some(form) = path.strip_prefix("/login/{service}/{tx}/") {
            assert!(forms.contains(&form), "{path} is tried with every attack above");
        } else if crate::desk::everywhere::is_our_own(&path) {
            // With its own people, and the token of its own form, in `tests/desk/everywhere.rs`.
        } else {
            assert!(
                MESSAGES.iter().any(|(known, _)| *known == path),
                "{path}: how does it know that nobody else sent it?"
            );
        }
        let target = path
            .replace("/login/{service}/{tx}", &login)
            .replace("{upstream}", "lillekoebing");
        let snapshot = world.house.snapshot().await;
        for fields in [
            Vec::new(),
            vec![
                ("form".to_owned(), "x".to_owned()),
                ("portner_reposted".to_owned(), "1".to_owned()),
                ("client_id".to_owned(), "laesehesten".to_owned()),
            ],
        ] {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .finish();
            let mut victim = browser.clone();
            let page = victim
                .odd(Odd {
                    method: Method::POST,
                    target: &target,
                    headers: vec![
                        ("sec-fetch-site", "cross-site".to_owned()),
                        ("origin", "https://ondskab.example".to_owned()),
                        ("content-type", "application/x-www-form-urlencoded".to_owned()),
                    ],
                    body: body.into_bytes(),
                })
                .await;
            assert!(!page.status.is_server_error(), "{target}: {}", page.body);
            assert!(!is_logged_in(&page), "{target}");
            assert_eq!(victim.session(), browser.session(), "{target}");
            assert_eq!(world.house.snapshot().await, snapshot, "{target}");
            if path.starts_with("/login/") {
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{target}");
            }
        }
    }
}

/// Every address that can be looked at, in the midst of a login and with a session: the router's own
/// table, and variants.
pub(crate) async fn looked_at(world: &Federation, browser: &mut Visitor) -> Vec<String> {
    let page = world.arrive(browser, "skolebroen").await;
    world.log_in_as(browser, &page, "alma1234").await;
    let (_, url) = world
        .request_of("skolebroen-valg", |question| question.force_authn = true)
        .await;
    let page = browser.get(&url).await;
    let login = page.url.path().trim_end_matches("/name").to_owned();
    let place = |path: &str| {
        let upstream = if path.starts_with("/oidc") {
            "havnekoebing"
        } else {
            "lillekoebing"
        };
        path.replace("/login/{service}/{tx}", &login)
            .replace("{upstream}", upstream)
            .replace("{file}", "site.css")
    };
    let mut found: Vec<String> = routes(world).iter().map(|(path, _)| place(path)).collect();
    found.push(place("/login/{service}/{tx}/choose?q=lille"));
    found.extend(["/?lang=en", "/findes-ikke"].map(str::to_owned));
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
