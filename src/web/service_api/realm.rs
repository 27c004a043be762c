//! `/auth/realms/broker/…`: where services that were written for the incumbent look for us.
//!
//! Such a service changes the host of its issuer and nothing else. What it finds below that
//! path is a whole provider with a name of its own, and the same endpoints as ours behind it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::{cors, discovery};
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceId;
use crate::oidc::authorize;
use crate::oidc::discovery::{DiscoveryDocument, EndpointPaths};
use crate::oidc::params::Parameters;
use crate::trust::registry::{Service, ServiceProtocol};
use crate::web::incoming::Posted;
use crate::web::login::authorize_oidc;
use crate::web::refusal_page;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// The incumbent's path below the host; our name is the origin with this after it.
pub const PATH: &str = "/auth/realms/broker";

pub(super) const ENDPOINTS: EndpointPaths<'static> = EndpointPaths {
    authorization: "/protocol/openid-connect/auth",
    token: "/protocol/openid-connect/token",
    userinfo: "/protocol/openid-connect/userinfo",
    jwks: "/protocol/openid-connect/certs",
    end_session: "/protocol/openid-connect/logout",
    pushed: "/protocol/openid-connect/ext/par/request",
    introspection: "/protocol/openid-connect/token/introspect",
    revocation: "/protocol/openid-connect/revoke",
    backchannel: "/protocol/openid-connect/ext/ciba/auth",
};

/// What the provider of that name can do: there is one where some service knows us by it.
pub async fn discovery(State(portner): State<Portner>, visit: Visit) -> Response {
    let registry = portner.registry();
    let knows_us = |service: &Service| {
        service.profile.face.is_of_the_incumbent() && matches!(service.protocol, ServiceProtocol::Oidc(_))
    };
    if !registry.services().any(|service| knows_us(service)) {
        return refusal_page::outside_a_login(&portner, &visit, None, Refusal::NoSuchPage).await;
    }
    let (scopes, claims) = discovery::announced(&registry, knows_us);
    let mutual = portner.settings.listen.mutual_tls.as_ref();
    let mutual = mutual.map(|mutual| format!("{}{PATH}", mutual.origin));
    let realm = &portner.services.oidc.realm;
    let document = DiscoveryDocument::new(realm, mutual.as_deref(), ENDPOINTS, scopes, claims);
    let response = ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response();
    cors::allow(&portner, &visit.headers, response)
}

/// Where a service sends users, by GET.
pub async fn ask(portner: State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let given = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes()).into_owned();
    match stranger(&portner, &Parameters::new(given)) {
        Some(service) => knows_us_otherwise(&portner, &visit, &service).await,
        None => authorize_oidc::get(portner, visit, RawQuery(query)).await,
    }
}

/// By POST.
pub async fn ask_by_form(portner: State<Portner>, visit: Visit, body: Bytes) -> Response {
    let given = Parameters::new(Posted::read(&body).fields().iter().cloned());
    match stranger(&portner, &given) {
        Some(service) => knows_us_otherwise(&portner, &visit, &service).await,
        None => authorize_oidc::post(portner, visit, body).await,
    }
}

/// A service that is here, but is registered under our other name.
fn stranger(portner: &Portner, parameters: &Parameters) -> Option<ServiceId> {
    let client_id = authorize::client_id(parameters).ok()?;
    let registry = portner.registry();
    let (service, _) = registry.service_by_client_id(client_id.as_str())?;
    (!service.profile.face.is_of_the_incumbent()).then(|| service.profile.id.clone())
}

/// Its tokens would name another issuer than it has read about: better told now.
async fn knows_us_otherwise(portner: &Portner, visit: &Visit, service: &ServiceId) -> Response {
    let refused = Refusal::ServiceRequestRefused {
        check: "issuer".to_owned(),
    }
    .because("the service asks at the incumbent's path, and its file has no face = \"unilogin\"");
    refusal_page::outside_a_login(portner, visit, Some(service), refused).await
}
