//! The relying party: logging users in at an upstream provider.
//!
//! A [`RelyingParty`] is as registered at this moment. What is learnt of a provider stays in
//! its [`ProviderCache`], which lives as long as the process, so that its keys stay parsed.
//! `state`, `nonce` and the PKCE verifier come from the caller, who derives them from the
//! transaction and compares them again here (D01, D02). The order of the checks is the order of this file.

mod description;
mod id_token;
mod logout_token;
mod provider;
mod refused;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

pub use self::description::Description;
use self::id_token::IdTokenExpectation;
pub use self::logout_token::UpstreamLogout;
use self::provider::Provider;
pub use self::provider::{ProviderCache, ProviderMemory, Remembered, RememberedKeys};
pub use self::refused::RelyingPartyError;
use super::client::{OidcUpstream, Scope, UpstreamAuthentication};
use super::client_auth::ASSERTION_TYPE;
use super::jws::{self, TokenType};
use super::params::Parameters;
use super::pkce::CodeChallenge;
use crate::ambient::Ambient;
use crate::egress::Egress;

/// Logs users in at one upstream.
pub struct RelyingParty {
    upstream: OidcUpstream,
    provider: Arc<ProviderCache>,
    egress: Egress,
    ambient: Ambient,
}

/// What one login asks of the upstream.
#[derive(Debug, Clone, Default)]
pub struct Departure<'a> {
    /// Comes back unchanged; ties the answer to the browser.
    pub state: &'a str,
    /// Comes back in the ID token; ties it to this login.
    pub nonce: &'a str,
    /// Ties the code to us.
    pub challenge: Option<&'a CodeChallenge>,
    /// Who the user might be.
    pub login_hint: Option<&'a str>,
    /// Which levels will do.
    pub acr_values: &'a [String],
    /// How the user may be disturbed.
    pub prompt: Option<&'a str>,
    /// How old the login may be, in seconds.
    pub max_age: Option<u32>,
    /// Which languages the user reads.
    pub ui_locales: Option<&'a str>,
    /// What this upstream alone understands, such as `idp_values`.
    pub extra: &'a [(String, String)],
}

/// What the transaction knows of its departure.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The state that was sent.
    pub state: &'a str,
    /// The nonce that was sent.
    pub nonce: &'a str,
    /// The PKCE verifier behind the challenge that was sent.
    pub verifier: &'a str,
    /// The age that was asked for, in seconds.
    pub max_age: Option<u32>,
}

/// What an upstream said of a user, every check passed.
#[derive(Clone)]
pub struct AcceptedIdToken {
    /// Who said it: the registered issuer.
    pub issuer: String,
    /// The user, as the upstream knows them.
    pub subject: String,
    /// All claims: of the ID token, and of userinfo where the ID token does not have them.
    pub claims: Map<String, Value>,
    /// When it says that it was issued.
    pub issued_at: Timestamp,
    /// When the user proved who they are, if it said so.
    pub auth_time: Option<Timestamp>,
    /// How strongly, in its own words.
    pub acr: Option<String>,
    /// By which methods.
    pub amr: Vec<String>,
    /// The token itself, as a hint for its logout.
    pub raw: String,
}

impl fmt::Debug for AcceptedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AcceptedIdToken(by {})", self.issuer)
    }
}

/// For how long our client assertion counts.
const ASSERTION_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

#[derive(Deserialize)]
struct Tokens {
    access_token: Option<String>,
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct EndpointError {
    error: String,
}

impl RelyingParty {
    /// Prepares for an upstream; nothing is fetched yet.
    pub fn new(upstream: OidcUpstream, egress: Egress, ambient: Ambient) -> Self {
        let learnt = Arc::new(ProviderCache::new(&upstream));
        Self::with(upstream, learnt, egress, ambient)
    }

    /// The same with what was learnt of the provider before.
    pub fn with(
        upstream: OidcUpstream,
        learnt: Arc<ProviderCache>,
        egress: Egress,
        ambient: Ambient,
    ) -> Self {
        Self {
            provider: learnt,
            upstream,
            egress,
            ambient,
        }
    }

    /// Where the upstream wants to be sent users for logout, if anywhere.
    pub async fn end_session_endpoint(&self) -> Result<Option<Url>, RelyingPartyError> {
        Ok(self.provider().await?.endpoints().end_session.clone())
    }

