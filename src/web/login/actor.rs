//! `POST /login/{service}/{tx}/actor`: as whom, at which institution?

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::choice::take_choice;
use super::here::LoginPath;
use crate::domain::actor::ActorId;
use crate::login::driver::Event;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes a choice; the journey lets through only affiliations of the account that logged in.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
    body: Bytes,
) -> Response {
    take_choice(&portner, &visit, &path, &body, "actor", |id| {
        Event::ActorChosen(ActorId(id))
    })
    .await
}
