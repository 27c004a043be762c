//! What parties are called, what they ask for, and what they prove themselves with.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::RegistrationError;

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

    /// The identifier, as it is registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
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

    /// `offline_access`, which asks for tokens that outlive the session (OIDC Core §11).
    pub fn offline_access() -> Self {
        Self("offline_access".to_owned())
    }

    /// The word, as it stands in `scope`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digest of the word `secret`, which our example once had.
const OF_THE_EXAMPLE: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

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

    /// Takes a digest that was made elsewhere, as 64 hexadecimal digits. It cannot be told from it how
    /// long the secret is; of the word that examples are made with it can be told.
    pub fn from_hex(hex: &str) -> Result<Self, RegistrationError> {
        if hex.eq_ignore_ascii_case(OF_THE_EXAMPLE) {
            return Err(RegistrationError::ExampleSecret);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
