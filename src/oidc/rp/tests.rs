//! What a provider may answer, and what of it is believed.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::keys::testing::{p256, rsa};
use crate::oidc::id_token::at_hash;
use crate::oidc::jwk::JwsAlgorithm;
use world::{GOOD, NOW, SECRET, VERIFIER, World, configuration, reason};

#[tokio::test]
async fn a_login_succeeds_and_the_secret_travels_in_the_header() {
    let world = World::new().await;
    let accepted = world.outcome(&json!({})).await.unwrap();
    assert_eq!(
        (accepted.subject.as_str(), accepted.issuer.as_str()),
        ("u-1", world.issuer.as_str())
    );
    assert_eq!(accepted.claims["uuid"], "7");
    assert_eq!(accepted.acr.as_deref(), Some("substantial"));
    assert_eq!(accepted.amr, ["pwd"]);
    assert_eq!(accepted.auth_time.unwrap().as_second(), NOW - 5);
    let requests = world.provider.requests.lock().unwrap().clone();
    let token = requests
        .iter()
        .find(|request| request.starts_with("POST /token"))
        .unwrap();
    let header = BASE64.encode(format!("portner:{SECRET}").as_bytes());
    assert!(token.contains(&header) && token.contains(VERIFIER) && !token.contains(SECRET));
}

#[tokio::test]
async fn description_and_keys_are_fetched_once() {
    let world = World::new().await;
    for _ in 0..3 {
        world.outcome(&json!({})).await.unwrap();
    }
    assert_eq!(world.provider.asked("/.well-known/openid-configuration"), 1);
    assert_eq!(world.provider.asked("/jwks"), 1);
    assert_eq!(world.provider.asked("/token"), 3);
}

#[tokio::test]
async fn the_departure_says_what_was_asked() {
    let world = World::new().await;
    let challenge = CodeChallenge::of(VERIFIER);
    let departure = Departure {
        state: "s",
        nonce: "n",
        challenge: Some(&challenge),
        acr_values: &["a".to_owned(), "b".to_owned()],
        max_age: Some(0),
        extra: &[("idp_values".to_owned(), "mitid".to_owned())],
        ..Departure::default()
    };
    let url = world.party.authorization_url(&departure).await.unwrap();
    let pairs: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let said = |name: &str| pairs.get(name).map(String::as_str);
    assert_eq!(said("scope"), Some("openid ssn"));
    assert_eq!(said("code_challenge_method"), Some("S256"));
    assert_eq!(said("acr_values"), Some("a b"));
    assert_eq!(said("max_age"), Some("0"));
    assert_eq!(said("idp_values"), Some("mitid"));
    assert_eq!(said("login_hint"), None);
}

#[tokio::test]
async fn an_answer_of_another_browser_or_provider_causes_no_call() {
    let world = World::new().await;
    let elsewhere = [
        ("code", "c"),
        ("state", "state-1"),
        ("iss", "https://evil.example"),
    ];
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("code", "c")], "state"),
        (&[("code", "c"), ("state", "state-2")], "state"),
        (
            &[("code", "c"), ("state", "state-1"), ("state", "state-1")],
            "callback",
        ),
        (&elsewhere, "iss_parameter"),
        (&[("state", "state-1")], "callback"),
        (
            &[("state", "state-1"), ("error", "access_denied")],
            "access_denied",
        ),
    ];
    for (callback, expected) in cases {
        assert_eq!(reason(world.finish(callback).await), expected, "{callback:?}");
    }
    assert_eq!(world.provider.asked("/token"), 0);
}

#[tokio::test]
async fn a_provider_that_promised_to_name_itself_must() {
    let world = World::new().await;
    let mut document = configuration(&world.issuer);
    document["authorization_response_iss_parameter_supported"] = json!(true);
    world
        .provider
        .serve("/.well-known/openid-configuration", &document);
    assert_eq!(reason(world.finish(&GOOD).await), "iss_parameter");
    world.serve_token(&*world.signer, &world.claims()).await;
    let named = [GOOD[0], GOOD[1], ("iss", world.issuer.as_str())];
    assert!(world.finish(&named).await.is_ok());
}

