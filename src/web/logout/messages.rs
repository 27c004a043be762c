//! The messages of a logout, in each party's own protocol and words.

use std::error::Error;

use url::Url;

use super::participants::{Participant, Role};
use crate::ambient::Entropy;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::release::SubjectKind;
use crate::domain::upstream::UpstreamId;
use crate::login::at_upstream::AtUpstream;
use crate::login::outbound::Outbound;
use crate::oidc::client::{Issuer, OidcClient};
use crate::oidc::logout_token::LogoutToken;
use crate::saml::authn_request_write::Outbound as Message;
use crate::saml::logout::{self, LogoutExpected};
use crate::saml::logout_send::{LogoutSender, SessionToEnd};
use crate::saml::peer::{AssertionEncryption, EndpointUrl, LogoutEndpoints, RequestTrust, Skew, TrustedKeys};
use crate::saml::soap;
use crate::saml::status::Status;
use crate::saml::{EntityId, Incoming, MessageId, NameId, NameIdFormat, SamlService};
use crate::store::sessions::Participation;
use crate::trust::registry::{ServiceProtocol, UpstreamProtocol};
use crate::web::state::Portner;

type Failed = Box<dyn Error + Send + Sync>;

/// Why somebody that answered does not count as told.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// There is nobody to call.
    #[error("there is no way to call it")]
    NoWay,
    /// It answered, but not that it is done.
    #[error("it answered with the HTTP status {0}")]
    HttpStatus(u16),
    /// It answered, but not that the user is logged out everywhere behind it.
    #[error("it answered that the logout was not done")]
    Status,
}

/// Calls somebody directly, and checks the answer.
pub async fn call(portner: &Portner, participant: &Participant) -> Result<(), Failed> {
    match &participant.role {
        Role::Service(Some(service), part) => match &service.protocol {
            ServiceProtocol::Saml(peer) => {
                let name = name_of(portner, peer, part);
                let signer = portner.services.saml.signer_for(peer)?;
                let party = Called {
                    us: &portner.services.saml.us.entity_id,
                    signer: &*signer,
                    them: &peer.entity_id,
                    to: &peer.logout,
                    keys: keys_of(&peer.requests),
                    skew: Skew::default(),
                    encryption: peer.encrypt.as_ref(),
                };
                party.call(portner, &name, Some(&part.session_index)).await
            }
            ServiceProtocol::Oidc(client) => {
                let issuer = portner.services.oidc.issuer_of(service);
                back_channel(portner, issuer, client, part).await
            }
            ServiceProtocol::Own(_) => Err(NotTold::NoWay.into()),
        },
        Role::Upstream(_, Some((upstream, AtUpstream::Saml { name, index }))) => {
            let UpstreamProtocol::Saml(idp, _) = &upstream.protocol else {
                return Err(NotTold::NoWay.into());
            };
            let signer = portner.upstreams.saml.signer_for(idp)?;
            let party = Called {
                us: &portner.upstreams.saml.entity_id,
                signer: &*signer,
                them: &idp.entity_id,
                to: &idp.logout,
                keys: RequestTrust::Unsigned(Some(idp.keys.clone())),
                skew: idp.skew,
                encryption: idp.encrypt.as_deref(),
            };
            party.call(portner, &name.name_id(), index.as_deref()).await
        }
        Role::Service(None, _) | Role::Upstream(..) => Err(NotTold::NoWay.into()),
    }
}

/// A SAML party that is called by SOAP.
struct Called<'a> {
    us: &'a EntityId,
    signer: &'a dyn crate::keys::Signer,
    them: &'a EntityId,
    to: &'a LogoutEndpoints,
    keys: RequestTrust,
    skew: Skew,
    encryption: Option<&'a AssertionEncryption>,
}

