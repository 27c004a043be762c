//! Registered parties: the services that log in with us, and the providers that we log in with.
//!
//! Both are built from configuration; what exists here has passed the rules of
//! registration (E03). Addresses are kept byte for byte, since that is how they are
//! compared. Finding a party by its `client_id` is the registry's work, not this file's.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::jwk::{JwsAlgorithm, KeySet};
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
use crate::egress::is_loopback;
use crate::keys::Signer;

/// A service that is registered with us.
#[derive(Debug, Clone)]
pub struct OidcClient {
    /// The service behind it.
    pub service: ServiceId,
    /// Its name in the protocol.
    pub client_id: ClientId,
    /// Where answers may go; compared byte for byte (E01).
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may go after logout; compared byte for byte.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// How it proves who it is at the token endpoint.
    pub authentication: ClientAuthentication,
    /// Whether a request without PKCE is refused.
    pub pkce: PkceRule,
    /// How its ID tokens are signed.
    pub id_token_algorithm: IdTokenAlgorithm,
    /// What it may ask for; the rest is dropped (E15).
    pub scopes: BTreeSet<Scope>,
    /// How it may be answered.
    pub response_modes: BTreeSet<ResponseMode>,
    /// Web pages that may call our endpoints from a browser (CORS).
    pub web_origins: BTreeSet<WebOrigin>,
}

impl OidcClient {
    /// Whether a request without PKCE is refused: always for a public client, which has nothing else.
    pub fn needs_pkce(&self) -> bool {
        self.pkce == PkceRule::Required || matches!(self.authentication, ClientAuthentication::None)
    }

    /// The registered address that is byte-equal to the one asked for.
    pub fn redirect_uri(&self, asked: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|uri| uri.as_str() == asked)
    }

    /// The registered address after logout that is byte-equal to the one asked for.
    pub fn post_logout_redirect_uri(&self, asked: &str) -> Option<&RedirectUri> {
        self.post_logout_redirect_uris
            .iter()
            .find(|uri| uri.as_str() == asked)
    }
}

/// A provider that we are registered with.
#[derive(Clone)]
pub struct OidcUpstream {
    /// Its short name here.
    pub id: UpstreamId,
    /// Its name in the protocol, compared byte for byte.
    pub issuer: Issuer,
    /// Our name there.
    pub client_id: ClientId,
    /// How we prove who we are there.
    pub authentication: UpstreamAuthentication,
    /// Where it sends users back: an address of its own for each upstream (D03).
    pub redirect_uri: Url,
    /// What we ask for; `openid` is always among it.
    pub scopes: BTreeSet<Scope>,
    /// The signatures that are believed of it.
    pub algorithms: BTreeSet<JwsAlgorithm>,
    /// What it calls the facts that we look for.
    pub claims: ClaimNames,
    /// Addresses that are given by hand; discovery is not asked where they are.
    pub endpoints: Option<Endpoints>,
    /// Whether userinfo is asked as well: some providers put the facts there alone.
    pub asks_userinfo: bool,
}

impl fmt::Debug for OidcUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OidcUpstream({}, {})", self.id, self.issuer)
    }
}

/// How a service proves who it is (OIDC Core §9).
#[derive(Debug, Clone)]
pub enum ClientAuthentication {
    /// A public client: PKCE alone ties the code to it.
    None,
    /// The secret in the Authorization header.
    ClientSecretBasic(SecretDigest),
    /// The secret in the form.
    ClientSecretPost(SecretDigest),
    /// An assertion signed by a key of this set.
    PrivateKeyJwt(KeySet),
}

/// How we prove who we are at an upstream.
#[derive(Clone)]
pub enum UpstreamAuthentication {
    /// We do not; PKCE alone.
    None,
    /// The secret in the Authorization header.
    ClientSecretBasic(Zeroizing<String>),
    /// The secret in the form.
    ClientSecretPost(Zeroizing<String>),
    /// An assertion signed by our key.
    PrivateKeyJwt(Arc<dyn Signer>),
}