    /// The address to send the browser to.
    pub async fn authorization_url(&self, departure: &Departure<'_>) -> Result<Url, RelyingPartyError> {
        let provider = self.provider().await?;
        let mut url = provider.endpoints().authorization.clone();
        let scopes: Vec<_> = std::iter::once("openid")
            .chain(
                self.upstream
                    .scopes
                    .iter()
                    .map(Scope::as_str)
                    .filter(|scope| *scope != "openid"),
            )
            .collect();
        let scopes = scopes.join(" ");
        let max_age = departure.max_age.map(|seconds| seconds.to_string());
        let acr_values = departure.acr_values.join(" ");
        let given = [
            ("response_type", Some("code")),
            ("client_id", Some(self.upstream.client_id.as_str())),
            ("redirect_uri", Some(self.upstream.redirect_uri.as_str())),
            ("scope", Some(&*scopes)),
            ("state", Some(departure.state)),
            ("nonce", Some(departure.nonce)),
            ("code_challenge", departure.challenge.map(CodeChallenge::as_str)),
            ("code_challenge_method", departure.challenge.map(|_| "S256")),
            ("login_hint", departure.login_hint),
            ("acr_values", Some(&*acr_values)),
            ("prompt", departure.prompt),
            ("max_age", max_age.as_deref()),
            ("ui_locales", departure.ui_locales),
        ]
        .map(|(name, value)| (name, value.filter(|value| !value.is_empty())));
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(given.iter().filter_map(|(name, value)| Some((name, (*value)?))));
            query.extend_pairs(departure.extra);
        }
        Ok(url)
    }

    /// Takes the browser's return, redeems the code and checks what comes for it.
    pub async fn finish(
        &self,
        callback: &Parameters,
        expected: &Expected<'_>,
    ) -> Result<AcceptedIdToken, RelyingPartyError> {
        let provider = self.provider().await?;
        let code = self.code_of(callback, expected, &provider)?;
        let tokens = self.redeem(&code, expected.verifier, &provider).await?;
        let raw = tokens.id_token.ok_or(RelyingPartyError::NoIdToken)?;
        let mut accepted = self
            .check_id_token(raw, tokens.access_token.as_deref(), expected)
            .await?;
        if self.upstream.asks_userinfo
            && let (Some(endpoint), Some(token)) = (&provider.endpoints().userinfo, &tokens.access_token)
        {
            let userinfo = self.userinfo(endpoint, token).await?;
            merge_userinfo(&mut accepted, userinfo)?;
        }
        Ok(accepted)
    }

    async fn provider(&self) -> Result<Arc<Provider>, RelyingPartyError> {
        self.provider.get(&self.egress, self.ambient.now()).await
    }

    /// The code, if the answer is from this upstream and to this browser (D01, D03). No call before that.
    fn code_of(
        &self,
        callback: &Parameters,
        expected: &Expected<'_>,
        provider: &Provider,
    ) -> Result<Zeroizing<String>, RelyingPartyError> {
        let one = |name| callback.one(name).map_err(|_| RelyingPartyError::Callback);
        let state = one("state")?.unwrap_or_default();
        if expected.state.is_empty()
            || verify_slices_are_equal(state.as_bytes(), expected.state.as_bytes()).is_err()
        {
            return Err(RelyingPartyError::State);
        }
        match one("iss")? {
            Some(issuer) if issuer == self.upstream.issuer.as_str() => {}
            None if !provider.names_itself() => {}
            _ => return Err(RelyingPartyError::MixUp),
        }
        if let Some(error) = one("error")? {
            return Err(RelyingPartyError::Declined {
                code: refused::known_code(error),
            });
        }
        one("code")?
            .map(|code| Zeroizing::new(code.to_owned()))
            .ok_or(RelyingPartyError::Callback)
    }