impl Called<'_> {
    async fn call(&self, portner: &Portner, name_id: &NameId, index: Option<&str>) -> Result<(), Failed> {
        let to = self.to.soap.as_ref().ok_or(NotTold::NoWay)?;
        let id = MessageId::fresh(portner.ambient.entropy());
        let sender = LogoutSender {
            issuer: self.us,
            signer: self.signer,
            id: &id,
            now: portner.ambient.now(),
        };
        let session = SessionToEnd {
            name_id,
            index,
            is_telling: true,
            encryption: encrypted(portner, self.encryption),
        };
        let body = sender.soap_request(to, session).await?;
        let url = Url::parse(to.as_str())?;
        let answer = portner.egress.post_soap(&url, soap::ACTION, body).await?;
        if !answer.status.is_success() {
            return Err(NotTold::HttpStatus(answer.status.as_u16()).into());
        }
        // It came over the connection that we opened to the registered address; a signature that
        // is there must be good besides.
        let incoming = Incoming::from_soap(&answer.body)?;
        let message = incoming.authenticate(&self.keys)?;
        let expected = LogoutExpected {
            sender: self.them,
            received_at: to,
            through_browser: false,
            skew: self.skew,
            now: portner.ambient.now(),
            decryption_keys: &[],
        };
        done(&logout::accept_response(&message, id.as_str(), &expected)?.status)
    }
}

/// How a party's names are encrypted, and what makes each time another.
fn encrypted<'a>(
    portner: &'a Portner,
    encryption: Option<&'a AssertionEncryption>,
) -> Option<(&'a AssertionEncryption, &'a dyn Entropy)> {
    encryption.map(|encryption| (encryption, portner.ambient.entropy()))
}

/// Whether this is the answer of somebody who is done.
fn done(status: &Status) -> Result<(), Failed> {
    match status {
        Status::Success => Ok(()),
        Status::Partial | Status::Failure(_) => Err(NotTold::Status.into()),
    }
}

fn keys_of(requests: &RequestTrust) -> RequestTrust {
    RequestTrust::Unsigned(TrustedKeys::new(requests.keys().to_vec()).ok())
}

async fn back_channel(
    portner: &Portner,
    issuer: &Issuer,
    client: &OidcClient,
    part: &Participation,
) -> Result<(), Failed> {
    let notice = client.logout.back_channel.as_ref().ok_or(NotTold::NoWay)?;
    let face = &portner.services.oidc;
    let id = portner.ambient.uuid().to_string();
    let token = LogoutToken {
        issuer: issuer.as_str(),
        client_id: client.client_id.as_str(),
        subject: &part.subject,
        session: notice.names_session.then_some(part.session_index.as_str()),
        id: &id,
        now: portner.ambient.now(),
    };
    let token = token.sign(&*face.signer_for(client)).await?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", &token)
        .finish();
    let answer = portner
        .egress
        .post_form(&notice.uri, http::HeaderMap::new(), form)
        .await?;
    if answer.status.is_success() {
        Ok(())
    } else {
        Err(NotTold::HttpStatus(answer.status.as_u16()).into())
    }
}

