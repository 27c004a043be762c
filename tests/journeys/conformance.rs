//! The modules of the OpenID Foundation's certification profiles for providers, played as our
//! own tests: Basic OP, Form Post OP (the same with `form_post`), Config OP, and logout: RP-initiated,
//! back channel and front channel. [`MODULES`] says which test stands for which module of the suite.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use portner::oidc::jwk::{JwsAlgorithm, KeySet};
use portner::oidc::jws::{self, TokenType};
use serde_json::{Value, json};

use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::ORIGIN;
use crate::world::oidc_client::{OidcClient, SECRET, id_token, json, post_as_program, text_of, userinfo};
use crate::world::visitor::{Visitor, leads_to};

/// Module of the suite, and the test of this file, of `single_logout.rs` or of `tests/attacks`
/// that plays it.
const MODULES: [(&str, &str); 54] = [
    ("oidcc-server", "server_and_id_token_signature"),
    (
        "oidcc-response-type-missing",
        "a_request_that_is_wrong_is_told_so",
    ),
    ("oidcc-idtoken-signature", "server_and_id_token_signature"),
    ("oidcc-idtoken-unsigned", "the_discovery_document_is_true"),
    ("oidcc-userinfo-get", "userinfo_by_get_header_and_body"),
    ("oidcc-userinfo-post-header", "userinfo_by_get_header_and_body"),
    ("oidcc-userinfo-post-body", "userinfo_by_get_header_and_body"),
    (
        "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
        "optional_parameters_may_be_left_out",
    ),
    (
        "oidcc-scope-profile",
        "scopes_and_claims_are_answered_as_released",
    ),
    ("oidcc-scope-email", "scopes_and_claims_are_answered_as_released"),
    (
        "oidcc-scope-address",
        "scopes_and_claims_are_answered_as_released",
    ),
    ("oidcc-scope-phone", "scopes_and_claims_are_answered_as_released"),
    ("oidcc-scope-all", "scopes_and_claims_are_answered_as_released"),
    (
        "oidcc-ensure-other-scope-order-succeeds",
        "scopes_and_claims_are_answered_as_released",
    ),
    (
        "oidcc-display-page",
        "parameters_that_ask_for_looks_change_nothing_else",
    ),
    (
        "oidcc-display-popup",
        "parameters_that_ask_for_looks_change_nothing_else",
    ),
    (
        "oidcc-prompt-login",
        "prompt_login_asks_again_and_auth_time_moves",
    ),
    ("oidcc-prompt-none-not-logged-in", "prompt_none_answers_at_once"),
    ("oidcc-prompt-none-logged-in", "prompt_none_answers_at_once"),
    ("oidcc-max-age-1", "max_age_is_kept"),
    ("oidcc-max-age-10000", "max_age_is_kept"),
    (
        "oidcc-ensure-request-with-unknown-parameter-succeeds",
        "parameters_that_ask_for_looks_change_nothing_else",
    ),
    ("oidcc-id-token-hint", "hints_are_taken"),
    ("oidcc-login-hint", "hints_are_taken"),
    (
        "oidcc-ui-locales",
        "parameters_that_ask_for_looks_change_nothing_else",
    ),
    (
        "oidcc-claims-locales",
        "parameters_that_ask_for_looks_change_nothing_else",
    ),
    (
        "oidcc-ensure-request-with-acr-values-succeeds",
        "parameters_that_ask_for_looks_change_nothing_else",
    ),
    ("oidcc-codereuse", "a_code_used_twice_kills_what_came_of_it"),
    (
        "oidcc-codereuse-30seconds",
        "a_code_used_twice_kills_what_came_of_it",
    ),
    (
        "oidcc-ensure-registered-redirect-uri",
        "e01_an_unregistered_address_gets_nothing",
    ),
    ("oidcc-ensure-post-request-succeeds", "a_request_may_be_posted"),
    ("oidcc-server-client-secret-post", "server_and_id_token_signature"),
    (
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        "a_request_that_is_wrong_is_told_so",
    ),
    (
        "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
        "a_request_that_is_wrong_is_told_so",
    ),
    (
        "oidcc-claims-essential",
        "scopes_and_claims_are_answered_as_released",
    ),
    (
        "oidcc-ensure-request-object-with-redirect-uri",
        "a_request_that_is_wrong_is_told_so",
    ),
    ("oidcc-refresh-token", "a_refresh_token_gives_new_tokens"),
    (
        "oidcc-ensure-request-with-valid-pkce-succeeds",
        "optional_parameters_may_be_left_out",
    ),
    (
        "oidcc-discovery-endpoint-verification",
        "the_discovery_document_is_true",
    ),
    ("oidcc-formpost (plan)", "every_way_through_works_by_form_post"),
    (
        "oidcc-rp-initiated-logout-discovery-endpoint-verification",
        "the_discovery_document_promises_logout",
    ),
    ("oidcc-rp-initiated-logout", "a_logout_goes_back_with_its_state"),
    (
        "oidcc-rp-initiated-logout-no-state",
        "a_logout_goes_back_with_its_state",
    ),
    (
        "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
        "a_logout_that_is_wrong_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        "a_logout_that_is_wrong_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-modified-id-token-hint",
        "a_logout_that_is_wrong_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-bad-id-token-hint",
        "a_logout_that_is_wrong_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-no-id-token-hint",
        "a_logout_that_is_wrong_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
        "a_logout_that_says_little_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-no-params",
        "a_logout_that_says_little_ends_on_our_page",
    ),
    (
        "oidcc-rp-initiated-logout-only-state",
        "a_logout_that_says_little_ends_on_our_page",
    ),
    (
        "oidcc-backchannel-rp-initiated-logout-discovery-endpoint-verification",
        "the_discovery_document_promises_logout",
    ),
    (
        "oidcc-backchannel-rp-initiated-logout",
        "a_client_hears_of_it_by_a_logout_token",
    ),
    (
        "oidcc-frontchannel-rp-initiated-logout",
        "a_client_that_is_told_in_a_frame_gets_one",
    ),
];

