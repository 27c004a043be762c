//! A client that proves to have a key (DPoP), honestly or with whatever a test changes.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use portner::keys::Signer;
use portner::oidc::jwks::JwkSetDocument;
use serde_json::{Value, json};

use super::browser::Page;
use super::federation::Federation;
use super::house::ORIGIN;
use super::oidc_op::{some_key, token};

/// A key, and how many proofs were made with it.
#[derive(Clone)]
pub(crate) struct Prover {
    key: Arc<dyn Signer>,
}

impl Prover {
    pub(crate) fn new() -> Self {
        Self { key: some_key() }
    }

    fn jwk(&self) -> Value {
        let set = serde_json::to_value(JwkSetDocument::of([&self.key])).unwrap();
        let jwk = &set["keys"][0];
        json!({ "kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"] })
    }

    /// The key's thumbprint, which is how our keys are named.
    pub(crate) fn thumbprint(&self) -> String {
        self.key.key_id().to_owned()
    }

    /// A header with a proof for this request.
    pub(crate) async fn header(
        &self,
        world: &Federation,
        (method, path): (&str, &str),
        nonce: Option<&str>,
        access_token: Option<&str>,
        change: &[(&str, Value)],
    ) -> (&'static str, String) {
        let random: [u8; 12] = world.house.portner.ambient.bytes();
        let mut claims = json!({
            "jti": BASE64URL_NOPAD.encode(&random),
            "htm": method,
            "htu": format!("{ORIGIN}{path}"),
            "iat": world.house.now().as_second(),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = access_token {
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            claims["ath"] = json!(BASE64URL_NOPAD.encode(hash.as_ref()));
        }
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let unsigned = token(&header, &claims, |_| Vec::new());
        let input = unsigned.trim_end_matches('.');
        let signature = self.key.sign(input.as_bytes()).await.unwrap();
        ("dpop", format!("{input}.{}", BASE64URL_NOPAD.encode(&signature)))
    }
}

/// The nonce that an answer brings.
pub(crate) fn nonce_of(page: &Page) -> String {
    let nonce = page.headers.get("dpop-nonce");
    nonce
        .unwrap_or_else(|| panic!("no nonce: {} {}", page.status, page.body))
        .to_str()
        .unwrap()
        .to_owned()
}
