//! Parties for tests: keys, a service, an identity provider, and the answers that it gives.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use jiff::Timestamp;

use super::assertion::AttributeValue;
use super::ids::MessageId;
use super::name_id::{NameId, NameIdFormat};
use super::peer::{
    AcsEndpoints, AssertionEncryption, AssertionSecrecy, EncryptWhat, EndpointUrl, EntityId, LogoutEndpoints,
    NameIdRule, NameValue, RequestHints, RequestTrust, SamlIdp, SamlSelf, SamlService, SignWhat, Skew,
    SsoEndpoints, TrustedKeys, WantedSignatures,
};
use super::response_write::{AttributeNameFormat, IssuedAttribute, LoginResponse};
use super::xml::{
    CanonicalXml, DecryptionKey, Document, EncryptionKey, EncryptionMethod, Limits, VerifyingKey,
};
use crate::ambient::OsEntropy;
use crate::domain::address::PlainHttp;
use crate::keys::{SignFailed, Signer, Signing, SigningAlgorithm};

/// The moment at which tests happen.
pub(crate) const NOON: Timestamp = Timestamp::constant(1_786_536_000, 0);
/// The request that waits for an answer.
pub(crate) const REQUEST_ID: &str = "_request";

/// A key that signs with ECDSA on P-256.
pub(crate) struct TestKey {
    pair: EcdsaKeyPair,
    spki: Vec<u8>,
}

impl TestKey {
    pub(crate) fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let spki = pair.public_key().as_der().unwrap().as_ref().to_vec();
        Self { pair, spki }
    }

    pub(crate) fn verifying(&self) -> VerifyingKey {
        VerifyingKey::from_spki_der(&self.spki).unwrap()
    }
}

impl Signer for TestKey {
    fn key_id(&self) -> &'static str {
        "test"
    }

    fn algorithm(&self) -> SigningAlgorithm {
        SigningAlgorithm::EcdsaP256Sha256
    }

    fn public_key(&self) -> &[u8] {
        &self.spki
    }

    fn certificate(&self) -> Option<&[u8]> {
        None
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        #[expect(clippy::disallowed_types, reason = "the key operation demands it")]
        let signature = self.pair.sign(&aws_lc_rs::rand::SystemRandom::new(), message);
        let failed = |_| SignFailed {
            key_id: "test".to_owned(),
            reason: "test".to_owned(),
        };
        Box::pin(std::future::ready(
            signature.map(|s| s.as_ref().to_vec()).map_err(failed),
        ))
    }
}

/// A pair of RSA keys: one to encrypt to, one to decrypt with.
pub(crate) fn encryption_pair() -> (AssertionEncryption, DecryptionKey) {
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'static> = pair.as_der().unwrap();
    let spki: PublicKeyX509Der<'static> = pair.public_key().as_der().unwrap();
    let to = EncryptionKey::from_spki_der(spki.as_ref()).unwrap();
    let decryption = DecryptionKey::from_pkcs8_der(pkcs8.as_ref()).unwrap();
    (
        AssertionEncryption {
            what: EncryptWhat::default(),
            to,
            method: EncryptionMethod::default(),
        },
        decryption,
    )
}

/// Runs a future that never waits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) fn entity(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

pub(crate) fn url(text: &str) -> EndpointUrl {
    EndpointUrl::parse(text, PlainHttp::Refused).unwrap()
}

pub(crate) fn us() -> SamlSelf {
    SamlSelf {
        entity_id: entity("https://login.example/saml"),
        sso: url("https://login.example/saml/sso"),
        acs: url("https://login.example/saml/acs/lillekoebing"),
        logout: None,
    }
}