const CLIENT: &str = "certificeret";

/// The client's own way to redeem: the secret in the form.
async fn redeem(client: &OidcClient, browser: &Visitor, code: &str, verifier: bool) -> Page {
    let mut form = client.redemption(code);
    form.retain(|(name, _)| verifier || *name != "code_verifier");
    form.push(("client_id", client.client_id.clone()));
    form.push(("client_secret", SECRET.to_owned()));
    client.ask_token(browser, &form, vec![]).await
}

async fn logged_in(world: &Federation, browser: &mut Visitor, change: &[(&str, &str)]) -> Page {
    let page = browser.get(&world.client(CLIENT).request(change)).await;
    world.log_in_as(browser, &page, "alma1234").await
}

async fn tokens(world: &Federation, browser: &mut Visitor, change: &[(&str, &str)]) -> Page {
    let client = world.client(CLIENT);
    let page = logged_in(world, browser, change).await;
    let tokens = redeem(&client, browser, &client.answer(&page)["code"], true).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    tokens
}

#[test]
fn every_module_has_a_test() {
    let sources = [
        include_str!("conformance.rs"),
        include_str!("single_logout.rs"),
        include_str!("../attacks/oidc_provider.rs"),
    ]
    .concat();
    let mut seen = BTreeMap::new();
    for (module, test) in MODULES {
        assert!(
            sources.contains(&format!("fn {test}(")),
            "{module}: there is no test {test}"
        );
        assert_eq!(seen.insert(module, test), None, "{module} twice");
    }
}

#[tokio::test]
async fn server_and_id_token_signature() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = tokens(&world, &mut browser, &[]).await;
    assert_eq!(json(&page)["token_type"], "Bearer");
    assert_eq!(page.headers["cache-control"], "no-store");
    let keys = browser.get("/oidc/jwks").await.body;
    let keys = KeySet::from_json(keys.as_bytes()).unwrap();
    let token = text_of(&page, "id_token");
    let verified = jws::verify(&token, &keys, &[JwsAlgorithm::Rs256], TokenType::IdToken).unwrap();
    let claims: Value = serde_json::from_slice(&verified.payload).unwrap();
    assert_eq!(claims["iss"], ORIGIN);
    assert_eq!(claims["aud"], CLIENT);
    assert_eq!(claims["nonce"], "n-42");
    assert!(claims["at_hash"].is_string() && claims["auth_time"].is_i64());
    assert!(claims["sub"].as_str().unwrap().len() <= 255);
    // The secret belongs in the form, as registered, and not in the header.
    let client = world.client(CLIENT);
    let page = browser.get(&client.request(&[])).await;
    let code = client.answer(&page)["code"].clone();
    let basic = client
        .ask_token(&browser, &client.redemption(&code), vec![client.basic(SECRET)])
        .await;
    assert_eq!(json(&basic)["error"], "invalid_client");
}

