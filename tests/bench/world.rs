//! The parties around the broker, as far as they are not the OpenID provider: SAML services
//! and identity providers, and one OpenID client. They check everything that they are given.

use std::sync::Arc;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use jiff::SignedDuration;
use portner::ambient::Ambient;
use portner::config::keys::KeyPurpose;
use portner::domain::address::PlainHttp;
use portner::keys::Signer;
use portner::keys::SigningAlgorithm;
use portner::oidc::jwk::{JwsAlgorithm, KeySet};
use portner::oidc::jwks::verification_keys;
use portner::oidc::jws::{self, TokenType};
use portner::oidc::pkce::CodeChallenge;
use portner::saml::authn_context::PASSWORD_PROTECTED_TRANSPORT;
use portner::saml::authn_request;
use portner::saml::authn_request_write::{AuthnQuestion, Outbound};
use portner::saml::binding_post;
use portner::saml::checks::Expected;
use portner::saml::peer::{
    AcsEndpoints, AssertionEncryption, AssertionSecrecy, EncryptWhat, LogoutEndpoints, NameIdRule, NameValue,
    RequestHints, RequestTrust, SignWhat, Skew, SsoEndpoints, TrustedKeys, WantedSignatures,
};
use portner::saml::response::{self, Answer};
use portner::saml::response_write::{AttributeNameFormat, IssuedAttribute, LoginResponse};
use portner::saml::xml::{DecryptionKey, Document, EncryptionKey, EncryptionMethod, Limits, VerifyingKey};
use portner::saml::{
    AttributeValue, EndpointUrl, EntityId, Incoming, MessageId, NameId, NameIdFormat, SamlIdp, SamlSelf,
    SamlService,
};
use url::Url;

use crate::premises::{Premises, SECRET, uni_id};
use crate::provider::Grant;
use crate::visitor::Told;

/// Everybody but the broker.
pub(crate) struct World {
    /// A SAML service that wants one signature and signs nothing itself.
    pub(crate) lean_service: Service,
    /// A SAML service as the product registers it by default.
    pub(crate) usual_service: Service,
    /// A SAML service whose assertions are encrypted.
    pub(crate) sealing_service: Service,
    pub(crate) client: Client,
    /// A SAML identity provider that does not want requests signed.
    pub(crate) lean_idp: Idp,
    /// A SAML identity provider as the product registers it by default.
    pub(crate) usual_idp: Idp,
    /// A SAML identity provider that encrypts its assertions.
    pub(crate) sealing_idp: Idp,
    pub(crate) provider: Provider,
}

impl World {
    pub(crate) fn around(premises: &Premises) -> Self {
        let ambient = Ambient::system();
        Self {
            lean_service: Service::new("skoledagen", premises, &ambient, false),
            usual_service: Service::new("skolebogen", premises, &ambient, true),
            sealing_service: Service {
                opens: vec![DecryptionKey::from_pkcs8_pem(premises.opener.private_key.as_bytes()).unwrap()],
                ..Service::new("skolekassen", premises, &ambient, false)
            },
            client: Client::new("laesehest", premises, &ambient),
            lean_idp: Idp::new("lillekoebing", premises, &ambient, false),
            usual_idp: Idp::new("mellemkoebing", premises, &ambient, true),
            sealing_idp: Idp::new("oestkoebing", premises, &ambient, false).encrypting(premises),
            provider: Provider {
                issuer: premises.provider_origin(),
            },
        }
    }
}

/// A SAML service.
pub(crate) struct Service {
    us: SamlSelf,
    broker: SamlIdp,
    signer: Arc<dyn Signer>,
    opens: Vec<DecryptionKey>,
    ambient: Ambient,
}

