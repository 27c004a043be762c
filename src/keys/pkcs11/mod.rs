//! A private key that stays in a token: a hardware security module, or software that plays one.
//!
//! The key file holds a `pkcs11:` address instead of the key ([`uri`]). Sessions and the threads
//! that wait for the token are in `token`; here is what signs, and what is published of the key.

mod public;
mod token;
pub mod uri;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::timeout;

use super::file::{KeyFileError, RsaPadding, certificate_of};
use super::public::PublicNumbers;
use super::{SignFailed, Signer, Signing, SigningAlgorithm};
use token::Token;
use uri::{KeyUri, NotAKeyUri};

/// Whoever waits for a signature longer than this waits in vain.
const PATIENCE: Duration = Duration::from_secs(5);

/// A key in a token.
#[derive(Clone)]
pub struct TokenSigner {
    token: Arc<Token>,
    uri: Arc<KeyUri>,
    key_id: String,
    algorithm: SigningAlgorithm,
    public_key: Vec<u8>,
    certificate: Option<Vec<u8>>,
}

/// Why a key in a token is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    /// The address is not one.
    #[error(transparent)]
    Uri(#[from] NotAKeyUri),
    /// The token, its module or its PIN.
    #[error("{0}")]
    Token(String),
    /// A kind or size that Portner does not sign with.
    #[error("the key in the token is neither RSA of 2048 to 4096 bits nor P-256")]
    UnsupportedKey,
    /// The certificate below the address.
    #[error(transparent)]
    Certificate(#[from] KeyFileError),
}

/// Whether a key file names a key in a token.
pub fn names_a_token(file: &[u8]) -> bool {
    file.trim_ascii_start().starts_with(b"pkcs11:")
}

impl TokenSigner {
    /// Opens the key that a key file names in its first line; a certificate may follow in PEM, and
    /// must where `needs_certificate`. Asks the token, and so may wait for it.
    pub fn open(file: &[u8], needs_certificate: bool, padding: RsaPadding) -> Result<Self, TokenKeyError> {
        let text = String::from_utf8_lossy(file);
        let line = text.trim_start().lines().next().unwrap_or_default();
        let uri = KeyUri::parse(line)?;
        let token = Token::of(&uri).map_err(TokenKeyError::Token)?;
        let public_key = token.public_key(&uri).map_err(TokenKeyError::Token)?;
        let numbers = PublicNumbers::from_spki(&public_key).ok_or(TokenKeyError::UnsupportedKey)?;
        let algorithm = match (&numbers, padding) {
            (PublicNumbers::P256 { .. }, _) => SigningAlgorithm::EcdsaP256Sha256,
            (PublicNumbers::Rsa { modulus, .. }, _) if !(256..=512).contains(&modulus.len()) => {
                return Err(TokenKeyError::UnsupportedKey);
            }
            (PublicNumbers::Rsa { .. }, RsaPadding::Pkcs1) => SigningAlgorithm::RsaSha256,
            (PublicNumbers::Rsa { .. }, RsaPadding::Pss) => SigningAlgorithm::RsaPssSha256,
        };
        let has_certificate = CertificateDer::from_pem_slice(file).is_ok();
        let certificate = (needs_certificate || has_certificate)
            .then(|| certificate_of(file, &numbers))
            .transpose()?;
        Ok(Self {
            key_id: numbers.thumbprint(),
            token,
            uri: Arc::new(uri),
            algorithm,
            public_key,
            certificate,
        })
    }

    /// Signs, and blocks the thread meanwhile: for making certificates, never for requests.
    pub fn sign_blocking(&self, message: &[u8]) -> Result<Vec<u8>, SignFailed> {
        self.token
            .sign_here(&self.uri, self.algorithm, message)
            .map_err(|reason| self.failed(reason))
    }

    fn failed(&self, reason: String) -> SignFailed {
        SignFailed {
            key_id: self.key_id.clone(),
            reason,
        }
    }
}

impl Signer for TokenSigner {
    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        Box::pin(async move {
            let signed = match self.token.sign(&self.uri, self.algorithm, message.to_vec()) {
                Ok(answer) => timeout(PATIENCE, answer).await,
                Err(reason) => return Err(self.failed(reason)),
            };
            // Nobody answers where the thread that was asked is gone.
            if let Ok(Ok(signature)) = signed {
                return signature.map_err(|reason| self.failed(reason));
            }
            let reason = format!("the token did not answer within {} s", PATIENCE.as_secs());
            self.token.note(&self.uri, Some(&reason));
            Err(self.failed(reason))
        })
    }

    fn padded(&self, padding: RsaPadding) -> Option<Arc<dyn Signer>> {
        let algorithm = match (self.algorithm, padding) {
            (SigningAlgorithm::RsaPssSha256, RsaPadding::Pkcs1) => SigningAlgorithm::RsaSha256,
            (SigningAlgorithm::RsaSha256, RsaPadding::Pss) => SigningAlgorithm::RsaPssSha256,
            _ => return None,
        };
        Some(Arc::new(Self {
            key_id: padding.key_id(&self.key_id),
            algorithm,
            ..self.clone()
        }))
    }

    fn trouble(&self) -> Option<String> {
        self.token.trouble(&self.uri)
    }
}
