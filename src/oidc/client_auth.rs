//! How a service proves who it is at the token endpoint (E11).
//!
//! One method each, the registered one. What was presented is read first, to find the
//! client; then checked against what is registered of it. Secrets in the query never get
//! here: callers hand in the form alone.

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::client::{ClientAuthentication, ClientId, Issuer, OidcClient};
use super::client_certificate::ClientCertificate;
use super::jwk::KeySet;
use super::jws::{self, TokenType};
use super::params::Parameters;
use super::token::{TokenErrorCode, TokenRefused};

/// The only assertion type (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// No assertion is valid for longer. Common libraries write an hour; it counts once all the same.
const LONGEST_ASSERTION: SignedDuration = SignedDuration::from_hours(1);

/// How far a client's clock may be off.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What a request brought along. Nothing of it is believed yet.
pub struct PresentedCredentials {
    client_id: ClientId,
    proof: Proof,
}

enum Proof {
    None,
    Basic(Zeroizing<String>),
    Post(Zeroizing<String>),
    Assertion(String),
}

#[derive(Deserialize)]
struct AssertionClaims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: Option<String>,
    client_id: Option<serde::de::IgnoredAny>,
    response_type: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// Exactly one audience: an assertion for two could be played by one at the other.
    fn is_only(&self, expected: &str) -> bool {
        match self {
            Self::One(audience) => audience == expected,
            Self::Many(audiences) => matches!(audiences.as_slice(), [only] if only == expected),
        }
    }
}

const fn refuse(reason: &'static str) -> TokenRefused {
    TokenRefused::new(TokenErrorCode::InvalidClient, reason)
}

impl PresentedCredentials {
    /// Reads the Authorization header and the form. More than one method is a refusal (RFC 6749 §2.3).
    pub fn read(authorization: Option<&str>, form: &Parameters) -> Result<Self, TokenRefused> {
        let named = form.one("client_id")?;
        let secret = form.one("client_secret")?;
        let assertion = form.one("client_assertion")?;
        let (name, proof) = match (authorization, secret, assertion) {
            (Some(header), None, None) => {
                let (name, secret) = basic(header).ok_or(refuse("authorization_header"))?;
                (name, Proof::Basic(secret))
            }
            (None, Some(secret), None) => {
                let name = named.ok_or(refuse("client_id"))?;
                (name.to_owned(), Proof::Post(Zeroizing::new(secret.to_owned())))
            }
            (None, None, Some(assertion)) => {
                if form.one("client_assertion_type")? != Some(ASSERTION_TYPE) {
                    return Err(refuse("assertion_type"));
                }
                let claims: AssertionClaims = jws::peek(assertion).map_err(|_| refuse("assertion_shape"))?;
                (claims.sub, Proof::Assertion(assertion.to_owned()))
            }
            (None, None, None) => (named.ok_or(refuse("client_id"))?.to_owned(), Proof::None),
            _ => return Err(refuse("several_methods")),
        };
        if named.is_some_and(|named| named != name) {
            return Err(refuse("other_client"));
        }
        Ok(Self {
            client_id: ClientId::parse(&name).map_err(|_| refuse("client_id"))?,
            proof,
        })
    }

    /// Who it says it is: what the registry is asked for.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Checks the proof against what is registered.
    ///
    /// `certificate` is that of the connection, whose key the client has.
    /// `once` is told the id of an assertion and until when it counts, and says whether it is new;
    /// where that cannot be known now, nobody is told that the assertion is bad (M10).
    pub async fn authenticate<F>(
        &self,
        client: &OidcClient,
        issuer: &Issuer,
        certificate: Option<&ClientCertificate>,
        now: Timestamp,
        once: F,
    ) -> Result<(), TokenRefused>
    where
        F: AsyncFnOnce(String, Timestamp) -> Result<bool, TokenRefused>,
    {
        if self.client_id != client.client_id {
            return Err(refuse("other_client"));
        }
        match (&client.authentication, &self.proof) {
            (ClientAuthentication::None, Proof::None) => Ok(()),
            (ClientAuthentication::ClientSecretBasic(digest), Proof::Basic(secret))
            | (ClientAuthentication::ClientSecretPost(digest), Proof::Post(secret)) => {
                digest.matches(secret).then_some(()).ok_or(refuse("secret"))
            }
            (ClientAuthentication::PrivateKeyJwt(keys), Proof::Assertion(assertion)) => {
                let (id, until) = check_assertion(assertion, keys, client, issuer, now)?;
                let key = format!("{} {id}", client.client_id);
                once(key, until)
                    .await?
                    .then_some(())
                    .ok_or(refuse("assertion_replayed"))
            }
            (ClientAuthentication::Tls(rule), Proof::None) => certificate
                .ok_or(refuse("certificate_missing"))?
                .is_admitted_by(rule, now)
                .map_err(|refused| refuse(refused.0)),
            _ => Err(refuse("method")),
        }
    }
}