impl Service {
    pub(crate) fn new(name: &str, premises: &Premises, ambient: &Ambient, signs: bool) -> Self {
        let origin = premises.origin();
        Self {
            us: us(name),
            broker: SamlIdp {
                encrypt: None,
                entity_id: entity_id(&format!("{origin}/saml/metadata")),
                sso: SsoEndpoints::Redirect(endpoint(&format!("{origin}/saml/sso"))),
                keys: trusted(&*premises.brokers_key(KeyPurpose::Assertions)),
                sign_requests: signs,
                signature: SigningAlgorithm::default(),
                signed: WantedSignatures::default(),
                ask_name_id: None,
                hints: RequestHints::default(),
                assertions: AssertionSecrecy::Optional,
                cbc_until: None,
                skew: Skew::default(),
                logout: LogoutEndpoints::default(),
            },
            signer: Arc::clone(&premises.stub),
            opens: Vec::new(),
            ambient: ambient.clone(),
        }
    }

    /// The path at the broker that a login begins with, and the request's id.
    pub(crate) async fn ask(&self) -> Told<(String, String)> {
        let id = MessageId::fresh(self.ambient.entropy());
        let question = AuthnQuestion {
            us: &self.us,
            idp: &self.broker,
            id: &id,
            issue_instant: self.ambient.now(),
            force_authn: false,
            is_passive: false,
            subject: None,
            context: None,
            scoping: None,
        };
        match question.send(Some("retur"), &*self.signer).await {
            Ok(Outbound::Redirect(url)) => Ok((path_of(&url)?, id.as_str().to_owned())),
            other => Err(format!("no redirect to the broker: {other:?}")),
        }
    }

    /// Signature, issuer, audience, time, the request that it answers, and who it is.
    pub(crate) fn check(&self, message: &str, request_id: &str, person: u32) -> Told<()> {
        let xml = binding_post::read(message).map_err(|error| error.to_string())?;
        let document = Document::parse(&xml, &Limits::MESSAGE).map_err(|error| error.to_string())?;
        let expected = Expected {
            idp: &self.broker,
            us: &self.us,
            received_at: &self.us.acs,
            request_id,
            authenticated_since: None,
            now: self.ambient.now(),
            decryption_keys: &self.opens,
        };
        match response::accept(&document, &expected) {
            Ok(Answer::LoggedIn(assertion)) => same_person(&assertion.name_id.value, person),
            other => Err(format!("not logged in: {other:?}")),
        }
    }

    pub(crate) fn acs(&self) -> &str {
        self.us.acs.as_str()
    }
}

/// An OpenID Connect client.
pub(crate) struct Client {
    id: String,
    issuer: String,
    keys: KeySet,
    ambient: Ambient,
}

/// What a client remembers of a login.
pub(crate) struct AskedByClient {
    pub(crate) state: String,
    pub(crate) verifier: String,
    nonce: String,
}

impl Client {
    pub(crate) const REDIRECT_URI: &str = "https://laesehest.example/callback";

    pub(crate) fn new(id: &str, premises: &Premises, ambient: &Ambient) -> Self {
        Self {
            id: id.to_owned(),
            issuer: premises.origin(),
            keys: verification_keys([&premises.brokers_key(KeyPurpose::TokensEs256)]),
            ambient: ambient.clone(),
        }
    }

    /// The path at the broker that a login begins with.
    pub(crate) fn ask(&self) -> (String, AskedByClient) {
        let fresh = || BASE64URL_NOPAD.encode(&self.ambient.bytes::<32>());
        let asked = AskedByClient {
            state: fresh(),
            verifier: fresh(),
            nonce: fresh(),
        };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", Self::REDIRECT_URI)
            .append_pair("scope", "openid")
            .append_pair("state", &asked.state)
            .append_pair("nonce", &asked.nonce)
            .append_pair("code_challenge", CodeChallenge::of(&asked.verifier).as_str())
            .append_pair("code_challenge_method", "S256")
            .finish();
        (format!("/oidc/authorize?{query}"), asked)
    }

