//! Services that speak SAML: our face as an identity provider.

mod asked;

use std::sync::Arc;

use asked::{login_request, name_not_given, refused};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Received, unknown_service, words};
use crate::ambient::Ambient;
use crate::domain::address::PlainHttp;
use crate::domain::assurance::Comparison;
use crate::domain::attribute::Attribute;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::release::SubjectKind;
use crate::keys::Signer;
use crate::keys::derive::Label;
use crate::keys::saml_keys::SamlKeys;
use crate::login::answer::{LoginAnswer, transient};
use crate::login::outbound::Outbound;
use crate::login::transaction::LoginTransaction;
use crate::saml::authn_context::{self, RequestedAuthnContext};
use crate::saml::authn_request::{self, AuthnRequest, RequestRefusal};
use crate::saml::binding_post;
use crate::saml::incoming::Authenticated;
use crate::saml::peer::NameValue;
use crate::saml::response_write::{FailureResponse, LoginResponse};
use crate::saml::status::Failure;
use crate::saml::xml::CanonicalXml;
use crate::saml::{
    EndpointUrl, EntityId, Incoming, MessageId, MessageKind, NameId, NameIdFormat, SamlSelf, SamlService,
};
use crate::telemetry::clocks::Clocks;
use crate::telemetry::metrics::PartyRole;
use crate::trust::registry::{Registry, Service};

/// A request that is older than this is a bookmark or a page that lay open over night.
const OLDEST_REQUEST: SignedDuration = SignedDuration::from_hours(1);
/// How far a service's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Portner as the identity provider of SAML services.
pub struct SamlFace {
    /// Our names and addresses.
    pub us: SamlSelf,
    /// What answers are signed with.
    pub signers: SamlKeys,
    /// Whether plain http on loopback is a fit address, as in the demo.
    pub plain: PlainHttp,
    /// Time and chance.
    pub ambient: Ambient,
    /// Watches the clocks of others.
    pub clocks: Arc<Clocks>,
}

/// How the answer finds its way back, and what was asked that only the answer shows.
#[derive(Debug, Serialize, Deserialize)]
struct SamlReply {
    request_id: String,
    acs: String,
    relay_state: Option<String>,
    name_id_format: Option<String>,
    asked: Option<(Comparison, Vec<String>)>,
}

impl SamlFace {
    /// Reads a request that came by either binding.
    ///
    /// One that is not in order is answered where it says so legibly to whom: the service is told, and not the
    /// user, who can mend nothing of it.
    pub async fn receive(&self, registry: &Registry, incoming: Incoming) -> Result<Received, Refused> {
        let issuer = incoming
            .claimed_issuer()
            .ok_or_else(|| unknown_service("entityID", None))?;
        let (service, peer) = registry
            .service_by_entity_id(issuer.as_str())
            .ok_or_else(|| unknown_service("entityID", Some(issuer.as_str())))?;
        let relay_state = incoming.relay_state().map(str::to_owned);
        let message = incoming.authenticate(&peer.requests).map_err(|error| {
            Refusal::ServiceRequestRefused {
                check: "request_signature".to_owned(),
            }
            .because(error)
        })?;
        let asked = match authn_request::accept(&message, peer, &self.us) {
            Ok(asked) => asked,
            Err(error) => {
                return self
                    .answer_faulty(service, peer, &message, error, relay_state)
                    .await;
            }
        };
        if asked.is_signed {
            let (id, now) = (service.profile.id.as_str(), self.ambient.now());
            self.clocks.saw(PartyRole::Service, id, asked.issue_instant, now);
        }
        self.check_age(&asked)?;
        if asked.scoping.requester_ids.contains(&self.us.entity_id) {
            return Err(Refusal::StuckInLoop.because("the request was made to answer one of ours"));
        }
        let request = login_request(registry, &self.us, service, &asked, relay_state)?;
        Ok(match name_not_given(peer, &asked) {
            None => Received::Login(request),
            Some(cause) => Received::Objected(request, Refusal::SubjectNotAvailable.because(cause)),
        })
    }

