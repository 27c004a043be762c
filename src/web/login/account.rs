//! `POST /login/{service}/{tx}/account`: which of my user names? (U11)

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::choice::take_choice;
use super::here::LoginPath;
use crate::domain::account::AccountId;
use crate::login::driver::Event;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes a choice; the driver lets through only accounts of the person who logged in.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
    body: Bytes,
) -> Response {
    take_choice(&portner, &visit, &path, &body, "account", |id| {
        Event::AccountChosen(AccountId(id))
    })
    .await
}
