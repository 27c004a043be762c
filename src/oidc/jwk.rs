//! Public keys of others, read once from a JWK Set and kept parsed.
//!
//! A key says what it can verify; whether it may is decided by the caller's allow-list in
//! `jws.rs`. Symmetric keys, private members and encryption keys are passed over: no
//! token can ever choose them (D04). Our own JWK Set is written in `jwks.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::client::Thumbprint;

/// The signature algorithms that are believed in tokens. There is no `none` and no HMAC (D04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JwsAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// Ed25519.
    EdDsa,
}

impl JwsAlgorithm {
    /// All of them, strongest habit first.
    pub const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Ps256, Self::Rs256];

    /// The `alg` value (RFC 7518 §3.1, RFC 8037 §3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads an `alg` value; spelling counts.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// One public key, parsed.
#[derive(Clone)]
pub struct VerificationKey {
    key_id: Option<String>,
    only: Option<JwsAlgorithm>,
    thumbprint: Thumbprint,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa {
        pkcs1: Arc<ParsedPublicKey>,
        pss: Arc<ParsedPublicKey>,
    },
    P256(Arc<ParsedPublicKey>),
    Ed25519(Arc<ParsedPublicKey>),
}

/// Why a JWK Set is of no use.
#[derive(Debug, thiserror::Error)]
pub enum JwkSetError {
    /// It is not a JWK Set (RFC 7517 §5).
    #[error("this is not a JWK Set")]
    Syntax(#[source] serde_json::Error),
    /// None of its keys can verify a signature here.
    #[error("no key of the JWK Set can be used: RSA from 2048 bits, P-256 and Ed25519 signature keys can")]
    NoUsableKey,
}

impl VerificationKey {
    /// An RSA key from big-endian modulus and exponent; nothing below 2048 bits.
    pub fn rsa(modulus: &[u8], exponent: &[u8], key_id: Option<String>) -> Option<Self> {
        const SMALLEST_MODULUS: usize = 2048 / 8;
        const LARGEST_MODULUS: usize = 8192 / 8;
        if !(SMALLEST_MODULUS..=LARGEST_MODULUS).contains(&modulus.len()) {
            return None;
        }
        let components = RsaPublicKeyComponents {
            n: modulus,
            e: exponent,
        };
        let pkcs1 = components
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .ok()?;
        let pss = components.to_parsed_public_key(&RSA_PSS_2048_8192_SHA256).ok()?;
        Some(Self::of(
            Material::Rsa {
                pkcs1: Arc::new(pkcs1),
                pss: Arc::new(pss),
            },
            key_id,
            &members(&[("e", exponent), ("n", modulus)], &[("kty", "RSA")]),
        ))
    }

    /// A P-256 key from its coordinates, 32 bytes each.
    pub fn p256(x: &[u8], y: &[u8], key_id: Option<String>) -> Option<Self> {
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        let point = [&[4], x, y].concat();
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
        let members = members(&[("x", x), ("y", y)], &[("crv", "P-256"), ("kty", "EC")]);
        Some(Self::of(Material::P256(Arc::new(key)), key_id, &members))
    }

    /// An Ed25519 key from its 32 bytes.
    pub fn ed25519(x: &[u8], key_id: Option<String>) -> Option<Self> {
        if x.len() != 32 {
            return None;
        }
        let key = ParsedPublicKey::new(&ED25519, x).ok()?;
        let members = members(&[("x", x)], &[("crv", "Ed25519"), ("kty", "OKP")]);
        Some(Self::of(Material::Ed25519(Arc::new(key)), key_id, &members))
    }

    fn of(material: Material, key_id: Option<String>, members: &BTreeMap<&str, String>) -> Self {
        Self {
            key_id,
            only: None,
            thumbprint: thumbprint(members),
            material,
        }
    }

    /// A public key that a token brought along, where a protocol wants it so: alone it proves
    /// nothing but possession (RFC 9449 §4.2). A private one is refused.
    pub fn from_jwk(jwk: serde_json::Value) -> Option<Self> {
        serde_json::from_value::<Jwk>(jwk).ok()?.into_key()
    }

    /// The SHA-256 thumbprint (RFC 7638), made of the numbers and not of how they were written.
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }

