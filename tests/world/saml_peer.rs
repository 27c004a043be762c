//! The other end of SAML in tests: a party with a key of its own that asks as a service and answers
//! as an identity provider. It knows Portner by Portner's metadata, and Portner knows it by its own.

use std::future::ready;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jiff::{SignedDuration, Timestamp};

use portner::ambient::Ambient;
use portner::domain::address::PlainHttp;
use portner::domain::text::LocalizedName;
use portner::keys::{SignFailed, Signer, Signing, SigningAlgorithm};
use portner::saml::authn_request::{self, AuthnRequest};
use portner::saml::authn_request_write::{AuthnQuestion, Outbound};
use portner::saml::binding_post::{self, PostForm};
use portner::saml::checks::{Denied, Expected};
use portner::saml::metadata::{self, EntityMetadata};
use portner::saml::metadata_write::OwnMetadata;
use portner::saml::response::{self, Answer};
use portner::saml::response_write::{FailureResponse, IssuedAttribute, LoginResponse};
use portner::saml::status::Failure;
use portner::saml::xml::{Document, Limits};
use portner::saml::{Incoming, MessageId, MessageKind, NameId, SamlIdp, SamlSelf, SamlService};

/// A party in the world around Portner.
pub(crate) struct SamlPeer {
    pub(crate) us: SamlSelf,
    key: PeerKey,
    ambient: Ambient,
}

/// What a user of the peer's identity provider is to others.
pub(crate) struct PeerUser {
    pub(crate) name_id: NameId,
    pub(crate) attributes: Vec<IssuedAttribute>,
    pub(crate) class_ref: String,
}

impl SamlPeer {
    pub(crate) fn new(us: SamlSelf, ambient: Ambient) -> Self {
        Self {
            us,
            key: PeerKey::generate(),
            ambient,
        }
    }

    /// What the peer publishes about itself, in both roles.
    pub(crate) async fn metadata(&self) -> String {
        let certificates = [self.key.certificate.clone()];
        let own = OwnMetadata {
            us: &self.us,
            id: &self.fresh_id(),
            valid_until: self.ambient.now() + SignedDuration::from_hours(24 * 14),
            answer_signing: &certificates,
            request_signing: &certificates,
            decryption: &[],
            scopes: &[],
            name: &LocalizedName::new("Lillekøbing Kommune"),
            contacts: &[],
        };
        own.issue(&self.key).await.unwrap().into_string()
    }

    /// As a service: asks Portner, whose metadata this is, who the user is.
    pub(crate) async fn ask(
        &self,
        portner: &str,
        change: impl FnOnce(&mut AuthnQuestion<'_>),
    ) -> (MessageId, Outbound) {
        let idp = self.portner_as_idp(portner);
        let id = self.fresh_id();
        let mut question = AuthnQuestion {
            us: &self.us,
            idp: &idp,
            id: &id,
            issue_instant: self.ambient.now(),
            force_authn: false,
            is_passive: false,
            subject: None,
            context: None,
            scoping: None,
        };
        change(&mut question);
        let sent = question.send(Some("retur"), &self.key).await.unwrap();
        (id, sent)
    }

    /// As a service: reads Portner's answer to the request `request_id`.
    pub(crate) fn read_answer(
        &self,
        portner: &str,
        request_id: &str,
        form: &PostForm,
    ) -> Result<Answer, Denied> {
        let message = form
            .fields
            .iter()
            .find(|(name, _)| *name == "SAMLResponse")
            .unwrap();
        let xml = binding_post::read(&message.1).unwrap();
        let expected = Expected {
            idp: &self.portner_as_idp(portner),
            us: &self.us,
            received_at: &form.to,
            request_id,
            authenticated_since: None,
            now: self.ambient.now(),
            decryption_keys: &[],
        };
        response::accept(&Document::parse(&xml, &Limits::MESSAGE).unwrap(), &expected)
    }

    /// As an identity provider: reads Portner's request and what it wants back with the answer.
    pub(crate) fn receive(&self, portner: &str, request: &Outbound) -> (AuthnRequest, Option<String>) {
        let incoming = match request {
            Outbound::Redirect(url) => Incoming::from_redirect(url.split_once('?').unwrap().1).unwrap(),
            Outbound::Post(form) => {
                let value = |wanted| {
                    form.fields
                        .iter()
                        .find(|(name, _)| *name == wanted)
                        .map(|(_, v)| v.clone())
                };
                let message = value("SAMLRequest").unwrap();
                Incoming::from_post(MessageKind::Request, &message, value("RelayState")).unwrap()
            }
        };
        let relay_state = incoming.relay_state().map(str::to_owned);
        let portner = self.portner_as_service(portner);
        let message = incoming.authenticate(&portner.requests).unwrap();
        (
            authn_request::accept(&message, &portner, &self.us).unwrap(),
            relay_state,
        )
    }

    /// As an identity provider: answers that this is the user.
    pub(crate) async fn log_in(
        &self,
        portner: &str,
        request: &AuthnRequest,
        relay_state: Option<&str>,
        user: &PeerUser,
    ) -> PostForm {
        let now = self.ambient.now();
        let (response_id, assertion_id, session) = (self.fresh_id(), self.fresh_id(), self.fresh_id());
        let answer = LoginResponse {
            issuer: &self.us.entity_id,
            service: &self.portner_as_service(portner),
            acs: &request.acs.url,
            in_response_to: &request.id,
            response_id: &response_id,
            assertion_id: &assertion_id,
            issue_instant: now,
            subject: &user.name_id,
            authn_instant: now,
            session_index: session.as_str(),
            session_not_on_or_after: now + SignedDuration::from_hours(8),
            class_ref: &user.class_ref,
            authenticating_authorities: &[],
            attributes: &user.attributes,
        };
        let message = answer.issue(&self.key, self.ambient.entropy()).await.unwrap();
        binding_post::write(
            request.acs.url.clone(),
            MessageKind::Response,
            &message,
            relay_state,
        )
    }

    /// As an identity provider: answers that nobody is logged in.
    pub(crate) async fn decline(
        &self,
        request: &AuthnRequest,
        relay_state: Option<&str>,
        failure: &Failure,
    ) -> PostForm {
        let answer = FailureResponse {
            issuer: &self.us.entity_id,
            acs: &request.acs.url,
            in_response_to: &request.id,
            response_id: &self.fresh_id(),
            issue_instant: self.ambient.now(),
            failure,
        };
        let message = answer.issue(&self.key).await.unwrap();
        binding_post::write(
            request.acs.url.clone(),
            MessageKind::Response,
            &message,
            relay_state,
        )
    }

    /// What the peer signs with.
    pub(crate) fn signer(&self) -> &dyn Signer {
        &self.key
    }

    pub(crate) fn portner_as_idp(&self, metadata: &str) -> SamlIdp {
        let read = read_metadata(metadata, self.ambient.now());
        read.idp.unwrap().registered(read.entity_id)
    }

    pub(crate) fn portner_as_service(&self, metadata: &str) -> SamlService {
        let read = read_metadata(metadata, self.ambient.now());
        let service = read.sp.unwrap().registered(read.entity_id).unwrap();
        // An assertion in the clear is what most tests want to look into.
        SamlService {
            encrypt: None,
            ..service
        }
    }

    fn fresh_id(&self) -> MessageId {
        MessageId::fresh(self.ambient.entropy())
    }
}

fn read_metadata(xml: &str, now: Timestamp) -> EntityMetadata {
    let document = Document::parse(xml.as_bytes(), &Limits::METADATA).unwrap();
    metadata::read(document.root(), PlainHttp::OnLoopback, now).unwrap()
}

/// An ECDSA key with a self-signed certificate.
struct PeerKey {
    pair: Arc<EcdsaKeyPair>,
    public_key: Vec<u8>,
    certificate: Vec<u8>,
}

impl PeerKey {
    fn generate() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let params = rcgen::CertificateParams::new(vec!["peer.example".to_owned()]).unwrap();
        Self {
            pair: Arc::new(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der()).unwrap(),
            ),
            public_key: rcgen::PublicKeyData::subject_public_key_info(&key),
            certificate: params.self_signed(&key).unwrap().der().to_vec(),
        }
    }
}

