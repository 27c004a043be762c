//! A form in which the user chose one of several things that have ids.

use axum::response::Response;
use uuid::Uuid;

use super::here::{Here, LoginPath};
use crate::login::driver::Event;
use crate::login::transaction::Mishap;
use crate::web::incoming::Posted;
use crate::web::perform;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Moves the login on by the id in `field`. Whether that id may be chosen is not decided here.
pub async fn take_choice(
    portner: &Portner,
    visit: &Visit,
    path: &LoginPath,
    body: &[u8],
    field: &str,
    chosen: impl FnOnce(Uuid) -> Event,
) -> Response {
    let posted = Posted::read(body);
    let here = match Here::post(portner, visit, path, &posted).await {
        Ok(here) => here,
        Err(elsewhere) => return *elsewhere,
    };
    let scene = here.scene(portner, visit);
    let mut tx = here.tx.clone();
    if let Some(id) = posted.one(field).and_then(|id| Uuid::parse_str(id).ok()) {
        tx.fill_mishap(None);
        perform::advance(&scene, tx, chosen(id)).await
    } else {
        // Nothing was chosen: the same page once more, which says so.
        tx.fill_mishap(Some(Mishap::of_choice()));
        perform::advance(&scene, tx, Event::Revisited).await
    }
}