#[tokio::test]
async fn userinfo_by_get_header_and_body() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = tokens(&world, &mut browser, &[("scope", "openid profile")]).await;
    let token = text_of(&page, "access_token");
    let header = vec![("authorization", format!("Bearer {token}"))];
    let told = [
        userinfo(&browser, &token).await,
        post_as_program(&browser, "/oidc/userinfo", header, String::new()).await,
        post_as_program(
            &browser,
            "/oidc/userinfo",
            vec![],
            format!("access_token={token}"),
        )
        .await,
    ];
    for page in told {
        assert!(page.status.is_success(), "{}", page.body);
        let claims = json(&page);
        assert_eq!(claims["given_name"], "Alma");
        assert!(
            page.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("application/json")
        );
    }
    let query = format!("/oidc/userinfo?access_token={token}");
    let page = post_as_program(&browser, &query, vec![], String::new()).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "never in the query");
}

#[tokio::test]
async fn scopes_and_claims_are_answered_as_released() {
    let world = Federation::start().await;
    for scope in [
        "openid profile",
        "openid email",
        "openid address",
        "openid phone",
        "openid profile email address phone",
        "profile email openid",
    ] {
        let mut browser = world.visitor();
        let page = tokens(&world, &mut browser, &[("scope", scope)]).await;
        let granted = text_of(&page, "scope");
        for word in scope.split(' ') {
            assert!(
                granted.split(' ').any(|one| one == word),
                "{word} of {scope}: {granted}"
            );
        }
        let told = json(&userinfo(&browser, &text_of(&page, "access_token")).await);
        assert_eq!(told["sub"], id_token(&page)["sub"]);
        // Schools hold no such facts; a claim without a fact is not made up.
        for absent in ["email", "address", "phone_number"] {
            assert!(told[absent].is_null(), "{absent}");
        }
    }
    let mut browser = world.visitor();
    let claims = r#"{"userinfo":{"name":{"essential":true},"email":{"essential":true}}}"#;
    let page = tokens(&world, &mut browser, &[("claims", claims)]).await;
    let told = json(&userinfo(&browser, &text_of(&page, "access_token")).await);
    assert!(told["name"].as_str().unwrap().starts_with("Alma"), "{told}");
}

#[tokio::test]
async fn parameters_that_ask_for_looks_change_nothing_else() {
    let world = Federation::start().await;
    for change in [
        ("display", "page"),
        ("display", "popup"),
        ("ui_locales", "se"),
        ("ui_locales", "en da"),
        ("claims_locales", "se"),
        ("extra", "foobar"),
        ("acr_values", "dk:unilogin:loa:EnFaktor"),
    ] {
        let mut browser = world.visitor();
        tokens(&world, &mut browser, &[change]).await;
    }
    let mut browser = world.visitor();
    let page = tokens(
        &world,
        &mut browser,
        &[("acr_values", "dk:unilogin:loa:EnFaktor")],
    )
    .await;
    assert_eq!(id_token(&page)["acr"], "dk:unilogin:loa:EnFaktor");
    let mut browser = world.visitor();
    let english = browser
        .get(&world.client(CLIENT).request(&[("ui_locales", "en")]))
        .await;
    assert!(english.body.contains("lang=\"en\""));
}

#[tokio::test]
async fn prompt_login_asks_again_and_auth_time_moves() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let first = id_token(&tokens(&world, &mut browser, &[]).await);
    world.house.wait(SignedDuration::from_secs(65));
    let again = [("prompt", "login")];
    let second = id_token(&tokens(&world, &mut browser, &again).await);
    assert_eq!(first["sub"], second["sub"]);
    assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
}

#[tokio::test]
async fn prompt_none_answers_at_once() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let quiet = client.request(&[("prompt", "none")]);
    let answer = client.answer(&browser.get(&quiet).await);
    assert_eq!(answer["error"], "login_required");
    assert_eq!(answer["state"], "tilbage");
    assert_eq!(answer["iss"], ORIGIN);
    let first = id_token(&tokens(&world, &mut browser, &[]).await);
    let page = browser.get(&quiet).await;
    let second = redeem(&client, &browser, &client.answer(&page)["code"], true).await;
    assert_eq!(id_token(&second)["auth_time"], first["auth_time"]);
}

