//! `/saml/slo/{upstream}` and, by SOAP, `/saml/soap/slo/{upstream}`: a SAML identity provider
//! has ended its session and asks us to end ours; or it answers that it has ended its own.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::denied::{denied, denied_because};
use super::participants::Party;
use super::progress::{Asker, Logout, Outcome};
use super::saml_words::{self, Arrived};
use super::{end, messages, tour};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::session::SsoSession;
use crate::domain::upstream::UpstreamId;
use crate::login::at_upstream::meant;
use crate::saml::logout::{self, LogoutExpected, LogoutRequest};
use crate::saml::logout_send::LogoutSender;
use crate::saml::peer::RequestTrust;
use crate::saml::status::Status;
use crate::saml::{Incoming, MessageId, MessageKind, SamlIdp};
use crate::trust::registry::{Upstream, UpstreamProtocol};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{bounce, refusal_page, sessions};

/// By HTTP-Redirect.
pub async fn get(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    take(
        &portner,
        &visit,
        &upstream,
        Arrived::by_redirect(query.as_deref()),
    )
    .await
}

/// By HTTP-POST, from the identity provider's site or, after the bounce, from our own.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let has_cookie = sessions::is_there(&portner, &visit) || Logout::is_there(&portner, &visit);
    if posted.should_bounce(&visit.headers, portner.settings.origin.as_str(), has_cookie) {
        return bounce::page(&portner, &visit, &format!("/saml/slo/{upstream}"), posted);
    }
    take(&portner, &visit, &upstream, Arrived::by_post(&posted)).await
}

/// By SOAP.
pub async fn soap(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    body: Bytes,
) -> Response {
    match try_soap(&portner, &visit, &upstream, &body).await {
        Ok(envelope) => saml_words::soap(envelope),
        Err(refused) => {
            refusal_page::record(&portner, &visit, refusal_page::Around::LOGOUT, &refused).await;
            saml_words::soap_fault(&refused)
        }
    }
}

async fn take(
    portner: &Portner,
    visit: &Visit,
    upstream: &str,
    incoming: Result<Incoming, Refused>,
) -> Response {
    let taken = match incoming {
        Ok(incoming) => try_take(portner, visit, upstream, incoming).await,
        Err(refused) => Err(refused),
    };
    match taken {
        Ok(response) => response,
        Err(refused) => refusal_page::of_a_logout(portner, visit, None, refused).await,
    }
}

async fn try_take(
    portner: &Portner,
    visit: &Visit,
    upstream: &str,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let upstream = known(portner, upstream)?;
    let idp = idp_of(&upstream)?;
    let address = messages::own_address(portner, &format!("/saml/slo/{}", upstream.profile.id))?;
    let decryption = portner.upstreams.saml.decryption.current();
    let expected = LogoutExpected {
        sender: &idp.entity_id,
        received_at: &address,
        through_browser: true,
        skew: idp.skew,
        now: portner.ambient.now(),
        decryption_keys: &decryption.keys,
    };
    let (kind, relay_state) = (incoming.kind(), incoming.relay_state().map(str::to_owned));
    if kind == MessageKind::Response {
        let party = Party::Upstream(upstream.profile.id.clone());
        let (logout, request) = tour::waiting_at(portner, visit, &party).await?;
        let message = saml_words::authenticate(incoming, &RequestTrust::Signed(idp.keys.clone()))?;
        let outcome = match logout::accept_response(&message, &request, &expected) {
            Ok(response) if response.status == Status::Success => Outcome::Done,
            Ok(_) => Outcome::Silent,
            Err(error) => return Err(denied_because(error.reason(), error)),
        };
        return Ok(tour::returned(portner, visit, logout, outcome).await);
    }
    let request = accept(portner, idp, incoming, &expected).await?;
    let sessions = sessions_meant(portner, &upstream.profile.id, &request).await?;
    let asker = if request.asynchronous {
        Asker::Unanswered(Party::Upstream(upstream.profile.id.clone()))
    } else {
        Asker::Upstream(upstream.profile.id.clone(), request.id, relay_state)
    };
    Ok(tour::begin(portner, visit, &sessions, asker).await)
}

