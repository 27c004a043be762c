//! Whatever is sent to whichever address: no 500, no hang, no plain text of the framework's.

use axum::http::{Method, StatusCode};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::world::federation::Federation;
use crate::world::visitor::{Odd, Visitor};

const PLACES: [&str; 22] = [
    "/",
    "/support",
    "/status",
    "/assets/x",
    "/favicon.ico",
    "/saml/sso",
    "/saml/metadata",
    "/saml/metadata/x",
    "/saml/acs/lillekoebing",
    "/saml/acs/x",
    "/oidc/authorize",
    "/oidc/token",
    "/oidc/userinfo",
    "/oidc/jwks",
    "/oidc/logout",
    "/oidc/callback/havnekoebing",
    "/.well-known/openid-configuration",
    "/login/skolebroen/x",
    "{login}/name",
    "{login}/choose",
    "{login}/password",
    "{login}/tell",
];

/// Where deliveries and messages of programs go, and pages that people log in to.
const OTHERS: [&str; 12] = [
    "/import",
    "/oidc/par",
    "/oidc/revoke",
    "/oidc/introspect",
    "/oidc/backchannel/havnekoebing",
    "/saml/slo",
    "/saml/soap/slo",
    "/min-side/logget-ind",
    "/faa-adgang",
    "/elevadgang/101001",
    "/administration/101001/tilknytninger",
    "/skole",
];

const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND",
];

/// Contents and the names that they come under.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let form = "application/x-www-form-urlencoded";
    vec![
        (form, Vec::new()),
        (form, b"=".to_vec()),
        (form, b"&&&&=&=&%&%zz%ff%00".to_vec()),
        (
            form,
            b"SAMLRequest=%FF%FE&SAMLResponse=PHg+&RelayState=a/b&state=a.b.c&code=x".to_vec(),
        ),
        (form, vec![0xff; 4_096]),
        (form, "a=1&".repeat(50_000).into_bytes()),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--".to_vec()),
        ("application/json", b"{\"a\":".to_vec()),
        ("text/xml", b"<!DOCTYPE x><x/>".to_vec()),
        ("", b"x".to_vec()),
    ]
}

async fn assert_calm(browser: &Visitor, method: &str, target: &str, kind: &str, body: Vec<u8>) {
    let mut browser = browser.clone();
    let mut headers = vec![("sec-fetch-site", "same-origin".to_owned())];
    if !kind.is_empty() {
        headers.push(("content-type", kind.to_owned()));
    }
    let length = body.len();
    let page = browser
        .odd(Odd {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            target,
            headers,
            body,
        })
        .await;
    let what = format!("{method} {target} with {length} bytes of {kind:?}");
    assert!(
        !page.status.is_server_error(),
        "{what}: {} {}",
        page.status,
        page.body
    );
    let is_page = page.body.starts_with("<!DOCTYPE html>") || page.body.starts_with("<!doctype html>");
    let is_data = page.body.starts_with(['{', '<']) || page.body.is_empty();
    let is_asset_or_told = is_page || is_data;
    assert!(is_asset_or_told, "{what}: {} {:?}", page.status, page.body);
    for word in ["panicked", "Failed to", "axum", "stack backtrace"] {
        assert!(!page.body.contains(word), "{what}: {word}");
    }
}

async fn browser_in_a_login(world: &Federation) -> (Visitor, String) {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let login = page.url.path().trim_end_matches("/name").to_owned();
    (browser, login)
}

#[tokio::test]
async fn odd_methods_and_contents_are_answered_calmly_everywhere() {
    let world = Federation::start().await;
    let (browser, login) = browser_in_a_login(&world).await;
    for place in PLACES.into_iter().chain(OTHERS) {
        let target = place.replace("{login}", &login);
        for method in METHODS {
            assert_calm(&browser, method, &target, "", Vec::new()).await;
        }
        for (kind, body) in bodies() {
            assert_calm(&browser, "POST", &target, kind, body).await;
        }
    }
}

#[tokio::test]
async fn too_much_is_too_much_everywhere() {
    let world = Federation::start().await;
    let (mut browser, login) = browser_in_a_login(&world).await;
    for place in PLACES {
        let target = place.replace("{login}", &login);
        let page = browser
            .odd(Odd {
                method: Method::POST,
                target: &target,
                headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
                body: vec![b'a'; 2 * 1024 * 1024],
            })
            .await;
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE, "{target}");
        // Programs are told in their own words, everybody else by the page.
        if page.body.starts_with('{') {
            assert!(page.body.contains("\"error\""), "{target}: {}", page.body);
            assert!(place.starts_with("/oidc/"), "{target} is no place for programs");
        } else {
            assert_eq!(page.refusal_code().as_deref(), Some("UL-607"), "{target}");
        }
    }
}