    async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        provider: &Provider,
    ) -> Result<Tokens, RelyingPartyError> {
        let mut headers = HeaderMap::new();
        let client_id = self.upstream.client_id.as_str();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.upstream.redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        let assertion;
        match &self.upstream.authentication {
            UpstreamAuthentication::None => form.push(("client_id", client_id)),
            UpstreamAuthentication::ClientSecretBasic(secret) => {
                headers.insert(AUTHORIZATION, basic(client_id, secret)?);
            }
            UpstreamAuthentication::ClientSecretPost(secret) => {
                form.extend([("client_id", client_id), ("client_secret", secret.as_str())]);
            }
            UpstreamAuthentication::PrivateKeyJwt(signer) => {
                assertion = self.assertion(&**signer).await?;
                form.extend([
                    ("client_id", client_id),
                    ("client_assertion_type", ASSERTION_TYPE),
                    ("client_assertion", assertion.as_str()),
                ]);
            }
        }
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let answer = self
            .egress
            .post_form(&provider.endpoints().token, headers, form)
            .await?;
        if !answer.status.is_success() {
            let code = jws::object::<EndpointError>(&answer.body)
                .map_or("unreadable", |error| refused::known_code(&error.error));
            return Err(RelyingPartyError::TokenEndpoint {
                status: answer.status.as_u16(),
                code,
            });
        }
        jws::object(&answer.body).ok_or(RelyingPartyError::TokenAnswer)
    }

    /// An assertion for the issuer alone: the token endpoint's address can be lied about (rfc7523bis).
    async fn assertion(&self, signer: &dyn crate::keys::Signer) -> Result<String, RelyingPartyError> {
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'a str,
            sub: &'a str,
            aud: &'a str,
            jti: String,
            iat: i64,
            exp: i64,
        }
        let now = self.ambient.now().as_second();
        let claims = Claims {
            iss: self.upstream.client_id.as_str(),
            sub: self.upstream.client_id.as_str(),
            aud: self.upstream.issuer.as_str(),
            jti: self.ambient.uuid().to_string(),
            iat: now,
            exp: now.saturating_add(ASSERTION_LIFETIME.as_secs()),
        };
        jws::sign(signer, TokenType::ClientAssertion, &claims)
            .await
            .map_err(RelyingPartyError::Assertion)
    }

    /// Checks the token; a key that is not known may be a new one, so the keys are fetched once more.
    async fn check_id_token(
        &self,
        raw: String,
        access_token: Option<&str>,
        expected: &Expected<'_>,
    ) -> Result<AcceptedIdToken, RelyingPartyError> {
        let now = self.ambient.now();
        let expectation = IdTokenExpectation {
            upstream: &self.upstream,
            nonce: expected.nonce,
            access_token,
            max_age: expected.max_age,
            now,
        };
        let provider = self.provider().await?;
        match expectation.check(&raw, &provider.keys) {
            Err(RelyingPartyError::IdToken { reason: "kid", .. }) => {
                let provider = self.provider.with_new_keys(&self.egress, now).await?;
                expectation.check(&raw, &provider.keys)
            }
            outcome => outcome,
        }
    }

    async fn userinfo(&self, endpoint: &Url, token: &str) -> Result<Map<String, Value>, RelyingPartyError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {token}"))?);
        let answer = self.egress.get(endpoint, headers).await?;
        if !answer.status.is_success() {
            return Err(RelyingPartyError::Userinfo);
        }
        jws::object(&answer.body).ok_or(RelyingPartyError::Userinfo)
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelyingParty({})", self.upstream.id)
    }
}

/// Userinfo is believed for the same user only, and never over the signed token (D08, OIDC Core §5.3.2).
fn merge_userinfo(
    accepted: &mut AcceptedIdToken,
    userinfo: Map<String, Value>,
) -> Result<(), RelyingPartyError> {
    if userinfo.get("sub").and_then(Value::as_str) != Some(accepted.subject.as_str()) {
        return Err(RelyingPartyError::UserinfoSubject);
    }
    for (name, value) in super::id_token::without_protocol_claims(userinfo) {
        accepted.claims.entry(name).or_insert(value);
    }
    Ok(())
}

/// Both halves form-encoded before base64 (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &str) -> Result<HeaderValue, RelyingPartyError> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new(format!("{}:{}", encode(client_id), encode(secret)));
    sensitive(&format!("Basic {}", BASE64.encode(pair.as_bytes())))
}

fn sensitive(value: &str) -> Result<HeaderValue, RelyingPartyError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| RelyingPartyError::TokenAnswer)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