    /// The code, after state and issuer have been compared.
    pub(crate) fn code(&self, url: &str, asked: &AskedByClient) -> Told<String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let one = |name: &str| parameter(&url, name);
        if one("state")? != asked.state || one("iss")? != self.issuer {
            return Err(format!("an answer to somebody else: {url}"));
        }
        one("code")
    }

    pub(crate) fn basic() -> String {
        format!(
            "Basic {}",
            BASE64.encode(format!("laesehest:{SECRET}").as_bytes())
        )
    }

    /// Signature, issuer, audience, time, nonce, and who it is.
    pub(crate) fn check(&self, answer: &str, asked: &AskedByClient, person: u32) -> Told<()> {
        let tokens: serde_json::Value = serde_json::from_str(answer).map_err(|error| error.to_string())?;
        let id_token = tokens["id_token"]
            .as_str()
            .ok_or_else(|| format!("no ID token: {answer}"))?;
        let verified = jws::verify(id_token, &self.keys, &[JwsAlgorithm::Es256], TokenType::IdToken)
            .map_err(|error| error.to_string())?;
        let claims: serde_json::Value =
            serde_json::from_slice(&verified.payload).map_err(|error| error.to_string())?;
        let holds = claims["iss"] == self.issuer
            && claims["aud"] == *self.id
            && claims["nonce"] == asked.nonce
            && claims["exp"]
                .as_i64()
                .is_some_and(|exp| exp > self.ambient.now().as_second());
        if !holds {
            return Err(format!("an ID token for somebody else: {claims}"));
        }
        same_person(claims["sub"].as_str().unwrap_or_default(), person)
    }
}

/// A SAML identity provider.
pub(crate) struct Idp {
    us: SamlSelf,
    broker: SamlService,
    attributes: Vec<IssuedAttribute>,
    signer: Arc<dyn Signer>,
    ambient: Ambient,
}

impl Idp {
    fn new(name: &str, premises: &Premises, ambient: &Ambient, wants_signed: bool) -> Self {
        let origin = premises.origin();
        let key = || trusted(&*premises.brokers_key(KeyPurpose::Requests));
        Self {
            us: us(name),
            broker: SamlService {
                entity_id: entity_id(&format!("{origin}/saml/metadata")),
                acs: AcsEndpoints::single(endpoint(&format!("{origin}/saml/acs/{name}"))),
                requests: if wants_signed {
                    RequestTrust::Signed(key())
                } else {
                    RequestTrust::Unsigned(Some(key()))
                },
                sign: SignWhat::Response,
                encrypt: None,
                signature: SigningAlgorithm::default(),
                name_value: NameValue::default(),
                tells_upstream: true,
                name_ids: NameIdRule {
                    default: NameIdFormat::Persistent,
                    also: Vec::new(),
                },
                logout: LogoutEndpoints::default(),
            },
            attributes: attributes(),
            signer: Arc::clone(&premises.stub),
            ambient: ambient.clone(),
        }
    }

    /// From now on assertions are encrypted for the broker.
    fn encrypting(mut self, premises: &Premises) -> Self {
        let key = premises.brokers_key(KeyPurpose::Decryption);
        self.broker.encrypt = Some(AssertionEncryption {
            what: EncryptWhat::Assertion,
            to: EncryptionKey::from_spki_der(key.public_key()).unwrap(),
            method: EncryptionMethod::default(),
        });
        self
    }