#[tokio::test]
async fn too_much_is_blamed_on_whom_it_comes_from() {
    let world = Federation::start().await;
    let (mut browser, login) = browser_in_a_login(&world).await;
    for (target, blame) in [
        ("/saml/acs/lillekoebing", "hos det login, du valgte"),
        ("/oidc/callback/havnekoebing", "hos det login, du valgte"),
        ("/saml/sso", "hos tjenesten"),
        ("/oidc/authorize", "hos tjenesten"),
        (&format!("{login}/name"), "Du kan selv løse det"),
    ] {
        let page = browser
            .odd(Odd {
                method: Method::POST,
                target,
                headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
                body: vec![b'a'; 2 * 1024 * 1024],
            })
            .await;
        assert!(page.body.contains(blame), "{target}: {}", page.body);
    }
}

#[tokio::test]
async fn random_requests_are_answered_calmly() {
    let world = Federation::start().await;
    let (browser, login) = browser_in_a_login(&world).await;
    let mut runner = TestRunner::deterministic();
    let path = "/[a-zA-Z0-9._~!$&'()*+,;=:@%/-]{0,40}";
    let query = "[a-zA-Z0-9._~=&%+-]{0,60}";
    let body = proptest::collection::vec(any::<u8>(), 0..600);
    let field = prop::sample::select(vec![
        "SAMLResponse",
        "SAMLRequest",
        "RelayState",
        "state",
        "code",
        "form",
        "name",
        "password",
        "q",
        "client_id",
        "grant_type",
        "id_token_hint",
    ]);
    let strategy = (path, query, body, field, prop::sample::select(PLACES.to_vec()));
    for _ in 0..400 {
        let (path, query, body, field, place) = strategy.new_tree(&mut runner).unwrap().current();
        let place = place.replace("{login}", &login);
        let encoded = data_encoding::BASE64.encode(&body);
        let filled = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(field, &encoded)
            .append_pair(field, &String::from_utf8_lossy(&body))
            .finish();
        let form = "application/x-www-form-urlencoded";
        assert_calm(&browser, "POST", &place, form, body).await;
        assert_calm(&browser, "POST", &place, form, filled.clone().into_bytes()).await;
        assert_calm(&browser, "GET", &format!("{place}?{query}"), "", Vec::new()).await;
        assert_calm(&browser, "GET", &format!("{place}?{filled}"), "", Vec::new()).await;
        if path.parse::<axum::http::Uri>().is_ok() {
            assert_calm(&browser, "GET", &path, "", Vec::new()).await;
        }
    }
}

#[tokio::test]
async fn junk_that_belongs_to_no_login_fills_no_audit_trail() {
    let world = Federation::start().await;
    let (mut browser, _) = browser_in_a_login(&world).await;
    let before = world.house.audit().await.len();
    let host = |host: &str| ("host", host.to_owned());
    let elsewhere = || vec![host("ondskab.example")];
    let large = vec![b'a'; 2 * 1024 * 1024];
    for (target, headers, body) in [
        ("/wp-login.php", Vec::new(), Vec::new()),
        ("/%2e%2e/etc/passwd", Vec::new(), Vec::new()),
        ("/login/x/y/name", Vec::new(), Vec::new()),
        ("/saml/metadata/x", Vec::new(), Vec::new()),
        ("/", elsewhere(), Vec::new()),
        ("/findes-ikke", elsewhere(), Vec::new()),
        ("/findes-ikke", Vec::new(), large),
    ] {
        let page = browser
            .odd(Odd {
                method: Method::GET,
                target,
                headers,
                body,
            })
            .await;
        assert!(page.status.is_client_error(), "{target}: {}", page.status);
        assert!(page.refusal_code().is_some(), "{target}");
    }
    assert_eq!(world.house.audit().await.len(), before);
    let metrics = world.house.portner.metrics.render();
    for counted in ["\"UL-606\"} 4", "\"UL-607\"} 1", "\"UL-608\"} 2"] {
        assert!(metrics.contains(counted), "{counted} is not in\n{metrics}");
    }
}
