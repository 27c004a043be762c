//! `POST /login/{service}/{tx}/tell`: the user gives up, and the service is told in its own
//! protocol why it could not be done.

use axum::response::Response;

use super::here::Sent;
use crate::login::driver::Event;
use crate::web::perform;

/// Tells the service; a login that was not refused goes on instead.
pub async fn post(sent: Sent) -> Response {
    let Sent {
        portner, visit, here, ..
    } = sent;
    let scene = here.scene(&portner, &visit);
    match here.tx.refusal() {
        Some(refusal) => perform::tell_service(&scene, &here.tx, refusal).await,
        None => perform::advance(&scene, here.tx.clone(), Event::Revisited).await,
    }
}
