//! Lying OpenID providers and tampered callbacks (table D).

use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use portner::oidc::jws::{self, TokenType};
use serde_json::{Value, json};

use super::Before;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_op::{DISCOVERY, Question, some_key, token};
use crate::world::visitor::{Visitor, leads_to};

/// A browser that Havnekøbing has been asked about.
pub(super) struct Stage {
    pub(super) world: Federation,
    pub(super) browser: Visitor,
    pub(super) question: Question,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let world = Federation::start().await;
        let mut browser = world.visitor();
        let question = sent_to_havnekoebing(&world, &mut browser).await;
        Self {
            world,
            browser,
            question,
        }
    }

    /// The honest ID token about Sofie.
    pub(super) fn claims(&self) -> Value {
        let mut claims = self
            .world
            .havnekoebing
            .claims(&self.question, self.world.house.now());
        claims["uniid"] = "1000001201".into();
        claims
    }

    async fn come_back(&mut self, way: &str) -> Page {
        self.browser.get(way).await
    }

    pub(super) async fn assert_denied(&mut self, way: &str, denied: (&str, &str), attack: &str) {
        // From the same place each time: a login says the same again to an answer that it knows.
        let mut browser = self.browser.clone();
        let before = Before::of(&self.world, &browser).await;
        let page = browser.get(way).await;
        before
            .assert_denied(&self.world, &browser, &page, denied, attack)
            .await;
    }

    pub(super) async fn assert_honest_answer_counts(&mut self) {
        self.world.havnekoebing.will_say(&self.claims()).await;
        let way = self.world.havnekoebing.way_back(&self.question);
        let page = self.come_back(&way).await;
        assert!(is_logged_in(&page), "{}", page.body);
    }
}

async fn sent_to_havnekoebing(world: &Federation, browser: &mut Visitor) -> Question {
    let page = world.arrive(browser, "skolebroen").await;
    let page = world
        .type_name(browser, &page, "sofie@havnekoebing.example")
        .await;
    world.havnekoebing.read(&page)
}

#[tokio::test]
async fn nobody_types_the_name_twice() {
    let stage = Stage::set().await;
    assert_eq!(
        stage.question.login_hint.as_deref(),
        Some("sofie@havnekoebing.example")
    );
}

#[tokio::test]
async fn d01_the_state_is_this_browsers_own() {
    let mut stage = Stage::set().await;
    stage.world.havnekoebing.will_say(&stage.claims()).await;
    let provider = stage.world.havnekoebing.clone();
    let own = stage.question.clone();
    let way = |state: &str| provider.way_back_with(&own, state, &provider.issuer);

    let (tx, rest) = own.state.split_once('.').unwrap();
    let (_, service) = rest.split_once('.').unwrap();
    let mut stranger = stage.world.visitor();
    let others = sent_to_havnekoebing(&stage.world, &mut stranger).await;
    stage
        .assert_denied(&way(""), ("UL-602", "UL-602"), "no state")
        .await;
    stage
        .assert_denied(&way("noget"), ("UL-602", "UL-602"), "no state of ours")
        .await;
    stage
        .assert_denied(&way(&others.state), ("UL-602", "UL-602"), "another browser's")
        .await;
    let forged = format!("{tx}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.{service}");
    stage
        .assert_denied(&way(&forged), ("UL-303", "[state]"), "made up")
        .await;
    let doubled = format!("{}&state=andet", way(&own.state));
    stage.assert_denied(&doubled, ("UL-602", "UL-602"), "twice").await;
    assert_eq!(provider.asked("/token"), 0, "no code was sent on");

    stage.assert_honest_answer_counts().await;
    let again = stage.browser.clone().get(&way(&own.state)).await;
    assert_eq!(again.refusal_code().as_deref(), Some("UL-603"), "once");
    assert_eq!(provider.asked("/token"), 1);
}

