//! What is demanded of one client, and what it may have, beyond the common rules: pushed and
//! signed requests, tokens bound to a key, refresh tokens, resources.

use std::collections::BTreeSet;
use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::RegistrationError;
use crate::oidc::jwk::{JwsAlgorithm, KeySet};

/// The rules of one client. Without any it is an ordinary client of OpenID Connect Core.
#[derive(Debug, Clone, Default)]
pub struct ClientRules {
    /// Requests must be pushed (RFC 9126 §5).
    pub must_push: bool,
    /// Requests must be signed (RFC 9101 §10.5).
    pub must_sign: bool,
    /// What its request objects verify with; without keys it cannot sign any.
    pub request_keys: Option<KeySet>,
    /// Which proof of possession its tokens need.
    pub binding: BindingRule,
    /// Whether and for how long it may renew its tokens.
    pub refresh: RefreshRule,
    /// The resources that it may ask access tokens for (RFC 8707).
    pub resources: BTreeSet<ResourceUri>,
    /// The resource that it is itself: it may look into tokens for it (RFC 7662).
    pub own_resource: Option<ResourceUri>,
    /// RSA with PKCS #1 v1.5 is not believed of it (FAPI 2.0 §5.4.1).
    pub strict_algorithms: bool,
    /// Whether it may ask for an adult's word without a browser, and how it hears of the answer (CIBA).
    pub backchannel: BackchannelRule,
}

impl ClientRules {
    /// The algorithms that are believed in what the client signs.
    pub fn algorithms(&self) -> &'static [JwsAlgorithm] {
        if self.strict_algorithms {
            &[JwsAlgorithm::Es256, JwsAlgorithm::EdDsa, JwsAlgorithm::Ps256]
        } else {
            &JwsAlgorithm::ALL
        }
    }
}

/// Which proof of possession a client's tokens need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BindingRule {
    /// None, but a proof that is given binds.
    #[default]
    Free,
    /// DPoP (RFC 9449).
    Dpop,
    /// The certificate of the connection (RFC 8705 §3).
    Certificate,
    /// One of the two: DPoP where a proof comes along.
    Either,
}

/// Whether a client may ask without a browser, and how it hears of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BackchannelRule {
    /// It may not.
    #[default]
    Never,
    /// It looks by itself.
    Poll,
    /// It is called at this address, and looks then.
    Ping(Url),
}

/// Whether tokens can be renewed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefreshRule {
    /// For how long.
    pub life: RefreshLife,
    /// Whether each renewal gives a new refresh token, and the old one is used up.
    pub rotates: bool,
}

/// For how long tokens can be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefreshLife {
    /// Not at all.
    #[default]
    Never,
    /// As long as the session at Portner is open.
    Session,
    /// As long as the session is open; with `offline_access` for this long after the login,
    /// whether anybody is logged in or not (OIDC Core §11).
    Offline(SignedDuration),
}

/// A protected resource, as RFC 8707 §2 names it: an absolute address without a fragment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceUri(String);

impl ResourceUri {
    /// Reads a resource; kept byte for byte.
    pub fn parse(text: &str) -> Result<Self, RegistrationError> {
        let url = Url::parse(text).map_err(|_| RegistrationError::NotAbsolute)?;
        if url.fragment().is_some() {
            return Err(RegistrationError::Fragment);
        }
        if text.len() > 512 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RegistrationError::NotAbsolute);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 in base64url: of a public key (RFC 7638) or of a certificate (RFC 8705 §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thumbprint(String);

impl Thumbprint {
    /// Of a digest.
    pub fn of_digest(digest: &[u8]) -> Self {
        Self(BASE64URL_NOPAD.encode(digest))
    }

    /// Reads 32 bytes in base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The 43 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a token is bound to: whoever uses it proves to have this (`cnf`, RFC 7800).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The key of DPoP proofs.
    Dpop(Thumbprint),
    /// The certificate of the connection.
    Certificate(Thumbprint),
}

impl Confirmation {
    /// The member of `cnf` and its value.
    pub fn member(&self) -> (&'static str, &str) {
        match self {
            Self::Dpop(thumbprint) => ("jkt", thumbprint.as_str()),
            Self::Certificate(thumbprint) => ("x5t#S256", thumbprint.as_str()),
        }
    }

    /// The `cnf` claim.
    pub fn claim(&self) -> serde_json::Value {
        let (member, value) = self.member();
        serde_json::json!({ member: value })
    }

    /// The `token_type` that clients are told: DPoP has one of its own (RFC 9449 §5).
    pub const fn token_type(this: Option<&Self>) -> &'static str {
        match this {
            Some(Self::Dpop(_)) => "DPoP",
            Some(Self::Certificate(_)) | None => "Bearer",
        }
    }
}

impl fmt::Display for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (member, value) = self.member();
        write!(f, "{member}={value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_absolute_and_has_no_fragment() {
        assert!(ResourceUri::parse("https://api.example/v1").is_ok());
        assert!(ResourceUri::parse("urn:example:api").is_ok());
        for text in [
            "api",
            "/v1",
            "https://api.example/#x",
            "https://api.example/ø",
            "",
        ] {
            assert!(ResourceUri::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_strict_client_is_not_believed_old_rsa() {
        let strict = ClientRules {
            strict_algorithms: true,
            ..ClientRules::default()
        };
        assert!(!strict.algorithms().contains(&JwsAlgorithm::Rs256));
        assert!(ClientRules::default().algorithms().contains(&JwsAlgorithm::Rs256));
    }
}