    /// Reads the broker's request and vouches for a person: the path to post to, the message
    /// and the relay state.
    pub(crate) async fn vouch(&self, url: &str, person: u32) -> Told<(String, String, String)> {
        let (_, query) = url.split_once('?').ok_or_else(|| format!("no request: {url}"))?;
        let incoming = Incoming::from_redirect(query).map_err(|error| error.to_string())?;
        let relay_state = incoming.relay_state().unwrap_or_default().to_owned();
        let message = incoming
            .authenticate(&self.broker.requests)
            .map_err(|error| error.to_string())?;
        let request =
            authn_request::accept(&message, &self.broker, &self.us).map_err(|error| error.to_string())?;
        let now = self.ambient.now();
        let response = LoginResponse {
            issuer: &self.us.entity_id,
            service: &self.broker,
            acs: &request.acs.url,
            in_response_to: &request.id,
            response_id: &MessageId::fresh(self.ambient.entropy()),
            assertion_id: &MessageId::fresh(self.ambient.entropy()),
            issue_instant: now,
            subject: &NameId::new(NameIdFormat::Persistent, uni_id(person)),
            authn_instant: now,
            session_index: "1",
            session_not_on_or_after: now.saturating_add(SignedDuration::from_hours(8)).unwrap_or(now),
            class_ref: PASSWORD_PROTECTED_TRANSPORT,
            authenticating_authorities: &[],
            attributes: &self.attributes,
        };
        let xml = response
            .issue(&*self.signer, self.ambient.entropy())
            .await
            .map_err(|error| error.to_string())?;
        Ok((
            path_of(request.acs.url.as_str())?,
            BASE64.encode(xml.as_str().as_bytes()),
            relay_state,
        ))
    }
}

/// The browser's part of the OpenID provider: it sends the user straight back.
pub(crate) struct Provider {
    issuer: String,
}

impl Provider {
    /// The path at the broker that the user comes back to.
    pub(crate) fn vouch(&self, url: &str, person: u32) -> Told<String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let one = |name: &str| parameter(&url, name);
        let grant = Grant {
            person,
            nonce: one("nonce")?,
            challenge: one("code_challenge")?,
        };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &grant.code())
            .append_pair("state", &one("state")?)
            .append_pair("iss", &self.issuer)
            .finish();
        Ok(format!("{}?{query}", path_of(&one("redirect_uri")?)?))
    }
}

/// As many attributes as identity providers of schools send.
fn attributes() -> Vec<IssuedAttribute> {
    [
        ("dk:unilogin:loa", "EnFaktor"),
        ("urn:oid:2.5.4.42", "Sofie"),
        ("urn:oid:2.5.4.4", "Holm"),
        ("urn:oid:2.16.840.1.113730.3.1.241", "Sofie Holm"),
        ("urn:oid:0.9.2342.19200300.100.1.3", "sofie@lillekoebing.example"),
        ("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "student"),
        ("urn:oid:2.5.4.10", "Lillekøbing Kommune"),
        ("urn:oid:1.3.6.1.4.1.25178.1.2.9", "lillekoebing.example"),
    ]
    .into_iter()
    .map(|(name, value)| IssuedAttribute {
        name: name.to_owned(),
        name_format: AttributeNameFormat::Uri,
        friendly_name: None,
        values: vec![AttributeValue::Text(value.to_owned())],
    })
    .collect()
}

fn same_person(subject: &str, person: u32) -> Told<()> {
    if subject == uni_id(person) {
        Ok(())
    } else {
        Err(format!("{subject} was let in for {}", uni_id(person)))
    }
}

fn us(name: &str) -> SamlSelf {
    SamlSelf {
        entity_id: entity_id(&format!("https://{name}.example")),
        sso: endpoint(&format!("https://{name}.example/sso")),
        acs: endpoint(&format!("https://{name}.example/acs")),
        logout: None,
    }
}

fn trusted(signer: &dyn Signer) -> TrustedKeys {
    TrustedKeys::new(vec![VerifyingKey::from_spki_der(signer.public_key()).unwrap()]).unwrap()
}

pub(crate) fn entity_id(name: &str) -> EntityId {
    EntityId::parse(name).unwrap()
}

pub(crate) fn endpoint(url: &str) -> EndpointUrl {
    EndpointUrl::parse(url, PlainHttp::OnLoopback).unwrap()
}

/// Path and query of an address.
pub(crate) fn path_of(url: &str) -> Told<String> {
    let (_, rest) = url
        .split_once("://")
        .ok_or_else(|| format!("no address: {url}"))?;
    let slash = rest.find('/').ok_or_else(|| format!("no path: {url}"))?;
    Ok(rest[slash..].to_owned())
}

fn parameter(url: &Url, name: &str) -> Told<String> {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(known, _)| known == name);
    found
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| format!("no {name}: {url}"))
}