/// An address in a history is worth nothing ten minutes later, though the login goes on for longer.
#[tokio::test]
async fn d01_a_state_is_good_for_ten_minutes() {
    let mut stage = Stage::set().await;
    let way = stage.world.havnekoebing.way_back(&stage.question);
    stage.world.house.wait(SignedDuration::from_mins(10));
    stage.world.house.wait(SignedDuration::from_secs(1));
    stage.world.havnekoebing.will_say(&stage.claims()).await;
    stage
        .assert_denied(&way, ("UL-601", "[state]"), "ten minutes and a second")
        .await;
    assert_eq!(stage.world.havnekoebing.asked("/token"), 0, "no code was sent on");

    // To the second, and from the last time that the question was put: who asks again has time again.
    let mut stage = Stage::set().await;
    stage.world.house.wait(SignedDuration::from_mins(10));
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn d02_the_nonce_is_the_one_that_was_sent() {
    let mut stage = Stage::set().await;
    let way = stage.world.havnekoebing.way_back(&stage.question);
    for (attack, nonce) in [
        ("another", json!("andet")),
        ("null", Value::Null),
        ("a number", json!(1)),
    ] {
        let mut claims = stage.claims();
        claims["nonce"] = nonce;
        stage.world.havnekoebing.will_say(&claims).await;
        let reason = if attack == "a number" { "[" } else { "[nonce]" };
        stage.assert_denied(&way, ("UL-303", reason), attack).await;
    }
    let mut claims = stage.claims();
    claims.as_object_mut().unwrap().remove("nonce");
    stage.world.havnekoebing.will_say(&claims).await;
    stage.assert_denied(&way, ("UL-303", "[nonce]"), "absent").await;
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn d03_the_answer_is_of_whom_was_asked() {
    let mut stage = Stage::set().await;
    stage.world.havnekoebing.will_say(&stage.claims()).await;
    let provider = stage.world.havnekoebing.clone();
    let question = stage.question.clone();
    let foreign = provider.way_back_with(&question, &question.state, &stage.world.mitid.issuer);
    stage
        .assert_denied(&foreign, ("UL-303", "[iss_parameter]"), "another issuer")
        .await;
    let silent = format!("{}?code=c-1&state={}", question.redirect_path, question.state);
    stage
        .assert_denied(&silent, ("UL-303", "[iss_parameter]"), "no issuer")
        .await;
    for other in ["mitid", "lillekoebing"] {
        let way = provider
            .way_back(&question)
            .replace("/callback/havnekoebing", &format!("/callback/{other}"));
        stage.assert_denied(&way, ("UL-303", "[idp_mixup]"), other).await;
    }
    assert_eq!(provider.asked("/token"), 0, "no code was sent on");
    assert_eq!(stage.world.mitid.asked("/token"), 0);
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn d04_only_the_registered_algorithm_and_keys_sign() {
    let mut stage = Stage::set().await;
    let way = stage.world.havnekoebing.way_back(&stage.question);
    let claims = stage.claims();
    let kid = stage.world.havnekoebing.signer.key_id().to_owned();
    let public = stage.world.havnekoebing.signer.public_key().to_vec();
    let hmac = move |message: &[u8]| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
        aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
    };
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT", "kid": kid });
    let forged = [
        ("none", token(&header("none"), &claims, |_| Vec::new())),
        ("None", token(&header("None"), &claims, |_| Vec::new())),
        (
            "HS256 with the public key",
            token(&header("HS256"), &claims, hmac),
        ),
        (
            "another algorithm's name",
            token(&header("RS256"), &claims, |_| vec![0; 256]),
        ),
        (
            "an empty signature",
            token(&header("ES256"), &claims, |_| Vec::new()),
        ),
        (
            "a signature of zeros",
            token(&header("ES256"), &claims, |_| vec![0; 64]),
        ),
        ("no token", "x".to_owned()),
    ];
    for (attack, forged) in forged {
        stage.world.havnekoebing.will_hand_out(&forged);
        stage.assert_denied(&way, ("UL-303", "["), attack).await;
    }
    let stranger = some_key();
    let signed = jws::sign(&*stranger, TokenType::IdToken, &claims).await.unwrap();
    stage.world.havnekoebing.will_hand_out(&signed);
    stage
        .assert_denied(&way, ("UL-303", "["), "a key that nobody published")
        .await;
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn d08_only_an_id_token_for_us_is_one() {
    let mut stage = Stage::set().await;
    let way = stage.world.havnekoebing.way_back(&stage.question);
    let now = stage.world.house.now().as_second();
    let lies: [(&str, &str, Value); 7] = [
        ("another client's", "aud", json!("andet")),
        ("for two", "aud", json!(["portner", "andet"])),
        ("another issuer's", "iss", json!(stage.world.mitid.issuer)),
        ("over", "exp", json!(now - 600)),
        ("from the future", "iat", json!(now + 600)),
        ("of nobody", "sub", json!("")),
        (
            "for another access token",
            "at_hash",
            json!("AAAAAAAAAAAAAAAAAAAAAA"),
        ),
    ];
    for (attack, name, value) in lies {
        let mut claims = stage.claims();
        claims[name] = value;
        stage.world.havnekoebing.will_say(&claims).await;
        stage.assert_denied(&way, ("UL-303", "["), attack).await;
    }
    let (signer, claims) = (stage.world.havnekoebing.signer.clone(), stage.claims());
    let logout = jws::sign(&*signer, TokenType::LogoutToken, &claims)
        .await
        .unwrap();
    stage.world.havnekoebing.will_hand_out(&logout);
    stage.assert_denied(&way, ("UL-303", "["), "a logout token").await;
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn d08_userinfo_about_somebody_else_is_not_believed() {
    let world = Federation::start().await;
    let file = "metadata/upstreams/mitid.toml";
    world
        .house
        .files
        .change(file, "[oidc]\n", "[oidc]\nuserinfo = true\n");
    world.house.reload();
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world.type_name(&mut browser, &page, "bente@mitid.example").await;
    let question = world.mitid.read(&page);
    world
        .mitid
        .will_say(&world.mitid.claims(&question, world.house.now()))
        .await;
    let way = world.mitid.way_back(&question);
    for sub in [json!("user-2"), Value::Null] {
        world
            .mitid
            .serve("/userinfo", &json!({ "sub": sub, "dk.cpr": "0302821002" }));
        let mut browser = browser.clone();
        let before = Before::of(&world, &browser).await;
        let page = browser.get(&way).await;
        before
            .assert_denied(&world, &browser, &page, ("UL-303", "[userinfo_sub]"), "D08")
            .await;
    }
    world
        .mitid
        .serve("/userinfo", &json!({ "sub": "user-1", "dk.cpr": "0302821002" }));
    assert!(is_logged_in(&browser.get(&way).await));
}

#[tokio::test]
async fn d09_a_provider_that_describes_itself_falsely_is_left_alone() {
    let lies: [(&str, &str, Value); 4] = [
        ("another issuer", "issuer", json!("https://ondskab.example")),
        (
            "a token endpoint elsewhere",
            "token_endpoint",
            json!("http://ondskab.example/token"),
        ),
        ("a key set by file", "jwks_uri", json!("file:///etc/passwd")),
        ("no authorization endpoint", "authorization_endpoint", Value::Null),
    ];
    for (attack, name, value) in lies {
        let world = Federation::start().await;
        let mut description = world.havnekoebing.description();
        description[name] = value;
        world.havnekoebing.serve(DISCOVERY, &description);
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let snapshot = world.house.snapshot().await;
        let page = world
            .type_name(&mut browser, &page, "sofie@havnekoebing.example")
            .await;
        assert_eq!(
            page.refusal_code().as_deref(),
            Some("UL-302"),
            "{attack}: {}",
            page.body
        );
        assert_eq!(page.status, StatusCode::BAD_GATEWAY);
        assert_eq!(leads_to(&page), None);
        assert_eq!(world.house.snapshot().await, snapshot);
    }
}

/// A description that changes for the worse while we know the provider: what was good stays in use.
#[tokio::test]
async fn d09_a_description_that_turns_bad_changes_nothing() {
    for (name, value) in [
        ("issuer", json!("https://ondskab.example")),
        ("token_endpoint", json!("https://ondskab.example/token")),
        (
            "authorization_endpoint",
            json!("https://ondskab.example/authorize"),
        ),
        ("jwks_uri", json!("https://ondskab.example/jwks")),
    ] {
        let mut stage = Stage::set().await;
        stage.assert_honest_answer_counts().await;
        let mut description = stage.world.havnekoebing.description();
        description[name] = value;
        stage.world.havnekoebing.serve(DISCOVERY, &description);
        stage.world.house.wait(jiff::SignedDuration::from_mins(61));
        let mut other = stage.world.visitor();
        stage.question = sent_to_havnekoebing(&stage.world, &mut other).await;
        stage.browser = other;
        assert!(
            stage.world.havnekoebing.asked(DISCOVERY) > 1,
            "{name}: it was read again"
        );
        stage.assert_honest_answer_counts().await;
    }
}

/// What a provider says of its methods goes on no further than it is believed.
#[tokio::test]
async fn c05_two_factors_above_the_ceiling_are_not_said_on() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let page = browser.get(&client.request(&[])).await;
    let page = world
        .type_name(&mut browser, &page, "sofie@havnekoebing.example")
        .await;
    let question = world.havnekoebing.read(&page);
    let mut claims = world.havnekoebing.claims(&question, world.house.now());
    claims["uniid"] = "1000001201".into();
    claims["acr"] = "https://refeds.org/profile/mfa".into();
    claims["amr"] = json!(["pwd", "mfa", "otp"]);
    world.havnekoebing.will_say(&claims).await;
    let page = browser.get(&world.havnekoebing.way_back(&question)).await;
    let tokens = client.redeem(&browser, &client.answer(&page)["code"]).await;
    let told = crate::world::oidc_client::id_token(&tokens);
    assert_eq!(told["amr"], json!(["pwd"]), "{told}");
    assert_eq!(told["acr"], "dk:unilogin:loa:EnFaktor", "{told}");
}

/// EdDSA (RFC 8037) is believed where it is registered, by the key of that kind and by no other (D04).
#[tokio::test]
async fn d04_eddsa_counts_where_it_is_registered_and_by_its_own_key_alone() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let (key, other) = (
        Ed25519KeyPair::generate().unwrap(),
        Ed25519KeyPair::generate().unwrap(),
    );
    for (what, algorithms, signer, alg, counts) in [
        ("registered", "EdDSA", &key, "EdDSA", true),
        ("another key", "EdDSA", &other, "EdDSA", false),
        ("called something else", "EdDSA\", \"ES256", &key, "ES256", false),
        ("not registered", "ES256", &key, "EdDSA", false),
    ] {
        let world = Federation::start_changed(|files| {
            files.change(
                "metadata/upstreams/havnekoebing.toml",
                "\"ES256\"",
                &format!("\"{algorithms}\""),
            );
        })
        .await;
        let public = BASE64URL_NOPAD.encode(key.public_key().as_ref());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "use": "sig", "x": public });
        world.havnekoebing.serve("/jwks", &json!({ "keys": [jwk] }));
        let mut browser = world.visitor();
        let question = sent_to_havnekoebing(&world, &mut browser).await;
        let mut claims = world.havnekoebing.claims(&question, world.house.now());
        claims["uniid"] = "1000001201".into();
        let header = json!({ "alg": alg, "kid": "ed", "typ": "JWT" });
        let said = token(&header, &claims, |bytes| signer.sign(bytes).as_ref().to_vec());
        world.havnekoebing.will_hand_out(&said);
        let page = browser.get(&world.havnekoebing.way_back(&question)).await;
        assert_eq!(is_logged_in(&page), counts, "{what}: {}", page.body);
        if !counts {
            assert_eq!(page.refusal_code().as_deref(), Some("UL-303"), "{what}");
        }
    }
}

