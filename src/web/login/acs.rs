//! `POST /saml/acs/{upstream}`: a SAML identity provider answers.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::returned::Returned;
use crate::domain::evidence::Exchanged;
use crate::domain::refusal::Refusal;
use crate::trust::registry::UpstreamProtocol;
use crate::web::bounce;
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes the answer, posted by the identity provider's site or, after the bounce, by our own.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let relay_state = posted.one("RelayState").unwrap_or_default().to_owned();
    let (service, tx) = relay_state.split_once('/').unwrap_or(("", ""));
    let has_login = Returned::is_here(&portner, &visit, tx);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_login) {
        return bounce::page(&portner, &visit, &format!("/saml/acs/{upstream}"), posted);
    }
    let field = posted.one("SAMLResponse").unwrap_or_default();
    let opened = Returned::open(&portner, &visit, &upstream, (service, tx), field.as_bytes()).await;
    let returned = match opened {
        Ok(returned) => returned,
        Err(elsewhere) => return *elsewhere,
    };
    let answer = match &returned.upstream.protocol {
        UpstreamProtocol::Saml(idp, mapping) => {
            let profile = &returned.upstream.profile;
            let saml = &portner.upstreams.saml;
            saml.finish(&returned.tx, profile, idp, mapping, field)
        }
        _ => Err(Refusal::LoginLost.because("a SAML answer for an upstream that speaks something else")),
    };
    returned
        .go_on(&portner, &visit, answer, Exchanged::SamlResponseReceived)
        .await
}
