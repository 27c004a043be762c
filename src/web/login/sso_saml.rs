//! `/saml/sso`: a SAML service asks who the user is, by Redirect or by POST.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::begin;
use crate::domain::refusal::{Refusal, Refused};
use crate::saml::Incoming;
use crate::saml::MessageKind;
use crate::saml::incoming::IncomingRefusal;
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, sessions};

/// By Redirect.
pub async fn get(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let incoming = Incoming::from_redirect(query.as_deref().unwrap_or_default());
    receive(&portner, &visit, incoming).await
}

/// By POST. From another site it comes without the session, and is posted again by ourselves.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let has_session = sessions::is_there(&portner, &visit);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_session) {
        return bounce::page(&portner, &visit, "/saml/sso", posted);
    }
    let field = posted.one("SAMLRequest").unwrap_or_default();
    let relay_state = posted.one("RelayState").map(str::to_owned);
    receive(
        &portner,
        &visit,
        Incoming::from_post(MessageKind::Request, field, relay_state),
    )
    .await
}

async fn receive(portner: &Portner, visit: &Visit, incoming: Result<Incoming, IncomingRefusal>) -> Response {
    let registry = portner.registry();
    let (issuer, received) = match incoming {
        Ok(incoming) => {
            let issuer = incoming.claimed_issuer();
            (issuer, portner.services.saml.receive(&registry, incoming))
        }
        Err(error) => (None, Err(refused(error))),
    };
    let service = issuer.and_then(|issuer| {
        let (service, _) = registry.service_by_entity_id(issuer.as_str())?;
        Some(service.profile.id.clone())
    });
    begin::begin(portner, visit, &registry, service.as_ref(), received).await
}

fn refused(error: IncomingRefusal) -> Refused {
    if error.is_too_large() {
        return Refusal::TooLarge.because(error);
    }
    Refusal::ServiceRequestRefused {
        check: error.reason().to_owned(),
    }
    .because(error)
}