/// What an operator lets a provider be told goes along with each request, and takes no place of our own.
#[tokio::test]
async fn a_provider_is_told_what_its_file_says_besides() {
    let world = Federation::start_changed(|files| {
        files.add(
            "metadata/upstreams/havnekoebing.toml",
            "parameters = [\"idp_values=mitid\", \"ui=a=b&c\"]\n",
        );
    })
    .await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "sofie@havnekoebing.example")
        .await;
    let url = leads_to(&page).unwrap();
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    let values = |name: &str| query.iter().filter(|(known, _)| known == name).count();
    assert!(query.contains(&("idp_values".to_owned(), "mitid".to_owned())));
    assert!(query.contains(&("ui".to_owned(), "a=b&c".to_owned())));
    assert_eq!(values("state"), 1);
    for faulty in [
        "state=x",
        "request_uri=https://x.example",
        "redirect_uri=x",
        "mitid",
        "=x",
        "x=",
    ] {
        let file = "metadata/upstreams/havnekoebing.toml";
        let line = format!("parameters = [\"{faulty}\"]\n");
        world
            .house
            .files
            .change(file, "parameters = [\"idp_values=mitid\", \"ui=a=b&c\"]\n", &line);
        assert!(world.house.reload_faulty().stop_logins(), "{faulty}");
        world
            .house
            .files
            .change(file, &line, "parameters = [\"idp_values=mitid\", \"ui=a=b&c\"]\n");
    }
}