/// Whether PKCE is demanded (E04). Where a challenge is given, it is always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PkceRule {
    /// No request without a challenge.
    #[default]
    Required,
    /// For a confidential client that cannot: `nonce` and its secret must do.
    Optional,
}

/// The algorithms that ID tokens can be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdTokenAlgorithm {
    /// The default: small and quick.
    #[default]
    Es256,
    /// For services that know nothing else.
    Rs256,
}

/// How an authorization response travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum ResponseMode {
    /// Parameters of a redirect.
    #[default]
    Query,
    /// Fields of a form that posts itself.
    FormPost,
}

impl ResponseMode {
    /// The `response_mode` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// Reads a `response_mode` value.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Query, Self::FormPost]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

/// What an upstream calls the facts that decide who the user is. The rest is for `upstreams/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimNames {
    /// The claim with the CPR number, such as `dk.cpr`.
    pub cpr: Option<String>,
    /// The claim with the UNI-ID.
    pub uni_id: Option<String>,
    /// The claim with the level, such as `loa`; `acr` where nothing is said.
    pub level: Option<String>,
}

/// Where an upstream listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Where users are sent.
    pub authorization: Url,
    /// Where codes are turned into tokens.
    pub token: Url,
    /// Where its keys are.
    pub jwks: Url,
    /// Where further facts are.
    pub userinfo: Option<Url>,
    /// Where logouts go.
    pub end_session: Option<Url>,
}

/// The name of a client: 1–255 visible characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    /// Reads a `client_id`. Spaces, which RFC 6749 admits, are more trouble than anybody needs.
    pub fn parse(text: &str) -> Result<Self, RegistrationError> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
            .ok_or(RegistrationError::ClientId)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A provider's name: an https address without query and fragment (OIDC Discovery §3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issuer(String);

