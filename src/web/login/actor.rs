//! `POST /login/{service}/{tx}/actor`: as whom, at which institution?

use axum::response::Response;

use super::choice::take_choice;
use super::here::Sent;
use crate::domain::actor::ActorId;
use crate::login::driver::Event;

/// Takes a choice; the journey lets through only affiliations of the account that logged in.
pub async fn post(sent: Sent) -> Response {
    take_choice(sent, "actor", |id| Event::ActorChosen(ActorId(id))).await
}
