//! `POST /login/{service}/{tx}/account`: which of my user names? (U11)

use axum::response::Response;

use super::choice::take_choice;
use super::here::Sent;
use crate::domain::account::AccountId;
use crate::login::driver::Event;

/// Takes a choice; the driver lets through only accounts of the person who logged in.
pub async fn post(sent: Sent) -> Response {
    take_choice(sent, "account", |id| Event::AccountChosen(AccountId(id))).await
}
