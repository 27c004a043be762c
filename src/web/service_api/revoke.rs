//! `POST /oidc/revoke`: a client gives back what it has (RFC 7009). A refresh token takes
//! everything that came of its login with it; an access token goes alone.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::refuse::{self, failed};
use super::{cors, kept};
use crate::oidc::params::Parameters;
use crate::oidc::token::{TokenErrorCode, TokenRefused};
use crate::store::grants::{Consumption, Exchange, HandleKind};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes a token back. One that nobody knows is gone already, and says no more.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let form = Parameters::new(posted.fields().iter().cloned());
    let response = match revoke(&portner, &visit, &form).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => refuse::denied(&portner, &visit, &form, &refused).await,
    };
    cors::allow(&portner, &visit.headers, response)
}

async fn revoke(portner: &Portner, visit: &Visit, form: &Parameters) -> Result<(), TokenRefused> {
    let caller = Caller::known(portner, visit, form).await?;
    let client = caller.client()?;
    let missing = TokenRefused::new(TokenErrorCode::InvalidRequest, "token");
    let token = form.one("token")?.ok_or(missing)?;
    let Some((handle, kind)) = kept::handle_of(portner, token) else {
        return Ok(());
    };
    let used_up = Exchange {
        handle,
        bound_to: client.client_id.as_str().to_owned(),
        gives: Vec::new(),
    };
    let used_up = portner.writer.exchange(used_up).await;
    let family = match used_up.map_err(|error| failed(&error))? {
        Consumption::Granted(grant) => grant.family,
        // It was renewed before, and its client never saw the answer; or it has leaked (E12).
        Consumption::Replayed(family) => family,
        Consumption::Refused => return Ok(()),
    };
    if kind == HandleKind::RefreshToken {
        // Of one login there may be two: what ends with its session, and what outlives it (RFC 7009 §2.1).
        for family in [family, family.beyond_session()] {
            let revoked = portner.store.revoke_family(family, caller.now()).await;
            revoked.map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}