impl Issuer {
    /// Reads an issuer. It is kept as written: a trailing slash makes another one.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, RegistrationError> {
        let url = checked_url(text, plain)?;
        if url.query().is_some() {
            return Err(RegistrationError::Query("?".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The issuer as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A scope token (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// Reads one scope token: no spaces, quotes or backslashes.
    pub fn parse(text: &str) -> Result<Self, RegistrationError> {
        let fits = (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(RegistrationError::Scope)
    }

    /// `openid`, which makes a request one of OpenID Connect.
    pub fn openid() -> Self {
        Self("openid".to_owned())
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A client's secret, as far as we know it: its digest, compared in constant time.
///
/// Secrets are long and random (that is checked), so a plain digest is enough.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// The least that a secret may have.
    pub const MIN_SECRET_LENGTH: usize = 24;

    /// Digests a secret and forgets it.
    pub fn of_secret(secret: &str) -> Result<Self, RegistrationError> {
        if secret.len() < Self::MIN_SECRET_LENGTH {
            return Err(RegistrationError::ShortSecret);
        }
        Ok(Self(Self::sha256(secret)))
    }

    /// Takes a digest that was made elsewhere, as 64 hexadecimal digits.
    pub fn from_hex(hex: &str) -> Result<Self, RegistrationError> {
        data_encoding::HEXLOWER_PERMISSIVE
            .decode(hex.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(RegistrationError::SecretDigest)
    }

    /// Whether `presented` is the secret.
    pub fn matches(&self, presented: &str) -> bool {
        verify_slices_are_equal(&self.0, &Self::sha256(presented)).is_ok()
    }

    fn sha256(text: &str) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        bytes
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(..)")
    }
}

/// Whether an address may be plain http.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Never.
    #[default]
    Refused,
    /// On this machine only: for the demo and for developers.
    OnLoopback,
}

/// An address that answers may go to, byte for byte as registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks an address for registration (E03).
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, RegistrationError> {
        let url = checked_url(text, plain)?;
        if let Some((name, _)) = url
            .query_pairs()
            .find(|(name, _)| ANSWER_PARAMETERS.contains(&name.as_ref()))
        {
            return Err(RegistrationError::Query(name.into_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parameters of our answers, which an address must not bring along.
const ANSWER_PARAMETERS: [&str; 9] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    "id_token",
    "response",
];

/// The origin of a web page, as browsers write it: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// Checks an origin for registration.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, RegistrationError> {
        let url = checked_url(text, plain)?;
        if url.origin().ascii_serialization() != text {
            return Err(RegistrationError::NotNormal {
                normal: url.origin().ascii_serialization(),
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a registration was refused, in words for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Not an absolute address at all.
    #[error("this is not an absolute address")]
    NotAbsolute,
    /// A scheme other than https.
    #[error("the address must begin with https://, not {0}:")]
    Scheme(String),
    /// http, and the host is not this machine or the demo is not running.
    #[error("http is only for this machine, and only in the demo")]
    PlainHttp,
    /// A wildcard.
    #[error("an address with * matches more than one; write each address out")]
    Wildcard,
    /// A character that addresses do not have.
    #[error("an address does not have the character {0:?}; write it percent-encoded")]
    Character(char),
    /// A host that no DNS knows.
    #[error("the host name has characters that host names do not have")]
    Host,
    /// A fragment.
    #[error("the address must not have a fragment (#)")]
    Fragment,
    /// A user name or password in the address.
    #[error("the address must not have a user name in it")]
    UserInfo,
    /// A parameter that answers use.
    #[error("the address must not bring the parameter {0} along")]
    Query(String),
    /// Two ways to write it, and this is not the normal one.
    #[error("write the address as {normal}")]
    NotNormal {
        /// The normal form.
        normal: String,
    },
    /// Not a client id.
    #[error("a client id has 1 to 255 visible characters and no spaces")]
    ClientId,
    /// Not a scope.
    #[error("a scope has 1 to 128 visible characters, without quotes and backslashes")]
    Scope,
    /// The secret can be guessed.
    #[error("a client secret has at least {} characters", SecretDigest::MIN_SECRET_LENGTH)]
    ShortSecret,
    /// Not a digest.
    #[error("a secret digest is SHA-256 in 64 hexadecimal digits")]
    SecretDigest,
}

/// What holds for every address: https, one way to write it, nothing that hides where it leads.
fn checked_url(text: &str, plain: PlainHttp) -> Result<Url, RegistrationError> {
    let url = Url::parse(text).map_err(|_| RegistrationError::NotAbsolute)?;
    match url.scheme() {
        "https" => {}
        "http" if plain == PlainHttp::OnLoopback && is_loopback(&url) => {}
        "http" => return Err(RegistrationError::PlainHttp),
        other => return Err(RegistrationError::Scheme(other.to_owned())),
    }
    if text.contains('*') {
        return Err(RegistrationError::Wildcard);
    }
    if let Some(odd) = text.chars().find(|c| !is_uri_character(*c)) {
        return Err(RegistrationError::Character(odd));
    }
    if let Some(Host::Domain(name)) = url.host()
        && !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    {
        return Err(RegistrationError::Host);
    }
    if url.fragment().is_some() {
        return Err(RegistrationError::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RegistrationError::UserInfo);
    }
    // Comparing bytes is only safe where there is one spelling; a bare host may leave out its slash.
    let normal = url.as_str();
    if normal != text && normal.strip_suffix('/') != Some(text) {
        return Err(RegistrationError::NotNormal {
            normal: normal.to_owned(),
        });
    }
    Ok(url)
}

/// The characters that RFC 3986 §2 knows. URL parsers admit more, and disagree about them.
fn is_uri_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redirect(text: &str) -> Result<RedirectUri, RegistrationError> {
        RedirectUri::parse(text, PlainHttp::Refused)
    }

    #[test]
    fn ordinary_addresses_register() {
        for text in [
            "https://laesehest.example",
            "https://laesehest.example/callback",
            "https://laesehest.example:8443/callback?tenant=1",
        ] {
            assert_eq!(redirect(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn dangerous_addresses_do_not_register() {
        use RegistrationError as E;
        type Judge = fn(&RegistrationError) -> bool;
        let cases: [(&str, Judge); 17] = [
            ("/callback", |e| *e == E::NotAbsolute),
            ("https://*.example/cb", |e| {
                matches!(e, E::Wildcard | E::NotAbsolute)
            }),
            ("https://a.example/*", |e| *e == E::Wildcard),
            ("https://a.example/cb#", |e| *e == E::Fragment),
            ("https://a.example/cb#x", |e| *e == E::Fragment),
            ("http://a.example/cb", |e| *e == E::PlainHttp),
            ("http://localhost/cb", |e| *e == E::PlainHttp),
            ("javascript:alert(1)", |e| matches!(e, E::Scheme(_))),
            ("JavaScript:alert(1)", |e| matches!(e, E::Scheme(_))),
            ("data:text/html,x", |e| matches!(e, E::Scheme(_))),
            ("https://user@a.example/cb", |e| *e == E::UserInfo),
            ("https://a.example/cb?code=1", |e| *e == E::Query("code".into())),
            ("https://a.example/cb?x=1&st%61te=1", |e| {
                *e == E::Query("state".into())
            }),
            ("https://a.example/cb?iss=x", |e| *e == E::Query("iss".into())),
            ("https://a.example/x/../cb", |e| matches!(e, E::NotNormal { .. })),
            ("https://A.example/cb", |e| matches!(e, E::NotNormal { .. })),
            ("https:\\\\a.example\\cb", |e| *e == E::Character('\\')),
        ];
        for (text, expected) in cases {
            let error = redirect(text).expect_err(text);
            assert!(expected(&error), "{text}: {error:?}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_in_the_demo() {
        for text in [
            "http://localhost:3000/cb",
            "http://127.0.0.1:3000/cb",
            "http://[::1]/cb",
        ] {
            assert!(RedirectUri::parse(text, PlainHttp::OnLoopback).is_ok(), "{text}");
        }
        for text in [
            "http://localhost.example/cb",
            "http://10.0.0.1/cb",
            "http://a.example/cb",
        ] {
            let refused = RedirectUri::parse(text, PlainHttp::OnLoopback);
            assert_eq!(refused, Err(RegistrationError::PlainHttp), "{text}");
        }
    }

    #[test]
    fn issuers_and_origins_have_their_own_rules() {
        assert!(Issuer::parse("https://op.example/realm", PlainHttp::Refused).is_ok());
        assert!(Issuer::parse("https://op.example/?x=1", PlainHttp::Refused).is_err());
        assert!(WebOrigin::parse("https://app.example:8443", PlainHttp::Refused).is_ok());
        assert!(WebOrigin::parse("https://app.example/", PlainHttp::Refused).is_err());
        assert!(WebOrigin::parse("null", PlainHttp::Refused).is_err());
    }

    #[test]
    fn a_secret_is_known_by_its_digest_alone() {
        let digest = SecretDigest::of_secret("correct-horse-battery-staple").unwrap();
        assert!(digest.matches("correct-horse-battery-staple"));
        assert!(!digest.matches("correct-horse-battery-stapl"));
        assert!(!digest.matches(""));
        assert_eq!(format!("{digest:?}"), "SecretDigest(..)");
        assert_eq!(
            SecretDigest::of_secret("short"),
            Err(RegistrationError::ShortSecret)
        );
    }

    proptest! {
        #[test]
        fn whatever_registers_is_safe_to_send_a_browser_to(text in "https?://[ -~]{0,40}") {
            if let Ok(uri) = redirect(&text) {
                prop_assert!(uri.as_str().starts_with("https://"));
                prop_assert!(!uri.as_str().contains(['#', '*', '\\', ' ', '"', '<']));
            }
        }
    }
}
