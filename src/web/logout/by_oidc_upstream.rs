//! `/oidc/backchannel/{upstream}` and `/oidc/frontchannel/{upstream}`: an OpenID provider says
//! that its session has ended (OIDC Back-Channel and Front-Channel Logout 1.0, as a client).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::json;
use url::form_urlencoded;

use super::denied::{oidc_denied, oidc_denied_because};
use super::end;
use super::participants::Party;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::upstream::UpstreamId;
use crate::login::at_upstream::meant;
use crate::oidc::client::OidcUpstream;
use crate::oidc::params::Parameters;
use crate::store::ephemeral::StateKey;
use crate::trust::registry::UpstreamProtocol;
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{headers, refusal_page};

/// From program to program: a signed token says who (D12).
pub async fn back(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    body: Bytes,
) -> Response {
    match by_token(&portner, &visit, &upstream, &body).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => {
            refusal_page::record(&portner, &visit, refusal_page::Around::LOGOUT, &refused).await;
            let status =
                StatusCode::from_u16(refused.refusal.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(json!({"error": "invalid_request"}))).into_response()
        }
    }
}

async fn by_token(portner: &Portner, visit: &Visit, upstream: &str, body: &[u8]) -> Result<(), Refused> {
    let (id, provider) = known(portner, upstream)?;
    let posted = Posted::read(body);
    let token = posted
        .one("logout_token")
        .ok_or_else(|| oidc_denied("token_shape"))?;
    let connector = &portner.upstreams.oidc;
    let ended = connector.read_logout_token(&provider, token).await;
    let ended = ended.map_err(|error| oidc_denied_because(error.reason(), error))?;
    let key = StateKey::of("oidc.logout", &[provider.issuer.as_str(), &ended.token_id]);
    let until = ended.replay_until.duration_since(portner.ambient.now());
    if !portner
        .writer
        .once(key, until.max(SignedDuration::from_secs(1)))
        .await?
    {
        return Err(oidc_denied("replay"));
    }
    let (subject, session) = (ended.subject.as_deref(), ended.session.as_deref());
    let done = log_out(portner, visit, &id, subject, session).await;
    if done.is_err() {
        // The provider sends the same token again, and by then it must still count.
        portner.store.forget_mark(&key).await?;
    }
    done
}

/// In a frame of the provider's page. Our cookies do not come along there, so the session is known
/// by its name alone, which nobody else knows.
pub async fn front(
    State(portner): State<Portner>,
    visit: Visit,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match by_name(&portner, &visit, &upstream, &query.unwrap_or_default()).await {
        Ok(provider) => {
            let origin = url::Url::parse(provider.issuer.as_str()).map(|url| url.origin());
            let origin = origin
                .map(|origin| origin.ascii_serialization())
                .unwrap_or_default();
            let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
            (kind, [headers::framed_by(&origin)], "").into_response()
        }
        Err(refused) => refusal_page::of_a_logout(&portner, &visit, None, refused).await,
    }
}

async fn by_name(
    portner: &Portner,
    visit: &Visit,
    upstream: &str,
    query: &str,
) -> Result<OidcUpstream, Refused> {
    let (id, provider) = known(portner, upstream)?;
    let parameters = Parameters::new(form_urlencoded::parse(query.as_bytes()).into_owned());
    let one = |name| {
        parameters
            .one(name)
            .map_err(|_| oidc_denied("duplicate_parameter"))
    };
    if one("iss")? != Some(provider.issuer.as_str()) {
        return Err(oidc_denied("issuer"));
    }
    let session = one("sid")?.ok_or_else(|| oidc_denied("sid"))?;
    log_out(portner, visit, &id, None, Some(session)).await?;
    Ok(provider)
}

fn known(portner: &Portner, upstream: &str) -> Result<(UpstreamId, OidcUpstream), Refused> {
    let id = UpstreamId::parse(upstream).ok_or(Refusal::NoSuchPage)?;
    let registry = portner.registry();
    match registry.upstream(&id).map(|upstream| &upstream.protocol) {
        Some(UpstreamProtocol::Oidc(provider, _)) => Ok((id, (**provider).clone())),
        _ => Err(Refusal::NoSuchPage.into()),
    }
}

async fn log_out(
    portner: &Portner,
    visit: &Visit,
    upstream: &UpstreamId,
    subject: Option<&str>,
    session: Option<&str>,
) -> Result<(), Refused> {
    let meant = meant(&portner.driver.pseudonyms, upstream, subject, session);
    let sessions = end::at_upstream(portner, upstream, meant.as_ref()).await?;
    let own = Party::Upstream(upstream.clone());
    end::end_and_tell(portner, visit, &sessions, |one| one.party() == own)
        .await
        .map(drop)
}