/// `Basic`, with both halves form-encoded before base64 (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = Zeroizing::new(BASE64.decode(encoded.trim().as_bytes()).ok()?);
    let (name, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((form_decoded(name)?, Zeroizing::new(form_decoded(secret)?)))
}

fn form_decoded(text: &str) -> Option<String> {
    if text.contains(['&', '=']) {
        // Not form-encoded, as some clients have it: take it as it is.
        return Some(text.to_owned());
    }
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
}

fn check_assertion(
    assertion: &str,
    keys: &KeySet,
    client: &OidcClient,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<(String, Timestamp), TokenRefused> {
    let verified = jws::verify(
        assertion,
        keys,
        client.rules.algorithms(),
        TokenType::ClientAssertion,
    )
    .map_err(|error| refuse(error.reason()))?;
    let claims: AssertionClaims = jws::object(&verified.payload).ok_or(refuse("assertion_shape"))?;
    if claims.client_id.is_some() || claims.response_type.is_some() {
        // A request object, which has been through browsers and is no secret (RFC 9101 §10.8).
        return Err(refuse("request_object"));
    }
    let name = client.client_id.as_str();
    if claims.iss != name || claims.sub != name {
        return Err(refuse("other_client"));
    }
    if !claims.aud.is_only(issuer.as_str()) {
        return Err(refuse("aud"));
    }
    let now_second = now.as_second();
    let skew = CLOCK_SKEW.as_secs();
    if claims.exp.saturating_add(skew) <= now_second {
        return Err(refuse("exp"));
    }
    if claims.exp
        > now_second
            .saturating_add(LONGEST_ASSERTION.as_secs())
            .saturating_add(skew)
    {
        return Err(refuse("exp_too_far"));
    }
    if [claims.nbf, claims.iat]
        .into_iter()
        .flatten()
        .any(|time| time > now_second.saturating_add(skew))
    {
        return Err(refuse("not_yet_valid"));
    }
    let id = claims.jti.filter(|id| id.len() <= 256).ok_or(refuse("jti"))?;
    let until = Timestamp::from_second(claims.exp.saturating_add(skew)).map_err(|_| refuse("exp"))?;
    Ok((id, until))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::address::PlainHttp;
    use crate::keys::Signer;
    use crate::keys::testing::p256;
    use crate::oidc::jwks::verification_keys;
    use crate::oidc::testing::{SECRET, client};

    const NOW: i64 = 1_000;

    async fn present(
        client: &OidcClient,
        header: Option<&str>,
        form: &[(&str, &str)],
        new: bool,
    ) -> Result<(), &'static str> {
        let issuer = Issuer::parse("https://portner.example", PlainHttp::Refused).unwrap();
        let form = Parameters::new(form.iter().copied());
        let now = Timestamp::from_second(NOW).unwrap();
        let outcome = match PresentedCredentials::read(header, &form) {
            Ok(presented) => {
                presented
                    .authenticate(client, &issuer, None, now, async |_, _| Ok(new))
                    .await
            }
            Err(error) => Err(error),
        };
        outcome.map_err(|refused| {
            assert_eq!(refused.code, TokenErrorCode::InvalidClient);
            refused.reason
        })
    }

    fn header(name: &str, secret: &str) -> String {
        format!("Basic {}", BASE64.encode(format!("{name}:{secret}").as_bytes()))
    }

    #[tokio::test]
    async fn a_secret_is_taken_where_it_is_registered_and_nowhere_else() {
        let client = client();
        let good = header("laesehest", SECRET);
        assert_eq!(present(&client, Some(&good), &[], true).await, Ok(()));
        let encoded = header("laesehest", &SECRET.replace('-', "%2D"));
        assert_eq!(present(&client, Some(&encoded), &[], true).await, Ok(()));
        let wrong = header("laesehest", "guess");
        assert_eq!(present(&client, Some(&wrong), &[], true).await, Err("secret"));
        let named = [("client_id", "laesehest")];
        assert_eq!(present(&client, None, &named, true).await, Err("method"));
        let post = [("client_id", "laesehest"), ("client_secret", SECRET)];
        assert_eq!(present(&client, None, &post, true).await, Err("method"));
        assert_eq!(
            present(&client, Some(&good), &post, true).await,
            Err("several_methods")
        );
        let others = [("client_id", "other")];
        assert_eq!(
            present(&client, Some(&good), &others, true).await,
            Err("other_client")
        );
        let other = header("other", SECRET);
        assert_eq!(
            present(&client, Some(&other), &[], true).await,
            Err("other_client")
        );
        assert_eq!(
            present(&client, Some("Bearer x"), &[], true).await,
            Err("authorization_header")
        );
    }

    fn claims() -> Value {
        json!({"iss": "laesehest", "sub": "laesehest", "aud": "https://portner.example",
               "exp": NOW + 60, "iat": NOW, "jti": "1"})
    }

    async fn assert_with(signer: &Arc<dyn Signer>, claims: &Value, new: bool) -> Result<(), &'static str> {
        let mut client = client();
        client.authentication = ClientAuthentication::PrivateKeyJwt(verification_keys([signer]));
        let token = jws::sign(&**signer, TokenType::ClientAssertion, claims)
            .await
            .unwrap();
        let form = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", token.as_str()),
        ];
        present(&client, None, &form, new).await
    }

    #[tokio::test]
    async fn an_assertion_is_for_us_for_now_and_for_once() {
        let signer = p256("c");
        assert_eq!(assert_with(&signer, &claims(), true).await, Ok(()));
        assert_eq!(
            assert_with(&signer, &claims(), false).await,
            Err("assertion_replayed")
        );
        let cases = [
            ("aud", json!("https://portner.example/token"), "aud"),
            (
                "aud",
                json!(["https://portner.example", "https://evil.example"]),
                "aud",
            ),
            ("iss", json!("other"), "other_client"),
            ("sub", json!("other"), "other_client"),
            ("exp", json!(NOW - 61), "exp"),
            ("exp", json!(NOW + 3_661), "exp_too_far"),
            ("iat", json!(NOW + 300), "not_yet_valid"),
            ("nbf", json!(NOW + 300), "not_yet_valid"),
            ("jti", Value::Null, "jti"),
            ("client_id", json!("laesehest"), "request_object"),
            ("response_type", json!("code"), "request_object"),
        ];
        for (name, value, reason) in cases {
            let mut changed = claims();
            changed[name] = value;
            assert_eq!(assert_with(&signer, &changed, true).await, Err(reason), "{name}");
        }
    }

    #[tokio::test]
    async fn an_assertion_by_another_key_or_none_is_refused() {
        let mut client = client();
        client.authentication = ClientAuthentication::PrivateKeyJwt(verification_keys([&p256("c")]));
        let forged = jws::sign(&*p256("c"), TokenType::ClientAssertion, &claims())
            .await
            .unwrap();
        let form = |token: &str| {
            vec![
                ("client_assertion_type".to_owned(), ASSERTION_TYPE.to_owned()),
                ("client_assertion".to_owned(), token.to_owned()),
            ]
        };
        let unsigned = format!(
            "{}.{}.",
            data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#),
            data_encoding::BASE64URL_NOPAD.encode(claims().to_string().as_bytes())
        );
        for (token, reason) in [(forged, "signature"), (unsigned, "alg")] {
            let form = form(&token);
            let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(present(&client, None, &form, true).await, Err(reason));
        }
    }
}