/// What the browser brings past somebody, and the name of the message that must be answered.
pub async fn for_browser(
    portner: &Portner,
    participant: &Participant,
    relay_state: &str,
) -> Result<(Outbound, String), Failed> {
    let id = MessageId::fresh(portner.ambient.entropy());
    let now = portner.ambient.now();
    let message = match &participant.role {
        Role::Service(Some(service), part) => {
            let ServiceProtocol::Saml(peer) = &service.protocol else {
                return Err(NotTold::NoWay.into());
            };
            let signer = portner.services.saml.signer_for(peer)?;
            let sender = LogoutSender {
                issuer: &portner.services.saml.us.entity_id,
                signer: &*signer,
                id: &id,
                now,
            };
            let session = SessionToEnd {
                name_id: &name_of(portner, peer, part),
                index: Some(&part.session_index),
                is_telling: service.profile.subject == SubjectKind::UniId,
                encryption: encrypted(portner, peer.encrypt.as_ref()),
            };
            sender.request(&peer.logout, session, relay_state).await?
        }
        Role::Upstream(_, Some((upstream, at_upstream))) => match (&upstream.protocol, at_upstream) {
            (UpstreamProtocol::Saml(idp, _), AtUpstream::Saml { name, index }) => {
                let signer = portner.upstreams.saml.signer_for(idp)?;
                let sender = LogoutSender {
                    issuer: &portner.upstreams.saml.entity_id,
                    signer: &*signer,
                    id: &id,
                    now,
                };
                let session = SessionToEnd {
                    name_id: &name.name_id(),
                    index: index.as_deref(),
                    is_telling: true,
                    encryption: encrypted(portner, idp.encrypt.as_deref()),
                };
                sender.request(&idp.logout, session, relay_state).await?
            }
            (UpstreamProtocol::Oidc(provider, _), AtUpstream::Oidc { id_token, .. }) => {
                let back = return_address(portner, &upstream.profile.id);
                let connector = &portner.upstreams.oidc;
                let form = connector
                    .logout(provider, id_token.as_deref(), &back, relay_state)
                    .await?
                    .ok_or(NotTold::NoWay)?;
                return Ok((form, id.as_str().to_owned()));
            }
            _ => None,
        },
        Role::Service(None, _) | Role::Upstream(_, None) => None,
    };
    let message = message.ok_or(NotTold::NoWay)?;
    Ok((outbound(message)?, id.as_str().to_owned()))
}

/// Where an OpenID provider sends the user back to after its own logout.
fn return_address(portner: &Portner, upstream: &UpstreamId) -> Url {
    portner
        .settings
        .origin
        .at(&format!("/oidc/logged-out/{upstream}"))
}

/// The address of the frame that tells a service, where it has one.
pub fn frame(portner: &Portner, participant: &Participant) -> Option<Url> {
    let Role::Service(Some(service), part) = &participant.role else {
        return None;
    };
    let ServiceProtocol::Oidc(client) = &service.protocol else {
        return None;
    };
    let notice = client.logout.front_channel.as_ref()?;
    let mut url = notice.uri.clone();
    if notice.names_session {
        url.query_pairs_mut()
            .append_pair("iss", portner.services.oidc.issuer_of(service).as_str())
            .append_pair("sid", &part.session_index);
    }
    Some(url)
}

/// A message as the browser carries it.
pub fn outbound(message: Message) -> Result<Outbound, Failed> {
    Ok(match message {
        Message::Redirect(url) => Outbound::Redirect(Url::parse(&url)?),
        Message::Post(form) => Outbound::PostForm {
            to: Url::parse(form.to.as_str())?,
            fields: form
                .fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        },
    })
}

/// The name that the service was given, to the letter.
fn name_of(portner: &Portner, peer: &SamlService, part: &Participation) -> NameId {
    let format = if part.name_format.is_empty() {
        NameIdFormat::Persistent
    } else {
        NameIdFormat::from_uri(&part.name_format)
    };
    NameId {
        name_qualifier: Some(portner.services.saml.us.entity_id.as_str().to_owned()),
        sp_name_qualifier: Some(peer.entity_id.as_str().to_owned()),
        ..NameId::new(format, part.subject.clone())
    }
}

/// Our answer to a service or an upstream, through the browser; nothing where it takes none.
pub async fn answer(
    sender: &LogoutSender<'_>,
    to: &LogoutEndpoints,
    in_response_to: &str,
    status: &Status,
    relay_state: Option<&str>,
) -> Result<Option<Outbound>, Refused> {
    let failed = |error: Failed| Refusal::Internal.because(error);
    let message = sender
        .response(to, in_response_to, status, relay_state)
        .await
        .map_err(|error| failed(error.into()))?;
    message.map(outbound).transpose().map_err(failed)
}

/// The address of ours that a message came to.
pub fn own_address(portner: &Portner, path: &str) -> Result<EndpointUrl, Refused> {
    let address = portner.settings.origin.at(path);
    EndpointUrl::parse(address.as_str(), portner.services.saml.plain)
        .map_err(|error| Refusal::Internal.because(error))
}
