//! Signed authorization requests by value (JAR, RFC 9101): what a client asks, under its own
//! signature, so that nobody on the way through the browser can change it.
//!
//! What is signed replaces what stands beside it; nothing is mixed (RFC 9101 §6.3).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::client::{Issuer, OidcClient};
use super::jws::{self, TokenType};
use super::params::Parameters;

/// No request is good for longer than this.
const LONGEST: SignedDuration = SignedDuration::from_mins(60);

/// How far a client's clock may be off.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Why a request object is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestObjectRefused {
    /// No key of the client's is registered, so that there is nothing to verify it with.
    #[error("the client is registered without keys for request objects")]
    NotSupported,
    /// It is wrong; the word says in what.
    #[error("the request object does not hold: {0}")]
    Invalid(&'static str),
}

/// Claims that are about the object and not part of what is asked.
const ABOUT_THE_OBJECT: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// What the client signed for, as parameters.
pub fn open(
    object: &str,
    client: &OidcClient,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Parameters, RequestObjectRefused> {
    use RequestObjectRefused::Invalid;
    let keys = client
        .rules
        .request_keys
        .as_ref()
        .ok_or(RequestObjectRefused::NotSupported)?;
    let verified = jws::verify(object, keys, client.rules.algorithms(), TokenType::RequestObject)
        .map_err(|error| Invalid(error.reason()))?;
    let claims: Map<String, Value> = jws::object(&verified.payload).ok_or(Invalid("claims"))?;
    let name = client.client_id.as_str();
    if text(&claims, "iss") != Some(name) || text(&claims, "client_id") != Some(name) {
        return Err(Invalid("other_client"));
    }
    if claims.get("sub").is_some_and(|subject| subject == name) {
        // It would pass as an assertion of the client's, and goes through browsers (RFC 9101 §10.8).
        return Err(Invalid("sub"));
    }
    if !is_for(claims.get("aud"), issuer.as_str()) {
        return Err(Invalid("aud"));
    }
    check_times(&claims, now)?;
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(Invalid("nested"));
    }
    let mut pairs = Vec::with_capacity(claims.len());
    for (claim, value) in claims {
        if !ABOUT_THE_OBJECT.contains(&claim.as_str()) {
            add(&mut pairs, claim, value)?;
        }
    }
    Ok(Parameters::new(pairs))
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The issuer alone or among others: unlike an assertion, a request says nothing elsewhere.
fn is_for(audience: Option<&Value>, issuer: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == issuer,
        Some(Value::Array(several)) => several.iter().any(|one| one == issuer),
        _ => false,
    }
}

fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), RequestObjectRefused> {
    use RequestObjectRefused::Invalid;
    let (now, skew) = (now.as_second(), CLOCK_SKEW.as_secs());
    let expires = claims.get("exp").and_then(Value::as_i64).ok_or(Invalid("exp"))?;
    if expires.saturating_add(skew) <= now {
        return Err(Invalid("exp"));
    }
    if expires > now.saturating_add(LONGEST.as_secs()).saturating_add(skew) {
        return Err(Invalid("exp_too_far"));
    }
    for name in ["nbf", "iat"] {
        let begins = match claims.get(name) {
            None => continue,
            Some(value) => value.as_i64().ok_or(Invalid("times"))?,
        };
        if begins > now.saturating_add(skew) {
            return Err(Invalid("not_yet_valid"));
        }
    }
    Ok(())
}

/// A claim as the parameter that it stands for (RFC 9101 §4, RFC 8707 §2).
fn add(pairs: &mut Vec<(String, String)>, name: String, value: Value) -> Result<(), RequestObjectRefused> {
    match value {
        Value::String(text) => pairs.push((name, text)),
        Value::Number(number) => pairs.push((name, number.to_string())),
        Value::Object(_) => pairs.push((name, value.to_string())),
        Value::Array(several) if name == "resource" => {
            for one in several {
                add(pairs, name.clone(), one)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => {
            return Err(RequestObjectRefused::Invalid("parameter"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::address::PlainHttp;
    use crate::keys::testing::{p256, rsa};
    use crate::oidc::jwks::verification_keys;
    use crate::oidc::testing::client;

    const NOW: i64 = 1_000;

    fn good() -> Value {
        json!({"iss": "laesehest", "client_id": "laesehest", "aud": "https://portner.example",
               "exp": NOW + 60, "response_type": "code", "max_age": 10, "state": "s",
               "claims": {"userinfo": {"name": null}}, "resource": ["https://a.example", "https://b.example"]})
    }

    async fn opened(change: &[(&str, Value)]) -> Result<Parameters, RequestObjectRefused> {
        let signer = p256("c");
        let mut client = client();
        client.rules.request_keys = Some(verification_keys([&signer]));
        let mut claims = good();
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        let object = jws::sign(&*signer, TokenType::RequestObject, &claims)
            .await
            .unwrap();
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        open(&object, &client, &issuer, Timestamp::from_second(NOW).unwrap())
    }

    #[tokio::test]
    async fn what_was_signed_becomes_parameters() {
        let parameters = opened(&[]).await.unwrap();
        assert_eq!(parameters.one("max_age"), Ok(Some("10")));
        assert_eq!(
            parameters.one("claims"),
            Ok(Some(r#"{"userinfo":{"name":null}}"#))
        );
        assert_eq!(parameters.many("resource").count(), 2);
        assert!(!parameters.has("exp") && !parameters.has("iss"));
    }

    #[tokio::test]
    async fn a_request_is_the_clients_own_for_us_and_for_now() {
        for (name, value, reason) in [
            ("iss", json!("other"), "other_client"),
            ("client_id", json!("other"), "other_client"),
            ("client_id", Value::Null, "other_client"),
            ("aud", json!("https://evil.example"), "aud"),
            ("aud", Value::Null, "aud"),
            ("exp", Value::Null, "exp"),
            ("exp", json!(NOW - 60), "exp"),
            ("exp", json!(NOW + 7_200), "exp_too_far"),
            ("nbf", json!(NOW + 300), "not_yet_valid"),
            ("sub", json!("laesehest"), "sub"),
            ("request", json!("x"), "nested"),
            ("request_uri", json!("x"), "nested"),
            ("state", json!(true), "parameter"),
            ("scope", json!(["openid"]), "parameter"),
        ] {
            let refused = opened(&[(name, value.clone())]).await.err();
            assert_eq!(
                refused,
                Some(RequestObjectRefused::Invalid(reason)),
                "{name} {value}"
            );
        }
    }

    #[tokio::test]
    async fn a_strict_client_signs_with_what_fapi_allows() {
        let signer = rsa("c");
        let mut client = client();
        client.rules.request_keys = Some(verification_keys([&signer]));
        let object = jws::sign(&*signer, TokenType::RequestObject, &good())
            .await
            .unwrap();
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        let now = Timestamp::from_second(NOW).unwrap();
        assert!(open(&object, &client, &issuer, now).is_ok());
        client.rules.strict_algorithms = true;
        assert_eq!(
            open(&object, &client, &issuer, now).err(),
            Some(RequestObjectRefused::Invalid("alg"))
        );
        client.rules.request_keys = None;
        assert_eq!(
            open(&object, &client, &issuer, now).err(),
            Some(RequestObjectRefused::NotSupported)
        );
    }
}
