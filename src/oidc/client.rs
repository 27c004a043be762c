//! Registered parties: the services that log in with us, and the providers that we log in with.
//!
//! Both are built from configuration; what exists here has passed the rules of
//! registration (E03). Addresses are kept byte for byte, since that is how they are
//! compared. Finding a party by its `client_id` is the registry's work, not this file's.

mod address;
mod names;
mod rules;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

pub use address::{Issuer, RedirectUri, WebOrigin};
pub use names::{ClientId, Scope, SecretDigest};
pub use rules::{
    BackchannelRule, BindingRule, ClientRules, Confirmation, RefreshLife, RefreshRule, ResourceUri,
    Thumbprint,
};

use super::client_certificate::CertificateRule;
use super::jwk::{JwsAlgorithm, KeySet};
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
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
    /// How its userinfo is signed; as plain JSON where nothing is said (OIDC Core §5.3.2).
    pub userinfo_algorithm: Option<IdTokenAlgorithm>,
    /// What it may ask for; the rest is dropped (E15).
    pub scopes: BTreeSet<Scope>,
    /// How it may be answered.
    pub response_modes: BTreeSet<ResponseMode>,
    /// Web pages that may call our endpoints from a browser (CORS).
    pub web_origins: BTreeSet<WebOrigin>,
    /// How it is told that a session has ended.
    pub logout: ClientLogout,
    /// What is demanded of it, and what it may have, beyond that.
    pub rules: ClientRules,
}

/// How a service is told that a session has ended: by neither way, by one, or by both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientLogout {
    /// From program to program (OIDC Back-Channel Logout §2.2).
    pub back_channel: Option<LogoutNotice>,
    /// Through the browser, in a frame (OIDC Front-Channel Logout §2).
    pub front_channel: Option<LogoutNotice>,
    /// It is not told of a logout that it asked for itself.
    pub knows_its_own: bool,
}

/// Where and how one such notice goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The address that is told.
    pub uri: Url,
    /// Whether it names the session (`sid`) rather than the user alone.
    pub names_session: bool,
}

impl OidcClient {
    /// Whether a request without PKCE is refused: always for a public client, which has nothing else.
    pub fn needs_pkce(&self) -> bool {
        self.pkce == PkceRule::Required || self.is_public()
    }

    /// Whether it has nothing to prove who it is with.
    pub fn is_public(&self) -> bool {
        matches!(self.authentication, ClientAuthentication::None)
    }

    /// Whether it cannot do without the certificate of its connection.
    pub fn shows_certificates(&self) -> bool {
        matches!(self.authentication, ClientAuthentication::Tls(_))
            || self.rules.binding == BindingRule::Certificate
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
    /// Addresses that are given by hand; discovery is not asked where they are.
    pub endpoints: Option<Endpoints>,
    /// Whether userinfo is asked as well: some providers put the facts there alone.
    pub asks_userinfo: bool,
    /// What else it is told with each request, such as `idp_values`.
    pub parameters: Vec<(String, String)>,
    /// How the browser is led to its logout.
    pub logout_by: LogoutBinding,
}

/// How a browser is led to a provider's logout (OIDC RP-Initiated Logout §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogoutBinding {
    /// By a form, with the ID token as a hint.
    #[default]
    Post,
    /// By an address. An ID token says who the user is and has no business there (F10), so that the
    /// provider may ask the user whether they mean it.
    Get,
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
    /// The certificate of its connection (RFC 8705 §2).
    Tls(CertificateRule),
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

/// The algorithms that ID tokens and userinfo can be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdTokenAlgorithm {
    /// The default: small and quick.
    #[default]
    Es256,
    /// For services that know no elliptic curves but want better padding than RS256's (FAPI 2.0).
    Ps256,
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

/// Where an upstream listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    #[error("http is only for addresses of this machine, and only with [egress] private_addresses = true")]
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
    /// The address of the description in place of the name.
    #[error("the issuer is the address before /.well-known/openid-configuration")]
    DiscoveryAddress,
    /// The digest of what everybody can look up.
    #[error("this is the digest of an example's secret; make one of your own")]
    ExampleSecret,
}
