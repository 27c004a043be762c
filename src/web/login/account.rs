//! `POST /login/{service}/{tx}/account`: which of my user names? (U11)

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::here::{Here, LoginPath};
use crate::domain::account::AccountId;
use crate::domain::refusal::Refusal;
use crate::login::driver::Event;
use crate::web::incoming::Posted;
use crate::web::perform;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Takes a choice; the driver lets through only accounts of the person who logged in.
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
    match posted.one("account").and_then(|id| Uuid::parse_str(id).ok()) {
        Some(id) => perform::advance(&scene, here.tx.clone(), Event::AccountChosen(AccountId(id))).await,
        None => perform::perform(&scene, here.tx.clone(), Err(Refusal::FormRefused.into())).await,
    }
}
