//! `/oidc/callback/{upstream}`: an OpenID provider answers, by query or by form.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use url::form_urlencoded;

use super::returned::Returned;
use crate::domain::evidence::Exchanged;
use crate::domain::refusal::Refusal;
use crate::oidc::params::Parameters;
use crate::trust::registry::UpstreamProtocol;
use crate::upstreams::oidc::read_state;
use crate::web::bounce;
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// By query.
pub async fn get(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
    receive(&portner, &visit, &upstream, &parameters, query.as_bytes()).await
}

/// By form.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let state = posted.one("state").and_then(read_state);
    let has_login = state.is_some_and(|(_, tx)| Returned::is_here(&portner, &visit, tx));
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_login) {
        return bounce::page(&portner, &visit, &format!("/oidc/callback/{upstream}"), posted);
    }
    let parameters = Parameters::new(posted.fields().iter().cloned());
    receive(&portner, &visit, &upstream, &parameters, &body).await
}

async fn receive(
    portner: &Portner,
    visit: &Visit,
    upstream: &str,
    parameters: &Parameters,
    answer: &[u8],
) -> Response {
    let state = parameters
        .one("state")
        .ok()
        .flatten()
        .unwrap_or_default()
        .to_owned();
    let (service, tx) = read_state(&state).unwrap_or(("", ""));
    let returned = match Returned::open(portner, visit, upstream, (service, tx), answer).await {
        Ok(returned) => returned,
        Err(elsewhere) => return *elsewhere,
    };
    let answer = match &returned.upstream.protocol {
        UpstreamProtocol::Oidc(provider, mapping) => {
            let profile = &returned.upstream.profile;
            portner
                .upstreams
                .oidc
                .finish(&returned.tx, profile, provider, mapping, parameters)
                .await
        }
        _ => Err(Refusal::LoginLost.because("an OpenID answer for an upstream that speaks something else")),
    };
    returned
        .go_on(portner, visit, answer, Exchanged::IdTokenReceived)
        .await
}