#[tokio::test]
async fn max_age_is_kept() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let first = id_token(&tokens(&world, &mut browser, &[]).await);
    world.house.wait(SignedDuration::from_secs(65));
    let page = browser.get(&client.request(&[("max_age", "10000")])).await;
    let leaned = redeem(&client, &browser, &client.answer(&page)["code"], true).await;
    assert_eq!(id_token(&leaned)["auth_time"], first["auth_time"]);
    let anew = id_token(&tokens(&world, &mut browser, &[("max_age", "1")]).await);
    assert!(anew["auth_time"].as_i64() > first["auth_time"].as_i64());
}

#[tokio::test]
async fn hints_are_taken() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let hinted = browser.get(&client.request(&[("login_hint", "alma1234")])).await;
    assert!(hinted.body.contains("alma1234"), "{}", hinted.url);
    let mut browser = world.visitor();
    let first = tokens(&world, &mut browser, &[]).await;
    let hint = text_of(&first, "id_token");
    let page = browser
        .get(&client.request(&[("prompt", "none"), ("id_token_hint", &hint)]))
        .await;
    let second = redeem(&client, &browser, &client.answer(&page)["code"], true).await;
    assert_eq!(id_token(&second)["sub"], id_token(&first)["sub"]);
}

#[tokio::test]
async fn optional_parameters_may_be_left_out() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let page = tokens(&world, &mut browser, &[("nonce", "")]).await;
    assert!(id_token(&page)["nonce"].is_null());
    let bare = [
        ("code_challenge", ""),
        ("code_challenge_method", ""),
        ("state", ""),
    ];
    let page = browser.get(&client.request(&bare)).await;
    let page = redeem(&client, &browser, &client.answer(&page)["code"], false).await;
    assert!(page.status.is_success(), "{}", page.body);
}

#[tokio::test]
async fn a_code_used_twice_kills_what_came_of_it() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    for pause in [0, 30, 120] {
        let mut browser = world.visitor();
        let page = logged_in(&world, &mut browser, &[("scope", "openid offline_access")]).await;
        let code = client.answer(&page)["code"].clone();
        let first = redeem(&client, &browser, &code, true).await;
        let (access, refresh) = (text_of(&first, "access_token"), text_of(&first, "refresh_token"));
        assert!(userinfo(&browser, &access).await.status.is_success());
        world.house.wait(SignedDuration::from_secs(pause));
        let second = redeem(&client, &browser, &code, true).await;
        assert_eq!(json(&second)["error"], "invalid_grant", "after {pause} s");
        assert_eq!(
            userinfo(&browser, &access).await.status,
            StatusCode::UNAUTHORIZED,
            "after {pause} s"
        );
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh),
            ("client_id", CLIENT.to_owned()),
            ("client_secret", SECRET.to_owned()),
        ];
        let renewed = client.ask_token(&browser, &form, vec![]).await;
        assert_eq!(json(&renewed)["error"], "invalid_grant", "after {pause} s");
    }
}

#[tokio::test]
async fn a_refresh_token_gives_new_tokens() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let asked = [("scope", "openid offline_access"), ("prompt", "consent")];
    let first = tokens(&world, &mut browser, &asked).await;
    let form = [
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", text_of(&first, "refresh_token")),
        ("client_id", CLIENT.to_owned()),
        ("client_secret", SECRET.to_owned()),
    ];
    let second = client.ask_token(&browser, &form, vec![]).await;
    assert!(second.status.is_success(), "{}", second.body);
    assert_ne!(text_of(&second, "access_token"), text_of(&first, "access_token"));
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(id_token(&second)[same], id_token(&first)[same], "{same}");
    }
    let told = userinfo(&browser, &text_of(&second, "access_token")).await;
    assert!(told.status.is_success());
}

#[tokio::test]
async fn a_request_may_be_posted() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let page = browser
        .post_from_elsewhere("/oidc/authorize", &client.asked(&[]))
        .await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let page = redeem(&client, &browser, &client.answer(&page)["code"], true).await;
    assert!(page.status.is_success(), "{}", page.body);
}

#[tokio::test]
async fn a_request_that_is_wrong_is_told_so() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let mut browser = world.visitor();
    let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    let unsigned = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(r#"{"state":"x"}"#));
    for (change, error) in [
        (("response_type", ""), "invalid_request"),
        (("request", unsigned.as_str()), "request_not_supported"),
        (
            ("request_uri", "https://rp.example/request.jwt"),
            "request_uri_not_supported",
        ),
    ] {
        let answer = client.answer(&browser.get(&client.request(&[change])).await);
        assert_eq!(answer["error"], error, "{}", change.0);
        assert_eq!(answer["state"], "tilbage");
        assert_eq!(answer["iss"], ORIGIN);
    }
}

