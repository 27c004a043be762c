//! `/oidc/authorize`: an OpenID service asks who the user is, by GET or by POST.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use url::form_urlencoded;

use super::begin;
use crate::oidc::authorize::{self, Carried, Unanswerable};
use crate::oidc::params::Parameters;
use crate::oidc::pushed;
use crate::services::oidc::unanswerable;
use crate::web::incoming::Posted;
use crate::web::service_api::par;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, sessions};

/// By GET.
pub async fn get(State(portner): State<Portner>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let parameters = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
    receive(&portner, &visit, &parameters).await
}

/// By POST (OIDC Core §3.1.2.1).
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let has_session = sessions::is_there(&portner, &visit);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_session) {
        return bounce::page(&portner, &visit, "/oidc/authorize", posted);
    }
    receive(
        &portner,
        &visit,
        &Parameters::new(posted.fields().iter().cloned()),
    )
    .await
}

async fn receive(portner: &Portner, visit: &Visit, parameters: &Parameters) -> Response {
    let registry = portner.registry();
    let client = authorize::client_id(parameters).ok();
    let service = client.as_ref().and_then(|client| {
        let (service, _) = registry.service_by_client_id(client.as_str())?;
        Some(service.profile.id.clone())
    });
    let face = &portner.services.oidc;
    let received = match (client, pushed_name(parameters)) {
        (Some(client), Some(name)) => match par::taken(portner, &client, name).await {
            // What stands beside the name is ignored (RFC 9126 §4).
            Ok(Some((pushed, carried))) => face.receive(&registry, &pushed, carried),
            Ok(None) => Err(unanswerable(Unanswerable::RequestUri)),
            Err(refused) => Err(refused),
        },
        _ => face.receive(&registry, parameters, Carried::default()),
    };
    begin::begin(portner, visit, &registry, service.as_ref(), received).await
}

/// The name of a pushed request, where the parameters bring one.
fn pushed_name(parameters: &Parameters) -> Option<&str> {
    pushed::handle_in(parameters.one("request_uri").ok().flatten()?)
}
