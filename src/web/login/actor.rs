//! `POST /login/{service}/{tx}/actor`: as whom, at which institution?

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::here::{Here, LoginPath};
use crate::domain::actor::ActorId;
use crate::domain::refusal::Refusal;
use crate::login::driver::Event;
use crate::web::incoming::Posted;
use crate::web::perform;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes a choice; the journey lets through only affiliations of the account that logged in.
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
    match posted.one("actor").and_then(|id| Uuid::parse_str(id).ok()) {
        Some(id) => perform::advance(&scene, here.tx.clone(), Event::ActorChosen(ActorId(id))).await,
        None => perform::perform(&scene, here.tx.clone(), Err(Refusal::FormRefused.into())).await,
    }
}
