//! `/saml/sso`: a SAML service asks who the user is, by Redirect or by POST.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use url::form_urlencoded;

use super::begin;
use crate::domain::evidence::Exchanged;
use crate::domain::refusal::{Culprit, Refusal, Refused};
use crate::domain::upstream::HINT_PARAMETERS;
use crate::saml::Incoming;
use crate::saml::MessageKind;
use crate::saml::incoming::IncomingRefusal;
use crate::services::Received;
use crate::trust::registry::Registry;
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, refusal_page, sessions, witness};

/// Each is there at most once (B17).
const PARAMETERS: [&str; 3] = ["SAMLRequest", "SAMLResponse", "RelayState"];

/// By Redirect.
pub async fn get(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    receive(&portner, &visit, Incoming::from_redirect(&query), &query).await
}

/// By POST. From another site it comes without the session, and is posted again by ourselves.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let has_session = sessions::is_there(&portner, &visit);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_session) {
        return bounce::page(&portner, &visit, "/saml/sso", posted);
    }
    if PARAMETERS.iter().any(|name| posted.is_doubled(name)) || posted.one("SAMLResponse").is_some() {
        let check = "duplicate_parameter".to_owned();
        let refusal = Refusal::ServiceRequestRefused { check };
        return refusal_page::outside_a_login(&portner, &visit, None, refusal).await;
    }
    let field = posted.one("SAMLRequest").unwrap_or_default();
    let relay_state = posted.one("RelayState").map(str::to_owned);
    let incoming = Incoming::from_post(MessageKind::Request, field, relay_state);
    receive(&portner, &visit, incoming, field).await
}

/// `message` is the request as it came.
async fn receive(
    portner: &Portner,
    visit: &Visit,
    incoming: Result<Incoming, IncomingRefusal>,
    message: &str,
) -> Response {
    let registry = portner.registry();
    let (issuer, received) = match incoming {
        Ok(incoming) if incoming.kind() != MessageKind::Request => {
            let check = "no_message".to_owned();
            let refusal = Refusal::ServiceRequestRefused { check };
            (None, Err(refusal.because("an answer, where requests are taken")))
        }
        Ok(incoming) => {
            let issuer = incoming.claimed_issuer();
            let received = portner.services.saml.receive(&registry, incoming).await;
            (
                issuer,
                received.map(|received| hinted(received, &registry, &visit.query)),
            )
        }
        Err(error) => (None, Err(refused(error))),
    };
    let service = issuer.and_then(|issuer| {
        let (service, _) = registry.service_by_entity_id(issuer.as_str())?;
        Some(&service.profile)
    });
    let kept = match (service, &received) {
        (Some(service), Ok(_)) => {
            let kind = Exchanged::SamlRequestReceived;
            witness::of_service(portner, service, None, kind, message).await
        }
        _ => Ok(()),
    };
    let (service, received) = (service.map(|service| service.id.clone()), kept.and(received));
    begin::begin(portner, visit, &registry, service.as_ref(), received).await
}

/// A hint stands beside the message, where no signature covers it: good for a choice, and for nothing else.
fn hinted(received: Received, registry: &Registry, query: &str) -> Received {
    let Received::Login(mut request) = received else {
        return received;
    };
    let fields: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let meant = HINT_PARAMETERS.into_iter().find_map(|parameter| {
        let (_, hint) = fields.iter().find(|(name, _)| name == parameter)?;
        registry.upstream_by_hint(hint)
    });
    request.hints.upstream = meant.map(|upstream| upstream.profile.id.clone());
    Received::Login(request)
}

fn refused(error: IncomingRefusal) -> Refused {
    if error.is_too_large() {
        return Refusal::TooLarge {
            from: Culprit::Service,
        }
        .because(error);
    }
    Refusal::ServiceRequestRefused {
        check: error.reason().to_owned(),
    }
    .because(error)
}
