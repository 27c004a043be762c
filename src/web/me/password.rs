//! `POST /min-side/adgangskode`: another password for somebody who knows the present one. It is a
//! login like any other with the wish for a new one, so that the present one is asked for first (G15,
//! U25, U26).

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use crate::domain::own_page::OwnPage;
use crate::domain::refusal::Refused;
use crate::web::own::{self, LoggedIn};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Where the form is sent.
pub(super) const PATH: &str = "/min-side/adgangskode";

/// Whether there is a password to change.
pub(super) async fn has_one(portner: &Portner, me: &LoggedIn) -> Result<bool, Refused> {
    let secret = portner.store.secret_of(me.account.id).await;
    Ok(secret.map_err(Refused::from)?.is_some())
}

/// Begins the change of one's own password.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let page = OwnPage::MinSide;
    match own::posted(&portner, &visit, page, &body, &[]).await {
        Ok((me, _)) => own::change_password(&portner, &visit, page, &me.account.user_name).await,
        Err(response) => *response,
    }
}
