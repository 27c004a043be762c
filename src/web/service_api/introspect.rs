//! `POST /oidc/introspect`: what a token is worth, for its client and for the resource that it
//! is for (RFC 7662).

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::caller::Caller;
use super::refuse::{self, failed};
use super::{gate, kept};
use crate::oidc::code::TokenRecord;
use crate::oidc::introspection::{active, inactive, may_see};
use crate::oidc::params::Parameters;
use crate::oidc::token::{TokenErrorCode, TokenRefused};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Looks into a token.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let form = Parameters::new(posted.fields().iter().cloned());
    match look(&portner, &visit, &form).await {
        Ok(document) => refuse::nothing_kept(document),
        Err(refused) => refuse::denied(&portner, &visit, &form, &refused).await,
    }
}

async fn look(portner: &Portner, visit: &Visit, form: &Parameters) -> Result<Value, TokenRefused> {
    let caller = Caller::known(portner, visit, form).await?;
    let client = caller.client()?;
    if client.is_public() {
        return Err(TokenRefused::new(TokenErrorCode::InvalidClient, "public_client"));
    }
    let missing = TokenRefused::new(TokenErrorCode::InvalidRequest, "token");
    let token = form.one("token")?.ok_or(missing)?;
    let Some((handle, kind)) = kept::handle_of(portner, token) else {
        return Ok(inactive());
    };
    let found = portner.store.find_grant(&handle, caller.now()).await;
    let found = found.map_err(|error| failed(&error))?;
    let Some(found) = found else {
        return Ok(inactive());
    };
    let record: TokenRecord = kept::open(portner, kind, &found.grant)?;
    let kind = kept::token_kind(kind);
    if !may_see(client, &record, kind) {
        return Ok(inactive());
    }
    let stands = gate::may_issue(portner, &found, &record.answer.acting, caller.now()).await;
    if stands.map_err(|error| failed(&error))?.is_err() {
        return Ok(inactive());
    }
    let registry = portner.registry();
    let Some((service, _)) = registry.service_by_client_id(record.client_id().as_str()) else {
        return Ok(inactive());
    };
    let issuer = portner.services.oidc.issuer_of(service);
    let validity = (found.grant.issued_at, found.grant.expires_at);
    Ok(active(&record, kind, issuer, validity))
}