/// Form Post OP: whatever goes back by query goes back by a form as well.
#[tokio::test]
async fn every_way_through_works_by_form_post() {
    let world = Federation::start().await;
    let client = world.client(CLIENT);
    let by_form = ("response_mode", "form_post");
    let fields = |page: &Page| -> BTreeMap<String, String> {
        assert_eq!(leads_to(page), None);
        let form = page.form();
        assert_eq!(form.action, client.redirect_uri());
        assert_eq!(form.method, "post");
        let fields = form.fields.into_iter().filter(|field| !field.name.is_empty());
        fields.map(|field| (field.name, field.value)).collect()
    };
    let mut browser = world.visitor();
    let quiet = browser.get(&client.request(&[by_form, ("prompt", "none")])).await;
    assert_eq!(fields(&quiet)["error"], "login_required");
    let faulty = browser
        .get(&client.request(&[by_form, ("response_type", "token")]))
        .await;
    assert_eq!(fields(&faulty)["error"], "unsupported_response_type");
    let page = logged_in(&world, &mut browser, &[by_form]).await;
    // Chromium holds the redirect after a form's post to the policy of the page with the form.
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("form-action 'self';"), "{policy}");
    let answer = fields(&page);
    assert_eq!(answer["state"], "tilbage");
    assert_eq!(answer["iss"], ORIGIN);
    let page = redeem(&client, &browser, &answer["code"], true).await;
    assert!(page.status.is_success(), "{}", page.body);
}

#[tokio::test]
async fn the_discovery_document_is_true() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = browser.get("/.well-known/openid-configuration").await;
    let document = json(&page);
    assert_eq!(document["issuer"], ORIGIN);
    let also = json(&browser.get("/.well-known/oauth-authorization-server").await);
    assert_eq!(document, also, "RFC 8414 says the same");
    for (member, value) in document.as_object().unwrap() {
        if let Some(endpoint) = value
            .as_str()
            .filter(|_| member.ends_with("endpoint") || member == "jwks_uri")
        {
            let path = endpoint.strip_prefix(ORIGIN).unwrap();
            let answer = browser.odd(crate::world::visitor::Odd {
                method: Method::POST,
                target: path,
                headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
                body: Vec::new(),
            });
            let there = browser_get(&world, path).await || answer.await.status != StatusCode::NOT_FOUND;
            assert!(there, "{member}: nothing at {path}");
        }
    }
    let list = |member: &str| -> Vec<String> { serde_json::from_value(document[member].clone()).unwrap() };
    assert!(list("id_token_signing_alg_values_supported").contains(&"RS256".to_owned()));
    assert_eq!(list("response_types_supported"), ["code"]);
    assert!(list("scopes_supported").contains(&"offline_access".to_owned()));
    let claims = list("claims_supported");
    for made in [
        "sub",
        "iss",
        "auth_time",
        "acr",
        "given_name",
        "preferred_username",
    ] {
        assert!(claims.contains(&made.to_owned()), "{made}: {claims:?}");
    }
    for never in ["cpr", "email", "phone_number", "address"] {
        assert!(
            !claims.contains(&never.to_owned()),
            "{never} is released to nobody"
        );
    }
    assert_eq!(document["request_uri_parameter_supported"], json!(false));
}

async fn browser_get(world: &Federation, path: &str) -> bool {
    world.visitor().get(path).await.status != StatusCode::NOT_FOUND
}

/// A logout at the client's wish, with these parameters beside an honest hint; and where it ends.
async fn logged_out(world: &Federation, parameters: &[(&str, &str)], hint: bool) -> (Visitor, Page) {
    let mut browser = world.visitor();
    let page = tokens(world, &mut browser, &[]).await;
    let token = text_of(&page, "id_token");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    if hint {
        query.append_pair("id_token_hint", &token);
    }
    let page = browser.get(&format!("/oidc/logout?{}", query.finish())).await;
    (browser, page)
}

const BACK: &str = "https://certificeret.example/farvel";

#[tokio::test]
async fn a_logout_goes_back_with_its_state() {
    let world = Federation::start().await;
    let back = ("post_logout_redirect_uri", BACK);
    for (parameters, there) in [
        (vec![back, ("state", "a b&c")], format!("{BACK}?state=a+b%26c")),
        (vec![back], BACK.to_owned()),
    ] {
        let (browser, page) = logged_out(&world, &parameters, true).await;
        assert_eq!(leads_to(&page).unwrap().as_str(), there);
        assert!(browser.session().is_none(), "and the session is over");
    }
}