/// Where a provider does not say when the user proved who they are, nobody says that it was just
/// now: who asks how old the proof is has it asked of the provider.
#[tokio::test]
async fn e16_a_time_that_nobody_said_is_not_young() {
    for is_said in [true, false] {
        let world = Federation::start().await;
        let client = world.client("laesehesten");
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&[])).await;
        let page = world
            .type_name(&mut browser, &page, "sofie@havnekoebing.example")
            .await;
        let question = world.havnekoebing.read(&page);
        let mut claims = world.havnekoebing.claims(&question, world.house.now());
        claims["uniid"] = "1000001201".into();
        if !is_said {
            claims.as_object_mut().unwrap().remove("auth_time");
        }
        world.havnekoebing.will_say(&claims).await;
        let page = browser.get(&world.havnekoebing.way_back(&question)).await;
        assert!(is_logged_in(&page), "{}", page.body);
        let silent = ("prompt", "none");
        let page = browser.clone().get(&client.request(&[silent])).await;
        assert!(is_logged_in(&page), "whoever does not ask: {}", page.url);
        let page = browser
            .clone()
            .get(&client.request(&[silent, ("max_age", "300")]))
            .await;
        assert_eq!(is_logged_in(&page), is_said, "{}", page.url);
        let page = browser.get(&client.request(&[("max_age", "300")])).await;
        assert_eq!(is_logged_in(&page), is_said, "{}", page.url);
    }
}

