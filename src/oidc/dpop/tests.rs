//! What a proof of possession must say, and what becomes of one that does not.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::keys::Signer;
use crate::keys::public::PublicNumbers;
use crate::keys::testing::{p256, rsa};

const URL: &str = "https://portner.example/oidc/token";
const NOW: i64 = 1_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn secret() -> MasterSecret {
    MasterSecret::new(&[9; 32]).unwrap()
}

fn jwk(signer: &dyn Signer) -> Value {
    let b64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    match PublicNumbers::from_spki(signer.public_key()).unwrap() {
        PublicNumbers::Rsa { modulus, exponent } => {
            json!({"kty": "RSA", "n": b64(&modulus), "e": b64(&exponent)})
        }
        PublicNumbers::P256 { x, y } => json!({"kty": "EC", "crv": "P-256", "x": b64(&x), "y": b64(&y)}),
    }
}

fn claims() -> Value {
    json!({"jti": "1", "htm": "POST", "htu": URL, "iat": NOW, "nonce": Nonces(&secret()).current(now())})
}

async fn made(signer: &dyn Signer, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let input = format!("{}.{}", part(header), part(claims));
    let signature = signer.sign(input.as_bytes()).await.unwrap();
    format!("{input}.{}", BASE64URL_NOPAD.encode(&signature))
}

fn checked(proof: &str, access_token: Option<&str>) -> Result<Proof, ProofRefused> {
    let secret = secret();
    check(
        proof,
        &Expected {
            algorithms: &JwsAlgorithm::ALL,
            method: "POST",
            url: URL,
            access_token,
            nonces: &Nonces(&secret),
            now: now(),
        },
    )
}

async fn outcome(signer: &Arc<dyn Signer>, change: &[(&str, Value)]) -> Result<Proof, ProofRefused> {
    let header =
        json!({"typ": "dpop+jwt", "alg": jws::algorithm_of(&**signer).as_str(), "jwk": jwk(&**signer)});
    let mut claims = claims();
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    checked(&made(&**signer, &header, &claims).await, None)
}

#[tokio::test]
async fn a_proof_is_for_one_address_one_method_and_one_moment() {
    for signer in [p256("a"), rsa("b")] {
        let proof = outcome(&signer, &[]).await.unwrap();
        let numbers = PublicNumbers::from_spki(signer.public_key()).unwrap();
        assert_eq!(proof.key.as_str(), numbers.thumbprint());
    }
    let signer = p256("a");
    let elsewhere = |url: &str| json!(url);
    let cases = [
        ("htm", json!("GET"), "htm"),
        ("htm", json!("post"), "htm"),
        ("htu", elsewhere("https://portner.example/oidc/userinfo"), "htu"),
        ("htu", elsewhere("https://evil.example/oidc/token"), "htu"),
        ("htu", elsewhere("http://portner.example/oidc/token"), "htu"),
        ("iat", json!(NOW - 121), "iat"),
        ("iat", json!(NOW + 121), "iat"),
        ("jti", json!(""), "jti"),
        ("jti", Value::Null, "claims"),
    ];
    for (name, value, reason) in cases {
        let refused = outcome(&signer, &[(name, value.clone())]).await;
        assert_eq!(refused, Err(ProofRefused::Invalid(reason)), "{name} {value}");
    }
    for same in [
        "https://PORTNER.example:443/oidc/token",
        "https://portner.example/oidc/token?x#y",
    ] {
        assert!(outcome(&signer, &[("htu", json!(same))]).await.is_ok(), "{same}");
    }
}

#[tokio::test]
async fn a_nonce_is_ours_and_of_this_minute_or_the_last() {
    let signer = p256("a");
    let secret = secret();
    let at = |seconds: i64| json!(Nonces(&secret).current(Timestamp::from_second(NOW + seconds).unwrap()));
    for nonce in [Value::Null, json!("guess"), at(-180), at(120)] {
        let refused = outcome(&signer, &[("nonce", nonce)]).await;
        assert_eq!(refused, Err(ProofRefused::NonceNeeded));
    }
    assert!(outcome(&signer, &[("nonce", at(-60))]).await.is_ok());
}

#[tokio::test]
async fn the_header_brings_a_public_key_and_signs_with_it() {
    let (signer, other) = (p256("a"), p256("b"));
    let good = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(&*signer)});
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header
    };
    let mut private = jwk(&*signer);
    private["d"] = json!("AAAA");
    let cases = [
        (with("typ", json!("JWT")), "typ"),
        (with("typ", Value::Null), "typ"),
        (with("alg", json!("none")), "alg"),
        (with("alg", json!("HS256")), "alg"),
        (with("alg", json!("RS256")), "kid"),
        (with("jwk", jwk(&*other)), "signature"),
        (with("jwk", private), "jwk"),
        (with("jwk", json!({"kty": "oct", "k": "AAAA"})), "jwk"),
        (with("jwk", Value::Null), "jwk"),
        (with("crit", json!(["x"])), "crit"),
    ];
    for (header, reason) in cases {
        let refused = checked(&made(&*signer, &header, &claims()).await, None);
        assert_eq!(refused, Err(ProofRefused::Invalid(reason)), "{header}");
    }
    // A kid beside the key names nothing.
    let named = with("kid", json!("anything"));
    assert!(checked(&made(&*signer, &named, &claims()).await, None).is_ok());
}

#[tokio::test]
async fn beside_a_token_a_proof_is_for_that_token() {
    let signer = p256("a");
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(&*signer)});
    let with = |ath: Option<&str>| {
        let mut claims = claims();
        if let Some(token) = ath {
            claims["ath"] = json!(BASE64URL_NOPAD.encode(digest(&SHA256, token.as_bytes()).as_ref()));
        }
        claims
    };
    for (claims, expected) in [
        (with(Some("token")), true),
        (with(Some("other")), false),
        (with(None), false),
    ] {
        let proof = made(&*signer, &header, &claims).await;
        assert_eq!(checked(&proof, Some("token")).is_ok(), expected);
    }
}

proptest! {
    #[test]
    fn rubbish_never_holds(proof in "[A-Za-z0-9_.=-]{0,80}") {
        prop_assert!(checked(&proof, None).is_err());
    }
}

#[tokio::test]
async fn a_strict_client_proves_itself_with_what_fapi_allows() {
    use crate::oidc::client::ClientRules;

    let signer = rsa("b");
    let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": jwk(&*signer)});
    let proof = made(&*signer, &header, &claims()).await;
    let secret = secret();
    let by = |strict_algorithms| {
        let rules = ClientRules {
            strict_algorithms,
            ..ClientRules::default()
        };
        let expected = Expected {
            algorithms: rules.algorithms(),
            method: "POST",
            url: URL,
            access_token: None,
            nonces: &Nonces(&secret),
            now: now(),
        };
        check(&proof, &expected).map(drop)
    };
    assert_eq!(by(false), Ok(()));
    assert_eq!(by(true), Err(ProofRefused::Invalid("alg")));
}
