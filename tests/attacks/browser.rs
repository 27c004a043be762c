//! What every answer bears, and whose name we go by (F07 to F11).

use axum::http::{Method, StatusCode};

use super::Before;
use super::csrf::looked_at;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::{ORIGIN, PASSWORD};
use crate::world::html;
use crate::world::oidc_client::json;
use crate::world::visitor::{Odd, body_of, leads_to};

#[tokio::test]
async fn every_page_keeps_to_itself() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    for target in looked_at(&world, &mut browser).await {
        let page = browser.get_once(&target).await;
        assert_keeps_to_itself(&page, &target);
    }
}

/// Rows F07, F10 and F11: what every answer bears.
pub(crate) fn assert_keeps_to_itself(page: &Page, target: &str) {
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

/// Everything that a login library in a page fetches: description, keys, tokens, userinfo.
#[tokio::test]
async fn f11_a_page_of_a_registered_origin_goes_all_the_way() {
    let world = Federation::start().await;
    let client = world.client("aaben");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let mut form = client.redemption(&client.answer(&page)["code"]);
    form.push(("client_id", "aaben".to_owned()));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form)
        .finish();
    let fetch = async |origin: &str, method: Method, target: &str, token: Option<&str>, body: &str| {
        let mut headers = vec![
            ("origin", origin.to_owned()),
            ("sec-fetch-site", "cross-site".to_owned()),
        ];
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
        let mut page = world.visitor();
        let body = body.as_bytes().to_vec();
        page.odd(Odd {
            method,
            target,
            headers,
            body,
        })
        .await
    };
    let readable = |page: &Page, origin: &str| {
        assert!(!page.headers.contains_key("access-control-allow-credentials"));
        let vary = page.headers.get_all("vary").iter().any(|value| value == "origin");
        assert!(vary, "{}: a cache must not mix origins", page.url);
        let allowed = page.headers.get("access-control-allow-origin");
        allowed.is_some_and(|allowed| allowed == origin)
    };
    let (ours, others) = ("https://aaben.example", "https://ondskab.example");
    let described = "/.well-known/openid-configuration";
    for target in [described, "/.well-known/oauth-authorization-server", "/oidc/jwks"] {
        let page = fetch(ours, Method::GET, target, None, "").await;
        assert!(page.status.is_success() && readable(&page, ours), "{target}");
        let page = fetch(others, Method::GET, target, None, "").await;
        assert!(!readable(&page, others), "{target}");
        let asked = fetch(ours, Method::OPTIONS, target, None, "").await;
        assert!(asked.status.is_success() && readable(&asked, ours), "{target}");
    }
    let tokens = fetch(ours, Method::POST, "/oidc/token", None, &body).await;
    assert!(
        tokens.status.is_success() && readable(&tokens, ours),
        "{}",
        tokens.body
    );
    let token: serde_json::Value = serde_json::from_str(&tokens.body).unwrap();
    let token = token["access_token"].as_str().unwrap();
    let told = fetch(ours, Method::GET, "/oidc/userinfo", Some(token), "").await;
    assert!(told.status.is_success() && readable(&told, ours));
    assert!(!readable(
        &fetch(others, Method::GET, "/oidc/userinfo", Some(token), "").await,
        others
    ));
    let refused = fetch(ours, Method::POST, "/oidc/token", None, &body).await;
    assert!(
        refused.status.is_client_error() && readable(&refused, ours),
        "errors can be read too"
    );
    // Pages are for people, and no script of another origin reads them.
    for target in ["/", "/logout", "/oidc/authorize?client_id=aaben"] {
        let page = fetch(ours, Method::GET, target, None, "").await;
        assert!(
            !page.headers.contains_key("access-control-allow-origin"),
            "{target}"
        );
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

#[tokio::test]
async fn f08_two_hosts_are_one_too_many() {
    let world = Federation::start().await;
    for second in ["ondskab.example", "login.example"] {
        let request = axum::http::Request::get("/")
            .header("host", "login.example")
            .header("host", second)
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = tower::ServiceExt::oneshot(world.house.router.clone(), request).await;
        assert_eq!(answer.unwrap().status(), StatusCode::BAD_REQUEST, "{second}");
    }
}

#[tokio::test]
async fn a_flood_of_junk_does_not_fill_the_trail_and_is_counted() {
    let world = Federation::start().await;
    let browser = world.visitor();
    let junk = async |target: &str, host: &str, size: usize| {
        browser
            .clone()
            .odd(Odd {
                method: Method::POST,
                target,
                headers: vec![("host", host.to_owned())],
                body: vec![b'a'; size],
            })
            .await
    };
    for target in ["/saml/acs/x", "/oidc/authorize", "/login/x/y"] {
        for _ in 0..20 {
            let page = junk(target, "ondskab.example", 1).await;
            assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST);
        }
    }
    let page = junk("/saml/sso", "login.example", 2_000_000).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let audit = world.house.audit().await;
    assert_eq!(audit.len(), 11, "ten of the one kind, one of the other");
    assert!(audit.iter().all(|row| row.act == "login.refused"));

    world.house.wait(jiff::SignedDuration::from_mins(2));
    junk("/saml/acs/x", "ondskab.example", 1).await;
    let audit = world.house.audit().await;
    let more = audit.iter().find(|row| row.act == "refused.more").unwrap();
    let details: serde_json::Value = serde_json::from_str(&more.details).unwrap();
    assert_eq!(details["code"], "UL-608");
    assert_eq!(details["times"], 50);
    assert_eq!(audit.len(), 13);
}
