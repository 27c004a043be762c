//! `/saml/slo` and, by SOAP, `/saml/soap/slo`: a SAML service asks for a logout, or answers that
//! it has logged somebody out.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::denied::{denied, denied_because};
use super::participants::Party;
use super::progress::{Asker, Logout, Outcome};
use super::{end, messages, saml_words, tour};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::session::SsoSession;
use crate::saml::logout::{self, LogoutExpected, LogoutRequest};
use crate::saml::logout_send::LogoutSender;
use crate::saml::peer::Skew;
use crate::saml::status::{Blame, Failure, Reason, Status};
use crate::saml::{Incoming, MessageId, MessageKind, SamlService};
use crate::trust::registry::Service;
use crate::upstreams::saml::Decryption;
use crate::web::incoming::Posted;
use crate::web::logout::saml_words::Arrived;
use crate::web::pages::Receiver;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, refusal_page, sessions, views};

const FRONT: &str = "/saml/slo";
const SOAP: &str = "/saml/soap/slo";

/// By HTTP-Redirect.
pub async fn get(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    take(&portner, &visit, Arrived::by_redirect(query.as_deref())).await
}

/// By HTTP-POST, from the service's site or, after the bounce, from our own.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let has_cookie = sessions::is_there(&portner, &visit) || Logout::is_there(&portner, &visit);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_cookie) {
        return bounce::page(&portner, &visit, FRONT, posted);
    }
    take(&portner, &visit, Arrived::by_post(&posted)).await
}

async fn take(portner: &Portner, visit: &Visit, incoming: Result<Incoming, Refused>) -> Response {
    let mut from = None;
    let taken = match incoming {
        Ok(incoming) => try_take(portner, visit, incoming, &mut from).await,
        Err(refused) => Err(refused),
    };
    match taken {
        Ok(response) => response,
        Err(refused) => refusal_page::of_a_logout(portner, visit, from.as_ref(), refused).await,
    }
}

async fn try_take(
    portner: &Portner,
    visit: &Visit,
    incoming: Incoming,
    from: &mut Option<ServiceId>,
) -> Result<Response, Refused> {
    let registry = portner.registry();
    let issuer = incoming.claimed_issuer().ok_or_else(|| denied("issuer"))?;
    let (service, peer) = registry
        .service_by_entity_id(issuer.as_str())
        .ok_or_else(|| denied("issuer"))?;
    *from = Some(service.profile.id.clone());
    match incoming.kind() {
        MessageKind::Request => asked(portner, visit, service, peer, incoming).await,
        MessageKind::Response => answered(portner, visit, service, peer, incoming).await,
    }
}

async fn asked(
    portner: &Portner,
    visit: &Visit,
    service: &Service,
    peer: &SamlService,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let relay_state = incoming.relay_state().map(str::to_owned);
    let request = accept(portner, peer, incoming, FRONT).await?;
    let (id, asynchronous) = (request.id.clone(), request.asynchronous);
    let asker = if asynchronous {
        Asker::Unanswered(Party::Service(service.profile.id.clone()))
    } else {
        Asker::Service(service.profile.id.clone(), id.clone(), relay_state.clone())
    };
    match meant(portner, service, peer, &request).await? {
        Meant::Sessions(sessions) => Ok(tour::begin(portner, visit, &sessions, asker).await),
        Meant::Nobody(refused) => {
            // The service is told in its own protocol; nobody's session ends for it.
            let around = refusal_page::Around {
                service: Some(&service.profile),
                ..refusal_page::Around::LOGOUT
            };
            refusal_page::record(portner, visit, around, &refused).await;
            let answer = unknown_principal(portner, peer, &id, relay_state.as_deref()).await?;
            let page = views::page(portner, visit, None);
            let name = service.profile.name.in_language(page.words.language()).to_owned();
            answer
                .map(|outbound| views::send(page, Receiver::Service(name), outbound))
                .ok_or(refused)
        }
    }
}

/// Whose sessions a request is about.
enum Meant {
    /// These open ones; none where they are over already, which is what was asked for.
    Sessions(Vec<SsoSession>),
    /// None that the service ever took part in: another service's, or invented (B23).
    Nobody(Refused),
}

async fn meant(
    portner: &Portner,
    service: &Service,
    peer: &SamlService,
    request: &LogoutRequest,
) -> Result<Meant, Refused> {
    let failed = Refused::from;
    let name = &request.name_id;
    let for_others =
        |qualifier: &Option<String>, own: &str| qualifier.as_ref().is_some_and(|given| given != own);
    if for_others(&name.sp_name_qualifier, peer.entity_id.as_str())
        || for_others(&name.name_qualifier, portner.services.saml.us.entity_id.as_str())
    {
        return Ok(Meant::Nobody(denied("name_qualifier")));
    }
    let id = &service.profile.id;
    let indexes: Vec<Option<&str>> = match request.session_indexes.as_slice() {
        [] => vec![None],
        some => some.iter().map(|index| Some(index.as_str())).collect(),
    };
    let now = portner.ambient.now();
    let (mut sessions, mut took_part) = (Vec::<SsoSession>::new(), false);
    for index in indexes {
        let store = &portner.store;
        let found = store
            .sessions_of_subject(id, &name.value, index, now)
            .await
            .map_err(failed)?;
        took_part = took_part
            || !found.is_empty()
            || store.took_part(id, &name.value, index).await.map_err(failed)?;
        sessions.extend(found);
    }
    sessions.sort_by_key(|session| session.id.0);
    sessions.dedup_by_key(|session| session.id);
    Ok(if took_part {
        Meant::Sessions(sessions)
    } else {
        Meant::Nobody(denied("subject"))
    })
}