#[tokio::test]
async fn every_claim_that_protects_is_checked() {
    let world = World::new().await;
    let cases = [
        (json!({"nonce": "nonce-2"}), "nonce"),
        (json!({"nonce": null}), "nonce"),
        (json!({"iss": "https://evil.example"}), "iss"),
        (json!({"aud": "other"}), "aud"),
        (json!({"aud": ["portner", "other"]}), "aud"),
        (json!({"exp": NOW - 61}), "exp"),
        (json!({"iat": NOW + 61}), "iat"),
        (json!({"nbf": NOW + 61}), "nbf"),
        (json!({"azp": "other"}), "azp"),
        (json!({"at_hash": at_hash("another")}), "at_hash"),
        (json!({"at_hash": 1}), "token_shape"),
        (json!({"sub": ""}), "sub"),
        (json!({"sub": "s".repeat(256)}), "sub"),
    ];
    for (changes, expected) in cases {
        assert_eq!(reason(world.outcome(&changes).await), expected, "{changes}");
    }
    // As far as a clock may be off, and as long as a name may be.
    for changes in [
        json!({"iat": NOW + 60}),
        json!({"nbf": NOW + 60}),
        json!({"sub": "s".repeat(255)}),
    ] {
        assert!(world.outcome(&changes).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn a_login_that_is_too_old_is_refused() {
    let world = World::new().await;
    for (auth_time, accepted) in [
        (json!(NOW - 120), true),
        (json!(NOW - 121), false),
        (Value::Null, false),
    ] {
        let mut claims = world.claims();
        claims["auth_time"] = auth_time.clone();
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        world.serve_token(&*world.signer, &claims).await;
        let expected = Expected {
            state: "state-1",
            nonce: "nonce-1",
            verifier: VERIFIER,
            max_age: Some(60),
        };
        let outcome = world.party.finish(&Parameters::new(GOOD), &expected).await;
        assert_eq!(outcome.is_ok(), accepted, "{auth_time}");
    }
}

#[tokio::test]
async fn the_token_does_not_choose_its_algorithm() {
    let world = World::new().await;
    let encode = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let claims = encode(&world.claims());
    for (header, expected) in [
        (json!({"alg": "none"}), "alg"),
        (json!({"alg": "HS256", "kid": "k1"}), "alg"),
        (json!({"alg": "RS256", "kid": "k1"}), "alg"),
        (json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}), "typ"),
        (json!({"alg": "ES256", "kid": "k1", "typ": "logout+jwt"}), "typ"),
        (json!({"alg": "ES256", "kid": "k1", "crit": ["x"]}), "typ"),
        (json!({"alg": "ES256", "kid": "k1"}), "signature"),
    ] {
        let signature = data_encoding::BASE64URL_NOPAD.encode(&[1; 64]);
        world.serve_raw(&format!("{}.{claims}.{signature}", encode(&header)));
        assert_eq!(reason(world.finish(&GOOD).await), expected, "{header}");
    }
    world.serve_raw("opaque");
    assert_eq!(reason(world.finish(&GOOD).await), "token_shape");
}

#[tokio::test]
async fn an_allowed_rsa_key_verifies_as_well() {
    let world = World::with(rsa("r1"), |upstream| {
        upstream.algorithms = BTreeSet::from([JwsAlgorithm::Rs256]);
    })
    .await;
    assert!(world.outcome(&json!({})).await.is_ok());
}

#[tokio::test]
async fn new_keys_are_fetched_when_they_sign_but_not_for_every_invented_key() {
    let world = World::new().await;
    world.outcome(&json!({})).await.unwrap();
    let new = p256("k2");
    world.publish(&new);
    world.serve_token(&*new, &world.claims()).await;
    assert_eq!(
        reason(world.finish(&GOOD).await),
        "kid",
        "the pause has not passed"
    );
    world.clock.advance(SignedDuration::from_secs(31));
    assert!(world.finish(&GOOD).await.is_ok());
    for invented in 0..5 {
        let token_signer = p256(&format!("invented-{invented}"));
        world.serve_token(&*token_signer, &world.claims()).await;
        assert_eq!(reason(world.finish(&GOOD).await), "kid");
    }
    assert_eq!(world.provider.asked("/jwks"), 2);
}

#[tokio::test]
async fn a_lying_description_is_refused_and_the_last_good_one_kept() {
    for (name, value, check) in [
        ("issuer", "https://evil.example", "issuer"),
        ("token_endpoint", "http://127.0.0.2/token", "endpoint_host"),
        ("jwks_uri", "https://evil.example/jwks", "endpoint_host"),
        ("userinfo_endpoint", "https://127.0.0.1/userinfo", "endpoint_host"),
    ] {
        let world = World::new().await;
        let mut lie = configuration(&world.issuer);
        lie[name] = json!(value);
        world.provider.serve("/.well-known/openid-configuration", &lie);
        let error = world.finish(&GOOD).await.unwrap_err();
        match error.itself() {
            RelyingPartyError::Discovery { check: found } => assert_eq!(*found, check, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        let honest = configuration(&world.issuer);
        world.provider.serve("/.well-known/openid-configuration", &honest);
        world.outcome(&json!({})).await.unwrap();
        world.provider.serve("/.well-known/openid-configuration", &lie);
        world.clock.advance(SignedDuration::from_mins(61));
        let later = NOW + 61 * 60;
        let fresh = json!({"exp": later + 300, "iat": later});
        assert!(world.outcome(&fresh).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn userinfo_adds_facts_about_the_same_user_alone() {
    let world = World::with(p256("k1"), |upstream| upstream.asks_userinfo = true).await;
    let info = json!({"sub": "u-1", "dk.cpr": "0102034567", "uuid": "8", "acr": "high"});
    world.provider.serve("/userinfo", &info);
    let accepted = world.outcome(&json!({})).await.unwrap();
    assert_eq!(accepted.claims["dk.cpr"], "0102034567");
    assert_eq!(accepted.claims["uuid"], "7", "the signed token comes first");
    assert_eq!(accepted.claims["acr"], "substantial");
    world
        .provider
        .serve("/userinfo", &json!({"sub": "u-2", "dk.cpr": "0102034567"}));
    assert_eq!(reason(world.outcome(&json!({})).await), "userinfo_sub");
    world
        .provider
        .serve("/userinfo", &json!({"dk.cpr": "0102034567"}));
    assert_eq!(reason(world.outcome(&json!({})).await), "userinfo_sub");
}

#[tokio::test]
async fn errors_of_the_token_endpoint_do_not_write_into_our_log() {
    let world = World::new().await;
    let answer = json!({"error": "<script>", "error_description": "0102034567"});
    world.provider.serve_status("/token", 400, &answer);
    let error = world.finish(&GOOD).await.unwrap_err();
    assert_eq!(error.to_string(), "the token endpoint answered 400 with other");
}

#[tokio::test]
async fn our_assertion_is_for_the_issuer_and_each_is_new() {
    let ours = p256("ours");
    let signer = ours.clone();
    let world = World::with(p256("k1"), move |upstream| {
        upstream.authentication = UpstreamAuthentication::PrivateKeyJwt(signer);
    })
    .await;
    for _ in 0..2 {
        world.outcome(&json!({})).await.unwrap();
    }
    let requests = world.provider.requests.lock().unwrap().clone();
    let mut ids = BTreeSet::new();
    for request in requests
        .iter()
        .filter(|request| request.starts_with("POST /token"))
    {
        let form = request.split_once("\r\n\r\n").unwrap().1;
        let form: BTreeMap<_, _> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let keys = crate::oidc::jwks::verification_keys([&ours]);
        let assertion = &form["client_assertion"];
        let verified = jws::verify(
            assertion,
            &keys,
            &[JwsAlgorithm::Es256],
            TokenType::ClientAssertion,
        )
        .unwrap();
        let claims: Value = serde_json::from_slice(&verified.payload).unwrap();
        assert_eq!(claims["aud"], json!(world.issuer));
        ids.insert(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_logout_token_ends_what_it_names_and_nothing_passes_for_one() {
    let world = World::new().await;
    let good = json!({"iss": world.issuer, "aud": "portner", "iat": NOW, "exp": NOW + 120, "jti": "1", "sid": "s-1",
                      "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    let read = async |claims: &Value, token_type| {
        let token = jws::sign(&*world.signer, token_type, claims).await.unwrap();
        world
            .party
            .read_logout_token(&token)
            .await
            .map_err(|error| error.reason())
    };
    let logout = read(&good, TokenType::LogoutToken).await.unwrap();
    assert_eq!(
        (logout.session.as_deref(), logout.token_id.as_str()),
        (Some("s-1"), "1")
    );
    assert!(logout.replay_until.as_second() > NOW + 120);
    for (name, value, reason) in [
        ("iss", json!("https://evil.example"), "iss"),
        ("aud", json!("other"), "aud"),
        ("nonce", json!("n"), "nonce"),
        ("events", json!({}), "events"),
        ("sid", Value::Null, "sub"),
        ("exp", json!(NOW - 61), "exp"),
        ("iat", json!(NOW - 3600), "exp"),
        ("iat", json!(NOW + 120), "iat"),
        ("jti", Value::Null, "token_shape"),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert_eq!(read(&bad, TokenType::LogoutToken).await, Err(reason), "{name}");
    }
    assert_eq!(
        read(&world.claims(), TokenType::IdToken).await,
        Err("token_shape")
    );
    let stranger = jws::sign(&*p256("k1"), TokenType::LogoutToken, &good)
        .await
        .unwrap();
    assert!(world.party.read_logout_token(&stranger).await.is_err());
}

#[test]
fn a_finished_login_can_run_on_any_thread() {
    fn is_send<T: Send>(_: T) {}
    #[expect(dead_code, reason = "compiling is the test")]
    fn check(party: &RelyingParty, callback: &Parameters, expected: &Expected<'_>) {
        is_send(party.finish(callback, expected));
    }
}