/// A provider may pass over `prompt=login`: without a time, nobody knows whether anybody logged in anew.
#[tokio::test]
async fn e16_a_new_login_without_a_time_is_none() {
    for is_said in [true, false] {
        let world = Federation::start().await;
        let client = world.client("laesehesten");
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&[("prompt", "login")])).await;
        let page = world
            .type_name(&mut browser, &page, "sofie@havnekoebing.example")
            .await;
        let asked = leads_to(&page).unwrap();
        let said: Vec<_> = asked.query_pairs().collect();
        assert!(
            said.iter()
                .any(|(name, value)| name == "prompt" && value == "login"),
            "{asked}"
        );
        assert!(
            said.iter().any(|(name, value)| name == "max_age" && value == "0"),
            "{asked}"
        );
        let question = world.havnekoebing.read(&page);
        let mut claims = world.havnekoebing.claims(&question, world.house.now());
        claims["uniid"] = "1000001201".into();
        if !is_said {
            claims.as_object_mut().unwrap().remove("auth_time");
        }
        world.havnekoebing.will_say(&claims).await;
        let page = browser.get(&world.havnekoebing.way_back(&question)).await;
        assert_eq!(is_logged_in(&page), is_said, "{}", page.body);
        let refused = (!is_said).then_some("UL-303");
        assert_eq!(page.refusal_code().as_deref(), refused);
    }
}
