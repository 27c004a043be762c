//! Tokens that are bound to a key, and thieves who have the token alone (RFC 9449), with a
//! client under the rules of FAPI 2.0.

use axum::http::{Method, StatusCode};
use portner::oidc::client_auth::ASSERTION_TYPE;
use portner::oidc::jws::{self, TokenType};
use serde_json::{Value, json};

use super::oidc_codes::assert_refused;
use crate::world::browser::Page;
use crate::world::dpop::{Prover, nonce_of};
use crate::world::federation::Federation;
use crate::world::house::ORIGIN;
use crate::world::oidc_client::{OidcClient, SECRET, id_token, json, post_as_program, text_of, userinfo};
use crate::world::visitor::{Odd, Visitor};

const TOKEN: (&str, &str) = ("POST", "/oidc/token");
const PAR: (&str, &str) = ("POST", "/oidc/par");
const USERINFO: (&str, &str) = ("GET", "/oidc/userinfo");

fn body_of(form: &[(&str, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

/// The bank, which proves who it is by its key at each request.
struct Bank<'a> {
    world: &'a Federation,
    client: OidcClient,
}

impl<'a> Bank<'a> {
    fn of(world: &'a Federation) -> Self {
        let client = world.client("bank");
        Self { world, client }
    }

    async fn post(
        &self,
        browser: &Visitor,
        path: &str,
        mut form: Vec<(&str, String)>,
        headers: Vec<(&'static str, String)>,
    ) -> Page {
        form.extend(self.assertion(60).await);
        post_as_program(browser, path, headers, body_of(&form)).await
    }

    /// Who it is, signed, good for this many seconds.
    async fn assertion(&self, seconds: i64) -> [(&'static str, String); 2] {
        let now = self.world.house.now().as_second();
        let random: [u8; 8] = self.world.house.portner.ambient.bytes();
        let claims = json!({
            "iss": "bank", "sub": "bank", "aud": ORIGIN, "iat": now, "exp": now + seconds,
            "jti": data_encoding::HEXLOWER.encode(&random),
        });
        let assertion = jws::sign(&*self.world.client_key, TokenType::ClientAssertion, &claims).await;
        [
            ("client_assertion_type", ASSERTION_TYPE.to_owned()),
            ("client_assertion", assertion.unwrap()),
        ]
    }

    /// Posts with a proof, and again with the nonce that it is told.
    async fn post_proved(
        &self,
        browser: &Visitor,
        endpoint: (&str, &str),
        form: &[(&'static str, String)],
        prover: &Prover,
    ) -> Page {
        let header = prover.header(self.world, endpoint, None, None, &[]).await;
        let page = self.post(browser, endpoint.1, form.to_vec(), vec![header]).await;
        assert_refused(&page, "use_dpop_nonce", "the first proof has no nonce");
        let nonce = nonce_of(&page);
        let header = prover.header(self.world, endpoint, Some(&nonce), None, &[]).await;
        self.post(browser, endpoint.1, form.to_vec(), vec![header]).await
    }

    /// A code, for a request that was pushed with this prover's proof.
    async fn code(&self, browser: &mut Visitor, prover: &Prover) -> String {
        let form: Vec<(&'static str, String)> = [
            "client_id",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ]
        .into_iter()
        .map(|name| {
            let asked = self.client.asked(&[]);
            let (_, value) = asked.into_iter().find(|(known, _)| known == name).unwrap();
            (name, value)
        })
        .collect();
        let page = self.post_proved(browser, PAR, &form, prover).await;
        assert_eq!(page.status, StatusCode::CREATED, "{}", page.body);
        let query = body_of(&[
            ("client_id", "bank".to_owned()),
            ("request_uri", text_of(&page, "request_uri")),
        ]);
        let page = browser.get(&format!("/oidc/authorize?{query}")).await;
        let page = self.world.log_in_as(browser, &page, "alma1234").await;
        self.client.answer(&page)["code"].clone()
    }
}

async fn userinfo_with(
    browser: &Visitor,
    authorization: String,
    proof: Option<(&'static str, String)>,
) -> Page {
    let mut program = browser.clone();
    program.cookies_mut().clear();
    let mut headers = vec![("authorization", authorization)];
    headers.extend(proof);
    let odd = Odd {
        method: Method::GET,
        target: "/oidc/userinfo",
        headers,
        body: Vec::new(),
    };
    program.odd(odd).await
}

#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_key() {
    let world = Federation::start().await;
    let bank = Bank::of(&world);
    let (prover, thief) = (Prover::new(), Prover::new());
    let mut browser = world.visitor();
    let code = bank.code(&mut browser, &prover).await;
    let form = bank.client.redemption(&code);
    let tokens = bank.post_proved(&browser, TOKEN, &form, &prover).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    assert_eq!(json(&tokens)["token_type"], "DPoP");
    let token = text_of(&tokens, "access_token");

    let nonce = nonce_of(&tokens);
    let dpop = || format!("DPoP {token}");
    let good = async |prover: &Prover| {
        prover
            .header(&world, USERINFO, Some(&nonce), Some(&token), &[])
            .await
    };
    let honest = good(&prover).await;
    let told = userinfo_with(&browser, dpop(), Some(honest.clone())).await;
    assert!(told.status.is_success(), "{} {:?}", told.body, told.headers);
    assert_eq!(json(&told)["sub"], id_token(&tokens)["sub"]);

    let with = async |nonce: Option<&str>, token: Option<&str>, change: &[(&str, Value)]| {
        prover.header(&world, USERINFO, nonce, token, change).await
    };
    let some = Some(nonce.as_str());
    let attacks = [
        ("as a bearer", format!("Bearer {token}"), None, "invalid_token"),
        (
            "as a bearer with a proof",
            format!("Bearer {token}"),
            Some(good(&prover).await),
            "invalid_token",
        ),
        ("without a proof", dpop(), None, "invalid_token"),
        ("a thief's key", dpop(), Some(good(&thief).await), "invalid_token"),
        ("the same proof again", dpop(), Some(honest), "invalid_dpop_proof"),
        (
            "for another token",
            dpop(),
            Some(with(some, Some("x"), &[]).await),
            "invalid_dpop_proof",
        ),
        (
            "for no token",
            dpop(),
            Some(with(some, None, &[]).await),
            "invalid_dpop_proof",
        ),
        (
            "for another method",
            dpop(),
            Some(with(some, Some(&token), &[("htm", json!("POST"))]).await),
            "invalid_dpop_proof",
        ),
        (
            "for another endpoint",
            dpop(),
            Some(
                with(
                    some,
                    Some(&token),
                    &[("htu", json!(format!("{ORIGIN}/oidc/token")))],
                )
                .await,
            ),
            "invalid_dpop_proof",
        ),
        (
            "without a nonce",
            dpop(),
            Some(with(None, Some(&token), &[]).await),
            "use_dpop_nonce",
        ),
        (
            "with a made-up nonce",
            dpop(),
            Some(with(Some("x"), Some(&token), &[]).await),
            "use_dpop_nonce",
        ),
    ];
    for (attack, authorization, proof, error) in attacks {
        let page = userinfo_with(&browser, authorization, proof).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{attack}");
        let challenge = page.headers["www-authenticate"].to_str().unwrap();
        assert!(
            challenge.contains(&format!("error=\"{error}\"")),
            "{attack}: {challenge}"
        );
    }

    let api = bank
        .post(
            &browser,
            "/oidc/introspect",
            vec![("token", token.clone())],
            vec![],
        )
        .await;
    assert_eq!(json(&api)["cnf"]["jkt"], prover.thumbprint());
    assert_eq!(json(&api)["token_type"], "DPoP");
}

#[tokio::test]
async fn a_code_is_tied_to_the_key_that_its_request_was_pushed_with() {
    let world = Federation::start().await;
    let bank = Bank::of(&world);
    let (prover, thief) = (Prover::new(), Prover::new());
    let mut browser = world.visitor();
    let code = bank.code(&mut browser, &prover).await;
    let form = bank.client.redemption(&code);
    let page = bank.post_proved(&browser, TOKEN, &form, &thief).await;
    assert_refused(&page, "invalid_grant", "another key");
}

#[tokio::test]
async fn a_client_that_must_prove_its_key_gets_nothing_without() {
    let world = Federation::start().await;
    let bank = Bank::of(&world);
    let prover = Prover::new();
    let mut browser = world.visitor();
    let code = bank.code(&mut browser, &prover).await;
    let form = bank.client.redemption(&code);
    let page = bank.post(&browser, "/oidc/token", form.clone(), vec![]).await;
    assert_refused(&page, "invalid_dpop_proof", "no proof");
    let (one, other) = (Prover::new(), Prover::new());
    let two = [
        one.header(&world, TOKEN, None, None, &[]).await,
        other.header(&world, TOKEN, None, None, &[]).await,
    ];
    let joined = vec![("dpop", format!("{},{}", two[0].1, two[1].1))];
    let page = bank.post(&browser, "/oidc/token", form.clone(), joined).await;
    assert_refused(&page, "invalid_dpop_proof", "two proofs");
    let tokens = bank.post_proved(&browser, TOKEN, &form, &prover).await;
    assert!(
        tokens.status.is_success(),
        "nobody burnt the code: {}",
        tokens.body
    );

    // Under FAPI 2.0 refresh tokens do not rotate: the client's key is what protects them.
    let refresh = text_of(&tokens, "refresh_token");
    let form = vec![
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", refresh),
    ];
    for _ in 0..2 {
        let page = bank.post_proved(&browser, TOKEN, &form, &prover).await;
        assert!(page.status.is_success(), "{}", page.body);
        assert!(json(&page)["refresh_token"].is_null());
    }
}

#[tokio::test]
async fn a_public_clients_refresh_token_is_bound_to_its_key() {
    let world = Federation::start().await;
    let client = world.client("app");
    let (prover, thief) = (Prover::new(), Prover::new());
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let mut form = client.redemption(&client.answer(&page)["code"]);
    form.push(("client_id", "app".to_owned()));
    let ask = async |form: &[(&str, String)], prover: Option<&Prover>| {
        let mut headers = Vec::new();
        if let Some(prover) = prover {
            let first = prover.header(&world, TOKEN, None, None, &[]).await;
            let page = post_as_program(&browser, "/oidc/token", vec![first], body_of(form)).await;
            let nonce = nonce_of(&page);
            headers.push(prover.header(&world, TOKEN, Some(&nonce), None, &[]).await);
        }
        post_as_program(&browser, "/oidc/token", headers, body_of(form)).await
    };
    let tokens = ask(&form, Some(&prover)).await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    let renewal = vec![
        ("client_id", "app".to_owned()),
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", text_of(&tokens, "refresh_token")),
    ];
    assert_refused(&ask(&renewal, None).await, "invalid_grant", "without a key");
    assert_refused(
        &ask(&renewal, Some(&thief)).await,
        "invalid_grant",
        "with another key",
    );
    let page = ask(&renewal, Some(&prover)).await;
    assert!(page.status.is_success(), "{}", page.body);
}

#[tokio::test]
async fn an_assertion_is_good_for_an_hour_at_most() {
    let world = Federation::start().await;
    let bank = Bank::of(&world);
    let browser = world.visitor();
    // An introspection of nothing: who asks is looked at first.
    let ask = async |seconds| {
        let mut form = vec![("token", "x".to_owned())];
        form.extend(bank.assertion(seconds).await);
        post_as_program(&browser, "/oidc/introspect", vec![], body_of(&form)).await
    };
    let page = ask(3_600).await;
    assert!(page.status.is_success(), "{}", page.body);
    assert_refused(&ask(4_000).await, "invalid_client", "for longer");
}

#[tokio::test]
async fn an_unbound_token_is_no_dpop_token() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let form = client.redemption(&client.answer(&page)["code"]);
    let page = client
        .ask_token(&browser, &form, vec![client.basic(SECRET)])
        .await;
    let token = text_of(&page, "access_token");
    assert!(userinfo(&browser, &token).await.status.is_success());
    let page = userinfo_with(&browser, format!("DPoP {token}"), None).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

/// A service of the incumbent proves its key at the paths that it knows, and a proof for one
/// path is none for the other, though the same endpoint is behind both.
#[tokio::test]
async fn a_proof_counts_at_the_incumbents_paths_and_for_the_path_it_was_made_for() {
    const TOKEN_THERE: &str = "/auth/realms/broker/protocol/openid-connect/token";
    const USERINFO_THERE: &str = "/auth/realms/broker/protocol/openid-connect/userinfo";
    let world = Federation::start().await;
    let client = world.client("laesehesten-unilogin");
    let prover = Prover::new();
    let mut browser = world.visitor();
    let asked = client.request(&[]).replace(
        "/oidc/authorize",
        "/auth/realms/broker/protocol/openid-connect/auth",
    );
    let page = browser.get(&asked).await;
    let page = world.log_in_as(&mut browser, &page, "alma1234").await;
    let body = body_of(&client.redemption(&client.answer(&page)["code"]));
    let ask = async |path: &str, made_for: (&str, &str), nonce: Option<&str>| {
        let proof = prover.header(&world, made_for, nonce, None, &[]).await;
        post_as_program(&browser, path, vec![client.basic(SECRET), proof], body.clone()).await
    };
    let nonce = nonce_of(&ask(TOKEN_THERE, ("POST", TOKEN_THERE), None).await);
    for (path, made_for) in [(TOKEN_THERE, TOKEN), ("/oidc/token", ("POST", TOKEN_THERE))] {
        let page = ask(path, made_for, Some(&nonce)).await;
        assert_refused(&page, "invalid_dpop_proof", path);
    }
    let tokens = ask(TOKEN_THERE, ("POST", TOKEN_THERE), Some(&nonce)).await;
    assert_eq!(json(&tokens)["token_type"], "DPoP", "{}", tokens.body);
    assert_eq!(id_token(&tokens)["iss"], format!("{ORIGIN}/auth/realms/broker"));

    let token = text_of(&tokens, "access_token");
    let at = async |path: &'static str, made_for: &str| {
        let proof = prover
            .header(&world, ("GET", made_for), Some(&nonce), Some(&token), &[])
            .await;
        let mut program = browser.clone();
        program.cookies_mut().clear();
        let odd = Odd {
            method: Method::GET,
            target: path,
            headers: vec![("authorization", format!("DPoP {token}")), proof],
            body: Vec::new(),
        };
        program.odd(odd).await
    };
    assert_eq!(
        at(USERINFO_THERE, "/oidc/userinfo").await.status,
        StatusCode::UNAUTHORIZED
    );
    let told = at(USERINFO_THERE, USERINFO_THERE).await;
    assert!(told.status.is_success(), "{} {:?}", told.body, told.headers);
    assert_eq!(json(&told)["sub"], id_token(&tokens)["sub"]);
    assert_eq!(
        at(USERINFO_THERE, USERINFO_THERE).await.status,
        StatusCode::OK,
        "with a proof of its own"
    );
}