    async fn answer_faulty(
        &self,
        service: &Service,
        peer: &SamlService,
        message: &Authenticated,
        error: RequestRefusal,
        relay_state: Option<String>,
    ) -> Result<Received, Refused> {
        let Some(back) = authn_request::way_back(message, peer, &self.us) else {
            return Err(refused(error));
        };
        let failure = Failure::of_request(error);
        let answer = FailureResponse {
            issuer: &self.us.entity_id,
            acs: &back.acs.url,
            in_response_to: &back.request_id,
            response_id: &MessageId::from_bytes(self.ambient.bytes()),
            issue_instant: self.ambient.now(),
            failure: &failure,
        };
        let signed = answer.issue(&*self.signer_for(peer)?).await;
        let signed = signed.map_err(|error| Refusal::Internal.because(error))?;
        Ok(Received::Answered {
            service: service.profile.id.clone(),
            outbound: by_post(back.acs.url, &signed, relay_state.as_deref())?,
            refused: refused(error),
        })
    }

    fn check_age(&self, asked: &AuthnRequest) -> Result<(), Refused> {
        let age = self.ambient.now().duration_since(asked.issue_instant);
        if age > OLDEST_REQUEST {
            return Err(Refusal::LoginExpired.because("the service's request is more than an hour old"));
        }
        if age < -AHEAD {
            let check = "time".to_owned();
            return Err(
                Refusal::ServiceRequestRefused { check }.because("the service's clock is ahead of ours")
            );
        }
        Ok(())
    }

    /// The assertion, on its way by POST.
    pub async fn answer(
        &self,
        tx: &LoginTransaction,
        service: &Service,
        peer: &SamlService,
        answer: &LoginAnswer,
    ) -> Result<Outbound, Refused> {
        let reply = SamlReply::read(tx)?;
        let asked = reply.asked();
        let acs = self.endpoint(&reply.acs)?;
        let authorities: Vec<_> = answer
            .authorities
            .iter()
            .filter(|_| peer.tells_upstream)
            .filter_map(|id| EntityId::parse(id).ok())
            .collect();
        let message = LoginResponse {
            issuer: &self.us.entity_id,
            service: peer,
            acs: &acs,
            in_response_to: &reply.request_id,
            response_id: &message_id(tx, Label::ResponseId),
            assertion_id: &message_id(tx, Label::IssuedAssertionId),
            issue_instant: self.ambient.now(),
            subject: &self.name_id(tx, peer, &reply, answer),
            authn_instant: answer.authenticated_at,
            session_index: &answer.session_index,
            session_not_on_or_after: answer.session_ends,
            class_ref: &authn_context::answer(answer.assurance, asked.as_ref()),
            authenticating_authorities: &authorities,
            attributes: &words::attributes(service, answer),
        };
        let signer = self.signer_for(peer)?;
        let issued = message.issue(&*signer, self.ambient.entropy()).await;
        let response = issued.map_err(|error| Refusal::Internal.because(error))?;
        by_post(acs, &response, reply.relay_state.as_deref())
    }

    /// A status other than success, on its way by POST.
    pub async fn refuse(
        &self,
        tx: &LoginTransaction,
        peer: &SamlService,
        refusal: &Refusal,
    ) -> Result<Outbound, Refused> {
        let reply = SamlReply::read(tx)?;
        let acs = self.endpoint(&reply.acs)?;
        let failure = Failure::of(refusal).ok_or_else(|| refusal.clone())?;
        let signed = self.failure(tx, peer, &reply, &acs, &failure).await?;
        by_post(acs, &signed, reply.relay_state.as_deref())
    }

    async fn failure(
        &self,
        tx: &LoginTransaction,
        peer: &SamlService,
        reply: &SamlReply,
        acs: &EndpointUrl,
        failure: &Failure,
    ) -> Result<CanonicalXml, Refused> {
        let message = FailureResponse {
            issuer: &self.us.entity_id,
            acs,
            in_response_to: &reply.request_id,
            response_id: &message_id(tx, Label::ResponseId),
            issue_instant: self.ambient.now(),
            failure,
        };
        message
            .issue(&*self.signer_for(peer)?)
            .await
            .map_err(|error| Refusal::Internal.because(error))
    }

    /// Our current key, signing as this service is registered to want it.
    pub fn signer_for(&self, peer: &SamlService) -> Result<Arc<dyn Signer>, Refused> {
        let signer = self.signers.signer(peer.signature);
        signer.map_err(|error| Refusal::Internal.because(error))
    }