#[tokio::test]
async fn a_logout_that_is_wrong_ends_on_our_page() {
    let world = Federation::start().await;
    let back = ("post_logout_redirect_uri", BACK);
    let mut other = world.visitor();
    let token = text_of(&tokens(&world, &mut other, &[]).await, "id_token");
    // Signed for other words than these.
    let mut modified = token.clone();
    let at = modified.find('.').unwrap() + 20;
    let letter = if modified.as_bytes()[at] == b'A' { "B" } else { "A" };
    modified.replace_range(at..=at, letter);
    let longer = format!("{BACK}?x=y");
    let cases = [
        (
            "not registered",
            vec![("post_logout_redirect_uri", "https://ondskab.example/")],
            true,
        ),
        (
            "a query added",
            vec![("post_logout_redirect_uri", longer.as_str())],
            true,
        ),
        (
            "modified",
            vec![back, ("id_token_hint", modified.as_str())],
            false,
        ),
        ("no token", vec![back, ("id_token_hint", "xxx")], false),
        ("no hint", vec![back], false),
    ];
    for (what, mut parameters, hint) in cases {
        parameters.push(("state", "tilbage"));
        let (_, page) = logged_out(&world, &parameters, hint).await;
        assert_eq!(leads_to(&page), None, "{what}: nobody is sent anywhere");
        assert!(page.body.contains("<main"), "{what}: a page of ours");
    }
}

#[tokio::test]
async fn a_logout_that_says_little_ends_on_our_page() {
    let world = Federation::start().await;
    let (browser, page) = logged_out(&world, &[], true).await;
    assert!(
        leads_to(&page).is_none() && page.body.contains("Du er logget ud"),
        "{}",
        page.body
    );
    assert!(browser.session().is_none());
    for parameters in [vec![], vec![("state", "tilbage")]] {
        let (mut browser, page) = logged_out(&world, &parameters, false).await;
        assert!(page.body.contains("Vil du logge ud?"), "{}", page.body);
        let page = browser.submit(&page.form(), &[]).await;
        assert!(
            leads_to(&page).is_none() && page.body.contains("Du er logget ud"),
            "{}",
            page.body
        );
        assert!(browser.session().is_none());
    }
}

#[tokio::test]
async fn the_discovery_document_promises_logout() {
    let world = Federation::start().await;
    let document = json(&world.visitor().get("/.well-known/openid-configuration").await);
    assert_eq!(document["end_session_endpoint"], format!("{ORIGIN}/oidc/logout"));
    for member in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
    ] {
        assert_eq!(document[member], true, "{member}");
    }
}

/// A client chooses how its ID tokens and its userinfo are signed (OIDC Registration §2).
#[tokio::test]
async fn signatures_are_made_as_registered() {
    let world = Federation::start().await;
    let keys = world.visitor().get("/oidc/jwks").await.body;
    let keys = KeySet::from_json(keys.as_bytes()).unwrap();
    for (id, algorithm) in [
        ("rsa-pss", JwsAlgorithm::Ps256),
        ("rsa-gammel", JwsAlgorithm::Rs256),
    ] {
        let client = world.client(id);
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&[])).await;
        let page = world.log_in_as(&mut browser, &page, "alma1234").await;
        let page = client.redeem(&browser, &client.answer(&page)["code"]).await;
        let token = text_of(&page, "id_token");
        jws::verify(&token, &keys, &[algorithm], TokenType::IdToken).unwrap();
        let told = userinfo(&browser, &text_of(&page, "access_token")).await;
        assert_eq!(told.headers["content-type"], "application/jwt");
        let told = jws::verify(&told.body, &keys, &[algorithm], TokenType::Userinfo).unwrap();
        let told: Value = serde_json::from_slice(&told.payload).unwrap();
        assert_eq!((&told["iss"], &told["aud"]), (&json!(ORIGIN), &json!(id)));
        assert_eq!(told["sub"], id_token(&page)["sub"]);
        let kid = |token: &str| jws_header(token)["kid"].as_str().unwrap().to_owned();
        assert_eq!(
            keys.candidates(Some(&kid(&token)), algorithm).count(),
            1,
            "one key by that name"
        );
    }
    let document = json(&world.visitor().get("/.well-known/openid-configuration").await);
    for member in [
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
    ] {
        assert_eq!(document[member], json!(["ES256", "PS256", "RS256"]), "{member}");
    }
}

fn jws_header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap()
}