impl Signer for PeerKey {
    fn key_id(&self) -> &'static str {
        "peer"
    }

    fn algorithm(&self) -> SigningAlgorithm {
        SigningAlgorithm::EcdsaP256Sha256
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn certificate(&self) -> Option<&[u8]> {
        Some(&self.certificate)
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        #[expect(clippy::disallowed_types, reason = "the key operation demands it")]
        let signature = self.pair.sign(&aws_lc_rs::rand::SystemRandom::new(), message);
        let failed = |_| SignFailed {
            key_id: "peer".to_owned(),
            reason: "peer".to_owned(),
        };
        Box::pin(ready(
            signature
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
        ))
    }
}

#[cfg(test)]
mod tests {
    use portner::saml::status::{Blame, Reason};
    use portner::saml::{EndpointUrl, EntityId, NameIdFormat};

    use super::*;

    fn party(name: &str) -> SamlPeer {
        let url = |path: &str| {
            EndpointUrl::parse(&format!("https://{name}.example/{path}"), PlainHttp::Refused).unwrap()
        };
        let us = SamlSelf {
            entity_id: EntityId::parse(&format!("https://{name}.example")).unwrap(),
            sso: url("sso"),
            acs: url("acs"),
            logout: None,
        };
        SamlPeer::new(us, Ambient::system())
    }

    #[tokio::test]
    async fn two_peers_understand_each_other() {
        let (service, idp) = (party("matematik"), party("lillekoebing"));
        let (of_service, of_idp) = (service.metadata().await, idp.metadata().await);
        let (id, asked) = service.ask(&of_idp, |question| question.force_authn = true).await;
        let (request, relay_state) = idp.receive(&of_service, &asked);
        assert!(request.force_authn && request.is_signed);
        assert_eq!(relay_state.as_deref(), Some("retur"));
        let user = PeerUser {
            name_id: NameId::new(NameIdFormat::Persistent, "1000000156"),
            attributes: Vec::new(),
            class_ref: "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified".to_owned(),
        };
        let form = idp
            .log_in(&of_service, &request, relay_state.as_deref(), &user)
            .await;
        match service.read_answer(&of_idp, id.as_str(), &form).unwrap() {
            Answer::LoggedIn(accepted) => assert_eq!(accepted.name_id, user.name_id),
            Answer::Declined(failure) => panic!("{failure:?}"),
        }

        let failure = Failure::new(Blame::Responder, Reason::AuthnFailed);
        let form = idp.decline(&request, relay_state.as_deref(), &failure).await;
        let answer = service.read_answer(&of_idp, id.as_str(), &form).unwrap();
        assert!(matches!(answer, Answer::Declined(declined) if declined == failure));
    }
}