    /// The address was registered when the login began; it is read again from our own sealed words.
    fn endpoint(&self, acs: &str) -> Result<EndpointUrl, Refused> {
        EndpointUrl::parse(acs, self.plain).map_err(|error| Refusal::Internal.because(error))
    }

    /// The name that the answer gives: its logout must name the user to the letter.
    pub fn name_told(
        &self,
        tx: &LoginTransaction,
        peer: &SamlService,
        answer: &LoginAnswer,
    ) -> Result<NameId, Refused> {
        Ok(self.name_id(tx, peer, &SamlReply::read(tx)?, answer))
    }

    fn name_id(
        &self,
        tx: &LoginTransaction,
        peer: &SamlService,
        reply: &SamlReply,
        answer: &LoginAnswer,
    ) -> NameId {
        let asked = reply.name_id_format.as_deref().map(NameIdFormat::from_uri);
        let format = match answer.subject.kind {
            SubjectKind::Transient => NameIdFormat::Transient,
            SubjectKind::Pairwise | SubjectKind::UniId => peer
                .name_ids
                .choose(asked.as_ref())
                .cloned()
                .unwrap_or(NameIdFormat::Persistent),
        };
        let value = if format == NameIdFormat::Transient {
            // Also where it was asked for once, by a service that knows users by lasting names.
            transient(&tx.derive_for_login(Label::TransientSubject))
        } else {
            name_value(peer.name_value, answer)
        };
        NameId {
            name_qualifier: Some(self.us.entity_id.as_str().to_owned()),
            sp_name_qualifier: Some(peer.entity_id.as_str().to_owned()),
            ..NameId::new(format, value)
        }
    }
}

/// The name as this service wants to see it. What else stands in it is what the service is given anyway.
fn name_value(form: NameValue, answer: &LoginAnswer) -> String {
    let name = &answer.subject.value;
    match form {
        NameValue::Plain => name.clone(),
        NameValue::OiosamlPerson => format!("{OIOSAML_NAME}person/uuid/{}", uuid_of(name)),
        NameValue::OiosamlProfessional => format!("{OIOSAML_NAME}professional/uuid/{}", uuid_of(name)),
        NameValue::X509Subject => {
            let known = answer.released.attributes();
            let part = |key, attribute| {
                let value = known.values(attribute).first()?;
                Some(format!(",{key}={}", escaped(value)))
            };
            let organisation = part("O", Attribute::Cvr).unwrap_or_default();
            let common_name = part("CN", Attribute::DisplayName).unwrap_or_default();
            format!("C=DK{organisation}{common_name},Serial={}", uuid_of(name))
        }
    }
}

const OIOSAML_NAME: &str = "https://data.gov.dk/model/core/eid/";

/// A UUID that is the same for the same name and tells nothing of it.
fn uuid_of(name: &str) -> uuid::Uuid {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(digest.as_ref())
        .for_each(|(to, from)| *to = *from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A value in a distinguished name (RFC 4514 §2.4).
fn escaped(value: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#');
    value
        .chars()
        .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
        .collect()
}

impl SamlReply {
    fn read(tx: &LoginTransaction) -> Result<Self, Refused> {
        postcard::from_bytes(&tx.request().reply.0).map_err(|error| Refusal::Internal.because(error))
    }

    fn asked(&self) -> Option<RequestedAuthnContext> {
        let (comparison, class_refs) = self.asked.clone()?;
        Some(RequestedAuthnContext {
            comparison,
            class_refs,
        })
    }
}

impl std::fmt::Debug for SamlFace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SamlFace")
            .field("us", &self.us.entity_id)
            .finish_non_exhaustive()
    }
}

fn message_id(tx: &LoginTransaction, label: Label) -> MessageId {
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(tx.derive_for_login(label))
        .for_each(|(to, from)| *to = from);
    MessageId::from_bytes(bytes)
}

fn by_post(acs: EndpointUrl, message: &CanonicalXml, relay_state: Option<&str>) -> Result<Outbound, Refused> {
    let to = Url::parse(acs.as_str()).map_err(|error| Refusal::Internal.because(error))?;
    let form = binding_post::write(acs, MessageKind::Response, message, relay_state);
    let fields = form
        .fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Ok(Outbound::PostForm { to, fields })
}
