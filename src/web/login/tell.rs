//! `POST /login/{service}/{tx}/tell`: the user gives up, and the service is told in its own
//! protocol why it could not be done.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::here::{Here, LoginPath};
use crate::login::driver::Event;
use crate::web::incoming::Posted;
use crate::web::perform;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Tells the service; a login that was not refused goes on instead.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let here = match Here::post(&portner, &visit, &path, &posted).await {
        Ok(here) => here,
        Err(elsewhere) => return *elsewhere,
    };
    let scene = here.scene(&portner, &visit);
    match here.tx.refusal() {
        Some(refusal) => perform::tell_service(&scene, &here.tx, refusal).await,
        None => perform::advance(&scene, here.tx.clone(), Event::Revisited).await,
    }
}
