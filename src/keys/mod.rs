//! Keys that Portner holds: the [`Signer`] trait and those who implement it.
//!
//! Callers never see a private key. They ask a [`Signer`] for its algorithm, its public
//! half, and a signature. Verification of what others signed is not here: SAML's is in
//! `saml/xml/signature.rs`, tokens' is in `oidc/`, each with its own allow-list.

pub mod chain;
pub mod derive;
pub mod evidence;
pub mod file;
pub mod generate;
pub mod mark;
pub mod pkcs11;
pub mod public;
pub mod ring;
pub mod saml_keys;
pub mod seal;
#[cfg(test)]
pub(crate) mod testing;
pub mod vault;
pub mod witness;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The future of a signature; an HSM answers later than a file does.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, SignFailed>> + Send + 'a>>;

/// Something that signs with one private key.
pub trait Signer: Send + Sync {
    /// Names the key in JWKS (`kid`) and in the log. Never reused for another key (M01).
    fn key_id(&self) -> &str;
    /// How this key signs.
    fn algorithm(&self) -> SigningAlgorithm;
    /// SubjectPublicKeyInfo in DER.
    fn public_key(&self) -> &[u8];
    /// X.509 certificate in DER, where one exists: SAML metadata publishes it. Dates in it decide nothing.
    fn certificate(&self) -> Option<&[u8]>;
    /// Signs `message`. ECDSA signatures are `r ‖ s` of fixed length, as both JWS and XML-DSig want them.
    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a>;
    /// The same key signing with another RSA padding, under a key id of that padding's own;
    /// nothing where it has no other way than its own.
    fn padded(&self, _padding: file::RsaPadding) -> Option<Arc<dyn Signer>> {
        None
    }
    /// Why it cannot sign at the moment; only a key that is elsewhere is ever in trouble.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// The signature algorithms that Portner signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what SAML peers understand.
    #[default]
    RsaSha256,
    /// RSASSA-PSS with SHA-256, MGF1-SHA-256, salt of 32 bytes.
    RsaPssSha256,
    /// ECDSA on P-256 with SHA-256: the default for tokens.
    EcdsaP256Sha256,
}

impl SigningAlgorithm {
    /// What people call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RsaSha256 => "RSA (PKCS#1, SHA-256)",
            Self::RsaPssSha256 => "RSA (PSS, SHA-256)",
            Self::EcdsaP256Sha256 => "ECDSA (P-256, SHA-256)",
        }
    }
}

/// The key could not sign: an HSM is away, or a key is not what it said it was.
#[derive(Debug, thiserror::Error)]
#[error("the key {key_id} could not sign: {reason}")]
pub struct SignFailed {
    /// The id of the key, as peers see it.
    pub key_id: String,
    /// What the provider said; holds no key material.
    pub reason: String,
}

impl fmt::Debug for dyn Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {:?})", self.key_id(), self.algorithm())
    }
}