    /// The `kid`, where the key has one.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Whether the key is of the kind that `algorithm` needs, and not reserved for another.
    pub fn can_verify(&self, algorithm: JwsAlgorithm) -> bool {
        self.only.is_none_or(|only| only == algorithm) && self.parsed_for(algorithm).is_some()
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verifies(&self, algorithm: JwsAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        self.can_verify(algorithm)
            && self
                .parsed_for(algorithm)
                .is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }

    fn parsed_for(&self, algorithm: JwsAlgorithm) -> Option<&ParsedPublicKey> {
        match (&self.material, algorithm) {
            (Material::Rsa { pkcs1, .. }, JwsAlgorithm::Rs256) => Some(pkcs1),
            (Material::Rsa { pss, .. }, JwsAlgorithm::Ps256) => Some(pss),
            (Material::P256(key), JwsAlgorithm::Es256) | (Material::Ed25519(key), JwsAlgorithm::EdDsa) => {
                Some(key)
            }
            _ => None,
        }
    }
}

/// The members that RFC 7638 §3.2 requires, in the order of their names.
fn members(
    numbers: &[(&'static str, &[u8])],
    words: &[(&'static str, &'static str)],
) -> BTreeMap<&'static str, String> {
    let numbers = numbers
        .iter()
        .map(|(name, bytes)| (*name, BASE64URL_NOPAD.encode(bytes)));
    let words = words.iter().map(|(name, word)| (*name, (*word).to_owned()));
    numbers.chain(words).collect()
}

fn thumbprint(members: &BTreeMap<&str, String>) -> Thumbprint {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!(r#""{name}":"{value}""#))
        .collect();
    let canonical = format!("{{{}}}", members.join(","));
    Thumbprint::of_digest(digest(&SHA256, canonical.as_bytes()).as_ref())
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.material {
            Material::Rsa { .. } => "RSA",
            Material::P256(_) => "P-256",
            Material::Ed25519(_) => "Ed25519",
        };
        write!(f, "VerificationKey({kind}, {:?})", self.key_id)
    }
}

/// The public keys of one party.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<VerificationKey>);

impl KeySet {
    /// Reads a JWK Set (RFC 7517 §5). Keys of unknown kinds are passed over, as the RFC wants it.
    pub fn from_json(json: &[u8]) -> Result<Self, JwkSetError> {
        let set: JwkSet = serde_json::from_slice(json).map_err(JwkSetError::Syntax)?;
        let keys: Vec<_> = set
            .keys
            .into_iter()
            .filter_map(|value| serde_json::from_value::<Jwk>(value).ok())
            .filter_map(Jwk::into_key)
            .collect();
        if keys.is_empty() {
            return Err(JwkSetError::NoUsableKey);
        }
        Ok(Self(keys))
    }

    /// The keys, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &VerificationKey> {
        self.0.iter()
    }

    /// The keys that could have signed with `algorithm` under this `kid`.
    pub fn candidates<'a>(
        &'a self,
        key_id: Option<&'a str>,
        algorithm: JwsAlgorithm,
    ) -> impl Iterator<Item = &'a VerificationKey> {
        self.0
            .iter()
            .filter(move |key| key_id.is_none() || key.key_id() == key_id)
            .filter(move |key| key.can_verify(algorithm))
    }
}

impl FromIterator<VerificationKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = VerificationKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// A private key that its owner published is no longer a key.
    d: Option<serde_json::Value>,
}

impl Jwk {
    fn into_key(self) -> Option<VerificationKey> {
        let signs = self.key_use.as_deref().is_none_or(|key_use| key_use == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !signs || self.d.is_some() {
            return None;
        }
        let only = match &self.alg {
            Some(name) => Some(JwsAlgorithm::parse(name)?),
            None => None,
        };
        let key_id = self.kid.clone();
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (modulus, exponent) = (number(self.n.as_ref()?)?, number(self.e.as_ref()?)?);
                VerificationKey::rsa(&modulus, &exponent, key_id)
            }
            ("EC", Some("P-256")) => {
                VerificationKey::p256(&bytes(self.x.as_ref()?)?, &bytes(self.y.as_ref()?)?, key_id)
            }
            ("OKP", Some("Ed25519")) => VerificationKey::ed25519(&bytes(self.x.as_ref()?)?, key_id),
            _ => None,
        }?;
        Some(VerificationKey { only, ..key })
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()
}

/// Some providers write a leading zero that RFC 7518 §6.3.1.1 forbids.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = bytes(text)?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(start..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256: &str = r#"{"kty":"EC","crv":"P-256","kid":"1","use":"sig","alg":"ES256",
        "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#;

    fn set(keys: &[&str]) -> Result<KeySet, JwkSetError> {
        KeySet::from_json(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    #[test]
    fn unusable_keys_are_passed_over_and_usable_ones_are_kept() {
        let oct = r#"{"kty":"oct","k":"AAAA"}"#;
        let encryption = &P256.replace(r#""sig""#, r#""enc""#);
        let private = &P256.replace(r#""kid""#, r#""d":"AAAA","kid""#);
        let off_curve = &P256.replace("MKBC", "AAAA");
        let keys = set(&[oct, encryption, private, off_curve, P256]).unwrap();
        assert_eq!(keys.iter().count(), 1);
        assert!(matches!(
            set(&[oct, encryption, private]),
            Err(JwkSetError::NoUsableKey)
        ));
    }

    #[test]
    fn a_key_is_found_by_its_id_and_its_kind_alone() {
        let keys = set(&[P256]).unwrap();
        assert_eq!(keys.candidates(Some("1"), JwsAlgorithm::Es256).count(), 1);
        assert_eq!(keys.candidates(None, JwsAlgorithm::Es256).count(), 1);
        assert_eq!(keys.candidates(Some("2"), JwsAlgorithm::Es256).count(), 0);
        assert_eq!(keys.candidates(Some("1"), JwsAlgorithm::Rs256).count(), 0);
    }

    #[test]
    fn thumbprints_are_those_of_the_specifications() {
        let ed25519 = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let ec = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
        // RFC 8037 A.3 and RFC 9449 §6.1.
        for (jwk, expected) in [
            (ed25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
            (ec, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        ] {
            let key = VerificationKey::from_jwk(serde_json::from_str(jwk).unwrap()).unwrap();
            assert_eq!(key.thumbprint().as_str(), expected);
        }
    }

    #[test]
    fn a_short_rsa_key_is_no_key() {
        assert!(VerificationKey::rsa(&[0xff; 128], &[1, 0, 1], None).is_none());
    }

    #[test]
    fn algorithms_are_spelled_as_registered() {
        for algorithm in JwsAlgorithm::ALL {
            assert_eq!(JwsAlgorithm::parse(algorithm.as_str()), Some(algorithm));
        }
        for name in ["none", "None", "HS256", "es256", ""] {
            assert_eq!(JwsAlgorithm::parse(name), None);
        }
    }
}