async fn try_soap(portner: &Portner, visit: &Visit, upstream: &str, body: &[u8]) -> Result<String, Refused> {
    let incoming = Arrived::by_soap(body)?;
    let upstream = known(portner, upstream)?;
    let idp = idp_of(&upstream)?;
    let address = messages::own_address(portner, &format!("/saml/soap/slo/{}", upstream.profile.id))?;
    let decryption = portner.upstreams.saml.decryption.current();
    let expected = LogoutExpected {
        sender: &idp.entity_id,
        received_at: &address,
        through_browser: false,
        skew: idp.skew,
        now: portner.ambient.now(),
        decryption_keys: &decryption.keys,
    };
    let request = accept(portner, idp, incoming, &expected).await?;
    let sessions = sessions_meant(portner, &upstream.profile.id, &request).await?;
    let own = Party::Upstream(upstream.profile.id.clone());
    let whole = end::end_and_tell(portner, visit, &sessions, |one| one.party() == own).await?;
    let status = if whole { Status::Success } else { Status::Partial };
    let id = MessageId::fresh(portner.ambient.entropy());
    let signer = portner.upstreams.saml.signer_for(idp)?;
    let sender = LogoutSender {
        issuer: &portner.upstreams.saml.entity_id,
        signer: &*signer,
        id: &id,
        now: portner.ambient.now(),
    };
    let answer = sender.soap_response(&request.id, &status).await;
    answer.map_err(|error| Refusal::Internal.because(error))
}

fn known(portner: &Portner, upstream: &str) -> Result<Arc<Upstream>, Refused> {
    UpstreamId::parse(upstream)
        .and_then(|id| portner.registry().upstream(&id).cloned())
        .ok_or_else(|| Refusal::NoSuchPage.into())
}

fn idp_of(upstream: &Upstream) -> Result<&SamlIdp, Refused> {
    match &upstream.protocol {
        UpstreamProtocol::Saml(idp, _) => Ok(idp),
        UpstreamProtocol::Central | UpstreamProtocol::Oidc(..) => Err(Refusal::NoSuchPage.into()),
    }
}

/// A request that may be obeyed: signed by this very upstream, for us, of now, and here for the
/// first time.
async fn accept(
    portner: &Portner,
    idp: &SamlIdp,
    incoming: Incoming,
    expected: &LogoutExpected<'_>,
) -> Result<LogoutRequest, Refused> {
    if incoming.claimed_issuer().as_ref() != Some(&idp.entity_id) {
        return Err(denied("issuer"));
    }
    let message = saml_words::authenticate(incoming, &RequestTrust::Signed(idp.keys.clone()))?;
    let request = logout::accept_request(&message, expected);
    let request = request.map_err(|error| denied_because(error.reason(), error))?;
    saml_words::once(portner, &idp.entity_id, &request.id).await?;
    Ok(request)
}

/// Our open sessions that rest on those that the upstream has ended. There may be none: its user
/// has not been with us, or not lately.
async fn sessions_meant(
    portner: &Portner,
    upstream: &UpstreamId,
    request: &LogoutRequest,
) -> Result<Vec<SsoSession>, Refused> {
    let indexes: Vec<Option<&str>> = match request.session_indexes.as_slice() {
        [] => vec![None],
        some => some.iter().map(|index| Some(index.as_str())).collect(),
    };
    let mut sessions = Vec::new();
    for index in indexes {
        let name = Some(request.name_id.value.as_str());
        let meant = meant(&portner.driver.pseudonyms, upstream, name, index);
        sessions.extend(end::at_upstream(portner, upstream, meant.as_ref()).await?);
    }
    sessions.sort_by_key(|session: &SsoSession| session.id.0);
    sessions.dedup_by_key(|session| session.id);
    Ok(sessions)
}
