//! Our own JWK Set: every key that services should know, public halves alone.

use std::borrow::Borrow;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::jwk::{KeySet, VerificationKey};
use super::jws::algorithm_of;
use crate::keys::Signer;
use crate::keys::public::PublicNumbers;

/// The document at `jwks_uri` (RFC 7517 §5).
#[derive(Debug, Serialize)]
pub struct JwkSetDocument {
    keys: Vec<PublicJwk>,
}

#[derive(Debug, Serialize)]
struct PublicJwk {
    kid: String,
    #[serde(rename = "use")]
    key_use: &'static str,
    alg: &'static str,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kty")]
enum Numbers {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
}

impl JwkSetDocument {
    /// Publishes these keys: current, next and retired alike (M01).
    pub fn of(signers: impl IntoIterator<Item: Borrow<Arc<dyn Signer>>>) -> Self {
        let b64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let public = |signer: Arc<dyn Signer>| {
            Some(PublicJwk {
                kid: signer.key_id().to_owned(),
                key_use: "sig",
                alg: algorithm_of(&*signer).as_str(),
                numbers: match PublicNumbers::from_spki(signer.public_key())? {
                    PublicNumbers::Rsa { modulus, exponent } => Numbers::Rsa {
                        n: b64(&modulus),
                        e: b64(&exponent),
                    },
                    PublicNumbers::P256 { x, y } => Numbers::Ec {
                        crv: "P-256",
                        x: b64(&x),
                        y: b64(&y),
                    },
                },
            })
        };
        Self {
            keys: signers
                .into_iter()
                .filter_map(|signer| public(Arc::clone(signer.borrow())))
                .collect(),
        }
    }
}

/// Our own keys as verifiers: for tokens that come back as hints.
pub fn verification_keys(signers: impl IntoIterator<Item: Borrow<Arc<dyn Signer>>>) -> KeySet {
    let key = |signer: &Arc<dyn Signer>| {
        let key_id = Some(signer.key_id().to_owned());
        match PublicNumbers::from_spki(signer.public_key())? {
            PublicNumbers::Rsa { modulus, exponent } => VerificationKey::rsa(&modulus, &exponent, key_id),
            PublicNumbers::P256 { x, y } => VerificationKey::p256(&x, &y, key_id),
        }
    };
    signers
        .into_iter()
        .filter_map(|signer| key(signer.borrow()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::testing::{p256, rsa};

    #[test]
    fn what_we_publish_others_can_read_and_no_private_part_is_in_it() {
        let json = serde_json::to_string(&JwkSetDocument::of([&p256("one"), &rsa("two")])).unwrap();
        let read = KeySet::from_json(json.as_bytes()).unwrap();
        let ids: Vec<_> = read.iter().filter_map(VerificationKey::key_id).collect();
        assert_eq!(ids, ["one", "two"]);
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        for key in document["keys"].as_array().unwrap() {
            let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            let known = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
            assert!(members.iter().all(|member| known.contains(member)), "{members:?}");
        }
    }
}
