//! `POST /oidc/par`: a client tells us what it will ask, before the browser comes (RFC 9126);
//! and the other half, when the browser brings the name of it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::caller::Caller;
use super::refuse::{self, failed};
use super::{caller, cors, denied, kept, proof};
use crate::keys::seal::SealPurpose;
use crate::oidc::authorize::{AuthorizationRefused, Carried};
use crate::oidc::client::ClientId;
use crate::oidc::params::Parameters;
use crate::oidc::pushed::{self, PushedDocument, PushedRequest};
use crate::oidc::token::{TokenErrorCode, TokenRefused};
use crate::store::grants::{Consumption, Exchange, Grant, GrantFamily, Handle, HandleKind, NewGrant};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Why a pushed request is not taken.
enum Refused {
    /// The client, or its proof.
    Client(TokenRefused),
    /// What it asks.
    Request(AuthorizationRefused),
}

impl From<TokenRefused> for Refused {
    fn from(refused: TokenRefused) -> Self {
        Self::Client(refused)
    }
}

/// Keeps a request for the browser that comes with its name.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let form = Parameters::new(posted.fields().iter().cloned());
    let response = match push(&portner, &visit, &form).await {
        Ok(document) => {
            let response = refuse::nothing_kept(document);
            (StatusCode::CREATED, response).into_response()
        }
        Err(Refused::Client(refused)) => refuse::denied(&portner, &visit, &form, &refused).await,
        Err(Refused::Request(refused)) => told(&portner, &visit, &form, &refused).await,
    };
    let response = proof::with_nonce(&portner, &visit, response);
    cors::allow(&portner, &visit.headers, response)
}

async fn push(portner: &Portner, visit: &Visit, form: &Parameters) -> Result<PushedDocument, Refused> {
    let caller = Caller::known(portner, visit, form).await?;
    let client = caller.client()?;
    let proved = proof::dpop(portner, visit, &client.rules, "POST", None)
        .await
        .map_err(proof::refused)?;
    if form.has("request_uri") {
        return Err(TokenRefused::new(TokenErrorCode::InvalidRequest, "request_uri").into());
    }
    let key = proved.as_ref().map(|proof| &proof.key);
    let kept = portner.services.oidc.push(caller.service(), client, form, key);
    let kept = kept.map_err(Refused::Request)?;
    let plain = postcard::to_stdvec(&kept).map_err(|error| failed(&error))?;
    let payload = portner.sealer.seal(SealPurpose::PushedRequest, &plain);
    let now = caller.now();
    let handle = Handle::new(HandleKind::PushedRequest, &portner.ambient);
    let document = PushedDocument::new(handle.expose());
    let row = NewGrant {
        handle,
        grant: Grant {
            family: GrantFamily(portner.ambient.uuid()),
            session: None,
            login: None,
            bound_to: client.client_id.as_str().to_owned(),
            payload: payload.map_err(|error| failed(&error))?,
            issued_at: now,
            expires_at: now.saturating_add(pushed::LIFETIME).unwrap_or(now),
        },
    };
    let issued = portner.writer.issue(vec![row]).await;
    issued.map_err(|error| failed(&error))?;
    Ok(document)
}

/// What is wrong with the request, to the client itself: no browser is there yet.
async fn told(
    portner: &Portner,
    visit: &Visit,
    form: &Parameters,
    refused: &AuthorizationRefused,
) -> Response {
    let (error, reason) = match refused {
        AuthorizationRefused::OnOurPage(error) => ("invalid_request", error.parameter()),
        AuthorizationRefused::ToService(error) => (error.code.as_str(), error.description),
    };
    let description = match refused {
        AuthorizationRefused::OnOurPage(error) => error.to_string(),
        AuthorizationRefused::ToService(error) => error.description.to_owned(),
    };
    let service = caller::named_service(portner, visit, form);
    denied::tell_auditor(portner, visit, service.as_ref(), (error, reason)).await;
    tracing::warn!(reference = %visit.reference, error, description, "pushed request refused");
    let document = json!({ "error": error, "error_description": description });
    (
        StatusCode::BAD_REQUEST,
        [(CACHE_CONTROL, "no-store")],
        Json(document),
    )
        .into_response()
}

/// The request that this client pushed under this name; used up by the first who brings it.
/// Nothing where there is none; a store that is away says nothing about that.
pub async fn taken(
    portner: &Portner,
    client: &ClientId,
    handle: &str,
) -> Result<Option<(Parameters, Carried)>, crate::domain::refusal::Refused> {
    let Some(handle) = Handle::parse(HandleKind::PushedRequest, handle) else {
        return Ok(None);
    };
    let used_up = Exchange {
        handle,
        bound_to: client.as_str().to_owned(),
        gives: Vec::new(),
    };
    match portner.writer.exchange(used_up).await? {
        Consumption::Granted(grant) => {
            let kept = kept::open::<PushedRequest>(portner, HandleKind::PushedRequest, &grant);
            Ok(kept.ok().map(PushedRequest::into_parts))
        }
        Consumption::Replayed(_) | Consumption::Refused => Ok(None),
    }
}