async fn unknown_principal(
    portner: &Portner,
    peer: &SamlService,
    in_response_to: &str,
    relay_state: Option<&str>,
) -> Result<Option<crate::login::outbound::Outbound>, Refused> {
    let status = Status::Failure(Failure::new(Blame::Requester, Reason::UnknownPrincipal));
    let id = MessageId::fresh(portner.ambient.entropy());
    let signer = portner.services.saml.signer_for(peer)?;
    let sender = LogoutSender {
        issuer: &portner.services.saml.us.entity_id,
        signer: &*signer,
        id: &id,
        now: portner.ambient.now(),
    };
    messages::answer(&sender, &peer.logout, in_response_to, &status, relay_state).await
}

/// The answer of a service that the browser was led past.
async fn answered(
    portner: &Portner,
    visit: &Visit,
    service: &Service,
    peer: &SamlService,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let party = Party::Service(service.profile.id.clone());
    let (logout, request) = tour::waiting_at(portner, visit, &party).await?;
    let address = messages::own_address(portner, FRONT)?;
    let decryption = portner.upstreams.saml.decryption.current();
    let expected = expected(portner, peer, &address, &decryption);
    let message = saml_words::authenticate(incoming, &peer.requests)?;
    let outcome = match logout::accept_response(&message, &request, &expected) {
        Ok(response) if response.status == Status::Success => Outcome::Done,
        Ok(_) => Outcome::Silent,
        Err(error) => return Err(denied_because(error.reason(), error)),
    };
    Ok(tour::returned(portner, visit, logout, outcome).await)
}

/// By SOAP: there is no browser, so whoever takes messages through it alone is not reached.
pub async fn soap(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let mut from = None;
    match try_soap(&portner, &visit, &body, &mut from).await {
        Ok(envelope) => saml_words::soap(envelope),
        Err(refused) => {
            let registry = portner.registry();
            let service = from.as_ref().and_then(|id| registry.service(id));
            let around = refusal_page::Around {
                service: service.map(|service| &service.profile),
                ..refusal_page::Around::LOGOUT
            };
            refusal_page::record(&portner, &visit, around, &refused).await;
            saml_words::soap_fault(&refused)
        }
    }
}

async fn try_soap(
    portner: &Portner,
    visit: &Visit,
    body: &[u8],
    from: &mut Option<ServiceId>,
) -> Result<String, Refused> {
    let incoming = Arrived::by_soap(body)?;
    let registry = portner.registry();
    let issuer = incoming.claimed_issuer().ok_or_else(|| denied("issuer"))?;
    let (service, peer) = registry
        .service_by_entity_id(issuer.as_str())
        .ok_or_else(|| denied("issuer"))?;
    *from = Some(service.profile.id.clone());
    let request = accept(portner, peer, incoming, SOAP).await?;
    let status = match meant(portner, service, peer, &request).await? {
        Meant::Sessions(sessions) => {
            let own = Party::Service(service.profile.id.clone());
            let whole = end::end_and_tell(portner, visit, &sessions, |one| one.party() == own).await?;
            if whole { Status::Success } else { Status::Partial }
        }
        Meant::Nobody(refused) => return Err(refused),
    };
    let id = MessageId::fresh(portner.ambient.entropy());
    let signer = portner.services.saml.signer_for(peer)?;
    let sender = LogoutSender {
        issuer: &portner.services.saml.us.entity_id,
        signer: &*signer,
        id: &id,
        now: portner.ambient.now(),
    };
    let answer = sender.soap_response(&request.id, &status).await;
    answer.map_err(|error| Refusal::Internal.because(error))
}

/// A request that may be obeyed: signed by its issuer, for us, of now, and here for the first time.
async fn accept(
    portner: &Portner,
    peer: &SamlService,
    incoming: Incoming,
    path: &str,
) -> Result<LogoutRequest, Refused> {
    let address = messages::own_address(portner, path)?;
    let decryption = portner.upstreams.saml.decryption.current();
    let expected = LogoutExpected {
        through_browser: path == FRONT,
        ..expected(portner, peer, &address, &decryption)
    };
    let message = saml_words::authenticate(incoming, &peer.requests)?;
    let request = logout::accept_request(&message, &expected);
    let request = request.map_err(|error| denied_because(error.reason(), error))?;
    saml_words::once(portner, &peer.entity_id, &request.id).await?;
    Ok(request)
}

fn expected<'a>(
    portner: &Portner,
    peer: &'a SamlService,
    address: &'a crate::saml::EndpointUrl,
    decryption: &'a Decryption,
) -> LogoutExpected<'a> {
    LogoutExpected {
        sender: &peer.entity_id,
        received_at: address,
        through_browser: true,
        skew: Skew::default(),
        now: portner.ambient.now(),
        decryption_keys: &decryption.keys,
    }
}