/// The municipality's identity provider.
pub(crate) fn idp(key: &TestKey) -> SamlIdp {
    SamlIdp {
        encrypt: None,
        entity_id: entity("https://idp.lillekoebing.example"),
        sso: SsoEndpoints::Redirect(url("https://idp.lillekoebing.example/sso")),
        keys: TrustedKeys::new(vec![key.verifying()]).unwrap(),
        sign_requests: true,
        signature: SigningAlgorithm::default(),
        signed: WantedSignatures::default(),
        ask_name_id: None,
        hints: RequestHints::default(),
        assertions: AssertionSecrecy::Optional,
        cbc_until: None,
        skew: Skew::default(),
        logout: LogoutEndpoints::default(),
    }
}

/// A service that learns mathematics with pupils.
pub(crate) fn service(sign: SignWhat) -> SamlService {
    SamlService {
        entity_id: entity("https://matematik.example"),
        acs: AcsEndpoints::single(url("https://matematik.example/acs")),
        requests: RequestTrust::Unsigned(None),
        sign,
        encrypt: None,
        signature: SigningAlgorithm::default(),
        name_value: NameValue::default(),
        tells_upstream: true,
        name_ids: NameIdRule {
            default: NameIdFormat::Persistent,
            also: vec![NameIdFormat::Transient],
        },
        logout: LogoutEndpoints::default(),
    }
}

/// We, as the identity provider sees us: its service.
pub(crate) fn us_as_service(sign: SignWhat) -> SamlService {
    SamlService {
        entity_id: us().entity_id,
        acs: AcsEndpoints::single(us().acs),
        ..service(sign)
    }
}

pub(crate) fn attribute(name: &str, values: &[&str]) -> IssuedAttribute {
    IssuedAttribute {
        name: name.to_owned(),
        name_format: AttributeNameFormat::Uri,
        friendly_name: None,
        values: values
            .iter()
            .map(|&value| AttributeValue::Text(value.to_owned()))
            .collect(),
    }
}

/// Everything that an answer of the municipality's identity provider is made of.
pub(crate) struct FakeAnswer {
    pub(crate) issuer: EntityId,
    pub(crate) to: SamlService,
    pub(crate) acs: EndpointUrl,
    pub(crate) in_response_to: String,
    pub(crate) at: Timestamp,
    pub(crate) subject: NameId,
    pub(crate) attributes: Vec<IssuedAttribute>,
}

impl FakeAnswer {
    pub(crate) fn new(sign: SignWhat) -> Self {
        Self {
            issuer: entity("https://idp.lillekoebing.example"),
            to: us_as_service(sign),
            acs: us().acs,
            in_response_to: REQUEST_ID.to_owned(),
            at: NOON,
            subject: NameId::new(NameIdFormat::Persistent, "1000000156"),
            attributes: vec![attribute("dk:unilogin:loa", &["ToFaktor"])],
        }
    }

    /// The signed answer.
    pub(crate) fn xml(&self, key: &TestKey) -> CanonicalXml {
        let (response_id, assertion_id) = (MessageId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
        now(self.response(&response_id, &assertion_id).issue(key, &OsEntropy)).unwrap()
    }

    /// The assertion in it, not signed.
    pub(crate) fn assertion(&self) -> String {
        let (response_id, assertion_id) = (MessageId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
        self.response(&response_id, &assertion_id)
            .assertion()
            .unwrap()
            .into_string()
    }

    pub(crate) fn response<'a>(
        &'a self,
        response_id: &'a MessageId,
        assertion_id: &'a MessageId,
    ) -> LoginResponse<'a> {
        LoginResponse {
            issuer: &self.issuer,
            service: &self.to,
            acs: &self.acs,
            in_response_to: &self.in_response_to,
            response_id,
            assertion_id,
            issue_instant: self.at,
            subject: &self.subject,
            authn_instant: self.at,
            session_index: "_session",
            session_not_on_or_after: self.at + jiff::SignedDuration::from_hours(8),
            class_ref: "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
            authenticating_authorities: &[],
            attributes: &self.attributes,
        }
    }
}

/// Reads XML that the test itself made.
pub(crate) fn document(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap()
}

/// One element a line, for snapshots.
pub(crate) fn lines(xml: &str) -> String {
    xml.replace("><", ">\n<")
}
