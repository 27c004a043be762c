//! Keys for unit tests.

use std::sync::Arc;

use super::Signer;
use super::file::{FileSigner, RsaPadding};
use super::generate::{KeyKind, generate};
use crate::ambient::Ambient;

/// A new P-256 key under a chosen id.
pub(crate) fn p256(key_id: &str) -> Arc<dyn Signer> {
    signer(KeyKind::P256, key_id)
}

/// A new RSA key under a chosen id.
pub(crate) fn rsa(key_id: &str) -> Arc<dyn Signer> {
    signer(KeyKind::Rsa2048, key_id)
}

/// A new key of this kind.
pub(crate) fn made(kind: KeyKind) -> Arc<dyn Signer> {
    signer(kind, "k")
}

fn signer(kind: KeyKind, key_id: &str) -> Arc<dyn Signer> {
    let pair = generate(kind, "Portner test", &Ambient::system()).unwrap();
    let key_id = Some(key_id.to_owned());
    Arc::new(FileSigner::from_pem(pair.private_key.as_bytes(), None, key_id, RsaPadding::Pkcs1).unwrap())
}
